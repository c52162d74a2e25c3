//! One panel: a photograph, or a map over a dimmed photograph.

use image::{Rgb, RgbImage};

use super::colors::{NOTHING, Ramp, color_at, srgb_from_linear};
use super::range::Range;
use crate::raster::Raster;

/// Light that a dimmed photograph keeps.
const DIMMED: f32 = 0.3;

fn paint(rgb: &[Raster; 3], mut color: impl FnMut(u32, u32, [f32; 3]) -> Rgb<u8>) -> RgbImage {
    let size = rgb[0].size();
    RgbImage::from_fn(size.width, size.height, |x, y| color(x, y, [0, 1, 2].map(|c| rgb[c].at(x, y))))
}

/// Whether a warped photograph shows nothing here.
fn is_nothing(linear: [f32; 3]) -> bool {
    linear == [0.0; 3]
}

/// The photograph as it is.
pub(super) fn photo(rgb: &[Raster; 3]) -> RgbImage {
    paint(rgb, |_, _, linear| if is_nothing(linear) { NOTHING } else { Rgb(linear.map(srgb_from_linear)) })
}

/// `map` where the mask holds and the photograph shows something, NaN elsewhere.
pub(super) fn masked(map: &Raster, mask: &Raster, rgb: &[Raster; 3]) -> Raster {
    Raster::from_fn(map.size(), |x, y| {
        let shown = !is_nothing([0, 1, 2].map(|c| rgb[c].at(x, y)));
        if mask.at(x, y) > 0.5 && shown { map.at(x, y) } else { f32::NAN }
    })
}

/// After − before.
pub(super) fn difference(before: &Raster, after: &Raster) -> Raster {
    let values = after.data().iter().zip(before.data()).map(|(a, b)| a - b);
    Raster::from_vec(before.size(), values.collect())
}

/// Finite values in color; elsewhere the photograph, gray and dimmed.
pub(super) fn map(map: &Raster, rgb: &[Raster; 3], ramp: Ramp, range: Option<Range>) -> RgbImage {
    paint(rgb, |x, y, linear| {
        let value = f64::from(map.at(x, y));
        match range {
            Some(range) if value.is_finite() => color_at(ramp, range.place(value)),
            _ if is_nothing(linear) => NOTHING,
            _ => {
                let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
                Rgb([srgb_from_linear(DIMMED * luminance); 3])
            }
        }
    })
}
