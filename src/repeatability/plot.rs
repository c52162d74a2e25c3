//! Bland–Altman plots of the primary metrics, side by side in one picture.

use std::fmt::Write as _;

use super::collect::{Panel, Repeated};
use crate::change::LimitsOfAgreement;
use crate::report::axis::{short, ticks};

/// Size of one panel, and of the margins within.
const PANEL: (f64, f64) = (420.0, 250.0);
const LEFT: f64 = 54.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 40.0;
const COLUMNS: usize = 2;

/// Second against first captures of every primary metric as SVG, with bias and limits of agreement; in per cent where
/// the metric is judged by its logarithm. `None` where no primary metric has limits.
pub fn limits_svg(repeated: &Repeated) -> Option<String> {
    let panels: Vec<(&Panel, LimitsOfAgreement)> =
        repeated.panels.iter().filter_map(|panel| Some((panel, panel.metric.limits_of_agreement?))).collect();
    if panels.is_empty() {
        return None;
    }
    let rows = panels.len().div_ceil(COLUMNS);
    let (width, height) = (PANEL.0 * COLUMNS as f64, PANEL.1 * rows as f64 + 24.0);
    let covers = &repeated.file.covers;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\">\n<title>Agreement of repeated captures</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"16\">{} captures, {} people; each dot a set: second less first capture over their mean. \
         Line: bias; gray: limits of agreement.</text>\n",
        covers.captures, covers.people
    );
    for (k, (panel, limits)) in panels.into_iter().enumerate() {
        let (x, y) = (PANEL.0 * (k % COLUMNS) as f64, 24.0 + PANEL.1 * (k / COLUMNS) as f64);
        let _ = writeln!(svg, "<g transform=\"translate({x} {y})\">");
        Axes::of(panel, &limits).draw(&mut svg, panel, &limits);
        svg.push_str("</g>\n");
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

/// From values to a panel.
struct Axes {
    logarithmic: bool,
    means: (f64, f64),
    differences: (f64, f64),
}

impl Axes {
    fn of(panel: &Panel, limits: &LimitsOfAgreement) -> Self {
        let mut axes = Self {
            logarithmic: panel.metric.logarithmic,
            means: (f64::INFINITY, f64::NEG_INFINITY),
            differences: (0.0, 0.0),
        };
        let widen = |range: (f64, f64), value: f64| (range.0.min(value), range.1.max(value));
        for &(mean, difference) in &panel.points {
            axes.means = widen(axes.means, axes.mean(mean));
            axes.differences = widen(axes.differences, axes.difference(difference));
        }
        for limit in [limits.lower, limits.upper] {
            axes.differences = widen(axes.differences, axes.difference(limit));
        }
        let roomy = |(low, high): (f64, f64)| {
            let room = 0.08 * (high - low).max(1e-9);
            (low - room, high + room)
        };
        (axes.means, axes.differences) = (roomy(axes.means), roomy(axes.differences));
        axes
    }

    /// In the metric's unit.
    fn mean(&self, mean: f64) -> f64 {
        if self.logarithmic { mean.exp() } else { mean }
    }

    /// In per cent, or in the metric's unit.
    fn difference(&self, difference: f64) -> f64 {
        if self.logarithmic { 100.0 * difference.exp_m1() } else { difference }
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + (PANEL.0 - LEFT - RIGHT) * (value - self.means.0) / (self.means.1 - self.means.0)
    }

    fn y(&self, value: f64) -> f64 {
        let (low, high) = self.differences;
        PANEL.1 - BOTTOM - (PANEL.1 - BOTTOM - TOP) * (value - low) / (high - low)
    }

    fn draw(&self, svg: &mut String, panel: &Panel, limits: &LimitsOfAgreement) {
        let (left, right, bottom) = (LEFT, PANEL.0 - RIGHT, PANEL.1 - BOTTOM);
        let y = |difference: f64| self.y(self.difference(difference));
        let (upper, lower, bias) = (y(limits.upper), y(limits.lower), y(limits.bias));
        let _ = writeln!(
            svg,
            "<rect x=\"{left}\" y=\"{upper:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#e8e8e8\"/>",
            right - left,
            lower - upper
        );
        for value in ticks(self.differences) {
            let y = self.y(value);
            let stroke = if value == 0.0 { "#555" } else { "#ccc" };
            let _ = writeln!(
                svg,
                "<path d=\"M{left} {y:.1}H{right}\" stroke=\"{stroke}\" stroke-width=\"0.7\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                left - 6.0,
                y + 4.0,
                short(value)
            );
        }
        for value in ticks(self.means) {
            let x = self.x(value);
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {bottom}v5\" stroke=\"#555\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 18.0,
                short(value)
            );
        }
        let _ =
            writeln!(svg, "<path d=\"M{left} {bias:.1}H{right}\" stroke=\"#b2182b\" stroke-width=\"1.5\"/>");
        for &(mean, difference) in &panel.points {
            let (x, y) = (self.x(self.mean(mean)), y(difference));
            let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"#2166ac\"/>");
        }
        let difference = if self.logarithmic { "%" } else { &panel.metric.unit };
        let _ = writeln!(
            svg,
            "<text x=\"{left}\" y=\"{:.1}\" font-weight=\"bold\">{}: difference, {difference}</text>\
             <text x=\"{right}\" y=\"{:.1}\" text-anchor=\"end\">mean, {}</text>",
            TOP - 12.0,
            panel.label,
            PANEL.1 - 6.0,
            panel.metric.unit
        );
    }
}
