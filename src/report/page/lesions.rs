//! Scars, spots and rough red areas one by one.

use super::amount::{of_lesion, of_lesion_in_full, told, with_unit};
use super::texts::{tell, whole_reason};
use super::words::{Words, fill};
use crate::change::Verdict;
use crate::report::{Lesion, LesionKind, Report};

/// One lesion: a button of the list, a mark on the picture, a card.
#[derive(Debug)]
pub(super) struct Card {
    /// `scar-1`
    pub key: String,
    /// Name of the outlines that it belongs to.
    pub rims: &'static str,
    pub title: String,
    /// What stands beside its ring.
    pub mark: String,
    pub facts: Vec<String>,
    pub change: String,
    pub change_in_full: String,
    pub smallest: String,
    pub verdict: &'static str,
    /// `fell`, `rose` or `none`.
    pub kind: &'static str,
    pub reason: String,
    /// What the change is told by, with its unit.
    pub main: String,
    pub before: String,
    pub after: String,
    /// Where it is on the first photograph: x, y, radius, in its pixels.
    pub place: Option<[String; 3]>,
}

/// Those of one kind.
#[derive(Debug)]
pub(super) struct Kind {
    pub title: &'static str,
    pub changed: usize,
    pub cards: Vec<Card>,
}

/// By kind; within each, what changed first.
pub(super) fn kinds(report: &Report, words: &Words) -> Vec<Kind> {
    let kinds = [
        (LesionKind::Scar, words.rims_scars),
        (LesionKind::Spot, words.rims_spots),
        (LesionKind::RoughRed, words.rims_rough_red),
    ];
    let of = |(kind, title): (LesionKind, &'static str)| {
        let mut found: Vec<&Lesion> = report.lesions.iter().filter(|l| l.kind == kind).collect();
        found.sort_by_key(|lesion| !lesion.verdict.is_some_and(Verdict::claims_change));
        let changed = found.iter().filter(|l| l.verdict.is_some_and(Verdict::claims_change)).count();
        let cards: Vec<Card> = found.into_iter().map(|lesion| Card::of(lesion, words)).collect();
        (!cards.is_empty()).then_some(Kind { title, changed, cards })
    };
    kinds.into_iter().filter_map(of).collect()
}

impl Card {
    fn of(lesion: &Lesion, words: &Words) -> Self {
        let (key, rims) = match lesion.kind {
            LesionKind::Scar => ("scar", "scars"),
            LesionKind::Spot => ("spot", "spots"),
            LesionKind::RoughRed => ("rough-red", "rough_red"),
        };
        let mut facts = Vec::new();
        facts.extend(lesion.appeared.then(|| words.appeared.to_owned()));
        facts.extend(lesion.size_class.map(|size| words.of_size(size).to_owned()));
        facts.extend(lesion.probable_type.map(|scar| words.of_type(scar).to_owned()));
        let main = |values: Option<f64>| {
            values.map_or_else(|| "–".to_owned(), |value| with_unit(&told(value), &lesion.unit))
        };
        let of = |values: &std::collections::BTreeMap<String, Option<f64>>| {
            values.get(&lesion.main_value).copied().flatten()
        };
        let verdict = lesion.verdict.unwrap_or(Verdict::NotMeasurable);
        let place = lesion
            .center_px
            .zip(lesion.diameter_px)
            .map(|([x, y], diameter)| [x, y, 0.5 * diameter].map(|value| format!("{value:.1}")));
        Self {
            key: format!("{key}-{}", lesion.id),
            rims,
            title: fill(words.of_lesion(lesion.kind), &[&lesion.id.to_string()]),
            mark: fill(words.of_mark(lesion.kind), &[&lesion.id.to_string()]),
            facts,
            change: of_lesion(lesion).unwrap_or_else(|| "–".to_owned()),
            change_in_full: of_lesion_in_full(lesion).unwrap_or_else(|| "–".to_owned()),
            smallest: lesion
                .smallest_detectable_change
                .map_or_else(|| "–".to_owned(), |s| with_unit(&told(s), &lesion.unit)),
            verdict: words.of_judged(verdict, lesion.change),
            kind: match (verdict.claims_change(), verdict.claims_fall()) {
                (false, _) => "none",
                (true, true) => "fell",
                (true, false) => "rose",
            },
            reason: lesion.reason.as_ref().map_or_else(String::new, |reason| whole_reason(reason, words)),
            main: tell(&lesion.main_value.replace('_', " "), words).into_owned(),
            before: main(of(&lesion.before)),
            after: main(lesion.after.as_ref().and_then(of)),
            place,
        }
    }
}
