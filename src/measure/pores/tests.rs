//! Pores drawn where they are known: on noise, and on the skin of the phantom.

use super::super::testing::{of_linear, skin};
use super::*;
use crate::geometry::Size;
use crate::ops::testing::noise;
use crate::phantom::{Capture, Light, Scene, SceneOptions, render};
use crate::raster::Raster;

const PX_PER_MM: f64 = 16.0;

/// Where, how wide in mm, how dark in OD.
type Dot = ((f64, f64), f64, f64);

/// A dot with a flat bottom and an edge of one pixel.
fn disc((center, diameter_mm, dark): Dot, x: u32, y: u32) -> f32 {
    let r = f64::hypot(f64::from(x) + 0.5 - center.0, f64::from(y) + 0.5 - center.1);
    (dark * (0.5 * diameter_mm * PX_PER_MM - r + 0.5).clamp(0.0, 1.0)) as f32
}

/// Grain of skin without relief.
fn grain(size: Size) -> Raster {
    noise(size, 1).map(|v| 0.02 * v)
}

fn found(frame: &Frame<'_>) -> Vec<Pore> {
    let fine = Fine::of(frame).unwrap();
    let (strongest, _) = over_scales(frame, &fine).unwrap();
    let least = least(frame, &strongest, &fine.mask).unwrap();
    pores(frame, &fine, &strongest, least).unwrap()
}

fn contrast(frame: &Frame<'_>) -> f64 {
    read(frame, None).unwrap().metrics[0].number().unwrap()
}

#[test]
fn discs_are_pores_of_their_width_and_lines_are_none() {
    let size = Size::new(400, 300);
    let grain = grain(size);
    let widths = [0.3, 0.4, 0.5, 0.6, 0.7];
    let dots: Vec<Dot> = (0..25)
        .map(|k| {
            ((40.3 + 75.0 * f64::from(k % 5), 40.8 + 50.0 * f64::from(k / 5)), widths[k as usize % 5], 0.3)
        })
        .collect();
    // Furrows 0.3 mm wide that run aslant, 60 and 75 px apart.
    let line = |x: u32, y: u32| {
        let across = 0.9 * f64::from(x) - 0.436 * f64::from(y);
        let nearest = [-60.0, 0.0, 75.0, 150.0, 210.0]
            .map(|at: f64| (across - at).abs())
            .into_iter()
            .fold(99.0, f64::min);
        (0.3 * (-4.0 * std::f64::consts::LN_2 * (nearest / (0.3 * PX_PER_MM)).powi(2)).exp()) as f32
    };
    let draw = |with_dots: bool, with_lines: bool| {
        skin(size, PX_PER_MM, |x, y| {
            let dot = dots.iter().map(|&dot| disc(dot, x, y)).fold(0.0, f32::max);
            let line = if with_lines { line(x, y) } else { 0.0 };
            [grain.at(x, y) + if with_dots { dot } else { 0.0 } + line; 3]
        })
    };
    let pores = found(&draw(true, false));
    assert_eq!(pores.len(), dots.len());
    for (center, width, dark) in dots.iter().copied() {
        let near = |p: &&Pore| f64::hypot(p.center.0 - center.0, p.center.1 - center.1) < 1.5;
        let pore = pores.iter().find(near).unwrap_or_else(|| panic!("none at {center:?}"));
        assert!((pore.diameter_mm / width - 1.0).abs() < 0.05, "{pore:?}, expected {width}");
        assert!((pore.strength / (dark * 2.0 / std::f64::consts::E) - 1.0).abs() < 0.15, "{pore:?}");
    }
    let lines = draw(false, true);
    assert_eq!(found(&lines), []);
    let [plain, dots, lines] =
        [contrast(&draw(false, false)), contrast(&draw(true, false)), contrast(&lines)];
    println!("contrast: plain {plain:.2}, dots {dots:.2}, lines {lines:.2} mOD");
    assert!(dots > 3.0 * plain && lines - plain < 0.1 * (dots - plain), "{plain}, {dots}, {lines}");
}

#[test]
fn contrast_follows_the_darkness_of_pores() {
    let size = Size::new(320, 240);
    let grain = grain(size);
    let value = |dark: f64| {
        contrast(&skin(size, PX_PER_MM, |x, y| {
            let place = |n: u32| f64::from(n / 40 * 40 + 20);
            [0.02 * grain.at(x, y) + disc(((place(x), place(y)), 0.4, dark), x, y); 3]
        }))
    };
    let (whole, half) = (value(0.2), value(0.1));
    assert!((half / whole - 0.5).abs() < 0.01, "{whole}, {half}");
}

#[test]
fn what_is_in_a_scar_or_by_a_hair_is_no_pore() {
    let size = Size::new(240, 160);
    let grain = grain(size);
    let dots: [Dot; 3] = [((60.0, 80.0), 0.4, 0.3), ((120.0, 80.0), 0.4, 0.3), ((180.0, 80.0), 0.4, 0.3)];
    let mut frame = skin(size, PX_PER_MM, |x, y| {
        [grain.at(x, y) + dots.iter().map(|&dot| disc(dot, x, y)).fold(0.0, f32::max); 3]
    });
    assert_eq!(found(&frame).len(), 3);
    let scar =
        Raster::from_fn(size, |x, y| f32::from(u8::from((40..80).contains(&x) && (60..100).contains(&y))));
    frame.scars = Some(frame.engine.upload_raster(&scar).unwrap());
    let hair = Raster::from_fn(size, |x, _| f32::from(u8::from(!(122..126).contains(&x))));
    frame.mask = frame.engine.upload_raster(&hair).unwrap();
    let left = found(&frame);
    assert_eq!(left.len(), 1, "{left:?}");
    assert!((left[0].center.0 - 180.0).abs() < 1.5);
}

#[test]
fn the_limit_is_that_of_the_baseline() {
    let size = Size::new(240, 160);
    let grain = grain(size);
    let draw = |dark: f64| {
        let dots: [Dot; 2] = [((60.0, 80.0), 0.4, dark), ((150.0, 80.0), 0.4, 0.3)];
        skin(size, PX_PER_MM, |x, y| {
            [grain.at(x, y) + dots.iter().map(|&dot| disc(dot, x, y)).fold(0.0, f32::max); 3]
        })
    };
    let count = |readings: &Readings| (readings.metrics[1].number().unwrap() * draw(0.3).area_cm2()).round();
    let first = read(&draw(0.3), None).unwrap();
    assert_eq!(count(&first), 2.0);
    let least = first.thresholds.get("least").unwrap();
    let faint = read(&draw(0.7 * least * std::f64::consts::E / 2.0), Some(&first.thresholds)).unwrap();
    assert_eq!(count(&faint), 1.0);
    assert_eq!(faint.thresholds, first.thresholds);
    assert!(first.notes[0].contains("fixed at baseline"), "{:?}", first.notes);
    // Two discs of 0.4 mm on 1.5 cm².
    let area = first.metrics[3].number().unwrap();
    assert!((area / (100.0 * 2.0 * 0.1257 / 150.0) - 1.0).abs() < 0.1, "{area} %");
    assert!((first.metrics[2].number().unwrap() / 0.1257 - 1.0).abs() < 0.1);
}

#[test]
fn flat_skin_has_no_pores() {
    let out = read(&skin(Size::new(120, 90), PX_PER_MM, |_, _| [0.0; 3]), None).unwrap();
    assert_eq!((out.metrics[0].number(), out.metrics[1].number()), (Some(0.0), Some(0.0)));
    assert_eq!(out.metrics[2].value.as_ref().unwrap_err().code, "no_pores");
}

/// How dark a pore must be that nine in ten are found, and nine in ten of those found are pores, in OD.
const FOUND_FROM_OD: f64 = 0.26;

#[test]
fn nine_in_ten_are_found_on_smooth_skin_and_are_pores() {
    let options = SceneOptions { size_mm: [30.0, 24.0], relief: 0.3, seed: 7, ..SceneOptions::default() };
    let skin =
        render(&Scene::new(&options).unwrap(), &Capture::usual(Light::Frontal, PX_PER_MM)).unwrap().rgb;
    let size = skin.size();
    // Soft dots on a jittered lattice, of the color that dots of skin have.
    let color = [0.6, 1.0, 1.15];
    let dots: Vec<Dot> = (0..154u32)
        .map(|k| {
            let jitter = |salt: u32| f64::from((k * 7919 + salt * 104_729) % 1000) / 1000.0 - 0.5;
            let center = [k % 14, k / 14].map(|n| 34.0 * (f64::from(n) + 0.7));
            let diameter = 0.28 + 0.3 * (jitter(3) + 0.5);
            (
                (center[0] + 12.0 * jitter(1), center[1] + 12.0 * jitter(2)),
                diameter,
                FOUND_FROM_OD + 0.1 * (jitter(4) + 0.5),
            )
        })
        .filter(|&((x, y), ..)| x < f64::from(size.width) - 8.0 && y < f64::from(size.height) - 8.0)
        .collect();
    let decode = |code: u8| {
        let v = f32::from(code) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    let encode = |v: f32| {
        (255.0 * if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }).round()
    };
    let mut density = Raster::filled(size, 0.0f32);
    for &((x, y), diameter, dark) in &dots {
        for v in (y as u32).saturating_sub(16)..(y as u32 + 16).min(size.height) {
            for u in (x as u32).saturating_sub(16)..(x as u32 + 16).min(size.width) {
                let r = f64::hypot(f64::from(u) + 0.5 - x, f64::from(v) + 0.5 - y) / (diameter * PX_PER_MM);
                let here = (dark * (-4.0 * std::f64::consts::LN_2 * r * r).exp()) as f32;
                density.set(u, v, density.at(u, v).max(here));
            }
        }
    }
    let linear = [0, 1, 2].map(|c| {
        Raster::from_fn(size, |x, y| {
            let light = decode(skin.at(x, y)[c]) * (-color[c] * density.at(x, y)).exp();
            // Through eight bits.
            decode(encode(light) as u8)
        })
    });
    let frame = of_linear(linear, PX_PER_MM);
    let pores = found(&frame);
    println!("{:?}", read(&frame, None).unwrap().notes);
    let near = |a: (f64, f64), b: (f64, f64)| f64::hypot(a.0 - b.0, a.1 - b.1) < 0.2 * PX_PER_MM;
    let hits = dots.iter().filter(|dot| pores.iter().any(|p| near(p.center, dot.0))).count();
    let right = pores.iter().filter(|p| dots.iter().any(|dot| near(p.center, dot.0))).count();
    let (recall, precision) = (hits as f64 / dots.len() as f64, right as f64 / pores.len() as f64);
    println!("{} dots, {} found: recall {recall:.3}, precision {precision:.3}", dots.len(), pores.len());
    assert!(dots.len() > 100 && recall >= 0.9 && precision >= 0.9, "{recall}, {precision}");
}
