// Linear RGB to optical density to melanin, hemoglobin and shading; see src/ops/unmix.rs.

struct Params {
    melanin: vec4<f32>,
    hemoglobin: vec4<f32>,
    shading: vec4<f32>,
    // Added to the optical density of each channel.
    offset: vec4<f32>,
    floor: f32,
    len: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> red: array<f32>;
@group(0) @binding(2) var<storage, read> green: array<f32>;
@group(0) @binding(3) var<storage, read> blue: array<f32>;
@group(0) @binding(4) var<storage, read_write> melanin: array<f32>;
@group(0) @binding(5) var<storage, read_write> hemoglobin: array<f32>;
@group(0) @binding(6) var<storage, read_write> shading: array<f32>;

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
    let density = params.offset.xyz - log(floored);
    melanin[i] = dot(params.melanin.xyz, density);
    hemoglobin[i] = dot(params.hemoglobin.xyz, density);
    shading[i] = dot(params.shading.xyz, density);
}
