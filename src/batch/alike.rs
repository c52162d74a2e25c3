//! Whether reports could be of one batch: what one run has for all of its pairs, the parts of a batch must have alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::plan::PlannedPair;
use crate::report::{Report, ScaleSource};

/// Largest share by which one scale that was given differs from report to report: they tell it rounded.
const ROUNDING: f64 = 1e-4;

/// A report that is of another batch than one before it.
#[derive(Debug, thiserror::Error)]
#[error(
    "{}: expected {what} {expected} as in {}, found {found}: compare one of the two again",
    path.display(),
    other.display()
)]
pub struct Unlike {
    /// The report.
    pub path: PathBuf,
    /// The one before it.
    pub other: PathBuf,
    /// In what they differ.
    pub what: &'static str,
    /// What the one before has.
    pub expected: String,
    /// What this one has.
    pub found: String,
}

/// What the reports so far have, and which was the first to tell.
#[derive(Default)]
pub(super) struct Alike {
    told: BTreeMap<&'static str, (String, PathBuf)>,
    scale: Option<(Option<f64>, PathBuf)>,
}

impl Alike {
    /// Refuses a report unlike those before. What it does not tell, it may have like them.
    pub fn check(&mut self, pair: &PlannedPair, path: &Path, report: &Report) -> Result<(), Unlike> {
        let tool = &report.tool;
        let photographs = || report.photos.before.iter().chain(&report.photos.after);
        let jpeg = photographs().find(|photo| photo.chroma_subsampling.is_some());
        let told = [
            ("version", Some(tool.version.clone())),
            ("kernels", Some(tool.kernels_sha256.clone())),
            ("JPEG decoder", jpeg.map(|photo| photo.decoder.clone())),
            ("noise", report.noise_sha256.clone()),
            ("options (light, chart, limits)", report.options_sha256.clone()),
        ];
        for (what, found) in told.into_iter().filter_map(|(what, found)| Some((what, found?))) {
            let (expected, other) = self.told.entry(what).or_insert_with(|| (found.clone(), path.to_owned()));
            if *expected != found {
                let (expected, other) = (short(expected), other.clone());
                return Err(Unlike { path: path.to_owned(), other, what, expected, found: short(&found) });
            }
        }
        self.check_scale(pair, path, report)
    }

    /// A scale that the plan does not tell was given for all pairs, or for none.
    fn check_scale(&mut self, pair: &PlannedPair, path: &Path, report: &Report) -> Result<(), Unlike> {
        let in_plan = pair.mm_per_px_before.or(pair.mm_per_px_after).is_some();
        let Some(scale) = report.scale.as_ref().filter(|_| !in_plan) else { return Ok(()) };
        let found = scale.mm_per_px.filter(|_| scale.source == ScaleSource::Given);
        let (expected, other) = self.scale.get_or_insert_with(|| (found, path.to_owned()));
        let same = match (*expected, found) {
            (Some(expected), Some(found)) => (found / expected - 1.0).abs() < ROUNDING,
            (expected, found) => expected == found,
        };
        if same {
            return Ok(());
        }
        let [expected, found] =
            [*expected, found].map(|mm| mm.map_or("none".to_owned(), |mm| mm.to_string()));
        Err(Unlike { path: path.to_owned(), other: other.clone(), what: "--mm-per-px", expected, found })
    }
}

/// Enough of a hash to tell it from others; words are told whole.
fn short(text: &str) -> String {
    let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.chars().take(if is_hash { 12 } else { usize::MAX }).collect()
}
