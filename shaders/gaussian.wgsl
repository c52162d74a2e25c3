// Gaussian of a plane in two passes, zero outside the plane; see src/ops/gaussian.rs.

struct Params {
    width: u32,
    height: u32,
    radius: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
// taps[0] is the center; taps[t] stands for both neighbors at distance t.
@group(0) @binding(2) var<storage, read> taps: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

fn value(x: i32, y: i32) -> f32 {
    if x < 0 || y < 0 || x >= i32(params.width) || y >= i32(params.height) {
        return 0.0;
    }
    return source[u32(y) * params.width + u32(x)];
}

fn convolve(id: vec3<u32>, dx: i32, dy: i32) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let x = i32(id.x);
    let y = i32(id.y);
    var sum = taps[0] * value(x, y);
    for (var t = 1; t <= i32(params.radius); t++) {
        sum += taps[t] * (value(x - t * dx, y - t * dy) + value(x + t * dx, y + t * dy));
    }
    output[id.y * params.width + id.x] = sum;
}

@compute @workgroup_size(16, 16)
fn along_rows(@builtin(global_invocation_id) id: vec3<u32>) {
    convolve(id, 1, 0);
}

@compute @workgroup_size(16, 16)
fn along_columns(@builtin(global_invocation_id) id: vec3<u32>) {
    convolve(id, 0, 1);
}
