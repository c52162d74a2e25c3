//! Relief as far as one photograph shows it: bands of the shading plane ŝ, in optical density,
//! + = darker. Dark is deep only on average, and never in micrometres.

use super::frame::Frame;
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::masked::Masked;
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
    band_of(frame.engine, &frame.shading()?, mask, [fine_mm, coarse_mm].map(|mm| frame.px(mm)))
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
    Ok(Band { plane: filter.beyond(engine, &fine, plane)?, mask: filter.support(engine)? })
}

/// The square of a plane.
///
/// # Errors
/// What the engine reports.
pub fn squared(frame: &Frame<'_>, plane: &Plane) -> Result<Plane, EngineError> {
    pointwise(frame.engine, Op::Multiply, plane, plane)
}

/// What a band lets through of white noise: its SD, for noise of SD 1. For Gaussians G of σ f and c in
/// pixels, Σ(G_f − G_c)² = (1/f² + 1/c² − 4/(f² + c²))/4π.
pub fn noise_through(sigmas_px: [f64; 2]) -> f64 {
    let [fine, coarse] = sigmas_px.map(|sigma| sigma * sigma);
    ((1.0 / fine + 1.0 / coarse - 4.0 / (fine + coarse)) / (4.0 * std::f64::consts::PI)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::sums::moments;
    use crate::ops::testing::{cpu, noise};
    use crate::raster::Raster;

    #[test]
    fn white_noise_comes_through_a_band_as_told() {
        let size = Size::new(400, 300);
        let engine = cpu();
        let white = engine.upload_raster(&noise(size, 5)).unwrap();
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        let sd = moments(engine, &white, &mask, 0.0).unwrap().variance().sqrt();
        for (fine, coarse) in [(0.6, 2.4), (1.2, 5.0), (3.2, 11.2)] {
            let band = band_of(engine, &white, &mask, [fine, coarse]).unwrap();
            let found = moments(engine, &band.plane, &band.mask, 0.0).unwrap().rms() / sd;
            let expected = noise_through([fine, coarse]);
            // The formula is that of Gaussians that are not sampled: at 0.6 px it is 6 % too small.
            assert!((found / expected - 1.0).abs() < 0.08, "{fine} to {coarse}: {found}, {expected}");
        }
    }
}
