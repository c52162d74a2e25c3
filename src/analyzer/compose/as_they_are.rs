//! The photographs of a refused pair, not aligned: a page shows what was refused.

use image::{Rgb, RgbImage};

use crate::photo::Photo;
use crate::report::pictures::{Picture, Side, encoded_photo};

/// Longest side, in pixels.
const SIDE: u32 = 800;

/// The first photograph of each visit. One that cannot be encoded is left out: the refusal stands without it.
pub(super) fn as_they_are(photos: &[&Photo]) -> Vec<Picture> {
    let shown = |(photo, side): (&&Photo, Side)| {
        let extent = [photo.size.width, photo.size.height].map(f64::from);
        encoded_photo(&small(photo), side, extent).ok()
    };
    photos.iter().zip([Side::Before, Side::After]).filter_map(shown).collect()
}

/// Means of square cells.
fn small(photo: &Photo) -> RgbImage {
    let size = photo.size;
    let factor = size.width.max(size.height).div_ceil(SIDE).max(1);
    let (width, height) = ((size.width / factor).max(1), (size.height / factor).max(1));
    RgbImage::from_fn(width, height, |x, y| {
        let mut sum = [0.0f32; 3];
        let mut count = 0.0;
        for v in factor * y..(factor * (y + 1)).min(size.height) {
            for u in factor * x..(factor * (x + 1)).min(size.width) {
                let rgb = photo.pixels.rgb(v as usize * size.width as usize + u as usize);
                sum = std::array::from_fn(|c| sum[c] + rgb[c]);
                count += 1.0;
            }
        }
        Rgb(sum.map(|channel| (255.0 * channel / count).round() as u8))
    })
}
