// Linear sRGB to CIELAB; see src/ops/lab.rs.

struct Params {
    // Rows of the matrix to XYZ, each divided by its sum: the white point is (1, 1, 1).
    x: vec4<f32>,
    y: vec4<f32>,
    z: vec4<f32>,
    epsilon: f32,
    kappa: f32,
    len: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> red: array<f32>;
@group(0) @binding(2) var<storage, read> green: array<f32>;
@group(0) @binding(3) var<storage, read> blue: array<f32>;
@group(0) @binding(4) var<storage, read_write> lightness: array<f32>;
@group(0) @binding(5) var<storage, read_write> a_star: array<f32>;
@group(0) @binding(6) var<storage, read_write> b_star: array<f32>;

fn compress(t: f32) -> f32 {
    if t > params.epsilon {
        return pow(t, 1.0 / 3.0);
    }
    return (params.kappa * t + 16.0) / 116.0;
}

@compute @workgroup_size(256)
fn lab(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.y * groups.x * 256u + id.x;
    if i >= params.len {
        return;
    }
    let rgb = max(vec3<f32>(red[i], green[i], blue[i]), vec3<f32>(0.0));
    let x = compress(dot(params.x.xyz, rgb));
    let y = compress(dot(params.y.xyz, rgb));
    let z = compress(dot(params.z.xyz, rgb));
    lightness[i] = 116.0 * y - 16.0;
    a_star[i] = 500.0 * (x - y);
    b_star[i] = 200.0 * (y - z);
}
