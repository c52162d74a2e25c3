//! The class of the skin's color.

use crate::calibrate::ItaClass;
use crate::report::{ColorSource, Report, SkinTone, ToneClass, number};

/// How far off ITA may be as an absolute color, in degrees: with a chart by what it leaves of skin colors
/// (ΔE00 1 to 3, an L* of about 2), else by a third of a stop of exposure.
const CHART_ERROR_DEG: f64 = 4.0;
const ERROR_DEG: f64 = 10.0;

/// The class before and after, where ITA was measured.
pub(super) fn skin_tone(report: &Report) -> Option<SkinTone> {
    let ita = report.measures.get("tone")?.metrics.get("ita_deg")?;
    let chart = report.color.as_ref().is_some_and(|color| color.source == ColorSource::Chart);
    let error_deg = if chart { CHART_ERROR_DEG } else { ERROR_DEG };
    let class = |value: Option<f64>| {
        let value = value?;
        let (distance, neighbor) = ItaClass::nearest_edge(value);
        let sdc = ita.smallest_detectable_change.filter(|sdc| *sdc > 0.0);
        Some(ToneClass {
            class: ItaClass::of(value),
            possible: ItaClass::possible(value, error_deg),
            neighbor,
            edge_distance_deg: number(distance),
            edge_distance_in_sdc: sdc.and_then(|sdc| number(distance / sdc)),
        })
    };
    let (before, after) = (class(ita.before), class(ita.after));
    (before.is_some() || after.is_some()).then_some(SkinTone { error_deg, before, after })
}
