//! What can go wrong when a phantom is made.

use std::path::PathBuf;

/// A phantom that was refused, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PhantomError {
    /// A number outside the range in which the model means anything.
    #[error("phantom: {name} is {found}, expected {expected}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// Its value.
        found: f64,
        /// The range that is accepted.
        expected: &'static str,
    },
    /// The lesions asked for do not fit into the scene without touching.
    #[error(
        "phantom: only {placed} of {wanted} {kind} fit into {width_mm} x {height_mm} mm without touching"
    )]
    NoRoom {
        /// What was to be placed.
        kind: &'static str,
        /// How many were asked for.
        wanted: usize,
        /// How many found room.
        placed: usize,
        /// Width of the scene.
        width_mm: f64,
        /// Height of the scene.
        height_mm: f64,
    },
    /// A photograph whose buffer does not match its size.
    #[error("phantom: a {size} photograph holds {expected} bytes, found {found}")]
    PixelCount {
        /// Width and height.
        size: crate::geometry::Size,
        /// Three bytes a pixel.
        expected: usize,
        /// Bytes in the buffer.
        found: usize,
    },
    /// A picture could not be encoded or decoded.
    #[error("phantom: could not encode {what}")]
    Encode {
        /// Which picture.
        what: String,
        /// The codec's own words.
        #[source]
        source: image::ImageError,
    },
    /// The truth could not be written as JSON.
    #[error("phantom: could not write the truth as JSON")]
    Json(#[from] serde_json::Error),
    /// A file could not be written.
    #[error("phantom: could not write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's own words.
        #[source]
        source: std::io::Error,
    },
}

/// Refuses `value` unless it is finite and inside `range`.
pub(super) fn require(
    name: &'static str,
    value: f64,
    range: std::ops::RangeInclusive<f64>,
    expected: &'static str,
) -> Result<(), PhantomError> {
    if value.is_finite() && range.contains(&value) {
        Ok(())
    } else {
        Err(PhantomError::Parameter { name, found: value, expected })
    }
}
