//! A manifest as a table: UTF-8 with or without mark, `,` or `;`, every problem told with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::error::FindError;
use super::folder::photographs_of;
use super::name::fault_of_name;
use crate::calibrate::MM_PER_PX;

/// Between several files in one cell.
const AND: char = '|';

/// A manifest, and what was found to be wrong with it.
pub(crate) struct Table {
    columns: BTreeMap<String, usize>,
    rows: Vec<Row>,
    root: PathBuf,
    /// Where `;` separates, a comma may be the decimal mark.
    semicolon: bool,
    problems: Vec<String>,
}

/// One row that is not empty.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub line: u64,
    cells: csv::StringRecord,
}

/// Reads the manifest at `path` with `read`, which tells what is wrong with the rows.
pub(crate) fn read<T>(
    path: &Path,
    needed: &[&str],
    optional: &[&str],
    read: impl FnOnce(&mut Table) -> T,
) -> Result<(PathBuf, T), FindError> {
    let bytes = std::fs::read(path).map_err(|source| FindError::Read { path: path.to_owned(), source })?;
    let root = path.parent().unwrap_or(Path::new("")).to_owned();
    let refused = |problems| FindError::Unclear { path: path.to_owned(), problems };
    let text = std::str::from_utf8(&bytes).map_err(|e| {
        let line = 1 + bytes[..e.valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        refused(vec![format!("line {line}: expected UTF-8, found other bytes")])
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut table = Table::new(text, &root, needed, optional).map_err(refused)?;
    let out = read(&mut table);
    if table.problems.is_empty() { Ok((root, out)) } else { Err(refused(table.problems)) }
}

impl Table {
    fn new(text: &str, root: &Path, needed: &[&str], optional: &[&str]) -> Result<Self, Vec<String>> {
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
            if !needed.iter().chain(optional).any(|known| *known == column) {
                problems.push(format!(
                    "line 1: found the column \"{column}\", expected some of {}, {}",
                    needed.join(", "),
                    optional.join(", ")
                ));
            } else if columns.insert(column.clone(), i).is_some() {
                problems.push(format!("line 1: found the column \"{column}\" twice, expected it once"));
            }
        }
        for needed in needed.iter().filter(|needed| !columns.contains_key(**needed)) {
            problems.push(format!("line 1: expected a column \"{needed}\", found none"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut table = Self { columns, rows: Vec::new(), root: root.to_owned(), semicolon, problems };
        table.read_rows(csv, width);
        Ok(table)
    }

    fn read_rows(&mut self, csv: csv::Reader<&[u8]>, width: usize) {
        for record in csv.into_records() {
            match record {
                Ok(cells) if cells.iter().all(str::is_empty) => {}
                Ok(cells) => {
                    let line = cells.position().map_or(0, csv::Position::line);
                    if cells.len() == width {
                        self.rows.push(Row { line, cells });
                    } else {
                        self.fault(line, format!("found {} cells, expected {width}", cells.len()));
                    }
                }
                Err(e) => {
                    self.problems.push(format!("expected CSV, found: {e}"));
                    return;
                }
            }
        }
    }

    /// Takes the rows.
    pub fn take_rows(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.rows)
    }

    /// Reads every row that has a name of its own in the column `kind`: a name for a folder of results, once.
    pub fn named_rows<T>(
        &mut self,
        kind: &str,
        mut read: impl FnMut(&mut Self, &Row, String) -> T,
    ) -> Vec<T> {
        let mut out = Vec::new();
        let mut names = BTreeSet::new();
        for row in self.take_rows() {
            let name = self.cell(&row, kind).unwrap_or("").to_owned();
            if let Some(fault) = fault_of_name(&name) {
                let problem =
                    format!("found the {kind} \"{name}\", expected a name for a folder: it {fault}");
                self.fault(row.line, problem);
            }
            let one = read(self, &row, name.clone());
            if !name.is_empty() && !names.insert(name.to_lowercase()) {
                self.fault(row.line, format!("found the {kind} \"{name}\" again, expected each name once"));
            }
            out.push(one);
        }
        if out.is_empty() {
            self.fault_unless_any(&format!("expected at least one {kind}, found none below the header"));
        }
        out
    }

    /// Tells what is wrong with a line.
    pub fn fault(&mut self, line: u64, problem: impl AsRef<str>) {
        self.problems.push(format!("line {line}: {}", problem.as_ref()));
    }

    /// Tells what is wrong with the whole, where nothing else is.
    pub fn fault_unless_any(&mut self, problem: &str) {
        if self.problems.is_empty() {
            self.problems.push(problem.to_owned());
        }
    }

    /// The text of a cell that holds some.
    pub fn cell<'r>(&self, row: &'r Row, column: &str) -> Option<&'r str> {
        self.columns.get(column).and_then(|&i| row.cells.get(i)).filter(|text| !text.is_empty())
    }

    /// The files of a cell, told to be missing where they are.
    pub fn files(&mut self, row: &Row, column: &str) -> Vec<PathBuf> {
        let cell = self.cell(row, column).unwrap_or("");
        let files: Vec<&str> = cell.split(AND).map(str::trim).filter(|f| !f.is_empty()).collect();
        for file in &files {
            if !self.root.join(file).is_file() {
                self.fault(row.line, format!("{column}: expected the file {file}, found no such file"));
            }
        }
        files.iter().map(|file| self.root.join(file)).collect()
    }

    /// The photographs of a cell: files, or those of one folder, sorted by name.
    pub fn photographs(&mut self, row: &Row, column: &str) -> Vec<PathBuf> {
        let folder = self.cell(row, column).map(|cell| self.root.join(cell)).filter(|path| path.is_dir());
        let Some(folder) = folder else { return self.files(row, column) };
        let (read, unread) = match photographs_of(&folder) {
            Ok(found) => found,
            Err(error) => {
                self.fault(row.line, format!("{column}: {error}"));
                return Vec::new();
            }
        };
        for file in unread {
            let name = file.strip_prefix(&self.root).unwrap_or(&file).display().to_string();
            self.fault(row.line, format!("{column}: found {name}, expected a format that is read"));
        }
        read
    }

    /// A number in a cell.
    pub fn number(&self, row: &Row, column: &str) -> Option<Result<f64, String>> {
        let text = self.cell(row, column)?;
        let number = if self.semicolon { text.replace(',', ".") } else { text.to_owned() };
        Some(number.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| text.to_owned()))
    }

    /// Whole days.
    pub fn days(&mut self, row: &Row, column: &str) -> Option<i32> {
        let text = self.cell(row, column)?.to_owned();
        let days = text.parse().ok();
        if days.is_none() {
            self.fault(row.line, format!("{column}: found {text}, expected a whole number of days"));
        }
        days
    }

    /// Yes or no.
    pub fn yes_or_no(&mut self, row: &Row, column: &str) -> Option<bool> {
        let text = self.cell(row, column)?.to_owned();
        match text.to_lowercase().as_str() {
            "yes" | "true" | "1" => Some(true),
            "no" | "false" | "0" => Some(false),
            _ => {
                self.fault(row.line, format!("{column}: found {text}, expected yes or no"));
                None
            }
        }
    }

    /// Millimetres per pixel.
    pub fn scale(&mut self, row: &Row, column: &str) -> Option<f64> {
        let value = self.number(row, column)?.ok().filter(|value| MM_PER_PX.contains(value));
        if value.is_none() {
            let (low, high) = (MM_PER_PX.start(), MM_PER_PX.end());
            let text = self.cell(row, column).unwrap_or("").to_owned();
            self.fault(
                row.line,
                format!("{column}: found {text}, expected millimetres per pixel from {low} to {high}"),
            );
        }
        value
    }
}
