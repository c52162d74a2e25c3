//! The marker card, from the printed file through a camera back to millimetres per pixel.

use crate::common::sheets::{drawn_view, printed_card, real_photographs, sight};
use crate::common::{Folder, dermetric, flat};
use dermetric::calibrate::card::{find_card, gray_gains, gray_patches};
use dermetric::geometry::Size;
use dermetric::phantom::{Rgb8, SheetView, photograph_sheet};
use dermetric::photo::{Limits, load};

const SIZE: Size = Size::new(1000, 800);

/// Skin-colored, with texture.
fn skin() -> Rgb8 {
    crate::common::textured(SIZE)
}

/// What became of views drawn by lot.
#[derive(Debug, Default)]
struct Tally {
    views: u32,
    found: u32,
    /// Of cards tilted by 24° at most: largest error of the scale, and of the tilt in degrees.
    worst_scale: f64,
    worst_tilt_deg: f64,
    /// Corners of the card that were off by more than a tenth of a marker.
    misplaced: u32,
    /// |error| beyond three standard deviations that the card claims, its printing apart.
    bold: u32,
}

fn tally(seeds: std::ops::Range<u64>) -> Tally {
    let (sheet, background) = (printed_card(), skin());
    let mut out = Tally::default();
    for seed in seeds {
        let view = drawn_view(seed, SIZE, sheet.size_mm, 35.0);
        let photo = photograph_sheet(&sheet, &view, &background).unwrap();
        out.views += 1;
        let Ok(Some(card)) = find_card(&sight(&photo.rgb)) else {
            println!("seed {seed}: not found, {view:?}");
            continue;
        };
        out.found += 1;
        // The upper left corner tells the orientation: where the renderer's rays have it.
        let far = SheetView {
            noise: dermetric::phantom::SensorNoise::NONE,
            blur_px: 0.0,
            jpeg_quality: None,
            ..view
        };
        let corner = upper_left(&far);
        let found = card.outline()[0];
        if (found[0] - corner[0]).hypot(found[1] - corner[1]) > 0.84 * view.px_per_mm {
            out.misplaced += 1;
        }
        let error = (card.px_per_mm / photo.px_per_mm - 1.0).abs();
        if view.tilt_deg <= 24.0 {
            out.worst_scale = out.worst_scale.max(error);
            out.worst_tilt_deg = out.worst_tilt_deg.max((card.tilt_deg - view.tilt_deg).abs());
            // Off the axis the line of sight adds some degrees.
            assert!(card.mm_per_px().is_ok() || view.tilt_deg > 20.0, "seed {seed}: {}", card.tilt_deg);
            out.bold += u32::from(100.0 * error > 3.0 * card.scale_cv_percent);
        }
    }
    out
}

/// Where the card's upper left corner appears: found by halving from the renderer alone.
fn upper_left(view: &SheetView) -> [f64; 2] {
    let sheet = printed_card();
    // A sheet of one small patch at that corner, photographed; the center of its light.
    let dot = dermetric::phantom::Sheet {
        size_mm: sheet.size_mm,
        patches: vec![dermetric::phantom::Patch { mm: [0.0, 0.0, 0.8, 0.8], linear: [1.0; 3] }],
    };
    let photo = photograph_sheet(&dot, view, &flat(SIZE, 0)).unwrap().rgb;
    let (mut sum, mut x_sum, mut y_sum) = (0.0, 0.0, 0.0);
    for y in 0..SIZE.height {
        for x in 0..SIZE.width {
            let v = f64::from(photo.at(x, y)[0]);
            sum += v;
            x_sum += v * (f64::from(x) + 0.5);
            y_sum += v * (f64::from(y) + 0.5);
        }
    }
    [x_sum / sum, y_sum / sum]
}

fn assert_sound(tally: &Tally) {
    println!("{tally:?}");
    assert!(f64::from(tally.found) >= 0.95 * f64::from(tally.views), "{tally:?}");
    assert!(tally.worst_scale < 0.01 && tally.worst_tilt_deg < 6.0, "{tally:?}");
    assert_eq!((tally.misplaced, tally.bold), (0, 0), "{tally:?}");
}

#[test]
fn a_card_is_found_under_any_turn_and_gives_its_scale() {
    assert_sound(&tally(0..24));
}

#[test]
#[ignore = "minutes: the full count, run by hand"]
fn two_hundred_cards() {
    assert_sound(&tally(1000..1200));
}

#[test]
fn a_card_tilted_too_far_gives_no_scale_and_one_half_covered_is_refused() {
    let (sheet, background) = (printed_card(), skin());
    let facing = SheetView::facing([500.0, 400.0], 11.0);
    let tilted = SheetView { tilt_deg: 33.0, ..facing };
    let card =
        find_card(&sight(&photograph_sheet(&sheet, &tilted, &background).unwrap().rgb)).unwrap().unwrap();
    let reason = card.mm_per_px().unwrap_err();
    assert_eq!((reason.code.as_str(), reason.needed), ("card_tilted", Some(25.0)));
    assert!((reason.found.unwrap() - 33.0).abs() < 2.0);

    let mut covered = sheet.clone();
    covered.patches.push(dermetric::phantom::Patch { mm: [40.0, 0.0, 24.0, 32.0], linear: [0.5, 0.3, 0.2] });
    let reason =
        find_card(&sight(&photograph_sheet(&covered, &facing, &background).unwrap().rgb)).unwrap_err();
    assert_eq!(
        (reason.code.as_str(), reason.found, reason.needed),
        ("card_incomplete", Some(2.0), Some(3.0))
    );

    // A mirror image is no card.
    let mirrored: Vec<u8> = {
        let rgb = photograph_sheet(&sheet, &facing, &background).unwrap().rgb;
        let at = |x, y| rgb.at(SIZE.width - 1 - x, y);
        (0..SIZE.height).flat_map(|y| (0..SIZE.width).flat_map(move |x| at(x, y))).collect()
    };
    assert_eq!(find_card(&sight(&Rgb8::new(SIZE, mirrored).unwrap())), Ok(None));
}

#[test]
fn two_photographs_with_the_same_card_are_brought_to_one_color() {
    let (sheet, background) = (printed_card(), skin());
    let read = |gains: [f64; 3], turn_deg: f64| {
        let view = SheetView { channel_gains: gains, turn_deg, ..SheetView::facing([500.0, 400.0], 11.0) };
        let sight = sight(&photograph_sheet(&sheet, &view, &background).unwrap().rgb);
        gray_patches(&sight, &find_card(&sight).unwrap().unwrap())
    };
    let gains = gray_gains(&[read([0.9, 0.8, 0.6], 0.0), read([0.7, 0.8, 0.9], 200.0)]).unwrap();
    for (c, ratio) in [0.7 / 0.9, 1.0, 0.9 / 0.6].into_iter().enumerate() {
        let found = gains[0].gains[c] / gains[1].gains[c];
        assert!((found / ratio - 1.0).abs() < 0.01, "{found} against {ratio}");
    }
}

#[test]
fn no_card_is_seen_on_real_skin() {
    let Some(data) = crate::common::shared_data() else { return };
    let photographs = real_photographs(&data);
    for path in &photographs {
        let photo = load(path, &Limits::default()).unwrap();
        let engine = dermetric::engine::Engine::cpu().unwrap();
        let sight = dermetric::calibrate::target::Sight::of(&engine, &photo).unwrap();
        assert_eq!(find_card(&sight), Ok(None), "{}", path.display());
    }
    println!("no card on {} photographs", photographs.len());
}

#[test]
fn the_command_writes_both_files_and_refuses_others() {
    let folder = Folder::new();
    for (name, start) in [("card.svg", "<svg "), ("card.pdf", "%PDF-1.4")] {
        let path = folder.at(name);
        let run = dermetric(["card".as_ref(), "--out".as_ref(), path.as_os_str()]);
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        assert!(std::fs::read_to_string(path).unwrap().starts_with(start));
    }
    let run = dermetric(["card", "--out", "card.png"]);
    assert_eq!(run.status, Some(2));
    assert!(run.stderr.contains("expected a name that ends in .svg or .pdf"), "{}", run.stderr);
    let run = dermetric(["card", "--out", "/no/such/folder/card.svg"]);
    assert_eq!(run.status, Some(6));
}
