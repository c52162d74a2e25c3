//! `check`: verdicts of the gate, alone and as the reports have them.

use std::path::Path;

use crate::common::{Folder, dermetric, flat};
use dermetric::analyzer::{Analyzer, Options, advice};
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::phantom::{Capture, Light, Recapture, Scene, SceneOptions, render};
use dermetric::report::Status;

/// Photographs of one piece of skin: as it should be, blurred, and dark.
fn photographs(folder: &Folder) -> [std::path::PathBuf; 3] {
    let options = SceneOptions { size_mm: [24.0, 24.0], scars: [3, 2, 1], ..SceneOptions::default() };
    let scene = Scene::new(&options).unwrap();
    let capture = Capture::usual(Light::Oblique45, 16.0);
    let again = |r: Recapture| render(&scene, &capture.again(r)).unwrap().rgb.png().unwrap();
    let plain = Recapture::identical(1);
    [
        folder.write("good.png", again(plain)),
        folder.write("soft.png", again(Recapture { focus_sigma_mm: 0.4, ..Recapture::identical(2) })),
        folder.write("dark.png", again(Recapture { exposure_ev: -3.9, ..Recapture::identical(3) })),
    ]
}

fn check(arguments: &[&Path]) -> crate::common::Run {
    let fixed: [&Path; 3] = ["check".as_ref(), "--engine".as_ref(), "cpu".as_ref()];
    dermetric(fixed.into_iter().chain(arguments.iter().copied()))
}

#[test]
fn each_photograph_gets_a_line_and_what_is_wrong_comes_with_advice() {
    let folder = Folder::new();
    let [good, soft, dark] = photographs(&folder);
    let run = check(&["--mm-per-px".as_ref(), "0.0625".as_ref(), &good, &dark]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let lines = run.json_lines();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        (&lines[0]["checked"], &lines[0]["verdict"]),
        (&"good.png".into(), &"ok".into()),
        "{lines:#?}"
    );
    assert_eq!(lines[1]["verdict"], "limited", "{lines:#?}");
    for reason in lines[1]["reasons"].as_array().unwrap() {
        assert!(reason["advice"].as_str().is_some_and(|a| a.len() > 10), "{reason}");
    }

    let run = check(&["--pair".as_ref(), &good, &soft]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let pair = &run.json_lines()[0];
    assert_eq!(pair["verdict"], "limited", "{pair:#}");
    let advised = |r: &serde_json::Value| r["advice"].is_string();
    assert!(pair["reasons"].as_array().unwrap().iter().all(advised), "{pair:#}");
    assert!(pair["alignment"]["inliers"].as_u64().is_some_and(|n| n > 12) && pair["light"].is_object());
}

#[test]
fn what_is_no_skin_or_no_photograph_is_refused_and_the_others_are_told() {
    let folder = Folder::new();
    let [good, ..] = photographs(&folder);
    let letter = folder.write("letter.jpg", b"Dear colleague");
    let gray = flat(Size::new(200, 150), 128).png().unwrap();
    let wall = folder.write("wall.png", gray);
    let run = check(&[&letter, &wall, &good]);
    assert_eq!(run.status, Some(1));
    assert!(run.only_line().contains("letter.jpg"), "{}", run.stderr);
    let lines = run.json_lines();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert_eq!(lines[0]["verdict"], "refused");
    assert!(lines[0]["reasons"][0]["advice"].is_string(), "{lines:#?}");
    assert_eq!(lines[1]["verdict"], "ok");
    assert_eq!(check(&["--pair".as_ref(), &good]).status, Some(2));
}

#[test]
fn the_gate_says_what_the_report_says() {
    let folder = Folder::new();
    let [good, soft, dark] = photographs(&folder);
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let options = Options { mm_per_px_before: Some(0.0625), ..Options::default() };
    for photo in [&good, &dark] {
        let (checked, measured) =
            (analyzer.check(photo, &options).unwrap(), analyzer.measure(photo, &options).unwrap().report);
        assert_eq!((checked.status, &checked.reasons), (measured.status, &measured.reasons));
        assert_eq!(checked.photos, measured.photos);
        assert!(checked.measures.is_empty() && !measured.measures.is_empty());
    }
    let pair = dermetric::analyzer::PairFiles { before: good, after: soft, ..Default::default() };
    let (checked, compared) =
        (analyzer.check_pair(&pair, &options).unwrap(), analyzer.compare(&pair, &options).unwrap().report);
    assert_eq!((checked.status, &checked.reasons), (compared.status, &compared.reasons));
    assert_eq!((checked.status, &checked.light), (Status::Limited, &compared.light));
    let fine = &compared.measures["texture"].metrics["sq_fine"];
    let why = fine.reason.as_ref().expect("fine texture is not compared");
    assert!(checked.reasons.iter().any(|r| r.code == why.code), "{why:?}");
    assert!(advice("focus_differs").is_some() && advice("nonsense").is_none());
}
