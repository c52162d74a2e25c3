//! Each object through all photographs: chosen on both visits, in the same outline on the same skin.
//!
//! An object that one photograph chose reads too strong on that photograph. So outlines are the union of those found
//! on the first photograph of each visit, and every photograph is read in them.

use std::collections::BTreeMap;

use super::grid::{Prepared, Set, carry};
use super::visit::{RestingObjects, Visit};
use crate::engine::{Engine, EngineError, Labels, Plane};
use crate::measure::paired::{Paired, Revisited, pair, seen_on_all};
use crate::measure::{self, Frame, Lesion, LesionKind, LesionValues, Readings, Revisit};
use crate::ops::components::{self, Objects};
use crate::ops::label_merge::label_merge;
use crate::ops::label_sums::{LabelGeometry, LabelSums, label_geometry, label_sums};
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
/// Largest growth of an object of before and still be the same one, in mm.
const GROWTH_MM: f64 = 2.0;
/// A new lesion read at most this share of its strength before. What noise lifts over the threshold on one photograph
/// reads nearly the same on the other; a lesion that grew from half its strength was there before.
const NEW_SHARE: f64 = 1.0 / 3.0;

/// The objects of one measure, followed.
#[derive(Debug, Default)]
pub(super) struct Followed {
    /// On the first photograph, in the outlines that both visits chose; none for what is no lesion.
    pub lesions: Vec<Lesion>,
    /// Diameter of a disc of each outline, in working pixels.
    pub outline_px: Vec<f64>,
    /// On each photograph, in the order of `lesions`. Empty for a lesion of which nothing is
    /// seen there.
    pub values: Vec<Vec<LesionValues>>,
    /// Of each, the share of its rim and of its outline that every photograph shows.
    pub seen: Vec<f64>,
    /// Object found after in skin that had none.
    pub appeared: Vec<Appeared>,
    /// Why no change of them can be told.
    pub lacking: Option<Reason>,
    /// The metrics that rest on objects, read over the same ones on every photograph.
    pub paired: BTreeMap<&'static str, Paired>,
}

/// A lesion found after in skin that had none.
#[derive(Debug)]
pub(super) struct Appeared {
    /// As it is after; its center is on the first photograph.
    pub lesion: Lesion,
    /// Reading of that skin before, in the same outline.
    pub before: LesionValues,
    /// The share of its rim that every photograph shows.
    pub seen: f64,
    /// Diameter of a disc of its outline, in working pixels.
    pub outline_px: f64,
}

impl Followed {
    /// Leaves nothing to read a change off.
    pub fn take_away(&mut self, reason: &Reason) {
        for values in self.values.iter_mut().skip(1) {
            values.iter_mut().for_each(LesionValues::clear);
        }
        self.appeared.clear();
        self.paired.clear();
        self.lacking = Some(reason.clone());
    }
}

/// Follows the objects of every measure that has some, from the first photograph on.
pub(super) fn follow(
    engine: &Engine,
    set: &Set<'_>,
    visits: &[Visit],
) -> Result<Vec<Option<Followed>>, EngineError> {
    let mut out = Vec::with_capacity(measure::ALL.len());
    for (i, definition) in measure::ALL.iter().enumerate() {
        let of = |visit: usize| (&visits[visit].readings[i], visits[visit].objects(i));
        out.push(match (definition.revisit, of(0), of(set.before_count)) {
            (Some(revisit), (first, Some(before)), (last, after)) => {
                let kind = [first, last].iter().find_map(|found| found.lesions.first()).map(|l| l.kind);
                Some(one_measure(engine, set, revisit, (first, kind), before, after)?)
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
    (first, kind): (&Readings, Option<LesionKind>),
    before: &RestingObjects,
    after: Option<&RestingObjects>,
) -> Result<Followed, EngineError> {
    let chosen = on_both(engine, set, before, after)?;
    if chosen.objects.count == 0 {
        return Ok(Followed { values: vec![Vec::new(); set.photos.len()], ..Followed::default() });
    }
    let Chosen { objects, may_be_new, centers, pixels } = chosen;
    let rim_seen = rim_seen(&set.photos[0], &objects)?;
    // New lesions are held to more: their rim must lie on skin that is valid everywhere.
    let rim_valid = rims(&set.photos[0].frame, &objects.labels, objects.count, &set.photos[0].frame.mask)?;
    let mut photos: Vec<Revisited> = Vec::with_capacity(set.photos.len());
    photos.push(revisit(&set.photos[0].frame, &objects, &first.thresholds)?);
    let objects = RestingObjects::of(engine, objects);
    for photo in &set.photos[1..] {
        photos.push(revisit(&photo.frame, &carried(engine, &objects, photo)?, &first.thresholds)?);
    }
    let after = set.before_count;
    let main = |photo: usize, k: usize| {
        let values = photos[photo].lesions.get(k)?;
        values.get(kind?.main_value().name).copied()
    };
    let is_new: Vec<bool> = may_be_new
        .iter()
        .enumerate()
        .map(|(k, may_be)| {
            let grown = main(0, k).zip(main(after, k)).is_some_and(|(b, a)| a > 0.0 && b <= NEW_SHARE * a);
            *may_be && grown
        })
        .collect();
    let seen = seen_on_all(&photos, &rim_seen);
    let paired = pair(&photos, after, &seen, &is_new);
    let mut out = Followed { values: vec![Vec::new(); photos.len()], paired, ..Followed::default() };
    let Some(kind) = kind else { return Ok(out) };
    for k in 0..may_be_new.len() {
        let outline_px = (4.0 * pixels[k] / std::f64::consts::PI).sqrt();
        let lesion =
            |photo: usize| Lesion { kind, center: centers[k], values: photos[photo].lesions[k].clone() };
        if is_new[k] {
            let [rim, valid] = rim_valid[k];
            let seen = if rim > 0.0 { valid / rim } else { 0.0 };
            let before = photos[0].lesions[k].clone();
            out.appeared.push(Appeared { lesion: lesion(after), before, seen, outline_px });
            continue;
        }
        out.lesions.push(lesion(0));
        out.outline_px.push(outline_px);
        let inside = photos[after].pixels[k] / photos[0].pixels[k];
        out.seen.push(rim_seen[k].min(inside));
        for (values, photo) in out.values.iter_mut().zip(&photos) {
            values.push(photo.lesions[k].clone());
        }
    }
    Ok(out)
}

/// Objects that the photographs of a pair chose together, on the grid of the first.
struct Chosen {
    objects: Objects,
    /// Those of which hardly anything lies in or near what was found before.
    may_be_new: Vec<bool>,
    centers: Vec<(f64, f64)>,
    pixels: Vec<f64>,
}

/// Objects found before, each with the pixels that after adds to it, and objects found after away from them.
///
/// A pixel that after adds belongs to the nearest object of before, so that two objects of before stay two.
fn on_both(
    engine: &Engine,
    set: &Set<'_>,
    before: &RestingObjects,
    after: Option<&RestingObjects>,
) -> Result<Chosen, EngineError> {
    let first = &set.photos[0].frame;
    let reach = first.px(GROWTH_MM).max(1.0) as f32;
    let (known, near) = before.wake(engine, |labels| {
        Ok((components::mask_of(engine, labels)?, nearest::nearest(engine, labels, reach)?.labels))
    })?;
    let (within, apart) = match (set.after(), after) {
        (Some(photo), Some(found)) => {
            let map = &photo.facts.this_from_first;
            let here = |labels: &Labels| carry(engine, labels, first.size(), |x, y| map.apply(x, y));
            let found = Objects { labels: found.wake(engine, here)?, count: found.count };
            let is_apart = apart_from(first, &known, &found)?;
            let apart = components::select(engine, &found.labels, &is_apart)?;
            let beside: Vec<bool> = is_apart.iter().map(|apart| !apart).collect();
            let beside = components::select(engine, &found.labels, &beside)?;
            let added = components::mask_of(engine, &beside.labels)?;
            (pointwise(engine, Op::Max, &added, &known)?, apart)
        }
        _ => {
            let nothing = pointwise(engine, Op::Without, &known, &known)?;
            (known, components::label(engine, &nothing)?)
        }
    };
    let labels = label_merge(engine, &near, before.count, &within, &apart.labels, &first.mask)?;
    drop((near, within));
    let count = before.count + apart.count;
    // What lies outside the valid skin of the first photograph is none.
    let shapes = label_geometry(engine, &labels, count)?;
    let is_there: Vec<bool> = shapes.iter().skip(1).map(|shape| shape.pixels > 0).collect();
    let objects = components::select(engine, &labels, &is_there)?;
    let mut out = Chosen { objects, may_be_new: Vec::new(), centers: Vec::new(), pixels: Vec::new() };
    for (k, shape) in (0..).zip(shapes.iter().skip(1)).filter(|(_, shape)| shape.pixels > 0) {
        out.may_be_new.push(k >= before.count);
        out.centers.push(shape.center());
        out.pixels.push(shape.pixels as f64);
    }
    Ok(out)
}

/// Objects that hardly touch what is known, nor lie near it.
fn apart_from(frame: &Frame<'_>, known: &Plane, found: &Objects) -> Result<Vec<bool>, EngineError> {
    let engine = frame.engine;
    let near_known = morphology::dilate(engine, known, frame.px(RIM_MM).max(1.0) as f32)?;
    let touched = label_sums(engine, &found.labels, found.count, &[known, &near_known], 1.0)?;
    let shapes = label_geometry(engine, &found.labels, found.count)?;
    let is_apart = |(s, shape): (&LabelSums, &LabelGeometry)| {
        let pixels = shape.pixels as f64;
        s.sums[0] <= IN_KNOWN * pixels && s.sums[1] <= NEAR_KNOWN * pixels
    };
    Ok(touched.iter().zip(&shapes).skip(1).map(is_apart).collect())
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
fn rim_seen(first: &Prepared<'_>, objects: &Objects) -> Result<Vec<f64>, EngineError> {
    let Some(hidden) = &first.hidden else { return Ok(vec![1.0; objects.count as usize]) };
    let frame = &first.frame;
    let seen = |hidden: &Plane| rims(frame, &objects.labels, objects.count, hidden);
    let rims = hidden.wake(frame.engine, seen)?;
    Ok(rims.iter().map(|[rim, hidden]| if *rim > 0.0 { 1.0 - hidden / rim } else { 1.0 }).collect())
}
