//! True relief beside a photograph: a height map of the same view, or photographs under lamps whose
//! directions are known (photometric stereo). Either becomes heights in µm on the working grid of its
//! photograph, in that photograph's own frame.
//!
//! The way through the folder: `source` (what the user names) → `map` (a file of heights) or `lights` and
//! `stereo` (lamps, normals, heights) → `area` (onto the grid).

mod area;
mod error;
mod lights;
mod map;
mod source;
pub mod stereo;

pub use area::resampled;
pub use error::HeightError;
pub use lights::{LEAST_LAMPS, Lamp, Lights};
pub use map::HeightMap;
pub use source::{HeightSource, Relief};
