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
            Self { class: "j", word: w.cannot_tell },
            Self { class: "m", word: w.not_measurable },
        ]
    }

    /// A change that was read, and of which nothing may be said, is another thing than none.
    pub fn of(verdict: Option<Verdict>, change: Option<f64>, w: &Words) -> Self {
        let place = match (verdict, change) {
            (Some(Verdict::Decreased), _) => 0,
            (Some(Verdict::ProbablyDecreased), _) => 1,
            (Some(Verdict::NoDetectableChange), _) => 2,
            (Some(Verdict::ProbablyIncreased), _) => 3,
            (Some(Verdict::Increased), _) => 4,
            (Some(Verdict::NotMeasurable), Some(_)) => 5,
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
    /// A change that was read stands there, whatever may be said of it.
    pub fn of(
        metric: &MetricDef,
        verdict: Option<Verdict>,
        change: Option<f64>,
        percent: Option<f64>,
        w: &Words,
    ) -> Self {
        let brief = in_brief(metric, change, percent).filter(|_| verdict.is_some());
        Self {
            said: Said::of(verdict, change, w),
            kind: finding::kind(verdict.unwrap_or(Verdict::NotMeasurable), metric.better.into()),
            text: brief.as_ref().map_or_else(|| "–".to_owned(), |(_, text)| text.clone()),
            sort: brief.map_or_else(String::new, |(value, _)| value.to_string()),
        }
    }

    /// Where nothing was compared.
    pub fn empty() -> Self {
        Self { said: Said { class: "", word: "" }, kind: "", text: "–".to_owned(), sort: String::new() }
    }
}
