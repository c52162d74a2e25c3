//! From the reports of many pairs to a study.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::find::{StudyPair, Unused};
use super::outcome::{Average, Outcome, people};
use crate::calibrate::ItaClass;
use crate::change::holm_adjusted;
use crate::measure;
use crate::report::rounded;

/// What a study calls itself.
pub const STUDY_FORMAT: &str = "dermetric-study-1";

/// What many pairs came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Study {
    /// [`STUDY_FORMAT`].
    pub format: String,
    /// Version of the program that made it.
    pub made_by: String,
    /// Pairs that count.
    pub pairs: usize,
    /// People they are of, as the manifest names them; a pair that names nobody is a person of its own.
    pub people: usize,
    /// All pairs, then those of each site, then those of each color class of the skin.
    pub groups: Vec<StudyGroup>,
    /// Reports that do not count.
    pub unused: Vec<Unused>,
}

/// By what pairs are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Not at all.
    All,
    /// By site, as the manifest names the view.
    Site,
    /// By the color class of the skin before treatment. A color, no phototype.
    Skin,
}

/// Pairs of one site or skin color.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StudyGroup {
    /// By what.
    pub by: By,
    /// Site, or color class; `all` for all.
    pub name: String,
    /// Pairs of the group.
    pub pairs: usize,
    /// People they are of.
    pub people: usize,
    /// Every metric with a change, by measure and name, as `scars.relief_contrast`.
    pub metrics: BTreeMap<String, Outcome>,
}

impl Study {
    /// Sums up what [`read`](super::read) found.
    pub fn of(pairs: &[StudyPair], unused: Vec<Unused>) -> Self {
        let everybody: Vec<&StudyPair> = pairs.iter().collect();
        let groups = members(pairs).iter().map(|(by, name, of)| group(*by, name, of, &everybody)).collect();
        Self {
            format: STUDY_FORMAT.to_owned(),
            made_by: env!("CARGO_PKG_VERSION").to_owned(),
            pairs: pairs.len(),
            people: people(pairs),
            groups,
            unused,
        }
    }

    /// As JSON, with a line end.
    ///
    /// # Panics
    /// Never: it is plain data.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).expect("a study is plain data");
        json.push('\n');
        json
    }

    /// The group of all pairs.
    pub fn all(&self) -> Option<&StudyGroup> {
        self.groups.iter().find(|group| group.by == By::All)
    }
}

impl StudyGroup {
    /// Its name for people.
    pub fn title(&self) -> String {
        match self.by {
            By::All => "All".to_owned(),
            By::Site => self.name.clone(),
            By::Skin => format!("{} skin", self.name.replace('_', " ")),
        }
    }
}

/// The pairs of every group.
pub(super) fn members(pairs: &[StudyPair]) -> Vec<(By, String, Vec<&StudyPair>)> {
    let skin = |pair: &StudyPair| pair.report.circumstances().and_then(|of| of.skin);
    let mut out = vec![(By::All, "all".to_owned(), pairs.iter().collect())];
    let sites: BTreeSet<&String> = pairs.iter().filter_map(|pair| pair.report.view.as_ref()).collect();
    for site in sites {
        let of = pairs.iter().filter(|pair| pair.report.view.as_ref() == Some(site)).collect();
        out.push((By::Site, site.clone(), of));
    }
    let classes: BTreeSet<ItaClass> = pairs.iter().filter_map(skin).collect();
    for class in classes {
        let of = pairs.iter().filter(|pair| skin(pair) == Some(class)).collect();
        out.push((By::Skin, class.name().to_owned(), of));
    }
    out
}

fn group(by: By, name: &str, pairs: &[&StudyPair], everybody: &[&StudyPair]) -> StudyGroup {
    let mut metrics = BTreeMap::new();
    for measure in measure::ALL {
        for definition in measure.metrics {
            let average = Average::of(everybody, measure.name, definition);
            if let Some(outcome) = Outcome::of(pairs, measure.name, definition, average) {
                metrics.insert(format!("{}.{}", measure.name, definition.name), outcome);
            }
        }
    }
    adjust(&mut metrics);
    StudyGroup {
        by,
        name: name.to_owned(),
        pairs: pairs.len(),
        people: people(pairs.iter().copied()),
        metrics,
    }
}

/// Over the primary endpoints, which share one error level.
fn adjust(metrics: &mut BTreeMap<String, Outcome>) {
    let mut primary: Vec<&mut Outcome> = metrics.values_mut().filter(|outcome| outcome.primary).collect();
    let p: Vec<Option<f64>> = primary.iter().map(|outcome| outcome.p).collect();
    for (outcome, adjusted) in primary.iter_mut().zip(holm_adjusted(&p)) {
        outcome.p_adjusted = adjusted.map(rounded);
    }
}
