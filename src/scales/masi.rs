//! The area items of the modified MASI, from pigment of named regions of the face.

use std::collections::BTreeMap;

use super::{NOTE, input};
use crate::report::{ClinicalScale, NamedRegion, Report, ScaleItem, Support};

/// Regions of the face with their weights, and the names that stand for them.
const REGIONS: [(&str, f64, &[&str]); 4] = [
    ("forehead", 0.3, &["forehead"]),
    ("left malar", 0.3, &["left-malar", "left-cheek"]),
    ("right malar", 0.3, &["right-malar", "right-cheek"]),
    ("chin", 0.1, &["chin"]),
];
/// Shares of a region, in per cent, from which the next area grade counts; below the first nothing does.
const AREA_GRADES: [f64; 6] = [1.0, 10.0, 30.0, 50.0, 70.0, 90.0];

/// Pandya et al. 2011: each region's area 0–6 and darkness 0–4, weighted.
pub(super) fn scale(report: &Report) -> ClinicalScale {
    let mut items = Vec::new();
    for (name, weight, names) in REGIONS {
        let found = report.regions.iter().find(|region| names.contains(&region.name.as_str()));
        items.push(area(name, names[0], found));
        items.push(darkness(name, weight, found));
    }
    let some = items.iter().any(|item| item.before.is_some());
    ClinicalScale {
        label: "photo mMASI-like".to_owned(),
        support: if some { Support::Partial } else { Support::NotComputable },
        reason: "darkness grades need cut-points set with raters of this clinic".to_owned(),
        items,
        note: NOTE.to_owned(),
        source: "Pandya AG et al., J Am Acad Dermatol 2011;64:78".to_owned(),
        verified: false,
    }
}

/// Grade of a share of pigmented skin, in per cent.
fn area_grade(percent: f64) -> f64 {
    AREA_GRADES.iter().filter(|&&from| percent >= from).count() as f64
}

fn area(name: &str, region: &str, found: Option<&NamedRegion>) -> ScaleItem {
    let reading = found.and_then(|found| input(&found.measures, "pigment", "area_percent"));
    let [before, after] = reading.as_ref().map_or([None; 2], |(_, values)| values.map(|v| v.map(area_grade)));
    let reason = match (found, &reading) {
        (None, _) => Some(format!("needs the region \"{region}\" (--region {region}=FILE)")),
        (Some(_), None) => Some("pigment of this region is not measurable".to_owned()),
        _ => None,
    };
    ScaleItem {
        item: format!("area, {name}"),
        region: found.map(|found| found.name.clone()),
        range: [0.0, 6.0],
        before,
        after,
        inputs: reading.into_iter().collect(),
        reason,
    }
}

fn darkness(name: &str, weight: f64, found: Option<&NamedRegion>) -> ScaleItem {
    let measures = found.map(|found| &found.measures);
    let inputs: BTreeMap<_, _> =
        measures.into_iter().filter_map(|m| input(m, "pigment", "spot_delta_e")).collect();
    ScaleItem {
        item: format!("darkness, {name} (weight {weight})"),
        region: found.map(|found| found.name.clone()),
        range: [0.0, 4.0],
        before: None,
        after: None,
        inputs,
        reason: Some("needs cut-points of color difference set with raters of this clinic".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_grades_are_those_of_the_publication() {
        let grades = [0.0, 0.5, 5.0, 9.9, 10.0, 29.0, 30.0, 49.0, 50.0, 69.0, 70.0, 89.0, 90.0, 100.0];
        assert_eq!(
            grades.map(area_grade),
            [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0, 5.0, 5.0, 6.0, 6.0]
        );
    }
}
