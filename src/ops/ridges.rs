//! Ridges of any width: the larger principal curvature of a plane smoothed at several scales, at the
//! scale where it is strongest (Sato et al. 1998, doi:10.1016/S1361-8415(98)80009-1, in two
//! dimensions; the limit on negative second eigenvalues is the one of scikit-image's `sato`). Lines are found with
//! these. Frangi's vessels (1998, doi:10.1007/BFb0056195) are the alternative to compare with: they tell how
//! nearly a place bends across alone, up to a contrast alike for faint and for deep lines, so they say where a line
//! is and not how deep.

use super::hessian::principal_curvatures;
use super::masked::Masked;
use super::quantile::quantiles;
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
#[tracing::instrument(level = "trace", skip_all)]
pub fn ridges(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    sigmas_px: &[f64],
) -> Result<Strongest, EngineError> {
    over_scales(engine, plane, mask, sigmas_px, Structure::Ridge)
}

/// Vessels of high values in `plane` within `mask`, over the scales `sigmas_px`: Frangi's measure, 0 to 1, and the σ where
/// it is largest. `c` is that of a visit before, or half of the largest S there is; it is given back, to be kept for
/// the visits that follow. Nothing bends on an even plane: then all is 0.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn vessels(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    sigmas_px: &[f64],
    c: Option<f32>,
) -> Result<(Strongest, f32), EngineError> {
    let c = match c {
        Some(c) => c,
        None => {
            let bend = over_scales(engine, plane, mask, sigmas_px, Structure::Bend)?;
            let most = quantiles(engine, &bend.strength, mask, &[1.0])?.map_or(0.0, |most| most[0]);
            (0.5 * most).max(f32::MIN_POSITIVE.sqrt())
        }
    };
    Ok((over_scales(engine, plane, mask, sigmas_px, Structure::Vessel { c })?, c))
}

fn over_scales(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    sigmas_px: &[f64],
    structure: Structure,
) -> Result<Strongest, EngineError> {
    let nothing = engine.upload_raster(&Raster::filled(plane.size(), 0.0))?;
    let mut out = Strongest::above(engine, plane.size(), 0.0)?;
    for &sigma in sigmas_px {
        let blur = (sigma * sigma - DIFFERENCE_VARIANCE).max(0.04).sqrt();
        let smooth = Masked::new(engine, mask, blur)?.apply_or(engine, plane, &nothing, LEAST_WEIGHT)?;
        let (larger, smaller) = principal_curvatures(engine, &smooth)?;
        out.take(engine, structure, (&larger, &smaller), sigma, sigma)?;
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

    /// Of its range, 0 to 1: the ratio of curvatures and their size both come off second differences. All but two
    /// pixels are within 0.01.
    const FRANGI_TOLERANCE: f64 = 0.015;

    #[test]
    fn scipy_agrees_with_vessels() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/vessels.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let mask = engine.upload_raster(&Raster::filled(fixture.size(), 1.0)).unwrap();
        let (found, c) = vessels(engine, &plane, &mask, &floats(&fixture["sigmas"]), None).unwrap();
        let expected_c = fixture["c"].as_f64().unwrap();
        assert!((f64::from(c) / expected_c - 1.0).abs() < 0.01, "{c} against {expected_c}");
        let expected = floats(&fixture["strength"]);
        assert!(expected.iter().copied().fold(0.0, f64::max) > 0.5);
        let found = engine.download(&found.strength).unwrap();
        let compared = assert_near(&found, &expected, FRANGI_TOLERANCE, "frangi");
        assert_eq!(compared, fixture.size().area());
    }

    #[test]
    fn a_vessel_is_a_line_and_no_blob_however_faint_by_the_contrast_of_before() {
        let engine = cpu();
        let size = Size::new(61, 61);
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        let at_the_middle = |plane: &Raster<f32>, c: Option<f32>| {
            let plane = engine.upload_raster(plane).unwrap();
            let (found, c) = vessels(engine, &plane, &mask, &[2.0, 3.0], c).unwrap();
            (engine.download_raster(&found.strength).unwrap().at(30, 30), c)
        };
        let gaussian = |squares: f32| (-squares / 12.5).exp();
        let line = Raster::from_fn(size, |_, y| gaussian((y as f32 - 30.0).powi(2)));
        let blob =
            Raster::from_fn(size, |x, y| gaussian((x as f32 - 30.0).powi(2) + (y as f32 - 30.0).powi(2)));
        let (strong, c) = at_the_middle(&line, None);
        assert!((strong - (1.0 - (-2.0f32).exp())).abs() < 0.01, "{strong}");
        // Where both curvatures are alike, what a line shows is down to exp(−2).
        let round = at_the_middle(&blob, None).0;
        assert!((round / strong - (-2.0f32).exp()).abs() < 0.02, "{round}");
        let faint = Raster::from_fn(size, |x, y| 0.3 * line.at(x, y));
        assert!(at_the_middle(&faint, Some(c)).0 < 0.25 * strong);
        let even = Raster::filled(size, 0.5);
        assert_eq!(at_the_middle(&even, None).0, 0.0);
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
                let mut values =
                    engine.download(&ridges(engine, &plane, &mask, &[1.0, 2.0, 4.0])?.strength)?;
                let vessels = vessels(engine, &plane, &mask, &[1.0, 2.0, 4.0], Some(0.5))?.0;
                values.extend(engine.download(&vessels.strength)?);
                Ok(values)
            });
        }
    }
}
