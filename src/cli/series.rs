//! `series`: many visits of the same skin.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::SeriesArguments;
use super::batch::{Many, check_common, with_reports};
use super::exit::{Exit, Failure};
use super::paint;
use super::tables::Wanted;
use crate::batch::{PairRecord, forget_page, write_page};
use crate::report::{Report, Status, write_atomically};
use crate::series::{PlannedSeries, SERIES_PAGE, Series, downtime_svg, find, page, trends_svg, words};
use crate::share::ShareKey;

/// `series`.
pub(super) fn series(arguments: &SeriesArguments) -> Result<Exit, Failure> {
    let (root, mut planned) = find(&arguments.manifest)?;
    check_common(&arguments.many.common)?;
    let (mut tables, key) = (Wanted::by(&arguments.tables)?, arguments.share.key()?);
    if let Some(key) = &key {
        planned = PlannedSeries::shared(planned, key);
    }
    let mut plan = PlannedSeries::plan(&root, &planned);
    if let Some(key) = &key {
        plan = plan.without_files(key);
    }
    let mut many = Many::open(&arguments.many, &arguments.out, plan.pairs.len(), key.clone())?;
    many.rest_on(&arguments.noise)?;
    let mut records = BTreeMap::new();
    let ran = many.run(&plan, &mut |record| {
        tables.take(record, &arguments.out);
        records.insert(record.pair.clone(), record.clone());
    });
    // What was compared before an engine failed is worth its curves too.
    let (html, key) = (arguments.many.html, key.as_ref());
    let write = |one| write(one, &arguments.out, &records, &many, html, key);
    let written = planned.iter().try_for_each(write);
    let summary = ran?;
    written?;
    tables.write(&arguments.out, None)?;
    Ok(many.end(&summary))
}

/// Writes one series, and prints it as a line.
fn write(
    planned: &PlannedSeries,
    out: &Path,
    records: &BTreeMap<String, PairRecord>,
    many: &Many<'_>,
    html: bool,
    key: Option<&ShareKey>,
) -> Result<(), Failure> {
    let reports = with_reports(planned.pairs(), records, out);
    let measured = |report: &&Report| report.circumstances().is_some();
    let first = reports.values().filter_map(|(_, report)| report.as_ref()).find(measured);
    let noise =
        first.map_or_else(|| many.analyzer.noise_of(None).0, |report| many.analyzer.noise_behind(report));
    let mut series = Series::of(planned, &reports, &noise);
    if let Some(key) = key {
        series.share(key);
    }
    let folder = out.join(&planned.name);
    if let Some(svg) = downtime_svg(&series) {
        write_atomically(&folder, "downtime.svg", svg.as_bytes())?;
    }
    if let Some(svg) = trends_svg(&series) {
        write_atomically(&folder, "trends.svg", svg.as_bytes())?;
    }
    if html {
        let compared = |(_, report): &(PairRecord, Option<Report>)| {
            report.clone().filter(|report| report.status != Status::Refused)
        };
        let last =
            planned.visits.iter().rev().find_map(|visit| {
                Some((visit.day, reports.get(&planned.pair_name(visit)).and_then(compared)?))
            });
        write_page(&folder, SERIES_PAGE, page(&series, last.as_ref().map(|(day, r)| (*day, r)), &folder))?;
    } else {
        forget_page(&folder, SERIES_PAGE)?;
    }
    write_atomically(&folder, "series.json", series.to_json().as_bytes())?;
    let (title, sentences) = words(&series);
    many.say(&paint::terminal(&std::io::stderr(), false).list(&title, &sentences));
    many.result(&series)
}
