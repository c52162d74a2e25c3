//! The grid on which lines are read, no finer than they need, and the plane: red density. Shading ŝ is red less
//! blue and green, and a furrow is darkest in blue, because red light spreads farther in skin: sixteen planted
//! wrinkles that anyone sees raised what a plain oriented filter reads of a close-up from 6.3 to 13.6 mOD on ŝ, but
//! from 8.3 to 31 on red. Pigment shows on red too, so spots that changed are held against it.

use super::super::frame::Frame;
use super::super::relief::{self, Band};
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::pyramid;
use crate::ops::unmix::red_density;
use crate::raster::Raster;

/// Coarsest grid that shows lines of 0.3 mm, in pixels per millimetre: planes twice as fine are halved.
const LEAST_PX_PER_MM: f64 = 7.5;
/// How much of the skin around a pixel must be there, within a σ in mm: hairs may be missing, but within
/// about 0.6 mm of hair, beard or nostrils their shade would read as a line.
const AROUND_MM: f64 = 0.5;
const LEAST_AROUND: f32 = 0.9;
/// The least weight of a mask from which its inside is carried past its rim.
const LEAST_WEIGHT: f32 = 0.05;

/// Relief b and where it says something, on a grid of its own.
#[derive(Debug)]
pub(super) struct Ground {
    factor: u32,
    pub px_per_mm: f64,
    /// b = G(OD of red, 0.08 mm) − G(OD of red, 1.5 mm), 0 outside the mask.
    pub relief: Plane,
    /// Where b is known.
    pub whole: Plane,
    /// Where lines are read: away from the rim.
    pub mask: Plane,
}

impl Ground {
    pub fn new(frame: &Frame<'_>, skin: &Plane) -> Result<Self, EngineError> {
        let engine = frame.engine;
        let factor = ((frame.scale.px_per_mm / LEAST_PX_PER_MM) as u32).max(1);
        let px_per_mm = frame.scale.px_per_mm / f64::from(factor);
        let sigmas = [relief::FINE_MM, relief::COARSE_MM].map(|mm| mm * px_per_mm);
        let density = red_density(engine, &frame.rgb)?;
        let Band { plane, mask: whole } = if factor == 1 {
            relief::band_of(engine, &density, skin, sigmas)?
        } else {
            let inside = pointwise(engine, Op::Multiply, &density, skin)?;
            let sums = pyramid::reduce(engine, &inside, factor)?;
            let weights = pyramid::reduce(engine, skin, factor)?;
            // Cells of which more than half is skin, and the mean over that.
            let density = pointwise(engine, Op::DivideWhere(0.51), &sums, &weights)?;
            let skin = pointwise(engine, Op::DivideWhere(0.51), &weights, &weights)?;
            relief::band_of(engine, &density, &skin, sigmas)?
        };
        let around = Masked::new(engine, &whole, AROUND_MM * px_per_mm)?;
        let mask = around.within(engine, LEAST_AROUND)?;
        Ok(Self { factor, px_per_mm, relief: plane, whole, mask })
    }

    /// Pixels of the frame per pixel of this grid.
    pub fn factor(&self) -> u32 {
        self.factor
    }

    /// A length in pixels of this grid.
    pub fn px(&self, mm: f64) -> f64 {
        mm * self.px_per_mm
    }

    /// b smoothed as if by a Gaussian of `sigma_mm`, less a variance that what follows adds; carried a
    /// little past the rim of the mask.
    pub fn smooth(&self, engine: &Engine, sigma_mm: f64, less_px2: f64) -> Result<Plane, EngineError> {
        let [whole, fine] = [sigma_mm, relief::FINE_MM].map(|mm| self.px(mm).powi(2));
        let filter = Masked::new(engine, &self.whole, (whole - fine - less_px2).sqrt())?;
        let nothing = engine.upload_raster(&Raster::filled(self.mask.size(), 0.0))?;
        filter.apply_or(engine, &self.relief, &nothing, LEAST_WEIGHT)
    }

    /// A plane of this grid on the frame's.
    pub fn to_frame(&self, frame: &Frame<'_>, plane: &Plane) -> Result<Plane, EngineError> {
        if self.factor == 1 {
            return pointwise(frame.engine, Op::Scale(1.0), plane, plane);
        }
        pyramid::expand(frame.engine, plane, frame.size(), self.factor)
    }
}
