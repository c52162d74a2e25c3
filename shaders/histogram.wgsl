// Counts of masked values in bins; see src/ops/histogram.rs.

struct Params {
    len: u32,
    bins: u32,
    low: f32,
    bins_per_unit: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;

@compute @workgroup_size(256)
fn histogram(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.y * groups.x * 256u + id.x;
    if i < params.len && mask[i] > 0.5 {
        let place = (plane[i] - params.low) * params.bins_per_unit;
        let bin = u32(clamp(place, 0.0, f32(params.bins - 1u)));
        atomicAdd(&counts[bin], 1u);
    }
}
