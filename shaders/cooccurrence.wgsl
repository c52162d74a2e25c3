// Counts of pairs of gray levels at one offset; see src/ops/cooccurrence.rs.

struct Params {
    width: u32,
    height: u32,
    dx: i32,
    dy: i32,
    low: f32,
    levels_per_unit: f32,
    levels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;

fn level(value: f32) -> u32 {
    return u32(clamp((value - params.low) * params.levels_per_unit, 0.0, f32(params.levels - 1u)));
}

@compute @workgroup_size(16, 16)
fn cooccurrence(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = i32(id.x) + params.dx;
    let y = i32(id.y) + params.dy;
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    if x < 0 || y < 0 || x >= i32(params.width) || y >= i32(params.height) {
        return;
    }
    let i = id.y * params.width + id.x;
    let j = u32(y) * params.width + u32(x);
    if mask[i] > 0.5 && mask[j] > 0.5 {
        atomicAdd(&counts[level(plane[i]) * params.levels + level(plane[j])], 1u);
    }
}
