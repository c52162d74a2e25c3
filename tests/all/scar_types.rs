//! Probable types of synthetic scars under oblique light against what they are.

use std::collections::BTreeMap;

use crate::common::photo;
use dermetric::analyzer::{self, Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::phantom::{Capture, Light, Recapture, Rendered, ScarKind, Scene, SceneOptions, render};
use dermetric::report::{LesionKind, ProbableType, Report};

const PX_PER_MM: f64 = 16.0;

fn taken(light: Light, seed: u64) -> Rendered {
    let options = SceneOptions { seed, scars: [9, 8, 5], ..SceneOptions::default() };
    let capture = Capture::usual(light, PX_PER_MM).again(Recapture::random(seed));
    render(&Scene::new(&options).unwrap(), &capture).unwrap()
}

fn measured(shot: &Rendered, options: &Options) -> Report {
    static ANALYZER: std::sync::OnceLock<Analyzer> = std::sync::OnceLock::new();
    let analyzer = ANALYZER.get_or_init(|| Analyzer::new(&EngineChoice::Cpu, 0).unwrap());
    analyzer.measure_photo(&photo("skin", &shot.rgb), options).unwrap().report
}

fn oblique() -> Options {
    Options { mm_per_px_before: Some(1.0 / PX_PER_MM), light: analyzer::Light::Oblique, ..Options::default() }
}

#[test]
fn a_type_that_is_told_is_mostly_right_and_many_are_left_undetermined() {
    // Other seeds than the limits were chosen on.
    let mut table: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for light in [Light::Oblique25, Light::Oblique45, Light::Oblique60] {
        for seed in [701, 702, 703] {
            let shot = taken(light, seed);
            let report = measured(&shot, &oblique());
            for scar in report.lesions.iter().filter(|l| l.kind == LesionKind::Scar) {
                let [x, y] = scar.center_px.unwrap();
                let apart = |p: [f64; 2]| (p[0] - x).hypot(p[1] - y) / PX_PER_MM;
                let nearest =
                    shot.truth.scars.iter().min_by(|a, b| apart(a.center_px).total_cmp(&apart(b.center_px)));
                let truth = nearest.unwrap();
                if apart(truth.center_px) > 0.5 * truth.diameter_mm.max(1.0) {
                    continue;
                }
                let truth = match truth.kind {
                    ScarKind::Icepick => "icepick",
                    ScarKind::Boxcar => "boxcar",
                    ScarKind::Rolling => "rolling",
                };
                let told = match scar.probable_type.unwrap() {
                    ProbableType::Icepick => "icepick",
                    ProbableType::Boxcar => "boxcar",
                    ProbableType::Rolling => "rolling",
                    ProbableType::Undetermined => "undetermined",
                };
                *table.entry((truth, told)).or_default() += 1;
            }
        }
    }
    let count = |truth: &str, told: &str| table.get(&(truth, told)).copied().unwrap_or(0);
    let types = ["icepick", "boxcar", "rolling"];
    println!("{:<10} icepick  boxcar rolling undetermined", "true");
    for truth in types {
        let row = types.into_iter().chain(["undetermined"]).map(|told| format!("{:>7}", count(truth, told)));
        println!("{truth:<10} {}", row.collect::<Vec<_>>().join(" "));
    }
    let all: usize = table.values().sum();
    let open: usize = types.iter().map(|truth| count(truth, "undetermined")).sum();
    let right: usize = types.iter().map(|truth| count(truth, truth)).sum();
    println!("{right} of {} that are told are right, {open} of {all} are undetermined", all - open);
    assert!(all >= 100 && 20 * right >= 17 * (all - open), "{right} of {}", all - open);
    assert!(10 * open <= 6 * all, "{open} of {all}");
    // Slopes are told from walls almost always.
    let rolling: usize = types.iter().map(|truth| count(truth, "rolling")).sum();
    assert!(10 * count("rolling", "rolling") >= 9 * rolling, "{rolling}");
}

#[test]
fn without_oblique_light_no_type_is_told_and_why_is_said_once() {
    let shot = taken(Light::Frontal, 704);
    let mut unknown_scale = oblique();
    unknown_scale.mm_per_px_before = None;
    let frontal = Options { light: analyzer::Light::Frontal, ..oblique() };
    for (options, word) in [(frontal, "--light oblique"), (unknown_scale, "known scale")] {
        let report = measured(&shot, &options);
        let scars: Vec<_> = report.lesions.iter().filter(|l| l.kind == LesionKind::Scar).collect();
        assert!(!scars.is_empty() && scars.iter().all(|scar| scar.probable_type.is_none()), "{word}");
        let notes = &report.measures["scars"].notes;
        assert_eq!(notes.iter().filter(|note| note.contains(word)).count(), 1, "{notes:?}");
    }
}
