//! Skin tone: the color of the region's median skin, shading left out.

use std::f64::consts::LN_10;

use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::Frame;
use super::range::Range;
use super::reading::{Reading, Readings, Thresholds};
use super::relief;
use crate::calibrate::color::{ita_deg, ita_deg_per_lab, lab_per_density};
use crate::engine::{EngineError, Plane};
use crate::ops::lab::lab_from_linear_rgb;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::{median, robust_sd};
use crate::ops::sums::moments;
use crate::reason::Reason;

/// σ of the smoothing, in mm: a median of pixels stands on one of 256 codes, and jumps by 1.5 % of the light.
const SMOOTH_MM: f64 = 0.15;
/// ITA is an angle about b* = 0: pixels nearer than this say nothing of skin.
const LEAST_B_STAR: f32 = 2.0;
/// Relief beyond so many robust standard deviations is shading or shine, no tone.
const FLAT_SD: f32 = 2.0;
/// Below this share of usable pixels no tone is told, in per cent.
const LEAST_SHARE_PERCENT: f64 = 50.0;

/// Skin tone.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "tone",
    label: "Skin tone",
    min_px_per_mm: 3.0,
    needs: Needs::NOTHING,
    metrics: &[
        MetricDef::new(
            "ita_deg",
            "Skin tone angle (ITA)",
            "°",
            Better::Neither,
            "Individual typology angle atan((L* − 50)/b*)·180/π of the median CIELAB color (Chardon 1991), \
             pixels with b* > 2 and without relief shading. A color, never a phototype. Without a chart ±10°.",
        )
        .raw()
        .level(),
        MetricDef::new("lightness", "Lightness L*", "", Better::Neither, "Median CIELAB L* (D65) of the same pixels, smoothed by σ = 0.15 mm.")
            .raw()
            .within(Range::PERCENT)
            .level(),
        MetricDef::new("a_star", "Red-green a*", "", Better::Neither, "Median CIELAB a* (D65) of the same pixels.")
            .raw()
            .level(),
        MetricDef::new("b_star", "Yellow-blue b*", "", Better::Neither, "Median CIELAB b* (D65) of the same pixels.")
            .raw()
            .level(),
        MetricDef::new(
            "melanin_index",
            "Melanin index",
            "",
            Better::Neither,
            "100·log10(1/R) of the median linear R (after Takiwaki 1998; scale factor not checked against the \
             paper). Exposure moves it.",
        )
        .raw()
        .level(),
    ],
    read,
    revisit: None,
};

fn read(frame: &Frame<'_>, _baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let engine = frame.engine;
    let filter = Masked::new(engine, &frame.mask, frame.px(SMOOTH_MM))?;
    let [r, g, b] = &frame.rgb;
    let (r, g, b) = (&filter.apply(engine, r)?, &filter.apply(engine, g)?, &filter.apply(engine, b)?);
    let lab = lab_from_linear_rgb(engine, r, g, b)?;
    let mut out = Readings::default();

    let flat = flat_skin(frame)?;
    let colored = pointwise(engine, Op::KeepAtLeast(LEAST_B_STAR), &lab[2], &flat)?;
    let usable = moments(engine, &colored, &colored, 0.0)?.count as f64;
    let share = 100.0 * usable / moments(engine, &flat, &flat, 0.0)?.count.max(1) as f64;
    let middle = |plane| median(engine, plane, &colored);
    let values = [middle(&lab[0])?, middle(&lab[1])?, middle(&lab[2])?, middle(r)?, middle(g)?, middle(b)?];
    let values = values.iter().copied().flatten().map(f64::from).collect::<Vec<_>>();
    out.metrics = match values[..] {
        [l_star, a_star, b_star, r, g, b] if share >= LEAST_SHARE_PERCENT => {
            let [l_moves, a_moves, b_moves] = lab_per_density([r, g, b]);
            let by = ita_deg_per_lab(l_star, b_star);
            let ita_moves = std::array::from_fn(|c| by[0] * l_moves[c] + by[1] * b_moves[c]);
            vec![
                Reading::of(ita_deg(l_star, b_star)).moves(ita_moves),
                Reading::of(l_star).moves(l_moves),
                Reading::of(a_star).moves(a_moves),
                Reading::of(b_star).moves(b_moves),
                Reading::of(-100.0 * r.log10()).moves([100.0 / LN_10, 0.0, 0.0]),
            ]
        }
        _ => {
            let reason = Reason::limit(
                "no_skin_tone",
                "the white balance is off: too little of the skin has the yellow of skin (b* above 2), in per cent",
                share,
                LEAST_SHARE_PERCENT,
            );
            vec![Reading::missing(reason); DEFINITION.metrics.len()]
        }
    };
    Ok(out)
}

/// The region without what relief darkens or lightens.
fn flat_skin(frame: &Frame<'_>) -> Result<Plane, EngineError> {
    let engine = frame.engine;
    let mask = &frame.mask;
    let band = relief::band(frame, mask, relief::FINE_MM, relief::COARSE_MM)?;
    let Some(center) = median(engine, &band.plane, &band.mask)? else {
        return Ok(band.mask);
    };
    let reach = FLAT_SD * robust_sd(engine, &band.plane, &band.mask, center)?.unwrap_or(0.0);
    let not_light = pointwise(engine, Op::KeepAtLeast(center - reach), &band.plane, &band.mask)?;
    pointwise(engine, Op::KeepBelow(center + reach), &band.plane, &not_light)
}
