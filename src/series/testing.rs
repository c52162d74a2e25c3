//! What tests of series share.

use super::CurvePoint;
use crate::change::Verdict;
use crate::report::Interval;

/// A change from 0.5 that is known to 0.02, of which 0.03 could have shown.
pub(super) fn point(day: f64, change: f64, verdict: Option<Verdict>) -> CurvePoint {
    let interval = Interval {
        level: 0.95,
        low: Some(change - 0.02),
        high: Some(change + 0.02),
        method: "capture".to_owned(),
    };
    CurvePoint {
        day,
        before: Some(0.5),
        after: Some(0.5 + change),
        change: Some(change),
        interval: Some(interval),
        smallest_detectable_change: Some(0.03),
        verdict,
    }
}
