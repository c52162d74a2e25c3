//! Pairs by a manifest: CSV, one row a pair, paths told against the manifest's folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::error::FindError;
use super::name::fault_of_name;
use super::plan::{Plan, PlannedPair};
use crate::analyzer::PairFiles;
use crate::calibrate::MM_PER_PX;

/// Columns that a manifest must have.
const NEEDED: [&str; 3] = ["pair", "before", "after"];
/// Columns that it may have.
const OPTIONAL: [&str; 9] = [
    "subject",
    "view",
    "mm_per_px",
    "mm_per_px_before",
    "mm_per_px_after",
    "region",
    "reference",
    "before_repeat",
    "after_repeat",
];
/// Between several files in one cell.
const AND: char = '|';

/// See [`super::find`].
pub(super) fn find(path: &Path) -> Result<Plan, FindError> {
    let bytes = std::fs::read(path).map_err(|source| FindError::Read { path: path.to_owned(), source })?;
    let root = path.parent().unwrap_or(Path::new("")).to_owned();
    let refused = |problems| FindError::Unclear { path: path.to_owned(), problems };
    let text = std::str::from_utf8(&bytes).map_err(|e| {
        let line = 1 + bytes[..e.valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        refused(vec![format!("line {line}: expected UTF-8, found other bytes")])
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let pairs = Reader::new(text, &root).map_err(refused)?.pairs().map_err(refused)?;
    if pairs.is_empty() {
        return Err(refused(vec!["expected at least one pair, found none below the header".to_owned()]));
    }
    Ok(Plan { root, pairs, skipped: Vec::new() })
}

struct Reader<'a> {
    csv: csv::Reader<&'a [u8]>,
    columns: BTreeMap<String, usize>,
    width: usize,
    root: &'a Path,
    /// Where `;` separates, a comma may be the decimal mark.
    semicolon: bool,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, root: &'a Path) -> Result<Self, Vec<String>> {
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
        let semicolon = first.matches(';').count() > first.matches(',').count();
        let mut csv = csv::ReaderBuilder::new()
            .delimiter(if semicolon { b';' } else { b',' })
            .trim(csv::Trim::All)
            .flexible(true)
            .from_reader(text.as_bytes());
        let header = csv.headers().map_err(|e| vec![format!("expected a header of columns, found: {e}")])?;
        let (mut columns, mut problems) = (BTreeMap::new(), Vec::new());
        let width = header.len();
        for (i, column) in header.iter().enumerate() {
            let column = column.to_lowercase();
            if !NEEDED.iter().chain(&OPTIONAL).any(|known| *known == column) {
                problems.push(format!(
                    "line 1: found the column \"{column}\", expected some of {}, {}",
                    NEEDED.join(", "),
                    OPTIONAL.join(", ")
                ));
            } else if columns.insert(column.clone(), i).is_some() {
                problems.push(format!("line 1: found the column \"{column}\" twice, expected it once"));
            }
        }
        for needed in NEEDED.iter().filter(|needed| !columns.contains_key(**needed)) {
            problems.push(format!("line 1: expected a column \"{needed}\", found none"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self { csv, columns, width, root, semicolon, problems })
    }

    /// All rows, or everything that is wrong with them.
    fn pairs(mut self) -> Result<Vec<PlannedPair>, Vec<String>> {
        let mut pairs = Vec::new();
        let mut names = BTreeSet::new();
        let mut record = csv::StringRecord::new();
        loop {
            match self.csv.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(e) => {
                    self.problems.push(format!("expected CSV, found: {e}"));
                    break;
                }
            }
            if record.iter().all(str::is_empty) {
                continue;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let pair = self.row(&record, line);
            if !pair.name.is_empty() && !names.insert(pair.name.to_lowercase()) {
                self.fault(line, format!("found the pair \"{}\" again, expected each name once", pair.name));
            }
            pairs.push(pair);
        }
        if self.problems.is_empty() { Ok(pairs) } else { Err(self.problems) }
    }

    fn fault(&mut self, line: u64, problem: String) {
        self.problems.push(format!("line {line}: {problem}"));
    }

    fn cell<'r>(&self, record: &'r csv::StringRecord, column: &str) -> Option<&'r str> {
        self.columns.get(column).and_then(|&i| record.get(i)).filter(|text| !text.is_empty())
    }

    fn row(&mut self, record: &csv::StringRecord, line: u64) -> PlannedPair {
        if record.len() != self.width {
            self.fault(line, format!("found {} cells, expected {}", record.len(), self.width));
            return PlannedPair::default();
        }
        let name = self.cell(record, "pair").unwrap_or("").to_owned();
        if let Some(fault) = fault_of_name(&name) {
            self.fault(line, format!("found the pair \"{name}\", expected a name for a folder: it {fault}"));
        }
        let visit = |reader: &mut Self, word: &str| {
            let mut files = reader.files(record, line, word);
            if files.is_empty() {
                reader.fault(line, format!("pair \"{name}\": expected a {word}-photograph, found none"));
                return (PathBuf::new(), files);
            }
            let first = files.remove(0);
            if !files.is_empty() {
                let column = format!("{word}_repeat");
                reader.fault(
                    line,
                    format!("found several files in \"{word}\", expected one and the others in \"{column}\""),
                );
            }
            (first, reader.files(record, line, &format!("{word}_repeat")))
        };
        let (before, before_repeats) = visit(self, "before");
        let (after, after_repeats) = visit(self, "after");
        let both = self.scale(record, line, "mm_per_px");
        let scales = ["mm_per_px_before", "mm_per_px_after"].map(|c| self.scale(record, line, c));
        if both.is_some() && scales.iter().any(Option::is_some) {
            self.fault(line, "found mm_per_px and one of a visit, expected one or the other".to_owned());
        }
        let text = |column| self.cell(record, column).map(str::to_owned);
        let (subject, view) = (text("subject"), text("view"));
        PlannedPair {
            files: PairFiles { before, after, before_repeats, after_repeats },
            subject,
            view,
            mm_per_px_before: scales[0].or(both),
            mm_per_px_after: scales[1].or(both),
            region: self.files(record, line, "region").pop(),
            reference: self.files(record, line, "reference").pop(),
            name,
        }
    }

    /// The files of a cell, told to be missing where they are.
    fn files(&mut self, record: &csv::StringRecord, line: u64, column: &str) -> Vec<PathBuf> {
        let cell = self.cell(record, column).unwrap_or("");
        let files: Vec<&str> = cell.split(AND).map(str::trim).filter(|f| !f.is_empty()).collect();
        for file in &files {
            if !self.root.join(file).is_file() {
                self.fault(line, format!("{column}: expected the file {file}, found no such file"));
            }
        }
        files.iter().map(|file| self.root.join(file)).collect()
    }

    fn scale(&mut self, record: &csv::StringRecord, line: u64, column: &str) -> Option<f64> {
        let text = self.cell(record, column)?;
        let number = if self.semicolon { text.replace(',', ".") } else { text.to_owned() };
        let value = number.parse().ok().filter(|value| MM_PER_PX.contains(value));
        if value.is_none() {
            let (low, high) = (MM_PER_PX.start(), MM_PER_PX.end());
            self.fault(
                line,
                format!("{column}: found {text}, expected millimetres per pixel from {low} to {high}"),
            );
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(manifest: &[u8]) -> Result<Plan, FindError> {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a.jpg", "b.jpg", "c.jpg", "r.json", "Ann, before.jpg"] {
            std::fs::write(folder.path().join(file), b"").unwrap();
        }
        let path = folder.path().join("pairs.csv");
        std::fs::write(&path, manifest).unwrap();
        find(&path)
    }

    #[test]
    fn both_separators_with_and_without_mark_read_alike() {
        let comma = "pair,before,after,mm_per_px,before_repeat,region,view\nP1,a.jpg,b.jpg,0.05,b.jpg|c.jpg,r.json,left\n\n";
        let semicolon = "\u{feff}Pair; Before ;after;mm_per_px;before_repeat;region;view\r\nP1;a.jpg;b.jpg;0,05;b.jpg | c.jpg;r.json;left\r\n";
        let lines = [comma, semicolon].map(|text| {
            let plan = read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
            serde_json::to_value(plan.line(&plan.pairs[0])).unwrap()
        });
        assert_eq!(lines[0], lines[1]);
        assert_eq!(lines[0]["before_repeats"], serde_json::json!(["b.jpg", "c.jpg"]));
        assert_eq!(lines[0]["mm_per_px_after"], 0.05);
        assert_eq!(lines[0]["region"], "r.json");
        let quoted = read(b"pair,before,after\nP1,\"Ann, before.jpg\",b.jpg\n").unwrap();
        assert!(quoted.pairs[0].files.before.ends_with("Ann, before.jpg"));
    }

    #[test]
    fn every_offender_is_named() {
        for (manifest, words) in [
            ("pair,before,after,color\n", &["column \"color\""][..]),
            ("pair,before,after,before\n", &["\"before\" twice"]),
            ("pair,before\n", &["expected a column \"after\""]),
            ("", &["\"pair\"", "\"before\"", "\"after\""]),
            ("pair,before,after\n", &["found none below the header"]),
            (
                "pair,before,after\n../x,a.jpg,b.jpg\n..,a.jpg,b.jpg\n,a.jpg,b.jpg\n",
                &["line 2", "line 3", "line 4"],
            ),
            ("pair,before,after\nP,a.jpg,b.jpg\np,a.jpg,b.jpg\n", &["line 3: found the pair \"p\" again"]),
            ("pair,before,after\nP,a.jpg,\nQ,x.jpg,y.jpg\n", &["after-photograph", "x.jpg", "y.jpg"]),
            ("pair,before,after\nP,a.jpg\n", &["found 2 cells, expected 3"]),
            ("pair,before,after\nP,a.jpg|c.jpg,b.jpg\n", &["before_repeat"]),
            ("pair,before,after,mm_per_px\nP,a.jpg,b.jpg,0\nQ,a.jpg,b.jpg,NaN\n", &["found 0", "found NaN"]),
            (
                "pair,before,after,mm_per_px,mm_per_px_after\nP,a.jpg,b.jpg,1,1\n",
                &["expected one or the other"],
            ),
        ] {
            let lines = read(manifest.as_bytes()).unwrap_err().lines();
            assert_eq!(lines.len(), words.len(), "{lines:#?}");
            for (line, words) in lines.iter().zip(words) {
                assert!(line.contains(words) && line.contains("pairs.csv"), "{line}");
            }
        }
        let latin1 = read(b"pair,before,after\nK\xe4the,a.jpg,b.jpg\n").unwrap_err().to_string();
        assert!(latin1.contains("line 2") && latin1.contains("UTF-8"), "{latin1}");
    }
}
