//! What a change came to, and the words that may be said of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::allowance::{AllowanceSource, Allowances};
use super::captures::NoiseSource;
use super::controlled::Delta;
use crate::measure::Axis;
use crate::reason::Reason;

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
    /// There is no value, or none that a change could be read off; the reason stands beside.
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

/// Reason why nothing may be said of a change that was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum HeldBack {
    /// It exceeds the noise, but only without the allowance, on the metric's axis. The source is its largest part.
    Allowance {
        /// Largest cause.
        source: AllowanceSource,
        /// Sum of all allowances in the direction of the change.
        allowance: f64,
    },
    /// It exceeds its own noise, but not once all that was judged together is counted: chance alone makes such a change.
    OneOfMany,
    /// Nothing but a change as large as the value itself could have been seen.
    TooUncertain,
    /// No noise is known for this metric in such a pair.
    NoNoise,
}

impl HeldBack {
    /// The same for a report.
    pub fn reason(self) -> Reason {
        match self {
            Self::Allowance { source, allowance } => {
                Reason { found: Some(allowance), ..Reason::new(source.reason_code(), source.message()) }
            }
            Self::OneOfMany => Reason::new(
                "one_of_many",
                "the change exceeds its own noise, but among all that was judged, chance makes one as large",
            ),
            Self::TooUncertain => Reason::new(
                "too_uncertain",
                "only a change as large as the value itself could have been seen",
            ),
            Self::NoNoise => Reason::new("no_noise", "no noise is known for this metric on such a pair"),
        }
    }
}

/// Change of a metric, or of a lesion, with everything that its verdict follows from.
///
/// On its axis, let δ be the change, s the smallest detectable change and a the sum of allowances in the direction of δ. A change is
/// called where |δ| exceeds s and the interval excludes 0, and `p_adjusted` is at most 0.05 or the noise was measured here. A change
/// that would be called without a is held back by name, and so is one that `p_adjusted` alone holds back.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Values before and after that the change is the difference of, in the metric's unit. With repeats they are the visits' means,
    /// geometric where the axis is the logarithm.
    pub visits: [f64; 2],
    /// After − before, in the metric's unit.
    pub change: f64,
    /// In per cent of before, for positive metrics.
    pub change_percent: Option<f64>,
    /// Interval of the true change, in the metric's unit, allowances included.
    pub interval: Option<(f64, f64)>,
    /// The smallest change in the direction of this one that these captures could show, in the metric's unit, allowances included.
    pub smallest_detectable_change: Option<f64>,
    /// Source of the noise.
    pub noise_source: Option<NoiseSource>,
    /// Verdict.
    pub verdict: Verdict,
    /// Reason why it is not measurable although a change was read.
    pub held_back: Option<HeldBack>,
    /// The axis that it was judged on.
    pub axis: Axis,
    /// Two-sided p of no change by noise alone, adjusted over the primary endpoints.
    pub p_adjusted: Option<f64>,
    /// Allowances on the axis.
    pub allowances: Allowances,
    /// Share of a called change that remains after what other families can account for, 0 to 1.
    pub remaining: Option<f64>,
    /// Families that can account for all of a called change, with the share of it that each can account for; empty where it stands
    /// for itself.
    pub explained_by: Vec<(&'static str, f64)>,
    /// The change on its axis, with its interval by noise alone; `None` where no noise is known.
    pub delta: Option<Delta>,
}

impl Change {
    /// A change from `before` to `after` of which no noise is known: nothing is said of it.
    pub(super) fn without_noise([before, after]: [f64; 2]) -> Self {
        Self {
            visits: [before, after],
            change: after - before,
            change_percent: None,
            interval: None,
            smallest_detectable_change: None,
            noise_source: None,
            verdict: Verdict::NotMeasurable,
            held_back: Some(HeldBack::NoNoise),
            axis: Axis::Raw,
            p_adjusted: None,
            allowances: Allowances::default(),
            remaining: None,
            explained_by: Vec::new(),
            delta: None,
        }
    }
}
