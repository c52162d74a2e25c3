//! `check`: verdicts on photographs, before anything is measured.

use std::io::IsTerminal;
use std::path::Path;

use serde::Serialize;

use super::args::CheckArguments;
use super::exit::{Exit, Failure};
use super::{interrupt, paint, talk};
use crate::analyzer::{AnalyzeError, Analyzer, PairFiles, advice};
use crate::reason::Reason;
use crate::report::{self, Report, Status};

/// `check`.
pub(super) fn check(arguments: &CheckArguments) -> Result<Exit, Failure> {
    interrupt::listen(false);
    if arguments.pair && arguments.photos.len() != 2 {
        let found = arguments.photos.len();
        let line = format!("--pair: expected two photographs, before and after, found {found}");
        return Err(Failure::new(Exit::Usage, line));
    }
    let analyzer = Analyzer::new(&arguments.engine.choice(), arguments.engine.threads)?;
    let options = arguments.options();
    let json = arguments.json || !std::io::stdout().is_terminal();
    let mut refused = false;
    let mut tell = |name: &str, checked: Result<Report, AnalyzeError>| -> Result<(), Failure> {
        match checked {
            Ok(report) => {
                refused |= report.status == Status::Refused;
                talk::result(&match json {
                    true => Line::of(name, &report).json(),
                    false => paint::terminal(&std::io::stdout(), false).check(name, &report),
                })
            }
            // A file that is no photograph does not keep the others from their verdicts.
            Err(AnalyzeError::Photo(error)) => {
                refused = true;
                talk::failure(&AnalyzeError::Photo(error).into());
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    };
    if arguments.pair {
        let pair = PairFiles {
            before: arguments.photos[0].clone(),
            after: arguments.photos[1].clone(),
            ..PairFiles::default()
        };
        let name = format!("{} and {}", name_of(&pair.before), name_of(&pair.after));
        tell(&name, analyzer.check_pair(&pair, &options))?;
    } else {
        for photo in &arguments.photos {
            tell(&name_of(photo), analyzer.check(photo, &options))?;
        }
    }
    Ok(if refused { Exit::Refused } else { Exit::Measured })
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// One verdict.
#[derive(Serialize)]
struct Line<'a> {
    checked: &'a str,
    verdict: Status,
    reasons: Vec<Advised<'a, Reason>>,
    warnings: Vec<Advised<'a, report::Warning>>,
    photos: Vec<&'a report::Photo>,
    scale: &'a Option<report::Scale>,
    color: &'a Option<report::Color>,
    light: &'a Option<report::LightReport>,
    alignment: &'a Option<report::Alignment>,
}

/// A reason or a warning, and what to do about it.
#[derive(Serialize)]
struct Advised<'a, T> {
    #[serde(flatten)]
    what: &'a T,
    advice: Option<&'static str>,
}

impl<'a> Line<'a> {
    fn of(checked: &'a str, report: &'a Report) -> Self {
        let reasons = report.reasons.iter().map(|what| Advised { what, advice: advice(&what.code) });
        let warnings = report.warnings.iter().map(|what| Advised { what, advice: advice(&what.code) });
        Self {
            checked,
            verdict: report.status,
            reasons: reasons.collect(),
            warnings: warnings.collect(),
            photos: report.photos.before.iter().chain(&report.photos.after).collect(),
            scale: &report.scale,
            color: &report.color,
            light: &report.light,
            alignment: &report.alignment,
        }
    }

    fn json(&self) -> String {
        let mut line = serde_json::to_string(self).expect("verdicts are plain data");
        line.push('\n');
        line
    }
}
