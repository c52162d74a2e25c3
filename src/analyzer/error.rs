//! Why there is no report.

use crate::engine::EngineError;
use crate::height::HeightError;
use crate::photo::PhotoError;
use crate::region::SelectionError;
use crate::report::pictures::PictureError;

/// Why there is no report. What can be read but not compared is no error: its report is refused.
#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    /// A photograph does not load.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// A region file cannot be used.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// Regions with names and one without.
    #[error("found a region without a name and {named} with one, expected either")]
    MixedRegions {
        /// How many have a name.
        named: usize,
    },
    /// A file of landmarks cannot be used.
    #[error(transparent)]
    Landmarks(#[from] super::LandmarkError),
    /// The heights beside a photograph cannot be used.
    #[error(transparent)]
    Height(#[from] HeightError),
    /// The photographs need more memory than there may be.
    #[error("the photographs need about {} MB of memory, expected at most {} MB", needed.div_ceil(1_000_000), limit / 1_000_000)]
    Memory {
        /// Bytes that they need.
        needed: u64,
        /// Bytes that there may be.
        limit: u64,
    },
    /// The engine is not there, or gave up.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A picture could not be made.
    #[error(transparent)]
    Picture(#[from] PictureError),
}
