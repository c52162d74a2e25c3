//! A clinic's own noise, from captures to a verdict that rests on it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::common::{Folder, Run, dermetric};
use dermetric::change::{NoiseFile, NoiseSource, Setting, Verdict};
use dermetric::phantom::{Capture, Light, Recapture, Scene, SceneOptions, SkinTone, Treatment, render};
use dermetric::report::{Report, Status};
use serde_json::Value;

const PX_PER_MM: f64 = 12.0;
const CAPTURES: u64 = 3;

/// A small piece of skin with spots and scars, photographed with the seed of a re-capture.
fn capture(folder: &Folder, name: &str, skin: u64, treatment: &Treatment, seed: u64) -> std::path::PathBuf {
    let options = SceneOptions {
        seed: skin,
        size_mm: [22.0, 20.0],
        spots: 5,
        scars: [2, 2, 0],
        tone: SkinTone::Light,
        ..SceneOptions::default()
    };
    let scene = Scene::new(&options).unwrap().treated(treatment);
    let recapture = Recapture { jpeg_quality: None, ..Recapture::random(seed) };
    let capture = Capture::usual(Light::Diffuse, PX_PER_MM).again(recapture);
    folder.write(name, render(&scene, &capture).unwrap().rgb.png().unwrap())
}

/// Four people's cheeks, three captures each: two told by files, two by folders.
fn manifest(folder: &Folder) -> std::path::PathBuf {
    let mut rows = "set,captures,subject,view,mm_per_px\n".to_owned();
    for skin in 1..=4u64 {
        let files: Vec<String> = (1..=CAPTURES)
            .map(|k| {
                let name = format!("P{skin}/{k}.png");
                capture(folder, &name, skin, &Treatment::NONE, 100 * skin + k);
                name
            })
            .collect();
        let captures = if skin % 2 == 0 { format!("P{skin}") } else { files.join("|") };
        writeln!(rows, "S{skin},{captures},person {skin},cheek,{}", 1.0 / PX_PER_MM).unwrap();
    }
    folder.write("sets.csv", rows)
}

fn compare(folder: &Folder, further: &[&str]) -> Run {
    let [before, after, noise] = ["before.png", "after.png", "noise.json"].map(|name| folder.at(name));
    let scale = (1.0 / PX_PER_MM).to_string();
    let files =
        ["compare".as_ref(), before.as_os_str(), after.as_os_str(), "--noise".as_ref(), noise.as_os_str()];
    let options = ["--mm-per-px", &scale, "--engine", "cpu"].into_iter().chain(further.iter().copied());
    dermetric(files.into_iter().chain(options.map(AsRef::as_ref)))
}

/// s_w and degrees of freedom of a metric by its reports: analysis of variance of the sets, first captures by their mean.
fn s_w_by_hand(reports: &[(String, Report)], measure: &str, metric: &str) -> (f64, f64) {
    let mut sets: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for (pair, report) in reports {
        let found = &report.measures[measure].metrics[metric];
        let set = pair.split('/').next().unwrap();
        sets.entry(set).or_default().push((found.before.unwrap().ln(), found.after.unwrap().ln()));
    }
    let (mut squares, mut df) = (0.0, 0.0);
    for pairs in sets.values() {
        let first = pairs.iter().map(|pair| pair.0).sum::<f64>() / pairs.len() as f64;
        let mut values = vec![first];
        values.extend(pairs.iter().map(|(before, after)| first + after - before));
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        squares += values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        df += values.len() as f64 - 1.0;
    }
    ((squares / df).sqrt(), df)
}

fn reports(captures: &Path) -> Vec<(String, Report)> {
    let mut found = Vec::new();
    for set in std::fs::read_dir(captures).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for capture in std::fs::read_dir(&set).unwrap().map(|e| e.unwrap().path()) {
            let text = std::fs::read_to_string(capture.join("report.json")).unwrap();
            let name = capture.strip_prefix(captures).unwrap().to_string_lossy().into_owned();
            found.push((name, serde_json::from_str(&text).unwrap()));
        }
    }
    found
}

#[test]
fn a_clinics_own_noise_makes_a_change_sure_where_it_holds() {
    let folder = Folder::new();
    let (manifest, out) = (manifest(&folder), folder.at("noise.json"));
    let run = dermetric([
        "repeatability".as_ref(),
        manifest.as_os_str(),
        "--out".as_ref(),
        out.as_os_str(),
        "--engine".as_ref(),
        "cpu".as_ref(),
    ]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let file = NoiseFile::load(&out).unwrap();
    assert_eq!(run.json(), serde_json::from_str::<Value>(&file.to_json()).unwrap());
    let covers = &file.covers;
    assert_eq!((covers.people, covers.sets, covers.captures), (4, 4, 12));
    assert_eq!(
        (&covers.cameras[..], &covers.sites[..]),
        (&["unknown".to_owned()][..], &["cheek".to_owned()][..])
    );
    assert!(file.left_out.is_empty());

    // The same by hand from the reports that lie beside.
    let reports = reports(&folder.at("noise.captures"));
    assert_eq!(reports.len(), 8);
    assert!(reports.iter().all(|(_, report)| report.status == Status::Ok));
    let all = file.groups.iter().find(|g| g.setting == Setting::Registered && g.skin.is_none()).unwrap();
    for (measure, metric) in [("scars", "relief_contrast"), ("pigment", "burden"), ("texture", "sq_medium")] {
        let found = &all.metrics[&format!("{measure}.{metric}")];
        let (s_w, df) = s_w_by_hand(&reports, measure, metric);
        println!("{measure}.{metric}: s_w {s_w:.5}, CV {:?} %, {:?}", found.cv_percent, found.correlation);
        assert!((found.s_w / s_w - 1.0).abs() < 1e-5 && found.df == df, "{found:?}: {s_w}, {df}");
        // Four skins of one roughness do not differ in it.
        assert!(metric == "sq_medium" || found.correlation.unwrap().icc > 0.9, "{found:?}");
        assert!(found.limits_of_agreement.is_some());
    }
    let svg = std::fs::read_to_string(folder.at("noise.svg")).unwrap();
    if let Some(keep) = std::env::var_os("DERMETRIC_KEEP") {
        std::fs::write(keep, &svg).unwrap();
    }
    assert!(svg.contains("Pigment burden") && svg.matches("<circle").count() >= 4 * 4, "{svg}");

    capture(&folder, "before.png", 9, &Treatment::NONE, 901);
    capture(&folder, "after.png", 9, &Treatment { spot_scale: 0.6, ..Treatment::NONE }, 902);
    let burden = |run: &Run| {
        let report: Report = serde_json::from_value(run.json()).unwrap();
        let warned = report.warnings.iter().any(|w| w.code == "noise_not_covered");
        (report.measures["pigment"].metrics["burden"].clone(), warned)
    };
    let (covered, warned) = burden(&compare(&folder, &["--view", "cheek"]));
    assert_eq!(
        (covered.verdict, covered.noise_source, warned),
        (Some(Verdict::Decreased), Some(NoiseSource::NoiseFile), false)
    );
    for other in [&["--view", "chin"][..], &[]] {
        let (not_covered, warned) = burden(&compare(&folder, other));
        assert_eq!(
            (not_covered.verdict, not_covered.noise_source, warned),
            (Some(Verdict::ProbablyDecreased), Some(NoiseSource::Prior), true),
            "{other:?}"
        );
    }
}

#[test]
fn what_makes_no_noise_file_leaves_none() {
    let folder = Folder::new();
    capture(&folder, "a.png", 1, &Treatment::NONE, 1);
    capture(&folder, "b.png", 1, &Treatment::NONE, 2);
    let manifest = folder.write("sets.csv", "set,captures\nP,a.png|b.png\n");
    let out = folder.at("noise.json");
    let run = |out: &Path| {
        dermetric([
            "repeatability".as_ref(),
            manifest.as_os_str(),
            "--out".as_ref(),
            out.as_os_str(),
            "-q".as_ref(),
        ])
    };
    let one = run(&out);
    assert_eq!(one.status, Some(1), "{}", one.stderr);
    assert!(one.only_line().contains("of enough sets") && !out.exists(), "{}", one.stderr);
    assert_eq!(run(&folder.at("noise.txt")).status, Some(2));

    // A file that is none is told before anything is measured.
    folder.write("noise.json", "{}");
    folder.write("before.png", "no photograph");
    folder.write("after.png", "no photograph");
    let refused = compare(&folder, &[]);
    assert_eq!(refused.status, Some(3));
    assert!(refused.only_line().contains("noise.json: not a noise file"), "{}", refused.stderr);
}

#[test]
fn a_capture_of_other_skin_and_a_copy_are_left_out_and_named() {
    let folder = Folder::new();
    let mut rows = "set,captures,mm_per_px\n".to_owned();
    for skin in 1..=3u64 {
        let mut names = vec![format!("{skin}-1.png"), format!("{skin}-2.png")];
        for (name, seed) in names.iter().zip(100 * skin..) {
            capture(&folder, name, skin, &Treatment::NONE, seed);
        }
        if skin == 1 {
            capture(&folder, "stranger.png", 7, &Treatment::NONE, 900);
            names.push("stranger.png".to_owned());
        } else {
            // Of the first capture, or of another.
            std::fs::copy(folder.at(&names[skin as usize - 2]), folder.at(&format!("{skin}-copy.png")))
                .unwrap();
            names.push(format!("{skin}-copy.png"));
        }
        writeln!(rows, "S{skin},{},{}", names.join("|"), 1.0 / PX_PER_MM).unwrap();
    }
    let (manifest, out) = (folder.write("sets.csv", rows), folder.at("noise.json"));
    let arguments = ["repeatability".as_ref(), manifest.as_os_str(), "--out".as_ref(), out.as_os_str()];
    let run = dermetric(arguments.into_iter().chain(["--engine".as_ref(), "cpu".as_ref()]));
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    let file = NoiseFile::load(&out).unwrap();
    let left_out: Vec<&str> = file.left_out.iter().map(|one| one.capture.as_str()).collect();
    assert_eq!(left_out, ["S1/capture-3", "S2/capture-3", "S3/capture-3"]);
    assert!(!file.left_out[0].reasons.is_empty() && file.left_out[2].reasons[0].contains("a copy"));
    assert_eq!((file.covers.sets, file.covers.captures), (3, 6));
}
