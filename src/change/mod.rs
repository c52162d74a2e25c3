//! Before against after: change, interval, noise, verdict. Numbers only, no pictures.

mod blocks;
mod judge;
mod noise;
mod recovery;

pub use blocks::{BlockError, block_error};
pub use judge::{
    Captures, Change, LEVEL, MetricInput, NoiseSource, PRIOR_WIDENING, TargetError, Verdict, judge,
};
pub use noise::{NoiseEntry, NoiseTable, NoiseTableError, Setting};
pub use recovery::{CaptureNoise, LEAST_VISITS, Point, Recovery};
