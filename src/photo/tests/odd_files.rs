//! The odd files of other projects' test suites, and the real photographs: what loads, what not.

use super::{data_folder, load_any_size};
use crate::photo::{Limits, PhotoError, load};
use std::path::{Path, PathBuf};

/// Files that must load, beside those whose pixels `reference` checks.
const MUST_LOAD: [&str; 13] = [
    "pillow/sugarshack.mpo",
    "pillow/exif_gps.jpg",
    "pillow/multiple_exif.jpg",
    "pillow/invalid-exif.jpg",
    "pillow/icc_profile.png",
    "pillow/hopper_16bit_qtables.jpg",
    "pillow/xmp_test.jpg",
    "pillow/truncated_exif_dpi.jpg",
    "pillow/icc_profile_big.jpg",
    "pillow/hopper.iccprofile.tif",
    "image-rs/tests/images/jpg/exif-xmp-metadata.jpg",
    "image-rs/tests/images/jpg/portrait_2.jpg",
    "image-rs/tests/images/png/bugfixes/debug_triangle_corners_widescreen.png",
];

/// Files that must be refused, and the code of the reason.
const MUST_REFUSE: [(&str, &str); 18] = [
    ("pillow/pil_sample_cmyk.jpg", "printing_inks"),
    ("pillow/truncated_jpeg.jpg", "file_truncated"),
    ("pillow/truncated_image.png", "file_truncated"),
    ("pillow/truncated_end_chunk.png", "file_truncated"),
    ("pillow/broken_data_stream.png", "file_damaged"),
    ("pillow/broken.png", "file_damaged"),
    // Noise behind every restart marker; Pillow returns it as a picture.
    ("pillow/hopper_bad_exif.jpg", "file_damaged"),
    // A profile of seven bytes, twice.
    ("pillow/icc-after-SOF.jpg", "color_profile_unusable"),
    // Bits in reversed order.
    ("pillow/16bit.r.tif", "format_kind_not_supported"),
    ("pillow/decompression_bomb.gif", "format_not_supported"),
    ("pillow/decompression_bomb.ico", "format_not_supported"),
    ("pillow/exif.avif", "format_not_supported"),
    ("pillow/16_bit_binary.pgm", "format_not_supported"),
    ("pillow/oom-8ed3316a4109213ca96fb8a256a0bfefdece1461.icns", "format_not_supported"),
    ("pillow/16_bit_binary_pgm.tiff", "format_kind_not_supported"),
    ("pillow/LICENSE", "format_not_supported"),
    ("image-rs/tests/bad/tiff/TODO hpredict_cmyk.tiff", "printing_inks"),
    ("image-rs/tests/bad/bmp/Bad_reallybig.bmp", "format_not_supported"),
];

fn files_below(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files_below(&path, out) } else { out.push(path) }
    }
}

#[test]
fn every_odd_file_loads_whole_or_is_refused_in_one_line() {
    let Some(data) = data_folder() else { return };
    let mut files = Vec::new();
    files_below(&data.join("odd_images"), &mut files);
    assert!(files.len() > 150, "{} files", files.len());
    let limits = Limits { max_pixels: 20_000_000, max_memory_bytes: 400_000_000 };
    let (mut loaded, mut refused) = (0, 0);
    for path in &files {
        match crate::photo::Decoder::new().load_from(path, &limits, 1) {
            Ok(photo) => {
                assert_eq!(photo.pixels.len(), photo.size.area());
                assert_eq!(photo.sha256.len(), 64);
                loaded += 1;
            }
            Err(error) => {
                let line = error.to_string();
                assert!(line.starts_with(&path.display().to_string()) && !line.contains('\n'), "{line}");
                assert!(line.contains("expected") && line.contains("found"), "{line}");
                assert!(!line.contains("gave up"), "a decoder panicked: {line}");
                refused += 1;
            }
        }
    }
    assert!(loaded > 60 && refused > 60, "{loaded} loaded, {refused} refused");
}

#[test]
fn known_files_load() {
    let Some(data) = data_folder() else { return };
    for name in MUST_LOAD {
        load_any_size(&data.join("odd_images").join(name)).unwrap_or_else(|e| panic!("{e}"));
    }
}

#[test]
fn known_files_are_refused_for_the_right_reason() {
    let Some(data) = data_folder() else { return };
    for (name, code) in MUST_REFUSE {
        let error = load_any_size(&data.join("odd_images").join(name)).expect_err(name);
        assert_eq!(error.code(), code, "{error}");
    }
}

#[test]
fn real_photographs_load() {
    let Some(data) = data_folder() else { return };
    let limits = Limits::default();
    let pictures = |folder: &str, extension: &str| {
        let mut files = Vec::new();
        files_below(&data.join(folder), &mut files);
        files.retain(|path| path.extension().is_some_and(|e| e == extension));
        files
    };
    let close_ups = pictures("clinical_closeups_pad_ufes/images", "png");
    assert_eq!(close_ups.len(), 20);
    let faces = pictures("faces_repeat/london_pairs", "jpg");
    assert!(faces.len() >= 50);
    for path in close_ups.iter().chain(faces.iter().step_by(9)) {
        let photo = load(path, &limits).unwrap_or_else(|e| panic!("{e}"));
        assert!(photo.size.width.min(photo.size.height) >= 300);
        assert!(!(0..photo.pixels.len()).any(|i| photo.pixels.is_void(i)));
        assert!(photo.facts.make.as_deref().is_none_or(|make| make.len() <= 64));
    }
}

#[test]
fn small_odd_files_are_too_small_for_photographs() {
    let Some(data) = data_folder() else { return };
    let error = load(&data.join("odd_images/pngsuite/basn2c08.png"), &Limits::default()).unwrap_err();
    assert!(matches!(error, PhotoError::TooSmall { needed: 64, .. }), "{error}");
}
