//! The library's face: photographs in, a [`crate::report::Report`] out.
//!
//! An [`Analyzer`] is built once and used from many threads. The way of a pair through the folder:
//! `capture` (a photograph, where its skin is, and what lies `beside`) → `registration` (which skin is where) →
//! `grid` (one scale, one mask, one sharpness, one color, and true heights by `relief`) → `visit` (the measures) → `compose`
//! (the report) and `drawing` (its pictures). Each stage is a `tracing` span at level debug:
//! `--profile` sums them up.

mod absolute;
mod beside;
mod capture;
mod check;
mod color;
mod compose;
mod drawing;
mod engine;
mod error;
mod followed;
mod grid;
mod inputs;
mod lacks;
mod landmarks;
mod light;
mod memory;
mod options;
mod parts;
mod quality;
mod registration;
mod relief;
mod same;
mod sampling;
mod self_test;
mod shape;
mod stop;
mod stretch;
mod veil;
mod visit;

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use tracing::debug_span;

pub use crate::advice::advice;
pub use error::AnalyzeError;
pub use landmarks::LandmarkError;
pub use options::{Light, Options, PairFiles};
pub(crate) use same::SAME_PHOTOGRAPH;

use self::capture::Capture;
use self::compose::Composer;
use self::engine::Standing;
use self::veil::Veil;
use crate::change::{Circumstances, NoiseFile, NoiseSource, NoiseTable};
use crate::engine::{Engine, EngineChoice};
use crate::photo::{Decoder, Photo};
use crate::reason::Reason;
use crate::report::Report;
use crate::report::pictures::Picture;

/// A report, and its pictures where they were asked for.
#[derive(Debug)]
pub struct Outcome {
    /// The report. Refused ones carry reasons and no measures.
    pub report: Report,
    /// Pictures beside it.
    pub pictures: Vec<Picture>,
}

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// To the verdict on the photographs.
    Gate,
    /// To the measures.
    Measures,
}

/// Measures photographs and compares pairs.
#[derive(Debug)]
pub struct Analyzer {
    engine: Standing,
    /// Finds where things are. Always the CPU, whatever measures: a hair's difference between two
    /// engines could choose another registration, and with it other skin.
    finder: Engine,
    noise: NoiseTable,
    /// A clinic's own noise, which rules where it speaks for a pair.
    own_noise: Option<NoiseFile>,
}

impl Analyzer {
    /// An analyzer on the engine asked for, with `threads` CPU threads (0: one for each core).
    ///
    /// # Errors
    /// [`AnalyzeError::Engine`] where the engine is not there.
    pub fn new(choice: &EngineChoice, threads: usize) -> Result<Self, AnalyzeError> {
        let finder = Engine::new(&EngineChoice::Cpu, threads)?;
        Ok(Self::of(Standing::open(choice, threads)?, finder))
    }

    /// An analyzer on an engine that is open already.
    ///
    /// # Errors
    /// [`AnalyzeError::Engine`] where the system gives no threads.
    pub fn with_engine(engine: Engine) -> Result<Self, AnalyzeError> {
        Ok(Self::of(Standing::of(engine), Engine::cpu()?))
    }

    fn of(engine: Standing, finder: Engine) -> Self {
        Self { engine, finder, noise: NoiseTable::builtin(), own_noise: None }
    }

    /// The same analyzer with another table of capture noise than the built-in one.
    #[must_use]
    pub fn with_noise(mut self, noise: NoiseTable) -> Self {
        self.noise = noise;
        self
    }

    /// Has verdicts rest on a clinic's own noise where it covers cameras, site, skin and resolution of a pair, and on the
    /// table where it does not, which the report says.
    pub fn set_noise_file(&mut self, file: Option<NoiseFile>) {
        self.own_noise = file;
    }

    /// The table of capture noise that verdicts rest on, and why it is not the clinic's own although there is one. Pairs of
    /// unknown circumstances are not covered.
    pub fn noise_of(&self, pair: Option<&Circumstances>) -> (Cow<'_, NoiseTable>, Option<Reason>) {
        let Some((file, pair)) = self.own_noise.as_ref().zip(pair) else {
            return (Cow::Borrowed(&self.noise), None);
        };
        match file.refuses(pair) {
            None => (Cow::Owned(file.table(pair.skin, &self.noise)), None),
            refused => (Cow::Borrowed(&self.noise), refused),
        }
    }

    /// The noise that the verdicts of a report rest on. A shared report tells neither camera nor site, but whether the clinic's
    /// own noise spoke for it.
    pub fn noise_behind(&self, report: &Report) -> Cow<'_, NoiseTable> {
        let circumstances = report.circumstances();
        if !report.shared {
            return self.noise_of(circumstances.as_ref()).0;
        }
        let mut metrics = report.measures.values().flat_map(|measure| measure.metrics.values());
        let covered = metrics.any(|metric| metric.noise_source == Some(NoiseSource::NoiseFile));
        match self.own_noise.as_ref().filter(|_| covered).zip(circumstances) {
            Some((file, pair)) => Cow::Owned(file.table(pair.skin, &self.noise)),
            None => Cow::Borrowed(&self.noise),
        }
    }

    /// What measures now: where its device was lost, another than before.
    pub fn engine(&self) -> Arc<Engine> {
        self.engine.now()
    }

    /// Measures one photograph.
    ///
    /// # Errors
    /// [`AnalyzeError`]. A photograph that cannot be measured is no error: its report is refused.
    pub fn measure(&self, photo: &Path, options: &Options) -> Result<Outcome, AnalyzeError> {
        self.refuse_too_large(std::iter::once(photo), options)?;
        let mut photo = debug_span!("decode").in_scope(|| Decoder::new().load(photo, &options.limits))?;
        photo.name = options.name_of(&photo.name, "photo", 0);
        self.measure_photo(&photo, options)
    }

    /// Measures a photograph that is decoded already.
    ///
    /// # Errors
    /// As [`Analyzer::measure`].
    pub fn measure_photo(&self, photo: &Photo, options: &Options) -> Result<Outcome, AnalyzeError> {
        self.measured(&[photo], &[], options)
    }

    /// Compares a visit after treatment with one before.
    ///
    /// # Errors
    /// [`AnalyzeError`]. A pair that cannot be compared is no error: its report is refused.
    pub fn compare(&self, pair: &PairFiles, options: &Options) -> Result<Outcome, AnalyzeError> {
        self.refuse_too_large(pair.photographs(), options)?;
        let [before, after] = decoded(pair, options)?;
        self.compare_photos(&before, &after, options)
    }

    /// Compares as [`Analyzer::compare`], and tells how often verdicts flip on virtual re-captures:
    /// [`Analyzer::compare_and_test`].
    ///
    /// # Errors
    /// As [`Analyzer::compare`].
    pub fn compare_files_and_test(
        &self,
        pair: &PairFiles,
        options: &Options,
        recaptures: u32,
    ) -> Result<Outcome, AnalyzeError> {
        self.refuse_too_large(pair.photographs(), options)?;
        let [before, after] = decoded(pair, options)?;
        self.compare_and_test(&before, &after, options, recaptures)
    }

    /// Compares photographs that are decoded already: the first of each visit is compared, further
    /// ones are repeats. Messages of the report name them: what is to be shared needs names that tell nothing.
    ///
    /// # Errors
    /// As [`Analyzer::compare`].
    ///
    /// # Panics
    /// If a visit has no photograph.
    pub fn compare_photos(
        &self,
        before: &[Photo],
        after: &[Photo],
        options: &Options,
    ) -> Result<Outcome, AnalyzeError> {
        assert!(!before.is_empty() && !after.is_empty(), "each visit has a photograph");
        let (before, after) = (before.iter().collect::<Vec<_>>(), after.iter().collect::<Vec<_>>());
        self.measured(&before, &after, options)
    }

    /// All the way, with what the report follows from.
    fn measured(
        &self,
        before: &[&Photo],
        after: &[&Photo],
        options: &Options,
    ) -> Result<Outcome, AnalyzeError> {
        let mut outcome = self.run(before, after, options, Extent::Measures)?;
        let named = |photo: &&Photo| (photo.name.clone(), photo.sha256.clone());
        let visits = [before, after].map(|visit| visit.iter().map(named).collect());
        outcome.report.inputs_sha256 = self.inputs_of(&visits, options);
        outcome.report.noise_sha256 = Some(self.noise_sha256());
        outcome.report.options_sha256 = options.of_a_batch_sha256();
        if let Some(key) = &options.share {
            key.redact(&mut outcome.report);
        }
        Ok(outcome)
    }

    /// On a fresh device once more, where one was lost on the way.
    fn run(
        &self,
        before: &[&Photo],
        after: &[&Photo],
        options: &Options,
        extent: Extent,
    ) -> Result<Outcome, AnalyzeError> {
        self.finder.begin();
        self.engine.run(|engine| {
            engine.begin();
            self.finder.install(|| self.run_on(engine, before, after, options, extent))
        })
    }

    fn run_on(
        &self,
        engine: &Engine,
        before: &[&Photo],
        after: &[&Photo],
        options: &Options,
        extent: Extent,
    ) -> Result<Outcome, AnalyzeError> {
        let mut composer = Composer::new(engine, before, after, options);
        if options.share.is_some() && options.pictures {
            let shown = before.iter().take(1).chain(after.iter().take(1));
            let veils = shown.map(|photo| Veil::of(&self.finder, photo)).collect::<Result<_, _>>();
            composer.veil(debug_span!("veil").in_scope(|| veils)?);
        }
        // Refused as soon as something rules the comparison out.
        let same = match same::same(before, after) {
            Ok(same) => same,
            Err(reasons) => return Ok(composer.refused(reasons)),
        };
        let landmarks = match (&options.landmarks, after.first()) {
            (Some(path), Some(after)) => Some(landmarks::load(path, before[0], after)?),
            _ => None,
        };
        let selection = options.selections(before[0].size)?;
        let reliefs = match extent {
            Extent::Gate => Vec::new(),
            Extent::Measures => debug_span!("decode").in_scope(|| relief::load(before, after, options))?,
        };
        let photos: Vec<&Photo> = before.iter().chain(after).copied().collect();
        let see = || Capture::all(&self.finder, &photos, options);
        let captures = debug_span!("overview").in_scope(see)?;
        let region = match captures[0].region(&selection) {
            Ok(region) => region,
            Err(reason) => return Ok(composer.refused(vec![reason])),
        };
        let landmarks = landmarks.as_deref();
        let register = || {
            let (finder, count) = (&self.finder, before.len());
            registration::register_all(finder, &captures, &region, count, options, landmarks)
        };
        let mut maps = match debug_span!("register").in_scope(register) {
            Ok(maps) => maps,
            Err(stop) => return composer.stopped(stop),
        };
        // What finding and registering held is the measures' now.
        self.finder.trim();
        maps.limits.extend(same);
        composer.registered(&maps);
        let prepare = || grid::prepare(engine, &captures, &region, &maps, &selection, &reliefs, options);
        let mut prepared = match debug_span!("prepare").in_scope(prepare) {
            Ok(prepared) => prepared,
            Err(stop) => return composer.stopped(stop),
        };
        composer.prepared(&prepared, selection.region.as_ref());
        if extent == Extent::Gate {
            return Ok(composer.checked(&prepared));
        }
        let mut visits = debug_span!("measure").in_scope(|| visit::read(engine, &mut prepared))?;
        prepared.lacks.take_away(&mut visits);
        let (noise, refused) = self.noise_of(composer.circumstances(&prepared, &visits).as_ref());
        composer.noted(refused);
        debug_span!("compose").in_scope(|| composer.measured(&prepared, &visits, &noise));
        let draw = || drawing::draw(engine, &prepared, &visits, composer.lesions(), composer.veils());
        let pictures = if options.pictures { debug_span!("draw").in_scope(draw)? } else { Vec::new() };
        let read_parts = || parts::read_all(engine, &mut prepared, before[0].size);
        for part in debug_span!("parts").in_scope(read_parts)? {
            composer.part(&prepared, &part, &noise);
        }
        let read_control = || parts::read_control(engine, &mut prepared);
        if let Some(control) = debug_span!("control").in_scope(read_control)? {
            composer.control(&prepared, &control, &noise);
        }
        Ok(Outcome { report: composer.finish(), pictures })
    }
}

/// The photographs of both visits.
fn decoded(pair: &PairFiles, options: &Options) -> Result<[Vec<Photo>; 2], AnalyzeError> {
    let mut decoder = Decoder::new();
    let mut load = |visit: &str, first: &Path, further: &[std::path::PathBuf]| {
        let files = std::iter::once(first).chain(further.iter().map(AsRef::as_ref));
        let named = |(i, path): (usize, &Path)| {
            let mut photo = debug_span!("decode").in_scope(|| decoder.load(path, &options.limits))?;
            photo.name = options.name_of(&photo.name, visit, i);
            Ok(photo)
        };
        files.enumerate().map(named).collect::<Result<Vec<_>, AnalyzeError>>()
    };
    let before = load("before", &pair.before, &pair.before_repeats)?;
    let after = load("after", &pair.after, &pair.after_repeats)?;
    Ok([before, after])
}
