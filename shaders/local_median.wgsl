// Histograms of cells and the median of each cell's neighborhood; see src/ops/local_median.rs.

struct Params {
    width: u32,
    height: u32,
    columns: u32,
    rows: u32,
    side: u32,
    low: f32,
    bins_per_unit: f32,
    // Fewest values that make a median.
    least: u32,
}

override BINS: u32;
// Cells to each side that count towards a cell's median.
override REACH: u32;
// Stands where there are too few values.
override NONE: f32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read> mask: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> medians: array<f32>;

@compute @workgroup_size(16, 16)
fn count(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    if mask[i] <= 0.5 {
        return;
    }
    let place = clamp((plane[i] - params.low) * params.bins_per_unit, 0.0, f32(BINS - 1u));
    let cell = (id.y / params.side) * params.columns + id.x / params.side;
    atomicAdd(&counts[cell * BINS + u32(place)], 1u);
}

fn bin_total(x: u32, y: u32, bin: u32) -> u32 {
    var total = 0u;
    for (var v = max(y, REACH) - REACH; v <= min(y + REACH, params.rows - 1u); v++) {
        for (var u = max(x, REACH) - REACH; u <= min(x + REACH, params.columns - 1u); u++) {
            total += atomicLoad(&counts[(v * params.columns + u) * BINS + bin]);
        }
    }
    return total;
}

@compute @workgroup_size(16, 16)
fn median(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.columns || id.y >= params.rows {
        return;
    }
    var total = 0u;
    for (var bin = 0u; bin < BINS; bin++) {
        total += bin_total(id.x, id.y, bin);
    }
    let cell = id.y * params.columns + id.x;
    if total < params.least {
        medians[cell] = NONE;
        return;
    }
    let half = 0.5 * f32(total);
    var below = 0u;
    for (var bin = 0u; bin < BINS; bin++) {
        let here = bin_total(id.x, id.y, bin);
        if f32(below + here) >= half {
            let within = (half - f32(below)) / f32(max(here, 1u));
            medians[cell] = params.low + (f32(bin) + within) / params.bins_per_unit;
            return;
        }
        below += here;
    }
}
