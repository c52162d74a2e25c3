//! The downtime curve, and the way of every metric, as pictures: files of their own, and parts of the page.

use std::fmt::Write as _;

use super::curve::{Curve, CurvePoint, TrendVerdict};
use super::record::Series;
use crate::change::Verdict;
use crate::report::axis::{short, ticks};
use crate::report::markup::escaped;
use crate::report::page::words::ENGLISH;

/// Panels beside each other.
const COLUMNS: usize = 2;
/// Line segments of the fitted curve.
const SEGMENTS: usize = 120;
/// Half the width of a mark.
const MARK: f64 = 4.5;

/// Size of a plot, and of the margin around what is drawn.
#[derive(Debug, Clone, Copy)]
struct Paper {
    size: (f64, f64),
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    /// Whether a line above tells what is drawn.
    is_titled: bool,
}

/// Of a picture of its own.
const SHEET: Paper =
    Paper { size: (640.0, 360.0), left: 62.0, right: 20.0, top: 34.0, bottom: 46.0, is_titled: true };
/// Within a page, where letters are to be read on a phone too.
const PANEL: Paper =
    Paper { size: (440.0, 250.0), left: 58.0, right: 14.0, top: 24.0, bottom: 40.0, is_titled: false };

/// Colors of a picture of its own; a page has its own.
const STYLE: &str = "<style>.band{fill:#e3e3e3}.grid{stroke:#ddd}.zero,.tick{stroke:#555}\
    .fitted{fill:none;stroke:#b2182b;stroke-width:2}.said{fill:#b2182b}.bar{stroke:#2166ac;stroke-width:1.5}\
    .mark{fill:#2166ac;stroke:#2166ac;stroke-width:1.5}.mark.hollow{fill:#fff}.title{font-weight:bold}</style>\n";

/// The downtime of a series as SVG: changes of redness with their intervals, the band of the smallest
/// detectable change, and the fitted curve. `None` where no visit has a change.
pub fn downtime_svg(series: &Series) -> Option<String> {
    let curve = series.metrics.get(&series.downtime.metric)?;
    let axes = Axes::of(series, curve, SHEET, false)?;
    let mut svg = begun(SHEET.size, &format!("{}: change since the baseline by day", curve.label));
    axes.band(&mut svg, curve);
    axes.frame(&mut svg, curve);
    axes.fitted(&mut svg, series);
    axes.points(&mut svg, curve, &|_| "");
    svg.push_str("</svg>\n");
    Some(svg)
}

/// One metric along the days as a part of a page, `label` for those who cannot see it: the change in per cent of the baseline or in
/// the metric's unit, the line that was laid through it, and marks that `kind` tells the colors of. `None` where no visit has a
/// change.
pub(super) fn panel_svg(
    series: &Series,
    curve: &Curve,
    panel: &Panel<'_>,
    kind: &dyn Fn(&CurvePoint) -> &'static str,
) -> Option<String> {
    let axes = Axes::of(series, curve, PANEL, panel.in_percent)?;
    let (width, height) = PANEL.size;
    let mut svg = format!(
        "<svg class=\"curve\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">",
        escaped(panel.label)
    );
    axes.band(&mut svg, curve);
    axes.frame(&mut svg, curve);
    match panel.line {
        Line::Recovery => axes.fitted(&mut svg, series),
        Line::Trend => axes.trend(&mut svg, curve),
        Line::None => {}
    }
    axes.points(&mut svg, curve, kind);
    svg.push_str("</svg>");
    Some(svg)
}

/// How a part of a page is drawn.
pub(super) struct Panel<'a> {
    pub label: &'a str,
    pub in_percent: bool,
    pub line: Line,
}

/// What is laid through the visits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The way back from the peak.
    Recovery,
    /// The trend.
    Trend,
    None,
}

/// Every primary metric along the days as SVG, with the band of the smallest detectable change and the Theil–Sen line where
/// there is a trend. `None` where no primary metric has a change.
pub fn trends_svg(series: &Series) -> Option<String> {
    let curves = series.metrics.values().filter(|curve| curve.primary);
    let panels: Vec<(Axes, &Curve)> =
        curves.filter_map(|curve| Some((Axes::of(series, curve, SHEET, false)?, curve))).collect();
    if panels.is_empty() {
        return None;
    }
    let rows = panels.len().div_ceil(COLUMNS);
    let size = (SHEET.size.0 * COLUMNS as f64, SHEET.size.1 * rows as f64);
    let mut svg = begun(size, "Primary metrics: change since the baseline by day");
    for (k, (axes, curve)) in panels.iter().enumerate() {
        let place = (SHEET.size.0 * (k % COLUMNS) as f64, SHEET.size.1 * (k / COLUMNS) as f64);
        let _ = writeln!(svg, "<g transform=\"translate({} {})\">", place.0, place.1);
        axes.band(&mut svg, curve);
        axes.frame(&mut svg, curve);
        axes.trend(&mut svg, curve);
        axes.points(&mut svg, curve, &|_| "");
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

/// A white picture with a title, open.
fn begun(size: (f64, f64), title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\">\n<title>{title}</title>\n{STYLE}\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        size.0, size.1
    )
}

/// From days and changes to the picture.
struct Axes {
    paper: Paper,
    /// Whether changes are told in per cent of the baseline.
    in_percent: bool,
    baseline_day: f64,
    days: (f64, f64),
    changes: (f64, f64),
}

impl Axes {
    fn of(series: &Series, curve: &Curve, paper: Paper, in_percent: bool) -> Option<Self> {
        let points = || curve.points.iter().filter(|p| p.change.is_some());
        let first = points().next()?;
        let mut days = (series.baseline_day.min(first.day), first.day);
        let mut changes = (0.0f64, 0.0f64);
        for point in points() {
            days = (days.0.min(point.day), days.1.max(point.day));
            let ends = point.interval.as_ref().map_or([None; 2], |i| [i.low, i.high]);
            let band = point.smallest_detectable_change.map(|s| [-s, s]);
            for value in ends.into_iter().flatten().chain(point.change).chain(band.into_iter().flatten()) {
                let value = scale(point, in_percent) * value;
                changes = (changes.0.min(value), changes.1.max(value));
            }
        }
        let room = 0.06 * (changes.1 - changes.0).max(f64::MIN_POSITIVE);
        let baseline_day = series.baseline_day;
        let changes = (changes.0 - room, changes.1 + room);
        Some(Self { paper, in_percent, baseline_day, days, changes })
    }

    fn right(&self) -> f64 {
        self.paper.size.0 - self.paper.right
    }

    fn x(&self, day: f64) -> f64 {
        let (left, right) = (self.paper.left, self.right());
        left + (right - left) * (day - self.days.0) / (self.days.1 - self.days.0).max(f64::MIN_POSITIVE)
    }

    /// Of a change as it is told.
    fn y(&self, change: f64) -> f64 {
        let (bottom, top) = (self.paper.size.1 - self.paper.bottom, self.paper.top);
        bottom - (bottom - top) * (change - self.changes.0) / (self.changes.1 - self.changes.0)
    }

    /// Of a change of a visit in the metric's unit.
    fn y_of(&self, point: &CurvePoint, change: f64) -> f64 {
        self.y(scale(point, self.in_percent) * change)
    }

    /// What these captures could not show.
    fn band(&self, svg: &mut String, curve: &Curve) {
        let smallest =
            |p: &CurvePoint| Some((p.day, scale(p, self.in_percent) * p.smallest_detectable_change?));
        let points = || curve.points.iter().filter_map(smallest);
        let corner = |sign: f64| move |(day, smallest): (f64, f64)| (day, sign * smallest);
        let Some(first) = points().next() else { return };
        // From the left edge on: the baseline is as uncertain as the first visit.
        let points = || std::iter::once((self.days.0, first.1)).chain(points());
        let above: Vec<_> = points().map(corner(1.0)).collect();
        let below: Vec<_> = points().map(corner(-1.0)).collect();
        let outline: Vec<String> = above
            .iter()
            .chain(below.iter().rev())
            .map(|&(day, change)| format!("{:.1},{:.1}", self.x(day), self.y(change)))
            .collect();
        let _ = writeln!(svg, "<polygon class=\"band\" points=\"{}\"/>", outline.join(" "));
    }

    fn frame(&self, svg: &mut String, curve: &Curve) {
        let (left, right, bottom) = (self.paper.left, self.right(), self.paper.size.1 - self.paper.bottom);
        for change in ticks(self.changes) {
            let y = self.y(change);
            let class = if change == 0.0 { "zero" } else { "grid" };
            let _ = writeln!(
                svg,
                "<path class=\"{class}\" d=\"M{left} {y:.1}H{right}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 6.0,
                y + 4.0,
                short(change).replace('-', "\u{2212}")
            );
        }
        for day in ticks(self.days) {
            let x = self.x(day);
            let _ = writeln!(
                svg,
                "<path class=\"tick\" d=\"M{x:.1} {bottom}v5\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 19.0,
                short(day).replace('-', "\u{2212}")
            );
        }
        let unit = if self.in_percent { "%" } else { &curve.unit };
        let below = self.paper.size.1 - 8.0;
        if self.paper.is_titled {
            let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
            let _ = writeln!(
                svg,
                "<text class=\"title\" x=\"{left}\" y=\"18\">{}: change since the baseline{unit}</text>\
                 <text x=\"{right}\" y=\"{below:.1}\" text-anchor=\"end\">day; gray: not told from noise</text>",
                curve.label
            );
        } else {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"14\" text-anchor=\"end\">{unit}</text>\
                 <text x=\"{right}\" y=\"{below:.1}\" text-anchor=\"end\">{}</text>",
                left - 6.0,
                ENGLISH.day_axis
            );
        }
    }

    fn fitted(&self, svg: &mut String, series: &Series) {
        let (Some(half_life), Some(peak)) = (&series.downtime.half_life, series.downtime.peak) else {
            return;
        };
        let span = self.days.1 - peak.day;
        let places = (0..=SEGMENTS).map(|k| {
            let since = span * k as f64 / SEGMENTS as f64;
            let change = half_life.plateau + half_life.amplitude * (-since / half_life.days).exp2();
            format!("{:.1},{:.1}", self.x(peak.day + since), self.y(change))
        });
        let places: Vec<String> = places.collect();
        let _ = writeln!(svg, "<path class=\"fitted\" d=\"M{}\"/>", places.join("L"));
        if self.paper.is_titled {
            let end = |end: Option<f64>| end.map_or("?".to_owned(), short);
            let (low, high) = (end(half_life.low), end(half_life.high));
            self.said(svg, &format!("half-life {} days ({low} to {high})", short(half_life.days)));
        }
    }

    /// The median slope, through the median of day and change, baseline included.
    fn trend(&self, svg: &mut String, curve: &Curve) {
        let Some(trend) = &curve.trend else { return };
        if self.paper.is_titled {
            let told = match trend.verdict {
                TrendVerdict::Falls => "falls",
                TrendVerdict::Rises => "rises",
                TrendVerdict::NoDetectableTrend => "no detectable trend",
            };
            self.said(svg, &format!("{told} (p = {:.2})", trend.p));
        }
        let points = || curve.points.iter().filter_map(|p| Some((p, p.change?)));
        let middle = |values: &mut Vec<f64>| {
            values.sort_by(f64::total_cmp);
            0.5 * (values[(values.len() - 1) / 2] + values[values.len() / 2])
        };
        let with_baseline = |first: f64, of: &dyn Fn((&CurvePoint, f64)) -> f64| {
            middle(&mut points().map(of).chain([first]).collect())
        };
        let day = with_baseline(self.baseline_day, &|(p, _)| p.day);
        let change = with_baseline(0.0, &|(p, change)| scale(p, self.in_percent) * change);
        // The slope is told in the metric's unit, of baselines that are as good as one.
        let slope =
            trend.slope_per_day * middle(&mut points().map(|(p, _)| scale(p, self.in_percent)).collect());
        // As far as it stays within the plot.
        let (low, high) = self.changes;
        let crossings = [low, high].map(|end| day + (end - change) / slope);
        let (near, far) = (crossings[0].min(crossings[1]), crossings[0].max(crossings[1]));
        let [from, to] = [self.days.0.max(near), self.days.1.min(far)];
        let at = |x: f64| self.y(change + slope * (x - day));
        let _ = writeln!(
            svg,
            "<path class=\"fitted\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"/>",
            self.x(from),
            at(from),
            self.x(to),
            at(to)
        );
    }

    /// What a line says, above at the right.
    fn said(&self, svg: &mut String, text: &str) {
        let (right, y) = (self.right(), self.paper.top + 14.0);
        let _ = writeln!(
            svg,
            "<text class=\"said\" x=\"{right:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{text}</text>"
        );
    }

    /// Visits: a triangle that points where it went, full where that is sure, a ring where nothing can be told.
    fn points(&self, svg: &mut String, curve: &Curve, kind: &dyn Fn(&CurvePoint) -> &'static str) {
        for point in &curve.points {
            let Some(change) = point.change else { continue };
            let (x, y) = (self.x(point.day), self.y_of(point, change));
            let kind = kind(point);
            if let Some((low, high)) = point.interval.as_ref().and_then(|i| i.low.zip(i.high)) {
                let (low, high) = (self.y_of(point, low), self.y_of(point, high));
                let _ = writeln!(svg, "<path class=\"bar {kind}\" d=\"M{x:.1} {low:.1}V{high:.1}\"/>");
            }
            let (hollow, shape) = match point.verdict {
                Some(Verdict::Decreased) => ("", triangle(x, y, 1.0)),
                Some(Verdict::ProbablyDecreased) => (" hollow", triangle(x, y, 1.0)),
                Some(Verdict::Increased) => ("", triangle(x, y, -1.0)),
                Some(Verdict::ProbablyIncreased) => (" hollow", triangle(x, y, -1.0)),
                _ => (" hollow", format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>", MARK - 0.5)),
            };
            let _ = writeln!(svg, "<g class=\"mark {kind}{hollow}\">{shape}</g>");
        }
    }
}

/// What a change of a visit is multiplied with to be told.
fn scale(point: &CurvePoint, in_percent: bool) -> f64 {
    match point.before.filter(|before| in_percent && *before > 0.0) {
        Some(before) => 100.0 / before,
        None => 1.0,
    }
}

/// A triangle whose middle is at the value, that points down for `1.0`.
fn triangle(x: f64, y: f64, down: f64) -> String {
    let (near, far) = (y - down * MARK, y + down * 1.2 * MARK);
    format!("<path d=\"M{:.1} {near:.1}H{:.1}L{x:.1} {far:.1}Z\"/>", x - 1.2 * MARK, x + 1.2 * MARK)
}
