//! From a map of lines to chains of pixels and their length: crests across the line, thinning, and
//! what each pixel of a chain adds to its length.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lines::{DIRECTIONS, angle};
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/skeleton.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "skeleton", source: include_str!("../../shaders/skeleton.wgsl") };

/// Length of a chain code per even and odd link and per corner (Vossepoel and Smeulders 1982,
/// doi:10.1016/0146-664X(82)90034-8; the numbers were not checked against the paper).
const EVEN_LINK: f32 = 0.980;
const ODD_LINK: f32 = 1.406;
const CORNER: f32 = 0.091;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    half_step: u32,
    padding: u32,
    axial: f32,
    diagonal: f32,
    corner: f32,
    rest: u32,
}

impl Params {
    fn new(size: Size, half_step: u32) -> Self {
        Self {
            width: size.width,
            height: size.height,
            half_step,
            padding: 0,
            // A link belongs to two pixels.
            axial: 0.5 * EVEN_LINK,
            diagonal: 0.5 * ODD_LINK,
            corner: CORNER,
            rest: 0,
        }
    }
}

/// 1 where the response of [`super::lines`] is above 0 and the largest across the line found there.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn crests(engine: &Engine, response: &Plane, direction: &Plane) -> Result<Plane, EngineError> {
    let size = response.size();
    let params = Params::new(size, 0);
    let steps: Vec<[i32; 2]> = (0..DIRECTIONS).map(across).collect();
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => crests_twin(&params, response.host(), direction.host(), &steps, output.host_mut()),
        Backend::Gpu(gpu) => {
            let words: Vec<u32> = steps.iter().flatten().map(|&v| v as u32).collect();
            let steps = engine.upload(Size::new(words.len() as u32, 1), &words)?;
            gpu.run(
                Dispatch::new(&KERNEL, "crests")
                    .params(&params)
                    .bind(1, response)
                    .bind(2, direction)
                    .bind(3, &output)
                    .bind(4, &steps)
                    .over(size),
            )?;
        }
    }
    Ok(output)
}

/// The neighbor across a line of this direction.
fn across(direction: usize) -> [i32; 2] {
    let (sine, cosine) = angle(direction).sin_cos();
    [-sine.round() as i32, cosine.round() as i32]
}

/// The mask thinned to lines of one pixel, ends and holes kept: the parallel thinning in two half
/// steps of Guo and Hall (1989, doi:10.1145/62065.62074), `rounds` times. Lines up to twice as wide
/// become thin.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn thin(engine: &Engine, mask: &Plane, rounds: u32) -> Result<Plane, EngineError> {
    let mut thinner = half_step(engine, mask, 0)?;
    thinner = half_step(engine, &thinner, 1)?;
    for _ in 1..rounds {
        for half in [0, 1] {
            thinner = half_step(engine, &thinner, half)?;
        }
    }
    Ok(thinner)
}

fn half_step(engine: &Engine, mask: &Plane, half: u32) -> Result<Plane, EngineError> {
    each(engine, mask, "thin", &Params::new(mask.size(), half), |ring, p| f32::from(!goes(ring, p.half_step)))
}

/// What each pixel of a thin mask adds to the length of its chain, in pixels: half of each link, less
/// a corner. A diagonal link counts where no axial ones lead around it.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn chain_length(engine: &Engine, skeleton: &Plane) -> Result<Plane, EngineError> {
    each(engine, skeleton, "chain_length", &Params::new(skeleton.size(), 0), |ring, p| {
        let links = links_of(ring);
        let length =
            p.axial * (links & 0x55).count_ones() as f32 + p.diagonal * (links & 0xaa).count_ones() as f32;
        let bent = links.count_ones() == 2 && links >> 4 != links & 15;
        if bent { length - p.corner } else { length }
    })
}

/// `of` the ring of neighbors of every pixel that is set; 0 elsewhere.
fn each(
    engine: &Engine,
    mask: &Plane,
    entry: &'static str,
    params: &Params,
    of: impl Fn(u32, &Params) -> f32 + Sync,
) -> Result<Plane, EngineError> {
    let size = mask.size();
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => {
            let mask = mask.host();
            let width = size.width as usize;
            output.host_mut().par_chunks_mut(width).enumerate().for_each(|(y, output)| {
                for (x, output) in output.iter_mut().enumerate() {
                    let is_set = mask[y * width + x] > 0.5;
                    *output = if is_set { of(neighbors(mask, size, x, y), params) } else { 0.0 };
                }
            });
        }
        Backend::Gpu(gpu) => {
            gpu.run(Dispatch::new(&KERNEL, entry).params(params).bind(1, mask).bind(3, &output).over(size))?;
        }
    }
    Ok(output)
}

fn crests_twin(p: &Params, response: &[f32], direction: &[f32], steps: &[[i32; 2]], output: &mut [f32]) {
    let size = Size::new(p.width, p.height);
    let width = p.width as usize;
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        for (x, output) in output.iter_mut().enumerate() {
            let here = response[y * width + x];
            *output = 0.0;
            if here > 0.0 {
                let [dx, dy] = steps[direction[y * width + x] as usize];
                let beside = |sign: i32| {
                    let (x, y) = (x as i64 + i64::from(sign * dx), y as i64 + i64::from(sign * dy));
                    value(response, size, x, y)
                };
                *output = f32::from(here >= beside(1) && here > beside(-1));
            }
        }
    });
}

fn value(plane: &[f32], size: Size, x: i64, y: i64) -> f32 {
    let inside = x >= 0 && y >= 0 && x < i64::from(size.width) && y < i64::from(size.height);
    if inside { plane[y as usize * size.width as usize + x as usize] } else { 0.0 }
}

/// The neighbors from the east, counterclockwise: bit k is neighbor k.
fn neighbors(mask: &[f32], size: Size, x: usize, y: usize) -> u32 {
    const RING: [(i64, i64); 8] = [(1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1)];
    let set = |(dx, dy): (i64, i64)| value(mask, size, x as i64 + dx, y as i64 + dy) > 0.5;
    RING.into_iter().zip(0..).map(|(step, k)| u32::from(set(step)) << k).sum()
}

fn bit(ring: u32, k: u32) -> u32 {
    ring >> (k & 7) & 1
}

/// Whether a half step takes a pixel with these neighbors.
fn goes(ring: u32, half_step: u32) -> bool {
    let (mut crossings, mut n1, mut n2) = (0, 0, 0);
    for k in [0, 2, 4, 6] {
        let next = bit(ring, k + 1);
        crossings += (1 - bit(ring, k)) & (next | bit(ring, k + 2));
        n1 += bit(ring, k) | next;
        n2 += next | bit(ring, k + 2);
    }
    let least = n1.min(n2);
    let k = 4 * half_step;
    let side = (bit(ring, k + 1) | bit(ring, k + 2) | (1 - bit(ring, k + 7))) & bit(ring, k);
    crossings == 1 && (2..=3).contains(&least) && side == 0
}

/// Links of a chain: axial neighbors, and diagonal ones with no axial way around.
fn links_of(ring: u32) -> u32 {
    let axial = ring & 0x55;
    let beside = axial << 1 | axial >> 1 | axial >> 7 | axial << 7;
    axial | (ring & 0xaa & !beside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::Fixture;
    use crate::ops::testing::{assert_same, cpu, noise, odd_sizes, random_mask};
    use crate::raster::Raster;

    #[test]
    fn scikit_image_thins_the_same() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/skeleton.json"));
        let engine = cpu();
        let mask = fixture.mask("mask");
        let found = thin(engine, &engine.upload_raster(&mask).unwrap(), 4).unwrap();
        let found = engine.download_raster(&found).unwrap();
        assert_eq!(found, fixture.mask("thinned"));
        assert!(found != mask);
    }

    /// A line of this length and angle, two pixels wide, through the middle.
    fn line(angle: f64, length: f64) -> Raster {
        Raster::from_fn(Size::new(260, 260), |x, y| {
            let (x, y) = (f64::from(x) - 129.7, f64::from(y) - 130.2);
            let (t, u) = (x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin());
            f32::from(u.abs() <= 1.0 && t.abs() <= 0.5 * length)
        })
    }

    #[test]
    fn lines_have_their_length_at_twelve_angles() {
        let engine = cpu();
        let length = 200.0;
        for k in 0..12 {
            let angle = (f64::from(k) * 15.0 + 4.0).to_radians();
            let skeleton = thin(engine, &engine.upload_raster(&line(angle, length)).unwrap(), 4).unwrap();
            let shares = engine.download(&chain_length(engine, &skeleton).unwrap()).unwrap();
            // The chain ends on the middle of its last pixels.
            let found = shares.iter().map(|&v| f64::from(v)).sum::<f64>() + 1.0;
            assert!((found / length - 1.0).abs() < 0.03, "{} degrees: {found}", angle.to_degrees());
        }
    }

    #[test]
    fn links_and_corners_are_counted_once() {
        let engine = cpu();
        let length = |rows: &[&str]| -> f32 {
            let size = Size::new(rows[0].len() as u32, rows.len() as u32);
            let mask =
                Raster::from_fn(size, |x, y| f32::from(rows[y as usize].as_bytes()[x as usize] == b'#'));
            let lengths = chain_length(engine, &engine.upload_raster(&mask).unwrap()).unwrap();
            engine.download(&lengths).unwrap().iter().sum()
        };
        let near =
            |found: f32, expected: f32| assert!((found - expected).abs() < 1e-5, "{found}, {expected}");
        near(length(&["####"]), 3.0 * 0.980);
        near(length(&["#...", ".#..", "..#."]), 2.0 * 1.406);
        near(length(&["##..", "..##"]), 2.0 * 0.980 + 1.406 - 2.0 * 0.091);
        // Around a corner, not across it.
        near(length(&["##", ".#"]), 2.0 * 0.980 - 0.091);
        // A fork has no corner.
        near(length(&["#.#", ".#.", ".#."]), 2.0 * 1.406 + 0.980);
        near(length(&["#"]), 0.0);
    }

    #[test]
    fn crests_are_the_middle_of_a_line() {
        let engine = cpu();
        let size = Size::new(30, 30);
        let response = Raster::from_fn(size, |_, y| (5.0 - (y as f32 - 12.0).abs()).max(0.0));
        let direction = Raster::filled(size, 0.0);
        let found = crests(
            engine,
            &engine.upload_raster(&response).unwrap(),
            &engine.upload_raster(&direction).unwrap(),
        );
        let found = engine.download_raster(&found.unwrap()).unwrap();
        assert_eq!(found, Raster::from_fn(size, |_, y| f32::from(y == 12)));
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes() {
            assert_same(|engine| {
                let mask = engine.upload_raster(&random_mask(size, 5, 0.7))?;
                let thinned = thin(engine, &mask, 3)?;
                let response = engine.upload_raster(&noise(size, 2))?;
                let direction = engine.upload_raster(&noise(size, 3).map(|v| ((v + 1.0) * 5.99).floor()))?;
                let lengths = engine.download(&chain_length(engine, &thinned)?)?;
                Ok((
                    engine.download(&thinned)?,
                    lengths,
                    engine.download(&crests(engine, &response, &direction)?)?,
                ))
            });
        }
    }
}
