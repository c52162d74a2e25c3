//! WebP, lossy and lossless, with or without alpha. Animations are refused.

use crate::geometry::Size;
use crate::photo::error::PhotoError;
use crate::photo::facts::{ExifReading, read_exif};
use crate::photo::load::{Job, Scratch};
use crate::photo::source::{Depth, Source, TaggedColor};
use image::ImageDecoder;
use image::codecs::webp::WebPDecoder;
use std::io::Cursor;

const FORMAT: &str = "WebP";
const DECODER: &str = "image-webp 0.2.4";
/// Planes that the decoder keeps for itself: Y, U, V of a lossy picture, or ARGB of a lossless one.
const DECODER_BYTES_PER_PIXEL: u64 = 4;
/// `RIFF`, length, `WEBP`.
const FILE_HEADER_BYTES: usize = 12;
/// Animation flag in the first byte of a VP8X chunk.
const ANIMATION_FLAG: u8 = 0x02;

/// Reads the header, checks it against the limits, and decodes into the 8-bit scratch buffer.
pub(crate) fn decode(job: &Job<'_>, scratch: &mut Scratch) -> Result<Source, PhotoError> {
    let end = whole_container(job)?;
    let failed = |error: image::ImageError| job.image_error(FORMAT, error);
    let (size, channels, color, exif) = job.guarded(FORMAT, || {
        let mut decoder = WebPDecoder::new(Cursor::new(&job.bytes[..end])).map_err(failed)?;
        if decoder.has_animation() {
            return Err(job.animated(FORMAT));
        }
        let (width, height) = decoder.dimensions();
        let size = Size::new(width, height);
        let channels = usize::from(decoder.color_type().channel_count());
        let color = decoder.icc_profile().map_err(failed)?.map_or(TaggedColor::Untagged, TaggedColor::Icc);
        let exif = decoder.exif_metadata().map_err(failed)?;
        let exif = exif.map_or_else(ExifReading::default, |block| read_exif(&block));
        let copies = job.bytes_per_pixel_out(&color, exif.orientation, Depth::Eight, channels);
        job.check_size(size, copies + DECODER_BYTES_PER_PIXEL)?;
        decoder.set_limits(job.image_limits()).map_err(failed)?;
        decoder.read_image(scratch.bytes(Depth::Eight, size.area() * channels)).map_err(failed)?;
        Ok((size, channels, color, exif))
    })?;
    Ok(Source {
        size,
        depth: Depth::Eight,
        channels,
        bits_per_channel: 8,
        is_gray: false,
        has_alpha: channels == 4,
        premultiplied: false,
        color,
        exif,
        jpeg: None,
        decoder: DECODER,
        warnings: Vec::new(),
    })
}

/// Checks that the RIFF container is all there; where it ends. Animations are refused.
fn whole_container(job: &Job<'_>) -> Result<usize, PhotoError> {
    let file = job.bytes;
    let length_at =
        |at: usize| file.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let short = || job.truncated(FORMAT, "it ends before the length that its header states");
    let end = length_at(4).map(|length| length.saturating_add(8)).ok_or_else(short)?;
    if end > file.len() || file.len() < FILE_HEADER_BYTES {
        return Err(short());
    }
    let mut at = FILE_HEADER_BYTES;
    while at + 8 <= end {
        let length = length_at(at + 4).ok_or_else(short)?;
        let name = &file[at..at + 4];
        if name == b"ANIM" || name == b"VP8X" && file.get(at + 8).is_some_and(|f| f & ANIMATION_FLAG != 0) {
            return Err(job.animated(FORMAT));
        }
        // Chunks are padded to even lengths; the last padding byte may be missing.
        at = at.saturating_add(8).saturating_add(length);
        if at > end {
            return Err(job.damaged(FORMAT, "a chunk is longer than the file"));
        }
        at += length % 2;
    }
    Ok(end)
}
