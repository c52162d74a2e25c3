//! STAND-IN. The library's face: one engine, photographs in, a report out.

use std::path::{Path, PathBuf};

use crate::engine::{Engine, EngineChoice, EngineError};
use crate::photo::{Limits, Photo, PhotoError, load};
use crate::reason::Reason;
use crate::region::{SelectionError, load_selection};
use crate::report::pictures::Picture;
use crate::report::{Photos, Report, SCHEMA_NAME, SCHEMA_VERSION, Status, Tool, Visit};

/// Measures photographs and pairs. Build one and share it.
#[derive(Debug)]
pub struct Analyzer {
    engine: Engine,
}

/// The photographs of a pair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PairFiles {
    /// Before treatment.
    pub before: PathBuf,
    /// After treatment.
    pub after: PathBuf,
    /// Further captures before.
    pub before_repeats: Vec<PathBuf>,
    /// Further captures after.
    pub after_repeats: Vec<PathBuf>,
}

/// What is known of the photographs, and what is wanted.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// Scale of the before-photographs.
    pub mm_per_px_before: Option<f64>,
    /// Scale of the after-photographs.
    pub mm_per_px_after: Option<f64>,
    /// What to measure.
    pub region: Option<PathBuf>,
    /// Untreated skin.
    pub reference: Option<PathBuf>,
    /// How the skin was lit.
    pub light: Light,
    /// Limits for decoding.
    pub limits: Limits,
    /// Whether pictures are wanted.
    pub pictures: bool,
    /// Who.
    pub subject: Option<String>,
    /// Which view.
    pub view: Option<String>,
}

/// How skin was lit.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// From the camera.
    Frontal,
    /// From one side.
    Oblique,
    /// From both sides.
    Bilateral,
    /// From everywhere.
    Diffuse,
    /// Not known.
    #[default]
    Unknown,
}

/// A report, and pictures where they were wanted.
#[derive(Debug)]
pub struct Outcome {
    /// The report.
    pub report: Report,
    /// The pictures.
    pub pictures: Vec<Picture>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum AnalyzeError {
    /// A photograph does not load.
    #[error(transparent)]
    Photo(#[from] PhotoError),
    /// A region cannot be used.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A picture could not be encoded.
    #[error(transparent)]
    Picture(#[from] image::ImageError),
}

impl Analyzer {
    /// On the engine asked for.
    ///
    /// # Errors
    /// [`AnalyzeError::Engine`].
    pub fn new(choice: &EngineChoice, threads: usize) -> Result<Self, AnalyzeError> {
        Ok(Self::with_engine(Engine::new(choice, threads)?))
    }

    /// On this engine.
    pub fn with_engine(engine: Engine) -> Self {
        Self { engine }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Measures one photograph.
    ///
    /// # Errors
    /// [`AnalyzeError`].
    pub fn measure(&self, photo: &Path, options: &Options) -> Result<Outcome, AnalyzeError> {
        let photo = load(photo, &options.limits)?;
        self.refused(&[photo], options)
    }

    /// Compares a pair.
    ///
    /// # Errors
    /// [`AnalyzeError`].
    pub fn compare(&self, pair: &PairFiles, options: &Options) -> Result<Outcome, AnalyzeError> {
        let files = [vec![pair.before.clone()], pair.before_repeats.clone()].concat();
        let after = [vec![pair.after.clone()], pair.after_repeats.clone()].concat();
        let mut photos = Vec::new();
        for file in files.iter().chain(&after) {
            photos.push(load(file, &options.limits)?);
        }
        self.refused(&photos, options)
    }

    /// Compares decoded photographs.
    ///
    /// # Errors
    /// [`AnalyzeError`].
    pub fn compare_photos(
        &self,
        before: &[Photo],
        _after: &[Photo],
        options: &Options,
    ) -> Result<Outcome, AnalyzeError> {
        self.refused(before, options)
    }

    fn refused(&self, photos: &[Photo], options: &Options) -> Result<Outcome, AnalyzeError> {
        for file in [&options.region, &options.reference].into_iter().flatten() {
            load_selection(file, photos[0].size, &options.limits)?;
        }
        let report = Report {
            schema: SCHEMA_NAME.to_owned(),
            schema_version: SCHEMA_VERSION.to_owned(),
            created: "2026-01-01T00:00:00Z".to_owned(),
            status: Status::Refused,
            reasons: vec![Reason::new("stand_in", "nothing measures yet")],
            tool: Tool {
                name: "dermetric".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                engine: self.engine.name().to_owned(),
                adapter: None,
                driver: None,
                kernels_sha256: "0".repeat(64),
            },
            subject: options.subject.clone(),
            view: options.view.clone(),
            visit: Visit::default(),
            photos: Photos::default(),
            scale: None,
            color: None,
            alignment: None,
            region: None,
            measures: Default::default(),
            lesions: Vec::new(),
            scales: Default::default(),
            warnings: Vec::new(),
        };
        Ok(Outcome { report, pictures: Vec::new() })
    }
}
