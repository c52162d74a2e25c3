//! Two photographs brought to the same sharpness: the sharper one is blurred.
//!
//! What is matched is all of the finest octave, noise included: that leaves roughness alike on both. It does
//! not tell a soft photograph with much noise from a sharp one with little: on close-ups taken again with
//! 1.5 px of blur and twice the noise (20 mOD against 9 to 11), that octave had 0.74 to 1.24 times its power.
//! [`detail_power`] tells: 3.5 to 5 times less, and without blur 0.74 to 1.2 times.

use crate::engine::{Engine, EngineError, Plane};
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::sums::moments;

/// Ratio of top-octave powers within which two photographs count as equally sharp.
pub const EQUAL: (f64, f64) = (0.8, 1.25);
/// σ that parts the top octave from the rest, in pixels: half the amplitude at four pixels a
/// wave, half the Nyquist frequency.
const OCTAVE_SIGMA_PX: f64 = 0.75;
/// Strongest blur tried, in pixels, and halvings of the search.
const STRONGEST_PX: f64 = 4.0;
const HALVINGS: usize = 7;
/// The least σ that changes anything, in pixels.
const WEAKEST_PX: f64 = 0.3;
/// Root mean square of white noise of SD 1 in the finest octave, by Parseval.
pub const NOISE_IN_OCTAVE: f64 = 0.76;
/// Least share of the finest octave that is taken to be skin: the noise is known no better.
const LEAST_DETAIL: f64 = 0.05;

/// The finest octave of `plane` within `mask`, and where it says something.
///
/// # Errors
/// What the engine reports.
pub fn top_octave(engine: &Engine, plane: &Plane, mask: &Plane) -> Result<(Plane, Plane), EngineError> {
    let filter = Masked::new(engine, mask, OCTAVE_SIGMA_PX)?;
    let fine = pointwise(engine, Op::Subtract, plane, &filter.apply(engine, plane)?)?;
    Ok((fine, filter.support(engine)?))
}

/// Mean square of the finest octave of `plane` within `mask`.
///
/// # Errors
/// What the engine reports.
pub fn top_octave_power(engine: &Engine, plane: &Plane, mask: &Plane) -> Result<f64, EngineError> {
    let (fine, support) = top_octave(engine, plane, mask)?;
    Ok(moments(engine, &fine, &support, 0.0)?.rms().powi(2))
}

/// What of a finest octave of this power is skin, in a photograph with white noise of SD `noise`.
pub fn detail_power(octave_power: f64, noise: f64) -> f64 {
    (octave_power - (NOISE_IN_OCTAVE * noise).powi(2)).max(LEAST_DETAIL * octave_power)
}

/// The σ, in pixels, of the blur that brings the finest octave of `plane` down to `target`
/// power; 0 where it is no sharper.
///
/// # Errors
/// What the engine reports.
pub fn equalizing_sigma(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    target: f64,
) -> Result<f64, EngineError> {
    let (mut low, mut high) = (0.0, STRONGEST_PX);
    for _ in 0..HALVINGS {
        let sigma = 0.5 * (low + high);
        let power = if sigma < WEAKEST_PX {
            top_octave_power(engine, plane, mask)?
        } else {
            let blurred = Masked::new(engine, mask, sigma)?.apply_or(engine, plane, plane, 0.1)?;
            top_octave_power(engine, &blurred, mask)?
        };
        if power > target {
            low = sigma;
        } else {
            high = sigma;
        }
    }
    let sigma = 0.5 * (low + high);
    Ok(if sigma < WEAKEST_PX { 0.0 } else { sigma })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::gaussian::gaussian;
    use crate::ops::testing::{cpu, noise};
    use crate::raster::Raster;

    #[test]
    fn the_blur_that_was_applied_is_found() {
        let engine = cpu();
        let size = Size::new(200, 160);
        let sharp = engine.upload_raster(&noise(size, 4)).unwrap();
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        for sigma in [0.6, 1.0, 2.0] {
            let soft = gaussian(engine, &sharp, sigma).unwrap();
            let target = top_octave_power(engine, &soft, &mask).unwrap();
            let found = equalizing_sigma(engine, &sharp, &mask, target).unwrap();
            assert!((found - sigma).abs() < 0.06, "σ {sigma}, found {found}");
            assert_eq!(equalizing_sigma(engine, &soft, &mask, target * 1.3).unwrap(), 0.0);
        }
    }

    /// Standard deviation of the noise of the tests.
    fn sd(plane: &Raster) -> f64 {
        let squares: f64 = plane.data().iter().map(|v| f64::from(*v).powi(2)).sum();
        (squares / plane.data().len() as f64).sqrt()
    }

    #[test]
    fn noise_passes_for_no_detail() {
        let engine = cpu();
        let size = Size::new(400, 300);
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        let octave = |plane: &Plane| top_octave_power(engine, plane, &mask).unwrap();
        let white = engine.upload_raster(&noise(size, 2)).unwrap();
        let white_sd = sd(&noise(size, 2));
        let share = octave(&white).sqrt() / white_sd;
        assert!((share / NOISE_IN_OCTAVE - 1.0).abs() < 0.02, "{share}");
        let skin = gaussian(engine, &engine.upload_raster(&noise(size, 4)).unwrap(), 0.7).unwrap();
        let alone = octave(&skin);
        for strength in [0.02f32, 0.1, 0.2] {
            let noisy = pointwise(engine, Op::AddScaled(strength), &skin, &white).unwrap();
            let found = detail_power(octave(&noisy), f64::from(strength) * white_sd);
            assert!((found / alone - 1.0).abs() < 0.05, "{strength}: {found} of {alone}");
        }
    }
}
