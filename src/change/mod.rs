//! Before against after: change, interval, noise, verdict. Numbers only, no pictures.

mod agreement;
mod allowance;
mod blocks;
mod captures;
mod controlled;
mod counts;
#[cfg(test)]
mod coverage;
mod families;
mod holds;
mod inversion;
mod judge;
mod leak;
mod lesion_noise;
mod lesions;
mod noise;
mod noise_file;
mod objects;
mod paired;
mod recovery;
mod student;
mod trend;
mod verdict;

pub use crate::measure::paired::PairedObject;
pub use agreement::{Correlation, LimitsOfAgreement, Within, points};
pub use allowance::{Allowance, AllowanceSource, Allowances};
pub use blocks::{BlockError, Spread, block_error};
pub use captures::{Captures, NoiseSource, PRIOR_WIDENING};
pub use controlled::{Controlled, Delta};
pub use counts::{BlockCounts, CountChange, LEAST_BLOCKS_OF_COUNTS};
pub use holds::holm_adjusted;
pub use inversion::SharedNoise;
pub use judge::{LEVEL, MetricInput, TargetError, judge};
pub use leak::Leak;
pub use lesion_noise::LesionNoise;
pub use lesions::{LesionInput, judge_lesions};
pub use noise::{NoiseEntry, NoiseTable, NoiseTableError, Setting, noise_size};
pub use noise_file::{
    Circumstances, Covers, FORMAT as NOISE_FORMAT, Group, LeftOut, NoiseFile, NoiseFileError, Repeatability,
};
pub use objects::{ObjectChange, OverObjects};
pub use paired::{EffectSize, PairedMean, share_interval};
pub use recovery::{CaptureNoise, LEAST_VISITS, Point, Recovery};
pub use trend::{LEAST_TREND_VISITS, LEAST_VISITS_TO_CALL, Trend};
pub use verdict::{Change, HeldBack, Verdict};
