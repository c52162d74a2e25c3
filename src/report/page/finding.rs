//! What became of the primary metrics, in plain words.

use super::amount::{Amount, told, with_unit};
use super::because::{advised, explained, held_back};
use super::interval;
use super::texts::{tell, whole_reason};
use super::words::{Words, fill};
use crate::change::{NoiseSource, Verdict};
use crate::measure;
use crate::report::{Better, Metric, Report, Status};

/// One primary metric.
#[derive(Debug)]
pub(crate) struct Finding {
    /// `scars.relief_contrast`
    pub name: String,
    /// One sentence: what changed, by how much.
    pub title: String,
    /// The verdict.
    pub chip: &'static str,
    /// Whether the change is for the better, where it is one; empty where neither is.
    pub direction: &'static str,
    /// `better`, `worse`, `changed`, `none` or `unmeasured`; of one photograph `value`.
    pub kind: &'static str,
    /// `▼`, `▲` or nothing.
    pub arrow: &'static str,
    /// The sentence below, where there is more to say.
    pub more: String,
    /// The interval as SVG; empty where there is none.
    pub svg: String,
}

/// All of them: what changed first.
#[derive(Debug)]
pub(crate) struct Findings {
    pub list: Vec<Finding>,
    /// Verdict on relief as a whole; empty for one photograph.
    pub relief: &'static str,
    /// How many changed.
    pub lead: String,
    /// Why changes are only probable, each reason once.
    pub probably: Vec<&'static str>,
}

/// The primary metrics of a report, in the order of its measures.
fn primary(report: &Report) -> impl Iterator<Item = (&'static str, &'static str, &Metric)> {
    measure::ALL.iter().flat_map(move |definition| {
        let read = report.measures.get(definition.name);
        definition
            .metrics
            .iter()
            .filter_map(move |m| Some((definition.name, m.name, read?.metrics.get(m.name)?)))
            .filter(|(_, _, metric)| metric.primary)
    })
}

impl Findings {
    pub fn of(report: &Report, words: &Words) -> Self {
        if report.photos.after.is_empty() {
            let list = primary(report).map(|one| Finding::of_value(one, words)).collect();
            return Self { list, relief: "", lead: words.lead_none.to_owned(), probably: Vec::new() };
        }
        let amounts: Vec<Option<Amount>> =
            primary(report).map(|(measure, name, metric)| shown(measure, name, metric)).collect();
        // One axis for all that is told in per cent, so that the eye may compare them.
        let reach = interval::reach(amounts.iter().flatten().filter(|amount| amount.is_percent()));
        let mut list: Vec<Finding> = primary(report)
            .zip(&amounts)
            .map(|(one, amount)| Finding::of(report, one, amount.as_ref(), reach, words))
            .collect();
        list.sort_by_key(|finding| match finding.kind {
            "none" => 1,
            "unmeasured" => 2,
            _ => 0,
        });
        let claims = |metric: &Metric| metric.verdict.is_some_and(Verdict::claims_change);
        let changed = primary(report).filter(|(_, _, metric)| claims(metric)).count();
        let (changed_text, all) = (changed.to_string(), list.len().to_string());
        let sure = |metric: &Metric| matches!(metric.verdict, Some(Verdict::Decreased | Verdict::Increased));
        let all_sure = primary(report).filter(|(_, _, metric)| claims(metric)).all(|(_, _, m)| sure(m));
        let told = primary(report).filter(|(_, _, metric)| metric.verdict != Some(Verdict::NotMeasurable));
        let lead = match (changed, all_sure) {
            (0, _) if told.count() == 0 => words.lead_cannot_tell.to_owned(),
            (0, _) => words.lead_none.to_owned(),
            (1, true) => fill(words.lead_one, &[&all]),
            (1, false) => fill(words.lead_one_probably, &[&all]),
            (_, true) => fill(words.lead_some, &[&changed_text, &all]),
            (_, false) => fill(words.lead_some_probably, &[&changed_text, &all]),
        };
        let relief = report.relief.map_or("", |relief| words.of_relief(relief));
        Self { list, relief, lead, probably: why_probably(report, words) }
    }
}

/// The amount of a change that was read, whatever may be said of it.
fn shown(measure: &str, name: &str, metric: &Metric) -> Option<Amount> {
    metric.verdict?;
    Amount::of(measure, name, metric)
}

/// Reasons why changes of primary metrics are only probable, each reason once.
pub(crate) fn why_probably(report: &Report, words: &Words) -> Vec<&'static str> {
    let probable = |metric: &Metric| {
        matches!(metric.verdict, Some(Verdict::ProbablyDecreased | Verdict::ProbablyIncreased))
    };
    let sources: Vec<Option<NoiseSource>> = primary(report)
        .filter(|(_, _, metric)| probable(metric))
        .map(|(_, _, metric)| metric.noise_source)
        .collect();
    if sources.is_empty() {
        return Vec::new();
    }
    let mut out = Vec::new();
    if report.status == Status::Limited {
        out.push(words.because_limited);
    }
    if sources.contains(&Some(NoiseSource::Prior)) {
        out.push(words.because_assumed);
    }
    if out.is_empty() {
        out.push(words.because_many);
    }
    out
}

/// Direction of a verdict: `better`, `worse`, `changed`, `none` or `unmeasured`.
pub(crate) fn kind(verdict: Verdict, better: Better) -> &'static str {
    match (verdict, better) {
        (Verdict::NotMeasurable, _) => "unmeasured",
        (Verdict::NoDetectableChange, _) => "none",
        (_, Better::Neither) => "changed",
        (_, better) if (better == Better::Lower) == verdict.claims_fall() => "better",
        _ => "worse",
    }
}

impl Finding {
    /// Of one photograph: what was measured, and no more.
    fn of_value((measure, name, metric): (&str, &str, &Metric), words: &Words) -> Self {
        let label = tell(&metric.label, words);
        Self {
            name: format!("{measure}.{name}"),
            title: words.phrase(measure, name).map_or_else(|| label.into_owned(), |p| p.noun.to_owned()),
            chip: words.not_measurable,
            direction: "",
            kind: if metric.before.is_some() { "value" } else { "unmeasured" },
            arrow: "",
            more: match metric.before {
                Some(value) => with_unit(&told(value), &metric.unit),
                None => metric.reason.as_ref().map_or_else(String::new, |reason| whole_reason(reason, words)),
            },
            svg: String::new(),
        }
    }

    fn of(
        report: &Report,
        (measure, name, metric): (&str, &str, &Metric),
        amount: Option<&Amount>,
        percent_reach: f64,
        words: &Words,
    ) -> Self {
        let verdict = metric.verdict.unwrap_or(Verdict::NotMeasurable);
        let fell = verdict.claims_fall();
        let phrase = words.phrase(measure, name);
        let label = tell(&metric.label, words);
        let noun = phrase.map_or(label.as_ref(), |phrase| phrase.noun);
        let interval = amount.and_then(|a| a.signed_interval(words)).unwrap_or_default();
        let smallest = amount.and_then(Amount::smallest);
        let kind = kind(verdict, metric.better);
        let direction = match kind {
            "better" => words.better,
            "worse" => words.worse,
            _ => "",
        };
        let (title, more) = match (verdict, amount) {
            (_, None) => {
                let reason =
                    metric.reason.as_ref().map_or_else(String::new, |reason| whole_reason(reason, words));
                (noun.to_owned(), reason)
            }
            (Verdict::NotMeasurable, Some(amount)) => {
                let code = metric.reason.as_ref().map_or("", |reason| reason.code.as_str());
                let told = [read(amount, &interval, words), held_back(metric, words), advised(code, words)];
                (noun.to_owned(), told.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" "))
            }
            (Verdict::NoDetectableChange, Some(amount)) => {
                let read = read(amount, &interval, words);
                let is_more =
                    metric.change.zip(metric.smallest_detectable_change).is_some_and(|(c, s)| c.abs() > s);
                let least = match &smallest {
                    Some(smallest) if is_more => fill(words.not_safely_more, &[smallest]),
                    Some(smallest) => fill(words.could_show, &[smallest]),
                    None => String::new(),
                };
                (noun.to_owned(), format!("{read} {least}"))
            }
            (_, Some(amount)) => {
                let said = match (phrase, fell) {
                    (Some(phrase), true) => phrase.fell,
                    (Some(phrase), false) => phrase.rose,
                    (None, _) => noun,
                };
                let size = amount.size_of_interval(words).unwrap_or_default();
                let title = fill(words.by, &[said, &amount.size(words), &size]);
                let least = smallest.as_ref().map_or_else(String::new, |s| fill(words.could_show, &[s]));
                (title, format!("{least} {}", explained(report, metric, amount, words)).trim().to_owned())
            }
        };
        // A dot alone would look like a change.
        let drawn = amount.filter(|amount| amount.interval.is_some() || amount.band.is_some());
        let svg = drawn.map_or_else(String::new, |amount| {
            let reach =
                if amount.is_percent() { percent_reach } else { interval::reach(std::iter::once(amount)) };
            let label = fill(
                words.plot_of,
                &[
                    &amount.signed(amount.change),
                    if interval.is_empty() { words.unknown } else { &interval },
                    smallest.as_deref().unwrap_or(words.unknown),
                ],
            );
            interval::svg(amount, reach, &label)
        });
        Self {
            name: format!("{measure}.{name}"),
            title,
            chip: words.of_judged(verdict, metric.change),
            direction,
            kind,
            arrow: match verdict.claims_change() {
                false => "",
                true if fell => "\u{25bc}",
                true => "\u{25b2}",
            },
            more,
            svg,
        }
    }
}

/// The change that was read, with its interval.
fn read(amount: &Amount, interval: &str, words: &Words) -> String {
    let change = amount.signed(amount.change);
    match interval {
        "" => fill(words.measured_change_alone, &[&change]),
        interval => fill(words.measured_change, &[&change, interval]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::ENGLISH;
    use super::*;
    use crate::report::Interval;

    fn metric(verdict: Verdict, noise: Option<f64>) -> Metric {
        let interval = |reach: f64| Interval {
            level: 0.95,
            low: Some(-5.0 - reach),
            high: Some(-5.0 + reach),
            method: "capture".to_owned(),
        };
        Metric {
            before: Some(20.0),
            after: Some(15.0),
            change: Some(-5.0),
            change_percent: noise.map(|_| -25.0),
            interval: noise.map(interval),
            smallest_detectable_change: noise,
            noise_source: noise.map(|_| NoiseSource::Prior),
            ..Metric::of_definition(measure::find("scars", "relief_contrast").unwrap(), Some(verdict))
        }
    }

    fn finding(verdict: Verdict, noise: Option<f64>) -> Finding {
        let metric = metric(verdict, noise);
        let amount = shown("scars", "relief_contrast", &metric);
        let report = crate::report::tests::report();
        Finding::of(&report, ("scars", "relief_contrast", &metric), amount.as_ref(), 50.0, &ENGLISH)
    }

    #[test]
    fn a_claim_says_what_changed_by_how_much_and_which_way() {
        let fell = finding(Verdict::ProbablyDecreased, Some(1.0));
        assert_eq!(fell.title, "Scars show less relief, by a quarter (20 to 30\u{a0}%)");
        assert_eq!((fell.chip, fell.direction, fell.kind), ("probably decreased", "better", "better"));
        assert_eq!(fell.more, "5\u{a0}% or more would have shown.");
        assert!(fell.svg.contains("class=\"band\""));
    }

    #[test]
    fn what_cannot_be_told_passes_for_no_absence_of_change() {
        let mut held = Metric {
            reason: Some(crate::reason::Reason::new("light_unknown", "another light could have made it")),
            ..metric(Verdict::NotMeasurable, Some(1.0))
        };
        let told = |held: &Metric| {
            let (amount, report) = (shown("scars", "relief_contrast", held), crate::report::tests::report());
            Finding::of(&report, ("scars", "relief_contrast", held), amount.as_ref(), 50.0, &ENGLISH)
        };
        let unknown = told(&held);
        assert_eq!((unknown.chip, unknown.kind, unknown.direction), ("cannot tell", "unmeasured", ""));
        for part in ["Read \u{2212}25\u{a0}%", "nother light could have made it.", "--light-fixed"] {
            assert!(unknown.more.contains(part), "{part} in {}", unknown.more);
        }
        assert!(unknown.svg.contains("class=\"dot\""), "what was read is drawn");
        (held.change, held.interval) = (None, None);
        let unread = told(&held);
        assert_eq!((unread.chip, unread.svg.as_str()), ("not measurable", ""));
        // What was read is more than what would show, and not called: that it would have shown were wrong.
        let unsafe_one = finding(Verdict::NoDetectableChange, Some(1.0));
        assert!(unsafe_one.more.contains("not safely so") && !unsafe_one.more.contains("would have shown"));
        let none = finding(Verdict::NoDetectableChange, Some(6.0));
        assert!(none.more.contains("would have shown"), "{}", none.more);
        assert_eq!((none.chip, none.kind), ("no detectable change", "none"));
    }
}
