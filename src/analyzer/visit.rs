//! The measures, read on every photograph with the limits of the first.
//!
//! What was found on a photograph rests until it is carried to another: of a pair, some ten planes.

use std::collections::BTreeMap;

use super::followed::{self, Followed, carried};
use super::grid::{Prepared, Set, carry};
use crate::change::Captures;
use crate::engine::{Engine, EngineError, Labels, Plane, Resting};
use crate::measure::paired::Paired;
use crate::measure::{self, Frame, MeasureDef, Reading, Readings};
use crate::ops::components::{Objects, mask_of};
use crate::reason::Reason;

/// What was read on one photograph.
#[derive(Debug)]
pub(super) struct Visit {
    /// One for each measure of [`measure::ALL`], without objects and what was left out.
    pub readings: Vec<Readings>,
    found: Vec<Found>,
}

/// Where a measure found something.
#[derive(Debug, Default)]
struct Found {
    objects: Option<RestingObjects>,
    left_out: Option<Resting<f32>>,
}

/// Labeled pixels that are not worked on.
#[derive(Debug)]
pub(super) struct RestingObjects {
    labels: Resting<u32>,
    pub count: u32,
}

impl RestingObjects {
    pub fn of(engine: &Engine, objects: Objects) -> Self {
        Self { labels: Resting::of(engine, objects.labels), count: objects.count }
    }

    /// What `work` makes of the labels.
    pub fn wake<R>(
        &self,
        engine: &Engine,
        work: impl FnOnce(&Labels) -> Result<R, EngineError>,
    ) -> Result<R, EngineError> {
        self.labels.wake(engine, work)
    }
}

impl Visit {
    /// Of readings alone.
    #[cfg(test)]
    pub fn of_readings(readings: Vec<Readings>) -> Self {
        Self { readings, found: Vec::new() }
    }

    /// The objects of a measure, by its place.
    pub fn objects(&self, measure: usize) -> Option<&RestingObjects> {
        self.found[measure].objects.as_ref()
    }

    /// What a measure found, by its name.
    fn of(&self, measure: &str) -> Option<&Found> {
        self.found.get(measure::place(measure)?)
    }
}

/// What was read on all photographs.
#[derive(Debug)]
pub(super) struct Visits {
    /// One for each photograph of the set.
    pub visits: Vec<Visit>,
    /// For each measure its lesions through all photographs; empty without a second visit.
    pub followed: Vec<Option<Followed>>,
    /// Metrics over the same objects on every photograph, by measure and metric: the readings hold their values
    /// already. Empty without a second visit.
    pub paired: AllPaired,
}

/// Paired metrics by measure and metric.
pub(super) type AllPaired = BTreeMap<(&'static str, &'static str), Paired>;

impl Visits {
    /// True if there is a second visit.
    pub fn is_pair(&self) -> bool {
        !self.followed.is_empty()
    }

    /// Value of a metric on the visit before, as its row says it: the mean of the `before_count` captures where after has a value
    /// too, else that of the first photograph. Of metrics that are judged as differences.
    pub fn before(&self, measure: &str, metric: &str, before_count: usize) -> Option<f64> {
        let i = measure::place(measure)?;
        let k = measure::ALL[i].metrics.iter().position(|m| m.name == metric)?;
        let reading = |visit: &Visit| visit.readings[i].metrics[k].number();
        let (before, after) = self.visits.split_at(before_count);
        let is_compared = after.first().and_then(reading).is_some();
        let repeats = before[1..].iter().filter(|_| is_compared).filter_map(reading).collect();
        Some(Captures { value: reading(&before[0])?, repeats }.mean())
    }
}

pub(super) fn read(engine: &Engine, set: &mut Set<'_>) -> Result<Visits, EngineError> {
    let mut visits: Vec<Visit> = Vec::with_capacity(set.photos.len());
    for place in 0..set.photos.len() {
        // Objects of the first photograph are looked for on all others, and those of the first after may be new.
        let kept = place == 0 || place == set.before_count;
        let photo = &mut set.photos[place];
        if let Some(first) = visits.first() {
            photo.frame.scars = carried_scars(engine, first, photo)?;
            photo.frame.patches = carried_left_out(engine, first, measure::pigment::DEFINITION.name, photo)?;
            photo.frame.diffuse =
                carried_left_out(engine, first, measure::rough_red::DEFINITION.name, photo)?;
            photo.frame.hollows = carried_hollows(engine, first, photo)?;
        }
        visits.push(read_one(&mut photo.frame, visits.first(), kept)?);
        photo.frame.forget();
    }
    let mut followed = match set.after() {
        Some(_) => tracing::debug_span!("follow").in_scope(|| followed::follow(engine, set, &visits))?,
        None => Vec::new(),
    };
    let paired = apply(&mut visits, &mut followed);
    Ok(Visits { visits, followed, paired })
}

/// Puts values over the same objects in the place of what each photograph found for itself, where the photograph is
/// good enough for the metric.
fn apply(visits: &mut [Visit], followed: &mut [Option<Followed>]) -> AllPaired {
    let mut out = AllPaired::new();
    for (i, followed) in followed.iter_mut().enumerate() {
        let Some(followed) = followed else { continue };
        let definition = measure::ALL[i];
        for (metric, paired) in std::mem::take(&mut followed.paired) {
            let Some(k) = definition.metrics.iter().position(|m| m.name == metric) else { continue };
            for (place, (visit, value)) in visits.iter_mut().zip(&paired.values).enumerate() {
                let blocks = paired.blocks.get(place).cloned().flatten();
                visit.readings[i].metrics[k].pair(*value, blocks);
            }
            out.insert((definition.name, metric), paired);
        }
    }
    out
}

fn read_one(frame: &mut Frame<'_>, baseline: Option<&Visit>, kept: bool) -> Result<Visit, EngineError> {
    let mut readings: Vec<Readings> = Vec::with_capacity(measure::ALL.len());
    let mut all_found: Vec<Found> = Vec::with_capacity(measure::ALL.len());
    for (i, definition) in measure::ALL.iter().enumerate() {
        let thresholds = baseline.map(|b| &b.readings[i].thresholds);
        let mut found = match too_coarse(definition.min_px_per_mm, frame) {
            Some(reason) => Readings {
                metrics: vec![Reading::missing(reason); definition.metrics.len()],
                ..Readings::default()
            },
            None => tracing::debug_span!("read", name = definition.name)
                .in_scope(|| (definition.read)(frame, thresholds))?,
        };
        gate(definition, frame, &mut found);
        // Scars are read first, and left out of the other families.
        if baseline.is_none() && definition.name == measure::scars::DEFINITION.name {
            frame.scars = found.objects.as_ref().map(|o| mask_of(frame.engine, &o.labels)).transpose()?;
        }
        let (objects, left_out) = (found.objects.take(), found.left_out.take());
        all_found.push(Found {
            objects: objects.filter(|_| kept).map(|objects| RestingObjects::of(frame.engine, objects)),
            left_out: left_out.filter(|_| kept).map(|mask| Resting::of(frame.engine, mask)),
        });
        readings.push(found);
    }
    Ok(Visit { readings, found: all_found })
}

fn too_coarse(min_px_per_mm: f64, frame: &Frame<'_>) -> Option<Reason> {
    let found = frame.scale.native_px_per_mm;
    // Registration is good to a thousandth.
    (found < 0.999 * min_px_per_mm).then(|| {
        let message = "the photograph is too coarse, in pixels per millimeter";
        Reason::limit("resolution_too_low", message, found, min_px_per_mm)
    })
}

/// Takes back what this photograph cannot show.
fn gate(definition: &MeasureDef, frame: &Frame<'_>, found: &mut Readings) {
    for (metric, reading) in definition.metrics.iter().zip(&mut found.metrics) {
        if let Some(reason) = too_coarse(metric.min_px_per_mm, frame) {
            *reading = Reading::missing(reason);
        } else if metric.needs_scale && !frame.scale.known && reading.value.is_ok() {
            let message = "the scale is not known";
            *reading = Reading::missing(Reason::new("scale_unknown", message));
        }
    }
}

fn carried_scars(engine: &Engine, first: &Visit, photo: &Prepared<'_>) -> Result<Option<Plane>, EngineError> {
    let objects = first.of(measure::scars::DEFINITION.name).and_then(|found| found.objects.as_ref());
    objects.map(|o| mask_of(engine, &carried(engine, o, photo)?.labels)).transpose()
}

fn carried_hollows(
    engine: &Engine,
    first: &Visit,
    photo: &Prepared<'_>,
) -> Result<Option<Objects>, EngineError> {
    let objects = first.of(measure::surface::DEFINITION.name).and_then(|found| found.objects.as_ref());
    objects.map(|o| carried(engine, o, photo)).transpose()
}

fn carried_left_out(
    engine: &Engine,
    first: &Visit,
    measure: &str,
    photo: &Prepared<'_>,
) -> Result<Option<Plane>, EngineError> {
    let left_out = first.of(measure).and_then(|found| found.left_out.as_ref());
    let from_this = |x, y| photo.facts.this_from_first.apply_inverse(x, y);
    let carried = |mask: &Plane| carry(engine, mask, photo.frame.size(), from_this);
    left_out.map(|mask| mask.wake(engine, carried)).transpose()
}
