//! Untreated skin as a control: what it did too, the treatment did not.

use crate::common::{Folder, photo};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::phantom::{Capture, Light, Recapture, Rgb8, Scene, SceneOptions, Spot, Treatment, render};
use dermetric::report::Report;

const PX_PER_MM: f64 = 12.0;
const SIDE_MM: f64 = 30.0;

/// Spots all over, half of their pigment, photographed with a seed.
fn picture(spot_scale: f64, seed: u64) -> Rgb8 {
    taken(&scene().treated(&Treatment { spot_scale, ..Treatment::NONE }), seed)
}

fn scene() -> Scene {
    let options =
        SceneOptions { seed: 8, size_mm: [SIDE_MM; 2], spots: 22, relief: 0.5, ..SceneOptions::default() };
    Scene::new(&options).unwrap()
}

fn taken(scene: &Scene, seed: u64) -> Rgb8 {
    let capture = Capture::usual(Light::Diffuse, PX_PER_MM).again(Recapture::identical(seed));
    render(scene, &capture).unwrap().rgb
}

/// Compares, the upper half being treated and the lower not.
fn compared(before: &Rgb8, after: &Rgb8) -> Report {
    let folder = Folder::new();
    let (side, half) = (SIDE_MM * PX_PER_MM, 0.5 * SIDE_MM * PX_PER_MM);
    let options = Options {
        mm_per_px_before: Some(1.0 / PX_PER_MM),
        region: Some(folder.rectangle("region.json", [0.0; 2], [side, half])),
        reference: Some(folder.rectangle("reference.json", [0.0, half], [side; 2])),
        ..Options::default()
    };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    analyzer.compare_photos(&[photo("before", before)], &[photo("after", after)], &options).unwrap().report
}

/// Change of pigment burden in the region, of the untreated skin, and beyond it, in per cent.
fn burden(report: &Report) -> [f64; 3] {
    let metric = |of: &std::collections::BTreeMap<_, dermetric::report::Measure>| {
        of["pigment"].metrics["burden"].clone()
    };
    let (region, control) = (metric(&report.measures), metric(&report.control.as_ref().unwrap().measures));
    let found = [region.change_percent, control.change_percent, region.controlled.unwrap().change];
    found.map(Option::unwrap)
}

#[test]
fn what_fades_on_untreated_skin_too_is_no_treatments_doing() {
    let report = compared(&picture(1.0, 1), &picture(0.5, 2));
    let [region, control, beyond] = burden(&report);
    assert!(region < -40.0 && control < -40.0 && beyond.abs() < 0.5 * region.abs());
    let left = |percent: f64| 1.0 + percent / 100.0;
    assert!((left(beyond) - left(region) / left(control)).abs() < 1e-3);
    let warning = report.warnings.iter().find(|w| w.code == "control_changed").unwrap();
    assert!(warning.message.contains("pigment burden"), "{warning:?}");
    // Colors rest on that skin itself: whether it tanned cannot be told.
    assert!(!report.warnings.iter().any(|w| w.code == "tan_changed"), "{:?}", report.warnings);
}

/// Relief that became shallower within weeks may be swelling; what grew, or was measured later, is not.
#[test]
fn shallow_relief_of_the_first_weeks_is_warned_of() {
    let options = SceneOptions { seed: 8, size_mm: [20.0; 2], scars: [3, 2, 1], ..SceneOptions::default() };
    let scene = Scene::new(&options).unwrap();
    let lit = |depth_scale: f64, seed: u64| {
        let scene = scene.treated(&Treatment { depth_scale, ..Treatment::NONE });
        let capture = Capture::usual(Light::Oblique45, PX_PER_MM).again(Recapture::identical(seed));
        photo("visit", &render(&scene, &capture).unwrap().rgb)
    };
    let (deep, shallow) = (lit(1.0, 1), lit(0.3, 2));
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    for (before, after, days, warned) in [
        (&deep, &shallow, Some(20), true),
        (&deep, &shallow, Some(42), false),
        (&deep, &shallow, None, false),
        (&shallow, &deep, Some(20), false),
    ] {
        let options = Options { mm_per_px_before: Some(1.0 / PX_PER_MM), days, ..Options::default() };
        let (before, after) = (std::slice::from_ref(before), std::slice::from_ref(after));
        let report = analyzer.compare_photos(before, after, &options).unwrap().report;
        assert_eq!(report.visit.after_day, days);
        let contrast = &report.measures["scars"].metrics["relief_contrast"];
        assert!(contrast.verdict.unwrap().claims_change(), "{contrast:?}");
        let found = report.warnings.iter().any(|warning| warning.code == "swelling_possible");
        assert_eq!(found, warned, "{days:?}: {:?}", report.warnings);
    }
}

/// The right half of the untreated skin burnt out.
fn half_burnt_out(picture: &Rgb8) -> Rgb8 {
    let size = picture.size();
    let burnt = |k: usize| {
        let (x, y) = (k / 3 % size.width as usize, k / 3 / size.width as usize);
        2 * x > size.width as usize && y > size.height as usize * 6 / 10
    };
    let bytes = picture.bytes().iter().enumerate().map(|(k, &code)| if burnt(k) { 255 } else { code });
    Rgb8::new(size, bytes.collect()).unwrap()
}

/// Half of the untreated skin, with most of its spots, is burnt out after: what it held before must not count as faded.
#[test]
fn untreated_skin_is_compared_where_both_photographs_show_it() {
    let mut scene = scene();
    let untreated = |spot: &Spot| spot.center_mm[1] > 0.5 * SIDE_MM;
    let stays_seen = |spot: &Spot| untreated(spot) && spot.center_mm[0] < 0.4 * SIDE_MM;
    let kept = scene.spots.iter().position(stays_seen).expect("a spot on the half that stays");
    let kept = scene.spots[kept].center_mm;
    scene.spots.retain(|spot| !stays_seen(spot) || spot.center_mm == kept);
    assert!(scene.spots.iter().filter(|spot| untreated(spot)).count() >= 4);
    let report = compared(&taken(&scene, 1), &half_burnt_out(&taken(&scene, 2)));
    let [_, control, _] = burden(&report);
    assert!(control.abs() < 8.0, "{control} %");
    assert!(!report.warnings.iter().any(|w| w.code == "control_changed"), "{:?}", report.warnings);
}

/// What is burnt out after is the rougher half of the untreated skin: relief above it must not seem to rise.
#[test]
fn relief_is_held_against_untreated_skin_that_both_photographs_show() {
    let options =
        SceneOptions { seed: 8, size_mm: [SIDE_MM; 2], scars: [8, 8, 4], ..SceneOptions::default() };
    let mut scene = Scene::new(&options).unwrap();
    let stays_seen = |[x, y]: [f64; 2]| y > 0.5 * SIDE_MM && x < 0.5 * SIDE_MM;
    scene.scars.retain(|scar| !stays_seen(scar.center_mm));
    let lit = |seed: u64| {
        let capture = Capture::usual(Light::Oblique45, PX_PER_MM).again(Recapture::identical(seed));
        render(&scene, &capture).unwrap().rgb
    };
    let report = compared(&lit(1), &half_burnt_out(&lit(2)));
    let excess = &report.measures["scars"].metrics["relief_contrast_excess"];
    let (before, after) = (excess.before.unwrap(), excess.after.unwrap());
    println!("{before} to {after}, {:?}", report.reasons);
    assert!(before > 0.0 && (after / before - 1.0).abs() < 0.03, "{before} to {after}");
}
