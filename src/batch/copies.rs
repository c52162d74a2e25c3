//! Photographs that a plan takes for several captures: a person who counts twice, or files that were mixed up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::hash::Hash;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::name::Visit;
use super::plan::PlannedPair;

/// Bytes that are looked at, at three places, before two files of one length are read: cameras that do not compress write nothing
/// but files of one length.
const SAMPLE: u64 = 16 << 10;

/// One photograph in several places of a plan, where one capture is expected in each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Copies {
    /// Where, in the order of the plan.
    pub copies: Vec<Place>,
    /// What is wrong with it.
    pub reason: String,
}

/// A place of a plan that a photograph takes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Name of the pair.
    pub pair: String,
    /// `before` or `after`.
    pub visit: &'static str,
    /// The file, told against the root of the plan.
    pub file: String,
}

impl std::fmt::Display for Copies {
    /// One line, however many there are.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const MOST: usize = 4;
        let told = |place: &Place| format!("{} ({} of {})", place.file, place.visit, place.pair);
        let shown: Vec<String> = self.copies.iter().take(MOST).map(told).collect();
        let more = self.copies.len() - shown.len();
        write!(f, "{}", shown.join(", "))?;
        if more > 0 {
            write!(f, " and {more} more")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// A photograph of a pair.
#[derive(Clone, Copy)]
struct Use<'a> {
    /// Position among all photographs of the plan.
    position: usize,
    pair: &'a PlannedPair,
    visit: Visit,
    file: &'a Path,
}

/// Photographs of one content in places where each should have its own. Of files that cannot be read nothing is said here.
pub(super) fn copies(pairs: &[PlannedPair], told: impl Fn(&Path) -> String) -> Vec<Copies> {
    let mut uses: BTreeMap<&Path, Vec<Use<'_>>> = BTreeMap::new();
    let mut order: Vec<&Path> = Vec::new();
    let all = pairs.iter().flat_map(|pair| captures(pair).map(move |(visit, file)| (pair, visit, file)));
    for (position, (pair, visit, file)) in all.enumerate() {
        let of_file = uses.entry(file).or_default();
        if of_file.is_empty() {
            order.push(file);
        }
        of_file.push(Use { position, pair, visit, file });
    }
    let place =
        |one: &Use<'_>| Place { pair: one.pair.name.clone(), visit: one.visit.word(), file: told(one.file) };
    let of_group = |files: Vec<&Path>| {
        let mut uses: Vec<Use<'_>> = files.iter().flat_map(|file| uses[file].clone()).collect();
        uses.sort_by_key(|one| one.position);
        let reason = fault(&uses)?;
        Some(Copies { copies: uses.iter().map(place).collect(), reason: reason.to_owned() })
    };
    alike(&order).into_iter().filter_map(of_group).collect()
}

fn captures(pair: &PlannedPair) -> impl Iterator<Item = (Visit, &Path)> {
    let files = &pair.files;
    let of = |visit, first, more| {
        std::iter::once(first).chain(more).map(move |file: &PathBuf| (visit, file.as_path()))
    };
    of(Visit::Before, &files.before, &files.before_repeats).chain(of(
        Visit::After,
        &files.after,
        &files.after_repeats,
    ))
}

/// What is wrong with one content in these places, if anything: a photograph may be the baseline of several visits of one subject,
/// and be of several regions or sites.
fn fault(uses: &[Use<'_>]) -> Option<&'static str> {
    let visits: BTreeSet<Visit> = uses.iter().map(|one| one.visit).collect();
    let subjects: BTreeSet<Option<&str>> = uses.iter().map(|one| one.pair.subject.as_deref()).collect();
    let files: BTreeSet<&Path> = uses.iter().map(|one| one.file).collect();
    let pairs: BTreeSet<&str> = uses.iter().map(|one| one.pair.name.as_str()).collect();
    let is_baseline = !visits.contains(&Visit::After) && !subjects.contains(&None);
    if visits.len() > 1 {
        Some("expected a photograph to be before or after, found it to be both")
    } else if subjects.iter().flatten().count() > 1 {
        Some("expected photographs of their own for each subject, found the same")
    } else if pairs.len() < uses.len() {
        Some("expected each capture to be one of its own, found it twice in a pair")
    } else if files.len() > 1 && !is_baseline {
        Some(
            "found copies of one file: who is in several pairs counts several times, unless a manifest names the subject",
        )
    } else if is_repeated(uses) {
        Some("found a pair twice: who is in it counts twice")
    } else {
        None
    }
}

/// Whether two pairs ask for the same of the same files.
fn is_repeated(uses: &[Use<'_>]) -> bool {
    let mut asked = BTreeSet::new();
    uses.iter().any(|Use { pair, .. }| {
        let files: Vec<&PathBuf> = pair.files.photographs().collect();
        !asked.insert((files, &pair.files.before_repeats, &pair.view, &pair.region, &pair.reference))
    })
}

/// The files in groups of one content, each group and all of them in the order in which they come.
fn alike<'a>(files: &[&'a Path]) -> Vec<Vec<&'a Path>> {
    let length = |file: &&Path| {
        std::fs::metadata(file).ok().filter(|facts| facts.is_file() && facts.len() > 0).map(|f| f.len())
    };
    let mut out = Vec::new();
    for same_length in grouped(files, length) {
        let several = if same_length.len() > 1 {
            grouped(&same_length, |file| sample(file).ok())
        } else {
            vec![same_length]
        };
        for same_sample in several {
            if same_sample.len() > 1 {
                out.extend(grouped(&same_sample, |file| whole(file).ok()));
            } else {
                out.push(same_sample);
            }
        }
    }
    let place: BTreeMap<&Path, usize> = files.iter().enumerate().map(|(i, file)| (*file, i)).collect();
    out.sort_by_key(|group| place[group[0]]);
    out
}

/// What has the same key, in the order in which it comes; without a key it is left out.
fn grouped<'a, K: Eq + Hash>(files: &[&'a Path], key: impl Fn(&&'a Path) -> Option<K>) -> Vec<Vec<&'a Path>> {
    let mut places: std::collections::HashMap<K, usize> = std::collections::HashMap::new();
    let mut out: Vec<Vec<&Path>> = Vec::new();
    for file in files {
        let Some(key) = key(file) else { continue };
        let place = *places.entry(key).or_insert(out.len());
        if place == out.len() {
            out.push(Vec::new());
        }
        out[place].push(file);
    }
    out
}

/// Hash of the beginning, the middle and the end.
fn sample(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut hash = Sha256::new();
    for from in [0, length / 2, length.saturating_sub(SAMPLE)] {
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(from))?;
        (&file).take(SAMPLE).read_to_end(&mut block)?;
        hash.update(block);
    }
    Ok(hash.finalize().into())
}

/// Hash of all of it, without holding it.
fn whole(path: &Path) -> std::io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut block = vec![0; 1 << 18];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&block[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyzer::PairFiles;

    struct Files(tempfile::TempDir);

    impl Files {
        fn of(contents: &[(&str, &[u8])]) -> Self {
            let folder = tempfile::tempdir().unwrap();
            for (name, bytes) in contents {
                std::fs::write(folder.path().join(name), bytes).unwrap();
            }
            Self(folder)
        }

        /// A pair by the names of its files; those with `+` are repeats.
        fn pair(&self, name: &str, before: &str, after: &str) -> PlannedPair {
            let visit = |names: &str| -> Vec<PathBuf> {
                names.split('+').map(|name| self.0.path().join(name)).collect()
            };
            let (mut before, mut after) = (visit(before), visit(after));
            let files = PairFiles {
                before: before.remove(0),
                after: after.remove(0),
                before_repeats: before,
                after_repeats: after,
            };
            PlannedPair { name: name.to_owned(), files, ..PlannedPair::default() }
        }

        fn told(&self, pairs: &[PlannedPair]) -> Vec<String> {
            let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
            copies(pairs, name).iter().map(ToString::to_string).collect()
        }
    }

    #[test]
    fn copies_are_told_and_a_file_that_is_meant_twice_is_not() {
        let files = Files::of(&[
            ("a", b"one"),
            ("b", b"two"),
            ("c", b"six"),
            ("d", b"three"),
            ("copy", b"one"),
            ("e", b""),
            ("f", b""),
        ]);
        let pair = |name: &str, before: &str, after: &str| files.pair(name, before, after);
        let other = |pair: PlannedPair, view: &str| PlannedPair { view: Some(view.to_owned()), ..pair };
        let of = |pair: PlannedPair, subject: &str| PlannedPair { subject: Some(subject.to_owned()), ..pair };
        // One baseline, one photograph for two sites, files that cannot be read.
        assert!(
            files
                .told(&[pair("P", "a", "b"), pair("Q", "a", "c"), pair("R", "e", "f"), pair("S", "g", "g2")])
                .is_empty()
        );
        assert!(
            files.told(&[other(pair("P", "a", "b"), "left"), other(pair("Q", "a", "b"), "right")]).is_empty()
        );
        // A folder has the baseline once for each visit; a manifest says whose they are.
        let visits = [of(pair("P", "a", "b"), "Ann"), of(pair("Q", "copy", "c"), "Ann")];
        assert!(files.told(&visits).is_empty());
        for (pairs, words) in [
            (
                vec![pair("P", "a", "a")],
                "a (before of P), a (after of P): expected a photograph to be before or after",
            ),
            (vec![pair("P", "a", "copy")], "a (before of P), copy (after of P): expected a photograph to be"),
            (
                vec![pair("P", "a", "b"), pair("Q", "copy", "c")],
                "a (before of P), copy (before of Q): found copies of one file",
            ),
            (
                vec![pair("P", "a+copy", "b")],
                "a (before of P), copy (before of P): expected each capture to be one of its own",
            ),
            (
                vec![pair("P", "a", "b"), pair("Q", "d", "c+a")],
                "a (before of P), a (after of Q): expected a photograph to be",
            ),
            (
                vec![of(pair("P", "a", "b"), "Ann"), of(pair("Q", "a", "c"), "Eve")],
                "expected photographs of their own for each subject",
            ),
            (
                vec![pair("P", "d", "b"), pair("Q", "d", "b")],
                "d (before of P), d (before of Q): found a pair twice",
            ),
        ] {
            let told = files.told(&pairs);
            assert!(told[0].contains(words) && !told[0].contains('\n'), "{told:?}");
        }
        let many: Vec<PlannedPair> =
            (0..9).map(|i| pair(&format!("P{i}"), if i == 3 { "copy" } else { "a" }, "b")).collect();
        assert!(files.told(&many)[0].contains("P3) and 5 more: found copies"), "{:?}", files.told(&many));
    }

    #[test]
    fn files_of_one_length_that_differ_anywhere_are_not_the_same() {
        let length = 20 * SAMPLE as usize;
        let differing = |at: usize| {
            let mut bytes = vec![7; length];
            bytes[at] = 8;
            bytes
        };
        // In the middle of what is sampled, and between.
        let contents = [
            differing(0),
            differing(length / 2),
            differing(length - 1),
            differing(length / 4),
            differing(length / 4),
        ];
        let names = ["a", "b", "c", "d", "e"];
        let files = Files::of(
            &names.iter().zip(&contents).map(|(name, bytes)| (*name, &bytes[..])).collect::<Vec<_>>(),
        );
        let told = files.told(&[files.pair("P", "a", "b"), files.pair("Q", "c", "d")]);
        assert!(told.is_empty(), "{told:?}");
        let told =
            files.told(&[files.pair("P", "a", "b"), files.pair("Q", "d", "c"), files.pair("R", "e", "c")]);
        assert_eq!(told.len(), 1, "{told:?}");
        let other = differing(length / 4 + 1);
        std::fs::write(files.0.path().join("e"), other).unwrap();
        assert!(files.told(&[files.pair("Q", "d", "c"), files.pair("R", "e", "c")]).is_empty());
    }
}
