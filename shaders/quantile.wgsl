// One round of radix selection: counts of the next bits of the sortable keys that begin with a
// given prefix; see src/ops/quantile.rs.

struct Params {
    len: u32,
    center: f32,
    // 1: keys of |value - center| instead of value.
    distance: u32,
    // Keys whose bits above `shift + bits` equal `prefix` are counted.
    prefix: u32,
    shift: u32,
    bits: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;

// Bits that sort as the numbers do.
fn sort_key(value: f32) -> u32 {
    let bits = bitcast<u32>(value);
    if (bits >> 31u) == 1u {
        return ~bits;
    }
    return bits | 0x80000000u;
}

@compute @workgroup_size(256)
fn count_digits(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.y * groups.x * 256u + id.x;
    if i >= params.len || mask[i] <= 0.5 {
        return;
    }
    var value = plane[i];
    if params.distance == 1u {
        value = abs(value - params.center);
    }
    let key = sort_key(value);
    let above = params.shift + params.bits;
    if above < 32u && (key >> above) != params.prefix {
        return;
    }
    atomicAdd(&counts[(key >> params.shift) & ((1u << params.bits) - 1u)], 1u);
}
