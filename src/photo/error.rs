//! Why a photograph was not loaded: one line each, with the file, what was expected and what was
//! found.

use crate::geometry::Size;
use thiserror::Error;

/// Why a photograph was not loaded. `file` is the path as it was given.
#[derive(Debug, Error)]
pub enum PhotoError {
    /// Nothing at that path.
    #[error("{file}: expected a photograph, found no such file")]
    Missing {
        /// Path as given.
        file: String,
    },
    /// The path is a folder.
    #[error("{file}: expected a photograph, found a folder")]
    IsFolder {
        /// Path as given.
        file: String,
    },
    /// The path is a pipe, a socket or a device.
    #[error("{file}: expected a photograph, found something that is not a regular file")]
    NotAFile {
        /// Path as given.
        file: String,
    },
    /// The file may not be read by this user.
    #[error("{file}: expected a readable file, found no permission to read it")]
    NoPermission {
        /// Path as given.
        file: String,
    },
    /// The operating system failed to read the file.
    #[error("{file}: expected a readable file, found: {source}")]
    Unreadable {
        /// Path as given.
        file: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file has no bytes.
    #[error("{file}: expected a photograph, found an empty file (0 bytes)")]
    Empty {
        /// Path as given.
        file: String,
    },
    /// The content is of another format, whatever the name says.
    #[error("{file}: expected {expected}, found {found}, which is not a supported format")]
    NotSupported {
        /// Path as given.
        file: String,
        /// Formats that would do.
        expected: &'static str,
        /// The format that the first bytes tell.
        found: String,
    },
    /// A supported format, but a kind of it that is not read.
    #[error("{file}: expected {expected}, found {found}")]
    UnsupportedKind {
        /// Path as given.
        file: String,
        /// The kinds that are read.
        expected: &'static str,
        /// The kind in the file.
        found: String,
    },
    /// The file ends too early.
    #[error("{file}: expected a whole {format} file, found it cut short: {found}")]
    Truncated {
        /// Path as given.
        file: String,
        /// `JPEG`, `PNG`, `TIFF` or `WebP`.
        format: &'static str,
        /// Where it ends.
        found: String,
    },
    /// The file contradicts its own format.
    #[error("{file}: expected a sound {format} file, found damage: {found}")]
    Damaged {
        /// Path as given.
        file: String,
        /// `JPEG`, `PNG`, `TIFF` or `WebP`.
        format: &'static str,
        /// What the decoder stumbled over.
        found: String,
    },
    /// More pixels than allowed.
    #[error("{file}: expected at most {limit} pixels, found {found} ({size}); --max-pixels raises the limit")]
    TooManyPixels {
        /// Path as given.
        file: String,
        /// Width and height in the header.
        size: Size,
        /// Pixels in the header.
        found: u64,
        /// Pixels allowed.
        limit: u64,
    },
    /// More memory than allowed.
    #[error(
        "{file}: expected to need at most {limit} bytes of memory, found {needed}; --max-memory raises the limit"
    )]
    TooMuchMemory {
        /// Path as given.
        file: String,
        /// Bytes that loading would take.
        needed: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// Printing inks: there is no way back to light without the press's profile.
    #[error("{file}: expected RGB or gray, found {found} (printing inks) in a {format} file")]
    Cmyk {
        /// Path as given.
        file: String,
        /// `JPEG` or `TIFF`.
        format: &'static str,
        /// `CMYK` or `YCCK`.
        found: &'static str,
    },
    /// An animation.
    #[error("{file}: expected one still picture, found an animated {format} file")]
    Animated {
        /// Path as given.
        file: String,
        /// `PNG` or `WebP`.
        format: &'static str,
    },
    /// Several pages.
    #[error("{file}: expected one picture, found a TIFF file of {found} pages")]
    MultiPage {
        /// Path as given.
        file: String,
        /// Number of pages.
        found: usize,
    },
    /// Too small for a photograph of skin.
    #[error("{file}: expected at least {needed} pixels on the shorter side, found {size}")]
    TooSmall {
        /// Path as given.
        file: String,
        /// Width and height in the header.
        size: Size,
        /// Pixels needed on the shorter side.
        needed: u32,
    },
    /// A color profile that cannot be used: the colors are then unknown.
    #[error("{file}: expected a usable color profile, found {found}")]
    BadProfile {
        /// Path as given.
        file: String,
        /// What is wrong with it.
        found: String,
    },
}

impl PhotoError {
    /// Stable identifier in `snake_case`, for a report's reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "file_missing",
            Self::IsFolder { .. } => "file_is_folder",
            Self::NotAFile { .. } => "file_not_regular",
            Self::NoPermission { .. } => "file_no_permission",
            Self::Unreadable { .. } => "file_unreadable",
            Self::Empty { .. } => "file_empty",
            Self::NotSupported { .. } => "format_not_supported",
            Self::UnsupportedKind { .. } => "format_kind_not_supported",
            Self::Truncated { .. } => "file_truncated",
            Self::Damaged { .. } => "file_damaged",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::TooMuchMemory { .. } => "too_much_memory",
            Self::Cmyk { .. } => "printing_inks",
            Self::Animated { .. } => "animated",
            Self::MultiPage { .. } => "several_pages",
            Self::TooSmall { .. } => "too_small",
            Self::BadProfile { .. } => "color_profile_unusable",
        }
    }
}

/// Turns control characters (a decoder's message may carry line breaks) into spaces: one line each.
pub(crate) fn one_line(message: &str) -> String {
    message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}
