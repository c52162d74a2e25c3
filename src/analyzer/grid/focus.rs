//! Detail of pigment and shading in two photographs at the same skin, to compare their focus.

use super::GridFacts;
use super::on_grid::OnGrid;
use crate::calibrate::focus::{BANDS, FocusComparison, FocusSample, PLANES, compare_focus};
use crate::engine::{Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::unmix::{DEFAULT_ANALYSIS, unmix};
use crate::ops::warp::{Lattice, warp_cubic, warp_nearest};

/// Least σ of the finest band, in mm and in pixels.
const FINEST_MM: f64 = 0.08;
const FINEST_PX: f64 = 1.0;
/// Distance of samples in σ of the finest band. The remainder of a pixel that is added makes every part of a pixel as frequent.
const STEP: f64 = 1.25;
const REMAINDER_PX: f64 = 0.382;
/// Side of the blocks that errors rest on, in mm.
const BLOCK_MM: f64 = 5.0;
/// Share of the coarsest Gaussian that lies on skin around a sample.
const LEAST_SUPPORT: f32 = 0.9;
/// Spacing of the lattice, in samples.
const LATTICE: u32 = 8;

/// Change of ln contrast of fine texture for a blur of 1 mm². Measured on six close-ups with a defocus of 0.06 mm: 46 to 81,
/// half of them 68 and more.
const TEXTURE_PER_MM2: f64 = 68.0;
/// The same for ln of the power of the finest detail, which is all that is known without pigment. Measured: a defocus of 1 px
/// takes 0.22 of ln contrast; the ratio is about 2 at 0.7 px and 3.5 to 5 at 1.5 px. In proportion, not to the square: on a
/// black lesion whose detail hardly showed 0.7 px of defocus, it took 0.135.
const TEXTURE_PER_DETAIL: f64 = 0.3;
/// ln of the power of the finest detail for a blur of 1 px (same measurement).
const DETAIL_PER_PX: f64 = 0.95;
/// Standard errors of a blur that count beside capture noise, which has 1.96 of its own: both added hold more than the root of the
/// sum of their squares as long as the blur's is at most 1.4 times the noise.
const REACH: f64 = 1.0;

/// Compares the focus of every photograph with that of the first.
pub(super) fn compare_all(
    engine: &Engine,
    photos: &[OnGrid],
    masks: &[Plane],
    px_per_mm: f64,
    facts: &mut [GridFacts],
) -> Result<(), EngineError> {
    for k in 1..photos.len() {
        facts[k].focus = compare(engine, [&photos[0], &photos[k]], [&masks[0], &masks[k]], px_per_mm)?;
    }
    Ok(())
}

/// Blur of every photograph against the first, in mm², where all are known.
pub(super) fn blurs_mm2(facts: &[GridFacts]) -> Option<Vec<f64>> {
    let later = facts.get(1..)?.iter().map(|facts| Some(facts.focus?.blur().mm2));
    std::iter::once(Some(0.0)).chain(later).collect()
}

/// Change of ln contrast of fine texture that the focus can have made between two photographs, what was matched aside.
pub(super) fn texture_ln([first, after]: [&GridFacts; 2], px_per_mm: f64) -> f64 {
    let by_detail = TEXTURE_PER_DETAIL * (after.detail_power() / first.detail_power()).ln();
    after.focus.map_or(by_detail, |found| {
        let blur = found.blur();
        let matched = (first.blur_px.powi(2) - after.blur_px.powi(2)) / px_per_mm.powi(2);
        let open = (blur.mm2 - matched).abs() + REACH * blur.se_mm2;
        by_detail.abs().min(TEXTURE_PER_MM2 * open).copysign(by_detail)
    })
}

/// Ratio of the powers of the finest detail (1 and more) that the focus can have made between two photographs.
pub(in crate::analyzer) fn detail_ratio([first, after]: [&GridFacts; 2], px_per_mm: f64) -> f64 {
    let seen = (after.detail_power() / first.detail_power()).ln().abs();
    let most = after.focus.map_or(f64::INFINITY, |found| {
        let blur = found.blur();
        DETAIL_PER_PX * (blur.mm2.abs() + REACH * blur.se_mm2).sqrt() * px_per_mm
    });
    seen.min(most).exp()
}

/// Compares the focus of `photo` with that of `first` on the skin that both show; `None` where too little pigment is seen.
fn compare(
    engine: &Engine,
    [first, photo]: [&OnGrid; 2],
    masks: [&Plane; 2],
    px_per_mm: f64,
) -> Result<Option<FocusComparison>, EngineError> {
    let sigma = (FINEST_MM * px_per_mm).max(FINEST_PX);
    let step = (STEP * sigma).floor() + REMAINDER_PX;
    let own = masks[0].size();
    let [columns, rows] = [own.width, own.height].map(|side| (f64::from(side) / step) as u32);
    let size = Size::new(columns, rows);
    if size.area() == 0 {
        return Ok(None);
    }
    let map = &photo.this_from_first;
    let lattices = [
        Lattice::from_fn(size, LATTICE, |x, y| (x * step, y * step)),
        Lattice::from_fn(size, LATTICE, |x, y| map.apply(x * step, y * step)),
    ];
    let [before, after] =
        [0, 1].map(|k| seen(engine, [first, photo][k], masks[k], sigma, size, &lattices[k]));
    let (before, after) = (before?, after?);
    let side = (BLOCK_MM * px_per_mm / step).max(1.0);
    let in_row = (f64::from(columns) / side) as usize + 1;
    let block = |i: usize| {
        let [x, y] = [i as u32 % columns, i as u32 / columns].map(|place| (f64::from(place) / side) as usize);
        y * in_row + x
    };
    let samples: Vec<FocusSample> = (0..before.len())
        .filter_map(|i| Some(FocusSample { block: block(i), seen: [before[i]?, after[i]?] }))
        .collect();
    Ok(compare_focus(&samples, sigma / px_per_mm))
}

/// Bands of every plane at each sample, where there is skin enough around.
fn seen(
    engine: &Engine,
    photo: &OnGrid,
    mask: &Plane,
    sigma: f64,
    size: Size,
    lattice: &Lattice,
) -> Result<Vec<Option<[[f32; BANDS]; PLANES]>>, EngineError> {
    let filters = (0..=BANDS)
        .map(|k| Masked::new(engine, mask, sigma * f64::from(1u32 << k)))
        .collect::<Result<Vec<_>, _>>()?;
    let well_inside = filters[BANDS].within(engine, LEAST_SUPPORT)?;
    let inside = engine.download(&warp_nearest(engine, &well_inside, size, lattice)?)?;
    let mut out: Vec<Option<[[f32; BANDS]; PLANES]>> =
        inside.iter().map(|&w| (w > 0.5).then(Default::default)).collect();
    for (p, row) in [DEFAULT_ANALYSIS.melanin, DEFAULT_ANALYSIS.hemoglobin, DEFAULT_ANALYSIS.shading]
        .into_iter()
        .enumerate()
    {
        let density = unmix(engine, &photo.linear.rgb, row)?;
        let mut finer = filters[0].apply(engine, &density)?;
        for (k, filter) in filters[1..].iter().enumerate() {
            let coarser = filter.apply(engine, &density)?;
            let band = pointwise(engine, Op::Subtract, &finer, &coarser)?;
            let values = engine.download(&warp_cubic(engine, &band, size, lattice)?)?;
            for (sample, value) in out.iter_mut().zip(values) {
                if let Some(seen) = sample {
                    seen[p][k] = value;
                }
            }
            finer = coarser;
        }
    }
    Ok(out)
}
