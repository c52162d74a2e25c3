//! The marker card as it is printed, a small chart, and views of them drawn by lot.

use super::linear;
use super::spectra::{Lamp, seen};
use dermetric::calibrate::card::{CardFormat, card_file};
use dermetric::calibrate::target::Sight;
use dermetric::engine::Engine;
use dermetric::geometry::Size;
use dermetric::phantom::{Patch, Rgb8, SensorNoise, Sheet, SheetView};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The rectangles of the SVG that `dermetric card` writes: what comes out of a printer.
pub fn printed_card() -> Sheet {
    let svg = String::from_utf8(card_file(CardFormat::Svg)).unwrap();
    let value = |line: &str, name: &str| -> String {
        line.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let number = |line: &str, name: &str| value(line, name).parse::<f64>().unwrap();
    let header = svg.lines().next().unwrap();
    let size_mm =
        [" width", " height"].map(|name| value(header, name).trim_end_matches("mm").parse::<f64>().unwrap());
    let units: Vec<f64> =
        value(header, " viewBox").split(' ').map(|number| number.parse().unwrap()).collect();
    let mm_per_unit = size_mm[0] / units[2];
    assert_eq!(mm_per_unit, size_mm[1] / units[3]);
    let patches: Vec<Patch> = svg
        .lines()
        .filter(|line| line.starts_with("<rect"))
        .map(|line| {
            let mm =
                ["x", "y", "width", "height"].map(|name| mm_per_unit * number(line, &format!(" {name}")));
            let gray = linear(u8::from_str_radix(&value(line, "fill")[1..3], 16).unwrap());
            // Black ink is no black hole, white paper no perfect diffuser.
            Patch { mm, linear: [0.03 + 0.87 * gray; 3] }
        })
        .collect();
    Sheet { size_mm, patches }
}

/// A view of a sheet, drawn by lot: tilted up to `tilt_deg`, any turn, uneven light, blur, noise,
/// JPEG. The sheet's center stays in the middle third of the picture.
pub fn drawn_view(seed: u64, size: Size, sheet_mm: [f64; 2], tilt_deg: f64) -> SheetView {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
    // The diagonal fits into the picture, whatever the turn.
    let most = 0.9 * f64::from(size.height) / sheet_mm[0].hypot(sheet_mm[1]);
    let px_per_mm = between(0.55, 0.95) * most;
    let play = 0.5 * (f64::from(size.height) - px_per_mm * sheet_mm[0].hypot(sheet_mm[1]));
    let center = [f64::from(size.width) / 2.0, f64::from(size.height) / 2.0];
    SheetView {
        center_px: center.map(|c| c + between(-0.6, 0.6) * play),
        px_per_mm,
        distance_mm: between(200.0, 500.0),
        turn_deg: between(0.0, 360.0),
        tilt_deg: between(0.0, tilt_deg),
        tilt_axis_deg: between(0.0, 360.0),
        light_slope: [between(-0.25, 0.25), between(-0.25, 0.25)],
        channel_gains: [1.0; 3],
        blur_px: between(0.3, 1.6),
        noise: SensorNoise::PHONE,
        noise_seed: seed,
        jpeg_quality: Some(between(80.0, 96.0) as u8),
    }
}

/// A photograph as it is searched.
pub fn sight(picture: &Rgb8) -> Sight {
    static FINDER: std::sync::OnceLock<Engine> = std::sync::OnceLock::new();
    let finder = FINDER.get_or_init(|| Engine::cpu().unwrap());
    Sight::of(finder, &super::photo("sheet", picture)).unwrap()
}

/// Files of real photographs of skin.
pub fn real_photographs(data: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut folders = vec![data.join("clinical_closeups_pad_ufes/images"), data.join("faces_repeat")];
    let mut out = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "jpg" || e == "png") {
                out.push(path);
            }
        }
    }
    out.sort();
    assert!(out.len() >= 90, "{} photographs", out.len());
    out
}

/// Distance between the centers of patches of [`small_chart`].
pub const SMALL_PITCH_MM: f64 = 9.0;

/// A chart of 24 patches in a black frame, small enough to lie beside skin.
pub fn small_chart(lamp: Lamp) -> Sheet {
    let size_mm = [6.0, 4.0].map(|n| n * SMALL_PITCH_MM + 6.0);
    let mut patches = vec![Patch { mm: [0.0, 0.0, size_mm[0], size_mm[1]], linear: [0.025; 3] }];
    for (i, linear) in seen(lamp).into_iter().enumerate() {
        let corner = [i % 6, i / 6].map(|n| 3.5 + SMALL_PITCH_MM * n as f64);
        patches.push(Patch { mm: [corner[0], corner[1], 8.0, 8.0], linear });
    }
    Sheet { size_mm, patches }
}

/// A picture with the light of every pixel changed. Rounded up or down by lot: codes that are rounded twice stand all alike
/// between two, and a change of 0.01 OD comes out as one of 0.03.
pub fn relit(picture: &Rgb8, change: impl Fn([f64; 3]) -> [f64; 3]) -> Rgb8 {
    let encode = |v: f64| if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
    let pixel = |rgb: &[u8]| change([rgb[0], rgb[1], rgb[2]].map(linear));
    let lot = |k: usize| ((k as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as f64 / f64::from(1 << 24);
    let bytes = picture.bytes().chunks_exact(3).enumerate().flat_map(|(i, rgb)| {
        let light = pixel(rgb);
        (0..3).map(move |c| (255.0 * encode(light[c]) + lot(3 * i + c)).floor() as u8)
    });
    Rgb8::new(picture.size(), bytes.collect()).unwrap()
}

/// The same skin with so much more melanin and hemoglobin everywhere, in OD along their unit directions.
pub fn with_pigment(skin: &Rgb8, melanin: f64, hemoglobin: f64) -> Rgb8 {
    let density = |c: usize| melanin * [0.339, 0.500, 0.797][c] + hemoglobin * [0.270, 0.818, 0.508][c];
    relit(skin, |rgb| std::array::from_fn(|c| rgb[c] * (-density(c)).exp()))
}
