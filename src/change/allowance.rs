//! Causes other than the skin that can have made part of a change, each with its size.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::leak::Leak;

/// Cause of an allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AllowanceSource {
    /// A lamp that stands elsewhere, or is harder or softer.
    Light,
    /// Another focus.
    Focus,
    /// More or less camera noise.
    Noise,
    /// Hemoglobin that changed and reads as melanin.
    Hemoglobin,
    /// Melanin that changed and reads as hemoglobin.
    Melanin,
}

impl AllowanceSource {
    /// Code of the reason why a change that only this allowance holds back is not measurable.
    pub const fn reason_code(self) -> &'static str {
        match self {
            Self::Light => "light_unknown",
            Self::Focus => "focus_unknown",
            Self::Noise => "noise_unknown",
            Self::Hemoglobin | Self::Melanin => "color_unclear",
        }
    }

    /// One sentence for people: the cause.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Light => "the change exceeds the noise, but another light could have made it",
            Self::Focus => "the change exceeds the noise, but another focus could have made it",
            Self::Noise => "the change exceeds the noise, but a noisier camera could have made it",
            Self::Hemoglobin => {
                "the change exceeds the noise, but redness that changed too could have made it"
            }
            Self::Melanin => "the change exceeds the noise, but pigment that changed too could have made it",
        }
    }
}

/// Allowance on the axis of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowance {
    /// The cause.
    pub source: AllowanceSource,
    /// Largest fall and rise that it can have made.
    pub size: Leak,
}

/// Allowances of one metric. Their sizes add up: each is a bound, not a standard deviation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allowances(Vec<Allowance>);

impl Allowances {
    /// The same with one more; an allowance of nothing is left out.
    #[must_use]
    pub fn with(mut self, source: AllowanceSource, size: Leak) -> Self {
        if size != Leak::default() {
            self.0.push(Allowance { source, size });
        }
        self
    }

    /// Each one.
    pub fn iter(&self) -> impl Iterator<Item = &Allowance> {
        self.0.iter()
    }

    /// Sum of all.
    pub fn total(&self) -> Leak {
        self.0.iter().fold(Leak::default(), |sum, one| sum + one.size)
    }

    /// Cause of the largest allowance for a change in the direction of `delta`.
    pub fn largest(&self, delta: f64) -> Option<AllowanceSource> {
        let largest = self.0.iter().max_by(|a, b| a.size.of(delta).total_cmp(&b.size.of(delta)))?;
        (largest.size.of(delta) > 0.0).then_some(largest.source)
    }

    /// The same on another axis, size by size.
    #[must_use]
    pub(super) fn mapped(&self, to: impl Fn(f64) -> f64) -> Self {
        let on_axis = |one: &Allowance| Allowance {
            source: one.source,
            size: Leak { falls: to(one.size.falls), rises: to(one.size.rises) },
        };
        Self(self.0.iter().map(on_axis).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_add_up_and_the_largest_names_the_cause() {
        let all = Allowances::default()
            .with(AllowanceSource::Light, Leak::along(-0.2))
            .with(AllowanceSource::Focus, Leak::either_way(0.05))
            .with(AllowanceSource::Noise, Leak::default());
        assert_eq!(all.iter().count(), 2);
        assert!((all.total().falls - 0.25).abs() < 1e-12 && (all.total().rises - 0.05).abs() < 1e-12);
        assert_eq!(all.largest(-1.0), Some(AllowanceSource::Light));
        assert_eq!(all.largest(1.0), Some(AllowanceSource::Focus));
        assert_eq!(Allowances::default().largest(1.0), None);
    }
}
