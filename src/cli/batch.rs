//! `batch`: many reports.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::Serialize;
use serde_json::json;

use super::args::{BatchArguments, ManyArguments, MeasuringArguments, NoiseArguments, RegionArgument};
use super::exit::{Exit, Failure};
use super::pace::Pace;
use super::progress::Progress;
use super::tables::Wanted;
use super::{interrupt, output, paint, single, talk};
use crate::analyzer::{Analyzer, Options};
use crate::batch::{
    BatchError, Outcome, PairChange, PairRecord, Plan, PlanLine, PlannedPair, RunOptions, Shard, Summary,
    find, read_report, run,
};
use crate::report::pictures::Drawn;
use crate::report::{self, PairOutcome, Report, Status, rounded};
use crate::share::{self, ShareKey};

/// `batch`.
pub(super) fn batch(arguments: &BatchArguments) -> Result<Exit, Failure> {
    let out = arguments.out.as_deref();
    let whole = find(&arguments.input, out)?;
    let mut plan = match arguments.shard {
        Some(shard) => whole.part(shard),
        None => whole,
    };
    check_common(&arguments.many.common)?;
    let mut tables = Wanted::by(&arguments.tables)?;
    let key = arguments.share.key()?;
    let Some(out) = out.filter(|_| !arguments.dry_run) else { return dry_run(&plan, key.as_ref()) };
    if let Some(key) = &key {
        refuse_part_without_key(arguments.shard, key)?;
        plan = plan.shared(key);
    }
    let mut many = Many::open(&arguments.many, out, plan.pairs.len(), key)?;
    many.options.shard = arguments.shard;
    many.rest_on(&arguments.noise)?;
    for skipped in &plan.skipped {
        let line = format!("skipped {}: {}", skipped.skipped, skipped.reason);
        if skipped.incomplete_pair { many.progress.error(&line) } else { many.progress.say(&line) }
    }
    let mut printed = Ok(());
    let summary = many.run(&plan, &mut |record| {
        tables.take(record, out);
        // The reports are worth more than the lines: a full disk behind stdout does not end the batch.
        let line = many.result(record);
        if printed.is_ok() {
            printed = line;
        }
    })?;
    tables.write(out, arguments.shard)?;
    many.result(&SummaryLine { summary: &summary })?;
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
    pub fn open(
        arguments: &ManyArguments,
        out: &'a Path,
        pairs: usize,
        key: Option<ShareKey>,
    ) -> Result<Self, Failure> {
        output::check(out)?;
        share::claim(out, key.as_ref())?;
        let stop = interrupt::listen(true);
        let analyzer = Analyzer::new(&arguments.engine.choice(), arguments.engine.threads)?;
        let progress = Progress::of(pairs, &arguments.talk);
        let drawn = Drawn { sheets: arguments.overlays, page: arguments.html };
        let common = Options { share: key, ..arguments.common.options(drawn) };
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

    /// A result for programs, as one line on stdout. On a terminal with people before it, they have read it in words.
    pub fn result(&self, value: &impl Serialize) -> Result<(), Failure> {
        if self.is_shown() {
            return Ok(());
        }
        self.progress.aside(|| talk::result(&json_line(value)))
    }

    /// True if words stand in place of results for programs.
    pub fn is_shown(&self) -> bool {
        self.progress.is_read() && std::io::stdout().is_terminal()
    }

    /// Lines for people, where there are any.
    pub fn say(&self, text: &str) {
        if self.progress.is_read() {
            self.progress.say(text);
        }
    }

    /// Runs a plan, and tells of its pairs.
    pub fn run(&self, plan: &Plan, each: &mut dyn FnMut(&PairRecord)) -> Result<Summary, BatchError> {
        for copies in &plan.copies {
            self.progress.error(&format!("dermetric: {copies}"));
        }
        let mut pace = Pace::new(plan.pairs.len());
        let ran = run(&self.analyzer, plan, &self.options, &self.stop, &mut |record| {
            pace.step(!record.kept);
            if self.progress.is_read() {
                self.progress.say(&line_of(record));
            } else {
                tell_failed(record, &self.progress);
            }
            each(record);
            let now = Instant::now();
            self.progress.event(&json!({
                "event": "pair", "done": pace.done(), "total": plan.pairs.len(),
                "rate_per_min": pace.per_minute(now).map(rounded),
                "eta_s": pace.left(now).map(|left| left.as_secs_f64().round()),
                "pair": record.pair, "status": record.status,
            }));
            self.progress.step(&pace.told(now));
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
        let report = record.report.as_ref().and_then(|file| read_report(&out.join(file)));
        Some((pair.name, (record, report)))
    };
    pairs.filter_map(with_report).collect()
}

/// A pair as one line for people.
fn line_of(record: &PairRecord) -> String {
    let outcome = match record.status {
        Outcome::Ok => PairOutcome::Compared(Status::Ok),
        Outcome::Limited => PairOutcome::Compared(Status::Limited),
        Outcome::Refused => PairOutcome::Compared(Status::Refused),
        Outcome::Failed => PairOutcome::Failed,
    };
    let change = |(name, change): (&'_ String, &PairChange)| {
        Some(report::PairChange {
            name: name.clone(),
            verdict: change.verdict?,
            change: change.change,
            change_percent: change.change_percent,
        })
    };
    let changes: Vec<report::PairChange> = record.metrics.iter().filter_map(change).collect();
    let terminal = paint::terminal(&std::io::stderr(), false);
    terminal.pair(&record.pair, outcome, &record.reasons, &changes)
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

/// Parts that nobody could make one: their pairs would have other pseudonyms in each.
fn refuse_part_without_key(shard: Option<Shard>, key: &ShareKey) -> Result<(), Failure> {
    if shard.is_none() || key.is_kept() {
        return Ok(());
    }
    let line = "--shard with --share: expected --share-key, the same for every part, found none";
    Err(Failure::new(Exit::Usage, line))
}

/// The pairing as JSON lines, then what is left out. With a key that is kept, each pair's pseudonym stands beside: for whoever has
/// the photographs, and not to be handed on.
fn dry_run(plan: &Plan, key: Option<&ShareKey>) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct Line<'a> {
        #[serde(flatten)]
        pair: PlanLine<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        shared: Option<String>,
    }
    let mut text = String::new();
    for pair in &plan.pairs {
        let shared = key.filter(|key| key.is_kept()).map(|key| key.pseudonym("pair", &pair.name));
        text.push_str(&json_line(&Line { pair: plan.line(pair), shared }));
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
