//! Masks on the working grid, and carried from one photograph to another.

use super::super::capture::Capture;
use super::super::options::Selections;
use super::on_grid::OnGrid;
use crate::align::SkinMap;
use crate::engine::{Element, Engine, EngineError, Grid, Plane};
use crate::geometry::Size;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::warp::{Lattice, warp_nearest};
use crate::raster::Raster;
use crate::region::Selection;

/// Spacing of the lattice that carries masks, in pixels: the motion of skin is straight between.
const LATTICE_PX: u32 = 8;

/// The region of the first photograph on its working grid, and the untreated skin marked there.
pub(super) fn first_regions(
    engine: &Engine,
    capture: &Capture<'_>,
    region: &Raster,
    selections: &Selections,
    size: Size,
    factor: f64,
) -> Result<(Plane, Option<Plane>), EngineError> {
    // The user's own outlines, as sharp as the grid.
    let sharp = |selection: &Selection| engine.upload_raster(&selection.on_grid(capture.photo.size, size));
    let inside = match (&selections.region, &selections.reference) {
        (Some(selection), None) => sharp(selection)?,
        _ => overview_on_grid(engine, region, size, capture.factor / factor)?,
    };
    Ok((inside, selections.reference.as_ref().map(sharp).transpose()?))
}

/// What is valid of both on the first photograph, carried to this one.
pub(super) fn carried_regions(
    engine: &Engine,
    first: &OnGrid,
    capture: &Capture<'_>,
    selections: &Selections,
    size: Size,
    factor: f64,
    this_from_first: &SkinMap,
) -> Result<(Plane, Option<Plane>), EngineError> {
    let from_this = |x, y| this_from_first.apply_inverse(x, y);
    let carried = carry(engine, &first.excluded.valid, size, from_this)?;
    let inside = match selections.region {
        Some(_) => carried,
        // Skin that was found here must have been found there too.
        None => {
            let own = overview_on_grid(engine, &capture.skin, size, capture.factor / factor)?;
            pointwise(engine, Op::Multiply, &carried, &own)?
        }
    };
    let marked = first.reference.as_ref().map(|marked| carry(engine, marked, size, from_this)).transpose()?;
    Ok((inside, marked))
}

/// A mask of the small version on the working grid; `ratio` is small pixels per working pixel.
fn overview_on_grid(engine: &Engine, mask: &Raster, size: Size, ratio: f64) -> Result<Plane, EngineError> {
    let lattice = Lattice::from_fn(size, LATTICE_PX, |x, y| (x * ratio, y * ratio));
    warp_nearest(engine, &engine.upload_raster(mask)?, size, &lattice)
}

/// A mask or labels of another photograph on this one's grid of size `size`.
pub(in super::super) fn carry<T: Element>(
    engine: &Engine,
    grid: &Grid<T>,
    size: Size,
    source_from_this: impl Fn(f64, f64) -> (f64, f64),
) -> Result<Grid<T>, EngineError> {
    warp_nearest(engine, grid, size, &Lattice::from_fn(size, LATTICE_PX, source_from_this))
}

/// For each photograph the skin that is valid in all of them.
pub(super) fn common_masks(engine: &Engine, photos: &[OnGrid]) -> Result<Vec<Plane>, EngineError> {
    common(engine, photos, &photos.iter().map(|photo| &photo.excluded.valid).collect::<Vec<_>>())
}

/// For each photograph the untreated skin that is valid in all of them; `None` where none is marked.
pub(super) fn common_references(
    engine: &Engine,
    photos: &[OnGrid],
) -> Result<Option<Vec<Plane>>, EngineError> {
    let marked: Option<Vec<&Plane>> = photos.iter().map(|photo| photo.reference.as_ref()).collect();
    marked.map(|marked| common(engine, photos, &marked)).transpose()
}

fn common(engine: &Engine, photos: &[OnGrid], valid: &[&Plane]) -> Result<Vec<Plane>, EngineError> {
    let maps: Vec<&SkinMap> = photos.iter().map(|photo| &photo.this_from_first).collect();
    valid_in_all(engine, &maps, valid)
}

/// Of each photograph's skin what is valid in all of them; `maps` lead from the first to each.
fn valid_in_all(engine: &Engine, maps: &[&SkinMap], valid: &[&Plane]) -> Result<Vec<Plane>, EngineError> {
    let mut common = pointwise(engine, Op::Multiply, valid[0], valid[0])?;
    for (map, valid) in maps.iter().zip(valid).skip(1) {
        let carried = carry(engine, valid, common.size(), |x, y| map.apply(x, y))?;
        common = pointwise(engine, Op::Multiply, &carried, &common)?;
    }
    let mut masks = Vec::with_capacity(maps.len());
    for (map, valid) in maps.iter().zip(valid).skip(1) {
        let carried = carry(engine, &common, valid.size(), |x, y| map.apply_inverse(x, y))?;
        masks.push(pointwise(engine, Op::Multiply, &carried, valid)?);
    }
    masks.insert(0, common);
    Ok(masks)
}

/// Center of gravity of a mask, in its pixels.
pub(super) fn center(mask: &Raster) -> [f64; 2] {
    let mut sums = [0.0; 3];
    for y in 0..mask.size().height {
        for (x, &weight) in mask.row(y).iter().enumerate() {
            let at = [1.0, x as f64 + 0.5, f64::from(y) + 0.5];
            sums.iter_mut().zip(at).for_each(|(sum, v)| *sum += f64::from(weight) * v);
        }
    }
    [sums[1] / sums[0], sums[2] / sums[0]]
}
