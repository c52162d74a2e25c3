// Power sums of a masked plane, one partial result a workgroup; see src/ops/sums.rs.

struct Params {
    len: u32,
    per_group: u32,
    center: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

var<workgroup> powers: array<vec4<f32>, 256>;
var<workgroup> counts: array<f32, 256>;

@compute @workgroup_size(256)
fn power_sums(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let start = group.x * params.per_group;
    let end = min(start + params.per_group, params.len);
    var power = vec4<f32>(0.0);
    var count = 0.0;
    for (var i = start + local.x; i < end; i += 256u) {
        if mask[i] > 0.5 {
            let d = plane[i] - params.center;
            let square = d * d;
            power += vec4<f32>(d, square, square * d, square * square);
            count += 1.0;
        }
    }
    powers[local.x] = power;
    counts[local.x] = count;
    workgroupBarrier();
    for (var stride = 128u; stride > 0u; stride /= 2u) {
        if local.x < stride {
            powers[local.x] += powers[local.x + stride];
            counts[local.x] += counts[local.x + stride];
        }
        workgroupBarrier();
    }
    if local.x == 0u {
        let out = 5u * group.x;
        partials[out] = counts[0];
        partials[out + 1u] = powers[0].x;
        partials[out + 2u] = powers[0].y;
        partials[out + 3u] = powers[0].z;
        partials[out + 4u] = powers[0].w;
    }
}
