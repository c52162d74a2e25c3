//! What the search for things laid beside the skin shares: a photograph as it is searched, dark
//! regions, quadrilaterals, plane maps fitted to points.

mod error;
mod fit;
mod patches;
mod quads;
mod regions;
mod sight;

pub use error::{ColorError, Residuals};
pub use fit::{LARGEST_TILT_DEG, Placement, fit_map, placement, scale_cv_percent};
pub use patches::{PatchColor, patch_color};
pub use quads::{Quad, quad_of, refine};
pub use regions::{Region, dark, flat, regions};
pub use sight::Sight;
