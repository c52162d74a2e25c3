//! The reports below a folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::analyzer::SAME_PHOTOGRAPH;
use crate::reason::Reason;
use crate::report::{Report, Status};

/// What a report is called, wherever a batch or a series puts it.
const REPORT: &str = "report.json";

/// One pair that is counted.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyPair {
    /// Folder of its report, told against that of the study.
    pub pair: String,
    /// Its report.
    pub report: Report,
}

/// A report that was found and is not counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unused {
    /// Folder of the report, told against that of the study.
    pub pair: String,
    /// Why: `refused`, `unreadable_report`, `no_pair`, `same_photograph`, `counted_already`, `later_visit_counts`,
    /// `other_definition`.
    pub reason: Reason,
}

/// Why there is no study.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The folder, or one in it, cannot be read.
    #[error("{}: expected a folder of reports, found: {source}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It holds no report.
    #[error("{}: expected reports of pairs ({REPORT} at any depth), found none", path.display())]
    NoReports {
        /// The folder.
        path: PathBuf,
    },
}

/// Every pair below a folder that is measured, in the order of their names, and what is left out: refused pairs, single
/// photographs, a photograph against itself, reports of other metric definitions, a pair that is reported twice, and earlier visits where the days of a person's visits are told.
///
/// # Errors
/// [`StudyError`]
pub fn read(folder: &Path) -> Result<(Vec<StudyPair>, Vec<Unused>), StudyError> {
    let mut files = Vec::new();
    find(folder, &mut files)?;
    if files.is_empty() {
        return Err(StudyError::NoReports { path: folder.to_owned() });
    }
    files.sort();
    let (mut pairs, mut unused, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for file in files {
        let pair = name(folder, &file);
        match measured(&file) {
            Ok(report) if !seen.insert(what_it_is_of(&report)) => {
                let message = "a pair of the same photographs, region and reference is counted already";
                unused.push(Unused { pair, reason: Reason::new("counted_already", message) });
            }
            Ok(report) => pairs.push(StudyPair { pair, report: without_details(report) }),
            Err(reason) => unused.push(Unused { pair, reason }),
        }
    }
    let mut last = BTreeMap::new();
    for visit in pairs.iter().filter_map(|pair| visit(&pair.report)) {
        let day = last.entry((visit.subject.to_owned(), visit.site.map(str::to_owned))).or_insert(visit.day);
        *day = visit.day.max(*day);
    }
    let is_last = |pair: &StudyPair| {
        visit(&pair.report).is_none_or(|visit| {
            last.get(&(visit.subject.to_owned(), visit.site.map(str::to_owned))) == Some(&visit.day)
        })
    };
    let (pairs, earlier): (Vec<_>, Vec<_>) = pairs.into_iter().partition(is_last);
    unused.extend(earlier.into_iter().map(|StudyPair { pair, .. }| {
        let message = "a later visit of the same person at the same site counts instead";
        Unused { pair, reason: Reason::new("later_visit_counts", message) }
    }));
    Ok((pairs, unused))
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), StudyError> {
    let failed = |source| StudyError::Folder { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        // Links are not followed: they may lead in circles.
        if kind.is_dir() {
            find(&entry.path(), files)?;
        } else if kind.is_file() && entry.file_name() == REPORT {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// With `/` on every system: it stands in reports.
fn name(folder: &Path, file: &Path) -> String {
    let below = file.parent().and_then(|parent| parent.strip_prefix(folder).ok()).unwrap_or(Path::new(""));
    let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

/// The report of a pair that was compared.
fn measured(file: &Path) -> Result<Report, Reason> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Reason::new("unreadable_report", format!("{REPORT} is no report of this version: {error}"))
    };
    let bytes = std::fs::read(file).map_err(|e| unreadable(&e))?;
    let report: Report = serde_json::from_slice(&bytes).map_err(|e| unreadable(&e))?;
    if report.photos.after.is_empty() {
        return Err(Reason::new("no_pair", "one photograph alone has no change"));
    }
    if report.status == Status::Refused {
        let reasons: Vec<String> = report.reasons.iter().map(ToString::to_string).collect();
        return Err(Reason::new("refused", reasons.join("; ")));
    }
    if let Some(same) = report.reasons.iter().find(|reason| reason.code == SAME_PHOTOGRAPH) {
        return Err(same.clone());
    }
    if let Some(other) = report.other_definition() {
        return Err(other);
    }
    Ok(report)
}

/// The photographs, and which skin on them.
fn what_it_is_of(report: &Report) -> String {
    let photographs =
        report.photos.before.iter().chain(&report.photos.after).map(|photo| photo.sha256.as_str());
    let photographs: Vec<&str> = photographs.collect();
    format!("{photographs:?} {:?} {:?}", report.view, report.region)
}

/// A study may hold tens of thousands: what it does not sum up is not kept.
fn without_details(mut report: Report) -> Report {
    report.lesions.clear();
    report.regions.clear();
    report.scales.clear();
    report.control = None;
    report
}

/// The second visit of a pair, where it is told whose and when.
struct SecondVisit<'a> {
    subject: &'a str,
    site: Option<&'a str>,
    day: i32,
}

fn visit(report: &Report) -> Option<SecondVisit<'_>> {
    Some(SecondVisit {
        subject: report.subject.as_deref()?,
        site: report.view.as_deref(),
        day: report.visit.after_day?,
    })
}
