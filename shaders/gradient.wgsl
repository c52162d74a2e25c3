// Length of the gradient by central differences; see src/ops/gradient.rs.

struct Params {
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(16, 16)
fn gradient_magnitude(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let left = max(id.x, 1u) - 1u;
    let right = min(id.x + 1u, params.width - 1u);
    let above = max(id.y, 1u) - 1u;
    let below = min(id.y + 1u, params.height - 1u);
    let row = id.y * params.width;
    let dx = (plane[row + right] - plane[row + left]) / f32(max(right - left, 1u));
    let dy = (plane[below * params.width + id.x] - plane[above * params.width + id.x]) / f32(max(below - above, 1u));
    output[row + id.x] = sqrt(dx * dx + dy * dy);
}
