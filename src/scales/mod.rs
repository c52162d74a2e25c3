//! Clinical scales: what a photograph can support of each, and what it cannot.
//!
//! A clinician grades by eye, touch and questions. Where an item follows from measured skin by a published
//! rule, it is suggested with the metrics it came from; every other says why not. Nothing here is a grade
//! that was given: `note` says so on each.

mod catalog;
mod masi;

use std::collections::BTreeMap;

use crate::report::{ClinicalScale, Measure, Report};

/// What every suggestion says of itself.
const NOTE: &str = "suggestion from a photograph; clinician to confirm";

/// Every scale of a report that measured something.
pub fn scales(report: &Report) -> BTreeMap<String, ClinicalScale> {
    if report.measures.is_empty() {
        return BTreeMap::new();
    }
    let mut out = BTreeMap::from([("mmasi_like".to_owned(), masi::scale(report))]);
    out.extend(catalog::SCALES.iter().map(|scale| (scale.name.to_owned(), scale.of(report))));
    out
}

/// Values of a metric before and after.
fn input(
    measures: &BTreeMap<String, Measure>,
    measure: &str,
    metric: &str,
) -> Option<(String, [Option<f64>; 2])> {
    let found = measures.get(measure)?.metrics.get(metric)?;
    (found.before.is_some() || found.after.is_some())
        .then(|| (format!("{measure}.{metric}"), [found.before, found.after]))
}
