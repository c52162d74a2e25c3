//! What a batch writes: reports with their pictures, the summary.

use std::path::{Path, PathBuf};

use super::record::{PairRecord, Summary};
use crate::analyzer::{Outcome, advice};
use crate::report::{OutputError, PAGE, PAGE_MARK, TEMPORARY, page, write_atomically};

/// The report of a pair, in its folder.
pub(super) const REPORT: &str = "report.json";
/// The summary of all pairs.
pub(super) const SUMMARY: &str = "summary.json";

/// Removes the report of an earlier run: it would pass for one of this run if the pair fails now. What a killed run left half
/// written goes too.
pub(super) fn forget(folder: &Path) -> Result<(), OutputError> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            std::fs::remove_file(entry.path())
                .map_err(|source| OutputError { path: entry.path(), source })?;
        }
    }
    forget_page(folder)?;
    remove(folder.join(REPORT))
}

/// Removes the page of an earlier report. A file of that name that is none of ours stays.
fn forget_page(folder: &Path) -> Result<(), OutputError> {
    let path = folder.join(PAGE);
    match std::fs::read(&path) {
        Ok(bytes) if String::from_utf8_lossy(&bytes).contains(PAGE_MARK) => remove(path),
        _ => Ok(()),
    }
}

fn remove(path: PathBuf) -> Result<(), OutputError> {
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(OutputError { path, source }),
    }
}

/// Pictures and the page first: where there is a report, they are there.
pub(crate) fn write_outcome(folder: &Path, outcome: &Outcome) -> Result<(), OutputError> {
    for sheet in outcome.pictures.iter().filter(|picture| picture.inlay.is_none()) {
        write_atomically(folder, &sheet.name, &sheet.bytes)?;
    }
    if outcome.pictures.iter().any(|picture| picture.inlay.is_some()) {
        let html = page(&outcome.report, &outcome.pictures, advice)
            .map_err(|error| OutputError { path: folder.join(PAGE), source: std::io::Error::other(error) })?;
        write_atomically(folder, PAGE, html.as_bytes())?;
    } else {
        forget_page(folder)?;
    }
    write_atomically(folder, REPORT, outcome.report.to_json().as_bytes()).map(|_| ())
}

/// `summary.json`.
#[derive(serde::Serialize)]
struct SummaryFile<'a> {
    summary: &'a Summary,
    results: &'a [PairRecord],
}

/// Writes `summary.json`, or the part's own.
pub(super) fn write_summary(
    out: &Path,
    name: &str,
    summary: &Summary,
    results: &[PairRecord],
) -> Result<(), OutputError> {
    let mut text =
        serde_json::to_string_pretty(&SummaryFile { summary, results }).expect("a summary is plain data");
    text.push('\n');
    write_atomically(out, name, text.as_bytes()).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_that_is_measured_again_begins_without_a_report_and_without_halves() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["report.json", ".dermetric-a1b2", "relief.png"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        forget(folder.path()).unwrap();
        let left = || -> Vec<_> {
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
        };
        assert_eq!(left(), ["relief.png"]);
        forget(&folder.path().join("never there")).unwrap();
        // A page of ours would be of an earlier report; another's is not ours to remove.
        for (html, stays) in [(format!("<!doctype html>{PAGE_MARK} 1\">"), 0), ("a letter".to_owned(), 1)] {
            std::fs::write(folder.path().join(PAGE), html).unwrap();
            forget(folder.path()).unwrap();
            assert_eq!(left().len(), 1 + stays);
        }
    }
}
