//! Planes to numbers. One file or folder a measure, written once in terms of [`crate::ops`] for
//! both engines; [`ALL`] is the table that help, schema, README and tests are made from.

pub mod abbott;
mod definition;
mod extent;
mod frame;
pub mod laxity;
mod objects;
pub mod paired;
pub mod pigment;
pub mod pores;
mod range;
mod reading;
pub mod redness;
pub mod relief;
pub mod rough_red;
mod sampling;
pub mod scar_type;
pub mod scars;
mod steepness;
pub mod surface;
pub mod texture;
pub mod tone;
pub mod wrinkles;

pub use definition::{Axis, Better, MeasureDef, MetricDef, Needs, Revisit};
pub use frame::{Frame, Height, Scale, shrink, shrink_to};
pub use objects::{Lesion, LesionKind, LesionValues, MainValue, by_size};
pub use range::Range;
pub use reading::{BlockMean, Blocks, Layer, LayerKind, Link, Reading, Readings, Thresholds};
pub use scars::SizeClass;

/// Every measure, in the order of a report.
pub const ALL: &[&MeasureDef] = &[
    &scars::DEFINITION,
    &pigment::DEFINITION,
    &texture::DEFINITION,
    &surface::DEFINITION,
    &wrinkles::DEFINITION,
    &pores::DEFINITION,
    &redness::DEFINITION,
    &rough_red::DEFINITION,
    &laxity::DEFINITION,
    &tone::DEFINITION,
];

/// Place of a measure in [`ALL`], by its name in a report.
pub fn place(measure: &str) -> Option<usize> {
    ALL.iter().position(|m| m.name == measure)
}

/// The definition of a metric, by the names in a report.
pub fn find(measure: &str, metric: &str) -> Option<&'static MetricDef> {
    ALL[place(measure)?].metrics.iter().find(|m| m.name == metric)
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_speak_the_reports_language() {
        let mut seen = std::collections::BTreeSet::new();
        for measure in ALL {
            assert!(!measure.metrics.is_empty(), "{}", measure.name);
            for metric in measure.metrics {
                assert!(seen.insert((measure.name, metric.name)), "{}.{} twice", measure.name, metric.name);
                assert!(
                    metric.name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                );
                assert!(metric.doc.len() > 20, "{}.{} is not documented", measure.name, metric.name);
            }
        }
        // The error of a target is added on the axis of the change: the level's own.
        let mut levels = ALL.iter().flat_map(|m| m.metrics).filter(|m| m.level).peekable();
        assert!(levels.peek().is_some() && levels.all(|m| m.axis == Axis::Raw));
        assert!(find("scars", "relief_contrast").is_some_and(|m| m.primary));
        assert!(find("scars", "contrast").is_none());
    }

    #[test]
    fn metrics_of_objects_say_that_both_photographs_are_read_over_the_same_ones() {
        let paired = [
            "scars.depressed_area_percent",
            "scars.depth_proxy_mean",
            "scars.depth_proxy_p95",
            "scars.volume_proxy_per_cm2",
            "scars.count_per_cm2",
            "scars.small_per_cm2",
            "scars.medium_per_cm2",
            "scars.large_per_cm2",
            "pigment.area_percent",
            "pigment.count_per_cm2",
            "pigment.contrast_p95",
            "pigment.spot_delta_e",
            "pigment.border_sharpness",
            "wrinkles.length_mm_per_cm2",
            "wrinkles.mean_width_mm",
            "wrinkles.area_percent",
            "wrinkles.depth_proxy_mean",
            "wrinkles.depth_proxy_p90",
            "pores.count_per_cm2",
            "pores.mean_area_mm2",
            "rough_red.area_percent",
            "rough_red.count",
            "rough_red.hemoglobin_mean",
            "rough_red.roughness_mean",
        ];
        for measure in ALL.iter().filter(|measure| measure.revisit.is_some()) {
            for metric in measure.metrics {
                let name = format!("{}.{}", measure.name, metric.name);
                let says = metric.doc.contains("In a pair,") && metric.doc.contains("both photographs");
                assert_eq!(says, paired.contains(&&*name), "{name}: {}", metric.doc);
            }
        }
    }
}
