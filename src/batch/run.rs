//! Runs a plan: some pairs at once, results in the order of the plan.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use super::log::Log;
use super::memory::Memory;
use super::plan::{Plan, PlannedPair};
use super::record::{PairRecord, Summary, code};
use super::shard::Shard;
use super::write::{INDEX, REPORT, SUMMARY, forget, read_report, write_index, write_outcome, write_summary};
use crate::analyzer::{AnalyzeError, Analyzer, Options};
use crate::engine::EngineError;
use crate::reason::Reason;
use crate::report::OutputError;

/// How a plan is run.
#[derive(Debug, Clone)]
pub struct RunOptions<'a> {
    /// What holds for every pair of which the plan says nothing else.
    pub common: Options,
    /// The folder of results.
    pub out: &'a Path,
    /// Pairs in flight at once, at least 1, and as many as fit the memory that there may be.
    pub jobs: usize,
    /// Whether pairs are measured again that have a report of the same inputs.
    pub force: bool,
    /// Which part of a batch it is: log and summary are named by it. The plan holds its pairs only ([`Plan::part`]).
    pub shard: Option<Shard>,
}

impl RunOptions<'_> {
    /// A file of the folder of results, by its part.
    fn file(&self, stem: &str, whole: &str, ending: &str) -> String {
        self.shard.map_or_else(|| whole.to_owned(), |shard| format!("{stem}-{shard}.{ending}"))
    }
}

/// Why a batch ended early. What was finished lies in the folder of results.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// Results cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The engine failed twice at the same pair.
    #[error("pair \"{pair}\": {source}; {} pairs are left", summary.not_run.len())]
    Engine {
        /// The pair in flight.
        pair: String,
        /// What happened.
        source: EngineError,
        /// What was done until then.
        summary: Box<Summary>,
    },
}

/// What one pair came to.
enum Ended {
    Recorded(PairRecord),
    /// There was a report of the same inputs.
    Kept(PairRecord),
    /// The engine is not to be relied on: the batch ends.
    Engine(PairRecord, EngineError),
    Output(OutputError),
}

/// Compares the pairs of `plan` and writes their reports. `each` hears of every pair in the order of
/// the plan, however many are in flight. After `stop` is set, pairs in flight are finished and no
/// other is begun.
///
/// # Errors
/// [`BatchError`] where nothing further can be done. A pair that fails alone is a record.
pub fn run(
    analyzer: &Analyzer,
    plan: &Plan,
    options: &RunOptions<'_>,
    stop: &AtomicBool,
    each: &mut dyn FnMut(&PairRecord),
) -> Result<Summary, BatchError> {
    let mut log = Log::open(options.out, &options.file("run", "run.jsonl", "jsonl"))?;
    let mut summary = Summary::of(plan);
    let mut records = Vec::new();
    let mut failure = None;
    // Set where the batch ends by itself; the caller's flag is the caller's.
    let ended = AtomicBool::new(false);
    let halted = || stop.load(Ordering::SeqCst) || ended.load(Ordering::SeqCst);
    let next = AtomicUsize::new(0);
    let memory = Memory::new(options.common.max_memory_bytes);
    std::thread::scope(|scope| {
        let (done, finished) = mpsc::channel();
        for _ in 0..options.jobs.clamp(1, plan.pairs.len().max(1)) {
            let (done, next, halted, memory) = (done.clone(), &next, &halted, &memory);
            scope.spawn(move || {
                while !halted() {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let Some(pair) = plan.pairs.get(index) else { break };
                    if done.send((index, run_pair(analyzer, plan, pair, options, memory))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        // What is finished before its turn waits here; reports are on disk by then.
        let mut waiting = BTreeMap::new();
        for (index, result) in finished {
            if !matches!(result, Ended::Recorded(_) | Ended::Kept(_)) {
                ended.store(true, Ordering::SeqCst);
            }
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(&records.len()) {
                let kept = matches!(result, Ended::Kept(_));
                let record = match result {
                    Ended::Recorded(record) | Ended::Kept(record) => record,
                    Ended::Engine(record, source) => {
                        failure.get_or_insert(Failure::Engine(record.pair.clone(), source));
                        record
                    }
                    Ended::Output(error) => {
                        failure = Some(Failure::Output(error));
                        return;
                    }
                };
                summary.kept += usize::from(kept);
                // The log of the run that measured it tells of it.
                if let Err(error) = if kept { Ok(()) } else { log.append(&record) } {
                    ended.store(true, Ordering::SeqCst);
                    failure = Some(Failure::Output(error));
                    return;
                }
                each(&record);
                summary.count(&record);
                records.push(record);
            }
        }
    });
    summary.not_run = plan.pairs[records.len()..].iter().map(|pair| pair.name.clone()).collect();
    match failure {
        Some(Failure::Output(error)) => Err(error.into()),
        failed => {
            let name = options.file("summary", SUMMARY, "json");
            write_summary(options.out, &name, &summary, &records)?;
            let name = options.file("index", INDEX, "html");
            let wanted = options.common.pictures && options.common.drawn.page;
            write_index(options.out, &name, &summary, &records, wanted)?;
            match failed {
                Some(Failure::Engine(pair, source)) => {
                    Err(BatchError::Engine { pair, source, summary: Box::new(summary) })
                }
                _ => Ok(summary),
            }
        }
    }
}

/// Why the loop ended early.
enum Failure {
    Engine(String, EngineError),
    Output(OutputError),
}

fn run_pair(
    analyzer: &Analyzer,
    plan: &Plan,
    pair: &PlannedPair,
    options: &RunOptions<'_>,
    memory: &Memory,
) -> Ended {
    let folder = options.out.join(&pair.name);
    let wanted = pair.options(&options.common);
    if !options.force
        && let Some(record) = kept(analyzer, pair, &wanted, &folder)
    {
        return Ended::Kept(record);
    }
    if let Err(error) = forget(&folder) {
        return Ended::Output(error);
    }
    // Held until its report is written.
    let _share = memory.take(analyzer.memory_needed(&pair.files).unwrap_or(0));
    match catch_unwind(AssertUnwindSafe(|| analyzer.compare(&pair.files, &wanted))) {
        Ok(Ok(outcome)) => match write_outcome(&folder, &outcome) {
            Ok(()) => Ended::Recorded(PairRecord::of_report(&pair.name, &outcome.report)),
            Err(error) => Ended::Output(error),
        },
        Ok(Err(error)) => {
            let (subject, view) = (pair.subject.as_deref(), pair.view.as_deref());
            let (message, subject, view) = match &wanted.share {
                Some(key) => {
                    let keyed =
                        (subject.map(|subject| key.subject(subject)), view.map(|view| key.view(view)));
                    (without_names(&error, pair), keyed.0, keyed.1)
                }
                None => {
                    let message = without_folders(&error.to_string(), plan, pair, &wanted);
                    (message, subject.map(str::to_owned), view.map(str::to_owned))
                }
            };
            let reason = Reason::new(code(&error), message);
            let record = PairRecord { subject, view, ..PairRecord::of_failure(&pair.name, reason) };
            match error {
                AnalyzeError::Engine(error) if ends_the_batch(&error) => Ended::Engine(record, error),
                _ => Ended::Recorded(record),
            }
        }
        Err(_) => {
            let reason =
                Reason::new("internal_error", "the program stumbled over this pair; please report it");
            Ended::Recorded(PairRecord::of_failure(&pair.name, reason))
        }
    }
}

/// The record of a pair whose report of an earlier run follows from the same inputs; its pictures were written before it.
fn kept(analyzer: &Analyzer, pair: &PlannedPair, wanted: &Options, folder: &Path) -> Option<PairRecord> {
    let report = read_report(&folder.join(REPORT))?;
    let inputs = report.inputs_sha256.as_ref()?;
    let same = *inputs == analyzer.inputs_sha256(&pair.files, wanted)?;
    same.then(|| PairRecord { kept: true, ..PairRecord::of_report(&pair.name, &report) })
}

/// Whether the next pair would fail like this one. A photograph too large for a device is its own
/// pair's trouble.
fn ends_the_batch(error: &EngineError) -> bool {
    !matches!(error, EngineError::TooLarge { .. })
}

/// A message without what a file says of itself: its code tells what is wrong, its role where.
fn without_names(error: &AnalyzeError, pair: &PlannedPair) -> String {
    let text = error.to_string();
    let told = |file: &&PathBuf| text.starts_with(&file.display().to_string());
    // Of names that begin alike the longest.
    let file = pair.files.photographs().filter(told).max_by_key(|file| file.as_os_str().len());
    let what = match error {
        AnalyzeError::Photo(_) => {
            file.and_then(|file| pair.role(file)).unwrap_or_else(|| "a photograph".to_owned())
        }
        AnalyzeError::Selection(_) | AnalyzeError::MixedRegions { .. } => "a region".to_owned(),
        _ => "the pair".to_owned(),
    };
    format!("{what}: cannot be used; the run that is not shared tells why")
}

/// A message with the names of files but not the folders that lead to them: results are passed on.
fn without_folders(message: &str, plan: &Plan, pair: &PlannedPair, options: &Options) -> String {
    let named = options.named_regions.iter().map(|region| &region.file);
    let regions = [&options.region, &options.reference].into_iter().flatten().chain(named);
    pair.files
        .photographs()
        .chain(regions)
        .fold(message.to_owned(), |text, file| text.replace(&file.display().to_string(), &plan.told(file)))
}
