//! Pores and rough red areas on real close-ups: what is planted fades in order, and what did not change
//! repeats.

use crate::common::{code, linear, photo};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::phantom::{Recapture, Rgb8, SensorNoise, recapture_photo};
use dermetric::report::{LesionKind, Report, Status};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Width that a close-up is taken to have, in mm.
const WIDTH_MM: f64 = 60.0;
/// Coarsest close-up that shows pores, in pixels.
const LEAST_WIDTH: u32 = 900;
/// What a treatment leaves of what is planted.
const LEFT: [f64; 4] = [1.0, 0.75, 0.5, 0.0];
/// How dark a dot of real skin is in red, green and blue: medians over 19 close-ups.
const DOT: [f64; 3] = [0.6, 1.0, 1.15];
const NEUTRAL: [f64; 3] = [1.0; 3];
const HEMOGLOBIN: [f64; 3] = [0.270, 0.818, 0.508];

struct CloseUp {
    name: String,
    rgb: Rgb8,
    px_per_mm: f64,
    /// Density of what is planted, in OD.
    planted: Vec<f64>,
}

/// The close-ups that show pores, of which those of `places` are taken.
fn close_ups(places: impl Fn(usize) -> bool) -> Vec<CloseUp> {
    let Some(data) = crate::common::shared_data() else { return Vec::new() };
    let mut out = Vec::new();
    for file in crate::common::close_ups(&data) {
        let rgb = crate::common::rgb8(&file);
        let size = rgb.size();
        if size.width < LEAST_WIDTH {
            continue;
        }
        out.push(CloseUp {
            name: file.file_stem().unwrap().to_string_lossy().into_owned(),
            px_per_mm: f64::from(size.width) / WIDTH_MM,
            planted: vec![0.0; size.area()],
            rgb,
        });
    }
    assert_eq!(out.len(), 10);
    out.into_iter().enumerate().filter(|(i, _)| places(*i)).map(|(_, c)| c).collect()
}

impl CloseUp {
    /// Its middle, 30 mm wide: what is asked of one photograph for speed.
    fn middle(self) -> Self {
        let rgb = self.rgb.middle((0.5 * WIDTH_MM * self.px_per_mm) as u32).unwrap();
        Self { planted: vec![0.0; rgb.size().area()], rgb, ..self }
    }

    fn plant(&mut self, center: (f64, f64), reach: f64, density: impl Fn(f64, f64) -> f64) {
        let Size { width, height } = self.rgb.size();
        let range = |c: f64, n: u32| (c - reach).max(0.0) as u32..((c + reach).max(0.0) as u32 + 1).min(n);
        for y in range(center.1, height) {
            for x in range(center.0, width) {
                let here = density(f64::from(x) + 0.5 - center.0, f64::from(y) + 0.5 - center.1);
                let cell = &mut self.planted[(y * width + x) as usize];
                *cell = cell.max(here);
            }
        }
    }

    /// Soft dots of 0.25 to 0.6 mm, 0.15 to 0.4 OD dark, 30 on a square centimeter.
    fn plant_pores(&mut self, rng: &mut ChaCha8Rng) {
        let Size { width, height } = self.rgb.size();
        let count = (30.0 * (width * height) as f64 / (self.px_per_mm * self.px_per_mm) / 100.0) as usize;
        for _ in 0..count {
            let center = (rng.random::<f64>() * f64::from(width), rng.random::<f64>() * f64::from(height));
            let diameter = (0.25 + 0.35 * rng.random::<f64>()) * self.px_per_mm;
            let dark = 0.15 + 0.25 * rng.random::<f64>();
            self.plant(center, 1.6 * diameter, |x, y| {
                dark * (-4.0 * std::f64::consts::LN_2 * (x * x + y * y) / (diameter * diameter)).exp()
            });
        }
    }

    /// Straight furrows 0.25 to 0.55 mm wide, 0.1 to 0.3 OD dark, 5 to 20 mm long.
    fn plant_wrinkles(&mut self, rng: &mut ChaCha8Rng) {
        let Size { width, height } = self.rgb.size();
        let count = ((width * height) as f64 / (self.px_per_mm * self.px_per_mm) / 100.0) as usize;
        for _ in 0..count {
            let center = (rng.random::<f64>() * f64::from(width), rng.random::<f64>() * f64::from(height));
            let (sin, cos) = (0.6 * (rng.random::<f64>() - 0.5)).sin_cos();
            let half = (2.5 + 7.5 * rng.random::<f64>()) * self.px_per_mm;
            let across = (0.25 + 0.3 * rng.random::<f64>()) * self.px_per_mm;
            let dark = 0.1 + 0.2 * rng.random::<f64>();
            let end = self.px_per_mm;
            self.plant(center, half, |x, y| {
                let (along, off) = (x * cos + y * sin, (y * cos - x * sin) / across);
                let taper = ((half - along.abs()) / end).clamp(0.0, 1.0);
                dark * taper * (-4.0 * std::f64::consts::LN_2 * off * off).exp()
            });
        }
    }

    /// The photograph with a share of what is planted, in a color.
    fn with(&self, share: f64, color: [f64; 3]) -> Rgb8 {
        let pixels = self.rgb.bytes().chunks_exact(3).zip(&self.planted);
        let bytes = pixels.flat_map(|(rgb, &planted)| {
            [0, 1, 2].map(|c| code(linear(rgb[c]) * (-share * color[c] * planted).exp()))
        });
        Rgb8::new(self.rgb.size(), bytes.collect()).unwrap()
    }

    fn again(&self, rgb: &Rgb8, seed: u64) -> Rgb8 {
        recapture_photo(rgb, self.px_per_mm, &Recapture::random(seed), &SensorNoise::PHONE).unwrap().0
    }

    fn options(&self) -> Options {
        Options { mm_per_px_before: Some(1.0 / self.px_per_mm), ..Options::default() }
    }

    fn compare(&self, before: &Rgb8, after: &Rgb8) -> Report {
        let (before, after) = (photo("before", before), photo("after", after));
        analyzer().compare_photos(&[before], &[after], &self.options()).unwrap().report
    }
}

fn analyzer() -> Analyzer {
    Analyzer::new(&EngineChoice::Cpu, 0).unwrap()
}

fn change_ln(report: &Report, measure: &str, metric: &str) -> Option<f64> {
    let metric = &report.measures[measure].metrics[metric];
    Some((metric.after? / metric.before?).ln())
}

/// Spearman's rank correlation of values with how much is left; no two are equal.
fn rank_correlation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let rank = |v: f64| values.iter().filter(|&&w| w > v).count() as f64;
    let d2: f64 = values.iter().enumerate().map(|(i, &v)| (rank(v) - i as f64).powi(2)).sum();
    1.0 - 6.0 * d2 / (n * (n * n - 1.0))
}

/// Within-subject SD of ln contrast: captures of unchanged skin.
fn spread(close_ups: &[CloseUp], pairs: u64) -> f64 {
    let (mut sum, mut n) = (0.0, 0);
    for (i, c) in close_ups.iter().enumerate() {
        for pair in 0..pairs {
            let seed = 10_000 + 100 * i as u64 + 2 * pair;
            let report = c.compare(&c.again(&c.rgb, seed), &c.again(&c.rgb, seed + 1));
            let of = |metric: &str| change_ln(&report, "pores", metric).filter(|v| v.is_finite());
            let codes: Vec<_> = report.reasons.iter().map(|r| r.code.as_str()).collect();
            let level = |metric: &str| report.measures.get("pores").and_then(|m| m.metrics[metric].before);
            println!("{}: {:?} {codes:?}", c.name, report.status);
            if report.status == Status::Refused {
                continue;
            }
            println!(
                "  contrast {:?} mOD, {:?}; count {:?}, {:?}; mean area {:?}; area {:?}; sq_fine {:?}",
                level("contrast"),
                of("contrast"),
                level("count_per_cm2"),
                of("count_per_cm2"),
                of("mean_area_mm2"),
                of("area_percent"),
                change_ln(&report, "texture", "sq_fine"),
            );
            if let Some(d) = of("contrast") {
                sum += 0.5 * d * d;
                n += 1;
            }
        }
    }
    assert!(n > 0, "no pair was compared");
    println!("spread of contrast over {n} pairs: {:.4}", (sum / f64::from(n)).sqrt());
    (sum / f64::from(n)).sqrt()
}

/// Most that contrast may move where nothing changed.
const MOST_SPREAD: f64 = 0.02;

#[test]
fn unchanged_skin_repeats() {
    let close_ups: Vec<_> = close_ups(|i| i % 5 == 2).into_iter().map(CloseUp::middle).collect();
    if !close_ups.is_empty() {
        assert!(spread(&close_ups, 1) <= MOST_SPREAD);
    }
}

#[test]
#[ignore = "minutes: run it with --ignored after the measure has changed"]
fn unchanged_skin_repeats_on_all_close_ups() {
    assert!(spread(&close_ups(|_| true), 2) <= MOST_SPREAD);
}

/// Ranks of the contrast over fading pores, each capture taken anew.
fn ranks(close_ups: &mut [CloseUp], color: [f64; 3], plant: fn(&mut CloseUp, &mut ChaCha8Rng)) -> Vec<f64> {
    let mut out = Vec::new();
    for (i, c) in close_ups.iter_mut().enumerate() {
        plant(c, &mut ChaCha8Rng::seed_from_u64(i as u64));
        let first = c.again(&c.with(1.0, color), 500);
        let (mut values, mut counts) = (Vec::new(), Vec::new());
        for (k, left) in LEFT.into_iter().enumerate() {
            let report = c.compare(&first, &c.again(&c.with(left, color), 600 + k as u64));
            if report.measures.get("pores").and_then(|m| m.metrics["contrast"].after).is_none() {
                println!("{}, {left}: {:?}", c.name, report.reasons);
                continue;
            }
            values.extend(change_ln(&report, "pores", "contrast"));
            counts.extend(report.measures.get("pores").and_then(|m| m.metrics["count_per_cm2"].after));
        }
        if values.len() < LEFT.len() {
            println!("{}: not compared", c.name);
            continue;
        }
        out.push(rank_correlation(&values));
        println!("{}: rank {:.3}, ln contrast {values:.4?}, count {counts:.1?}", c.name, out[out.len() - 1]);
    }
    out
}

#[test]
fn planted_pores_fade_in_order() {
    let mut close_ups: Vec<_> = close_ups(|i| i == 3).into_iter().map(CloseUp::middle).collect();
    let ranks = ranks(&mut close_ups, DOT, CloseUp::plant_pores);
    assert_eq!(ranks.len(), close_ups.len());
    assert!(ranks.iter().all(|&rank| rank >= 0.9), "{ranks:?}");
}

#[test]
#[ignore = "minutes: run it with --ignored after the measure has changed"]
fn planted_pores_fade_in_order_on_all_close_ups_and_wrinkles_hardly_show() {
    for (what, color, plant) in [
        ("pores of the color of dots", DOT, CloseUp::plant_pores as fn(&mut CloseUp, &mut ChaCha8Rng)),
        ("neutral pores", NEUTRAL, CloseUp::plant_pores),
        ("wrinkles", NEUTRAL, CloseUp::plant_wrinkles),
    ] {
        println!("{what}");
        let mut close_ups = close_ups(|_| true);
        let ranks = ranks(&mut close_ups, color, plant);
        if !ranks.is_empty() {
            println!("{what}: mean rank {:.3}", ranks.iter().sum::<f64>() / ranks.len() as f64);
        }
    }
}

/// A patch of 3 mm radius, redder by 0.45 OD of hemoglobin and rough, in the emptiest corner.
fn planted_patch(c: &CloseUp, share: f64) -> Rgb8 {
    let Size { width, .. } = c.rgb.size();
    let center = (0.2 * f64::from(width), 0.2 * f64::from(width));
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let side = (0.15 * c.px_per_mm).max(1.0);
    let cells = 200;
    let grain: Vec<f64> = (0..cells * cells).map(|_| rng.random::<f64>() - 0.5).collect();
    let pixels = c.rgb.bytes().chunks_exact(3).enumerate();
    let bytes = pixels.flat_map(|(i, rgb)| {
        let (x, y) = ((i as u32 % width) as f64 - center.0, (i as u32 / width) as f64 - center.1);
        let edge = (3.0 + 0.3 - x.hypot(y) / c.px_per_mm).clamp(0.0, 0.6) / 0.6;
        let cell = |v: f64| ((v / side) + 100.0).clamp(0.0, 199.0) as usize;
        let rough = 0.8 * grain[cell(y) * cells + cell(x)];
        [0, 1, 2].map(|k| code(linear(rgb[k]) * (-share * edge * (0.45 * HEMOGLOBIN[k] + rough)).exp()))
    });
    Rgb8::new(c.rgb.size(), bytes.collect()).unwrap()
}

#[test]
fn a_planted_rough_red_area_is_found_and_fades_in_order() {
    let close_ups = close_ups(|i| i == 7);
    let Some(c) = close_ups.first() else { return };
    let first = c.again(&planted_patch(c, 1.0), 500);
    let (mut red, mut rough) = (Vec::new(), Vec::new());
    for (k, left) in LEFT.into_iter().enumerate() {
        let report = c.compare(&first, &c.again(&planted_patch(c, left), 700 + k as u64));
        let areas = report.lesions.iter().filter(|l| l.kind == LesionKind::RoughRed);
        let (appeared, areas): (Vec<_>, Vec<_>) = areas.partition(|l| l.appeared);
        for one in appeared {
            println!("{left}: appeared {one:?}");
        }
        // The planted one is by far the nearest to 28 mm².
        let planted = areas
            .into_iter()
            .min_by_key(|l| (100.0 * (l.before["area_mm2"].unwrap() - 30.0).abs()) as u64)
            .unwrap();
        let after = planted.after.as_ref().unwrap();
        if after.is_empty() {
            // What two photographs do not have alike is not told of lesions either, and the reason is.
            assert!(planted.reason.is_some() && planted.verdict == Some(Verdict::NotMeasurable));
            continue;
        }
        red.push(after["hemoglobin"].unwrap());
        rough.push(after["roughness"].unwrap());
        println!("{left}: {:?} to {after:?}, {:?}", planted.before, report.measures["rough_red"].notes);
    }
    assert!(red.len() >= LEFT.len() - 1, "{red:?}");
    assert!(rank_correlation(&red) >= 0.9 && rank_correlation(&rough) >= 0.9, "{red:?} {rough:?}");
}
