//! The parts of a batch made one: reports of several folders in one, and the summary that one machine would have written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::log::{self, LogError};
use super::plan::{Plan, PlannedPair};
use super::record::{Outcome, PairRecord, Summary};
use super::write::{REPORT, SUMMARY, write_summary};
use crate::report::{OutputError, Report, write_atomically};

/// Why parts cannot be made one. Nothing that was there is lost.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A log was changed.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A folder or a file of a part cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A report is none.
    #[error("{}: expected a report, found: {source}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What was found.
        source: serde_json::Error,
    },
    /// Results cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Brings the results of `plan` that lie in the folders `from` to `out`, where they are not there yet, and writes `summary.json`
/// over all of them. `each` hears of every pair that there is a result of, in the order of the plan. Logs are checked, and stay
/// where they are.
///
/// # Errors
/// [`MergeError`].
pub fn merge(
    plan: &Plan,
    out: &Path,
    from: &[PathBuf],
    each: &mut dyn FnMut(&PairRecord),
) -> Result<Summary, MergeError> {
    std::fs::create_dir_all(out).map_err(|source| OutputError { path: out.to_owned(), source })?;
    let mut failed = BTreeMap::new();
    let folders = || std::iter::once(out).chain(from.iter().map(PathBuf::as_path));
    for folder in folders() {
        for path in logs(folder)? {
            let records = log::read(&path)?.into_iter();
            let of_failures = records.filter(|record| record.status == Outcome::Failed);
            failed.extend(of_failures.map(|record| (record.pair.clone(), record)));
        }
    }
    let mut summary = Summary::of(plan);
    let mut records = Vec::new();
    for pair in &plan.pairs {
        let reported = folders().find(|folder| folder.join(&pair.name).join(REPORT).is_file());
        let record = match reported {
            Some(folder) => Some(brought(pair, folder, out)?),
            None => failed.remove(&pair.name),
        };
        match record {
            Some(record) => {
                each(&record);
                summary.count(&record);
                records.push(record);
            }
            None => summary.not_run.push(pair.name.clone()),
        }
    }
    write_summary(out, SUMMARY, &summary, &records)?;
    Ok(summary)
}

/// The logs of a folder of results.
fn logs(folder: &Path) -> Result<Vec<PathBuf>, MergeError> {
    let read = |source| MergeError::Read { path: folder.to_owned(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if super::folder::is_log(&path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The record of a pair that has a report in `folder`; pictures and report lie in `out` afterwards, the report last.
fn brought(pair: &PlannedPair, folder: &Path, out: &Path) -> Result<PairRecord, MergeError> {
    let (from, to) = (folder.join(&pair.name), out.join(&pair.name));
    let bytes = |path: &Path| {
        std::fs::read(path).map_err(|source| MergeError::Read { path: path.to_owned(), source })
    };
    let path = from.join(REPORT);
    let text = bytes(&path)?;
    let report: Report =
        serde_json::from_slice(&text).map_err(|source| MergeError::Report { path, source })?;
    if from != to {
        let unreadable = |source| MergeError::Read { path: from.clone(), source };
        for entry in std::fs::read_dir(&from).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // Half-written files of a run that was killed begin with a dot.
            if name != REPORT && !name.starts_with('.') && entry.path().is_file() {
                write_atomically(&to, &name, &bytes(&entry.path())?)?;
            }
        }
        write_atomically(&to, REPORT, &text)?;
    }
    Ok(PairRecord::of_report(&pair.name, &report))
}
