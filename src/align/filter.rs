//! Smoothing of host rasters: what registration needs of filters, no more.

use rayon::prelude::*;

use crate::geometry::Size;
use crate::raster::Raster;

/// Taps reach this many σ.
const REACH: f64 = 3.0;

/// Weight of the overall mean in [`filled`], against 1 for a full neighborhood: it takes over only
/// where no skin is near.
const MEAN_WEIGHT: f32 = 1e-3;

/// σ of the extension of skin over its rim, in pixels.
const FILL_SIGMA_PX: f64 = 8.0;

/// Gaussian smoothing, edges repeated.
pub(super) fn gaussian(source: &Raster, sigma_px: f64) -> Raster {
    if sigma_px < 0.15 {
        return source.clone();
    }
    let taps = taps(sigma_px);
    let radius = taps.len() / 2;
    let size = source.size();
    let (width, height) = (size.width as usize, size.height as usize);
    let mut across = Raster::filled(size, 0.0);
    across.data_mut().par_chunks_mut(width).enumerate().for_each(|(y, out)| {
        let line = source.row(y as u32);
        let mut padded = vec![line[0]; width + 2 * radius];
        padded[radius..radius + width].copy_from_slice(line);
        padded[radius + width..].fill(line[width - 1]);
        for (k, &tap) in taps.iter().enumerate() {
            add_scaled(out, &padded[k..k + width], tap);
        }
    });
    let mut out = Raster::filled(size, 0.0);
    out.data_mut().par_chunks_mut(width).enumerate().for_each(|(y, line)| {
        for (k, &tap) in taps.iter().enumerate() {
            let row = (y + k).saturating_sub(radius).min(height - 1);
            add_scaled(line, across.row(row as u32), tap);
        }
    });
    out
}

fn taps(sigma_px: f64) -> Vec<f32> {
    let radius = (REACH * sigma_px).ceil().max(1.0) as i64;
    let raw: Vec<f64> = (-radius..=radius).map(|k| (-0.5 * (k as f64 / sigma_px).powi(2)).exp()).collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|v| (v / sum) as f32).collect()
}

fn add_scaled(out: &mut [f32], source: &[f32], factor: f32) {
    for (o, s) in out.iter_mut().zip(source) {
        *o += factor * s;
    }
}

/// Every pixel the mean of a 2×2 block; an odd last row or column is dropped.
pub(super) fn halved(source: &Raster) -> Raster {
    let size = source.size();
    let half = Size::new((size.width / 2).max(1), (size.height / 2).max(1));
    let mut out = Raster::filled(half, 0.0);
    out.data_mut().par_chunks_mut(half.width as usize).enumerate().for_each(|(y, line)| {
        let rows = [2 * y, (2 * y + 1).min(size.height as usize - 1)].map(|row| source.row(row as u32));
        for (x, value) in line.iter_mut().enumerate() {
            let next = (2 * x + 1).min(size.width as usize - 1);
            *value = 0.25 * (rows[0][2 * x] + rows[0][next] + rows[1][2 * x] + rows[1][next]);
        }
    });
    out
}

/// Twice the width and height, bilinear.
pub(super) fn doubled(source: &Raster) -> Raster {
    let size = Size::new(2 * source.size().width, 2 * source.size().height);
    let mut out = Raster::filled(size, 0.0);
    out.data_mut().par_chunks_mut(size.width as usize).enumerate().for_each(|(y, line)| {
        for (x, value) in line.iter_mut().enumerate() {
            *value = source.sample((x as f64 + 0.5) / 2.0, (y as f64 + 0.5) / 2.0);
        }
    });
    out
}

/// `source` less its Gaussian of a wide σ, which is computed at a quarter of the resolution.
pub(super) fn without_background(source: &Raster, sigma_px: f64) -> Raster {
    let coarse = gaussian(&halved(&halved(source)), sigma_px / 4.0);
    let size = source.size();
    let mut out = source.clone();
    out.data_mut().par_chunks_mut(size.width as usize).enumerate().for_each(|(y, line)| {
        for (x, value) in line.iter_mut().enumerate() {
            *value -= coarse.sample((x as f64 + 0.5) / 4.0, (y as f64 + 0.5) / 4.0);
        }
    });
    out
}

/// `values` on the mask and, beyond its rim, their smooth extension: the rim is then no edge that
/// could be taken for a feature of the skin. Values that are no number count as outside.
pub(super) fn filled(values: &Raster, mask: &Raster) -> Raster {
    let size = values.size();
    let weight = Raster::from_vec(
        size,
        values.data().iter().zip(mask.data()).map(|(v, &m)| f32::from(m >= 0.5 && v.is_finite())).collect(),
    );
    let weighted = Raster::from_vec(
        size,
        values.data().iter().zip(weight.data()).map(|(&v, &w)| if w > 0.0 { v } else { 0.0 }).collect(),
    );
    let count: f64 = weight.data().iter().map(|&w| f64::from(w)).sum();
    let sum: f64 = weighted.data().iter().map(|&v| f64::from(v)).sum();
    if count == size.area() as f64 {
        return weighted;
    }
    let mean = if count > 0.0 { (sum / count) as f32 } else { 0.0 };
    let (near, near_weight) = (gaussian(&weighted, FILL_SIGMA_PX), gaussian(&weight, FILL_SIGMA_PX));
    let mut out = weighted;
    for (k, value) in out.data_mut().iter_mut().enumerate() {
        if weight.data()[k] == 0.0 {
            *value = (near.data()[k] + MEAN_WEIGHT * mean) / (near_weight.data()[k] + MEAN_WEIGHT);
        }
    }
    out
}

/// Detail between two Gaussians.
pub(super) fn band(source: &Raster, fine_sigma_px: f64, wide_sigma_px: f64) -> Raster {
    let mut fine = gaussian(source, fine_sigma_px);
    let wide = gaussian(source, wide_sigma_px);
    fine.data_mut().iter_mut().zip(wide.data()).for_each(|(f, w)| *f -= w);
    fine
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gaussian_keeps_the_mean_and_has_the_variance_of_its_sigma() {
        let mut impulse = Raster::filled(Size::new(61, 61), 0.0);
        impulse.set(30, 30, 1.0);
        let out = gaussian(&impulse, 4.0);
        let moment = |power: i32| -> f64 {
            (0..61u32)
                .flat_map(|y| (0..61u32).map(move |x| (x, y)))
                .map(|(x, y)| f64::from(out.at(x, y)) * (f64::from(x) - 30.0).powi(power))
                .sum()
        };
        assert!((moment(0) - 1.0).abs() < 1e-5);
        // Taps end at 3σ, which takes 3 % of the variance.
        assert!((moment(2) / 16.0 - 0.975).abs() < 0.02, "{}", moment(2));
    }

    #[test]
    fn a_step_at_the_rim_of_the_mask_leaves_nothing_in_the_band() {
        let size = Size::new(80, 60);
        let values = Raster::from_fn(size, |x, _| if x < 40 { 1.0 } else { 7.0 });
        let mask = Raster::from_fn(size, |x, _| f32::from(x < 40));
        let worst = |r: &Raster| r.data().iter().fold(0.0f32, |a, v| a.max(v.abs()));
        assert!(worst(&band(&values, 1.0, 4.0)) > 1.0);
        assert!(worst(&band(&filled(&values, &mask), 1.0, 4.0)) < 1e-3);
    }

    #[test]
    fn a_plane_of_no_numbers_outside_the_mask_fills_with_the_mean() {
        let size = Size::new(20, 20);
        let values = Raster::from_fn(size, |x, _| if x == 3 { f32::NAN } else { 2.0 });
        let out = filled(&values, &Raster::filled(size, 1.0));
        assert!(out.data().iter().all(|v| (v - 2.0).abs() < 1e-4));
    }
}
