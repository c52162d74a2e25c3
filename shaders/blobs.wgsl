// Peaks of the strongest response over scales; see src/ops/blobs.rs.

struct Params {
    width: u32,
    height: u32,
    // No peak looks farther than this, in pixels.
    reach: u32,
    least: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> strength: array<f32>;
@group(0) @binding(2) var<storage, read> diameters: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(16, 16)
fn peaks(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    let here = strength[i];
    output[i] = 0.0;
    if mask[i] < 0.5 || here < params.least {
        return;
    }
    let radius = min(diameters[i], f32(params.reach));
    let reach = i32(radius);
    let x = i32(id.x);
    let y = i32(id.y);
    for (var dy = -reach; dy <= reach; dy++) {
        for (var dx = -reach; dx <= reach; dx++) {
            let u = x + dx;
            let v = y + dy;
            let outside = u < 0 || v < 0 || u >= i32(params.width) || v >= i32(params.height);
            if outside || f32(dx * dx + dy * dy) > radius * radius {
                continue;
            }
            let j = u32(v) * params.width + u32(u);
            // Of equals the first is the peak.
            if strength[j] > here || (strength[j] == here && j < i) {
                return;
            }
        }
    }
    output[i] = 1.0;
}
