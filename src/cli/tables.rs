//! Metrics as tables: what `--csv` and `--format` ask for.

use std::path::{Path, PathBuf};

use super::args::TableArguments;
use super::exit::{Exit, Failure};
use crate::batch::{PairRecord, Shard, read_report};
use crate::report::{Report, TableFormat, Tables, write_atomically};

/// Tables that are written once all pairs are done.
pub(super) struct Wanted {
    formats: Vec<TableFormat>,
    /// Pairs, and where their reports lie.
    reports: Vec<(String, PathBuf)>,
}

impl Wanted {
    /// What is asked for, where this program can write it.
    pub fn by(arguments: &TableArguments) -> Result<Self, Failure> {
        let formats = arguments.formats().map_err(|line| Failure::new(Exit::Usage, line))?;
        Ok(Self { formats, reports: Vec::new() })
    }

    /// One more pair, with its report below `out` where it has one.
    pub fn take(&mut self, record: &PairRecord, out: &Path) {
        self.reports.extend(record.report.as_ref().map(|file| (record.pair.clone(), out.join(file))));
    }

    /// Writes the tables of all pairs that were taken, one report at a time, however many there are. Those of a part are named by it,
    /// so that parts in one folder have theirs.
    pub fn write(&self, out: &Path, shard: Option<Shard>) -> Result<(), Failure> {
        let reports =
            self.reports.iter().filter_map(|(pair, file)| Some((pair.as_str(), read_report(file)?)));
        self.write_reports(out, shard, reports)
    }

    /// Writes the tables of one report.
    pub fn write_one(&self, out: &Path, report: Report) -> Result<(), Failure> {
        self.write_reports(out, None, std::iter::once(("", report)))
    }

    fn write_reports<'a>(
        &self,
        out: &Path,
        shard: Option<Shard>,
        reports: impl Iterator<Item = (&'a str, Report)>,
    ) -> Result<(), Failure> {
        if self.formats.is_empty() {
            return Ok(());
        }
        let mut tables = Tables::new(&self.formats);
        reports.for_each(|(pair, report)| tables.add(pair, &report));
        for table in tables.finish() {
            let part =
                shard.filter(|_| !table.is_dictionary).map_or_else(String::new, |shard| format!("-{shard}"));
            write_atomically(out, &format!("{}{part}.{}", table.stem, table.ending), &table.bytes)?;
        }
        Ok(())
    }
}
