//! `batch`: many reports.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::json;

use super::args::{BatchArguments, ManyArguments, MeasuringArguments, NoiseArguments, RegionArgument};
use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::{interrupt, output, single, talk};
use crate::analyzer::Analyzer;
use crate::batch::{BatchError, Outcome, PairRecord, Plan, PlannedPair, RunOptions, Summary, find, run};
use crate::report::Report;
use crate::report::pictures::Drawn;

/// `batch`.
pub(super) fn batch(arguments: &BatchArguments) -> Result<Exit, Failure> {
    let out = arguments.out.as_deref();
    let whole = find(&arguments.input, out)?;
    let plan = match arguments.shard {
        Some(shard) => whole.part(shard),
        None => whole,
    };
    check_common(&arguments.many.common)?;
    let Some(out) = out.filter(|_| !arguments.dry_run) else { return dry_run(&plan) };
    let mut many = Many::open(&arguments.many, out, plan.pairs.len())?;
    many.options.shard = arguments.shard;
    many.rest_on(&arguments.noise)?;
    for skipped in &plan.skipped {
        let line = format!("skipped {}: {}", skipped.skipped, skipped.reason);
        if skipped.incomplete_pair { many.progress.error(&line) } else { many.progress.say(&line) }
    }
    let mut printed = Ok(());
    let mut files = Vec::new();
    let summary = many.run(&plan, &mut |record| {
        files.extend(record.report.as_ref().map(|file| (record.pair.clone(), out.join(file))));
        // The reports are worth more than the lines: a full disk behind stdout does not end the batch.
        let line = many.progress.aside(|| talk::result(&json_line(record)));
        if printed.is_ok() {
            printed = line;
        }
    })?;
    if arguments.csv {
        // One report at a time, however many there are.
        single::write_tables(out, files.into_iter().filter_map(|(pair, file)| Some((pair, read(&file)?))))?;
    }
    talk::result(&json_line(&SummaryLine { summary: &summary }))?;
    let exit = many.end(&summary);
    printed?;
    Ok(exit)
}

/// What many pairs are run with.
pub(super) struct Many<'a> {
    pub analyzer: Analyzer,
    progress: Progress,
    options: RunOptions<'a>,
    stop: Arc<AtomicBool>,
}

impl<'a> Many<'a> {
    /// Opens the engine, where results can be written.
    pub fn open(arguments: &ManyArguments, out: &'a Path, pairs: usize) -> Result<Self, Failure> {
        output::check(out)?;
        let stop = interrupt::listen(true);
        let analyzer = Analyzer::new(&arguments.engine.choice(), arguments.engine.threads)?;
        let progress = Progress::of(pairs, &arguments.talk);
        let drawn = Drawn { sheets: arguments.overlays, page: arguments.html };
        let common = arguments.common.options(drawn);
        let options = RunOptions {
            common,
            out,
            jobs: usize::from(arguments.jobs),
            force: arguments.force,
            shard: None,
        };
        Ok(Self { analyzer, progress, options, stop })
    }

    /// Has verdicts rest on a clinic's own noise, where it is given.
    pub fn rest_on(&mut self, noise: &NoiseArguments) -> Result<(), Failure> {
        self.analyzer.set_noise_file(noise.load()?);
        Ok(())
    }

    /// Runs a plan, and tells of its pairs.
    pub fn run(&self, plan: &Plan, each: &mut dyn FnMut(&PairRecord)) -> Result<Summary, BatchError> {
        for copies in &plan.copies {
            self.progress.error(&format!("dermetric: {copies}"));
        }
        let mut done = 0;
        let ran = run(&self.analyzer, plan, &self.options, &self.stop, &mut |record| {
            done += 1;
            tell_failed(record, &self.progress);
            each(record);
            self.progress.event(&json!({
                "event": "pair", "done": done, "total": plan.pairs.len(),
                "pair": record.pair, "status": record.status,
            }));
            self.progress.step();
        });
        self.progress.finish();
        ran
    }

    /// The summary in words, and what it comes to.
    pub fn end(&self, summary: &Summary) -> Exit {
        self.progress.say(&summary.to_string());
        if summary.kept > 0 {
            let kept = summary.kept;
            self.progress.say(&format!("{kept} of them kept from an earlier run; --force measures again"));
        }
        exit(summary, self.stop.load(Ordering::SeqCst), &self.progress)
    }
}

/// Refuses what cannot hold for many pairs, and region files that are not there.
pub(super) fn check_common(common: &MeasuringArguments) -> Result<(), Failure> {
    single::check_regions(common)?;
    if common.beside.iris_px.is_some() {
        let line = "--iris-px: it is of one photograph, found many: give the scale in a manifest";
        return Err(Failure::new(Exit::Usage, line.to_owned()));
    }
    let regions = common.region.iter().map(RegionArgument::file);
    for file in regions.chain(&common.reference) {
        if !file.is_file() {
            let line = format!("{}: expected a region file, found no such file", file.display());
            return Err(Failure::new(Exit::Configuration, line));
        }
    }
    Ok(())
}

/// The records of pairs that were run, with the reports that were written just now.
pub(super) fn with_reports(
    pairs: impl Iterator<Item = PlannedPair>,
    records: &BTreeMap<String, PairRecord>,
    out: &Path,
) -> BTreeMap<String, (PairRecord, Option<Report>)> {
    let with_report = |pair: PlannedPair| {
        let record = records.get(&pair.name)?.clone();
        let report = record.report.as_ref().and_then(|file| read(&out.join(file)));
        Some((pair.name, (record, report)))
    };
    pairs.filter_map(with_report).collect()
}

/// A report.
fn read(file: &Path) -> Option<Report> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// Tells on stderr of a pair that was not compared.
fn tell_failed(record: &PairRecord, progress: &Progress) {
    if matches!(record.status, Outcome::Failed | Outcome::Refused) {
        let word = if record.status == Outcome::Failed { "failed" } else { "refused" };
        let reasons: Vec<String> = record.reasons.iter().map(ToString::to_string).collect();
        progress.error(&format!("dermetric: {} {word}: {}", record.pair, reasons.join("; ")));
    }
}

/// The last line of a batch.
#[derive(Serialize)]
pub(super) struct SummaryLine<'a> {
    pub summary: &'a Summary,
}

pub(super) fn json_line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("results are plain data");
    line.push('\n');
    line
}

pub(super) fn exit(summary: &Summary, interrupted: bool, progress: &Progress) -> Exit {
    if interrupted && !summary.not_run.is_empty() {
        progress.error(&format!(
            "dermetric: interrupted; {} of {} pairs are left: {}",
            summary.not_run.len(),
            summary.pairs,
            summary.not_run.join(", ")
        ));
    }
    match (interrupted, summary.all_measured()) {
        (true, _) => Exit::Interrupted,
        (false, true) => Exit::Measured,
        (false, false) => Exit::Refused,
    }
}

/// The pairing as JSON lines, then what is left out.
fn dry_run(plan: &Plan) -> Result<Exit, Failure> {
    let mut text = String::new();
    for pair in &plan.pairs {
        text.push_str(&json_line(&plan.line(pair)));
    }
    for skipped in &plan.skipped {
        text.push_str(&json_line(skipped));
    }
    for copies in &plan.copies {
        text.push_str(&json_line(copies));
    }
    talk::result(&text)?;
    Ok(if plan.has_incomplete_pairs() { Exit::Refused } else { Exit::Measured })
}
