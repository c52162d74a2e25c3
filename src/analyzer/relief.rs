//! True heights beside the photographs: loaded, and laid on their working grids.

use super::capture::Capture;
use super::error::AnalyzeError;
use super::grid::Prepared;
use super::options::{Light, Options};
use crate::calibrate::{WorkingScale, clip_limits, encoded};
use crate::engine::{Engine, EngineError};
use crate::height::stereo::{Shot, heights, normals};
use crate::height::{HeightError, HeightMap, HeightSource, Lights, Relief, resampled};
use crate::measure::{Frame, Height};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::resample::resample;
use crate::photo::Photo;
use crate::raster::Raster;
use crate::report::ReliefLevel;

/// Loads the heights of every photograph, those before treatment first.
pub(super) fn load(
    before: &[&Photo],
    after: &[&Photo],
    options: &Options,
) -> Result<Vec<Option<Relief>>, AnalyzeError> {
    let mut out = Vec::with_capacity(before.len() + after.len());
    for (visit, photos, sources) in
        [("before", before, &options.heights_before), ("after", after, &options.heights_after)]
    {
        if sources.len() > photos.len() {
            let (found, photos) = (sources.len(), photos.len());
            return Err(HeightError::TooMany { visit, found, photos }.into());
        }
        for (i, photo) in photos.iter().enumerate() {
            out.push(sources.get(i).map(|source| source.load(photo.size, &options.limits)).transpose()?);
        }
    }
    Ok(out)
}

/// How much of relief the photographs that are compared tell: the least that both visits have.
pub(super) fn level(compared: bool, options: &Options) -> ReliefLevel {
    let of = |sources: &[HeightSource]| match sources.first() {
        None if compared && options.light == Light::Oblique => ReliefLevel::ObliquePair,
        None => ReliefLevel::Proxy,
        Some(HeightSource::Lights(_)) => ReliefLevel::PhotometricStereo,
        Some(HeightSource::Map { .. }) => ReliefLevel::HeightMap,
    };
    let before = of(&options.heights_before);
    if compared { before.min(of(&options.heights_after)) } else { before }
}

/// Lays heights on the grids of their photographs, by their places among those that were given.
pub(super) fn lay(
    engine: &Engine,
    photos: &mut [Prepared<'_>],
    captures: &[Capture<'_>],
    reliefs: &[Option<Relief>],
    scale: &WorkingScale,
) -> Result<(), EngineError> {
    for (place, prepared) in photos.iter_mut().enumerate() {
        let index = prepared.facts.index;
        let Some(relief) = reliefs.get(index).and_then(Option::as_ref) else { continue };
        let photo = captures[index].photo;
        let native = scale.native_px_per_mm[place];
        let frame = &mut prepared.frame;
        frame.height = Some(match relief {
            Relief::Map(map) => from_map(frame, map, photo, scale.factors[place], native)?,
            Relief::Stereo { lights, photos } => {
                by_lamps(engine, frame, lights, photos, scale.factors[place], native)?
            }
        });
    }
    let all = || photos.iter().filter_map(|p| p.frame.height.as_ref());
    let coarsest = all().map(|h| h.px_per_mm).fold(f64::INFINITY, f64::min);
    for height in photos.iter_mut().filter_map(|p| p.frame.height.as_mut()) {
        height.px_per_mm = coarsest;
    }
    Ok(())
}

fn from_map(
    frame: &Frame<'_>,
    map: &HeightMap,
    photo: &Photo,
    factor: f64,
    native_px_per_mm: f64,
) -> Result<Height, EngineError> {
    let engine = frame.engine;
    let own = map.um.size();
    let photo_per_map = [
        f64::from(photo.size.width) / f64::from(own.width),
        f64::from(photo.size.height) / f64::from(own.height),
    ];
    let (um, mask) = resampled(&map.um, frame.size(), photo_per_map.map(|ratio| factor * ratio));
    Ok(Height {
        um: engine.upload_raster(&um)?,
        mask: engine.upload_raster(&mask)?,
        px_per_mm: native_px_per_mm / photo_per_map[0].max(photo_per_map[1]),
    })
}

/// Normals are told by green: red light spreads farthest under the skin, blue has the most noise.
fn by_lamps(
    engine: &Engine,
    frame: &Frame<'_>,
    lights: &Lights,
    photos: &[Photo],
    factor: f64,
    native_px_per_mm: f64,
) -> Result<Height, EngineError> {
    let mut planes: Vec<[Raster; 2]> = Vec::with_capacity(photos.len());
    for photo in photos {
        let linear = resample(engine, encoded(photo), photo.size, factor, clip_limits(photo))?;
        planes.push([engine.download_raster(&linear.rgb[1])?, engine.download_raster(&linear.clipped)?]);
    }
    let shots: Vec<Shot<'_>> = planes.iter().map(|[light, clipped]| Shot { light, clipped }).collect();
    let found = normals(&shots, &lights.lamps);
    // Beside the skin that is measured there may be anything.
    let mask = pointwise(engine, Op::Multiply, &engine.upload_raster(&found.known)?, &frame.mask)?;
    let pitch_um = 1000.0 / frame.scale.px_per_mm;
    let um = heights(engine, &found.normals, &mask, pitch_um)?;
    Ok(Height { um, mask, px_per_mm: native_px_per_mm })
}
