//! Lesions of the report, one by one from before to after.

use std::collections::BTreeMap;

use super::super::followed::{Appeared, Followed};
use super::super::grid::Set;
use super::super::visit::Visits;
use super::metrics::allowances;
use crate::change::{Captures, Change, HeldBack, Leak, LesionInput, NoiseTable, Verdict, judge_lesions};
use crate::measure::scar_type::{ScarType, Seen};
use crate::measure::{self, Lesion, LesionKind, LesionValues, SizeClass, by_size};
use crate::reason::Reason;
use crate::report::{self, number};

/// A lesion of which less than this share is seen on every photograph is not compared.
const LEAST_SEEN: f64 = 0.7;
/// A scar of less than this share of a lesion's area does not move its color.
const SCAR_SHARE: f64 = 0.1;

/// One lesion and what is known of it.
struct Listed {
    kind: LesionKind,
    /// On the first photograph, in pixels of the working grid.
    center: (f64, f64),
    /// Diameter of a disc of the outline that it is read in, in working pixels; `None` without a second visit.
    outline_px: Option<f64>,
    /// `None` for a lesion that appeared.
    before: Option<LesionValues>,
    /// `None` without a second visit.
    after: Option<LesionValues>,
    /// Captures that its change is judged by, or the reason why there are none; `None` without a second visit.
    input: Option<Result<LesionInput, Reason>>,
}

/// All lesions, each kind from the largest on, then what appeared of it; judged together.
/// `light_leak_ln` is how much of a change of a measure's lesions the light can have made.
pub(super) fn lesions(
    set: &Set<'_>,
    visits: &Visits,
    noise: &NoiseTable,
    light_leak_ln: impl Fn(&measure::MeasureDef) -> Leak,
    seen: Seen,
) -> Vec<report::Lesion> {
    let mut listed = Vec::new();
    for (i, definition) in measure::ALL.iter().enumerate() {
        let followed = visits.followed.get(i).and_then(Option::as_ref);
        let found = followed.map_or(&visits.visits[0].readings[i].lesions, |followed| &followed.lesions);
        let leak = light_leak_ln(definition);
        for k in by_size(found.iter().map(|lesion| &lesion.values)) {
            listed.push(from_before(set, k, &found[k], followed, leak));
        }
        let appeared = followed.map_or(&[][..], |f| &f.appeared);
        for k in by_size(appeared.iter().map(|a| &a.lesion.values)) {
            listed.extend(from_nothing(set, &appeared[k], leak));
        }
    }
    let inputs: Vec<LesionInput> = listed.iter().filter_map(|t| t.input.clone()?.ok()).collect();
    let mut changes = judge_lesions(&inputs, noise, set.setting).into_iter();
    let mut out = Vec::with_capacity(listed.len());
    for lesion in &listed {
        let change = matches!(lesion.input, Some(Ok(_))).then(|| changes.next()).flatten();
        // What may be noise on skin that shows nothing is no lesion.
        let more = change.as_ref().is_some_and(|c| c.verdict.claims_change() && c.change > 0.0);
        if lesion.before.is_some() || more {
            out.push(described(set, lesion, change, seen));
        }
    }
    hold_back(&mut out);
    let mut last = (None, 0);
    for lesion in &mut out {
        last = if last.0 == Some(lesion.kind) { (last.0, last.1 + 1) } else { (Some(lesion.kind), 1) };
        lesion.id = last.1;
    }
    out
}

/// Takes back what is said of colored lesions where a scar is that changed too, or may have: light that spreads
/// below steep walls is reddened, and reads as pigment.
fn hold_back(lesions: &mut Vec<report::Lesion>) {
    let is_scar = |lesion: &report::Lesion| lesion.kind == report::LesionKind::Scar;
    // A scar that only its own noise hides is calm; one that light or a cover hides may have changed.
    let hidden = |lesion: &report::Lesion| {
        !lesion
            .reason
            .as_ref()
            .is_some_and(|reason| ["too_uncertain", "no_noise", "one_of_many"].contains(&&*reason.code))
    };
    let calm = |lesion: &report::Lesion| match lesion.verdict {
        None | Some(Verdict::NoDetectableChange) => true,
        Some(Verdict::NotMeasurable) => !hidden(lesion),
        Some(_) => false,
    };
    let place = |lesion: &report::Lesion| Some((lesion.center_px?, 0.5 * lesion.diameter_px?));
    let restless: Vec<_> = lesions.iter().filter(|l| is_scar(l) && !calm(l)).filter_map(place).collect();
    let on_scar = |lesion: &report::Lesion| {
        place(lesion).is_some_and(|(center, radius)| {
            restless.iter().any(|(scar, reach)| {
                let apart = (scar[0] - center[0]).hypot(scar[1] - center[1]);
                apart < reach.max(radius) && reach * reach >= SCAR_SHARE * radius * radius
            })
        })
    };
    let holds = |lesion: &report::Lesion| {
        !is_scar(lesion) && lesion.verdict.is_some_and(Verdict::claims_change) && on_scar(lesion)
    };
    lesions.retain(|lesion| !(lesion.appeared && holds(lesion)));
    for lesion in lesions.iter_mut().filter(|lesion| holds(lesion)) {
        let message =
            "a scar in the same place changed too, or may have, and its shading changes the color here";
        lesion.reason = Some(Reason::new("scar_in_its_place", message));
        lesion.verdict = Some(Verdict::NotMeasurable);
        (lesion.change, lesion.change_percent) = (None, None);
        (lesion.smallest_detectable_change, lesion.noise_source) = (None, None);
    }
}

/// A lesion that was there before.
fn from_before(set: &Set<'_>, k: usize, lesion: &Lesion, followed: Option<&Followed>, leak: Leak) -> Listed {
    let visits = followed.map(|f| f.values.split_at(set.before_count));
    let mean = |visit: &[Vec<LesionValues>]| mean_of(visit.iter().map(|values| &values[k]));
    let input = followed.zip(visits).map(|(f, (before, after))| {
        let read = |visit: &[Vec<LesionValues>]| captures(lesion.kind, visit.iter().map(|values| &values[k]));
        if let Some(reason) = &f.lacking {
            return Err(reason.clone());
        }
        seen_enough(f.seen[k])?;
        Ok(input(lesion.kind, in_mm(set, f.outline_px[k]), read(before)?, read(after)?, leak))
    });
    Listed {
        kind: lesion.kind,
        center: lesion.center,
        outline_px: followed.map(|f| f.outline_px[k]),
        before: Some(visits.map_or_else(|| lesion.values.clone(), |(before, _)| mean(before))),
        after: visits.map(|(_, after)| mean(after)),
        input,
    }
}

/// A lesion that was not there before, where enough of it is seen to say so.
fn from_nothing(set: &Set<'_>, found: &Appeared, leak: Leak) -> Option<Listed> {
    let kind = found.lesion.kind;
    seen_enough(found.seen).ok()?;
    let before = captures(kind, std::iter::once(&found.before)).ok()?;
    let after = captures(kind, std::iter::once(&found.lesion.values)).ok()?;
    Some(Listed {
        kind,
        center: found.lesion.center,
        outline_px: Some(found.outline_px),
        before: None,
        after: Some(found.lesion.values.clone()),
        input: Some(Ok(input(kind, in_mm(set, found.outline_px), before, after, leak))),
    })
}

fn input(
    kind: LesionKind,
    diameter_mm: f64,
    before: Captures,
    after: Captures,
    light_leak_ln: Leak,
) -> LesionInput {
    LesionInput { kind, diameter_mm, before, after, light_leak_ln }
}

/// A length in working pixels as mm, by the scale that is known or assumed.
fn in_mm(set: &Set<'_>, px: f64) -> f64 {
    px / set.scale.px_per_mm
}

fn seen_enough(share: f64) -> Result<(), Reason> {
    let message = "part of the lesion is covered or out of view on another photograph, in per cent seen";
    match share >= LEAST_SEEN {
        true => Ok(()),
        false => Err(Reason::limit("lesion_partly_seen", message, 100.0 * share, 100.0 * LEAST_SEEN)),
    }
}

/// Numbers of a lesion on a visit: those of its first capture, each the mean over all captures that have it.
fn mean_of<'v>(mut visit: impl Iterator<Item = &'v LesionValues>) -> LesionValues {
    let Some(first) = visit.next() else { return LesionValues::new() };
    let others: Vec<&LesionValues> = visit.collect();
    let mean = |(&name, &first): (&&'static str, &f64)| {
        let repeats = others.iter().filter_map(|values| values.get(name).copied());
        let repeats = repeats.filter(|value| value.is_finite()).collect();
        (name, Captures { value: first, repeats }.mean())
    };
    first.iter().map(mean).collect()
}

/// The main value on the captures of a visit, the compared one first.
fn captures<'v>(
    kind: LesionKind,
    mut visit: impl Iterator<Item = &'v LesionValues>,
) -> Result<Captures, Reason> {
    let main = |values: &LesionValues| values.get(kind.main_value().name).copied().filter(|v| v.is_finite());
    let value = visit.next().and_then(main);
    let value = value.ok_or_else(|| {
        Reason::new("lesion_not_seen", "the lesion is covered or out of view on one of the photographs")
    })?;
    Ok(Captures { value, repeats: visit.filter_map(main).collect() })
}

fn described(set: &Set<'_>, listed: &Listed, change: Option<Change>, seen: Seen) -> report::Lesion {
    let known = set.scale.is_known();
    let values = |v: &LesionValues| -> BTreeMap<String, Option<f64>> {
        v.iter()
            .map(|(&name, &v)| (name.to_owned(), number(v).filter(|_| known || !needs_scale(name))))
            .collect()
    };
    // From working pixels to those of the photograph.
    let in_px = |place: usize, v: f64| report::rounded(v / set.scale.factors[place]);
    let center = |place: usize, (x, y): (f64, f64)| [in_px(place, x), in_px(place, y)];
    let after_photo = set.after().map(|photo| &photo.facts.this_from_first);
    let size = listed
        .before
        .as_ref()
        .or(listed.after.as_ref())
        .and_then(|values| values.get("diameter_mm"))
        .copied();
    let main = listed.kind.main_value();
    let held_back = || change.as_ref().and_then(|change| change.held_back).map(HeldBack::reason);
    let of_change = |pick: fn(&Change) -> Option<f64>| change.as_ref().and_then(pick).and_then(number);
    report::Lesion {
        kind: match listed.kind {
            LesionKind::Scar => report::LesionKind::Scar,
            LesionKind::Spot => report::LesionKind::Spot,
            LesionKind::RoughRed => report::LesionKind::RoughRed,
        },
        // Numbered when all are known.
        id: 0,
        before: listed.before.as_ref().map(values).unwrap_or_default(),
        after: listed.after.as_ref().map(values),
        center_px: Some(center(0, listed.center)),
        center_after_px: after_photo
            .map(|map| center(set.before_count, map.apply(listed.center.0, listed.center.1))),
        diameter_px: listed.outline_px.or(size.map(|mm| mm * set.scale.px_per_mm)).map(|px| in_px(0, px)),
        size_class: size.filter(|_| known && listed.kind == LesionKind::Scar).map(|mm| {
            match SizeClass::of(mm) {
                SizeClass::Small => report::SizeClass::Small,
                SizeClass::Medium => report::SizeClass::Medium,
                SizeClass::Large => report::SizeClass::Large,
            }
        }),
        probable_type: listed
            .before
            .as_ref()
            .or(listed.after.as_ref())
            .filter(|_| listed.kind == LesionKind::Scar)
            .and_then(|values| seen.probable_type(values))
            .map(typed),
        appeared: listed.before.is_none(),
        resolved: change.as_ref().is_some_and(|change| is_resolved(listed, change)),
        main_value: main.name.to_owned(),
        unit: main.unit.to_owned(),
        change: of_change(|c| Some(c.change)),
        change_percent: of_change(|c| c.change_percent).filter(|_| listed.before.is_some()),
        smallest_detectable_change: of_change(|c| c.smallest_detectable_change),
        noise_source: change.as_ref().and_then(|c| c.noise_source),
        verdict: listed.input.as_ref().map(|_| change.as_ref().map_or(Verdict::NotMeasurable, |c| c.verdict)),
        p_adjusted: change.as_ref().and_then(|c| number(c.p_adjusted?)),
        allowances: change.as_ref().map(allowances).unwrap_or_default(),
        reason: listed.input.as_ref().and_then(|input| input.as_ref().err()).cloned().or_else(held_back),
    }
}

/// True if nothing of a lesion can be made out any more while its fall is called: nothing in its outline exceeds the
/// limits of the first visit, or the value is no more than its noise. The smallest detectable change is that of a
/// difference of two captures; one capture has 1/√2 of its noise.
fn is_resolved(listed: &Listed, change: &Change) -> bool {
    let left = |name: &str| listed.after.as_ref().and_then(|values| values.get(name)).copied();
    let noise = change.smallest_detectable_change.map(|smallest| smallest / std::f64::consts::SQRT_2);
    let in_noise = left(listed.kind.main_value().name).zip(noise).is_some_and(|(left, noise)| left <= noise);
    change.verdict.claims_fall() && (in_noise || left("area_mm2") == Some(0.0))
}

fn typed(scar: ScarType) -> report::ProbableType {
    match scar {
        ScarType::Icepick => report::ProbableType::Icepick,
        ScarType::Boxcar => report::ProbableType::Boxcar,
        ScarType::Rolling => report::ProbableType::Rolling,
        ScarType::Undetermined => report::ProbableType::Undetermined,
    }
}

/// Lengths and areas without a scale would be guesses, and so is what was read at an assumed length.
fn needs_scale(value: &str) -> bool {
    let lateral = ["wall_steepness", "wall_angle_deg", "depth_to_width"];
    ["_mm", "_mm2", "_mm3"].iter().any(|unit| value.ends_with(unit)) || lateral.contains(&value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_lesion_are_means_over_the_captures_that_show_it() {
        let values = |all: &[(&'static str, f64)]| all.iter().copied().collect::<LesionValues>();
        let visit = [
            values(&[("area_mm2", 2.0), ("depth_proxy", 30.0)]),
            values(&[("area_mm2", 3.0), ("depth_proxy", f64::NAN)]),
            LesionValues::new(),
            values(&[("area_mm2", 7.0), ("depth_proxy", 36.0), ("wall_steepness", 1.0)]),
        ];
        assert_eq!(mean_of(visit.iter()), values(&[("area_mm2", 4.0), ("depth_proxy", 33.0)]));
        assert_eq!(mean_of(visit.iter().take(1)), visit[0]);
        assert_eq!(mean_of(std::iter::empty()), LesionValues::new());
        // Nothing is seen of it on the capture that is compared.
        assert_eq!(mean_of(visit.iter().skip(2)), LesionValues::new());
    }
}
