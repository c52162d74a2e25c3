// Crests of a line map, thinning, and the length of a chain of pixels; see src/ops/skeleton.rs.

struct Params {
    width: u32,
    height: u32,
    // Which of the two half steps of thinning.
    half_step: u32,
    padding: u32,
    // Lengths of an axial and a diagonal link, and of a corner, per pixel.
    axial: f32,
    diagonal: f32,
    corner: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> plane: array<f32>;
@group(0) @binding(2) var<storage, read> directions: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;
// Per direction the step across it.
@group(0) @binding(4) var<storage, read> across: array<vec2<i32>>;

fn value(x: i32, y: i32) -> f32 {
    if x < 0 || y < 0 || x >= i32(params.width) || y >= i32(params.height) {
        return 0.0;
    }
    return plane[u32(y) * params.width + u32(x)];
}

fn filled(x: i32, y: i32) -> bool {
    return value(x, y) > 0.5;
}

@compute @workgroup_size(16, 16)
fn crests(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let x = i32(id.x);
    let y = i32(id.y);
    let i = id.y * params.width + id.x;
    let here = plane[i];
    let step = across[u32(directions[i])];
    let crest = here > 0.0 && here >= value(x + step.x, y + step.y) && here > value(x - step.x, y - step.y);
    output[i] = select(0.0, 1.0, crest);
}

// The neighbors from the east, counterclockwise: bit k is neighbor k.
fn neighbors(x: i32, y: i32) -> u32 {
    return u32(filled(x + 1, y)) | u32(filled(x + 1, y - 1)) << 1u | u32(filled(x, y - 1)) << 2u
        | u32(filled(x - 1, y - 1)) << 3u | u32(filled(x - 1, y)) << 4u | u32(filled(x - 1, y + 1)) << 5u
        | u32(filled(x, y + 1)) << 6u | u32(filled(x + 1, y + 1)) << 7u;
}

fn bit(ring: u32, k: u32) -> u32 {
    return ring >> (k & 7u) & 1u;
}

fn goes(ring: u32, half_step: u32) -> bool {
    var crossings = 0u;
    var n1 = 0u;
    var n2 = 0u;
    for (var k = 0u; k < 8u; k += 2u) {
        let next = bit(ring, k + 1u);
        crossings += (1u - bit(ring, k)) & (next | bit(ring, k + 2u));
        n1 += bit(ring, k) | next;
        n2 += next | bit(ring, k + 2u);
    }
    let least = min(n1, n2);
    let k = 4u * half_step;
    let side = (bit(ring, k + 1u) | bit(ring, k + 2u) | (1u - bit(ring, k + 7u))) & bit(ring, k);
    return crossings == 1u && least >= 2u && least <= 3u && side == 0u;
}

@compute @workgroup_size(16, 16)
fn thin(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let x = i32(id.x);
    let y = i32(id.y);
    let stays = filled(x, y) && !goes(neighbors(x, y), params.half_step);
    output[id.y * params.width + id.x] = select(0.0, 1.0, stays);
}

// Links of a chain: axial neighbors, and diagonal ones with no axial way around.
fn links_of(ring: u32) -> u32 {
    let axial = ring & 0x55u;
    let beside = (axial << 1u) | (axial >> 1u) | (axial >> 7u) | (axial << 7u);
    return axial | (ring & 0xaau & ~beside);
}

@compute @workgroup_size(16, 16)
fn chain_length(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= params.width || id.y >= params.height {
        return;
    }
    let x = i32(id.x);
    let y = i32(id.y);
    var length = 0.0;
    if filled(x, y) {
        let links = links_of(neighbors(x, y));
        length = params.axial * f32(countOneBits(links & 0x55u))
            + params.diagonal * f32(countOneBits(links & 0xaau));
        let straight = (links >> 4u) == (links & 15u);
        if countOneBits(links) == 2u && !straight {
            length -= params.corner;
        }
    }
    output[id.y * params.width + id.x] = length;
}
