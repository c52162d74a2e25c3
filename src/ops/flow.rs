//! How far each place of one plane has moved on another: normal equations of small windows
//! (Lucas & Kanade 1981), tied to their neighbors by stiffness (combined local and global, Bruhn,
//! Weickert & Schnörr 2005, doi:10.1023/B:VISI.0000045324.43199.43), relaxed on a lattice of nodes.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::widest;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};
use crate::geometry::Size;
use crate::ops::gaussian::gaussian;

/// `shaders/flow.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "flow", source: include_str!("../../shaders/flow.wgsl") };

/// Over-relaxation: about right for lattices of a hundred nodes a side and stiffness of the order of the data.
const OVER: f32 = 1.6;

/// Displacements at the nodes of a lattice: node (i, j) lies at pixel position (i, j) · spacing.
#[derive(Debug)]
pub struct Displacement {
    /// To the right, in pixels.
    pub u: Plane,
    /// Downward, in pixels.
    pub v: Plane,
    /// Pixels between nodes.
    pub spacing_px: u32,
}

/// How a step is weighed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// σ of the window whose pixels move together, in pixels.
    pub window_px: f64,
    /// Cost of a pixel of difference between neighbor nodes, against the mean square gradient.
    pub stiffness: f32,
    /// Times each node is relaxed.
    pub sweeps: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    columns: u32,
    rows: u32,
    spacing: u32,
    parity: u32,
    stiffness: f32,
    over: f32,
}

/// Nodes that cover a plane of size `size`, the last ones on or beyond its rim.
pub fn node_count(size: Size, spacing_px: u32) -> Size {
    Size::new(size.width / spacing_px + 2, size.height / spacing_px + 2)
}

/// One step: `moved` is the other plane as `displacement` carries it onto `target`; what still differs on
/// `mask` moves the displacement. Differences count less the larger they are, in units of the
/// planes (Geman & McClure 1987): of unit variance, what stands on one of the two only hardly pulls.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn step(
    engine: &Engine,
    [target, moved, mask]: [&Plane; 3],
    displacement: &mut Displacement,
    weights: &Weights,
) -> Result<(), EngineError> {
    let size = target.size();
    let nodes = displacement.u.size();
    let params = Params {
        width: size.width,
        height: size.height,
        columns: nodes.width,
        rows: nodes.height,
        spacing: displacement.spacing_px,
        parity: 0,
        stiffness: weights.stiffness,
        over: OVER,
    };
    let terms = terms(engine, &params, [target, moved, mask])?;
    let mut smooth = Vec::with_capacity(terms.len());
    for term in &terms {
        smooth.push(gaussian(engine, term, weights.window_px)?);
    }
    let equations = gather(engine, &params, &smooth, displacement)?;
    for _ in 0..weights.sweeps {
        for parity in 0..2 {
            relax(engine, &Params { parity, ..params }, &equations, displacement)?;
        }
    }
    Ok(())
}

/// Products of gradients with one another and with what differs: xx, xy, yy, xd, yd.
fn terms(
    engine: &Engine,
    params: &Params,
    [target, moved, mask]: [&Plane; 3],
) -> Result<[Plane; 5], EngineError> {
    let size = target.size();
    let mut out: [Plane; 5] =
        [engine.grid(size)?, engine.grid(size)?, engine.grid(size)?, engine.grid(size)?, engine.grid(size)?];
    match engine.backend() {
        Backend::Cpu(_) => terms_twin(size, [target.host(), moved.host(), mask.host()], &mut out),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "terms")
                .params(params)
                .bind(1, target)
                .bind(2, moved)
                .bind(3, mask)
                .bind(4, &out[0])
                .bind(5, &out[1])
                .bind(6, &out[2])
                .bind(7, &out[3])
                .bind(8, &out[4])
                .over(size),
        )?,
    }
    Ok(out)
}

fn terms_twin(size: Size, [target, moved, mask]: [&[f32]; 3], out: &mut [Plane; 5]) {
    let (width, height) = (size.width as usize, size.height as usize);
    let [xx, xy, yy, xd, yd] = out;
    let rows = xx
        .host_mut()
        .par_chunks_mut(width)
        .zip(xy.host_mut().par_chunks_mut(width))
        .zip(yy.host_mut().par_chunks_mut(width))
        .zip(xd.host_mut().par_chunks_mut(width))
        .zip(yd.host_mut().par_chunks_mut(width));
    rows.enumerate().for_each(|(y, ((((xx, xy), yy), xd), yd))| {
        let row = |r: usize| &target[r * width..(r + 1) * width];
        let around = [row(y.saturating_sub(1)), row(y), row((y + 1).min(height - 1))];
        let (moved, mask) = (&moved[y * width..][..width], &mask[y * width..][..width]);
        let last = width - 1;
        widest!(move || {
            for x in 0..width {
                let sides = [x.saturating_sub(1), (x + 1).min(last)];
                [xx[x], xy[x], yy[x], xd[x], yd[x]] = of_pixel(around, x, sides, moved[x], mask[x]);
            }
        });
    });
}

/// The terms of a pixel of the middle one of three rows, given where its neighbors are.
#[inline(always)]
fn of_pixel(
    [up, here, down]: [&[f32]; 3],
    x: usize,
    [left, right]: [usize; 2],
    moved: f32,
    mask: f32,
) -> [f32; 5] {
    let gx = 0.5 * (here[right] - here[left]);
    let gy = 0.5 * (down[x] - up[x]);
    let d = here[x] - moved;
    let far = 1.0 + d * d;
    let weight = mask / (far * far);
    [weight * gx * gx, weight * gx * gy, weight * gy * gy, weight * gx * d, weight * gy * d]
}

/// The equations at the nodes, for the whole displacement there.
fn gather(
    engine: &Engine,
    params: &Params,
    smooth: &[Plane],
    displacement: &Displacement,
) -> Result<Plane, EngineError> {
    let nodes = displacement.u.size();
    let mut equations: Plane = engine.grid(Size::new(5 * nodes.width, nodes.height))?;
    match engine.backend() {
        Backend::Cpu(_) => {
            let (u, v) = (displacement.u.host(), displacement.v.host());
            for (node, equation) in equations.host_mut().as_chunks_mut::<5>().0.iter_mut().enumerate() {
                let (i, j) = (node as u32 % nodes.width, node as u32 / nodes.width);
                let x = (i * params.spacing).min(params.width - 1) as usize;
                let y = (j * params.spacing).min(params.height - 1) as usize;
                let [xx, xy, yy, xd, yd] =
                    std::array::from_fn(|k| smooth[k].host()[y * params.width as usize + x]);
                let (u, v) = (u[node], v[node]);
                *equation = [xx, xy, yy, xd + xx * u + xy * v, yd + xy * u + yy * v];
            }
        }
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "gather")
                .params(params)
                .bind(4, &smooth[0])
                .bind(5, &smooth[1])
                .bind(6, &smooth[2])
                .bind(7, &smooth[3])
                .bind(8, &smooth[4])
                .bind(9, &displacement.u)
                .bind(10, &displacement.v)
                .bind(11, &equations)
                .over(nodes),
        )?,
    }
    Ok(equations)
}

fn relax(
    engine: &Engine,
    params: &Params,
    equations: &Plane,
    displacement: &mut Displacement,
) -> Result<(), EngineError> {
    let nodes = displacement.u.size();
    match engine.backend() {
        Backend::Cpu(_) => {
            relax_twin(params, equations.host(), displacement.u.host_mut(), displacement.v.host_mut());
        }
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "relax")
                .params(params)
                .bind(9, &displacement.u)
                .bind(10, &displacement.v)
                .bind(11, equations)
                .over(nodes),
        )?,
    }
    Ok(())
}

/// In one thread: the lattice is small, and half of its nodes wait for the other half.
fn relax_twin(p: &Params, equations: &[f32], u: &mut [f32], v: &mut [f32]) {
    let (columns, rows) = (p.columns as usize, p.rows as usize);
    for j in 0..rows {
        for i in ((j + p.parity as usize) % 2..columns).step_by(2) {
            let node = j * columns + i;
            let neighbors = [
                (i > 0).then(|| node - 1),
                (i + 1 < columns).then(|| node + 1),
                (j > 0).then(|| node - columns),
                (j + 1 < rows).then(|| node + columns),
            ];
            let (mut count, mut sum_u, mut sum_v) = (0.0, 0.0, 0.0);
            for near in neighbors.into_iter().flatten() {
                count += 1.0;
                sum_u += u[near];
                sum_v += v[near];
            }
            let [xx, xy, yy, xr, yr] = std::array::from_fn(|k| equations[5 * node + k]);
            let (a, b, c) = (xx + p.stiffness * count, xy, yy + p.stiffness * count);
            let (q, r) = (xr + p.stiffness * sum_u, yr + p.stiffness * sum_v);
            let determinant = a * c - b * b;
            u[node] += p.over * ((c * q - b * r) / determinant - u[node]);
            v[node] += p.over * ((a * r - b * q) / determinant - v[node]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes, random_mask};
    use crate::ops::warp::{Lattice, warp_cubic};
    use crate::raster::Raster;

    const SPACING: u32 = 8;

    fn still(engine: &Engine, size: Size) -> Displacement {
        let nodes = node_count(size, SPACING);
        let zero = || engine.upload_raster(&Raster::filled(nodes, 0.0f32)).unwrap();
        Displacement { u: zero(), v: zero(), spacing_px: SPACING }
    }

    /// Detail of unit variance, smooth enough to be followed.
    fn detail(engine: &Engine, size: Size, seed: u64) -> Plane {
        let smooth = gaussian(engine, &engine.upload_raster(&noise(size, seed)).unwrap(), 2.0).unwrap();
        let values = engine.download_raster(&smooth).unwrap();
        let mean = values.data().iter().sum::<f32>() / size.area() as f32;
        let sd = (values.data().iter().map(|v| (v - mean).powi(2)).sum::<f32>() / size.area() as f32).sqrt();
        engine.upload_raster(&values.map(|v| (v - mean) / sd)).unwrap()
    }

    fn followed(engine: &Engine, truth: impl Fn(f64, f64) -> (f64, f64), size: Size) -> Displacement {
        let target = detail(engine, size, 3);
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        // The other plane shows at x + truth(x) what the target shows at x.
        let to_other = Lattice::from_fn(size, 4, |x, y| {
            let (u, v) = truth(x, y);
            (x - u, y - v)
        });
        let other = warp_cubic(engine, &target, size, &to_other).unwrap();
        let mut found = still(engine, size);
        let weights = Weights { window_px: 4.0, stiffness: 0.1, sweeps: 20 };
        for _ in 0..6 {
            let (u, v) =
                (engine.download_raster(&found.u).unwrap(), engine.download_raster(&found.v).unwrap());
            let carry = Lattice::from_fn(size, SPACING, |x, y| {
                let (i, j) = ((x / 8.0) as u32, (y / 8.0) as u32);
                (x + f64::from(u.at(i, j)), y + f64::from(v.at(i, j)))
            });
            let moved = warp_cubic(engine, &other, size, &carry).unwrap();
            step(engine, [&target, &moved, &mask], &mut found, &weights).unwrap();
        }
        found
    }

    #[test]
    fn a_shift_is_found_to_a_hundredth_of_a_pixel() {
        let engine = cpu();
        let found = followed(engine, |_, _| (1.3, -0.8), Size::new(160, 120));
        let (u, v) = (engine.download_raster(&found.u).unwrap(), engine.download_raster(&found.v).unwrap());
        for (i, j) in [(5, 5), (10, 7), (14, 11)] {
            assert!(
                (u.at(i, j) - 1.3).abs() < 0.01 && (v.at(i, j) + 0.8).abs() < 0.01,
                "{} {}",
                u.at(i, j),
                v.at(i, j)
            );
        }
    }

    #[test]
    fn a_slow_wave_is_followed() {
        let engine = cpu();
        let wave = |x: f64, y: f64| (1.2 * (x / 25.0).sin(), 0.8 * (y / 30.0).cos());
        let found = followed(engine, wave, Size::new(240, 200));
        let u = engine.download_raster(&found.u).unwrap();
        for (i, j) in [(6, 6), (12, 9), (20, 14), (25, 20)] {
            // The other plane was made by moving backward, so that truth holds at the moved place.
            let x = f64::from(i * SPACING) + f64::from(u.at(i, j));
            let truth = 1.2 * (x / 25.0).sin();
            assert!((f64::from(u.at(i, j)) - truth).abs() < 0.12, "at {i},{j}: {} for {truth}", u.at(i, j));
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_parity(2e-4, |engine| {
                let plane = |seed| engine.upload_raster(&noise(size, seed));
                let mask = engine.upload_raster(&random_mask(size, 2, 0.8))?;
                let mut found = still(engine, size);
                let weights = Weights { window_px: 2.0, stiffness: 0.1, sweeps: 5 };
                step(engine, [&plane(1)?, &plane(2)?, &mask], &mut found, &weights)?;
                let mut out = engine.download(&found.u)?;
                out.extend(engine.download(&found.v)?);
                Ok(out)
            });
        }
    }
}
