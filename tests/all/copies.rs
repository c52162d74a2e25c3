//! One photograph given twice: a copy has no noise of its own and never changed, so it counts neither as a repeat nor as a change.

use std::path::Path;

use crate::common::{Folder, Run, dermetric, small_pair};
use serde_json::Value;

fn compare(before: &Path, after: &Path, more: &[&Path]) -> Run {
    let fixed: [&Path; 5] = ["compare".as_ref(), before, after, "--engine".as_ref(), "cpu".as_ref()];
    dermetric(fixed.into_iter().chain(more.iter().copied()))
}

fn codes(reasons: &Value) -> Vec<&str> {
    reasons.as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}

#[test]
fn a_copy_is_refused_as_a_repeat_and_told_of_a_pair() {
    let folder = Folder::new();
    let [before, after] = small_pair();
    let copy = folder.write("copy.png", &before);
    let [before, after] = [folder.write("before.png", before), folder.write("after.png", after)];
    for repeat in ["--before-repeat", "--after-repeat"] {
        let run = compare(&before, &after, &[repeat.as_ref(), &copy]);
        assert_eq!(run.status, Some(1), "{}", run.stderr);
        let report = run.json();
        assert_eq!(
            (&report["status"], codes(&report["reasons"])),
            (&"refused".into(), vec!["same_photograph"])
        );
        let line = run.only_line();
        assert!(
            line.contains("before (before.png) and repeat 1 of ") && line.contains("(copy.png)"),
            "{line}"
        );
        assert_eq!(report["measures"], serde_json::json!({}));
    }
    // Whoever looks what an unchanged pair comes out as is told, and told of no change.
    for other in [&before, &copy] {
        let run = compare(&before, other, &[]);
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        let report = run.json();
        assert_eq!(report["status"], "limited");
        assert!(codes(&report["reasons"]).contains(&"same_photograph"), "{report}");
        let claims =
            |metric: &Value| metric["verdict"].as_str().is_some_and(|verdict| verdict.ends_with("creased"));
        let measures = report["measures"].as_object().unwrap();
        let metrics = measures.values().flat_map(|measure| measure["metrics"].as_object().unwrap().values());
        assert!(metrics.clone().count() > 20 && !metrics.clone().any(claims));
    }
    let gate: [&Path; 4] = ["check".as_ref(), &before, &copy, "--pair".as_ref()];
    let checked = dermetric(gate).json();
    let reasons = checked["reasons"].as_array().unwrap();
    let told = reasons.iter().find(|reason| reason["code"] == "same_photograph").unwrap();
    assert!(told["advice"].as_str().unwrap().contains("of its own"), "{checked}");
}

/// Runs a subcommand on files that no engine gets to see: they are no photographs.
fn over(command: &str, input: &Path, out: &Path, more: &[&str]) -> Run {
    let fixed = [command.as_ref(), input.as_os_str(), "--out".as_ref(), out.as_os_str(), "--quiet".as_ref()];
    dermetric(fixed.into_iter().chain(more.iter().map(AsRef::as_ref)))
}

#[test]
fn copies_among_the_pairs_of_a_batch_are_told() {
    let folder = Folder::new();
    for (name, text) in [
        ("A_before", "1"),
        ("A_after", "2"),
        ("B_before", "1"),
        ("B_after", "3"),
        ("C_before", "4"),
        ("C_after", "4"),
    ] {
        folder.write(&format!("in/{name}.jpg"), text);
    }
    let (input, out) = (folder.at("in"), folder.at("out"));
    let dry = over("batch", &input, &out, &["--dry-run"]);
    assert_eq!((dry.status, dry.stderr.as_str()), (Some(0), ""));
    let lines = dry.json_lines();
    let copies: Vec<&Value> = lines.iter().filter(|line| line["copies"].is_array()).collect();
    assert_eq!((lines.len(), copies.len()), (5, 2), "{}", dry.stdout);
    let place = |pair: &str, visit: &str| serde_json::json!({"pair": pair, "visit": visit, "file": format!("{pair}_{visit}.jpg")});
    assert_eq!(copies[0]["copies"], serde_json::json!([place("A", "before"), place("B", "before")]));
    assert_eq!(copies[1]["copies"], serde_json::json!([place("C", "before"), place("C", "after")]));
    let run = over("batch", &input, &out, &[]);
    let told: Vec<&str> = run.stderr.lines().take(2).collect();
    assert!(
        told[0].contains("A_before.jpg (before of A), B_before.jpg (before of B): found copies of one file"),
        "{told:?}"
    );
    assert!(told[1].contains("C_before.jpg (before of C), C_after.jpg (after of C)"), "{told:?}");
    let summary: Value = serde_json::from_slice(&std::fs::read(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["summary"]["copies"][1], *copies[1]);
    // A part of several tells of the pairs of the others too.
    let part = over("batch", &input, &folder.at("part"), &["--shard", "1/99999"]);
    assert_eq!(part.stderr.lines().count(), 2, "{}", part.stderr);
}

#[test]
fn copies_among_visits_and_captures_are_told() {
    let folder = Folder::new();
    for (name, text) in [("a.jpg", "1"), ("b.jpg", "2"), ("c.jpg", "2"), ("d.jpg", "3")] {
        folder.write(name, text);
    }
    let visits = folder
        .write("visits.csv", "series,day,photo\nP,0,a.jpg\nP,7,b.jpg\nP,14,c.jpg\nQ,0,d.jpg\nQ,7,a.jpg\n");
    let run = over("series", &visits, &folder.at("series"), &[]);
    for words in [
        "b.jpg (after of P/day-7), c.jpg (after of P/day-14)",
        "a.jpg (before of P/day-7), a.jpg (before of P/day-14), a.jpg (after of Q/day-7)",
    ] {
        assert_eq!(
            run.stderr.lines().filter(|line| line.contains(words)).count(),
            1,
            "{words}: {}",
            run.stderr
        );
    }
    let sets = folder.write("sets.csv", "set,captures\nP,a.jpg|b.jpg|c.jpg\n");
    let run = over("repeatability", &sets, &folder.at("noise.json"), &[]);
    let told = "b.jpg (after of P/capture-2), c.jpg (after of P/capture-3): found copies of one file";
    assert!(run.stderr.contains(told), "{}", run.stderr);
}
