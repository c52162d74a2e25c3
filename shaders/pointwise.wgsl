// One arithmetic step on every pixel; see src/ops/pointwise.rs.

struct Params {
    len: u32,
    scalar: f32,
}

// Which step; numbered by `Op` in src/ops/pointwise.rs.
override OP: u32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

fn step(x: f32, y: f32, s: f32) -> f32 {
    switch OP {
        case 0u: { return x + y; }
        case 1u: { return x - y; }
        case 2u: { return x * y; }
        case 3u: {
            if y >= s { return x / y; }
            return 0.0;
        }
        case 4u: { return x + s * y; }
        case 5u: { return max(x - s, 0.0) * y; }
        case 6u: {
            if x >= s { return y; }
            return 0.0;
        }
        case 7u: {
            if x < s { return y; }
            return 0.0;
        }
        case 8u: { return sqrt(max(x, 0.0)) * y; }
        case 9u: { return y - x * y; }
        case 10u: { return max(x, y); }
        case 11u: { return s * y; }
        default: { return min(x, y); }
    }
}

@compute @workgroup_size(256)
fn pointwise(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
) {
    let i = id.y * groups.x * 256u + id.x;
    if i < params.len {
        output[i] = step(a[i], b[i], params.scalar);
    }
}
