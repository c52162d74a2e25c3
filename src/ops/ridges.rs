//! Ridges of any width: the larger principal curvature of a plane smoothed at several scales, at the
//! scale where it is strongest (Sato et al. 1998, doi:10.1016/S1361-8415(98)80009-1, in two
//! dimensions; the limit on negative second eigenvalues is the one of scikit-image's `sato`).

use super::gaussian::Masked;
use super::hessian::principal_curvatures;
use super::strongest::{Strongest, Structure};
use crate::engine::{Engine, EngineError, Plane};
use crate::raster::Raster;

/// Variance that second differences add to a Gaussian, in pixels²: 1/6 across a line along an axis, more
/// across a diagonal. With this, ridges at σ of 1.5 pixels are 0.35 % off at most (0.54 with 1/6, 0.57
/// with 0.2).
pub const DIFFERENCE_VARIANCE: f64 = 0.18;
/// The least weight of a mask from which its inside is carried past its rim.
const LEAST_WEIGHT: f32 = 0.05;

/// Ridges of high values in `plane` within `mask`, over the scales `sigmas_px`: max over σ of max(−σ²·λ, 0) with
/// λ the lower curvature, and the σ where it is reached.
///
/// # Errors
/// What the engine reports.
pub fn ridges(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    sigmas_px: &[f64],
) -> Result<Strongest, EngineError> {
    let nothing = engine.upload_raster(&Raster::filled(plane.size(), 0.0))?;
    let mut out = Strongest::above(engine, plane.size(), 0.0)?;
    for &sigma in sigmas_px {
        let blur = (sigma * sigma - DIFFERENCE_VARIANCE).max(0.04).sqrt();
        let smooth = Masked::new(engine, mask, blur)?.apply_or(engine, plane, &nothing, LEAST_WEIGHT)?;
        let (larger, smaller) = principal_curvatures(engine, &smooth)?;
        out.take(engine, Structure::Ridge, (&larger, &smaller), sigma, sigma)?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes, random_mask};

    /// Of the largest value: second differences of a Gaussian made narrower by what they add, against
    /// derivatives of the Gaussian.
    const SATO_TOLERANCE: f64 = 0.005;

    #[test]
    fn scikit_image_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/ridges.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let mask = engine.upload_raster(&Raster::filled(fixture.size(), 1.0)).unwrap();
        let found = ridges(engine, &plane, &mask, &floats(&fixture["sigmas"])).unwrap();
        let expected = floats(&fixture["strength"]);
        let largest = expected.iter().copied().fold(0.0, f64::max);
        assert!(largest > 0.2);
        let found = engine.download(&found.strength).unwrap();
        let compared = assert_near(&found, &expected, SATO_TOLERANCE * largest, "sato");
        assert_eq!(compared, fixture.size().area());
    }

    #[test]
    fn a_line_is_strongest_at_the_scale_that_fits_it() {
        // A Gaussian profile of s smoothed by σ: σ²·s/(s² + σ²)^1.5, largest at σ = √2·s.
        let engine = cpu();
        let size = Size::new(101, 101);
        let s = 2.5f32;
        let line = Raster::from_fn(size, |_, y| (-0.5 * ((y as f32 - 50.0) / s).powi(2)).exp());
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        let sigmas: Vec<f64> = (0..40).map(|k| 1.5 * 1.05f64.powi(k)).collect();
        let found = ridges(engine, &engine.upload_raster(&line).unwrap(), &mask, &sigmas).unwrap();
        let sigma = engine.download_raster(&found.scale).unwrap().at(50, 50);
        let strength = engine.download_raster(&found.strength).unwrap().at(50, 50);
        assert!((sigma / (2.0f32.sqrt() * s) - 1.0).abs() < 0.05, "{sigma}");
        assert!((strength / (2.0 / 3.0f32.powf(1.5)) - 1.0).abs() < 0.01, "{strength}");
    }

    #[test]
    fn the_rim_of_a_mask_is_no_ridge() {
        let engine = cpu();
        let size = Size::new(60, 60);
        let plane = Raster::from_fn(size, |x, _| if x < 30 { 1.0 } else { -3.0 });
        let mask = Raster::from_fn(size, |x, _| f32::from(x < 30));
        let mask = engine.upload_raster(&mask).unwrap();
        let found = ridges(engine, &engine.upload_raster(&plane).unwrap(), &mask, &[1.5, 3.0]).unwrap();
        let found = engine.download_raster(&found.strength).unwrap();
        // Away from the border of the plane, up to the last pixel of the mask.
        assert!((15..45).all(|y| (15..30).all(|x| found.at(x, y) < 1e-3)), "{}", found.at(29, 30));
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_parity(1e-4, |engine| {
                let plane = engine.upload_raster(&noise(size, 1))?;
                let mask = engine.upload_raster(&random_mask(size, 2, 0.9))?;
                engine.download(&ridges(engine, &plane, &mask, &[1.0, 2.0, 4.0])?.strength)
            });
        }
    }
}
