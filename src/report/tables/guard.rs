//! Text that a spreadsheet does not take for a formula.

use std::borrow::Cow;

/// A text as it stands in a cell: with `'` before it where a spreadsheet would run it, as OWASP has it for CSV. A number stays.
pub(crate) fn guarded(text: &str) -> Cow<'_, str> {
    let begins_a_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if begins_a_formula && text.parse::<f64>().is_err() { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_numbers_are_not() {
        for (text, cell) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-left", "'-left"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("-8.4", "-8.4"),
            ("+3", "+3"),
            ("-1e-7", "-1e-7"),
            ("left-cheek", "left-cheek"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), cell);
        }
    }
}
