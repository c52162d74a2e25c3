//! Readings of the visits as measures of the report: change, interval and verdict of every metric.

use std::collections::BTreeMap;

use super::super::grid::Set;
use super::super::options::Light;
use super::super::visit::{Visit, Visits};
use super::lesions::lesions;
use crate::calibrate::LightComparison;
use crate::calibrate::target::ColorError;
use crate::change::{
    AllowanceSource, Allowances, Captures, Change, Delta, HeldBack, LEVEL, Leak, MetricInput, NoiseTable,
    Spread, TargetError, Verdict, judge,
};
use crate::measure::scar_type::Seen;
use crate::measure::scars::EXCESS;
use crate::measure::{self, Axis, MeasureDef, MetricDef, Reading};
use crate::report::{self, number};

/// Changes on their axes, by measure and metric.
pub(super) type Deltas = BTreeMap<(&'static str, &'static str), (Axis, Delta)>;

/// What was read, judged.
#[derive(Default)]
pub(super) struct Measured {
    pub measures: BTreeMap<String, report::Measure>,
    pub lesions: Vec<report::Lesion>,
    pub deltas: Deltas,
}

/// Measures and lesions of what was read.
pub(super) fn measured(set: &Set<'_>, visits: &Visits, noise: &NoiseTable, light: Light) -> Measured {
    let compared = set.after().is_some();
    let inputs = if compared { inputs(set, visits, noise) } else { Vec::new() };
    let changes = judge(&inputs, noise, set.setting);
    let deltas =
        inputs.iter().zip(&changes).filter_map(|(i, c)| Some((i.name, (i.axis, c.delta?)))).collect();
    let mut changes: BTreeMap<_, _> = inputs.iter().map(|i| i.name).zip(changes).collect();
    let mut measures = BTreeMap::new();
    for (i, definition) in measure::ALL.iter().enumerate() {
        let mut out = report::Measure::default();
        let before = &visits.visits[0].readings[i];
        let after = visits.visits.get(set.before_count).filter(|_| compared).map(|v| &v.readings[i]);
        for (k, metric) in definition.metrics.iter().enumerate() {
            let change = changes.remove(&(definition.name, metric.name));
            let (before, after) = (&before.metrics[k], after.map(|a| &a.metrics[k]));
            out.metrics.insert(metric.name.to_owned(), described(metric, before, after, change));
        }
        out.notes.extend(before.notes.iter().cloned());
        measures.insert(definition.name.to_owned(), out);
    }
    read_as_depth(&mut measures, light);
    let leak = of_light(set.light, set.light_fixed);
    let seen = Seen { oblique_light: light == Light::Oblique, scale_known: set.scale.is_known() };
    let listed = lesions(set, visits, noise, |definition| lesion_light_leak(definition, leak), seen);
    note_scar_types(&mut measures, &listed, seen);
    Measured { measures, lesions: listed, deltas }
}

/// Everything that has a value on both visits.
fn inputs<'v>(set: &Set<'_>, visits: &'v Visits, noise: &NoiseTable) -> Vec<MetricInput<'v>> {
    let (before, after) = visits.visits.split_at(set.before_count);
    let mut out = Vec::new();
    let light = of_light(set.light, set.light_fixed);
    let focus = set.texture_by_focus_ln();
    let with_repeats = visits.visits.len() > 2;
    let noise_known =
        |measure: &str, metric: &str| with_repeats || noise.get(measure, metric, set.setting).is_some();
    for (i, definition) in measure::ALL.iter().enumerate() {
        for (k, metric) in definition.metrics.iter().enumerate() {
            let reading = |v: &'v Visit| &v.readings[i].metrics[k];
            let captures = |visit: &'v [Visit]| {
                Some(Captures {
                    value: reading(&visit[0]).number()?,
                    repeats: visit[1..].iter().filter_map(|v| reading(v).number()).collect(),
                })
            };
            let (Some(b), Some(a)) = (captures(before), captures(after)) else { continue };
            let blocks = reading(&before[0]).blocks.as_ref().zip(reading(&after[0]).blocks.as_ref());
            // Where the value moves more on one visit (a share near its end hardly can), by that visit.
            let moves = [&before[0], &after[0]].map(|v| reading(v).per_density.filter(|_| metric.level));
            let variance = |error: &ColorError| {
                moves.iter().flatten().map(|&moves| error.variance_of(moves)).reduce(f64::max)
            };
            let target = set
                .color_error
                .and_then(|error| Some(TargetError { variance: variance(&error)?, df: error.df }));
            out.push(MetricInput {
                name: (definition.name, metric.name),
                axis: metric.axis,
                range: metric.range,
                primary: is_primary(definition, metric, &before[0], noise_known),
                before: b,
                after: a,
                allowances: Allowances::default()
                    .with(AllowanceSource::Light, light_leak(definition, metric, light))
                    .with(AllowanceSource::Noise, noise_leak([&before[0], &after[0]].map(reading)))
                    .with(AllowanceSource::Focus, focus_leak(definition, metric, focus)),
                leverage: leverage([&before[0], &after[0]].map(reading)),
                threshold: reading(&before[0]).threshold,
                target,
                scale_cv: 0.01
                    * set.scale.cv_percent.unwrap_or(0.0)
                    * f64::from(metric.length_power.unsigned_abs()),
                paired: visits.paired.get(&(definition.name, metric.name)),
                blocks,
                spread: spread(metric),
            });
        }
    }
    out
}

/// What can be an endpoint, whether it is one of this pair or not, is a mean over all of the skin.
fn spread(metric: &MetricDef) -> Spread {
    if metric.primary || metric.name == EXCESS { Spread::OfMost } else { Spread::Plain }
}

/// Part of a change of ln contrast that the light can have made. From one fixed set-up, what a set-up itself varies by.
fn of_light(light: Option<LightComparison>, is_fixed: bool) -> Leak {
    match light {
        _ if is_fixed => Leak::either_way(FIXED_LIGHT),
        Some(found) => Leak::either_way(found.unlike_leak_ln()) + Leak::along(found.gain_leak_ln()),
        None => Leak::either_way(UNKNOWN_LIGHT),
    }
}

/// Part of a change of ln contrast that the light can have made where too little skin shows it: by a lamp that stands 5° higher,
/// which nobody would notice.
const UNKNOWN_LIGHT: f64 = 0.3;

/// Part of a change of ln contrast that a fixed set-up makes from one day to the next: its lamp is put back to about half a degree,
/// which moves contrast by 2 % at 45°.
const FIXED_LIGHT: f64 = 0.02;

/// Part of a relief metric's change that the light can have made. Shapes, counts and entropies answer to
/// light up to three times as strongly as contrast does, and either way.
fn light_leak(definition: &MeasureDef, metric: &MetricDef, leak: Leak) -> Leak {
    match (definition.needs.light, metric.follows_contrast) {
        (false, _) => Leak::default(),
        (true, true) => leak,
        (true, false) => leak.whichever_way() * 3.0,
    }
}

/// Change of the contrast of pores and of lines by another focus, for that of fine texture: 0.22 to 0.59 and up to 0.41 were
/// measured of a defocus of 0.06 mm on six close-ups.
const PORES_OF_TEXTURE: f64 = 0.6;
const LINES_OF_TEXTURE: f64 = 0.4;

/// Part of a relief metric's change that the focus can have made, where it can have made `texture_ln` of fine texture's. A softer
/// photograph shows contrasts weaker; counts and shapes may go either way.
fn focus_leak(definition: &MeasureDef, metric: &MetricDef, texture_ln: f64) -> Leak {
    let share = match definition.name {
        "pores" => PORES_OF_TEXTURE,
        "wrinkles" => LINES_OF_TEXTURE,
        _ => 1.0,
    };
    let leak = Leak::along(share * texture_ln);
    match (definition.needs.focus || metric.needs.focus, metric.primary) {
        (false, _) => Leak::default(),
        (true, true) => leak,
        (true, false) => leak.whichever_way(),
    }
}

/// How much of a change of ln contrast the two photographs' noise can have made.
fn noise_leak(readings: [&Reading; 2]) -> Leak {
    let square = readings.map(|r| r.number().map_or(0.0, |value| value * value));
    let noise = [0, 1].map(|k| readings[k].noise_share * square[k]);
    let least = square[0].min(square[1]).max(f64::MIN_POSITIVE);
    Leak::along(0.5 * (noise[1] - noise[0]) / least)
}

/// That of both photographs together: were nothing changed, both would be of the same skin.
fn leverage(readings: [&Reading; 2]) -> f64 {
    let value = readings.map(|r| r.number().unwrap_or(0.0));
    let sum = value[0] + value[1];
    if sum > 0.0 { (value[0] * readings[0].leverage + value[1] * readings[1].leverage) / sum } else { 0.0 }
}

/// The same of single lesions.
fn lesion_light_leak(definition: &MeasureDef, leak: Leak) -> Leak {
    if definition.needs.light { leak } else { Leak::default() }
}

/// Most leverage with which relief above that of untreated skin is an endpoint: there the untreated skin holds 0.6 of the square of
/// all relief. Skin that is marked with more is as scarred as the rest, as one half of a face that is left untreated is, and
/// the small difference of both would see next to nothing.
const MOST_EXCESS_LEVERAGE: f64 = 3.0;

/// With untreated skin marked that is smoother, relief above it is the endpoint in place of relief contrast, where
/// its noise is known: an endpoint that cannot be judged would silence the other. The photograph before decides alone.
fn is_primary(
    definition: &MeasureDef,
    metric: &MetricDef,
    before: &Visit,
    noise_known: impl Fn(&str, &str) -> bool,
) -> bool {
    let excess = definition
        .metrics
        .iter()
        .position(|m| m.name == EXCESS)
        .zip(measure::place(definition.name))
        .map(|(k, i)| &before.readings[i].metrics[k])
        .is_some_and(|found| found.number().is_some() && found.leverage <= MOST_EXCESS_LEVERAGE)
        && noise_known(definition.name, EXCESS);
    match metric.name {
        EXCESS => excess,
        _ => metric.primary && !(excess && metric.name == "relief_contrast"),
    }
}

fn described(
    metric: &MetricDef,
    before: &Reading,
    after: Option<&Reading>,
    change: Option<Change>,
) -> report::Metric {
    let value = |r: &Reading| r.number().and_then(number);
    let reason = before.value.as_ref().err().or(after.and_then(|a| a.value.as_ref().err())).cloned();
    let in_blocks = before.blocks.is_some();
    let mut out = report::Metric {
        before: value(before),
        after: after.and_then(value),
        leverage: after.map(|after| leverage([before, after])).filter(|l| *l > 0.0).and_then(number),
        threshold: before.threshold.and_then(number),
        reason,
        ..report::Metric::of_definition(metric, after.map(|_| Verdict::NotMeasurable))
    };
    if let Some(change) = change {
        [out.before, out.after] = change.visits.map(number);
        out.change = number(change.change);
        out.change_percent = change.change_percent.and_then(number);
        out.interval = change.interval.map(|(low, high)| report::Interval {
            level: LEVEL,
            low: number(low),
            high: number(high),
            method: if in_blocks { "block_t+capture" } else { "capture" }.to_owned(),
        });
        out.smallest_detectable_change = change.smallest_detectable_change.and_then(number);
        out.noise_source = change.noise_source;
        out.axis = change.delta.map(|_| match change.axis {
            Axis::Ln => report::ChangeAxis::Logarithm,
            Axis::Raw => report::ChangeAxis::Difference,
        });
        out.p_adjusted = change.p_adjusted.and_then(number);
        out.allowances = allowances(&change);
        let explanation = |(family, share): &(&str, f64)| report::Explanation {
            family: (*family).to_owned(),
            share_percent: number(100.0 * share),
        };
        out.explained_by = change.explained_by.iter().map(explanation).collect();
        out.remaining_percent = change.remaining.and_then(|share| number(100.0 * share));
        out.verdict = Some(change.verdict);
        out.reason = out.reason.or(change.held_back.map(HeldBack::reason));
    }
    out
}

/// Allowances as a report has them.
pub(super) fn allowances(change: &Change) -> Vec<report::Allowance> {
    let one = |found: &crate::change::Allowance| report::Allowance {
        source: found.source,
        fall: number(found.size.falls),
        rise: number(found.size.rises),
    };
    change.allowances.iter().map(one).collect()
}

/// Says once what holds for the types of all scars.
fn note_scar_types(measures: &mut BTreeMap<String, report::Measure>, listed: &[report::Lesion], seen: Seen) {
    let any = listed.iter().any(|lesion| lesion.kind == report::LesionKind::Scar);
    let Some(scars) = measures.get_mut("scars").filter(|_| any) else { return };
    if listed.iter().any(|lesion| lesion.before.contains_key("depth_um")) {
        scars.notes.push("scar types are those of shapes on true height".to_owned());
        return;
    }
    scars.notes.push(match seen.suffices() {
        Ok(()) => "scar types are probable, from width and sharpness of walls under oblique light: tried on synthetic scars alone".to_owned(),
        Err(reason) => reason.message,
    });
}

/// What a change of relief contrast can mean for depth: an interval, never one number.
fn read_as_depth(measures: &mut BTreeMap<String, report::Measure>, light: Light) {
    let Some(scars) = measures.get_mut("scars") else { return };
    let Some(contrast) = scars.metrics.get("relief_contrast") else { return };
    let claims = contrast.verdict.is_some_and(Verdict::claims_change);
    let (Some(before), Some(after), true) = (contrast.before, contrast.after, claims) else { return };
    let ratio = after / before;
    let (least, most) = light.depth_exponents();
    let percent = |gamma: f64| 100.0 * (ratio.powf(1.0 / gamma) - 1.0);
    let (a, b) = (percent(most), percent(least));
    let light = match light {
        Light::Unknown => "unknown light",
        Light::Frontal => "frontal light",
        Light::Oblique => "oblique light",
        Light::Bilateral => "light from both sides",
        Light::Diffuse => "diffuse light",
    };
    scars.notes.push(format!(
        "read as depth under {light}, this contrast would be a change of {:.0} to {:.0} % (simulation; a photograph holds no depth)",
        a.max(b),
        a.min(b),
    ));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Readings;

    #[test]
    fn a_lamp_that_makes_relief_stronger_can_have_made_a_rise() {
        let light = |relief_gain_ln: f64| LightComparison {
            relief_correlation: 1.0,
            relief_gain_ln,
            shading_gradient_od_per_cm: 0.0,
            relief_gain_se: 0.0,
            untreated: false,
            shape: None,
        };
        assert!(of_light(None, false).falls > 0.2 && of_light(None, true).falls < 0.05);
        let [none, stronger, weaker] = [0.0, 0.1, -0.1].map(|gain| of_light(Some(light(gain)), false));
        assert_eq!(none.falls, none.rises);
        assert!(stronger.rises > none.rises + 0.05 && stronger.falls == none.falls, "{stronger:?}");
        assert!(weaker.falls > none.falls + 0.05 && weaker.rises == none.rises, "{weaker:?}");
    }

    #[test]
    fn a_noisier_photograph_can_have_made_a_rise() {
        let reading = |value: f64, noise_share: f64| Reading { noise_share, ..Reading::of(value) };
        // 19 of 119 more in the square of 10: half of ln(1.19) is about 0.095.
        let noisier = noise_leak([&reading(10.0, 0.0), &reading(119f64.sqrt(), 19.0 / 119.0)]);
        assert!((noisier.rises - 0.095).abs() < 1e-9 && noisier.falls == 0.0, "{noisier:?}");
        let quieter = noise_leak([&reading(119f64.sqrt(), 19.0 / 119.0), &reading(10.0, 0.0)]);
        assert_eq!((quieter.falls, quieter.rises), (noisier.rises, 0.0));
        let softer =
            focus_leak(&measure::texture::DEFINITION, measure::find("texture", "sq_fine").unwrap(), -0.2);
        assert!(softer.falls > 0.0 && softer.rises == 0.0, "{softer:?}");
    }

    #[test]
    fn relief_above_untreated_skin_is_an_endpoint_where_that_is_the_smoother() {
        let scars = &measure::scars::DEFINITION;
        let [rci, excess] = ["relief_contrast", EXCESS]
            .map(|name| scars.metrics.iter().find(|metric| metric.name == name).unwrap());
        let endpoints = |leverage: f64, known: bool| {
            let one = |metric: &MetricDef| match metric.name {
                EXCESS => Reading::of(9.0).levered(leverage),
                _ => Reading::of(20.0),
            };
            let readings = measure::ALL.iter().map(|definition| Readings {
                metrics: definition.metrics.iter().map(one).collect(),
                ..Readings::default()
            });
            let before = Visit::of_readings(readings.collect());
            [rci, excess].map(|metric| is_primary(scars, metric, &before, |_, _| known))
        };
        assert_eq!(endpoints(1.0, true), [false, true]);
        assert_eq!(endpoints(4.0, true), [true, false], "a small difference of large ones");
        assert_eq!(endpoints(1.0, false), [true, false], "no noise is known");
        // Endpoint or not, contrast of relief is of all the skin, and a count of scars is not.
        let counts = measure::find("scars", "count_per_cm2").unwrap();
        assert_eq!([rci, excess, counts].map(spread), [Spread::OfMost, Spread::OfMost, Spread::Plain]);
    }

    #[test]
    fn leverage_is_that_of_both_visits_together() {
        let reading = |value: f64, leverage: f64| Reading { leverage, ..Reading::of(value) };
        // (3·1 + 1·9) ÷ 4.
        assert_eq!(leverage([&reading(3.0, 1.0), &reading(1.0, 9.0)]), 3.0);
        assert_eq!(leverage([&reading(0.0, 0.0), &reading(0.0, 0.0)]), 0.0);
    }

    #[test]
    fn a_row_with_repeats_says_the_means_of_its_visits() {
        let row = |name: (&'static str, &'static str), visits: [&[f64]; 2]| {
            let metric = measure::find(name.0, name.1).unwrap();
            let captures = visits.map(|v| Captures { value: v[0], repeats: v[1..].to_vec() });
            let input =
                MetricInput { axis: metric.axis, range: metric.range, ..MetricInput::plain(name, captures) };
            let unknown = NoiseTable { source: String::new(), entries: Vec::new(), lesions: Vec::new() };
            let change = judge(&[input], &unknown, crate::change::Setting::Registered).remove(0);
            let [before, after] = visits.map(|v| Reading::of(v[0]));
            let row = described(metric, &before, Some(&after), Some(change));
            [row.before, row.after, row.change].map(Option::unwrap)
        };
        let near = |found: [f64; 3], expected: [f64; 3]| {
            let off = found.iter().zip(expected).map(|(f, e)| (f - e).abs()).fold(0.0, f64::max);
            assert!(off < 2e-5, "{found:?}, not {expected:?}");
        };
        // On the logarithm the mean is the geometric one: ∛(10·11·12) = 10.96961, ∛(8·9·7) = 7.95811.
        let rci = ("scars", "relief_contrast");
        near(row(rci, [&[10.0, 11.0, 12.0], &[8.0, 9.0, 7.0]]), [10.96961, 7.95811, -3.01150]);
        // A capture of 0 has no logarithm: means and their difference.
        near(row(rci, [&[2.0, 4.0], &[0.0, 1.0]]), [3.0, 0.5, -2.5]);
        let melanin = ("pigment", "melanin_mean");
        near(row(melanin, [&[0.3, 0.4, 0.5], &[0.1, 0.3, 0.2]]), [0.4, 0.2, -0.2]);
        // Repeats of one visit alone, and captures that all read the same.
        near(row(melanin, [&[0.3, 0.5], &[0.1]]), [0.4, 0.1, -0.3]);
        near(row(melanin, [&[0.3, 0.3], &[0.1, 0.1]]), [0.3, 0.1, -0.2]);
        // A single capture stays what it is: the first of both visits.
        assert_eq!(row(rci, [&[10.1], &[7.3]])[..2], [10.1, 7.3]);
    }
}
