use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;
use crate::change::AllowanceSource;

/// Calls that carry a code as their first argument.
const CALLS: [&str; 6] = ["Reason::new(", "Reason::limit(", "most(", "least(", "at_least(", "self.warn("];
/// Tables of codes: files whose `=> "code"` arms are codes.
const TABLES: [&str; 2] = ["src/photo/error.rs", "src/batch/record.rs"];
/// First arguments that are no literal. Their codes come from the calls or tables above.
const INDIRECT: [&str; 8] = [
    "code",
    "code(&error)",
    "&reason.code",
    "SAME_PHOTOGRAPH",
    "CODE",
    "source.reason_code()",
    "code: &str",
    "&self",
];
/// Rooms whose reasons stand in no report.
const ELSEWHERE: [&str; 6] = [
    "src/study",
    "src/repeatability",
    "src/change/trend.rs",
    "src/change/recovery.rs",
    "src/series/curve.rs",
    "src/advice",
];

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            out.push(path);
        }
    }
}

/// Every code that the sources can put into a report.
fn codes() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    assert!(files.len() > 100, "{} files", files.len());
    let mut codes = BTreeSet::from(["same_photograph", "other_definition"].map(str::to_owned));
    let sources = [
        AllowanceSource::Light,
        AllowanceSource::Focus,
        AllowanceSource::Noise,
        AllowanceSource::Hemoglobin,
        AllowanceSource::Melanin,
    ];
    codes.extend(sources.map(|source| source.reason_code().to_owned()));
    for file in files {
        let name = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        if ELSEWHERE.iter().any(|room| name.starts_with(room)) || name.contains("/tests/") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for call in CALLS {
            for (at, _) in text.match_indices(call) {
                // `most(` ends `almost(`, too.
                if text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    continue;
                }
                let argument = text[at + call.len()..].trim_start();
                match argument.strip_prefix('"') {
                    Some(literal) => drop(codes.insert(literal.split('"').next().unwrap().to_owned())),
                    None if call.starts_with("Reason::") => {
                        let argument = argument.split(',').next().unwrap();
                        assert!(INDIRECT.contains(&argument), "{name}: {call}{argument}");
                    }
                    None => {}
                }
            }
        }
        if TABLES.contains(&&*name) {
            let arms = text.split("=> \"").skip(1).map(|arm| arm.split('"').next().unwrap());
            codes.extend(arms.filter(|arm| !arm.contains([' ', '{'])).map(str::to_owned));
        }
    }
    codes
}

#[test]
fn every_code_that_a_report_can_carry_has_advice() {
    let codes = codes();
    for known in ["light_unknown", "low_overlap", "noisy", "file_truncated", "scale_assumed", "no_scars"] {
        assert!(codes.contains(known), "the search for codes misses {known}");
    }
    let without: Vec<&String> =
        codes.iter().filter(|code| advice(code).is_none() && !INFORMS.contains(&&***code)).collect();
    assert!(without.is_empty(), "no advice for {without:?}");
    let unused: Vec<&str> =
        ADVICE.iter().map(|(code, _)| *code).filter(|code| !codes.contains(*code)).collect();
    assert!(unused.is_empty(), "advice for codes that nothing says: {unused:?}");
}

#[test]
fn advice_is_one_phrase() {
    for (code, advice) in ADVICE {
        let words = advice.split_whitespace().count();
        assert!((2..=35).contains(&words), "{code}: {words} words");
        assert!(!advice.ends_with('.') && advice.starts_with(char::is_lowercase), "{code}: {advice}");
        assert_eq!(ADVICE.iter().filter(|(other, _)| other == code).count(), 1, "{code}");
    }
}
