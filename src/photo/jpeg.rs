//! JPEG, decoded strictly, with the checks that decoders leave out: an end-of-image marker must be there, and every scan must hold
//! every block.

use crate::photo::error::PhotoError;
use crate::photo::facts::{ExifReading, read_exif};
use crate::photo::jpeg_markers::{Frame, Walk, WalkError, walk};
use crate::photo::jpeg_quality::jpeg_facts;
use crate::photo::jpeg_scan::check_scans;
#[cfg(feature = "turbojpeg")]
use crate::photo::jpeg_turbo::{DECODER, decode_pixels};
#[cfg(not(feature = "turbojpeg"))]
use crate::photo::jpeg_zune::{DECODER, decode_pixels};
use crate::photo::load::Job;
use crate::photo::source::{Depth, Source, TaggedColor};
use crate::reason::Reason;

pub(super) const FORMAT: &str = "JPEG";
const EXPECTED: &str = "an 8-bit baseline or progressive JPEG, gray or YCbCr";
/// Samples that the decoder writes for each pixel: R, G, B, 255.
pub(super) const CHANNELS: usize = 4;
/// A progressive file's coefficients are all held at once, 2 bytes each, at most three planes,
/// and a bit of each beside them.
const PROGRESSIVE_BYTES_PER_PIXEL: u64 = 7;
/// More scans than any encoder makes; each costs a pass over the picture.
pub(super) const MAX_SCANS: usize = 100;

/// What decodes JPEG in this build, as reports tell it.
pub(crate) const JPEG_DECODER: &str = DECODER;

/// Reads the header, checks it against the limits, and decodes into `pixels`.
pub(crate) fn decode(job: &Job<'_>, pixels: &mut Vec<u8>) -> Result<Source, PhotoError> {
    let walk = walk(job.bytes).map_err(|error| match error {
        WalkError::Short(found) => job.truncated(FORMAT, found),
        WalkError::Bad(found) => job.damaged(FORMAT, &found),
    })?;
    let frame = walk.frame.clone().ok_or_else(|| job.damaged(FORMAT, "no frame header"))?;
    refuse_unsupported(job, &walk, &frame)?;
    let whole_planes = frame.kind == 2 || scan_count(&walk) > 1;
    let decoder_bytes = if whole_planes { PROGRESSIVE_BYTES_PER_PIXEL } else { 0 };
    let exif = walk.exif.clone().map_or_else(ExifReading::default, |range| read_exif(&job.bytes[range]));
    let color = match walk.icc_profile(job.bytes) {
        None => TaggedColor::Untagged,
        Some(Ok(profile)) => TaggedColor::Icc(profile),
        Some(Err(found)) => return Err(job.bad_profile(&found)),
    };
    let copies = job.bytes_per_pixel_out(&color, exif.orientation, Depth::Eight, CHANNELS);
    job.check_size(frame.size, copies + decoder_bytes)?;
    // Bytes behind the end-of-image marker are other pictures or padding.
    let picture = &job.bytes[..walk.end];
    let (decoded, complete) =
        rayon::join(|| decode_pixels(job, picture, &frame, pixels), || check_scans(picture, &walk, &frame));
    // The completeness check says what is missing; the decoder only that something is.
    complete.map_err(|found| job.damaged(FORMAT, &found))?;
    decoded?;
    let mut warnings = Vec::new();
    if walk.gain_map {
        let message = "The file carries an HDR gain map: the camera may have mapped tones locally";
        warnings.push(Reason::new("hdr_gain_map", message));
    }
    Ok(Source {
        size: frame.size,
        depth: Depth::Eight,
        channels: CHANNELS,
        bits_per_channel: 8,
        is_gray: frame.components.len() == 1,
        has_alpha: false,
        premultiplied: false,
        color,
        exif,
        jpeg: Some(jpeg_facts(&walk, &frame)),
        decoder: JPEG_DECODER,
        warnings,
    })
}

fn scan_count(walk: &Walk) -> usize {
    walk.events.iter().filter(|e| matches!(e, crate::photo::jpeg_markers::Event::Scan { .. })).count()
}

/// Refuses the kinds of JPEG that are not read, each by its name.
fn refuse_unsupported(job: &Job<'_>, walk: &Walk, frame: &Frame) -> Result<(), PhotoError> {
    let kind = |found: String| Err(job.unsupported_kind(EXPECTED, &found));
    match frame.kind {
        0..=2 => {}
        3 | 7 | 11 | 15 => return kind("a lossless JPEG".to_owned()),
        9 | 10 | 13 | 14 => return kind("an arithmetic-coded JPEG".to_owned()),
        other => return kind(format!("a hierarchical JPEG (SOF{other})")),
    }
    if frame.precision != 8 {
        return kind(format!("a {}-bit JPEG", frame.precision));
    }
    if frame.size.width == 0 || frame.size.height == 0 {
        return Err(job.damaged(FORMAT, &format!("a picture of {} pixels", frame.size)));
    }
    match (frame.components.len(), walk.adobe_transform) {
        (1, _) | (3, None | Some(1 | 2)) => {}
        (3, Some(_)) => return kind("an RGB-coded JPEG (Adobe transform 0)".to_owned()),
        (4, Some(2)) => return Err(job.cmyk(FORMAT, "YCCK")),
        (4, _) => return Err(job.cmyk(FORMAT, "CMYK")),
        (count, _) => return kind(format!("a JPEG of {count} channels")),
    }
    let scans = scan_count(walk);
    if scans > MAX_SCANS {
        return kind(format!("a JPEG of {scans} scans (at most {MAX_SCANS})"));
    }
    Ok(())
}
