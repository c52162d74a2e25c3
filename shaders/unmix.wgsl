// Linear RGB to optical density to melanin, hemoglobin or shading; see src/ops/unmix.rs.

struct Params {
    // Applied to the optical densities.
    row: vec4<f32>,
    floor: f32,
    len: u32,
    // Bits of the root of one half.
    sqrt_half_bits: u32,
    // Nine terms of the logarithm's polynomial, then ln 2 in two parts.
    ln: array<vec4<f32>, 3>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> red: array<f32>;
@group(0) @binding(2) var<storage, read> green: array<f32>;
@group(0) @binding(3) var<storage, read> blue: array<f32>;
@group(0) @binding(4) var<storage, read_write> unmixed: array<f32>;

fn ln_term(i: u32) -> f32 {
    return params.ln[i / 4u][i % 4u];
}

// The natural logarithm of a normal number above zero.
fn ln(x: f32) -> f32 {
    let bits = bitcast<u32>(x) + (bitcast<u32>(1.0) - params.sqrt_half_bits);
    let exponent = f32(i32(bits >> 23u) - 127);
    let f = bitcast<f32>((bits & 0x007fffffu) + params.sqrt_half_bits) - 1.0;
    let square = f * f;
    var tail = ln_term(8u);
    for (var i = 8u; i > 0u; i--) {
        tail = tail * f + ln_term(i - 1u);
    }
    let small = tail * (f * square) + exponent * ln_term(10u) - 0.5 * square;
    return (f + small) + exponent * ln_term(9u);
}

@compute @workgroup_size(256)
fn unmix(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.y * groups.x * 256u + id.x;
    if i >= params.len {
        return;
    }
    let floored = max(vec3<f32>(red[i], green[i], blue[i]), vec3<f32>(params.floor));
    let density = -vec3<f32>(ln(floored.x), ln(floored.y), ln(floored.z));
    unmixed[i] = params.row.x * density.x + params.row.y * density.y + params.row.z * density.z;
}

// The optical density of one channel, bound as red.
@compute @workgroup_size(256)
fn density(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.y * groups.x * 256u + id.x;
    if i >= params.len {
        return;
    }
    unmixed[i] = -ln(max(red[i], params.floor));
}
