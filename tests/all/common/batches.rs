//! Batches of small pairs, and what comes of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Folder, Run, dermetric, small_pair};
use serde_json::Value;

/// So many pairs, and one of which a photograph cannot be read.
pub fn pairs(count: usize) -> Folder {
    let folder = Folder::new();
    let [before, after] = small_pair();
    for pair in 0..count {
        folder.write(&format!("in/P{pair:03}_before.png"), &before);
        folder.write(&format!("in/P{pair:03}_after.png"), &after);
    }
    folder.write("in/Q_before.png", b"text");
    folder.write("in/Q_after.png", &after);
    folder
}

/// Compares the pairs of [`pairs`].
pub fn batch(folder: &Folder, out: &Path, more: &[&str]) -> Run {
    dermetric(arguments(folder, out, more))
}

/// What [`batch`] is called with.
pub fn arguments(folder: &Folder, out: &Path, more: &[&str]) -> Vec<PathBuf> {
    let fixed =
        ["batch".into(), folder.at("in"), "--out".into(), out.into(), "--engine".into(), "cpu".into()];
    fixed.into_iter().chain(more.iter().map(PathBuf::from)).collect()
}

/// Every file of a folder of results but its logs, reports without their date.
pub fn results(out: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let undated = text.lines().filter(|line| !line.starts_with("  \"created\"")).collect::<Vec<_>>();
            if path.extension().is_none_or(|ending| ending != "jsonl") {
                found.insert(path.strip_prefix(out).unwrap().to_owned(), undated.join("\n"));
            }
        }
    }
    found
}

/// The reports among [`results`].
pub fn reports(out: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = results(out);
    found.retain(|path, _| path.ends_with("report.json"));
    found
}

/// The pairs that the logs of a folder of results tell of, one log after the other.
pub fn logged(out: &Path) -> Vec<String> {
    let mut logs: Vec<PathBuf> = std::fs::read_dir(out)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    logs.sort();
    let pair = |line: &str| serde_json::from_str::<Value>(line).unwrap()["pair"].as_str().unwrap().to_owned();
    logs.iter()
        .flat_map(|log| std::fs::read_to_string(log).unwrap().lines().map(pair).collect::<Vec<_>>())
        .collect()
}
