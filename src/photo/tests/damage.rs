//! Cut and damaged files: refused at every place, never half decoded.

use super::{data_folder, load_bytes, packed, textured_jpeg, textured_rgb};
use crate::geometry::Size;
use crate::photo::jpeg_markers::{Event, walk};
use crate::photo::{Photo, PhotoError};
use image::{ExtendedColorType, ImageFormat};

const SIZE: Size = Size::new(160, 112);
const CUTS: usize = 60;

/// `CUTS` lengths from 1 byte to all but one, and the last few one by one.
fn cut_lengths(length: usize) -> impl Iterator<Item = usize> {
    (0..CUTS).map(move |k| 1 + k * (length - 2) / CUTS).chain(length - 12..length)
}

fn assert_every_cut_is_refused(bytes: &[u8]) {
    load_bytes(bytes).expect("the whole file must load");
    for length in cut_lengths(bytes.len()) {
        match load_bytes(&bytes[..length]) {
            Err(
                PhotoError::Truncated { .. } | PhotoError::Damaged { .. } | PhotoError::NotSupported { .. },
            ) => {}
            other => panic!("cut to {length} of {}: {:?}", bytes.len(), other.map(|photo| photo.size)),
        }
    }
}

fn gray_tiff_packed_by_image() -> Vec<u8> {
    let gray: Vec<u8> = textured_rgb(SIZE).into_iter().step_by(3).collect();
    packed(ImageFormat::Tiff, &gray, SIZE, ExtendedColorType::L8)
}

#[test]
fn cut_files_of_every_format_are_refused() {
    let pixels = textured_rgb(SIZE);
    assert_every_cut_is_refused(&textured_jpeg(SIZE));
    assert_every_cut_is_refused(&packed(ImageFormat::Png, &pixels, SIZE, ExtendedColorType::Rgb8));
    assert_every_cut_is_refused(&packed(ImageFormat::WebP, &pixels, SIZE, ExtendedColorType::Rgb8));
    assert_every_cut_is_refused(&packed(ImageFormat::Tiff, &pixels, SIZE, ExtendedColorType::Rgb8));
    assert_every_cut_is_refused(&gray_tiff_packed_by_image());
    let tags = super::limits_and_refusals::TiffTags::rgb(SIZE);
    assert_every_cut_is_refused(&super::limits_and_refusals::tiff(&tags, &pixels));
}

/// Real files: baseline and progressive JPEG, with and without restart markers.
#[test]
fn cut_real_jpegs_are_refused() {
    let Some(data) = data_folder() else { return };
    for name in [
        "faces_repeat/london_pairs/003_03.jpg",
        "odd_images/image-rs/tests/images/jpg/progressive/3.jpg",
        "odd_images/image-rs/tests/images/jpg/progressive/cat.jpg",
        "odd_images/pillow/hopper.jpg",
    ] {
        assert_every_cut_is_refused(&std::fs::read(data.join(name)).unwrap());
    }
}

/// The end-of-image marker is there, but the data before it are not: a decoder fills up with gray.
fn assert_missing_data_before_the_end_are_noticed(jpeg: &[u8]) {
    let walk = walk(jpeg).unwrap();
    let scans: Vec<_> = walk
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Scan { data, .. } => Some(data.clone()),
            _ => None,
        })
        .collect();
    for data in scans {
        for k in 0..20 {
            let cut = data.start + k * data.len() / 20;
            // Not between the two bytes of a stuffed 0xFF.
            let cut = if jpeg[cut - 1] == 0xFF { cut - 1 } else { cut };
            let repaired = [&jpeg[..cut], &[0xFF, 0xD9]].concat();
            let result = load_bytes(&repaired);
            assert!(
                matches!(result, Err(PhotoError::Damaged { .. } | PhotoError::Truncated { .. })),
                "cut at {cut} of {}: {:?}",
                jpeg.len(),
                result.map(|photo| photo.size)
            );
        }
    }
}

#[test]
fn missing_data_before_the_end_marker_are_noticed() {
    assert_missing_data_before_the_end_are_noticed(&textured_jpeg(SIZE));
    let Some(data) = data_folder() else { return };
    for name in ["3.jpg", "cat.jpg"] {
        let path = data.join("odd_images/image-rs/tests/images/jpg/progressive").join(name);
        assert_missing_data_before_the_end_are_noticed(&std::fs::read(path).unwrap());
    }
}

#[test]
fn bytes_behind_the_end_do_no_harm() {
    let pixels = textured_rgb(SIZE);
    let same = |a: Photo, b: Photo| a.pixels == b.pixels && a.size == b.size;
    for bytes in [
        textured_jpeg(SIZE),
        packed(ImageFormat::Png, &pixels, SIZE, ExtendedColorType::Rgb8),
        packed(ImageFormat::WebP, &pixels, SIZE, ExtendedColorType::Rgb8),
    ] {
        let whole = load_bytes(&bytes).unwrap();
        for tail in [vec![0; 1000], b"\xFF\xD8\xFF\xE0 another picture".to_vec(), vec![0xFF; 77]] {
            let longer = load_bytes(&[&bytes[..], &tail].concat()).unwrap();
            assert_ne!(whole.sha256, longer.sha256);
            assert!(same(whole.clone(), longer));
        }
    }
}

#[test]
fn a_flipped_byte_in_a_png_is_noticed() {
    let png = packed(ImageFormat::Png, &textured_rgb(SIZE), SIZE, ExtendedColorType::Rgb8);
    let data = png.windows(4).position(|w| w == b"IDAT").unwrap() + 4;
    for k in 0..20 {
        let mut damaged = png.clone();
        damaged[data + k * (png.len() - 16 - data) / 20] ^= 0x10;
        let result = load_bytes(&damaged);
        assert!(
            matches!(result, Err(PhotoError::Damaged { .. } | PhotoError::Truncated { .. })),
            "{:?}",
            result.map(|p| p.size)
        );
    }
}

/// Random damage may or may not be noticed in a JPEG, but it never panics and never hangs.
#[test]
fn random_damage_never_panics() {
    use rand::{RngExt, SeedableRng};
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(7);
    let pixels = textured_rgb(SIZE);
    let files = [
        textured_jpeg(SIZE),
        packed(ImageFormat::Png, &pixels, SIZE, ExtendedColorType::Rgb8),
        packed(ImageFormat::WebP, &pixels, SIZE, ExtendedColorType::Rgb8),
        packed(ImageFormat::Tiff, &pixels, SIZE, ExtendedColorType::Rgb8),
    ];
    let (mut refused, mut loaded) = (0, 0);
    for bytes in &files {
        for _ in 0..60 {
            let mut damaged = bytes.clone();
            for _ in 0..random.random_range(1..6) {
                let at = random.random_range(0..damaged.len());
                damaged[at] = random.random();
            }
            match load_bytes(&damaged) {
                Ok(_) => loaded += 1,
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 60, "{refused} refused, {loaded} loaded");
}
