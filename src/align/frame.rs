//! Both views in one frame: the after-view carried onto the before-view's pixels, both
//! band-passed, with the skin they have in common.

use rayon::prelude::*;

use crate::align::filter::{band, gaussian};
use crate::geometry::Homography;
use crate::ops::warp::keys;
use crate::raster::Raster;

/// The band of skin detail that is compared, σ in pixels of a one-megapixel view: from above the
/// noise and JPEG blocks to below shading and the large forms of a face, which all faces share.
const FINE_SIGMA_PX: f64 = 1.2;
const WIDE_SIGMA_PX: f64 = 5.0;
/// Values beyond this many robust SD are cut: a few lashes must not outvote the skin.
const CUT_SD: f32 = 3.0;

/// Two aligned bands.
pub(super) struct Common {
    pub before: Raster,
    pub after: Raster,
    /// 1 where both views show skin.
    pub mask: Raster,
}

/// The after-view on the before-view's pixels.
pub(super) struct Carried {
    pub density: Raster,
    /// 1 where both views show skin.
    pub mask: Raster,
}

/// Carries the after-view over a plane map; `before` and `after` are filled densities.
pub(super) fn common(
    [before, before_mask]: [&Raster; 2],
    after: [&Raster; 2],
    after_from_before: &Homography,
    scale: f64,
) -> Common {
    let map = |x, y| after_from_before.apply(x, y);
    banded(before, carried(before, before_mask, after, scale, map))
}

/// Carries the after-view over any map from before to after.
pub(super) fn carried(
    before: &Raster,
    before_mask: &Raster,
    [after, after_mask]: [&Raster; 2],
    scale: f64,
    after_from_before: impl Fn(f64, f64) -> (f64, f64) + Sync,
) -> Carried {
    // A finer after-view is smoothed to the before-view's pixels, or it would alias.
    let smooth = gaussian(after, 0.5 * (scale * scale - 1.0).max(0.0).sqrt());
    let size = before.size();
    let width = size.width as usize;
    let (density, mask): (Vec<f32>, Vec<f32>) = (0..size.area())
        .into_par_iter()
        .map(|k| {
            let (x, y) = ((k % width) as f64 + 0.5, (k / width) as f64 + 0.5);
            let (u, v) = after_from_before(x, y);
            let inside = u >= 1.0
                && v >= 1.0
                && u < f64::from(smooth.size().width) - 1.0
                && v < f64::from(smooth.size().height) - 1.0;
            let skin = inside && before_mask.data()[k] >= 0.5 && after_mask.at(u as u32, v as u32) >= 0.5;
            (
                if inside || u.is_finite() && v.is_finite() { smooth_sample(&smooth, u, v) } else { 0.0 },
                f32::from(skin),
            )
        })
        .unzip();
    Carried { density: Raster::from_vec(size, density), mask: Raster::from_vec(size, mask) }
}

/// The bands of both.
pub(super) fn banded(before: &Raster, after: Carried) -> Common {
    let mask = after.mask;
    let mut after = band(&after.density, FINE_SIGMA_PX, WIDE_SIGMA_PX);
    let mut before = band(before, FINE_SIGMA_PX, WIDE_SIGMA_PX);
    cut(&mut before, &mask);
    cut(&mut after, &mask);
    Common { before, after, mask }
}

/// As [`crate::ops::warp::warp_cubic`], at one place in full precision.
pub(super) fn smooth_sample(plane: &Raster, x: f64, y: f64) -> f32 {
    let (w, h) = (i64::from(plane.size().width), i64::from(plane.size().height));
    let (fx, fy) = (x - 0.5, y - 0.5);
    let (x0, y0) = (fx.floor(), fy.floor());
    let (wx, wy) = (keys((fx - x0) as f32), keys((fy - y0) as f32));
    let mut sum = 0.0;
    for (r, weight) in wy.into_iter().enumerate() {
        let row = plane.row((y0 as i64 + r as i64 - 1).clamp(0, h - 1) as u32);
        let line: f32 =
            (0..4).map(|c| wx[c] * row[(x0 as i64 + c as i64 - 1).clamp(0, w - 1) as usize]).sum();
        sum += weight * line;
    }
    sum
}

fn cut(plane: &mut Raster, mask: &Raster) {
    let mut sizes: Vec<f32> =
        plane.data().iter().zip(mask.data()).filter(|(_, m)| **m > 0.0).map(|(v, _)| v.abs()).collect();
    if sizes.is_empty() {
        return;
    }
    let middle = sizes.len() / 2;
    let (_, median, _) = sizes.select_nth_unstable_by(middle, f32::total_cmp);
    let limit = CUT_SD * 1.4826 * *median;
    plane.data_mut().iter_mut().for_each(|v| *v = v.clamp(-limit, limit));
}

/// Normalized cross-correlation over the mask with `after` read `shift` pixels away, every
/// `stride`-th row and column; 0 where nothing is common or a side is flat.
pub(super) fn ncc(common: &Common, shift: (i32, i32), stride: usize) -> f64 {
    let size = common.mask.size();
    let rows: Vec<[f64; 6]> = (0..size.height as usize)
        .into_par_iter()
        .step_by(stride)
        .map(|y| {
            let mut s = [0.0; 6];
            let v = y as i64 + i64::from(shift.1);
            if !(0..i64::from(size.height)).contains(&v) {
                return s;
            }
            for x in (0..size.width as usize).step_by(stride) {
                let u = x as i64 + i64::from(shift.0);
                if !(0..i64::from(size.width)).contains(&u)
                    || common.mask.at(x as u32, y as u32) == 0.0
                    || common.mask.at(u as u32, v as u32) == 0.0
                {
                    continue;
                }
                let a = f64::from(common.before.at(x as u32, y as u32));
                let b = f64::from(common.after.at(u as u32, v as u32));
                for (sum, value) in s.iter_mut().zip([1.0, a, b, a * a, b * b, a * b]) {
                    *sum += value;
                }
            }
            s
        })
        .collect();
    let mut s = [0.0; 6];
    rows.iter().for_each(|r| s.iter_mut().zip(r).for_each(|(sum, v)| *sum += v));
    let [n, a, b, aa, bb, ab] = s;
    if n < 100.0 {
        return 0.0;
    }
    let (va, vb) = (aa - a * a / n, bb - b * b / n);
    if va <= 1e-12 * n || vb <= 1e-12 * n { 0.0 } else { (ab - a * b / n) / (va * vb).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::testing::noise;

    #[test]
    fn correlation_is_one_with_itself_in_other_light_and_none_when_shifted() {
        let size = Size::new(120, 90);
        let before = gaussian(&noise(size, 1), 2.0);
        let common = Common {
            after: before.map(|v| 3.0 * v + 2.0),
            before,
            mask: Raster::from_fn(size, |x, _| f32::from(x > 10)),
        };
        assert!((ncc(&common, (0, 0), 1) - 1.0).abs() < 1e-6);
        assert!(ncc(&common, (15, 0), 1).abs() < 0.25);
        let flat = Common { after: Raster::filled(size, 1.0), ..common };
        assert_eq!(ncc(&flat, (0, 0), 1), 0.0);
    }
}
