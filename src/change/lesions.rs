//! From the values of one lesion on two visits to a verdict, for all lesions of a pair together.
//!
//! A lesion that is cleared reads 0 or less, where there is no logarithm: changes are judged in the value's
//! own unit, against a noise that depends on how large the lesion is.

use super::allowance::{AllowanceSource, Allowances};
use super::captures::{CaptureError, Captures, Known, NoiseSource, Visit};
use super::controlled::Delta;
use super::holds::benjamini_hochberg;
use super::judge::LEVEL;
use super::leak::Leak;
use super::lesion_noise::LesionNoise;
use super::noise::{NoiseTable, Setting};
use super::student::{p_value, t_quantile};
use super::verdict::{Change, HeldBack, Verdict};
use crate::measure::{Axis, LesionKind, Range};

/// One lesion with its main value on both visits.
#[derive(Debug, Clone, PartialEq)]
pub struct LesionInput {
    /// What kind.
    pub kind: LesionKind,
    /// Diameter of a disc of its area before, in mm; where the scale is assumed, by that scale.
    pub diameter_mm: f64,
    /// Main value before.
    pub before: Captures,
    /// Main value after.
    pub after: Captures,
    /// Part of ln(after ÷ before) that the light can have made: no claim within it.
    pub light_leak_ln: Leak,
}

/// A change with its error, in the unit of the value.
struct Effect {
    before: f64,
    delta: f64,
    se: f64,
    df: f64,
    source: NoiseSource,
}

/// Judges the lesions of a pair, one [`Change`] each.
///
/// A lesion is called changed where its change lies beyond the smallest detectable one and what the light can
/// have made, and where it is among those that Benjamini & Hochberg (1995) let stand: of all lesions called,
/// one in twenty is expected to be called wrongly, however many there are, and errors that lesions of a pair
/// share leave that bound standing (Benjamini & Yekutieli 2001). Holm's adjustment, which the few endpoints of
/// a pair are held to, promises that not even one is wrong, and would say the less of each lesion the more
/// there are beside it.
///
/// The interval holds the capture error alone. Sure words need repeats and a pair that passed every gate, as
/// for metrics; here even `probably` needs the adjustment.
pub fn judge_lesions(lesions: &[LesionInput], noise: &NoiseTable, setting: Setting) -> Vec<Change> {
    let effects: Vec<Option<Effect>> =
        lesions.iter().map(|l| effect(l, noise.lesion(l.kind, setting))).collect();
    let p: Vec<Option<f64>> =
        effects.iter().map(|e| e.as_ref().map(|e| p_value(e.delta / e.se, e.df))).collect();
    let adjusted = benjamini_hochberg(&p);
    let mut out = Vec::with_capacity(lesions.len());
    for ((lesion, effect), p) in lesions.iter().zip(&effects).zip(adjusted) {
        out.push(match (effect, p) {
            (Some(effect), Some(p)) => describe(lesion, effect, p, setting),
            _ => Change::without_noise([lesion.before.mean(), lesion.after.mean()]),
        });
    }
    out
}

fn effect(lesion: &LesionInput, prior: Option<&LesionNoise>) -> Option<Effect> {
    let (before, after) = (Visit::on(&lesion.before, Some)?, Visit::on(&lesion.after, Some)?);
    // Repeats of one lesion alone are too few to tell its noise.
    let known =
        prior.map(|p| Known { s_w: p.s_w(lesion.diameter_mm), df: p.df, source: NoiseSource::Prior })?;
    let CaptureError { variance, df, source } = CaptureError::of(&before, &after, Some(known))?;
    Some(Effect { before: before.mean, delta: after.mean - before.mean, se: variance.sqrt(), df, source })
}

fn describe(lesion: &LesionInput, e: &Effect, p_adjusted: f64, setting: Setting) -> Change {
    let noise = t_quantile(e.df) * e.se;
    // The largest share of the stronger value that another light can have made.
    let stronger = e.before.max(e.before + e.delta).max(0.0);
    let of_light = |ln: f64| stronger * -(-ln).exp_m1();
    let leak = lesion.light_leak_ln;
    let size = Leak { falls: of_light(leak.falls), rises: of_light(leak.rises) };
    let allowance = size.of(e.delta);
    let smallest = noise + allowance;
    let stands = p_adjusted <= 1.0 - LEVEL;
    let (verdict, held_back) = if stands && e.delta.abs() > smallest {
        let sure = setting == Setting::Registered && e.source == NoiseSource::Repeats;
        (Verdict::of(true, sure, e.delta < 0.0), None)
    } else if stands && e.delta.abs() > noise {
        let source = AllowanceSource::Light;
        (Verdict::NotMeasurable, Some(HeldBack::Allowance { source, allowance }))
    } else if e.delta.abs() > smallest {
        (Verdict::NotMeasurable, Some(HeldBack::OneOfMany))
    } else if Range::POSITIVE.is_filled_by(smallest, stronger) {
        (Verdict::NotMeasurable, Some(HeldBack::TooUncertain))
    } else {
        (Verdict::NoDetectableChange, None)
    };
    Change {
        visits: [lesion.before.mean(), lesion.after.mean()],
        change: e.delta,
        change_percent: (e.before > 0.0).then(|| 100.0 * e.delta / e.before),
        interval: Some((e.delta - noise - size.rises, e.delta + noise + size.falls)),
        smallest_detectable_change: Some(smallest),
        noise_source: Some(e.source),
        verdict,
        held_back,
        axis: Axis::Raw,
        p_adjusted: Some(p_adjusted),
        allowances: Allowances::default().with(AllowanceSource::Light, size),
        remaining: None,
        explained_by: Vec::new(),
        delta: Some(Delta { value: e.delta, reach: noise }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// √(1² + (1/D)²).
    fn noise(df: f64) -> NoiseTable {
        let lesions = [Setting::Registered, Setting::Limited].map(|setting| LesionNoise {
            kind: LesionKind::Scar,
            setting,
            floor: 1.0,
            grain_mm: 1.0,
            df,
        });
        NoiseTable { source: "test".to_owned(), entries: Vec::new(), lesions: lesions.to_vec() }
    }

    fn scar(before: f64, after: f64) -> LesionInput {
        let visit = |value| Captures { value, repeats: Vec::new() };
        LesionInput {
            kind: LesionKind::Scar,
            diameter_mm: 2.0,
            before: visit(before),
            after: visit(after),
            light_leak_ln: Leak::default(),
        }
    }

    fn one(lesion: LesionInput) -> Change {
        judge_lesions(&[lesion], &noise(1e6), Setting::Registered).remove(0)
    }

    #[test]
    fn a_lesion_that_is_gone_is_called() {
        let found = one(scar(100.0, 0.0));
        assert_eq!((found.verdict, found.change_percent), (Verdict::ProbablyDecreased, Some(-100.0)));
        // 1.96·√2·1.5·√(1² + 0.5²), by hand.
        let smallest = found.smallest_detectable_change.unwrap();
        assert!((smallest - 4.6485).abs() < 1e-3, "{smallest}");
        assert_eq!(one(scar(100.0, 95.5)).verdict, Verdict::NoDetectableChange);
        assert_eq!(one(scar(100.0, 105.5)).verdict, Verdict::ProbablyIncreased);
        assert_eq!(one(scar(100.0, -3.0)).verdict, Verdict::ProbablyDecreased);
    }

    #[test]
    fn what_the_light_can_have_made_is_not_claimed() {
        // 20 of 100 is a leak of −ln 0.8.
        let with = |leak: f64| {
            one(LesionInput { light_leak_ln: Leak::either_way(leak), ..scar(100.0, 78.0) }).verdict
        };
        assert_eq!(with(-(0.8f64.ln())), Verdict::NotMeasurable);
        assert_eq!(with(-(0.85f64.ln())), Verdict::ProbablyDecreased);
    }

    #[test]
    fn only_repeats_of_a_pair_that_passed_are_sure() {
        let mut lesion = scar(100.0, 50.0);
        (lesion.before.repeats, lesion.after.repeats) = (vec![101.0], vec![49.5]);
        let verdict =
            |setting| judge_lesions(std::slice::from_ref(&lesion), &noise(30.0), setting)[0].verdict;
        assert_eq!(verdict(Setting::Registered), Verdict::Decreased);
        assert_eq!(verdict(Setting::Limited), Verdict::ProbablyDecreased);
    }

    #[test]
    fn repeats_that_scatter_widen_what_is_needed() {
        let with = |spread: f64| {
            let mut lesion = scar(100.0, 80.0);
            lesion.before.repeats = vec![100.0 + spread, 100.0 - spread];
            judge_lesions(&[lesion], &noise(4.0), Setting::Registered)[0].smallest_detectable_change.unwrap()
        };
        // t(0.975; 6) = 2.446912; (4·1.25 + 2·spread²)/6 of a capture, three against one.
        let expected =
            |spread: f64| 2.446_912 * ((4.0 * 1.25 + 2.0 * spread * spread) / 6.0 * (1.0 / 3.0 + 1.0)).sqrt();
        for spread in [0.0, 10.0] {
            assert!((with(spread) / expected(spread) - 1.0).abs() < 1e-5, "{}", with(spread));
        }
    }

    #[test]
    fn a_kind_without_noise_claims_nothing() {
        let found = one(LesionInput { kind: LesionKind::Spot, ..scar(0.4, 0.0) });
        assert_eq!((found.verdict, found.change), (Verdict::NotMeasurable, -0.4));
        assert_eq!((found.held_back, found.smallest_detectable_change), (Some(HeldBack::NoNoise), None));
    }

    #[test]
    fn one_small_change_among_many_is_no_claim_and_alone_it_is() {
        // Beyond 4.65 by little: p of 0.03.
        let small = scar(100.0, 94.85);
        assert!(one(small.clone()).verdict.claims_change());
        let mut many = vec![scar(100.0, 100.0); 20];
        many.push(small.clone());
        let judged = judge_lesions(&many, &noise(1e6), Setting::Registered);
        assert!(judged.iter().all(|c| !c.verdict.claims_change()));
        // It exceeds its noise, and says by which reason it is none.
        assert_eq!(judged[20].held_back, Some(HeldBack::OneOfMany));
        assert!(judged[..20].iter().all(|c| c.held_back.is_none()));
        // Among many that did change it is one of them.
        let mut treated = vec![scar(100.0, 50.0); 20];
        treated.push(small);
        assert!(
            judge_lesions(&treated, &noise(1e6), Setting::Registered)
                .iter()
                .all(|c| c.verdict.claims_change())
        );
    }
}
