//! Strokes of a skin marker: thin, dark, and of a hue that no skin has.
//!
//! Melanin, hemoglobin and shade only ever add density along their own directions. Blue, violet
//! and green ink absorb red much and blue little: melanin comes out negative beside such a
//! stroke. Lesions can look so too (blue nevi, melanomas, keratoses), but they are no long thin
//! strokes: without one the photograph has no ink.

use super::look::Look;
use super::masks::{Part, grown, keep_parts, mask_where, median, robust_sd, smoothed};
use crate::engine::{Engine, EngineError};
use crate::ops::unmix::DEFAULT_ANALYSIS;
use crate::raster::Raster;

/// σ of smoothing and of what is around, as shares of the shorter side, as all lengths here.
const SMOOTH: f64 = 0.005;
const AROUND: f64 = 0.06;
/// Melanin below that around from which it may be ink and is ink, in OD and in robust SD, and
/// how much more red must be absorbed.
const WEAK: (f32, f32, f32) = (0.08, 1.2, 0.03);
const STRONG: (f32, f32, f32) = (0.20, 2.2, 0.10);
/// Least strong share of a stroke.
const LEAST_STRONG: f64 = 0.2;
/// Gaps in a stroke up to twice this.
const GAP: f64 = 0.012;
/// A photograph has ink where a stroke is as long; then shorter ones count.
const LONG: f64 = 0.3;
const SHORT: f64 = 0.1;
/// Area over length: mean width, of all pieces.
const MEAN_WIDTH: f64 = 0.03;
/// No disc of this diameter fits into a stroke.
const WIDTH: f64 = 0.045;
/// Faint stretches that go on from a stroke so found: how far, and how much as in [`WEAK`].
const NEAR: f64 = 0.08;
const FAINT: (f32, f32, f32) = (0.04, 0.7, 0.015);
/// A stroke fades out beside what is found of it.
const RIM: f64 = 0.006;

/// 1 on strokes of ink.
pub(super) fn ink(engine: &Engine, look: &Look) -> Result<Raster, EngineError> {
    let size = look.size();
    let side = f64::from(size.width.min(size.height));
    let all = Raster::filled(size, 1.0);
    let [r, g, b] = DEFAULT_ANALYSIS.melanin;
    let melanin = Raster::from_vec(
        size,
        (0..size.area())
            .map(|i| r * look.red.data()[i] + g * look.green.data()[i] + b * look.blue.data()[i])
            .collect(),
    );
    let against = |plane: &Raster| -> Result<(Raster, Raster), EngineError> {
        let smooth = smoothed(engine, plane, &all, (SMOOTH * side).max(1.0))?;
        let around = smoothed(engine, plane, &all, AROUND * side)?;
        Ok((super::look::combined(&smooth, &around, |s, a| s - a), smooth))
    };
    let (excess, smooth) = against(&melanin)?;
    let (red, _) = against(&look.red)?;
    let level = median(&smooth, &all).unwrap_or(0.0);
    let sd = median(&excess, &all).map_or(0.0, |center| robust_sd(&excess, &all, center));
    let least = |(od, sds, more_red): (f32, f32, f32)| {
        let below = od.max(sds * sd);
        // Within a mole there is more melanin than anywhere, however uneven it is.
        mask_where(&excess, |i, _, _| {
            let less = excess.data()[i] < -below && smooth.data()[i] < level - 0.5 * below;
            less && red.data()[i] > more_red
        })
    };
    let weak = least(WEAK);
    if weak.data().iter().all(|&v| v == 0.0) {
        return Ok(weak);
    }
    let strong = least(STRONG);
    let thick = super::masks::opened(engine, &weak, 0.5 * WIDTH * side)?;
    // Pieces with small gaps between are one stroke; one thick place makes all of it none.
    let joined = grown(engine, &weak, GAP * side, 0.0)?;
    let strokes = keep_parts(engine, &joined, &[&weak, &strong, &thick], |parts| {
        let stroke = |p: &Part, long: f64| {
            let [weak, strong, thick] = p.sums;
            let length = p.length() - 2.0 * GAP * side;
            length > long * side
                && thick == 0.0
                && weak < MEAN_WIDTH * side * length
                && strong > LEAST_STRONG * weak
        };
        let any = parts.iter().any(|p| stroke(p, LONG));
        parts.iter().map(|p| any && stroke(p, SHORT)).collect()
    })?;
    let found = super::look::combined(&strokes, &weak, |stroke, weak| stroke * weak);
    if found.data().iter().all(|&v| v == 0.0) {
        return Ok(found);
    }
    let near = grown(engine, &found, NEAR * side, 0.0)?;
    let faint = super::look::combined(&least(FAINT), &near, |faint, near| faint * near);
    let faint =
        keep_parts(engine, &faint, &[&found], |parts| parts.iter().map(|p| p.sums[0] > 0.0).collect())?;
    let found = super::look::combined(&found, &faint, f32::max);
    grown(engine, &found, (RIM * side).max(1.0), 0.0)
}
