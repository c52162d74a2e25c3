//! A forest plot of every primary metric: the mean change of all people, of each site, of each skin color.

use std::fmt::Write as _;

use super::collect::{By, Study, StudyGroup, members};
use super::find::StudyPair;
use super::outcome::{Average, Outcome, changes_of_people};
use crate::measure::{self, MetricDef};
use crate::report::axis::{short, ticks};
use crate::report::markup::escaped;

/// Width of the picture, and of its three columns: name, plot, numbers.
const WIDTH: f64 = 820.0;
const PLOT: (f64, f64) = (210.0, 620.0);
/// Heights of a panel's title, of a row, and of the axis below.
const TITLE: f64 = 30.0;
const ROW: f64 = 24.0;
const AXIS: f64 = 42.0;
/// Height of the words above the first panel.
const HEAD: f64 = 30.0;

/// Every primary metric as SVG: squares and lines are mean changes with their 95 % intervals, the diamond that of all
/// people, dots are persons. `None` where no primary metric has a change.
pub fn forest_svg(study: &Study, pairs: &[StudyPair]) -> Option<String> {
    let groups = members(pairs);
    let everybody = &groups.first()?.2;
    let mut panels = Vec::new();
    for measure in measure::ALL {
        for definition in measure.metrics.iter().filter(|metric| metric.primary) {
            let name = format!("{}.{}", measure.name, definition.name);
            let average = Average::of(everybody, measure.name, definition);
            let dots = changes_of_people(everybody, measure.name, definition, average);
            panels.extend(Panel::of(study, &name, definition, dots));
        }
    }
    if panels.is_empty() {
        return None;
    }
    let height = HEAD + panels.iter().map(Panel::height).sum::<f64>();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\">\n<title>Mean change of the primary metrics</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"14\" y=\"20\" fill=\"#333\">{} people, {} pairs. Dots: people. Diamond and squares: mean change with 95 % interval.</text>\n",
        study.people, study.pairs
    );
    let mut top = HEAD;
    for panel in &panels {
        let _ = writeln!(svg, "<g transform=\"translate(0 {top})\">");
        panel.draw(&mut svg);
        svg.push_str("</g>\n");
        top += panel.height();
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

/// One metric.
struct Panel<'a> {
    definition: &'static MetricDef,
    rows: Vec<(&'a StudyGroup, &'a Outcome)>,
    /// Of people, as the axis tells them.
    dots: Vec<f64>,
    range: (f64, f64),
}

impl<'a> Panel<'a> {
    fn of(study: &'a Study, name: &str, definition: &'static MetricDef, dots: Vec<f64>) -> Option<Self> {
        let rows: Vec<_> =
            study.groups.iter().filter_map(|group| Some((group, group.metrics.get(name)?))).collect();
        let all = rows.first()?.1;
        // Intervals of two people reach far beyond everybody: they end in arrows instead.
        let ends = [Some(0.0), all.low, all.high, Some(all.mean_change)];
        let shown = || dots.iter().copied().chain(ends.into_iter().flatten());
        let (low, high) = (shown().fold(0.0, f64::min), shown().fold(0.0, f64::max));
        let room = 0.08 * (high - low).max(1e-9);
        Some(Self { definition, rows, dots, range: (low - room, high + room) })
    }

    fn height(&self) -> f64 {
        TITLE + ROW * self.rows.len() as f64 + AXIS
    }

    fn x(&self, value: f64) -> f64 {
        let (low, high) = self.range;
        PLOT.0 + (PLOT.1 - PLOT.0) * ((value - low) / (high - low)).clamp(0.0, 1.0)
    }

    fn draw(&self, svg: &mut String) {
        let unit = self.unit();
        let _ = writeln!(
            svg,
            "<text x=\"14\" y=\"18\" font-weight=\"bold\" font-size=\"13\">{}: change, {unit}</text>",
            self.definition.label
        );
        let bottom = TITLE + ROW * self.rows.len() as f64;
        for value in ticks(self.range) {
            let x = self.x(value);
            let (stroke, width) = if value == 0.0 { ("#555", 1.2) } else { ("#ddd", 0.7) };
            let _ = writeln!(
                svg,
                "<path d=\"M{x:.1} {TITLE}V{bottom}\" stroke=\"{stroke}\" stroke-width=\"{width}\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 16.0,
                short(value)
            );
        }
        for (k, (group, outcome)) in self.rows.iter().enumerate() {
            self.row(svg, group, outcome, TITLE + ROW * (k as f64 + 0.5));
        }
    }

    fn unit(&self) -> &'static str {
        if self.rows[0].1.in_percent { "%" } else { self.definition.unit }
    }

    fn row(&self, svg: &mut String, group: &StudyGroup, outcome: &Outcome, y: f64) {
        let is_all = group.by == By::All;
        let color = if is_all { "#b2182b" } else { "#2166ac" };
        let _ = writeln!(
            svg,
            "<text x=\"14\" y=\"{:.1}\"{}>{} ({})</text>",
            y + 4.0,
            if is_all { " font-weight=\"bold\"" } else { "" },
            escaped(&group.title()),
            outcome.people
        );
        if is_all {
            for &dot in &self.dots {
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"#666\" fill-opacity=\"0.35\"/>",
                    self.x(dot)
                );
            }
        }
        let x = self.x(outcome.mean_change);
        match (outcome.low, outcome.high) {
            (Some(low), Some(high)) if is_all => {
                // However narrow, it is seen.
                let (left, right) = (self.x(low).min(x - 4.0), self.x(high).max(x + 4.0));
                let _ = writeln!(
                    svg,
                    "<path d=\"M{left:.1} {y:.1}L{x:.1} {:.1}L{right:.1} {y:.1}L{x:.1} {:.1}Z\" fill=\"{color}\"/>",
                    y - 6.0,
                    y + 6.0
                );
            }
            (Some(low), Some(high)) => {
                self.line(svg, low, high, y, color);
                square(svg, x, y, color);
            }
            _ => square(svg, x, y, color),
        }
        let unit = if outcome.in_percent { " %" } else { "" };
        let sign = |value: f64| if value > 0.0 { format!("+{}", short(value)) } else { short(value) };
        let interval = outcome
            .low
            .zip(outcome.high)
            .map_or(String::new(), |(low, high)| format!(" [{}, {}]", sign(low), sign(high)));
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\">{}{unit}{interval}</text>",
            PLOT.1 + 14.0,
            y + 4.0,
            sign(outcome.mean_change)
        );
    }

    /// An interval; where it leaves the plot, it ends in an arrow.
    fn line(&self, svg: &mut String, low: f64, high: f64, y: f64, color: &str) {
        let (from, to) = (self.x(low), self.x(high));
        let _ =
            writeln!(svg, "<path d=\"M{from:.1} {y:.1}H{to:.1}\" stroke=\"{color}\" stroke-width=\"1.6\"/>");
        for (leaves, x, inward) in [(low < self.range.0, from, 6.0), (high > self.range.1, to, -6.0)] {
            if leaves {
                let base = x + inward;
                let _ = writeln!(
                    svg,
                    "<path d=\"M{x:.1} {y:.1}L{base:.1} {:.1}V{:.1}Z\" fill=\"{color}\"/>",
                    y - 4.0,
                    y + 4.0
                );
            }
        }
    }
}

fn square(svg: &mut String, x: f64, y: f64, color: &str) {
    let _ = writeln!(
        svg,
        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"8\" height=\"8\" fill=\"{color}\"/>",
        x - 4.0,
        y - 4.0
    );
}
