//! Redness: the hemoglobin plane.

use std::f64::consts::LN_10;

use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::Frame;
use super::range::Range;
use super::reading::{LayerKind, Link, Reading, Readings, Thresholds};
use super::sampling;
use crate::calibrate::color::lab_per_density;
use crate::engine::{EngineError, Plane};
use crate::ops::lab::lab_from_linear_rgb;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::median;
use crate::ops::sums::moments;
use crate::ops::unmix::DEFAULT_ANALYSIS;
use crate::reason::Reason;

/// σ before thresholds: one 8-bit code is 0.04 OD of ĥ on a single pixel, in mm.
const SMOOTH_MM: f64 = 0.15;
/// Red is what lies so many standard deviations above the reference.
const RED_SD: f64 = 2.0;
/// Values of ĥ beyond this are no skin.
const RANGE_OD: f32 = 8.0;

/// Redness.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "redness",
    label: "Redness",
    min_px_per_mm: 3.0,
    needs: Needs::NOTHING,
    metrics: &[
        MetricDef::new(
            "hemoglobin_mean",
            "Hemoglobin, mean",
            "OD",
            Better::Lower,
            "Mean of ĥ over the region, in optical density (Tsumura 1999). In a pair it reads change relative \
             to what the photographs were color-matched on. Heat, exercise, alcohol and pressure move it.",
        )
        .primary()
        .raw()
        .level(),
        MetricDef::new(
            "hemoglobin_p90",
            "Hemoglobin, 90th percentile",
            "OD",
            Better::Lower,
            "90th percentile of ĥ smoothed by σ = 0.15 mm.",
        )
        .raw()
        .level(),
        MetricDef::new(
            "hemoglobin_sd",
            "Hemoglobin, standard deviation (patchiness)",
            "OD",
            Better::Lower,
            "Standard deviation over the region of ĥ smoothed by σ = 0.15 mm: how patchy the redness is.",
        ),
        MetricDef::new(
            "area_percent",
            "Area of red skin",
            "%",
            Better::Lower,
            "Share of the region whose smoothed ĥ lies above mean + 2 SD of the untreated reference region, or \
             of the baseline where none is marked. The limit is fixed at baseline.",
        )
        .raw()
        .level()
        .within(Range::PERCENT),
        MetricDef::new(
            "a_star_mean",
            "Redness a*, mean",
            "",
            Better::Lower,
            "Mean CIELAB a* (D65) over the region: the usual comparator of ĥ. Both should agree in sign.",
        )
        .raw()
        .level(),
        MetricDef::new(
            "erythema_index",
            "Erythema index",
            "",
            Better::Lower,
            "100·log10(R/G) of the medians of linear R and G smoothed by σ = 0.15 mm (after Takiwaki 1998; scale factor not checked \
             against the paper). Melanin moves it too.",
        )
        .raw()
        .level(),
    ],
    read,
    revisit: None,
};

fn read(frame: &Frame<'_>, baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let engine = frame.engine;
    let mask = &frame.mask;
    let mut out = Readings::default();

    let hemoglobin = frame.hemoglobin()?;
    let blocks = frame.block_means(&hemoglobin, mask, Link::Mean { factor: 1.0 }, RANGE_OD)?;
    let filter = Masked::new(engine, mask, frame.px(SMOOTH_MM))?;
    let smooth = filter.apply(engine, &hemoglobin)?;
    let spread = moments(engine, &smooth, mask, 0.0)?;
    let limit = out.thresholds.fix(baseline, "red_limit", || {
        let reference = match &frame.reference {
            // It lies beside the region: what was smoothed within the region says nothing there.
            Some(reference) => {
                let filter = Masked::new(engine, reference, frame.px(SMOOTH_MM))?;
                let smooth = filter.apply(engine, &hemoglobin)?;
                moments(engine, &smooth, &filter.support(engine)?, 0.0)?
            }
            None => spread,
        };
        Ok(reference.mean() + RED_SD * reference.variance().sqrt())
    })?;
    let red = pointwise(engine, Op::KeepAtLeast(limit as f32), &smooth, mask)?;
    let area = frame.block_means(&red, mask, Link::Mean { factor: 100.0 }, 1.0)?;

    let [r, g, b] = &frame.rgb;
    let [_, a_star, _] = lab_from_linear_rgb(engine, r, g, b)?;
    let a_star = frame.block_means(&a_star, mask, Link::Mean { factor: 1.0 }, 128.0)?;
    // Smoothed: a median of pixels stands on one of 256 codes, and jumps by 1.5 % of the light.
    let middle = |plane| {
        Ok::<_, EngineError>(median(engine, &filter.apply(engine, plane)?, mask)?.map_or(0.0, f64::from))
    };
    let color = [middle(r)?, middle(g)?, middle(b)?];
    let ratio = match color {
        [r, g, _] if r > 0.0 && g > 0.0 => Reading::of(100.0 * (r / g).log10()),
        _ => Reading::missing(Reason::new(
            "no_light",
            "the photograph is black in red or green on most of the skin",
        )),
    };
    let p90 = sampling::quantile(frame, &smooth, mask, 0.9)?
        .unwrap_or_else(|| Reading::missing(Reason::new("no_skin", "no skin is bare and well exposed")));
    let sd = sampling::spread(frame, &smooth, mask, (spread.mean(), spread.variance().sqrt()))?;
    let hemoglobin = DEFAULT_ANALYSIS.hemoglobin.map(f64::from);
    let steepness = steepness(frame, &smooth, limit, spread.variance().sqrt())?;

    out.layers.extend(frame.layer("hemoglobin", LayerKind::Map, "OD", &smooth)?);
    out.metrics = vec![
        Reading::of_blocks(blocks).moves(hemoglobin),
        p90.moves(hemoglobin),
        sd,
        Reading::of_blocks(area).moves(hemoglobin.map(|v| v * steepness)),
        Reading::of_blocks(a_star).moves(lab_per_density(color)[1]),
        ratio.moves([-100.0 / LN_10, 100.0 / LN_10, 0.0]),
    ];
    Ok(out)
}

/// How fast the red area grows where all of ĥ grows, in per cent per OD: over half a standard deviation
/// on the steeper side, because a tail steepens inwards.
fn steepness(frame: &Frame<'_>, smooth: &Plane, limit: f64, sd: f64) -> Result<f64, EngineError> {
    let above = |limit: f64| -> Result<f64, EngineError> {
        let red = pointwise(frame.engine, Op::KeepAtLeast(limit as f32), smooth, &frame.mask)?;
        Ok(100.0 * moments(frame.engine, &red, &frame.mask, 0.0)?.mean())
    };
    let step = 0.5 * sd.max(f64::MIN_POSITIVE);
    let [low, here, high] = [above(limit - step)?, above(limit)?, above(limit + step)?];
    Ok((low - here).max(here - high) / step)
}
