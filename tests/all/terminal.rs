//! Words at a terminal, as `docs/terminal` shows them: 80 columns, the answer first.
//!
//! `DERMETRIC_GOLDEN=write tests/run --test all terminal::` writes the files and the README's example anew. That run fails: read
//! the difference, then run again without it.

use std::path::{Path, PathBuf};

use crate::common::{Folder, dermetric, london_pairs, shared_data, small_pair};
use crate::demo::demo;
use dermetric::report::{COLUMNS, Report, Status, Terminal};

/// Environment variable that has golden files written.
const WRITE: &str = "DERMETRIC_GOLDEN";
const START: &str = "<!-- terminal: tests/all/terminal.rs writes this -->\n```text\n";
const END: &str = "```\n<!-- end of terminal -->";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn is_writing() -> bool {
    std::env::var_os(WRITE).is_some_and(|value| value == "write")
}

/// Holds text against a golden file.
fn hold_against(name: &str, text: &str) {
    assert!(
        text.lines().all(|line| line.chars().count() <= COLUMNS),
        "wider than {COLUMNS} columns:\n{text}"
    );
    assert!(!text.contains('\u{1b}'), "colors where no terminal is");
    let file = root().join("docs/terminal").join(name);
    if is_writing() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        panic!("{name} was written: read it, then run again without {WRITE}");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("docs/terminal/{name}: {e}"));
    assert!(expected == text, "docs/terminal/{name} is\n{expected}\nbut the program says\n{text}");
}

fn report_of(file: PathBuf) -> Report {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// Text of the demonstration, with its folder named as the README's commands name it.
fn said() -> String {
    let demo = demo();
    let out = demo.folder.at("report").display().to_string();
    demo.run.stderr.replace(&out, "out/report").replace('\\', "/")
}

#[test]
fn the_demonstration_says_what_the_documents_show() {
    hold_against("demo.txt", &said());
}

#[test]
fn the_readme_shows_the_demonstration() {
    let file = root().join("README.md");
    let readme = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = readme.split_once(START).expect("the README has a place for it");
    let (shown, after) = rest.split_once(END).expect("it ends");
    if is_writing() {
        std::fs::write(&file, format!("{before}{START}{}{END}{after}", said())).unwrap();
        panic!("README.md was written: read it, then run again without {WRITE}");
    }
    assert!(shown == said(), "the README shows\n{shown}\nbut the program says\n{}", said());
}

/// Changes with their intervals are the same on the page, to the last digit.
#[test]
fn the_page_tells_the_same_numbers() {
    let page = std::fs::read_to_string(demo().folder.at("report/report.html")).unwrap();
    let page = page.replace('\u{a0}', " ").replace("&#43;", "+");
    let text = said();
    let mut held = 0;
    for line in text.lines().filter(|line| line.contains(" → ") && !line.contains("before →")) {
        let cells: Vec<&str> = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        let (change, interval) = cells[1].strip_suffix(')').unwrap().split_once(" (").unwrap();
        assert!(page.contains(&format!(">{change}<")), "{change} of {line}");
        assert!(page.contains(&format!(">{interval}")), "{interval} of {line}");
        held += 1;
    }
    assert!(held >= 8, "{held} metrics in {text}");
}

#[test]
fn a_refused_pair_says_why_and_what_to_do() {
    let folder = Folder::new();
    let [before, _] = small_pair();
    let before_file = folder.write("before.png", &before);
    // Half of the skin, mirrored: other skin.
    let other = image::load_from_memory(&before).unwrap().rotate180().fliph().blur(1.0);
    let mut png = std::io::Cursor::new(Vec::new());
    other.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let after_file = folder.write("other.png", png.into_inner());
    let out = folder.at("out");
    let known = ["--mm-per-px", "0.0833", "--engine", "cpu", "--out"];
    let arguments = [PathBuf::from("compare"), before_file, after_file];
    let run = dermetric(arguments.into_iter().chain(known.map(PathBuf::from)).chain([out.clone()]));
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    let report = report_of(out.join("report.json"));
    assert_eq!(report.status, Status::Refused);
    hold_against("refused.txt", &Terminal::default().report(&report));
}

/// A face that is limited: the first such pair of the folder.
#[test]
fn a_limited_face_says_what_limits_it() {
    let Some(data) = shared_data() else { return };
    for [before, after] in london_pairs(&data).into_iter().take(6) {
        let folder = Folder::new();
        let out = folder.at("out");
        let arguments =
            [PathBuf::from("compare"), before, after, "--engine".into(), "cpu".into(), "--out".into()];
        let run = dermetric(arguments.into_iter().chain([out.clone()]));
        assert!(matches!(run.status, Some(0 | 1)), "{}", run.stderr);
        let report = report_of(out.join("report.json"));
        if report.status == Status::Limited {
            hold_against("limited.txt", &Terminal::default().report(&report));
            return;
        }
    }
    panic!("no limited pair among the first six");
}
