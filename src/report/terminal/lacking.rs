//! Metrics that could not be measured or judged: each reason once, with what to do.

use super::head::advice;
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

/// A reason and the metrics that it concerns.
struct Lack<'r> {
    reason: &'r Reason,
    metrics: Vec<String>,
}

pub(super) fn write(sheet: &mut Sheet, report: &Report, all: bool, w: &Words) {
    let lacks = lacks(report, w);
    if lacks.is_empty() {
        return;
    }
    sheet.gap();
    sheet.words(0, 2, Tone::Strong, w.lacking);
    for lack in &lacks {
        sheet.words_after((Tone::Plain, "  -"), 4, Tone::Plain, &with_stop(whole_reason(lack.reason, w)));
        advice(sheet, 4, &lack.reason.code, w);
        let more = lack.metrics.len().saturating_sub(NAMED);
        let named = match more {
            // One more takes no more room than to say so.
            _ if all || more <= 1 => lack.metrics.join("; "),
            more => {
                let and_more = fill(w.and_more, &[&more.to_string()]);
                format!("{}; {and_more}", lack.metrics[..NAMED].join("; "))
            }
        };
        sheet.words(4, 4, Tone::Faint, &named);
    }
}

/// Reasons in the order of the measures. A measure of which every metric has one reason is named alone.
fn lacks<'r>(report: &'r Report, w: &Words) -> Vec<Lack<'r>> {
    let mut out: Vec<Lack<'r>> = Vec::new();
    for definition in measure::ALL {
        for (reason, metrics) in of_measure(report, definition, w) {
            let text = whole_reason(reason, w);
            match out.iter_mut().find(|lack| whole_reason(lack.reason, w) == text) {
                Some(lack) => lack.metrics.extend(metrics),
                None => out.push(Lack { reason, metrics }),
            }
        }
    }
    out
}

fn of_measure<'r>(report: &'r Report, definition: &MeasureDef, w: &Words) -> Vec<(&'r Reason, Vec<String>)> {
    let Some(read) = report.measures.get(definition.name) else { return Vec::new() };
    let measure = tell(definition.label, w);
    let lacking = |metric: &&'r Metric| metric.verdict.is_none_or(|v| v == Verdict::NotMeasurable);
    let mut out: Vec<(&'r Reason, Vec<String>)> = Vec::new();
    for m in definition.metrics {
        let Some(metric) = read.metrics.get(m.name).filter(lacking) else { continue };
        let Some(reason) = &metric.reason else { continue };
        let name = match w.phrase(definition.name, m.name) {
            Some(phrase) => phrase.noun.to_owned(),
            None => format!("{measure}: {}", tell(&metric.label, w)),
        };
        match out.iter_mut().find(|(known, _)| whole_reason(known, w) == whole_reason(reason, w)) {
            Some((_, metrics)) => metrics.push(name),
            None => out.push((reason, vec![name])),
        }
    }
    match out.as_mut_slice() {
        [(_, metrics)] if metrics.len() > 1 && metrics.len() == read.metrics.len() => {
            *metrics = vec![fill(w.all_of, &[&measure])];
        }
        _ => {}
    }
    out
}
