//! What a decoder of one format hands over, before orientation and color conversion.

use crate::geometry::Size;
use crate::photo::facts::ExifReading;
use crate::photo::types::JpegFacts;
use crate::reason::Reason;

/// What a file says of its colors.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TaggedColor {
    /// Nothing.
    Untagged,
    /// sRGB by name.
    Srgb,
    /// An ICC profile.
    Icc(Vec<u8>),
    /// H.273 code points of primaries and transfer function (PNG `cICP`).
    CodePoints { primaries: u8, transfer: u8 },
    /// Gamma and primaries of a PNG that lie clearly off sRGB.
    GammaAndPrimaries {
        /// Exponent that takes a sample to linear light.
        exponent: f64,
        /// x, y of white, red, green, blue.
        chromaticities: Option<[(f64, f64); 4]>,
    },
}

/// Which of the two scratch buffers holds the samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    Eight,
    Sixteen,
}

/// Interleaved samples in a scratch buffer, as they lie in the file, and what came with them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    /// Width and height as stored, before orientation.
    pub size: Size,
    pub depth: Depth,
    /// 1 gray, 2 gray and alpha, 3 RGB, 4 RGBA.
    pub channels: usize,
    /// Bits per channel in the file.
    pub bits_per_channel: u8,
    /// Whether the file has one channel of color (its samples may still be spread over three).
    pub is_gray: bool,
    pub has_alpha: bool,
    /// Whether colors are premultiplied by alpha: anything but opaque is then void.
    pub premultiplied: bool,
    pub color: TaggedColor,
    pub exif: ExifReading,
    pub jpeg: Option<JpegFacts>,
    pub decoder: &'static str,
    pub warnings: Vec<Reason>,
}
