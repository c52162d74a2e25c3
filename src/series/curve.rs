//! One metric along the days.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::change::Verdict;
use crate::report::{Interval, Report};

/// A metric along the days, each against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// Name for people.
    pub label: String,
    /// Unit of values and changes.
    pub unit: String,
    /// Whether it is one of the endpoints.
    pub primary: bool,
    /// One for each visit that compares with the baseline, in order of days.
    pub points: Vec<CurvePoint>,
}

/// A metric on one visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Day of the visit.
    pub day: f64,
    /// Of the baseline, on the skin that both photographs show.
    pub before: Option<f64>,
    /// Of the visit.
    pub after: Option<f64>,
    /// After − before.
    pub change: Option<f64>,
    /// Interval of the change.
    pub interval: Option<Interval>,
    /// The smallest change that these captures could show.
    pub smallest_detectable_change: Option<f64>,
    /// What may be said.
    pub verdict: Option<Verdict>,
}

impl Curve {
    /// Every metric of some reports, by measure and name as `redness.hemoglobin_mean`.
    pub(super) fn all<'r>(visits: impl Iterator<Item = (f64, &'r Report)>) -> BTreeMap<String, Self> {
        let mut out: BTreeMap<String, Self> = BTreeMap::new();
        for (day, report) in visits {
            let metrics = report.measures.iter().flat_map(|(measure, found)| {
                found.metrics.iter().map(move |(name, metric)| (format!("{measure}.{name}"), metric))
            });
            for (name, metric) in metrics {
                let curve = out.entry(name).or_insert_with(|| Self {
                    label: metric.label.clone(),
                    unit: metric.unit.clone(),
                    primary: false,
                    points: Vec::new(),
                });
                curve.primary |= metric.primary;
                curve.points.push(CurvePoint {
                    day,
                    before: metric.before,
                    after: metric.after,
                    change: metric.change,
                    interval: metric.interval.clone(),
                    smallest_detectable_change: metric.smallest_detectable_change,
                    verdict: metric.verdict,
                });
            }
        }
        out
    }
}
