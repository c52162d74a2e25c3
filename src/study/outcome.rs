//! One metric over the pairs of a group.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::find::StudyPair;
use crate::change::{EffectSize, PairedMean, Verdict, share_interval};
use crate::measure::{Axis, MetricDef};
use crate::report::{Better, Metric, rounded};

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
    /// Whether the mean and its interval are per cent of before (of the geometric mean); in the metric's unit else.
    pub in_percent: bool,
    /// People with a change: several pairs of one person are one change, their mean.
    pub people: usize,
    /// Pairs with a change.
    pub pairs: usize,
    /// Mean change of the people.
    pub mean_change: f64,
    /// Lower end of its 95 % interval (paired t, on the metric's axis); null for one person.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Two-sided p of no change.
    pub p: Option<f64>,
    /// The same, adjusted over the primary endpoints of the group (Holm 1979); null for others.
    pub p_adjusted: Option<f64>,
    /// How large the mean is beside how people differ; null below three people.
    pub effect_size: Option<EffectSize>,
    /// In how many the change is larger than what capture alone makes.
    pub responders: Responders,
    /// How many pairs have each verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
}

/// Pairs beyond the smallest detectable change of their own captures.
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

/// A metric's change in one pair, on the metric's axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PairDelta {
    pub delta: f64,
    /// The smallest detectable one, on the axis.
    pub smallest: Option<f64>,
}

impl PairDelta {
    /// `None` without a value on both visits.
    pub fn of(definition: &MetricDef, metric: &Metric) -> Option<Self> {
        let (before, after) = (metric.before?, metric.after?);
        if metric.verdict == Some(Verdict::NotMeasurable) {
            return None;
        }
        // Nothing found on one visit has no place on a logarithm.
        let delta = definition.axis.at(after)? - definition.axis.at(before)?;
        let smallest = metric.smallest_detectable_change.map(|smallest| match definition.axis {
            Axis::Raw => smallest,
            // A report tells it in the metric's unit, as a rise from the value before.
            Axis::Ln => (smallest / before).ln_1p(),
        });
        Some(Self { delta, smallest })
    }

    fn is_beyond(self) -> Option<bool> {
        Some(self.delta.abs() > self.smallest?)
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

/// One change a person, on the metric's axis.
pub(super) fn changes_of_people(pairs: &[&StudyPair], measure: &str, definition: &MetricDef) -> Vec<f64> {
    let mut of: BTreeMap<(bool, &str), Vec<f64>> = BTreeMap::new();
    for pair in pairs {
        if let Some(found) = metric_of(pair, measure, definition).and_then(|m| PairDelta::of(definition, m)) {
            of.entry(person(pair)).or_default().push(found.delta);
        }
    }
    of.into_values().map(|deltas| deltas.iter().sum::<f64>() / deltas.len() as f64).collect()
}

impl Outcome {
    /// Of a metric over the pairs of a group; `None` where none has a change. p is adjusted later, over the group.
    pub(super) fn of(pairs: &[&StudyPair], measure: &str, definition: &MetricDef) -> Option<Self> {
        let metrics: Vec<&Metric> =
            pairs.iter().filter_map(|pair| metric_of(pair, measure, definition)).collect();
        let deltas: Vec<PairDelta> = metrics.iter().filter_map(|m| PairDelta::of(definition, m)).collect();
        let changes = changes_of_people(pairs, measure, definition);
        if changes.is_empty() {
            return None;
        }
        let mean = PairedMean::of(&changes);
        let in_words = |delta: f64| rounded(definition.axis.told(delta));
        let mut verdicts = BTreeMap::new();
        for verdict in metrics.iter().filter_map(|metric| metric.verdict) {
            *verdicts.entry(verdict).or_default() += 1;
        }
        let better = metrics[0].better;
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
            in_percent: definition.axis == Axis::Ln,
            people: changes.len(),
            pairs: deltas.len(),
            mean_change: in_words(changes.iter().sum::<f64>() / changes.len() as f64),
            low: mean.map(|m| in_words(m.low)),
            high: mean.map(|m| in_words(m.high)),
            p: mean.map(|m| rounded(m.p)),
            p_adjusted: None,
            effect_size: mean.and_then(|m| m.effect).map(round),
            responders: Responders::of(&deltas, better, changes.len()),
            verdicts,
        })
    }
}

impl Responders {
    fn of(deltas: &[PairDelta], better: Better, people: usize) -> Self {
        let known: Vec<(bool, bool)> =
            deltas.iter().filter_map(|d| Some((d.is_beyond()?, d.delta < 0.0))).collect();
        let count = |falls: bool| known.iter().filter(|&&(beyond, fell)| beyond && fell == falls).count();
        let (fell, rose, of) = (count(true), count(false), known.len());
        let responded = match better {
            Better::Lower => Some(fell),
            Better::Higher => Some(rose),
            Better::Neither => None,
        };
        let share = responded.filter(|_| of > 0).map(|count| 100.0 * count as f64 / of as f64);
        let independent = people == deltas.len();
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
