//! Skin tone, as a report tells it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calibrate::ItaClass;

/// The color class of the skin before and after. A color, never a phototype: how skin reacts to the sun cannot
/// be photographed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkinTone {
    /// How far off ITA may be as an absolute color, in degrees: 4 where colors rest on a chart, else 10.
    pub error_deg: f64,
    /// Before.
    pub before: Option<ToneClass>,
    /// After; null for a single photograph.
    pub after: Option<ToneClass>,
}

/// Where an ITA lies among the classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToneClass {
    /// The class of the angle as it was measured.
    pub class: ItaClass,
    /// Every class that it may be of within its error, from light to dark.
    pub possible: Vec<ItaClass>,
    /// The class beyond the nearest edge.
    pub neighbor: ItaClass,
    /// How far that edge is, in degrees.
    pub edge_distance_deg: Option<f64>,
    /// The same by the smallest detectable change of ITA: below 1, a change of class is no finding. Null
    /// where that is not known.
    pub edge_distance_in_sdc: Option<f64>,
}
