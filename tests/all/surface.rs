//! True relief: areal parameters against another program's, heights from rendered lamps against the heights
//! that were rendered, and pairs with heights from the files to the verdicts.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use crate::common::{Folder, Run, dermetric, linear, reference_data, small_pair};
use dermetric::analyzer::{Analyzer, Options, PairFiles};
use dermetric::engine::{Engine, EngineChoice};
use dermetric::geometry::Size;
use dermetric::height::stereo::{self, Shot};
use dermetric::height::{HeightSource, Lamp};
use dermetric::measure::surface::{Area, Decay, Form, decay};
use dermetric::phantom::{
    self, Camera, Capture, Light, Lighting, Outline, Recapture, Rendered, Scar, ScarKind, Scene,
    SceneOptions, Treatment,
};
use dermetric::raster::Raster;
use dermetric::report::{ReliefLevel, Report};

// ---------------------------------------------------------------------------------------------
// The fixture of another program

/// A plane of doubles out of a NumPy archive.
fn plane_of_npz(archive: &[u8], name: &str) -> (Size, Vec<f64>) {
    let number = |at: usize, bytes: usize| {
        archive[at..at + bytes].iter().rev().fold(0usize, |v, &b| v << 8 | usize::from(b))
    };
    let central = archive.windows(4).rposition(|w| w == b"PK\x05\x06").expect("an archive ends");
    let mut at = number(central + 16, 4);
    loop {
        assert_eq!(&archive[at..at + 4], b"PK\x01\x02", "{name} is in the archive");
        let (packed, name_len) = (number(at + 20, 4), number(at + 28, 2));
        let rest = number(at + 30, 2) + number(at + 32, 2);
        if &archive[at + 46..at + 46 + name_len] == name.as_bytes() {
            let local = number(at + 42, 4);
            let data = local + 30 + number(local + 26, 2) + number(local + 28, 2);
            let mut bytes = Vec::new();
            flate2::read::DeflateDecoder::new(&archive[data..data + packed]).read_to_end(&mut bytes).unwrap();
            let header_len = usize::from(bytes[8]) | usize::from(bytes[9]) << 8;
            let header = std::str::from_utf8(&bytes[10..10 + header_len]).unwrap();
            assert!(header.contains("'<f8'") && header.contains("'fortran_order': False"), "{header}");
            let (_, shape) = header.split_once("'shape': (").unwrap();
            let sides: Vec<u32> =
                shape.split(')').next().unwrap().split(',').filter_map(|n| n.trim().parse().ok()).collect();
            let values = bytes[10 + header_len..].as_chunks::<8>().0;
            return (Size::new(sides[1], sides[0]), values.iter().map(|&b| f64::from_le_bytes(b)).collect());
        }
        at += 46 + name_len + rest;
    }
}

#[test]
fn areal_parameters_are_those_of_an_independent_program() {
    let Some(archive) = reference_data("reference_values/surface/surfalize_fixture.npz") else { return };
    let table = std::fs::read_to_string(archive.with_file_name("expected.csv")).unwrap();
    let expected = |name: &str| -> f64 {
        let row = table.lines().find(|line| line.split(',').next() == Some(name)).unwrap();
        row.split(',').nth(1).unwrap().parse().unwrap()
    };
    let (size, heights) = plane_of_npz(&std::fs::read(archive).unwrap(), "z.npy");
    assert_eq!(size, Size::new(1000, 700));
    let heights = Raster::from_vec(size, heights.iter().map(|&z| z as f32).collect());
    let mask = Raster::filled(size, 1.0);
    let area = Area { heights: &heights, mask: &mask, pitch_um: 0.1 };
    let (amplitude, hybrid) = (area.amplitude().unwrap(), area.hybrid().unwrap());
    let core = area.material(amplitude.range).unwrap();
    // This texture does not fall to 0.2 along y within its own length: Str is by how far was looked.
    let Decay { shortest_px, longest_px, .. } = decay(&area, amplitude.mean, 1000.0).unwrap();
    // That program sets the area of width × height squares against the projection of one row and column fewer,
    // which adds 0.24 % of the whole area; here both are those of the squares between pixels.
    let (w, h) = (f64::from(size.width), f64::from(size.height));
    let rim = w * h / ((w - 1.0) * (h - 1.0));
    let sdr = 100.0 * ((1.0 + hybrid.sdr_percent / 100.0) * rim - 1.0);
    let mut faults = Vec::new();
    for (name, found, tolerance) in [
        ("Sa", amplitude.sa, 1e-3),
        ("Sq", amplitude.sq, 1e-3),
        ("Sz", amplitude.sz, 1e-3),
        ("Ssk", amplitude.ssk, 1e-3),
        ("Sku", amplitude.sku, 1e-3),
        ("Sdq", hybrid.sdq, 1e-3),
        ("Sdr_percent", sdr, 1e-3),
        ("Sk", core.depth, 1e-3),
        ("Spk", core.peaks, 1.5e-2),
        ("Svk", core.valleys, 1.5e-2),
        ("Sal", 0.1 * shortest_px, 1.5e-2),
        ("Str", shortest_px / longest_px, 1.5e-2),
    ] {
        let off = found / expected(name) - 1.0;
        println!("{name:12} {found:12.6} {:12.6} {:8.4} %", expected(name), 100.0 * off);
        if off.abs() > tolerance {
            faults.push(name);
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}

// ---------------------------------------------------------------------------------------------
// Photometric stereo

const PX_PER_MM: f64 = 16.0;
/// Normals that lean less are not counted, in degrees.
const LEAST_LEAN_DEG: f64 = 3.0;

/// Bowls on even skin.
fn bowls() -> Scene {
    let options = SceneOptions { size_mm: [20.0, 18.0], relief: 0.0, ..SceneOptions::default() };
    let bowl = |x: f64, y: f64, diameter_mm: f64, depth_um: f64| Scar {
        kind: ScarKind::Rolling,
        center_mm: [x, y],
        outline: Outline::circle(diameter_mm),
        depth_um,
    };
    let scars = vec![bowl(5.0, 5.0, 6.0, 400.0), bowl(14.0, 6.0, 5.0, 300.0), bowl(9.0, 13.0, 6.5, 450.0)];
    Scene { scars, ..Scene::new(&options).unwrap() }
}

/// Lambert's light from lamps 45° above the skin, in the dark.
fn under(scene: &Scene, azimuth_deg: f64, shadows: bool) -> Rendered {
    let lighting = Lighting { shadows, ..Lighting::bare(Light::Oblique45, azimuth_deg) };
    let capture = Capture {
        lighting,
        camera: Camera::IDEAL,
        subsurface: 0.0,
        ..Capture::usual(Light::Oblique45, PX_PER_MM)
    };
    phantom::render(scene, &capture).unwrap()
}

/// To the right, down, towards the camera; azimuths count from the right over the top.
fn direction(azimuth_deg: f64) -> [f64; 3] {
    let (sin, cos) = azimuth_deg.to_radians().sin_cos();
    let half = std::f64::consts::FRAC_1_SQRT_2;
    [half * cos, -half * sin, half]
}

/// Lamps around, as many as asked for.
fn azimuths(count: usize) -> Vec<f64> {
    (0..count).map(|k| 20.0 + 360.0 * k as f64 / count as f64).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn lamps_around_give_back_normals_and_heights() {
    let micro =
        Scene::new(&SceneOptions { size_mm: [16.0, 16.0], scars: [2, 2, 1], ..SceneOptions::default() });
    for (name, scene, count, shadows) in [
        ("bowls, 3 lamps", bowls(), 3, false),
        ("bowls, 4 lamps", bowls(), 4, false),
        ("bowls, 8 lamps with shadows", bowls(), 8, true),
        ("skin with scars, 6 lamps", micro.unwrap(), 6, false),
    ] {
        let (mut shots, mut lamps, mut truth) = (Vec::new(), Vec::new(), None);
        for azimuth in azimuths(count) {
            let seen = under(&scene, azimuth, shadows);
            let size = seen.rgb.size();
            let green = Raster::from_fn(size, |x, y| linear(seen.rgb.at(x, y)[1]) as f32);
            let clipped = green.map(|v| f32::from(!(0.002..0.95).contains(&v)));
            shots.push([green, clipped]);
            lamps.push(Lamp { photo: PathBuf::new(), direction: direction(azimuth), intensity: 1.0 });
            truth = Some(seen.maps.height_um);
        }
        let truth = truth.unwrap();
        let shots: Vec<Shot<'_>> = shots.iter().map(|[light, clipped]| Shot { light, clipped }).collect();
        let found = stereo::normals(&shots, &lamps);

        // Slopes of the rendered heights, by what is apart on either side.
        let pitch_um = 1000.0 / PX_PER_MM;
        let Size { width, height } = truth.size();
        let mut angles = Vec::new();
        for y in 1..height - 1 {
            for x in 1..width - 1 {
                let slope = |a: f32, b: f32| f64::from(b - a) / (2.0 * pitch_um);
                let normal = [
                    -slope(truth.at(x - 1, y), truth.at(x + 1, y)),
                    -slope(truth.at(x, y - 1), truth.at(x, y + 1)),
                    1.0,
                ];
                let length = normal.iter().map(|v| v * v).sum::<f64>().sqrt();
                // Flat skin would hide what leans.
                if length < 1.0 / LEAST_LEAN_DEG.to_radians().cos() {
                    continue;
                }
                let cos: f64 =
                    (0..3).map(|k| normal[k] / length * f64::from(found.normals[k].at(x, y))).sum();
                angles.push(cos.clamp(-1.0, 1.0).acos().to_degrees());
            }
        }
        let engine = Engine::cpu().unwrap();
        let known = engine.upload_raster(&found.known).unwrap();
        let heights = stereo::heights(&engine, &found.normals, &known, pitch_um).unwrap();
        let heights = engine.download_raster(&heights).unwrap();
        // Tilt and curvature are the F-operator's: what matters is left without.
        let formless =
            |heights: &Raster| Form::second_order(heights, |_| true).unwrap().taken_from(heights, |_| true);
        let (heights, truth) = (formless(&heights), formless(&truth));
        let square = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>();
        let off = heights.data().iter().zip(truth.data()).map(|(h, t)| f64::from(h - t));
        let ratio = (square(&mut { off }) / square(&mut truth.data().iter().map(|&t| f64::from(t)))).sqrt();
        let angle = median(angles);
        println!("{name}: {angle:.2}° median, heights off by {:.1} % of Sq", 100.0 * ratio);
        assert!(angle < 2.0, "{name}: {angle}°");
        assert!(ratio < 0.05, "{name}: {ratio}");
    }
}

// ---------------------------------------------------------------------------------------------
// From the files to the report

fn float_tiff(heights: &Raster) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let Size { width, height } = heights.size();
    tiff::encoder::TiffEncoder::new(&mut file)
        .unwrap()
        .write_image::<tiff::encoder::colortype::Gray32Float>(width, height, heights.data())
        .unwrap();
    file.into_inner()
}

/// Codes of a twentieth of a µm, 0 for none.
fn gray16_png(heights: &Raster) -> Vec<u8> {
    let code = |v: f32| if v.is_nan() { 0 } else { (20.0 * v + 40_000.0).round().clamp(1.0, 65535.0) as u16 };
    let bytes: Vec<u8> = heights.data().iter().flat_map(|&v| code(v).to_ne_bytes()).collect();
    let mut file = Vec::new();
    use image::ImageEncoder;
    image::codecs::png::PngEncoder::new(&mut file)
        .write_image(&bytes, heights.size().width, heights.size().height, image::ExtendedColorType::L16)
        .unwrap();
    file
}

/// Scars on skin, filled to 0.6 of their depth, in two captures with the heights of each.
fn filled_pair(relief: f64) -> phantom::Pair {
    let scene = Scene::new(&SceneOptions {
        size_mm: [26.0, 24.0],
        relief,
        scars: [0, 4, 2],
        spots: 3,
        ..SceneOptions::default()
    })
    .unwrap();
    let treatment = Treatment { depth_scale: 0.6, ..Treatment::NONE };
    let recapture = Recapture { jpeg_quality: None, ..Recapture::random(3) };
    phantom::pair(&scene, &Capture::usual(Light::Oblique45, PX_PER_MM), &treatment, recapture).unwrap()
}

fn ratio(report: &serde_json::Value, name: &str) -> f64 {
    let metric = &report["measures"]["surface"]["metrics"][name];
    metric["after"].as_f64().unwrap_or_else(|| panic!("{name}: {metric}"))
        / metric["before"].as_f64().unwrap()
}

#[test]
fn scars_filled_to_three_fifths_read_so() {
    let folder = Folder::new();
    let pair = filled_pair(0.0);
    for (name, seen) in [("before", &pair.before), ("after", &pair.after)] {
        folder.write(&format!("{name}.png"), seen.rgb.png().unwrap());
        folder.write(&format!("{name}.tif"), float_tiff(&seen.maps.height_um));
    }
    let path = |name: &str| folder.at(name).display().to_string();
    let run = dermetric([
        "compare",
        &path("before.png"),
        &path("after.png"),
        "--mm-per-px",
        "0.0625",
        "--light",
        "oblique",
        "--before-height",
        &path("before.tif"),
        "--after-height",
        &path("after.tif"),
        "--engine",
        "cpu",
    ]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let report = run.json();
    assert_eq!(report["relief_level"], "height_map");
    let schema = dermetric(["schema"]).json();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for name in
        ["sa_um", "sq_um", "sz_um", "scar_depth_mean_um", "scar_depth_p95_um", "scar_volume_mm3_per_cm2"]
    {
        let found = ratio(&report, name);
        println!("{name}: {found:.4}");
        assert!((found - 0.6).abs() < 0.02, "{name}: {found}");
    }
    let depth = report["measures"]["surface"]["metrics"]["scar_depth_mean_um"]["before"].as_f64().unwrap();
    let scars = &pair.before.truth.scars;
    let planted = scars.iter().map(|s| s.depth_um).sum::<f64>() / scars.len() as f64;
    println!("depth {depth:.1} µm, planted {planted:.1} µm");
    assert!((depth / planted - 1.0).abs() < 0.08, "{depth}, planted {planted}");
    // Scar by scar, in the outlines that shading gave.
    let of = |lesion: &serde_json::Value, visit: &str| lesion[visit]["depth_um"].as_f64();
    let listed: Vec<_> =
        report["lesions"].as_array().unwrap().iter().filter(|lesion| lesion["kind"] == "scar").collect();
    let ratios: Vec<f64> =
        listed.iter().filter_map(|lesion| Some(of(lesion, "after")? / of(lesion, "before")?)).collect();
    println!("depths of single scars, after over before: {ratios:.3?}");
    assert!(ratios.len() >= 4 && (median(ratios) - 0.6).abs() < 0.03);
    assert!(listed.iter().all(|lesion| !lesion["probable_type"].is_null()));
    // Without repeats nothing is known of the noise of heights: numbers, and no claim.
    let metric = &report["measures"]["surface"]["metrics"]["sq_um"];
    assert!(metric["noise_source"].is_null(), "{metric}");
    let verdict = metric["verdict"].as_str().unwrap();
    assert!(!verdict.contains("creased"), "{metric}");
    assert!(report["measures"]["surface"]["notes"].to_string().contains("further captures"));
}

fn metric<'r>(report: &'r Report, name: &str) -> &'r dermetric::report::Metric {
    &report.measures["surface"].metrics[name]
}

fn float_source(file: PathBuf) -> HeightSource {
    HeightSource::Map { file, um_per_unit: None, void: None }
}

/// Heights of every capture: then there is a noise, and a verdict.
#[test]
fn repeats_with_heights_of_their_own_give_a_verdict() {
    let folder = Folder::new();
    let scene =
        Scene::new(&SceneOptions { size_mm: [20.0, 20.0], scars: [0, 3, 1], ..SceneOptions::default() })
            .unwrap();
    let treated = scene.treated(&Treatment { depth_scale: 0.5, ..Treatment::NONE });
    let capture = Capture::usual(Light::Oblique45, 12.0);
    let write = |name: &str, scene: &Scene, seed: u64| {
        let recapture = Recapture { jpeg_quality: None, ..Recapture::random(seed) };
        let seen = phantom::render(scene, &capture.again(recapture)).unwrap();
        folder.write(&format!("{name}.tif"), float_tiff(&seen.maps.height_um));
        folder.write(&format!("{name}.png"), seen.rgb.png().unwrap())
    };
    let pair = PairFiles {
        before: write("b", &scene, 1),
        after: write("a", &treated, 2),
        before_repeats: vec![write("b2", &scene, 3), write("b3", &scene, 4)],
        after_repeats: vec![write("a2", &treated, 5), write("a3", &treated, 6)],
    };
    let sources = |names: [&str; 3]| names.map(|n| float_source(folder.at(&format!("{n}.tif")))).to_vec();
    let options = Options {
        mm_per_px_before: Some(1.0 / 12.0),
        mm_per_px_after: Some(1.0 / 12.0),
        heights_before: sources(["b", "b2", "b3"]),
        heights_after: sources(["a", "a2", "a3"]),
        ..Options::default()
    };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let report = analyzer.compare(&pair, &options).unwrap().report;
    let depth = metric(&report, "scar_depth_mean_um");
    println!("{depth:?}");
    assert!(depth.noise_source.is_some() && depth.verdict.unwrap().claims_change(), "{depth:?}");
    assert!(depth.change.unwrap() < 0.0);
    let mut one_more = options.clone();
    one_more.heights_after.push(one_more.heights_after[0].clone());
    let error = analyzer.compare(&pair, &one_more).unwrap_err().to_string();
    assert!(error.contains("found heights for 4 captures of the after-visit, expected at most 3"), "{error}");
}

/// Writes a photograph, its map, and lamps around it.
fn with_lamps(folder: &Folder, scene: &Scene) -> Rendered {
    let frontal = phantom::render(scene, &Capture::usual(Light::Frontal, PX_PER_MM)).unwrap();
    folder.write("photo.png", frontal.rgb.png().unwrap());
    folder.write("map.tif", float_tiff(&frontal.maps.height_um));
    let lamps: Vec<serde_json::Value> = azimuths(6)
        .into_iter()
        .enumerate()
        .map(|(k, azimuth)| {
            let name = format!("lamp_{k}.png");
            folder.write(&name, under(scene, azimuth, true).rgb.png().unwrap());
            serde_json::json!({"photo": name, "direction": direction(azimuth)})
        })
        .collect();
    folder.write("lights.json", serde_json::json!({ "lights": lamps }).to_string());
    frontal
}

#[test]
fn lamps_and_maps_of_one_skin_tell_the_same_on_both_engines() {
    let folder = Folder::new();
    let scene =
        Scene::new(&SceneOptions { size_mm: [20.0, 20.0], scars: [0, 3, 1], ..SceneOptions::default() });
    with_lamps(&folder, &scene.unwrap());
    let photo = folder.at("photo.png");
    let measured = |engine: Engine, source: HeightSource| {
        let options = Options {
            mm_per_px_before: Some(1.0 / PX_PER_MM),
            heights_before: vec![source],
            ..Options::default()
        };
        Analyzer::with_engine(engine).unwrap().measure(&photo, &options).unwrap().report
    };
    let sources = || [float_source(folder.at("map.tif")), HeightSource::Lights(folder.at("lights.json"))];
    let [map, lamps] = sources().map(|source| measured(Engine::cpu().unwrap(), source));
    assert_eq!(
        (map.relief_level, lamps.relief_level),
        (ReliefLevel::HeightMap, ReliefLevel::PhotometricStereo)
    );
    let value = |report: &Report, name: &str| metric(report, name).before.unwrap();
    for (name, tolerance) in [
        ("sa_um", 0.05),
        ("sq_um", 0.05),
        // The renderer takes slopes over two pixels, which rounds what is as fine as a pixel.
        ("sdq", 0.2),
        ("sal_mm", 0.05),
        ("scar_depth_mean_um", 0.05),
        ("scar_volume_mm3_per_cm2", 0.1),
    ] {
        let (m, l) = (value(&map, name), value(&lamps, name));
        println!("{name}: map {m:.4}, lamps {l:.4}");
        assert!((l / m - 1.0).abs() < tolerance, "{name}: map {m}, lamps {l}");
    }
    for (source, cpu) in sources().into_iter().zip([map, lamps]) {
        let Some(gpu) = crate::common::gpu() else { return };
        let gpu = measured(gpu, source);
        for (name, expected) in &cpu.measures["surface"].metrics {
            let found = metric(&gpu, name);
            let (Some(e), Some(f)) = (expected.before, found.before) else {
                assert_eq!(expected.before, found.before, "{name}");
                continue;
            };
            println!("{name}: CPU {e}, GPU {f}");
            assert!((f - e).abs() <= 1e-3 * e.abs().max(1e-6), "{name}: CPU {e}, GPU {f}");
        }
    }
}

#[test]
fn codes_and_floats_of_any_size_tell_the_same() {
    let folder = Folder::new();
    let pair = filled_pair(1.0);
    let heights = &pair.before.maps.height_um;
    folder.write("photo.png", pair.before.rgb.png().unwrap());
    folder.write("float.tif", float_tiff(heights));
    // Void in a corner of the codes; and a float map twice as fine.
    let holed =
        Raster::from_fn(heights.size(), |x, y| if x < 20 && y < 20 { f32::NAN } else { heights.at(x, y) });
    folder.write("codes.png", gray16_png(&holed));
    let Size { width, height } = heights.size();
    let fine = Raster::from_fn(Size::new(2 * width, 2 * height), |x, y| heights.at(x / 2, y / 2));
    folder.write("fine.tif", float_tiff(&fine));
    let read = |name: &str, more: &[&str]| {
        let (photo, map) = (folder.at("photo.png"), folder.at(name));
        let words = ["measure", photo.to_str().unwrap(), "--height", map.to_str().unwrap()];
        let run = dermetric(words.iter().chain(&["--mm-per-px", "0.0625", "--engine", "cpu"]).chain(more));
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        run.json()["measures"]["surface"]["metrics"].clone()
    };
    let float = read("float.tif", &[]);
    let codes = read("codes.png", &["--height-um-per-unit", "0.05"]);
    let fine = read("fine.tif", &[]);
    let turned = read("float.tif", &["--height-um-per-unit", "-1"]);
    for name in ["sa_um", "sq_um", "sk_um", "sal_mm", "scar_depth_mean_um"] {
        let [f, c, d] = [&float, &codes, &fine].map(|m| m[name]["before"].as_f64().unwrap());
        println!("{name}: {f:.4} {c:.4} {d:.4}");
        assert!((c / f - 1.0).abs() < 0.02, "{name}: {f}, codes {c}");
        assert!((d / f - 1.0).abs() < 1e-4, "{name}: {f}, twice as fine {d}");
    }
    let skewness = |m: &serde_json::Value| m["ssk"]["before"].as_f64().unwrap();
    assert!((skewness(&float) + skewness(&turned)).abs() < 1e-3, "what is deep is now high");
}

fn refused(run: &Run, status: i32, words: &[&str]) {
    assert_eq!(run.status, Some(status), "{}", run.stderr);
    for word in words {
        assert!(run.only_line().contains(word), "{word:?} in: {}", run.stderr);
    }
    assert_eq!(run.stdout, "");
}

#[test]
fn heights_that_cannot_be_used_are_refused_in_one_line() {
    let folder = Folder::new();
    let [photo, _] = small_pair();
    let photo = folder.write("photo.png", photo);
    let size = image::image_dimensions(&photo).unwrap();
    let flat = |width: u32, height: u32| Raster::filled(Size::new(width, height), 1.0);
    folder.write("turned.tif", float_tiff(&flat(size.1, size.0)));
    folder.write("codes.png", gray16_png(&flat(size.0, size.1)));
    folder.write("void.tif", float_tiff(&Raster::filled(Size::new(size.0, size.1), f32::NAN)));
    let lamp = |d: [f64; 3]| serde_json::json!({"photo": "photo.png", "direction": d});
    let lamps = |directions: &[[f64; 3]]| {
        serde_json::json!({"lights": directions.iter().map(|&d| lamp(d)).collect::<Vec<_>>()}).to_string()
    };
    let around = [[0.6, 0.0, 0.8], [-0.3, 0.5196, 0.8], [-0.3, -0.5196, 0.8]];
    folder.write("few.json", lamps(&around[..2]));
    folder.write("plane.json", lamps(&[[0.6, 0.0, 0.8], [0.0, 0.0, 1.0], [-0.6, 0.0, 0.8]]));
    folder.write("long.json", lamps(&[around[0], around[1], [0.0, 0.0, 2.0]]));
    folder.write("text.json", "from the left, from the right, from above");
    folder.write("small/few.png", textured_png());
    folder.write("small/lights.json", lamps(&around).replace("photo.png", "few.png"));
    let run = |option: &str, name: &str| {
        let file = folder.at(name);
        let words: [&Path; 6] =
            ["measure".as_ref(), &photo, option.as_ref(), &file, "--engine".as_ref(), "cpu".as_ref()];
        dermetric(words)
    };
    let sides = format!("{}x{}", size.0, size.1);
    let other = format!("{}x{}", size.1, size.0);
    refused(&run("--height", "turned.tif"), 3, &["turned.tif", "expected", &sides, "found", &other]);
    refused(&run("--height", "codes.png"), 2, &["codes.png", "expected", "--height-um-per-unit", "found"]);
    refused(&run("--height", "void.tif"), 3, &["void.tif", "expected heights, found none"]);
    refused(&run("--height", "photo.png"), 3, &["expected a height map", "3 channels of 8 bits"]);
    refused(&run("--height", "missing.tif"), 3, &["missing.tif", "no such file"]);
    refused(&run("--lights", "few.json"), 3, &["few.json", "found 2 lights, expected at least 3"]);
    refused(&run("--lights", "plane.json"), 3, &["plane.json", "nearly in one plane"]);
    refused(&run("--lights", "long.json"), 3, &["long.json", "light 3: expected a unit vector"]);
    refused(&run("--lights", "text.json"), 3, &["text.json", "expected {\"lights\""]);
    refused(&run("--lights", "missing.json"), 3, &["missing.json", "cannot be read"]);
    refused(&run("--lights", "small/lights.json"), 3, &["few.png", &sides, "found 96x80"]);
    let words = ["measure", "a.png", "--height", "b.tif", "--lights", "c.json"];
    refused(&dermetric(words), 2, &["--height", "--lights"]);
    let words = ["measure", "a.png", "--height", "b.tif", "--height-um-per-unit", "0"];
    refused(&dermetric(words), 2, &["found 0", "expected"]);
    let words = ["compare", "a.png", "b.png", "--before-height", "c.tif", "--before-lights", "d.json"];
    refused(&dermetric(words), 2, &["--before-height", "--before-lights"]);
}

fn textured_png() -> Vec<u8> {
    crate::common::textured(Size::new(96, 80)).png().unwrap()
}

/// Ordinary photographs have no heights, and say so.
#[test]
fn without_heights_every_report_says_so() {
    let folder = Folder::new();
    let [before, after] = small_pair();
    let (before, after) = (folder.write("before.png", before), folder.write("after.png", after));
    let run = |words: &[&Path]| {
        let run = dermetric(words.iter().copied().chain(["--engine".as_ref(), "cpu".as_ref()]));
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        run.json()
    };
    let alone = run(&["measure".as_ref(), &before]);
    assert_eq!(alone["relief_level"], "proxy");
    for (name, metric) in alone["measures"]["surface"]["metrics"].as_object().unwrap() {
        assert_eq!(metric["reason"]["code"], "no_height_map", "{name}");
        assert!(metric["before"].is_null(), "{name}");
    }
    let pair: [&Path; 3] = ["compare".as_ref(), &before, &after];
    assert_eq!(run(&pair)["relief_level"], "proxy");
    let oblique: [&Path; 5] = ["compare".as_ref(), &before, &after, "--light".as_ref(), "oblique".as_ref()];
    let oblique = run(&oblique);
    assert_eq!(oblique["relief_level"], "oblique_pair");
    assert_eq!(oblique["measures"]["surface"]["metrics"]["sq_um"]["verdict"], "not_measurable");
}
