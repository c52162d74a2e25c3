//! `run.jsonl`: one line a pair, on disk as soon as the pair is done. Earlier runs stay. Each line holds the hash of the one
//! before, so that a line that was taken out or changed shows.

use std::fs::TryLockError;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::record::PairRecord;
use crate::report::OutputError;
use crate::sha256::sha256;

/// One line.
#[derive(Serialize, Deserialize)]
struct Line<R> {
    /// SHA-256 of the line before; null on the first.
    previous: Option<String>,
    #[serde(flatten)]
    record: R,
}

/// A log that is written, by one batch at a time.
pub(super) struct Log {
    file: std::fs::File,
    path: PathBuf,
    previous: Option<String>,
}

impl Log {
    /// Goes on with the log of that name, where no other batch is at it: two would tear each other's chain. What a killed run left
    /// of a line is no line, and cut off.
    pub fn open(out: &Path, name: &str) -> Result<Self, OutputError> {
        let path = out.join(name);
        let open = || -> std::io::Result<_> {
            std::fs::create_dir_all(out)?;
            let mut file = std::fs::OpenOptions::new().create(true).read(true).append(true).open(&path)?;
            // Held as long as the file is open, and let go of by the system when the process ends, however it does.
            alone(file.try_lock())?;
            // By the same handle: where locks bind, another could not read.
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            let whole = text.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
            if whole < text.len() {
                file.set_len(whole as u64)?;
            }
            let last =
                text[..whole].strip_suffix(b"\n").and_then(|lines| lines.rsplit(|&b| b == b'\n').next());
            Ok((file, last.map(sha256)))
        };
        match open() {
            Ok((file, previous)) => Ok(Self { file, path, previous }),
            Err(source) => Err(OutputError { path, source }),
        }
    }

    /// Adds a line.
    pub fn append(&mut self, record: &PairRecord) -> Result<(), OutputError> {
        let line = Line { previous: self.previous.take(), record };
        let mut text = serde_json::to_string(&line).expect("a record is plain data");
        self.previous = Some(sha256(&text));
        text.push('\n');
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|source| OutputError { path: self.path.clone(), source })
    }
}

/// Whether this batch is alone with its log. A disk without locks cannot tell, and has many ways to say so: there it counts as alone.
fn alone(locked: Result<(), TryLockError>) -> std::io::Result<()> {
    match locked {
        Err(TryLockError::WouldBlock) => {
            let message = "expected to write alone, found another batch that is writing here";
            Err(std::io::Error::new(ErrorKind::ResourceBusy, message))
        }
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// Why a log cannot be relied on.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be read.
    #[error("{}: the log cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is none of a log, or does not follow the one before.
    #[error("{}: line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Found and expected.
        problem: String,
    },
}

/// The records of a log, from the first to the last.
pub(super) fn read(path: &Path) -> Result<Vec<PairRecord>, LogError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| LogError::Read { path: path.to_owned(), source })?;
    let mut previous: Option<String> = None;
    let mut out = Vec::new();
    // What a killed run left of a line is no line.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    for (i, line) in whole.lines().enumerate() {
        let fault = |problem: String| LogError::Line { path: path.to_owned(), line: i + 1, problem };
        let found: Line<PairRecord> =
            serde_json::from_str(line).map_err(|e| fault(format!("expected a record, found: {e}")))?;
        if found.previous != previous {
            return Err(fault(
                "expected the hash of the line before, found another: a line was changed".into(),
            ));
        }
        previous = Some(sha256(line));
        out.push(found.record);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reason::Reason;

    fn record(pair: &str) -> PairRecord {
        PairRecord::of_failure(pair, Reason::new("unreadable", "found nothing"))
    }

    fn written(folder: &Path, pairs: &[&str]) -> PathBuf {
        let mut log = Log::open(folder, "run.jsonl").unwrap();
        pairs.iter().for_each(|pair| log.append(&record(pair)).unwrap());
        folder.join("run.jsonl")
    }

    #[test]
    fn several_runs_make_one_chain() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path(), &["A", "B"]);
        let path = written(folder.path(), &["C"]);
        let found = read(&path).unwrap();
        assert_eq!(found, ["A", "B", "C"].map(record));
    }

    #[test]
    fn two_batches_do_not_write_one_log() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Log::open(folder.path(), "run.jsonl").unwrap();
        first.append(&record("A")).unwrap();
        let refused = Log::open(folder.path(), "run.jsonl").err().unwrap().to_string();
        assert!(
            refused.contains("run.jsonl: cannot be written: ") && refused.contains("another batch"),
            "{refused}"
        );
        // Another part has a log of its own.
        Log::open(folder.path(), "run-1-of-2.jsonl").unwrap();
        first.append(&record("B")).unwrap();
        drop(first);
        let path = written(folder.path(), &["C"]);
        assert_eq!(read(&path).unwrap(), ["A", "B", "C"].map(record));
    }

    #[test]
    fn a_disk_without_locks_keeps_nobody_from_writing() {
        assert!(alone(Err(TryLockError::Error(ErrorKind::Unsupported.into()))).is_ok());
        assert!(alone(Err(TryLockError::WouldBlock)).is_err());
    }

    #[test]
    fn half_a_line_is_cut_off_and_the_chain_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), &["A", "B"]);
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 5]).unwrap();
        assert_eq!(read(&path).unwrap(), [record("A")]);
        written(folder.path(), &["B", "C"]);
        assert_eq!(read(&path).unwrap(), ["A", "B", "C"].map(record));
        std::fs::write(&path, b"half").unwrap();
        written(folder.path(), &["D"]);
        assert_eq!(read(&path).unwrap(), [record("D")]);
    }

    #[test]
    fn a_line_that_was_changed_or_taken_out_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = written(folder.path(), &["A", "B", "C"]);
        let text = std::fs::read_to_string(&path).unwrap();
        let fault = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read(&path).unwrap_err().to_string()
        };
        assert!(fault(&text.replace("\"A\"", "\"Z\"")).contains("line 2: expected the hash"));
        let lines: Vec<&str> = text.lines().collect();
        assert!(fault(&format!("{}\n{}\n", lines[0], lines[2])).contains("line 2"));
        assert!(fault("{}\n").contains("line 1: expected a record"));
    }
}
