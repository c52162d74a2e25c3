//! Gaussian filters, plain and masked.
//!
//! Masked filters are normalized convolutions G(f·w)/G(w) (Knutsson & Westin 1993,
//! doi:10.1109/CVPR.1993.341081); the outside of a plane has w = 0. Taps reach four σ, as in
//! `scipy.ndimage.gaussian_filter`. A wide σ runs on a reduced plane: area reduction by s and
//! bilinear expansion have variances (s²−1)/12 and s²/6, which the coarse filter leaves out, so
//! that the whole has the variance asked for.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::widest;
use super::pointwise::{Op, pointwise};
use super::pyramid;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/gaussian.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "gaussian", source: include_str!("../../shaders/gaussian.wgsl") };

/// Taps reach this many σ.
const REACH: f64 = 4.0;
/// The smallest σ, in cells, that a reduced plane is filtered with: below it, the squares that
/// reduction averages would show.
const LEAST_COARSE_SIGMA: f64 = 4.0;
/// Where G(w) is below this, there is too little skin around to say anything.
pub const LEAST_SUPPORT: f32 = 0.5;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    radius: u32,
    padding: u32,
}

/// σ of the Gaussian that passes half the amplitude at the cut-off wavelength λc
/// (ISO 16610-61): √(ln 2 / 2)/π · λc.
pub fn sigma_from_cutoff(cutoff: f64) -> f64 {
    (std::f64::consts::LN_2 / 2.0).sqrt() / std::f64::consts::PI * cutoff
}

/// A Gaussian within a mask. The weight G(w) is computed once for all planes it is applied to.
#[derive(Debug)]
pub struct Masked<'a> {
    mask: &'a Plane,
    sigma_px: f64,
    weight: Plane,
}

impl<'a> Masked<'a> {
    /// A Gaussian of `sigma_px` pixels within `mask` (0 or 1, or a weight between).
    ///
    /// # Errors
    /// What the engine reports.
    pub fn new(engine: &Engine, mask: &'a Plane, sigma_px: f64) -> Result<Self, EngineError> {
        Ok(Self { mask, sigma_px, weight: gaussian(engine, mask, sigma_px)? })
    }

    /// G(f·w)/G(w); 0 where G(w) is below [`LEAST_SUPPORT`].
    ///
    /// # Errors
    /// What the engine reports.
    pub fn apply(&self, engine: &Engine, f: &Plane) -> Result<Plane, EngineError> {
        let masked = pointwise(engine, Op::Multiply, f, self.mask)?;
        let blurred = gaussian(engine, &masked, self.sigma_px)?;
        pointwise(engine, Op::DivideWhere(LEAST_SUPPORT), &blurred, &self.weight)
    }

    /// G(f·w)/G(w) where G(w) is at least `least`; elsewhere `fallback`.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn apply_or(
        &self,
        engine: &Engine,
        f: &Plane,
        fallback: &Plane,
        least: f32,
    ) -> Result<Plane, EngineError> {
        let masked = pointwise(engine, Op::Multiply, f, self.mask)?;
        let blurred = gaussian(engine, &masked, self.sigma_px)?;
        let known = pointwise(engine, Op::DivideWhere(least), &blurred, &self.weight)?;
        let missing = pointwise(engine, Op::KeepBelow(least), &self.weight, fallback)?;
        pointwise(engine, Op::Add, &known, &missing)
    }

    /// The mask where G(w) is large enough to say something.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn support(&self, engine: &Engine) -> Result<Plane, EngineError> {
        self.within(engine, LEAST_SUPPORT)
    }

    /// The mask where G(w) is at least `least`.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn within(&self, engine: &Engine, least: f32) -> Result<Plane, EngineError> {
        pointwise(engine, Op::KeepAtLeast(least), &self.weight, self.mask)
    }
}

/// The Gaussian of a plane with standard deviation `sigma_px`, zero outside.
///
/// # Errors
/// What the engine reports.
pub fn gaussian(engine: &Engine, plane: &Plane, sigma_px: f64) -> Result<Plane, EngineError> {
    let factor = reduction(sigma_px);
    if factor == 1 {
        return direct(engine, plane, sigma_px);
    }
    let s = f64::from(factor);
    let variance = sigma_px * sigma_px - (s * s - 1.0) / 12.0 - s * s / 6.0;
    let coarse = pyramid::reduce(engine, plane, factor)?;
    let coarse = direct(engine, &coarse, variance.sqrt() / s)?;
    pyramid::expand(engine, &coarse, plane.size(), factor)
}

/// By how much a plane is reduced for this σ: a power of two.
fn reduction(sigma_px: f64) -> u32 {
    let mut factor = 1;
    while sigma_px / f64::from(2 * factor) >= LEAST_COARSE_SIGMA {
        factor *= 2;
    }
    factor
}

/// The center tap and those to one side, normalized to sum to one over both sides.
fn taps(sigma_px: f64) -> Vec<f32> {
    let radius = (REACH * sigma_px + 0.5) as usize;
    let shape: Vec<f64> = (0..=radius).map(|t| (-0.5 * (t as f64 / sigma_px).powi(2)).exp()).collect();
    let sum = shape[0] + 2.0 * shape[1..].iter().sum::<f64>();
    shape.iter().map(|v| (v / sum) as f32).collect()
}

fn direct(engine: &Engine, plane: &Plane, sigma_px: f64) -> Result<Plane, EngineError> {
    let size = plane.size();
    let taps = taps(sigma_px);
    let mut rows: Plane = engine.grid(size)?;
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => {
            along_rows(size, &taps, plane.host(), rows.host_mut());
            along_columns(size, &taps, rows.host(), output.host_mut());
        }
        Backend::Gpu(gpu) => {
            let params =
                Params { width: size.width, height: size.height, radius: taps.len() as u32 - 1, padding: 0 };
            let taps = engine.upload(Size::new(taps.len() as u32, 1), &taps)?;
            for (entry, source, target) in [("along_rows", plane, &rows), ("along_columns", &rows, &output)] {
                gpu.run(
                    Dispatch::new(&KERNEL, entry)
                        .params(&params)
                        .bind(1, source)
                        .bind(2, &taps)
                        .bind(3, target)
                        .over(size),
                )?;
            }
        }
    }
    Ok(output)
}

/// Pixels that are summed side by side: as many running sums as registers hold.
const LANES: usize = 32;

fn along_rows(size: Size, taps: &[f32], source: &[f32], output: &mut [f32]) {
    let width = size.width as usize;
    let radius = taps.len() - 1;
    output.par_chunks_mut(width).zip(source.par_chunks(width)).for_each_init(
        || vec![0.0; width + 2 * radius + LANES],
        |padded, (output, source)| {
            padded[radius..radius + width].copy_from_slice(source);
            widest(|| {
                for (start, output) in output.chunks_mut(LANES).enumerate() {
                    let center = radius + start * LANES;
                    let sums = weighted(taps, |t| (&padded[center - t..], &padded[center + t..]));
                    output.copy_from_slice(&sums[..output.len()]);
                }
            });
        },
    );
}

fn along_columns(size: Size, taps: &[f32], source: &[f32], output: &mut [f32]) {
    let (width, height) = (size.width as usize, size.height as usize);
    // What lies beyond the plane counts nothing. The last rows are copied, so that lanes may read beyond their end.
    let nothing = vec![0.0; width + LANES];
    let tail_row = (source.len().saturating_sub(LANES) / width).saturating_sub(1);
    let tail = [&source[tail_row * width..], &[0.0; LANES]].concat();
    let row = |y: usize| match y {
        _ if y >= height => &nothing[..],
        _ if y >= tail_row => &tail[(y - tail_row) * width..],
        _ => &source[y * width..],
    };
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        widest(|| {
            for (start, output) in output.chunks_mut(LANES).enumerate() {
                let x = start * LANES;
                let above = |t| y.checked_sub(t).map_or(&nothing[..], row);
                let sums = weighted(taps, |t| (&above(t)[x..], &row(y + t)[x..]));
                output.copy_from_slice(&sums[..output.len()]);
            }
        });
    });
}

/// The first tap times what lies at no distance, and each other times the sum of what lies so far to both sides.
#[inline(always)]
fn weighted<'a>(taps: &[f32], sides: impl Fn(usize) -> (&'a [f32], &'a [f32])) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    let center = &sides(0).0[..LANES];
    for k in 0..LANES {
        sums[k] = taps[0] * center[k];
    }
    for (t, tap) in taps.iter().enumerate().skip(1) {
        let (one, other) = sides(t);
        let (one, other) = (&one[..LANES], &other[..LANES]);
        for k in 0..LANES {
            sums[k] += tap * (one[k] + other[k]);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes, random_mask};
    use crate::raster::Raster;

    /// The literal two-dimensional sum, in f64.
    fn naive(plane: &Raster, sigma: f64, x: u32, y: u32) -> f64 {
        let radius = (6.0 * sigma).ceil() as i64;
        let (mut sum, mut norm) = (0.0, 0.0);
        for dy in -radius..=radius {
            for dx in -radius..=radius {
                let weight = (-((dx * dx + dy * dy) as f64) / (2.0 * sigma * sigma)).exp();
                norm += weight;
                let (u, v) = (i64::from(x) + dx, i64::from(y) + dy);
                if u >= 0 && v >= 0 && u < i64::from(plane.size().width) && v < i64::from(plane.size().height)
                {
                    sum += weight * f64::from(plane.at(u as u32, v as u32));
                }
            }
        }
        sum / norm
    }

    fn run(plane: &Raster, sigma: f64) -> Raster {
        let engine = cpu();
        let plane = engine.upload_raster(plane).unwrap();
        engine.download_raster(&gaussian(engine, &plane, sigma).unwrap()).unwrap()
    }

    #[test]
    fn narrow_equals_the_literal_sum() {
        let plane = noise(Size::new(37, 29), 5);
        for sigma in [0.6, 1.5, 4.0] {
            let found = run(&plane, sigma);
            for (x, y) in [(0, 0), (18, 14), (36, 28), (3, 20)] {
                let expected = naive(&plane, sigma, x, y);
                assert!((f64::from(found.at(x, y)) - expected).abs() < 1e-4, "σ {sigma} at {x},{y}");
            }
        }
    }

    /// Smooth structure as skin has it after its pixels' own noise is averaged; white noise is
    /// the worst case and passes at this bound too.
    #[test]
    fn wide_equals_the_literal_sum() {
        let plane = noise(Size::new(160, 130), 6).map(|v| v + 1.0);
        for sigma in [9.0, 17.0, 40.0] {
            let found = run(&plane, sigma);
            for (x, y) in [(0, 0), (80, 65), (159, 129), (12, 77)] {
                let expected = naive(&plane, sigma, x, y);
                assert!((f64::from(found.at(x, y)) - expected).abs() < 2e-3, "σ {sigma} at {x},{y}");
            }
        }
    }

    /// ISO 16610-61: half the amplitude at the cut-off, 2^(−(λc/λ)²) elsewhere.
    #[test]
    fn transmission_of_sines_is_that_of_iso_16610() {
        let cutoff = 16.0;
        for (wavelength, expected) in [(16.0, 0.5), (8.0, 0.0625), (32.0, 0.840_896)] {
            let size = Size::new(256, 96);
            let wave = Raster::from_fn(size, |x, _| {
                (std::f64::consts::TAU * (f64::from(x) + 0.5) / wavelength).sin() as f32
            });
            let engine = cpu();
            let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
            let filter = Masked::new(engine, &mask, sigma_from_cutoff(cutoff)).unwrap();
            let found = filter.apply(engine, &engine.upload_raster(&wave).unwrap()).unwrap();
            let found = engine.download_raster(&found).unwrap();
            // Amplitude by projection over whole periods in the middle.
            let amplitude: f64 =
                (64..192).map(|x| f64::from(found.at(x, 48)) * f64::from(wave.at(x, 48))).sum::<f64>() / 64.0;
            assert!((amplitude - expected).abs() < 1e-3, "λ {wavelength}: {amplitude}");
        }
    }

    #[test]
    fn masked_values_do_not_leak() {
        let engine = cpu();
        let size = Size::new(60, 40);
        let mask = Raster::from_fn(size, |x, _| if x < 30 { 1.0 } else { 0.0 });
        let plane = Raster::from_fn(size, |x, _| if x < 30 { 2.0 } else { 1e6 });
        let mask = engine.upload_raster(&mask).unwrap();
        let filter = Masked::new(engine, &mask, 5.0).unwrap();
        let found = filter.apply(engine, &engine.upload_raster(&plane).unwrap()).unwrap();
        let found = engine.download_raster(&found).unwrap();
        for x in 0..30 {
            assert!((found.at(x, 20) - 2.0).abs() < 1e-5, "at {x}: {}", found.at(x, 20));
        }
        assert_eq!(found.at(45, 20), 0.0);
        let support = engine.download_raster(&filter.support(engine).unwrap()).unwrap();
        assert_eq!((support.at(15, 20), support.at(45, 20), support.at(0, 0)), (1.0, 0.0, 0.0));
    }

    /// scipy.ndimage.gaussian_filter, zero outside. A wide σ runs on a reduced plane; for white
    /// noise, which no skin has, that is the bound of `wide_equals_the_literal_sum`.
    #[test]
    fn scipy_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/gaussian.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let mask = engine.upload_raster(&fixture.mask("mask")).unwrap();
        for case in fixture.cases() {
            let sigma = case["sigma"].as_f64().unwrap();
            let (wide, what) = (reduction(sigma) > 1, format!("σ {sigma}"));
            let found = engine.download(&gaussian(engine, &plane, sigma).unwrap()).unwrap();
            assert_near(&found, &floats(&case["blurred"]), if wide { 2e-3 } else { 1e-4 }, &what);
            let filter = Masked::new(engine, &mask, sigma).unwrap();
            let found = engine.download(&filter.apply(engine, &plane).unwrap()).unwrap();
            let expected = floats(&case["masked"]);
            let compared = assert_near(&found, &expected, 1e-4, &what);
            assert!(compared > 50 || wide, "{compared}");
            let silent = found.iter().zip(&expected).filter(|(_, e)| e.is_nan());
            assert!(wide || silent.into_iter().all(|(found, _)| *found == 0.0), "too little support: 0");
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            for sigma in [0.5, 3.0, 10.0, 33.0] {
                assert_parity(1e-5, |engine| {
                    let plane = engine.upload_raster(&noise(size, 7))?;
                    let mask = engine.upload_raster(&random_mask(size, 8, 0.8))?;
                    let filter = Masked::new(engine, &mask, sigma)?;
                    engine.download(&filter.apply(engine, &plane)?)
                });
            }
        }
    }
}
