//! A photograph, and a small version of it in which skin is found and the others are registered.

use super::options::Selections;
use crate::calibrate::{clip_limits, encoded};
use crate::engine::{Engine, EngineError};
use crate::ops::resample::resample;
use crate::ops::unmix::green_density;
use crate::photo::Photo;
use crate::raster::Raster;
use crate::reason::Reason;
use crate::region::find_skin;

/// Pixels of the small version.
const OVERVIEW_PIXELS: f64 = 1.0e6;
/// Least share of a photograph that must be skin.
const LEAST_SKIN_PERCENT: f64 = 3.0;

/// A photograph and its small version.
#[derive(Debug)]
pub(super) struct Capture<'a> {
    pub photo: &'a Photo,
    /// Pixels of the small version per pixel of the photograph.
    pub factor: f64,
    /// Optical density of green.
    pub density: Raster,
    /// 1 on skin.
    pub skin: Raster,
}

impl<'a> Capture<'a> {
    pub fn of(finder: &Engine, photo: &'a Photo) -> Result<Self, EngineError> {
        let factor = (OVERVIEW_PIXELS / photo.size.area() as f64).sqrt().min(1.0);
        let linear = resample(finder, encoded(photo), photo.size, factor, clip_limits(photo))?;
        let skin = finder.download_raster(&find_skin(finder, &linear)?.mask)?;
        Ok(Self {
            photo,
            factor,
            density: finder.download_raster(&green_density(finder, &linear.rgb)?)?,
            skin,
        })
    }

    /// What is measured, on the small version: the user's region, or the skin that was found,
    /// without the untreated skin that the user marked.
    pub fn region(&self, selections: &Selections) -> Result<Raster, Reason> {
        let on_grid = |s: &crate::region::Selection| s.on_grid(self.photo.size, self.skin.size());
        let mut region = selections.region.as_ref().map_or_else(|| self.skin.clone(), on_grid);
        if let Some(reference) = selections.reference.as_ref().map(on_grid) {
            for (inside, &untreated) in region.data_mut().iter_mut().zip(reference.data()) {
                *inside *= 1.0 - untreated;
            }
        }
        let share =
            100.0 * region.data().iter().map(|&v| f64::from(v)).sum::<f64>() / region.size().area() as f64;
        if selections.region.is_none() && share < LEAST_SKIN_PERCENT {
            let message = format!("{}: no skin was found, in per cent of the photograph", self.photo.name);
            return Err(Reason::limit("no_skin", message, share, LEAST_SKIN_PERCENT));
        }
        Ok(region)
    }
}
