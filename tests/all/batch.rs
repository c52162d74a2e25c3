//! The real binary on folders and manifests, and the library's own batch.

use crate::common::{Folder, Run, dermetric, flat, small_pair};
use dermetric::geometry::Size;
use serde_json::{Value, json};
use std::path::Path;

fn batch(input: &Path, more: &[&str]) -> Run {
    dermetric(["batch".as_ref(), input.as_os_str()].into_iter().chain(more.iter().map(AsRef::as_ref)))
}

fn names(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["pair"].as_str()).collect()
}

/// Two good pairs and four bad ones, in the order of their names.
fn mixed() -> Folder {
    let folder = Folder::new();
    let [before, after] = small_pair();
    for (name, before, after) in [
        ("A", &before[..], &after[..]),
        ("B", &before, b"text"),
        ("C", b"", &after),
        ("D", &before, &after),
        ("E", &before, &after[..200]),
        ("F", &flat(Size::new(96, 80), 0).png().unwrap(), &after),
    ] {
        folder.write(&format!("in/{name}_before.png"), before);
        folder.write(&format!("in/{name}_after.png"), after);
    }
    folder
}

#[test]
fn a_bad_pair_is_reported_and_the_others_complete() {
    let folder = mixed();
    let out = folder.at("out");
    let run = batch(&folder.at("in"), &["--out", out.to_str().unwrap(), "--engine", "cpu"]);
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    let lines = run.json_lines();
    assert_eq!(names(&lines), ["A", "B", "C", "D", "E", "F"]);
    let reported = ["A", "D", "F"].map(|name| out.join(name).join("report.json"));
    assert_eq!(folder.reports(), reported);
    for (line, name) in lines[..6].iter().zip(["A", "B", "C", "D", "E", "F"]) {
        if ["B", "C", "E"].contains(&name) {
            let message = line["reasons"][0]["message"].as_str().unwrap();
            assert_eq!(line["status"], "failed");
            assert!(message.starts_with(&format!("{name}_")), "no folder in: {message}");
            assert!(message.contains("expected") && message.contains("found"), "{message}");
            let told = run.stderr.lines().filter(|l| l.starts_with(&format!("dermetric: {name} failed")));
            assert_eq!(told.count(), 1, "{}", run.stderr);
        } else {
            assert_eq!(line["report"], format!("{name}/report.json"));
        }
    }
    assert_eq!(lines[5]["status"], "refused");
    let summary: Value = serde_json::from_slice(&std::fs::read(out.join("summary.json")).unwrap()).unwrap();
    assert_eq!(summary["summary"], lines[6]["summary"]);
    assert_eq!(summary["summary"]["failed"], 3);
    assert_eq!(summary["results"].as_array().unwrap()[..], lines[..6]);
    let log = std::fs::read_to_string(out.join("run.jsonl")).unwrap();
    let mut logged: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let previous: Vec<Value> = logged.iter_mut().map(|line| line["previous"].take()).collect();
    assert!(previous[0].is_null() && previous[1..].iter().all(|hash| hash.as_str().unwrap().len() == 64));
    for (logged, line) in logged.iter_mut().zip(&lines) {
        logged.as_object_mut().unwrap().remove("previous");
        assert_eq!(logged, line);
    }
}

#[test]
fn a_result_that_cannot_be_written_ends_the_batch() {
    let folder = mixed();
    let out = folder.at("out");
    folder.write("out/D", b"a file in the way of a folder");
    let run = batch(&folder.at("in"), &["--out", out.to_str().unwrap(), "--engine", "cpu", "--quiet"]);
    assert_eq!(run.status, Some(6), "{}", run.stderr);
    assert_eq!(names(&run.json_lines()), ["A", "B", "C"], "what was finished was told");
    assert!(run.stderr.lines().any(|l| l.contains("report.json: cannot be written")), "{}", run.stderr);
}

#[test]
fn the_number_of_jobs_changes_no_byte() {
    let folder = mixed();
    let runs = [("one", "1"), ("four", "4")].map(|(out, jobs)| {
        let out = folder.at(out);
        let arguments = ["--out", out.to_str().unwrap(), "--engine", "cpu", "--jobs", jobs];
        let run = batch(&folder.at("in"), &arguments);
        let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
        (run.status, run.stdout, run.stderr, summary)
    });
    assert_eq!(runs[0], runs[1]);
}

#[test]
fn progress_for_programs_is_one_object_a_line() {
    let folder = mixed();
    let out = folder.at("out");
    let arguments = ["--out", out.to_str().unwrap(), "--engine", "cpu", "--progress", "json"];
    let run = batch(&folder.at("in"), &arguments);
    let events: Vec<Value> = run.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(events.len(), 6, "{}", run.stderr);
    assert_eq!(
        (&events[5]["done"], &events[5]["total"], &events[5]["pair"]),
        (&json!(6), &json!(6), &json!("F"))
    );
    assert!(events.iter().all(|event| event["rate_per_min"].as_f64().unwrap() > 0.0), "{events:?}");
    let left: Vec<f64> = events.iter().map(|event| event["eta_s"].as_f64().unwrap()).collect();
    assert!(left[0] >= 0.0 && left[5] == 0.0, "{left:?}");
    // What stands already is done in no time, and tells nothing of the pace.
    let again = batch(&folder.at("in"), &arguments);
    let first = again.stderr.lines().find(|line| line.starts_with('{')).unwrap();
    let first: Value = serde_json::from_str(first).unwrap();
    assert!(first["done"] == 1 && first["rate_per_min"].is_null() && first["eta_s"].is_null(), "{first}");
    assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains('\r'), "no bar: {}", run.stderr);
}

#[test]
fn a_report_of_an_earlier_run_does_not_outlive_a_failure() {
    let folder = mixed();
    let out = folder.at("out");
    let arguments = ["--out", out.to_str().unwrap(), "--engine", "cpu", "--quiet"];
    batch(&folder.at("in"), &arguments);
    assert!(out.join("D/report.json").is_file());
    folder.write("in/D_after.png", b"");
    let run = batch(&folder.at("in"), &arguments);
    assert!(!out.join("D/report.json").exists(), "{}", run.stdout);
}

#[test]
fn a_dry_run_prints_the_pairing_and_measures_nothing() {
    let folder = mixed();
    folder.write("in/notes.txt", b"");
    folder.write("in/A_before_2.png", b"");
    folder.write("in/G/before.png", b"");
    folder.write("in/G/After.jpg", b"");
    folder.write("in/results/old/report.json", b"");
    folder.write("in/results/before.png", b"");
    folder.write("in/results/after.png", b"");
    let results = folder.at("in/results");
    let dry = ["--dry-run", "--out", results.to_str().unwrap()];
    let run = batch(&folder.at("in"), &dry);
    assert_eq!((run.status, run.stderr.as_str()), (Some(0), ""));
    let lines = run.json_lines();
    assert_eq!(names(&lines), ["A", "B", "C", "D", "E", "F", "G"]);
    assert_eq!(lines[0]["before"], "A_before.png");
    assert_eq!(lines[0]["before_repeats"], json!(["A_before_2.png"]));
    assert_eq!(lines[6]["after"], "G/After.jpg");
    assert_eq!(lines[7]["skipped"], "notes.txt");
    // The good photographs of these pairs are all the same two.
    assert!(lines[8..].len() == 2 && lines[8..].iter().all(|line| line["copies"].is_array()), "{lines:?}");
    folder.write("in/H_before.png", b"");
    let run = batch(&folder.at("in"), &dry);
    assert_eq!(run.status, Some(1), "an incomplete pair shows in the status");
    assert!(run.stdout.contains("H_before.png has no after-photograph"), "{}", run.stdout);
}

#[test]
fn ambiguity_is_refused_before_anything_runs() {
    let folder = mixed();
    folder.write("in/A-before.jpg", b"");
    folder.write("in/D_AFTER.tif", b"");
    let out = folder.at("out");
    let run = batch(&folder.at("in"), &["--out", out.to_str().unwrap(), "--engine", "cpu"]);
    assert_eq!(run.status, Some(3));
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{}", run.stderr);
    assert!(lines[0].contains("A-before.jpg and A_before.png"), "{}", lines[0]);
    assert!(lines[1].contains("D_AFTER.tif and D_after.png"), "{}", lines[1]);
    assert!(run.stdout.is_empty() && !out.exists());
    let empty = Folder::new();
    let run = batch(empty.path(), &["--out", out.to_str().unwrap()]);
    assert_eq!(run.status, Some(3));
    assert!(run.only_line().contains("found none"), "{}", run.stderr);
    let run = batch(&folder.at("in/A_before.png"), &["--dry-run"]);
    assert!(run.status == Some(3) && run.only_line().contains("expected a folder or a manifest"), "{run:?}");
    let arguments = ["--out", out.to_str().unwrap(), "--region", "missing.json"];
    let run = batch(&mixed().at("in"), &arguments);
    assert_eq!(run.status, Some(3));
    assert!(run.only_line().contains("missing.json: expected a region file"), "{}", run.stderr);
}

#[test]
fn a_manifest_with_semicolons_and_a_mark_is_run() {
    let folder = mixed();
    let text = "\u{feff}pair;before;after;subject;mm_per_px\r\nleft;A_before.png;A_after.png;S1;0,08\r\n";
    let manifest = folder.write("in/pairs.csv", text);
    let line = &batch(&manifest, &["--dry-run"]).json_lines()[0];
    assert_eq!((&line["pair"], &line["mm_per_px_before"]), (&json!("left"), &json!(0.08)));
    let out = folder.at("out");
    let run = batch(&manifest, &["--out", out.to_str().unwrap(), "--engine", "cpu"]);
    let report: Value =
        serde_json::from_slice(&std::fs::read(out.join("left/report.json")).unwrap()).unwrap();
    assert_eq!((&report["subject"], run.json_lines().len()), (&json!("S1"), 2));
    assert_burden_is_held_against_the_table(&report);
}

/// What a burden of this leverage, above this threshold, may move by: the built-in noise, worked out anew from what the report tells.
fn assert_burden_is_held_against_the_table(report: &Value) {
    use dermetric::change::{NoiseTable, PRIOR_WIDENING, Setting};
    use statrs::distribution::{ContinuousCDF, StudentsT};
    let reasons = report["reasons"].as_array().unwrap();
    let setting = Setting::of(reasons.iter().map(|reason| reason["code"].as_str().unwrap()));
    let table = NoiseTable::builtin();
    let noise = table.get("pigment", "burden", setting).unwrap();
    let burden = &report["measures"]["pigment"]["metrics"]["burden"];
    let [before, after, leverage, threshold, sdc] =
        ["before", "after", "leverage", "threshold", "smallest_detectable_change"]
            .map(|name| burden[name].as_f64().unwrap());
    assert!(noise.grain > 0.0 && noise.contrast > 0.0, "{noise:?}");
    let size = threshold / (1.0 + leverage);
    let s_w = noise.s_w.hypot(noise.grain / size).hypot(noise.contrast * leverage);
    let t = StudentsT::new(0.0, 1.0, noise.df).unwrap().inverse_cdf(0.975);
    // In the direction of the change that was read: a fall by a factor is smaller than a rise by it.
    let toward = (t * PRIOR_WIDENING * 2f64.sqrt() * s_w).copysign(after - before);
    let expected = (before * toward.exp_m1()).abs();
    assert!((sdc / expected - 1.0).abs() < 1e-3, "{sdc} against {expected}, {before} to {after}");
}

#[test]
fn a_manifest_names_every_offender() {
    let folder = Folder::new();
    let text = "pair,before,after\n..,a.png,b.png\nP,c.png,\n";
    let manifest = folder.write("pairs.csv", text);
    let run = batch(&manifest, &["--dry-run"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(3), ""));
    for words in ["line 2: found the pair \"..\"", "a.png", "b.png", "c.png", "expected a after", "line 3"] {
        let words = words.replace("a after", "a after-photograph, found none");
        assert!(run.stderr.contains(&words), "{words} in {}", run.stderr);
    }
    assert!(run.stderr.lines().all(|line| line.contains("pairs.csv")), "{}", run.stderr);
}

#[test]
fn what_is_not_begun_is_told() {
    use dermetric::analyzer::{Analyzer, Options};
    use dermetric::batch::{RunOptions, find, run};
    use dermetric::engine::Engine;
    use std::sync::atomic::AtomicBool;
    let folder = mixed();
    let out = folder.at("out");
    let plan = find(&folder.at("in"), Some(&out)).unwrap();
    let analyzer = Analyzer::with_engine(Engine::cpu().unwrap()).unwrap();
    let common = Options::default();
    let options = RunOptions { common, out: &out, jobs: 2, force: false, shard: None };
    let mut heard = Vec::new();
    let stop = AtomicBool::new(true);
    let summary =
        run(&analyzer, &plan, &options, &stop, &mut |record| heard.push(record.pair.clone())).unwrap();
    assert_eq!((summary.not_run.len(), heard.len(), summary.all_measured()), (6, 0, false));
    assert!(folder.reports().is_empty() && out.join("summary.json").is_file());
}

#[cfg(unix)]
#[test]
fn ctrl_c_finishes_the_pair_in_flight_and_says_what_is_left() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};
    const PAIRS: usize = 60;
    let folder = Folder::new();
    let [before, after] = small_pair();
    for i in 0..PAIRS {
        folder.write(&format!("in/{i:02}_before.png"), &before);
        folder.write(&format!("in/{i:02}_after.png"), &after);
    }
    let (input, out) = (folder.at("in"), folder.at("out"));
    let arguments: [&Path; 7] = [
        "batch".as_ref(),
        &input,
        "--out".as_ref(),
        &out,
        "--engine".as_ref(),
        "cpu".as_ref(),
        "--html".as_ref(),
    ];
    let mut child =
        crate::common::command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let stdout: Vec<String> = std::iter::once(first).chain(lines.map(Result::unwrap)).collect();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
    let (last, records) = stdout.split_last().unwrap();
    let summary: Value = serde_json::from_str(last).unwrap();
    let left = summary["summary"]["not_run"].as_array().unwrap().len();
    assert!(left > 0 && left + records.len() == PAIRS, "{left} left, {} done", records.len());
    assert!(stderr.contains(&format!("interrupted; {left} of {PAIRS} pairs are left")), "{stderr}");
    assert_eq!(folder.reports().len(), records.len());
    // The page of all pairs tells how far it came.
    let page = std::fs::read_to_string(out.join("index.html")).unwrap();
    assert_eq!(page.matches("<tr data-q=").count(), records.len());
    assert!(page.contains(&format!("Not finished: {left} of {PAIRS} pairs are not begun")));
}
