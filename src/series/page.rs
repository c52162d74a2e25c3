//! The page of a series: its visits as small pictures, a curve for every main measure, how redness goes back, and every number.
//!
//! It leads to the page of each visit, and takes its pictures from there. templates/series.html, .css and .js are compiled in.

use std::borrow::Cow;
use std::path::Path;

use askama::Template;

use super::curve::{Curve, CurvePoint, CurveTrend, TrendVerdict};
use super::plot::{Line, Panel, panel_svg};
use super::record::{Series, SeriesVisit};
use super::thumbnail::small;
use crate::analyzer::advice;
use crate::batch::Outcome;
use crate::measure::{self, Axis, MetricDef};
use crate::report::axis::short;
use crate::report::page::amount::{in_brief, signed, with_unit};
use crate::report::page::finding::{self, Finding, Findings};
use crate::report::page::look::Look;
use crate::report::page::photographs;
use crate::report::page::quality::Limit;
use crate::report::page::said::{Cell, Said};
use crate::report::page::texts::{tell, whole_reason};
use crate::report::page::words::{ENGLISH, Words, fill};
use crate::report::{PAGE, Report};

/// Name of the file.
pub const SERIES_PAGE: &str = "series.html";

#[derive(Template)]
#[template(path = "series.html")]
struct Page<'a> {
    w: &'static Words,
    look: Look,
    version: &'static str,
    title: String,
    about: String,
    visits: Vec<Shown>,
    last_day: String,
    panels: Vec<Told>,
    downtime: Vec<String>,
    downtime_svg: String,
    has_line: bool,
    said: Vec<Said>,
    days: Vec<String>,
    tables: Vec<Table<'a>>,
}

/// A visit as it is shown.
struct Shown {
    day: String,
    /// `baseline`, or how its comparison ended.
    class: &'static str,
    word: &'static str,
    /// From the page; empty where there is nothing to lead to.
    link: String,
    picture: Option<Small>,
    is_aligned: bool,
    reasons: Vec<Limit>,
}

/// A picture within the page.
struct Small {
    data: String,
    width: u32,
    height: u32,
}

/// A main measure: what changed on the last visit, and the way there.
struct Told {
    finding: Finding,
    svg: String,
    trend: String,
}

/// The metrics of a measure.
struct Table<'a> {
    title: Cow<'static, str>,
    rows: Vec<Row<'a>>,
}

struct Row<'a> {
    label: Cow<'a, str>,
    curve: &'a Curve,
    /// One for each visit, in order.
    cells: Vec<Cell>,
    trend: &'static str,
}

/// The page of a series whose results lie in `folder`; `last` is the report of the last visit that was compared.
///
/// # Errors
/// Never in practice: the template is compiled in and writes to memory.
pub fn page(series: &Series, last: Option<(f64, &Report)>, folder: &Path) -> Result<String, askama::Error> {
    let w = &ENGLISH;
    let named: Vec<&str> =
        [&series.subject, &series.view].into_iter().flatten().map(String::as_str).collect();
    let name = if named.is_empty() { series.series.clone() } else { named.join(", ") };
    let last_visit = series.visits.iter().map(|visit| visit.day).fold(series.baseline_day, f64::max);
    let about = [
        (series.visits.len() + 1).to_string(),
        day(last_visit - series.baseline_day),
        day(series.baseline_day),
    ];
    let downtime = series.metrics.get(&series.downtime.metric);
    let rose = downtime.is_some_and(|curve| rose(series, curve));
    let line = if rose && series.downtime.half_life.is_some() { Line::Recovery } else { Line::None };
    Page {
        w,
        look: Look::of_series(),
        version: env!("CARGO_PKG_VERSION"),
        title: fill(w.series_title, &[&name]),
        about: fill(w.series_about, &[&about[0], &about[1], &about[2]]),
        visits: visits(series, folder, w),
        last_day: last.map_or_else(String::new, |(at, _)| day(at)),
        panels: last.map_or_else(Vec::new, |(_, report)| panels(series, report, w)),
        downtime: downtime.map_or_else(Vec::new, |_| downtime_words(series, rose, w)),
        downtime_svg: downtime
            .and_then(|curve| drawn(series, &series.downtime.metric, curve, line, w))
            .unwrap_or_default(),
        has_line: line == Line::Recovery,
        said: Said::all(w).to_vec(),
        days: series.visits.iter().map(|visit| day(visit.day)).collect(),
        tables: tables(series, w),
    }
    .render()
}

/// A day as the manifest told it.
pub(super) fn day(value: f64) -> String {
    // Six digits: what a subtraction left behind is none of a day.
    crate::report::rounded(value).to_string().replace('-', "\u{2212}")
}

fn visits(series: &Series, folder: &Path, w: &'static Words) -> Vec<Shown> {
    let mut baseline = None;
    let mut out: Vec<Shown> = series
        .visits
        .iter()
        .map(|visit| {
            let report = visit.report.as_deref().and_then(|r| r.strip_prefix(&format!("{}/", series.series)));
            let pair = report.and_then(|report| report.strip_suffix("/report.json"));
            let html = pair.and_then(|pair| std::fs::read_to_string(folder.join(pair).join(PAGE)).ok());
            let [before, after] = html.as_deref().map_or([None, None], photographs);
            let is_aligned = matches!(visit.status, Outcome::Ok | Outcome::Limited);
            baseline = baseline.take().or(before);
            Shown {
                link: match (&html, report) {
                    (Some(_), _) => format!("{}/{PAGE}", pair.unwrap_or_default()),
                    (None, Some(report)) => report.to_owned(),
                    (None, None) => String::new(),
                },
                picture: after.as_deref().and_then(Small::of),
                is_aligned,
                ..Shown::of(visit, w)
            }
        })
        .collect();
    out.insert(
        0,
        Shown {
            day: day(series.baseline_day),
            class: "baseline",
            word: w.baseline,
            link: String::new(),
            picture: baseline.as_deref().and_then(Small::of),
            is_aligned: true,
            reasons: Vec::new(),
        },
    );
    out
}

impl Small {
    fn of(jpeg: &[u8]) -> Option<Self> {
        let (data, [width, height]) = small(jpeg)?;
        Some(Self { data, width, height })
    }
}

impl Shown {
    /// Without picture and link.
    fn of(visit: &SeriesVisit, w: &'static Words) -> Self {
        let class = match visit.status {
            Outcome::Ok => "ok",
            Outcome::Limited => "limited",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        };
        Self {
            day: day(visit.day),
            class,
            word: w.of_row(class),
            link: String::new(),
            picture: None,
            is_aligned: false,
            reasons: visit.reasons.iter().map(|reason| Limit::of(reason, w, advice)).collect(),
        }
    }
}

/// A metric by its name in a series.
pub(super) fn definition(name: &str) -> Option<&'static MetricDef> {
    let (measure, metric) = name.split_once('.')?;
    measure::find(measure, metric)
}

/// One for each main measure of the last visit: what changed first.
fn panels(series: &Series, last: &Report, w: &Words) -> Vec<Told> {
    let told = |finding: Finding| {
        let curve = series.metrics.get(&finding.name);
        Told {
            svg: curve
                .and_then(|curve| drawn(series, &finding.name, curve, trend_line(curve), w))
                .unwrap_or_default(),
            trend: curve.map_or_else(String::new, |curve| trend_words(series, &finding.name, curve, w)),
            finding,
        }
    };
    Findings::of(last, w).list.into_iter().map(told).collect()
}

/// A line where there is a trend: through chance it would mislead.
fn trend_line(curve: &Curve) -> Line {
    let told = |trend: &CurveTrend| trend.verdict != TrendVerdict::NoDetectableTrend;
    if curve.trend.as_ref().is_some_and(told) { Line::Trend } else { Line::None }
}

/// Whether changes of a metric are told in per cent, as on the page of a pair.
fn in_percent(name: &str, curve: &Curve) -> bool {
    let mut points = curve.points.iter().filter(|p| p.change.is_some());
    definition(name).is_some_and(|m| m.axis == Axis::Ln) && points.all(|p| p.before.is_some_and(|b| b > 0.0))
}

fn drawn(series: &Series, name: &str, curve: &Curve, line: Line, w: &Words) -> Option<String> {
    let metric = definition(name)?;
    let told = |point: &CurvePoint| {
        let cell = cell(metric, point, w);
        fill(w.curve_point, &[&day(point.day), &cell.text, cell.said.word])
    };
    let points: Vec<String> = curve.points.iter().filter(|p| p.change.is_some()).map(told).collect();
    let label = fill(w.curve_of, &[&tell(&curve.label, w), &points.join("; ")]);
    let panel = Panel { label: &label, in_percent: in_percent(name, curve), line };
    let kind = |point: &CurvePoint| {
        let verdict = point.verdict.unwrap_or(crate::change::Verdict::NotMeasurable);
        finding::kind(verdict, metric.better.into())
    };
    panel_svg(series, curve, &panel, &kind)
}

fn cell(metric: &MetricDef, point: &CurvePoint, w: &Words) -> Cell {
    let percent = point.change.zip(point.before.filter(|b| *b > 0.0)).map(|(change, b)| 100.0 * change / b);
    Cell::of(metric, point.verdict, point.change, percent, w)
}

pub(super) fn trend_words(series: &Series, name: &str, curve: &Curve, w: &Words) -> String {
    let Some(trend) = &curve.trend else {
        let reason = curve.trend_reason.as_ref().map_or_else(String::new, |reason| whole_reason(reason, w));
        return fill(w.trend_not_told, &[&reason]);
    };
    let p = p_words(trend.p, w);
    let pattern = match trend.verdict {
        TrendVerdict::Falls => w.trend_falls,
        TrendVerdict::Rises => w.trend_rises,
        TrendVerdict::NoDetectableTrend => {
            let reason = curve.trend_reason.as_ref().map(|reason| format!(" {}.", whole_reason(reason, w)));
            return fill(w.trend_none, &[&p]) + &reason.unwrap_or_default();
        }
    };
    let measured = || curve.points.iter().filter(|p| p.change.is_some());
    let (from, to) = (series.baseline_day, measured().map(|p| p.day).fold(series.baseline_day, f64::max));
    let change = trend.slope_per_day * (to - from);
    let befores: Vec<f64> = measured().filter_map(|p| p.before).collect();
    let before = befores.iter().sum::<f64>() / befores.len() as f64;
    let percent = in_percent(name, curve).then_some(100.0 * change / before);
    let brief = definition(name).and_then(|metric| in_brief(metric, Some(change), percent));
    let brief = brief.map_or_else(String::new, |(_, text)| text);
    fill(pattern, &[&brief, &day(from), &day(to), &p])
}

fn p_words(p: f64, w: &Words) -> String {
    if p < 0.001 { w.p_small.to_owned() } else { format!("= {}", short(p)) }
}

/// Whether redness at its peak was beyond what photographs vary by.
pub(super) fn rose(series: &Series, curve: &Curve) -> bool {
    let Some(peak) = series.downtime.peak else { return false };
    let at_peak = curve.points.iter().find(|point| point.day == peak.day);
    at_peak.and_then(|point| point.smallest_detectable_change).is_some_and(|smallest| peak.change > smallest)
}

/// The way back in sentences.
pub(super) fn downtime_words(series: &Series, rose: bool, w: &Words) -> Vec<String> {
    let downtime = &series.downtime;
    let Some(peak) = downtime.peak else { return Vec::new() };
    if !rose {
        return vec![w.downtime_never.to_owned()];
    }
    let unit = series.metrics.get(&downtime.metric).map_or("", |curve| curve.unit.as_str());
    let mut out = vec![fill(w.downtime_peak, &[&day(peak.day), &with_unit(&signed(peak.change), unit)])];
    match (&downtime.half_life, &downtime.reason) {
        (Some(half), _) => {
            let interval = match (half.low.map(short), half.high.map(short)) {
                (Some(low), Some(high)) => fill(w.downtime_half_interval, &[&low, &high]),
                (Some(low), None) => fill(w.downtime_half_low, &[&low]),
                (None, Some(high)) => fill(w.downtime_half_high, &[&high]),
                (None, None) => w.downtime_half_open.to_owned(),
            };
            out.push(fill(w.downtime_half, &[&short(half.days), &interval]));
        }
        (None, Some(reason)) => out.push(fill(w.downtime_no_half, &[&whole_reason(reason, w)])),
        (None, None) => {}
    }
    out.push(match downtime.returned {
        Some(back) => fill(w.downtime_back, &[&day(back.after_day), &day(back.by_day)]),
        None => w.downtime_not_back.to_owned(),
    });
    out
}

/// Metrics that were measured on any visit, by measure.
fn tables<'a>(series: &'a Series, w: &'static Words) -> Vec<Table<'a>> {
    let table = |m: &&'static measure::MeasureDef| {
        let row = |metric: &'static MetricDef| {
            let curve = series.metrics.get(&format!("{}.{}", m.name, metric.name))?;
            let at = |visit: &SeriesVisit| curve.points.iter().find(|point| point.day == visit.day);
            let cell =
                |visit: &SeriesVisit| at(visit).map_or_else(Cell::empty, |point| cell(metric, point, w));
            let trend = curve.trend.as_ref().map_or("–", |trend| match trend.verdict {
                TrendVerdict::Falls => w.falls,
                TrendVerdict::Rises => w.rises,
                TrendVerdict::NoDetectableTrend => w.no_trend,
            });
            let measured = curve.points.iter().any(|point| point.change.is_some());
            measured.then(|| Row {
                label: tell(&curve.label, w),
                curve,
                cells: series.visits.iter().map(cell).collect(),
                trend,
            })
        };
        let rows: Vec<Row<'a>> = m.metrics.iter().filter_map(row).collect();
        (!rows.is_empty()).then_some(Table { title: tell(m.label, w), rows })
    };
    measure::ALL.iter().filter_map(table).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Verdict;
    use crate::reason::Reason;
    use crate::series::testing::point;
    use crate::series::{Downtime, HalfLife, Peak, Return};

    fn series(peak: f64) -> Series {
        let points = vec![
            point(1.0, peak, Some(Verdict::Increased)),
            point(7.0, 0.05, Some(Verdict::ProbablyIncreased)),
            point(30.0, 0.001, Some(Verdict::NoDetectableChange)),
        ];
        let trend = CurveTrend {
            visits: 4,
            slope_per_day: -0.002,
            low: Some(-0.003),
            high: Some(-0.001),
            coverage_percent: 98.3,
            kendall_tau: -1.0,
            p: 0.0004,
            verdict: TrendVerdict::Falls,
        };
        let curve = Curve {
            label: "Hemoglobin mean".to_owned(),
            unit: "OD".to_owned(),
            primary: true,
            points,
            trend: Some(trend),
            trend_reason: None,
        };
        let visit = |day: f64, status| SeriesVisit {
            day,
            status,
            reasons: vec![Reason::limit("noisy", "much <noise>", 3.0, 2.0)],
            report: Some(format!("P#1/day-{day}/report.json")),
        };
        Series {
            series: "P#1".to_owned(),
            subject: Some("<i>S</i>".to_owned()),
            view: None,
            baseline_day: 0.0,
            visits: vec![visit(1.0, Outcome::Ok), visit(7.0, Outcome::Limited), visit(30.0, Outcome::Ok)],
            downtime: Downtime {
                metric: "redness.hemoglobin_mean".to_owned(),
                peak: Some(Peak { day: 1.0, change: peak }),
                half_life: Some(HalfLife {
                    days: 5.0,
                    low: Some(4.0),
                    high: None,
                    plateau: 0.0,
                    amplitude: peak,
                    visits: 4,
                }),
                reason: None,
                returned: Some(Return { after_day: 7.0, by_day: 30.0 }),
            },
            metrics: [("redness.hemoglobin_mean".to_owned(), curve)].into_iter().collect(),
        }
    }

    #[test]
    fn redness_and_its_way_back_are_told_and_drawn() {
        let folder = tempfile::tempdir().unwrap();
        let html = page(&series(0.2), None, folder.path()).unwrap();
        for told in [
            "Redness was highest on day 1: +0.2\u{a0}OD.",
            "half is gone in 5 days (at least 4)",
            "Between day 7 and day 30",
            "class=\"fitted\"",
            "class=\"v i worse\"",
            "Much &#60;noise&#62;",
            "&#60;i&#62;S",
        ] {
            assert!(html.contains(told), "{told}");
        }
        assert!(!html.contains("<i>S</i>"));
        // Full, hollow, ring: three shapes.
        let marks: Vec<&str> = html.split("<g class=\"mark ").skip(1).collect();
        assert_eq!(marks.len(), 3);
        assert!(marks[0].starts_with("worse\"><path") && marks[1].starts_with("worse hollow\"><path"));
        assert!(marks[2].starts_with("none hollow\"><circle"), "{}", marks[2]);
        // A page that is not there is not led to.
        assert!(html.contains("href=\"day-7/report.json\"") && !html.contains("report.html"));
    }

    #[test]
    fn redness_that_never_rose_has_no_way_back() {
        let folder = tempfile::tempdir().unwrap();
        let html = page(&series(0.02), None, folder.path()).unwrap();
        assert!(html.contains("never rose beyond") && !html.contains("half is gone"));
        assert!(!html.contains("class=\"fitted\""), "no line is laid through noise");
    }

    #[test]
    fn too_few_visits_for_a_trend_are_said_beside_its_p() {
        let mut series = series(0.2);
        let curve = series.metrics.get_mut("redness.hemoglobin_mean").unwrap();
        curve.trend.as_mut().unwrap().verdict = TrendVerdict::NoDetectableTrend;
        curve.trend_reason = Some(Reason::limit("too_few_visits", "a fall needs so many visits", 4.0, 5.0));
        let told = trend_words(
            &series,
            "redness.hemoglobin_mean",
            &series.metrics["redness.hemoglobin_mean"],
            &ENGLISH,
        );
        assert!(
            told.contains("no trend is beyond chance") && told.contains("A fall needs so many visits"),
            "{told}"
        );
        assert!(told.contains('4') && told.ends_with('.'), "{told}");
    }

    #[test]
    fn trends_are_told_in_words_with_their_amount() {
        let series = series(0.2);
        let curve = &series.metrics["redness.hemoglobin_mean"];
        let told = trend_words(&series, "redness.hemoglobin_mean", curve, &ENGLISH);
        assert!(
            told.contains("it falls: \u{2212}0.06\u{a0}OD from day 0 to day 30 (p below 0.001)"),
            "{told}"
        );
    }
}
