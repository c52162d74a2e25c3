//! One photograph resampled onto the working grid, and what of it is valid.

use tracing::debug_span;

use super::super::absolute::Absolute;
use super::super::capture::Capture;
use super::super::options::Selections;
use super::super::parts::{self, Part};
use super::super::registration::Maps;
use super::super::stop::Stop;
use super::regions::{carried_regions, first_regions};
use crate::align::SkinMap;
use crate::calibrate::{WorkingScale, clip_limits, encoded};
use crate::engine::{Engine, Plane};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::resample::{Linear, resample};
use crate::raster::Raster;
use crate::reason::Reason;
use crate::region::{Excluded, exclude, refuse_if_too_little};

/// A photograph on the working grid before it is matched.
pub(super) struct OnGrid {
    pub index: usize,
    pub linear: Linear,
    /// How much brighter a correction of colors made it.
    pub brightened: f64,
    pub excluded: Excluded,
    pub reference: Option<Plane>,
    pub this_from_first: SkinMap,
}

/// What every photograph of a set is laid on the grid by.
pub(super) struct Layout<'s> {
    pub engine: &'s Engine,
    pub captures: &'s [Capture<'s>],
    /// Skin of the first photograph.
    pub region: &'s Raster,
    pub maps: &'s Maps,
    pub selections: &'s Selections,
    pub scale: &'s WorkingScale,
    pub absolute: Option<&'s Absolute>,
}

impl Layout<'_> {
    /// Lays the photograph `index`, which is in `place` among those that are used, on the grid; `first` was
    /// laid before it. Named parts of which too little is valid are refused.
    pub fn lay(
        &self,
        place: usize,
        index: usize,
        first: Option<&OnGrid>,
        named: &mut [Part],
    ) -> Result<OnGrid, Stop> {
        let Self { engine, selections, scale, .. } = *self;
        let (capture, factor) = (&self.captures[index], scale.factors[place]);
        let photo = capture.photo;
        let resampled = || resample(engine, encoded(photo), photo.size, factor, clip_limits(photo));
        let mut linear = debug_span!("resample").in_scope(resampled)?;
        let brightened = match self.absolute {
            Some(absolute) => absolute.apply(engine, place, &mut linear)?,
            None => 1.0,
        };
        let map = self.maps.maps[index].as_ref();
        let this_from_first = map
            .map_or_else(SkinMap::identity, |m| m.this_from_first.clone())
            .rescaled(scale.factors[0], factor);
        let size = linear.clipped.size();
        let (mut inside, mut marked) = match first {
            None => first_regions(engine, capture, self.region, selections, size, factor)?,
            Some(first) => {
                carried_regions(engine, first, capture, selections, size, factor, &this_from_first)?
            }
        };
        if let Some(covered) = capture.beside.on_grid(photo.size, size) {
            let covered = engine.upload_raster(&covered)?;
            let take = |mask: &Plane| pointwise(engine, Op::Without, &covered, mask);
            (inside, marked) = (take(&inside)?, marked.as_ref().map(take).transpose()?);
        }
        let exclude = |region: &Plane| exclude(engine, &linear, region, scale.px_per_mm);
        let reference = marked.as_ref().map(exclude).transpose()?.map(|(excluded, _)| excluded.valid);
        let (mut excluded, lost) = debug_span!("exclude").in_scope(|| exclude(&inside))?;
        let at = parts::Place {
            photo: self.captures[0].photo.size,
            first_grid: first.map_or(size, |first| first.excluded.valid.size()),
            grid: size,
            map: first.map(|_| &this_from_first),
        };
        parts::refuse_lost(engine, named, &at, &photo.name, &inside, &mut excluded, &lost)?;
        if let Some(reason) = refuse_if_too_little(excluded.valid_percent) {
            let message = format!("{}: {}", photo.name, reason.message);
            return Err(Reason { message, ..reason }.into());
        }
        Ok(OnGrid { index, linear, brightened, excluded, reference, this_from_first })
    }
}
