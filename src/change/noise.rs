//! How much a metric moves when nothing changed: the within-subject standard deviation of
//! repeated captures.

use serde::{Deserialize, Serialize};

use crate::measure::{self, Axis};

/// Repeatability of one metric in one range of resolution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseEntry {
    /// Measure, by its name in the report.
    pub measure: String,
    /// Metric, by its name in the report.
    pub metric: String,
    /// Within-subject standard deviation of one capture: of ln(value) where `logarithmic`, else
    /// in the metric's unit.
    pub s_w: f64,
    /// Whether `s_w` is that of the logarithm.
    pub logarithmic: bool,
    /// Degrees of freedom it rests on.
    pub df: f64,
}

/// Repeatability of metrics, and where it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoiseTable {
    /// How it was measured, in words.
    pub source: String,
    /// One for each metric that has one.
    pub entries: Vec<NoiseEntry>,
}

/// Why a noise table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoiseTableError {
    /// It is no JSON of the right shape.
    #[error("the noise table is not readable: {0}")]
    Json(#[from] serde_json::Error),
    /// An entry names no metric, or its numbers are none.
    #[error("the noise table's entry {measure}.{metric}: {message}")]
    Entry {
        /// Measure.
        measure: String,
        /// Metric.
        metric: String,
        /// Found and expected.
        message: String,
    },
}

impl NoiseTable {
    /// The built-in prior, made by `examples/prior_noise.rs` from virtual re-captures of real
    /// photographs.
    ///
    /// # Panics
    /// Never: a test reads the built-in table.
    pub fn builtin() -> Self {
        Self::parse(include_str!("prior_noise.json")).expect("the built-in noise table is sound")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`NoiseTableError`]; an entry for a metric that does not exist, or with another axis, is
    /// refused.
    pub fn parse(json: &str) -> Result<Self, NoiseTableError> {
        let table: Self = serde_json::from_str(json)?;
        for entry in &table.entries {
            let fault = |message: &str| NoiseTableError::Entry {
                measure: entry.measure.clone(),
                metric: entry.metric.clone(),
                message: message.to_owned(),
            };
            let metric = measure::find(&entry.measure, &entry.metric)
                .ok_or_else(|| fault("there is no such metric"))?;
            if entry.logarithmic != (metric.axis == Axis::Ln) {
                return Err(fault("the axis is not the metric's"));
            }
            if !(entry.s_w.is_finite() && entry.s_w > 0.0 && entry.df.is_finite() && entry.df >= 1.0) {
                return Err(fault("expected s_w above 0 and df of at least 1"));
            }
        }
        Ok(table)
    }

    /// The entry of a metric.
    pub fn get(&self, measure: &str, metric: &str) -> Option<&NoiseEntry> {
        self.entries.iter().find(|e| e.measure == measure && e.metric == metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builtin_table_knows_every_primary_metric() {
        let table = NoiseTable::builtin();
        for measure in measure::ALL {
            for metric in measure.metrics.iter().filter(|m| m.primary) {
                assert!(table.get(measure.name, metric.name).is_some(), "{}.{}", measure.name, metric.name);
            }
        }
    }

    #[test]
    fn unsound_tables_are_refused() {
        let table = |metric: &str, s_w: f64, logarithmic: bool| {
            format!(
                r#"{{"source": "test", "entries": [{{"measure": "scars", "metric": "{metric}", "s_w": {s_w},
                "logarithmic": {logarithmic}, "df": 5}}]}}"#
            )
        };
        assert!(NoiseTable::parse(&table("relief_contrast", 0.01, true)).is_ok());
        assert!(NoiseTable::parse(&table("relief_contrst", 0.01, true)).is_err());
        assert!(NoiseTable::parse(&table("relief_contrast", 0.0, true)).is_err());
        assert!(NoiseTable::parse(&table("relief_contrast", 0.01, false)).is_err());
        assert!(NoiseTable::parse(r#"{"source": "x", "entries": [], "extra": 1}"#).is_err());
    }
}
