//! Skin color classes by ITA: a color, never a phototype.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The skin color class of an individual typology angle (Del Bino & Bernerd 2013,
/// doi:10.1111/bjd.12529), from light to dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItaClass {
    /// Above 55°.
    VeryLight,
    /// 41 to 55°.
    Light,
    /// 28 to 41°.
    Intermediate,
    /// 10 to 28°.
    Tan,
    /// −30 to 10°.
    Brown,
    /// −30° and below.
    Dark,
}

/// Classes from light to dark, and the angle above which each begins.
const CLASSES: [(ItaClass, f64); 6] = [
    (ItaClass::VeryLight, 55.0),
    (ItaClass::Light, 41.0),
    (ItaClass::Intermediate, 28.0),
    (ItaClass::Tan, 10.0),
    (ItaClass::Brown, -30.0),
    (ItaClass::Dark, f64::NEG_INFINITY),
];

impl ItaClass {
    /// The class of an angle, in degrees.
    pub fn of(ita_deg: f64) -> Self {
        CLASSES.iter().find(|(_, above)| ita_deg > *above).map_or(Self::Dark, |(class, _)| *class)
    }

    /// Its name, as in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::VeryLight => "very_light",
            Self::Light => "light",
            Self::Intermediate => "intermediate",
            Self::Tan => "tan",
            Self::Brown => "brown",
            Self::Dark => "dark",
        }
    }

    /// How far an angle is from the nearest edge of its class, in degrees, and the class beyond it.
    pub fn nearest_edge(ita_deg: f64) -> (f64, Self) {
        let edges = CLASSES.windows(2).map(|pair| {
            let ((lighter, edge), (darker, _)) = (pair[0], pair[1]);
            let beyond = if ita_deg > edge { darker } else { lighter };
            ((ita_deg - edge).abs(), beyond)
        });
        edges.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::INFINITY, Self::of(ita_deg)))
    }

    /// Every class that an angle within ± `error_deg` may be of, from light to dark.
    pub fn possible(ita_deg: f64, error_deg: f64) -> Vec<Self> {
        let (lightest, darkest) = (Self::of(ita_deg + error_deg), Self::of(ita_deg - error_deg));
        CLASSES.iter().map(|(class, _)| *class).filter(|c| (lightest..=darkest).contains(c)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_part_where_the_publication_parts_them() {
        let told = [
            (60.0, ItaClass::VeryLight),
            (55.0, ItaClass::Light),
            (40.669, ItaClass::Intermediate),
            (28.0, ItaClass::Tan),
            (-29.9, ItaClass::Brown),
            (-30.0, ItaClass::Dark),
            (-80.0, ItaClass::Dark),
        ];
        for (ita, class) in told {
            assert_eq!(ItaClass::of(ita), class, "{ita}");
        }
    }

    #[test]
    fn names_are_those_of_reports() {
        for (class, _) in CLASSES {
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
    }

    #[test]
    fn the_nearest_edge_and_what_lies_beyond() {
        let told = [
            (54.0, 1.0, ItaClass::VeryLight),
            (43.0, 2.0, ItaClass::Intermediate),
            (70.0, 15.0, ItaClass::Light),
            (-50.0, 20.0, ItaClass::Brown),
        ];
        for (ita, distance, beyond) in told {
            let found = ItaClass::nearest_edge(ita);
            assert!((found.0 - distance).abs() < 1e-12 && found.1 == beyond, "{ita}: {found:?}");
        }
    }

    #[test]
    fn an_uncertain_angle_may_be_of_several_classes() {
        assert_eq!(ItaClass::possible(34.0, 2.0), [ItaClass::Intermediate]);
        assert_eq!(ItaClass::possible(34.0, 10.0), [ItaClass::Light, ItaClass::Intermediate, ItaClass::Tan]);
    }
}
