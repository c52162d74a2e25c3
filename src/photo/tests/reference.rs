//! Pixels against what Pillow reads from the same files (numbers by `fixtures/photo/make_photo.py`).

use super::{data_folder, fixture, load_any_size, rgb8};
use crate::geometry::Size;
use crate::photo::{ColorEncoding, Photo, Pixels};

/// Decoders of one JPEG may differ by a step in a pixel, by chance. Measured over a quadrant, in
/// steps of 255: 0.005 without subsampled chroma, 0.035 on photographs of 1350 px, which are smooth.
const JPEG_MEAN_STEPS: f64 = 0.05;
/// zune-jpeg doubles chroma down and then across, by (3a + b + 2) >> 2 each time; where the last two
/// bits are evenly distributed each rounds up by 1/8 on average. libjpeg keeps the bits in between
/// and rounds evenly. Blue takes 1.772 of Cb. Measured: 0.461 on pictures of 128 px, full of edges.
const JPEG_CHROMA_STEPS: f64 = 2.0 / 8.0 * 1.772 + JPEG_MEAN_STEPS;
/// Pillow reads 16-bit colors as 8 bits, cutting the lower byte.
const PNG_GAMMA_MEAN: f64 = 1.5 / 255.0;

/// Means of R, G, B (0–255) over the four quadrants: top left, top right, bottom left, bottom right.
pub(super) fn quadrant_means(photo: &Photo) -> Vec<[f64; 3]> {
    let (width, height) = (photo.size.width as usize, photo.size.height as usize);
    let mut sums = vec![([0.0f64; 3], 0usize); 4];
    for index in 0..photo.pixels.len() {
        let (x, y) = (index % width, index / width);
        let (sum, count) = &mut sums[usize::from(y >= height / 2) * 2 + usize::from(x >= width / 2)];
        for (sum, v) in sum.iter_mut().zip(photo.pixels.rgb(index)) {
            *sum += f64::from(v) * 255.0;
        }
        *count += 1;
    }
    sums.into_iter().map(|(sum, count)| sum.map(|v| v / count as f64)).collect()
}

/// Sum of value times (1 + index mod 251).
fn checksum(values: impl Iterator<Item = u64>) -> u64 {
    values.enumerate().map(|(index, v)| v * (1 + index as u64 % 251)).sum()
}

fn expected_size(case: &serde_json::Value) -> Size {
    Size::new(case["width"].as_u64().unwrap() as u32, case["height"].as_u64().unwrap() as u32)
}

#[test]
fn pngs_hold_what_pillow_reads() {
    let Some(data) = data_folder() else { return };
    let (mut exact, mut converted) = (0, 0);
    for case in fixture("png.json").as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let photo = load_any_size(&data.join(file)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(photo.size, expected_size(case), "{file}");
        let pixels = rgb8(&photo);
        if let Some(sums) = case["checksums"].as_array() {
            assert!(!matches!(photo.color, ColorEncoding::Icc { .. }), "{file}: {:?}", photo.color);
            for (c, expected) in sums.iter().enumerate() {
                let found = checksum(pixels.iter().map(|p| u64::from(p[c])));
                assert_eq!(found, expected.as_u64().unwrap(), "{file}, channel {c}");
            }
            let void = (0..pixels.len()).filter(|&i| photo.pixels.is_void(i)).count();
            assert_eq!(void as u64, case["void"].as_u64().unwrap(), "{file}");
            exact += 1;
        } else {
            assert!(matches!(photo.color, ColorEncoding::Icc { .. }), "{file}: {:?}", photo.color);
            for (c, expected) in case["converted_mean"].as_array().unwrap().iter().enumerate() {
                let sum: f64 = (0..pixels.len()).map(|i| f64::from(photo.pixels.rgb(i)[c])).sum();
                let (found, expected) = (sum / pixels.len() as f64, expected.as_f64().unwrap());
                assert!((found - expected).abs() < PNG_GAMMA_MEAN, "{file}, channel {c}: {found} {expected}");
            }
            converted += 1;
        }
    }
    assert_eq!((exact, converted), (30, 40));
}

#[test]
fn jpegs_hold_what_pillow_reads() {
    let Some(data) = data_folder() else { return };
    let cases = fixture("jpeg.json");
    let cases = cases.as_array().unwrap();
    assert!(cases.len() >= 20);
    for case in cases {
        let file = case["file"].as_str().unwrap();
        let photo = load_any_size(&data.join(file)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(photo.size, expected_size(case), "{file}");
        let jpeg = photo.jpeg.as_ref().unwrap();
        assert!((1..=100).contains(&jpeg.quality_estimate.unwrap()));
        let is_smooth = jpeg.chroma_subsampling == "4:4:4" || photo.size.width >= 1350;
        let steps = if is_smooth { JPEG_MEAN_STEPS } else { JPEG_CHROMA_STEPS };
        for (found, expected) in quadrant_means(&photo).iter().zip(case["quadrant_means"].as_array().unwrap())
        {
            for (found, expected) in found.iter().zip(expected.as_array().unwrap()) {
                let expected = expected.as_f64().unwrap();
                assert!((found - expected).abs() <= steps, "{file}: {found:.3}, Pillow {expected:.3}");
            }
        }
    }
}

#[test]
fn tiffs_of_16_bits_hold_what_pillow_reads() {
    let Some(data) = data_folder() else { return };
    for case in fixture("tiff.json").as_array().unwrap() {
        let file = case["file"].as_str().unwrap();
        let photo = load_any_size(&data.join(file)).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(photo.size, expected_size(case), "{file}");
        assert_eq!((photo.is_gray, photo.bits_per_channel), (true, 16), "{file}");
        let Pixels::Rgba16(values) = &photo.pixels else { panic!("{file}: 16 bits expected") };
        let found = checksum(values.iter().step_by(4).map(|&v| u64::from(v)));
        assert_eq!(found, case["checksum"].as_u64().unwrap(), "{file}");
    }
}

/// The decoder named in reports is the one that is built in.
#[test]
fn decoder_versions_are_those_of_the_lock_file() {
    let lock = include_str!("../../../Cargo.lock");
    for (name, version) in [
        ("zune-jpeg", "0.5.15"),
        // It brings libjpeg-turbo 3.1.0 along.
        ("turbojpeg-sys", "1.2.0"),
        ("png", "0.18.1"),
        ("tiff", "0.11.3"),
        ("image-webp", "0.2.4"),
    ] {
        assert!(lock.contains(&format!("name = \"{name}\"\nversion = \"{version}\"")), "{name} {version}");
    }
}
