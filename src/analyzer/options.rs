//! What to measure, and what is known of the photographs.

use std::path::PathBuf;

use super::error::AnalyzeError;
use crate::calibrate::chart::Edition;
use crate::geometry::Size;
use crate::height::HeightSource;
use crate::photo::Limits;
use crate::region::{
    NamedRegionFile, NamedSelection, Selection, load_named_regions, load_regions, load_selection,
};
use crate::report::pictures::Drawn;
use crate::share::{ShareKey, is_site, photograph};

/// The files of two visits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PairFiles {
    /// Photograph before treatment.
    pub before: PathBuf,
    /// Photograph after treatment.
    pub after: PathBuf,
    /// Further captures of the visit before treatment.
    pub before_repeats: Vec<PathBuf>,
    /// Further captures of the visit after treatment.
    pub after_repeats: Vec<PathBuf>,
}

impl PairFiles {
    /// Every photograph of the pair.
    pub fn photographs(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.before, &self.after].into_iter().chain(&self.before_repeats).chain(&self.after_repeats)
    }
}

/// How the skin was lit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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

impl Light {
    /// Exponents γ between which relief contrast goes as depth^γ under this light: from
    /// simulation, as an interval, because one photograph holds no depth.
    pub(super) fn depth_exponents(self) -> (f64, f64) {
        match self {
            Self::Frontal | Self::Bilateral | Self::Diffuse => (1.3, 1.4),
            // Lamps from 25° to 60° above the skin.
            Self::Oblique => (0.6, 1.2),
            Self::Unknown => (0.6, 1.4),
        }
    }
}

/// What to measure, and what is known of the photographs.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Millimetres per pixel of the before-photographs.
    pub mm_per_px_before: Option<f64>,
    /// Millimetres per pixel of the after-photographs.
    pub mm_per_px_after: Option<f64>,
    /// What to measure: a mask picture or polygons, in the first photograph's pixels; polygons may
    /// be several regions with names. `None`: the skin that is found.
    pub region: Option<PathBuf>,
    /// Regions with names, a file for each, in place of `region`.
    pub named_regions: Vec<NamedRegionFile>,
    /// Untreated skin, given alike.
    pub reference: Option<PathBuf>,
    /// Landmarks of the first before- and the first after-photograph, for pairs that do not register by
    /// themselves: JSON, see [`super::LandmarkError`].
    pub landmarks: Option<PathBuf>,
    /// Distance between the centers of neighboring patches of a color chart in the photographs, in mm:
    /// with it, a chart gives the scale.
    pub chart_pitch_mm: Option<f64>,
    /// When that chart was made.
    pub chart_edition: Edition,
    /// Diameter of the iris on the first before-photograph, in pixels.
    pub iris_px: Option<f64>,
    /// How the skin was lit.
    pub light: Light,
    /// True if both visits come from one fixed set-up of camera and lamps.
    pub light_fixed: bool,
    /// True heights of the before-photographs (of the one photograph), in their order: of the first, then of
    /// further captures. There may be fewer than photographs.
    pub heights_before: Vec<HeightSource>,
    /// True heights of the after-photographs, alike.
    pub heights_after: Vec<HeightSource>,
    /// Limits for decoding.
    pub limits: Limits,
    /// Memory that a comparison may take in all, in bytes; without a limit where `None`.
    pub max_memory_bytes: Option<u64>,
    /// Whether pictures are made.
    pub pictures: bool,
    /// Which, where they are made.
    pub drawn: Drawn,
    /// A key, where report and pictures may be handed on: nothing of them names anybody, and eyes are hidden.
    pub share: Option<ShareKey>,
    /// Who, as the manifest names them.
    pub subject: Option<String>,
    /// Which view, as the manifest names it.
    pub view: Option<String>,
    /// Days from the first visit to the second, where somebody tells; else the photographs' own dates do.
    pub days: Option<i32>,
}

/// The user's regions, where there are any.
#[derive(Debug)]
pub(super) struct Selections {
    pub region: Option<Selection>,
    /// Parts of the region that have names.
    pub named: Vec<NamedSelection>,
    pub reference: Option<Selection>,
}

impl Options {
    /// Loads the user's regions for a first photograph of this size.
    pub(super) fn selections(&self, photo: Size) -> Result<Selections, AnalyzeError> {
        let regions = match (&self.region, self.named_regions.as_slice()) {
            (None, []) => None,
            (Some(path), []) => Some(load_regions(path, photo, &self.limits)?),
            (None, files) => Some(load_named_regions(files, photo, &self.limits)?),
            (Some(_), files) => return Err(AnalyzeError::MixedRegions { named: files.len() }),
        };
        let reference = self.reference.as_ref();
        let reference = reference.map(|path| load_selection(path, photo, &self.limits)).transpose()?;
        let (region, mut named) = regions.map_or((None, Vec::new()), |r| (Some(r.whole), r.named));
        if self.share.is_some() {
            rename(&mut named);
        }
        Ok(Selections { region, named, reference })
    }
}

impl Options {
    /// What a photograph is called, by its visit and place: its own name, where it may be told.
    pub(super) fn name_of(&self, own: &str, visit: &str, place: usize) -> String {
        if self.share.is_some() { photograph(visit, place) } else { own.to_owned() }
    }
}

/// Regions that are no places on the body are numbered: people name them after people.
fn rename(regions: &mut [NamedSelection]) {
    for (i, region) in regions.iter_mut().enumerate().filter(|(_, region)| !is_site(&region.name)) {
        region.name = format!("region-{}", i + 1);
    }
}
