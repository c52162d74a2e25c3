//! What a change came to, and the words that may be said of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::captures::NoiseSource;
use super::controlled::Delta;

/// What may be said of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Beyond the smallest detectable change of measured noise.
    Decreased,
    /// Beyond the smallest detectable change of measured noise.
    Increased,
    /// Beyond the widened prior noise, or not safe after adjustment for many outcomes.
    ProbablyDecreased,
    /// Beyond the widened prior noise, or not safe after adjustment for many outcomes.
    ProbablyIncreased,
    /// Within the noise.
    NoDetectableChange,
    /// There is no value; the reason stands beside.
    NotMeasurable,
}

impl Verdict {
    /// Whether it claims any change.
    pub fn claims_change(self) -> bool {
        !matches!(self, Self::NoDetectableChange | Self::NotMeasurable)
    }

    /// Whether it claims a fall.
    pub fn claims_fall(self) -> bool {
        matches!(self, Self::Decreased | Self::ProbablyDecreased)
    }

    /// The word for a change that is called or not, surely or probably.
    pub(super) fn of(called: bool, sure: bool, fell: bool) -> Self {
        match (called, sure, fell) {
            (false, ..) => Self::NoDetectableChange,
            (true, true, true) => Self::Decreased,
            (true, true, false) => Self::Increased,
            (true, false, true) => Self::ProbablyDecreased,
            (true, false, false) => Self::ProbablyIncreased,
        }
    }
}

/// What became of a metric, or of a lesion.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// After − before, in the metric's unit. With repeats, of the visits' means.
    pub change: f64,
    /// In per cent of before, on the logarithmic axis.
    pub change_percent: Option<f64>,
    /// Interval of the true change, in the metric's unit.
    pub interval: Option<(f64, f64)>,
    /// The smallest change that these captures could show, in the metric's unit at the value
    /// before.
    pub smallest_detectable_change: Option<f64>,
    /// Where the noise comes from.
    pub noise_source: Option<NoiseSource>,
    /// What may be said.
    pub verdict: Verdict,
    /// Whether nothing is said only because another family of relief can have made the change.
    pub family_unclear: bool,
    /// The change on its axis, with its interval; `None` where no noise is known.
    pub delta: Option<Delta>,
}

impl Change {
    /// A change of which no noise is known: nothing is said of it.
    pub(super) fn without_noise(change: f64) -> Self {
        Self {
            change,
            change_percent: None,
            interval: None,
            smallest_detectable_change: None,
            noise_source: None,
            verdict: Verdict::NoDetectableChange,
            family_unclear: false,
            delta: None,
        }
    }
}
