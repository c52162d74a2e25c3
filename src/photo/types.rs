//! What loading a photograph gives.

use crate::geometry::Size;
use crate::photo::facts::CaptureFacts;
use crate::reason::Reason;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Pixels of a photograph: sRGB-encoded, upright (EXIF orientation applied), row by row, four
/// interleaved channels R, G, B, A. A = 0 marks a void pixel (see [`Photo::pixels`]), A = maximum a
/// good one; no other alpha occurs.
#[derive(Debug, Clone, PartialEq)]
pub enum Pixels {
    /// 8 bits per channel: as the file had them.
    Rgba8(Vec<u8>),
    /// 16 bits per channel: a 16-bit file, or the result of a color conversion.
    Rgba16(Vec<u16>),
}

impl Pixels {
    /// Red, green and blue of pixel `index`, as fractions of full scale (0–1, sRGB-encoded).
    pub fn rgb(&self, index: usize) -> [f32; 3] {
        match self {
            Self::Rgba8(data) => std::array::from_fn(|c| f32::from(data[4 * index + c]) / 255.0),
            Self::Rgba16(data) => std::array::from_fn(|c| f32::from(data[4 * index + c]) / 65535.0),
        }
    }

    /// Whether pixel `index` is void.
    pub fn is_void(&self, index: usize) -> bool {
        match self {
            Self::Rgba8(data) => data[4 * index + 3] == 0,
            Self::Rgba16(data) => data[4 * index + 3] == 0,
        }
    }

    /// Number of pixels.
    pub fn len(&self) -> usize {
        match self {
            Self::Rgba8(data) => data.len() / 4,
            Self::Rgba16(data) => data.len() / 4,
        }
    }

    /// Whether there are no pixels.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where the colors of a photograph come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "source")]
pub enum ColorEncoding {
    /// The file says nothing of its colors; taken for sRGB.
    AssumedSrgb,
    /// The file says that it is sRGB; the values are the file's own.
    Srgb,
    /// Converted to sRGB from the space that the file names.
    Icc {
        /// The profile's own name, or what described the space.
        description: String,
    },
}

/// What the JPEG coding of a photograph tells about its quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JpegFacts {
    /// Quality on the scale 1–100 of the IJG tables that lie nearest to the file's luminance table.
    pub quality_estimate: Option<u8>,
    /// `4:4:4`, `4:2:2`, `4:2:0`, `4:4:0`, `4:1:1`, `gray` or `other`.
    pub chroma_subsampling: String,
    /// Whether the coding is progressive.
    pub progressive: bool,
}

/// A photograph, decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Photo {
    /// File name without folder.
    pub name: String,
    /// SHA-256 of the bytes of the file, 64 hexadecimal digits.
    pub sha256: String,
    /// Width and height in pixels, upright.
    pub size: Size,
    /// The pixels. Void (A = 0) is what is transparent in the file (alpha below one half; any
    /// transparency where the file's colors are premultiplied) and, where colors were converted,
    /// what is clipped in the file's own values: any channel ≥ 250/255 or ≤ 5/255 of full scale,
    /// because clipping cannot be judged after a conversion. Unconverted pixels are not judged here.
    pub pixels: Pixels,
    /// The decoder, e.g. `zune-jpeg 0.5.15 strict`.
    pub decoder: String,
    /// Where the colors come from.
    pub color: ColorEncoding,
    /// What the camera wrote down, on an allow-list.
    pub facts: CaptureFacts,
    /// Coding of a JPEG; `None` for other formats.
    pub jpeg: Option<JpegFacts>,
    /// Bits per channel in the file.
    pub bits_per_channel: u8,
    /// Whether the file has one channel of color only.
    pub is_gray: bool,
    /// Whether the file has an alpha channel or a transparent color.
    pub has_alpha: bool,
    /// EXIF orientation that was applied (1–8; 1 is upright already).
    pub exif_orientation: u8,
    /// What a reader of the report should know: `color_assumed_srgb`, `exif_unreadable`, ….
    pub warnings: Vec<Reason>,
}

impl Photo {
    /// A photograph that never was a file, from sRGB bytes: red, green, blue, row by row.
    ///
    /// # Panics
    /// If `rgb` does not hold three bytes a pixel.
    pub fn from_rgb_bytes(name: &str, size: Size, rgb: &[u8]) -> Self {
        let rgba = rgb.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
        Self::from_srgb_pixels(name, size, Pixels::Rgba8(rgba))
    }

    /// A photograph that never was a file: sRGB pixels of a phantom or a test.
    ///
    /// # Panics
    /// If `pixels` does not hold width × height pixels.
    pub fn from_srgb_pixels(name: &str, size: Size, pixels: Pixels) -> Self {
        assert_eq!(pixels.len(), size.area(), "a {size} photograph holds width x height pixels");
        let bits_per_channel = if matches!(pixels, Pixels::Rgba8(_)) { 8 } else { 16 };
        Self {
            name: name.to_owned(),
            sha256: String::new(),
            size,
            pixels,
            decoder: "none".to_owned(),
            color: ColorEncoding::Srgb,
            facts: CaptureFacts::default(),
            jpeg: None,
            bits_per_channel,
            is_gray: false,
            has_alpha: false,
            exif_orientation: 1,
            warnings: Vec::new(),
        }
    }
}
