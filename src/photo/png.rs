//! PNG: 8 and 16 bits, gray, palette, RGB, with or without alpha. Animations are refused.

use crate::photo::error::{PhotoError, one_line};
use crate::photo::facts::{ExifReading, read_exif};
use crate::photo::load::{Job, Scratch};
use crate::photo::png_chunks::{ChunkError, Chunks, walk};
use crate::photo::source::{Depth, Source};
use image::codecs::png::PngDecoder;
use image::{ColorType, ImageDecoder};
use std::io::Cursor;

const FORMAT: &str = "PNG";
const DECODER: &str = "png 0.18.1";

/// Reads the header, checks it against the limits, and decodes into the scratch buffer of the
/// right depth.
pub(crate) fn decode(job: &Job<'_>, scratch: &mut Scratch) -> Result<Source, PhotoError> {
    let chunks = walk(job.bytes).map_err(|error| match error {
        ChunkError::Short(found) => job.truncated(FORMAT, &found),
        ChunkError::Bad(found) => job.damaged(FORMAT, found),
    })?;
    let size = chunks.size.ok_or_else(|| job.damaged(FORMAT, "no IHDR chunk"))?;
    if chunks.animated {
        return Err(job.animated(FORMAT));
    }
    let (channels, depth) = layout(&chunks).ok_or_else(|| job.damaged(FORMAT, "an unknown color type"))?;
    let block = chunks.exif.clone().map(|range| &job.bytes[range]).or(chunks.text_exif.as_deref());
    let mut exif = block.map_or_else(ExifReading::default, read_exif);
    if let Some((x, y)) = chunks.pixels_per_meter {
        exif.facts.set_resolution(f64::from(x) / 1000.0, f64::from(y) / 1000.0);
    }
    let named = chunks.tagged_color(chunks.has_icc.then(Vec::new));
    job.check_size(size, job.bytes_per_pixel_out(&named, exif.orientation, depth, channels))?;
    let failed = |error: image::ImageError| job.image_error(FORMAT, error);
    let profile = job.guarded(FORMAT, || {
        let limits = job.image_limits();
        let mut decoder =
            PngDecoder::with_limits(Cursor::new(&job.bytes[..chunks.end]), limits).map_err(failed)?;
        let expected = match (channels, depth) {
            (1, Depth::Eight) => ColorType::L8,
            (1, Depth::Sixteen) => ColorType::L16,
            (2, Depth::Eight) => ColorType::La8,
            (2, Depth::Sixteen) => ColorType::La16,
            (3, Depth::Eight) => ColorType::Rgb8,
            (3, Depth::Sixteen) => ColorType::Rgb16,
            (_, Depth::Eight) => ColorType::Rgba8,
            (_, Depth::Sixteen) => ColorType::Rgba16,
        };
        if decoder.dimensions() != (size.width, size.height) || decoder.color_type() != expected {
            return Err(job.damaged(FORMAT, &one_line("header and data disagree")));
        }
        let profile = decoder.icc_profile().map_err(failed)?;
        decoder.read_image(scratch.bytes(depth, size.area() * channels)).map_err(failed)?;
        Ok(profile)
    })?;
    if chunks.has_icc && profile.is_none() && chunks.code_points.is_none() {
        return Err(job.bad_profile("an iCCP chunk that cannot be unpacked"));
    }
    Ok(Source {
        size,
        depth,
        channels,
        bits_per_channel: if chunks.color_type == 3 { 8 } else { chunks.bit_depth },
        is_gray: matches!(chunks.color_type, 0 | 4),
        has_alpha: matches!(channels, 2 | 4),
        premultiplied: false,
        color: chunks.tagged_color(profile),
        exif,
        jpeg: None,
        decoder: DECODER,
        warnings: Vec::new(),
    })
}

/// Channels and depth after expansion of palettes, small depths and the transparent color.
fn layout(chunks: &Chunks) -> Option<(usize, Depth)> {
    let transparent = usize::from(chunks.has_transparent_color);
    let depth = if chunks.bit_depth == 16 { Depth::Sixteen } else { Depth::Eight };
    match chunks.color_type {
        0 => Some((1 + transparent, depth)),
        2 | 3 => Some((3 + transparent, depth)),
        4 => Some((2, depth)),
        6 => Some((4, depth)),
        _ => None,
    }
}
