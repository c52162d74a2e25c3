//! TIFF: 8 and 16 bits, gray, and RGB with or without alpha, uncompressed or losslessly packed.
//! Several pages, printing inks, floats, palettes and JPEG inside TIFF are refused.

use crate::photo::error::PhotoError;
use crate::photo::facts::read_exif;
use crate::photo::load::{Job, Scratch};
use crate::photo::source::{Depth, Source, TaggedColor};
use crate::photo::tiff_tags::{Directory, TagError, read_directories};
use image::codecs::tiff::TiffDecoder;
use image::{ColorType, ImageDecoder};
use std::io::Cursor;

const FORMAT: &str = "TIFF";
const DECODER: &str = "tiff 0.11.3";
const EXPECTED: &str = "an 8- or 16-bit gray or RGB TIFF";

/// Reads the tags, checks them against the limits, and decodes into the scratch buffer of the
/// right depth.
pub(crate) fn decode(job: &Job<'_>, scratch: &mut Scratch) -> Result<Source, PhotoError> {
    let tags = read_directories(job.bytes).map_err(|error| match error {
        TagError::Short(found) => job.truncated(FORMAT, found),
        TagError::Bad(found) => job.damaged(FORMAT, found),
    })?;
    let (channels, depth) = layout(job, &tags)?;
    let bits = if depth == Depth::Eight { 8 } else { 16 };
    let sample_bytes = bits as u64 / 8;
    // The EXIF reader works on a copy of the file, the decoder on a buffer of its own.
    let decoder_bytes = channels as u64 * sample_bytes;
    let copies = job.bytes_per_pixel_out(&TaggedColor::Icc(Vec::new()), 1, depth, channels);
    job.check_size(tags.size, copies + decoder_bytes)?;
    job.check_file_copy()?;
    let exif = read_exif(job.bytes);
    let failed = |error: image::ImageError| job.image_error(FORMAT, error);
    // Read here, not by the decoder: that one drops a profile that is large beside the picture.
    let color = tags
        .icc_profile
        .clone()
        .map_or(TaggedColor::Untagged, |range| TaggedColor::Icc(job.bytes[range].to_vec()));
    job.guarded(FORMAT, || {
        let mut decoder = TiffDecoder::new(Cursor::new(job.bytes)).map_err(failed)?;
        decoder.set_limits(job.image_limits()).map_err(failed)?;
        let expected = match (channels, depth) {
            (1, Depth::Eight) => ColorType::L8,
            (1, Depth::Sixteen) => ColorType::L16,
            (3, Depth::Eight) => ColorType::Rgb8,
            (3, Depth::Sixteen) => ColorType::Rgb16,
            (_, Depth::Eight) => ColorType::Rgba8,
            (_, Depth::Sixteen) => ColorType::Rgba16,
        };
        let size = (tags.size.width, tags.size.height);
        if decoder.dimensions() != size || decoder.color_type() != expected {
            return Err(job.unsupported_kind(EXPECTED, "tags that contradict each other"));
        }
        decoder.read_image(scratch.bytes(depth, tags.size.area() * channels)).map_err(failed)
    })?;
    Ok(Source {
        size: tags.size,
        depth,
        channels,
        bits_per_channel: bits,
        is_gray: channels == 1,
        has_alpha: matches!(tags.extra_samples.first(), Some(1 | 2)),
        premultiplied: tags.extra_samples.first() == Some(&1),
        color,
        exif,
        jpeg: None,
        decoder: DECODER,
        warnings: Vec::new(),
    })
}

/// Channels and depth, or the refusal of a kind that is not read.
fn layout(job: &Job<'_>, tags: &Directory) -> Result<(usize, Depth), PhotoError> {
    let kind = |found: &str| Err(job.unsupported_kind(EXPECTED, found));
    if tags.is_raw {
        return kind("a camera raw file (DNG or similar)");
    }
    if tags.pages > 1 {
        return Err(job.multi_page(tags.pages));
    }
    if tags.is_reduced {
        return kind("a thumbnail only");
    }
    let color_channels = match tags.photometric {
        0 | 1 => 1,
        2 => 3,
        3 => return kind("a palette TIFF"),
        5 => return Err(job.cmyk(FORMAT, "CMYK")),
        6 => return kind("a YCbCr TIFF"),
        8..=10 => return kind("a CIELAB TIFF"),
        32803 | 34892 => return kind("a camera raw file"),
        _ => return kind("an unknown photometric interpretation"),
    };
    if matches!(tags.compression, 6 | 7) {
        return kind("JPEG inside TIFF");
    }
    if tags.fill_order != 1 {
        return kind("bits in reversed order");
    }
    match tags.sample_format {
        1 => {}
        2 => return kind("signed samples"),
        3 => return kind("floating-point samples"),
        _ => return kind("samples of an unknown kind"),
    }
    let depth = match tags.bits[0] {
        8 => Depth::Eight,
        16 => Depth::Sixteen,
        other => return kind(&format!("{other} bits per channel")),
    };
    if tags.bits.iter().any(|&b| b != tags.bits[0]) {
        return kind("channels of different depths");
    }
    match (color_channels, tags.samples, tags.extra_samples.first()) {
        (1, 1, _) => Ok((1, depth)),
        // A fourth channel that is said to be no transparency is left out by the decoder.
        (3, 3, _) | (3, 4, Some(0)) => Ok((3, depth)),
        (3, 4, _) => Ok((4, depth)),
        (1, 2, _) => kind("a gray TIFF with a second channel"),
        _ => kind(&format!("{} channels", tags.samples)),
    }
}
