//! Both photographs sampled at the same skin, to compare their light.

use super::sampling::Sampling;
use super::shape;
use crate::align::SkinMap;
use crate::calibrate::{LightComparison, LightSample, Seen, compare_light};
use crate::engine::{EngineError, Plane};
use crate::geometry::Size;
use crate::measure::Frame;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::unmix::green_density;
use crate::ops::warp::{Lattice, warp_linear, warp_nearest};

/// σ of the bands, from finest to coarsest, in mm: what relief is compared in point by point, and what
/// its strength is compared in (the band of relief contrast).
const FINE_MM: (f64, f64) = (0.2, 0.7);
const WIDE_MM: (f64, f64) = (0.25, 1.5);
/// σ over which the strength around a place is taken, in mm.
const AROUND_MM: f64 = 0.6;
/// Distance of samples, in mm.
const STEP_MM: f64 = 0.2;
/// Share of the coarser Gaussian of the fine band that must lie on valid skin around a sample. Beside a
/// hole (a hair, a highlight) the bands follow its rim, which no two photographs have alike: at one
/// half instead, unchanged close-ups correlated at 0.965 to 0.98, not at 0.991 and more.
const LEAST_SUPPORT: f32 = 0.9;
/// Thinner Gaussians than this are not resolved, in pixels.
const LEAST_SIGMA_PX: f64 = 0.8;

/// Compares the light of `frame` with that of `first`: on the untreated skin that the user marked,
/// else on all that both show. `None` where it cannot be told.
pub(super) fn compare(
    first: &Frame<'_>,
    frame: &Frame<'_>,
    this_from_first: &SkinMap,
) -> Result<Option<LightComparison>, EngineError> {
    if first.px(FINE_MM.0) < LEAST_SIGMA_PX {
        return Ok(None);
    }
    let shape = shape::compare(first, frame, this_from_first)?;
    if let (Some(before), Some(after)) = (&first.reference, &frame.reference) {
        let found = sampled(first, frame, [before, after], this_from_first)?;
        if let Some(found) = found {
            return Ok(Some(LightComparison { untreated: true, shape, ..found }));
        }
    }
    let found = sampled(first, frame, [&first.mask, &frame.mask], this_from_first)?;
    Ok(found.map(|found| LightComparison { shape, ..found }))
}

fn sampled(
    first: &Frame<'_>,
    frame: &Frame<'_>,
    [before, after]: [&Plane; 2],
    this_from_first: &SkinMap,
) -> Result<Option<LightComparison>, EngineError> {
    let sampling = Sampling::new(first.size(), first.px(STEP_MM), |x, y| this_from_first.apply(x, y));
    let Some(Sampling { size, step, own, there }) = sampling else { return Ok(None) };
    let before = seen(first, before, size, &own)?;
    let after = seen(frame, after, size, &there)?;
    let cm = STEP_MM.max(step / first.scale.px_per_mm) / 10.0;
    let place = |i: usize| [(i as u32 % size.width) as f64 * cm, (i as u32 / size.width) as f64 * cm];
    let samples: Vec<LightSample> = before
        .into_iter()
        .zip(after)
        .enumerate()
        .filter_map(|(i, (b, a))| Some(LightSample { place_cm: place(i), seen: [b?, a?] }))
        .collect();
    Ok(compare_light(&samples))
}

/// What a photograph shows at each sample, where there is skin enough around.
fn seen(
    frame: &Frame<'_>,
    mask: &Plane,
    size: Size,
    lattice: &Lattice,
) -> Result<Vec<Option<Seen>>, EngineError> {
    let engine = frame.engine;
    let density = green_density(engine, &frame.rgb)?;
    let around = Masked::new(engine, mask, frame.px(FINE_MM.1))?;
    let smooth = |mm: f64| Masked::new(engine, mask, frame.px(mm))?.apply(engine, &density);
    let base = smooth(WIDE_MM.1)?;
    let fine = pointwise(engine, Op::Subtract, &smooth(FINE_MM.0)?, &around.apply(engine, &density)?)?;
    let wide = pointwise(engine, Op::Subtract, &smooth(WIDE_MM.0)?, &base)?;
    let square = pointwise(engine, Op::Multiply, &wide, &wide)?;
    let energy = Masked::new(engine, mask, frame.px(AROUND_MM))?.apply(engine, &square)?;
    let well_inside = around.within(engine, LEAST_SUPPORT)?;
    let inside = engine.download(&warp_nearest(engine, &well_inside, size, lattice)?)?;
    let read = |plane: &Plane| engine.download(&warp_linear(engine, plane, size, lattice)?);
    let [fine, wide, energy, base] = [read(&fine)?, read(&wide)?, read(&energy)?, read(&base)?];
    let at = |i: usize| Seen { fine: fine[i], wide: wide[i], energy: energy[i], base: base[i] };
    Ok(inside.iter().enumerate().map(|(i, &w)| (w > 0.5).then(|| at(i))).collect())
}
