//! Before against after: change, interval, noise, verdict. Numbers only, no pictures.

mod blocks;
mod families;
mod holds;
mod judge;
mod lesion_noise;
mod lesions;
mod noise;
mod recovery;
mod student;

pub use blocks::{BlockError, Spread, block_error};
pub use judge::{
    Captures, Change, LEVEL, MetricInput, NoiseSource, PRIOR_WIDENING, TargetError, Verdict, judge,
};
pub use lesion_noise::LesionNoise;
pub use lesions::{LesionInput, judge_lesions};
pub use noise::{NoiseEntry, NoiseTable, NoiseTableError, Setting};
pub use recovery::{CaptureNoise, LEAST_VISITS, Point, Recovery};
