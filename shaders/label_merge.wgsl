// Two pictures of labels made one; see src/ops/label_merge.rs.

struct Params {
    len: u32,
    // Labels of the first picture.
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> first: array<u32>;
@group(0) @binding(2) var<storage, read> within: array<f32>;
@group(0) @binding(3) var<storage, read> second: array<u32>;
@group(0) @binding(4) var<storage, read> valid: array<f32>;
@group(0) @binding(5) var<storage, read_write> merged: array<u32>;

@compute @workgroup_size(256)
fn merge(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.y * groups.x * 256u + id.x;
    if i >= params.len {
        return;
    }
    var label = 0u;
    if valid[i] > 0.5 {
        if first[i] > 0u && within[i] > 0.5 {
            label = first[i];
        } else if second[i] > 0u {
            label = second[i] + params.count;
        }
    }
    merged[i] = label;
}
