//! Things that are counted: scars, spots, rough red areas.

use std::collections::BTreeMap;

/// What kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LesionKind {
    /// A depressed scar.
    Scar,
    /// A pigmented spot.
    Spot,
    /// A rough red area.
    RoughRed,
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
