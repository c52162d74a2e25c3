//! `doctor`: which engines there are, and whether each measures the phantom rightly.

use super::args::{DoctorArguments, EngineArgument};
use super::exit::{Exit, Failure};
use super::self_test::{Readings, Subjects};
use super::talk;
use crate::engine::gpu::adapters;
use crate::engine::{AdapterSummary, EngineChoice, EngineError};

/// `doctor`.
pub(super) fn doctor(arguments: &DoctorArguments) -> Result<Exit, Failure> {
    let adapters = gpu_list(arguments)?;
    let threads = arguments.engine.threads;
    for adapter in &adapters {
        talk::result(&format!("{}\n", describe(adapter)))?;
    }
    let subjects = Subjects::render()?;
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
    let judged = Readings::of(choice, threads, subjects).and_then(|readings| {
        let words = readings.judge(reference)?;
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
