//! The downtime curve, and the way of every primary metric, as pictures.

use std::fmt::Write as _;

use super::curve::{Curve, TrendVerdict};
use super::record::Series;
use crate::report::axis::{short, ticks};

/// Size of the picture, and of the margin around the plot.
const SIZE: (f64, f64) = (640.0, 360.0);
const MARGIN: (f64, f64, f64, f64) = (62.0, 20.0, 46.0, 34.0);
/// Panels beside each other.
const COLUMNS: usize = 2;
/// Line segments of the fitted curve.
const SEGMENTS: usize = 120;

/// The downtime of a series as SVG: changes of redness with their intervals, the band of the smallest
/// detectable change, and the fitted curve. `None` where no visit has a change.
pub fn downtime_svg(series: &Series) -> Option<String> {
    let curve = series.metrics.get(&series.downtime.metric)?;
    let axes = Axes::of(series, curve)?;
    let mut svg = begun(SIZE, &format!("{}: change since the baseline by day", curve.label));
    axes.band(&mut svg, curve);
    axes.frame(&mut svg, curve);
    axes.fitted(&mut svg, series);
    axes.points(&mut svg, curve);
    svg.push_str("</svg>\n");
    Some(svg)
}

/// Every primary metric along the days as SVG, with the band of the smallest detectable change and the Theil–Sen line where
/// there is a trend. `None` where no primary metric has a change.
pub fn trends_svg(series: &Series) -> Option<String> {
    let curves = series.metrics.values().filter(|curve| curve.primary);
    let panels: Vec<(Axes, &Curve)> =
        curves.filter_map(|curve| Some((Axes::of(series, curve)?, curve))).collect();
    if panels.is_empty() {
        return None;
    }
    let rows = panels.len().div_ceil(COLUMNS);
    let size = (SIZE.0 * COLUMNS as f64, SIZE.1 * rows as f64);
    let mut svg = begun(size, "Primary metrics: change since the baseline by day");
    for (k, (axes, curve)) in panels.iter().enumerate() {
        let place = (SIZE.0 * (k % COLUMNS) as f64, SIZE.1 * (k / COLUMNS) as f64);
        let _ = writeln!(svg, "<g transform=\"translate({} {})\">", place.0, place.1);
        axes.band(&mut svg, curve);
        axes.frame(&mut svg, curve);
        axes.trend(&mut svg, curve);
        axes.points(&mut svg, curve);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

/// A white picture with a title, open.
fn begun(size: (f64, f64), title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        size.0, size.1
    )
}

/// From days and changes to the picture.
struct Axes {
    baseline_day: f64,
    days: (f64, f64),
    changes: (f64, f64),
}

impl Axes {
    fn of(series: &Series, curve: &Curve) -> Option<Self> {
        let points = || curve.points.iter().filter(|p| p.change.is_some());
        let first = points().next()?;
        let mut days = (series.baseline_day.min(first.day), first.day);
        let mut changes = (0.0f64, 0.0f64);
        for point in points() {
            days = (days.0.min(point.day), days.1.max(point.day));
            let ends = point.interval.as_ref().map_or([None; 2], |i| [i.low, i.high]);
            let band = point.smallest_detectable_change.map(|s| [-s, s]);
            for value in ends.into_iter().flatten().chain(point.change).chain(band.into_iter().flatten()) {
                changes = (changes.0.min(value), changes.1.max(value));
            }
        }
        let room = 0.06 * (changes.1 - changes.0).max(f64::MIN_POSITIVE);
        let baseline_day = series.baseline_day;
        Some(Self { baseline_day, days, changes: (changes.0 - room, changes.1 + room) })
    }

    fn x(&self, day: f64) -> f64 {
        let (left, right) = (MARGIN.0, SIZE.0 - MARGIN.1);
        left + (right - left) * (day - self.days.0) / (self.days.1 - self.days.0).max(f64::MIN_POSITIVE)
    }

    fn y(&self, change: f64) -> f64 {
        let (bottom, top) = (SIZE.1 - MARGIN.2, MARGIN.3);
        bottom - (bottom - top) * (change - self.changes.0) / (self.changes.1 - self.changes.0)
    }

    /// What these captures could not show.
    fn band(&self, svg: &mut String, curve: &Curve) {
        let points = || curve.points.iter().filter_map(|p| Some((p.day, p.smallest_detectable_change?)));
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
        let _ = writeln!(svg, "<polygon points=\"{}\" fill=\"#e3e3e3\"/>", outline.join(" "));
    }

    fn frame(&self, svg: &mut String, curve: &Curve) {
        let (left, right, bottom) = (MARGIN.0, SIZE.0 - MARGIN.1, SIZE.1 - MARGIN.2);
        for change in ticks(self.changes) {
            let y = self.y(change);
            let stroke = if change == 0.0 { "#555" } else { "#ddd" };
            let _ = writeln!(
                svg,
                "<path d=\"M{left} {y:.1}H{right}\" stroke=\"{stroke}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 6.0,
                y + 4.0,
                short(change)
            );
        }
        for day in ticks(self.days) {
            let x = self.x(day);
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {bottom}v5\" stroke=\"#555\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 19.0,
                short(day)
            );
        }
        let unit = if curve.unit.is_empty() { String::new() } else { format!(", {}", curve.unit) };
        let _ = writeln!(
            svg,
            "<text x=\"{left}\" y=\"18\" font-weight=\"bold\">{}: change since the baseline{unit}</text>\
             <text x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">day; gray: not told from noise</text>",
            curve.label,
            SIZE.1 - 8.0
        );
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
        let _ = writeln!(
            svg,
            "<path d=\"M{}\" fill=\"none\" stroke=\"#b2182b\" stroke-width=\"2\"/>",
            places.join("L")
        );
        let end = |end: Option<f64>| end.map_or("?".to_owned(), short);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#b2182b\">half-life {} days ({} to {})</text>",
            SIZE.0 - MARGIN.1,
            MARGIN.3 + 14.0,
            short(half_life.days),
            end(half_life.low),
            end(half_life.high)
        );
    }

    /// The median slope, through the median of day and change, baseline included.
    fn trend(&self, svg: &mut String, curve: &Curve) {
        let Some(trend) = &curve.trend else { return };
        let told = match trend.verdict {
            TrendVerdict::Falls => "falls",
            TrendVerdict::Rises => "rises",
            TrendVerdict::NoDetectableTrend => "no detectable trend",
        };
        let (right, top) = (SIZE.0 - MARGIN.1, MARGIN.3);
        let _ = writeln!(
            svg,
            "<text x=\"{right:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#b2182b\">{told} (p = {:.2})</text>",
            top + 14.0,
            trend.p
        );
        let points = || curve.points.iter().filter_map(|p| Some((p.day, p.change?)));
        let middle = |of: fn((f64, f64)) -> f64, first: f64| {
            let mut values: Vec<f64> = points().map(of).chain([first]).collect();
            values.sort_by(f64::total_cmp);
            0.5 * (values[(values.len() - 1) / 2] + values[values.len() / 2])
        };
        let (day, change) = (middle(|p| p.0, self.baseline_day), middle(|p| p.1, 0.0));
        let at = |x: f64| self.y(change + trend.slope_per_day * (x - day));
        let (from, to) = self.days;
        let _ = writeln!(
            svg,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" stroke=\"#b2182b\" stroke-width=\"2\"/>",
            self.x(from),
            at(from),
            self.x(to),
            at(to)
        );
    }

    fn points(&self, svg: &mut String, curve: &Curve) {
        for point in &curve.points {
            let Some(change) = point.change else { continue };
            let (x, y) = (self.x(point.day), self.y(change));
            if let Some((low, high)) = point.interval.as_ref().and_then(|i| i.low.zip(i.high)) {
                let (low, high) = (self.y(low), self.y(high));
                let _ = writeln!(
                    svg,
                    "<path d=\"M{x:.1} {low:.1}V{high:.1}\" stroke=\"#2166ac\" stroke-width=\"1.5\"/>"
                );
            }
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4\" fill=\"#2166ac\"/>");
        }
    }
}
