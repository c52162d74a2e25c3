//! `series`: many visits of the same skin.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::args::SeriesArguments;
use super::batch::{check_common, exit, json_line, tell_failed};
use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::{interrupt, output, talk};
use crate::analyzer::Analyzer;
use crate::batch::{PairRecord, RunOptions, run};
use crate::report::{Report, write_atomically};
use crate::series::{PlannedSeries, Series, downtime_svg, find};

/// `series`.
pub(super) fn series(arguments: &SeriesArguments) -> Result<Exit, Failure> {
    let (root, planned) = find(&arguments.manifest)?;
    check_common(&arguments.common)?;
    output::check(&arguments.out)?;
    let plan = PlannedSeries::plan(&root, &planned);
    let stop = interrupt::listen(true);
    let analyzer = Analyzer::new(&arguments.engine.choice(), arguments.engine.threads)?;
    let progress = Progress::of(plan.pairs.len(), &arguments.talk);
    let options = RunOptions {
        common: arguments.common.options(arguments.overlays),
        out: &arguments.out,
        jobs: usize::from(arguments.jobs),
    };
    let mut records = BTreeMap::new();
    let ran = run(&analyzer, &plan, &options, &stop, &mut |record| {
        tell_failed(record, &progress);
        records.insert(record.pair.clone(), record.clone());
        progress.event(&json!({
            "event": "pair", "done": records.len(), "total": plan.pairs.len(),
            "pair": record.pair, "status": record.status,
        }));
        progress.step();
    });
    progress.finish();
    // What was compared before an engine failed is worth its curves too.
    let written = planned.iter().try_for_each(|one| write(one, &arguments.out, &records, &analyzer));
    let summary = ran?;
    written?;
    progress.say(&summary.to_string());
    Ok(exit(&summary, stop.load(Ordering::SeqCst), &progress))
}

/// Writes one series, and prints it as a line.
fn write(
    planned: &PlannedSeries,
    out: &Path,
    records: &BTreeMap<String, PairRecord>,
    analyzer: &Analyzer,
) -> Result<(), Failure> {
    let reports: BTreeMap<_, _> = planned
        .pairs()
        .filter_map(|pair| {
            let record = records.get(&pair.name)?.clone();
            let report = record.report.as_ref().and_then(|file| read(&out.join(file)));
            Some((pair.name, (record, report)))
        })
        .collect();
    let series = Series::of(planned, &reports, analyzer.noise());
    let folder = out.join(&planned.name);
    if let Some(svg) = downtime_svg(&series) {
        write_atomically(&folder, "downtime.svg", svg.as_bytes())?;
    }
    write_atomically(&folder, "series.json", series.to_json().as_bytes())?;
    talk::result(&json_line(&series))
}

/// A report that was written just now.
fn read(file: &Path) -> Option<Report> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}
