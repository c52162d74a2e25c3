//! Verdicts in color, where people read them on a terminal.

use std::io::IsTerminal;

/// What a line ends in, and its color: a claim stands out, what claims nothing steps back. Words carry the meaning; colors help the
/// eye, and are apart for color-blind ones too.
const WORDS: [(&str, &str); 6] = [
    ("probably decreased", "\u{1b}[36m"),
    ("probably increased", "\u{1b}[33m"),
    ("decreased", "\u{1b}[1;36m"),
    ("increased", "\u{1b}[1;33m"),
    ("no detectable change", "\u{1b}[2m"),
    ("not measurable", "\u{1b}[2m"),
];
const PLAIN: &str = "\u{1b}[0m";

/// Whether stderr shows colors: a terminal that is not dumb, and nobody who wants none.
pub(super) fn shows_colors() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stderr().is_terminal() && !is_set("NO_COLOR") && !dumb
}

/// A table with the verdict of each line in its color. Columns stay where they are: the verdict is the last.
pub(super) fn painted(table: &str) -> String {
    table.split_inclusive('\n').map(painted_line).collect()
}

fn painted_line(line: &str) -> String {
    let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
    // After the gap between columns: a reason may hold such words too.
    let found = WORDS.iter().find_map(|(word, color)| Some((text.find(&format!("  {word}"))? + 2, color)));
    match found {
        Some((at, color)) => format!("{}{color}{}{PLAIN}{end}", &text[..at], &text[at..]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_alone_are_painted() {
        let table =
            "metric  change\n* a.b  -3 %  probably decreased\n  c.d  no detectable change (below 3)\n";
        let painted = painted(table);
        assert!(painted.starts_with("metric  change\n* a.b  -3 %  \u{1b}[36mprobably decreased\u{1b}[0m\n"));
        assert!(painted.ends_with("  \u{1b}[2mno detectable change (below 3)\u{1b}[0m\n"));
        let plain = painted.replace(PLAIN, "");
        let plain = WORDS.iter().fold(plain, |text, (_, color)| text.replace(color, ""));
        assert_eq!(plain, table);
    }
}
