//! From a file to pixels and facts.
//!
//! [`load`] reads a photograph (JPEG, PNG, TIFF, WebP; told by content), checks it against
//! [`Limits`], decodes it strictly, and gives it upright and sRGB-encoded, with what the camera
//! wrote down on an allow-list. [`Decoder`] does the same and reuses memory. [`load_mask`] reads a
//! mask. What cannot be read whole and sound is refused with a [`PhotoError`].
//!
//! The way of a file through the folder: `format` (which decoder) → `jpeg`, `png`, `tiff`, `webp`
//! (samples and tags) → `facts` (EXIF) → `color` (which conversion) → `finish` (upright, sRGB, void).

mod color;
mod day;
mod error;
mod facts;
mod finish;
mod format;
mod height;
mod huffman;
mod jpeg;
mod jpeg_markers;
mod jpeg_quality;
mod jpeg_scan;
#[cfg(feature = "turbojpeg")]
mod jpeg_turbo;
#[cfg(any(test, not(feature = "turbojpeg")))]
mod jpeg_zune;
mod limits;
mod load;
mod mask;
mod orient;
mod png;
mod png_chunks;
mod png_raw_profile;
mod source;
mod tiff;
mod tiff_tags;
mod types;
mod webp;

pub use day::CaptureDay;
pub use error::PhotoError;
pub use facts::{CaptureFacts, WhiteBalanceMode};
pub use height::{HeightSamples, load_height};
pub(crate) use jpeg::JPEG_DECODER;
pub use limits::Limits;
pub use load::{Decoder, MIN_SIDE_PX, load};
pub use mask::{MASK_USE, load_mask};
pub use types::{ColorEncoding, JpegFacts, Photo, Pixels};

#[cfg(test)]
mod tests;
