//! Why heights cannot be used: one line with the file, what was expected and what was found.

use std::path::PathBuf;

use crate::geometry::Size;
use crate::photo::PhotoError;

use super::lights::LEAST_LAMPS;

/// Why the heights beside a photograph cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HeightError {
    /// The file of a height map, or a photograph under a lamp, does not load.
    #[error(transparent)]
    File(#[from] PhotoError),
    /// Whole numbers, and nothing that says what they are worth.
    #[error("{file}: expected µm per unit of its 16-bit heights (--height-um-per-unit X), found none")]
    NoUnit {
        /// The file.
        file: String,
    },
    /// No height is known.
    #[error("{file}: expected heights, found none that is not void")]
    AllVoid {
        /// The file.
        file: String,
    },
    /// Another view than the photograph's.
    #[error(
        "{file}: expected heights of the same view as the photograph, {photo} or in that ratio of sides, found {found}"
    )]
    AnotherView {
        /// The file.
        file: String,
        /// The photograph's size.
        photo: Size,
        /// The map's size.
        found: Size,
    },
    /// More heights than photographs.
    #[error("found heights for {found} captures of the {visit}-visit, expected at most {photos}")]
    TooMany {
        /// `before` or `after`.
        visit: &'static str,
        /// Heights given.
        found: usize,
        /// Photographs of that visit.
        photos: usize,
    },
    /// The file of lamps cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no JSON of lamps.
    #[error(
        "{}: expected {{\"lights\": [{{\"photo\": FILE, \"direction\": [x, y, z]}}, …]}}, found {message}",
        path.display()
    )]
    Json {
        /// The file.
        path: PathBuf,
        /// What was wrong, and where.
        message: String,
    },
    /// Too few lamps.
    #[error("{}: found {found} lights, expected at least {LEAST_LAMPS}", path.display())]
    FewLamps {
        /// The file.
        path: PathBuf,
        /// Lamps in it.
        found: usize,
    },
    /// A direction that is none.
    #[error(
        "{}: light {lamp}: expected a unit vector towards the lamp, with z towards the camera above 0, found [{}, {}, {}]",
        path.display(), direction[0], direction[1], direction[2]
    )]
    Direction {
        /// The file.
        path: PathBuf,
        /// Which lamp, from 1.
        lamp: usize,
        /// What was found.
        direction: [f64; 3],
    },
    /// A lamp without light.
    #[error("{}: light {lamp}: expected an intensity above 0, found {intensity}", path.display())]
    Intensity {
        /// The file.
        path: PathBuf,
        /// Which lamp, from 1.
        lamp: usize,
        /// What was found.
        intensity: f64,
    },
    /// Directions that do not tell a normal.
    #[error(
        "{}: expected lights from around, found directions that lie nearly in one plane (spread {found:.3}, needed {needed:.3})",
        path.display()
    )]
    OnePlane {
        /// The file.
        path: PathBuf,
        /// Least singular value of the directions by the largest.
        found: f64,
        /// What it must be.
        needed: f64,
    },
    /// A photograph under a lamp of another size than the one measured: the camera was not fixed.
    #[error("{file}: expected {photo} pixels as the photograph has (a fixed camera), found {found}")]
    AnotherCamera {
        /// The file.
        file: String,
        /// The photograph's size.
        photo: Size,
        /// Its own.
        found: Size,
    },
}

impl HeightError {
    /// Whether something is missing on the command line, not in a file.
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::NoUnit { .. } | Self::TooMany { .. })
    }
}
