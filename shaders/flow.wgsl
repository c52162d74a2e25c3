// Where the skin of one photograph lies on another, step by step; see src/ops/flow.rs.

struct Params {
    width: u32,
    height: u32,
    columns: u32,
    rows: u32,
    spacing: u32,
    parity: u32,
    // Of relaxation: stiffness between nodes, and over-relaxation.
    stiffness: f32,
    over: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> target_plane: array<f32>;
@group(0) @binding(2) var<storage, read> moved: array<f32>;
@group(0) @binding(3) var<storage, read> mask: array<f32>;
// Terms of the normal equations; written by `terms`, read smoothed by `gather`.
@group(0) @binding(4) var<storage, read_write> xx: array<f32>;
@group(0) @binding(5) var<storage, read_write> xy: array<f32>;
@group(0) @binding(6) var<storage, read_write> yy: array<f32>;
@group(0) @binding(7) var<storage, read_write> xd: array<f32>;
@group(0) @binding(8) var<storage, read_write> yd: array<f32>;
// Nodes: displacement, and five numbers of the equations each.
@group(0) @binding(9) var<storage, read_write> u: array<f32>;
@group(0) @binding(10) var<storage, read_write> v: array<f32>;
@group(0) @binding(11) var<storage, read_write> equations: array<f32>;

@compute @workgroup_size(16, 16)
fn terms(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    let left = select(i - 1u, i, id.x == 0u);
    let right = select(i + 1u, i, id.x + 1u == params.width);
    let up = select(i - params.width, i, id.y == 0u);
    let down = select(i + params.width, i, id.y + 1u == params.height);
    let gx = 0.5 * (target_plane[right] - target_plane[left]);
    let gy = 0.5 * (target_plane[down] - target_plane[up]);
    let d = target_plane[i] - moved[i];
    let far = 1.0 + d * d;
    let weight = mask[i] / (far * far);
    xx[i] = weight * gx * gx;
    xy[i] = weight * gx * gy;
    yy[i] = weight * gy * gy;
    xd[i] = weight * gx * d;
    yd[i] = weight * gy * d;
}

@compute @workgroup_size(16, 16)
fn gather(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.columns || id.y >= params.rows {
        return;
    }
    let x = min(id.x * params.spacing, params.width - 1u);
    let y = min(id.y * params.spacing, params.height - 1u);
    let i = y * params.width + x;
    let node = id.y * params.columns + id.x;
    equations[5u * node] = xx[i];
    equations[5u * node + 1u] = xy[i];
    equations[5u * node + 2u] = yy[i];
    equations[5u * node + 3u] = xd[i] + xx[i] * u[node] + xy[i] * v[node];
    equations[5u * node + 4u] = yd[i] + xy[i] * u[node] + yy[i] * v[node];
}

// Half of the nodes, as the squares of a chessboard: their neighbors all belong to the other half.
@compute @workgroup_size(16, 16)
fn relax(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.columns || id.y >= params.rows || (id.x + id.y) % 2u != params.parity {
        return;
    }
    let node = id.y * params.columns + id.x;
    var count = 0.0;
    var sum_u = 0.0;
    var sum_v = 0.0;
    if id.x > 0u {
        count += 1.0;
        sum_u += u[node - 1u];
        sum_v += v[node - 1u];
    }
    if id.x + 1u < params.columns {
        count += 1.0;
        sum_u += u[node + 1u];
        sum_v += v[node + 1u];
    }
    if id.y > 0u {
        count += 1.0;
        sum_u += u[node - params.columns];
        sum_v += v[node - params.columns];
    }
    if id.y + 1u < params.rows {
        count += 1.0;
        sum_u += u[node + params.columns];
        sum_v += v[node + params.columns];
    }
    let a = equations[5u * node] + params.stiffness * count;
    let b = equations[5u * node + 1u];
    let c = equations[5u * node + 2u] + params.stiffness * count;
    let p = equations[5u * node + 3u] + params.stiffness * sum_u;
    let q = equations[5u * node + 4u] + params.stiffness * sum_v;
    let determinant = a * c - b * b;
    u[node] += params.over * ((c * p - b * q) / determinant - u[node]);
    v[node] += params.over * ((a * q - b * p) / determinant - v[node]);
}
