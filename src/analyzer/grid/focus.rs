//! Detail of pigment and shading in two photographs at the same skin, to compare their focus.

use super::super::sampling::Sampling;
use super::GridFacts;
use super::on_grid::OnGrid;
use crate::calibrate::focus::{BANDS, BandSums, BlockSums, Blur, MOST_TIMES, PLANES, compare_focus};
use crate::engine::{Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::ops::label_sums::label_sums;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::unmix::{Analysis, DEFAULT_ANALYSIS, unmix};
use crate::ops::warp::{Lattice, block_labels, warp_cubic, warp_nearest};

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
/// Largest product of two densities that is summed, in OD².
const RANGE_OD2: f32 = 1.0;

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

/// Compares the focus of every photograph with that of the first, on the skin that all show.
pub(super) fn compare_all(
    engine: &Engine,
    photos: &[OnGrid],
    masks: &[Plane],
    px_per_mm: f64,
    facts: &mut [GridFacts],
) -> Result<(), EngineError> {
    let sigma = (FINEST_MM * px_per_mm).max(FINEST_PX);
    let step_px = (STEP * sigma).floor() + REMAINDER_PX;
    let mut first = None;
    for k in 1..photos.len() {
        let map = &photos[k].this_from_first;
        let sampling = Sampling::new(masks[0].size(), step_px, |x, y| map.apply(x, y));
        let Some(Sampling { size, step, own, there }) = sampling else { return Ok(()) };
        let before = match &first {
            Some(bands) => bands,
            None => first.insert(Bands::of(engine, &photos[0], &masks[0], sigma, size, &own)?),
        };
        let after = Bands::of(engine, &photos[k], &masks[k], sigma, size, &there)?;
        let side = (BLOCK_MM * px_per_mm / step).round().max(1.0) as u32;
        facts[k].focus = compare_focus(&before.blocks(engine, &after, side)?, sigma / px_per_mm);
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

/// Bands of one photograph at the samples.
struct Bands {
    /// 1 where there is skin enough around.
    inside: Plane,
    /// `[plane][band]`: melanin, hemoglobin and shading, from fine to coarse, in OD.
    planes: [[Plane; BANDS]; PLANES],
}

impl Bands {
    fn of(
        engine: &Engine,
        photo: &OnGrid,
        mask: &Plane,
        sigma: f64,
        size: Size,
        lattice: &Lattice,
    ) -> Result<Self, EngineError> {
        let filters = (0..=BANDS)
            .map(|k| Masked::new(engine, mask, sigma * f64::from(1u32 << k)))
            .collect::<Result<Vec<_>, _>>()?;
        let of_row = |row: [f32; 3]| -> Result<[Plane; BANDS], EngineError> {
            let density = unmix(engine, &photo.linear.rgb, row)?;
            let mut finer = filters[0].apply(engine, &density)?;
            let mut band = |k: usize| {
                let coarser = filters[k + 1].apply(engine, &density)?;
                let band = pointwise(engine, Op::Subtract, &finer, &coarser)?;
                finer = coarser;
                warp_cubic(engine, &band, size, lattice)
            };
            Ok([band(0)?, band(1)?, band(2)?])
        };
        let Analysis { melanin, hemoglobin, shading } = DEFAULT_ANALYSIS;
        let inside = warp_nearest(engine, &filters[BANDS].within(engine, LEAST_SUPPORT)?, size, lattice)?;
        Ok(Self { inside, planes: [of_row(melanin)?, of_row(hemoglobin)?, of_row(shading)?] })
    }

    /// Sums of the products with another photograph's bands, over blocks of `side` samples where both show skin.
    fn blocks(&self, engine: &Engine, other: &Self, side: u32) -> Result<Vec<BlockSums>, EngineError> {
        let inside = pointwise(engine, Op::Multiply, &self.inside, &other.inside)?;
        let (labels, count) = block_labels(engine, side, &inside)?;
        let mut blocks = vec![BlockSums::default(); count as usize];
        for (p, (own, theirs)) in self.planes.iter().zip(&other.planes).enumerate() {
            for (k, (a, b)) in own.iter().zip(theirs).enumerate() {
                let products = [(a, a), (b, b), (a, b)].map(|(a, b)| pointwise(engine, Op::Multiply, a, b));
                let [first, second, both] = products;
                let planes = [&first?, &second?, &both?];
                let sums = label_sums(engine, &labels, count, &planes, RANGE_OD2)?;
                // The first is the background.
                for (block, found) in blocks.iter_mut().zip(&sums[1..]) {
                    let [first, second, both] = [0, 1, 2].map(|i| found.sums[i]);
                    block[p][k] = BandSums { first, second, both };
                }
            }
        }
        // Blocks without a sample have no detail either.
        blocks.retain(|block| block.iter().flatten().any(|sums| sums.first > 0.0));
        Ok(blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::SkinMap;
    use crate::calibrate::focus::FocusComparison;
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
