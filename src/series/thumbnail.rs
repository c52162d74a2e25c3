//! Small pictures of visits, read back from the pages that show them large: a visit that is kept from an earlier run has no other.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, resize};

/// Longest side, in pixels.
const SIDE: u32 = 560;
const JPEG_QUALITY: u8 = 80;

/// A photograph of a page, small, as `data:image/jpeg;…` and its size. Pixels alone are encoded again: nothing else goes along.
/// `None` where it is no picture.
pub(super) fn small(jpeg: &[u8]) -> Option<(String, [u32; 2])> {
    let image = image::load_from_memory_with_format(jpeg, image::ImageFormat::Jpeg).ok()?.into_rgb8();
    let (width, height) = image.dimensions();
    let factor = (f64::from(SIDE) / f64::from(width.max(height))).min(1.0);
    let [w, h] = [width, height].map(|side| ((f64::from(side) * factor).round() as u32).max(1));
    let image = if factor < 1.0 { resize(&image, w, h, FilterType::CatmullRom) } else { image };
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(&image).ok()?;
    Some((format!("data:image/jpeg;base64,{}", STANDARD.encode(bytes)), [w, h]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_picture_becomes_small_and_another_file_none() {
        let image = image::RgbImage::from_pixel(1400, 700, image::Rgb([200, 150, 130]));
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, 90).encode_image(&image).unwrap();
        let (data, size) = small(&jpeg).unwrap();
        assert_eq!(size, [560, 280]);
        let bytes = STANDARD.decode(data.strip_prefix("data:image/jpeg;base64,").unwrap()).unwrap();
        assert_eq!(image::load_from_memory(&bytes).unwrap().width(), 560);
        assert!(small(b"no picture").is_none());
    }
}
