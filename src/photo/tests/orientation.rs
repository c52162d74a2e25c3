//! The eight EXIF orientations, held against what the standard says of row 0 and column 0.

use super::exif_block::{block, short};
use super::{crc32, jpeg_with_segments, load_bytes, packed, png_with_chunks, rgb8};
use crate::geometry::Size;
use crate::photo::Photo;
use image::{ExtendedColorType, ImageFormat};

const STORED: Size = Size::new(96, 64);
/// Where row 0 and column 0 of the stored picture lie in the upright one (CIPA DC-008, tag 0x0112).
const SIDES: [(u8, &str, &str); 8] = [
    (1, "top", "left"),
    (2, "top", "right"),
    (3, "bottom", "right"),
    (4, "bottom", "left"),
    (5, "left", "top"),
    (6, "right", "top"),
    (7, "right", "bottom"),
    (8, "left", "bottom"),
];

/// Columns raise red, rows raise green: every pixel tells where it was stored.
fn stored_pixels() -> Vec<u8> {
    (0..STORED.height)
        .flat_map(|y| (0..STORED.width).flat_map(move |x| [60 + x as u8, 60 + 2 * y as u8, 100]))
        .collect()
}

/// How far from the named side a pixel lies.
fn distance_from(side: &str, x: u32, y: u32, size: Size) -> u32 {
    match side {
        "top" => y,
        "bottom" => size.height - 1 - y,
        "left" => x,
        _ => size.width - 1 - x,
    }
}

/// Checks every pixel: its distance from the side of row 0 is its stored row, and so for columns.
fn assert_upright(photo: &Photo, code: u8, tolerance: i32) {
    let (_, row_side, column_side) = SIDES[usize::from(code) - 1];
    assert_eq!(photo.exif_orientation, code);
    assert_eq!(photo.size, if code > 4 { Size::new(64, 96) } else { STORED });
    for (index, [r, g, _]) in rgb8(photo).into_iter().enumerate() {
        let (x, y) = (index as u32 % photo.size.width, index as u32 / photo.size.width);
        let row = distance_from(row_side, x, y, photo.size) as i32;
        let column = distance_from(column_side, x, y, photo.size) as i32;
        assert!((i32::from(r) - 60 - column).abs() <= tolerance, "orientation {code}: column at {x}, {y}");
        assert!((i32::from(g) - 60 - 2 * row).abs() <= tolerance, "orientation {code}: row at {x}, {y}");
    }
}

fn exif_with_orientation(code: u8) -> Vec<u8> {
    block(vec![short(0x0112, u16::from(code))], &[], &[])
}

#[test]
fn jpeg_is_brought_upright() {
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 100)
        .encode(&stored_pixels(), STORED.width, STORED.height, ExtendedColorType::Rgb8)
        .unwrap();
    for (code, ..) in SIDES {
        let payload = [b"Exif\0\0".to_vec(), exif_with_orientation(code)].concat();
        let photo = load_bytes(&jpeg_with_segments(&jpeg, &[(0xE1, payload)])).unwrap();
        assert_upright(&photo, code, 4);
    }
}

#[test]
fn png_is_brought_upright() {
    let png = packed(ImageFormat::Png, &stored_pixels(), STORED, ExtendedColorType::Rgb8);
    for (code, ..) in SIDES {
        let photo = load_bytes(&png_with_chunks(&png, &[(b"eXIf", &exif_with_orientation(code))])).unwrap();
        assert_upright(&photo, code, 0);
    }
}

#[test]
fn png_of_16_bits_with_a_trailing_exif_chunk_is_brought_upright() {
    let wide: Vec<u8> = stored_pixels().iter().flat_map(|&v| (u16::from(v) * 257).to_ne_bytes()).collect();
    let png = packed(ImageFormat::Png, &wide, STORED, ExtendedColorType::Rgb16);
    let end = png.len() - 12;
    for (code, ..) in SIDES {
        let payload = exif_with_orientation(code);
        let named = [b"eXIf".to_vec(), payload.clone()].concat();
        let chunk = [
            (payload.len() as u32).to_be_bytes().to_vec(),
            named.clone(),
            crc32(&named).to_be_bytes().to_vec(),
        ];
        let file = [&png[..end], &chunk.concat(), &png[end..]].concat();
        assert_upright(&load_bytes(&file).unwrap(), code, 0);
    }
}

#[test]
fn tiff_is_brought_upright() {
    for (code, ..) in SIDES {
        let photo = load_bytes(&super::limits_and_refusals::tiff(
            &TiffTags { orientation: code, ..TiffTags::rgb(STORED) },
            &stored_pixels(),
        ))
        .unwrap();
        assert_upright(&photo, code, 0);
    }
}

use super::limits_and_refusals::TiffTags;

#[test]
fn webp_is_brought_upright() {
    let webp = packed(ImageFormat::WebP, &stored_pixels(), STORED, ExtendedColorType::Rgb8);
    for (code, ..) in SIDES {
        // An extended file: VP8X with the EXIF flag, the picture's chunk, EXIF.
        let exif = exif_with_orientation(code);
        let mut canvas = vec![0x08, 0, 0, 0];
        canvas.extend(&(STORED.width - 1).to_le_bytes()[..3]);
        canvas.extend(&(STORED.height - 1).to_le_bytes()[..3]);
        let chunk = |name: &[u8], payload: &[u8]| {
            let padding = vec![0; payload.len() % 2];
            [name, &(payload.len() as u32).to_le_bytes(), payload, &padding].concat()
        };
        let body =
            [b"WEBP".to_vec(), chunk(b"VP8X", &canvas), webp[12..].to_vec(), chunk(b"EXIF", &exif)].concat();
        let photo = load_bytes(&chunk(b"RIFF", &body)).unwrap();
        assert_upright(&photo, code, 0);
    }
}
