//! Walks the chunks of a PNG file without decoding (W3C PNG, third edition): header, color chunks,
//! EXIF, and whether the file is whole.

use crate::geometry::Size;
use crate::photo::png_raw_profile::exif_block;
use crate::photo::source::TaggedColor;

/// What a walk over the file found.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Chunks {
    pub size: Option<Size>,
    /// Bits per sample, or per palette index.
    pub bit_depth: u8,
    /// 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA.
    pub color_type: u8,
    pub has_transparent_color: bool,
    pub animated: bool,
    pub has_icc: bool,
    pub has_srgb: bool,
    /// Image gamma: exponent of the encoding times 100000.
    pub gamma: Option<u32>,
    /// x, y of white, red, green, blue.
    pub chromaticities: Option<[(f64, f64); 4]>,
    /// Primaries and transfer function of `cICP`.
    pub code_points: Option<(u8, u8)>,
    pub exif: Option<std::ops::Range<usize>>,
    /// EXIF out of a text chunk, as programs wrote it before `eXIf`.
    pub text_exif: Option<Vec<u8>>,
    /// Pixels per meter.
    pub pixels_per_meter: Option<(u32, u32)>,
    /// One past the IEND chunk.
    pub end: usize,
}

/// Why a walk stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChunkError {
    /// The file ends inside something.
    Short(String),
    /// The chunks contradict the format.
    Bad(&'static str),
}

const SIGNATURE_BYTES: usize = 8;
/// Length, name and checksum around a chunk's payload.
const FRAME_BYTES: usize = 12;

/// Walks from the signature to IEND; what follows does not matter.
///
/// # Errors
/// [`ChunkError`] where the file ends before IEND, or has no sound IHDR in front.
pub(crate) fn walk(file: &[u8]) -> Result<Chunks, ChunkError> {
    let mut found = Chunks::default();
    let mut at = SIGNATURE_BYTES;
    let mut has_data = false;
    loop {
        let Some(&[l3, l2, l1, l0, n0, n1, n2, n3]) = file.get(at..).and_then(|rest| rest.first_chunk())
        else {
            return Err(ChunkError::Short("no IEND chunk".to_owned()));
        };
        let length = u32::from_be_bytes([l3, l2, l1, l0]) as usize;
        let name = [n0, n1, n2, n3];
        if !name.iter().all(u8::is_ascii_alphabetic) {
            return Err(ChunkError::Bad("a chunk without a name"));
        }
        let next = at + FRAME_BYTES + length;
        if next > file.len() {
            return Err(ChunkError::Short(format!(
                "it ends inside a {} chunk",
                String::from_utf8_lossy(&name)
            )));
        }
        let payload = at + 8..at + 8 + length;
        if (found.size.is_none()) != (&name == b"IHDR") {
            return Err(ChunkError::Bad("no single IHDR chunk in front"));
        }
        has_data |= &name == b"IDAT";
        if &name == b"IEND" {
            found.end = next;
            return if has_data { Ok(found) } else { Err(ChunkError::Bad("no IDAT chunk")) };
        }
        found.take(&name, &file[payload.clone()], payload)?;
        at = next;
    }
}

impl Chunks {
    fn take(
        &mut self,
        name: &[u8; 4],
        bytes: &[u8],
        payload: std::ops::Range<usize>,
    ) -> Result<(), ChunkError> {
        let number =
            |k: usize| bytes.get(4 * k..4 * k + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
        match name {
            b"IHDR" => {
                let (Some(width), Some(height), Some(&[depth, color, ..])) =
                    (number(0), number(1), bytes.get(8..))
                else {
                    return Err(ChunkError::Bad("a malformed IHDR chunk"));
                };
                let most = i32::MAX as u32;
                if !(1..=most).contains(&width) || !(1..=most).contains(&height) {
                    return Err(ChunkError::Bad("a picture without pixels"));
                }
                self.size = Some(Size::new(width, height));
                (self.bit_depth, self.color_type) = (depth, color);
            }
            b"tRNS" => self.has_transparent_color = true,
            b"acTL" => self.animated = true,
            b"iCCP" => self.has_icc = true,
            b"sRGB" => self.has_srgb = true,
            b"gAMA" => self.gamma = number(0).filter(|&gamma| gamma > 0),
            b"cHRM" => {
                let pair = |k: usize| {
                    let [x, y] = [number(2 * k)?, number(2 * k + 1)?].map(|v| f64::from(v) / 1e5);
                    (y > 0.0 && x + y <= 1.0).then_some((x, y))
                };
                self.chromaticities = (|| Some([pair(0)?, pair(1)?, pair(2)?, pair(3)?]))();
            }
            b"cICP" => {
                if let [primaries, transfer, ..] = *bytes {
                    self.code_points = Some((primaries, transfer));
                }
            }
            b"eXIf" if self.exif.is_none() => self.exif = Some(payload),
            b"tEXt" | b"zTXt" if self.text_exif.is_none() => {
                self.text_exif = exif_block(bytes, name == b"zTXt");
            }
            b"pHYs" if bytes.get(8) == Some(&1) => self.pixels_per_meter = number(0).zip(number(1)),
            _ => {}
        }
        Ok(())
    }

    /// The color that the chunks name, in the order of precedence of the PNG specification;
    /// `profile` is the unpacked iCCP chunk.
    pub(crate) fn tagged_color(&self, profile: Option<Vec<u8>>) -> TaggedColor {
        if let Some((primaries, transfer)) = self.code_points {
            return TaggedColor::CodePoints { primaries, transfer };
        }
        if let Some(profile) = profile {
            return TaggedColor::Icc(profile);
        }
        if self.has_srgb {
            return TaggedColor::Srgb;
        }
        let exponent = self.gamma.map(|gamma| 1e5 / f64::from(gamma));
        let gamma_fits = exponent.is_none_or(|e| SRGB_LIKE_EXPONENT.contains(&e));
        let primaries_fit = self.chromaticities.is_none_or(|found| {
            let apart = |(a, b): (&(f64, f64), &(f64, f64))| (a.0 - b.0).abs().max((a.1 - b.1).abs());
            found.iter().zip(&SRGB_CHROMATICITIES).map(apart).fold(0.0, f64::max) < SAME_CHROMATICITY
        });
        if gamma_fits && primaries_fit {
            return TaggedColor::Untagged;
        }
        TaggedColor::GammaAndPrimaries {
            exponent: exponent.unwrap_or(SRGB_MEAN_EXPONENT),
            chromaticities: self.chromaticities,
        }
    }
}

/// Exponents that programs write when they mean sRGB: 1/0.45455 and what lies close to it. Mac
/// gamma (1.8) and linear light (1.0) lie outside.
const SRGB_LIKE_EXPONENT: std::ops::RangeInclusive<f64> = 2.0..=2.5;
/// The exponent that PNG prescribes beside sRGB, 1/0.45455.
const SRGB_MEAN_EXPONENT: f64 = 2.2;
/// White, red, green and blue of IEC 61966-2-1.
const SRGB_CHROMATICITIES: [(f64, f64); 4] = [(0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)];
/// Chromaticities closer than this are the same: rounding, and 0.31270 against 0.31273.
const SAME_CHROMATICITY: f64 = 0.01;
