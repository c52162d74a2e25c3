//! Metrics: name and verdict in one line, numbers in the next.

use std::collections::BTreeMap;

use super::is_pair;
use super::sheet::{Sheet, Tone, padded, width};
use crate::change::Verdict;
use crate::measure::{self, MeasureDef};
use crate::report::page::amount::{Amount, told_within, with_unit};
use crate::report::page::because::{explained, has_cause, held_back, is_held_back};
use crate::report::page::finding::kind;
use crate::report::page::texts::tell;
use crate::report::page::words::{Words, fill};
use crate::report::{Measure, Metric, Report};

/// True if a metric is read first.
pub(super) fn is_first(measure: &str, name: &str, metric: &Metric) -> bool {
    metric.primary || BESIDE.contains(&(measure, name))
}

/// Secondary metrics that stand beside the primary ones: how deep scars are and how much they hold, how far pigment spreads.
const BESIDE: [(&str, &str); 3] =
    [("scars", "depth_proxy_mean"), ("scars", "volume_proxy_per_cm2"), ("pigment", "area_percent")];
/// Between a name and its verdict, and between numbers.
const GAP: usize = 3;
const NARROW_GAP: usize = 2;
/// Start of the numbers.
const INDENT: usize = 4;

/// One metric.
struct Row {
    indent: usize,
    name: String,
    verdict: String,
    tone: Tone,
    /// Before and after, the change with its interval, the smallest change that would have shown.
    cells: [String; 3],
    /// Sentences below.
    below: String,
}

/// Metrics of `measures`, in the order of the definitions: the primary ones and those beside them, or all.
pub(super) fn write(
    sheet: &mut Sheet,
    report: &Report,
    measures: &BTreeMap<String, Measure>,
    all: bool,
    w: &Words,
) {
    let is_pair = is_pair(report);
    let mut groups: Vec<(String, Vec<Row>)> = Vec::new();
    for definition in measure::ALL {
        let rows = rows(report, definition, measures, all, w);
        if !rows.is_empty() {
            groups.push((format!("{} ({})", tell(definition.label, w), definition.name), rows));
        }
    }
    let every = || groups.iter().flat_map(|(_, rows)| rows);
    if every().next().is_none() {
        return;
    }
    let names = every().map(|row| row.indent + width(&row.name)).max().unwrap_or(0);
    if !is_pair {
        sheet.gap();
        for row in every() {
            let name = padded(&format!("{}{}", " ".repeat(row.indent), row.name), names + GAP);
            sheet.pieces(&[(Tone::Plain, &name), (Tone::Plain, &row.cells[0])]);
        }
        return;
    }
    let heads = [w.column_values, w.column_change, w.column_seen];
    let columns: Vec<usize> = (0..3)
        .map(|k| every().map(|row| width(&row.cells[k])).chain([width(heads[k])]).max().unwrap_or(0))
        .collect();
    let fits = INDENT + columns.iter().sum::<usize>() + 2 * NARROW_GAP <= sheet.columns;
    sheet.gap();
    if fits {
        let head = joined(heads, &columns);
        sheet.pieces(&[(Tone::Faint, &" ".repeat(INDENT)), (Tone::Faint, &head)]);
    }
    for (title, rows) in &groups {
        if all {
            sheet.gap();
            sheet.words(0, 2, Tone::Strong, title);
        }
        for row in rows {
            row.write(sheet, names, fits.then_some(&columns), heads);
        }
    }
}

fn joined<T: AsRef<str>>(cells: [T; 3], columns: &[usize]) -> String {
    let cells: Vec<String> = cells
        .iter()
        .zip(columns)
        .map(|(cell, &columns)| padded(cell.as_ref(), columns + NARROW_GAP))
        .collect();
    cells.concat().trim_end().to_owned()
}

fn rows(
    report: &Report,
    definition: &MeasureDef,
    measures: &BTreeMap<String, Measure>,
    all: bool,
    w: &Words,
) -> Vec<Row> {
    let Some(read) = measures.get(definition.name) else { return Vec::new() };
    let of = |m: &measure::MetricDef| {
        let metric = read.metrics.get(m.name)?;
        // A metric without any number stands with its reason alone.
        let says = metric.before.is_some() || metric.after.is_some();
        let first = is_first(definition.name, m.name, metric);
        (says && (all || first)).then(|| Row::of(report, (definition.name, m.name, metric), all, w))
    };
    definition.metrics.iter().filter_map(of).collect()
}

impl Row {
    fn of(report: &Report, (measure, name, metric): (&str, &str, &Metric), all: bool, w: &Words) -> Self {
        let amount = Amount::of(measure, name, metric).filter(|_| metric.verdict.is_some());
        let noun = w.phrase(measure, name).map(|phrase| phrase.noun);
        let label = match (noun, all) {
            (_, true) => format!("{} ({name})", tell(&metric.label, w)),
            (Some(noun), false) => noun.to_owned(),
            (None, false) => tell(&metric.label, w).into_owned(),
        };
        let change = amount.as_ref().map_or_else(String::new, |amount| amount.in_full(w));
        let seen = amount.as_ref().and_then(Amount::smallest);
        let below = match &amount {
            // A reason without a size stands with the others, once.
            Some(_) if is_held_back(metric) && !has_cause(metric) => String::new(),
            Some(_) if is_held_back(metric) => held_back(metric, w),
            Some(amount) => explained(report, metric, amount, w),
            None => String::new(),
        };
        let (verdict, tone) = verdict(metric, w);
        Self {
            indent: if all || noun.is_some() || metric.primary { 0 } else { 2 },
            name: label,
            verdict,
            tone,
            cells: [values(metric), change, seen.map_or_else(String::new, |s| fill(w.or_more, &[&s]))],
            below,
        }
    }

    fn write(&self, sheet: &mut Sheet, names: usize, columns: Option<&Vec<usize>>, heads: [&str; 3]) {
        let name = padded(&format!("{}{}", " ".repeat(self.indent), self.name), names + GAP);
        if width(&name) + width(&self.verdict) <= sheet.columns {
            sheet.pieces(&[(Tone::Strong, &name), (self.tone, &self.verdict)]);
        } else {
            sheet.words(self.indent, self.indent + 2, Tone::Strong, &self.name);
            sheet.words(INDENT, INDENT, self.tone, &self.verdict);
        }
        let indent = " ".repeat(INDENT);
        match columns {
            Some(columns) => {
                let cells = joined([&self.cells[0], &self.cells[1], &self.cells[2]], columns);
                sheet.pieces(&[(Tone::Plain, &indent), (Tone::Plain, &cells)]);
            }
            // Too wide for columns: each number with its name.
            None => {
                let said = self.cells.iter().zip(heads).filter(|(cell, _)| !cell.is_empty());
                let said: Vec<String> = said.map(|(cell, head)| format!("{head}: {cell}")).collect();
                sheet.words(INDENT, INDENT + 2, Tone::Plain, &said.join("; "));
            }
        }
        if !self.below.is_empty() {
            sheet.words(INDENT, INDENT, Tone::Faint, &self.below);
        }
    }
}

/// Before and after in one unit, without digits that their change makes doubtful.
fn values(metric: &Metric) -> String {
    // Of the change, in the metric's unit.
    let half = metric.interval.as_ref().and_then(|i| Some(0.5 * (i.high? - i.low?)));
    let within = half.or(metric.smallest_detectable_change);
    // A count stays one.
    let are_whole = [metric.before, metric.after].into_iter().flatten().all(|value| value.fract() == 0.0);
    let within = within.filter(|_| !(are_whole && metric.unit.is_empty()));
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| told_within(v, within));
    match metric.verdict {
        Some(_) => {
            let pair = format!("{} → {}", number(metric.before), number(metric.after));
            with_unit(&pair, &metric.unit)
        }
        None => with_unit(&number(metric.before), &metric.unit),
    }
}

/// The verdict in words: which way, how surely, and whether it is for the better.
fn verdict(metric: &Metric, w: &Words) -> (String, Tone) {
    let Some(verdict) = metric.verdict else { return (String::new(), Tone::Plain) };
    let word = w.of_judged(verdict, metric.change);
    let (sign, tone) = match verdict {
        Verdict::Decreased => ("▼", Tone::Fell),
        Verdict::ProbablyDecreased => ("▽", Tone::ProbablyFell),
        Verdict::Increased => ("▲", Tone::Rose),
        Verdict::ProbablyIncreased => ("△", Tone::ProbablyRose),
        Verdict::NoDetectableChange => ("=", Tone::Faint),
        Verdict::NotMeasurable => ("?", Tone::Faint),
    };
    let held_back = metric.reason.as_ref().filter(|_| is_held_back(metric));
    let direction = match kind(verdict, metric.better) {
        "better" => w.better,
        "worse" => w.worse,
        _ => match held_back.map_or("", |reason| w.of_held_back(&reason.code)) {
            "" => return (format!("{sign} {word}"), tone),
            why => return (format!("{sign} {word}: {why}"), tone),
        },
    };
    (format!("{sign} {word}, {direction}"), tone)
}
