//! Objects chosen on both visits: what fades reads as much weaker as it is, and what did not change reads the same.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::common::plant::{all_close_ups, every};
use crate::common::{Folder, photo, rgb8, shared_data};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::phantom::{
    Capture, DemoOptions, Light, Lighting, Recapture, Rgb8, Scene, SceneOptions, SensorNoise, Treatment,
    demo_pair, pair, plant, recapture_photo, unchanged_pair,
};
use dermetric::report::{LesionKind, Metric, Report, Status};

const PX_PER_MM: f64 = 16.0;
/// Side of what is taken from the middle of a close-up, in pixels.
const SIDE: u32 = 480;
/// Times the phantom's strength that is planted.
const STRENGTH: f64 = 2.0;

/// One kind of lesion, and the metrics of its objects.
struct Family {
    name: &'static str,
    measure: &'static str,
    metrics: &'static [&'static str],
    scene: fn(&mut SceneOptions),
    fade: fn(&mut Treatment, f64),
}

const FAMILIES: [Family; 4] = [
    Family {
        name: "scars",
        measure: "scars",
        metrics: &[
            "depth_proxy_mean",
            "depth_proxy_p95",
            "volume_proxy_per_cm2",
            "depressed_area_percent",
            "count_per_cm2",
        ],
        scene: |o| o.scars = [10, 8, 4],
        fade: |t, left| t.depth_scale = left,
    },
    Family {
        name: "spots",
        measure: "pigment",
        metrics: &["spot_delta_e", "contrast_p95", "border_sharpness", "area_percent", "count_per_cm2"],
        scene: |o| o.spots = 16,
        fade: |t, left| t.spot_scale = left,
    },
    Family {
        name: "wrinkles",
        measure: "wrinkles",
        metrics: &[
            "depth_proxy_mean",
            "depth_proxy_p90",
            "mean_width_mm",
            "length_mm_per_cm2",
            "area_percent",
        ],
        scene: |o| o.wrinkles = 40,
        fade: |t, left| t.wrinkle_scale = left,
    },
    Family {
        name: "pores",
        measure: "pores",
        metrics: &["mean_area_mm2", "count_per_cm2"],
        scene: |o| o.pores_per_cm2 = 60.0,
        fade: |t, left| t.pore_scale = left,
    },
];

fn compare(analyzer: &Analyzer, before: &Rgb8, after: &Rgb8, options: &Options) -> Report {
    let (before, after) = (photo("before", before), photo("after", after));
    analyzer.compare_photos(&[before], &[after], options).unwrap().report
}

fn known_scale() -> Options {
    Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..Options::default() }
}

/// Change of a metric in per cent of before.
fn percent(report: &Report, measure: &str, metric: &str) -> Option<f64> {
    let Metric { before, after, .. } = report.measures.get(measure)?.metrics.get(metric)?;
    let (before, after) = (before.as_ref()?, after.as_ref()?);
    (*before > 0.0).then(|| 100.0 * (after / before - 1.0))
}

#[test]
fn scars_of_the_demonstration_read_as_much_shallower_as_they_are() {
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let pair = demo_pair(&DemoOptions::default()).unwrap();
    let report = compare(&analyzer, &pair.before.rgb, &pair.after.rgb, &known_scale());
    let change = |metric: &str| percent(&report, "scars", metric).unwrap();
    let (mean, p95, volume) =
        (change("depth_proxy_mean"), change("depth_proxy_p95"), change("volume_proxy_per_cm2"));
    println!("mean {mean:.1} %, 95th percentile {p95:.1} %, volume {volume:.1} %");
    assert!((mean + 40.0).abs() <= 5.0 && (p95 + 40.0).abs() <= 8.0, "{mean}, {p95}");
    assert!((volume + 40.0).abs() <= 8.0, "{volume}");
    // The same objects one by one, read on both photographs.
    let of = |values: &std::collections::BTreeMap<String, Option<f64>>, name: &str| values[name].unwrap();
    let scars = report.lesions.iter().filter(|l| l.kind == LesionKind::Scar && !l.appeared);
    let scars: Vec<_> = scars.filter(|l| l.change.is_some()).collect();
    let mean_of =
        |depth: &dyn Fn(usize) -> f64| (0..scars.len()).map(depth).sum::<f64>() / scars.len() as f64;
    let before = mean_of(&|k| of(&scars[k].before, "depth_proxy"));
    let after = mean_of(&|k| of(scars[k].after.as_ref().unwrap(), "depth_proxy"));
    let metric = &report.measures["scars"].metrics["depth_proxy_mean"];
    assert!((metric.before.unwrap() / before - 1.0).abs() < 1e-4, "{:?} against {before}", metric.before);
    assert!((metric.after.unwrap() / after - 1.0).abs() < 1e-4, "{:?} against {after}", metric.after);
    // Areas are measured again, at the threshold of the first visit.
    let areas = |after: bool| {
        let values = |k: usize| if after { scars[k].after.as_ref().unwrap() } else { &scars[k].before };
        mean_of(&|k| of(values(k), "area_mm2"))
    };
    assert!(areas(true) < 0.9 * areas(false), "{} of {}", areas(true), areas(false));
}

#[test]
fn spots_that_shrink_have_areas_of_their_own() {
    let median = median_area_of_halved_spots();
    assert!((0.45..0.8).contains(&median), "{median}");
}

#[test]
#[ignore = "a goal: the median is 0.68, as small spots run into the mottle around them"]
fn spots_of_half_the_area_read_so() {
    let median = median_area_of_halved_spots();
    assert!((median / 0.5 - 1.0).abs() <= 0.10, "{median}");
}

/// Median of area after over area before, of spots that shrink to half their area and stay as dark.
fn median_area_of_halved_spots() -> f64 {
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let mut scene = Scene::new(&SceneOptions { seed: 5, spots: 9, ..SceneOptions::default() }).unwrap();
    scene.spots.iter_mut().for_each(|spot| spot.peak_od = spot.peak_od.max(0.5));
    let lighting = Lighting { specular: 0.0, ..Lighting::usual(Light::Diffuse) };
    let capture = Capture { lighting, ..Capture::usual(Light::Diffuse, PX_PER_MM) };
    let recapture = Recapture { jpeg_quality: None, ..Recapture::random(5) };
    let before = pair(&scene, &capture, &Treatment::NONE, recapture).unwrap();
    let mut smaller = scene.clone();
    smaller.spots.iter_mut().for_each(|spot| spot.outline.diameter_mm *= 0.5f64.sqrt());
    let after = pair(&smaller, &capture, &Treatment::NONE, recapture).unwrap();
    let report = compare(&analyzer, &before.before.rgb, &after.after.rgb, &known_scale());
    let spots = report.lesions.iter().filter(|l| l.kind == LesionKind::Spot && l.change.is_some());
    let mut ratios: Vec<f64> = spots
        .filter(|l| l.before["contrast"].unwrap() > 0.15)
        .map(|l| l.after.as_ref().unwrap()["area_mm2"].unwrap() / l.before["area_mm2"].unwrap())
        .collect();
    ratios.sort_by(f64::total_cmp);
    println!("{ratios:.3?}, area {:?}", percent(&report, "pigment", "area_percent"));
    assert!(ratios.len() >= 5);
    ratios[ratios.len() / 2]
}

#[test]
fn unchanged_scars_read_alike_whichever_visit_comes_first() {
    read_alike(&[
        ("scars", "depth_proxy_mean", 0.5),
        ("scars", "depth_proxy_p95", 1.5),
        ("scars", "volume_proxy_per_cm2", 1.0),
        ("scars", "depressed_area_percent", 1.0),
    ]);
}

#[test]
#[ignore = "a goal: the spots' area moves by 19 %, lines by 11 % on this pair"]
fn unchanged_spots_and_lines_read_alike_whichever_visit_comes_first() {
    read_alike(&[
        ("pigment", "spot_delta_e", 1.0),
        ("pigment", "area_percent", 1.0),
        ("wrinkles", "depth_proxy_mean", 1.0),
    ]);
}

/// Metrics of an unchanged pair that move by so many per cent at most, and within 1 % there and back.
fn read_alike(metrics: &[(&str, &str, f64)]) {
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let pair = unchanged_pair(31).unwrap();
    let (before, after) = (&pair.before.rgb, &pair.after.rgb);
    let there = compare(&analyzer, before, after, &known_scale());
    let back = compare(&analyzer, after, before, &known_scale());
    for (measure, metric, most) in metrics {
        let [one, other] = [&there, &back].map(|report| percent(report, measure, metric).unwrap());
        println!("{measure}.{metric}: {one:.2} there and {other:.2} % back");
        assert!(one.abs() <= *most && other.abs() <= *most, "{metric}: {one}, {other}");
        assert!((one + other).abs() <= 1.0, "{metric}: {one} there and {other} back");
    }
}

/// A family on skin of this size, so many times as strong as the phantom's.
fn scene(family: &Family, size: Size, seed: u64) -> Scene {
    let size_mm = [size.width, size.height].map(|side| f64::from(side) / PX_PER_MM);
    let mut options = SceneOptions { seed, size_mm, relief: 0.0, mottle: 0.0, ..SceneOptions::default() };
    (family.scene)(&mut options);
    let share = size_mm[0] * size_mm[1] / 1600.0;
    let scaled = |n: &mut usize| *n = (*n as f64 * share).round() as usize;
    options.scars.iter_mut().for_each(scaled);
    [&mut options.spots, &mut options.wrinkles].into_iter().for_each(scaled);
    let mut stronger = Treatment::NONE;
    (family.fade)(&mut stronger, STRENGTH);
    let drawn =
        (0..100).find_map(|draw| Scene::new(&SceneOptions { seed: seed + 1000 * draw, ..options }).ok());
    let scene = Scene { melanin_od: 0.0, hemoglobin_od: 0.0, ..drawn.unwrap() };
    scene.treated(&stronger)
}

fn planted(skin: &Rgb8, scene: &Scene) -> Rgb8 {
    let lighting = Lighting { azimuth_deg: 100.0, ..Lighting::usual(Light::Oblique45) };
    plant(skin, PX_PER_MM, scene, &lighting).unwrap()
}

/// `DERMETRIC_DEPTH=scars/PAT_198` has only families and close-ups of such names read, `DERMETRIC_FADES=0,0.5` these
/// fadings, `DERMETRIC_EVERY=7` every seventh close-up.
#[test]
#[ignore = "takes an hour, and is a goal"]
fn objects_planted_on_close_ups_fade_as_they_do_without_noise() {
    let Some(data) = shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let only = std::env::var("DERMETRIC_DEPTH").unwrap_or_default();
    let (family, file) = only.split_once('/').unwrap_or((&only, ""));
    let fades = std::env::var("DERMETRIC_FADES").unwrap_or_else(|_| "0,0.25,0.5,1".to_owned());
    let fades: Vec<f64> = fades.split(',').map(|share| share.parse().expect("a share")).collect();
    let files: Vec<(u64, PathBuf)> = (100..)
        .step_by(10)
        .zip(all_close_ups(&data))
        .step_by(every())
        .filter(|(_, f)| f.to_string_lossy().contains(file))
        .collect();
    let folder = Folder::new();
    let mut failed = Vec::new();
    for family in FAMILIES.iter().filter(|f| f.name.contains(family)) {
        let (mut unchanged, mut swapped, mut off) = (Vec::new(), Vec::new(), Vec::new());
        for &(seed, ref file) in &files {
            let skin = rgb8(file).middle(SIDE).unwrap();
            let size = skin.size();
            let [width, height] = [size.width, size.height].map(f64::from);
            let region = folder.rectangle(&format!("{width}x{height}.json"), [0.0; 2], [width, height]);
            let options = Options { region: Some(region), ..known_scale() };
            let scene = scene(family, size, seed);
            let still = Recapture { scale: 1.0, tilt_deg: [0.0; 2], ..Recapture::random(seed + 5000) };
            let first = Recapture { rotation_deg: 0.2, shift_mm: [0.02; 2], ..still };
            let taken = |picture: &Rgb8, recapture: &Recapture| {
                recapture_photo(picture, PX_PER_MM, recapture, &SensorNoise::PHONE).unwrap().0
            };
            let untreated = planted(&skin, &scene);
            let before = taken(&untreated, &first);
            for (&fade, seed) in fades.iter().zip(seed..) {
                let mut treatment = Treatment::NONE;
                (family.fade)(&mut treatment, 1.0 - fade);
                let treated = planted(&skin, &scene.treated(&treatment));
                let after = taken(&treated, &Recapture::random(seed + 1));
                let report = compare(&analyzer, &before, &after, &options);
                let back = compare(&analyzer, &after, &before, &options);
                let pure = compare(&analyzer, &untreated, &treated, &options);
                let mut line = format!(
                    "{} {} {:>3.0} % {:?}",
                    family.name,
                    file.file_stem().unwrap().to_string_lossy(),
                    100.0 * fade,
                    report.status
                );
                for (k, metric) in family.metrics.iter().enumerate() {
                    let [read, back, pure] =
                        [&report, &back, &pure].map(|r| percent(r, family.measure, metric));
                    let text = |v: Option<f64>| v.map_or_else(|| "-".to_owned(), |v| format!("{v:.1}"));
                    let back = back.map(|back| 100.0 * (100.0 / (100.0 + back) - 1.0));
                    let _ =
                        write!(line, "; {metric} {} ({} back, {} pure)", text(read), text(back), text(pure));
                    if let (0, Some(read), Some(back), Some(pure)) = (k, read, back, pure) {
                        if fade == 0.0 {
                            unchanged.push(read);
                            swapped.push((read - back).abs());
                        } else {
                            off.push((read - pure).abs());
                        }
                    }
                }
                let lesions = report.lesions.iter().filter(|l| l.change.is_some());
                let resolved = lesions.clone().filter(|l| l.resolved).count();
                println!("{line}; {} objects, {resolved} resolved", lesions.count());
                assert_ne!((report.status, fades.len()), (Status::Refused, 1), "nothing else was asked for");
            }
        }
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
        let most = |v: &[f64]| v.iter().copied().fold(0.0, f64::max);
        println!(
            "{}: unchanged {:.2} % in the mean of {}, swapped visits {:.2} % apart at most, {:.2} in the mean, from the pure \
             rendering {:.1} points at most, {:.1} in the mean",
            family.name,
            mean(&unchanged),
            unchanged.len(),
            most(&swapped),
            mean(&swapped),
            most(&off),
            mean(&off)
        );
        if mean(&unchanged).abs() > 0.5 || mean(&swapped) > 1.0 || mean(&off) > 5.0 {
            failed.push(family.name);
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
}
