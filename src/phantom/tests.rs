//! The whole model against what can be known without it.

use super::*;
use crate::geometry::{Homography, Size};
use crate::raster::Raster;

/// Light skin without relief, mottle or lesions.
fn bare_scene(size_mm: [f64; 2]) -> Scene {
    Scene::new(&SceneOptions { size_mm, relief: 0.0, mottle: 0.0, ..SceneOptions::default() }).unwrap()
}

/// Nothing between skin and bytes but Lambert's cosine and the sRGB curve.
fn bare_capture(light: Light, px_per_mm: f64) -> Capture {
    Capture {
        px_per_mm,
        lighting: Lighting::bare(light, 0.0),
        camera: Camera::IDEAL,
        subsurface: 0.0,
        oversample: 1,
        recapture: None,
    }
}

fn spot(center_mm: [f64; 2], diameter_mm: f64, peak_od: f64) -> Spot {
    Spot { center_mm, outline: Outline::circle(diameter_mm), edge_mm: 0.2, peak_od }
}

/// Center of mass (px) of what is darker than the photograph's corner, in the green channel, within
/// `radius` px of a place.
fn dark_centroid(photo: &Rgb8, near: (f64, f64), radius: f64) -> (f64, f64) {
    let background = f64::from(photo.at(0, 0)[1]);
    let (mut sum, mut sx, mut sy) = (0.0, 0.0, 0.0);
    for y in 0..photo.size().height {
        for x in 0..photo.size().width {
            let (u, v) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
            if (u - near.0).hypot(v - near.1) < radius {
                let dark = background - f64::from(photo.at(x, y)[1]);
                sum += dark;
                sx += dark * u;
                sy += dark * v;
            }
        }
    }
    (sx / sum, sy / sum)
}

#[test]
fn even_skin_has_the_color_worked_out_by_hand_under_every_light() {
    const EVEN_SKIN: [u8; 3] = [202, 159, 137];
    // exp(−OD) of light skin is 0.58952, 0.34445, 0.24829; through the sRGB curve that is
    // 201.8, 158.5 and 136.5 of 255.
    for light in Light::ALL {
        for subsurface in [0.0, 1.0] {
            let capture = Capture { subsurface, ..bare_capture(light, 10.0) };
            let photo = render(&bare_scene([6.0, 5.0]), &capture).unwrap().rgb;
            assert_eq!(photo.size(), Size::new(60, 50));
            assert!(
                photo.bytes().as_chunks::<3>().0.iter().all(|p| *p == EVEN_SKIN),
                "{light:?} {:?}",
                photo.at(3, 3)
            );
        }
    }
}

#[test]
fn exposure_and_white_balance_multiply_linear_light() {
    let mut capture = bare_capture(Light::Frontal, 10.0);
    capture.camera.exposure_ev = -1.0;
    capture.camera.channel_gains = [1.0, 1.2, 0.8];
    let photo = render(&bare_scene([6.0, 5.0]), &capture).unwrap().rgb;
    // 0.5 · 0.58952, 0.6 · 0.34445 and 0.4 · 0.24829 through the sRGB curve.
    assert_eq!(photo.at(30, 20), [148, 125, 89]);
}

#[test]
fn treatment_scales_height_and_pigment_exactly() {
    let options =
        SceneOptions { scars: [4, 4, 2], spots: 4, relief: 0.0, mottle: 0.0, ..SceneOptions::default() };
    let scene = Scene::new(&options).unwrap();
    let treatment = Treatment { depth_scale: 0.6, spot_scale: 0.5, ..Treatment::NONE };
    let capture = bare_capture(Light::Frontal, 8.0);
    let pair = pair(&scene, &capture, &treatment, Recapture::identical(0)).unwrap();
    let compare = |before: &Raster<f32>, after: &Raster<f32>, factor: f32| {
        let changed = before.data().iter().zip(after.data()).filter(|(b, a)| {
            assert!((*a - factor * *b).abs() <= 1e-4 * b.abs(), "{b} became {a}");
            **b != 0.0
        });
        assert!(changed.count() > 500);
    };
    compare(&pair.before.maps.height_um, &pair.after.maps.height_um, 0.6);
    compare(&pair.before.maps.spots_od, &pair.after.maps.spots_od, 0.5);
    for (b, a) in pair.before.truth.scars.iter().zip(&pair.after.truth.scars) {
        assert_eq!(a.depth_um, 0.6 * b.depth_um);
        assert_eq!(a.center_mm, b.center_mm);
    }
}

#[test]
fn a_re_posed_photograph_shows_every_spot_where_the_truth_says() {
    let mut scene = bare_scene([40.0, 30.0]);
    scene.spots = vec![spot([9.0, 8.0], 2.0, 0.6), spot([31.0, 7.0], 2.0, 0.6), spot([22.0, 22.0], 2.0, 0.6)];
    let recapture = Recapture {
        rotation_deg: 7.0,
        scale: 1.06,
        shift_mm: [1.3, -0.7],
        tilt_deg: [6.0, -4.0],
        ..Recapture::identical(0)
    };
    let pair = pair(&scene, &bare_capture(Light::Diffuse, 12.0), &Treatment::NONE, recapture).unwrap();
    for (before, after) in pair.before.truth.spots.iter().zip(&pair.after.truth.spots) {
        let [x, y] = before.center_px;
        assert!((x - 12.0 * before.center_mm[0]).hypot(y - 12.0 * before.center_mm[1]) < 1e-9);
        let expected = pair.after_from_before.apply(x, y);
        assert!((expected.0 - after.center_px[0]).hypot(expected.1 - after.center_px[1]) < 1e-9);
        let found = dark_centroid(&pair.after.rgb, expected, 24.0);
        let off = (found.0 - expected.0).hypot(found.1 - expected.1);
        assert!(off < 0.06, "{found:?} against {expected:?}");
        assert!((expected.0 - x).hypot(expected.1 - y) > 3.0, "the pose moved nothing");
    }
}

#[test]
fn spots_and_scars_cover_the_area_of_their_circles_in_any_pose() {
    let mut scene = bare_scene([20.0, 20.0]);
    scene.spots = vec![spot([6.0, 6.0], 4.0, 0.4)];
    let center_mm = [13.0, 13.0];
    scene.scars =
        vec![Scar { kind: ScarKind::Boxcar, center_mm, outline: Outline::circle(3.0), depth_um: 300.0 }];
    for scale in [1.0, 0.9] {
        let recapture = Recapture { scale, rotation_deg: 20.0, ..Recapture::identical(0) };
        let capture = bare_capture(Light::Diffuse, 16.0).again(recapture);
        let Rendered { truth, maps, .. } = render(&scene, &capture).unwrap();
        assert!((truth.mm_per_px - 1.0 / (16.0 * scale)).abs() < 1e-9);
        let area = |count: usize| count as f64 * truth.mm_per_px.powi(2);
        let dark = area(maps.spots_od.data().iter().filter(|&&v| v > 0.2).count());
        let deep = area(maps.height_um.data().iter().filter(|&&v| v < -150.0).count());
        // π·2² and π·(half-depth diameter / 2)²; counting pixels errs by 0.5 %.
        assert!((dark / (std::f64::consts::PI * 4.0) - 1.0).abs() < 0.006, "{dark}");
        assert_eq!(truth.spots[0].area_mm2, std::f64::consts::PI * 4.0);
        let expected = std::f64::consts::PI * (truth.scars[0].half_depth_diameter_mm / 2.0).powi(2);
        assert!((deep / expected - 1.0).abs() < 0.01, "{deep} against {expected}");
    }
}

#[test]
fn one_seed_makes_the_same_bytes_with_one_thread_and_with_two() {
    let options = SceneOptions {
        seed: 4,
        size_mm: [24.0, 20.0],
        scars: [2, 1, 1],
        spots: 3,
        pores_per_cm2: 30.0,
        wrinkles: 2,
        hairs: 2,
        ..SceneOptions::default()
    };
    let make = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let capture = Capture::usual(Light::Oblique25, 12.0);
            pair(&Scene::new(&options).unwrap(), &capture, &Treatment::NONE, Recapture::random(4)).unwrap()
        })
    };
    let (one, two) = (make(1), make(2));
    assert!(one == two);
    let other = Scene::new(&SceneOptions { seed: 5, ..options }).unwrap();
    let other = render(&other, &Capture::usual(Light::Oblique25, 12.0)).unwrap();
    assert!(other.rgb != one.before.rgb);
}

#[test]
fn one_more_lesion_of_a_family_moves_no_other_family() {
    let few =
        Scene::new(&SceneOptions { pores_per_cm2: 5.0, erythema: 1, ..SceneOptions::default() }).unwrap();
    let many =
        Scene::new(&SceneOptions { pores_per_cm2: 50.0, erythema: 1, ..SceneOptions::default() }).unwrap();
    assert_eq!(few.erythema, many.erythema);
    // 40 mm and a tenth more on each side: 4.8 × 4.8 cm.
    assert_eq!((few.pores.len(), many.pores.len()), (115, 1152));
}

#[test]
fn an_edge_is_as_blurred_as_the_lens_was_asked_to_blur_it() {
    // A sharp dark disc so large that its border is straight for the purpose.
    let mut scene = bare_scene([30.0, 10.0]);
    let outline = Outline::circle(400.0);
    scene.spots = vec![Spot { center_mm: [-185.0, 5.0], outline, edge_mm: 0.001, peak_od: 3.0 }];
    let mut capture = bare_capture(Light::Diffuse, 20.0);
    capture.camera.focus_sigma_px = 4.0;
    let again = Recapture { focus_sigma_mm: 0.15, ..Recapture::identical(0) };
    // 0.15 mm are 3 px, and 4 and 3 in quadrature are 5.
    for (capture, sigma) in [(capture, 4.0), (capture.again(again), 5.0)] {
        let photo = render(&scene, &capture).unwrap().rgb;
        let found = edge_sigma(&photo);
        assert!((found / sigma - 1.0).abs() < 0.02, "{found} against {sigma}");
    }
}

/// Standard deviation (px) of the normal distribution that a vertical edge in linear green light
/// follows: least squares over what lies half, one and one and a half deviations from its middle.
fn edge_sigma(photo: &Rgb8) -> f64 {
    let linear = |x: u32| {
        let v = f64::from(photo.at(x, photo.size().height / 2)[1]) / 255.0;
        ((v + 0.055) / 1.055).powf(2.4)
    };
    let last = photo.size().width - 1;
    let (dark, light) = (linear(0), linear(last));
    let crossing = |fraction: f64| {
        let level = dark + fraction * (light - dark);
        let x = (0..last).find(|&x| linear(x + 1) >= level).unwrap();
        f64::from(x) + (level - linear(x)) / (linear(x + 1) - linear(x))
    };
    let (mut sum, mut squares) = (0.0, 0.0);
    for (z, phi) in [(0.5, 0.691_462), (1.0, 0.841_345), (1.5, 0.933_193)] {
        sum += z * (crossing(phi) - crossing(1.0 - phi)) / 2.0;
        squares += z * z;
    }
    sum / squares
}

/// A gray photograph with soft dark dots.
fn dotted(size: Size, dots: &[(f64, f64)]) -> Rgb8 {
    let bytes = (0..size.area())
        .flat_map(|k| {
            let (x, y) = ((k % size.width as usize) as f64 + 0.5, (k / size.width as usize) as f64 + 0.5);
            let depth: f64 =
                dots.iter().map(|d| (-((x - d.0).powi(2) + (y - d.1).powi(2)) / 72.0).exp()).sum();
            [180.0, 140.0, 120.0].map(|v| (v * (1.0 - 0.5 * depth)).round() as u8)
        })
        .collect();
    Rgb8::new(size, bytes).unwrap()
}

#[test]
fn a_photograph_taken_again_shows_its_marks_where_the_map_says() {
    let dots = [(60.0, 50.0), (240.0, 80.0), (150.0, 170.0)];
    let photo = dotted(Size::new(300, 220), &dots);
    let recapture = Recapture {
        rotation_deg: -5.0,
        scale: 0.97,
        shift_mm: [0.6, 0.4],
        tilt_deg: [3.0, 2.0],
        exposure_ev: 0.1,
        jpeg_quality: Some(93),
        ..Recapture::identical(3)
    };
    let (after, map) = recapture_photo(&photo, 10.0, &recapture, &SensorNoise::PHONE).unwrap();
    for dot in dots {
        let expected = map.apply(dot.0, dot.1);
        let found = dark_centroid(&after, expected, 16.0);
        let off = (found.0 - expected.0).hypot(found.1 - expected.1);
        assert!(off < 0.15, "{found:?} against {expected:?}");
    }
}

#[test]
fn a_photograph_taken_again_identically_is_identical() {
    let photo = dotted(Size::new(90, 70), &[(30.3, 20.9)]);
    let (again, map) = recapture_photo(&photo, 10.0, &Recapture::identical(3), &SensorNoise::NONE).unwrap();
    assert!(again == photo);
    assert_eq!(map, Homography::IDENTITY);
    let noisy = recapture_photo(&photo, 10.0, &Recapture::identical(3), &SensorNoise::PHONE).unwrap().0;
    assert!(noisy != photo);
}

#[test]
fn a_photograph_taken_again_is_blurred_as_asked() {
    let size = Size::new(200, 40);
    let step = (0..size.area()).flat_map(|k| if k % 200 < 100 { [40; 3] } else { [200; 3] }).collect();
    let recapture = Recapture { focus_sigma_mm: 0.4, ..Recapture::identical(0) };
    let photo = Rgb8::new(size, step).unwrap();
    let (after, _) = recapture_photo(&photo, 10.0, &recapture, &SensorNoise::NONE).unwrap();
    let found = edge_sigma(&after);
    assert!((found / 4.0 - 1.0).abs() < 0.02, "{found}");
}

#[test]
fn oversampling_converges_on_the_same_picture() {
    let scene =
        Scene::new(&SceneOptions { size_mm: [12.0, 12.0], scars: [1, 1, 0], ..SceneOptions::default() });
    let scene = scene.unwrap();
    let capture = Capture {
        camera: Camera { focus_sigma_px: 1.0, ..Camera::IDEAL },
        ..Capture::usual(Light::Oblique60, 16.0)
    };
    let plain = render(&scene, &capture).unwrap();
    let fine = render(&scene, &Capture { oversample: 2, ..capture }).unwrap();
    assert_eq!(plain.rgb.size(), fine.rgb.size());
    assert!((plain.truth.mm_per_px - fine.truth.mm_per_px).abs() < 1e-12);
    let difference: f64 =
        plain.rgb.bytes().iter().zip(fine.rgb.bytes()).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    let mean = difference / plain.rgb.bytes().len() as f64;
    assert!(mean < 2.5, "{mean} codes");
}

#[test]
fn what_cannot_be_rendered_is_refused_with_its_name() {
    let error = Scene::new(&SceneOptions { spots: 400, ..SceneOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("of 400 pigment spots fit into 40 x 40 mm"), "{error}");
    let error =
        Scene::new(&SceneOptions { size_mm: [40.0, f64::NAN], ..SceneOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("size_mm is NaN, expected 5 to 400 mm"), "{error}");
    let scene = bare_scene([400.0, 400.0]);
    let error = render(&scene, &bare_capture(Light::Frontal, 100.0)).unwrap_err();
    assert!(error.to_string().contains("rendered pixels is 1600000000"), "{error}");
    let relit = Recapture { light_azimuth_change_deg: 5.0, ..Recapture::identical(0) };
    let photo = dotted(Size::new(20, 20), &[]);
    assert!(recapture_photo(&photo, 10.0, &relit, &SensorNoise::NONE).is_err());
}

#[test]
fn a_pair_on_disk_is_the_pair_in_memory_and_the_same_every_time() {
    let options = DemoOptions { px_per_mm: 5.0, jpeg_quality: Some(90), ..DemoOptions::default() };
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let truth = write_pair(folders[0].path(), &options).unwrap();
    write_pair(folders[1].path(), &options).unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(folders[0].path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names.len(), 2 + 1 + 8);
    for name in &names {
        let read = |k: usize| std::fs::read(folders[k].path().join(name)).unwrap();
        assert!(read(0) == read(1), "{name:?}");
    }
    let json = std::fs::read(folders[0].path().join("truth.json")).unwrap();
    assert_eq!(serde_json::from_slice::<PairTruth>(&json).unwrap(), truth);

    // The maps say in files what they say in memory, to half a code.
    let pair = demo_pair(&options).unwrap();
    let file = truth.maps.iter().find(|m| m.file == "truth_after_height.png").unwrap();
    let codes = image::open(folders[0].path().join(&file.file)).unwrap().into_luma16();
    for (code, &height) in codes.as_raw().iter().zip(pair.after.maps.height_um.data()) {
        let value = file.zero + file.per_code * f64::from(*code);
        assert!((value - f64::from(height)).abs() <= 0.51 * file.per_code);
    }
}

#[test]
fn ready_made_pairs_hold_what_their_names_say() {
    let unchanged = unchanged_pair(2).unwrap();
    for (b, a) in unchanged.before.truth.scars.iter().zip(&unchanged.after.truth.scars) {
        assert_eq!((b.depth_um, b.center_mm), (a.depth_um, a.center_mm));
    }
    assert_ne!(unchanged.before.rgb, unchanged.after.rgb);
    let scars = scar_pair(Light::Oblique60, 2).unwrap();
    let count = |kind| scars.before.truth.scars.iter().filter(|s| s.kind == kind).count();
    assert_eq!([ScarKind::Icepick, ScarKind::Boxcar, ScarKind::Rolling].map(count), [9, 8, 5]);
    let pigment = pigment_pair(2).unwrap();
    assert!(
        pigment
            .after
            .truth
            .spots
            .iter()
            .zip(&pigment.before.truth.spots)
            .all(|(a, b)| a.peak_od == 0.5 * b.peak_od)
    );
}

#[test]
fn contrast_lies_within_that_of_clinical_close_ups() {
    let measured: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/phantom/close_ups.json")).unwrap();
    let number = |name: &str| measured[name].as_f64().unwrap();
    let (plain_low, plain_high) = (number("calmest_photo_band"), number("median_photo_band"));
    let options = SceneOptions { size_mm: [30.0, 30.0], ..SceneOptions::default() };
    let capture = Capture::usual(Light::Oblique45, 12.0);
    let plain = band_contrast(&render(&Scene::new(&options).unwrap(), &capture).unwrap().rgb, 12.0);
    assert!((0.9 * plain_low..plain_high).contains(&plain), "{plain} outside {plain_low} to {plain_high}");
    let scarred = Scene::new(&SceneOptions { scars: [6, 5, 3], ..options }).unwrap();
    let scarred = band_contrast(&render(&scarred, &capture).unwrap().rgb, 12.0);
    assert!(scarred > 1.2 * plain && scarred < 0.12, "{scarred} with scars, {plain} without");
}

/// Root mean square of log luminance between Gaussians of 0.25 and 1.5 mm.
fn band_contrast(photo: &Rgb8, px_per_mm: f64) -> f64 {
    let decode = photo::linear_of_code();
    let log_luminance: Vec<f32> = photo
        .bytes()
        .as_chunks::<3>()
        .0
        .iter()
        .map(|p| {
            let [r, g, b] = p.map(|code| decode[code as usize]);
            (0.2126 * r + 0.7152 * g + 0.0722 * b).ln()
        })
        .collect();
    let smooth = |sigma_mm: f64| {
        let mut plane = Raster::from_vec(photo.size(), log_luminance.clone());
        blur::gaussian_blur(&mut plane, sigma_mm * px_per_mm);
        plane
    };
    let (fine, coarse) = (smooth(0.25), smooth(1.5));
    let sum: f64 = fine.data().iter().zip(coarse.data()).map(|(f, c)| f64::from(f - c).powi(2)).sum();
    (sum / photo.size().area() as f64).sqrt()
}

#[test]
fn the_phantom_borrows_nothing_from_the_rooms_it_checks() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/phantom");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.ends_with("tests.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        files += 1;
        for name in text.split("crate::").skip(1) {
            let allowed = ["geometry::", "raster::"].iter().any(|room| name.starts_with(room));
            assert!(allowed, "{} uses crate::{:.30}", path.display(), name);
        }
    }
    assert!(files >= 15, "{files} files");
}

/// Linear light of one channel, from the standard's own decoding.
fn linear(photo: &Rgb8, x: u32, y: u32, channel: usize) -> f64 {
    let v = f64::from(photo.at(x, y)[channel]) / 255.0;
    ((v + 0.055) / 1.055).powf(2.4)
}

#[test]
fn falloff_and_vignette_lose_the_stops_asked_for() {
    let mut capture = bare_capture(Light::Frontal, 10.0);
    capture.lighting.falloff_ev = 1.0;
    let photo = render(&bare_scene([20.0, 20.0]), &capture).unwrap().rgb;
    // The lamp side is the right; 199 pixels between the two outermost centers of 200.
    let stops = (linear(&photo, 199, 100, 0) / linear(&photo, 0, 100, 0)).log2();
    assert!((stops - 199.0 / 200.0).abs() < 0.02, "{stops} stops");
    assert_eq!(photo.at(100, 0), photo.at(100, 199));

    capture.lighting.falloff_ev = 0.0;
    capture.lighting.vignette_ev = 1.0;
    let photo = render(&bare_scene([20.0, 20.0]), &capture).unwrap().rgb;
    let stops = (linear(&photo, 100, 100, 0) / linear(&photo, 0, 0, 0)).log2();
    assert!((stops - 1.0).abs() < 0.03, "{stops} stops");
}

#[test]
fn erythema_and_mottle_are_in_the_truth_and_in_the_color() {
    let mut scene = bare_scene([12.0, 12.0]);
    scene.erythema = vec![spot([6.0, 6.0], 5.0, 0.3)];
    let capture = bare_capture(Light::Diffuse, 10.0);
    let red = render(&scene, &capture).unwrap();
    let center = f64::from(red.maps.hemoglobin_od.at(60, 60));
    assert!((center - 0.9).abs() < 1e-6, "{center}");
    assert_eq!(red.truth.erythema[0].peak_od, 0.3);
    // 0.3 OD of hemoglobin are 0.3 · 0.818 in green and 0.3 · 0.270 in red.
    for (channel, od) in [(1, 0.2454), (0, 0.081)] {
        let found = (linear(&red.rgb, 2, 2, channel) / linear(&red.rgb, 60, 60, channel)).ln();
        assert!((found - od).abs() < 0.01, "{found} against {od}");
    }

    scene.erythema.clear();
    scene.mottle = 1.0;
    let mottled = render(&scene, &capture).unwrap().maps.melanin_od;
    let differs = mottled.data().iter().filter(|&&v| (v - 0.55).abs() > 0.01).count();
    assert!(differs > mottled.data().len() / 2, "{differs} pixels");
}

#[test]
fn a_hair_is_dark_and_in_the_truth() {
    let mut scene = bare_scene([12.0, 12.0]);
    let points_mm = (0..=8).map(|k| [2.0 + f64::from(k), 6.0]).collect();
    scene.hairs = vec![Line { points_mm, width_mm: 0.3, depth_um: 0.0 }];
    let photo = render(&scene, &bare_capture(Light::Diffuse, 20.0)).unwrap();
    // 0.3 mm are six pixels, in the middle of the hair.
    let covered: f32 = (100..140).map(|y| photo.maps.hair.at(120, y)).sum();
    assert!((covered - 6.0).abs() < 0.2, "{covered} pixels");
    assert!(photo.rgb.at(120, 120)[0] < 80 && photo.rgb.at(120, 130)[0] > 195);
}

#[test]
fn skin_spreads_red_light_farthest_and_loses_none() {
    // The wall of a scar so large that it is straight throws a shadow across the picture.
    let mut scene = bare_scene([20.0, 10.0]);
    let center_mm = [-190.0, 5.0];
    scene.scars =
        vec![Scar { kind: ScarKind::Boxcar, center_mm, outline: Outline::circle(400.0), depth_um: 800.0 }];
    let mut capture = bare_capture(Light::Oblique45, 20.0);
    capture.lighting.shadows = true;
    capture.lighting.ambient = 0.3;
    let profile = |subsurface: f64, channel: usize| -> Vec<f64> {
        let photo = render(&scene, &Capture { subsurface, ..capture }).unwrap().rgb;
        (0..400).map(|x| linear(&photo, x, 100, channel)).collect()
    };
    let mut spreads = Vec::new();
    // Spread, mm, and share of the light that spreads, as the model documents them.
    for (channel, sigma_mm, share) in [(0, 0.35, 0.60), (1, 0.22, 0.45), (2, 0.15, 0.35)] {
        let (sharp, soft) = (profile(0.0, channel), profile(1.0, channel));
        let (sharp_sum, soft_sum) = (sharp.iter().sum::<f64>(), soft.iter().sum::<f64>());
        assert!((soft_sum / sharp_sum - 1.0).abs() < 0.003, "channel {channel} lost light");
        // Against a literal convolution of the sharp profile.
        let mut worst = 0.0f64;
        for x in 60..340usize {
            let (mut sum, mut weights) = (0.0, 0.0);
            for dx in -40..=40 {
                let weight = (-0.5 * (f64::from(dx) / (20.0 * sigma_mm)).powi(2)).exp();
                sum += weight * sharp[(x as i32 + dx) as usize];
                weights += weight;
            }
            worst = worst.max((share * sum / weights + (1.0 - share) * sharp[x] - soft[x]).abs());
        }
        // One code at this brightness is 0.006, and both pictures are rounded.
        assert!(worst < 0.006, "channel {channel} is off by {worst}");
        spreads.push(sharp.iter().zip(&soft).map(|(a, b)| (a - b).abs()).sum::<f64>() / sharp_sum);
    }
    assert!(spreads[0] > spreads[1] && spreads[1] > spreads[2] && spreads[2] > 0.001, "{spreads:?}");
}

#[test]
fn shape_undulates_with_the_slope_asked_for_and_no_treatment_changes_it() {
    let options = SceneOptions {
        size_mm: [300.0, 300.0],
        relief: 0.0,
        mottle: 0.0,
        shape: 1.0,
        ..SceneOptions::default()
    };
    let scene = Scene::new(&options).unwrap();
    let after = scene.treated(&Treatment { relief_scale: 0.0, depth_scale: 0.0, ..Treatment::NONE });
    let (fields, treated) = (Fields::new(&scene), Fields::new(&after));
    let (step_mm, mut square, mut count) = (0.5, 0.0, 0.0);
    for (i, j) in (0..100).flat_map(|i| (0..100).map(move |j| (f64::from(i) * 3.0, f64::from(j) * 3.0))) {
        let height = |x: f64, y: f64| f64::from(fields.at(x, y, 0.1).height_um) / 1000.0;
        assert_eq!(fields.at(i, j, 0.1).height_um, treated.at(i, j, 0.1).height_um);
        let slope = |dx: f64, dy: f64| (height(i + dx, j + dy) - height(i - dx, j - dy)) / (2.0 * step_mm);
        square += slope(step_mm, 0.0).powi(2) + slope(0.0, step_mm).powi(2);
        count += 1.0;
    }
    let slope = f64::sqrt(square / count);
    assert!((0.17..0.30).contains(&slope), "{slope}");
    // Skin without shape is as it was before there was any.
    let flat = Scene::new(&SceneOptions { shape: 0.0, ..options }).unwrap();
    assert_eq!(Fields::new(&flat).at(10.0, 10.0, 0.1).height_um, 0.0);
}
