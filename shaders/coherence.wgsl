// The structure tensor and how much of it points one way; see src/ops/coherence.rs.

struct Params {
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read_write> xx: array<f32>;
@group(0) @binding(3) var<storage, read_write> xy: array<f32>;
@group(0) @binding(4) var<storage, read_write> yy: array<f32>;
@group(0) @binding(5) var<storage, read_write> output: array<f32>;

fn value(x: i32, y: i32) -> f32 {
    let column = clamp(x, 0, i32(params.width) - 1);
    let row = clamp(y, 0, i32(params.height) - 1);
    return plane[u32(row) * params.width + u32(column)];
}

@compute @workgroup_size(16, 16)
fn products(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let x = i32(id.x);
    let y = i32(id.y);
    let dx = 0.5 * (value(x + 1, y) - value(x - 1, y));
    let dy = 0.5 * (value(x, y + 1) - value(x, y - 1));
    let i = id.y * params.width + id.x;
    xx[i] = dx * dx;
    xy[i] = dx * dy;
    yy[i] = dy * dy;
}

@compute @workgroup_size(16, 16)
fn share(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    let sum = xx[i] + yy[i];
    let difference = xx[i] - yy[i];
    let length = sqrt(difference * difference + 4.0 * xy[i] * xy[i]);
    output[i] = select(0.0, length / sum, sum > 0.0);
}
