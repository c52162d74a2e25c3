//! Every metric of reports as tidy CSV, one row a metric, and what its columns and metrics are.

use std::borrow::Borrow;

use super::columns::{COLUMNS, Cell, each_row};
use super::{guarded, text};
use crate::measure;
use crate::report::Report;

/// The table, one report after another.
pub(super) struct Tidy(csv::Writer<Vec<u8>>);

impl Tidy {
    pub fn new() -> Self {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(COLUMNS.map(|column| column.name)).expect("memory takes every row");
        Self(out)
    }

    pub fn add(&mut self, pair: &str, report: &Report) {
        each_row(pair, report, |cells| {
            let cells = cells.map(|cell| match cell {
                Cell::Text(text) => text.map_or_else(String::new, |text| guarded(&text).into_owned()),
                Cell::Integer(number) => number.map_or_else(String::new, |number| number.to_string()),
                // Never without a point or an exponent: a column of numbers is read as one.
                Cell::Number(number) => number.map_or_else(String::new, |number| format!("{number:?}")),
                Cell::Boolean(yes) => yes.to_string(),
            });
            self.0.write_record(cells).expect("memory takes every row");
        });
    }

    pub fn finish(self) -> String {
        text(self.0)
    }
}

/// Reports by the names of their pairs, as CSV in UTF-8 with a header; empty cells where there is no number.
///
/// # Panics
/// Never: rows are plain data, written to memory.
pub fn metrics_csv<N: AsRef<str>, R: Borrow<Report>>(reports: impl IntoIterator<Item = (N, R)>) -> String {
    let mut out = Tidy::new();
    reports.into_iter().for_each(|(pair, report)| out.add(pair.as_ref(), report.borrow()));
    out.finish()
}

/// What columns and metrics are, as CSV: a column, or a measure and its metric, with unit, better direction, description and type,
/// whether every row has it, and the version of a metric's definition.
///
/// # Panics
/// Never: rows are plain data, written to memory.
pub fn dictionary_csv() -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut add = |row: [&str; 9]| out.write_record(row).expect("memory takes every row");
    add(["kind", "measure", "name", "unit", "better", "description", "type", "needed", "definition"]);
    let yes = |yes: bool| if yes { "true" } else { "false" };
    for column in &COLUMNS {
        add([
            "column",
            "",
            column.name,
            "",
            "",
            column.description,
            column.kind.name(),
            yes(column.needed),
            "",
        ]);
    }
    for definition in measure::ALL {
        for metric in definition.metrics {
            let better = match metric.better {
                measure::Better::Lower => "lower",
                measure::Better::Higher => "higher",
                measure::Better::Neither => "neither",
            };
            let description = format!("{}. {}", metric.label, metric.doc);
            let row = ["metric", definition.name, metric.name, metric.unit, better, &description];
            let version = metric.version.to_string();
            add([row[0], row[1], row[2], row[3], row[4], row[5], "number", "false", &version]);
        }
    }
    text(out)
}
