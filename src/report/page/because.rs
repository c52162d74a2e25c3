//! Sentences beside a change: causes that hold it back, and other lesions that can account for it.

use super::amount::{Amount, with_unit};
use super::texts::{sentence, tell, whole_reason};
use super::words::{Words, fill};
use crate::change::Verdict;
use crate::report::axis::short;
use crate::report::{Allowance, ChangeAxis, Metric, Report};

/// Share that a change's own part must stay below, in per cent, to be worth a sentence.
const WORTH_A_SENTENCE: f64 = 90.0;

/// True if a change was read of which nothing may be said.
pub(crate) fn is_held_back(metric: &Metric) -> bool {
    metric.verdict == Some(Verdict::NotMeasurable) && metric.change.is_some()
}

/// Reason why nothing may be said of a change that was read: the size that each cause can have made, or else the reason. Empty for any
/// other change.
pub(crate) fn held_back(metric: &Metric, w: &Words) -> String {
    let Some(reason) = metric.reason.as_ref().filter(|_| is_held_back(metric)) else { return String::new() };
    let named = metric.allowances.iter().filter(|allowance| allowance.source.reason_code() == reason.code);
    let causes: Vec<String> = named.filter_map(|allowance| cause(metric, allowance, w)).collect();
    if causes.is_empty() { with_stop(whole_reason(reason, w)) } else { causes.join(" ") }
}

/// True if an allowance of the row is what holds the change back.
pub(crate) fn has_cause(metric: &Metric) -> bool {
    let code = metric.reason.as_ref().map(|reason| reason.code.as_str());
    metric.allowances.iter().any(|allowance| Some(allowance.source.reason_code()) == code)
}

/// The largest change in the direction of the one read that one cause can have made.
fn cause(metric: &Metric, allowance: &Allowance, w: &Words) -> Option<String> {
    let fell = metric.change? < 0.0;
    let size = if fell { allowance.fall? } else { allowance.rise? };
    let text = match (metric.axis?, metric.change_percent) {
        (ChangeAxis::Logarithm, _) => {
            with_unit(&short(100.0 * if fell { -(-size).exp_m1() } else { size.exp_m1() }), "%")
        }
        (ChangeAxis::Difference, Some(_)) => with_unit(&short(100.0 * size / metric.before?), "%"),
        (ChangeAxis::Difference, None) => with_unit(&short(size), &metric.unit),
    };
    let pattern = if fell { w.cause_fall } else { w.cause_rise };
    (size > 0.0).then(|| fill(pattern, &[w.of_cause(allowance.source), &text]))
}

/// Other families that can account for a called change, with their parts of it; or the part that is its own. Empty where it stands
/// for itself.
pub(crate) fn explained(report: &Report, metric: &Metric, amount: &Amount, w: &Words) -> String {
    if !metric.verdict.is_some_and(Verdict::claims_change) {
        return String::new();
    }
    let part = |percent: f64| {
        let part = 0.01 * percent * amount.change.abs();
        // A part of less than the last digit that is kept is none.
        short(if part >= 1.0 { part.round() } else { part })
    };
    let whole = with_unit(&part(100.0), &amount.unit);
    let one = |explanation: &crate::report::Explanation| {
        let family = w.of_family(&explanation.family)?;
        let pattern = match change_of(report, &explanation.family) {
            Some(change) if change < 0.0 => w.explained_fell,
            Some(change) if change > 0.0 => w.explained_rose,
            _ => w.explained_changed,
        };
        Some(fill(pattern, &[family.family, &part(explanation.share_percent?), &whole]))
    };
    let by: Vec<String> = metric.explained_by.iter().filter_map(one).collect();
    match (by.is_empty(), metric.remaining_percent) {
        (false, _) => with_stop(sentence(&format!("{}; {}", by.join("; "), w.explained_rest), w)),
        (true, Some(own)) if own < WORTH_A_SENTENCE => fill(w.own_part, &[&part(own), &whole]),
        _ => String::new(),
    }
}

/// Change of the primary metric of a family.
fn change_of(report: &Report, family: &str) -> Option<f64> {
    report.measures.get(family)?.metrics.values().find(|metric| metric.primary)?.change
}

/// Advice as a sentence of its own; empty where there is none.
pub(crate) fn advised(code: &str, w: &Words) -> String {
    let advice = crate::advice::advice(code);
    advice.map_or_else(String::new, |advice| fill(w.do_this, &[&tell(advice, w)]))
}

/// A sentence with a full stop.
pub(crate) fn with_stop(text: String) -> String {
    if text.is_empty() || text.ends_with('.') { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::super::words::ENGLISH;
    use super::*;
    use crate::change::AllowanceSource;
    use crate::measure;
    use crate::reason::Reason;
    use crate::report::{Explanation, Measure};

    fn metric(measure: &str, name: &str, percent: f64, verdict: Verdict) -> Metric {
        Metric {
            before: Some(20.0),
            after: Some(20.0 + 0.2 * percent),
            change: Some(0.2 * percent),
            change_percent: Some(percent),
            axis: Some(ChangeAxis::Logarithm),
            ..Metric::of_definition(measure::find(measure, name).unwrap(), Some(verdict))
        }
    }

    #[test]
    fn a_cause_is_named_with_the_size_that_it_can_have_made() {
        let allowance = |source, fall| Allowance { source, fall: Some(fall), rise: Some(0.5) };
        let light = AllowanceSource::Light;
        let held = Metric {
            // 1 − e^−0.2 is 18.1 %.
            allowances: vec![allowance(light, 0.2), allowance(AllowanceSource::Focus, 0.01)],
            reason: Some(Reason::new(light.reason_code(), light.message())),
            ..metric("texture", "sq_fine", -13.0, Verdict::NotMeasurable)
        };
        let expected = "Another light can have made a fall of 18\u{a0}% by itself.";
        assert_eq!(held_back(&held, &ENGLISH), expected);
        let uncertain = Metric {
            reason: Some(Reason::new("too_uncertain", "only a change as large as the value could be seen")),
            ..held.clone()
        };
        let expected = "Only a change as large as the value could be seen.";
        assert_eq!(held_back(&uncertain, &ENGLISH), expected);
        let called = Metric { verdict: Some(Verdict::Decreased), ..held };
        assert_eq!(held_back(&called, &ENGLISH), "");
    }

    #[test]
    fn families_are_named_with_the_part_that_they_can_account_for() {
        let pores = metric("pores", "contrast", -30.0, Verdict::Decreased);
        let mut report = crate::report::tests::report();
        let measure = Measure { metrics: [("contrast".to_owned(), pores)].into(), notes: Vec::new() };
        report.measures.insert("pores".to_owned(), measure);
        let mut fine = metric("texture", "sq_fine", -21.0, Verdict::ProbablyDecreased);
        let said = |fine: &Metric| {
            let amount = Amount::of("texture", "sq_fine", fine).unwrap();
            explained(&report, fine, &amount, &ENGLISH)
        };
        assert_eq!(said(&fine), "");
        fine.remaining_percent = Some(81.0);
        let own = "At least 17 of the 21\u{a0}% are its own; other lesions that changed too can account for the rest.";
        assert_eq!(said(&fine), own);
        fine.explained_by = vec![Explanation { family: "pores".to_owned(), share_percent: Some(90.0) }];
        let expected = "The pores, which fell too, can account for 19 of the 21\u{a0}%; what remains is within what photographs vary by.";
        assert_eq!(said(&fine), expected);
        fine.verdict = Some(Verdict::NoDetectableChange);
        assert_eq!(said(&fine), "");
    }
}
