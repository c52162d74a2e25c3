//! What a measure and a metric are.

use super::frame::Frame;
use super::paired::Revisited;
use super::range::Range;
use super::reading::{Readings, Thresholds};
use crate::engine::EngineError;
use crate::ops::components::Objects;

/// Which direction of change a patient would call better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither: it describes.
    Neither,
}

/// On which axis a change is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Positive quantities: differences of logarithms.
    Ln,
    /// Quantities that may be zero or negative.
    Raw,
}

impl Axis {
    /// Where a value lies on it; `None` for what has no logarithm.
    pub fn at(self, value: f64) -> Option<f64> {
        match self {
            Self::Raw => Some(value),
            Self::Ln => (value > 0.0).then(|| value.ln()),
        }
    }

    /// A change on it as people are told it: in per cent on the logarithmic axis, else in the metric's unit.
    pub fn told(self, delta: f64) -> f64 {
        match self {
            Self::Raw => delta,
            Self::Ln => 100.0 * delta.exp_m1(),
        }
    }
}

/// What both photographs of a pair must have alike before a change may be read off a metric.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// The focus: it lives on the finest band, where blur would read as smoother skin.
    pub focus: bool,
    /// The light: it is read off shading, which another lamp changes as another depth would.
    pub light: bool,
    /// The noise of shading: it measures what noise adds to, and does not tell how much that is.
    pub noise: bool,
    /// The pose: it is read off where skin lies, which a turned head moves too.
    pub pose: bool,
    /// Further captures of a visit: no other noise than theirs is known for it.
    pub repeats: bool,
}

impl Needs {
    /// Nothing.
    pub const NOTHING: Self = Self { focus: false, light: false, noise: false, pose: false, repeats: false };
    /// The light.
    pub const LIGHT: Self = Self { light: true, ..Self::NOTHING };
    /// The focus and the light.
    pub const FOCUS_AND_LIGHT: Self = Self { focus: true, ..Self::LIGHT };
    /// The focus, the light and the noise.
    pub const FOCUS_LIGHT_AND_NOISE: Self = Self { noise: true, ..Self::FOCUS_AND_LIGHT };
}

/// One number of a report: its name and everything that is known of it beforehand.
#[derive(Debug, Clone, Copy)]
pub struct MetricDef {
    /// Name in the report.
    pub name: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// Unit, as it stands in the report.
    pub unit: &'static str,
    /// Which direction is better.
    pub better: Better,
    /// Whether it is one of the endpoints that verdicts are adjusted over.
    pub primary: bool,
    /// Axis of its change.
    pub axis: Axis,
    /// Values that it can have, in its unit.
    pub range: Range,
    /// True if its logarithm moves with the light as relief contrast does, in size and direction. Shapes and counts answer more
    /// strongly, and either way.
    pub follows_contrast: bool,
    /// Whether it is a length, area or density, and so needs a known scale.
    pub needs_scale: bool,
    /// Power of length in its unit: −2 for a count per cm².
    pub length_power: i32,
    /// Whether it is the level of a color, which moves with the gain of a channel. Its capture noise was
    /// measured on photographs matched on their skin: where colors rest on a chart or a card, the error of
    /// that comes on top, and every reading tells how it moves ([`super::Reading::per_density`]).
    pub level: bool,
    /// Coarsest photograph it can be read on, in pixels per millimetre, where that is finer than
    /// its measure asks for.
    pub min_px_per_mm: f64,
    /// What it needs beyond what its measure needs.
    pub needs: Needs,
    /// Version of the definition, from 1 on. Every change that moves its numbers adds 1, so that values of two definitions
    /// are never compared.
    pub version: u32,
    /// Formula, direction, limits, source.
    pub doc: &'static str,
}

/// A family of metrics that are read together.
#[derive(Debug)]
pub struct MeasureDef {
    /// Name in the report.
    pub name: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// Coarsest photograph it can be read on, in pixels per millimetre.
    pub min_px_per_mm: f64,
    /// What all its metrics need.
    pub needs: Needs,
    /// Its metrics, in the order in which `read` returns them.
    pub metrics: &'static [MetricDef],
    /// Reads it on one photograph. Thresholds come from the baseline where there is one, so that
    /// both visits are held against the same limits.
    pub read: fn(&Frame<'_>, Option<&Thresholds>) -> Result<Readings, EngineError>,
    /// Reads objects that both visits chose, in outlines carried to this photograph, against the limits of the
    /// baseline.
    pub revisit: Option<Revisit>,
}

/// See [`MeasureDef::revisit`]: the numbers of each object, in the order of the labels.
pub type Revisit = fn(&Frame<'_>, &Objects, &Thresholds) -> Result<Revisited, EngineError>;

impl MetricDef {
    /// A secondary metric of a positive quantity; the fields that differ are set by `with` syntax.
    pub(super) const fn new(
        name: &'static str,
        label: &'static str,
        unit: &'static str,
        better: Better,
        doc: &'static str,
    ) -> Self {
        Self {
            name,
            label,
            unit,
            better,
            primary: false,
            axis: Axis::Ln,
            range: Range::POSITIVE,
            follows_contrast: false,
            needs_scale: false,
            length_power: 0,
            level: false,
            min_px_per_mm: 0.0,
            needs: Needs::NOTHING,
            version: 1,
            doc,
        }
    }

    /// Of this version of its definition.
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    pub(super) const fn primary(mut self) -> Self {
        self.primary = true;
        self.follows_contrast = true;
        self
    }

    /// Judged as a difference; of any sign unless [`MetricDef::within`] says otherwise.
    pub(super) const fn raw(mut self) -> Self {
        self.axis = Axis::Raw;
        self.range = Range::ANY;
        self
    }

    pub(super) const fn within(mut self, range: Range) -> Self {
        self.range = range;
        self
    }

    pub(super) const fn follows_contrast(mut self) -> Self {
        self.follows_contrast = true;
        self
    }

    pub(super) const fn finer_than(mut self, px_per_mm: f64) -> Self {
        self.min_px_per_mm = px_per_mm;
        self
    }

    pub(super) const fn needs_focus(mut self) -> Self {
        self.needs.focus = true;
        self
    }

    pub(super) const fn needs_noise(mut self) -> Self {
        self.needs.noise = true;
        self
    }

    /// Needs a known scale; lengths stand in its unit with this power, 0 where they cancel.
    pub(super) const fn in_mm(mut self, power: i32) -> Self {
        self.needs_scale = true;
        self.length_power = power;
        self
    }

    pub(super) const fn level(mut self) -> Self {
        self.level = true;
        self
    }
}
