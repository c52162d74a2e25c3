//! What a batch writes: reports with their pictures, the summary, the log.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::record::{PairRecord, Summary};
use crate::analyzer::Outcome;
use crate::report::{OutputError, write_atomically};

/// Removes the report of an earlier run: it would pass for one of this run if the pair fails now.
pub(super) fn forget(folder: &Path) -> Result<(), OutputError> {
    let path = folder.join("report.json");
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
    write_atomically(folder, "report.json", outcome.report.to_json().as_bytes()).map(|_| ())
}

/// `summary.json`.
#[derive(serde::Serialize)]
struct SummaryFile<'a> {
    summary: &'a Summary,
    results: &'a [PairRecord],
}

/// Writes `summary.json`.
pub(super) fn write_summary(
    out: &Path,
    summary: &Summary,
    results: &[PairRecord],
) -> Result<(), OutputError> {
    let mut text =
        serde_json::to_string_pretty(&SummaryFile { summary, results }).expect("a summary is plain data");
    text.push('\n');
    write_atomically(out, "summary.json", text.as_bytes()).map(|_| ())
}

/// `run.jsonl`: one line a pair, on disk as soon as the pair is done. Earlier runs stay.
pub(super) struct Log {
    file: std::fs::File,
    path: PathBuf,
}

impl Log {
    pub fn open(out: &Path) -> Result<Self, OutputError> {
        let path = out.join("run.jsonl");
        let open = || {
            std::fs::create_dir_all(out)?;
            std::fs::OpenOptions::new().create(true).append(true).open(&path)
        };
        match open() {
            Ok(file) => Ok(Self { file, path }),
            Err(source) => Err(OutputError { path, source }),
        }
    }

    pub fn append(&mut self, record: &PairRecord) -> Result<(), OutputError> {
        let mut line = serde_json::to_string(record).expect("a record is plain data");
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(|source| OutputError { path: self.path.clone(), source })
    }
}
