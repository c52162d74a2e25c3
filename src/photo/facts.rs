//! What the camera wrote down about a capture, on an allow-list. Whatever is not named here (place,
//! serial numbers, owner, names, comments, thumbnails, maker notes) is never read out of the file.
//!
//! Tags follow CIPA DC-008 (Exif 2.32).

use crate::photo::day::CaptureDay;
use crate::reason::Reason;
use exif::{Exif, In, Tag, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest text that is taken over, in characters.
const MAX_TEXT: usize = 64;
/// Resolutions in dots per inch that programs write without having measured anything.
const PLACEHOLDER_DPI: [f64; 12] =
    [1.0, 72.0, 75.0, 90.0, 96.0, 100.0, 150.0, 180.0, 200.0, 240.0, 300.0, 350.0];
const MM_PER_INCH: f64 = 25.4;

/// How the camera chose its white balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhiteBalanceMode {
    /// By itself, for each picture anew.
    Auto,
    /// Set by the photographer.
    Manual,
}

/// What the camera wrote down. `None`: not in the file, or not a sensible number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaptureFacts {
    /// Maker of the camera.
    pub make: Option<String>,
    /// Model of the camera.
    pub model: Option<String>,
    /// Model of the lens.
    pub lens_model: Option<String>,
    /// Exposure time in seconds.
    pub exposure_time_s: Option<f64>,
    /// Aperture number (focal length over aperture).
    pub f_number: Option<f64>,
    /// ISO speed.
    pub iso: Option<u32>,
    /// Focal length in millimeters.
    pub focal_length_mm: Option<f64>,
    /// Focal length of the same view on 35 mm film, in millimeters.
    pub focal_length_35mm: Option<f64>,
    /// Whether the flash fired.
    pub flash_fired: Option<bool>,
    /// How the white balance was chosen.
    pub white_balance: Option<WhiteBalanceMode>,
    /// Distance to the subject in meters.
    pub subject_distance_m: Option<f64>,
    /// Pixels per millimeter, only where it can be true: square pixels, an absolute unit, no
    /// customary placeholder, and not from a camera (which cannot know it).
    pub resolution_px_per_mm: Option<f64>,
    /// Day of the capture, for the days between visits. Never serialized.
    #[serde(skip)]
    pub capture_day: Option<CaptureDay>,
}

/// What an EXIF block gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ExifReading {
    pub facts: CaptureFacts,
    /// 1–8, CIPA DC-008 §4.6.4.
    pub orientation: u8,
    pub warnings: Vec<Reason>,
}

impl Default for ExifReading {
    fn default() -> Self {
        Self { facts: CaptureFacts::default(), orientation: 1, warnings: Vec::new() }
    }
}

/// Reads an EXIF block: a TIFF structure, with or without the `Exif\0\0` in front. A block that
/// cannot be read costs the facts, not the photograph; the reading then carries a warning.
pub(crate) fn read_exif(block: &[u8]) -> ExifReading {
    let block = block.strip_prefix(b"Exif\0\0").unwrap_or(block);
    let mut partly = false;
    let parsed = exif::Reader::new().continue_on_error(true).read_raw(block.to_vec()).or_else(|error| {
        partly = true;
        error.distill_partial_result(|_| {})
    });
    let mut reading = match &parsed {
        Ok(exif) => reading_from(exif),
        Err(_) => ExifReading::default(),
    };
    if partly {
        let message = "The EXIF data are damaged; its orientation and the camera's notes may be missing";
        reading.warnings.push(Reason::new("exif_unreadable", message));
    }
    reading
}

fn reading_from(exif: &Exif) -> ExifReading {
    let value = |tag: Tag| exif.get_field(tag, In::PRIMARY).map(|field| &field.value);
    let number = |tag: Tag| value(tag).and_then(positive);
    let count = |tag: Tag| value(tag).and_then(|v| v.get_uint(0));
    let mut reading = ExifReading::default();
    match count(Tag::Orientation) {
        Some(code @ 1..=8) => reading.orientation = code as u8,
        None | Some(0) => {}
        Some(code) => reading.warnings.push(Reason::new(
            "orientation_unknown",
            format!("The EXIF orientation is {code}, expected 1 to 8; taken as upright"),
        )),
    }
    // Any value but 0: the camera reworked the picture (HDR, portrait, beauty modes).
    if count(Tag::CustomRendered).is_some_and(|code| code != 0) {
        let message =
            "The camera notes special processing (such as HDR or portrait mode): tones may not follow sRGB";
        reading.warnings.push(Reason::new("processed_in_camera", message));
    }
    reading.facts = CaptureFacts {
        make: value(Tag::Make).and_then(text),
        model: value(Tag::Model).and_then(text),
        lens_model: value(Tag::LensModel).and_then(text),
        exposure_time_s: number(Tag::ExposureTime),
        f_number: number(Tag::FNumber),
        iso: count(Tag::PhotographicSensitivity).or_else(|| count(Tag::ISOSpeed)).filter(|&iso| iso > 0),
        focal_length_mm: number(Tag::FocalLength),
        focal_length_35mm: number(Tag::FocalLengthIn35mmFilm),
        flash_fired: count(Tag::Flash).map(|bits| bits & 1 == 1),
        white_balance: match count(Tag::WhiteBalance) {
            Some(0) => Some(WhiteBalanceMode::Auto),
            Some(1) => Some(WhiteBalanceMode::Manual),
            _ => None,
        },
        // 0xFFFFFFFF means infinity.
        subject_distance_m: number(Tag::SubjectDistance).filter(|&m| m < 1e6),
        resolution_px_per_mm: None,
        capture_day: [Tag::DateTimeOriginal, Tag::DateTimeDigitized]
            .into_iter()
            .find_map(|tag| value(tag).and_then(raw_text).and_then(|t| CaptureDay::from_exif(&t))),
    };
    let unit_mm = match count(Tag::ResolutionUnit) {
        Some(2) => Some(MM_PER_INCH),
        Some(3) => Some(10.0),
        _ => None,
    };
    if let (Some(x), Some(y), Some(unit)) = (number(Tag::XResolution), number(Tag::YResolution), unit_mm) {
        reading.facts.set_resolution(x / unit, y / unit);
    }
    reading
}

impl CaptureFacts {
    /// Takes over a resolution in pixels per millimeter where it can be trusted.
    pub(crate) fn set_resolution(&mut self, x: f64, y: f64) {
        let from_camera = self.exposure_time_s.is_some() || self.focal_length_mm.is_some();
        let placeholder = PLACEHOLDER_DPI.iter().any(|dpi| (x * MM_PER_INCH - dpi).abs() < 0.5);
        let square = (x - y).abs() <= 0.001 * x;
        if x.is_finite() && x > 0.0 && square && !placeholder && !from_camera {
            self.resolution_px_per_mm = Some(x);
        }
    }
}

/// The first number of a value, if it is finite and above zero.
fn positive(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Rational(v) => v.first()?.to_f64(),
        Value::SRational(v) => v.first()?.to_f64(),
        Value::Float(v) => f64::from(*v.first()?),
        Value::Double(v) => *v.first()?,
        other => f64::from(other.get_uint(0)?),
    };
    (number.is_finite() && number > 0.0).then_some(number)
}

fn raw_text(value: &Value) -> Option<String> {
    match value {
        Value::Ascii(parts) => parts.first().map(|bytes| String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// A text without control characters, trimmed, of at most [`MAX_TEXT`] characters.
fn text(value: &Value) -> Option<String> {
    sanitized(&raw_text(value)?)
}

/// A text without control characters, trimmed, of at most [`MAX_TEXT`] characters; `None` if
/// nothing is left.
pub(crate) fn sanitized(text: &str) -> Option<String> {
    let visible: String = text.chars().filter(|c| !c.is_control() && *c != '\u{FFFD}').collect();
    let short: String = visible.trim().chars().take(MAX_TEXT).collect();
    let short = short.trim_end();
    (!short.is_empty()).then(|| short.to_owned())
}
