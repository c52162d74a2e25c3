//! Every metric of reports as tidy CSV, one row a metric, and what its columns and metrics are.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::{Better, Measure, Report, Status};
use crate::change::{NoiseSource, Verdict};
use crate::measure;

/// Name of the table.
pub const METRICS_CSV: &str = "metrics.csv";
/// Name of its dictionary.
pub const DICTIONARY_CSV: &str = "dictionary.csv";
/// What stands for the untreated skin in the column of regions.
const CONTROL: &str = "(untreated)";

/// One row; the names are the columns.
#[derive(Serialize)]
struct Row<'a> {
    pair: &'a str,
    subject: Option<&'a str>,
    view: Option<&'a str>,
    before_day: Option<i32>,
    after_day: Option<i32>,
    status: Status,
    region: &'a str,
    measure: &'a str,
    metric: &'a str,
    unit: &'a str,
    better: Better,
    primary: bool,
    before: Option<f64>,
    after: Option<f64>,
    change: Option<f64>,
    change_percent: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    smallest_detectable_change: Option<f64>,
    noise_source: Option<NoiseSource>,
    verdict: Option<Verdict>,
    reason: Option<&'a str>,
}

/// What each column is. A test holds it against the rows.
const COLUMNS: [(&str, &str); 22] = [
    ("pair", "name of the pair"),
    ("subject", "who, as the manifest names them"),
    ("view", "which site, as the manifest names it"),
    ("before_day", "day of the photograph before, from the first visit"),
    ("after_day", "day of the photograph after, from the first visit"),
    ("status", "ok, limited or refused: refused pairs have no rows"),
    ("region", "named region; empty for all of the measured skin, (untreated) for the marked untreated skin"),
    ("measure", "family of the metric"),
    ("metric", "name of the metric"),
    (
        "unit",
        "unit of before, after, change, low, high and smallest_detectable_change; empty for pure numbers",
    ),
    ("better", "which direction a patient would call better"),
    ("primary", "whether it is one of the endpoints that verdicts are adjusted over"),
    ("before", "value before"),
    ("after", "value after"),
    ("change", "after - before; with repeats, of the visits' means"),
    ("change_percent", "in per cent of before"),
    ("low", "lower end of the 95 % interval of the true change"),
    ("high", "upper end of the 95 % interval of the true change"),
    ("smallest_detectable_change", "the smallest change that these captures could show"),
    ("noise_source", "what is known of the captures' noise: repeats, noise_file or prior (built in)"),
    ("verdict", "what may be said"),
    ("reason", "stable code of why there is no value"),
];

/// Reports by the names of their pairs, as CSV in UTF-8 with a header; empty cells where there is no number.
///
/// # Panics
/// Never: rows are plain data, written to memory.
pub fn metrics_csv<N: AsRef<str>, R: Borrow<Report>>(reports: impl IntoIterator<Item = (N, R)>) -> String {
    let mut out = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    out.write_record(COLUMNS.map(|(name, _)| name)).expect("memory takes every row");
    for (pair, report) in reports {
        let (pair, report) = (pair.as_ref(), report.borrow());
        write(&mut out, pair, report, "", &report.measures);
        for region in &report.regions {
            write(&mut out, pair, report, &region.name, &region.measures);
        }
        if let Some(control) = &report.control {
            write(&mut out, pair, report, CONTROL, &control.measures);
        }
    }
    text(out)
}

fn write(
    out: &mut csv::Writer<Vec<u8>>,
    pair: &str,
    report: &Report,
    region: &str,
    measures: &BTreeMap<String, Measure>,
) {
    for (measure, read) in measures {
        for (name, metric) in &read.metrics {
            let interval = metric.interval.as_ref();
            out.serialize(Row {
                pair,
                subject: report.subject.as_deref(),
                view: report.view.as_deref(),
                before_day: report.visit.before_day,
                after_day: report.visit.after_day,
                status: report.status,
                region,
                measure,
                metric: name,
                unit: &metric.unit,
                better: metric.better,
                primary: metric.primary,
                before: metric.before,
                after: metric.after,
                change: metric.change,
                change_percent: metric.change_percent,
                low: interval.and_then(|i| i.low),
                high: interval.and_then(|i| i.high),
                smallest_detectable_change: metric.smallest_detectable_change,
                noise_source: metric.noise_source,
                verdict: metric.verdict,
                reason: metric.reason.as_ref().map(|reason| reason.code.as_str()),
            })
            .expect("rows are plain data");
        }
    }
}

/// What columns and metrics are, as CSV: a column, or a measure and its metric, with unit, better direction and description.
///
/// # Panics
/// Never: rows are plain data, written to memory.
pub fn dictionary_csv() -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut add = |row: [&str; 6]| out.write_record(row).expect("memory takes every row");
    add(["kind", "measure", "name", "unit", "better", "description"]);
    for (name, description) in COLUMNS {
        add(["column", "", name, "", "", description]);
    }
    for definition in measure::ALL {
        for metric in definition.metrics {
            let better = match metric.better {
                measure::Better::Lower => "lower",
                measure::Better::Higher => "higher",
                measure::Better::Neither => "neither",
            };
            let description = format!("{}. {}", metric.label, metric.doc);
            add(["metric", definition.name, metric.name, metric.unit, better, &description]);
        }
    }
    text(out)
}

fn text(out: csv::Writer<Vec<u8>>) -> String {
    String::from_utf8(out.into_inner().expect("memory takes every row")).expect("rows are text")
}
