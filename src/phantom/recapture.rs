//! A virtual second capture of a photograph that exists: what re-taking a picture does to it when
//! nothing on the skin has changed.

use super::blur::gaussian_blur;
use super::error::{PhantomError, require};
use super::photo::{Rgb8, SensorNoise, expose, linear_of_code};
use super::pose::Recapture;
use crate::geometry::{Homography, Size};
use crate::raster::Raster;
use rayon::prelude::*;

/// Takes `photo` again and returns it with the map `after_from_before`.
///
/// In linear light: resampled by a cubic, blurred, multiplied, given sensor noise on top of the
/// photograph's own, encoded, and sent through JPEG where `recapture` says so. What comes into view
/// from beyond the border is the photograph mirrored. Lamps cannot be moved in a photograph: the
/// light changes of `recapture` must be 0.
///
/// # Errors
/// A parameter out of range.
pub fn recapture_photo(
    photo: &Rgb8,
    px_per_mm: f64,
    recapture: &Recapture,
    noise: &SensorNoise,
) -> Result<(Rgb8, Homography), PhantomError> {
    require("px_per_mm", px_per_mm, 0.1..=500.0, "0.1 to 500")?;
    recapture.check()?;
    noise.check()?;
    let moved_light = recapture.light_azimuth_change_deg.abs() + recapture.light_elevation_change_deg.abs();
    require("light change of an existing photograph", moved_light, 0.0..=0.0, "0")?;
    let size = photo.size();
    let after_from_before = recapture.after_from_before(size, px_per_mm);
    let before_from_after = after_from_before.inverse().unwrap_or(Homography::IDENTITY);
    let sigma_px = recapture.focus_sigma_mm * px_per_mm * recapture.scale;
    let decode = linear_of_code();
    let planes: [Raster<f32>; 3] = std::array::from_fn(|channel| {
        let linear: Vec<f32> =
            photo.bytes().par_iter().skip(channel).step_by(3).map(|&code| decode[code as usize]).collect();
        let mut plane = resampled(size, &linear, &before_from_after);
        gaussian_blur(&mut plane, sigma_px);
        plane
    });
    let gains = recapture.channel_gains.map(|g| g * recapture.exposure_ev.exp2());
    let linear = [planes[0].data(), planes[1].data(), planes[2].data()];
    let mut after = expose(size, linear, gains, noise, recapture.noise_seed);
    if let Some(quality) = recapture.jpeg_quality {
        after = after.through_jpeg(quality)?;
    }
    Ok((after, after_from_before))
}

/// Values at the places that `source_from_target` names, by cubic convolution (Keys 1981,
/// doi:10.1109/TASSP.1981.1163711, a = −1/2).
fn resampled(size: Size, source: &[f32], source_from_target: &Homography) -> Raster<f32> {
    let width = size.width as usize;
    let mut out = Raster::filled(size, 0.0);
    out.data_mut().par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for (x, value) in row.iter_mut().enumerate() {
            let (u, v) = source_from_target.apply(x as f64 + 0.5, y as f64 + 0.5);
            let (u, v) = (u - 0.5, v - 0.5);
            let (column, row) = (u.floor(), v.floor());
            let (wx, wy) = (cubic_weights((u - column) as f32), cubic_weights((v - row) as f32));
            let columns: [usize; 4] = std::array::from_fn(|k| mirrored(column as i64 + k as i64 - 1, width));
            let mut sum = 0.0;
            for (k, weight) in wy.into_iter().enumerate() {
                let line =
                    &source[mirrored(row as i64 + k as i64 - 1, size.height as usize) * width..][..width];
                sum += weight * (0..4).map(|c| wx[c] * line[columns[c]]).sum::<f32>();
            }
            *value = sum.max(0.0);
        }
    });
    out
}

fn cubic_weights(t: f32) -> [f32; 4] {
    let near = |d: f32| (1.5 * d - 2.5) * d * d + 1.0;
    let far = |d: f32| ((-0.5 * d + 2.5) * d - 4.0) * d + 2.0;
    [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)]
}

/// Index of an endless row of mirror images.
fn mirrored(k: i64, n: usize) -> usize {
    let n = n as i64;
    let k = k.rem_euclid(2 * n);
    (if k < n { k } else { 2 * n - 1 - k }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cubic_reproduces_a_parabola_and_repeats_mirror_images() {
        let size = Size::new(40, 30);
        let value = |x: f64, y: f64| 2.0 + 0.1 * x + 0.02 * x * x + 0.3 * y - 0.01 * x * y + 0.005 * y * y;
        let source: Vec<f32> =
            (0..size.area()).map(|k| value((k % 40) as f64, (k / 40) as f64) as f32).collect();
        let shifted = Homography([[1.0, 0.0, 0.3], [0.0, 1.0, -0.6], [0.0, 0.0, 1.0]]);
        let out = resampled(size, &source, &shifted);
        for (x, y) in [(5, 5), (20, 11), (33, 24)] {
            let expected = value(f64::from(x) + 0.3, f64::from(y) - 0.6);
            assert!((f64::from(out.at(x, y)) - expected).abs() < 1e-4, "{} against {expected}", out.at(x, y));
        }
        let indices: Vec<usize> = (-3..7).map(|k| mirrored(k, 4)).collect();
        assert_eq!(indices, [2, 1, 0, 0, 1, 2, 3, 3, 2, 1]);
    }
}
