//! Masks: PNG pictures in which white means "use".

use crate::photo::error::PhotoError;
use crate::photo::finish::{Alpha, upright};
use crate::photo::format::{Format, Sniffed, sniff};
use crate::photo::limits::Limits;
use crate::photo::load::{Job, Scratch, read_file};
use crate::photo::orient::Walk;
use crate::photo::png;
use crate::photo::source::Depth;
use crate::raster::Raster;
use std::path::Path;

/// Value of a mask's pixel that is to be used; all others are 0.
pub const MASK_USE: u8 = 255;

/// Loads a mask: a PNG, gray, palette or RGB, with or without alpha. A pixel is [`MASK_USE`] where
/// the mean of its channels is at least one half of full scale and it is not transparent (alpha at
/// least one half), else 0. Upright, in the pixels of the picture that it belongs to.
///
/// # Errors
/// [`PhotoError`] as for photographs; other formats than PNG are refused.
pub fn load_mask(path: &Path, limits: &Limits) -> Result<Raster<u8>, PhotoError> {
    let mut bytes = Vec::new();
    read_file(path, limits, &mut bytes)?;
    let job = Job { file: path.display().to_string(), bytes: &bytes, limits, min_side: 1 };
    let found = match sniff(&bytes) {
        Sniffed::Known(Format::Png) => None,
        Sniffed::Known(Format::Jpeg) => Some("JPEG (its losses blur a mask)".to_owned()),
        Sniffed::Known(other) => Some(format!("{other:?}")),
        Sniffed::Foreign(found) => Some(found),
    };
    if let Some(found) = found {
        return Err(PhotoError::NotSupported { file: job.file, expected: "a mask as PNG", found });
    }
    let mut scratch = Scratch::default();
    let source = png::decode(&job, &mut scratch)?;
    let walk = Walk::new(source.exif.orientation, source.size);
    let alpha = if source.has_alpha { Alpha::Half } else { Alpha::Ignored };
    let values = 4 * source.size.area();
    let data = match source.depth {
        Depth::Eight => {
            let mut out = vec![0u8; values];
            upright(&scratch.eight, source.channels, &walk, alpha, &mut out);
            out.chunks_exact(4).map(|p| used(p, u8::MAX)).collect()
        }
        Depth::Sixteen => {
            let mut out = vec![0u16; values];
            upright(&scratch.sixteen, source.channels, &walk, alpha, &mut out);
            out.chunks_exact(4).map(|p| used(p, u16::MAX)).collect()
        }
    };
    Ok(Raster::from_vec(walk.upright, data))
}

/// [`MASK_USE`] where R + G + B is at least half of what it can be and A is not 0.
fn used<T: Copy + Into<u32>>(pixel: &[T], full: T) -> u8 {
    let sum: u32 = pixel[..3].iter().map(|&v| v.into()).sum();
    let white = 2 * sum >= 3 * full.into();
    if white && pixel[3].into() > 0 { MASK_USE } else { 0 }
}
