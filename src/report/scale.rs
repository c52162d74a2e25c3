//! Clinical scales, as a report tells them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much of a scale a photograph supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// Some items are suggested; the score as a whole is not.
    Partial,
    /// No item is.
    NotComputable,
}

/// One clinical scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClinicalScale {
    /// Name for people.
    pub label: String,
    /// How much of it a photograph supports.
    pub support: Support,
    /// Why the score as a whole is not computed.
    pub reason: String,
    /// Its items.
    pub items: Vec<ScaleItem>,
    /// What a reader must know.
    pub note: String,
    /// Where the scale was published.
    pub source: String,
    /// Whether ranges and weights were checked against the publication.
    pub verified: bool,
}

/// One item of a scale.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScaleItem {
    /// Name of the item.
    pub item: String,
    /// Named region it is of; null for the whole.
    pub region: Option<String>,
    /// Least and largest grade.
    pub range: [f64; 2],
    /// Suggested grade before treatment.
    pub before: Option<f64>,
    /// Suggested grade after.
    pub after: Option<f64>,
    /// Metrics that speak of it, by measure and name, with their values before and after.
    pub inputs: BTreeMap<String, [Option<f64>; 2]>,
    /// Why it is not suggested.
    pub reason: Option<String>,
}
