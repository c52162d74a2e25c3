//! `study`: many reports together.

use super::args::StudyArguments;
use super::exit::{Exit, Failure};
use super::{output, talk};
use crate::report::write_atomically;
use crate::study::{Study, csv, forest_svg, page, read};

/// `study`.
pub(super) fn study(arguments: &StudyArguments) -> Result<Exit, Failure> {
    if let Some(out) = &arguments.out {
        output::check(out)?;
    }
    let (pairs, unused) = read(&arguments.reports)?;
    let study = Study::of(&pairs, unused);
    match &arguments.out {
        None => talk::result(&study.to_json())?,
        Some(out) => {
            let html = page(&study, &pairs)
                .map_err(|e| Failure::new(Exit::Output, format!("study.html: cannot be made: {e}")))?;
            write_atomically(out, "study.csv", csv(&study).as_bytes())?;
            if let Some(svg) = forest_svg(&study, &pairs) {
                write_atomically(out, "forest.svg", svg.as_bytes())?;
            }
            write_atomically(out, "study.html", html.as_bytes())?;
            write_atomically(out, "study.json", study.to_json().as_bytes())?;
        }
    }
    for unused in &study.unused {
        talk::line(&format!("not counted: {}: {}", unused.pair, unused.reason));
    }
    talk::line(&format!(
        "{} pairs of {} people; {} not counted",
        study.pairs,
        study.people,
        study.unused.len()
    ));
    // What is rightly left out is no failure; what should have been readable is.
    let failed =
        study.pairs == 0 || study.unused.iter().any(|unused| unused.reason.code == "unreadable_report");
    Ok(if failed { Exit::Refused } else { Exit::Measured })
}
