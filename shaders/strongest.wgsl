// The scale at which a structure stands out most; see src/ops/strongest.rs.

struct Params {
    width: u32,
    height: u32,
    // The square of σ, in pixels.
    variance: f32,
    // What the caller calls this scale.
    scale: f32,
    // 1 where both curvatures count, 0 where the smaller one alone does.
    of_larger: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> larger: array<f32>;
@group(0) @binding(2) var<storage, read> smaller: array<f32>;
@group(0) @binding(3) var<storage, read_write> strength: array<f32>;
@group(0) @binding(4) var<storage, read_write> scales: array<f32>;

@compute @workgroup_size(16, 16)
fn take_scale(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    let here = -params.variance * (params.of_larger * larger[i] + smaller[i]);
    if here > strength[i] {
        strength[i] = here;
        scales[i] = params.scale;
    }
}
