//! One pair, two engines: what a GPU measures and what the CPU measures must agree, from the
//! photographs to the verdicts.

mod common;

use std::path::PathBuf;

use common::{Folder, gpu, photo, reference_data};
use dermetric::analyzer::{Analyzer, Light, Options};
use dermetric::engine::Engine;
use dermetric::geometry::Size;
use dermetric::phantom::{self, Capture, Recapture, Rgb8, Scene, SceneOptions, SensorNoise, Treatment};
use dermetric::photo::Photo;
use dermetric::report::{Metric, Report, Status};

/// How far the engines may lie apart, as a share of a metric's own value: a tenth of the best
/// repeatability of any metric.
const AGREEMENT: f64 = 1e-3;

/// Two photographs of the same skin, and what is known of them.
struct Subject {
    before: Photo,
    after: Photo,
    options: Options,
}

/// Skin with something for every family of measures, treated and taken again.
fn phantom_pair() -> Subject {
    let scene = Scene::new(&SceneOptions {
        size_mm: [24.0, 24.0],
        scars: [3, 2, 1],
        spots: 4,
        erythema: 1,
        wrinkles: 1,
        pores_per_cm2: 20.0,
        hairs: 2,
        ..SceneOptions::default()
    })
    .unwrap();
    let treatment =
        Treatment { depth_scale: 0.6, spot_scale: 0.5, erythema_scale: 0.7, ..Treatment::NONE };
    let capture = Capture::usual(phantom::Light::Oblique45, 16.0);
    let recapture = Recapture { jpeg_quality: None, ..Recapture::random(1) };
    let pair = phantom::pair(&scene, &capture, &treatment, recapture).unwrap();
    Subject {
        before: photo("before", &pair.before.rgb),
        after: photo("after", &pair.after.rgb),
        options: Options {
            mm_per_px_before: Some(pair.before.truth.mm_per_px),
            mm_per_px_after: Some(pair.after.truth.mm_per_px),
            light: Light::Oblique,
            ..Options::default()
        },
    }
}

/// Sides of the piece of a real photograph that is measured, in pixels.
const PIECE: u32 = 480;
/// Width of skin that a close-up is taken to show, in mm.
const CLOSE_UP_MM: f64 = 50.0;

/// The middle of a real close-up, and the same taken again.
fn close_up() -> Option<Subject> {
    close_up_of(&reference_data("clinical_closeups_pad_ufes/images/PAT_1531_1800_683.png")?)
}

fn close_up_of(path: &std::path::Path) -> Option<Subject> {
    let whole = image::open(path).unwrap().into_rgb8();
    let px_per_mm = f64::from(whole.width()) / CLOSE_UP_MM;
    if whole.width().min(whole.height()) < PIECE { return None; }
    let corner = [whole.width(), whole.height()].map(|side| (side - PIECE) / 2);
    let piece = image::imageops::crop_imm(&whole, corner[0], corner[1], PIECE, PIECE).to_image();
    let before = Rgb8::new(Size::new(PIECE, PIECE), piece.into_raw()).unwrap();
    let (after, _) =
        phantom::recapture_photo(&before, px_per_mm, &Recapture::random(2), &SensorNoise::PHONE).unwrap();
    Some(Subject {
        before: photo("before", &before),
        after: photo("after", &after),
        options: Options {
            mm_per_px_before: Some(1.0 / px_per_mm),
            mm_per_px_after: Some(1.0 / px_per_mm),
            ..Options::default()
        },
    })
}

fn read(engine: Engine, subject: &Subject) -> Report {
    let analyzer = Analyzer::with_engine(engine).unwrap();
    let (before, after) = (std::slice::from_ref(&subject.before), std::slice::from_ref(&subject.after));
    analyzer.compare_photos(before, after, &subject.options).unwrap().report
}

/// What a metric says in numbers.
fn numbers(metric: &Metric) -> [(&'static str, Option<f64>); 5] {
    let interval = metric.interval.as_ref();
    [
        ("before", metric.before),
        ("after", metric.after),
        ("change", metric.change),
        ("low", interval.and_then(|i| i.low)),
        ("high", interval.and_then(|i| i.high)),
    ]
}

/// Every number of every metric that differs too much, and a table of how far all differ.
fn compare(cpu: &Report, gpu: &Report) -> Vec<String> {
    let mut faults = Vec::new();
    for (measure, expected) in &cpu.measures {
        for (name, expected) in &expected.metrics {
            let found = &gpu.measures[measure].metrics[name];
            assert_eq!(expected.verdict, found.verdict, "{measure}.{name}");
            let size = expected.before.unwrap_or(0.0).abs().max(expected.after.unwrap_or(0.0).abs());
            let mut worst = (0.0f64, String::new());
            for ((what, e), (_, f)) in numbers(expected).into_iter().zip(numbers(found)) {
                assert_eq!(e.is_some(), f.is_some(), "{measure}.{name} {what}");
                let (Some(e), Some(f)) = (e, f) else { continue };
                let share = (e - f).abs() / size.max(e.abs()).max(f64::MIN_POSITIVE);
                if share > worst.0 {
                    worst = (share, format!("{what}: CPU {e}, GPU {f}"));
                }
            }
            println!("{:9.5} % {measure}.{name} (before {:?}) {}", 100.0 * worst.0, expected.before, worst.1);
            if worst.0 > AGREEMENT {
                faults.push(format!("{measure}.{name} {}", worst.1));
            }
        }
    }
    faults
}

fn assert_parity(subject: &Subject) {
    let Some(gpu) = gpu() else { return };
    let cpu = read(Engine::cpu().unwrap(), subject);
    let gpu = read(gpu, subject);
    assert_ne!(cpu.status, Status::Refused, "{:?}", cpu.reasons);
    assert_eq!(cpu.status, gpu.status);
    println!("{:?}\n{:?}\n{:?}\n{:?}", cpu.region, gpu.region, cpu.color, gpu.color);
    println!("lesions {} {}", cpu.lesions.len(), gpu.lesions.len());
    println!("{:?} {:?}", cpu.photos.after[0].sharpness, gpu.photos.after[0].sharpness);
    let faults = compare(&cpu, &gpu);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_phantom_pair() {
    assert_parity(&phantom_pair());
}

#[test]
fn a_phantom_pair_beside_untreated_skin() {
    let folder = Folder::new();
    let mut subject = phantom_pair();
    let side = f64::from(subject.before.size.width);
    let strip = serde_json::json!([[[0.0, 0.0], [side, 0.0], [side, 0.25 * side], [0.0, 0.25 * side]]]);
    let reference: PathBuf = folder.write("reference.json", strip.to_string());
    subject.options.reference = Some(reference);
    assert_parity(&subject);
}

#[test]
fn a_real_close_up_taken_again() {
    let Some(subject) = close_up() else { return };
    assert_parity(&subject);
}

#[test]
#[ignore = "sweep"]
fn sweep() {
    let mut names: Vec<_> = std::fs::read_dir(reference_data("clinical_closeups_pad_ufes/images").unwrap())
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    names.sort();
    let cpu = Analyzer::with_engine(Engine::cpu().unwrap()).unwrap();
    let gpu = Analyzer::with_engine(gpu().unwrap()).unwrap();
    for path in names {
        if !path.display().to_string().contains(&std::env::var("ONLY").unwrap_or_default()) { continue }
        let Some(subject) = close_up_of(&path) else { continue };
        let read = |a: &Analyzer| {
            a.compare_photos(
                std::slice::from_ref(&subject.before),
                std::slice::from_ref(&subject.after),
                &subject.options,
            )
            .unwrap()
            .report
        };
        let c = read(&cpu);
        println!("== {} {:?} {:?}", path.display(), c.status, c.reasons);
        if c.status == Status::Refused {
            continue;
        }
        let g = read(&gpu);
        println!("lesions {} {} region {:?} {:?}\n{:?}\n{:?}", c.lesions.len(), g.lesions.len(), c.region, g.region, c.photos.before, g.photos.before);
        let r = std::panic::catch_unwind(|| compare(&c, &g));
        println!("FAULTS {r:?}");
    }
}

#[test]
#[ignore = "diag"]
fn diag() {
    use dermetric::ops::{gaussian::*, hessian::*, local_median::*, pointwise::*, resample::*, unmix::*};
    let path = reference_data("clinical_closeups_pad_ufes/images/PAT_621_3591_171.png").unwrap();
    let s = close_up_of(&path).unwrap();
    let dermetric::photo::Pixels::Rgba8(px) = &s.before.pixels else { panic!() };
    let run = |e: &Engine| -> Vec<(&'static str, Vec<f32>)> {
        let lin = resample(e, Encoded::Rgba8(px), s.before.size, 0.73, ClipLimits { low: 2, high: 253 }).unwrap();
        let [r, g, b] = &lin.rgb;
        let m = unmix(e, [r, g, b], &DEFAULT_ANALYSIS, [0.0; 3]).unwrap();
        let mut out = vec![("resample", e.download(r).unwrap()), ("melanin", e.download(&m.melanin).unwrap()), ("shading", e.download(&m.shading).unwrap())];
        let host = e.upload(r.size(), &Engine::cpu().unwrap().download(&resample(&Engine::cpu().unwrap(), Encoded::Rgba8(px), s.before.size, 0.73, ClipLimits { low: 2, high: 253 }).unwrap().rgb[0]).unwrap()).unwrap();
        let one = e.upload(r.size(), &vec![1f32; r.size().area()]).unwrap();
        out.push(("gauss", e.download(&gaussian(e, &host, 1.6).unwrap()).unwrap()));
        out.push(("gauss wide", e.download(&gaussian(e, &host, 24.0).unwrap()).unwrap()));
        out.push(("masked", e.download(&Masked::new(e, &one, 1.6).unwrap().apply(e, &host).unwrap()).unwrap()));
        out.push(("hessian", e.download(&principal_curvatures(e, &host).unwrap().1).unwrap()));
        out.push(("median", e.download(&local_median(e, &host, &one, 48).unwrap()).unwrap()));
        out.push(("divide", e.download(&pointwise(e, Op::DivideWhere(0.001), &one, &host).unwrap()).unwrap()));
        out.push(("addscaled", e.download(&pointwise(e, Op::AddScaled(0.7), &one, &host).unwrap()).unwrap()));
        out
    };
    let (c, g) = (run(&Engine::cpu().unwrap()), run(&gpu().unwrap()));
    for ((name, c), (_, g)) in c.iter().zip(&g) {
        let n = c.iter().zip(g).filter(|(c, g)| c.to_bits() != g.to_bits()).count();
        let worst = c.iter().zip(g).map(|(c, g)| (c - g).abs()).fold(0f32, f32::max);
        println!("{name}: {n} of {} differ, worst {worst:e}", c.len());
    }
}
