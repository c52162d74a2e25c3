//! `merge`: one batch of its parts.

use super::args::MergeArguments;
use super::batch::{SummaryLine, exit, json_line};
use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::tables::Wanted;
use super::{output, talk};
use crate::batch::{find, merge as merged};
use crate::share;

/// `merge`.
pub(super) fn merge(arguments: &MergeArguments) -> Result<Exit, Failure> {
    let mut plan = find(&arguments.input, Some(&arguments.out))?;
    let (mut tables, key) = (Wanted::by(&arguments.tables)?, arguments.share.key()?);
    output::check(&arguments.out)?;
    if let Some(key) = &key {
        if !key.is_kept() {
            let line = "merge --share: expected the --share-key of the parts, found none";
            return Err(Failure::new(Exit::Usage, line));
        }
        plan = plan.shared(key);
    }
    for folder in std::iter::once(&arguments.out).chain(&arguments.from) {
        share::claim(folder, key.as_ref())?;
    }
    let progress = Progress::of(plan.pairs.len(), &arguments.talk);
    let mut printed = Ok(());
    let summary = merged(&plan, &arguments.out, &arguments.from, arguments.html, &mut |record| {
        tables.take(record, &arguments.out);
        let line = progress.aside(|| talk::result(&json_line(record)));
        if printed.is_ok() {
            printed = line;
        }
        progress.step("");
    })?;
    progress.finish();
    tables.write(&arguments.out, None)?;
    talk::result(&json_line(&SummaryLine { summary: &summary }))?;
    progress.say(&summary.to_string());
    if summary.engines.len() > 1 {
        let told = |(engine, reports): (&String, &usize)| format!("{reports} by {engine}");
        let engines: Vec<String> = summary.engines.iter().map(told).collect();
        progress.say(&format!("measured {}: the same but for rounding", engines.join(", ")));
    }
    if !summary.not_run.is_empty() {
        progress.error(&format!("dermetric: no result of {}", summary.not_run.join(", ")));
    }
    printed?;
    Ok(exit(&summary, false, &progress))
}
