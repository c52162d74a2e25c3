//! `series`: many visits of the same skin.

use std::collections::BTreeMap;
use std::path::Path;

use super::args::SeriesArguments;
use super::batch::{Many, check_common, json_line, with_reports};
use super::exit::{Exit, Failure};
use super::talk;
use crate::analyzer::Analyzer;
use crate::batch::{PairRecord, forget_page, write_page};
use crate::report::{Report, Status, write_atomically};
use crate::series::{PlannedSeries, SERIES_PAGE, Series, downtime_svg, find, page, trends_svg};

/// `series`.
pub(super) fn series(arguments: &SeriesArguments) -> Result<Exit, Failure> {
    let (root, planned) = find(&arguments.manifest)?;
    check_common(&arguments.many.common)?;
    let plan = PlannedSeries::plan(&root, &planned);
    let mut many = Many::open(&arguments.many, &arguments.out, plan.pairs.len())?;
    many.rest_on(&arguments.noise)?;
    let mut records = BTreeMap::new();
    let ran = many.run(&plan, &mut |record| {
        records.insert(record.pair.clone(), record.clone());
    });
    // What was compared before an engine failed is worth its curves too.
    let html = arguments.many.html;
    let written =
        planned.iter().try_for_each(|one| write(one, &arguments.out, &records, &many.analyzer, html));
    let summary = ran?;
    written?;
    Ok(many.end(&summary))
}

/// Writes one series, and prints it as a line.
fn write(
    planned: &PlannedSeries,
    out: &Path,
    records: &BTreeMap<String, PairRecord>,
    analyzer: &Analyzer,
    html: bool,
) -> Result<(), Failure> {
    let reports = with_reports(planned.pairs(), records, out);
    let circumstances = reports.values().find_map(|(_, report)| report.as_ref()?.circumstances());
    let (noise, _) = analyzer.noise_of(circumstances.as_ref());
    let series = Series::of(planned, &reports, &noise);
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
    talk::result(&json_line(&series))
}
