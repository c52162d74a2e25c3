//! Things that are counted: scars, spots, rough red areas.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LesionKind {
    /// A depressed scar.
    Scar,
    /// A pigmented spot.
    Spot,
    /// A rough red area.
    RoughRed,
}

/// The number that a change of a lesion is told by: positive at baseline, 0 and below where it is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MainValue {
    /// Its name in [`LesionValues`].
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
}

impl LesionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Scar, Self::Spot, Self::RoughRed];

    /// What a change of one of this kind is told by.
    pub const fn main_value(self) -> MainValue {
        match self {
            Self::Scar => MainValue { name: "depth_proxy", unit: "mOD" },
            Self::Spot => MainValue { name: "contrast", unit: "OD" },
            Self::RoughRed => MainValue { name: "hemoglobin", unit: "OD" },
        }
    }
}

/// Numbers of one of them, by name.
pub type LesionValues = BTreeMap<&'static str, f64>;

/// One of them on one photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesion {
    /// What kind.
    pub kind: LesionKind,
    /// Center, in pixels of the working grid.
    pub center: (f64, f64),
    /// Its numbers by name: `area_mm2`, `diameter_mm`, and those of its kind.
    pub values: LesionValues,
}

/// The order in which lesions are numbered: largest first, and as they were found where they are equal.
pub fn by_size<'a>(values: impl Iterator<Item = &'a LesionValues>) -> Vec<usize> {
    let areas: Vec<f64> = values.map(|v| v.get("area_mm2").copied().unwrap_or(0.0)).collect();
    let mut order: Vec<usize> = (0..areas.len()).collect();
    order.sort_by(|&a, &b| areas[b].total_cmp(&areas[a]).then(a.cmp(&b)));
    order
}
