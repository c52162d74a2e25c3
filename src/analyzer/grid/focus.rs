//! Detail of pigment and shading in two photographs at the same skin, to compare their focus.

use super::super::sampling::Sampling;
use super::GridFacts;
use super::on_grid::OnGrid;
use crate::calibrate::focus::{BANDS, Blur, FocusComparison, FocusSample, MOST_TIMES, PLANES, compare_focus};
use crate::engine::{Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::unmix::{DEFAULT_ANALYSIS, unmix};
use crate::ops::warp::{Lattice, warp_cubic, warp_nearest};

/// σ of the finest band: so many mm, and at least so many pixels.
const FINEST_MM: f64 = 0.08;
const FINEST_PX: f64 = 1.0;
/// Distance of samples in σ of the finest band. The remainder of a pixel that is added makes every part of a pixel as frequent.
const STEP: f64 = 1.25;
const REMAINDER_PX: f64 = 0.382;
/// Side of the blocks that errors rest on, in mm.
const BLOCK_MM: f64 = 5.0;
/// Share of the coarsest Gaussian that lies on skin around a sample.
const LEAST_SUPPORT: f32 = 0.9;

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
/// Standard errors by which photographs may be matched further than the blur that is known. Fine detail shows blur more exactly than
/// pigment does, as long as nothing but the focus changed.
const MATCHED_REACH: f64 = 2.0;

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

/// The most that each photograph is blurred by to be as soft as the softest, in mm²; `None` where the focus of one is not known.
pub(super) fn most_matched_mm2(facts: &[GridFacts]) -> Option<Vec<f64>> {
    let later = facts.get(1..)?.iter().map(|facts| Some(facts.focus?.blur()));
    let first = Some(Blur { mm2: 0.0, se_mm2: 0.0 });
    let blurs: Vec<Blur> = std::iter::once(first).chain(later).collect::<Option<_>>()?;
    let most_of = |one: &Blur| {
        let softer = |other: &Blur| most(other.mm2 - one.mm2) + MATCHED_REACH * one.se_mm2.max(other.se_mm2);
        blurs.iter().map(softer).fold(0.0, f64::max)
    };
    Some(blurs.iter().map(most_of).collect())
}

/// Most that a blur can be which reads as this, in mm².
fn most(mm2: f64) -> f64 {
    if mm2 > 0.0 { MOST_TIMES * mm2 } else { mm2 }
}

/// Change of ln contrast of fine texture that the focus can have made between two photographs, what was matched aside. Where
/// the sharper one was blurred by more than the focus can differ, the focus has made no fall.
pub(super) fn texture_ln([first, after]: [&GridFacts; 2], px_per_mm: f64) -> f64 {
    let by_detail = TEXTURE_PER_DETAIL * (after.detail_power() / first.detail_power()).ln();
    after.focus.map_or(by_detail, |found| {
        let blur = found.blur();
        let matched = (first.blur_px.powi(2) - after.blur_px.powi(2)) / px_per_mm.powi(2);
        let softer = -by_detail.signum();
        let left = most(softer * blur.mm2) - softer * matched + REACH * blur.se_mm2;
        by_detail.abs().min(TEXTURE_PER_MM2 * left.max(0.0)).copysign(by_detail)
    })
}

/// Ratio of the powers of the finest detail (1 and more) that the focus can have made between two photographs.
pub(in crate::analyzer) fn detail_ratio([first, after]: [&GridFacts; 2], px_per_mm: f64) -> f64 {
    let seen = (after.detail_power() / first.detail_power()).ln().abs();
    let most = after.focus.map_or(f64::INFINITY, |found| {
        let blur = found.blur();
        DETAIL_PER_PX * (most(blur.mm2.abs()) + REACH * blur.se_mm2).sqrt() * px_per_mm
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
    let map = &photo.this_from_first;
    let step_px = (STEP * sigma).floor() + REMAINDER_PX;
    let sampling = Sampling::new(masks[0].size(), step_px, |x, y| map.apply(x, y));
    let Some(Sampling { size, step, own, there }) = sampling else { return Ok(None) };
    let before = seen(engine, first, masks[0], sigma, size, &own)?;
    let after = seen(engine, photo, masks[1], sigma, size, &there)?;
    let side = (BLOCK_MM * px_per_mm / step).max(1.0);
    let in_row = (f64::from(size.width) / side) as usize + 1;
    let block = |i: usize| {
        let [x, y] = [i as u32 % size.width, i as u32 / size.width].map(|k| (f64::from(k) / side) as usize);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::SkinMap;
    use crate::region::ExcludedShares;

    const PX_PER_MM: f64 = 16.0;

    fn facts(sharpness: f64, blurs_mm2: Option<[f64; 2]>) -> GridFacts {
        let blur = |mm2: f64| Blur { mm2, se_mm2: 4e-4 };
        GridFacts {
            index: 0,
            this_from_first: SkinMap::identity(),
            excluded: ExcludedShares { specular: 0.0, hair: 0.0, clipped: 0.0 },
            valid_percent: 100.0,
            sharpness,
            noise: 0.0,
            exposure: 0.3,
            quality: Vec::new(),
            focus: blurs_mm2
                .map(|[pigment, relief]| FocusComparison { pigment: blur(pigment), relief: blur(relief) }),
            blur_px: 0.0,
        }
    }

    #[test]
    fn without_pigment_all_that_fine_detail_lost_may_be_focus() {
        let [first, after] = [facts(20.0, None), facts(10.0, None)];
        let found = texture_ln([&first, &after], PX_PER_MM);
        assert!((found + TEXTURE_PER_DETAIL * 4f64.ln()).abs() < 1e-12, "{found}");
        assert!((detail_ratio([&first, &after], PX_PER_MM) - 4.0).abs() < 1e-9);
        assert_eq!(most_matched_mm2(&[first, after]), None);
    }

    #[test]
    fn fine_detail_that_pigment_does_not_lose_is_no_focus() {
        let [first, after] = [facts(20.0, None), facts(10.0, Some([0.0, 0.004]))];
        let found = texture_ln([&first, &after], PX_PER_MM);
        assert!((found + TEXTURE_PER_MM2 * 4e-4).abs() < 1e-12, "{found}");
        assert!(detail_ratio([&first, &after], PX_PER_MM) < 1.4);
        assert_eq!(most_matched_mm2(&[first, after]), Some(vec![8e-4; 2]));
    }

    #[test]
    fn what_was_matched_is_open_no_more_and_the_sign_is_that_of_the_detail() {
        let open = |blur_px: f64, sharpness: f64| {
            let first = GridFacts { blur_px, ..facts(20.0, None) };
            texture_ln([&first, &facts(sharpness, Some([0.003, 0.004]))], PX_PER_MM)
        };
        assert!((open(0.0, 8.0) + TEXTURE_PER_MM2 * (MOST_TIMES * 0.003 + 4e-4)).abs() < 1e-12);
        // √0.0054 mm of 16 px/mm.
        assert!((open(1.175_755, 8.0) + TEXTURE_PER_MM2 * 4e-4).abs() < 1e-6);
        // √0.006 mm: more than the focus can differ by.
        assert_eq!(open(1.239_4, 8.0), 0.0);
        // More fine detail on a photograph that pigment says is softer is no focus.
        assert_eq!(open(0.0, 21.0), 0.0);
    }
}
