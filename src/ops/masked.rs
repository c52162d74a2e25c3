//! Gaussians within a mask: normalized convolutions G(f·w)/G(w) (Knutsson & Westin 1993, doi:10.1109/CVPR.1993.341081); the
//! outside of a plane has w = 0.
//!
//! On the GPU each step is a kernel. On the CPU what comes before and after the filter is done row by row within it.

use super::gaussian::{between, gaussian};
use super::lanes::widest;
use super::pointwise::{Op, pointwise};
use crate::engine::{Backend, Engine, EngineError, Plane};

/// Where G(w) is below this, there is too little skin around to say anything.
pub const LEAST_SUPPORT: f32 = 0.5;

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
    #[tracing::instrument(level = "trace", skip_all)]
    pub fn new(engine: &Engine, mask: &'a Plane, sigma_px: f64) -> Result<Self, EngineError> {
        Ok(Self { mask, sigma_px, weight: gaussian(engine, mask, sigma_px)? })
    }

    /// G(f·w)/G(w); 0 where G(w) is below [`LEAST_SUPPORT`].
    ///
    /// # Errors
    /// What the engine reports.
    #[tracing::instrument(level = "trace", skip_all)]
    pub fn apply(&self, engine: &Engine, f: &Plane) -> Result<Plane, EngineError> {
        match engine.backend() {
            Backend::Cpu(_) => {
                self.twin(
                    engine,
                    f,
                    [],
                    |blurred, weight, []| {
                        if weight >= LEAST_SUPPORT { blurred / weight } else { 0.0 }
                    },
                )
            }
            Backend::Gpu(_) => {
                let blurred = self.blurred(engine, f)?;
                pointwise(engine, Op::DivideWhere(LEAST_SUPPORT), &blurred, &self.weight)
            }
        }
    }

    /// G(f·w)/G(w) where G(w) is at least `least`; elsewhere `fallback`.
    ///
    /// # Errors
    /// What the engine reports.
    #[tracing::instrument(level = "trace", skip_all)]
    pub fn apply_or(
        &self,
        engine: &Engine,
        f: &Plane,
        fallback: &Plane,
        least: f32,
    ) -> Result<Plane, EngineError> {
        match engine.backend() {
            Backend::Cpu(_) => {
                self.twin(
                    engine,
                    f,
                    [fallback],
                    |blurred, weight, [fallback]| {
                        if weight >= least { blurred / weight } else { fallback }
                    },
                )
            }
            Backend::Gpu(_) => {
                let blurred = self.blurred(engine, f)?;
                let known = pointwise(engine, Op::DivideWhere(least), &blurred, &self.weight)?;
                let missing = pointwise(engine, Op::KeepBelow(least), &self.weight, fallback)?;
                pointwise(engine, Op::Add, &known, &missing)
            }
        }
    }

    /// What `of` holds beyond G(f·w)/G(w), within [`Self::support`]; 0 elsewhere.
    ///
    /// # Errors
    /// What the engine reports.
    #[tracing::instrument(level = "trace", skip_all)]
    pub fn beyond(&self, engine: &Engine, of: &Plane, f: &Plane) -> Result<Plane, EngineError> {
        match engine.backend() {
            Backend::Cpu(_) => self.twin(engine, f, [of, self.mask], |blurred, weight, [of, mask]| {
                if weight >= LEAST_SUPPORT { (of - blurred / weight) * mask } else { 0.0 }
            }),
            Backend::Gpu(_) => {
                let difference = pointwise(engine, Op::Subtract, of, &self.apply(engine, f)?)?;
                pointwise(engine, Op::Multiply, &difference, &self.support(engine)?)
            }
        }
    }

    /// The mask where G(w) is large enough to say something.
    ///
    /// # Errors
    /// What the engine reports.
    #[tracing::instrument(level = "trace", skip_all)]
    pub fn support(&self, engine: &Engine) -> Result<Plane, EngineError> {
        self.within(engine, LEAST_SUPPORT)
    }

    /// The mask where G(w) is at least `least`.
    ///
    /// # Errors
    /// What the engine reports.
    #[tracing::instrument(level = "trace", skip_all)]
    pub fn within(&self, engine: &Engine, least: f32) -> Result<Plane, EngineError> {
        pointwise(engine, Op::KeepAtLeast(least), &self.weight, self.mask)
    }

    fn blurred(&self, engine: &Engine, f: &Plane) -> Result<Plane, EngineError> {
        gaussian(engine, &pointwise(engine, Op::Multiply, f, self.mask)?, self.sigma_px)
    }

    /// `value` of G(f·w), G(w) and the pixels of `others`.
    fn twin<const N: usize>(
        &self,
        engine: &Engine,
        f: &Plane,
        others: [&Plane; N],
        value: impl Fn(f32, f32, [f32; N]) -> f32 + Sync,
    ) -> Result<Plane, EngineError> {
        let size = f.size();
        assert!(others.iter().chain([&self.mask]).all(|plane| plane.size() == size), "planes have one size");
        let masked = |y: usize, row: &mut [f32]| {
            let (f, mask) = (row_of(f, y), row_of(self.mask, y));
            widest!(move || row.iter_mut().zip(f).zip(mask).for_each(|((row, f), mask)| *row = f * mask));
        };
        let value = &value;
        let valued = |y: usize, row: &mut [f32]| {
            let weight = row_of(&self.weight, y);
            let others = others.map(|plane| row_of(plane, y));
            widest!(move || {
                let weight = &weight[..row.len()];
                for x in 0..row.len() {
                    let mut here = [0.0; N];
                    for k in 0..N {
                        here[k] = others[k][x];
                    }
                    row[x] = value(row[x], weight[x], here);
                }
            });
        };
        between(engine, size, self.sigma_px, masked, valued)
    }
}

fn row_of(plane: &Plane, y: usize) -> &[f32] {
    let width = plane.size().width as usize;
    &plane.host()[y * width..][..width]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::gaussian::{reduction, sigma_from_cutoff};
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes, random_mask};
    use crate::raster::Raster;

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
    /// noise, which no skin has, that is the bound of `gaussian::wide_equals_the_literal_sum`.
    #[test]
    fn scipy_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/gaussian.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let mask = engine.upload_raster(&fixture.mask("mask")).unwrap();
        for case in fixture.cases() {
            let sigma = case["sigma"].as_f64().unwrap();
            let wide = reduction(sigma) > 1;
            let filter = Masked::new(engine, &mask, sigma).unwrap();
            let found = engine.download(&filter.apply(engine, &plane).unwrap()).unwrap();
            let expected = floats(&case["masked"]);
            let compared = assert_near(&found, &expected, 1e-4, &format!("σ {sigma}"));
            assert!(compared > 50 || wide, "{compared}");
            let silent = found.iter().zip(&expected).filter(|(_, e)| e.is_nan());
            assert!(wide || silent.into_iter().all(|(found, _)| *found == 0.0), "too little support: 0");
        }
    }

    /// What is told where, of a mask that ends, and of σ on the plane itself and on a reduced one.
    #[test]
    fn beyond_and_or_are_what_their_names_say() {
        let engine = cpu();
        let size = Size::new(90, 70);
        let upload = |raster: &Raster| engine.upload_raster(raster).unwrap();
        let (f, of, fallback) =
            (upload(&noise(size, 1)), upload(&noise(size, 2)), upload(&Raster::filled(size, 7.0)));
        let mask = upload(&random_mask(size, 3, 0.55));
        for sigma in [1.5, 12.0] {
            let filter = Masked::new(engine, &mask, sigma).unwrap();
            let values = |plane: Plane| engine.download(&plane).unwrap();
            let around = values(filter.apply(engine, &f).unwrap());
            let support = values(filter.support(engine).unwrap());
            let beyond = values(filter.beyond(engine, &of, &f).unwrap());
            let or = values(filter.apply_or(engine, &f, &fallback, LEAST_SUPPORT).unwrap());
            assert!(support.contains(&1.0) && support.contains(&0.0));
            for i in 0..size.area() {
                assert_eq!(beyond[i], (of.host()[i] - around[i]) * support[i], "σ {sigma} at {i}");
                // Nothing is told where little is known, be there a mask or not.
                let known = filter.weight.host()[i] >= LEAST_SUPPORT;
                assert_eq!(or[i], if known { around[i] } else { 7.0 }, "σ {sigma} at {i}");
            }
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            for sigma in [0.5, 3.0, 10.0, 33.0] {
                assert_parity(1e-5, |engine| {
                    let (f, of) =
                        (engine.upload_raster(&noise(size, 7))?, engine.upload_raster(&noise(size, 9))?);
                    let mask = engine.upload_raster(&random_mask(size, 8, 0.8))?;
                    let filter = Masked::new(engine, &mask, sigma)?;
                    let planes = [
                        filter.apply(engine, &f)?,
                        filter.apply_or(engine, &f, &of, 0.7)?,
                        filter.beyond(engine, &of, &f)?,
                    ];
                    let values: Result<Vec<_>, _> =
                        planes.iter().map(|plane| engine.download(plane)).collect();
                    Ok(values?.concat())
                });
            }
        }
    }
}
