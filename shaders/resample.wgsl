// sRGB-encoded RGBA to linear planes on the working grid, by area; see src/ops/resample.rs.

struct Params {
    // Of the band that is bound.
    source_width: u32,
    source_first_row: u32,
    target_width: u32,
    target_first_row: u32,
    target_rows: u32,
    // 1: four bytes a pixel; 2: four 16-bit words a pixel.
    words_per_pixel: u32,
    // Encoded values up to `low` or from `high` on are clipped.
    low: u32,
    high: u32,
}

// Which source pixels a target pixel covers along one axis, and how far into the first and last.
struct Cover {
    first: u32,
    last: u32,
    first_weight: f32,
    last_weight: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<u32>;
@group(0) @binding(2) var<storage, read> linear: array<f32>;
// Columns first, then rows.
@group(0) @binding(3) var<storage, read> covers: array<Cover>;
@group(0) @binding(4) var<storage, read_write> red: array<f32>;
@group(0) @binding(5) var<storage, read_write> green: array<f32>;
@group(0) @binding(6) var<storage, read_write> blue: array<f32>;
@group(0) @binding(7) var<storage, read_write> clipped: array<f32>;

fn encoded(x: u32, y: u32) -> vec4<u32> {
    let pixel = (y - params.source_first_row) * params.source_width + x;
    if params.words_per_pixel == 1u {
        let word = source[pixel];
        return vec4<u32>(word & 0xffu, (word >> 8u) & 0xffu, (word >> 16u) & 0xffu, word >> 24u);
    }
    let low = source[2u * pixel];
    let high = source[2u * pixel + 1u];
    return vec4<u32>(low & 0xffffu, low >> 16u, high & 0xffffu, high >> 16u);
}

fn weight_at(i: u32, cover: Cover) -> f32 {
    if i == cover.first {
        return cover.first_weight;
    }
    if i == cover.last {
        return cover.last_weight;
    }
    return 1.0;
}

@compute @workgroup_size(16, 16)
fn resample(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.target_width || id.y >= params.target_rows {
        return;
    }
    let row = params.target_first_row + id.y;
    let columns = covers[id.x];
    let rows = covers[params.target_width + row];
    var sum = vec4<f32>(0.0);
    var total = 0.0;
    for (var y = rows.first; y <= rows.last; y++) {
        var row_sum = vec4<f32>(0.0);
        var row_total = 0.0;
        for (var x = columns.first; x <= columns.last; x++) {
            let pixel = encoded(x, y);
            let lowest = min(pixel.r, min(pixel.g, pixel.b));
            let highest = max(pixel.r, max(pixel.g, pixel.b));
            var lost = 0.0;
            if lowest <= params.low || highest >= params.high || pixel.a == 0u {
                lost = 1.0;
            }
            let value = vec4<f32>(linear[pixel.r], linear[pixel.g], linear[pixel.b], lost);
            let weight = weight_at(x, columns);
            row_sum += weight * value;
            row_total += weight;
        }
        let weight = weight_at(y, rows);
        sum += weight * row_sum;
        total += weight * row_total;
    }
    let i = row * params.target_width + id.x;
    red[i] = sum.r / total;
    green[i] = sum.g / total;
    blue[i] = sum.b / total;
    clipped[i] = sum.a / total;
}
