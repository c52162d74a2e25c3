//! `compare` and `measure`: one report.

use std::path::Path;

use serde_json::json;

use super::args::{CompareArguments, EngineArguments, MeasureArguments, MeasuringArguments, OutputArguments};
use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::tables::Wanted;
use super::{interrupt, output, paint, talk};
use crate::analyzer::{AnalyzeError, Analyzer, Options, Outcome, PairFiles};
use crate::batch::write_outcome;
use crate::change::NoiseFile;
use crate::report::{Report, Status, summary_table};
use crate::share;

/// `compare`.
pub(super) fn compare(arguments: &CompareArguments) -> Result<Exit, Failure> {
    let pair = PairFiles {
        before: arguments.before.clone(),
        after: arguments.after.clone(),
        before_repeats: arguments.before_repeat.clone(),
        after_repeats: arguments.after_repeat.clone(),
    };
    check_regions(&arguments.common)?;
    let (mut options, noise) = (arguments.options(), arguments.noise.load()?);
    options.share = arguments.share.key()?;
    claim(&arguments.output, &options)?;
    let tables = Some(Wanted::by(&arguments.tables)?);
    report(
        &arguments.output,
        tables,
        &arguments.engine,
        noise,
        &Progress::plain(&arguments.talk),
        |analyzer| match arguments.self_test {
            Some(recaptures) => analyzer.compare_files_and_test(&pair, &options, recaptures),
            None => analyzer.compare(&pair, &options),
        },
    )
}

/// `measure`.
pub(super) fn measure(arguments: &MeasureArguments) -> Result<Exit, Failure> {
    check_regions(&arguments.common)?;
    let mut options = arguments.options();
    options.share = arguments.share.key()?;
    claim(&arguments.output, &options)?;
    report(&arguments.output, None, &arguments.engine, None, &Progress::plain(&arguments.talk), |analyzer| {
        analyzer.measure(&arguments.photo, &options)
    })
}

/// Refuses `--region` that do not go together.
pub(super) fn check_regions(arguments: &MeasuringArguments) -> Result<(), Failure> {
    arguments.regions().map(|_| ()).map_err(|line| Failure::new(Exit::Usage, line))
}

/// Takes the folder of results for what may be handed on, or for what may not.
fn claim(output: &OutputArguments, options: &Options) -> Result<(), Failure> {
    let Some(out) = &output.out else { return Ok(()) };
    output::check(out)?;
    Ok(share::claim(out, options.share.as_ref())?)
}

fn report(
    output: &OutputArguments,
    tables: Option<Wanted>,
    engine: &EngineArguments,
    noise: Option<NoiseFile>,
    progress: &Progress,
    measure: impl Fn(&Analyzer) -> Result<Outcome, AnalyzeError>,
) -> Result<Exit, Failure> {
    interrupt::listen(false);
    let mut analyzer = Analyzer::new(&engine.choice(), engine.threads)?;
    analyzer.set_noise_file(noise);
    progress.event(&json!({"event": "started", "engine": analyzer.engine().name()}));
    let outcome = measure(&analyzer)?;
    match &output.out {
        Some(out) => {
            write_outcome(out, &outcome)?;
            if let Some(tables) = tables {
                tables.write_one(out, outcome.report.clone())?;
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

fn tell(report: &Report, out: &Path, progress: &Progress) {
    // A refusal is told as an error, quiet or not.
    if report.status != Status::Refused {
        // A folder may name a patient.
        let file = if report.shared { "report.json".into() } else { out.join("report.json") };
        let table = summary_table(report);
        let table = if paint::shows_colors() { paint::painted(&table) } else { table };
        progress.say(&format!("{table}{}", file.display()));
    }
}

fn reasons(report: &Report) -> String {
    report.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
