//! Sets of repeated captures by a manifest: CSV, one row a set.

use std::path::{Path, PathBuf};

use crate::analyzer::PairFiles;
use crate::batch::table::{self, Row, Table};
use crate::batch::{FindError, Plan, PlannedPair};

/// Columns that a manifest must have.
const NEEDED: [&str; 2] = ["set", "captures"];
/// Columns that it may have.
const OPTIONAL: [&str; 5] = ["subject", "view", "mm_per_px", "region", "reference"];

/// One person's skin at one site on one visit, captured again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSet {
    /// Name of the set, and of the folder of its reports.
    pub name: String,
    /// Its captures, two or more; the others are compared with the first.
    pub captures: Vec<PathBuf>,
    /// Who; the set's name where the manifest does not tell.
    pub subject: String,
    /// Which site.
    pub view: Option<String>,
    /// Millimetres per pixel.
    pub mm_per_px: Option<f64>,
    /// What to measure, in pixels of the first capture.
    pub region: Option<PathBuf>,
    /// Untreated skin, alike.
    pub reference: Option<PathBuf>,
}

impl PlannedSet {
    /// Every later capture against the first, named `SET/capture-N`.
    pub fn pairs(&self) -> impl Iterator<Item = PlannedPair> {
        self.captures[1..].iter().zip(2..).map(|(capture, number)| PlannedPair {
            name: self.pair_name(number),
            files: PairFiles {
                before: self.captures[0].clone(),
                after: capture.clone(),
                ..PairFiles::default()
            },
            subject: Some(self.subject.clone()),
            view: self.view.clone(),
            mm_per_px_before: self.mm_per_px,
            mm_per_px_after: self.mm_per_px,
            region: self.region.clone(),
            reference: self.reference.clone(),
            days: None,
            light_fixed: None,
        })
    }

    /// Name of the pair of the first capture and the one of this number, from 2 on.
    pub(super) fn pair_name(&self, number: usize) -> String {
        format!("{}/capture-{number}", self.name)
    }

    /// The pairs of several sets as one plan.
    pub fn plan(root: &Path, sets: &[Self]) -> Plan {
        let pairs = sets.iter().flat_map(Self::pairs).collect();
        Plan::of(root, pairs)
    }
}

/// Reads a manifest of sets: its folder, and its sets in their order.
///
/// # Errors
/// [`FindError`], with every offender.
pub fn find(manifest: &Path) -> Result<(PathBuf, Vec<PlannedSet>), FindError> {
    table::read(manifest, &NEEDED, &OPTIONAL, |table| table.named_rows("set", set))
}

fn set(table: &mut Table, row: &Row, name: String) -> PlannedSet {
    let captures = table.photographs(row, "captures");
    if captures.len() < 2 {
        let found = captures.len();
        table.fault(row.line, format!("set \"{name}\": found {found} captures, expected two or more"));
    }
    let subject = table.cell(row, "subject").unwrap_or(&name).to_owned();
    let view = table.cell(row, "view").map(str::to_owned);
    PlannedSet {
        captures,
        subject,
        view,
        mm_per_px: table.scale(row, "mm_per_px"),
        region: table.files(row, "region").pop(),
        reference: table.files(row, "reference").pop(),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(manifest: &str) -> Result<Vec<PlannedSet>, FindError> {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a.jpg", "b.jpg", "shots/2.JPG", "shots/1.png", "shots/notes.txt", "shots/.hidden.png"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        let path = folder.path().join("sets.csv");
        std::fs::write(&path, manifest).unwrap();
        find(&path).map(|(_, sets)| sets)
    }

    #[test]
    fn captures_are_files_or_those_of_a_folder() {
        let sets = read("set,captures,subject,view,mm_per_px\nP1,a.jpg|b.jpg,,,\nP2,shots,S,cheek,0.05\n")
            .unwrap_or_else(|e| panic!("{e}"));
        let names = |set: &PlannedSet| -> Vec<String> {
            let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
            set.captures.iter().map(name).collect()
        };
        assert_eq!(
            (names(&sets[0]), names(&sets[1])),
            (vec!["a.jpg".into(), "b.jpg".into()], vec!["1.png".into(), "2.JPG".into()])
        );
        assert_eq!((&*sets[0].subject, &*sets[1].subject), ("P1", "S"));
        let pairs: Vec<PlannedPair> = sets[1].pairs().collect();
        assert_eq!(
            (pairs.len(), &*pairs[0].name, pairs[0].view.as_deref()),
            (1, "P2/capture-2", Some("cheek"))
        );
        assert_eq!((pairs[0].mm_per_px_before, pairs[0].mm_per_px_after), (Some(0.05), Some(0.05)));
    }

    #[test]
    fn every_offender_is_named() {
        for (manifest, words) in [
            ("set\n", "expected a column \"captures\""),
            ("set,captures\n", "found none below"),
            ("set,captures\nP,a.jpg\n", "set \"P\": found 1 captures"),
            ("set,captures\nP,a.jpg|x.jpg\n", "x.jpg, found no such file"),
            ("set,captures\nP,a.jpg|b.jpg\np,a.jpg|b.jpg\n", "line 3: found the set \"p\" again"),
            ("set,captures\na/b,a.jpg|b.jpg\n", "found the set \"a/b\""),
        ] {
            let lines = read(manifest).unwrap_err().lines();
            assert!(lines[0].contains(words) && lines[0].contains("sets.csv"), "{lines:#?}");
        }
    }
}
