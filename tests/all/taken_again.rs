//! `--self-test`: verdicts on virtual re-captures of a pair.

use crate::common::photo;
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::phantom::{Capture, Light, Recapture, Scene, SceneOptions, Treatment, render};
use dermetric::photo::Photo;
use dermetric::report::{Report, summary_table};

const PX_PER_MM: f64 = 12.0;

/// Skin with scars and spots, photographed with a seed.
fn capture(treatment: &Treatment, seed: u64) -> Photo {
    let options = SceneOptions {
        seed: 5,
        size_mm: [22.0, 20.0],
        spots: 6,
        scars: [3, 2, 0],
        ..SceneOptions::default()
    };
    let scene = Scene::new(&options).unwrap().treated(treatment);
    let recapture = Recapture { jpeg_quality: None, ..Recapture::random(seed) };
    photo(
        "phantom",
        &render(&scene, &Capture::usual(Light::Oblique45, PX_PER_MM).again(recapture)).unwrap().rgb,
    )
}

#[test]
fn verdicts_far_from_the_edge_stay_and_those_on_it_flip() {
    const TIMES: u32 = 4;
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let options = Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..Options::default() };
    let tested = |treatment: &Treatment| -> Report {
        let (before, after) = ([capture(&Treatment::NONE, 1)], [capture(treatment, 2)]);
        let report = analyzer.compare_and_test(&before, &after, &options, TIMES).unwrap().report;
        let plain = analyzer.compare_photos(&before, &after, &options).unwrap().report;
        assert!(plain.measures == report.measures && plain.self_test.is_none());
        report
    };
    let burden = |report: &Report| report.self_test.as_ref().unwrap().metrics["pigment.burden"].clone();
    let halved = tested(&Treatment { spot_scale: 0.5, ..Treatment::NONE });
    assert_eq!(halved.self_test.as_ref().unwrap().refused, 0);
    let sure = burden(&halved);
    assert_eq!((sure.verdict, sure.judged, sure.flips), (Verdict::ProbablyDecreased, TIMES, 0));
    assert_eq!(sure.verdicts.values().sum::<u32>(), TIMES);
    assert!(summary_table(&halved).contains("Taken again virtually: 4 times, 0 refused"));

    // As much as can just be told: some captures say so, others do not.
    let metric = &halved.measures["pigment"].metrics["burden"];
    let least = metric.smallest_detectable_change.unwrap() / metric.before.unwrap();
    let edge = tested(&Treatment { spot_scale: 1.0 - 0.8 * least, ..Treatment::NONE });
    println!("{least}: {:?} {:#?}", edge.measures["pigment"].metrics["burden"], edge.self_test);
    let flipping = edge.self_test.unwrap().metrics.values().filter(|metric| metric.flips > 0).count();
    assert!(flipping > 0, "no verdict of any metric flips");
}
