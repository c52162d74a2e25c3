//! Relief as far as one photograph shows it: bands of the shading plane ŝ, in optical density,
//! + = darker. Dark is deep only on average, and never in micrometres.

use super::frame::Frame;
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::gaussian::Masked;
use crate::ops::pointwise::{Op, pointwise};

/// σ of the finest structure of the band that maps and objects are read on, in mm.
pub const FINE_MM: f64 = 0.08;
/// σ of the finest structure of relief contrast: specific to scars, blind to micro-relief, in mm.
pub const SCAR_MM: f64 = 0.25;
/// σ of the coarsest structure of both, in mm: λc 8 mm.
pub const COARSE_MM: f64 = 1.5;

/// Longest lag of the band's autocorrelation, in mm: it holds no longer waves.
pub const LONGEST_LAG_MM: f64 = 4.0;

/// A band-passed plane and where it says something.
#[derive(Debug)]
pub struct Band {
    /// Optical density, 0 outside `mask`.
    pub plane: Plane,
    /// The pixels of the region around which even the coarse Gaussian finds enough skin.
    pub mask: Plane,
}

/// G(ŝ, `fine_mm`) − G(ŝ, `coarse_mm`) within `mask`.
///
/// # Errors
/// What the engine reports.
pub fn band(frame: &Frame<'_>, mask: &Plane, fine_mm: f64, coarse_mm: f64) -> Result<Band, EngineError> {
    band_of(frame.engine, &frame.chromophores.shading, mask, [fine_mm, coarse_mm].map(|mm| frame.px(mm)))
}

/// The same of any plane, with σ in its pixels.
///
/// # Errors
/// What the engine reports.
pub fn band_of(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    [fine_px, coarse_px]: [f64; 2],
) -> Result<Band, EngineError> {
    let fine = Masked::new(engine, mask, fine_px)?.apply(engine, plane)?;
    let filter = Masked::new(engine, mask, coarse_px)?;
    let difference = pointwise(engine, Op::Subtract, &fine, &filter.apply(engine, plane)?)?;
    let mask = filter.support(engine)?;
    Ok(Band { plane: pointwise(engine, Op::Multiply, &difference, &mask)?, mask })
}

/// The square of a plane.
///
/// # Errors
/// What the engine reports.
pub fn squared(frame: &Frame<'_>, plane: &Plane) -> Result<Plane, EngineError> {
    pointwise(frame.engine, Op::Multiply, plane, plane)
}
