//! The sentence on a self-test, for pages and terminals.

use super::words::{Words, fill};
use crate::report::SelfTest;

/// Number of virtual captures, how many were refused, and the verdicts that flip.
pub(in crate::report) fn self_test(test: &SelfTest, w: &Words) -> String {
    let flips: Vec<String> = test
        .metrics
        .iter()
        .filter(|(_, metric)| metric.flips > 0)
        .map(|(name, metric)| format!("{name} {}/{}", metric.flips, metric.judged))
        .collect();
    let (times, refused) = (test.recaptures.to_string(), test.refused.to_string());
    match (test.recaptures == test.refused, flips.is_empty()) {
        (true, _) => fill(w.self_test_nothing, &[&times]),
        (_, true) => fill(w.self_test_none, &[&times, &refused]),
        (_, false) => fill(w.self_test_flips, &[&times, &refused, &flips.join(", ")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Verdict;
    use crate::report::SelfTestMetric;
    use crate::report::page::words::ENGLISH;

    #[test]
    fn flips_none_and_nothing_are_three_sentences() {
        let metric = |flips| SelfTestMetric {
            verdict: Verdict::Decreased,
            judged: 8,
            flips,
            verdicts: [(Verdict::Decreased, 8 - flips)].into(),
        };
        let said = |refused, flips| {
            let metrics = [("pores.contrast", 0), ("scars.relief_contrast", flips)];
            let metrics = metrics.map(|(name, flips)| (name.to_owned(), metric(flips))).into();
            self_test(&SelfTest { recaptures: 10, refused, metrics }, &ENGLISH)
        };
        assert_eq!(said(2, 3), "10 times, 2 refused. Verdicts that flip: scars.relief_contrast 3/8.");
        assert_eq!(said(2, 0), "10 times, 2 refused: no verdict flips.");
        assert_eq!(said(10, 0), "10 times, all refused: nothing follows.");
    }
}
