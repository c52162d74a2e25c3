use super::*;
use crate::geometry::Size;
use crate::measure::testing::skin;

const PX_PER_MM: f64 = 20.0;

/// Skin of 20 mm sides with these heights (mm to µm).
fn on(um: impl Fn(f64, f64) -> f64) -> Frame<'static> {
    let size = Size::new(400, 400);
    let mut frame = skin(size, PX_PER_MM, |_, _| [0.0; 3]);
    let place = |v: u32| (f64::from(v) + 0.5) / PX_PER_MM;
    let heights = Raster::from_fn(size, |x, y| um(place(x), place(y)) as f32);
    frame.height = Some(Height {
        um: frame.engine.upload_raster(&heights).unwrap(),
        mask: frame.engine.upload_raster(&Raster::filled(size, 1.0)).unwrap(),
        px_per_mm: PX_PER_MM,
    });
    frame
}

fn value(readings: &Readings, name: &str) -> f64 {
    let place = DEFINITION.metrics.iter().position(|m| m.name == name).unwrap();
    readings.metrics[place].number().unwrap_or_else(|| panic!("{name}: {:?}", readings.metrics[place].value))
}

fn code(readings: &Readings) -> &str {
    assert_eq!(readings.metrics.len(), DEFINITION.metrics.len());
    let codes: Vec<&str> =
        readings.metrics.iter().map(|r| r.value.as_ref().unwrap_err().code.as_str()).collect();
    assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    codes[0]
}

#[test]
fn without_heights_and_without_a_scale_there_is_a_reason() {
    let mut frame = on(|x, _| x);
    frame.height.as_mut().unwrap().px_per_mm = 7.0;
    assert_eq!(code(&read(&frame, None).unwrap()), "resolution_too_low");
    frame.scale.known = false;
    assert_eq!(code(&read(&frame, None).unwrap()), "scale_unknown");
    frame.height = None;
    assert_eq!(code(&read(&frame, None).unwrap()), "no_height_map");
}

#[test]
fn an_area_of_less_than_five_filter_lengths_is_refused() {
    let with_side = |side: u32| {
        let mut frame = on(|x, y| 20.0 * (6.0 * x).sin() * (6.0 * y).cos());
        let mask = Raster::from_fn(frame.size(), |x, y| f32::from(x < side && y < side));
        frame.height.as_mut().unwrap().mask = frame.engine.upload_raster(&mask).unwrap();
        read(&frame, None).unwrap()
    };
    let small = with_side(248);
    assert_eq!(code(&small), "area_too_small");
    let reason = small.metrics[0].value.clone().unwrap_err();
    assert!(reason.found.unwrap() < 12.5 && reason.needed == Some(12.5), "{reason}");
    assert!(value(&with_side(252), "sq_um") > 0.0);
}

/// A wave as high as 20 µm and 1 mm long, on a curved body: the L-filter leaves 1 − exp(−π(α·2.5)²) of it and
/// the S-filter exp(−π(α·0.1)²), α² = ln 2 / π (ISO 16610-61).
#[test]
fn a_wave_on_a_body_is_filtered_as_the_standard_has_it() {
    let wave = |x: f64| 20.0 * (std::f64::consts::TAU * x).sin();
    let readings =
        read(&on(|x, y| 900.0 + 30.0 * x - 4.0 * x * x + 2.0 * x * y + 3.0 * y * y + wave(x)), None).unwrap();
    let passed = |cutoff: f64| (-std::f64::consts::LN_2 * cutoff * cutoff).exp();
    let height = 20.0 * (1.0 - passed(2.5)) * passed(0.1);
    let sq = height / 2f64.sqrt();
    assert!((value(&readings, "sq_um") / sq - 1.0).abs() < 0.01, "{}, {sq}", value(&readings, "sq_um"));
    let sdq = std::f64::consts::TAU * height / 1000.0 / 2f64.sqrt();
    assert!((value(&readings, "sdq") / sdq - 1.0).abs() < 0.02, "{}, {sdq}", value(&readings, "sdq"));
    // cos falls to 0.2 at acos(0.2)/2π of its length, and never along the wave.
    assert!((value(&readings, "sal_mm") - 0.218).abs() < 0.003, "{}", value(&readings, "sal_mm"));
    let place = DEFINITION.metrics.iter().position(|m| m.name == "str").unwrap();
    assert_eq!(readings.metrics[place].value.as_ref().unwrap_err().code, "no_decay");
    assert!(readings.notes.iter().any(|note| note.contains("no capture noise")), "{:?}", readings.notes);
}

/// Round hollows with flat floors, by center, diameter and depth, all of it scaled.
fn pits(scale: f64) -> impl Fn(f64, f64) -> f64 {
    let pits = [([5.0, 5.0], 3.0, 300.0), ([14.0, 6.0], 2.0, 500.0), ([9.0, 14.0], 5.0, 200.0)];
    move |x, y| {
        let depth = |&([cx, cy], diameter, depth): &([f64; 2], f64, f64)| {
            let inside = 0.5 * diameter - (x - cx).hypot(y - cy);
            depth * (inside / 0.2).clamp(0.0, 1.0)
        };
        // Skin between the scars is not flat either.
        let skin = 6.0 * (5.0 * x).sin() * (4.0 * y).cos();
        skin - scale * pits.iter().map(depth).sum::<f64>()
    }
}

#[test]
fn planted_hollows_have_their_depths_and_volumes() {
    let before = on(pits(1.0));
    let mut first = read(&before, None).unwrap();
    assert_eq!(first.objects.as_ref().unwrap().count, 3);
    let depth = value(&first, "scar_depth_mean_um");
    assert!((depth / 333.3 - 1.0).abs() < 0.05, "{depth}");
    assert!((value(&first, "scar_depth_p95_um") / 480.0 - 1.0).abs() < 0.05);
    // A frustum of a cone each: the wall is 0.2 mm wide.
    let frustum = |d: f64, h: f64| {
        let (r, s) = (0.5 * d, 0.5 * d - 0.2);
        std::f64::consts::PI * h / 3.0 * (r * r + r * s + s * s)
    };
    let expected = (frustum(3.0, 0.3) + frustum(2.0, 0.5) + frustum(5.0, 0.2)) / 4.0;
    let volume = value(&first, "scar_volume_mm3_per_cm2");
    assert!((volume / expected - 1.0).abs() < 0.05, "{volume}, {expected}");

    // The shapes by themselves, in the outlines that were found.
    let shapes = scar_shapes(&before, first.objects.as_ref().unwrap()).unwrap().unwrap();
    let mut widths: Vec<f64> = shapes.iter().flatten().map(Shape::diameter_mm).collect();
    widths.sort_by(f64::total_cmp);
    assert!(widths.iter().zip([2.0, 3.0, 5.0]).all(|(w, d)| (w - d).abs() < 0.25), "{widths:?}");
    let types: Vec<_> = shapes.iter().flatten().map(Shape::jacob_type).collect();
    assert_eq!(types.iter().filter(|t| **t == Some(JacobType::ShallowBoxcar)).count(), 1, "{types:?}");

    // Filled to 0.6 of their depth, in the outlines they had.
    let mut after = on(pits(0.6));
    after.hollows = first.objects.take();
    let second = read(&after, Some(&first.thresholds)).unwrap();
    for name in ["scar_depth_mean_um", "scar_depth_p95_um", "scar_volume_mm3_per_cm2"] {
        let ratio = value(&second, name) / value(&first, name);
        assert!((ratio - 0.6).abs() < 0.01, "{name}: {ratio}");
    }
    assert!(second.objects.is_none());
}

#[test]
fn skin_without_hollows_has_no_scars() {
    let readings = read(&on(|x, y| 30.0 * (3.0 * x).sin() * (2.0 * y).cos()), None).unwrap();
    assert_eq!(readings.objects.unwrap().count, 0);
    let place = DEFINITION.metrics.iter().position(|m| m.name == "scar_depth_mean_um").unwrap();
    assert_eq!(readings.metrics[place].value.as_ref().unwrap_err().code, "no_scars");
    assert_eq!(readings.metrics[DEFINITION.metrics.len() - 1].number(), Some(0.0));
}
