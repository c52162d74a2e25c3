// Eigenvalues of the matrix of second differences; see src/ops/hessian.rs.

struct Params {
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read_write> larger: array<f32>;
@group(0) @binding(3) var<storage, read_write> smaller: array<f32>;

fn value(x: i32, y: i32) -> f32 {
    let column = clamp(x, 0, i32(params.width) - 1);
    let row = clamp(y, 0, i32(params.height) - 1);
    return plane[u32(row) * params.width + u32(column)];
}

@compute @workgroup_size(16, 16)
fn principal_curvatures(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let x = i32(id.x);
    let y = i32(id.y);
    let center = 2.0 * value(x, y);
    let xx = value(x - 1, y) + value(x + 1, y) - center;
    let yy = value(x, y - 1) + value(x, y + 1) - center;
    let xy = 0.25 * (value(x - 1, y - 1) + value(x + 1, y + 1) - value(x + 1, y - 1) - value(x - 1, y + 1));
    let mean = 0.5 * (xx + yy);
    let half = 0.5 * (xx - yy);
    let spread = sqrt(half * half + xy * xy);
    let i = id.y * params.width + id.x;
    larger[i] = mean + spread;
    smaller[i] = mean - spread;
}
