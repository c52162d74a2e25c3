//! Pores: dark dots. The primary endpoint detects nothing: it is the RMS of the weaker dark curvature,
//! which a line does not have. Count and area rest on dots that are found, and are secondary for it.

mod found;
mod scales;
#[cfg(test)]
mod tests;

use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::Frame;
use super::objects::LesionValues;
use super::paired::{OfObjects, Revisited, Statistic};
use super::range::Range;
use super::reading::{LayerKind, Link, Reading, Readings, Thresholds};
use super::relief;
use crate::engine::{EngineError, Plane};
use crate::ops::blobs::{peaks, sigma_of_disc};
use crate::ops::components::{self, Objects};
use crate::ops::label_sums::{label_geometry, label_sums};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::{median, robust_sd};
use crate::ops::strongest::{Strongest, Structure};
use crate::reason::Reason;
use found::Pore;
use scales::{Fine, OF_CONTRAST, SCALES, diameter_mm};

/// Robust standard deviations above the median from which a dot is a pore.
const LEAST_Z: f64 = 6.0;
/// Curvatures beyond this, in OD per pixel squared, are no skin.
const RANGE_OD: f32 = 0.25;
/// Share of the least strength of a pore from which it is still there.
const WEAK_SHARE: f64 = 0.6;
/// Share of a pore's diameter by which it is known again: cores of neighbors stay apart.
const CORE: f64 = 0.7;
/// OD to mOD.
const MILLI: f64 = 1000.0;

/// Pores.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "pores",
    label: "Pores",
    min_px_per_mm: 15.0,
    needs: Needs::FOCUS_AND_LIGHT,
    metrics: &[
        MetricDef::new(
            "contrast",
            "Pore contrast",
            "mOD",
            Better::Lower,
            "1000·RMS over the region, outside scars, of the largest max(λ₂, 0)·σ² over discs of 0.30 to 0.54 mm \
             (D = 2√2σ): λ₂ the weaker dark principal curvature of green density smoothed by σ (Sato 1998). A \
             line has none; follicles, stubble, small spots and crossing furrows have.",
        )
        .primary()
        .version(2),
        MetricDef::new(
            "count_per_cm2",
            "Pores per cm²",
            "1/cm²",
            Better::Lower,
            "Pores per area: peaks of −σ²∇²G of green density in place and scale (Lindeberg 1998), 0.25 to 0.8 mm \
             wide, 6 robust SD of the baseline above its median, the weaker curvature at least half the stronger, \
             farther apart than they are wide, 0.3 mm off hair and highlights, outside scars. \
             In a pair, the pores of either visit are looked for on both photographs: the gone and the new decide.",
        )
        .in_mm(-2)
        .version(3),
        MetricDef::new(
            "mean_area_mm2",
            "Pore area, mean",
            "mm²",
            Better::Lower,
            "Mean of πD²/4, D = 2√2σ where −σ²∇²G is largest: the width of a disc, 1.2 times the half width of a \
             soft dot. Blur widens it. In a pair, the same pores are read on both photographs: 0 for one that is gone.",
        )
        .in_mm(2)
        .version(3),
        MetricDef::new(
            "area_percent",
            "Area of pores",
            "%",
            Better::Lower,
            "Share of the region within the discs of the pores that each photograph shows.",
        )
        .within(Range::PERCENT)
        .version(2),
    ],
    read,
    revisit: Some(revisit),
};

fn read(frame: &Frame<'_>, baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let mut out = Readings::default();
    let fine = Fine::of(frame)?;
    let (strongest, curvature) = over_scales(frame, &fine)?;
    let square = relief::squared(frame, &curvature)?;
    let contrast = frame.block_means(&square, &fine.mask, Link::RootMean { factor: MILLI }, 1.0)?;

    let least = out.thresholds.fix(baseline, "least", || least(frame, &strongest, &fine.mask))?;
    let pores = pores(frame, &fine, &strongest, least)?;
    let coverage = found::coverage(&pores, frame.size(), frame.scale.px_per_mm, 1.0);
    let inside = frame.engine.upload_raster(&coverage)?;
    let area = frame.block_means(&inside, &frame.mask, Link::Mean { factor: 100.0 }, 1.0)?;
    let areas: f64 = pores.iter().map(Pore::area_mm2).sum();
    let mean_area = match pores.len() {
        0 => Reading::missing(Reason::new("no_pores", "no pore was found")),
        n => Reading::of(areas / n as f64),
    };
    let contrast = Reading::of_blocks(contrast);
    let noise_share = contrast.number().map_or(0.0, |value| (MILLI * fine.noise / value).powi(2).min(1.0));
    out.metrics = vec![
        Reading { noise_share, ..contrast },
        Reading::of(pores.len() as f64 / frame.area_cm2()),
        mean_area,
        Reading::of_blocks(area),
    ];
    out.notes.push(format!("pores are dark dots above {least:.4} OD, fixed at baseline"));
    out.layers.extend(frame.layer("pores", LayerKind::Outline, "", &inside)?);
    let cores = found::coverage(&pores, frame.size(), frame.scale.px_per_mm, CORE);
    let cores = frame.engine.upload_raster(&cores.map(|share| f32::from(share >= 0.5)))?;
    out.objects = Some(components::label(frame.engine, &cores)?);
    Ok(out)
}

/// Reads pores in cores that both visits chose. One of the photographs has found each to be as strong as a pore of the
/// baseline is at least; it is there where its core holds a pixel of 0.6 times that. Its area is 0 where it is not.
fn revisit(frame: &Frame<'_>, cores: &Objects, thresholds: &Thresholds) -> Result<Revisited, EngineError> {
    let engine = frame.engine;
    let fine = Fine::of(frame)?;
    let count = cores.count as usize;
    let mut strongest = Strongest::above(engine, frame.size(), f32::MIN)?;
    let mut tables = vec![Vec::with_capacity(SCALES); count];
    fine.each_scale(frame, |scale, larger, smaller| {
        let diameter = frame.px(diameter_mm(scale));
        let sigma = sigma_of_disc(diameter);
        strongest.take(engine, Structure::Blob, (larger, smaller), sigma, diameter)?;
        let sums = label_sums(engine, &cores.labels, cores.count, &[larger, smaller], RANGE_OD)?;
        for (table, sums) in tables.iter_mut().zip(sums.iter().skip(1)) {
            table.push(-sigma * sigma * (sums.sums[0] + sums.sums[1]));
        }
        Ok(())
    })?;
    let least = WEAK_SHARE * thresholds.get("least").unwrap_or(f64::from(f32::MAX));
    let inside = components::mask_of(engine, &cores.labels)?;
    let inside = pointwise(engine, Op::Multiply, &inside, &frame.mask)?;
    let above = pointwise(engine, Op::KeepAtLeast(least as f32), &strongest.strength, &inside)?;
    let sums = label_sums(engine, &cores.labels, cores.count, &[&above, &inside], 1.0)?;
    let there: Vec<bool> = sums.iter().skip(1).map(|s| s.sums[0] > 0.0).collect();
    let areas = tables.iter().zip(&there).map(|(table, there)| match there {
        true => std::f64::consts::PI * (0.5 * found::diameter_of(table)).powi(2),
        false => 0.0,
    });
    let areas = OfObjects::Values {
        statistic: Statistic::WeightedMean,
        values: areas.collect(),
        weights: vec![1.0; count],
    };
    Ok(Revisited {
        pixels: sums.iter().skip(1).map(|s| s.sums[1]).collect(),
        lesions: vec![LesionValues::new(); count],
        metrics: vec![
            ("count_per_cm2", OfObjects::Count { there, counted: vec![true; count], per: frame.area_cm2() }),
            ("mean_area_mm2", areas),
        ],
    })
}

/// −σ²∇²G where it is largest over all scales, and the largest weaker dark curvature over those of the
/// contrast, within the mask.
fn over_scales(frame: &Frame<'_>, fine: &Fine) -> Result<(Strongest, Plane), EngineError> {
    let engine = frame.engine;
    let mut strongest = Strongest::above(engine, frame.size(), f32::MIN)?;
    let mut weaker: Option<Plane> = None;
    fine.each_scale(frame, |scale, larger, smaller| {
        let diameter = frame.px(diameter_mm(scale));
        let sigma = sigma_of_disc(diameter);
        strongest.take(engine, Structure::Blob, (larger, smaller), sigma, diameter)?;
        if OF_CONTRAST.contains(&scale) {
            let variance = sigma.powi(2) as f32;
            let here = pointwise(engine, Op::Scale(-variance), larger, larger)?;
            weaker = Some(match weaker.take() {
                Some(before) => pointwise(engine, Op::Max, &before, &here)?,
                None => here,
            });
        }
        Ok(())
    })?;
    let weaker = weaker.expect("there are scales");
    let dark = pointwise(engine, Op::Excess(0.0), &weaker, &fine.mask)?;
    Ok((strongest, dark))
}

/// What a pore is at least.
fn least(frame: &Frame<'_>, found: &Strongest, mask: &Plane) -> Result<f64, EngineError> {
    let center = median(frame.engine, &found.strength, mask)?.unwrap_or(0.0);
    let sd = robust_sd(frame.engine, &found.strength, mask, center)?.unwrap_or(0.0);
    Ok(f64::from(center) + LEAST_Z * f64::from(sd))
}

/// The pores, from the strongest on.
fn pores(frame: &Frame<'_>, fine: &Fine, found: &Strongest, least: f64) -> Result<Vec<Pore>, EngineError> {
    let engine = frame.engine;
    if least <= 0.0 {
        // Not a single structure, as on a drawing.
        return Ok(Vec::new());
    }
    let widest = frame.px(diameter_mm(SCALES - 1));
    let peaks = components::label(engine, &peaks(engine, found, &fine.mask, least as f32, widest)?)?;
    if peaks.count == 0 {
        return Ok(Vec::new());
    }
    let places = label_geometry(engine, &peaks.labels, peaks.count)?;
    let mut tables = vec![Vec::with_capacity(SCALES); peaks.count as usize];
    fine.each_scale(frame, |scale, larger, smaller| {
        let variance = sigma_of_disc(frame.px(diameter_mm(scale))).powi(2);
        let sums = label_sums(engine, &peaks.labels, peaks.count, &[larger, smaller], RANGE_OD)?;
        for (table, sums) in tables.iter_mut().zip(sums.iter().skip(1)) {
            table.push((variance * sums.sums[0], variance * sums.sums[1]));
        }
        Ok(())
    })?;
    let pores =
        places.iter().skip(1).zip(&tables).filter_map(|(place, table)| found::pore(place.center(), table));
    Ok(found::apart(pores.collect(), frame.scale.px_per_mm))
}
