// The scale at which a structure stands out most; see src/ops/strongest.rs.

struct Params {
    width: u32,
    height: u32,
    // The square of σ, in pixels.
    variance: f32,
    // What the caller calls this scale.
    scale: f32,
    // What is looked for, as `Structure::code` numbers it.
    structure: u32,
    // −1 ÷ 2c² of a vessel.
    by_contrast: f32,
}

// −1 ÷ 2β².
override BY_ROUNDNESS: f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> larger: array<f32>;
@group(0) @binding(2) var<storage, read> smaller: array<f32>;
@group(0) @binding(3) var<storage, read_write> strength: array<f32>;
@group(0) @binding(4) var<storage, read_write> scales: array<f32>;

fn response(larger: f32, smaller: f32) -> f32 {
    let bend = params.variance * sqrt(larger * larger + smaller * smaller);
    if params.structure == 0u { // a blob
        return -params.variance * (larger + smaller);
    }
    if params.structure == 1u { // a ridge
        return -params.variance * smaller;
    }
    if params.structure == 2u { // anything that bends
        return bend;
    }
    // A vessel. What bends upwards most is a dark line, or none.
    if -smaller <= abs(larger) {
        return 0.0;
    }
    let ratio = larger / smaller;
    return exp(BY_ROUNDNESS * ratio * ratio) * (1.0 - exp(params.by_contrast * bend * bend));
}

@compute @workgroup_size(16, 16)
fn take_scale(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    let here = response(larger[i], smaller[i]);
    if here > strength[i] {
        strength[i] = here;
        scales[i] = params.scale;
    }
}
