//! The photographs of a refused pair, not aligned: a page shows what was refused.

use image::{Rgb, RgbImage};

use super::super::veil::Veil;
use crate::geometry::Size;
use crate::photo::Photo;
use crate::raster::Raster;
use crate::report::pictures::{Picture, Side, encoded_photo};

/// Longest side, in pixels.
const SIDE: u32 = 800;

/// The first photograph of each visit. One that cannot be encoded is left out: the refusal stands without it.
///
/// Where something must be hidden, eyes are; and all of a photograph on which no face was found although the other shows one, or
/// which has background: no skin is known here to show alone.
pub(super) fn as_they_are(photos: &[&Photo], veils: &[Veil]) -> Vec<Picture> {
    let a_face = veils.iter().any(Veil::knows_eyes);
    let shown = |(i, side): (usize, Side)| {
        let photo = photos.get(i)?;
        let extent = [photo.size.width, photo.size.height].map(f64::from);
        let mut image = small(photo);
        if let Some(veil) = veils.get(i) {
            image = veiled(&image, veil, f64::from(image.width()) / extent[0], a_face);
        }
        encoded_photo(&image, side, extent).ok()
    };
    [(0, Side::Before), (1, Side::After)].into_iter().filter_map(shown).collect()
}

/// The picture with what must be hidden hidden.
fn veiled(image: &RgbImage, veil: &Veil, scale: f64, a_face: bool) -> RgbImage {
    let size = Size::new(image.width(), image.height());
    let all = veil.hides_all_but_skin() || a_face && !veil.knows_eyes();
    let over = if all { Veil::all(size) } else { veil.on(size, scale) };
    let channel = |c: usize| over.over(&Raster::from_fn(size, |x, y| f32::from(image.get_pixel(x, y)[c])));
    let rgb = [channel(0), channel(1), channel(2)];
    RgbImage::from_fn(size.width, size.height, |x, y| Rgb([0, 1, 2].map(|c| rgb[c].at(x, y).round() as u8)))
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
