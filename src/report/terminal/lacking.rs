//! Metrics that could not be measured or judged: each reason once, with what to do.

use super::head::advice;
use super::rows::is_first;
use super::sheet::{Sheet, Tone};
use crate::change::Verdict;
use crate::measure::{self, MeasureDef};
use crate::reason::Reason;
use crate::report::page::because::with_stop;
use crate::report::page::texts::{tell, whole_reason};
use crate::report::page::words::{Words, fill};
use crate::report::{Metric, Report};

/// Metrics of one reason that are named, where not all are asked for.
const NAMED: usize = 4;

/// Reasons that concern devices which most clinics lack: listed where every metric is.
const OF_DEVICES: [&str; 1] = ["no_height_map"];

/// A reason and the metrics that it concerns.
struct Lack<'r> {
    reason: &'r Reason,
    /// Those that are read first, and the others.
    first: Vec<String>,
    others: Vec<String>,
}

pub(super) fn write(sheet: &mut Sheet, report: &Report, all: bool, w: &Words) {
    let mut lacks = lacks(report, w);
    lacks.retain(|lack| all || !OF_DEVICES.contains(&lack.reason.code.as_str()));
    // What concerns the main metrics comes first.
    lacks.sort_by_key(|lack| lack.first.is_empty());
    if lacks.is_empty() {
        return;
    }
    sheet.gap();
    sheet.words(0, 2, Tone::Strong, w.lacking);
    for lack in &lacks {
        sheet.words_after((Tone::Plain, "  -"), 4, Tone::Plain, &with_stop(whole_reason(lack.reason, w)));
        advice(sheet, 4, &lack.reason.code, w);
        let metrics: Vec<&str> = lack.first.iter().chain(&lack.others).map(String::as_str).collect();
        let more = metrics.len().saturating_sub(NAMED.max(lack.first.len()));
        let named = match more {
            // One more takes no more room than to say so.
            _ if all || more <= 1 => metrics.join("; "),
            more => {
                let and_more = fill(w.and_more, &[&more.to_string()]);
                format!("{}; {and_more}", metrics[..metrics.len() - more].join("; "))
            }
        };
        sheet.words(4, 4, Tone::Faint, &named);
    }
}

/// Reasons in the order of the measures. A measure of which every metric has one reason is named alone.
fn lacks<'r>(report: &'r Report, w: &Words) -> Vec<Lack<'r>> {
    let mut out: Vec<Lack<'r>> = Vec::new();
    for definition in measure::ALL {
        for of_measure in of_measure(report, definition, w) {
            match out.iter_mut().find(|lack| are_one(lack.reason, of_measure.reason)) {
                Some(lack) => {
                    lack.first.extend(of_measure.first);
                    lack.others.extend(of_measure.others);
                }
                None => out.push(of_measure),
            }
        }
    }
    out
}

/// True if two reasons say the same, as far as people must act on it. What an allowance comes to differs by metric.
fn are_one(a: &Reason, b: &Reason) -> bool {
    let limit = |reason: &Reason| reason.needed.and(reason.found).map(f64::to_bits);
    a.code == b.code && limit(a) == limit(b) && a.needed == b.needed
}

fn of_measure<'r>(report: &'r Report, definition: &MeasureDef, w: &Words) -> Vec<Lack<'r>> {
    let Some(read) = report.measures.get(definition.name) else { return Vec::new() };
    let lacking = |metric: &&'r Metric| metric.verdict.is_none_or(|v| v == Verdict::NotMeasurable);
    let mut out: Vec<Lack<'r>> = Vec::new();
    for m in definition.metrics {
        let Some(metric) = read.metrics.get(m.name).filter(lacking) else { continue };
        let Some(reason) = &metric.reason else { continue };
        let name = match w.phrase(definition.name, m.name) {
            Some(phrase) => phrase.noun.to_owned(),
            None => tell(&metric.label, w).into_owned(),
        };
        let place = out.iter().position(|lack| are_one(lack.reason, reason)).unwrap_or(out.len());
        if place == out.len() {
            out.push(Lack { reason, first: Vec::new(), others: Vec::new() });
        }
        let first = is_first(definition.name, m.name, metric);
        if first { out[place].first.push(name) } else { out[place].others.push(name) }
    }
    if let [lack] = out.as_mut_slice() {
        let count = lack.first.len() + lack.others.len();
        if count > 1 && count == read.metrics.len() {
            let all = vec![fill(w.all_of, &[&tell(definition.label, w)])];
            // A measure is read first where one of its metrics is.
            (lack.first, lack.others) =
                if lack.first.is_empty() { (Vec::new(), all) } else { (all, Vec::new()) };
        }
    }
    out
}
