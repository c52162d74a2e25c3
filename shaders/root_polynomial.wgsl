// A color correction by roots of polynomials; see src/ops/root_polynomial.rs.

struct Params {
    // Four vectors a channel: thirteen factors and three zeros.
    rows: array<vec4<f32>, 12>,
    len: u32,
    // Where the search for a cube root begins, in bits of a number.
    cbrt_bits: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> red: array<f32>;
@group(0) @binding(2) var<storage, read> green: array<f32>;
@group(0) @binding(3) var<storage, read> blue: array<f32>;
@group(0) @binding(4) var<storage, read_write> red_out: array<f32>;
@group(0) @binding(5) var<storage, read_write> green_out: array<f32>;
@group(0) @binding(6) var<storage, read_write> blue_out: array<f32>;

fn cbrt(x: f32) -> f32 {
    // Below this, cubes are no longer normal numbers.
    if x < 1e-12 {
        return 0.0;
    }
    var y = bitcast<f32>(bitcast<u32>(x) / 3u + params.cbrt_bits);
    var cube = y * y * y;
    y = y * (cube + 2.0 * x) / (2.0 * cube + x);
    cube = y * y * y;
    return y * (cube + 2.0 * x) / (2.0 * cube + x);
}

fn row(first: u32, a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, last: f32) -> f32 {
    return dot(params.rows[first], a) + dot(params.rows[first + 1u], b)
        + dot(params.rows[first + 2u], c) + params.rows[first + 3u].x * last;
}

@compute @workgroup_size(256)
fn root_polynomial(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 256u + id.x;
    if i >= params.len {
        return;
    }
    let r = max(red[i], 0.0);
    let g = max(green[i], 0.0);
    let b = max(blue[i], 0.0);
    let first = vec4<f32>(r, g, b, sqrt(r * g));
    let second = vec4<f32>(sqrt(g * b), sqrt(r * b), cbrt(r * g * g), cbrt(g * b * b));
    let third = vec4<f32>(cbrt(r * b * b), cbrt(g * r * r), cbrt(b * g * g), cbrt(b * r * r));
    let last = cbrt(r * g * b);
    red_out[i] = row(0u, first, second, third, last);
    green_out[i] = row(4u, first, second, third, last);
    blue_out[i] = row(8u, first, second, third, last);
}
