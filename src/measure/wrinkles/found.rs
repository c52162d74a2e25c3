//! Lines that can be followed.

use super::super::frame::Frame;
use super::super::objects::LesionValues;
use super::super::paired::{OfObjects, Revisited, Statistic};
use super::super::reading::{Link, Reading, Thresholds};
use super::ground::Ground;
use super::{MILLI, mean_over};
use crate::engine::{Engine, EngineError, Labels, Plane};
use crate::ops::components::{self, Objects};
use crate::ops::label_sums::label_sums;
use crate::ops::morphology;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::pyramid;
use crate::ops::quantile::{median, quantiles, robust_sd};
use crate::ops::ridges::ridges;
use crate::ops::skeleton::{chain_length, crests, thin};
use crate::ops::strongest::Strongest;
use crate::ops::sums::moments;
use crate::ops::warp::{Lattice, warp_nearest};
use crate::reason::Reason;

/// Scales of the ridge map, in mm, in equal steps of their logarithm.
const FINEST_MM: f64 = 0.10;
const COARSEST_MM: f64 = 0.80;
const SCALES: usize = 6;
/// Robust standard deviations of the ridge map: a line holds one pixel of the second and is made of
/// pixels of the first. Followed down to one, lines on faces sprout side branches of micro-relief.
const WEAK_SD: f64 = 2.0;
const STRONG_SD: f64 = 3.0;
/// Ridges that are strongest at a finer σ are micro-relief, in mm.
const LEAST_SIGMA_MM: f64 = 0.2;
/// Gaps up to twice this are closed, in mm.
const CLOSE_MM: f64 = 0.2;
/// Rounds of thinning: crests of a pixel, grown by closing, are a few pixels wide.
const THIN_ROUNDS: u32 = 4;
/// Shortest line, in mm, and its length by its width.
const LEAST_LENGTH_MM: f64 = 3.0;
pub(super) const LEAST_ELONGATION: f64 = 3.0;
/// Half the width of a drawn line, in mm.
const DRAWN_MM: f64 = 0.3;
/// The most that one pixel of a chain holds, of length or of length times width, in pixels.
const RANGE_PX: f32 = 64.0;

/// The lines of one photograph, on the grid of the ground.
#[derive(Debug)]
pub(super) struct Found {
    /// 1 on the middle of every line.
    skeleton: Plane,
    /// Length in pixels that each pixel holds, and that times the width.
    length: Plane,
    area: Plane,
}

/// Ground that lines are followed on.
pub(super) struct Ridges {
    /// The strongest ridge of every pixel, and its σ in pixels.
    strength: Plane,
    sigma: Plane,
    /// The weaker of the ridge here and of the line along its length.
    both: Plane,
    /// 1 on the crests of lines that are no micro-relief.
    crests: Plane,
}

impl Ridges {
    pub fn of(
        engine: &Engine,
        ground: &Ground,
        response: &Plane,
        direction: &Plane,
    ) -> Result<Self, EngineError> {
        let step = (COARSEST_MM / FINEST_MM).powf(1.0 / (SCALES - 1) as f64);
        let sigmas: Vec<f64> = (0..SCALES).map(|k| ground.px(FINEST_MM * step.powi(k as i32))).collect();
        let Strongest { strength, scale: sigma } = ridges(engine, &ground.relief, &ground.whole, &sigmas)?;
        // Both maps must pass: the ridge here, and the line along its length.
        let both = pointwise(engine, Op::Min, &strength, response)?;
        let least = Op::KeepAtLeast(ground.px(LEAST_SIGMA_MM) as f32);
        let wide = pointwise(engine, least, &sigma, &ground.mask)?;
        let crests = pointwise(engine, Op::Multiply, &crests(engine, response, direction)?, &wide)?;
        Ok(Self { strength, sigma, both, crests })
    }

    /// Crests that reach `limit`, joined over small gaps and thinned to chains.
    fn chains(&self, engine: &Engine, ground: &Ground, limit: f64) -> Result<Plane, EngineError> {
        let weak = pointwise(engine, Op::KeepAtLeast(limit as f32), &self.both, &self.crests)?;
        let closed = morphology::close(engine, &weak, (ground.px(CLOSE_MM) as f32).max(1.5))?;
        thin(engine, &pointwise(engine, Op::Multiply, &closed, &ground.mask)?, THIN_ROUNDS)
    }
}

pub(super) fn find(
    engine: &Engine,
    ground: &Ground,
    ridges: &Ridges,
    thresholds: &mut Thresholds,
    baseline: Option<&Thresholds>,
) -> Result<Found, EngineError> {
    let strength = &ridges.strength;
    let sd = thresholds.fix(baseline, "ridge_sd", || {
        let center = median(engine, strength, &ground.mask)?.unwrap_or(0.0);
        Ok::<_, EngineError>(f64::from(robust_sd(engine, strength, &ground.mask, center)?.unwrap_or(0.0)))
    })?;
    let chains = ridges.chains(engine, ground, WEAK_SD * sd)?;
    let strong = Op::KeepAtLeast((STRONG_SD * sd) as f32);
    let strong = pointwise(engine, strong, &ridges.both, &ridges.crests)?;
    // Thinning may move by a pixel what was strong.
    let strong = morphology::dilate(engine, &strong, 1.5)?;
    let chains =
        components::hysteresis(engine, &pointwise(engine, Op::Multiply, &strong, &chains)?, &chains)?;
    let length = chain_length(engine, &chains)?;
    let width = pointwise(engine, Op::Scale(2.0), &ridges.sigma, &ridges.sigma)?;
    let area = pointwise(engine, Op::Multiply, &length, &width)?;
    let objects = components::label(engine, &chains)?;
    let lines = long_ones(engine, ground, objects, &length, &area)?;
    let skeleton = components::mask_of(engine, &lines.labels)?;
    Ok(Found {
        length: pointwise(engine, Op::Multiply, &length, &skeleton)?,
        area: pointwise(engine, Op::Multiply, &area, &skeleton)?,
        skeleton,
    })
}

/// Reads lines in bands that both visits chose. Depth and width are read on the crest that a band holds on this
/// photograph, and are 0 along the rest of its middle. Length is that of crests above the weak limit of the baseline.
pub(super) fn revisit(
    frame: &Frame<'_>,
    ground: &Ground,
    ridges: &Ridges,
    bands: &Objects,
    thresholds: &Thresholds,
) -> Result<Revisited, EngineError> {
    let engine = frame.engine;
    let labels = on_ground(engine, ground, &bands.labels)?;
    let inside = components::mask_of(engine, &labels)?;
    let inside = pointwise(engine, Op::Multiply, &inside, &ground.mask)?;
    let sd = thresholds.get("ridge_sd").unwrap_or(f64::from(f32::MAX));
    let width = pointwise(engine, Op::Scale(2.0), &ridges.sigma, &ridges.sigma)?;
    let (length, area) = {
        let chains = ridges.chains(engine, ground, WEAK_SD * sd)?;
        let length = chain_length(engine, &pointwise(engine, Op::Multiply, &chains, &inside)?)?;
        let area = pointwise(engine, Op::Multiply, &length, &width)?;
        (length, area)
    };
    let crest = thin(engine, &pointwise(engine, Op::Multiply, &ridges.crests, &inside)?, THIN_ROUNDS)?;
    // The middle of a band where it holds no crest.
    let near = morphology::dilate(engine, &crest, ground.px(2.0 * DRAWN_MM) as f32)?;
    let middle = thin(engine, &inside, 2 * THIN_ROUNDS)?;
    let all = pointwise(engine, Op::Max, &pointwise(engine, Op::Without, &near, &middle)?, &crest)?;
    let depth = pointwise(engine, Op::Multiply, &ground.relief, &crest)?;
    let width = pointwise(engine, Op::Multiply, &width, &crest)?;
    let sums = label_sums(engine, &labels, bands.count, &[&depth, &width, &all, &inside], RANGE_PX)?;
    let mean = |k: usize, factor: f64| OfObjects::Values {
        statistic: Statistic::WeightedMean,
        values: sums[1..]
            .iter()
            .map(|s| if s.sums[2] > 0.0 { factor * s.sums[k] / s.sums[2] } else { f64::NAN })
            .collect(),
        weights: sums[1..].iter().map(|s| s.sums[2]).collect(),
    };
    let per_cm2 = Link::Mean { factor: 100.0 * ground.px_per_mm };
    let p90 = quantiles(engine, &depth, &all, &[0.9])?;
    let p90 = MILLI * p90.map_or(0.0, |q| f64::from(q[0]));
    Ok(Revisited {
        pixels: sums[1..].iter().map(|s| s.sums[3]).collect(),
        lesions: vec![LesionValues::new(); bands.count as usize],
        metrics: vec![
            ("length_mm_per_cm2", OfObjects::Whole(mean_over(frame, ground, &length, per_cm2, RANGE_PX)?)),
            (
                "area_percent",
                OfObjects::Whole(mean_over(frame, ground, &area, Link::Mean { factor: 100.0 }, RANGE_PX)?),
            ),
            ("mean_width_mm", mean(1, 1.0 / ground.px_per_mm)),
            ("depth_proxy_mean", mean(0, MILLI)),
            ("depth_proxy_p90", OfObjects::Whole(Reading::of(p90))),
        ],
    })
}

/// Labels of the frame on the grid of the ground.
fn on_ground(engine: &Engine, ground: &Ground, labels: &Labels) -> Result<Labels, EngineError> {
    let (size, factor) = (ground.mask.size(), f64::from(ground.factor()));
    let margin = if ground.factor() == 1 { 0.0 } else { f64::from(pyramid::MARGIN) };
    let from_frame = |x: f64, y: f64| (factor * (x - margin), factor * (y - margin));
    warp_nearest(engine, labels, size, &Lattice::from_fn(size, 8, from_frame))
}

fn long_ones(
    engine: &Engine,
    ground: &Ground,
    objects: Objects,
    length: &Plane,
    area: &Plane,
) -> Result<Objects, EngineError> {
    let sums = label_sums(engine, &objects.labels, objects.count, &[length, area], RANGE_PX)?;
    let keep: Vec<bool> = sums[1..]
        .iter()
        .map(|sums| {
            let [length, area] = [sums.sums[0], sums.sums[1]];
            length >= ground.px(LEAST_LENGTH_MM) && length * length >= LEAST_ELONGATION * area
        })
        .collect();
    components::select(engine, &objects.labels, &keep)
}

impl Found {
    /// The lines, as wide as the eye wants them.
    pub fn outline(&self, engine: &Engine, ground: &Ground) -> Result<Plane, EngineError> {
        morphology::dilate(engine, &self.skeleton, ground.px(DRAWN_MM) as f32)
    }
}

/// Length, width, area and depth, in the order of the definition.
pub(super) fn metrics(
    frame: &Frame<'_>,
    ground: &Ground,
    found: &Found,
) -> Result<Vec<Reading>, EngineError> {
    let engine = frame.engine;
    // Pixels of length per pixel² of skin.
    let per_cm2 = Link::Mean { factor: 100.0 * ground.px_per_mm };
    let length = mean_over(frame, ground, &found.length, per_cm2, RANGE_PX)?;
    let area = mean_over(frame, ground, &found.area, Link::Mean { factor: 100.0 }, RANGE_PX)?;
    let on_lines = moments(engine, &ground.relief, &found.skeleton, 0.0)?;
    let mut rest = vec![Reading::missing(Reason::new("no_wrinkles", "no line was found")); 3];
    if on_lines.count > 0 {
        let sum = |plane| Ok::<_, EngineError>(moments(engine, plane, &found.skeleton, 0.0)?.sums[0]);
        let p90 = quantiles(engine, &ground.relief, &found.skeleton, &[0.9])?;
        rest = vec![
            Reading::of(sum(&found.area)? / sum(&found.length)? / ground.px_per_mm),
            Reading::of(MILLI * on_lines.mean()),
            Reading::of(MILLI * p90.map_or(0.0, |q| f64::from(q[0]))),
        ];
    }
    let [width, mean, p90] = rest.try_into().expect("three readings");
    Ok(vec![length, width, area, mean, p90])
}
