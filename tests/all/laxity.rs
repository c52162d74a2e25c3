//! Skin that takes less room in the picture: told against untreated skin, with repeats, under one pose; and
//! not told otherwise.

use crate::common::{Folder, photo};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::phantom::{
    Capture, Light, Recapture, Rgb8, Scene, SceneOptions, SensorNoise, recapture_photo, render,
};
use dermetric::report::{Metric, Report};

const PX_PER_MM: f64 = 10.0;
const SIDE_MM: f64 = 46.0;
/// The skin that tightens, a disc in the middle of the picture, in mm.
const RADIUS_MM: f64 = 13.0;

fn skin(seed: u64) -> Rgb8 {
    let options =
        SceneOptions { seed, size_mm: [SIDE_MM; 2], scars: [3, 2, 1], spots: 4, ..SceneOptions::default() };
    render(&Scene::new(&options).unwrap(), &Capture::usual(Light::Oblique45, PX_PER_MM)).unwrap().rgb
}

/// The picture with its disc drawn together: by a share `strain` of every length within, without any change
/// of area beyond, where what moves in moves by 1/r.
fn tightened(picture: &Rgb8, strain: f64) -> Rgb8 {
    let size = picture.size();
    let (cx, cy) = (f64::from(size.width) / 2.0, f64::from(size.height) / 2.0);
    let radius = RADIUS_MM * PX_PER_MM;
    let at = |x: i64, y: i64, c: usize| {
        let x = x.clamp(0, i64::from(size.width) - 1) as u32;
        let y = y.clamp(0, i64::from(size.height) - 1) as u32;
        f64::from(picture.at(x, y)[c])
    };
    // Catmull–Rom, so that the finest detail stays.
    let weights = |t: f64| {
        [
            -0.5 * t + t * t - 0.5 * t.powi(3),
            1.0 - 2.5 * t * t + 1.5 * t.powi(3),
            0.5 * t + 2.0 * t * t - 1.5 * t.powi(3),
            -0.5 * t * t + 0.5 * t.powi(3),
        ]
    };
    let mut bytes = Vec::with_capacity(3 * size.area());
    for y in 0..size.height {
        for x in 0..size.width {
            let (dx, dy) = (f64::from(x) + 0.5 - cx, f64::from(y) + 0.5 - cy);
            let r = dx.hypot(dy);
            // Where what is seen here comes from: r = s − strain·s within, r = s − strain·R²/s beyond.
            let from = if r < radius * (1.0 - strain) {
                r / (1.0 - strain)
            } else {
                0.5 * (r + (r * r + 4.0 * strain * radius * radius).sqrt())
            };
            let scale = if r > 0.0 { from / r } else { 1.0 };
            let (u, v) = (cx + dx * scale - 0.5, cy + dy * scale - 0.5);
            let (wx, wy) = (weights(u - u.floor()), weights(v - v.floor()));
            for c in 0..3 {
                let mut sum = 0.0;
                for (j, wy) in wy.iter().enumerate() {
                    for (i, wx) in wx.iter().enumerate() {
                        sum +=
                            wx * wy * at(u.floor() as i64 + i as i64 - 1, v.floor() as i64 + j as i64 - 1, c);
                    }
                }
                bytes.push(sum.round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    Rgb8::new(size, bytes).unwrap()
}

/// A square or, as a ring of eight corners with a slit, what lies around it: fractions of the side.
fn selections(folder: &Folder) -> Options {
    let px = |mm: f64| (mm * PX_PER_MM).round();
    let side = px(SIDE_MM);
    let inner = [px(SIDE_MM / 2.0 - 5.5), px(SIDE_MM / 2.0 + 5.5)];
    let [a, b] = inner;
    let region = format!("[[{a},{a}],[{b},{a}],[{b},{b}],[{a},{b}]]");
    let (low, high) = (px(2.0), px(6.5));
    let (far, end) = (side - high, side - low);
    let reference = format!(
        "[[{low},{low}],[{end},{low}],[{end},{high}],[{low},{high}]],[[{low},{far}],[{end},{far}],[{end},{end}],[{low},{end}]]"
    );
    let file =
        |name: &str, polygons: String| Some(folder.write(name, format!("{{\"polygons\": [{polygons}]}}")));
    Options {
        mm_per_px_before: Some(1.0 / PX_PER_MM),
        region: file("region.json", region),
        reference: file("reference.json", reference),
        ..Options::default()
    }
}

fn compare(before: &Rgb8, after: &Rgb8, poses: [&[Recapture]; 2], options: &Options) -> Report {
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let [before, after] = [(before, poses[0]), (after, poses[1])].map(|(picture, poses)| {
        let taken = |r: &Recapture| {
            photo("skin", &recapture_photo(picture, PX_PER_MM, r, &SensorNoise::PHONE).unwrap().0)
        };
        poses.iter().map(taken).collect::<Vec<_>>()
    });
    analyzer.compare_photos(&before, &after, options).unwrap().report
}

/// Turned, moved, nearer and further, hardly tilted.
fn pose(seed: u64) -> Recapture {
    Recapture { tilt_deg: [0.3, -0.2], ..Recapture::random(seed) }
}

fn areal(report: &Report) -> &Metric {
    &report.measures["laxity"].metrics["areal_change_percent"]
}

fn reason(metric: &Metric) -> &str {
    metric.reason.as_ref().map_or("none", |reason| reason.code.as_str())
}

#[test]
fn skin_that_tightened_is_told_with_repeats_and_unchanged_skin_is_not() {
    told(&[(1, 0.0), (2, 0.01)]);
}

#[test]
#[ignore = "as the one above: run it with --ignored after strain has changed"]
fn skin_that_slackened_is_told_too() {
    told(&[(4, -0.015)]);
}

/// Skin of these seeds, shorter by these strains.
fn told(cases: &[(u64, f64)]) {
    let folder = Folder::new();
    let options = selections(&folder);
    for &(seed, strain) in cases {
        let before = skin(seed);
        let poses = |from: u64| [from, from + 1, from + 2].map(pose);
        let (first, second) = (poses(10 * seed), poses(10 * seed + 5));
        let report = compare(&before, &tightened(&before, strain), [&first, &second], &options);
        let found = areal(&report);
        // Lengths shrink by 1 − strain.
        let expected = 100.0 * ((1.0 - strain).powi(2) - 1.0);
        let interval = found.interval.as_ref().unwrap();
        println!(
            "{strain}: {:.2} {:?} expected {expected:.2}, detectable {:?}, {:?}, tilt {:?}, lengths {:?}",
            found.change.unwrap(),
            (interval.low, interval.high),
            found.smallest_detectable_change,
            found.verdict,
            report.alignment.as_ref().unwrap().tilt_deg,
            report.measures["laxity"].metrics["principal_change_percent"].change,
        );
        // The window and the ties between neighbors smooth a change away near its rim: by 2 % at 16 px/mm, by 5 to
        // 11 % on photographs as coarse as these. It is never overstated.
        let (found_percent, off) = (found.change.unwrap(), 0.05 + 0.12 * expected.abs());
        assert!(
            (found_percent - expected).abs() < off && found_percent.abs() < expected.abs() + 0.05,
            "{strain}"
        );
        let called = match strain {
            0.0 => Verdict::NoDetectableChange,
            s if s > 0.0 => Verdict::Decreased,
            _ => Verdict::Increased,
        };
        assert_eq!(found.verdict, Some(called), "{strain}");
    }
}

#[test]
fn what_cannot_be_told_from_tighter_skin_is_not_told() {
    let folder = Folder::new();
    let options = selections(&folder);
    let before = skin(5);
    let after = tightened(&before, 0.02);
    let one = |report: &Report| {
        assert_eq!(areal(report).verdict, Some(Verdict::NotMeasurable));
        reason(areal(report)).to_owned()
    };
    let pair =
        |options: &Options, second: &[Recapture]| compare(&before, &after, [&[pose(1)], second], options);
    assert_eq!(one(&pair(&options, &[pose(2)])), "needs_repeats");
    assert_eq!(
        one(&pair(&Options { reference: None, ..options.clone() }, &[pose(2), pose(3)])),
        "no_reference"
    );
    let tilted = Recapture { tilt_deg: [4.0, 1.0], ..pose(2) };
    let report = pair(&options, &[tilted, pose(3)]);
    assert_eq!(one(&report), "pose_differs");
    println!("tilt {:?}", report.alignment.as_ref().unwrap().tilt_deg);
}
