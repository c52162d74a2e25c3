//! A study as CSV: one row for each metric of each group.

use std::borrow::Cow;

use serde::Serialize;

use super::collect::{By, Study};
use super::outcome::Average;
use crate::change::Verdict;
use crate::report::{Better, guarded};

/// One row; the names are the columns.
#[derive(Serialize)]
struct Row<'a> {
    by: By,
    group: Cow<'a, str>,
    measure: &'a str,
    metric: &'a str,
    label: &'a str,
    unit: &'a str,
    better: Better,
    primary: bool,
    in_percent: bool,
    average: Average,
    people: usize,
    pairs: usize,
    mean_change: f64,
    low: Option<f64>,
    high: Option<f64>,
    p: Option<f64>,
    p_adjusted: Option<f64>,
    effect_size: Option<f64>,
    effect_low: Option<f64>,
    effect_high: Option<f64>,
    responders_of: usize,
    fell: usize,
    rose: usize,
    responders_percent: Option<f64>,
    responders_low: Option<f64>,
    responders_high: Option<f64>,
    decreased: usize,
    probably_decreased: usize,
    no_detectable_change: usize,
    probably_increased: usize,
    increased: usize,
    not_measurable: usize,
}

/// The study as CSV in UTF-8 with a header; empty cells where there is no number.
///
/// # Panics
/// Never: rows are plain data, written to memory.
pub fn csv(study: &Study) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    for group in &study.groups {
        for (name, outcome) in &group.metrics {
            let (measure, metric) = name.split_once('.').unwrap_or((name, ""));
            let verdicts = |verdict| outcome.verdicts.get(&verdict).copied().unwrap_or(0);
            let effect = outcome.effect_size;
            out.serialize(Row {
                by: group.by,
                group: guarded(&group.name),
                measure,
                metric,
                label: &outcome.label,
                unit: &outcome.unit,
                better: outcome.better,
                primary: outcome.primary,
                in_percent: outcome.in_percent,
                average: outcome.average,
                people: outcome.people,
                pairs: outcome.pairs,
                mean_change: outcome.mean_change,
                low: outcome.low,
                high: outcome.high,
                p: outcome.p,
                p_adjusted: outcome.p_adjusted,
                effect_size: effect.map(|e| e.g),
                effect_low: effect.map(|e| e.low),
                effect_high: effect.map(|e| e.high),
                responders_of: outcome.responders.of,
                fell: outcome.responders.fell,
                rose: outcome.responders.rose,
                responders_percent: outcome.responders.percent,
                responders_low: outcome.responders.low,
                responders_high: outcome.responders.high,
                decreased: verdicts(Verdict::Decreased),
                probably_decreased: verdicts(Verdict::ProbablyDecreased),
                no_detectable_change: verdicts(Verdict::NoDetectableChange),
                probably_increased: verdicts(Verdict::ProbablyIncreased),
                increased: verdicts(Verdict::Increased),
                not_measurable: verdicts(Verdict::NotMeasurable),
            })
            .expect("rows are plain data");
        }
    }
    String::from_utf8(out.into_inner().expect("memory takes every row")).expect("rows are text")
}
