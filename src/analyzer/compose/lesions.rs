//! Lesions of the report.

use std::collections::BTreeMap;

use super::super::visit::Visits;
use crate::measure::{LesionKind, LesionValues};
use crate::report::{self, number};

/// All lesions, each kind from the largest on.
pub(super) fn lesions(visits: &Visits, compared: bool, scale_known: bool) -> Vec<report::Lesion> {
    // Lengths and areas without a scale would be guesses.
    let told = |name: &str| scale_known || !(name.ends_with("_mm") || name.ends_with("_mm2"));
    let values = |v: &LesionValues| -> BTreeMap<String, Option<f64>> {
        v.iter().map(|(&name, &v)| (name.to_owned(), number(v).filter(|_| told(name)))).collect()
    };
    let mut out = Vec::new();
    for (i, readings) in visits.visits[0].readings.iter().enumerate() {
        let mut order: Vec<usize> = (0..readings.lesions.len()).collect();
        let area = |k: usize| readings.lesions[k].values.get("area_mm2").copied().unwrap_or(0.0);
        order.sort_by(|&a, &b| area(b).total_cmp(&area(a)).then(a.cmp(&b)));
        for (rank, k) in order.into_iter().enumerate() {
            let lesion = &readings.lesions[k];
            let after = visits.revisited.get(i).and_then(Option::as_ref).and_then(|r| r.get(k));
            out.push(report::Lesion {
                kind: match lesion.kind {
                    LesionKind::Scar => report::LesionKind::Scar,
                    LesionKind::Spot => report::LesionKind::Spot,
                    LesionKind::RoughRed => report::LesionKind::RoughRed,
                },
                id: rank as u32 + 1,
                before: values(&lesion.values),
                after: compared.then(|| after.map(values).unwrap_or_default()),
            });
        }
    }
    out
}
