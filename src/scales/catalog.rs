//! Scales of which a photograph supports no grade: their items, what was measured of each, and why it is no
//! grade yet.

use super::{NOTE, input};
use crate::report::{ClinicalScale, Report, ScaleItem, Support};

/// A scale as it was published.
pub(super) struct Published {
    pub name: &'static str,
    label: &'static str,
    reason: &'static str,
    items: &'static [Item],
    source: &'static str,
}

struct Item {
    name: &'static str,
    range: [f64; 2],
    /// Metrics that speak of it.
    inputs: &'static [(&'static str, &'static str)],
    reason: &'static str,
}

const TOUCH: &str = "is felt, not seen";
const ASKED: &str = "is asked of the patient";
const RATERS: &str = "an ordinal grade needs cut-points set with raters of this clinic";
const DEPTH: &str = "depth needs a height map; a photograph holds none";
const TYPES: &str =
    "scar types need a height map or oblique light; sizes alone class them right in 49 to 74 % (simulation)";

/// Ranges from memory of the publications, marked as such by `verified: false`.
pub(super) const SCALES: &[Published] = &[
    Published {
        name: "ecca",
        label: "ECCA, acne scars",
        reason: "weights are by scar type, which a photograph does not tell",
        items: &[
            Item {
                name: "atrophic scars by type (V, U, M)",
                range: [0.0, 3.0],
                inputs: &[
                    ("scars", "small_per_cm2"),
                    ("scars", "medium_per_cm2"),
                    ("scars", "large_per_cm2"),
                    ("scars", "depressed_area_percent"),
                ],
                reason: TYPES,
            },
            Item { name: "hypertrophic and keloid scars", range: [0.0, 3.0], inputs: &[], reason: TOUCH },
        ],
        source: "Dreno B et al., Dermatology 2007",
    },
    Published {
        name: "goodman_baron",
        label: "Goodman–Baron, qualitative",
        reason: "the grade asks whether scars are seen at 50 cm and flatten when the skin is stretched",
        items: &[Item {
            name: "grade",
            range: [1.0, 4.0],
            inputs: &[("scars", "relief_contrast"), ("scars", "relief_contrast_excess")],
            reason: "stretching cannot be photographed, and terciles of relief need this clinic's own patients",
        }],
        source: "Goodman GJ, Baron JA, Dermatol Surg 2006",
    },
    Published {
        name: "cea",
        label: "Clinician's erythema assessment",
        reason: RATERS,
        items: &[Item {
            name: "erythema",
            range: [0.0, 4.0],
            inputs: &[
                ("redness", "hemoglobin_mean"),
                ("redness", "area_percent"),
                ("redness", "a_star_mean"),
            ],
            reason: RATERS,
        }],
        source: "Tan J et al., J Am Acad Dermatol 2014",
    },
    Published {
        name: "fitzpatrick_wrinkle",
        label: "Fitzpatrick wrinkle and elastosis scale",
        reason: RATERS,
        items: &[
            Item {
                name: "wrinkles",
                range: [1.0, 9.0],
                inputs: &[
                    ("wrinkles", "contrast"),
                    ("wrinkles", "length_mm_per_cm2"),
                    ("wrinkles", "depth_proxy_mean"),
                ],
                reason: DEPTH,
            },
            Item { name: "elastosis", range: [1.0, 9.0], inputs: &[], reason: TOUCH },
        ],
        source: "Fitzpatrick RE et al., Arch Dermatol 1996",
    },
    Published {
        name: "lemperle",
        label: "Lemperle wrinkle classes",
        reason: "classes are of wrinkle depth at named places of the face",
        items: &[Item {
            name: "class",
            range: [0.0, 5.0],
            inputs: &[("wrinkles", "depth_proxy_mean"), ("wrinkles", "depth_proxy_p90")],
            reason: DEPTH,
        }],
        source: "Lemperle G et al., Plast Reconstr Surg 2001",
    },
    Published {
        name: "akasi",
        label: "AKASI, actinic keratosis",
        reason: "thickness is palpated, and rough red areas need examination",
        items: &[
            Item {
                name: "area",
                range: [0.0, 6.0],
                inputs: &[("rough_red", "area_percent")],
                reason: "an area that is rough and red is no keratosis until it was examined",
            },
            Item {
                name: "erythema",
                range: [0.0, 4.0],
                inputs: &[("rough_red", "hemoglobin_mean")],
                reason: RATERS,
            },
            Item { name: "distribution", range: [0.0, 4.0], inputs: &[], reason: RATERS },
            Item { name: "thickness", range: [0.0, 4.0], inputs: &[], reason: TOUCH },
        ],
        source: "Dirschka T et al., J Eur Acad Dermatol Venereol 2017",
    },
    Published {
        name: "vss",
        label: "Vancouver scar scale",
        reason: "height and pliability are felt",
        items: &[
            Item {
                name: "vascularity",
                range: [0.0, 3.0],
                inputs: &[("redness", "hemoglobin_mean")],
                reason: RATERS,
            },
            Item {
                name: "pigmentation",
                range: [0.0, 2.0],
                inputs: &[("pigment", "melanin_mean")],
                reason: RATERS,
            },
            Item { name: "pliability", range: [0.0, 5.0], inputs: &[], reason: TOUCH },
            Item { name: "height", range: [0.0, 3.0], inputs: &[], reason: DEPTH },
        ],
        source: "Sullivan T et al., J Burn Care Rehabil 1990",
    },
    Published {
        name: "posas",
        label: "POSAS, observer and patient",
        reason: "pain, itch and the patient's opinion are asked, thickness and pliability felt",
        items: &[
            Item {
                name: "vascularity",
                range: [1.0, 10.0],
                inputs: &[("redness", "hemoglobin_mean")],
                reason: RATERS,
            },
            Item {
                name: "pigmentation",
                range: [1.0, 10.0],
                inputs: &[("pigment", "melanin_mean")],
                reason: RATERS,
            },
            Item {
                name: "relief",
                range: [1.0, 10.0],
                inputs: &[("scars", "relief_contrast"), ("texture", "sq_medium")],
                reason: RATERS,
            },
            Item { name: "thickness", range: [1.0, 10.0], inputs: &[], reason: TOUCH },
            Item { name: "pliability", range: [1.0, 10.0], inputs: &[], reason: TOUCH },
            Item { name: "patient's items", range: [1.0, 10.0], inputs: &[], reason: ASKED },
        ],
        source: "Draaijers LJ et al., Plast Reconstr Surg 2004;113:1960",
    },
];

impl Published {
    /// The scale with what a report measured of its items.
    pub fn of(&self, report: &Report) -> ClinicalScale {
        let items = self.items.iter().map(|item| ScaleItem {
            item: item.name.to_owned(),
            region: None,
            range: item.range,
            before: None,
            after: None,
            inputs: item.inputs.iter().filter_map(|(m, k)| input(&report.measures, m, k)).collect(),
            reason: Some(item.reason.to_owned()),
        });
        ClinicalScale {
            label: self.label.to_owned(),
            support: Support::NotComputable,
            reason: self.reason.to_owned(),
            items: items.collect(),
            note: NOTE.to_owned(),
            source: self.source.to_owned(),
            verified: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scale_names_its_source_and_every_item_why_it_is_no_grade() {
        for scale in SCALES {
            assert!(scale.source.contains(" 19") || scale.source.contains(" 20"), "{}", scale.name);
            assert!(!scale.items.is_empty() && scale.reason.len() > 10);
            for item in scale.items {
                assert!(item.range[0] < item.range[1] && !item.reason.is_empty(), "{}", item.name);
            }
        }
    }
}
