//! Reports as REDCap imports them: a record is a person, and each pair and region of theirs an instance of the repeating instrument
//! `dermetric`. The data dictionary makes a project of it.
//!
//! Rules of REDCap: 18 columns in this order; the first field is the record's identifier; names are of small letters, digits and `_`,
//! begin with a letter, are unique in a project and of at most 26 characters; a choice is `code, label`, codes of the same
//! characters; numbers have no exponent; yes and no are 1 and 0; a form is complete where `FORM_complete` is 2.

use std::collections::BTreeMap;

use super::columns::{by_region, word};
use super::{guarded, text};
use crate::change::Verdict;
use crate::measure::{self, MeasureDef, MetricDef};
use crate::report::{Metric, Report, Status};

/// The record's identifier, and the form that holds nothing else: the other one repeats.
const RECORD: &str = "record_id";
const PERSON: &str = "person";
/// The form of a pair.
const FORM: &str = "dermetric";
/// Longest name of a field.
const LONGEST: usize = 26;
/// Header of the data dictionary.
const DICTIONARY: [&str; 18] = [
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
];
/// What is told of a pair and a region.
const OF_PAIR: [(&str, &str, Type); 6] = [
    ("pair", "Pair of photographs", Type::Name),
    ("view", "Site", Type::Text),
    ("region", "Region; empty for all measured skin, (untreated) for untreated skin", Type::Text),
    ("before_day", "Day of the photograph before", Type::Integer),
    ("after_day", "Day of the photograph after", Type::Integer),
    ("status", "Status of the report", Type::Status),
];
/// What is told of a metric: ending of its name, words for people, type.
const OF_METRIC: [(&str, &str, Type); 8] = [
    ("pre", "before", Type::Number),
    ("post", "after", Type::Number),
    ("chg", "change", Type::Number),
    ("pct", "change in per cent", Type::Number),
    ("low", "change, lower end of the 95 % interval", Type::Number),
    ("high", "change, upper end of the 95 % interval", Type::Number),
    ("sdc", "smallest detectable change", Type::Number),
    ("ver", "verdict", Type::Verdict),
];
const VERDICTS: [(Verdict, &str); 6] = [
    (Verdict::Decreased, "Decreased"),
    (Verdict::ProbablyDecreased, "Probably decreased"),
    (Verdict::NoDetectableChange, "No detectable change"),
    (Verdict::ProbablyIncreased, "Probably increased"),
    (Verdict::Increased, "Increased"),
    (Verdict::NotMeasurable, "Not measurable"),
];
const STATUSES: [(Status, &str); 3] =
    [(Status::Ok, "Measured"), (Status::Limited, "Measured, with limits"), (Status::Refused, "Refused")];

/// Type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    /// Text that may name somebody.
    Name,
    Integer,
    Number,
    Status,
    Verdict,
}

/// The name of a metric's field: `MEASURE_METRIC_ENDING`, its words cut until it is short enough. Whatever other metrics there are,
/// it is the same.
pub(super) fn field(measure: &str, metric: &str, ending: &str) -> String {
    let room = LONGEST - ending.len().max(4) - 1;
    let whole = format!("{measure}_{metric}");
    let words: Vec<&str> = whole.split('_').filter(|word| *word != "per").collect();
    let cut =
        |most: usize| words.iter().map(|word| &word[..word.len().min(most)]).collect::<Vec<_>>().join("_");
    let stem = (1..=whole.len()).rev().map(cut).find(|stem| stem.len() <= room).unwrap_or_default();
    format!("{stem}_{ending}")
}

fn all_metrics() -> impl Iterator<Item = (&'static MeasureDef, &'static MetricDef)> {
    measure::ALL
        .iter()
        .flat_map(|&definition| definition.metrics.iter().map(move |metric| (definition, metric)))
}

/// The rows, one report after another.
pub(super) struct Redcap {
    out: csv::Writer<Vec<u8>>,
    /// Instances of each record so far.
    instances: BTreeMap<String, usize>,
}

impl Redcap {
    pub fn new() -> Self {
        let mut out = csv::Writer::from_writer(Vec::new());
        let mut header: Vec<String> =
            [RECORD, "redcap_repeat_instrument", "redcap_repeat_instance"].map(str::to_owned).into();
        header.extend(OF_PAIR.map(|(name, ..)| name.to_owned()));
        for (definition, metric) in all_metrics() {
            header.extend(OF_METRIC.map(|(ending, ..)| field(definition.name, metric.name, ending)));
        }
        header.push(format!("{FORM}_complete"));
        out.write_record(header).expect("memory takes every row");
        Self { out, instances: BTreeMap::new() }
    }

    pub fn add(&mut self, pair: &str, report: &Report) {
        let record = report.subject.as_deref().unwrap_or(if pair.is_empty() { "1" } else { pair });
        for (region, measures) in by_region(report) {
            let instance = self.instances.entry(record.to_owned()).or_default();
            *instance += 1;
            let day = |day: Option<i32>| day.map_or_else(String::new, |day| day.to_string());
            let mut row = vec![guarded(record).into_owned(), FORM.to_owned(), instance.to_string()];
            row.extend(
                [pair, report.view.as_deref().unwrap_or(""), region].map(|text| guarded(text).into_owned()),
            );
            row.extend([day(report.visit.before_day), day(report.visit.after_day), word(&report.status)]);
            for (definition, metric) in all_metrics() {
                let read = measures.get(definition.name).and_then(|measure| measure.metrics.get(metric.name));
                row.extend(read.map_or_else(Default::default, values));
            }
            row.push("2".to_owned());
            self.out.write_record(row).expect("memory takes every row");
        }
    }

    pub fn finish(self) -> String {
        text(self.out)
    }
}

/// In the order of [`OF_METRIC`].
fn values(metric: &Metric) -> [String; OF_METRIC.len()] {
    // Without an exponent.
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let interval = metric.interval.as_ref();
    [
        number(metric.before),
        number(metric.after),
        number(metric.change),
        number(metric.change_percent),
        number(interval.and_then(|i| i.low)),
        number(interval.and_then(|i| i.high)),
        number(metric.smallest_detectable_change),
        metric.verdict.map_or_else(String::new, |verdict| word(&verdict)),
    ]
}

/// The data dictionary: `redcap_dictionary.csv`.
///
/// # Panics
/// Never: rows are plain data, written to memory.
pub fn redcap_dictionary() -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut add = |row: [&str; 18]| out.write_record(row).expect("memory takes every row");
    add(DICTIONARY);
    add(row(RECORD, PERSON, "", "Record: a person, or a pair of nobody who is named", Type::Name, ""));
    for (name, label, kind) in OF_PAIR {
        add(row(name, FORM, "", label, kind, &choices(kind)));
    }
    let mut section = "";
    for (definition, metric) in all_metrics() {
        for (ending, told, kind) in OF_METRIC {
            let is_percent = ending == "pct" || kind == Type::Verdict;
            let unit = if metric.unit.is_empty() || is_percent {
                String::new()
            } else {
                format!(" ({})", metric.unit)
            };
            let label = format!("{}: {}, {told}{unit}", definition.label, metric.label.to_lowercase());
            let header = if section == definition.name { "" } else { definition.label };
            section = definition.name;
            add(row(
                &field(definition.name, metric.name, ending),
                FORM,
                header,
                &label,
                kind,
                &choices(kind),
            ));
        }
    }
    text(out)
}

fn row<'a>(
    name: &'a str,
    form: &'a str,
    header: &'a str,
    label: &'a str,
    kind: Type,
    choices: &'a str,
) -> [&'a str; 18] {
    let mut row = [""; 18];
    (row[0], row[1], row[2], row[4], row[5]) = (name, form, header, label, choices);
    (row[3], row[7]) = match kind {
        Type::Text | Type::Name => ("text", ""),
        Type::Integer => ("text", "integer"),
        Type::Number => ("text", "number"),
        Type::Status | Type::Verdict => ("dropdown", ""),
    };
    row[10] = if kind == Type::Name { "y" } else { "" };
    row
}

fn choices(kind: Type) -> String {
    let listed = |choices: &[(String, &str)]| {
        choices
            .iter()
            .map(|(code, label)| format!("{code}, {}", label.replace(',', "")))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    match kind {
        Type::Verdict => listed(&VERDICTS.map(|(verdict, label)| (word(&verdict), label))),
        Type::Status => listed(&STATUSES.map(|(status, label)| (word(&status), label))),
        _ => String::new(),
    }
}
