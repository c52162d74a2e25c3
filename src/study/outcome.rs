//! One metric over the pairs of a group.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::find::StudyPair;
use crate::change::{
    EffectSize, LEVEL, ObjectChange, OverObjects, PairedMean, PairedObject, Verdict, share_interval,
};
use crate::measure::{Axis, MetricDef};
use crate::report::{Better, ChangeAxis, Metric, rounded};

/// What became of one metric in a group of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Name for people.
    pub label: String,
    /// Unit of the metric; empty for pure numbers.
    pub unit: String,
    /// Which direction is better.
    pub better: Better,
    /// Whether it is a primary endpoint.
    pub primary: bool,
    /// True if the mean and its interval are per cent of before; in the metric's unit else.
    pub in_percent: bool,
    /// The average that the mean is.
    #[serde(default)]
    pub average: Average,
    /// People with a change: several pairs of one person are one change, their mean.
    pub people: usize,
    /// Pairs with a change.
    pub pairs: usize,
    /// Mean change of the people.
    pub mean_change: f64,
    /// Lower end of its 95 % interval; null for one person.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Two-sided p of no change.
    pub p: Option<f64>,
    /// The same, adjusted over the primary endpoints of the group (Holm 1979); null for others.
    pub p_adjusted: Option<f64>,
    /// Size of the mean beside how people differ, on the logarithm or, for other averages, in the metric's unit; null below
    /// three people.
    pub effect_size: Option<EffectSize>,
    /// In how many the change is larger than what capture alone makes.
    pub responders: Responders,
    /// How many pairs have each verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
}

/// Pairs beyond the smallest detectable change of their own captures. A pair that lost all of a positive metric is beyond it
/// where none is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Responders {
    /// Pairs for which that is known.
    pub of: usize,
    /// Those that fell beyond it.
    pub fell: usize,
    /// Those that rose beyond it.
    pub rose: usize,
    /// Per cent of pairs that went the better way beyond it; null where neither way is better.
    pub percent: Option<f64>,
    /// Its 95 % interval (Clopper–Pearson); null where one person has several pairs, which are not independent.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// The average of people's changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// The geometric mean of after ÷ before, less 1, in per cent: paired t on the logarithm.
    #[default]
    Logarithm,
    /// Σ after ÷ Σ before, less 1, in per cent, with the interval of [`ObjectChange`], people being its objects. Of positive
    /// metrics where someone has 0 on a visit: who lost all of it counts, and has no logarithm.
    RatioOfMeans,
    /// The mean of after − before, in the metric's unit: paired t.
    Difference,
}

/// A metric with a value on both visits of a pair. What was not measurable only because it was too uncertain, or because light,
/// focus, noise or color left it open, has its values still, and counts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Values {
    before: f64,
    after: f64,
}

impl Values {
    fn of(definition: &MetricDef, metric: &Metric) -> Option<Self> {
        let found = Self { before: metric.before?, after: metric.after? };
        let is_one = |value: f64| value.is_finite() && (definition.axis == Axis::Raw || value >= 0.0);
        (is_one(found.before) && is_one(found.after)).then_some(found)
    }

    /// The change as one number; `None` where the average has no place for it.
    fn delta(self, average: Average) -> Option<f64> {
        match average {
            Average::Logarithm => Some(Axis::Ln.at(self.after)? - Axis::Ln.at(self.before)?),
            Average::RatioOfMeans | Average::Difference => Some(self.after - self.before),
        }
    }

    /// True if the change exceeds the smallest detectable one of its pair; `None` where that is not known. A report prints
    /// it in the metric's unit: on a logarithmic axis as a rise from the value before.
    fn is_beyond(self, definition: &MetricDef, metric: &Metric) -> Option<bool> {
        // Of what is lost wholly no more can be lost.
        let lost = self.after == 0.0 && self.before > 0.0 && definition.axis == Axis::Ln;
        let Some(smallest) = metric.smallest_detectable_change else { return lost.then_some(true) };
        let on_logarithm = definition.axis == Axis::Ln && metric.axis != Some(ChangeAxis::Difference);
        match self.delta(Average::Logarithm).filter(|_| on_logarithm) {
            Some(delta) => Some(delta.abs() > (smallest / self.before).ln_1p()),
            None => Some((self.after - self.before).abs() > smallest),
        }
    }
}

impl Average {
    /// The one for a metric over all pairs of a study: the same for all of its groups.
    pub(super) fn of(pairs: &[&StudyPair], measure: &str, definition: &MetricDef) -> Self {
        let values = || pairs.iter().filter_map(|pair| values_of(pair, measure, definition));
        let any_before = values().any(|v| v.before > 0.0);
        match definition.axis {
            Axis::Raw => Self::Difference,
            Axis::Ln if values().all(|v| v.before > 0.0 && v.after > 0.0) => Self::Logarithm,
            Axis::Ln if any_before => Self::RatioOfMeans,
            Axis::Ln => Self::Difference,
        }
    }

    fn is_in_percent(self) -> bool {
        self != Self::Difference
    }
}

/// Which person a pair is of: one that names nobody is a person of its own.
fn person(pair: &StudyPair) -> (bool, &str) {
    match &pair.report.subject {
        Some(subject) => (true, subject),
        None => (false, &pair.pair),
    }
}

/// How many people pairs are of.
pub(super) fn people<'a>(pairs: impl IntoIterator<Item = &'a StudyPair>) -> usize {
    pairs.into_iter().map(person).collect::<BTreeSet<_>>().len()
}

fn metric_of<'a>(pair: &'a StudyPair, measure: &str, definition: &MetricDef) -> Option<&'a Metric> {
    pair.report.measures.get(measure)?.metrics.get(definition.name)
}

fn values_of(pair: &StudyPair, measure: &str, definition: &MetricDef) -> Option<Values> {
    Values::of(definition, metric_of(pair, measure, definition)?)
}

/// A person's pairs together.
#[derive(Debug, Clone, Copy)]
struct Person {
    /// Mean over the pairs.
    values: Values,
    /// Mean change, on the average's scale.
    delta: f64,
}

fn people_of(pairs: &[&StudyPair], measure: &str, definition: &MetricDef, average: Average) -> Vec<Person> {
    let mut of: BTreeMap<(bool, &str), Vec<(Values, f64)>> = BTreeMap::new();
    for pair in pairs {
        let found = values_of(pair, measure, definition).and_then(|v| Some((v, v.delta(average)?)));
        if let Some(found) = found {
            of.entry(person(pair)).or_default().push(found);
        }
    }
    let person = |found: Vec<(Values, f64)>| {
        let mean =
            |value: fn(&(Values, f64)) -> f64| found.iter().map(value).sum::<f64>() / found.len() as f64;
        Person {
            values: Values { before: mean(|f| f.0.before), after: mean(|f| f.0.after) },
            delta: mean(|f| f.1),
        }
    };
    of.into_values().map(person).collect()
}

/// One change a person, in the numbers of the outcome. A person with 0 before and more after has none in per cent.
pub(super) fn changes_of_people(
    pairs: &[&StudyPair],
    measure: &str,
    definition: &MetricDef,
    average: Average,
) -> Vec<f64> {
    let told = |person: &Person| match (average, person.values) {
        (Average::Logarithm, _) => Some(Axis::Ln.told(person.delta)),
        (Average::Difference, _) => Some(person.delta),
        (Average::RatioOfMeans, v) if v.before > 0.0 => Some(100.0 * (v.after / v.before - 1.0)),
        (Average::RatioOfMeans, v) => (v.after == 0.0).then_some(0.0),
    };
    people_of(pairs, measure, definition, average).iter().filter_map(told).collect()
}

/// A mean change with its interval, in the numbers of the outcome.
struct Mean {
    change: f64,
    interval: Option<(f64, f64)>,
    p: Option<f64>,
}

impl Mean {
    fn of(people: &[Person], average: Average) -> Option<Self> {
        if average != Average::RatioOfMeans {
            let deltas: Vec<f64> = people.iter().map(|person| person.delta).collect();
            let axis = if average == Average::Logarithm { Axis::Ln } else { Axis::Raw };
            let mean = PairedMean::of(&deltas);
            return Some(Self {
                change: axis.told(deltas.iter().sum::<f64>() / deltas.len() as f64),
                interval: mean.map(|m| (axis.told(m.low), axis.told(m.high))),
                p: mean.map(|m| m.p),
            });
        }
        let objects: Vec<PairedObject> = people
            .iter()
            .map(|Person { values, .. }| PairedObject {
                before: values.before,
                after: values.after,
                weight: 1.0,
            })
            .collect();
        let found = ObjectChange::of(&objects, OverObjects::Mean, None)?;
        let percent = |change: f64| 100.0 * change / found.before;
        Some(Self {
            change: percent(found.change()),
            interval: found.interval(LEVEL).map(|(low, high)| (percent(low), percent(high))),
            p: found.p(),
        })
    }
}

impl Outcome {
    /// Of a metric over the pairs of a group; `None` where none has a change. p is adjusted later, over the group.
    pub(super) fn of(
        pairs: &[&StudyPair],
        measure: &str,
        definition: &MetricDef,
        average: Average,
    ) -> Option<Self> {
        let metrics: Vec<&Metric> =
            pairs.iter().filter_map(|pair| metric_of(pair, measure, definition)).collect();
        let people = people_of(pairs, measure, definition, average);
        if people.is_empty() {
            return None;
        }
        let mean = Mean::of(&people, average)?;
        let deltas: Vec<f64> = people.iter().map(|person| person.delta).collect();
        let mut verdicts = BTreeMap::new();
        for verdict in metrics.iter().filter_map(|metric| metric.verdict) {
            *verdicts.entry(verdict).or_default() += 1;
        }
        let better = metrics[0].better;
        let pairs: Vec<PairChange> = metrics.iter().filter_map(|m| PairChange::of(definition, m)).collect();
        let round = |effect: EffectSize| EffectSize {
            g: rounded(effect.g),
            low: rounded(effect.low),
            high: rounded(effect.high),
        };
        Some(Self {
            label: definition.label.to_owned(),
            unit: definition.unit.to_owned(),
            better,
            primary: definition.primary,
            in_percent: average.is_in_percent(),
            average,
            people: people.len(),
            pairs: pairs.len(),
            mean_change: rounded(mean.change),
            low: mean.interval.map(|(low, _)| rounded(low)),
            high: mean.interval.map(|(_, high)| rounded(high)),
            p: mean.p.map(rounded),
            p_adjusted: None,
            effect_size: PairedMean::of(&deltas).and_then(|m| m.effect).map(round),
            responders: Responders::of(&pairs, better, people.len()),
            verdicts,
        })
    }
}

/// The direction of a pair's change, and its size beside the noise of its captures.
#[derive(Debug, Clone, Copy)]
struct PairChange {
    fell: bool,
    is_beyond: Option<bool>,
}

impl PairChange {
    fn of(definition: &MetricDef, metric: &Metric) -> Option<Self> {
        let values = Values::of(definition, metric)?;
        Some(Self { fell: values.after < values.before, is_beyond: values.is_beyond(definition, metric) })
    }
}

impl Responders {
    fn of(pairs: &[PairChange], better: Better, people: usize) -> Self {
        let known: Vec<(bool, bool)> = pairs.iter().filter_map(|p| Some((p.is_beyond?, p.fell))).collect();
        let count = |falls: bool| known.iter().filter(|&&(beyond, fell)| beyond && fell == falls).count();
        let (fell, rose, of) = (count(true), count(false), known.len());
        let responded = match better {
            Better::Lower => Some(fell),
            Better::Higher => Some(rose),
            Better::Neither => None,
        };
        let share = responded.filter(|_| of > 0).map(|count| 100.0 * count as f64 / of as f64);
        let independent = people == pairs.len();
        let interval = responded.filter(|_| independent).and_then(|count| share_interval(count, of));
        Self {
            of,
            fell,
            rose,
            percent: share.map(rounded),
            low: interval.map(|(low, _)| rounded(100.0 * low)),
            high: interval.map(|(_, high)| rounded(100.0 * high)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure;
    use crate::reason::Reason;

    const LN: (&str, &str) = ("scars", "relief_contrast");

    fn metric(before: f64, after: f64, smallest: Option<f64>, verdict: Verdict) -> Metric {
        let definition = measure::find(LN.0, LN.1).unwrap();
        Metric {
            before: Some(before),
            after: Some(after),
            smallest_detectable_change: smallest,
            ..Metric::of_definition(definition, Some(verdict))
        }
    }

    fn change(metric: &Metric) -> Option<(bool, Option<bool>)> {
        let found = PairChange::of(measure::find(LN.0, LN.1).unwrap(), metric)?;
        Some((found.fell, found.is_beyond))
    }

    #[test]
    fn who_lost_all_of_it_is_a_responder_and_no_gap() {
        let lost = |smallest| change(&metric(30.0, 0.0, smallest, Verdict::NoDetectableChange));
        assert_eq!(lost(None), Some((true, Some(true))));
        assert_eq!(lost(Some(10.0)), Some((true, Some(true))));
        // A loss of all is no more than noise, it is no response.
        assert_eq!(lost(Some(40.0)), Some((true, Some(false))));
        // What came from nothing is a change, of which not all is known.
        let came = |smallest| change(&metric(0.0, 30.0, smallest, Verdict::NoDetectableChange));
        assert_eq!((came(None), came(Some(10.0))), (Some((false, None)), Some((false, Some(true)))));
    }

    #[test]
    fn a_smallest_change_is_read_on_the_axis_of_its_row() {
        // A fall by a third against a rise by 40 %: ln 1.5 = 0.405 exceeds ln 1.4 = 0.336, 10 does not exceed 12.
        let mut row = metric(30.0, 20.0, Some(12.0), Verdict::ProbablyDecreased);
        assert_eq!(change(&row).unwrap().1, Some(true));
        row.axis = Some(ChangeAxis::Difference);
        assert_eq!(change(&row).unwrap().1, Some(false));
    }

    #[test]
    fn values_that_are_too_uncertain_or_of_unknown_light_still_count() {
        for code in [
            "too_uncertain",
            "one_of_many",
            "light_unknown",
            "focus_unknown",
            "noise_unknown",
            "color_unclear",
        ] {
            let mut row = metric(30.0, 25.0, Some(40.0), Verdict::NotMeasurable);
            row.reason = Some(Reason::new(code, "a test"));
            assert_eq!(change(&row), Some((true, Some(false))), "{code}");
        }
        let mut gap = metric(30.0, 25.0, None, Verdict::NotMeasurable);
        gap.after = None;
        assert_eq!(change(&gap), None);
    }

    #[test]
    fn people_with_zeros_are_averaged_by_the_ratio_of_their_means() {
        let person = |before, after| {
            let values = Values { before, after };
            Person { values, delta: values.delta(Average::RatioOfMeans).unwrap() }
        };
        let people = [person(40.0, 0.0), person(20.0, 12.0), person(30.0, 15.0), person(10.0, 8.0)];
        let mean = Mean::of(&people, Average::RatioOfMeans).unwrap();
        // 35 of 100 are left.
        assert!((mean.change + 65.0).abs() < 1e-9);
        let (low, high) = mean.interval.unwrap();
        assert!((-100.0..-65.0).contains(&low) && high > -65.0 && mean.p.unwrap() < 0.2, "{low} {high}");
        let gone = [person(40.0, 0.0), person(20.0, 0.0), person(30.0, 0.0)];
        assert_eq!(Mean::of(&gone, Average::RatioOfMeans).unwrap().change, -100.0);
        assert!(Mean::of(&[person(0.0, 3.0)], Average::RatioOfMeans).is_none());
    }
}
