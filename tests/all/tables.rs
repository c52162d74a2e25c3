//! Tables of metrics: what each command writes, that parts keep theirs, and that pandas loads them by their dictionaries.

use std::path::Path;
use std::process::Command;

use crate::common::batches::{batch, pairs};
use crate::common::{Folder, dermetric, python_with, small_pair};

const ALL: [&str; 2] =
    ["--format", if cfg!(feature = "parquet") { "csv,redcap,parquet" } else { "csv,redcap" }];

fn text(out: &Path, name: &str) -> String {
    std::fs::read_to_string(out.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// Loads every table of a folder with pandas; says aloud where it is not there.
fn load(out: &Path) -> Option<String> {
    let python = python_with(if cfg!(feature = "parquet") { "pyarrow, pandas" } else { "pandas" })?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables.py");
    let ran = Command::new(python).arg(script).arg(out).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ran.status.success(), "{}{}", said(&ran.stdout), said(&ran.stderr));
    Some(said(&ran.stdout))
}

#[test]
fn parts_keep_their_tables_and_merge_makes_them_one() {
    let folder = pairs(3);
    let (whole, parts) = (folder.at("whole"), folder.at("parts"));
    batch(&folder, &whole, &ALL);
    for shard in ["1/2", "2/2"] {
        batch(&folder, &parts, &[&["--shard", shard][..], &ALL].concat());
    }
    let rows =
        |out: &Path, name: &str| text(out, name).lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    let mut of_parts = [rows(&parts, "metrics-1-of-2.csv"), rows(&parts, "metrics-2-of-2.csv")].concat();
    assert!(rows(&parts, "metrics-1-of-2.csv").len() > 50 && !parts.join("metrics.csv").exists());
    let mut of_whole = rows(&whole, "metrics.csv");
    let input = folder.at("in");
    let merge = ["merge", input.to_str().unwrap(), "--out", parts.to_str().unwrap(), "--quiet"];
    dermetric(merge.iter().chain(&ALL));
    for name in ["metrics.csv", "dictionary.csv", "redcap.csv", "redcap_dictionary.csv"] {
        assert_eq!(text(&parts, name), text(&whole, name), "{name}");
    }
    of_parts.sort();
    of_whole.sort();
    assert_eq!(of_parts, of_whole);
    if let Some(said) = load(&whole) {
        assert!(said.contains("3 pairs") && said.contains("redcap.csv: 3 instances of 3 records"), "{said}");
    }
}

#[test]
fn a_pair_and_a_series_have_tables_too() {
    let folder = Folder::new();
    let [before, after] = small_pair();
    let (before, after) = (folder.write("before.png", before), folder.write("after.png", after));
    let region = folder.rectangle("chin.json", [5.0, 5.0], [90.0, 140.0]);
    let named = format!("chin={}", region.display());
    let pair = folder.at("pair");
    let compare =
        ["compare", before.to_str().unwrap(), after.to_str().unwrap(), "--region", &named, "--engine", "cpu"];
    let compare = compare.iter().chain(&["--mm-per-px", "0.0833"]);
    let ran = dermetric(compare.chain(&["--out", pair.to_str().unwrap()]).chain(&ALL));
    assert!(ran.status.is_some_and(|status| status < 2), "{ran:?}");
    let regions = |name: &str| text(&pair, name).lines().filter(|line| line.contains(",chin,")).count();
    assert!(regions("metrics.csv") > 20 && regions("redcap.csv") == 1);
    load(&pair);
    let rows = "series,day,photo,subject\n=S1,0,before.png,=Ann\n=S1,9,after.png,\n";
    let manifest = folder.write("visits.csv", rows);
    let out = folder.at("series");
    let series = ["series", manifest.to_str().unwrap(), "--engine", "cpu", "--csv", "--format", "redcap"];
    let ran = dermetric(series.iter().chain(&["--out", out.to_str().unwrap()]));
    assert!(ran.status.is_some_and(|status| status < 2), "{ran:?}");
    assert!(text(&out, "metrics.csv").contains("\n'=S1/day-9,'=Ann,"), "{}", text(&out, "metrics.csv"));
    assert!(text(&out, "redcap.csv").contains("\n'=Ann,dermetric,1,'=S1/day-9,"));
    load(&out);
}

#[test]
fn a_table_that_cannot_be_written_is_told_before_anything_runs() {
    let folder = pairs(1);
    let ran = batch(&folder, &folder.at("out"), &["--format", "xlsx"]);
    assert_eq!(ran.status, Some(2), "{}", ran.stderr);
    if cfg!(not(feature = "parquet")) {
        let ran = batch(&folder, &folder.at("out"), &["--format", "parquet"]);
        assert_eq!(ran.status, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains("expected a program built with the feature parquet"), "{}", ran.stderr);
        assert!(!folder.at("out").join("run.jsonl").exists());
    }
}
