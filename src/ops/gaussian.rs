//! Gaussian filters; [`super::masked`] has those within a mask.
//!
//! Taps reach four σ, as in `scipy.ndimage.gaussian_filter`. A wide σ runs on a reduced plane: area reduction by s and
//! bilinear expansion have variances (s²−1)/12 and s²/6, which the coarse filter leaves out, so
//! that the whole has the variance asked for.

use bytemuck::{Pod, Zeroable};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::lanes::ARCH;
use super::pyramid;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Gpu, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/gaussian.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "gaussian", source: include_str!("../../shaders/gaussian.wgsl") };

/// Taps reach this many σ.
const REACH: f64 = 4.0;
/// The smallest σ, in cells, that a reduced plane is filtered with: below it, the squares that
/// reduction averages would show.
const LEAST_COARSE_SIGMA: f64 = 4.0;

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

/// The Gaussian of a plane with standard deviation `sigma_px`, zero outside.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn gaussian(engine: &Engine, plane: &Plane, sigma_px: f64) -> Result<Plane, EngineError> {
    match engine.backend() {
        Backend::Cpu(_) => {
            let width = plane.size().width as usize;
            let copy = |y: usize, row: &mut [f32]| row.copy_from_slice(&plane.host()[y * width..][..width]);
            between(engine, plane.size(), sigma_px, copy, |_, _| ())
        }
        Backend::Gpu(gpu) => {
            let Some(reduced) = Reduced::of(sigma_px) else { return on_gpu(engine, gpu, plane, sigma_px) };
            let coarse = pyramid::reduce(engine, plane, reduced.factor)?;
            let coarse = on_gpu(engine, gpu, &coarse, reduced.sigma)?;
            pyramid::expand(engine, &coarse, plane.size(), reduced.factor)
        }
    }
}

/// The CPU twin, of rows that `fill` makes, finished by `finish` while they are at hand: what comes before and after a filter
/// costs no way through memory of its own.
pub(super) fn between(
    engine: &Engine,
    size: Size,
    sigma_px: f64,
    fill: impl Fn(usize, &mut [f32]) + Sync,
    finish: impl Fn(usize, &mut [f32]) + Sync,
) -> Result<Plane, EngineError> {
    let mut output: Plane = engine.grid(size)?;
    match Reduced::of(sigma_px) {
        None => filter(size, &taps(sigma_px), fill, finish, output.host_mut()),
        Some(reduced) => {
            let mut coarse: Plane = engine.grid(pyramid::coarse_size(size, reduced.factor))?;
            pyramid::reduce_rows(size, reduced.factor, fill, coarse.host_mut());
            let coarse = gaussian(engine, &coarse, reduced.sigma)?;
            pyramid::expand_rows(size, reduced.factor, coarse.host(), finish, output.host_mut());
        }
    }
    Ok(output)
}

/// How a wide Gaussian runs on a reduced plane.
struct Reduced {
    factor: u32,
    /// In cells.
    sigma: f64,
}

impl Reduced {
    /// `None` where the plane itself is filtered.
    fn of(sigma_px: f64) -> Option<Self> {
        let factor = reduction(sigma_px);
        let s = f64::from(factor);
        let variance = sigma_px * sigma_px - (s * s - 1.0) / 12.0 - s * s / 6.0;
        (factor > 1).then(|| Self { factor, sigma: variance.sqrt() / s })
    }
}

/// By how much a plane is reduced for this σ: a power of two.
pub(super) fn reduction(sigma_px: f64) -> u32 {
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

fn on_gpu(engine: &Engine, gpu: &Gpu, plane: &Plane, sigma_px: f64) -> Result<Plane, EngineError> {
    let size = plane.size();
    let taps = taps(sigma_px);
    let params = Params { width: size.width, height: size.height, radius: taps.len() as u32 - 1, padding: 0 };
    let taps = engine.upload(Size::new(taps.len() as u32, 1), &taps)?;
    let rows: Plane = engine.grid(size)?;
    let output: Plane = engine.grid(size)?;
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
    Ok(output)
}

/// Pixels that are summed side by side, at most: four vectors of the widest kind.
const LANES: usize = 64;

/// Along rows and then along columns, in bands of rows: what lies between the two passes stays in the cache.
fn filter(
    size: Size,
    taps: &[f32],
    fill: impl Fn(usize, &mut [f32]) + Sync,
    finish: impl Fn(usize, &mut [f32]) + Sync,
    output: &mut [f32],
) {
    let (width, height) = (size.width as usize, size.height as usize);
    // Each band filters the rows around it once more: few bands, and none that is mostly rim.
    let band = height.div_ceil(4 * rayon::current_num_threads()).max(4 * (taps.len() - 1));
    output.par_chunks_mut(width * band).enumerate().for_each(|(index, output)| {
        let mut window = Window::new(width, taps);
        for (y, output) in (index * band..).zip(output.chunks_mut(width)) {
            window.reach(y, height, &fill);
            window.sum(y, output);
            finish(y, output);
        }
    });
}

/// The rows around one row, filtered along themselves: row v lies in slot v modulo their number.
struct Window<'a> {
    taps: &'a [f32],
    width: usize,
    slots: Vec<f32>,
    /// From one slot to the next: lanes may read beyond the end of a row.
    stride: usize,
    /// A row as it is before the filter, with nothing on both sides.
    padded: Vec<f32>,
    /// Where what lies at each distance to the left and right of `padded` begins, for its first pixel.
    beside: Vec<[usize; 2]>,
    /// Where the rows at each distance above and below begin in `slots`, for the row that is summed.
    around: Vec<[usize; 2]>,
    /// The first row that is not here yet.
    next: Option<usize>,
}

impl<'a> Window<'a> {
    fn new(width: usize, taps: &'a [f32]) -> Self {
        let (radius, stride) = (taps.len() - 1, width + LANES);
        Self {
            taps,
            width,
            slots: vec![0.0; (2 * radius + 1) * stride],
            stride,
            padded: vec![0.0; width + 2 * radius + LANES],
            beside: (0..=radius).map(|t| [radius - t, radius + t]).collect(),
            around: vec![[0; 2]; taps.len()],
            next: None,
        }
    }

    fn slot(&self, row: usize) -> usize {
        row % (2 * self.taps.len() - 1) * self.stride
    }

    /// Filters rows along themselves until those around row `y` are here. Beyond the plane there is nothing: above it, what slots hold
    /// from the beginning.
    fn reach(&mut self, y: usize, height: usize, fill: &impl Fn(usize, &mut [f32])) {
        let radius = self.taps.len() - 1;
        for row in self.next.unwrap_or(y.saturating_sub(radius))..=y + radius {
            let slot = self.slot(row);
            let output = &mut self.slots[slot..][..self.width];
            if row < height {
                fill(row, &mut self.padded[radius..][..self.width]);
                let (taps, values, sides) = (self.taps, &self.padded[..], &self.beside[..]);
                ARCH.dispatch(Weighted { taps, values, sides, output });
            } else {
                output.fill(0.0);
            }
        }
        self.next = Some(y + radius + 1);
    }

    /// The sums along columns around row `y`.
    fn sum(&mut self, y: usize, output: &mut [f32]) {
        let rows = 2 * self.taps.len() - 1;
        for t in 0..self.taps.len() {
            self.around[t] = [self.slot(y + rows - t), self.slot(y + t)];
        }
        let (taps, values, sides) = (self.taps, &self.slots[..], &self.around[..]);
        ARCH.dispatch(Weighted { taps, values, sides, output });
    }
}

/// The first tap times what lies at no distance, and each other times the sum of what lies so far to both sides.
struct Weighted<'a> {
    taps: &'a [f32],
    values: &'a [f32],
    /// Where in `values` that is, for the first number of `output`.
    sides: &'a [[usize; 2]],
    output: &'a mut [f32],
}

impl WithSimd for Weighted<'_> {
    type Output = ();

    /// Four running sums in registers: sums in an array were seen to be kept in memory.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { taps, values, sides, output } = self;
        let lanes = 4 * S::F32_LANES;
        let around = &sides[1..taps.len()];
        for (chunk, output) in output.chunks_mut(lanes).enumerate() {
            let at = |begin: usize| S::as_simd_f32s(&values[begin + chunk * lanes..][..lanes]).0;
            let (center, share) = (at(sides[0][0]), simd.splat_f32s(taps[0]));
            let mut a = simd.mul_f32s(share, center[0]);
            let mut b = simd.mul_f32s(share, center[1]);
            let mut c = simd.mul_f32s(share, center[2]);
            let mut d = simd.mul_f32s(share, center[3]);
            for (&tap, &[one, other]) in taps[1..].iter().zip(around) {
                let (one, other, share) = (at(one), at(other), simd.splat_f32s(tap));
                a = simd.add_f32s(a, simd.mul_f32s(share, simd.add_f32s(one[0], other[0])));
                b = simd.add_f32s(b, simd.mul_f32s(share, simd.add_f32s(one[1], other[1])));
                c = simd.add_f32s(c, simd.mul_f32s(share, simd.add_f32s(one[2], other[2])));
                d = simd.add_f32s(d, simd.mul_f32s(share, simd.add_f32s(one[3], other[3])));
            }
            for (output, sums) in output.chunks_mut(S::F32_LANES).zip([a, b, c, d]) {
                simd.partial_store_f32s(output, sums);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};
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

    /// scipy.ndimage.gaussian_filter, zero outside. A wide σ runs on a reduced plane; for white
    /// noise, which no skin has, that is the bound of `wide_equals_the_literal_sum`.
    #[test]
    fn scipy_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/gaussian.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        for case in fixture.cases() {
            let sigma = case["sigma"].as_f64().unwrap();
            let (wide, what) = (reduction(sigma) > 1, format!("σ {sigma}"));
            let found = engine.download(&gaussian(engine, &plane, sigma).unwrap()).unwrap();
            assert_near(&found, &floats(&case["blurred"]), if wide { 2e-3 } else { 1e-4 }, &what);
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            for sigma in [0.5, 3.0, 10.0, 33.0] {
                assert_parity(1e-5, |engine| {
                    let plane = engine.upload_raster(&noise(size, 7))?;
                    engine.download(&gaussian(engine, &plane, sigma)?)
                });
            }
        }
    }
}
