//! Several named regions in one run: each has its own numbers, and is refused by itself.

use crate::common::{Folder, dermetric, photo};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::phantom::{Rgb8, unchanged_pair};
use dermetric::report::{NamedRegion, Report, Status, Support};

/// The scale of [`unchanged_pair`].
const MM_PER_PX: f64 = 1.0 / 16.0;

fn analyzer() -> Analyzer {
    Analyzer::new(&EngineChoice::Cpu, 0).unwrap()
}

/// Left, middle and right third, with gaps.
fn thirds(size: Size) -> [[[f64; 2]; 4]; 3] {
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    [0.04, 0.37, 0.70].map(|left| {
        let (x0, x1) = (left * w, (left + 0.26) * w);
        [[x0, 0.1 * h], [x1, 0.1 * h], [x1, 0.9 * h], [x0, 0.9 * h]]
    })
}

fn named(size: Size) -> String {
    let regions: Vec<_> = ["left", "middle", "right"]
        .iter()
        .zip(thirds(size))
        .map(|(name, polygon)| serde_json::json!({"name": name, "polygons": [polygon]}))
        .collect();
    serde_json::json!({ "regions": regions }).to_string()
}

/// `rgb` with another value where `inside`.
fn painted(rgb: &Rgb8, inside: impl Fn(f64, f64) -> bool, paint: impl Fn([u8; 3]) -> [u8; 3]) -> Rgb8 {
    let size = rgb.size();
    let mut bytes = rgb.bytes().to_vec();
    for (i, pixel) in bytes.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        let x = (i % size.width as usize) as f64 / f64::from(size.width);
        let y = (i / size.width as usize) as f64 / f64::from(size.height);
        if inside(x, y) {
            *pixel = paint(*pixel);
        }
    }
    Rgb8::new(size, bytes).unwrap()
}

fn options(region: std::path::PathBuf) -> Options {
    let known = Some(MM_PER_PX);
    Options { mm_per_px_before: known, mm_per_px_after: known, region: Some(region), ..Options::default() }
}

fn region<'r>(report: &'r Report, name: &str) -> &'r NamedRegion {
    report.regions.iter().find(|r| r.name == name).unwrap()
}

#[test]
fn a_named_region_reads_as_it_does_alone() {
    let folder = Folder::new();
    let pair = unchanged_pair(3).unwrap();
    let size = pair.before.rgb.size();
    let all = folder.write("all.json", named(size));
    let alone = folder.write("left.json", serde_json::json!([thirds(size)[0]]).to_string());
    let before = photo("before.png", &pair.before.rgb);
    let report = analyzer().measure_photo(&before, &options(all)).unwrap().report;
    let names: Vec<&str> = report.regions.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, ["left", "middle", "right"]);
    let single = analyzer().measure_photo(&before, &options(alone)).unwrap().report;
    assert!(single.regions.is_empty());

    let left = region(&report, "left");
    assert_eq!((left.status, &left.reasons), (Status::Ok, &Vec::new()));
    let (a, b) = (left.area_cm2.unwrap(), single.region.as_ref().unwrap().area_cm2.unwrap());
    assert!((a / b - 1.0).abs() < 0.01, "{a} and {b} cm2");
    assert_eq!(left.region.area_cm2, left.area_cm2);
    let mut compared = 0;
    for (measure, found) in &single.measures {
        for (name, metric) in &found.metrics {
            let here = &left.measures[measure].metrics[name];
            assert_eq!(here.before.is_some(), metric.before.is_some(), "{measure}.{name}");
            if let (Some(x), Some(y), true) = (here.before, metric.before, metric.primary) {
                compared += 1;
                // Highlights and hair beside the edge of a region look a little different.
                assert!((x - y).abs() <= 0.03 * y.abs() + 0.02, "{measure}.{name}: {x} and {y} alone");
            }
        }
    }
    assert!(compared >= 4, "{compared} primary metrics");
    // All together is what the top of the report tells.
    let sum: f64 = report.regions.iter().map(|r| r.area_cm2.unwrap()).sum();
    let whole = report.region.as_ref().unwrap().area_cm2.unwrap();
    assert!((sum / whole - 1.0).abs() < 0.01, "{sum} and {whole} cm2");
}

#[test]
fn a_change_is_told_where_it_is() {
    let folder = Folder::new();
    let pair = unchanged_pair(5).unwrap();
    let size = pair.before.rgb.size();
    let all = folder.write("all.json", named(size));
    // Spots on the left third only; the pair is of one light and one pose otherwise.
    let spots = |x: f64, y: f64| x < 0.32 && (x * 20.0).fract() < 0.4 && (y * 20.0).fract() < 0.4;
    let darker = |[r, g, b]: [u8; 3]| {
        [(f64::from(r) * 0.85) as u8, (f64::from(g) * 0.7) as u8, (f64::from(b) * 0.55) as u8]
    };
    let after = painted(&pair.before.rgb, spots, darker);
    let photos = [photo("before.png", &pair.before.rgb), photo("after.png", &after)];
    let report = analyzer().compare_photos(&photos[..1], &photos[1..], &options(all)).unwrap().report;
    assert_ne!(report.status, Status::Refused, "{:?}", report.reasons);
    let grown = |measures: &std::collections::BTreeMap<String, dermetric::report::Measure>| {
        let metric = &measures["pigment"].metrics["burden"];
        metric.after.unwrap() - metric.before.unwrap()
    };
    let (left, right) = (grown(&region(&report, "left").measures), grown(&region(&report, "right").measures));
    let whole = grown(&report.measures);
    assert!(left > 0.3 && right.abs() < 0.1 * left, "left {left}, right {right}");
    assert!(whole > 0.15 * left && whole < 0.75 * left, "left {left}, whole {whole}");
    assert!(region(&report, "left").measures["pigment"].metrics["burden"].verdict.is_some());
}

#[test]
fn a_region_in_glare_is_refused_by_itself() {
    let folder = Folder::new();
    let pair = unchanged_pair(7).unwrap();
    let all = folder.write("all.json", named(pair.before.rgb.size()));
    let glare = painted(&pair.after.rgb, |x, _| x > 0.66, |_| [255; 3]);
    let photos = [photo("before.png", &pair.before.rgb), photo("after.png", &glare)];
    let report = analyzer().compare_photos(&photos[..1], &photos[1..], &options(all)).unwrap().report;
    assert_ne!(report.status, Status::Refused, "{:?}", report.reasons);
    assert!(!report.measures.is_empty());
    let right = region(&report, "right");
    assert_eq!((right.status, right.reasons[0].code.as_str()), (Status::Refused, "too_little_valid_skin"));
    assert!(
        right.reasons[0].message.contains("right") && right.measures.is_empty() && right.area_cm2.is_none()
    );
    for name in ["left", "middle"] {
        let kept = region(&report, name);
        assert!(kept.status != Status::Refused && !kept.measures.is_empty(), "{name}: {:?}", kept.reasons);
    }
}

#[test]
fn the_command_takes_a_file_for_each_name() {
    let folder = Folder::new();
    let pair = unchanged_pair(9).unwrap();
    let size = pair.before.rgb.size();
    let file = folder.write("photo.png", pair.before.rgb.png().unwrap());
    let file = file.to_str().unwrap();
    let third = |name: &str, i: usize| {
        let text = serde_json::json!([thirds(size)[i]]).to_string();
        folder.write(&format!("{name}.json"), text).to_str().unwrap().to_owned()
    };
    let (left, right) = (third("left", 0), third("right", 2));
    let outside = folder.write("outside.json", "[[[9000, 9000], [9900, 9000], [9900, 9900]]]");
    let measure = |regions: &[String]| {
        let mut arguments = vec!["measure", file, "--engine", "cpu", "--mm-per-px", "0.0625"];
        for region in regions {
            arguments.extend(["--region", region]);
        }
        dermetric(arguments)
    };
    let run = measure(&[format!("cheek={left}"), format!("chin={right}")]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let report = run.json();
    let names: Vec<&str> =
        report["regions"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cheek", "chin"]);
    assert!(report["regions"][1]["measures"]["pigment"]["metrics"]["burden"]["before"].is_number());

    for (regions, status, words) in [
        (vec![format!("cheek={left}"), format!("cheek={right}")], 2, "found the name cheek twice"),
        (vec![left.clone(), format!("chin={right}")], 2, "found 1 without a name and 1 with one"),
        (vec![left.clone(), right.clone()], 2, "found 2 without a name"),
        (vec![format!("my cheek={left}")], 2, "expected letters, digits, - and _"),
        (vec![format!("far={}", outside.display())], 3, "the region is empty on a photograph of 640x640"),
    ] {
        let run = measure(&regions);
        assert_eq!(run.status, Some(status), "{regions:?}: {}", run.stderr);
        assert!(run.only_line().contains(words), "{words:?} in: {}", run.stderr);
        assert!(run.stdout.is_empty());
    }
}

#[test]
fn regions_of_the_face_grade_their_pigmented_area_and_nothing_more() {
    let folder = Folder::new();
    let pair = unchanged_pair(3).unwrap();
    let size = pair.before.rgb.size();
    let text = named(size).replace("\"left\"", "\"forehead\"").replace("\"right\"", "\"chin\"");
    let options = options(folder.write("face.json", text));
    let (before, after) = (photo("before.png", &pair.before.rgb), photo("after.png", &pair.after.rgb));
    let report = analyzer().compare_photos(&[before], &[after], &options).unwrap().report;

    let masi = &report.scales["mmasi_like"];
    assert_eq!(masi.support, Support::Partial);
    let item = |name: &str| masi.items.iter().find(|item| item.item == name).unwrap();
    let forehead = item("area, forehead");
    let percent = region(&report, "forehead").measures["pigment"].metrics["area_percent"].before.unwrap();
    let expected = if percent < 1.0 { 0.0 } else { 1.0 + (percent / 20.0 + 0.5).floor().min(5.0) };
    assert_eq!(forehead.before, Some(expected), "{percent} %");
    assert_eq!(forehead.inputs["pigment.area_percent"][0], Some(percent));
    assert!(item("area, left malar").reason.as_ref().unwrap().contains("left-malar"));
    assert!(masi.items.iter().filter(|i| i.item.starts_with("darkness")).all(|i| i.before.is_none()));

    for name in ["ecca", "goodman_baron", "cea", "fitzpatrick_wrinkle", "lemperle", "akasi", "vss", "posas"] {
        let scale = &report.scales[name];
        assert_eq!(scale.support, Support::NotComputable, "{name}");
        assert!(scale.items.iter().all(|i| i.before.is_none() && i.after.is_none() && i.reason.is_some()));
        assert!(scale.note.contains("clinician to confirm"), "{name}");
    }
    assert!(report.scales["cea"].items[0].inputs["redness.hemoglobin_mean"][1].is_some());
}
