//! Slopes to heights: the surface whose differences between neighboring pixels come nearest to the slopes,
//! in the least-squares sense. That is a Poisson equation with reflecting borders.
//!
//! The CPU engine solves it by the cosine transform ([`super::cosine`]), exactly; the GPU engine by
//! multigrid, whose passes have twins here as every kernel has. Cells of a coarse level are 2×2 cells of the
//! finer one; where a side is odd the last are narrower, which the five-point formula of every level knows
//! (finite volumes). What a level lacks is summed, corrections come back bilinear (Briggs, Henson & McCormick
//! 2000, doi:10.1137/1.9780898719505).

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::cosine;
use super::pointwise::{Op, pointwise};
use super::sums::moments;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};
use crate::geometry::Size;
use crate::raster::Raster;

/// `shaders/poisson.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "poisson", source: include_str!("../../shaders/poisson.wgsl") };

/// Share of a Jacobi step that smooths best in two dimensions.
const DAMPING: f32 = 0.8;
/// Steps before and after each visit to the coarser level.
const SWEEPS: usize = 2;
/// The coarsest level has sides of at most so many cells, and takes so many steps.
const COARSEST: u32 = 2;
const COARSEST_SWEEPS: usize = 24;
/// V-cycles: each leaves about a sixth of the error, and after twelve only rounding is left.
const CYCLES: usize = 12;

/// Heights from slopes `along_x` and `along_y`, in units of height per pixel; y points down. Their mean is
/// zero.
///
/// # Errors
/// What the engine reports.
///
/// # Panics
/// If the planes differ in size.
#[tracing::instrument(level = "trace", skip_all)]
pub fn integrate(engine: &Engine, along_x: &Plane, along_y: &Plane) -> Result<Plane, EngineError> {
    match engine.backend() {
        Backend::Cpu(_) => {
            let slopes = [engine.download_raster(along_x)?, engine.download_raster(along_y)?];
            engine.upload_raster(&cosine::integrate(&slopes[0], &slopes[1]))
        }
        Backend::Gpu(_) => multigrid(engine, along_x, along_y),
    }
}

/// The same by multigrid, on either engine.
///
/// # Errors
/// What the engine reports.
///
/// # Panics
/// If the planes differ in size.
#[tracing::instrument(level = "trace", skip_all)]
pub fn multigrid(engine: &Engine, along_x: &Plane, along_y: &Plane) -> Result<Plane, EngineError> {
    assert_eq!(along_x.size(), along_y.size(), "slopes have one size");
    let size = along_x.size();
    let levels = Level::all(size);
    let flow = levels[0].run(engine, Pass::Divergence, along_x, along_y)?;
    let mut heights = zeros(engine, size)?;
    for _ in 0..CYCLES {
        heights = cycle(engine, &levels, heights, &flow)?;
    }
    let ones = engine.upload_raster(&Raster::filled(size, 1.0))?;
    let mean = moments(engine, &heights, &ones, 0.0)?.mean();
    pointwise(engine, Op::AddScaled(-mean as f32), &heights, &ones)
}

fn zeros(engine: &Engine, size: Size) -> Result<Plane, EngineError> {
    engine.upload_raster(&Raster::filled(size, 0.0))
}

fn cycle(engine: &Engine, levels: &[Level], heights: Plane, flow: &Plane) -> Result<Plane, EngineError> {
    let (level, coarser) = (&levels[0], &levels[1..]);
    let relaxed = |mut heights: Plane, sweeps: usize| {
        for _ in 0..sweeps {
            heights = level.run(engine, Pass::Relax, &heights, flow)?;
        }
        Ok::<_, EngineError>(heights)
    };
    if coarser.is_empty() {
        return relaxed(heights, COARSEST_SWEEPS);
    }
    let heights = relaxed(heights, SWEEPS)?;
    let lacking = level.run(engine, Pass::Gather, &heights, flow)?;
    let correction = cycle(engine, coarser, zeros(engine, level.coarse())?, &lacking)?;
    relaxed(level.run(engine, Pass::Prolong, &heights, &correction)?, SWEEPS)
}

/// What is done on a level, to two planes.
#[derive(Clone, Copy)]
enum Pass {
    /// Slopes to what must flow into each cell.
    Divergence,
    /// A step of heights towards a flow.
    Relax,
    /// What heights lack of a flow, on the coarser level.
    Gather,
    /// Heights with a correction from the coarser level.
    Prolong,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Level {
    width: u32,
    height: u32,
    coarse_width: u32,
    coarse_height: u32,
    last_width: f32,
    last_height: f32,
    padding: [u32; 2],
}

impl Level {
    /// From the finest to the coarsest.
    fn all(size: Size) -> Vec<Self> {
        let mut out = vec![Self::new(size, 1.0, 1.0)];
        while let Some(last) = out.last().filter(|l| l.width.max(l.height) > COARSEST) {
            let coarser = Self::new(
                last.coarse(),
                half_of_last(last.width, last.last_width),
                half_of_last(last.height, last.last_height),
            );
            out.push(coarser);
        }
        out
    }

    fn new(size: Size, last_width: f32, last_height: f32) -> Self {
        Self {
            width: size.width,
            height: size.height,
            coarse_width: size.width.div_ceil(2),
            coarse_height: size.height.div_ceil(2),
            last_width,
            last_height,
            padding: [0; 2],
        }
    }

    fn size(&self) -> Size {
        Size::new(self.width, self.height)
    }

    fn coarse(&self) -> Size {
        Size::new(self.coarse_width, self.coarse_height)
    }

    fn run(&self, engine: &Engine, pass: Pass, first: &Plane, second: &Plane) -> Result<Plane, EngineError> {
        let size = if let Pass::Gather = pass { self.coarse() } else { self.size() };
        let mut output: Plane = engine.grid(size)?;
        match engine.backend() {
            Backend::Cpu(_) => {
                let (a, b, out) = (first.host(), second.host(), output.host_mut());
                match pass {
                    Pass::Divergence => divergence(self, a, b, out),
                    Pass::Relax => relax(self, a, b, out),
                    Pass::Gather => gather(self, a, b, out),
                    Pass::Prolong => prolong(self, a, b, out),
                }
            }
            Backend::Gpu(gpu) => {
                let entry = match pass {
                    Pass::Divergence => "divergence",
                    Pass::Relax => "relax",
                    Pass::Gather => "gather",
                    Pass::Prolong => "prolong",
                };
                gpu.run(
                    Dispatch::new(&KERNEL, entry)
                        .constant("DAMPING", f64::from(DAMPING))
                        .params(self)
                        .bind(1, first)
                        .bind(2, second)
                        .bind(3, &output)
                        .over(size),
                )?;
            }
        }
        Ok(output)
    }

    fn cell_width(&self, x: usize) -> f32 {
        if x + 1 == self.width as usize { self.last_width } else { 1.0 }
    }

    fn cell_height(&self, y: usize) -> f32 {
        if y + 1 == self.height as usize { self.last_height } else { 1.0 }
    }
}

/// Width of the last cell of the coarser level, by the others of that level.
fn half_of_last(cells: u32, last: f32) -> f32 {
    if cells.is_multiple_of(2) { 0.5 * (1.0 + last) } else { 0.5 * last }
}

/// What flows into a cell from its neighbors, and how strongly it hangs on them.
fn flow(l: &Level, heights: &[f32], x: usize, y: usize) -> (f32, f32) {
    let (width, height) = (l.width as usize, l.height as usize);
    let i = y * width + x;
    let (here, wide, high) = (heights[i], l.cell_width(x), l.cell_height(y));
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut across = |face: f32, there: f32| {
        sum += face * (there - here);
        weight += face;
    };
    if x > 0 {
        across(high / (0.5 * (wide + l.cell_width(x - 1))), heights[i - 1]);
    }
    if x + 1 < width {
        across(high / (0.5 * (wide + l.cell_width(x + 1))), heights[i + 1]);
    }
    if y > 0 {
        across(wide / (0.5 * (high + l.cell_height(y - 1))), heights[i - width]);
    }
    if y + 1 < height {
        across(wide / (0.5 * (high + l.cell_height(y + 1))), heights[i + width]);
    }
    (sum, weight)
}

fn divergence(l: &Level, along_x: &[f32], along_y: &[f32], output: &mut [f32]) {
    let (width, height) = (l.width as usize, l.height as usize);
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        for (x, output) in output.iter_mut().enumerate() {
            let i = y * width + x;
            let mut sum = 0.0;
            if x + 1 < width {
                sum += 0.5 * (along_x[i] + along_x[i + 1]);
            }
            if x > 0 {
                sum -= 0.5 * (along_x[i - 1] + along_x[i]);
            }
            if y + 1 < height {
                sum += 0.5 * (along_y[i] + along_y[i + width]);
            }
            if y > 0 {
                sum -= 0.5 * (along_y[i - width] + along_y[i]);
            }
            *output = sum;
        }
    });
}

fn relax(l: &Level, heights: &[f32], wanted: &[f32], output: &mut [f32]) {
    let width = l.width as usize;
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        for (x, output) in output.iter_mut().enumerate() {
            let i = y * width + x;
            let (sum, weight) = flow(l, heights, x, y);
            let step = if weight > 0.0 { DAMPING * (sum - wanted[i]) / weight } else { 0.0 };
            *output = heights[i] + step;
        }
    });
}

fn gather(l: &Level, heights: &[f32], wanted: &[f32], output: &mut [f32]) {
    let (width, height) = (l.width as usize, l.height as usize);
    let lacking = |x: usize, y: usize| {
        let inside = x < width && y < height;
        if inside { wanted[y * width + x] - flow(l, heights, x, y).0 } else { 0.0 }
    };
    output.par_chunks_mut(l.coarse_width as usize).enumerate().for_each(|(row, output)| {
        for (column, output) in output.iter_mut().enumerate() {
            let (x, y) = (2 * column, 2 * row);
            let upper = lacking(x, y) + lacking(x + 1, y);
            let lower = lacking(x, y + 1) + lacking(x + 1, y + 1);
            *output = upper + lower;
        }
    });
}

/// The neighbor of a coarse cell on the side of a fine cell.
fn beside(fine: usize, len: u32) -> usize {
    let coarse = fine / 2;
    if fine.is_multiple_of(2) { coarse.max(1) - 1 } else { (coarse + 1).min(len as usize - 1) }
}

fn prolong(l: &Level, heights: &[f32], correction: &[f32], output: &mut [f32]) {
    let (width, coarse_width) = (l.width as usize, l.coarse_width as usize);
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        let row = &correction[y / 2 * coarse_width..][..coarse_width];
        let other = &correction[beside(y, l.coarse_height) * coarse_width..][..coarse_width];
        for (x, output) in output.iter_mut().enumerate() {
            let (near, far) = (x / 2, beside(x, l.coarse_width));
            let here = 0.75 * row[near] + 0.25 * row[far];
            let there = 0.75 * other[near] + 0.25 * other[far];
            *output = heights[y * width + x] + (0.75 * here + 0.25 * there);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};

    /// How far multigrid may lie from the cosine transform, by the RMS of the heights. Found: 1e-5 on the
    /// largest plane of slopes that are noise, 1e-6 on the others.
    const AGREEMENT: f64 = 1e-4;

    /// RMS of the difference of two planes by the RMS of the second.
    fn apart(found: &Raster, expected: &Raster) -> f64 {
        let square = |v: f32| f64::from(v) * f64::from(v);
        let off: f64 = found.data().iter().zip(expected.data()).map(|(f, e)| square(f - e)).sum();
        let all: f64 = expected.data().iter().map(|&e| square(e)).sum();
        (off / all.max(f64::MIN_POSITIVE)).sqrt()
    }

    #[test]
    fn multigrid_is_the_cosine_transform() {
        let engine = cpu();
        for size in odd_sizes().into_iter().chain([Size::new(300, 211), Size::new(1023, 640)]) {
            let slopes = [noise(size, 1), noise(size, 2)];
            let expected = cosine::integrate(&slopes[0], &slopes[1]);
            let planes = slopes.map(|s| engine.upload_raster(&s).unwrap());
            let found = engine.download_raster(&multigrid(engine, &planes[0], &planes[1]).unwrap()).unwrap();
            let apart = apart(&found, &expected);
            println!("{size}: {apart:.2e}");
            assert!(apart < AGREEMENT, "{size}: {apart}");
        }
    }

    /// Long waves are what multigrid is for, and what single precision loses first.
    #[test]
    fn a_bowl_as_wide_as_the_plane_comes_back() {
        let engine = cpu();
        let size = Size::new(901, 700);
        let place = |x: u32, y: u32| (x as f32 / 450.0 - 1.0, y as f32 / 350.0 - 1.0);
        let bowl = Raster::from_fn(size, |x, y| {
            let (u, v) = place(x, y);
            -300.0 * (1.0 - u * u) * (1.0 - v * v)
        });
        let along_x = Raster::from_fn(size, |x, y| {
            let (u, v) = place(x, y);
            600.0 * u * (1.0 - v * v) / 450.0
        });
        let along_y = Raster::from_fn(size, |x, y| {
            let (u, v) = place(x, y);
            600.0 * v * (1.0 - u * u) / 350.0
        });
        let mean = bowl.data().iter().map(|&v| f64::from(v)).sum::<f64>() / size.area() as f64;
        let expected = bowl.map(|v| v - mean as f32);
        let planes = [along_x, along_y].map(|s| engine.upload_raster(&s).unwrap());
        for solve in [multigrid, integrate] {
            let found = engine.download_raster(&solve(engine, &planes[0], &planes[1]).unwrap()).unwrap();
            let apart = apart(&found, &expected);
            println!("{apart:.2e}");
            assert!(apart < AGREEMENT, "{apart}");
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_parity(1e-4, |engine| {
                let slopes = [engine.upload_raster(&noise(size, 1))?, engine.upload_raster(&noise(size, 2))?];
                engine.download(&multigrid(engine, &slopes[0], &slopes[1])?)
            });
        }
    }

    #[test]
    fn what_each_engine_integrates_agrees() {
        for size in [Size::new(131, 77), Size::new(65, 17)] {
            assert_parity(AGREEMENT as f32, |engine| {
                let slopes = [engine.upload_raster(&noise(size, 3))?, engine.upload_raster(&noise(size, 4))?];
                engine.download(&integrate(engine, &slopes[0], &slopes[1])?)
            });
        }
    }
}
