//! A change against that of untreated skin in the same photographs: the difference in differences.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::Axis;

/// A change on its metric's axis, and how far its 95 % interval reaches either way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delta {
    /// After − before.
    pub value: f64,
    /// Half the width of the interval.
    pub reach: f64,
}

/// What changed beyond the untreated skin: in per cent of before where the metric is judged by its logarithm, else in its
/// unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Controlled {
    /// Change of the region less that of the untreated skin.
    pub change: Option<f64>,
    /// Lower end of its 95 % interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Whether these are per cent of before.
    pub in_percent: bool,
}

impl Controlled {
    /// The errors of both add up as if they had nothing in common: what light and focus make of both alike is counted twice,
    /// rather than not at all.
    pub fn of(axis: Axis, region: Delta, untreated: Delta) -> Self {
        let (value, reach) = (region.value - untreated.value, region.reach.hypot(untreated.reach));
        let told = |delta: f64| Some(axis.told(delta)).filter(|value| value.is_finite());
        Self {
            change: told(value),
            low: told(value - reach),
            high: told(value + reach),
            in_percent: axis == Axis::Ln,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_untreated_skin_did_too_is_taken_off() {
        let delta = |value, reach| Delta { value, reach };
        let found = Controlled::of(Axis::Ln, delta(0.5f64.ln(), 0.03), delta(0.8f64.ln(), 0.04));
        // Half of it against four fifths: five eighths.
        assert!((found.change.unwrap() + 37.5).abs() < 1e-9 && found.in_percent);
        assert!((found.high.unwrap() - 100.0 * (0.625 * 0.05f64.exp() - 1.0)).abs() < 1e-9);
        let raw = Controlled::of(Axis::Raw, delta(-3.0, 0.3), delta(1.0, 0.4));
        assert_eq!(
            (raw.change, raw.low, raw.high, raw.in_percent),
            (Some(-4.0), Some(-4.5), Some(-3.5), false)
        );
    }
}
