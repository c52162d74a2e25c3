// Area reduction by an integer factor and bilinear expansion; see src/ops/pyramid.rs.

struct Params {
    fine_width: u32,
    fine_height: u32,
    coarse_width: u32,
    coarse_height: u32,
    factor: u32,
}

// Coarse cells around the plane on every side.
override MARGIN: u32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(16, 16)
fn reduce(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.coarse_width || id.y >= params.coarse_height {
        return;
    }
    let factor = i32(params.factor);
    let left = (i32(id.x) - i32(MARGIN)) * factor;
    let top = (i32(id.y) - i32(MARGIN)) * factor;
    let right = min(left + factor, i32(params.fine_width));
    let bottom = min(top + factor, i32(params.fine_height));
    var sum = 0.0;
    for (var y = max(top, 0); y < bottom; y++) {
        for (var x = max(left, 0); x < right; x++) {
            sum += source[u32(y) * params.fine_width + u32(x)];
        }
    }
    output[id.y * params.coarse_width + id.x] = sum / f32(params.factor * params.factor);
}

@compute @workgroup_size(16, 16)
fn expand(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.fine_width || id.y >= params.fine_height {
        return;
    }
    // Twice the offset from a coarse center, in fine pixels: integers keep both twins alike.
    let u = 2u * id.x + 1u + (2u * MARGIN - 1u) * params.factor;
    let v = 2u * id.y + 1u + (2u * MARGIN - 1u) * params.factor;
    let step = 2u * params.factor;
    let x = u / step;
    let y = v / step;
    let tx = f32(u % step) / f32(step);
    let ty = f32(v % step) / f32(step);
    let i = y * params.coarse_width + x;
    let j = i + params.coarse_width;
    let top = source[i] + tx * (source[i + 1u] - source[i]);
    let bottom = source[j] + tx * (source[j + 1u] - source[j]);
    output[id.y * params.fine_width + id.x] = top + ty * (bottom - top);
}
