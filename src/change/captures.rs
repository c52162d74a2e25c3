//! Captures of one visit, and how much one of them may be off.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::Axis;

/// What prior noise is widened by: it was measured with other hands and another camera.
pub const PRIOR_WIDENING: f64 = 1.5;

/// Where the capture noise comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoiseSource {
    /// Repeated captures of these visits.
    Repeats,
    /// A noise file: repeated captures by the same cameras of the same sites.
    NoiseFile,
    /// The built-in table.
    #[default]
    Prior,
}

impl NoiseSource {
    /// Whether it was measured where the photographs come from.
    pub(super) fn is_own(self) -> bool {
        self != Self::Prior
    }

    /// What a standard deviation from there is multiplied by.
    pub fn widening(self) -> f64 {
        if self.is_own() { 1.0 } else { PRIOR_WIDENING }
    }
}

/// The values of one visit: the capture that is compared, and its repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Captures {
    /// The value that is compared.
    pub value: f64,
    /// Values of further captures of the same visit.
    pub repeats: Vec<f64>,
}

impl Captures {
    /// All values.
    pub(super) fn all(&self) -> impl Iterator<Item = f64> {
        std::iter::once(self.value).chain(self.repeats.iter().copied())
    }

    /// Mean of the visit.
    pub(crate) fn mean(&self) -> f64 {
        self.all().sum::<f64>() / (1 + self.repeats.len()) as f64
    }

    /// Mean of the visit in the metric's unit, where the mean is taken on this axis: geometric on the logarithm, which needs
    /// positive captures. A single capture is what it was read as.
    pub(super) fn mean_on(&self, axis: Axis) -> f64 {
        let count = (1 + self.repeats.len()) as f64;
        match axis {
            _ if self.repeats.is_empty() => self.value,
            Axis::Raw => self.mean(),
            Axis::Ln => (self.all().map(f64::ln).sum::<f64>() / count).exp(),
        }
    }
}

/// A visit on the axis that its change is judged on.
pub(super) struct Visit {
    pub mean: f64,
    pub count: f64,
    /// Sum of squares about the mean.
    pub within: f64,
}

impl Visit {
    /// `None` where one of the captures has no place on the axis.
    pub fn on(captures: &Captures, axis: impl Fn(f64) -> Option<f64>) -> Option<Self> {
        let values: Vec<f64> = captures.all().map(axis).collect::<Option<_>>()?;
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        Some(Self { mean, count, within: values.iter().map(|v| (v - mean).powi(2)).sum() })
    }
}

/// What captures alone make of the difference of two visits.
pub(super) struct CaptureError {
    pub variance: f64,
    pub df: f64,
    pub source: NoiseSource,
}

/// What is known of the noise of one capture beforehand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Known {
    /// Standard deviation of one capture.
    pub s_w: f64,
    pub df: f64,
    /// A noise file or the built-in table.
    pub source: NoiseSource,
}

impl CaptureError {
    /// That of the repeats, drawn towards what is known beforehand by its degrees of freedom (Smyth 2004,
    /// doi:10.2202/1544-6115.1027); or that alone, widened where it is the built-in prior; `None` without either.
    pub fn of(before: &Visit, after: &Visit, known: Option<Known>) -> Option<Self> {
        let within = before.within + after.within;
        let df = before.count + after.count - 2.0;
        let (of_one, df, source) = match (known, df > 0.0) {
            (Some(known), true) => {
                let variance = (known.df * known.s_w * known.s_w + within) / (known.df + df);
                (variance, known.df + df, NoiseSource::Repeats)
            }
            (None, true) => (within / df, df, NoiseSource::Repeats),
            (Some(known), false) => ((known.source.widening() * known.s_w).powi(2), known.df, known.source),
            (None, false) => return None,
        };
        Some(Self { variance: of_one * (1.0 / before.count + 1.0 / after.count), df, source })
    }
}
