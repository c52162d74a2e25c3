//! Lines drawn on even skin and on real close-ups: those that are there are found, what is no line is
//! not, and fading lines read in the order in which they fade.

use std::f64::consts::PI;

use crate::common::{Folder, code, linear, photo, reference_data};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::phantom::{Recapture, Rgb8, SensorNoise, recapture_photo};
use dermetric::report::Report;

const SIDE: u32 = 480;
/// Scale of drawn skin.
const PX_PER_MM: f64 = 12.0;
/// Optical density of what is drawn on it, in green.
const DEPTH: f64 = 0.25;
/// Densities of lines on real faces by that in green: medians over 24 faces, the darkest 2 % of each.
const LINE_COLOR: [f64; 3] = [0.75, 1.0, 1.0];
/// Width of skin that a close-up is taken to show, in mm.
const CLOSE_UP_MM: f64 = 60.0;

/// A line from one end to the other, all in mm.
struct Stroke {
    ends: [[f64; 2]; 2],
    sigma: f64,
}

impl Stroke {
    fn at(center: [f64; 2], angle: f64, length: f64) -> Self {
        let half = [0.5 * length * angle.cos(), 0.5 * length * angle.sin()];
        let end = |sign: f64| [center[0] + sign * half[0], center[1] + sign * half[1]];
        Self { ends: [end(-1.0), end(1.0)], sigma: 0.2 }
    }

    /// 1 on the line, by the distance from it.
    fn profile(&self, x: f64, y: f64) -> f64 {
        let [a, b] = self.ends;
        let along = [b[0] - a[0], b[1] - a[1]];
        let length2 = along[0] * along[0] + along[1] * along[1];
        let t = if length2 > 0.0 { ((x - a[0]) * along[0] + (y - a[1]) * along[1]) / length2 } else { 0.0 };
        let t = t.clamp(0.0, 1.0);
        let distance2 = (x - a[0] - t * along[0]).powi(2) + (y - a[1] - t * along[1]).powi(2);
        (-0.5 * distance2 / (self.sigma * self.sigma)).exp()
    }
}

/// The photograph with darker strokes on it, `depth` in optical density.
fn drawn(skin: &Rgb8, px_per_mm: f64, strokes: &[Stroke], depth: f64) -> Rgb8 {
    let width = skin.size().width as usize;
    let mut bytes = skin.bytes().to_vec();
    for (i, pixel) in bytes.chunks_exact_mut(3).enumerate() {
        let at = |k: usize| (k as f64 + 0.5) / px_per_mm;
        let (x, y) = (at(i % width), at(i / width));
        let deepest = strokes.iter().map(|s| s.profile(x, y)).fold(0.0, f64::max);
        if deepest > 1e-3 {
            for (value, share) in pixel.iter_mut().zip(LINE_COLOR) {
                *value = code(linear(*value) * (-share * depth * deepest).exp());
            }
        }
    }
    Rgb8::new(skin.size(), bytes).unwrap()
}

/// Skin with grain and a net of soft blotches a third of a millimeter apart, the same every time: on skin
/// without any, whatever is drawn is a scar.
fn even_skin() -> Rgb8 {
    const CELL: u32 = 4;
    let mut state = 12345u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1u32 << 24) - 0.5
    };
    let cells = SIDE / CELL + 2;
    let blotches: Vec<f64> = (0..cells * cells).map(|_| random()).collect();
    let blotch = |x: u32, y: u32| blotches[(y * cells + x) as usize];
    let mut bytes = Vec::new();
    for y in 0..SIDE {
        for x in 0..SIDE {
            let part = |v: u32| f64::from(v % CELL) / f64::from(CELL);
            let (i, j, u, v) = (x / CELL, y / CELL, part(x), part(y));
            let above = blotch(i, j) * (1.0 - u) + blotch(i + 1, j) * u;
            let below = blotch(i, j + 1) * (1.0 - u) + blotch(i + 1, j + 1) * u;
            let shade = 1.0 + 0.2 * (above * (1.0 - v) + below * v) + 0.03 * random();
            bytes.extend([0.55, 0.31, 0.22].map(|channel| code(channel * shade)));
        }
    }
    Rgb8::new(Size::new(SIDE, SIDE), bytes).unwrap()
}

/// All of it is skin.
fn all_skin(folder: &Folder, px_per_mm: f64) -> Options {
    let side = f64::from(SIDE);
    let all = serde_json::json!([[[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]]]);
    Options {
        mm_per_px_before: Some(1.0 / px_per_mm),
        region: Some(folder.write("region.json", all.to_string())),
        ..Options::default()
    }
}

fn read(picture: &Rgb8, px_per_mm: f64) -> Report {
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let folder = Folder::new();
    analyzer.measure_photo(&photo("skin", picture), &all_skin(&folder, px_per_mm)).unwrap().report
}

fn value(report: &Report, metric: &str) -> Option<f64> {
    let found = report.measures.get("wrinkles").unwrap_or_else(|| panic!("{:?}", report.reasons));
    found.metrics[metric].before
}

/// Lengths of lines found, in mm.
fn length_mm(report: &Report) -> f64 {
    value(report, "length_mm_per_cm2").unwrap() * report.region.as_ref().unwrap().area_cm2.unwrap()
}

#[test]
fn drawn_lines_are_found_at_every_angle_and_as_long_as_they_are() {
    let skin = even_skin();
    for k in 0..6 {
        let angle = f64::from(k) * PI / 6.0 + 0.13;
        let strokes = [[10.0, 10.0], [30.0, 12.0], [20.0, 28.0]].map(|c| Stroke::at(c, angle, 12.0));
        let report = read(&drawn(&skin, PX_PER_MM, &strokes, DEPTH), PX_PER_MM);
        let found = length_mm(&report) / 36.0;
        let width = value(&report, "mean_width_mm").unwrap();
        println!("{:4.0}°: {found:.3} of the length, {width:.2} mm wide", angle.to_degrees());
        // Ends may be lost, and what the skin itself shows beside a line may be joined to it.
        assert!((0.8..1.15).contains(&found), "{found}");
        // √2·0.2 mm fits best; scales are 1.5 times apart.
        assert!((0.4..0.75).contains(&width), "{width}");
    }
}

#[test]
fn dots_are_no_lines() {
    let skin = even_skin();
    // As much darkness as three lines of 12 mm, in dots as wide.
    let dots: Vec<Stroke> = (0..72)
        .map(|k| Stroke::at([3.0 + 4.6 * f64::from(k % 8), 3.0 + 4.2 * f64::from(k / 8)], 0.0, 0.0))
        .collect();
    let lines = [[10.0, 10.0], [30.0, 12.0], [20.0, 28.0]].map(|c| Stroke::at(c, 0.4, 12.0));
    let plain = read(&skin, PX_PER_MM);
    let dotted = read(&drawn(&skin, PX_PER_MM, &dots, DEPTH), PX_PER_MM);
    let lined = read(&drawn(&skin, PX_PER_MM, &lines, DEPTH), PX_PER_MM);
    let contrast = |report: &Report| value(report, "contrast").unwrap();
    println!(
        "plain {:.3}, dots {:.3}, lines {:.3} mOD",
        contrast(&plain),
        contrast(&dotted),
        contrast(&lined)
    );
    // What is drawn adds to the squares.
    let added = |report: &Report| contrast(report).powi(2) - contrast(&plain).powi(2);
    // Dots do leak into it, where the skin's own relief lies on both sides of them: two thirds as much.
    assert!(added(&lined) > 1.3 * added(&dotted), "{} against {}", added(&lined), added(&dotted));
    assert_eq!(length_mm(&dotted), 0.0);
    assert_eq!(length_mm(&plain), 0.0);
    assert!(length_mm(&lined) > 25.0);
}

/// The middle of a close-up, and its pixels per millimeter.
fn piece(name: &str) -> Option<(Rgb8, f64)> {
    let path = reference_data(&format!("clinical_closeups_pad_ufes/images/{name}.png"))?;
    let whole = image::open(path).unwrap().into_rgb8();
    let corner = [whole.width(), whole.height()].map(|side| (side - SIDE) / 2);
    let middle = image::imageops::crop_imm(&whole, corner[0], corner[1], SIDE, SIDE).to_image();
    Some((
        Rgb8::new(Size::new(SIDE, SIDE), middle.into_raw()).unwrap(),
        f64::from(whole.width()) / CLOSE_UP_MM,
    ))
}

fn again(picture: &Rgb8, px_per_mm: f64, seed: u64) -> Rgb8 {
    recapture_photo(picture, px_per_mm, &Recapture::random(seed), &SensorNoise::PHONE).unwrap().0
}

#[test]
fn lines_on_real_skin_fade_in_order() {
    let mut compared = 0;
    for name in ["PAT_1521_1778_763", "PAT_1770_3344_274", "PAT_862_1643_386"] {
        let Some((skin, px_per_mm)) = piece(name) else { return };
        let side = f64::from(SIDE) / px_per_mm;
        let strokes: Vec<Stroke> = (0..8)
            .map(|k| {
                let place = f64::from(k) / 8.0;
                let center = [side * (0.2 + 0.6 * place), side * (0.2 + 0.6 * (3.0 * place).fract())];
                Stroke::at(center, 0.3 + 0.2 * place, 0.3 * side)
            })
            .collect();
        let folder = Folder::new();
        let options = all_skin(&folder, px_per_mm);
        let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
        let taken = |kept: f64, seed: u64| {
            let picture = drawn(&skin, px_per_mm, &strokes, 0.35 * kept);
            photo(name, &again(&picture, px_per_mm, seed))
        };
        // As pairs, which share what is left out: fissures of this kind pass for hair on one capture and not on another.
        let changes: Vec<f64> = [1.0, 0.67, 0.33, 0.0]
            .into_iter()
            .zip(1..)
            .map(|(kept, seed)| {
                let pair = [taken(1.0, 20), taken(kept, seed)].map(|photo| [photo]);
                let report = analyzer.compare_photos(&pair[0], &pair[1], &options).unwrap().report;
                let metric = &report.measures["wrinkles"].metrics["contrast"];
                (metric.after.unwrap() / metric.before.unwrap()).ln()
            })
            .collect();
        println!("{name}: {changes:.3?}");
        assert!(changes.is_sorted_by(|a, b| a > b), "{name}: {changes:?}");
        compared += 1;
    }
    assert_eq!(compared, 3);
}

/// Standard deviation of the logarithm of contrast over unchanged captures. Measured on nine pairs of five
/// whole close-ups: 0.9 %.
const MOST_SPREAD: f64 = 0.02;

#[test]
fn unchanged_real_skin_reads_the_same() {
    let (mut sum, mut count) = (0.0, 0);
    for name in ["PAT_1521_1778_763", "PAT_1770_3344_274", "PAT_862_1643_386"] {
        let Some((skin, px_per_mm)) = piece(name) else { return };
        let folder = Folder::new();
        let options = all_skin(&folder, px_per_mm);
        let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
        let [one, other] = [11, 12].map(|seed| photo(name, &again(&skin, px_per_mm, seed)));
        // Compared as pairs are: focus is matched, and both show the same skin.
        let report = analyzer.compare_photos(&[one], &[other], &options).unwrap().report;
        let metric = &report.measures["wrinkles"].metrics["contrast"];
        let change = (metric.after.unwrap() / metric.before.unwrap()).ln();
        println!("{name}: {:.2} %", 100.0 * change);
        sum += 0.5 * change * change;
        count += 1;
    }
    let spread = (sum / f64::from(count)).sqrt();
    assert!(spread < MOST_SPREAD, "{spread}");
}
