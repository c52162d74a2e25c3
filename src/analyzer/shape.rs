//! Both photographs sampled at the same skin, coarsely, to compare the shading of the body's shape.

use super::sampling::Sampling;
use crate::align::SkinMap;
use crate::calibrate::{Densities, ShapeComparison, ShapeSamples, compare_shape};
use crate::engine::{EngineError, Plane};
use crate::geometry::Size;
use crate::measure::Frame;
use crate::ops::masked::Masked;
use crate::ops::warp::{Lattice, warp_linear, warp_nearest};

/// σ that densities are smoothed with before they are sampled, and distance of samples, in mm.
const SMOOTH_MM: f64 = 0.6;
const STEP_MM: f64 = 1.0;

/// Compares the shading of shape in `frame` with that in `first`; `None` where there is too little skin.
pub(super) fn compare(
    first: &Frame<'_>,
    frame: &Frame<'_>,
    this_from_first: &SkinMap,
) -> Result<Option<ShapeComparison>, EngineError> {
    let sampling = Sampling::new(first.size(), first.px(STEP_MM), |x, y| this_from_first.apply(x, y));
    let Some(Sampling { size, step, own, there }) = sampling else { return Ok(None) };
    let (inside, before) = seen(first, size, &own)?;
    let (inside_too, after) = seen(frame, size, &there)?;
    let valid: Vec<bool> = inside.iter().zip(&inside_too).map(|(a, b)| *a > 0.5 && *b > 0.5).collect();
    let step_mm = step / first.scale.px_per_mm;
    Ok(compare_shape(&ShapeSamples { width: size.width as usize, step_mm, valid, seen: [before, after] }))
}

/// Skin and densities at each sample.
fn seen(frame: &Frame<'_>, size: Size, lattice: &Lattice) -> Result<(Vec<f32>, Densities), EngineError> {
    let engine = frame.engine;
    let filter = Masked::new(engine, &frame.mask, frame.px(SMOOTH_MM))?;
    let inside = engine.download(&warp_nearest(engine, &filter.support(engine)?, size, lattice)?)?;
    let read =
        |plane: Plane| engine.download(&warp_linear(engine, &filter.apply(engine, &plane)?, size, lattice)?);
    let seen = Densities {
        melanin: read(frame.melanin()?)?,
        hemoglobin: read(frame.hemoglobin()?)?,
        shading: read(frame.shading()?)?,
    };
    Ok((inside, seen))
}
