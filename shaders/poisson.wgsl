// One level of a multigrid that integrates slopes; see src/ops/poisson.rs.

struct Params {
    width: u32,
    height: u32,
    // Of the next coarser level.
    coarse_width: u32,
    coarse_height: u32,
    // Of the last column and row, by those of the others.
    last_width: f32,
    last_height: f32,
}

// Share of a Jacobi step that is taken.
override DAMPING: f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> first: array<f32>;
@group(0) @binding(2) var<storage, read> second: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

fn cell_width(x: u32) -> f32 {
    return select(1.0, params.last_width, x + 1u == params.width);
}

fn cell_height(y: u32) -> f32 {
    return select(1.0, params.last_height, y + 1u == params.height);
}

// What flows into a cell of `first` from its neighbors, and how strongly it hangs on them.
fn flow(x: u32, y: u32) -> vec2<f32> {
    let i = y * params.width + x;
    let here = first[i];
    let wide = cell_width(x);
    let high = cell_height(y);
    var sum = 0.0;
    var weight = 0.0;
    if x > 0u {
        let face = high / (0.5 * (wide + cell_width(x - 1u)));
        sum += face * (first[i - 1u] - here);
        weight += face;
    }
    if x + 1u < params.width {
        let face = high / (0.5 * (wide + cell_width(x + 1u)));
        sum += face * (first[i + 1u] - here);
        weight += face;
    }
    if y > 0u {
        let face = wide / (0.5 * (high + cell_height(y - 1u)));
        sum += face * (first[i - params.width] - here);
        weight += face;
    }
    if y + 1u < params.height {
        let face = wide / (0.5 * (high + cell_height(y + 1u)));
        sum += face * (first[i + params.width] - here);
        weight += face;
    }
    return vec2<f32>(sum, weight);
}

// Slopes along x and y to what must flow into each cell.
@compute @workgroup_size(16, 16)
fn divergence(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    var sum = 0.0;
    if id.x + 1u < params.width {
        sum += 0.5 * (first[i] + first[i + 1u]);
    }
    if id.x > 0u {
        sum -= 0.5 * (first[i - 1u] + first[i]);
    }
    if id.y + 1u < params.height {
        sum += 0.5 * (second[i] + second[i + params.width]);
    }
    if id.y > 0u {
        sum -= 0.5 * (second[i - params.width] + second[i]);
    }
    output[i] = sum;
}

// A damped Jacobi step on heights `first` towards the flow `second`.
@compute @workgroup_size(16, 16)
fn relax(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    let found = flow(id.x, id.y);
    var step = 0.0;
    if found.y > 0.0 {
        step = DAMPING * (found.x - second[i]) / found.y;
    }
    output[i] = first[i] + step;
}

fn lacking(x: u32, y: u32) -> f32 {
    if x >= params.width || y >= params.height {
        return 0.0;
    }
    return second[y * params.width + x] - flow(x, y).x;
}

// What the cells of a coarse cell lack together.
@compute @workgroup_size(16, 16)
fn gather(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.coarse_width || id.y >= params.coarse_height {
        return;
    }
    let x = 2u * id.x;
    let y = 2u * id.y;
    let upper = lacking(x, y) + lacking(x + 1u, y);
    let lower = lacking(x, y + 1u) + lacking(x + 1u, y + 1u);
    output[id.y * params.coarse_width + id.x] = upper + lower;
}

// The neighbor of a coarse cell on the side of a fine cell.
fn beside(fine: u32, len: u32) -> u32 {
    let coarse = fine / 2u;
    if fine % 2u == 0u {
        return max(coarse, 1u) - 1u;
    }
    return min(coarse + 1u, len - 1u);
}

// Heights `first` with the correction `second` of the coarser level, bilinear between cell centers.
@compute @workgroup_size(16, 16)
fn prolong(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let near = vec2<u32>(id.x / 2u, id.y / 2u);
    let far = vec2<u32>(beside(id.x, params.coarse_width), beside(id.y, params.coarse_height));
    let row = near.y * params.coarse_width;
    let other = far.y * params.coarse_width;
    let here = 0.75 * second[row + near.x] + 0.25 * second[row + far.x];
    let there = 0.75 * second[other + near.x] + 0.25 * second[other + far.x];
    let i = id.y * params.width + id.x;
    output[i] = first[i] + (0.75 * here + 0.25 * there);
}
