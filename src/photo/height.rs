//! Height maps: one channel of 16-bit codes (PNG, TIFF) or of floats (TIFF). What a code is worth is not in
//! the file; [`crate::height`] is told.

use crate::photo::error::{PhotoError, one_line};
use crate::photo::facts::read_exif;
use crate::photo::format::{Format, Sniffed, sniff};
use crate::photo::limits::Limits;
use crate::photo::load::{Job, Scratch, read_file};
use crate::photo::orient::Walk;
use crate::photo::png;
use crate::photo::source::Depth;
use crate::photo::tiff_tags::{TagError, read_directories};
use crate::raster::Raster;
use std::io::Cursor;
use std::path::Path;
use tiff::decoder::{Decoder, DecodingResult};

const EXPECTED: &str = "a height map: 16-bit gray PNG or TIFF, or 32-bit float gray TIFF";
const TIFF: &str = "TIFF";
/// Bytes a pixel takes while it is decoded and when it is.
const BYTES_PER_PIXEL: u64 = 8;

/// The values of a height map, upright, as they stand in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct HeightSamples {
    /// File name without folder.
    pub name: String,
    /// Codes or floats; floats may be NaN or infinite.
    pub values: Raster<f32>,
    /// Whether they are floats, which have a unit of their own.
    pub is_float: bool,
}

/// Loads the values of a height map; higher values are higher. The format is told by content, orientation
/// is applied as to photographs.
///
/// # Errors
/// [`PhotoError`] as for photographs; other formats, depths and numbers of channels are refused.
pub fn load_height(path: &Path, limits: &Limits) -> Result<HeightSamples, PhotoError> {
    let mut bytes = Vec::new();
    read_file(path, limits, &mut bytes)?;
    let job = Job { file: path.display().to_string(), bytes: &bytes, limits, min_side: 1 };
    let (stored, walk, is_float) = match sniff(&bytes) {
        Sniffed::Known(Format::Png) => from_png(&job)?,
        Sniffed::Known(Format::Tiff) => from_tiff(&job)?,
        Sniffed::Known(other) => return Err(foreign(&job, format!("{other:?}"))),
        Sniffed::Foreign(found) => return Err(foreign(&job, found)),
    };
    let values = Raster::from_fn(walk.upright, |x, y| stored[walk.stored_index(x as usize, y as usize)]);
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    Ok(HeightSamples { name, values, is_float })
}

fn foreign(job: &Job<'_>, found: String) -> PhotoError {
    PhotoError::NotSupported { file: job.file.clone(), expected: EXPECTED, found }
}

fn from_png(job: &Job<'_>) -> Result<(Vec<f32>, Walk, bool), PhotoError> {
    let mut scratch = Scratch::default();
    let source = png::decode(job, &mut scratch)?;
    if source.channels != 1 || source.depth != Depth::Sixteen {
        let (channels, bits) = (source.channels, source.bits_per_channel);
        return Err(job.unsupported_kind(EXPECTED, &format!("a PNG of {channels} channels of {bits} bits")));
    }
    let values = scratch.sixteen[..source.size.area()].iter().map(|&code| f32::from(code)).collect();
    Ok((values, Walk::new(source.exif.orientation, source.size), false))
}

fn from_tiff(job: &Job<'_>) -> Result<(Vec<f32>, Walk, bool), PhotoError> {
    let tags = read_directories(job.bytes).map_err(|error| match error {
        TagError::Short(found) => job.truncated(TIFF, found),
        TagError::Bad(found) => job.damaged(TIFF, found),
    })?;
    if tags.pages > 1 {
        return Err(job.multi_page(tags.pages));
    }
    let bits = tags.bits[0];
    let is_float = (tags.sample_format, bits) == (3, 32);
    let is_gray = tags.samples == 1 && tags.photometric == 1 && tags.fill_order == 1;
    if !is_gray || !(is_float || (tags.sample_format, bits) == (1, 16)) {
        let kind = match tags.sample_format {
            1 => "whole",
            2 => "signed",
            3 => "float",
            _ => "unknown",
        };
        let found = format!(
            "a TIFF of {} channels of {bits} bits, {kind} samples, photometric interpretation {}",
            tags.samples, tags.photometric
        );
        return Err(job.unsupported_kind(EXPECTED, &found));
    }
    job.check_size(tags.size, BYTES_PER_PIXEL)?;
    job.check_file_copy()?;
    let orientation = read_exif(job.bytes).orientation;
    let failed = |error: tiff::TiffError| match error {
        tiff::TiffError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            job.truncated(TIFF, "picture data are missing")
        }
        tiff::TiffError::UnsupportedError(e) => {
            job.unsupported_kind("a common kind of that format", &one_line(&e.to_string()))
        }
        other => job.damaged(TIFF, &one_line(&other.to_string())),
    };
    let values = job.guarded(TIFF, || {
        // The size was held against the limits above.
        let mut decoder = Decoder::new(Cursor::new(job.bytes))
            .map_err(failed)?
            .with_limits(tiff::decoder::Limits::unlimited());
        let values: Vec<f32> = match decoder.read_image().map_err(failed)? {
            DecodingResult::U16(codes) => codes.into_iter().map(f32::from).collect(),
            DecodingResult::F32(values) => values,
            _ => return Err(job.damaged(TIFF, "tags that contradict each other")),
        };
        if values.len() != tags.size.area() {
            return Err(job.damaged(TIFF, "another number of pixels than its tags say"));
        }
        Ok(values)
    })?;
    Ok((values, Walk::new(orientation, tags.size), is_float))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use image::{ExtendedColorType, ImageEncoder};

    fn written(name: &str, bytes: &[u8]) -> Result<HeightSamples, PhotoError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        load_height(&path, &Limits::default())
    }

    fn png(bytes: &[u8], size: Size, color: ExtendedColorType) -> Vec<u8> {
        let mut file = Vec::new();
        image::codecs::png::PngEncoder::new(&mut file)
            .write_image(bytes, size.width, size.height, color)
            .unwrap();
        file
    }

    fn float_tiff(size: Size, values: &[f32]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        tiff::encoder::TiffEncoder::new(&mut file)
            .unwrap()
            .write_image::<tiff::encoder::colortype::Gray32Float>(size.width, size.height, values)
            .unwrap();
        file.into_inner()
    }

    fn gray16_tiff(size: Size, values: &[u16]) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        tiff::encoder::TiffEncoder::new(&mut file)
            .unwrap()
            .write_image::<tiff::encoder::colortype::Gray16>(size.width, size.height, values)
            .unwrap();
        file.into_inner()
    }

    #[test]
    fn codes_and_floats_are_read_as_they_stand() {
        let size = Size::new(3, 2);
        let codes = [0u16, 1, 300, 65535, 256, 7];
        let bytes: Vec<u8> = codes.iter().flat_map(|c| c.to_ne_bytes()).collect();
        let expected: Vec<f32> = codes.iter().map(|&c| f32::from(c)).collect();
        for (name, file) in
            [("a.png", png(&bytes, size, ExtendedColorType::L16)), ("a.tif", gray16_tiff(size, &codes))]
        {
            let found = written(name, &file).unwrap();
            assert_eq!((found.values.data(), found.is_float), (&expected[..], false), "{name}");
            assert_eq!((found.values.size(), found.name.as_str()), (size, name));
        }
        let floats = [-1.5f32, 0.0, f32::NAN, 1e6, f32::INFINITY, 3.25];
        let found = written("b.tiff", &float_tiff(size, &floats)).unwrap();
        assert!(found.is_float && found.values.at(2, 0).is_nan());
        assert_eq!((found.values.at(0, 0), found.values.at(1, 1)), (-1.5, f32::INFINITY));
    }

    #[test]
    fn what_is_no_height_map_is_refused_with_what_it_is() {
        let size = Size::new(2, 2);
        let line = |name: &str, bytes: &[u8]| written(name, bytes).unwrap_err().to_string();
        let eight = line("a.png", &png(&[1, 2, 3, 4], size, ExtendedColorType::L8));
        assert!(eight.contains("expected a height map") && eight.contains("1 channels of 8 bits"), "{eight}");
        let rgb = line("b.png", &png(&[0; 24], size, ExtendedColorType::Rgb16));
        assert!(rgb.contains("3 channels of 16 bits"), "{rgb}");
        let whole = float_tiff(size, &[1.0; 4]);
        let cut = line("c.tif", &whole[..whole.len() - 20]);
        assert!(cut.contains("expected") && cut.contains("found"), "{cut}");
        assert!(line("d.png", b"heights: 1, 2, 3").contains("expected a height map"));
    }
}
