//! From two values to a verdict: the change, an interval that holds sampling, capture error and allowances, the smallest change
//! that this set of captures could show, and the words that may be used.
//!
//! Every verdict follows from the numbers that stand beside it, see [`Change`].

use super::allowance::{AllowanceSource, Allowances};
use super::blocks::{Spread, block_error};
use super::captures::{CaptureError, Captures, Known, NoiseSource, Visit};
use super::controlled::Delta;
use super::counts::CountChange;
use super::families::{self, Attribution};
use super::holds::holm_with_secondary;
use super::inversion::SharedNoise;
use super::leak::Leak;
use super::noise::{NoiseTable, Setting};
use super::objects::{ObjectChange, OverObjects};
use super::student::{p_value, sum_of, t_quantile};
use super::verdict::{Change, HeldBack, Verdict};
use crate::measure::paired::{Paired, PairedCount, PairedObject, Statistic};
use crate::measure::{Axis, Blocks, Range};

/// Level of the printed interval, and of the family of primary endpoints.
pub const LEVEL: f64 = 0.95;
/// Standard deviations that hold 95 % of a normal error: the scale's.
const SCALE_REACH: f64 = 1.96;
/// Share of a hemoglobin change that can show up as melanin, and the other way round (`measures.md` §2).
const MELANIN_FROM_HEMOGLOBIN: f64 = 0.56;
const HEMOGLOBIN_FROM_MELANIN: f64 = 0.14;
/// The two metrics that guard each other.
const MELANIN: (&str, &str) = ("pigment", "melanin_mean");
const HEMOGLOBIN: (&str, &str) = ("redness", "hemoglobin_mean");
/// Capture noise of the logarithm from which a value counts as nearly nothing. Its logarithm means little then: a change is judged
/// as a difference.
const MOST_LN_NOISE: f64 = 0.25;
/// Objects from which the scatter of their own changes shows the noise of single objects.
const LEAST_OBJECTS: usize = 5;
/// Smallest detectable change of the logarithm from which nothing can be said: a doubling or a halving.
const TOO_UNCERTAIN_LN: f64 = std::f64::consts::LN_2;

/// A metric with a value on both visits.
#[derive(Debug, Clone)]
pub struct MetricInput<'a> {
    /// Measure and metric, by their names in the report.
    pub name: (&'static str, &'static str),
    /// Axis of the change.
    pub axis: Axis,
    /// Values that the metric can have.
    pub range: Range,
    /// Whether it is a primary endpoint.
    pub primary: bool,
    /// Before.
    pub before: Captures,
    /// After.
    pub after: Captures,
    /// Parts of the change that causes other than the skin can have made, on its axis: no claim within their sum.
    pub allowances: Allowances,
    /// By what share the value moves for each share by which contrast reads stronger.
    pub leverage: f64,
    /// Optical density of the threshold that it exceeds, where it does.
    pub threshold: Option<f64>,
    /// Error of the chart or card that colors rest on, where the metric is a level.
    pub target: Option<TargetError>,
    /// Coefficient of variation that the scale gives the value.
    pub scale_cv: f64,
    /// The same objects on both visits, where the metric is read over objects.
    pub paired: Option<&'a Paired>,
    /// Blocks before and after, where the metric is a mean.
    pub blocks: Option<(&'a Blocks, &'a Blocks)>,
    /// Estimate of the spread of blocks.
    pub spread: Spread,
}

impl MetricInput<'_> {
    /// A positive metric on the logarithm with nothing but its captures, for tests.
    #[cfg(test)]
    pub(crate) fn plain(name: (&'static str, &'static str), [before, after]: [Captures; 2]) -> Self {
        Self {
            name,
            axis: Axis::Ln,
            range: Range::POSITIVE,
            primary: true,
            before,
            after,
            allowances: Allowances::default(),
            leverage: 0.0,
            threshold: None,
            target: None,
            scale_cv: 0.0,
            paired: None,
            blocks: None,
            spread: Spread::OfMost,
        }
    }

    /// Mean of each visit, in the metric's unit.
    pub(super) fn visit_means(&self) -> [f64; 2] {
        [self.before.mean(), self.after.mean()]
    }
}

/// Error of a change that the chart or card makes that colors rest on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetError {
    /// Variance of the change, on the metric's axis.
    pub variance: f64,
    /// Degrees of freedom it rests on.
    pub df: f64,
}

/// A change on its axis with its errors.
struct Effect {
    /// The axis that it is judged on: the metric's own, or a difference where a value is nearly nothing or one of objects.
    axis: Axis,
    delta: f64,
    /// Before, on the axis.
    before: f64,
    /// Reach of the interval below and above the change by noise alone.
    reach: Reach,
    /// Two-sided p of no change, by noise alone.
    p: f64,
    /// Smallest detectable change by noise alone, on the axis.
    sdc: f64,
    source: NoiseSource,
    /// Allowances on the axis.
    allowances: Allowances,
}

/// Distance of both ends of an interval from the change.
#[derive(Debug, Clone, Copy)]
struct Reach {
    low: f64,
    high: f64,
}

impl Reach {
    fn even(size: f64) -> Self {
        Self { low: size, high: size }
    }

    /// Of an interval around `change`.
    fn of(change: f64, (low, high): (f64, f64)) -> Self {
        Self { low: change - low, high: high - change }
    }

    /// Towards no change.
    fn toward_zero(self, delta: f64) -> f64 {
        if delta < 0.0 { self.high } else { self.low }
    }
}

impl Effect {
    /// A change on the axis in the metric's unit, as a change from the value before.
    fn in_unit(&self, delta: f64) -> f64 {
        match self.axis {
            Axis::Raw => delta,
            Axis::Ln => self.before.exp() * delta.exp_m1(),
        }
    }
}

/// Judges all metrics of a pair together.
///
/// The primary endpoints share one error level (Holm 1979). Melanin and hemoglobin guard each other. Families of relief and pigment
/// that can account for a change are named, and silence nothing. Prior noise is that of pairs of the same `setting`; unless they
/// passed every gate, nothing is more than probable.
pub fn judge(inputs: &[MetricInput<'_>], noise: &NoiseTable, setting: Setting) -> Vec<Change> {
    let mut effects: Vec<Option<Effect>> = inputs.iter().map(|input| effect(input, noise, setting)).collect();
    guard(inputs, &mut effects);
    let p: Vec<_> = effects.iter().map(|effect| effect.as_ref().map(|effect| effect.p)).collect();
    let primary: Vec<_> = inputs.iter().map(|input| input.primary).collect();
    let adjusted = holm_with_secondary(&p, &primary);
    let within: Vec<f64> =
        inputs.iter().zip(&effects).map(|(i, e)| e.as_ref().map_or(0.0, |e| within(i, e))).collect();
    let attributions = families::attributions(inputs, &within);
    let mut out = Vec::with_capacity(inputs.len());
    for (((input, effect), p), attribution) in inputs.iter().zip(&effects).zip(adjusted).zip(attributions) {
        out.push(match (effect, p) {
            (Some(effect), Some(p)) => describe(input, effect, p, attribution, setting),
            _ => Change::without_noise(input.visit_means()),
        });
    }
    out
}

/// Movement of a value without any change, on the metric's own axis.
fn within(input: &MetricInput<'_>, effect: &Effect) -> f64 {
    match (input.axis, effect.axis) {
        (Axis::Ln, Axis::Raw) => effect.sdc / larger_mean(input).max(f64::MIN_POSITIVE),
        _ => effect.sdc,
    }
}

/// The larger of the visits' means, at least 0.
fn larger_mean(input: &MetricInput<'_>) -> f64 {
    input.visit_means().into_iter().fold(0.0, f64::max)
}

/// Adds the allowances of melanin and hemoglobin for each other's change.
fn guard(inputs: &[MetricInput<'_>], effects: &mut [Option<Effect>]) {
    let place = |name| inputs.iter().position(|input| input.name == name);
    let (Some(melanin), Some(hemoglobin)) = (place(MELANIN), place(HEMOGLOBIN)) else { return };
    let [of_melanin, of_hemoglobin] =
        [melanin, hemoglobin].map(|k| effects[k].as_ref().map(|effect| effect.delta.abs()));
    let mut allow = |k: usize, source, size: Option<f64>| {
        if let (Some(effect), Some(size)) = (&mut effects[k], size) {
            let allowances = std::mem::take(&mut effect.allowances);
            effect.allowances = allowances.with(source, Leak::either_way(size));
        }
    };
    allow(melanin, AllowanceSource::Hemoglobin, of_hemoglobin.map(|d| MELANIN_FROM_HEMOGLOBIN * d));
    allow(hemoglobin, AllowanceSource::Melanin, of_melanin.map(|d| HEMOGLOBIN_FROM_MELANIN * d));
}

fn effect(input: &MetricInput<'_>, noise: &NoiseTable, setting: Setting) -> Option<Effect> {
    // Were nothing changed, the visits' mean would be what both captures are of.
    let level = input.visit_means().iter().sum::<f64>() / 2.0;
    // The grain is the noise of single objects, which the scatter of their own changes shows.
    let is_seen = input.paired.is_some_and(|paired| paired.objects.len() >= LEAST_OBJECTS);
    let known = noise.get(input.name.0, input.name.1, setting).map(|entry| Known {
        s_w: if is_seen { entry.s_w } else { entry.at(level, input.leverage, input.threshold) },
        df: entry.df,
        source: entry.source,
    });
    let logarithmic = input.axis == Axis::Ln
        && !input.paired.is_some_and(Paired::is_of_objects)
        && input.before.all().chain(input.after.all()).all(|value| value > 0.0)
        && known.is_none_or(|known| known.s_w <= MOST_LN_NOISE);
    match input.axis {
        Axis::Ln if !logarithmic => {
            let larger = larger_mean(input);
            let known = known.map(|known| Known { s_w: level.max(0.0) * known.s_w, ..known });
            // The largest share of the larger value that a cause can have made.
            let allowances = input.allowances.mapped(|ln| larger * -(-ln).exp_m1());
            effect_on(Axis::Raw, input, known, allowances)
        }
        axis => effect_on(axis, input, known, input.allowances.clone()),
    }
}

fn effect_on(
    axis: Axis,
    input: &MetricInput<'_>,
    known: Option<Known>,
    allowances: Allowances,
) -> Option<Effect> {
    let visit = |captures| Visit::on(captures, |value| axis.at(value));
    let (before, after) = (visit(&input.before)?, visit(&input.after)?);
    let captures = CaptureError::of(&before, &after, known);
    let delta = after.mean - before.mean;
    let Errors { reach, p, sdc } = match input.paired.and_then(|paired| of_objects(paired, captures.as_ref()))
    {
        Some(errors) => errors,
        None => of_captures(axis, input, delta, captures.as_ref()?)?,
    };
    // A count has an error of its own, however many captures there are.
    let is_count = input.paired.is_some_and(|paired| paired.count.is_some());
    let source = captures.filter(|_| !is_count).map_or(NoiseSource::Prior, |captures| captures.source);
    Some(Effect { axis, delta, before: before.mean, reach, p, sdc, source, allowances })
}

/// Errors of a change, on its axis.
struct Errors {
    reach: Reach,
    p: f64,
    sdc: f64,
}

/// Errors by captures, target and blocks. `None` without any noise: there is nothing to hold a change against.
fn of_captures(axis: Axis, input: &MetricInput<'_>, delta: f64, captures: &CaptureError) -> Option<Errors> {
    let repeated = (captures.variance, captures.df);
    // With repeats too, and however many there are. Repeats show how a target is read anew each time, but
    // not what one light makes of it in all of them, and the scatter of patches holds mostly that. What
    // they do show is counted twice: rather silent than bold.
    let target = input.target.map_or((0.0, 1.0), |e| (e.variance, e.df));
    let (capture, capture_df) = sum_of(&[repeated, target]);
    let blocks = input.blocks.and_then(|(b, a)| block_error(axis, b, a, input.spread));
    let sampling = blocks.map_or((0.0, 1.0), |e| (e.se * e.se, e.df));
    let (total, df) = sum_of(&[repeated, target, sampling]);
    (total > 0.0).then(|| Errors {
        reach: Reach::even(t_quantile(df) * total.sqrt()),
        p: p_value(delta / total.sqrt(), df),
        sdc: t_quantile(capture_df) * capture.sqrt(),
    })
}

/// Errors of a number over the same objects: from the objects' own changes, and the capture noise that all of them share. The error of a
/// count is that of the gone and the new: objects that noise finds on one photograph alone are among them. `None` for readings over
/// pixels.
fn of_objects(paired: &Paired, captures: Option<&CaptureError>) -> Option<Errors> {
    if let (Some(PairedCount { before_only, after_only, both }), Statistic::Count { per }) =
        (paired.count, paired.statistic)
    {
        let count = CountChange::paired(both as usize, before_only as usize, after_only as usize);
        let (low, high) = count.interval(LEVEL);
        return Some(Errors {
            reach: Reach::of(count.change() / per, (low / per, high / per)),
            p: count.p(),
            sdc: count.smallest_detectable_change(LEVEL) / per,
        });
    }
    let (over, per) = match paired.statistic {
        Statistic::WeightedMean => (OverObjects::Mean, 1.0),
        Statistic::Sum { per } => (OverObjects::Sum, per),
        Statistic::Quantile(share) => (OverObjects::Quantile(share), 1.0),
        Statistic::Count { .. } | Statistic::Whole => return None,
    };
    let objects: Vec<PairedObject> =
        paired.objects.iter().map(|o| PairedObject { weight: o.weight / per, ..*o }).collect();
    let captures = captures?;
    let shared = SharedNoise { variance: captures.variance, df: captures.df };
    let change = ObjectChange::of(&objects, over, Some(shared))?;
    Some(Errors {
        reach: Reach::of(change.change(), change.interval(LEVEL)?),
        p: change.p()?,
        sdc: t_quantile(captures.df) * captures.variance.sqrt(),
    })
}

fn describe(
    input: &MetricInput<'_>,
    e: &Effect,
    p_adjusted: f64,
    attribution: Attribution,
    setting: Setting,
) -> Change {
    let allowed = e.allowances.total();
    let allowance = allowed.of(e.delta);
    let toward_zero = e.reach.toward_zero(e.delta);
    let safe = p_adjusted <= 1.0 - LEVEL;
    let is_own = e.source.is_own();
    // The prior is widened, and must pass the adjusted test; noise measured here may be probable without it.
    let exceeds = |allowance: f64| e.delta.abs() > e.sdc.max(toward_zero) + allowance;
    let beyond = |allowance: f64| exceeds(allowance) && (safe || is_own);
    let sdc = e.sdc + allowance;
    let toward = if e.delta < 0.0 { -sdc } else { sdc };
    let smallest_detectable_change = e.in_unit(toward).abs();
    let uncertain = match e.axis {
        Axis::Ln => sdc >= TOO_UNCERTAIN_LN,
        // Held against the values that are printed.
        Axis::Raw => {
            let [before, after] = input.visit_means();
            let larger = before.max(after);
            input.range.is_filled_by(smallest_detectable_change, larger)
        }
    };
    let (verdict, held_back) = if beyond(allowance) {
        let sure = safe && setting == Setting::Registered && is_own;
        (Verdict::of(true, sure, e.delta < 0.0), None)
    } else if let (true, Some(source)) = (beyond(0.0), e.allowances.largest(e.delta)) {
        (Verdict::NotMeasurable, Some(HeldBack::Allowance { source, allowance }))
    } else if exceeds(allowance) {
        (Verdict::NotMeasurable, Some(HeldBack::OneOfMany))
    } else if uncertain {
        (Verdict::NotMeasurable, Some(HeldBack::TooUncertain))
    } else {
        (Verdict::NoDetectableChange, None)
    };
    let own = verdict.claims_change();
    let attribution =
        if e.axis == input.axis { attribution } else { attribution.of_difference(larger_mean(input)) };
    // A cause that made a part of a fall leaves the true fall smaller.
    let low = bound(input, e, e.delta - e.reach.low - allowed.rises);
    let high = bound(input, e, e.delta + e.reach.high + allowed.falls);
    Change {
        visits: [&input.before, &input.after].map(|visit| visit.mean_on(e.axis)),
        change: e.in_unit(e.delta),
        change_percent: (input.axis == Axis::Ln).then(|| percent(e)).flatten(),
        interval: Some((low, high)),
        smallest_detectable_change: Some(smallest_detectable_change),
        noise_source: Some(e.source),
        verdict,
        held_back,
        axis: e.axis,
        p_adjusted: Some(p_adjusted),
        allowances: e.allowances.clone(),
        remaining: own.then(|| attribution.remaining(e.delta)),
        explained_by: if own && attribution.explains(e.delta, e.sdc.max(toward_zero) + allowance) {
            attribution.families(e.delta)
        } else {
            Vec::new()
        },
        delta: Some(Delta { value: e.delta, reach: 0.5 * (e.reach.low + e.reach.high) }),
    }
}

/// A change in per cent of before; `None` where before is nothing.
fn percent(e: &Effect) -> Option<f64> {
    match e.axis {
        Axis::Ln => Some(100.0 * e.delta.exp_m1()),
        Axis::Raw => (e.before > 0.0).then(|| 100.0 * e.delta / e.before),
    }
}

/// An end of the interval in the metric's unit, within the values that the metric can have.
///
/// One scale serves both visits, and registration gives the other. Its error cancels in ratios, so that no change comes from it and
/// no verdict depends on it. It stretches a change in mm or cm², though, and never turns its sign.
fn bound(input: &MetricInput<'_>, e: &Effect, delta: f64) -> f64 {
    let (change, end) = (e.in_unit(e.delta), e.in_unit(delta));
    let off = end - change;
    let stretched = change + off.hypot(SCALE_REACH * input.scale_cv * change).copysign(off);
    let end = if end * stretched > 0.0 || input.scale_cv == 0.0 {
        stretched
    } else {
        end / (1.0 + SCALE_REACH * input.scale_cv)
    };
    let before = match e.axis {
        Axis::Raw => e.before,
        Axis::Ln => e.before.exp(),
    };
    input.range.clamp(before + end) - before
}

#[cfg(test)]
mod tests {
    use super::super::noise::NoiseEntry;
    use super::*;

    /// The same noise in both settings.
    fn table(s_w: f64, df: f64) -> NoiseTable {
        let [mut registered, limited] =
            [Setting::Registered, Setting::Limited].map(|setting| table_of(setting, s_w, df));
        registered.entries.extend(limited.entries);
        registered
    }

    fn table_of(setting: Setting, s_w: f64, df: f64) -> NoiseTable {
        let entry = |(measure, metric): (&str, &str), logarithmic| NoiseEntry {
            measure: measure.to_owned(),
            metric: metric.to_owned(),
            setting,
            s_w,
            grain: 0.0,
            contrast: 0.0,
            logarithmic,
            df,
            definition: 1,
            source: NoiseSource::Prior,
        };
        let entries = vec![entry(RCI, true), entry(MELANIN, false), entry(HEMOGLOBIN, false)];
        NoiseTable { source: "test".to_owned(), entries, lesions: Vec::new() }
    }

    const RCI: (&str, &str) = ("scars", "relief_contrast");

    fn input(
        name: (&'static str, &'static str),
        axis: Axis,
        before: f64,
        after: f64,
    ) -> MetricInput<'static> {
        let visits = [before, after].map(|value| Captures { value, repeats: Vec::new() });
        MetricInput { axis, primary: name != MELANIN, ..MetricInput::plain(name, visits) }
    }

    fn one(input: MetricInput<'_>, noise: &NoiseTable) -> Change {
        judge(&[input], noise, Setting::Registered).remove(0)
    }

    #[test]
    fn the_smallest_detectable_change_of_many_degrees_of_freedom_is_2_77_s_w() {
        let found = one(input(MELANIN, Axis::Raw, 1.0, 1.05), &table(0.01, 1e6));
        // 1.96·√2·s_w of the prior widened by 1.5.
        assert!((found.smallest_detectable_change.unwrap() - 2.7718 * 0.015).abs() < 1e-5);
        assert_eq!(found.noise_source, Some(NoiseSource::Prior));
    }

    #[test]
    fn few_degrees_of_freedom_cost_what_the_t_table_says() {
        // t(0.975; 2) = 4.302653, with equal repeats and no prior: three and one capture.
        let mut three = input(RCI, Axis::Raw, 10.0, 10.0);
        three.before.repeats = vec![10.2, 9.8];
        let empty = NoiseTable { source: String::new(), entries: Vec::new(), lesions: Vec::new() };
        let found = one(three, &empty);
        let expected = 4.302_653 * (0.04f64 * (1.0 / 3.0 + 1.0)).sqrt();
        assert!((found.smallest_detectable_change.unwrap() - expected).abs() < 1e-5);
        assert_eq!(found.noise_source, Some(NoiseSource::Repeats));
    }

    #[test]
    fn scars_that_can_account_for_pores_are_named_beside_them() {
        const PORES: (&str, &str) = ("pores", "contrast");
        let mut noise = table(0.01, 1e6);
        let of_pores = noise.entries[..1].iter().map(|e| NoiseEntry {
            measure: PORES.0.into(),
            metric: PORES.1.into(),
            ..e.clone()
        });
        noise.entries.extend(of_pores.collect::<Vec<_>>());
        let pores = || input(PORES, Axis::Ln, 6.0, 4.0);
        let alone = judge(&[pores()], &noise, Setting::Registered).remove(0);
        assert_eq!(alone.verdict, Verdict::ProbablyDecreased);
        assert_eq!((alone.explained_by.len(), alone.remaining), (0, Some(1.0)));
        let both = judge(&[input(RCI, Axis::Ln, 45.0, 30.0), pores()], &noise, Setting::Registered);
        assert!(both[0].explained_by.is_empty());
        // Nothing is silenced: the pores are called, and the scars are named beside.
        assert_eq!((both[1].verdict, both[1].remaining), (Verdict::ProbablyDecreased, Some(0.0)));
        assert_eq!(both[1].explained_by, [("scars", 1.0)]);
    }

    #[test]
    fn pigment_within_its_own_noise_takes_nothing_from_lines() {
        const LINES: (&str, &str) = ("wrinkles", "contrast");
        const BURDEN: (&str, &str) = ("pigment", "burden");
        let mut noise = table(0.01, 1e6);
        let like = noise.entries[0].clone();
        let entry = |(measure, metric): (&str, &str), s_w| NoiseEntry {
            measure: measure.to_owned(),
            metric: metric.to_owned(),
            s_w,
            ..like.clone()
        };
        noise.entries.extend([entry(LINES, 0.031), entry(BURDEN, 0.05)]);
        let both = |burden: f64| {
            let inputs = [input(LINES, Axis::Ln, 20.0, 17.0), input(BURDEN, Axis::Ln, 8.0, burden)];
            judge(&inputs, &noise, Setting::Registered).remove(0)
        };
        // ln(8 ÷ 6.9) = 0.148 of 0.208 that burden moves by itself; ln(8 ÷ 5) is beyond, and spots show on lines.
        assert!(both(6.9).verdict.claims_change() && both(6.9).explained_by.is_empty());
        assert!(both(5.0).verdict.claims_change());
        assert_eq!(both(5.0).explained_by, [("pigment", 1.0)]);
    }

    #[test]
    fn prior_noise_never_says_more_than_probably() {
        let found = one(input(RCI, Axis::Ln, 30.0, 15.0), &table(0.01, 30.0));
        assert_eq!(found.verdict, Verdict::ProbablyDecreased);
        assert!((found.change_percent.unwrap() + 50.0).abs() < 1e-9 && (found.change + 15.0).abs() < 1e-9);
        let (low, high) = found.interval.unwrap();
        assert!(low < -15.0 && -15.0 < high && high < 0.0);
        let small = one(input(RCI, Axis::Ln, 30.0, 29.5), &table(0.01, 30.0));
        assert_eq!(small.verdict, Verdict::NoDetectableChange);
    }

    #[test]
    fn what_is_nearly_nothing_may_double_and_be_the_same() {
        let mut noise = table(0.01, 1e6);
        noise.entries[0].grain = 0.02;
        let doubled = |before: f64| one(input(RCI, Axis::Ln, before, 2.0 * before), &noise);
        assert!(doubled(30.0).verdict.claims_change());
        let faint = doubled(0.04);
        assert!(!faint.verdict.claims_change());
        // A difference: by hand, √(0.01² + (0.02/0.06)²) = 0.3335, times the level of 0.06, times 1.5·√2·1.96 = 0.0832.
        assert!((faint.smallest_detectable_change.unwrap() - 0.0832).abs() < 1e-4);
        assert_eq!((faint.axis, faint.held_back), (Axis::Raw, Some(HeldBack::TooUncertain)));
        // After cannot be below 0.
        assert_eq!(faint.interval.unwrap().0, -0.04);
        // What was much and is nearly gone, is still gone.
        assert!(one(input(RCI, Axis::Ln, 30.0, 0.04), &noise).verdict.claims_change());
    }

    #[test]
    fn what_just_exceeds_its_threshold_moves_many_times_as_much_as_contrast() {
        const BURDEN: (&str, &str) = ("pigment", "burden");
        let mut noise = table(0.01, 1e6);
        let entry = &mut noise.entries[0];
        (entry.measure, entry.metric, entry.contrast) = (BURDEN.0.to_owned(), BURDEN.1.to_owned(), 0.017);
        let smallest = |leverage: f64| {
            let found = one(MetricInput { leverage, ..input(BURDEN, Axis::Ln, 1.0, 1.4) }, &noise);
            (found.smallest_detectable_change.unwrap(), found.verdict)
        };
        let (wide, verdict) = smallest(10.0);
        // √(0.01² + (10 · 0.017)²) times 1.5·√2·1.96.
        assert!((wide - (0.170_294 * 4.1577f64).exp_m1()).abs() < 1e-3, "{wide}");
        // More than a doubling: ln 2 = 0.693.
        assert_eq!(verdict, Verdict::NotMeasurable);
        assert_eq!(smallest(9.0).1, Verdict::NoDetectableChange);
        assert_eq!(smallest(1.0).1, Verdict::ProbablyIncreased);
    }

    #[test]
    fn repeats_may_be_sure_unless_the_pair_is_limited() {
        let mut sure = input(RCI, Axis::Ln, 30.0, 15.0);
        (sure.before.repeats, sure.after.repeats) = (vec![30.3, 29.8], vec![15.1, 14.9]);
        assert_eq!(one(sure.clone(), &table(0.01, 30.0)).verdict, Verdict::Decreased);
        assert_eq!(
            judge(&[sure], &table(0.01, 30.0), Setting::Limited)[0].verdict,
            Verdict::ProbablyDecreased
        );
    }

    #[test]
    fn a_pair_is_held_against_the_noise_of_its_own_setting() {
        let mut noise = table_of(Setting::Registered, 0.01, 30.0);
        let halved = || [input(RCI, Axis::Ln, 30.0, 15.0)];
        assert_eq!(judge(&halved(), &noise, Setting::Registered)[0].verdict, Verdict::ProbablyDecreased);
        let limited = &judge(&halved(), &noise, Setting::Limited)[0];
        assert_eq!((limited.verdict, limited.noise_source), (Verdict::NotMeasurable, None));
        noise.entries.extend(table_of(Setting::Limited, 0.02, 30.0).entries);
        let [smallest, of_limited] = [Setting::Registered, Setting::Limited]
            .map(|setting| judge(&halved(), &noise, setting)[0].smallest_detectable_change.unwrap());
        // t(0.975; 30) = 2.042272.
        // A fall, from 30.
        let expected = |s_w: f64| 30.0 * -(-2.042_272 * 2f64.sqrt() * 1.5 * s_w).exp_m1();
        assert!((smallest - expected(0.01)).abs() < 1e-4 && (of_limited - expected(0.02)).abs() < 1e-4);
    }

    #[test]
    fn what_the_light_can_have_made_is_not_claimed() {
        let noise = table(0.01, 1e6);
        // ln(0.85) = −0.163 against an SDC of 0.042: within a leak of 0.15, beyond one of 0.10.
        let with = |leak| {
            let allowances = Allowances::default().with(AllowanceSource::Light, leak);
            one(MetricInput { allowances, ..input(RCI, Axis::Ln, 20.0, 17.0) }, &noise)
        };
        assert_eq!(with(Leak::either_way(0.10)).verdict, Verdict::ProbablyDecreased);
        let held = with(Leak::either_way(0.15));
        assert_eq!(held.verdict, Verdict::NotMeasurable);
        let source = AllowanceSource::Light;
        assert_eq!(held.held_back, Some(HeldBack::Allowance { source, allowance: 0.15 }));
        // The interval holds what the light can have made, and so 0.
        assert!(held.interval.unwrap().1 > 0.0 && held.change < -2.9);
        // What would have made it grow made no fall.
        assert_eq!(with(Leak::along(0.15)).verdict, Verdict::ProbablyDecreased);
        assert_eq!(with(Leak::along(-0.15)).verdict, Verdict::NotMeasurable);
    }

    #[test]
    fn the_error_of_a_target_adds_to_noise_from_the_table_and_from_repeats() {
        let noise = table(0.01, 1e6);
        let with = |repeats: &[f64], variance: f64| {
            let target = Some(TargetError { variance, df: 1e6 });
            let mut input = MetricInput { target, ..input(MELANIN, Axis::Raw, 1.0, 1.1) };
            input.before.repeats = repeats.to_vec();
            let found = one(input, &noise);
            let (low, high) = found.interval.unwrap();
            (found.smallest_detectable_change.unwrap(), 0.5 * (high - low), found.verdict)
        };
        // 1.96·√(2·0.015² + 0.04²), by hand; the interval without blocks is as wide.
        let (sdc, half, verdict) = with(&[], 0.0016);
        assert!((sdc - 0.088_741).abs() < 1e-5 && (half - sdc).abs() < 1e-9, "{sdc} {half}");
        assert!(verdict.claims_change() && !with(&[], 0.0100).2.claims_change());
        // Two captures against one, drawn wholly to the prior: the target's part is not halved.
        let (sdc, ..) = with(&[1.0], 0.0016);
        assert!((sdc - 1.959_964 * (0.0001f64 * 1.5 + 0.0016).sqrt()).abs() < 1e-4, "{sdc}");
    }

    #[test]
    fn a_target_of_few_patches_costs_what_the_t_table_says() {
        let target = Some(TargetError { variance: 1.0, df: 5.0 });
        let found = one(MetricInput { target, ..input(MELANIN, Axis::Raw, 1.0, 1.0) }, &table(1e-6, 1e6));
        // t(0.975; 5) = 2.570582.
        assert!((found.smallest_detectable_change.unwrap() - 2.570_582).abs() < 1e-4);
    }

    #[test]
    fn the_scale_widens_a_change_in_its_unit_and_no_ratio_or_verdict() {
        let noise = table(0.01, 1e6);
        let with =
            |scale_cv, after| one(MetricInput { scale_cv, ..input(RCI, Axis::Ln, 30.0, after) }, &noise);
        let (exact, rough) = (with(0.0, 15.0), with(0.087, 15.0));
        let width = |c: &Change| c.interval.unwrap().1 - c.interval.unwrap().0;
        // 1.96·0.087·15 = 2.56 on each side, in quadrature.
        assert!(width(&rough) > 5.1 && width(&rough) < width(&exact) + 5.2, "{}", width(&rough));
        assert_eq!((exact.verdict, exact.change_percent), (rough.verdict, rough.change_percent));
        assert_eq!(with(0.0, 30.0).interval, with(0.087, 30.0).interval);
    }

    #[test]
    fn a_metric_without_noise_claims_nothing() {
        let found = one(input(("scars", "count_per_cm2"), Axis::Ln, 5.0, 1.0), &table(0.01, 30.0));
        assert_eq!((found.verdict, found.change), (Verdict::NotMeasurable, -4.0));
        assert_eq!(found.held_back, Some(HeldBack::NoNoise));
    }

    #[test]
    fn redness_does_not_print_as_pigment() {
        let noise = table(0.002, 50.0);
        let melanin = || input(MELANIN, Axis::Raw, 1.5, 1.55);
        assert!(one(melanin(), &noise).verdict.claims_change());
        let both = judge(&[melanin(), input(HEMOGLOBIN, Axis::Raw, 0.4, 0.5)], &noise, Setting::Registered);
        assert_eq!(both[0].verdict, Verdict::NotMeasurable, "0.56·0.1 exceeds the change of 0.05");
        assert_eq!(both[0].held_back.unwrap().reason().code, "color_unclear");
        assert_eq!(both[1].verdict, Verdict::ProbablyIncreased);
    }

    #[test]
    fn nothing_left_is_a_change_of_all_of_it() {
        let gone = one(input(RCI, Axis::Ln, 3.0, 0.0), &table(0.01, 30.0));
        assert_eq!((gone.change, gone.change_percent), (-3.0, Some(-100.0)));
        assert_eq!((gone.verdict, gone.axis), (Verdict::ProbablyDecreased, Axis::Raw));
        assert_eq!(gone.interval.unwrap().0, -3.0);
        // From nothing there is no per cent.
        let new = one(input(RCI, Axis::Ln, 0.0, 3.0), &table(0.01, 30.0));
        assert_eq!((new.change_percent, new.verdict), (None, Verdict::ProbablyIncreased));
    }

    #[test]
    fn no_interval_leaves_the_range_and_no_scale_turns_a_sign() {
        let share = |before, after| {
            let range = Range::PERCENT;
            one(MetricInput { range, ..input(RCI, Axis::Ln, before, after) }, &table(0.2, 1e6))
        };
        let (low, high) = share(60.0, 70.0).interval.unwrap();
        assert!(low >= -60.0 && high <= 40.0 + 1e-9, "{low} {high}");
        // The fall is beyond its noise; the scale is so rough that 0 would lie within its error.
        let rough = MetricInput { scale_cv: 0.6, ..input(RCI, Axis::Ln, 30.0, 27.0) };
        let found = one(rough, &table(0.015, 1e6));
        assert!(found.verdict.claims_fall() && found.interval.unwrap().1 < 0.0, "{found:?}");
    }

    const DEPTH: (&str, &str) = ("scars", "depth_proxy_mean");

    /// Depths of so many scars, of which this share is left, give or take a tenth from scar to scar.
    fn scars(n: u32, left: f64) -> Paired {
        let object = |i: u32| {
            let before = 40.0 + f64::from(i * 7 % 30);
            let own = left * (1.0 + 0.1 * f64::from(i % 3) - 0.1);
            PairedObject { before, after: own * before, weight: 1.0 }
        };
        let objects: Vec<_> = (0..n).map(object).collect();
        let mean = |of: fn(&PairedObject) -> f64| objects.iter().map(of).sum::<f64>() / f64::from(n);
        let values = vec![mean(|o| o.before), mean(|o| o.after)];
        Paired { values, statistic: Statistic::WeightedMean, objects, count: None, blocks: Vec::new() }
    }

    fn of_paired(name: (&'static str, &'static str), paired: &Paired, noise: &NoiseTable) -> Change {
        let plain = input(name, Axis::Ln, paired.values[0], paired.values[1]);
        one(MetricInput { paired: Some(paired), primary: false, ..plain }, noise)
    }

    #[test]
    fn depth_of_the_same_scars_is_a_difference_with_an_error_of_its_own() {
        let mut noise = table(0.01, 1e6);
        noise.entries[0].metric = DEPTH.1.to_owned();
        let half = of_paired(DEPTH, &scars(20, 0.5), &noise);
        assert_eq!((half.verdict, half.axis), (Verdict::ProbablyDecreased, Axis::Raw));
        assert!((half.change_percent.unwrap() + 50.0).abs() < 2.0, "{half:?}");
        // 1.96·√2·1.5·0.01 of the mean of both visits, by hand.
        let level = scars(20, 0.5).values.iter().sum::<f64>() / 2.0;
        assert!((half.smallest_detectable_change.unwrap() - 0.041_58 * level).abs() < 1e-3);
        // The noise of single scars shows in their own changes; of few scars it must be known.
        let mut grainy = noise.clone();
        grainy.entries[0].grain = 10.0;
        let smallest = |n: u32, noise: &NoiseTable| {
            of_paired(DEPTH, &scars(n, 0.5), noise).smallest_detectable_change.unwrap()
        };
        assert_eq!(smallest(20, &grainy), smallest(20, &noise));
        assert!(smallest(4, &grainy) > 2.0 * smallest(4, &noise));
        assert_eq!(of_paired(DEPTH, &scars(20, 1.0), &noise).verdict, Verdict::NoDetectableChange);
        // Nothing left of any: all of it is gone, and the interval ends there.
        let gone = of_paired(DEPTH, &scars(20, 0.0), &noise);
        assert_eq!((gone.change_percent, gone.verdict), (Some(-100.0), Verdict::ProbablyDecreased));
        assert_eq!(gone.interval.unwrap().0, gone.change);
        // Two scars: their own scatter is hardly known, and the interval is wide.
        let wide = |n: u32| of_paired(DEPTH, &scars(n, 0.5), &noise).interval.map(|(low, high)| high - low);
        assert!(wide(3).unwrap() > 2.0 * wide(20).unwrap(), "{:?} {:?}", wide(3), wide(20));
    }

    #[test]
    fn half_of_the_scars_gone_is_called_and_one_of_five_is_not() {
        let counted = |both: u32, gone: u32, new: u32| {
            let per = 9.0;
            let values = [both + gone, both + new].map(|count| f64::from(count) / per).to_vec();
            let count = Some(PairedCount { before_only: gone, after_only: new, both });
            let statistic = Statistic::Count { per };
            let paired = Paired { values, statistic, objects: Vec::new(), count, blocks: Vec::new() };
            of_paired(("scars", "count_per_cm2"), &paired, &table(0.01, 1e6))
        };
        // No noise of counts is in the table: a count has an error of its own.
        let half = counted(15, 15, 0);
        assert_eq!((half.verdict, half.change_percent), (Verdict::ProbablyDecreased, Some(-50.0)));
        assert!(!counted(4, 1, 0).verdict.claims_change());
        assert!(!counted(20, 5, 5).verdict.claims_change());
        assert!(counted(5, 0, 20).verdict.claims_change());
    }
}
