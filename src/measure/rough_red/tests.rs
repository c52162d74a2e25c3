//! Areas drawn where they are known, on even skin with grain.

use super::super::testing::{HEMOGLOBIN, skin};
use super::*;
use crate::geometry::Size;
use crate::ops::testing::noise;
use crate::raster::Raster;

const PX_PER_MM: f64 = 15.0;
const SIZE: Size = Size { width: 420, height: 300 };

/// A round area on the skin.
#[derive(Clone, Copy)]
struct Area {
    center: (f32, f32),
    radius_mm: f32,
    /// Added hemoglobin, OD.
    red: f32,
    /// Added relief, OD.
    rough: f32,
    /// Whether every tenth square of 3 pixels is a white flake.
    scaly: bool,
}

const ROUGH_RED: Area = Area { center: (130.0, 150.0), radius_mm: 4.0, red: 0.3, rough: 0.25, scaly: false };

fn draw_on(size: Size, areas: &[Area]) -> Frame<'static> {
    let (grain, blotches, relief) = (noise(size, 1), noise(size, 2), noise(size, 3));
    // Noise in squares, so that it has some power at the wavelengths that are read.
    let coarse = |plane: &Raster, side: u32, x: u32, y: u32| plane.at(x / side, y / side);
    skin(size, PX_PER_MM, |x, y| {
        let mut red = 0.1 * coarse(&blotches, 12, x, y);
        let mut shade = 0.02 * grain.at(x, y) + 0.05 * coarse(&relief, 3, x, y);
        let mut flake = 0.0;
        for area in areas {
            let r = f32::hypot(x as f32 - area.center.0, y as f32 - area.center.1);
            // Redness fades over a millimeter: a sharp edge of it would read as rough.
            let inside = ((area.radius_mm - r / PX_PER_MM as f32) + 0.5).clamp(0.0, 1.0);
            red += area.red * inside;
            if r < area.radius_mm * PX_PER_MM as f32 {
                shade += area.rough * coarse(&relief, 3, x, y);
                if area.scaly && (x / 3 * 7 + y / 3 * 3) % 10 == 0 {
                    flake = 1.0;
                }
            }
        }
        // A flake is white: bluer than skin, most where skin is darkest.
        let white = [0.5, 1.0, 1.2].map(|v| v * flake);
        [0, 1, 2].map(|c| shade + red * HEMOGLOBIN[c] - white[c])
    })
}

fn draw(areas: &[Area]) -> Frame<'static> {
    draw_on(SIZE, areas)
}

fn number(readings: &Readings, name: &str) -> f64 {
    let place = DEFINITION.metrics.iter().position(|m| m.name == name).unwrap();
    readings.metrics[place].number().unwrap_or_else(|| panic!("{name}: {:?}", readings.metrics[place].value))
}

#[test]
fn an_area_that_is_rough_and_red_is_found_with_its_size() {
    let out = read(&draw(&[ROUGH_RED]), None).unwrap();
    assert_eq!(number(&out, "count"), 1.0);
    let area = number(&out, "area_percent") / 100.0 * draw(&[]).area_cm2() * 100.0;
    // What smooths the roughness by 1 mm carries a strong outline out by up to half of that.
    assert!((50.3..50.3 * 1.27).contains(&area), "{area} mm², drawn 50.3");
    let red = number(&out, "hemoglobin_mean");
    assert!((0.15..0.3).contains(&red), "{red} of 0.3 OD planted");
    let lesion = &out.lesions[0];
    assert_eq!(lesion.kind, LesionKind::RoughRed);
    assert!((lesion.center.0 - 130.0).abs() < 4.0 && (lesion.center.1 - 150.0).abs() < 4.0, "{lesion:?}");
    assert!((lesion.values["area_mm2"] - area).abs() < 1e-6 * area);
    assert!((lesion.values["roughness"] - number(&out, "roughness_mean")).abs() < 1e-6);
    assert!(out.notes.iter().any(|n| n.starts_with("rough red area, needs examination")), "{:?}", out.notes);
}

#[test]
fn red_alone_rough_alone_and_small_ones_are_not() {
    let red = Area { center: (80.0, 80.0), rough: 0.0, ..ROUGH_RED };
    let rough = Area { center: (300.0, 90.0), red: 0.0, ..ROUGH_RED };
    let small = Area { center: (200.0, 240.0), radius_mm: 0.5, ..ROUGH_RED };
    let out = read(&draw(&[red, rough, small]), None).unwrap();
    assert_eq!(number(&out, "count"), 0.0, "{:?}", out.lesions);
    assert_eq!(out.metrics[2].value.as_ref().unwrap_err().code, "no_rough_red");
    assert!(out.notes.iter().any(|n| n.contains("no all-clear")), "{:?}", out.notes);
}

#[test]
fn flakes_raise_the_score() {
    let smooth = read(&draw(&[ROUGH_RED]), None).unwrap();
    let scaly = read(&draw(&[Area { scaly: true, ..ROUGH_RED }]), None).unwrap();
    let of = |out: &Readings, name: &str| out.lesions[0].values[name];
    assert!(of(&smooth, "scale_percent") < SCALY_PERCENT, "{:?}", smooth.lesions);
    assert!(of(&scaly, "scale_percent") >= SCALY_PERCENT, "{:?}", scaly.lesions);
    let least_z = |out: &Readings| {
        let limit = |name: &str| out.thresholds.get(name).unwrap();
        let red = of(out, "hemoglobin") / limit("hemoglobin_sd");
        red.min((of(out, "roughness") / MILLI - limit("roughness")) / limit("roughness_sd"))
    };
    assert!((of(&smooth, "score") - least_z(&smooth)).abs() < 1e-9);
    assert!((of(&scaly, "score") - least_z(&scaly) - 1.0).abs() < 1e-9);
}

#[test]
fn a_fading_area_is_held_against_the_baseline() {
    let before = draw(&[ROUGH_RED]);
    let first = read(&before, None).unwrap();
    let mut last = (f64::INFINITY, f64::INFINITY);
    for share in [1.0, 0.75, 0.5, 0.25] {
        let faded = draw(&[Area { red: share * ROUGH_RED.red, rough: share * ROUGH_RED.rough, ..ROUGH_RED }]);
        let out = read(&faded, Some(&first.thresholds)).unwrap();
        let again = revisit(&faded, first.objects.as_ref().unwrap(), &first.thresholds).unwrap().lesions;
        let now = (again[0]["hemoglobin"], again[0]["roughness"]);
        assert!(now.0 < last.0 && now.1 < last.1, "{share}: {now:?}, before {last:?}");
        assert!(number(&out, "area_percent") <= number(&first, "area_percent") * 1.001);
        last = now;
    }
    let same = revisit(&before, first.objects.as_ref().unwrap(), &first.thresholds).unwrap().lesions;
    assert_eq!(same[0], first.lesions[0].values);
}

#[test]
fn untreated_skin_tells_where_all_of_the_region_is_rough_and_red() {
    let all = Area { center: (0.0, 150.0), radius_mm: 18.0, ..ROUGH_RED };
    let mut frame = draw(&[all]);
    let half = |right: bool| {
        let plane =
            Raster::from_fn(SIZE, |x, _| f32::from(u8::from((x >= 285) == right && (x < 230) != right)));
        frame.engine.upload_raster(&plane).unwrap()
    };
    let (left, right) = (half(false), half(true));
    frame.mask = left;
    let alone = read(&frame, None).unwrap();
    assert_eq!(number(&alone, "count"), 0.0);
    frame.reference = Some(right);
    let beside = read(&frame, None).unwrap();
    assert_eq!(number(&beside, "count"), 1.0, "{:?}", beside.notes);
    assert!(number(&beside, "area_percent") > 80.0, "{:?}", beside.metrics);
}

#[test]
fn what_is_wider_than_an_area_stays_out_on_every_visit() {
    let size = Size::new(900, 640);
    let wide = Area { center: (300.0, 320.0), radius_mm: 12.5, ..ROUGH_RED };
    let single = Area { center: (750.0, 320.0), ..ROUGH_RED };
    let first = read(&draw_on(size, &[wide, single]), None).unwrap();
    assert_eq!(number(&first, "count"), 1.0);
    assert!(first.notes.iter().any(|n| n.contains("above 400")), "{:?}", first.notes);
    // Grown smaller, and carried as it was.
    let mut later = draw_on(size, &[Area { radius_mm: 9.0, ..wide }, single]);
    later.diffuse = first.left_out;
    let second = read(&later, Some(&first.thresholds)).unwrap();
    assert_eq!(number(&second, "count"), 1.0, "{:?}", second.lesions);
}
