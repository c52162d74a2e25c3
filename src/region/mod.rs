//! What is skin, what to measure of it, and what to leave out: clipped pixels, highlights, hair.

mod exclusions;
mod eyes;
mod face;
mod face_search;
mod features;
mod hair;
mod head;
mod ink;
mod look;
mod masks;
mod named;
mod selection;
mod skin;
mod template;
mod tone;
mod veil;

pub use exclusions::{Excluded, Lost, exclude};
pub use named::{NamedRegionFile, NamedSelection, Regions, is_region_name, load_named_regions, load_regions};
pub use selection::{Selection, SelectionError, load_selection};
pub use skin::{Scene, Skin, find_skin};
pub use veil::{EyeZone, Hide, find_what_to_hide};

use crate::reason::Reason;

/// Least share of the region that must be valid, in per cent.
pub const LEAST_VALID_PERCENT: f64 = 70.0;

/// Shares of the region that are left out, in per cent. They may overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ExcludedShares {
    /// Highlights.
    pub specular: f64,
    /// Hair.
    pub hair: f64,
    /// Encoded values at their ends, or void.
    pub clipped: f64,
}

/// Refuses a region of which too little is left.
pub fn refuse_if_too_little(valid_percent: f64) -> Option<Reason> {
    (valid_percent < LEAST_VALID_PERCENT).then(|| {
        Reason::limit(
            "too_little_valid_skin",
            "too little of the region is bare and well exposed skin, in per cent",
            valid_percent,
            LEAST_VALID_PERCENT,
        )
    })
}
