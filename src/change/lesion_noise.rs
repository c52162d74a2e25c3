//! How much one lesion moves when nothing changed.

use serde::{Deserialize, Serialize};

use super::noise::Setting;
use crate::measure::LesionKind;

/// Repeatability of the main value of single lesions of one kind in one setting.
///
/// A lesion of diameter D has a within-subject standard deviation s_w of one capture, in the unit of the value,
/// with s_w² = floor² + (grain/D)²: what moves the skin around and the whole lesion alike, and what a larger
/// lesion has more pixels and less rim against. How strong the lesion is does not matter: on the logarithmic
/// axis, where weak lesions are the noisier, that is s_w ÷ value. Terms in proportion to the value were tried on
/// the differences that the built-in table is made from, and made them no likelier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LesionNoise {
    /// Which lesions.
    pub kind: LesionKind,
    /// In what kind of pair it was measured.
    pub setting: Setting,
    /// In the unit of the value.
    pub floor: f64,
    /// In the unit of the value times mm.
    pub grain_mm: f64,
    /// Degrees of freedom it rests on.
    pub df: f64,
}

impl LesionNoise {
    /// Standard deviation of one capture of a lesion of this diameter, in the value's unit.
    pub fn s_w(&self, diameter_mm: f64) -> f64 {
        self.floor.hypot(self.grain_mm / diameter_mm.max(f64::MIN_POSITIVE))
    }

    /// Whether the numbers are those of a noise.
    pub(super) fn is_sound(&self) -> bool {
        let parts = [self.floor, self.grain_mm];
        let sound = parts.iter().all(|v| v.is_finite() && *v >= 0.0) && parts.iter().any(|v| *v > 0.0);
        sound && self.df.is_finite() && self.df >= 1.0
    }
}
