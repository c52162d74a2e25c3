//! `compare` and `measure`: one report.

use std::borrow::Borrow;
use std::path::Path;

use serde_json::json;

use super::args::{CompareArguments, EngineArguments, MeasureArguments, MeasuringArguments, OutputArguments};
use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::{interrupt, output, paint, talk};
use crate::analyzer::{AnalyzeError, Analyzer, Outcome, PairFiles};
use crate::batch::write_outcome;
use crate::change::NoiseFile;
use crate::report::{
    DICTIONARY_CSV, METRICS_CSV, Report, Status, dictionary_csv, metrics_csv, summary_table, write_atomically,
};

/// `compare`.
pub(super) fn compare(arguments: &CompareArguments) -> Result<Exit, Failure> {
    let pair = PairFiles {
        before: arguments.before.clone(),
        after: arguments.after.clone(),
        before_repeats: arguments.before_repeat.clone(),
        after_repeats: arguments.after_repeat.clone(),
    };
    check_regions(&arguments.common)?;
    let (options, noise) = (arguments.options(), arguments.noise.load()?);
    let csv = arguments.page.csv;
    report(&arguments.output, csv, &arguments.engine, noise, &Progress::plain(&arguments.talk), |analyzer| {
        match arguments.self_test {
            Some(recaptures) => analyzer.compare_files_and_test(&pair, &options, recaptures),
            None => analyzer.compare(&pair, &options),
        }
    })
}

/// `measure`.
pub(super) fn measure(arguments: &MeasureArguments) -> Result<Exit, Failure> {
    check_regions(&arguments.common)?;
    let options = arguments.options();
    report(&arguments.output, false, &arguments.engine, None, &Progress::plain(&arguments.talk), |analyzer| {
        analyzer.measure(&arguments.photo, &options)
    })
}

/// Refuses `--region` that do not go together.
pub(super) fn check_regions(arguments: &MeasuringArguments) -> Result<(), Failure> {
    arguments.regions().map(|_| ()).map_err(|line| Failure::new(Exit::Usage, line))
}

fn report(
    output: &OutputArguments,
    csv: bool,
    engine: &EngineArguments,
    noise: Option<NoiseFile>,
    progress: &Progress,
    measure: impl Fn(&Analyzer) -> Result<Outcome, AnalyzeError>,
) -> Result<Exit, Failure> {
    interrupt::listen(false);
    if let Some(out) = &output.out {
        output::check(out)?;
    }
    let mut analyzer = Analyzer::new(&engine.choice(), engine.threads)?;
    analyzer.set_noise_file(noise);
    progress.event(&json!({"event": "started", "engine": analyzer.engine().name()}));
    let outcome = measure(&analyzer)?;
    match &output.out {
        Some(out) => {
            write_outcome(out, &outcome)?;
            if csv {
                write_tables(out, std::iter::once(("", &outcome.report)))?;
            }
            tell(&outcome.report, out, progress);
        }
        None => talk::result(&outcome.report.to_json())?,
    }
    progress.event(&json!({"event": "finished", "status": outcome.report.status}));
    if outcome.report.status == Status::Refused {
        progress.error(&format!("dermetric: refused: {}", reasons(&outcome.report)));
        return Ok(Exit::Refused);
    }
    Ok(Exit::Measured)
}

/// Metrics of reports as CSV, and what they are.
pub(super) fn write_tables<N: AsRef<str>, R: Borrow<Report>>(
    out: &Path,
    reports: impl IntoIterator<Item = (N, R)>,
) -> Result<(), Failure> {
    write_atomically(out, METRICS_CSV, metrics_csv(reports).as_bytes())?;
    write_atomically(out, DICTIONARY_CSV, dictionary_csv().as_bytes())?;
    Ok(())
}

fn tell(report: &Report, out: &Path, progress: &Progress) {
    // A refusal is told as an error, quiet or not.
    if report.status != Status::Refused {
        let file = out.join("report.json");
        let table = summary_table(report);
        let table = if paint::shows_colors() { paint::painted(&table) } else { table };
        progress.say(&format!("{table}{}", file.display()));
    }
}

fn reasons(report: &Report) -> String {
    report.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
