//! Power sums of a masked plane, in two levels: each workgroup sums a stretch of pixels in a
//! fixed tree, the host sums the stretches in order in f64. The same bytes every time.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/sums.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "sums", source: include_str!("../../shaders/sums.wgsl") };

/// Pixels of one stretch, at least; and stretches, at most.
const STRETCH: usize = 1 << 14;
const MOST_STRETCHES: usize = 4096;

/// Power sums Σdᵏ of d = value − center over the pixels of a mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moments {
    /// Pixels.
    pub count: u64,
    /// Σd, Σd², Σd³, Σd⁴
    pub sums: [f64; 4],
    /// What was subtracted.
    pub center: f64,
}

impl Moments {
    /// The mean; NaN without pixels.
    pub fn mean(&self) -> f64 {
        self.center + self.sums[0] / self.count as f64
    }

    /// √(Σd²/n): about the center, not about the mean.
    pub fn rms(&self) -> f64 {
        (self.sums[1] / self.count as f64).sqrt()
    }

    /// Population variance.
    pub fn variance(&self) -> f64 {
        let n = self.count as f64;
        (self.sums[1] / n - (self.sums[0] / n).powi(2)).max(0.0)
    }

    /// Third standardized moment about the mean.
    pub fn skewness(&self) -> f64 {
        let n = self.count as f64;
        let [a, b, c] = [self.sums[0] / n, self.sums[1] / n, self.sums[2] / n];
        (c - 3.0 * a * b + 2.0 * a.powi(3)) / self.variance().powf(1.5)
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    len: u32,
    per_group: u32,
    center: f32,
    padding: u32,
}

/// Power sums of `plane` about `center`, over the pixels where `mask` is 1.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn moments(engine: &Engine, plane: &Plane, mask: &Plane, center: f32) -> Result<Moments, EngineError> {
    assert_eq!(plane.size(), mask.size(), "a plane and its mask have one size");
    let len = plane.size().area();
    let stretch = len.div_ceil(MOST_STRETCHES).max(STRETCH);
    let stretches = len.div_ceil(stretch);
    let partials: Vec<[f64; 5]> = match engine.backend() {
        Backend::Cpu(_) => {
            let values = plane.host().par_chunks(stretch).zip(mask.host().par_chunks(stretch));
            values.map(|(values, mask)| stretch_sums(values, mask, center)).collect()
        }
        Backend::Gpu(gpu) => {
            let output: Plane = engine.grid(Size::new(5, stretches as u32))?;
            gpu.run(
                Dispatch::new(&KERNEL, "power_sums")
                    .params(&Params { len: len as u32, per_group: stretch as u32, center, padding: 0 })
                    .bind(1, plane)
                    .bind(2, mask)
                    .bind(3, &output)
                    .groups(stretches as u32, 1),
            )?;
            engine
                .download(&output)?
                .chunks_exact(5)
                .map(|p| std::array::from_fn(|k| f64::from(p[k])))
                .collect()
        }
    };
    let mut total = [0.0; 5];
    for partial in partials {
        for (total, partial) in total.iter_mut().zip(partial) {
            *total += partial;
        }
    }
    Ok(Moments {
        count: total[0] as u64,
        sums: [total[1], total[2], total[3], total[4]],
        center: f64::from(center),
    })
}

fn stretch_sums(values: &[f32], mask: &[f32], center: f32) -> [f64; 5] {
    let mut total = [0.0f64; 5];
    for (values, mask) in values.chunks(256).zip(mask.chunks(256)) {
        for (&value, &mask) in values.iter().zip(mask) {
            let inside = f64::from(mask > 0.5);
            let d = inside * f64::from(value - center);
            let square = d * d;
            for (total, power) in total.iter_mut().zip([inside, d, square, square * d, square * square]) {
                *total += power;
            }
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes, random_mask};
    use crate::raster::Raster;

    #[test]
    fn moments_of_a_known_sample() {
        // 1, 2, 3, 4, 10: mean 4, variance 10, skewness 36 / 10^1.5 (by hand).
        let engine = cpu();
        let size = Size::new(7, 1);
        let plane = engine.upload(size, &[1.0f32, 2.0, 99.0, 3.0, 4.0, -99.0, 10.0]).unwrap();
        let mask = engine.upload(size, &[1.0f32, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0]).unwrap();
        for center in [0.0, 4.0, -3.0] {
            let found = moments(engine, &plane, &mask, center).unwrap();
            assert_eq!(found.count, 5);
            assert!((found.mean() - 4.0).abs() < 1e-9);
            assert!((found.variance() - 10.0).abs() < 1e-9);
            assert!((found.skewness() - 36.0 / 10f64.powf(1.5)).abs() < 1e-9);
        }
        assert!((moments(engine, &plane, &mask, 0.0).unwrap().rms() - 26f64.sqrt()).abs() < 1e-9);
    }

    #[test]
    fn a_million_equal_values_keep_their_mean() {
        let engine = cpu();
        let size = Size::new(1500, 1100);
        let plane = engine.upload_raster(&Raster::filled(size, 0.1f32)).unwrap();
        let mask = engine.upload_raster(&Raster::filled(size, 1.0f32)).unwrap();
        let found = moments(engine, &plane, &mask, 0.0).unwrap();
        assert_eq!(found.count, 1_650_000);
        assert!((found.mean() - f64::from(0.1f32)).abs() < 1e-12);
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes().into_iter().chain([Size::new(300, 211)]) {
            assert_parity(2e-6, |engine| {
                let plane = engine.upload_raster(&noise(size, 1))?;
                let mask = engine.upload_raster(&random_mask(size, 2, 0.7))?;
                let m = moments(engine, &plane, &mask, 0.2)?;
                let n = (m.count as f32).max(1.0);
                Ok(std::iter::once(m.count as f32).chain(m.sums.iter().map(|&s| s as f32 / n)).collect())
            });
        }
    }
}
