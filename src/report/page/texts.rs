//! Labels and sentences that stand in the report itself, as a page tells them: in the page's language, and units beside the
//! numbers that they are of.

use std::borrow::Cow;

use super::amount::{told, with_unit};
use super::words::{Words, fill};
use crate::reason::Reason;

/// A label or sentence of a report in the page's language; what stands before a colon, such as the name of a file, stays. Where
/// there is no translation, as it is.
pub(crate) fn tell<'a>(text: &'a str, w: &Words) -> Cow<'a, str> {
    let translated = |text: &str| w.of_reports.iter().find(|(own, _)| *own == text).map(|(_, told)| *told);
    if let Some(told) = translated(text) {
        return Cow::Borrowed(told);
    }
    match text.split_once(": ").and_then(|(before, text)| Some((before, translated(text)?))) {
        Some((before, told)) => Cow::Owned(format!("{before}: {told}")),
        None => Cow::Borrowed(text),
    }
}

/// What is said of a photograph, without the name of its file.
pub(crate) fn without_file(text: &str) -> &str {
    text.split_once(": ").filter(|(name, _)| is_file(name)).map_or(text, |(_, said)| said)
}

fn is_file(name: &str) -> bool {
    name.contains('.')
}

/// The same as [`tell`], as a sentence begins.
pub(crate) fn sentence(text: &str, w: &Words) -> String {
    let told = tell(text, w);
    let mut letters = told.chars();
    match letters.next() {
        // A file is called what it is called.
        Some(first) if !told.split_once(": ").is_some_and(|(name, _)| is_file(name)) => {
            first.to_uppercase().chain(letters).collect()
        }
        _ => told.into_owned(),
    }
}

/// A reason as a sentence, and what was found against what was needed; the latter is empty where the reason is no limit.
pub(crate) fn reason(reason: &Reason, w: &Words) -> (String, String) {
    let of_unit = |(words, unit, factor): &(&str, &'static str, f64)| {
        Some((reason.message.strip_suffix(words)?, *unit, *factor))
    };
    let (message, unit, factor) = w.units.iter().find_map(of_unit).unwrap_or((&reason.message, "", 1.0));
    let number = |value: f64| with_unit(&told(factor * value), unit);
    let found = match (reason.found, reason.needed) {
        (Some(found), Some(needed)) => fill(w.found_needed, &[&number(found), &number(needed)]),
        // A number without a limit says nothing to people.
        _ => String::new(),
    };
    (sentence(message, w), found)
}

/// Both in one.
pub(crate) fn whole_reason(one: &Reason, w: &Words) -> String {
    match reason(one, w) {
        (message, found) if found.is_empty() => message,
        (message, found) => format!("{message} ({found})"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::words::ENGLISH;
    use super::*;

    #[test]
    fn units_stand_beside_their_numbers() {
        let noisy = Reason::limit("noisy", "noise drowns fine texture, in mOD", 52.345, 40.0);
        let told =
            ("Noise drowns fine texture".to_owned(), "found 52.3\u{a0}mOD, needed 40\u{a0}mOD".to_owned());
        assert_eq!(reason(&noisy, &ENGLISH), told);
        let of_a_file = Reason::new("no_skin", "a.png: no skin was found");
        assert_eq!(whole_reason(&of_a_file, &ENGLISH), "a.png: no skin was found");
        assert_eq!(without_file(&of_a_file.message), "no skin was found");
        assert_eq!(without_file("found it cut: it ends"), "found it cut: it ends");
        assert_eq!(
            sentence("noise differs (found 8.04, needed 1.6)", &ENGLISH),
            "Noise differs (found 8.04, needed 1.6)"
        );
    }

    /// A translation is one table: words of the page, and what stands in reports by its English.
    #[test]
    fn another_language_reaches_what_stands_in_reports() {
        let german = Words {
            found_needed: "gefunden {}, nötig {}",
            of_reports: &[
                ("noise drowns fine texture", "Rauschen verdeckt feine Textur"),
                ("Relief contrast", "Reliefkontrast"),
            ],
            ..ENGLISH
        };
        assert_eq!(tell("Relief contrast", &german), "Reliefkontrast");
        assert_eq!(tell("Sal", &german), "Sal");
        let noisy = Reason::limit("noisy", "b.png: noise drowns fine texture, in mOD", 52.0, 40.0);
        let told = "b.png: Rauschen verdeckt feine Textur (gefunden 52\u{a0}mOD, nötig 40\u{a0}mOD)";
        assert_eq!(whole_reason(&noisy, &german), told);
    }
}
