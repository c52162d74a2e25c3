//! Each lesion through all photographs: the same outline on the same skin, and what came up where there
//! was none.

use super::grid::{Prepared, Set, carry};
use super::visit::{RestingObjects, Visit};
use crate::engine::{Engine, EngineError, Labels, Plane};
use crate::measure::{self, Frame, Lesion, LesionValues, Readings, Revisit};
use crate::ops::components::{self, Objects};
use crate::ops::label_sums::{label_geometry, label_sums};
use crate::ops::morphology;
use crate::ops::nearest;
use crate::ops::pointwise::{Op, pointwise};
use crate::reason::Reason;

/// Width of the rim around an outline that tells whether the lesion goes on where nothing is seen, in mm.
const RIM_MM: f64 = 0.5;
/// A lesion after is new where at most this share of it lies in lesions of before, and at most the other
/// within `RIM_MM` of them: faint spots are everywhere, and a piece that broke off one is no new one.
const IN_KNOWN: f64 = 0.25;
const NEAR_KNOWN: f64 = 0.75;

/// The lesions of one measure, followed.
#[derive(Debug)]
pub(super) struct Followed {
    /// On each photograph, in the order of the lesions of the first. Empty for a lesion of which nothing is
    /// seen there.
    pub values: Vec<Vec<LesionValues>>,
    /// Of each, the share of its rim on the first photograph that every photograph shows.
    pub rim_seen: Vec<f64>,
    /// What was found after that is none of them.
    pub appeared: Vec<Appeared>,
    /// Why no change of them can be told.
    pub lacking: Option<Reason>,
}

/// A lesion found after in skin that had none.
#[derive(Debug)]
pub(super) struct Appeared {
    /// As it is after.
    pub lesion: Lesion,
    /// What that skin read before, in the outline of after.
    pub before: LesionValues,
    /// The share of its rim that every photograph shows.
    pub rim_seen: f64,
}

impl Followed {
    /// Leaves nothing to read a change off.
    pub fn take_away(&mut self, reason: &Reason) {
        for values in self.values.iter_mut().skip(1) {
            values.iter_mut().for_each(LesionValues::clear);
        }
        self.appeared.clear();
        self.lacking = Some(reason.clone());
    }
}

/// Follows the lesions of every measure that has some, from the first photograph on.
pub(super) fn follow(
    engine: &Engine,
    set: &Set<'_>,
    visits: &[Visit],
) -> Result<Vec<Option<Followed>>, EngineError> {
    let mut out = Vec::with_capacity(measure::ALL.len());
    for (i, definition) in measure::ALL.iter().enumerate() {
        let of = |visit: usize| (&visits[visit].readings[i], visits[visit].objects(i));
        out.push(match (definition.revisit, of(0)) {
            (Some(revisit), (first, Some(objects))) => {
                Some(one_measure(engine, set, revisit, (first, objects), of(set.before_count))?)
            }
            _ => None,
        });
    }
    Ok(out)
}

fn one_measure(
    engine: &Engine,
    set: &Set<'_>,
    revisit: Revisit,
    (first, objects): (&Readings, &RestingObjects),
    (after, found): (&Readings, Option<&RestingObjects>),
) -> Result<Followed, EngineError> {
    let mut values = vec![first.lesions.iter().map(|lesion| lesion.values.clone()).collect()];
    let mut appeared = Vec::new();
    for (place, photo) in set.photos.iter().enumerate().skip(1) {
        let here = carried(engine, objects, photo)?;
        values.push(revisit(&photo.frame, &here, &first.thresholds)?);
        if let (true, Some(found)) = (place == set.before_count, found) {
            appeared = new_ones(set, photo, revisit, (first, here), (after, found))?;
        }
    }
    Ok(Followed { values, rim_seen: rim_seen(&set.photos[0], objects)?, appeared, lacking: None })
}

/// The first photograph's lesions of a measure, in this one's frame.
pub(super) fn carried(
    engine: &Engine,
    objects: &RestingObjects,
    photo: &Prepared<'_>,
) -> Result<Objects, EngineError> {
    let map = &photo.facts.this_from_first;
    let here = |labels: &Labels| carry(engine, labels, photo.frame.size(), |x, y| map.apply_inverse(x, y));
    Ok(Objects { labels: objects.wake(engine, here)?, count: objects.count })
}

/// The rim of each object in pixels, and how much of it lies in `mask`.
fn rims(frame: &Frame<'_>, labels: &Labels, count: u32, mask: &Plane) -> Result<Vec<[f64; 2]>, EngineError> {
    let engine = frame.engine;
    let near = nearest::nearest(engine, labels, frame.px(RIM_MM).max(1.0) as f32)?;
    let within = components::mask_of(engine, &near.labels)?;
    let rim = pointwise(engine, Op::KeepAtLeast(0.5), &near.distance, &within)?;
    let masked = pointwise(engine, Op::Multiply, &rim, mask)?;
    let sums = label_sums(engine, &near.labels, count, &[&rim, &masked], 1.0)?;
    Ok(sums.iter().skip(1).map(|s| [s.sums[0], s.sums[1]]).collect())
}

/// The share of each rim that is not hidden on another photograph. Where the first photograph itself ends,
/// or the region does, the same part of the lesion is read on all.
fn rim_seen(first: &Prepared<'_>, objects: &RestingObjects) -> Result<Vec<f64>, EngineError> {
    let Some(hidden) = &first.hidden else { return Ok(vec![1.0; objects.count as usize]) };
    let frame = &first.frame;
    let seen =
        |hidden: &Plane| objects.wake(frame.engine, |labels| rims(frame, labels, objects.count, hidden));
    let rims = hidden.wake(frame.engine, seen)?;
    Ok(rims.iter().map(|[rim, hidden]| if *rim > 0.0 { 1.0 - hidden / rim } else { 1.0 }).collect())
}

/// What was found after that is no lesion of before, nor a piece of one.
fn new_ones(
    set: &Set<'_>,
    photo: &Prepared<'_>,
    revisit: Revisit,
    (first, known): (&Readings, Objects),
    (after, found): (&Readings, &RestingObjects),
) -> Result<Vec<Appeared>, EngineError> {
    let (frame, engine) = (&photo.frame, photo.frame.engine);
    let places = |labels: &Labels| {
        let known = components::mask_of(engine, &known.labels)?;
        let near_known = morphology::dilate(engine, &known, frame.px(RIM_MM).max(1.0) as f32)?;
        let touched = label_sums(engine, labels, found.count, &[&known, &near_known], 1.0)?;
        Ok((touched, label_geometry(engine, labels, found.count)?))
    };
    let (touched, areas) = found.wake(engine, places)?;
    let is_new: Vec<bool> = touched
        .iter()
        .zip(&areas)
        .skip(1)
        .map(|(s, area)| {
            let pixels = area.pixels as f64;
            s.sums[0] <= IN_KNOWN * pixels && s.sums[1] <= NEAR_KNOWN * pixels
        })
        .collect();
    if !is_new.contains(&true) {
        return Ok(Vec::new());
    }
    drop(known);
    let new = found.wake(engine, |labels| components::select(engine, labels, &is_new))?;
    let seen = rims(frame, &new.labels, new.count, &frame.mask)?;
    // The same outlines on the first photograph.
    let first_frame = &set.photos[0].frame;
    let map = &photo.facts.this_from_first;
    let labels = carry(engine, &new.labels, first_frame.size(), |x, y| map.apply(x, y))?;
    let before = revisit(first_frame, &Objects { labels, count: new.count }, &first.thresholds)?;
    let lesions =
        after.lesions.iter().zip(&is_new).filter(|(_, new)| **new).map(|(lesion, _)| lesion.clone());
    let appeared = lesions.zip(before).zip(seen).map(|((lesion, before), [rim, seen])| Appeared {
        lesion,
        before,
        rim_seen: if rim > 0.0 { seen / rim } else { 0.0 },
    });
    Ok(appeared.collect())
}
