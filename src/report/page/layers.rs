//! The pictures of the page, as it shows them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::amount::{signed, told};
use super::words::Words;
use crate::report::pictures::{Inlay, Picture, Side};

/// A picture within the page.
#[derive(Debug)]
pub(super) struct Layer {
    /// `relief`; empty for a photograph.
    pub name: String,
    /// For people.
    pub title: String,
    /// `data:image/…`
    pub data: String,
    pub width: String,
    pub height: String,
    pub is_change: bool,
    pub legend: Option<Legend>,
    /// Of outlines: `#rrggbb`.
    pub color: String,
}

/// What the colors of a map stand for.
#[derive(Debug)]
pub(super) struct Legend {
    pub low: String,
    pub high: String,
    pub unit: String,
    /// Place in per cent and color.
    pub stops: Vec<(u32, String)>,
}

/// One photograph with what lies over it.
#[derive(Debug, Default)]
pub(super) struct Pane {
    pub photo: Option<Layer>,
    pub maps: Vec<Layer>,
    pub rims: Vec<Layer>,
}

/// Both photographs.
#[derive(Debug, Default)]
pub(super) struct Panes {
    pub before: Pane,
    pub after: Pane,
    /// What both share: differences, the region.
    pub both: Pane,
}

impl Panes {
    pub fn of(pictures: &[Picture], words: &Words) -> Self {
        let mut panes = Self::default();
        for picture in pictures {
            let Some(inlay) = &picture.inlay else { continue };
            let side = match inlay {
                Inlay::Photo { side, .. } | Inlay::Map { side, .. } | Inlay::Rims { side, .. } => *side,
            };
            let pane = match side {
                Side::Before => &mut panes.before,
                Side::After => &mut panes.after,
                Side::Both => &mut panes.both,
            };
            let layer = Layer::of(picture, inlay, words);
            match inlay {
                Inlay::Photo { .. } => pane.photo = Some(layer),
                Inlay::Map { .. } => pane.maps.push(layer),
                Inlay::Rims { .. } => pane.rims.push(layer),
            }
        }
        panes
    }

    /// Names and titles of maps.
    pub fn maps(&self) -> impl Iterator<Item = &Layer> {
        self.before.maps.iter()
    }

    /// Every map, with what its colors stand for.
    pub fn legends(&self) -> impl Iterator<Item = &Layer> {
        self.before.maps.iter().chain(&self.both.maps)
    }

    /// Names and titles of outlines.
    pub fn rims(&self) -> impl Iterator<Item = &Layer> {
        self.before.rims.iter().chain(&self.both.rims)
    }
}

impl Layer {
    fn of(picture: &Picture, inlay: &Inlay, words: &Words) -> Self {
        let (kind, extent) = match inlay {
            Inlay::Photo { extent, .. } => ("jpeg", extent),
            Inlay::Map { extent, .. } | Inlay::Rims { extent, .. } => ("png", extent),
        };
        let [width, height] = extent.map(|side| format!("{side:.2}"));
        let color = match inlay {
            Inlay::Rims { color: [r, g, b], .. } => format!("#{r:02x}{g:02x}{b:02x}"),
            _ => String::new(),
        };
        let legend = match inlay {
            Inlay::Map { low, high, unit, ramp, side, .. } => {
                Some(Legend::of(*low, *high, unit, ramp, *side == Side::Both))
            }
            _ => None,
        };
        let is_photo = matches!(inlay, Inlay::Photo { .. });
        Self {
            name: if is_photo { String::new() } else { picture.name.clone() },
            title: if is_photo { String::new() } else { words.of_layer(&picture.name).to_owned() },
            data: format!("data:image/{kind};base64,{}", STANDARD.encode(&picture.bytes)),
            width,
            height,
            is_change: matches!(inlay, Inlay::Map { side: Side::Both, .. }),
            legend,
            color,
        }
    }
}

impl Legend {
    /// Small densities are told in thousandths, as the metrics of relief are.
    fn of(low: f64, high: f64, unit: &str, ramp: &[[u8; 3]], is_change: bool) -> Self {
        let small = unit == "OD" && low.abs().max(high.abs()) < 0.2;
        let (factor, unit) = if small { (1000.0, "mOD") } else { (1.0, unit) };
        let text = |value: f64| if is_change { signed(factor * value) } else { told(factor * value) };
        let last = ramp.len().saturating_sub(1).max(1);
        let stop =
            |(k, [r, g, b]): (usize, &[u8; 3])| ((100 * k / last) as u32, format!("#{r:02x}{g:02x}{b:02x}"));
        Self {
            low: text(low),
            high: text(high),
            unit: unit.to_owned(),
            stops: ramp.iter().enumerate().map(stop).collect(),
        }
    }
}
