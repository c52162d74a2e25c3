//! The classic chart of 24 patches in four rows of six: found in a photograph, it gives the map from
//! the camera's colors to true ones and, where its size is told, millimetres per pixel.
//!
//! `reference` holds the published colors, `detect` finds the patches, `correction` fits.

mod correction;
mod detect;
mod reference;

pub use correction::{Correction, LARGEST_MAX, LARGEST_MEAN, Model, correct};
pub use detect::{Chart, find_chart};
pub use reference::{COLUMNS, Edition, PATCHES, ROWS, reference_linear};
