// How many pixels of each label lie between levels; see src/ops/label_levels.rs.

struct Params {
    len: u32,
    // Levels, rising; one bin more than that.
    levels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> plane: array<f32>;
@group(0) @binding(3) var<storage, read> inside: array<f32>;
@group(0) @binding(4) var<storage, read> levels: array<f32>;
// For each label from 1, its bins.
@group(0) @binding(5) var<storage, read_write> counts: array<atomic<u32>>;

@compute @workgroup_size(256)
fn count_between(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.y * groups.x * 256u + id.x;
    if i >= params.len {
        return;
    }
    let label = labels[i];
    if label == 0u || inside[i] <= 0.5 {
        return;
    }
    // How many levels the value reaches.
    var bin = 0u;
    var end = params.levels;
    while bin < end {
        let middle = (bin + end) / 2u;
        if levels[middle] <= plane[i] {
            bin = middle + 1u;
        } else {
            end = middle;
        }
    }
    atomicAdd(&counts[(label - 1u) * (params.levels + 1u) + bin], 1u);
}
