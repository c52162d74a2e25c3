// Sums and shapes per label, in integers; see src/ops/label_sums.rs.

struct Params {
    width: u32,
    height: u32,
    // Fixed-point steps of one unit.
    scale: f32,
    range: f32,
}

// Pixels of a row that one thread runs over before it touches memory that others share.
override RUN: u32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> plane: array<f32>;
// Two words a label: low and high half of a 64-bit sum.
@group(0) @binding(3) var<storage, read_write> sums: array<atomic<u32>>;
// Eight words a label: pixels, boundary, two sums of two words each is in `sums`; here minima
// and maxima of column and row.
@group(0) @binding(4) var<storage, read_write> shapes: array<atomic<u32>>;

fn add_wide(place: u32, value: i32) {
    let low = bitcast<u32>(value);
    let before = atomicAdd(&sums[place], low);
    var high = select(0u, 0xffffffffu, value < 0);
    if before + low < before {
        high += 1u;
    }
    if high != 0u {
        atomicAdd(&sums[place + 1u], high);
    }
}

@compute @workgroup_size(16, 16)
fn sum(@builtin(global_invocation_id) id: vec3<u32>) {
    let first = id.x * RUN;
    if first >= params.width || id.y >= params.height {
        return;
    }
    let row = id.y * params.width;
    let end = min(first + RUN, params.width);
    var label = labels[row + first];
    var total = 0;
    for (var x = first; x < end; x++) {
        let here = labels[row + x];
        if here != label {
            add_wide(2u * label, total);
            label = here;
            total = 0;
        }
        let value = clamp(plane[row + x], -params.range, params.range);
        total += i32(floor(value * params.scale + 0.5));
    }
    add_wide(2u * label, total);
}

fn other(label: u32, x: i32, y: i32) -> bool {
    if x < 0 || y < 0 || x >= i32(params.width) || y >= i32(params.height) {
        return true;
    }
    return labels[u32(y) * params.width + u32(x)] != label;
}

fn flush(label: u32, first: u32, end: u32, y: u32, boundary: u32) {
    let pixels = end - first;
    add_wide(6u * label, i32(pixels));
    // Twice the sum of pixel centers: odd numbers.
    add_wide(6u * label + 2u, i32(pixels * (first + end)));
    add_wide(6u * label + 4u, i32(pixels * (2u * y + 1u)));
    atomicAdd(&shapes[5u * label], boundary);
    atomicMin(&shapes[5u * label + 1u], first);
    atomicMin(&shapes[5u * label + 2u], y);
    atomicMax(&shapes[5u * label + 3u], end);
    atomicMax(&shapes[5u * label + 4u], y + 1u);
}

@compute @workgroup_size(16, 16)
fn shape(@builtin(global_invocation_id) id: vec3<u32>) {
    let first = id.x * RUN;
    if first >= params.width || id.y >= params.height {
        return;
    }
    let row = id.y * params.width;
    let y = i32(id.y);
    let end = min(first + RUN, params.width);
    var start = first;
    var boundary = 0u;
    var label = labels[row + first];
    for (var x = first; x < end; x++) {
        let here = labels[row + x];
        if here != label {
            flush(label, start, x, id.y, boundary);
            label = here;
            start = x;
            boundary = 0u;
        }
        let column = i32(x);
        if other(here, column - 1, y) || other(here, column + 1, y) || other(here, column, y - 1) || other(here, column, y + 1) {
            boundary++;
        }
    }
    flush(label, start, end, id.y, boundary);
}
