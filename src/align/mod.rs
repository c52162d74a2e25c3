//! Where a place of the skin is on the other photograph: one plane map for the whole view, the
//! motion of the skin beyond it, and how far both can be trusted.
//!
//! Keypoints of the band-passed density (`scale_space`, `keypoints`, `descriptor`) are
//! matched, the map most of them agree on is drawn by lot with a fixed seed (`ransac`), and small
//! patches refine it to a fraction of a pixel (`patches`). From there the skin is followed where it
//! stretched or an expression moved it (`follow`). The same views give the same bytes, whatever
//! the number of threads.

mod descriptor;
mod filter;
mod follow;
mod frame;
mod grade;
mod keypoints;
mod landmarks;
mod matching;
mod motion;
mod patches;
mod ransac;
mod register;
mod scale_space;
pub mod strain;

#[cfg(test)]
mod tests;

pub use follow::{Trust, follow};
pub use grade::{
    AREA_RATIO, ENOUGH_AGREEMENT, ENOUGH_INLIERS, ENOUGH_NCC, ENOUGH_OVERLAP, ENOUGH_SPREAD, Grade,
    LARGEST_RESIDUAL_MM, LEAST_AGREEMENT, LEAST_CONFIRMED, LEAST_INLIERS, LEAST_NCC, LEAST_NCC_LEAD,
    LEAST_OVERLAP, LEAST_SPREAD, SCALE_OK, SCALE_USABLE, grade,
};
pub use landmarks::{LEAST_LANDMARKS, Landmark, register_by_landmarks};
pub use motion::{Motion, SkinMap};
pub use register::{Prepared, register};

use std::sync::Arc;

use crate::align::matching::Match;
pub use crate::geometry::Model;

use crate::geometry::Homography;
use crate::raster::Raster;

/// One photograph as registration sees it.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// Optical density of green (−ln linear green), about one megapixel.
    pub density: &'a Raster,
    /// 1 on skin that may be matched, else 0; same size.
    pub mask: &'a Raster,
}

/// How two views lie on one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// Kind of the map.
    pub model: Model,
    /// In pixels of the two views' rasters (continuous, pixel centers at +0.5).
    pub after_from_before: Homography,
    /// Matched keypoints that agree with the map.
    pub inliers: usize,
    /// RMS distance of inliers, in pixels of the before-view.
    pub residual_px: f64,
    /// Share of the before-mask that lies on the after-mask, 0 to 1.
    pub overlap: f64,
    /// Area of the convex hull of inliers over that of the before-mask's hull, 0 to 1.
    pub spread: f64,
    /// Normalized cross-correlation of the band-passed densities over the common mask, after the
    /// motion where there is one.
    pub ncc: f64,
    /// How much better that correlation is, with the plane map alone, than at the best wrong place,
    /// where one view is shifted: the identity check.
    pub ncc_lead: f64,
    /// Share of small patches that are found where their neighbors are, 0 to 1: another identity
    /// check, which a face's large forms do not pass and a smile does not fail.
    pub confirmed: f64,
    /// How far the after-view is turned, from x toward y, degrees.
    pub rotation_deg: f64,
    /// Pixels of the after-view per pixel of the before-view.
    pub scale_ratio: f64,
    /// How the skin moved beyond the plane map, in pixels of the before-view, where [`follow`] followed it.
    pub motion: Option<Arc<Motion>>,
    /// The motion that [`follow`] saw, used or not: where skin did not move it is what noise makes of it, which
    /// a measure of motion must know and nothing else should be shaken by.
    pub followed: Option<Arc<Motion>>,
    /// How far that motion is to be trusted.
    pub trust: Option<Trust>,
    /// Whether a person's landmarks led to it.
    pub by_hand: bool,
    /// Every match, and how far a right one may miss, in pixels of the after-view.
    found: Vec<Match>,
    threshold_px: f64,
}

impl Registration {
    /// Where the before-view's skin lies on the after-view, in their pixels.
    pub fn map(&self) -> SkinMap {
        match &self.motion {
            Some(motion) => SkinMap::with_motion(self.after_from_before, Arc::clone(motion)),
            None => SkinMap::plane(self.after_from_before),
        }
    }

    /// As [`Registration::map`], with the motion that was seen, used or not.
    pub fn followed_map(&self) -> SkinMap {
        match &self.followed {
            Some(motion) => SkinMap::with_motion(self.after_from_before, Arc::clone(motion)),
            None => self.map(),
        }
    }
}
