//! Synthetic skin with known truth, for the demonstration, for tests, and for checking an
//! installation.
//!
//! A forward model of its own: relief and pigment in closed form ([`Scene`], [`Fields`]) → light on
//! the relief, with shadows, sky and gloss → light spreading in skin → camera, noise and sRGB
//! ([`render`]). It imports no formula of the rooms it checks, only sizes, planes and plane
//! maps. What a photograph shows is recorded beside it ([`Truth`], [`TruthMaps`]).
//!
//! Length is in millimeters from the scene's upper left corner, height in µm, pigment in optical
//! density along the unit direction of its color, angles in degrees.

mod blur;
mod camera;
mod error;
mod fields;
mod grid;
mod lesion;
mod light;
mod noise;
mod pair;
mod photo;
mod plant;
mod pose;
mod random;
mod recapture;
mod relief;
mod scene;
mod sheet;
mod tone;
mod truth;
mod write;

#[cfg(test)]
mod tests;

pub use camera::{Camera, Capture, Rendered, render};
pub use error::PhantomError;
pub use fields::{Fields, Skin};
pub use lesion::{Line, Outline, Pore, Scar, ScarKind, Spot};
pub use light::{Light, Lighting};
pub use pair::{
    DemoOptions, Pair, compressed_pair, demo_pair, pair, pigment_pair, scar_pair, unchanged_pair,
};
pub use photo::{Rgb8, SensorNoise};
pub use plant::plant;
pub use pose::Recapture;
pub use recapture::recapture_photo;
pub use scene::{Scene, SceneOptions, Treatment};
pub use sheet::{Patch, Sheet, SheetPhoto, SheetView, photograph_sheet};
pub use tone::{Pigments, SkinTone};
pub use truth::{ScarTruth, SpotTruth, Truth, TruthMaps, WrinkleTruth};
pub use write::{MapFile, PairTruth, write_pair};
