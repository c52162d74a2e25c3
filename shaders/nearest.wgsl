// The nearest labeled pixel within a radius, exactly, in two passes; see src/ops/nearest.rs.

struct Params {
    width: u32,
    height: u32,
    reach: u32,
    radius_squared: f32,
    far: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> row_label: array<u32>;
@group(0) @binding(3) var<storage, read_write> row_distance: array<u32>;
@group(0) @binding(4) var<storage, read_write> nearest: array<u32>;
@group(0) @binding(5) var<storage, read_write> distance: array<f32>;
@group(0) @binding(6) var<storage, read> mask: array<f32>;

// The smaller of two labels, where 0 is none.
fn lower(a: u32, b: u32) -> u32 {
    if a == 0u {
        return b;
    }
    if b == 0u {
        return a;
    }
    return min(a, b);
}

@compute @workgroup_size(16, 16)
fn along_rows(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let row = id.y * params.width;
    var found = labels[row + id.x];
    var away = 0u;
    while found == 0u && away < params.reach {
        away++;
        if id.x >= away {
            found = labels[row + id.x - away];
        }
        if id.x + away < params.width {
            found = lower(found, labels[row + id.x + away]);
        }
    }
    row_label[row + id.x] = found;
    row_distance[row + id.x] = away;
}

@compute @workgroup_size(16, 16)
fn along_columns(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let first = max(id.y, params.reach) - params.reach;
    let last = min(id.y + params.reach, params.height - 1u);
    var best = 0xffffffffu;
    var found = 0u;
    for (var y = first; y <= last; y++) {
        let i = y * params.width + id.x;
        let label = row_label[i];
        if label == 0u {
            continue;
        }
        let dy = max(y, id.y) - min(y, id.y);
        let squared = dy * dy + row_distance[i] * row_distance[i];
        if squared < best {
            best = squared;
            found = label;
        } else if squared == best {
            found = min(found, label);
        }
    }
    let i = id.y * params.width + id.x;
    if found > 0u && f32(best) <= params.radius_squared {
        nearest[i] = found;
        distance[i] = sqrt(f32(best));
    } else {
        nearest[i] = 0u;
        distance[i] = params.far;
    }
}

@compute @workgroup_size(16, 16)
fn from_mask(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let i = id.y * params.width + id.x;
    nearest[i] = select(0u, 1u, mask[i] > 0.5);
}
