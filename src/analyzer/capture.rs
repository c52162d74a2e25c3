//! A photograph, and a small version of it in which skin is found and the others are registered.

use super::beside::Beside;
use super::options::{Options, Selections};
use crate::calibrate::{clip_limits, encoded};
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::median;
use crate::ops::resample::{Linear, resample};
use crate::ops::unmix::{LINEAR_FLOOR, green_density};
use crate::photo::Photo;
use crate::raster::Raster;
use crate::reason::Reason;
use crate::region::find_skin;

/// Pixels of the small version.
const OVERVIEW_PIXELS: f64 = 1.0e6;
/// Least share of a photograph that must be skin.
const LEAST_SKIN_PERCENT: f64 = 3.0;
/// Largest difference of white balance between photographs, in OD: 8 % up on one channel and 8 % down on
/// another are 0.16.
const LARGEST_CAST: f64 = 0.2;

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
    /// What lies beside the skin.
    pub beside: Beside,
}

impl<'a> Capture<'a> {
    /// Photographs of one piece of skin. Skin is found in each as if all had been taken under the white
    /// balance of the warmest: a cold cast hides skin, and the others know that it is one. A card or a chart
    /// knows it without them.
    pub fn all(finder: &Engine, photos: &[&'a Photo], options: &Options) -> Result<Vec<Self>, EngineError> {
        let mut seen = Vec::with_capacity(photos.len());
        for photo in photos {
            let factor = (OVERVIEW_PIXELS / photo.size.area() as f64).sqrt().min(1.0);
            let mut linear = resample(finder, encoded(photo), photo.size, factor, clip_limits(photo))?;
            let beside = Beside::seen(finder, photo, options)?;
            beside.correct(finder, &mut linear)?;
            seen.push((*photo, factor, beside, cast(finder, &linear)?, linear));
        }
        let warmest = seen.iter().map(|(_, _, _, cast, _)| *cast).max_by(|a, b| a[0].total_cmp(&b[0]));
        let mut out = Vec::with_capacity(seen.len());
        for (photo, factor, beside, cast, linear) in seen {
            let density = finder.download_raster(&green_density(finder, &linear.rgb)?)?;
            let alike = under(finder, linear, cast, warmest.unwrap_or(cast))?;
            let mut skin = finder.download_raster(&find_skin(finder, &alike)?.mask)?;
            beside.take_out_of(&mut skin, photo.size);
            out.push(Self { photo, factor, density, skin, beside });
        }
        Ok(out)
    }

    /// What is measured, on the small version: the user's region, or the skin that was found,
    /// without the untreated skin that the user marked.
    pub fn region(&self, selections: &Selections) -> Result<Raster, Reason> {
        let on_grid = |s: &crate::region::Selection| s.on_grid(self.photo.size, self.skin.size());
        let mut region = selections.region.as_ref().map_or_else(|| self.skin.clone(), on_grid);
        self.beside.take_out_of(&mut region, self.photo.size);
        if let Some(reference) = selections.reference.as_ref().map(on_grid) {
            for (inside, &untreated) in region.data_mut().iter_mut().zip(reference.data()) {
                *inside *= 1.0 - untreated;
            }
        }
        let share =
            100.0 * region.data().iter().map(|&v| f64::from(v)).sum::<f64>() / region.size().area() as f64;
        if selections.region.is_none() && share < LEAST_SKIN_PERCENT {
            let message =
                format!("{}: almost no skin was found, in per cent of the photograph", self.photo.name);
            return Err(Reason::limit("no_skin", message, share, LEAST_SKIN_PERCENT));
        }
        Ok(region)
    }
}

/// How much brighter red and blue are than green in the middle of the whole photograph, in OD.
fn cast(engine: &Engine, linear: &Linear) -> Result<[f64; 2], EngineError> {
    let all = engine.upload_raster(&Raster::filled(linear.clipped.size(), 1.0))?;
    let middle = |plane: &Plane| -> Result<f64, EngineError> {
        Ok(median(engine, plane, &all)?.unwrap_or(0.0).max(LINEAR_FLOOR).into())
    };
    let [red, green, blue] = [middle(&linear.rgb[0])?, middle(&linear.rgb[1])?, middle(&linear.rgb[2])?];
    Ok([(red / green).ln(), (blue / green).ln()])
}

/// The photograph with another cast, as far as white balances differ: beyond that, something else is in it.
fn under(engine: &Engine, linear: Linear, from: [f64; 2], to: [f64; 2]) -> Result<Linear, EngineError> {
    let gain = |k: usize| (to[k] - from[k]).clamp(-LARGEST_CAST, LARGEST_CAST).exp() as f32;
    let [red, green, blue] = linear.rgb;
    let red = pointwise(engine, Op::Scale(gain(0)), &red, &red)?;
    let blue = pointwise(engine, Op::Scale(gain(1)), &blue, &blue)?;
    Ok(Linear { rgb: [red, green, blue], clipped: linear.clipped })
}
