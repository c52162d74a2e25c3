//! Names: of pairs, which become folders, and of photographs, which tell their pair.

/// Longest name of a pair, in bytes: file systems end at 255.
const LONGEST: usize = 120;
/// Names that Windows keeps for devices.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
/// Endings of what a batch writes beside the folders of its pairs: summary, log, tables, pages, of a part by its number.
const RESERVED: [&str; 5] = [".json", ".jsonl", ".csv", ".parquet", ".html"];

/// Why a pair may not have this name, which becomes a folder on any system.
pub fn fault_of_name(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let stem = lower.split('.').next().unwrap_or("");
    let is_device = DEVICES.contains(&stem)
        || (stem.len() == 4
            && stem.ends_with(|c: char| c.is_ascii_digit())
            && DEVICES[4..].contains(&&stem[..3]));
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > LONGEST {
        Some("is longer than 120 bytes")
    } else if name.starts_with('.') || name.ends_with('.') {
        Some("begins or ends with a dot")
    } else if name.trim() != name {
        Some("begins or ends with a space")
    } else if name.chars().any(|c| c.is_control() || "/\\<>:\"|?*".contains(c)) {
        Some("has a character that no folder may have on every system")
    } else if is_device || RESERVED.iter().any(|ending| lower.ends_with(ending)) {
        Some("is kept for something else")
    } else {
        None
    }
}

/// Which visit a photograph is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Visit {
    /// Before treatment.
    Before,
    /// After treatment.
    After,
}

impl Visit {
    const ALL: [(Self, &'static str); 2] = [(Self::Before, "before"), (Self::After, "after")];

    /// `before` or `after`.
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// What the name of a photograph tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Name of the pair; empty where the folder names it.
    pub pair: String,
    /// Which visit.
    pub visit: Visit,
    /// Number of the capture; `None` is the first.
    pub number: Option<u32>,
}

/// Reads `NAME_before`, `NAME-before`, `NAME_before_2` and `before_NAME`, whatever the case.
/// `None` where the name says nothing, or both visits.
pub fn role_of_stem(stem: &str) -> Option<Role> {
    let roles: Vec<Role> = Visit::ALL
        .into_iter()
        .filter_map(|(visit, word)| suffixed(stem, visit, word).or_else(|| prefixed(stem, visit, word)))
        .collect();
    <[Role; 1]>::try_from(roles).ok().map(|[role]| role)
}

/// Reads `before`, `before_2`, `after`: names inside the folder of a pair.
pub fn role_in_pair_folder(stem: &str) -> Option<Role> {
    let (rest, number) = split_number(stem);
    Visit::ALL.into_iter().find(|(_, word)| rest.eq_ignore_ascii_case(word)).map(|(visit, _)| Role {
        pair: String::new(),
        visit,
        number,
    })
}

fn suffixed(stem: &str, visit: Visit, word: &str) -> Option<Role> {
    let (rest, number) = split_number(stem);
    let at = rest.len().checked_sub(word.len())?;
    if !rest.is_char_boundary(at) || !rest[at..].eq_ignore_ascii_case(word) {
        return None;
    }
    let pair = rest[..at].strip_suffix(['_', '-', ' '])?;
    (!pair.is_empty()).then(|| Role { pair: pair.to_owned(), visit, number })
}

fn prefixed(stem: &str, visit: Visit, word: &str) -> Option<Role> {
    let head = stem.get(..word.len())?;
    if !head.eq_ignore_ascii_case(word) {
        return None;
    }
    let pair = stem[word.len()..].strip_prefix(['_', '-', ' '])?;
    (!pair.is_empty()).then(|| Role { pair: pair.to_owned(), visit, number: None })
}

/// `x_2` into `x` and 2.
fn split_number(stem: &str) -> (&str, Option<u32>) {
    stem.rsplit_once(['_', '-', ' '])
        .and_then(|(rest, digits)| {
            let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            Some((rest, Some(digits.parse().ok().filter(|_| plain)?)))
        })
        .unwrap_or((stem, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photographs_tell_their_pair() {
        let role = |stem: &str| {
            role_of_stem(stem).map(|r| format!("{} {} {:?}", r.pair, r.visit.word(), r.number.unwrap_or(0)))
        };
        for (stem, expected) in [
            ("P1_before", Some("P1 before 0")),
            ("P1-AFTER", Some("P1 after 0")),
            ("P1 Before", Some("P1 before 0")),
            ("Ann_left_before_2", Some("Ann_left before 2")),
            ("before_P1", Some("P1 before 0")),
            ("After-2", Some("2 after 0")),
            ("P_1_after_03", Some("P_1 after 3")),
            ("Käthe_before", Some("Käthe before 0")),
            ("before", None),
            ("P1", None),
            ("P1before", None),
            ("P1_beforehand", None),
            ("_before", None),
            ("before_P1_after", None),
            ("before_after", None),
            ("ä", None),
        ] {
            assert_eq!(role(stem).as_deref(), expected, "{stem}");
        }
        assert_eq!(role_in_pair_folder("Before-2").unwrap().number, Some(2));
        assert_eq!(role_in_pair_folder("P1_before"), None);
    }

    #[test]
    fn names_that_are_no_folders_are_refused() {
        for name in ["", "..", ".", "a/b", "a\\b", "/etc", " a", "a ", "a.", "nul", "COM1", "con.x", "a\nb"] {
            assert!(fault_of_name(name).is_some(), "{name:?}");
        }
        for name in ["Summary.json", "index.html", "metrics-1-of-4.csv"] {
            assert!(fault_of_name(name).is_some(), "{name}");
        }
        assert!(fault_of_name(&"x".repeat(121)).is_some());
        for name in ["P1", "Ann, left", "Käthe", "2026-01-01", "company", "a..b"] {
            assert_eq!(fault_of_name(name), None, "{name}");
        }
    }
}
