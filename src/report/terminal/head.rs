//! First lines: what the pair is good for, and relief as a whole.

use super::sheet::{Sheet, Tone};
use crate::reason::Reason;
use crate::report::page::because::{advised, with_stop};
use crate::report::page::texts::{sentence, whole_reason};
use crate::report::page::words::Words;
use crate::report::{Report, Status};

pub(super) fn tone(status: Status) -> Tone {
    match status {
        Status::Ok => Tone::Good,
        Status::Limited => Tone::Limited,
        Status::Refused => Tone::Refused,
    }
}

/// The pair in one line where nothing limits it, or each reason below; then relief as a whole.
pub(super) fn write(sheet: &mut Sheet, report: &Report, w: &Words) {
    let status = match report.status {
        Status::Refused => w.refused_title,
        other => w.of_status(other),
    };
    sheet.words(0, 2, tone(report.status), &ended(status, &report.reasons));
    reasons(sheet, &report.reasons, w);
    if report.status != Status::Refused {
        sheet.words(0, 2, Tone::Strong, report.relief.map_or("", |relief| w.of_relief(relief)));
    }
}

/// A colon where reasons follow.
fn ended(status: &str, reasons: &[Reason]) -> String {
    format!("{status}{}", if reasons.is_empty() { "." } else { ":" })
}

/// Each reason with what was found, what is needed and what to do.
pub(super) fn reasons(sheet: &mut Sheet, reasons: &[Reason], w: &Words) {
    for reason in reasons {
        sheet.words_after((Tone::Plain, "  -"), 4, Tone::Plain, &with_stop(whole_reason(reason, w)));
        advice(sheet, 4, &reason.code, w);
    }
}

/// Advice about a reason.
pub(super) fn advice(sheet: &mut Sheet, indent: usize, code: &str, w: &Words) {
    let advice = advised(code, w);
    if !advice.is_empty() {
        sheet.words(indent, indent, Tone::Plain, &advice);
    }
}

/// Everything that the reader should know.
pub(super) fn warnings(sheet: &mut Sheet, report: &Report, w: &Words) {
    if report.warnings.is_empty() {
        return;
    }
    sheet.gap();
    sheet.words(0, 2, Tone::Strong, w.warnings);
    for warning in &report.warnings {
        sheet.words_after((Tone::Plain, "  -"), 4, Tone::Plain, &with_stop(sentence(&warning.message, w)));
        advice(sheet, 4, &warning.code, w);
    }
}

/// The verdict of a check, with reasons and the warnings that can be acted on before the patient leaves.
pub(super) fn checked(sheet: &mut Sheet, name: &str, report: &Report, w: &Words) {
    let word = w.of_photo(report.status);
    sheet.words_after((tone(report.status), &format!("{name}: {word}")), 2, Tone::Plain, "");
    reasons(sheet, &report.reasons, w);
    for warning in &report.warnings {
        if advised(&warning.code, w).is_empty() {
            continue;
        }
        sheet.words_after((Tone::Plain, "  -"), 4, Tone::Plain, &with_stop(sentence(&warning.message, w)));
        advice(sheet, 4, &warning.code, w);
    }
}
