//! `--share`: nothing that is written names anybody. Forty canaries, strings that stand for names, lie in the metadata of photographs
//! and in everything that a user names; every byte of every output is searched for them.

mod bytes;
mod canaries;
mod eyes;

use std::path::{Path, PathBuf};

use self::bytes::told;
use self::canaries::{Canaries, Clinic};
use crate::common::{Run, dermetric};
use serde_json::Value;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// What a run of the command left: everything below its folder, and what it said.
fn run(arguments: &[&str], out: &Path, more: &[&str]) -> Run {
    let out = ["--out", out.to_str().unwrap(), "--engine", "cpu", "--mm-per-px", "0.0833"];
    dermetric(arguments.iter().chain(&out).chain(more))
}

/// The names of which canaries stand in what a run left.
fn found(canaries: &Canaries, run: &Run, out: &Path) -> Vec<&'static str> {
    let mut texts = told(out);
    assert!(texts.len() > 3, "{run:?}");
    texts.extend([run.stdout.clone().into_bytes(), run.stderr.clone().into_bytes()]);
    canaries.found_in(&texts)
}

/// Every command with everything it can write.
fn commands(clinic: &Clinic) -> Vec<(&'static str, Vec<String>, Vec<&'static str>)> {
    let at = |name: &str| clinic.folder.at(name).to_str().unwrap().to_owned();
    let noise = at(&clinic.noise);
    let text = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let region = format!("{}={}", clinic.canaries.name("region"), at(&clinic.region));
    let compare =
        text(&["compare", &at(&clinic.before), &at(&clinic.after), "--before-repeat", &at(&clinic.repeat)]);
    let compare =
        [compare, text(&["--region", &region, "--view", clinic.canaries.name("view"), "--noise", &noise])]
            .concat();
    let measure = text(&["measure", &at(&clinic.after), "--region", &region, "--overlays"]);
    let pictures = text(&["--html", "--overlays"]);
    let tables = text(&["--csv"]);
    let batch = text(&["batch", &at(&clinic.manifest), "--noise", &noise]);
    let series = text(&["series", &at(&clinic.series), "--noise", &noise]);
    vec![
        (
            "compare",
            [compare, pictures.clone(), tables.clone()].concat(),
            vec![
                "before file",
                "after file",
                "repeat file",
                "region",
                "view",
                "camera make",
                "camera model",
                "out folder",
            ],
        ),
        ("measure", measure, vec!["after file", "region", "out folder"]),
        (
            "batch",
            [batch, pictures.clone(), tables.clone()].concat(),
            vec![
                "pair",
                "subject",
                "view",
                "before file",
                "after file",
                "broken file",
                "broken pair",
                "noise camera",
                "region in a file",
            ],
        ),
        ("folder", [text(&["batch", &at(&clinic.photos)]), tables].concat(), vec!["stem", "other file"]),
        (
            "series",
            [series, pictures].concat(),
            vec!["series", "subject", "view", "before file", "after file"],
        ),
    ]
}

#[test]
fn no_canary_leaves_what_is_shared() {
    let clinic = Clinic::new();
    let canaries = &clinic.canaries;
    assert!(canaries.len() >= 40, "{} canaries", canaries.len());
    for (name, arguments, expected) in commands(&clinic) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let open = clinic.out(&format!("open-{name}"));
        let ran = run(&arguments, &open, &[]);
        assert!(ran.status.is_some_and(|status| status < 2), "{name}: {ran:?}");
        let seen = found(canaries, &ran, &open);
        for canary in &expected {
            assert!(seen.contains(canary), "{name}: {canary} should show where nothing is shared: {seen:?}");
        }
        let metadata: Vec<_> = seen.iter().filter(|canary| canaries.is_metadata(canary)).collect();
        assert!(metadata.is_empty(), "{name}: metadata in what is written: {metadata:?}");
        for (kind, key) in [("once", &[][..]), ("keyed", &["--share-key", clinic.key.to_str().unwrap()][..])]
        {
            let shared = clinic.out(&format!("{kind}-{name}"));
            let ran = run(&arguments, &shared, &[&["--share"], key].concat());
            assert!(ran.status.is_some_and(|status| status < 2), "{name}: {ran:?}");
            let seen = found(canaries, &ran, &shared);
            assert!(seen.is_empty(), "{name}, {kind}: {seen:?} in what is shared");
        }
    }
}

fn json(file: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// What may differ between two runs that measured the same.
fn without_names(mut report: Value) -> Value {
    let report = report.as_object_mut().unwrap();
    for name in [
        "created",
        "subject",
        "view",
        "shared",
        "photos",
        "inputs_sha256",
        "noise_sha256",
        "options_sha256",
        "warnings",
    ] {
        report.remove(name);
    }
    for region in report["regions"].as_array_mut().unwrap() {
        region.as_object_mut().unwrap().remove("name");
    }
    Value::Object(report.clone())
}

#[test]
fn numbers_are_the_same_and_hashes_are_keyed() {
    let clinic = Clinic::new();
    let [open, shared, other] = ["open", "shared", "other"].map(|name| clinic.out(name));
    let input = clinic.folder.at(&clinic.manifest);
    let batch = ["batch", input.to_str().unwrap()];
    run(&batch, &open, &[]);
    let keyed = ["--share", "--share-key", clinic.key.to_str().unwrap()];
    let first = run(&batch, &shared, &keyed);
    run(&batch, &other, &["--share"]);
    let lines = |run: &Run| run.json_lines();
    let pairs: Vec<String> = lines(&first)
        .iter()
        .filter(|line| !line["report"].is_null())
        .map(|line| line["pair"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(pairs.len(), 1);
    let report = json(shared.join(&pairs[0]).join("report.json"));
    let plain = json(open.join(clinic.canaries.name("pair")).join("report.json"));
    assert_eq!(without_names(report.clone()), without_names(plain.clone()));
    assert_eq!(report["shared"], true);
    assert!(report["measures"].as_object().is_some_and(|measures| measures.len() > 5), "{report}");
    let day = |report: &Value| report["visit"].clone();
    assert_eq!(day(&report), day(&plain), "days stay");
    for pointer in [
        "/inputs_sha256",
        "/noise_sha256",
        "/options_sha256",
        "/photos/before/0/sha256",
        "/photos/after/0/sha256",
    ] {
        let [a, b] = [&report, &plain].map(|report| report.pointer(pointer).unwrap().as_str().unwrap());
        assert!(a.len() == 64 && a != b, "{pointer}: {a} {b}");
    }
    assert_eq!(report["photos"]["before"][0]["file"], "before-1");
    assert_eq!(report["photos"]["after"][0]["file"], "after-1");
    // With the key, a batch goes on; without, its pairs had other names.
    let again = run(&batch, &shared, &keyed);
    assert!(again.stderr.contains("1 of them kept from an earlier run"), "{}", again.stderr);
    assert_eq!(again.stdout, first.stdout);
    let names = |run: &Run| {
        lines(run).iter().filter_map(|line| line["pair"].as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let refused = run(&batch, &other, &["--share"]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.stderr.contains("found results of another key"), "{}", refused.stderr);
    let unlinked = clinic.out("unlinked");
    assert!(names(&run(&batch, &unlinked, &["--share"])).iter().all(|name| !names(&first).contains(name)));
    // What is shared and what is not do not mix.
    for (out, more) in [(&open, &["--share"][..]), (&shared, &[][..])] {
        let mixed = run(&batch, out, more);
        assert_eq!(mixed.status, Some(2), "{mixed:?}");
    }
    // Whoever has the key can tell which pair is which.
    let dry = dermetric(batch.iter().chain(&["--dry-run"]).chain(&keyed));
    let line =
        dry.json_lines().into_iter().find(|line| line["pair"] == clinic.canaries.name("pair")).unwrap();
    assert_eq!(line["shared"], pairs[0]);
}

#[test]
fn parts_are_shared_under_one_key_and_made_one() {
    let clinic = Clinic::new();
    let input = clinic.folder.at(&clinic.manifest);
    let batch = ["batch", input.to_str().unwrap()];
    let keyed = ["--share", "--share-key", clinic.key.to_str().unwrap()];
    let refused = run(&batch, &clinic.out("none"), &["--share", "--shard", "1/2"]);
    assert_eq!(refused.status, Some(2));
    assert!(refused.only_line().contains("expected --share-key"), "{}", refused.stderr);
    let (whole, parts) = (clinic.out("whole"), clinic.out("parts"));
    run(&batch, &whole, &keyed);
    for shard in ["1/2", "2/2"] {
        run(&batch, &parts, &[&["--shard", shard][..], &keyed].concat());
    }
    let merge = ["merge", input.to_str().unwrap()];
    let out = ["--out", parts.to_str().unwrap()];
    let merged = dermetric(merge.iter().chain(&out).chain(&keyed));
    assert_eq!(merged.status, Some(1), "{merged:?}");
    assert_eq!(json(parts.join("summary.json")), json(whole.join("summary.json")));
    assert!(clinic.canaries.found_in(&told(&parts)).is_empty());
}
