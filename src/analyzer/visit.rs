//! The measures, read on every photograph with the limits of the first.

use super::grid::{Prepared, Set, carry};
use crate::engine::{Engine, EngineError, Plane};
use crate::measure::{self, Frame, LesionValues, MeasureDef, Reading, Readings};
use crate::ops::components::{Objects, mask_of};
use crate::reason::Reason;

/// What was read on one photograph.
#[derive(Debug)]
pub(super) struct Visit {
    /// One for each measure of [`measure::ALL`].
    pub readings: Vec<Readings>,
}

impl Visit {
    /// What a measure read, by its name.
    fn of(&self, measure: &str) -> Option<&Readings> {
        self.readings.get(measure::place(measure)?)
    }
}

/// What was read on all photographs.
#[derive(Debug)]
pub(super) struct Visits {
    /// One for each photograph of the set.
    pub visits: Vec<Visit>,
    /// For each measure the lesions of the first photograph, read again on the one after
    /// treatment.
    pub revisited: Vec<Option<Vec<LesionValues>>>,
}

pub(super) fn read(engine: &Engine, set: &mut Set<'_>) -> Result<Visits, EngineError> {
    let mut visits: Vec<Visit> = Vec::with_capacity(set.photos.len());
    let mut revisited = Vec::new();
    for place in 0..set.photos.len() {
        let photo = &mut set.photos[place];
        if let Some(first) = visits.first() {
            photo.frame.scars = carried_scars(engine, first, photo)?;
            photo.frame.patches = carried_left_out(engine, first, measure::pigment::DEFINITION.name, photo)?;
            photo.frame.diffuse =
                carried_left_out(engine, first, measure::rough_red::DEFINITION.name, photo)?;
            photo.frame.hollows = carried_hollows(engine, first, photo)?;
        }
        let visit = read_one(&mut photo.frame, visits.first())?;
        if place == set.before_count && place > 0 {
            revisited = revisit(engine, &visits[0], photo)?;
        }
        visits.push(visit);
    }
    Ok(Visits { visits, revisited })
}

fn read_one(frame: &mut Frame<'_>, baseline: Option<&Visit>) -> Result<Visit, EngineError> {
    let mut readings: Vec<Readings> = Vec::with_capacity(measure::ALL.len());
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
        readings.push(found);
    }
    Ok(Visit { readings })
}

fn too_coarse(min_px_per_mm: f64, frame: &Frame<'_>) -> Option<Reason> {
    let found = frame.scale.native_px_per_mm;
    // Registration is good to a thousandth.
    (found < 0.999 * min_px_per_mm).then(|| {
        let message = "the photograph is too coarse, in pixels per millimetre";
        Reason::limit("resolution_too_low", message, found, min_px_per_mm)
    })
}

/// Takes back what this photograph cannot show.
fn gate(definition: &MeasureDef, frame: &Frame<'_>, found: &mut Readings) {
    for (metric, reading) in definition.metrics.iter().zip(&mut found.metrics) {
        if let Some(reason) = too_coarse(metric.min_px_per_mm, frame) {
            *reading = Reading::missing(reason);
        } else if metric.needs_scale && !frame.scale.known && reading.value.is_ok() {
            let message = "needs a known scale (--mm-per-px, or a marker card)";
            *reading = Reading::missing(Reason::new("scale_unknown", message));
        }
    }
}

/// The first photograph's lesions of a measure, in this one's frame.
fn carried(engine: &Engine, objects: &Objects, photo: &Prepared<'_>) -> Result<Objects, EngineError> {
    let map = &photo.facts.this_from_first;
    let labels = carry(engine, &objects.labels, photo.frame.size(), |x, y| map.apply_inverse(x, y))?;
    Ok(Objects { labels, count: objects.count })
}

fn carried_scars(engine: &Engine, first: &Visit, photo: &Prepared<'_>) -> Result<Option<Plane>, EngineError> {
    let objects = first.of(measure::scars::DEFINITION.name).and_then(|r| r.objects.as_ref());
    objects.map(|o| mask_of(engine, &carried(engine, o, photo)?.labels)).transpose()
}

fn carried_hollows(
    engine: &Engine,
    first: &Visit,
    photo: &Prepared<'_>,
) -> Result<Option<Objects>, EngineError> {
    let objects = first.of(measure::surface::DEFINITION.name).and_then(|r| r.objects.as_ref());
    objects.map(|o| carried(engine, o, photo)).transpose()
}

fn carried_left_out(
    engine: &Engine,
    first: &Visit,
    measure: &str,
    photo: &Prepared<'_>,
) -> Result<Option<Plane>, EngineError> {
    let left_out = first.of(measure).and_then(|r| r.left_out.as_ref());
    let from_this = |x, y| photo.facts.this_from_first.apply_inverse(x, y);
    left_out.map(|mask| carry(engine, mask, photo.frame.size(), from_this)).transpose()
}

fn revisit(
    engine: &Engine,
    before: &Visit,
    after: &Prepared<'_>,
) -> Result<Vec<Option<Vec<LesionValues>>>, EngineError> {
    let mut out = Vec::with_capacity(measure::ALL.len());
    for (definition, readings) in measure::ALL.iter().zip(&before.readings) {
        out.push(match (definition.revisit, &readings.objects) {
            (Some(revisit), Some(objects)) => {
                let objects = carried(engine, objects, after)?;
                Some(revisit(&after.frame, &objects, &readings.thresholds)?)
            }
            _ => None,
        });
    }
    Ok(out)
}
