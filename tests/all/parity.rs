//! One pair, two engines: what a GPU measures and what the CPU measures must agree, from the
//! photographs to the verdicts.

use crate::common::subject::{Subject, UNTREATED, phantom_pair};
use crate::common::{Folder, gpu, photo, reference_data};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::phantom::{self, Recapture, Rgb8, SensorNoise};
use dermetric::report::{LesionKind, Metric, Report, Status};

/// How far the engines may lie apart, as a share of a metric: a tenth of the best repeatability of
/// any. Measured on Mesa's software driver: a hundredth of this; a GPU may fuse products and sums.
const AGREEMENT: f64 = 1e-3;
/// Metrics smaller than this are zero: sums of single precision end here.
const ROUNDING: f64 = 1e-6;

/// Widths of an interval that its ends are held against: over few objects it rests on small differences between them. Measured: an
/// end of 36.7 for 37.0 in the color difference of spots, whose values agree to a thousandth.
const WIDTHS: f64 = 10.0;

/// Sides of the piece of a real photograph that is measured, in pixels.
const PIECE: u32 = 480;
/// Width of skin that a close-up is taken to show, in mm.
const CLOSE_UP_MM: f64 = 50.0;

/// The middle of a real close-up, and the same taken again. Of fourteen, this one showed that
/// drivers' logarithms differ too much: deep scars and much hair, where each pixel tells.
fn close_up() -> Option<Subject> {
    let path = reference_data("clinical_closeups_pad_ufes/images/PAT_621_3591_171.png")?;
    let whole = image::open(path).unwrap().into_rgb8();
    let px_per_mm = f64::from(whole.width()) / CLOSE_UP_MM;
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

/// By how much the numbers of a metric differ at most, as a share of the metric itself, and which.
/// A change or an end of its interval may be near zero, and is as sure as the values it comes from.
fn largest_difference(cpu: &Metric, gpu: &Metric) -> (f64, String) {
    let value = cpu.before.unwrap_or(0.0).abs().max(cpu.after.unwrap_or(0.0).abs());
    let width = cpu.interval.as_ref().and_then(|i| Some(i.high? - i.low?)).unwrap_or(0.0);
    let mut largest = (0.0, String::new());
    for ((what, expected), (_, found)) in numbers(cpu).into_iter().zip(numbers(gpu)) {
        let difference = match (expected, found) {
            (Some(e), Some(f)) if e == f => 0.0,
            (Some(e), Some(f)) if ["low", "high"].contains(&what) => {
                (e - f).abs() / value.max(e.abs()).max(WIDTHS * width).max(ROUNDING)
            }
            (Some(e), Some(f)) => (e - f).abs() / value.max(e.abs()).max(ROUNDING),
            (None, None) => 0.0,
            _ => f64::INFINITY,
        };
        if difference > largest.0 {
            largest = (difference, format!("{what}: CPU {expected:?}, GPU {found:?}"));
        }
    }
    largest
}

/// Which lesions were outlined.
fn lesions(report: &Report) -> Vec<(LesionKind, u32)> {
    report.lesions.iter().map(|lesion| (lesion.kind, lesion.id)).collect()
}

/// Measures on both engines, prints how far they lie apart, and gives the CPU's report.
fn assert_parity(subject: &Subject) -> Option<Report> {
    let gpu = subject.read(Analyzer::with_engine(gpu()?).unwrap());
    let cpu = subject.read(Analyzer::new(&EngineChoice::Cpu, 0).unwrap());
    assert_ne!(cpu.status, Status::Refused, "{:?}", cpu.reasons);
    assert_eq!((cpu.tool.engine.as_str(), gpu.tool.engine.as_str()), ("cpu", "gpu"));
    assert_eq!((cpu.status, &cpu.region), (gpu.status, &gpu.region));
    assert_eq!(lesions(&cpu), lesions(&gpu));
    let mut faults = Vec::new();
    for (measure, expected) in &cpu.measures {
        for (name, expected) in &expected.metrics {
            let found = &gpu.measures[measure].metrics[name];
            assert_eq!(expected.verdict, found.verdict, "{measure}.{name}");
            let (difference, which) = largest_difference(expected, found);
            println!("{:9.5} % {measure}.{name} {which}", 100.0 * difference);
            if difference > AGREEMENT {
                faults.push(format!("{measure}.{name} {which}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Some(cpu)
}

#[test]
fn a_phantom_pair() {
    assert_parity(&phantom_pair());
}

#[test]
fn a_phantom_pair_beside_untreated_skin() {
    let folder = Folder::new();
    let mut subject = phantom_pair();
    let Size { width, height } = subject.before.size;
    let untreated = [f64::from(width), UNTREATED * f64::from(height)];
    subject.options.reference = Some(folder.rectangle("reference.json", [0.0; 2], untreated));
    let Some(report) = assert_parity(&subject) else { return };
    // Red is what is redder than the untreated skin: patches, not all that was treated.
    let red = report.measures["redness"].metrics["area_percent"].before.unwrap();
    assert!((0.1..20.0).contains(&red), "{red} %");
    let excess = &report.measures["scars"].metrics["relief_contrast_excess"];
    let excess = excess.before.unwrap_or_else(|| panic!("{:?} {:?}", excess.reason, report.light));
    assert!(excess > 0.0);
}

#[test]
fn a_real_close_up_taken_again() {
    let Some(subject) = close_up() else { return };
    assert_parity(&subject);
}
