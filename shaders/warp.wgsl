// From one photograph's frame to another's, through a lattice of source positions; see
// src/ops/warp.rs.

struct Params {
    width: u32,
    height: u32,
    source_width: u32,
    source_height: u32,
    lattice_columns: u32,
    nodes_per_px: f32,
    // Of a block, in pixels.
    side: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lattice: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> words: array<u32>;
@group(0) @binding(3) var<storage, read_write> warped_words: array<u32>;
@group(0) @binding(4) var<storage, read> plane: array<f32>;
@group(0) @binding(5) var<storage, read_write> warped: array<f32>;

// Where the center of a target pixel lies in the source.
fn source_position(x: u32, y: u32) -> vec2<f32> {
    let u = (f32(x) + 0.5) * params.nodes_per_px;
    let v = (f32(y) + 0.5) * params.nodes_per_px;
    let column = u32(u);
    let row = u32(v);
    let tx = u - f32(column);
    let ty = v - f32(row);
    let node = row * params.lattice_columns + column;
    let below = node + params.lattice_columns;
    let top = lattice[node] + tx * (lattice[node + 1u] - lattice[node]);
    let bottom = lattice[below] + tx * (lattice[below + 1u] - lattice[below]);
    return top + ty * (bottom - top);
}

@compute @workgroup_size(16, 16)
fn nearest(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let position = floor(source_position(id.x, id.y));
    var word = 0u;
    if position.x >= 0.0 && position.y >= 0.0 && position.x < f32(params.source_width) && position.y < f32(params.source_height) {
        word = words[u32(position.y) * params.source_width + u32(position.x)];
    }
    warped_words[id.y * params.width + id.x] = word;
}

fn value(x: f32, y: f32) -> f32 {
    if x < 0.0 || y < 0.0 || x >= f32(params.source_width) || y >= f32(params.source_height) {
        return 0.0;
    }
    return plane[u32(y) * params.source_width + u32(x)];
}

@compute @workgroup_size(16, 16)
fn linear(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let position = source_position(id.x, id.y) - 0.5;
    let first = floor(position);
    let t = position - first;
    let top = value(first.x, first.y) + t.x * (value(first.x + 1.0, first.y) - value(first.x, first.y));
    let bottom = value(first.x, first.y + 1.0) + t.x * (value(first.x + 1.0, first.y + 1.0) - value(first.x, first.y + 1.0));
    warped[id.y * params.width + id.x] = top + t.y * (bottom - top);
}

// Weights of the four samples around a place t after the second of them (Keys 1981).
fn keys(t: f32) -> vec4<f32> {
    let t2 = t * t;
    let t3 = t2 * t;
    return vec4(-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3);
}

// The source, its rim repeated outside.
fn repeated(column: i32, row: i32) -> f32 {
    let x = clamp(column, 0, i32(params.source_width) - 1);
    let y = clamp(row, 0, i32(params.source_height) - 1);
    return plane[u32(y) * params.source_width + u32(x)];
}

@compute @workgroup_size(16, 16)
fn cubic(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let position = clamp(source_position(id.x, id.y) - 0.5, vec2(-4.0), vec2(1.0e6));
    let first = floor(position);
    let across = keys(position.x - first.x);
    let down = keys(position.y - first.y);
    let column = i32(first.x) - 1;
    var sum = 0.0;
    for (var r = 0; r < 4; r++) {
        let row = i32(first.y) + r - 1;
        let line = across.x * repeated(column, row) + across.y * repeated(column + 1, row)
            + across.z * repeated(column + 2, row) + across.w * repeated(column + 3, row);
        sum += down[r] * line;
    }
    warped[id.y * params.width + id.x] = sum;
}

@compute @workgroup_size(16, 16)
fn blocks(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    let columns = (params.width + params.side - 1u) / params.side;
    let block = (id.y / params.side) * columns + id.x / params.side + 1u;
    warped_words[i] = select(0u, block, plane[i] > 0.5);
}
