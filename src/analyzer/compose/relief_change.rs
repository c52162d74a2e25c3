//! Verdict on relief as a whole.

use std::collections::BTreeMap;

use crate::change::Verdict;
use crate::measure;
use crate::report::{Measure, ReliefChange};

/// Change of relief as a whole, by the verdicts on the primary metrics of every measure that is read off relief.
pub(super) fn relief_change(measures: &BTreeMap<String, Measure>) -> ReliefChange {
    let of_relief = measure::ALL.iter().filter(|definition| definition.needs.light);
    let primary = of_relief
        .filter_map(|definition| measures.get(definition.name))
        .flat_map(|measure| measure.metrics.values())
        .filter(|metric| metric.primary);
    let verdicts: Vec<Verdict> = primary.filter_map(|metric| metric.verdict).collect();
    let any = |is: fn(Verdict) -> bool| verdicts.iter().any(|verdict| is(*verdict));
    let fell = any(Verdict::claims_fall);
    let rose = any(|verdict| verdict.claims_change() && !verdict.claims_fall());
    match (fell, rose) {
        (true, true) => ReliefChange::Both,
        (true, false) => ReliefChange::Fell,
        (false, true) => ReliefChange::Rose,
        (false, false) if verdicts.is_empty() || any(|v| v == Verdict::NotMeasurable) => {
            ReliefChange::CannotTell
        }
        (false, false) => ReliefChange::Unchanged,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relief(verdicts: &[(&str, Verdict)]) -> ReliefChange {
        let measure = |(name, verdict): &(&str, Verdict)| {
            let definition = measure::ALL[measure::place(name).unwrap()];
            let primary = definition.metrics.iter().find(|metric| metric.primary).unwrap();
            let metric = crate::report::Metric::of_definition(primary, Some(*verdict));
            let metrics = BTreeMap::from([(primary.name.to_owned(), metric)]);
            ((*name).to_owned(), Measure { metrics, notes: Vec::new() })
        };
        relief_change(&verdicts.iter().map(measure).collect())
    }

    #[test]
    fn relief_is_the_verdict_on_all_that_is_read_off_it() {
        use Verdict::{Decreased, NoDetectableChange, NotMeasurable, ProbablyIncreased};
        let of = |scars, texture| relief(&[("scars", scars), ("texture", texture), ("pigment", Decreased)]);
        assert_eq!(of(Decreased, NotMeasurable), ReliefChange::Fell);
        assert_eq!(of(NoDetectableChange, ProbablyIncreased), ReliefChange::Rose);
        assert_eq!(of(Decreased, ProbablyIncreased), ReliefChange::Both);
        assert_eq!(of(NoDetectableChange, NoDetectableChange), ReliefChange::Unchanged);
        assert_eq!(of(NoDetectableChange, NotMeasurable), ReliefChange::CannotTell);
        assert_eq!(relief(&[("pigment", Decreased)]), ReliefChange::CannotTell);
    }
}
