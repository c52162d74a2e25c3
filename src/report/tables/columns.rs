//! Columns of the tidy table: one row a metric.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::report::{Measure, Metric, Report};

/// What stands for the untreated skin in the column of regions.
pub(super) const CONTROL: &str = "(untreated)";

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text; where there is none, the cell is empty.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
}

impl Kind {
    /// As the dictionary tells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
        }
    }
}

/// One column.
pub(super) struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether every row has it. A text that is needed may still be empty.
    pub needed: bool,
    pub description: &'static str,
}

const fn column(name: &'static str, kind: Kind, needed: bool, description: &'static str) -> Column {
    Column { name, kind, needed, description }
}

/// Every column, in the order of [`cells`].
pub(super) const COLUMNS: [Column; 23] = [
    column("pair", Kind::Text, true, "name of the pair"),
    column("subject", Kind::Text, false, "who, as the manifest names them"),
    column("view", Kind::Text, false, "which site, as the manifest names it"),
    column("before_day", Kind::Integer, false, "day of the photograph before, from the first visit"),
    column("after_day", Kind::Integer, false, "day of the photograph after, from the first visit"),
    column("status", Kind::Text, true, "ok, limited or refused: refused pairs have no rows"),
    column(
        "region",
        Kind::Text,
        true,
        "named region; empty for all of the measured skin, (untreated) for the marked untreated skin",
    ),
    column("measure", Kind::Text, true, "family of the metric"),
    column("metric", Kind::Text, true, "name of the metric"),
    column(
        "unit",
        Kind::Text,
        true,
        "unit of before, after, change, low, high and smallest_detectable_change; empty for pure numbers",
    ),
    column("better", Kind::Text, true, "which direction a patient would call better"),
    column(
        "primary",
        Kind::Boolean,
        true,
        "whether it is one of the endpoints that verdicts are adjusted over",
    ),
    column(
        "before",
        Kind::Number,
        false,
        "value before; with repeats, mean of the visit, geometric where the change is judged on the logarithm",
    ),
    column("after", Kind::Number, false, "value after, by the same rule"),
    column("change", Kind::Number, false, "after - before"),
    column("change_percent", Kind::Number, false, "in per cent of before"),
    column("low", Kind::Number, false, "lower end of the 95 % interval of the true change"),
    column("high", Kind::Number, false, "upper end of the 95 % interval of the true change"),
    column(
        "smallest_detectable_change",
        Kind::Number,
        false,
        "the smallest change that these captures could show",
    ),
    column(
        "noise_source",
        Kind::Text,
        false,
        "what is known of the captures' noise: repeats, noise_file or prior (built in)",
    ),
    column("verdict", Kind::Text, false, "what may be said"),
    column("reason", Kind::Text, false, "stable code of why there is no value"),
    column(
        "definition",
        Kind::Integer,
        true,
        "version of the metric's definition: values of different versions are never compared",
    ),
];

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Text(Option<Cow<'a, str>>),
    Integer(Option<i32>),
    Number(Option<f64>),
    Boolean(bool),
}

/// One row.
pub(super) type Cells<'a> = [Cell<'a>; COLUMNS.len()];

/// The metrics of a report by region: of all the measured skin, of each named region, of the untreated skin.
pub(super) fn by_region(report: &Report) -> Vec<(&str, &BTreeMap<String, Measure>)> {
    let mut out = vec![("", &report.measures)];
    out.extend(report.regions.iter().map(|region| (region.name.as_str(), &region.measures)));
    out.extend(report.control.iter().map(|control| (CONTROL, &control.measures)));
    out
}

/// Hands over every row of a report.
pub(super) fn each_row<'a>(pair: &'a str, report: &'a Report, mut take: impl FnMut(Cells<'a>)) {
    for (region, measures) in by_region(report) {
        for (measure, read) in measures {
            for (name, metric) in &read.metrics {
                take(cells(pair, report, region, [measure, name], metric));
            }
        }
    }
}

fn cells<'a>(
    pair: &'a str,
    report: &'a Report,
    region: &'a str,
    [measure, name]: [&'a str; 2],
    metric: &'a Metric,
) -> Cells<'a> {
    let interval = metric.interval.as_ref();
    let text = |text: &'a str| Cell::Text(Some(text.into()));
    let perhaps = |text: Option<&'a str>| Cell::Text(text.map(Into::into));
    [
        text(pair),
        perhaps(report.subject.as_deref()),
        perhaps(report.view.as_deref()),
        Cell::Integer(report.visit.before_day),
        Cell::Integer(report.visit.after_day),
        Cell::Text(Some(word(&report.status).into())),
        text(region),
        text(measure),
        text(name),
        text(&metric.unit),
        Cell::Text(Some(word(&metric.better).into())),
        Cell::Boolean(metric.primary),
        Cell::Number(metric.before),
        Cell::Number(metric.after),
        Cell::Number(metric.change),
        Cell::Number(metric.change_percent),
        Cell::Number(interval.and_then(|i| i.low)),
        Cell::Number(interval.and_then(|i| i.high)),
        Cell::Number(metric.smallest_detectable_change),
        Cell::Text(metric.noise_source.map(|source| word(&source).into())),
        Cell::Text(metric.verdict.map(|verdict| word(&verdict).into())),
        perhaps(metric.reason.as_ref().map(|reason| reason.code.as_str())),
        Cell::Integer(i32::try_from(metric.definition).ok()),
    ]
}

/// A word of the report.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("a word of the report is text, found {other:?}"),
    }
}
