//! Lines of text within so many columns, some of them in color.

/// Color of a piece of text. Words carry the meaning; colors help the eye, and are apart for color-blind eyes too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// As it comes.
    Plain,
    /// A heading.
    Strong,
    /// Text that steps back.
    Faint,
    /// A fall that is sure, and one that is probable.
    Fell,
    ProbablyFell,
    /// A rise that is sure, and one that is probable.
    Rose,
    ProbablyRose,
    /// A pair that is good, limited, refused.
    Good,
    Limited,
    Refused,
}

const PLAIN: &str = "\u{1b}[0m";

impl Tone {
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\u{1b}[1m",
            Self::Faint => "\u{1b}[2m",
            Self::Fell => "\u{1b}[1;36m",
            Self::ProbablyFell => "\u{1b}[36m",
            Self::Rose => "\u{1b}[1;33m",
            Self::ProbablyRose => "\u{1b}[33m",
            Self::Good => "\u{1b}[1;32m",
            Self::Limited => "\u{1b}[1;33m",
            Self::Refused => "\u{1b}[1;31m",
        }
    }
}

/// Text that grows line by line. No line is wider than its columns, unless one word is.
#[derive(Debug)]
pub(super) struct Sheet {
    pub columns: usize,
    colors: bool,
    text: String,
}

impl Sheet {
    pub fn new(columns: usize, colors: bool) -> Self {
        Self { columns, colors, text: String::new() }
    }

    pub fn finish(self) -> String {
        self.text
    }

    /// An empty line, but never two, and none at the start.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Words in lines: the first starts at `first`, the others at `rest`.
    pub fn words(&mut self, first: usize, rest: usize, tone: Tone, text: &str) {
        for (k, line) in wrapped(text, self.columns, first, rest).iter().enumerate() {
            self.pieces(&[(Tone::Plain, &" ".repeat(if k == 0 { first } else { rest })), (tone, line)]);
        }
    }

    /// The same after a piece in another tone, which stands at the start of the first line.
    pub fn words_after(&mut self, head: (Tone, &str), rest: usize, tone: Tone, text: &str) {
        let lines = wrapped(text, self.columns, width(head.1) + 1, rest);
        for (k, line) in lines.iter().enumerate() {
            match k {
                0 => self.pieces(&[head, (Tone::Plain, " "), (tone, line)]),
                _ => self.pieces(&[(Tone::Plain, &" ".repeat(rest)), (tone, line)]),
            }
        }
    }

    /// One line of pieces, each in its tone. Spaces at its end are left out.
    pub fn pieces(&mut self, pieces: &[(Tone, &str)]) {
        let line: String = pieces.iter().map(|(_, text)| *text).collect();
        let mut left = line.trim_end().chars().count();
        for (tone, text) in pieces {
            let kept: String = text.chars().take(left).map(shown).collect();
            left -= kept.chars().count();
            if self.colors && !tone.code().is_empty() && !kept.trim().is_empty() {
                self.text.push_str(&format!("{}{kept}{PLAIN}", tone.code()));
            } else {
                self.text.push_str(&kept);
            }
        }
        self.text.push('\n');
    }
}

/// Names may hold line breaks and escape sequences; a line is a line. Spaces that hold a number and its unit together have done so.
fn shown(c: char) -> char {
    if c.is_control() || c == '\u{a0}' { ' ' } else { c }
}

pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}

/// Text with spaces to a width.
pub(super) fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Text cut to a width, with a sign that it was.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn wrapped(text: &str, columns: usize, first: usize, rest: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split([' ', '\n']).filter(|word| !word.is_empty()) {
        let start = if lines.len() == 1 { first } else { rest };
        let line = lines.last_mut().expect("there is a line");
        if !line.is_empty() && start + width(line) + 1 + width(word) > columns {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_within_the_columns_and_hang_below_their_start() {
        let mut sheet = Sheet::new(12, false);
        sheet.words(0, 2, Tone::Plain, "one two three four\u{a0}five");
        assert_eq!(sheet.finish(), "one two\n  three\n  four five\n");
        let mut sheet = Sheet::new(12, false);
        sheet.words_after((Tone::Good, "Pair:"), 2, Tone::Plain, "good as gold");
        assert_eq!(sheet.finish(), "Pair: good\n  as gold\n");
    }

    #[test]
    fn colors_change_no_column() {
        let of = |colors| {
            let mut sheet = Sheet::new(20, colors);
            sheet.pieces(&[(Tone::Plain, "a  "), (Tone::Fell, "fell"), (Tone::Plain, "   ")]);
            sheet.gap();
            sheet.gap();
            sheet.finish()
        };
        assert_eq!(of(false), "a  fell\n\n");
        assert_eq!(of(true), "a  \u{1b}[1;36mfell\u{1b}[0m\n\n");
    }

    #[test]
    fn names_cannot_break_lines_or_color_them() {
        let mut sheet = Sheet::new(80, true);
        sheet.pieces(&[(Tone::Plain, "a\n\u{1b}[31mb")]);
        assert_eq!(sheet.finish(), "a  [31mb\n");
        assert_eq!((cut("abcdef", 4), cut("abcd", 4)), ("abc…".to_owned(), "abcd".to_owned()));
    }
}
