//! The page of a batch: every pair in one table, to search, sort and filter, for whoever has to look through many.
//!
//! It tells what `summary.json` tells, and leads to the page of each pair. templates/batch.html, .css and .js are compiled in.

use std::borrow::Cow;

use askama::Template;

use super::copies::Copies;
use super::record::{Outcome, PairChange, PairRecord, Summary};
use super::write::REPORT;
use crate::analyzer::advice;
use crate::measure::{self, MetricDef};
use crate::reason::Reason;
use crate::report::PAGE;
use crate::report::page::look::Look;
use crate::report::page::quality::Limit;
use crate::report::page::said::{Cell, Said};
use crate::report::page::texts::{sentence, tell, without_file};
use crate::report::page::words::{ENGLISH, Words, fill};

/// Reasons of a pair that are told at once; a table has little room.
const REASONS_AT_ONCE: usize = 2;

#[derive(Template)]
#[template(path = "batch.html")]
struct Page<'a> {
    w: &'static Words,
    look: Look,
    version: &'static str,
    title: String,
    about: String,
    summary: &'a Summary,
    unfinished: String,
    counts: Vec<Count>,
    said: Vec<Said>,
    columns: Vec<Column>,
    limits: Vec<Frequent>,
    rows: Vec<Row<'a>>,
    has_subjects: bool,
    has_views: bool,
    copies: Vec<Copied>,
    /// What was left out, and why.
    skipped: Vec<(&'a str, String)>,
}

/// Pairs that ended alike.
struct Count {
    outcome: &'static str,
    count: usize,
    word: &'static str,
}

/// A primary metric that any pair has.
struct Column {
    name: String,
    noun: Cow<'static, str>,
    head: Cow<'static, str>,
    metric: &'static MetricDef,
    /// How many pairs came to what, in the order in which they are drawn; none that no pair came to.
    sums: Vec<Share>,
}

/// Pairs of one verdict.
struct Share {
    said: Said,
    count: usize,
    /// `better`, `worse`, `changed`, `none` or `unmeasured`.
    kind: &'static str,
    /// Where it begins, and how far it reaches, in per cent.
    place: (String, String),
}

/// A reason of several pairs.
struct Frequent {
    count: String,
    limit: Limit,
}

struct Row<'a> {
    pair: &'a str,
    /// Its page, else its report, from the folder of results; empty where there is none.
    link: String,
    subject: &'a str,
    view: &'a str,
    outcome: &'static str,
    word: &'static str,
    /// The worst is 0.
    rank: usize,
    reasons: Vec<Limit>,
    cells: Vec<Cell>,
}

/// One photograph in several places.
struct Copied {
    places: Vec<String>,
    reason: String,
}

/// The page of all pairs; `has_page` tells of which there is a page. The worst stand first: those are to be looked at.
///
/// # Errors
/// Never in practice: the template is compiled in and writes to memory.
pub(super) fn index(
    summary: &Summary,
    records: &[PairRecord],
    has_page: &dyn Fn(&str) -> bool,
) -> Result<String, askama::Error> {
    let w = &ENGLISH;
    let mut order: Vec<&PairRecord> = records.iter().collect();
    order.sort_by_key(|record| (severity(record.status), usize::MAX - record.reasons.len()));
    let columns = Column::all(records, w);
    let rows: Vec<Row<'_>> = order
        .iter()
        .enumerate()
        .map(|(rank, record)| Row::of(record, rank, &columns, has_page(&record.pair), w))
        .collect();
    let (pairs, left) = (summary.pairs.to_string(), summary.not_run.len());
    Page {
        w,
        look: Look::of_batch(),
        version: env!("CARGO_PKG_VERSION"),
        title: if summary.pairs == 1 { w.batch_title_one.to_owned() } else { fill(w.batch_title, &[&pairs]) },
        about: fill(w.batch_about, &[&(summary.ok + summary.limited).to_string(), &pairs]),
        summary,
        unfinished: match left {
            0 => String::new(),
            left => fill(w.batch_unfinished, &[&left.to_string(), &pairs]),
        },
        counts: vec![
            Count { outcome: "ok", count: summary.ok, word: w.count_ok },
            Count { outcome: "limited", count: summary.limited, word: w.count_limited },
            Count { outcome: "refused", count: summary.refused, word: w.count_refused },
            Count { outcome: "failed", count: summary.failed, word: w.count_failed },
        ],
        said: Said::all(w).to_vec(),
        columns,
        limits: frequent(records, w),
        has_subjects: rows.iter().any(|row| !row.subject.is_empty()),
        has_views: rows.iter().any(|row| !row.view.is_empty()),
        rows,
        skipped: summary.skipped.iter().map(|one| (one.skipped.as_str(), sentence(&one.reason, w))).collect(),
        copies: summary.copies.iter().map(|copies| Copied::of(copies, w)).collect(),
    }
    .render()
}

/// How much there is to look at: failed pairs first.
fn severity(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Failed => 0,
        Outcome::Refused => 1,
        Outcome::Limited => 2,
        Outcome::Ok => 3,
    }
}

/// Reasons by how many pairs have them, whichever photograph they are of; of equals those that come first.
fn frequent(records: &[PairRecord], w: &Words) -> Vec<Frequent> {
    let mut found: Vec<(Reason, usize)> = Vec::new();
    for record in records {
        // What one pair was found with is not what the others were.
        let bare = |reason: &Reason| Reason::new(&reason.code, without_file(&reason.message));
        let mut of_pair: Vec<Reason> = Vec::new();
        for reason in record.reasons.iter().map(bare) {
            if !of_pair.contains(&reason) {
                of_pair.push(reason);
            }
        }
        for reason in of_pair {
            match found.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, count)) => *count += 1,
                None => found.push((reason, 1)),
            }
        }
    }
    found.sort_by_key(|(_, count)| usize::MAX - count);
    let told = |(reason, count): (Reason, usize)| Frequent {
        count: fill(w.batch_limit_count, &[&count.to_string(), &records.len().to_string()]),
        limit: Limit::of(&reason, w, advice),
    };
    found.into_iter().map(told).collect()
}

impl Column {
    /// In the order of the measures.
    fn all(records: &[PairRecord], w: &'static Words) -> Vec<Self> {
        let metrics = measure::ALL.iter().flat_map(|m| m.metrics.iter().map(move |metric| (m, metric)));
        let column = |(m, metric): (&&'static measure::MeasureDef, &'static MetricDef)| {
            let name = format!("{}.{}", m.name, metric.name);
            let found: Vec<&PairChange> = records.iter().filter_map(|r| r.metrics.get(&name)).collect();
            let phrase = w.phrase(m.name, metric.name);
            (!found.is_empty()).then(|| Self {
                sums: Share::all(&found, metric, w),
                name,
                noun: phrase.map_or_else(|| tell(metric.label, w), |phrase| phrase.noun.into()),
                head: phrase.map_or_else(|| tell(m.label, w), |phrase| phrase.column.into()),
                metric,
            })
        };
        metrics.filter_map(column).collect()
    }
}

impl Share {
    fn all(found: &[&PairChange], metric: &MetricDef, w: &Words) -> Vec<Self> {
        let per_cent = |count: usize| 100.0 * count as f64 / found.len() as f64;
        let cells: Vec<Cell> = found.iter().map(|change| change.cell(metric, w)).collect();
        let mut before = 0;
        let mut out = Vec::new();
        for said in Said::all(w) {
            let alike: Vec<&Cell> = cells.iter().filter(|cell| cell.said == said).collect();
            let Some(first) = alike.first() else { continue };
            let place = (format!("{:.2}", per_cent(before)), format!("{:.2}", per_cent(alike.len())));
            out.push(Self { said, count: alike.len(), kind: first.kind, place });
            before += alike.len();
        }
        out
    }
}

impl<'a> Row<'a> {
    fn of(
        record: &'a PairRecord,
        rank: usize,
        columns: &[Column],
        has_page: bool,
        w: &'static Words,
    ) -> Self {
        let (outcome, word) = match record.status {
            Outcome::Ok => ("ok", w.row_ok),
            Outcome::Limited => ("limited", w.row_limited),
            Outcome::Refused => ("refused", w.row_refused),
            Outcome::Failed => ("failed", w.row_failed),
        };
        let link = match (&record.report, has_page) {
            (Some(_), true) => format!("{}/{PAGE}", record.pair),
            (Some(_), false) => format!("{}/{REPORT}", record.pair),
            (None, _) => String::new(),
        };
        Self {
            pair: &record.pair,
            link,
            subject: record.subject.as_deref().unwrap_or_default(),
            view: record.view.as_deref().unwrap_or_default(),
            outcome,
            word,
            rank,
            reasons: record.reasons.iter().map(|reason| Limit::of(reason, w, |_| None)).collect(),
            cells: columns.iter().map(|column| cell(record, column, w)).collect(),
        }
    }

    /// Those that are told at once, and those that are told when asked for.
    fn reasons(&self) -> (&[Limit], &[Limit]) {
        let at_once =
            if self.reasons.len() == REASONS_AT_ONCE + 1 { REASONS_AT_ONCE + 1 } else { REASONS_AT_ONCE };
        self.reasons.split_at(at_once.min(self.reasons.len()))
    }
}

/// A metric of a pair.
fn cell(record: &PairRecord, column: &Column, w: &Words) -> Cell {
    let Some(change) = record.metrics.get(&column.name) else { return Cell::empty() };
    change.cell(column.metric, w)
}

impl PairChange {
    fn cell(&self, metric: &MetricDef, w: &Words) -> Cell {
        Cell::of(metric, self.verdict, self.change, self.change_percent, w)
    }
}

impl Copied {
    fn of(copies: &Copies, w: &Words) -> Self {
        let place = |place: &super::copies::Place| {
            let visit = if place.visit == "before" { w.before } else { w.after };
            fill(w.copy_of, &[&place.file, visit, &place.pair])
        };
        Self { places: copies.copies.iter().map(place).collect(), reason: sentence(&copies.reason, w) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::batch::plan::Skipped;
    use crate::change::Verdict;

    fn record(pair: &str, status: Outcome, reasons: &[(&str, &str)], change: f64) -> PairRecord {
        let claims = change.abs() > 10.0;
        let verdict = match (claims, change < 0.0) {
            (false, _) => Verdict::NoDetectableChange,
            (true, true) => Verdict::Decreased,
            (true, false) => Verdict::ProbablyIncreased,
        };
        let change = PairChange {
            change: Some(change / 5.0),
            change_percent: Some(change),
            smallest_detectable_change: Some(2.0),
            verdict: Some(verdict),
        };
        let compared = matches!(status, Outcome::Ok | Outcome::Limited);
        PairRecord {
            pair: pair.to_owned(),
            status,
            reasons: reasons.iter().map(|(code, message)| Reason::limit(code, *message, 1.0, 2.0)).collect(),
            report: (status != Outcome::Failed).then(|| format!("{pair}/report.json")),
            subject: Some("<b>S</b>".to_owned()),
            view: None,
            metrics: compared.then(|| ("scars.relief_contrast".to_owned(), change)).into_iter().collect(),
            kept: false,
        }
    }

    fn summary(records: &[PairRecord]) -> Summary {
        let mut summary = Summary { pairs: records.len(), ..Summary::default() };
        records.iter().for_each(|record| summary.count(record));
        summary
    }

    #[test]
    fn the_worst_stand_first_and_each_leads_to_its_page() {
        let records = [
            record("good", Outcome::Ok, &[], -25.3),
            record("one limit", Outcome::Limited, &[("noisy", "noise")], 3.0),
            record("two#limits", Outcome::Limited, &[("noisy", "b.png: noise"), ("blurred", "soft")], 40.0),
            record("refused", Outcome::Refused, &[("low_overlap", "other skin")], 0.0),
            record("failed", Outcome::Failed, &[("jpeg_damaged", "cut off")], 0.0),
        ];
        let html = index(&summary(&records), &records, &|pair| pair != "refused").unwrap();
        let order: Vec<&str> =
            html.split("<tr data-q=\"").skip(1).map(|row| row.split_once("</th>").unwrap().0).collect();
        let names = ["failed", "refused", "two#limits", "one limit", "good"];
        assert_eq!(order.len(), names.len());
        for (row, name) in order.iter().zip(names) {
            assert!(row.contains(name), "{name} in {row}");
        }
        assert!(
            html.contains("href=\"two%23limits/report.html\"")
                && html.contains("href=\"one%20limit/report.html\"")
        );
        // Of a pair without a page its report is there still; of a failed one, nothing is.
        assert!(html.contains("href=\"refused/report.json\"") && !html.contains("href=\"failed"));
        assert!(!html.contains("<b>S</b>"), "subjects are text");
        assert!(
            html.contains("2 of 5 pairs") && html.contains("bring more light"),
            "frequent reasons, and what to do"
        );
        for told in
            ["class=\"v d better\"", "class=\"v n none\"", "class=\"v pi worse\"", "\u{2212}25\u{a0}%"]
        {
            assert!(html.contains(told), "{told}");
        }
    }

    #[test]
    fn what_was_not_run_or_left_out_or_mixed_up_is_told() {
        let records = [record("a", Outcome::Ok, &[], -1.0)];
        let place = |pair: &str, visit| super::super::copies::Place {
            pair: pair.to_owned(),
            visit,
            file: "same.jpg".to_owned(),
        };
        let summary = Summary {
            pairs: 2,
            not_run: vec!["later<".to_owned()],
            skipped: vec![Skipped {
                skipped: "notes.txt".to_owned(),
                reason: "no photograph".to_owned(),
                incomplete_pair: false,
            }],
            copies: vec![Copies {
                copies: vec![place("a", "before"), place("b", "after")],
                reason: "mixed up".to_owned(),
            }],
            ..summary(&records)
        };
        let html = index(&summary, &records, &|_| true).unwrap();
        for told in
            ["1 of 2 pairs are not begun", "later&#60;", "notes.txt", "No photograph", "same.jpg", "Mixed up"]
        {
            assert!(html.contains(told), "{told}");
        }
    }

    #[test]
    fn a_thousand_pairs_are_a_moderate_page() {
        let reasons = [("noisy", "noise drowns fine texture, in mOD")];
        let records: Vec<PairRecord> = (0..1000)
            .map(|k| {
                let mut one =
                    record(&format!("patient-{k:04}"), Outcome::Limited, &reasons, f64::from(k) - 500.0);
                let change = one.metrics.values().next().unwrap().clone();
                for m in measure::ALL {
                    for metric in m.metrics.iter().filter(|metric| metric.primary) {
                        one.metrics.insert(format!("{}.{}", m.name, metric.name), change.clone());
                    }
                }
                one
            })
            .collect();
        let begun = Instant::now();
        let html = index(&summary(&records), &records, &|_| true).unwrap();
        println!("{} bytes in {:?}", html.len(), begun.elapsed());
        assert_eq!(html.matches("<tr data-q").count(), 1000);
        assert!(html.len() < 1_500_000, "{}", html.len());
    }
}
