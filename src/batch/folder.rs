//! Pairs by the names of photographs in a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::FindError;
use super::name::{Role, Visit, fault_of_name, role_in_pair_folder, role_of_stem};
use super::plan::{Plan, PlannedPair, Skipped};
use crate::analyzer::PairFiles;

/// Endings of the formats that are read; the content decides when the file is opened.
const PICTURES: [&str; 6] = ["jpg", "jpeg", "png", "tif", "tiff", "webp"];
/// Endings of pictures that are not read, so that whoever sent them is told.
const OTHER_PICTURES: [&str; 10] = ["heic", "heif", "avif", "bmp", "gif", "dng", "cr2", "cr3", "nef", "arw"];

/// Photographs of one pair name, whatever its case.
#[derive(Default)]
struct Group {
    /// The name as its first photograph spells it.
    name: String,
    captures: BTreeMap<(Visit, Option<u32>), Vec<PathBuf>>,
    /// Photographs in formats that are not read.
    unread: Vec<PathBuf>,
}

#[derive(Default)]
struct Search {
    plan: Plan,
    groups: BTreeMap<String, Group>,
    /// The folder of results, which is no input.
    out: Option<PathBuf>,
}

/// See [`super::find`].
pub(super) fn find(folder: &Path, out: Option<&Path>) -> Result<Plan, FindError> {
    let out = out.and_then(|out| out.canonicalize().ok());
    if out.is_some() && folder.canonicalize().ok() == out {
        return Err(FindError::SameFolder { path: folder.to_owned() });
    }
    let mut search = Search { out, ..Search::default() };
    search.plan.root = folder.to_owned();
    for path in entries(folder)? {
        if path.is_dir() { search.look_into(&path)? } else { search.add(path, None) }
    }
    search.finish()
}

/// What a folder holds, sorted by name.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, FindError> {
    let read = || -> std::io::Result<Vec<PathBuf>> {
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
    };
    let mut found = read().map_err(|source| FindError::Read { path: folder.to_owned(), source })?;
    found.sort();
    Ok(found)
}

/// Photographs of a folder, sorted by name, and pictures in formats that are not read; hidden files are neither.
pub(super) fn photographs_of(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), FindError> {
    let is_picture = |path: &PathBuf| {
        !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
            && (is_read(path) || OTHER_PICTURES.contains(&ending(path).as_str()))
    };
    let pictures = entries(folder)?.into_iter().filter(is_picture);
    Ok(pictures.partition(|path| is_read(path)))
}

/// Whether a file is the log of a batch, or of a part of one.
pub(super) fn is_log(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_prefix("run")
        .and_then(|rest| rest.strip_suffix(".jsonl"))
        .is_some_and(|part| part.is_empty() || part.starts_with('-'))
}

/// Whether the ending is that of a format that is read.
fn is_read(path: &Path) -> bool {
    PICTURES.contains(&ending(path).as_str())
}

fn ending(path: &Path) -> String {
    path.extension().unwrap_or_default().to_string_lossy().to_lowercase()
}

impl Search {
    fn skip(&mut self, path: &Path, reason: &str) {
        let skipped = self.plan.told(path);
        self.plan.skipped.push(Skipped { skipped, reason: reason.to_owned(), incomplete_pair: false });
    }

    fn is_results(&self, folder: &Path) -> bool {
        self.out.is_some() && folder.canonicalize().ok() == self.out
    }

    /// A folder may be a pair: `NAME/before.*`, `NAME/after.*`.
    fn look_into(&mut self, folder: &Path) -> Result<(), FindError> {
        if self.is_results(folder) {
            // As the user expects; a second run says the same as the first.
        } else if entries(folder)?.iter().any(|path| is_log(path)) {
            self.skip(folder, "results of an earlier run");
        } else if let Some(name) = folder.file_name().and_then(|n| n.to_str()) {
            for path in entries(folder)? {
                if path.is_dir() {
                    if !self.is_results(&path) {
                        self.skip(&path, "a folder in a folder");
                    }
                } else {
                    self.add(path, Some(name));
                }
            }
        } else {
            self.skip(folder, "its name is no Unicode");
        }
        Ok(())
    }

    /// Takes a file for the photograph that its name tells, in the folder of a pair or at the top.
    fn add(&mut self, path: PathBuf, pair_folder: Option<&str>) {
        let name = path.file_name().and_then(|n| n.to_str());
        let stem = path.file_stem().and_then(|n| n.to_str());
        let (Some(name), Some(stem)) = (name, stem) else {
            return self.skip(&path, "its name is no Unicode");
        };
        if name.starts_with('.') {
            return self.skip(&path, "hidden");
        }
        let is_read = is_read(&path);
        if !is_read && !OTHER_PICTURES.contains(&ending(&path).as_str()) {
            return self.skip(&path, "not a photograph by its name");
        }
        let role = match pair_folder {
            Some(folder) => role_in_pair_folder(stem).map(|role| Role { pair: folder.to_owned(), ..role }),
            None => role_of_stem(stem),
        };
        let Some(role) = role else {
            return self.skip(&path, "its name says neither before nor after, or both");
        };
        let group = self.groups.entry(role.pair.to_lowercase()).or_default();
        if group.name.is_empty() {
            group.name = role.pair;
        }
        if is_read {
            group.captures.entry((role.visit, role.number)).or_default().push(path);
        } else {
            group.unread.push(path);
        }
    }

    fn finish(mut self) -> Result<Plan, FindError> {
        let mut problems = Vec::new();
        for group in std::mem::take(&mut self.groups).into_values() {
            if let Some(fault) = fault_of_name(&group.name) {
                problems.push(format!("pair \"{}\": the name {fault}", group.name));
            }
            for ((visit, _), files) in group.captures.iter().filter(|(_, files)| files.len() > 1) {
                let files: Vec<String> = files.iter().map(|f| self.plan.told(f)).collect();
                problems.push(format!(
                    "pair \"{}\": expected one such {}-photograph, found {}; number further captures as in {}_{}_2",
                    group.name,
                    visit.word(),
                    files.join(" and "),
                    group.name,
                    visit.word()
                ));
            }
            self.settle(group);
        }
        if !problems.is_empty() {
            return Err(FindError::Unclear { path: self.plan.root, problems });
        }
        if self.plan.pairs.is_empty() && !self.plan.has_incomplete_pairs() {
            return Err(FindError::NoPairs { path: self.plan.root });
        }
        self.plan.skipped.sort();
        Ok(self.plan.with_copies())
    }

    /// A pair where both visits are there, else something to tell.
    fn settle(&mut self, group: Group) {
        let mut visits: [Vec<PathBuf>; 2] = Default::default();
        // The unnumbered capture comes first, then by number.
        for ((visit, _), files) in group.captures {
            visits[visit as usize].extend(files);
        }
        let unread = group.unread.iter().map(|f| self.plan.told(f)).collect::<Vec<_>>().join(" and ");
        let [mut before, mut after] = visits;
        if !before.is_empty() && !after.is_empty() {
            group.unread.iter().for_each(|path| self.skip(path, "a format that is not read"));
            let files = PairFiles {
                before: before.remove(0),
                after: after.remove(0),
                before_repeats: before,
                after_repeats: after,
            };
            self.plan.pairs.push(PlannedPair { name: group.name, files, ..PlannedPair::default() });
            return;
        }
        let mut reason = match (before.first(), after.first()) {
            (Some(file), None) => format!("{} has no after-photograph", self.plan.told(file)),
            (None, Some(file)) => format!("{} has no before-photograph", self.plan.told(file)),
            _ => "no photograph that is read".to_owned(),
        };
        if !unread.is_empty() {
            reason.push_str(&format!(" ({unread}: a format that is not read)"));
        }
        self.plan.skipped.push(Skipped { skipped: group.name, reason, incomplete_pair: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_of(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, b"").unwrap();
        }
        folder
    }

    fn told(plan: &Plan) -> Vec<String> {
        let list = |files: &[PathBuf]| files.iter().map(|f| plan.told(f)).collect::<Vec<_>>().join("+");
        let pair = |p: &PlannedPair| {
            let before = [vec![p.files.before.clone()], p.files.before_repeats.clone()].concat();
            let after = [vec![p.files.after.clone()], p.files.after_repeats.clone()].concat();
            format!("{}: {} | {}", p.name, list(&before), list(&after))
        };
        plan.pairs.iter().map(pair).collect()
    }

    #[test]
    fn every_pattern_makes_a_pair() {
        let folder = folder_of(&[
            "P1_before.jpg",
            "p1_After.PNG",
            "P1_before_10.jpg",
            "P1_before_2.jpg",
            "P2-before.tif",
            "P2-after.tif",
            "before_P3.jpeg",
            "after_P3.jpeg",
            "P4/Before.jpg",
            "P4/after.webp",
            "P4/after_2.webp",
        ]);
        let plan = find(folder.path(), None).unwrap();
        assert_eq!(
            told(&plan),
            [
                "P1: P1_before.jpg+P1_before_2.jpg+P1_before_10.jpg | p1_After.PNG",
                "P2: P2-before.tif | P2-after.tif",
                "P3: before_P3.jpeg | after_P3.jpeg",
                "P4: P4/Before.jpg | P4/after.webp+P4/after_2.webp",
            ]
        );
        assert!(plan.skipped.is_empty(), "{:?}", plan.skipped);
    }

    #[test]
    fn what_is_ambiguous_is_refused_with_every_offender() {
        let folder = folder_of(&[
            "A_before.jpg",
            "A_before.png",
            "A_after.jpg",
            "B_before.jpg",
            "b-before.jpg",
            "B_after.jpg",
            "C_before.jpg",
            "C/before.jpg",
            "C_after.jpg",
            "D_before_2.jpg",
            "D_before_02.jpg",
            "D_after.jpg",
            ".._before.jpg",
            "nul_before.jpg",
            "nul_after.jpg",
        ]);
        let lines = find(folder.path(), None).unwrap_err().lines();
        assert_eq!(lines.len(), 5, "{lines:#?}");
        for (line, words) in lines.iter().zip([
            "A_before.jpg and A_before.png",
            "B_before.jpg and b-before.jpg",
            "C/before.jpg and C_before.jpg",
            "D_before_02.jpg and D_before_2.jpg",
            "\"nul\"",
        ]) {
            assert!(line.contains(words) && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn what_belongs_to_no_pair_is_told() {
        let folder = folder_of(&[
            "A_before.jpg",
            "A_after.jpg",
            "B_before.jpg",
            "C_before.heic",
            "C_after.heic",
            "notes.txt",
            "chart.png",
            ".DS_Store",
            "deep/er/before.jpg",
            "old/run.jsonl",
            "old/A/before.png",
        ]);
        let plan = find(folder.path(), None).unwrap();
        assert_eq!(told(&plan), ["A: A_before.jpg | A_after.jpg"]);
        let skipped: Vec<String> =
            plan.skipped.iter().map(|s| format!("{} {}", s.skipped, s.incomplete_pair)).collect();
        assert_eq!(
            skipped,
            [
                ".DS_Store false",
                "B true",
                "C true",
                "chart.png false",
                "deep/er false",
                "notes.txt false",
                "old false"
            ]
        );
    }

    #[test]
    fn results_are_no_input() {
        let folder = folder_of(&["A_before.jpg", "A_after.jpg", "results/before.png", "results/after.png"]);
        let out = folder.path().join("results");
        assert_eq!(find(folder.path(), Some(&out)).unwrap().pairs.len(), 1);
        assert_eq!(find(folder.path(), None).unwrap().pairs.len(), 2);
        assert!(matches!(find(folder.path(), Some(folder.path())), Err(FindError::SameFolder { .. })));
        let empty = folder_of(&["notes.txt"]);
        assert!(matches!(find(empty.path(), None), Err(FindError::NoPairs { .. })));
    }
}
