//! Wrinkles: how strongly skin is lined, without detection, and the lines that can be followed.
//!
//! Micro-relief fills any map of ridges, so a line must show along its whole length
//! ([`crate::ops::lines`]): one pore, one scar or one edge of a furrow net is none. Depressed scars
//! are left out, unless they are drawn out to lines. A smile makes lines that no treatment took: faces must be relaxed, and repeats tell.

mod found;
mod ground;

use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::Frame;
use super::paired::Revisited;
use super::range::Range;
use super::reading::{LayerKind, Link, Reading, Readings, Thresholds};
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::coherence::coherence;
use crate::ops::components::{self, Objects};
use crate::ops::label_sums::label_geometry;
use crate::ops::lines::{Lines, Stretches, lines};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::ridges::DIFFERENCE_VARIANCE;
use found::Ridges;
use ground::Ground;

/// σ across a line and along each of its three stretches, and from one stretch to the next, in mm.
/// Together the stretches are as long as a Gaussian of σ 1.2 mm.
const ACROSS_MM: f64 = 0.3;
const ALONG_MM: f64 = 0.5;
const APART_MM: f64 = 1.2;
/// σ of the window in which lines are parallel or not, in mm.
const COHERENCE_MM: f64 = 2.0;
/// OD to mOD.
const MILLI: f64 = 1000.0;

/// Wrinkles.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "wrinkles",
    label: "Wrinkles",
    min_px_per_mm: 10.0,
    needs: Needs::LIGHT,
    metrics: &[
        MetricDef::new(
            "contrast",
            "Line contrast",
            "mOD",
            Better::Lower,
            "1000·RMS over the region of the oriented line response of b = G(d, 0.08 mm) − G(d, 1.5 mm), d the density \
             of red: the least of −σ²∂²/∂n² (σ 0.3 mm across) on three neighboring stretches of a line (σ 0.5 mm \
             each, 1.2 mm apart), less what the direction at right angles shows, largest of 12 directions, positive \
             part. A dot or round scar on even skin cancels; among other relief it leaks in (drawn dots add two \
             thirds of what drawn lines of the same darkness add to the square), as do scars and texture. Pigment \
             shows on red too. Found scars that are not drawn out are left out. Needs repeated light and a relaxed \
             face. The filter is this project's own.",
        )
        .primary()
        .needs_focus()
        .version(2),
        MetricDef::new(
            "length_mm_per_cm2",
            "Length of lines per cm²",
            "mm/cm²",
            Better::Lower,
            "Length of followed lines per area: ridges (Sato 1998, 2-D, σ 0.10–0.80 mm in 6 steps) at 2 and 3 \
             robust SD of the baseline's ridge map whose oriented response passes the same limits, strongest at \
             σ of 0.2 mm or more, thinned; at least 3 mm long and three times as long as wide. Chain codes by \
             0.980·n_even + 1.406·n_odd − 0.091·n_corner (Vossepoel and Smeulders 1982, numbers not checked). \
             In a pair, the same lines are followed on both photographs: 0 where nothing is left.",
        )
        .in_mm(-1)
        .version(2),
        MetricDef::new(
            "mean_width_mm",
            "Line width, mean",
            "mm",
            Better::Lower,
            "2σ* along the followed lines, σ* the scale of the strongest ridge: about the width of a bar, 1.2 \
             times the full width at half depth of a Gaussian furrow. In a pair, the same lines are followed on both \
             photographs: 0 where nothing is left.",
        )
        .in_mm(1)
        .version(2),
        MetricDef::new(
            "area_percent",
            "Area of lines",
            "%",
            Better::Lower,
            "Length times width 2σ* of the followed lines, as a share of the region. In a pair, the same lines are followed on both \
             photographs: 0 where nothing is left.",
        )
        .within(Range::PERCENT)
        .version(2),
        MetricDef::new(
            "depth_proxy_mean",
            "Line depth (proxy), mean",
            "mOD",
            Better::Lower,
            "1000·mean of b on the middle of the followed lines: shading, not depth. In a pair, the same lines are followed on \
             both photographs: 0 where nothing is left.",
        )
        .follows_contrast()
        .version(2),
        MetricDef::new(
            "depth_proxy_p90",
            "Line depth (proxy), 90th percentile",
            "mOD",
            Better::Lower,
            "1000·90th percentile of b on the middle of the followed lines. In a pair, the same lines are followed on both photographs.",
        )
        .follows_contrast()
        .version(2),
        MetricDef::new(
            "coherence",
            "Parallel course of lines",
            "",
            Better::Neither,
            "Mean over the region of (λ₁ − λ₂)/(λ₁ + λ₂) of the structure tensor of b smoothed by 0.3 mm, window σ \
             2 mm: 1 where all furrows are parallel, 0 where no direction rules.",
        )
        .within(Range { low: 0.0, high: 1.0 }),
    ],
    read,
    revisit: Some(revisit),
};

fn read(frame: &Frame<'_>, baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let engine = frame.engine;
    let mut out = Readings::default();
    let skin = match &frame.scars {
        Some(scars) => Some(pointwise(engine, Op::Without, &compact(engine, scars)?, &frame.mask)?),
        None => None,
    };
    let ground = Ground::new(frame, skin.as_ref().unwrap_or(&frame.mask))?;
    let smooth = ground.smooth(engine, ACROSS_MM, DIFFERENCE_VARIANCE)?;
    let Lines { response, direction } = lines(engine, &smooth, &ground.mask, &stretches(&ground))?;
    let square = pointwise(engine, Op::Multiply, &response, &response)?;
    out.metrics.push(mean_over(frame, &ground, &square, Link::RootMean { factor: MILLI }, 1.0)?);

    let ridges = Ridges::of(engine, &ground, &response, &direction)?;
    let found = found::find(engine, &ground, &ridges, &mut out.thresholds, baseline)?;
    drop(ridges);
    out.metrics.extend(found::metrics(frame, &ground, &found)?);

    let parallel = coherence(engine, &smooth, &ground.mask, ground.px(COHERENCE_MM))?;
    out.metrics.push(mean_over(frame, &ground, &parallel, Link::Mean { factor: 1.0 }, 1.0)?);
    if frame.with_layers {
        let map = ground.to_frame(frame, &response)?;
        out.layers.extend(frame.layer("lines", LayerKind::Map, "OD", &map)?);
        let outline = ground.to_frame(frame, &found.outline(engine, &ground)?)?;
        out.layers.extend(frame.layer("wrinkles", LayerKind::Outline, "", &outline)?);
    }
    let bands = ground.to_frame(frame, &found.outline(engine, &ground)?)?;
    let bands = pointwise(engine, Op::KeepAtLeast(0.5), &bands, &frame.mask)?;
    out.objects = Some(components::label(engine, &bands)?);
    Ok(out)
}

/// Reads lines in bands that both visits chose.
fn revisit(frame: &Frame<'_>, bands: &Objects, thresholds: &Thresholds) -> Result<Revisited, EngineError> {
    let engine = frame.engine;
    let ground = Ground::new(frame, &frame.mask)?;
    let smooth = ground.smooth(engine, ACROSS_MM, DIFFERENCE_VARIANCE)?;
    let Lines { response, direction } = lines(engine, &smooth, &ground.mask, &stretches(&ground))?;
    let ridges = Ridges::of(engine, &ground, &response, &direction)?;
    found::revisit(frame, &ground, &ridges, bands, thresholds)
}

fn stretches(ground: &Ground) -> Stretches {
    Stretches { across: ground.px(ACROSS_MM), along: ground.px(ALONG_MM), apart: ground.px(APART_MM) }
}

/// Scars but those drawn out to lines: where skin is even, a wrinkle passes for a scar.
fn compact(engine: &Engine, scars: &Plane) -> Result<Plane, EngineError> {
    let objects = components::label(engine, scars)?;
    let shapes = label_geometry(engine, &objects.labels, objects.count)?;
    // Of an ellipse of axes a and b, however turned, (width² + height²) / area is (a/b + b/a)·4/π.
    let most = (found::LEAST_ELONGATION + 1.0 / found::LEAST_ELONGATION) * 4.0 / std::f64::consts::PI;
    let keep: Vec<bool> = shapes[1..]
        .iter()
        .map(|shape| {
            let [width, height] = [0, 1].map(|axis| f64::from(shape.end[axis] - shape.first[axis]));
            width * width + height * height < most * shape.pixels as f64
        })
        .collect();
    components::mask_of(engine, &components::select(engine, &objects.labels, &keep)?.labels)
}

/// The mean of a map over the region, block by block; `range` is the largest it holds, and not much more:
/// sums are made of its steps.
fn mean_over(
    frame: &Frame<'_>,
    ground: &Ground,
    map: &Plane,
    link: Link,
    range: f32,
) -> Result<Reading, EngineError> {
    let inside = pointwise(frame.engine, Op::Multiply, map, &ground.mask)?;
    let (map, mask) = (ground.to_frame(frame, &inside)?, ground.to_frame(frame, &ground.mask)?);
    Ok(Reading::of_blocks(frame.block_sums(&map, &mask, link, range)?))
}
