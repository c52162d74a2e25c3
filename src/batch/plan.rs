//! Which photographs make which pair.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::copies::{Copies, copies};
use super::shard::Shard;
use crate::analyzer::{Options, PairFiles};
use crate::share::{ShareKey, photograph};

/// What a folder or a manifest asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// The folder that file names are told against.
    pub root: PathBuf,
    /// Pairs in the order in which they are run and reported.
    pub pairs: Vec<PlannedPair>,
    /// Files and pairs that are left out, sorted.
    pub skipped: Vec<Skipped>,
    /// Photographs that several captures are made of.
    pub copies: Vec<Copies>,
}

/// One pair, and what the manifest says of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PlannedPair {
    /// Name of the pair, and of its folder of results.
    pub name: String,
    /// Its photographs.
    pub files: PairFiles,
    /// Who.
    pub subject: Option<String>,
    /// Which view.
    pub view: Option<String>,
    /// Millimetres per pixel before.
    pub mm_per_px_before: Option<f64>,
    /// Millimetres per pixel after.
    pub mm_per_px_after: Option<f64>,
    /// What to measure.
    pub region: Option<PathBuf>,
    /// Untreated skin.
    pub reference: Option<PathBuf>,
    /// Days between the visits.
    pub days: Option<i32>,
    /// True if both visits come from one fixed set-up of camera and lamps.
    pub light_fixed: Option<bool>,
}

/// What was found and is not measured.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// File, folder or pair, told against [`Plan::root`].
    pub skipped: String,
    /// Why.
    pub reason: String,
    /// Whether it is a pair of which photographs are missing, and not just a file of another kind.
    pub incomplete_pair: bool,
}

impl Plan {
    /// These pairs, with the copies among their photographs.
    pub(crate) fn of(root: &Path, pairs: Vec<PlannedPair>) -> Self {
        Self { root: root.to_owned(), pairs, ..Self::default() }.with_copies()
    }

    /// The plan once its pairs are known: tells the copies among their photographs.
    pub(super) fn with_copies(mut self) -> Self {
        self.copies = copies(&self.pairs, |file| self.told(file));
        self
    }

    /// A plan whose names may be handed on, in the order of their pseudonyms: pairs, files that are left out, copies. What is told
    /// of a subject or a view is up to the analyzer's options ([`Options::share`]).
    #[must_use]
    pub fn shared(mut self, key: &ShareKey) -> Self {
        let pair = |name: &str| key.pseudonym("pair", name);
        for planned in &mut self.pairs {
            planned.name = pair(&planned.name);
        }
        self.pairs.sort_by(|a, b| a.name.cmp(&b.name));
        for place in self.copies.iter_mut().flat_map(|copies| &mut copies.copies) {
            place.pair = pair(&place.pair);
        }
        self.without_files(key)
    }

    /// The plan without names of files.
    #[must_use]
    pub(crate) fn without_files(mut self, key: &ShareKey) -> Self {
        for skipped in &mut self.skipped {
            skipped.skipped = key.pseudonym("skipped", &skipped.skipped);
            // Reasons tell files.
            skipped.reason = match skipped.incomplete_pair {
                true => "a pair of which photographs are missing".to_owned(),
                false => "not a photograph of a pair".to_owned(),
            };
        }
        self.skipped.sort();
        for place in self.copies.iter_mut().flat_map(|copies| &mut copies.copies) {
            place.file = place.visit.to_owned();
        }
        self.copies.sort();
        self
    }

    /// Whether pairs were meant that cannot be compared.
    pub fn has_incomplete_pairs(&self) -> bool {
        self.skipped.iter().any(|s| s.incomplete_pair)
    }

    /// The pairs of one part of several.
    #[must_use]
    pub fn part(mut self, shard: Shard) -> Self {
        self.pairs.retain(|pair| shard.holds(&pair.name));
        self
    }

    /// A path without what leads to the root: results are passed on, and folders may name patients.
    pub fn told(&self, path: &Path) -> String {
        match path.strip_prefix(&self.root) {
            Ok(inside) => inside.display().to_string(),
            Err(_) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        }
    }

    /// The pair as one line of a dry run.
    pub fn line<'a>(&self, pair: &'a PlannedPair) -> PlanLine<'a> {
        let told = |path: &PathBuf| self.told(path);
        PlanLine {
            pair: &pair.name,
            before: told(&pair.files.before),
            after: told(&pair.files.after),
            before_repeats: pair.files.before_repeats.iter().map(told).collect(),
            after_repeats: pair.files.after_repeats.iter().map(told).collect(),
            subject: pair.subject.as_deref(),
            view: pair.view.as_deref(),
            mm_per_px_before: pair.mm_per_px_before,
            mm_per_px_after: pair.mm_per_px_after,
            region: pair.region.as_ref().map(told),
            reference: pair.reference.as_ref().map(told),
            days: pair.days,
            light_fixed: pair.light_fixed,
        }
    }
}

/// A pair as a dry run prints it, its files told against [`Plan::root`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlanLine<'a> {
    /// Name of the pair.
    pub pair: &'a str,
    /// Before.
    pub before: String,
    /// After.
    pub after: String,
    /// Further captures before.
    pub before_repeats: Vec<String>,
    /// Further captures after.
    pub after_repeats: Vec<String>,
    /// Who.
    pub subject: Option<&'a str>,
    /// Which view.
    pub view: Option<&'a str>,
    /// Millimetres per pixel before.
    pub mm_per_px_before: Option<f64>,
    /// Millimetres per pixel after.
    pub mm_per_px_after: Option<f64>,
    /// What to measure.
    pub region: Option<String>,
    /// Untreated skin.
    pub reference: Option<String>,
    /// Days between the visits.
    pub days: Option<i32>,
    /// True if both visits come from one fixed set-up of camera and lamps.
    pub light_fixed: Option<bool>,
}

impl PlannedPair {
    /// What a photograph of the pair is called where its name may not be told.
    pub(super) fn role(&self, file: &Path) -> Option<String> {
        let files = &self.files;
        let of = |visit: &str, first: &PathBuf, further: &[PathBuf]| {
            let place = std::iter::once(first).chain(further).position(|one| one == file)?;
            Some(photograph(visit, place))
        };
        of("before", &files.before, &files.before_repeats)
            .or_else(|| of("after", &files.after, &files.after_repeats))
    }

    /// The options of the whole batch, with what is known of this pair.
    pub fn options(&self, common: &Options) -> Options {
        let mut options = common.clone();
        options.mm_per_px_before = self.mm_per_px_before.or(common.mm_per_px_before);
        options.mm_per_px_after = self.mm_per_px_after.or(common.mm_per_px_after);
        if let Some(region) = &self.region {
            options.region = Some(region.clone());
            options.named_regions.clear();
        }
        options.reference = self.reference.clone().or_else(|| common.reference.clone());
        options.subject = self.subject.clone();
        options.view = self.view.clone();
        options.days = self.days;
        options.light_fixed = self.light_fixed.unwrap_or(common.light_fixed);
        options
    }
}
