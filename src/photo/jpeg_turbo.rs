//! JPEG pixels by libjpeg-turbo, which a build with the feature `turbojpeg` has in place of `zune-jpeg`. Chroma is doubled smoothly by
//! both; between them, channels differ by 5 steps of 255 at most, and by 0.5 on average: see `tests/turbo.rs`.

use crate::photo::error::{PhotoError, one_line};
use crate::photo::jpeg::{CHANNELS, FORMAT, MAX_SCANS};
use crate::photo::jpeg_markers::Frame;
use crate::photo::load::Job;
use turbojpeg::{Colorspace, Decompressor, Image, PixelFormat};

/// As reports tell it: what `turbojpeg-sys` 1.2.0 brings along.
pub(super) const DECODER: &str = "libjpeg-turbo 3.1.0 strict";

/// Decodes `picture`, whose header was read as `frame`, to R, G, B, 255. What libjpeg-turbo only warns of is damage here.
pub(super) fn decode_pixels(
    job: &Job<'_>,
    picture: &[u8],
    frame: &Frame,
    pixels: &mut Vec<u8>,
) -> Result<(), PhotoError> {
    let damaged = |found: String| job.damaged(FORMAT, &one_line(&found));
    job.guarded(FORMAT, || {
        let failed = |error: turbojpeg::Error| damaged(error.to_string());
        let mut decoder = Decompressor::new().map_err(failed)?;
        decoder.set_scan_limit(MAX_SCANS as u32).map_err(failed)?;
        let header = decoder.read_header(picture).map_err(failed)?;
        let (width, height) = (frame.size.width as usize, frame.size.height as usize);
        if (header.width, header.height) != (width, height) {
            return Err(damaged("two different picture sizes".to_owned()));
        }
        // By its markers or the names of its channels; elsewhere it would be taken for something else than here.
        if !matches!(header.colorspace, Colorspace::YCbCr | Colorspace::Gray) {
            let found = format!("a JPEG of {:?} channels", header.colorspace);
            return Err(job.unsupported_kind("a JPEG of gray or YCbCr", &found));
        }
        let pitch = CHANNELS * width;
        pixels.resize(pitch * height, 0);
        let output = Image { pixels: &mut pixels[..], width, pitch, height, format: PixelFormat::RGBA };
        decoder.decompress(picture, output).map_err(failed)
    })
}
