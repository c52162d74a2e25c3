//! A further photograph brought to the color of the first, on the skin that both show.

use crate::align::SkinMap;
use crate::calibrate::color::{delta_e_2000, lab_from_linear_rgb};
use crate::calibrate::{MatchSource, match_color, od_from_chromophores};
use crate::engine::{Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::measure::Frame;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::unmix::{Analysis, DEFAULT_ANALYSIS, unmix};
use crate::ops::warp::{Lattice, warp_linear, warp_nearest};

/// σ of the smoothing, and distance of samples, in mm.
const SMOOTH_MM: f64 = 0.5;
/// Spacing of the lattice, in samples.
const LATTICE: u32 = 8;

/// What colors were matched on, and how well.
#[derive(Debug, Clone, Copy)]
pub(super) struct Matched {
    pub source: MatchSource,
    /// Median CIEDE2000 that remains between the two at the same skin.
    pub residual_delta_e: Option<f64>,
}

/// Matches `frame` to `first`. `None` where too little skin is common.
pub(super) fn match_to_first(
    first: &Frame<'_>,
    frame: &mut Frame<'_>,
    this_from_first: &SkinMap,
) -> Result<Option<Matched>, EngineError> {
    let engine = frame.engine;
    let (source, masks) = match (&first.reference, &frame.reference) {
        (Some(a), Some(b)) => (MatchSource::ReferenceRegion, [a, b]),
        _ => (MatchSource::StableSkin, [&first.mask, &frame.mask]),
    };
    let step = first.px(SMOOTH_MM).max(1.0);
    let samples = Samples {
        size: Size::new(
            (f64::from(first.size().width) / step) as u32,
            (f64::from(first.size().height) / step) as u32,
        ),
        sigma_px: step,
    };
    if samples.size.area() == 0 {
        return Ok(None);
    }
    let before = samples.of(engine, &first.rgb, masks[0], |x, y| (x * step, y * step))?;
    let after = samples.of(engine, &frame.rgb, masks[1], |x, y| this_from_first.apply(x * step, y * step))?;
    let pairs: Vec<_> = before.into_iter().zip(after).filter_map(|(b, a)| Some((b?, a?))).collect();
    let difference = |(b, a): &([f32; 3], [f32; 3])| [b[0] - a[0], b[1] - a[1], b[2] - a[2]];
    let differences: Vec<[f32; 3]> = pairs.iter().map(difference).collect();
    let Some(found) = match_color(&differences, source, &DEFAULT_ANALYSIS) else { return Ok(None) };
    for (plane, gain) in frame.rgb.iter_mut().zip(found.gains) {
        *plane = pointwise(engine, Op::Scale(gain), plane, plane)?;
    }
    Ok(Some(Matched { source: found.source, residual_delta_e: residual(&pairs, found.gains) }))
}

/// Where smoothed skin is sampled: every half millimetre of the first photograph.
struct Samples {
    size: Size,
    sigma_px: f64,
}

impl Samples {
    /// (m̂, ĥ, ŝ) at each sample, where there is skin; `place` gives a sample's place in the planes.
    fn of(
        &self,
        engine: &Engine,
        rgb: &[Plane; 3],
        mask: &Plane,
        place: impl Fn(f64, f64) -> (f64, f64),
    ) -> Result<Vec<Option<[f32; 3]>>, EngineError> {
        let lattice = Lattice::from_fn(self.size, LATTICE, place);
        let filter = Masked::new(engine, mask, self.sigma_px)?;
        let inside = engine.download(&warp_nearest(engine, mask, self.size, &lattice)?)?;
        let mut values = Vec::with_capacity(3);
        let Analysis { melanin, hemoglobin, shading } = DEFAULT_ANALYSIS;
        for row in [melanin, hemoglobin, shading] {
            let smooth = filter.apply(engine, &unmix(engine, rgb, row)?)?;
            values.push(engine.download(&warp_linear(engine, &smooth, self.size, &lattice)?)?);
        }
        let at = |i: usize| [values[0][i], values[1][i], values[2][i]];
        Ok(inside.iter().enumerate().map(|(i, &w)| (w > 0.5).then(|| at(i))).collect())
    }
}

fn residual(pairs: &[([f32; 3], [f32; 3])], gains: [f32; 3]) -> Option<f64> {
    let lab = |chromophores: [f32; 3], gains: [f32; 3]| {
        let od = od_from_chromophores(&DEFAULT_ANALYSIS, chromophores.map(f64::from))?;
        Some(lab_from_linear_rgb(std::array::from_fn(|c| (-od[c]).exp() * f64::from(gains[c]))))
    };
    let mut differences: Vec<f64> =
        pairs.iter().filter_map(|&(b, a)| Some(delta_e_2000(lab(b, [1.0; 3])?, lab(a, gains)?))).collect();
    differences.sort_by(f64::total_cmp);
    differences.get(differences.len() / 2).copied()
}
