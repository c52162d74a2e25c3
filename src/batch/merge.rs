//! The parts of a batch made one: reports of several folders in one, and the summary that one machine would have written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::alike::{Alike, Unlike};
use super::log::{self, LogError};
use super::plan::Plan;
use super::record::{Outcome, PairRecord, Summary};
use super::write::{INDEX, REPORT, SUMMARY, write_index, write_summary};
use crate::reason::Reason;
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
    /// A report whose values are of another definition than this program's.
    #[error("{}: {reason}", path.display())]
    Definition {
        /// The file.
        path: PathBuf,
        /// The metric, found and expected.
        reason: Reason,
    },
    /// Two reports that no one batch would have written.
    #[error(transparent)]
    Unlike(#[from] Unlike),
    /// Results cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// Brings the results of `plan` that lie in the folders `from` to `out`, where they are not there yet, and writes `summary.json`
/// over all of them, with `html` the page of all pairs too. `each` hears of every pair that there is a result of, in the order of the plan. Logs are checked, and stay
/// where they are. Reports of other versions, noise or options than the first are refused before anything is written.
///
/// # Errors
/// [`MergeError`].
pub fn merge(
    plan: &Plan,
    out: &Path,
    from: &[PathBuf],
    html: bool,
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
    let mut alike = Alike::default();
    let mut found = Vec::new();
    for pair in &plan.pairs {
        match folders().map(|folder| folder.join(&pair.name)).find(|folder| folder.join(REPORT).is_file()) {
            Some(folder) => {
                let report = read(&folder)?;
                alike.check(pair, &folder.join(REPORT), &report)?;
                *summary.engines.entry(engine(&report)).or_default() += 1;
                found.push((PairRecord::of_report(&pair.name, &report), Some(folder)));
            }
            None => match failed.remove(&pair.name) {
                Some(record) => found.push((record, None)),
                None => summary.not_run.push(pair.name.clone()),
            },
        }
    }
    let mut records = Vec::new();
    for (record, folder) in found {
        if let Some(folder) = folder {
            bring(&folder, &out.join(&record.pair))?;
        }
        each(&record);
        summary.count(&record);
        records.push(record);
    }
    write_summary(out, SUMMARY, &summary, &records)?;
    write_index(out, INDEX, &summary, &records, html)?;
    Ok(summary)
}

/// What measured a report, in words.
fn engine(report: &Report) -> String {
    report.tool.adapter.as_ref().map_or_else(|| "the CPU".to_owned(), |adapter| format!("the GPU {adapter}"))
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

fn bytes(path: &Path) -> Result<Vec<u8>, MergeError> {
    std::fs::read(path).map_err(|source| MergeError::Read { path: path.to_owned(), source })
}

/// The report in the folder of a pair.
fn read(folder: &Path) -> Result<Report, MergeError> {
    let path = folder.join(REPORT);
    let report: Report = match serde_json::from_slice(&bytes(&path)?) {
        Ok(report) => report,
        Err(source) => return Err(MergeError::Report { path, source }),
    };
    match report.other_definition() {
        Some(reason) => Err(MergeError::Definition { path, reason }),
        None => Ok(report),
    }
}

/// Copies pictures and the report of a pair, the report last.
fn bring(from: &Path, to: &Path) -> Result<(), MergeError> {
    if from == to {
        return Ok(());
    }
    let unreadable = |source| MergeError::Read { path: from.to_owned(), source };
    for entry in std::fs::read_dir(from).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Half-written files of a run that was killed begin with a dot.
        if name != REPORT && !name.starts_with('.') && entry.path().is_file() {
            write_atomically(to, &name, &bytes(&entry.path())?)?;
        }
    }
    write_atomically(to, REPORT, &bytes(&from.join(REPORT))?)?;
    Ok(())
}
