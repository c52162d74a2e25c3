//! Tests of the whole room; the files share what is here.

mod color;
mod damage;
mod exif_block;
mod facts;
mod limits_and_refusals;
mod odd_files;
mod orientation;
mod reference;
#[cfg(feature = "turbojpeg")]
mod turbo;

use crate::geometry::Size;
use crate::photo::{Decoder, Limits, Photo, PhotoError, Pixels};
use std::path::{Path, PathBuf};

/// A file of numbers in `fixtures/photo`.
pub(crate) fn fixture(name: &str) -> serde_json::Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/photo").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The folder of real photographs, or `None`, said aloud, where it is not there.
///
/// # Panics
/// Where it is not there and `CI` is `true`.
fn data_folder() -> Option<PathBuf> {
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("DERMETRIC_DATA").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs the data folder {}", folder.display());
    eprintln!("skipped: no data folder at {}", folder.display());
    None
}

/// Loads a file however small it is.
fn load_any_size(path: &Path) -> Result<Photo, PhotoError> {
    Decoder::new().load_from(path, &Limits::default(), 1)
}

/// Writes bytes to a temporary file and loads them, however small the picture is.
fn load_bytes(bytes: &[u8]) -> Result<Photo, PhotoError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    load_any_size(file.path())
}

/// 8-bit R, G, B of a photograph (the upper byte of 16 bits), row by row.
fn rgb8(photo: &Photo) -> Vec<[u8; 3]> {
    match &photo.pixels {
        Pixels::Rgba8(data) => data.chunks_exact(4).map(|p| [p[0], p[1], p[2]]).collect(),
        Pixels::Rgba16(data) => {
            data.chunks_exact(4).map(|p| [p[0], p[1], p[2]].map(|v| (v >> 8) as u8)).collect()
        }
    }
}

/// A smooth picture with a little texture, no value near the ends of the scale.
fn textured_rgb(size: Size) -> Vec<u8> {
    (0..size.height)
        .flat_map(|y| (0..size.width).map(move |x| (x, y)))
        .flat_map(|(x, y)| {
            let wave = ((x * 7 + y * 13) % 23) as u8;
            [90 + (x % 97) as u8 + wave, 70 + (y % 89) as u8 + wave, 120 - ((x + y) % 61) as u8 + wave]
        })
        .collect()
}

/// A baseline JPEG of [`textured_rgb`].
fn textured_jpeg(size: Size) -> Vec<u8> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90)
        .encode(&textured_rgb(size), size.width, size.height, image::ExtendedColorType::Rgb8)
        .unwrap();
    bytes
}

/// Samples packed by one of `image`'s encoders.
fn packed(
    format: image::ImageFormat,
    samples: &[u8],
    size: Size,
    color: image::ExtendedColorType,
) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::write_buffer_with_format(&mut bytes, samples, size.width, size.height, color, format).unwrap();
    bytes.into_inner()
}

/// A PNG with further chunks behind IHDR.
fn png_with_chunks(png: &[u8], chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    const BEHIND_IHDR: usize = 8 + 25;
    let mut out = png[..BEHIND_IHDR].to_vec();
    for (name, payload) in chunks {
        out.extend((payload.len() as u32).to_be_bytes());
        let named = [&name[..], payload].concat();
        out.extend(&named);
        out.extend(crc32(&named).to_be_bytes());
    }
    out.extend(&png[BEHIND_IHDR..]);
    out
}

/// CRC-32 as PNG uses it (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
    })
}

/// A JPEG with further segments behind SOI, each marker and payload.
fn jpeg_with_segments(jpeg: &[u8], segments: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    for (marker, payload) in segments {
        out.extend([0xFF, *marker]);
        out.extend((payload.len() as u16 + 2).to_be_bytes());
        out.extend(payload);
    }
    out.extend(&jpeg[2..]);
    out
}
