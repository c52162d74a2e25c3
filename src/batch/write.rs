//! What a batch writes: reports with their pictures, the summary.

use std::path::{Path, PathBuf};

use super::page::index;
use super::record::{PairRecord, Summary};
use crate::analyzer::{Outcome, advice};
use crate::report::{OutputError, PAGE, PAGE_MARK, Report, TEMPORARY, page, write_atomically};

/// The report of a pair, in its folder.
pub(super) const REPORT: &str = "report.json";
/// The summary of all pairs.
pub(super) const SUMMARY: &str = "summary.json";
/// The page of all pairs.
pub(super) const INDEX: &str = "index.html";

/// Removes the report of an earlier run: it would pass for one of this run if the pair fails now. What a killed run left half
/// written goes too.
pub(super) fn forget(folder: &Path) -> Result<(), OutputError> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY) {
            std::fs::remove_file(entry.path())
                .map_err(|source| OutputError { path: entry.path(), source })?;
        }
    }
    forget_page(folder, PAGE)?;
    remove(folder.join(REPORT))
}

/// Removes the page of an earlier run. A file of that name that is none of ours stays.
pub(crate) fn forget_page(folder: &Path, name: &str) -> Result<(), OutputError> {
    let path = folder.join(name);
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
        write_page(folder, PAGE, page(&outcome.report, &outcome.pictures, advice))?;
    } else {
        forget_page(folder, PAGE)?;
    }
    write_atomically(folder, REPORT, outcome.report.to_json().as_bytes()).map(|_| ())
}

/// The report in a file; `None` where there is none that this program can read.
pub(crate) fn read_report(file: &Path) -> Option<Report> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Writes a page that was rendered.
pub(crate) fn write_page(
    folder: &Path,
    name: &str,
    html: Result<String, askama::Error>,
) -> Result<(), OutputError> {
    let html =
        html.map_err(|error| OutputError { path: folder.join(name), source: std::io::Error::other(error) })?;
    write_atomically(folder, name, html.as_bytes()).map(|_| ())
}

/// Writes the page of all pairs, where it is wanted; else removes that of an earlier run, which would tell something else.
pub(super) fn write_index(
    out: &Path,
    name: &str,
    summary: &Summary,
    results: &[PairRecord],
    wanted: bool,
) -> Result<(), OutputError> {
    if !wanted {
        return forget_page(out, name);
    }
    let has_page = |pair: &str| out.join(pair).join(PAGE).is_file();
    write_page(out, name, index(summary, results, &has_page))
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
