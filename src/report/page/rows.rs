//! Every metric of a report as rows of tables, and what was not measurable.

use std::collections::BTreeMap;

use super::amount::{Amount, signed, told, with_unit};
use super::because::{advised, with_stop};
use super::texts::{sentence, tell, whole_reason};
use super::words::{Words, fill};
use crate::change::{Controlled, Verdict};
use crate::measure;
use crate::report::{Measure, Metric, Report};

/// A number of the report: as it is told, and as it is.
#[derive(Debug)]
pub(super) struct Number {
    pub told: String,
    pub exact: Option<f64>,
}

impl Number {
    fn of(value: Option<f64>) -> Self {
        Self { told: value.map_or_else(|| "–".to_owned(), told), exact: value }
    }
}

/// One metric.
#[derive(Debug)]
pub(super) struct Row {
    pub name: String,
    pub label: String,
    pub unit: String,
    pub primary: bool,
    /// Whether there are two photographs.
    pub is_compared: bool,
    pub before: Number,
    pub after: Number,
    /// In per cent of before where it is read so, as interval and smallest change are.
    pub change: Number,
    pub interval: String,
    pub smallest: Number,
    pub verdict: &'static str,
    pub controlled: String,
}

/// One measure.
#[derive(Debug)]
pub(super) struct Table {
    pub title: String,
    pub rows: Vec<Row>,
    pub notes: Vec<String>,
}

/// Tables of one region.
#[derive(Debug)]
pub(super) struct Part {
    /// Empty for the whole.
    pub title: String,
    pub reasons: Vec<String>,
    pub tables: Vec<Table>,
}

/// Metrics that share a reason.
#[derive(Debug)]
pub(super) struct Unmeasured {
    pub reason: String,
    /// Advice; empty where there is nothing.
    pub advice: String,
    pub metrics: Vec<String>,
}

/// Of everything, of every named region, of the untreated skin.
pub(super) fn parts(report: &Report, words: &Words) -> Vec<Part> {
    let mut parts =
        vec![Part { title: String::new(), reasons: Vec::new(), tables: tables(&report.measures, words) }];
    for region in &report.regions {
        parts.push(Part {
            title: fill(words.region, &[&region.name]),
            reasons: region.reasons.iter().map(|reason| whole_reason(reason, words)).collect(),
            tables: tables(&region.measures, words),
        });
    }
    if let Some(control) = &report.control {
        parts.push(Part {
            title: words.control.to_owned(),
            reasons: Vec::new(),
            tables: tables(&control.measures, words),
        });
    }
    parts
}

/// In the order of the measures; those without a number stand elsewhere.
fn tables(measures: &BTreeMap<String, Measure>, words: &Words) -> Vec<Table> {
    let table = |definition: &&'static measure::MeasureDef| {
        let read = measures.get(definition.name)?;
        let rows: Vec<Row> = definition
            .metrics
            .iter()
            .filter_map(|m| {
                let metric = read.metrics.get(m.name)?;
                let shown = metric.primary || metric.before.is_some() || metric.after.is_some();
                shown.then(|| Row::of(definition.name, m.name, metric, words))
            })
            .collect();
        (!rows.is_empty()).then(|| Table {
            title: tell(definition.label, words).into_owned(),
            rows,
            notes: read.notes.iter().map(|note| sentence(note, words)).collect(),
        })
    };
    measure::ALL.iter().filter_map(table).collect()
}

impl Row {
    /// In the order of the columns; one photograph has one.
    pub fn numbers(&self) -> Vec<&Number> {
        if self.is_compared { vec![&self.before, &self.after, &self.change] } else { vec![&self.before] }
    }

    fn of(measure: &str, name: &str, metric: &Metric, words: &Words) -> Self {
        let amount = Amount::of(measure, name, metric);
        let number = |value: Option<f64>, told: Option<String>| Number {
            told: told.unwrap_or_else(|| "–".to_owned()),
            exact: value,
        };
        let beyond = |controlled: &Controlled| {
            let unit = if controlled.in_percent { "%" } else { metric.unit.as_str() };
            let interval = controlled.low.zip(controlled.high);
            let interval =
                interval.map(|(low, high)| fill(words.interval_of, &[&signed(low), &signed(high)]));
            let change = controlled.change.map(|change| with_unit(&signed(change), unit));
            match (change, interval) {
                (Some(change), Some(interval)) => format!("{change} ({interval})"),
                (change, _) => change.unwrap_or_default(),
            }
        };
        Self {
            name: format!("{measure}.{name}"),
            label: tell(&metric.label, words).into_owned(),
            unit: metric.unit.clone(),
            primary: metric.primary,
            is_compared: metric.verdict.is_some(),
            before: Number::of(metric.before),
            after: Number::of(metric.after),
            change: number(metric.change, amount.as_ref().map(|amount| amount.signed(amount.change))),
            interval: amount.as_ref().and_then(|amount| amount.signed_interval(words)).unwrap_or_default(),
            smallest: number(metric.smallest_detectable_change, amount.as_ref().and_then(Amount::smallest)),
            verdict: metric.verdict.map_or("", |verdict| words.of_judged(verdict, metric.change)),
            controlled: metric.controlled.as_ref().map_or_else(String::new, beyond),
        }
    }
}

/// Metrics without a verdict on a change, by their reason, in the order of the measures.
pub(super) fn unmeasured(report: &Report, words: &Words) -> Vec<Unmeasured> {
    let mut out: Vec<Unmeasured> = Vec::new();
    for definition in measure::ALL {
        let Some(read) = report.measures.get(definition.name) else { continue };
        for m in definition.metrics {
            let Some(metric) = read.metrics.get(m.name) else { continue };
            let missing = metric.verdict.is_none_or(|verdict| verdict == Verdict::NotMeasurable);
            let Some(reason) = metric.reason.as_ref().filter(|_| missing) else { continue };
            let (reason, advice) = (with_stop(whole_reason(reason, words)), advised(&reason.code, words));
            let name = tell(&metric.label, words).into_owned();
            match out.iter_mut().find(|known| known.reason == reason) {
                Some(known) => known.metrics.push(name),
                None => out.push(Unmeasured { reason, advice, metrics: vec![name] }),
            }
        }
    }
    out
}
