//! The noise of a photograph, apart from its sharpness.

use crate::engine::{Engine, EngineError, Plane};
use crate::ops::morphology::erode;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::robust_sd;
use crate::ops::warp::shift;

/// Response of the mask to noise of SD 1: the root of the sum of its squares, (1² + 2² + 1²) = 6.
const MASK_NORM: f32 = 6.0;

/// Robust SD of the noise of `plane` within `mask`: of its second difference across the second
/// difference along, (1 −2 1) by (1 −2 1), which is blind to planes, edges along an axis and all that
/// is smooth (Immerkær 1996, doi:10.1006/cviu.1996.0060), by the median of absolute responses instead of
/// their mean, so that furrows and hairs count little. Noise is taken to be white: what resampling or
/// a camera's noise reduction made coarser is not all seen.
///
/// # Errors
/// What the engine reports.
pub fn noise_sd(engine: &Engine, plane: &Plane, mask: &Plane) -> Result<f64, EngineError> {
    let along = second_difference(engine, plane, [1, 0])?;
    let across = second_difference(engine, &along, [0, 1])?;
    let inside = erode(engine, mask, 1.5)?;
    Ok(f64::from(robust_sd(engine, &across, &inside, 0.0)?.unwrap_or(0.0) / MASK_NORM))
}

fn second_difference(engine: &Engine, plane: &Plane, [dx, dy]: [i32; 2]) -> Result<Plane, EngineError> {
    let both = [[dx, dy], [-dx, -dy]].map(|step| shift(engine, plane, step));
    let [one, other] = both;
    let sum = pointwise(engine, Op::AddScaled(1.0), &one?, &other?)?;
    pointwise(engine, Op::AddScaled(-2.0), &sum, plane)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::gaussian::gaussian;
    use crate::ops::testing::{cpu, noise};
    use crate::raster::Raster;

    fn found(plane: &Raster) -> f64 {
        let engine = cpu();
        let mask = engine.upload_raster(&Raster::filled(plane.size(), 1.0)).unwrap();
        noise_sd(engine, &engine.upload_raster(plane).unwrap(), &mask).unwrap()
    }

    #[test]
    fn noise_is_found_whatever_smooth_skin_is_below() {
        let size = Size::new(300, 200);
        let white = noise(size, 9);
        let sd =
            (white.data().iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / size.area() as f64).sqrt();
        for strength in [0.01f32, 0.05] {
            let skin = Raster::from_fn(size, |x, y| {
                let edge = if x > 150 { 0.3 } else { 0.0 };
                1.0 + 0.002 * x as f32 - 0.001 * y as f32 + edge + strength * white.at(x, y)
            });
            let expected = f64::from(strength) * sd;
            assert!((found(&skin) / expected - 1.0).abs() < 0.05, "{} against {expected}", found(&skin));
        }
    }

    #[test]
    fn texture_is_sharp_but_not_noisy() {
        // Smooth relief of SD 0.05 at σ 2.5: plenty of detail, hardly any noise.
        let engine = cpu();
        let white = engine.upload_raster(&noise(Size::new(300, 200), 3)).unwrap();
        let smooth = engine.download_raster(&gaussian(engine, &white, 2.5).unwrap()).unwrap();
        let sd = (smooth.data().iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / 60_000.0).sqrt();
        assert!(found(&smooth) < 0.02 * sd, "{} of {sd}", found(&smooth));
    }
}
