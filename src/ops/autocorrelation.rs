//! How fast a texture forgets itself: the distances at which its autocorrelation falls to 0.2,
//! along the fastest and the slowest direction (Sal and Str of ISO 25178-2, for masked planes).
//!
//! The autocorrelation is unbiased: the mean product over the pairs of valid pixels. Every lag
//! of a small square is computed, and rays beyond it; on large planes the first pixel of a pair
//! runs over a grid, because a mean over a hundred thousand pairs is good enough.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::{dot, widest};
use super::sums::moments;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/autocorrelation.wgsl`.
pub const KERNEL: Kernel =
    Kernel { name: "autocorrelation", source: include_str!("../../shaders/autocorrelation.wgsl") };

/// Correlation at which the texture counts as forgotten.
const FORGOTTEN: f64 = 0.2;
/// Half side of the square of lags, in pixels.
const SQUARE: i32 = 10;
/// Directions over a half turn, and the step along them, in pixels: within the square, beyond.
const DIRECTIONS: usize = 36;
const STEP_WITHIN: f64 = 0.25;
const STEP_BEYOND: f64 = 2.0;
/// First pixels of pairs, about.
const PIXELS: f64 = 150_000.0;

/// Distances at which the autocorrelation falls to 0.2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decay {
    /// Along the direction in which it falls fastest, in pixels.
    pub shortest_px: f32,
    /// That over the distance along the slowest direction; `None` where it does not fall within
    /// reach.
    pub aspect_ratio: Option<f32>,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    stride: u32,
    center: f32,
}

/// The decay of `plane` within `mask`, out to `longest_px`; `None` where nothing decays or
/// nothing varies.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn decay(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    longest_px: f32,
) -> Result<Option<Decay>, EngineError> {
    let m = moments(engine, plane, mask, 0.0)?;
    if m.count < 100 || m.variance() <= 0.0 {
        return Ok(None);
    }
    let stride = ((m.count as f64 / PIXELS).sqrt().ceil() as u32).max(1);
    let rays = Rays::new(f64::from(longest_px));
    let lags = rays.lags();
    let products = mean_products(engine, plane, mask, &lags, m.mean() as f32, stride)?;
    let distances: Vec<Option<f64>> = (0..DIRECTIONS).map(|d| rays.crossing(d, &products)).collect();
    let shortest = distances.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    if !shortest.is_finite() {
        return Ok(None);
    }
    let slowest = distances.iter().copied().try_fold(0.0, |longest: f64, d| d.map(|d| longest.max(d)));
    Ok(Some(Decay {
        shortest_px: shortest as f32,
        aspect_ratio: slowest.map(|slowest| (shortest / slowest) as f32),
    }))
}

/// Where along each direction which lags are looked at.
struct Rays {
    /// For each direction, the rounded lags beyond the square with their true lengths.
    beyond: Vec<Vec<((i32, i32), f64)>>,
}

impl Rays {
    fn new(longest: f64) -> Self {
        let beyond = (0..DIRECTIONS)
            .map(|d| {
                let (sin, cos) = (std::f64::consts::PI * d as f64 / DIRECTIONS as f64).sin_cos();
                let steps = ((longest - f64::from(SQUARE)) / STEP_BEYOND).max(0.0) as usize;
                (1..=steps)
                    .map(|n| f64::from(SQUARE) + STEP_BEYOND * n as f64)
                    .map(|r| ((r * cos).round() as i32, (r * sin).round() as i32))
                    .map(|(x, y)| ((x, y), f64::from(x).hypot(f64::from(y))))
                    .collect()
            })
            .collect();
        Self { beyond }
    }

    /// The square's upper half, row by row, then the rays.
    fn lags(&self) -> Vec<[i32; 2]> {
        let square = (0..=SQUARE).flat_map(|y| (-SQUARE..=SQUARE).map(move |x| [x, y]));
        square.chain(self.beyond.iter().flatten().map(|&((x, y), _)| [x, y])).collect()
    }

    /// First distance along direction `d` at which the correlation falls to [`FORGOTTEN`].
    fn crossing(&self, d: usize, products: &[f64]) -> Option<f64> {
        let width = (2 * SQUARE + 1) as usize;
        let square = |x: i32, y: i32| {
            // The autocorrelation is symmetric.
            let (x, y) = if y < 0 { (-x, -y) } else { (x, y) };
            products[y as usize * width + (x + SQUARE) as usize]
        };
        let variance = square(0, 0);
        let (sin, cos) = (std::f64::consts::PI * d as f64 / DIRECTIONS as f64).sin_cos();
        let within = (1..)
            .map(|n| STEP_WITHIN * f64::from(n))
            .take_while(|&r| r <= f64::from(SQUARE) - 1.0)
            .map(|r| (r, bilinear(&square, r * cos, r * sin)));
        let start = width * (SQUARE as usize + 1) + self.beyond[..d].iter().map(Vec::len).sum::<usize>();
        let beyond = self.beyond[d].iter().enumerate().map(|(n, &(_, r))| (r, products[start + n]));
        let mut last = (0.0, 1.0);
        for (r, product) in within.chain(beyond) {
            let correlation = product / variance;
            if correlation <= FORGOTTEN {
                let t = (last.1 - FORGOTTEN) / (last.1 - correlation);
                return Some(last.0 + t * (r - last.0));
            }
            last = (r, correlation);
        }
        None
    }
}

fn bilinear(at: &impl Fn(i32, i32) -> f64, x: f64, y: f64) -> f64 {
    let (u, v) = (x.floor(), y.floor());
    let (tx, ty) = (x - u, y - v);
    let (u, v) = (u as i32, v as i32);
    let top = at(u, v) + tx * (at(u + 1, v) - at(u, v));
    let bottom = at(u, v + 1) + tx * (at(u + 1, v + 1) - at(u, v + 1));
    top + ty * (bottom - top)
}

/// Mean product of (value − center) at each lag, 0 where no pair is valid.
fn mean_products(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    lags: &[[i32; 2]],
    center: f32,
    stride: u32,
) -> Result<Vec<f64>, EngineError> {
    let size = plane.size();
    let params = Params { width: size.width, height: size.height, stride, center };
    let sums: Vec<[f64; 2]> = match engine.backend() {
        Backend::Cpu(_) => {
            let (plane, mask) = (plane.host(), mask.host());
            // 0 where nothing is valid: products then need no question.
            let values = Strided::of(&params, |i| if mask[i] > 0.5 { plane[i] - center } else { 0.0 });
            let valid = Strided::of(&params, |i| f32::from(u8::from(mask[i] > 0.5)));
            lags.par_iter().map(|lag| [values.product(*lag), valid.product(*lag)]).collect()
        }
        Backend::Gpu(gpu) => {
            let words: Vec<u32> = lags.as_flattened().iter().map(|&v| v as u32).collect();
            let lags_grid: Grid<u32> = engine.upload(Size::new(2, lags.len() as u32), &words)?;
            let results: Plane = engine.grid(Size::new(2, lags.len() as u32))?;
            gpu.run(
                Dispatch::new(&KERNEL, "products")
                    .params(&params)
                    .bind(1, plane)
                    .bind(2, mask)
                    .bind(3, &lags_grid)
                    .bind(4, &results)
                    .groups(lags.len() as u32, 1),
            )?;
            engine.download(&results)?.chunks_exact(2).map(|r| [f64::from(r[0]), f64::from(r[1])]).collect()
        }
    };
    Ok(sums.iter().map(|[sum, pairs]| if *pairs > 0.0 { sum / pairs } else { 0.0 }).collect())
}

/// A plane whose rows hold every `stride`-th column one after the other, beginning with the first, then those beginning with the
/// second, and so on: first pixels of pairs and their partners both lie side by side.
struct Strided {
    values: Vec<f32>,
    height: usize,
    stride: usize,
    /// Columns that begin with the same one.
    columns: usize,
}

impl Strided {
    /// Of what `pixel` says of each place in a plane; 0 beyond its right edge.
    fn of(p: &Params, pixel: impl Fn(usize) -> f32 + Sync) -> Self {
        let [width, height, stride] = [p.width, p.height, p.stride].map(|v| v as usize);
        let columns = width.div_ceil(stride);
        let mut values = vec![0.0; height * stride * columns];
        values.par_chunks_mut(stride * columns).enumerate().for_each(|(y, row)| {
            for x in 0..width {
                row[x % stride * columns + x / stride] = pixel(y * width + x);
            }
        });
        Self { values, height, stride, columns }
    }

    /// Σ of products with the pixel at a lag, over every `stride`-th pixel of every `stride`-th row. A row's sum is in single
    /// precision, that of rows in double.
    fn product(&self, [dx, dy]: [i32; 2]) -> f64 {
        let stride = self.stride as i32;
        let (begins_with, by) = (dx.rem_euclid(stride) as usize, dx.div_euclid(stride));
        let from = by.unsigned_abs() as usize;
        if from >= self.columns {
            return 0.0;
        }
        let len = self.columns - from;
        let (here, there) = if by < 0 { (from, 0) } else { (0, from) };
        let row =
            |y: usize, begin: usize| &self.values[(y * self.stride + begin) * self.columns..][..self.columns];
        let partner = |y: usize| y.checked_add_signed(dy as isize).filter(|v| *v < self.height);
        let rows = (0..self.height).step_by(self.stride).filter_map(|y| Some((y, partner(y)?)));
        rows.map(|(y, v)| {
            let (one, other) = (&row(y, 0)[here..here + len], &row(v, begins_with)[there..there + len]);
            f64::from(widest!(move || dot(one, other)))
        })
        .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::gaussian::gaussian;
    use crate::ops::testing::{assert_parity, cpu, noise, random_mask};
    use crate::raster::Raster;

    /// White noise after a Gaussian of σ has the correlation exp(−r²/4σ²): 0.2 at 2σ√ln 5. At σ 6 a
    /// plane of this size holds some 900 independent spots: numpy's autocorrelation of ten such
    /// planes puts the shortest distance at 0.946 to 1.025 of that.
    #[test]
    fn smoothed_noise_decays_as_theory_says() {
        let engine = cpu();
        let size = Size::new(700, 600);
        let white = engine.upload_raster(&noise(size, 9)).unwrap();
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        for (sigma, tolerance) in [(2.0, 0.05), (6.0, 0.1)] {
            let smooth = gaussian(engine, &white, sigma).unwrap();
            let found = decay(engine, &smooth, &mask, 60.0).unwrap().unwrap();
            let expected = 2.0 * sigma * 5f64.ln().sqrt();
            assert!(
                (f64::from(found.shortest_px) / expected - 1.0).abs() < tolerance,
                "σ {sigma}: {found:?}, {expected}"
            );
            assert!(found.aspect_ratio.unwrap() > 0.88, "{found:?}");
        }
    }

    #[test]
    fn lines_have_a_direction() {
        // Stretched threefold along x by sampling.
        let engine = cpu();
        let size = Size::new(900, 500);
        let smooth = engine
            .download_raster(
                &gaussian(engine, &engine.upload_raster(&noise(size, 10)).unwrap(), 2.0).unwrap(),
            )
            .unwrap();
        let stretched = Raster::from_fn(size, |x, y| smooth.sample(f64::from(x) / 3.0 + 100.0, f64::from(y)));
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        let found = decay(engine, &engine.upload_raster(&stretched).unwrap(), &mask, 60.0).unwrap().unwrap();
        assert!((found.aspect_ratio.unwrap() - 1.0 / 3.0).abs() < 0.04, "{found:?}");
        // Within a reach of ten pixels the slow direction does not decay.
        let short = decay(engine, &engine.upload_raster(&stretched).unwrap(), &mask, 10.0).unwrap().unwrap();
        assert_eq!(short.aspect_ratio, None);
    }

    #[test]
    fn what_does_not_vary_has_no_decay() {
        let engine = cpu();
        let size = Size::new(50, 50);
        let flat = engine.upload_raster(&Raster::filled(size, 0.3)).unwrap();
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        assert_eq!(decay(engine, &flat, &mask, 20.0).unwrap(), None);
    }

    /// numpy.fft of the zero-padded plane and mask (Wiener and Khinchin).
    #[test]
    fn numpy_fft_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/autocorrelation.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let mask = engine.upload_raster(&fixture.mask("mask")).unwrap();
        let lags: Vec<[i32; 2]> = serde_json::from_value(fixture["lags"].clone()).unwrap();
        let center = fixture["center"].as_f64().unwrap() as f32;
        let found = mean_products(engine, &plane, &mask, &lags, center, 1).unwrap();
        let found: Vec<f32> = found.iter().map(|&v| v as f32).collect();
        assert_near(&found, &floats(&fixture["mean_products"]), 1e-6, "mean product");
    }

    /// A cosine of wavelength λ has the correlation cos(2πr/λ): 0.2 at λ·acos(0.2)/2π. Pairs at the
    /// ends do not fill a period, which leaves about λ/(2π·width).
    #[test]
    fn a_cosine_decays_as_a_cosine() {
        let engine = cpu();
        let size = Size::new(1600, 60);
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        for wavelength in [20.0, 80.0] {
            let wave = Raster::from_fn(size, |x, _| {
                (std::f64::consts::TAU * f64::from(x) / wavelength).cos() as f32
            });
            let found = decay(engine, &engine.upload_raster(&wave).unwrap(), &mask, 40.0).unwrap().unwrap();
            let expected = wavelength * 0.2f64.acos() / std::f64::consts::TAU;
            let apart = f64::from(found.shortest_px) / expected - 1.0;
            assert!(apart.abs() < 0.02, "λ {wavelength}: {found:?}, expected {expected}");
            assert_eq!(found.aspect_ratio, None, "along the crests nothing decays");
        }
    }

    #[test]
    fn twins_agree() {
        let size = Size::new(140, 90);
        assert_parity(1e-4, |engine| {
            let smooth = gaussian(engine, &engine.upload_raster(&noise(size, 9))?, 2.0)?;
            let mask = engine.upload_raster(&random_mask(size, 3, 0.9))?;
            let lags = Rays::new(30.0).lags();
            let products = mean_products(engine, &smooth, &mask, &lags, 0.01, 2)?;
            Ok(products.iter().map(|&p| p as f32 * 100.0).collect())
        });
    }
}
