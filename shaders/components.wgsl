// Connected components by union-find; see src/ops/components.rs. A component's root is its first
// pixel in row-major order, whatever the order in which threads meet.

struct Params {
    width: u32,
    height: u32,
    per_group: u32,
}

// 1: pixels touch across corners too.
override DIAGONAL: u32;

const NONE: u32 = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mask: array<f32>;
@group(0) @binding(2) var<storage, read_write> parent: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> labels: array<u32>;
@group(0) @binding(4) var<storage, read_write> roots: array<u32>;
@group(0) @binding(5) var<storage, read> table: array<u32>;
@group(0) @binding(6) var<storage, read_write> flags: array<atomic<u32>>;
@group(0) @binding(7) var<storage, read_write> output: array<f32>;

@compute @workgroup_size(16, 16)
fn start(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    if mask[i] > 0.5 {
        atomicStore(&parent[i], i);
    } else {
        atomicStore(&parent[i], NONE);
    }
}

fn find(i: u32) -> u32 {
    var node = i;
    var above = atomicLoad(&parent[node]);
    while above != node {
        node = above;
        above = atomicLoad(&parent[node]);
    }
    return node;
}

fn unite(i: u32, j: u32) {
    var a = i;
    var b = j;
    loop {
        a = find(a);
        b = find(b);
        if a == b {
            break;
        }
        let low = min(a, b);
        let high = max(a, b);
        let old = atomicMin(&parent[high], low);
        if old == high {
            break;
        }
        // Another thread was faster: what it attached `high` to belongs here too.
        a = low;
        b = old;
    }
}

@compute @workgroup_size(16, 16)
fn merge(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    if mask[i] <= 0.5 {
        return;
    }
    if id.x > 0u && mask[i - 1u] > 0.5 {
        unite(i, i - 1u);
    }
    if id.y > 0u {
        let above = i - params.width;
        if mask[above] > 0.5 {
            unite(i, above);
        }
        if DIAGONAL == 1u {
            if id.x > 0u && mask[above - 1u] > 0.5 {
                unite(i, above - 1u);
            }
            if id.x + 1u < params.width && mask[above + 1u] > 0.5 {
                unite(i, above + 1u);
            }
        }
    }
}

var<workgroup> counts: array<u32, 256>;

// Roots in this thread's part of the workgroup's stretch of pixels: first and past last pixel.
fn part(group: u32, thread: u32) -> vec2<u32> {
    let len = params.width * params.height;
    let each = params.per_group / 256u;
    let first = group * params.per_group + thread * each;
    return vec2<u32>(min(first, len), min(first + each, len));
}

fn roots_in(range: vec2<u32>) -> u32 {
    var count = 0u;
    for (var i = range.x; i < range.y; i++) {
        if atomicLoad(&parent[i]) == i {
            count++;
        }
    }
    return count;
}

@compute @workgroup_size(256)
fn count_roots(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    counts[local.x] = roots_in(part(group.x, local.x));
    workgroupBarrier();
    for (var stride = 128u; stride > 0u; stride /= 2u) {
        if local.x < stride {
            counts[local.x] += counts[local.x + stride];
        }
        workgroupBarrier();
    }
    if local.x == 0u {
        roots[group.x] = counts[0];
    }
}

// `table` holds the number of roots before each stretch.
@compute @workgroup_size(256)
fn number_roots(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let range = part(group.x, local.x);
    counts[local.x] = roots_in(range);
    workgroupBarrier();
    var number = table[group.x];
    for (var t = 0u; t < local.x; t++) {
        number += counts[t];
    }
    for (var i = range.x; i < range.y; i++) {
        if atomicLoad(&parent[i]) == i {
            number++;
            roots[i] = number;
        }
    }
}

@compute @workgroup_size(16, 16)
fn resolve(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    if atomicLoad(&parent[i]) == NONE {
        labels[i] = 0u;
    } else {
        labels[i] = roots[find(i)];
    }
}

@compute @workgroup_size(16, 16)
fn mark(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    if mask[i] > 0.5 {
        atomicMax(&flags[labels[i]], 1u);
    }
}

@compute @workgroup_size(16, 16)
fn mark_border(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    if id.x == 0u || id.y == 0u || id.x + 1u == params.width || id.y + 1u == params.height {
        atomicMax(&flags[labels[id.y * params.width + id.x]], 1u);
    }
}

@compute @workgroup_size(16, 16)
fn rename(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    roots[i] = table[labels[i]];
}

@compute @workgroup_size(16, 16)
fn mask_of(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    output[i] = select(0.0, 1.0, labels[i] > 0u);
}
