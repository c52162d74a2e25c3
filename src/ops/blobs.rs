//! Blobs: the peaks of [`super::strongest`] on blobs.
//!
//! A blob is read off −σ²∇²G (Lindeberg 1998, doi:10.1023/A:1008045108935): on a disc it is
//! strongest, over the disc's center, at σ = D / 2√2.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::strongest::Strongest;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};

/// `shaders/blobs.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "blobs", source: include_str!("../../shaders/blobs.wgsl") };

/// Variance that second differences add to a plane, in pixels squared: a difference of 1, −2, 1 passes
/// a wave k as k²(1 − k²/12) where the derivative passes k², along both axes and averaged over all
/// directions as k²(1 − k²/16).
const DIFFERENCE_VARIANCE: f64 = 0.125;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    reach: u32,
    least: f32,
}

/// σ whose Laplacian answers most to a disc of this diameter.
pub fn sigma_of_disc(diameter: f64) -> f64 {
    diameter / 8f64.sqrt()
}

/// σ to smooth with before second differences, so that they are those at `sigma_px`.
pub fn smoothing_for(sigma_px: f64) -> f64 {
    (sigma_px * sigma_px - DIFFERENCE_VARIANCE).max(0.0).sqrt()
}

/// 1 on the pixels of `mask` whose strength is at least `least` and the largest within their own
/// diameter, which is what their scale is called; of equals, the first. `most_px` is the largest diameter there is.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn peaks(
    engine: &Engine,
    found: &Strongest,
    mask: &Plane,
    least: f32,
    most_px: f64,
) -> Result<Plane, EngineError> {
    let size = mask.size();
    let params = Params { width: size.width, height: size.height, reach: most_px.ceil() as u32, least };
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => peaks_twin(&params, found, mask.host(), output.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "peaks")
                .params(&params)
                .bind(1, &found.strength)
                .bind(2, &found.scale)
                .bind(3, mask)
                .bind(4, &output)
                .over(size),
        )?,
    }
    Ok(output)
}

fn peaks_twin(p: &Params, found: &Strongest, mask: &[f32], output: &mut [f32]) {
    let (strength, diameters) = (found.strength.host(), found.scale.host());
    let (width, height) = (p.width as i32, p.height as i32);
    output.par_chunks_mut(p.width as usize).enumerate().for_each(|(y, output)| {
        let y = y as i32;
        for (x, output) in (0..width).zip(output) {
            let i = (y * width + x) as usize;
            let here = strength[i];
            *output = 0.0;
            if mask[i] < 0.5 || here < p.least {
                continue;
            }
            let radius = diameters[i].min(p.reach as f32);
            let reach = radius as i32;
            let beaten = (-reach..=reach).any(|dy| {
                (-reach..=reach).any(|dx| {
                    let (u, v) = (x + dx, y + dy);
                    let outside = u < 0 || v < 0 || u >= width || v >= height;
                    if outside || (dx * dx + dy * dy) as f32 > radius * radius {
                        return false;
                    }
                    let j = (v * width + u) as usize;
                    // Of equals the first is the peak.
                    strength[j] > here || (strength[j] == here && j < i)
                })
            });
            *output = f32::from(!beaten);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::fixture::{Fixture, floats};
    use crate::ops::gaussian::gaussian;
    use crate::ops::hessian::principal_curvatures;
    use crate::ops::strongest::Structure;
    use crate::ops::testing::{assert_same, cpu, noise, odd_sizes, random_mask};
    use crate::raster::Raster;

    fn at_scale(engine: &Engine, plane: &Plane, diameter: f64) -> (Plane, Plane) {
        let smooth = gaussian(engine, plane, smoothing_for(sigma_of_disc(diameter))).unwrap();
        principal_curvatures(engine, &smooth).unwrap()
    }

    fn over_scales(engine: &Engine, plane: &Plane, diameters: &[f64]) -> Strongest {
        let mut found = Strongest::above(engine, plane.size(), f32::MIN).unwrap();
        for &diameter in diameters {
            let (larger, smaller) = at_scale(engine, plane, diameter);
            let sigma = sigma_of_disc(diameter);
            found.take(engine, Structure::Blob, (&larger, &smaller), sigma, diameter).unwrap();
        }
        found
    }

    /// A disc with edges of one pixel.
    fn disc(size: Size, center: (f32, f32), diameter: f32, height: f32) -> Raster {
        Raster::from_fn(size, |x, y| {
            let r = f32::hypot(x as f32 - center.0, y as f32 - center.1);
            height * (0.5 * diameter - r + 0.5).clamp(0.0, 1.0)
        })
    }

    /// scipy.ndimage.gaussian_laplace samples the derivative of a continuous Gaussian.
    #[test]
    fn the_laplacian_is_scipys() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/blobs.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let mut compared = 0;
        for case in fixture.cases() {
            let sigma = case["sigma"].as_f64().unwrap();
            let found = over_scales(engine, &plane, &[sigma * 8f64.sqrt()]);
            let found = engine.download(&found.strength).unwrap();
            let expected = floats(&case["strength"]);
            let scale = expected.iter().fold(0.0, |most: f64, v| most.max(v.abs()));
            let (width, height) = (fixture.size().width as usize, fixture.size().height as usize);
            // Beyond the border the filter has zeros and the differences repeat a pixel.
            for y in 1..height - 1 {
                for x in 1..width - 1 {
                    let (found, expected) = (f64::from(found[y * width + x]), expected[y * width + x]);
                    let tolerance = case["tolerance"].as_f64().unwrap() * scale;
                    assert!(
                        (found - expected).abs() <= tolerance,
                        "σ {sigma} at {x},{y}: {found}, {expected}"
                    );
                    compared += 1;
                }
            }
        }
        assert!(compared > 2000, "{compared}");
    }

    #[test]
    fn a_disc_is_strongest_at_its_own_scale() {
        let engine = cpu();
        for diameter in [4.0, 5.5, 8.0, 13.0] {
            let plane = disc(Size::new(81, 81), (40.0, 40.0), diameter, 0.3);
            let plane = engine.upload_raster(&plane).unwrap();
            let scales: Vec<f64> =
                (-40..=40).map(|k| f64::from(diameter) * (f64::from(k) * 0.005).exp()).collect();
            let found = over_scales(engine, &plane, &scales);
            let strength = engine.download_raster(&found.strength).unwrap().at(40, 40);
            let found = engine.download_raster(&found.scale).unwrap().at(40, 40);
            assert!((found / diameter - 1.0).abs() < 0.02, "{found}, expected {diameter}");
            // 2/e of its height, less what edges of a pixel take from the smallest.
            let expected = 0.3 * 2.0 / std::f32::consts::E;
            assert!((strength / expected - 1.0).abs() < 0.06, "{strength}, expected {expected}");
        }
    }

    #[test]
    fn peaks_are_farther_apart_than_they_are_wide() {
        // Discs 6 wide, falling in height; the fourth is 4 from the third, and is lost to it.
        let size = Size::new(90, 31);
        let discs = [(20.0, 0.4), (32.0, 0.35), (42.0, 0.3), (46.0, 0.2), (70.0, 0.1)];
        let mut plane = Raster::filled(size, 0.0f32);
        for (x, height) in discs {
            let one = disc(size, (x, 15.0), 6.0, height);
            plane = Raster::from_fn(size, |u, v| plane.at(u, v).max(one.at(u, v)));
        }
        let engine = cpu();
        let plane = engine.upload_raster(&plane).unwrap();
        let found = over_scales(engine, &plane, &[6.0]);
        let mask = engine.upload_raster(&Raster::from_fn(size, |x, _| f32::from(x < 85))).unwrap();
        let places = |least: f32| -> Vec<u32> {
            let found = engine.download_raster(&peaks(engine, &found, &mask, least, 6.0).unwrap()).unwrap();
            (0..size.width).filter(|&x| (0..size.height).any(|y| found.at(x, y) > 0.5)).collect()
        };
        assert_eq!(places(0.05).len(), 4, "{:?}", places(0.05));
        assert_eq!(places(0.12).len(), 3, "the threshold takes the faint one");
        let nothing = engine.upload_raster(&Raster::filled(size, 0.0)).unwrap();
        assert!(
            engine
                .download(&peaks(engine, &found, &nothing, 0.05, 6.0).unwrap())
                .unwrap()
                .iter()
                .all(|&v| v == 0.0)
        );
    }

    #[test]
    fn of_equal_pixels_the_first_is_the_peak() {
        let engine = cpu();
        let size = Size::new(30, 20);
        let all = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        let flat = |value| engine.upload_raster(&Raster::filled(size, value)).unwrap();
        let found = Strongest { strength: flat(0.5), scale: flat(3.0) };
        let peaks = engine.download(&peaks(engine, &found, &all, 0.1, 3.0).unwrap()).unwrap();
        assert_eq!(peaks.iter().position(|&v| v > 0.5), Some(0));
        assert_eq!(peaks.iter().filter(|&&v| v > 0.5).count(), 1);
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_same(|engine| {
                let strength = engine.upload_raster(&noise(size, 7))?;
                let scale = engine.upload_raster(&noise(size, 8).map(|v| 4.0 + 3.0 * v))?;
                let mask = engine.upload_raster(&random_mask(size, 9, 0.8))?;
                engine.download(&peaks(engine, &Strongest { strength, scale }, &mask, 0.2, 7.0)?)
            });
        }
    }
}
