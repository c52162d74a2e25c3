// Curvature across a line, gathered along it; see src/ops/lines.rs.

struct Params {
    width: u32,
    height: u32,
    // Weights of the second differences along x, y and the diagonals.
    xx: f32,
    yy: f32,
    xy: f32,
    taps: u32,
    // Where the second direction's taps begin.
    second: u32,
    // Number of the first direction; the second is `turn` further.
    direction: f32,
    turn: f32,
}

// Least share of the weights that must lie on the mask.
override LEAST_SUPPORT: f32;
// A stretch of line of which nothing is known.
override UNKNOWN: f32;

struct Tap {
    dx: i32,
    dy: i32,
    weight: f32,
    padding: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> smooth_plane: array<f32>;
@group(0) @binding(2) var<storage, read> valid: array<f32>;
@group(0) @binding(3) var<storage, read_write> bent: array<f32>;
@group(0) @binding(4) var<storage, read> taps: array<Tap>;
@group(0) @binding(5) var<storage, read_write> stretch: array<f32>;
@group(0) @binding(6) var<storage, read> one: array<f32>;
@group(0) @binding(7) var<storage, read> other: array<f32>;
@group(0) @binding(8) var<storage, read_write> response: array<f32>;
@group(0) @binding(9) var<storage, read_write> directions: array<f32>;

fn inside(x: i32, y: i32) -> bool {
    return x >= 0 && y >= 0 && x < i32(params.width) && y < i32(params.height);
}

fn at(x: i32, y: i32) -> u32 {
    return u32(y) * params.width + u32(x);
}

fn value(x: i32, y: i32) -> f32 {
    return smooth_plane[at(clamp(x, 0, i32(params.width) - 1), clamp(y, 0, i32(params.height) - 1))];
}

@compute @workgroup_size(16, 16)
fn curvature(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = i32(id.x);
    let y = i32(id.y);
    if !inside(x, y) {
        return;
    }
    let center = 2.0 * value(x, y);
    let xx = value(x - 1, y) + value(x + 1, y) - center;
    let yy = value(x, y - 1) + value(x, y + 1) - center;
    let xy = value(x - 1, y - 1) + value(x + 1, y + 1) - value(x + 1, y - 1) - value(x - 1, y + 1);
    let i = at(x, y);
    bent[i] = valid[i] * (params.xx * xx + params.yy * yy + params.xy * xy);
}

@compute @workgroup_size(16, 16)
fn along(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = i32(id.x);
    let y = i32(id.y);
    if !inside(x, y) {
        return;
    }
    var sum = 0.0;
    var weight = 0.0;
    for (var t = 0u; t < params.taps; t++) {
        let tap = taps[t];
        if inside(x + tap.dx, y + tap.dy) {
            let i = at(x + tap.dx, y + tap.dy);
            sum += tap.weight * smooth_plane[i];
            weight += tap.weight * valid[i];
        }
    }
    if weight >= LEAST_SUPPORT {
        stretch[at(x, y)] = sum / weight;
    } else {
        stretch[at(x, y)] = UNKNOWN;
    }
}

// The value of a stretch beside (x, y), between pixels: taps `first` and `first` + 1.
fn beside(plane: u32, x: i32, y: i32, first: u32) -> f32 {
    var sum = 0.0;
    for (var t = first; t < first + 2u; t++) {
        let tap = taps[t];
        if tap.weight <= 0.0 {
            continue;
        }
        if !inside(x + tap.dx, y + tap.dy) {
            return UNKNOWN;
        }
        let i = at(x + tap.dx, y + tap.dy);
        if plane == 0u {
            sum += tap.weight * one[i];
        } else {
            sum += tap.weight * other[i];
        }
    }
    return sum;
}

@compute @workgroup_size(16, 16)
fn strongest(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = i32(id.x);
    let y = i32(id.y);
    if !inside(x, y) {
        return;
    }
    let i = at(x, y);
    if valid[i] < 0.5 || one[i] >= UNKNOWN || other[i] >= UNKNOWN {
        return;
    }
    let a = min(one[i], min(beside(0u, x, y, 0u), beside(0u, x, y, 2u)));
    let b = min(other[i], min(beside(1u, x, y, params.second), beside(1u, x, y, params.second + 2u)));
    let first = a - max(b, 0.0);
    let turned = b - max(a, 0.0);
    if first > response[i] {
        response[i] = first;
        directions[i] = params.direction;
    }
    if turned > response[i] {
        response[i] = turned;
        directions[i] = params.direction + params.turn;
    }
}
