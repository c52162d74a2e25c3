//! Another light must not come out as a treatment, and a treatment must not pass for another light.

use crate::common::{Folder, photo};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::measure;
use dermetric::phantom::{
    Capture, Light, Lighting, Recapture, Scene, SceneOptions, SkinTone, Treatment, render,
};
use dermetric::photo::Photo;
use dermetric::report::{Metric, Report, Status};

const PX_PER_MM: f64 = 16.0;

fn scene(seed: u64) -> Scene {
    let tone = if seed.is_multiple_of(2) { SkinTone::Brown } else { SkinTone::Light };
    let options = SceneOptions {
        seed,
        tone,
        size_mm: [26.0, 26.0],
        scars: [4, 3, 1],
        spots: 3,
        erythema: 1,
        wrinkles: 1,
        pores_per_cm2: 15.0,
        ..SceneOptions::default()
    };
    Scene::new(&options).unwrap()
}

fn shot(scene: &Scene, lighting: Lighting, recapture: Recapture) -> Photo {
    let capture = Capture { lighting, ..Capture::usual(lighting.light, PX_PER_MM) };
    photo("phantom", &render(scene, &capture.again(recapture)).unwrap().rgb)
}

fn compare(before: &Photo, after: &Photo) -> Report {
    compare_with(before, after, Options::default())
}

fn compare_with(before: &Photo, after: &Photo, options: Options) -> Report {
    let options = Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..options };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let one = std::slice::from_ref;
    analyzer.compare_photos(one(before), one(after), &options).unwrap().report
}

/// The first capture, coded as the second is: another coding has another noise.
fn first() -> Recapture {
    Recapture { jpeg_quality: Some(93), ..Recapture::identical(1) }
}

/// Metrics of which this is so, of all measures that are read off shading.
fn relief(report: &Report, mut is: impl FnMut(&Metric) -> bool) -> Vec<String> {
    let of_shading = measure::ALL.iter().filter(|m| m.needs.light);
    of_shading
        .filter_map(|m| report.measures.get(m.name))
        .flat_map(|m| &m.metrics)
        .filter(|(_, metric)| is(metric))
        .map(|(name, metric)| format!("{name} {:.1} %", metric.change_percent.unwrap_or(f64::NAN)))
        .collect()
}

fn relief_claims(report: &Report) -> Vec<String> {
    relief(report, |metric| metric.verdict.is_some_and(Verdict::claims_change))
}

/// Changes beyond what the captures could show that are not claimed: the light can have made them.
fn relief_held_back(report: &Report) -> Vec<String> {
    relief(report, |metric| {
        let beyond = metric.change.zip(metric.smallest_detectable_change).is_some_and(|(c, s)| c.abs() > s);
        beyond && metric.verdict == Some(Verdict::NoDetectableChange)
    })
}

/// The leak of the light that would hold back every claim: the largest change beyond what the captures
/// could show, on the logarithmic axis, a third of it where the metric is secondary.
fn leak_needed(report: &Report) -> f64 {
    let mut needed = 0.0f64;
    relief(report, |metric| {
        let ln = |change: Option<f64>| Some((1.0 + change? / metric.before?).ln().abs());
        let beyond = ln(metric.change).zip(ln(metric.smallest_detectable_change)).map_or(0.0, |(c, s)| c - s);
        // What vanishes altogether has no logarithm, and no verdict.
        let beyond = if beyond.is_finite() { beyond } else { 0.0 };
        needed = needed.max(if metric.primary { beyond } else { beyond / 3.0 });
        false
    });
    needed
}

fn line(name: &str, report: &Report) -> String {
    let light = report.light.as_ref();
    let number = |v: Option<f64>| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.3}"));
    format!(
        "{name}: {:?}, differs {:?}, correlation {}, gain {}, gradient {}, leak needed {:.3}, reasons {:?}, held back {:?}, claims {:?}",
        report.status,
        light.map(|l| l.differs),
        number(light.and_then(|l| l.relief_correlation)),
        number(light.and_then(|l| l.relief_gain)),
        number(light.and_then(|l| l.shading_gradient_od_per_cm)),
        leak_needed(report),
        report.reasons.iter().map(|r| r.code.as_str()).collect::<Vec<_>>(),
        relief_held_back(report),
        relief_claims(report),
    )
}

fn at_45(change: impl Fn(&mut Lighting)) -> Lighting {
    let mut lighting = Lighting::usual(Light::Oblique45);
    change(&mut lighting);
    lighting
}

/// Two lights in both orders: no relief metric may claim a change. Returns the lines that fail.
fn tricks(seed: u64, lights: &[(&str, Lighting, Lighting)]) -> Vec<String> {
    let scene = scene(seed);
    let mut failed = Vec::new();
    for (name, one, other) in lights {
        for (order, before, after) in [("", one, other), (", turned", other, one)] {
            let before = shot(&scene, *before, first());
            let report = compare(&before, &shot(&scene, *after, Recapture::random(seed)));
            let line = line(&format!("seed {seed}, {name}{order}"), &report);
            println!("{line}");
            if !relief_claims(&report).is_empty() {
                failed.push(line);
            }
        }
    }
    failed
}

#[test]
fn the_flash_trick_is_no_improvement() {
    let usual = Lighting::usual;
    let failed = tricks(
        3,
        &[
            ("45 and frontal", usual(Light::Oblique45), usual(Light::Frontal)),
            ("45 and 60", usual(Light::Oblique45), usual(Light::Oblique60)),
            // Not told apart: only what the light can have made holds back a claim.
            ("frontal and bilateral", usual(Light::Frontal), usual(Light::Bilateral)),
        ],
    );
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
#[ignore = "takes minutes: run it with --ignored after registration or the light's limits have changed"]
fn no_pair_of_unlike_lights_is_an_improvement() {
    let usual = Lighting::usual;
    let mut lights = Vec::new();
    for (i, one) in Light::ALL.into_iter().enumerate() {
        for other in Light::ALL.into_iter().skip(i + 1) {
            lights.push((format!("{one:?} and {other:?}"), usual(one), usual(other)));
        }
    }
    let base = usual(Light::Oblique45);
    for turn in [15.0, 30.0, 60.0, 90.0, 180.0] {
        lights.push((format!("turned {turn}"), base, at_45(|l| l.azimuth_deg += turn)));
    }
    for change in [-5.0, 2.0, 3.0, 5.0, 10.0] {
        lights.push((format!("higher {change}"), base, at_45(|l| l.elevation_change_deg = change)));
    }
    for ambient in [0.0, 0.15, 0.35, 0.6] {
        lights.push((format!("ambient {ambient}"), base, at_45(|l| l.ambient = ambient)));
    }
    for gloss in [0.0, 2.0] {
        lights.push((format!("gloss {gloss}"), base, at_45(|l| l.specular = gloss)));
    }
    lights.push(("soft".to_owned(), base, at_45(|l| l.lamp_radius_deg = 15.0)));
    let lights: Vec<_> = lights.iter().map(|(n, a, b)| (n.as_str(), *a, *b)).collect();
    // The leak of the light was set on the first four; the others had no part in it.
    let seeds = [3, 8, 5, 12, 7, 10];
    let failed: Vec<String> = seeds.into_iter().flat_map(|seed| tricks(seed, &lights)).collect();
    assert!(failed.is_empty(), "{} of {}: {failed:#?}", failed.len(), 2 * seeds.len() * lights.len());
}

/// What the gate says of a pair, without measuring it.
fn checked(before: &Photo, after: &Photo) -> Report {
    let options = Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..Options::default() };
    Analyzer::new(&EngineChoice::Cpu, 0).unwrap().check_photos(before, after, &options).unwrap()
}

/// What is no other light, under one lamp. Returns the lines that were taken for one.
fn under_one_light(seed: u64, light: Light, look: fn(&Photo, &Photo) -> Report) -> Vec<String> {
    let scene = scene(seed);
    let again = Recapture::random(seed);
    let before = shot(&scene, Lighting::usual(light), first());
    let cast = |ev, gains| Recapture { exposure_ev: ev, channel_gains: gains, ..again };
    let none = Treatment::NONE;
    let cleared = Treatment {
        depth_scale: 0.0,
        spot_scale: 0.0,
        erythema_scale: 0.0,
        wrinkle_scale: 0.0,
        pore_scale: 0.0,
        ..none
    };
    let cases = [
        ("again", none, again),
        ("brighter", none, cast(0.3, [1.08, 1.0, 0.92])),
        ("darker", none, cast(-0.3, [0.92, 1.0, 1.08])),
        ("rotated", none, Recapture { rotation_deg: -3.0, ..again }),
        ("tilted", none, Recapture { tilt_deg: [3.0, -3.0], ..again }),
        ("scars to 60 %", Treatment { depth_scale: 0.6, ..none }, again),
        ("scars cleared", Treatment { depth_scale: 0.0, ..none }, again),
        ("color cleared", Treatment { spot_scale: 0.0, erythema_scale: 0.0, ..none }, again),
        ("all cleared", cleared, again),
    ];
    let mut flagged = Vec::new();
    for (name, treatment, recapture) in cases {
        let after = shot(&scene.treated(&treatment), Lighting::usual(light), recapture);
        let report = look(&before, &after);
        let line = line(&format!("seed {seed}, {light:?}, {name}"), &report);
        println!("{line}");
        if report.light.as_ref().is_none_or(|l| l.differs) || report.status == Status::Refused {
            flagged.push(line);
        }
    }
    flagged
}

/// JPEG writes its own noise into the shading of smooth skin.
#[test]
fn a_compressed_photograph_is_no_rougher_skin() {
    let scene = scene(3);
    let lighting = Lighting::usual(Light::Oblique45);
    let [plain, coded] = [None, Some(93)]
        .map(|jpeg_quality| shot(&scene, lighting, Recapture { jpeg_quality, ..Recapture::random(3) }));
    for (before, after) in [(&plain, &coded), (&coded, &plain)] {
        let report = compare(before, after);
        println!("{}", line("coded otherwise", &report));
        assert!(report.warnings.iter().any(|w| w.code == "noise_differs"), "{:?}", report.warnings);
        assert!(relief_claims(&report).is_empty(), "{:?}", relief_claims(&report));
    }
}

#[test]
fn a_named_part_loses_what_the_pair_lacks() {
    let folder = Folder::new();
    let square = serde_json::json!([[[16, 16], [400, 16], [400, 400], [16, 400]]]);
    let regions = serde_json::json!({"regions": [{"name": "middle", "polygons": square}]});
    let region = Some(folder.write("regions.json", regions.to_string()));
    // The body's shape shows that it was the lamp.
    let scene = Scene { shape: 1.0, ..scene(3) };
    let lit = |light, recapture| shot(&scene, Lighting::usual(light), recapture);
    let (before, after) = (lit(Light::Oblique45, first()), lit(Light::Oblique60, Recapture::random(3)));
    let report = compare_with(&before, &after, Options { region, ..Options::default() });
    let part = report.regions.first().unwrap_or_else(|| panic!("{:?}", report.reasons));
    for measures in [&report.measures, &part.measures] {
        let contrast = &measures["scars"].metrics["relief_contrast"];
        assert_eq!(contrast.verdict, Some(Verdict::NotMeasurable));
        assert_eq!(contrast.reason.as_ref().map(|r| r.code.as_str()), Some("light_differs"));
    }
    // What needs no light alike stays.
    assert!(part.measures["pigment"].metrics["area_percent"].after.is_some());
}

#[test]
fn a_treatment_is_not_another_light() {
    let flagged = under_one_light(3, Light::Oblique45, checked);
    assert!(flagged.is_empty(), "{flagged:#?}");
}

#[test]
#[ignore = "takes minutes: run it with --ignored after registration or the light's limits have changed"]
fn no_treatment_under_any_light_is_another_light() {
    let flagged: Vec<String> = Light::ALL
        .into_iter()
        .flat_map(|light| [3, 8].into_iter().flat_map(move |seed| under_one_light(seed, light, compare)))
        .collect();
    assert!(flagged.is_empty(), "{flagged:#?}");
}
