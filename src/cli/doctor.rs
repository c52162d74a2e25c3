//! `doctor`: which engines there are, and whether each measures the phantom rightly.

use super::args::{DoctorArguments, EngineArgument};
use super::exit::{Exit, Failure};
use super::talk;
use crate::analyzer::{Analyzer, Light, Options};
use crate::engine::gpu::adapters;
use crate::engine::{AdapterSummary, EngineChoice, EngineError};
use crate::phantom::{self, Pair, Rendered};
use crate::photo::{Photo, Pixels};
use crate::report::{Report, Status};

/// Seed of the skin that is measured.
const SEED: u64 = 1;
/// Relief contrast after, as a share of before, where depths are at 0.6: contrast falls a little less
/// or more than depth, because noise and pores remain and shadows vanish first.
const RELIEF: std::ops::RangeInclusive<f64> = 0.45..=0.80;
/// Pigment burden after, as a share of before, where melanin is at one half.
const BURDEN: std::ops::RangeInclusive<f64> = 0.35..=0.65;
/// How far a metric on a GPU may lie from the CPU's, as a share: a tenth of the best repeatability.
const AGREEMENT: f64 = 1e-3;
/// Below this, a difference between engines is rounding whatever its share.
const ROUNDING: f64 = 1e-6;

/// What the self-test measures.
struct Subjects {
    scars: Pair,
    spots: Pair,
}

/// What an engine read.
struct Readings {
    scars: Report,
    spots: Report,
}

/// `doctor`.
pub(super) fn doctor(arguments: &DoctorArguments) -> Result<Exit, Failure> {
    let adapters = gpu_list(arguments)?;
    let threads = arguments.engine.threads;
    for adapter in &adapters {
        talk::result(&format!("{}\n", describe(adapter)))?;
    }
    let subjects = Subjects {
        scars: phantom::scar_pair(phantom::Light::Oblique45, SEED)?,
        spots: phantom::pigment_pair(SEED)?,
    };
    let mut all_well = true;
    let reference = test("cpu", &EngineChoice::Cpu, threads, &subjects, None, &mut all_well)?;
    for adapter in &adapters {
        let choice = EngineChoice::Gpu(Some(adapter.index.to_string()));
        let name = format!("gpu {adapter}");
        test(&name, &choice, threads, &subjects, reference.as_ref(), &mut all_well)?;
    }
    Ok(if all_well { Exit::Measured } else { Exit::Refused })
}

/// The adapters to test: all of them, or the one that is named. The CPU is tested in any case, for
/// it is what a GPU is held against.
fn gpu_list(arguments: &DoctorArguments) -> Result<Vec<AdapterSummary>, Failure> {
    let mut adapters = adapters::list();
    match (&arguments.engine.gpu, arguments.engine.engine) {
        (_, EngineArgument::Cpu) => adapters.clear(),
        (Some(selector), _) => {
            let named = crate::engine::Gpu::open(Some(selector))?.adapter().index;
            adapters.retain(|adapter| adapter.index == named);
        }
        (None, EngineArgument::Gpu) if adapters.is_empty() => {
            return Err(
                EngineError::NoAdapter { wanted: "is there".to_owned(), found: "none".to_owned() }.into()
            );
        }
        _ => {}
    }
    Ok(adapters)
}

fn describe(adapter: &AdapterSummary) -> String {
    let mib = |bytes: u64| bytes >> 20;
    format!(
        "{adapter}: driver {}; one binding {} MiB, one buffer {} MiB",
        if adapter.driver.is_empty() { "unknown" } else { &adapter.driver },
        mib(adapter.max_binding_bytes),
        mib(adapter.max_buffer_bytes)
    )
}

/// Tests one engine and prints one line on it. Gives what it read, for others to be held against.
fn test(
    name: &str,
    choice: &EngineChoice,
    threads: usize,
    subjects: &Subjects,
    reference: Option<&Readings>,
    all_well: &mut bool,
) -> Result<Option<Readings>, Failure> {
    let started = std::time::Instant::now();
    let read = read(choice, threads, subjects);
    let judged = read.and_then(|readings| {
        let words = judge(&readings, reference)?;
        Ok((readings, words))
    });
    let seconds = started.elapsed().as_secs_f64();
    match judged {
        Ok((readings, words)) => {
            talk::result(&format!("{name}: ok ({words}; {seconds:.1} s)\n"))?;
            Ok(Some(readings))
        }
        Err(fault) => {
            *all_well = false;
            talk::result(&format!("{name}: FAILED {fault}\n"))?;
            Ok(None)
        }
    }
}

fn read(choice: &EngineChoice, threads: usize, subjects: &Subjects) -> Result<Readings, String> {
    let analyzer = Analyzer::new(choice, threads).map_err(|e| e.to_string())?;
    let compare = |pair: &Pair, light| {
        let options = Options {
            mm_per_px_before: Some(pair.before.truth.mm_per_px),
            mm_per_px_after: Some(pair.after.truth.mm_per_px),
            light,
            ..Options::default()
        };
        let [before, after] = [photo("before", &pair.before), photo("after", &pair.after)];
        let outcome = analyzer.compare_photos(&[before], &[after], &options).map_err(|e| e.to_string())?;
        if outcome.report.status == Status::Refused {
            let reasons: Vec<String> = outcome.report.reasons.iter().map(ToString::to_string).collect();
            return Err(format!("the phantom was refused: {}", reasons.join("; ")));
        }
        Ok(outcome.report)
    };
    Ok(Readings {
        scars: compare(&subjects.scars, Light::Oblique)?,
        spots: compare(&subjects.spots, Light::Diffuse)?,
    })
}

fn photo(name: &str, rendered: &Rendered) -> Photo {
    let rgba = rendered.rgb.bytes().as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
    Photo::from_srgb_pixels(name, rendered.rgb.size(), Pixels::Rgba8(rgba))
}

/// What was read, in words, or what is wrong with it.
fn judge(readings: &Readings, reference: Option<&Readings>) -> Result<String, String> {
    let relief = share(&readings.scars, "scars", "relief_contrast")?;
    within("scars.relief_contrast", relief, &RELIEF)?;
    let burden = share(&readings.spots, "pigment", "burden")?;
    within("pigment.burden", burden, &BURDEN)?;
    let mut words = format!(
        "relief contrast at {relief:.2} for depth 0.60, pigment burden at {burden:.2} for melanin 0.50"
    );
    if let Some(reference) = reference {
        let worst = largest_difference(&reference.scars, &readings.scars)?
            .max(largest_difference(&reference.spots, &readings.spots)?);
        words.push_str(&format!(", within {:.4} % of the CPU", 100.0 * worst));
    }
    Ok(words)
}

/// A metric after, as a share of before.
fn share(report: &Report, measure: &str, metric: &str) -> Result<f64, String> {
    let found = report.measures.get(measure).and_then(|m| m.metrics.get(metric));
    match found.map(|m| (m.before, m.after)) {
        Some((Some(before), Some(after))) if before > 0.0 => Ok(after / before),
        _ => Err(format!("{measure}.{metric}: expected a value before and after, found none")),
    }
}

fn within(name: &str, found: f64, expected: &std::ops::RangeInclusive<f64>) -> Result<(), String> {
    if expected.contains(&found) {
        return Ok(());
    }
    let (low, high) = (expected.start(), expected.end());
    Err(format!("{name}: expected {low} to {high} of before, found {found:.3}"))
}

/// The largest relative difference between two engines, or the metric that differs too much.
fn largest_difference(cpu: &Report, gpu: &Report) -> Result<f64, String> {
    let mut largest = 0.0f64;
    for (measure, expected) in &cpu.measures {
        for (name, expected) in &expected.metrics {
            let found = gpu.measures.get(measure).and_then(|m| m.metrics.get(name));
            let found = found.map_or([None; 2], |m| [m.before, m.after]);
            for (expected, found) in [expected.before, expected.after].into_iter().zip(found) {
                let difference = match (expected, found) {
                    (None, None) => 0.0,
                    (Some(expected), Some(found)) if (expected - found).abs() <= ROUNDING => 0.0,
                    (Some(expected), Some(found)) => (expected - found).abs() / expected.abs(),
                    _ => f64::INFINITY,
                };
                if difference > AGREEMENT {
                    let told = |value: Option<f64>| value.map_or("nothing".to_owned(), |v| v.to_string());
                    let (expected, found) = (told(expected), told(found));
                    return Err(format!(
                        "{measure}.{name}: expected {expected} as on the CPU, found {found}"
                    ));
                }
                largest = largest.max(difference);
            }
        }
    }
    Ok(largest)
}
