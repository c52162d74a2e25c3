//! `compare` and `measure`: one report.

use std::io::IsTerminal;
use std::path::Path;

use serde_json::json;

use super::args::{
    CompareArguments, EngineArguments, MeasureArguments, MeasuringArguments, OutputArguments, ShownArguments,
};
use super::exit::{Exit, Failure};
use super::progress::Progress;
use super::tables::Wanted;
use super::{interrupt, output, paint, talk};
use crate::analyzer::{AnalyzeError, Analyzer, Options, Outcome, PairFiles};
use crate::batch::write_outcome;
use crate::change::NoiseFile;
use crate::report::{PAGE, Report, Status};
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
        (&arguments.output, arguments.shown),
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
    report(
        (&arguments.output, arguments.shown),
        None,
        &arguments.engine,
        None,
        &Progress::plain(&arguments.talk),
        |analyzer| analyzer.measure(&arguments.photo, &options),
    )
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
    (output, shown): (&OutputArguments, ShownArguments),
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
        }
        None => talk::result(&outcome.report.to_json())?,
    }
    tell(&outcome.report, output.out.as_deref(), shown, progress);
    progress.event(&json!({"event": "finished", "status": outcome.report.status}));
    if outcome.report.status == Status::Refused {
        return Ok(Exit::Refused);
    }
    Ok(Exit::Measured)
}

/// The report in words on stderr, then where its files lie. Without files the report itself is on stdout: words stand beside it
/// only where they do not mix.
fn tell(report: &Report, out: Option<&Path>, shown: ShownArguments, progress: &Progress) {
    let is_read = progress.is_read() && (out.is_some() || !std::io::stdout().is_terminal());
    let is_refused = report.status == Status::Refused;
    if is_refused && !is_read {
        // A refusal is an error, quiet or not, and one line where programs read it.
        progress.error(&format!("dermetric: refused: {}", reasons(report)));
    } else if is_read || out.is_some() {
        let terminal = paint::terminal(&std::io::stderr(), shown.all);
        progress.say(&format!("{}\n{}", terminal.report(report), files(report, out)));
    }
}

/// Places of report and page.
fn files(report: &Report, out: Option<&Path>) -> String {
    let Some(out) = out else { return String::new() };
    // A folder may name a patient.
    let shown =
        |name: &str| if report.shared { name.to_owned() } else { out.join(name).display().to_string() };
    let page = if out.join(PAGE).is_file() { format!("\nPage:   {}", shown(PAGE)) } else { String::new() };
    format!("Report: {}{page}", shown("report.json"))
}

fn reasons(report: &Report) -> String {
    report.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
