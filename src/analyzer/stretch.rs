//! How the skin of a later photograph is stretched against the first, for the measure of laxity.

use crate::align::SkinMap;
use crate::align::strain::{Gradient, gradient, tilt_deg};
use crate::engine::{EngineError, Plane};
use crate::geometry::Size;
use crate::measure::Frame;
use crate::measure::laxity::Stretch;
use crate::ops::gaussian::gaussian;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::warp::{Lattice, warp_linear};
use crate::raster::Raster;
use crate::reason::Reason;

/// Distance of nodes, and σ of the window that each gradient is taken over, in mm.
const NODE_MM: f64 = 1.25;
const WINDOW_MM: f64 = 2.5;
/// Nodes of untreated skin below which it tells no scale.
const LEAST_NODES: f64 = 12.0;
/// Spacing of the lattice that samples a mask, in nodes.
const LATTICE: u32 = 8;
/// How far the camera is taken to have been, in mm: further than is usual, so that no tilt comes out too
/// small. Files tell focal lengths, but not whether a picture was cropped.
const DISTANCE_MM: f64 = 400.0;

/// A photograph by itself.
pub(super) fn alone() -> Reason {
    Reason::new(
        "needs_two_photographs",
        "a change of the skin's area needs a photograph before and one after",
    )
}

/// The first photograph against itself, and every later one against it; why not, where that cannot be told.
pub(super) fn of(
    first: &Frame<'_>,
    later: &[(Size, SkinMap)],
) -> Result<Result<Vec<Stretch>, Reason>, EngineError> {
    let Some(reference) = &first.reference else {
        let message = "no untreated skin is marked (--reference): without it, tighter skin looks like a camera farther away";
        return Ok(Err(Reason::new("no_reference", message)));
    };
    let spacing_px = first.px(NODE_MM);
    let untreated = at_nodes(first, reference, spacing_px)?;
    let nodes: f64 = untreated.data().iter().map(|&v| f64::from(v)).sum();
    if nodes < LEAST_NODES {
        let message = "too little untreated skin is marked to hold a change of area against, in cm²";
        let cm2 = |nodes: f64| nodes * NODE_MM * NODE_MM / 100.0;
        return Ok(Err(Reason::limit("reference_too_small", message, cm2(nodes), cm2(LEAST_NODES))));
    }
    let skin = at_nodes(first, &pointwise(first.engine, Op::Max, reference, &first.mask)?, spacing_px)?;
    let itself = (first.size(), SkinMap::identity());
    let all = std::iter::once(&itself).chain(later);
    Ok(Ok(all.map(|(size, map)| stretch(map, *size, &skin, &untreated, spacing_px)).collect()))
}

/// How far the camera was tilted between the first photograph and another, in degrees.
pub(super) fn tilt(first: &Frame<'_>, map: &SkinMap) -> Result<Option<f64>, EngineError> {
    let spacing_px = first.px(NODE_MM);
    // Treated skin may have moved by itself.
    let skin = at_nodes(first, first.reference.as_ref().unwrap_or(&first.mask), spacing_px)?;
    Ok(tilt_deg(map, &skin, spacing_px, first.px(DISTANCE_MM)))
}

/// Share of a mask around each node.
fn at_nodes(frame: &Frame<'_>, mask: &Plane, spacing_px: f64) -> Result<Raster, EngineError> {
    let engine = frame.engine;
    let smooth = gaussian(engine, mask, 0.5 * spacing_px)?;
    let size = nodes_of(frame.size(), spacing_px);
    let place = |x: f64, y: f64| ((x - 0.5) * spacing_px, (y - 0.5) * spacing_px);
    engine.download_raster(&warp_linear(engine, &smooth, size, &Lattice::from_fn(size, LATTICE, place))?)
}

/// Nodes that reach to the end of a grid.
fn nodes_of(grid: Size, spacing_px: f64) -> Size {
    let along = |side: u32| (f64::from(side) / spacing_px).ceil() as u32 + 1;
    Size::new(along(grid.width), along(grid.height))
}

/// The field on the nodes of the later photograph.
fn stretch(map: &SkinMap, size: Size, skin: &Raster, untreated: &Raster, spacing_px: f64) -> Stretch {
    let sigma_px = spacing_px * WINDOW_MM / NODE_MM;
    let Gradient { nodes, .. } = gradient(map, skin, spacing_px, sigma_px);
    let weighed = nodes.data().iter().zip(untreated.data());
    let (sum, weight) = weighed.fold((0.0, 0.0), |(sum, weight), (j, &w)| {
        (sum + f64::from(w) * j.determinant(), weight + f64::from(w))
    });
    let still = sum / weight;
    let areal = nodes.map(|j| (j.determinant() / still - 1.0) as f32);
    let strain = [(0, 0), (1, 1), (0, 1)].map(|at| {
        let one = if at.0 == at.1 { 1.0 } else { 0.0 };
        nodes.map(|j| (0.5 * ((j.transpose() * j)[at] / still - one)) as f32)
    });
    let here = |field: &Raster| {
        Raster::from_fn(nodes_of(size, spacing_px), |x, y| {
            let (u, v) = map.apply_inverse(f64::from(x) * spacing_px, f64::from(y) * spacing_px);
            field.sample(u / spacing_px + 0.5, v / spacing_px + 0.5)
        })
    };
    Stretch { spacing_px, areal: here(&areal), strain: strain.each_ref().map(here) }
}
