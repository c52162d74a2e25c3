//! What a batch writes: reports with their pictures, the summary.

use std::path::Path;

use super::record::{PairRecord, Summary};
use crate::analyzer::Outcome;
use crate::report::{OutputError, TEMPORARY, write_atomically};

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
    let path = folder.join(REPORT);
    match std::fs::remove_file(&path) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(OutputError { path, source }),
    }
}

/// Pictures first: where there is a report, its pictures are there.
pub(crate) fn write_outcome(folder: &Path, outcome: &Outcome) -> Result<(), OutputError> {
    for picture in &outcome.pictures {
        write_atomically(folder, &picture.name, &picture.png)?;
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
        let left: Vec<_> =
            std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["relief.png"]);
        forget(&folder.path().join("never there")).unwrap();
    }
}
