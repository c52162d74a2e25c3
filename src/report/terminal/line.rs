//! One pair of many.

use super::head::tone;
use super::sheet::{Sheet, Tone, cut, padded};
use super::{PairChange, PairOutcome};
use crate::change::Verdict;
use crate::measure;
use crate::reason::Reason;
use crate::report::page::amount::in_brief;
use crate::report::page::texts::whole_reason;
use crate::report::page::words::{Words, fill};

/// Columns of a name; longer ones are cut.
const NAME: usize = 24;
/// Columns of the verdict on the pair.
const WORD: usize = 8;

pub(super) fn write(
    sheet: &mut Sheet,
    name: &str,
    outcome: PairOutcome,
    reasons: &[Reason],
    changes: &[PairChange],
    w: &Words,
) {
    let (word, color) = match outcome {
        PairOutcome::Compared(status) => (w.of_photo(status), tone(status)),
        PairOutcome::Failed => (w.row_failed, Tone::Refused),
    };
    let rest = match outcome {
        PairOutcome::Compared(crate::report::Status::Refused) | PairOutcome::Failed => {
            let told: Vec<String> = reasons.iter().map(|reason| whole_reason(reason, w)).collect();
            told.join("; ")
        }
        PairOutcome::Compared(_) => changed(changes, w),
    };
    let start = NAME + WORD + 2;
    let mut text = Sheet::new(sheet.columns - start, false);
    text.words(0, 0, Tone::Plain, &rest);
    let text = text.finish();
    for (k, line) in text.lines().enumerate() {
        let head = match k {
            0 => [padded(&cut(name, NAME), NAME + 1), padded(word, WORD + 1)],
            _ => [" ".repeat(NAME + 1), " ".repeat(WORD + 1)],
        };
        sheet.pieces(&[(Tone::Plain, &head[0]), (color, &head[1]), (Tone::Plain, line)]);
    }
}

/// Changes that are called, then how many main measures did not change or are unclear.
fn changed(changes: &[PairChange], w: &Words) -> String {
    let mut said = Vec::new();
    let (mut none, mut unknown) = (0, 0);
    for phrase in w.phrases {
        let name = format!("{}.{}", phrase.measure, phrase.metric);
        let Some(change) = changes.iter().find(|change| change.name == name) else { continue };
        let Some(definition) = measure::find(phrase.measure, phrase.metric) else { continue };
        match change.verdict {
            Verdict::NoDetectableChange => none += 1,
            Verdict::NotMeasurable => unknown += 1,
            called => {
                let sign = match called {
                    Verdict::Decreased => "▼",
                    Verdict::ProbablyDecreased => "▽",
                    Verdict::Increased => "▲",
                    _ => "△",
                };
                let brief = in_brief(definition, change.change, change.change_percent);
                let brief = brief.map_or_else(String::new, |(_, text)| format!(" {text}"));
                // One unit for the line: a name does not part from its number.
                said.push(format!("{sign} {}{brief}", phrase.column).replace(' ', "\u{a0}"));
            }
        }
    }
    let count = |pattern: &str, n: usize| fill(pattern, &[&n.to_string()]).replace(' ', "\u{a0}");
    if said.is_empty() {
        said.push(w.line_none.to_owned());
    } else if none > 0 {
        said.push(count(w.line_unchanged, none));
    }
    if unknown > 0 {
        said.push(count(w.line_unknown, unknown));
    }
    said.join(", ")
}
