//! Skin followed where it moved otherwise than the plane map says: from coarse to fine, the motion
//! of small windows tied to their neighbors (`ops::flow`), forward and backward.

use std::sync::Arc;

use crate::align::Registration;
use crate::align::filter::{gaussian, halved};
use crate::align::frame::{Carried, banded, carried, ncc};
use crate::align::motion::{Motion, SkinMap};
use crate::align::register::{Prepared, Support};
use crate::engine::{Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::ops::flow::{Displacement, Weights, node_count, step};
use crate::ops::warp::{Lattice, warp_cubic};
use crate::raster::Raster;

/// Pixels between nodes, on every level.
const SPACING_PX: u32 = 8;
/// A coarsest level is no smaller than this, in pixels.
const LEAST_SIDE_PX: u32 = 48;
/// Levels at most: on the coarsest of a one-megapixel view, 32 px are two.
const MOST_LEVELS: usize = 5;
/// Detail that is followed, σ in pixels of each level, and the neighborhood in which its
/// strength is evened out.
const FINE_SIGMA_PX: f64 = 1.0;
const WIDE_SIGMA_PX: f64 = 5.0;
const EVEN_SIGMA_PX: f64 = 10.0;
/// Where detail is weaker than this share of the whole view's, it is not raised further.
const FLOOR_SHARE: f32 = 0.3;
/// Cut of evened detail, in its RMS.
const CUT: f32 = 3.0;
/// Window of pixels that move together, σ in pixels of each level: a patch of about twelve.
const WINDOW_PX: f64 = 4.0;
/// Distance over which neighbors are tied, in pixels of each level. On the two finest it is about a
/// millimeter of a close-up, and a lesion that one of the two shows does not drag its surroundings;
/// on the coarser ones, where lesions are small, the parts of a face may move apart.
const TIE_FINE_PX: f64 = 15.0;
const TIE_COARSE_PX: f64 = 8.0;
/// Steps on each level, and relaxations a step.
const STEPS: usize = 5;
const SWEEPS: usize = 20;
/// Forward and backward motion agree where they differ by less, in pixels.
const AGREE_PX: f64 = 1.0;
/// A motion that makes the views correlate by less than this much better is left out.
const LEAST_GAIN: f64 = 0.005;
/// Every how many pixels agreement and folds are looked at.
const STRIDE: usize = 4;

/// How far a followed motion can be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trust {
    /// Share of the common skin where forward and backward motion agree within a pixel, 0 to 1.
    pub agreement: f64,
    /// Range of det(I + ∇u) within which 99 % of the common skin lie.
    pub area_ratio: (f64, f64),
    /// RMS of the motion, in pixels of the before-view.
    pub rms_px: f64,
}

/// Follows the skin from `registration`'s plane map on, and returns that registration with its
/// motion, its correlation after it, and how far the motion is to be trusted.
///
/// # Errors
/// What the engine reports.
pub fn follow(
    engine: &Engine,
    before: &Prepared<'_>,
    after: &Prepared<'_>,
    registration: Registration,
) -> Result<Registration, EngineError> {
    let plane = registration.after_from_before;
    let carry = |map: &(dyn Fn(f64, f64) -> (f64, f64) + Sync)| {
        let after = [&after.filled, after.view.mask];
        carried(&before.filled, before.view.mask, after, registration.scale_ratio, map)
    };
    let Carried { density, mask } = carry(&|x, y| plane.apply(x, y));
    let levels = levels([&before.filled, &density], &mask);
    let forward = motion(engine, &levels, [0, 1])?;
    let backward = motion(engine, &levels, [1, 0])?;
    let trust = trust(&forward, &backward, &mask);
    let motion = Arc::new(forward);
    let map = SkinMap::with_motion(plane, Arc::clone(&motion));
    let followed = carry(&|x, y| map.apply(x, y));
    let ncc = ncc(&banded(&before.filled, followed), (0, 0), 1);
    if ncc < registration.ncc + LEAST_GAIN {
        // Skin that did not move is not to be shaken by what noise makes of its motion.
        return Ok(Registration { trust: Some(trust), followed: Some(motion), ..registration });
    }
    let px = registration.threshold_px;
    let support = Support::of(|x, y| map.apply(x, y), &registration.found, px, before.view.mask);
    Ok(Registration {
        ncc,
        inliers: support.inliers,
        residual_px: support.rms_px / registration.scale_ratio,
        spread: support.spread,
        motion: Some(Arc::clone(&motion)),
        followed: Some(motion),
        trust: Some(trust),
        ..registration
    })
}

/// The displacement that carries one of the two planes onto the other: their numbers are `target`, `other`.
fn motion(engine: &Engine, levels: &[Level], [target, other]: [usize; 2]) -> Result<Motion, EngineError> {
    let mut nodes: Option<(Size, Vec<[f32; 2]>)> = None;
    for (depth, level) in levels.iter().enumerate().rev() {
        let size = level.mask.size();
        let lattice = node_count(size, SPACING_PX);
        let start = match &nodes {
            None => vec![[0.0; 2]; lattice.area()],
            Some((coarse, values)) => finer(*coarse, values, lattice),
        };
        nodes = Some((lattice, refine(engine, level, [target, other], depth, lattice, start)?));
    }
    let (lattice, values) = nodes.unwrap_or((Size::new(2, 2), vec![[0.0; 2]; 4]));
    Ok(Motion::new(lattice, f64::from(SPACING_PX), values))
}

fn refine(
    engine: &Engine,
    level: &Level,
    [target, other]: [usize; 2],
    depth: usize,
    lattice: Size,
    start: Vec<[f32; 2]>,
) -> Result<Vec<[f32; 2]>, EngineError> {
    let size = level.mask.size();
    let upload = |plane: &Raster| engine.upload_raster(plane);
    let gradient_square = level.planes[target].1;
    let (target, other) = (upload(&level.planes[target].0)?, upload(&level.planes[other].0)?);
    let mask = upload(&level.mask)?;
    let axis = |k: usize| -> Result<Plane, EngineError> {
        engine.upload(lattice, &start.iter().map(|n| n[k]).collect::<Vec<f32>>())
    };
    let mut displacement = Displacement { u: axis(0)?, v: axis(1)?, spacing_px: SPACING_PX };
    let tie_px = if depth < 2 { TIE_FINE_PX } else { TIE_COARSE_PX };
    let stiffness = gradient_square * (tie_px / f64::from(SPACING_PX)).powi(2) as f32;
    let weights = Weights { window_px: WINDOW_PX, stiffness, sweeps: SWEEPS };
    let mut values = start;
    for _ in 0..STEPS {
        let moved = Motion::new(lattice, f64::from(SPACING_PX), values);
        let places = Lattice::from_fn(size, SPACING_PX, |x, y| {
            let (dx, dy) = moved.at(x, y);
            (x + dx, y + dy)
        });
        let carried = warp_cubic(engine, &other, size, &places)?;
        step(engine, [&target, &carried, &mask], &mut displacement, &weights)?;
        let (u, v) = (engine.download(&displacement.u)?, engine.download(&displacement.v)?);
        values = u.into_iter().zip(v).map(|(u, v)| [u, v]).collect();
    }
    Ok(values)
}

/// Nodes of a level of twice the size.
fn finer(coarse: Size, values: &[[f32; 2]], fine: Size) -> Vec<[f32; 2]> {
    let motion = Motion::new(coarse, f64::from(SPACING_PX), values.to_vec());
    let place = |k: u32| f64::from(k * SPACING_PX) / 2.0;
    (0..fine.height)
        .flat_map(|j| (0..fine.width).map(move |i| (i, j)))
        .map(|(i, j)| {
            let (dx, dy) = motion.at(place(i), place(j));
            [2.0 * dx as f32, 2.0 * dy as f32]
        })
        .collect()
}

/// Two planes at one resolution.
struct Level {
    /// Detail evened out, and the mean over the mask of half its squared gradient.
    planes: [(Raster, f32); 2],
    mask: Raster,
}

/// From fine to coarse.
fn levels(planes: [&Raster; 2], mask: &Raster) -> Vec<Level> {
    let mut out = Vec::new();
    let (mut planes, mut mask) = (planes.map(Clone::clone), mask.clone());
    loop {
        let evened = planes.each_ref().map(|plane| {
            let detail = even(plane, &mask);
            let gradient_square = gradient_square(&detail, &mask);
            (detail, gradient_square)
        });
        let size = mask.size();
        out.push(Level { planes: evened, mask: mask.clone() });
        if out.len() == MOST_LEVELS || size.width.min(size.height) < 2 * LEAST_SIDE_PX {
            return out;
        }
        planes = planes.each_ref().map(halved);
        mask = halved(&mask).map(|v| f32::from(v >= 0.5));
    }
}

/// Detail of a band, of equal strength everywhere.
fn even(plane: &Raster, mask: &Raster) -> Raster {
    let mut detail = gaussian(plane, FINE_SIGMA_PX);
    let wide = gaussian(plane, WIDE_SIGMA_PX);
    detail.data_mut().iter_mut().zip(wide.data()).zip(mask.data()).for_each(|((d, w), m)| *d = (*d - w) * m);
    let count: f64 = mask.data().iter().map(|&m| f64::from(m)).sum();
    let square: f64 = detail.data().iter().map(|&d| f64::from(d * d)).sum();
    let floor = FLOOR_SHARE.powi(2) * (square / count.max(1.0)) as f32;
    let mut squares = detail.clone();
    squares.data_mut().iter_mut().for_each(|v| *v *= *v);
    let (power, weight) = (gaussian(&squares, EVEN_SIGMA_PX), gaussian(mask, EVEN_SIGMA_PX));
    for (k, value) in detail.data_mut().iter_mut().enumerate() {
        let local = power.data()[k] / weight.data()[k].max(1e-3);
        *value = (*value / (local + floor + 1e-12).sqrt()).clamp(-CUT, CUT);
    }
    detail
}

fn gradient_square(plane: &Raster, mask: &Raster) -> f32 {
    let size = plane.size();
    let (mut sum, mut count) = (0.0f64, 0.0f64);
    for y in 1..size.height.saturating_sub(1) {
        let (up, here, down) = (plane.row(y - 1), plane.row(y), plane.row(y + 1));
        for x in 1..size.width.saturating_sub(1) as usize {
            if mask.at(x as u32, y) > 0.5 {
                let (gx, gy) = (0.5 * (here[x + 1] - here[x - 1]), 0.5 * (down[x] - up[x]));
                sum += f64::from(0.5 * (gx * gx + gy * gy));
                count += 1.0;
            }
        }
    }
    // Never 0: neighbors stay tied where there is nothing to follow.
    (sum / count.max(1.0)).max(1e-6) as f32
}

fn trust(forward: &Motion, backward: &Motion, mask: &Raster) -> Trust {
    let mut ratios = Vec::new();
    let (mut agree, mut squares) = (0usize, 0.0);
    for y in (0..mask.size().height).step_by(STRIDE) {
        for x in (0..mask.size().width).step_by(STRIDE) {
            if mask.at(x, y) < 0.5 {
                continue;
            }
            let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
            let (dx, dy) = forward.at(x, y);
            let (bx, by) = backward.at(x + dx, y + dy);
            agree += usize::from((dx + bx).hypot(dy + by) < AGREE_PX);
            squares += dx * dx + dy * dy;
            ratios.push(forward.area_ratio(x, y));
        }
    }
    ratios.sort_by(f64::total_cmp);
    let count = ratios.len().max(1) as f64;
    let quantile = |q: f64| ratios.get((q * (count - 1.0)).round() as usize).copied().unwrap_or(1.0);
    Trust {
        agreement: agree as f64 / count,
        area_ratio: (quantile(0.005), quantile(0.995)),
        rms_px: (squares / count).sqrt(),
    }
}
