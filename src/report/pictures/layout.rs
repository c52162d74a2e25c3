//! Panels side by side, with labels above and scales below.

use std::ops::Range as Cells;

use image::imageops::replace;
use image::{Rgb, RgbImage};

use super::colors::{INK, PAPER, Ramp, color_at};
use super::range::{Range, bar_length_mm};
use super::text;
use crate::geometry::Size;

/// Least width of a panel's cell, in pixels at magnification 1: room for the numbers.
const LEAST_CELL: u32 = 280;
/// Panel side for which letters are doubled, then tripled.
const MAGNIFY_FROM: u32 = 450;
/// Around the sheet.
const MARGIN: u32 = 12;
/// Between panels.
const GAP: u32 = 12;
/// Between a panel and what is above or below it.
const LEAD: u32 = 6;
/// Height of a color bar.
const BAR_HEIGHT: u32 = 14;
/// Thickness of a scale bar.
const SCALE_BAR: u32 = 4;
/// A scale bar is at most this share of a panel's width.
const SCALE_BAR_SHARE: f64 = 0.35;

/// One panel and the word above it.
pub(super) struct Panel {
    pub label: &'static str,
    pub image: RgbImage,
}

/// A color scale below some of the panels.
pub(super) struct ColorBar<'a> {
    pub cells: Cells<u32>,
    pub ramp: Ramp,
    /// `None` where nothing was drawn in color.
    pub range: Option<Range>,
    pub unit: &'a str,
    /// Whether numbers above zero carry a plus.
    pub signed: bool,
}

/// All of a picture.
pub(super) struct Sheet<'a> {
    /// Above all; empty for none.
    pub title: String,
    pub panels: Vec<Panel>,
    pub bars: Vec<ColorBar<'a>>,
    pub px_per_mm: Option<f64>,
}

/// How much letters and lines are magnified beside panels of a size.
pub(super) fn magnification(panel: Size) -> u32 {
    (1 + panel.width.max(panel.height) / MAGNIFY_FROM).min(3)
}

/// Where things lie, in pixels.
struct Places {
    m: u32,
    cell: u32,
    labels: u32,
    panels: u32,
    bars: u32,
    scale: u32,
    size: Size,
}

impl Sheet<'_> {
    fn places(&self) -> Places {
        let panel = self.panels[0].image.dimensions();
        let m = magnification(Size::new(panel.0, panel.1));
        let line = m * text::LINE_HEIGHT;
        let count = self.panels.len() as u32;
        let cell = panel.0.max(m * LEAST_CELL);
        let labels = m * MARGIN + if self.title.is_empty() { 0 } else { line + m * LEAD };
        let panels = labels + line + m * LEAD;
        let bars = panels + panel.1 + m * LEAD;
        let scale = bars + if self.bars.is_empty() { 0 } else { m * (BAR_HEIGHT + LEAD) + line };
        let titled = text::width(&self.title, m).max(count * cell + (count - 1) * m * GAP);
        let size = Size::new(titled + 2 * m * MARGIN, scale + line + m * MARGIN);
        Places { m, cell, labels, panels, bars, scale, size }
    }

    /// The whole picture.
    pub(super) fn draw(&self) -> RgbImage {
        let at = self.places();
        let left = |cell: u32| at.m * MARGIN + cell * (at.cell + at.m * GAP);
        let mut sheet = RgbImage::from_pixel(at.size.width, at.size.height, PAPER);
        text::write(&mut sheet, left(0).into(), i64::from(at.m * MARGIN), at.m, &self.title);
        for (i, panel) in self.panels.iter().enumerate() {
            let x = i64::from(left(i as u32));
            text::write(&mut sheet, x, at.labels.into(), at.m, panel.label);
            replace(&mut sheet, &panel.image, x, at.panels.into());
        }
        for bar in &self.bars {
            let panel_width = self.panels[0].image.width();
            let end = left(bar.cells.end - 1) + panel_width.max(at.m * LEAST_CELL);
            bar.draw(&mut sheet, left(bar.cells.start)..end, at.bars, at.m);
        }
        self.draw_scale(&mut sheet, &at);
        sheet
    }

    /// A bar of known length, or that the scale is unknown.
    fn draw_scale(&self, sheet: &mut RgbImage, at: &Places) {
        let x = at.m * MARGIN;
        let Some(px_per_mm) = self.px_per_mm.filter(|s| s.is_finite() && *s > 0.0) else {
            return text::write(sheet, x.into(), at.scale.into(), at.m, "scale unknown");
        };
        let width = f64::from(self.panels[0].image.width());
        let length_mm = bar_length_mm(SCALE_BAR_SHARE * width / px_per_mm);
        let length_px = (length_mm * px_per_mm).round() as u32;
        let thickness = at.m * SCALE_BAR;
        let top = at.scale + (at.m * text::LINE_HEIGHT - thickness) / 2;
        fill(sheet, x..x + length_px, top..top + thickness, |_| INK);
        let label_x = x + length_px + at.m * LEAD;
        text::write(sheet, label_x.into(), at.scale.into(), at.m, &format!("{} mm", short(length_mm)));
    }
}

impl ColorBar<'_> {
    fn draw(&self, sheet: &mut RgbImage, columns: Cells<u32>, top: u32, m: u32) {
        let Some(range) = self.range else {
            return text::write(sheet, columns.start.into(), top.into(), m, "no valid skin");
        };
        let (start, last) = (columns.start, f64::from(columns.len() as u32 - 1));
        fill(sheet, columns.clone(), top..top + m * BAR_HEIGHT, |x| {
            color_at(self.ramp, f64::from(x - start) / last)
        });
        let below = i64::from(top + m * (BAR_HEIGHT + LEAD / 2));
        let middle = 0.5 * (range.low + range.high);
        for (value, share) in [(range.low, 0.0), (middle, 0.5), (range.high, 1.0)] {
            let mut label = range.label(value);
            if self.signed && value > 0.0 {
                label.insert(0, '+');
            }
            if share == 1.0 && !self.unit.is_empty() {
                label = format!("{label} {}", self.unit);
            }
            let free = columns.len() as f64 - f64::from(text::width(&label, m));
            text::write(sheet, i64::from(start) + (share * free) as i64, below, m, &label);
        }
    }
}

fn fill(sheet: &mut RgbImage, columns: Cells<u32>, rows: Cells<u32>, color: impl Fn(u32) -> Rgb<u8>) {
    for (x, y) in rows.flat_map(|y| columns.clone().map(move |x| (x, y))) {
        if let Some(pixel) = sheet.get_pixel_mut_checked(x, y) {
            *pixel = color(x);
        }
    }
}

/// A length without needless digits.
fn short(mm: f64) -> String {
    let text = format!("{mm:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
