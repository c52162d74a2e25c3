//! JPEG pixels by `zune-jpeg` in strict mode.

use crate::geometry::Size;
use crate::photo::error::{PhotoError, one_line};
use crate::photo::jpeg::{CHANNELS, FORMAT, MAX_SCANS};
use crate::photo::jpeg_markers::Frame;
use crate::photo::load::Job;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// As reports tell it.
pub(super) const DECODER: &str = "zune-jpeg 0.5.15 strict";

/// Decodes `picture`, whose header was read as `frame`, to R, G, B, 255.
pub(super) fn decode_pixels(
    job: &Job<'_>,
    picture: &[u8],
    frame: &Frame,
    pixels: &mut Vec<u8>,
) -> Result<(), PhotoError> {
    let options = DecoderOptions::new_fast()
        .set_strict_mode(true)
        .set_max_width(usize::from(u16::MAX))
        .set_max_height(usize::from(u16::MAX))
        .jpeg_set_max_scans(MAX_SCANS)
        .jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(picture), options);
    let damaged = |found: String| job.damaged(FORMAT, &one_line(&found));
    job.guarded(FORMAT, || {
        decoder.decode_headers().map_err(|e| damaged(e.to_string()))?;
        let size = decoder.dimensions().map(|(w, h)| Size::new(w as u32, h as u32));
        let bytes = frame.size.area() * CHANNELS;
        if size != Some(frame.size) || decoder.output_buffer_size() != Some(bytes) {
            return Err(damaged("two different picture sizes".to_owned()));
        }
        pixels.resize(bytes, 0);
        decoder.decode_into(pixels).map_err(|e| damaged(e.to_string()))
    })
}
