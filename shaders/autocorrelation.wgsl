// Products of a plane with itself at many lags, one workgroup a lag; see
// src/ops/autocorrelation.rs.

struct Params {
    width: u32,
    height: u32,
    // Pixels that are multiplied lie this far apart along both axes.
    stride: u32,
    center: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read> lags: array<vec2<i32>>;
// Sum of products and number of pairs of each lag.
@group(0) @binding(4) var<storage, read_write> results: array<vec2<f32>>;

var<workgroup> partial: array<vec2<f32>, 256>;

@compute @workgroup_size(256)
fn products(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let lag = lags[group.x];
    let columns = (params.width + params.stride - 1u) / params.stride;
    let rows = (params.height + params.stride - 1u) / params.stride;
    var sum = vec2<f32>(0.0);
    for (var n = local.x; n < columns * rows; n += 256u) {
        let x = (n % columns) * params.stride;
        let y = (n / columns) * params.stride;
        let u = i32(x) + lag.x;
        let v = i32(y) + lag.y;
        if u < 0 || v < 0 || u >= i32(params.width) || v >= i32(params.height) {
            continue;
        }
        let i = y * params.width + x;
        let j = u32(v) * params.width + u32(u);
        if mask[i] > 0.5 && mask[j] > 0.5 {
            sum += vec2<f32>((plane[i] - params.center) * (plane[j] - params.center), 1.0);
        }
    }
    partial[local.x] = sum;
    workgroupBarrier();
    for (var step = 128u; step > 0u; step /= 2u) {
        if local.x < step {
            partial[local.x] += partial[local.x + step];
        }
        workgroupBarrier();
    }
    if local.x == 0u {
        results[group.x] = partial[0];
    }
}
