//! The demonstration from end to end: render, compare, read the report. Everything here measures.

use crate::common::{Folder, Run, dermetric};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The demonstration pair, rendered once, and its report.
pub(crate) struct Demo {
    pub(crate) folder: Folder,
    pub(crate) run: Run,
}

pub(crate) fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let folder = Folder::new();
        let photos = folder.at("demo");
        let run = dermetric(["phantom".as_ref(), "--out".as_ref(), photos.as_os_str()]);
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        let out = folder.at("report");
        let run = compare(&folder, &["--out", out.to_str().unwrap(), "--overlays", "--html"]);
        Demo { folder, run }
    })
}

fn compare(folder: &Folder, more: &[&str]) -> Run {
    let [before, after] = ["demo/before.png", "demo/after.png"].map(|name| folder.at(name));
    let known = ["--mm-per-px", "0.0625", "--light", "oblique", "--engine", "cpu"];
    let arguments: Vec<PathBuf> = [PathBuf::from("compare"), before, after]
        .into_iter()
        .chain(known.iter().chain(more).map(PathBuf::from))
        .collect();
    dermetric(arguments)
}

fn report(demo: &Demo) -> Value {
    serde_json::from_slice(&std::fs::read(demo.folder.at("report/report.json")).unwrap()).unwrap()
}

#[test]
fn the_demonstration_measures_what_was_done() {
    let demo = demo();
    assert_eq!((demo.run.status, demo.run.stdout.as_str()), (Some(0), ""), "{}", demo.run.stderr);
    assert!(demo.run.stderr.contains("Relief of scars"), "a table: {}", demo.run.stderr);
    let report = report(demo);
    assert_ne!(report["status"], "refused");
    let ratio = |measure: &str, metric: &str| {
        let metric = &report["measures"][measure]["metrics"][metric];
        metric["after"].as_f64().unwrap() / metric["before"].as_f64().unwrap()
    };
    // Depths went to 0.6; poses and noise differ.
    let relief = ratio("scars", "relief_contrast");
    assert!((0.45..=0.80).contains(&relief), "{relief}");
    let burden = ratio("pigment", "burden");
    // Melanin of spots went to 0.5: of a contrast c above the threshold T, (c/2 − T)/(c − T) remains,
    // which is one half for c ≫ T and a quarter for c = 3·T.
    assert!((0.25..=0.50).contains(&burden), "{burden}");
}

#[test]
fn the_report_is_valid_and_its_pictures_are_there() {
    let demo = demo();
    let schema = dermetric(["schema"]).json();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report(demo)).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let is_png = |path: &Path| path.extension().is_some_and(|e| e == "png");
    let files: Vec<PathBuf> =
        std::fs::read_dir(demo.folder.at("report")).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(files.iter().any(|f| is_png(f)), "{files:?}");
    for file in files.iter().filter(|f| is_png(f)) {
        image::open(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}

#[test]
fn the_report_tells_no_folder() {
    let demo = demo();
    let text = std::fs::read_to_string(demo.folder.at("report/report.json")).unwrap();
    let folder = demo.folder.path().display().to_string();
    let home = std::env::var("HOME").unwrap_or_default();
    assert!(!text.contains(&folder), "{text}");
    assert!(home.len() < 2 || !text.contains(&format!("{home}/")), "{text}");
    assert!(text.contains("\"before.png\""));
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let demo = demo();
    let reports = ["1", "2"].map(|threads| {
        let run = compare(&demo.folder, &["--threads", threads]);
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        run.stdout.lines().filter(|line| !line.contains("\"created\":")).collect::<Vec<_>>().join("\n")
    });
    assert_eq!(reports[0], reports[1]);
}
