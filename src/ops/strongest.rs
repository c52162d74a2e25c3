//! The scale at which each pixel stands out most, from the principal curvatures that [`super::hessian`] gives
//! of a plane smoothed at one scale after the other.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};
use crate::geometry::Size;
use crate::raster::Raster;

/// `shaders/strongest.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "strongest", source: include_str!("../../shaders/strongest.wgsl") };

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Structure {
    /// −σ²∇²G: a bright blob bends in every direction.
    Blob,
    /// −σ²·λ of the smaller curvature: a bright line bends across alone.
    Ridge,
    /// S = σ²·√(λ₁² + λ₂²): anything that bends at all (Frangi et al. 1998, doi:10.1007/BFb0056195).
    Bend,
    /// exp(−(λ₁/λ₂)²/2β²)·(1 − exp(−S²/2c²)), β = 0.5, for a bright line, 0 for what is none (the same source): how
    /// nearly alone it bends across, at whatever contrast well above `c`.
    Vessel {
        /// S at which contrast tells a line from noise.
        c: f32,
    },
}

impl Structure {
    /// As `response` in the kernel numbers it.
    fn code(self) -> u32 {
        match self {
            Self::Blob => 0,
            Self::Ridge => 1,
            Self::Bend => 2,
            Self::Vessel { .. } => 3,
        }
    }
}

/// The strongest response over scales.
#[derive(Debug)]
pub struct Strongest {
    /// The response where it is largest.
    pub strength: Plane,
    /// The scale where that is, as the caller calls it; 0 where no response was above the first.
    pub scale: Plane,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    variance: f32,
    scale: f32,
    structure: u32,
    /// −1 ÷ 2c² of a vessel.
    by_contrast: f32,
    padding: [u32; 2],
}

impl Strongest {
    /// Before the first scale: only what is above `least` counts.
    ///
    /// # Errors
    /// What the engine reports.
    #[tracing::instrument(level = "trace", skip_all)]
    pub fn above(engine: &Engine, size: Size, least: f32) -> Result<Self, EngineError> {
        let filled = |value| engine.upload_raster(&Raster::filled(size, value));
        Ok(Self { strength: filled(least)?, scale: filled(0.0)? })
    }

    /// Takes the next scale in: the larger and the smaller curvature of the plane smoothed by `sigma_px`, under
    /// the name `scale`.
    ///
    /// # Errors
    /// What the engine reports.
    #[tracing::instrument(level = "trace", skip_all)]
    pub fn take(
        &mut self,
        engine: &Engine,
        structure: Structure,
        (larger, smaller): (&Plane, &Plane),
        sigma_px: f64,
        scale: f64,
    ) -> Result<(), EngineError> {
        let size = larger.size();
        let params = Params {
            width: size.width,
            height: size.height,
            variance: (sigma_px * sigma_px) as f32,
            scale: scale as f32,
            structure: structure.code(),
            by_contrast: if let Structure::Vessel { c } = structure { -0.5 / (c * c) } else { 0.0 },
            padding: [0; 2],
        };
        match engine.backend() {
            Backend::Cpu(_) => twin(&params, structure, larger.host(), smaller.host(), self),
            Backend::Gpu(gpu) => gpu.run(
                Dispatch::new(&KERNEL, "take_scale")
                    .constant("BY_ROUNDNESS", BY_ROUNDNESS.into())
                    .params(&params)
                    .bind(1, larger)
                    .bind(2, smaller)
                    .bind(3, &self.strength)
                    .bind(4, &self.scale)
                    .over(size),
            )?,
        }
        Ok(())
    }
}

fn twin(p: &Params, structure: Structure, larger: &[f32], smaller: &[f32], out: &mut Strongest) {
    let width = p.width as usize;
    let rows = out.strength.host_mut().par_chunks_mut(width).zip(out.scale.host_mut().par_chunks_mut(width));
    let curvatures = larger.par_chunks(width).zip(smaller.par_chunks(width));
    rows.zip(curvatures).for_each(|((strength, scale), (larger, smaller))| {
        for x in 0..width {
            let here = response(p, structure, larger[x], smaller[x]);
            if here > strength[x] {
                strength[x] = here;
                scale[x] = p.scale;
            }
        }
    });
}

fn response(p: &Params, structure: Structure, larger: f32, smaller: f32) -> f32 {
    let bend = p.variance * (larger * larger + smaller * smaller).sqrt();
    match structure {
        Structure::Blob => -p.variance * (larger + smaller),
        Structure::Ridge => -p.variance * smaller,
        Structure::Bend => bend,
        // Bends upwards most: a dark line, or none.
        Structure::Vessel { .. } if -smaller <= larger.abs() => 0.0,
        Structure::Vessel { .. } => {
            let ratio = larger / smaller;
            (BY_ROUNDNESS * ratio * ratio).exp() * (1.0 - (p.by_contrast * bend * bend).exp())
        }
    }
}

/// −1 ÷ 2β².
const BY_ROUNDNESS: f32 = -2.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};

    #[test]
    fn a_ridge_is_of_the_smaller_curvature_and_a_blob_of_both() {
        let engine = cpu();
        let flat = |value| engine.upload_raster(&Raster::filled(Size::new(4, 3), value)).unwrap();
        for (structure, expected) in [(Structure::Ridge, [4.5, 3.0]), (Structure::Blob, [6.75, 3.0])] {
            let mut found = Strongest::above(engine, Size::new(4, 3), 0.0).unwrap();
            let mut take = |larger, smaller, sigma, scale| {
                found.take(engine, structure, (&flat(larger), &flat(smaller)), sigma, scale).unwrap();
            };
            take(-0.1, -0.2, 2.0, 2.0);
            // −1.5²·(−1 − 2), and −1.5²·−2.
            take(-1.0, -2.0, 1.5, 3.0);
            take(0.5, 0.3, 9.0, 9.0);
            let first = |plane| engine.download(plane).unwrap()[0];
            assert_eq!([first(&found.strength), first(&found.scale)], expected, "{structure:?}");
        }
        let mut none = Strongest::above(engine, Size::new(4, 3), 0.0).unwrap();
        none.take(engine, Structure::Blob, (&flat(1.0), &flat(0.5)), 2.0, 2.0).unwrap();
        assert!(engine.download(&none.scale).unwrap().iter().all(|&v| v == 0.0));
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            let structures =
                [Structure::Blob, Structure::Ridge, Structure::Bend, Structure::Vessel { c: 0.7 }];
            for structure in structures {
                assert_parity(1e-5, |engine| {
                    let planes = [1, 2, 3, 4].map(|seed| engine.upload_raster(&noise(size, seed)).unwrap());
                    let mut found = Strongest::above(engine, size, f32::MIN)?;
                    found.take(engine, structure, (&planes[0], &planes[1]), 1.8, 5.0)?;
                    found.take(engine, structure, (&planes[2], &planes[3]), 2.8, 8.0)?;
                    let mut values = engine.download(&found.strength)?;
                    values.extend(engine.download(&found.scale)?);
                    Ok(values)
                });
            }
        }
    }
}
