//! A report as a table for people.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::types::{Measure, Metric, Report, SelfTest, Status};
use crate::change::Verdict;
use crate::reason::Reason;

/// The metrics of a report in aligned columns, primary metrics marked, with what may be said: of
/// everything, then of every named region.
pub fn summary_table(report: &Report) -> String {
    let mut out = String::new();
    tell_reasons(&mut out, report.status, &report.reasons);
    tell_measures(&mut out, &report.measures);
    for region in &report.regions {
        let area = region.area_cm2.map_or_else(String::new, |area| format!(", {} cm2", short(area)));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "\n{}{area}", region.name);
        tell_reasons(&mut out, region.status, &region.reasons);
        tell_measures(&mut out, &region.measures);
    }
    if let Some(test) = &report.self_test {
        tell_self_test(&mut out, test);
    }
    out
}

fn tell_self_test(out: &mut String, test: &SelfTest) {
    let judged = test.recaptures - test.refused;
    let _ = write!(out, "\ntaken again {} times, virtually ({} refused): ", test.recaptures, test.refused);
    let flips: Vec<String> = test
        .metrics
        .iter()
        .filter(|(_, metric)| metric.flips > 0)
        .map(|(name, metric)| format!("{name} {} of {}", metric.flips, metric.judged))
        .collect();
    let _ = match (judged, flips.is_empty()) {
        (0, _) => writeln!(out, "nothing can be told"),
        (_, true) => writeln!(out, "no verdict flips"),
        (_, false) => writeln!(out, "verdicts that flip: {}", flips.join(", ")),
    };
}

fn tell_reasons(out: &mut String, status: Status, reasons: &[Reason]) {
    let word = if status == Status::Refused { "refused" } else { "limited" };
    for reason in reasons {
        let _ = writeln!(out, "{word}: {reason}");
    }
}

fn tell_measures(out: &mut String, measures: &BTreeMap<String, Measure>) {
    let rows: Vec<[String; 6]> = measures
        .iter()
        .flat_map(|(measure, m)| match silent(m) {
            Some(reason) => vec![silence(measure, reason)],
            None => m.metrics.iter().map(|(name, metric)| row(measure, name, metric)).collect(),
        })
        .collect();
    if rows.is_empty() {
        return;
    }
    let header = ["metric", "before", "after", "change", "95 % interval", ""].map(str::to_owned);
    let widths: Vec<usize> = (0..6)
        .map(|c| rows.iter().chain([&header]).map(|r| r[c].chars().count()).max().unwrap_or(0))
        .collect();
    for row in std::iter::once(&header).chain(&rows) {
        let mut line = format!("{:<w$}", row[0], w = widths[0]);
        for c in 1..5 {
            let _ = write!(line, "  {:>w$}", row[c], w = widths[c]);
        }
        let _ = writeln!(out, "{}", format!("{line}  {}", row[5]).trim_end());
    }
}

/// Why a measure says nothing at all, where that is one reason.
fn silent(measure: &Measure) -> Option<&Reason> {
    let mut metrics = measure.metrics.values();
    let first = metrics.next()?;
    let reason = first.reason.as_ref()?;
    let says = |m: &Metric| m.before.is_some() || m.after.is_some();
    let alike = |m: &Metric| m.reason.as_ref() == Some(reason) && !says(m);
    (!measure.metrics.values().any(|m| m.primary) && !says(first) && metrics.all(alike)).then_some(reason)
}

fn silence(measure: &str, reason: &Reason) -> [String; 6] {
    let none = String::new;
    [format!("  {measure}"), none(), none(), none(), none(), format!("not measurable: {reason}")]
}

fn row(measure: &str, name: &str, metric: &Metric) -> [String; 6] {
    let number = |v: Option<f64>| v.map_or_else(|| "–".to_owned(), short);
    let change = match metric.change_percent {
        Some(percent) => format!("{percent:+.1} %"),
        None => metric.change.map_or_else(String::new, |c| format!("{c:+.3}")),
    };
    let interval = metric.interval.as_ref().and_then(|i| Some((i.low?, i.high?)));
    [
        format!("{}{measure}.{name} {}", if metric.primary { "* " } else { "  " }, metric.unit)
            .trim_end()
            .to_owned(),
        number(metric.before),
        if metric.verdict.is_some() { number(metric.after) } else { String::new() },
        change,
        interval.map_or_else(String::new, |(low, high)| format!("{} … {}", short(low), short(high))),
        words(metric),
    ]
}

fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.1}"),
        v if v >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

fn words(metric: &Metric) -> String {
    match (metric.verdict, &metric.reason) {
        (Some(Verdict::Decreased), _) => "decreased".to_owned(),
        (Some(Verdict::Increased), _) => "increased".to_owned(),
        (Some(Verdict::ProbablyDecreased), _) => "probably decreased".to_owned(),
        (Some(Verdict::ProbablyIncreased), _) => "probably increased".to_owned(),
        (Some(Verdict::NoDetectableChange), _) => match metric.smallest_detectable_change {
            Some(least) => format!("no detectable change (below {})", short(least)),
            None => "change not judged: no noise is known".to_owned(),
        },
        (Some(Verdict::NotMeasurable) | None, Some(reason)) => format!("not measurable: {reason}"),
        _ => String::new(),
    }
}
