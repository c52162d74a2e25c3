//! A change in one cell of a table: what may be said of it, by sign and word, and how much it is.

use super::amount::in_brief;
use super::finding;
use super::words::Words;
use crate::change::Verdict;
use crate::measure::MetricDef;

/// What may be said of a change, as a class of the page; each has a sign of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub class: &'static str,
    pub word: &'static str,
}

impl Said {
    /// From less to more, then what is not known.
    pub fn all(w: &Words) -> [Self; 7] {
        [
            Self { class: "d", word: w.decreased },
            Self { class: "pd", word: w.probably_decreased },
            Self { class: "n", word: w.no_detectable_change },
            Self { class: "pi", word: w.probably_increased },
            Self { class: "i", word: w.increased },
            Self { class: "j", word: w.not_judged },
            Self { class: "m", word: w.not_measurable },
        ]
    }

    /// Where no noise is known, nothing is judged.
    pub fn of(verdict: Option<Verdict>, is_judged: bool, w: &Words) -> Self {
        let place = match (verdict, is_judged) {
            (Some(Verdict::Decreased), _) => 0,
            (Some(Verdict::ProbablyDecreased), _) => 1,
            (Some(Verdict::NoDetectableChange), true) => 2,
            (Some(Verdict::ProbablyIncreased), _) => 3,
            (Some(Verdict::Increased), _) => 4,
            (Some(Verdict::NoDetectableChange), false) => 5,
            (Some(Verdict::NotMeasurable) | None, _) => 6,
        };
        Self::all(w)[place]
    }
}

/// A change.
#[derive(Debug)]
pub(crate) struct Cell {
    pub said: Said,
    /// `better`, `worse`, `changed`, `none` or `unmeasured`.
    pub kind: &'static str,
    pub text: String,
    /// The number that it is sorted by; empty where there is none.
    pub sort: String,
}

impl Cell {
    /// Of what is not measurable nothing is told, whatever was read.
    pub fn of(
        metric: &MetricDef,
        verdict: Option<Verdict>,
        change: Option<f64>,
        percent: Option<f64>,
        is_judged: bool,
        w: &Words,
    ) -> Self {
        let known = verdict.is_some_and(|verdict| verdict != Verdict::NotMeasurable);
        let brief = in_brief(metric, change, percent).filter(|_| known);
        Self {
            said: Said::of(verdict, is_judged, w),
            kind: finding::kind(verdict.unwrap_or(Verdict::NotMeasurable), metric.better.into(), is_judged),
            text: brief.as_ref().map_or_else(|| "–".to_owned(), |(_, text)| text.clone()),
            sort: brief.map_or_else(String::new, |(value, _)| value.to_string()),
        }
    }

    /// Where nothing was compared.
    pub fn empty() -> Self {
        Self { said: Said { class: "", word: "" }, kind: "", text: "–".to_owned(), sort: String::new() }
    }
}
