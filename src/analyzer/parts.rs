//! Named parts of the region. What makes photographs comparable is done once for the region as a
//! whole; a part has only masks, blocks and readings of its own.

use super::grid::{LEAST_PIXELS, Set, blocks, carry};
use super::stop::Stop;
use super::visit::{self, Visits};
use crate::align::SkinMap;
use crate::engine::{Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::measure::Frame;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::sums::moments;
use crate::reason::Reason;
use crate::region::{Excluded, ExcludedShares, Lost, NamedSelection, refuse_if_too_little};

/// What is known of a named part before it is read.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub selection: NamedSelection,
    /// Of the first photograph.
    pub excluded: ExcludedShares,
    pub valid_percent: f64,
    /// Why it is not read.
    pub refused: Option<Reason>,
}

impl Part {
    pub fn all(named: &[NamedSelection]) -> Vec<Self> {
        let part = |selection: &NamedSelection| Self {
            selection: selection.clone(),
            excluded: ExcludedShares::default(),
            valid_percent: 0.0,
            refused: None,
        };
        named.iter().map(part).collect()
    }

    /// Where it is on the grid of a photograph.
    fn on(&self, engine: &Engine, place: &Place<'_>) -> Result<Plane, EngineError> {
        let selection = &self.selection.selection;
        let first = engine.upload_raster(&selection.on_grid(place.photo, place.first_grid))?;
        match place.map {
            None => Ok(first),
            Some(map) => carry(engine, &first, place.grid, |x, y| map.apply_inverse(x, y)),
        }
    }
}

/// The grid of a photograph, and how it lies on the first.
pub(super) struct Place<'a> {
    /// Size of the first photograph.
    pub photo: Size,
    /// Size of its grid.
    pub first_grid: Size,
    /// Size of this photograph's grid.
    pub grid: Size,
    /// Working pixels of this photograph from those of the first; `None` on the first itself.
    pub map: Option<&'a SkinMap>,
}

/// Takes parts of which too little is valid on a photograph out of the region. Fails where none is left.
pub(super) fn refuse_lost(
    engine: &Engine,
    parts: &mut [Part],
    place: &Place<'_>,
    name: &str,
    inside: &Plane,
    excluded: &mut Excluded,
    lost: &Lost,
) -> Result<(), Stop> {
    if parts.is_empty() {
        return Ok(());
    }
    let mut kept: Option<Plane> = None;
    let mut any_lost = false;
    for part in parts.iter_mut().filter(|part| part.refused.is_none()) {
        let here = pointwise(engine, Op::Multiply, &part.on(engine, place)?, inside)?;
        let (shares, valid_percent) = excluded.shares_of(engine, &here, lost)?;
        if place.map.is_none() {
            (part.excluded, part.valid_percent) = (shares, valid_percent);
        }
        if let Some(reason) = refuse_if_too_little(valid_percent) {
            let message = format!("{name}: {}: {}", part.selection.name, reason.message);
            part.refused = Some(Reason { message, ..reason });
            any_lost = true;
            continue;
        }
        kept = Some(match kept {
            None => here,
            Some(others) => pointwise(engine, Op::Max, &others, &here)?,
        });
    }
    match kept {
        None => Err(parts.iter().filter_map(|part| part.refused.clone()).collect::<Vec<_>>().into()),
        Some(kept) if any_lost => {
            excluded.narrow(engine, &kept, lost)?;
            Ok(())
        }
        Some(_) => Ok(()),
    }
}

/// What was read on a part.
pub(super) struct PartRead {
    pub part: Part,
    /// Valid skin of the first photograph.
    pub area_cm2: f64,
    pub visits: Option<Visits>,
}

/// Reads every part, each with masks and blocks of its own. The frames hold other masks afterwards: this
/// comes last.
pub(super) fn read_all(
    engine: &Engine,
    set: &mut Set<'_>,
    photo: Size,
) -> Result<Vec<PartRead>, EngineError> {
    let parts = std::mem::take(&mut set.parts);
    let mut wholes = Vec::with_capacity(set.photos.len());
    for prepared in &mut set.photos {
        let empty = engine.upload(Size::new(1, 1), &[0f32])?;
        wholes.push(std::mem::replace(&mut prepared.frame.mask, empty));
    }
    let mut out = Vec::with_capacity(parts.len());
    for mut part in parts {
        let mut visits = None;
        let mut area_cm2 = 0.0;
        if part.refused.is_none() {
            narrow(engine, set, &part, &wholes, photo)?;
            let frame = &set.photos[0].frame;
            if frame.valid_pixels < LEAST_PIXELS {
                let message = format!(
                    "{}: too little skin is bare and well exposed on every photograph, in pixels",
                    part.selection.name
                );
                let (found, needed) = (frame.valid_pixels as f64, LEAST_PIXELS as f64);
                part.refused = Some(Reason::limit("too_little_valid_skin", message, found, needed));
            } else {
                area_cm2 = frame.area_cm2();
                let mut read = visit::read(engine, set)?;
                set.lacks.take_away(&mut read);
                visits = Some(read);
            }
        }
        out.push(PartRead { part, area_cm2, visits });
    }
    Ok(out)
}

/// What was read on untreated skin.
pub(super) struct ControlRead {
    /// Valid skin of the first photograph.
    pub area_cm2: f64,
    pub visits: Visits,
}

/// Reads the untreated skin of a pair as if it were the region; `None` where none is marked, or too little. The frames hold
/// its masks afterwards: this comes last.
pub(super) fn read_control(engine: &Engine, set: &mut Set<'_>) -> Result<Option<ControlRead>, EngineError> {
    if set.after().is_none() {
        return Ok(None);
    }
    for prepared in &mut set.photos {
        let frame = &mut prepared.frame;
        let Some(untreated) = frame.reference.take() else { return Ok(None) };
        restrict(engine, frame, untreated)?;
        // Skin stretches against untreated skin, which this is.
        let message = "stretch is measured against untreated skin, which this is";
        frame.stretch = Err(Reason::new("is_reference", message));
    }
    if set.photos.iter().any(|photo| photo.frame.valid_pixels < LEAST_PIXELS) {
        return Ok(None);
    }
    part_into_blocks(engine, set)?;
    let area_cm2 = set.photos[0].frame.area_cm2();
    let mut visits = visit::read(engine, set)?;
    set.lacks.take_away(&mut visits);
    Ok(Some(ControlRead { area_cm2, visits }))
}

/// Leaves only a part of the region in every frame.
fn narrow(
    engine: &Engine,
    set: &mut Set<'_>,
    part: &Part,
    wholes: &[Plane],
    photo: Size,
) -> Result<(), EngineError> {
    let first_grid = wholes[0].size();
    for (i, whole) in wholes.iter().enumerate() {
        let prepared = &mut set.photos[i];
        let map = (i > 0).then_some(&prepared.facts.this_from_first);
        let place = Place { photo, first_grid, grid: whole.size(), map };
        let mask = pointwise(engine, Op::Multiply, &part.on(engine, &place)?, whole)?;
        restrict(engine, &mut prepared.frame, mask)?;
    }
    if set.photos[0].frame.valid_pixels < LEAST_PIXELS {
        return Ok(());
    }
    part_into_blocks(engine, set)
}

/// Has a frame tell of this skin only, nothing found on it yet.
fn restrict(engine: &Engine, frame: &mut Frame<'_>, mask: Plane) -> Result<(), EngineError> {
    frame.valid_pixels = moments(engine, &mask, &mask, 0.0)?.count;
    frame.mask = mask;
    frame.forget();
    frame.with_layers = false;
    Ok(())
}

/// Parts the skin of the first frame into blocks, and the others' alike.
fn part_into_blocks(engine: &Engine, set: &mut Set<'_>) -> Result<(), EngineError> {
    let (first, later) = set.photos.split_at_mut(1);
    let frame = &mut first[0].frame;
    (frame.blocks, frame.block_count) = blocks(frame)?;
    for prepared in later {
        let map = &prepared.facts.this_from_first;
        let size = prepared.frame.mask.size();
        prepared.frame.blocks = carry(engine, &frame.blocks, size, |x, y| map.apply_inverse(x, y))?;
        prepared.frame.block_count = frame.block_count;
    }
    Ok(())
}
