//! Rough red areas, as keratoses show: more hemoglobin and more fine roughness than the person's own skin.
//!
//! It points at places. It is no diagnosis, and where it points at nothing it gives no all-clear.

mod maps;
#[cfg(test)]
mod tests;

use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::Frame;
use super::objects::{Lesion, LesionKind, LesionValues};
use super::paired::{OfObjects, Revisited, Statistic};
use super::range::Range;
use super::reading::{LayerKind, Link, Reading, Readings, Thresholds};
use crate::engine::{EngineError, Plane};
use crate::ops::components::{self, Objects};
use crate::ops::label_sums::{label_geometry, label_sums};
use crate::ops::morphology;
use crate::ops::pointwise::{Op, pointwise};
use crate::reason::Reason;
use maps::{Maps, OwnSkin};

/// Gaps up to this are closed, in mm.
const CLOSE_MM: f64 = 0.5;
/// Smallest and largest area, in mm²; what is larger is diffuse.
const AREA_MM2: (f64, f64) = (4.0, 400.0);
/// What is diffuse has a rim, in mm.
const DIFFUSE_RIM_MM: f64 = 0.5;
/// From this share of flakes on, an area is scaly and its score one higher, in per cent.
const SCALY_PERCENT: f64 = 5.0;
/// |ĥ| beyond this is no skin.
const RANGE_OD: f32 = 8.0;
/// OD to mOD.
const MILLI: f64 = 1000.0;

/// Rough red areas.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "rough_red",
    label: "Rough red areas",
    min_px_per_mm: 15.0,
    needs: Needs::FOCUS_LIGHT_AND_NOISE,
    metrics: &[
        MetricDef::new(
            "area_percent",
            "Rough red areas, share of the skin",
            "%",
            Better::Lower,
            "Share of the region in rough red areas, which need examination: ĥ (σ 0.5 mm) and the local RMS (σ 1 mm) of \
             green density between cut-offs of 0.2 and 1 mm both 2 robust SD above the person's own skin (the \
             reference region, else the region's median), closed by 0.5 mm, 4 to 400 mm². Spreads are fixed at \
             baseline. In a pair, both photographs are read within the same outlines. No diagnosis; zero is no all-clear.",
        )
        .raw()
        .within(Range::PERCENT)
        .version(2),
        MetricDef::new(
            "count",
            "Rough red areas, number",
            "",
            Better::Lower,
            "Rough red areas in the region. In a pair, the areas of either visit are looked for on both photographs. \
             Counts repeat poorly: area is preferred. Zero is no all-clear.",
        )
        .raw()
        .within(Range::POSITIVE)
        .version(2),
        MetricDef::new(
            "hemoglobin_mean",
            "Hemoglobin in rough red areas, above own skin",
            "OD",
            Better::Lower,
            "Mean over rough red areas of ĥ (σ 0.5 mm) less the median of own skin on the same photograph: \
             independent of white balance and exposure. In a pair, the same areas are read on both photographs.",
        )
        .raw()
        .version(2),
        MetricDef::new(
            "roughness_mean",
            "Roughness in rough red areas",
            "mOD",
            Better::Lower,
            "1000 times the mean over rough red areas of the local RMS (σ 1 mm) of green density between cut-offs of \
             0.2 and 1 mm. Sharp edges of color and hair that is not masked add to it. In a pair, the same areas are read on both \
             photographs.",
        )
        .version(2),
    ],
    read,
    revisit: Some(revisit),
};

fn read(frame: &Frame<'_>, baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let engine = frame.engine;
    let mut out = Readings::default();
    let maps = Maps::of(frame, &frame.mask)?;
    let own = OwnSkin::of(frame, &maps, &mut out.thresholds, baseline)?;
    let found = find(frame, &maps, &own, baseline.is_none(), &mut out)?;
    let sums = sums(frame, &maps, &own, &found)?;
    let places = label_geometry(engine, &found.labels, found.count)?;
    let mut keep = Vec::with_capacity(found.count as usize);
    let mut kept = Sums::default();
    for (sums, place) in sums.iter().zip(places.iter().skip(1)) {
        let large = frame.mm2(place.pixels as f64) >= AREA_MM2.0;
        keep.push(large);
        if large {
            kept.add(sums);
            let values = values(frame, &own, place.pixels as f64, sums);
            out.lesions.push(Lesion { kind: LesionKind::RoughRed, center: place.center(), values });
        }
    }
    let areas = components::select(engine, &found.labels, &keep)?;
    let inside = components::mask_of(engine, &areas.labels)?;
    let share = frame.block_means(&inside, &frame.mask, Link::Mean { factor: 100.0 }, 1.0)?;
    let of_areas = |sum: f64| match kept.valid {
        valid if valid > 0.0 => Reading::of(sum / valid),
        _ => Reading::missing(Reason::new(
            "no_rough_red",
            "no rough red area stood out, which is no all-clear",
        )),
    };
    out.metrics = vec![
        Reading::of_blocks(share),
        Reading::of(f64::from(areas.count)),
        of_areas(kept.hemoglobin - own.hemoglobin * kept.valid),
        of_areas(MILLI * kept.roughness),
    ];
    out.notes.push(match areas.count {
        0 => "nothing stood out as rough and red against the person's own skin: this is no all-clear"
            .to_owned(),
        n => format!("rough red area, needs examination: {n} found; where, not what it is"),
    });
    out.layers.extend(frame.layer("roughness", LayerKind::Map, "OD", &maps.roughness)?);
    out.layers.extend(frame.layer("rough_red", LayerKind::Outline, "", &inside)?);
    out.objects = Some(areas);
    Ok(out)
}

/// Skin that is rough and red, closed and filled.
fn filled(frame: &Frame<'_>, maps: &Maps, own: &OwnSkin) -> Result<Plane, EngineError> {
    let closed = morphology::close(frame.engine, &maps.rough_red(frame, own)?, frame.px(CLOSE_MM) as f32)?;
    pointwise(frame.engine, Op::Multiply, &components::fill_holes(frame.engine, &closed)?, &frame.mask)
}

/// Rough red objects of any size but diffuse ones, which are settled at baseline: near the limit, noise alone
/// would put one in and out.
fn find(
    frame: &Frame<'_>,
    maps: &Maps,
    own: &OwnSkin,
    is_baseline: bool,
    out: &mut Readings,
) -> Result<Objects, EngineError> {
    let engine = frame.engine;
    let filled = filled(frame, maps, own)?;
    let filled = match &frame.diffuse {
        Some(diffuse) => pointwise(engine, Op::Without, diffuse, &filled)?,
        None => filled,
    };
    let found = components::label(engine, &filled)?;
    if !is_baseline {
        return Ok(found);
    }
    let diffuse: Vec<bool> = label_geometry(engine, &found.labels, found.count)?
        .iter()
        .skip(1)
        .map(|place| frame.mm2(place.pixels as f64) > AREA_MM2.1)
        .collect();
    let count = diffuse.iter().filter(|&&diffuse| diffuse).count();
    if count == 0 {
        return Ok(found);
    }
    out.notes.push(format!(
        "rough red area, needs examination: {count} above {:.0} mm² are not counted as single areas",
        AREA_MM2.1
    ));
    let wide = components::mask_of(engine, &components::select(engine, &found.labels, &diffuse)?.labels)?;
    let wide = morphology::dilate(engine, &wide, frame.px(DIFFUSE_RIM_MM) as f32)?;
    let rest = components::label(engine, &pointwise(engine, Op::Without, &wide, &filled)?)?;
    out.left_out = Some(wide);
    Ok(rest)
}

/// Sums over the pixels of one area that say something.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    hemoglobin: f64,
    roughness: f64,
    flakes: f64,
    valid: f64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.hemoglobin += other.hemoglobin;
        self.roughness += other.roughness;
        self.flakes += other.flakes;
        self.valid += other.valid;
    }
}

fn sums(frame: &Frame<'_>, maps: &Maps, own: &OwnSkin, areas: &Objects) -> Result<Vec<Sums>, EngineError> {
    let engine = frame.engine;
    let within = |plane: &Plane| pointwise(engine, Op::Multiply, plane, &maps.mask);
    let (hemoglobin, flakes) = (within(&maps.hemoglobin)?, within(&maps.flakes(frame, own)?)?);
    let planes = [&hemoglobin, &maps.roughness, &flakes, &maps.mask];
    let sums = label_sums(engine, &areas.labels, areas.count, &planes, RANGE_OD)?;
    let of = |s: &[f64]| Sums { hemoglobin: s[0], roughness: s[1], flakes: s[2], valid: s[3] };
    Ok(sums.iter().skip(1).map(|s| of(&s.sums)).collect())
}

/// What is told of one area: nothing but its size where too little of it is seen.
fn values(frame: &Frame<'_>, own: &OwnSkin, pixels: f64, sums: &Sums) -> LesionValues {
    let area_mm2 = frame.mm2(pixels);
    let mut out = LesionValues::from([
        ("area_mm2", area_mm2),
        ("diameter_mm", (4.0 * area_mm2 / std::f64::consts::PI).sqrt()),
    ]);
    if sums.valid > 0.0 {
        let hemoglobin = sums.hemoglobin / sums.valid - own.hemoglobin;
        let roughness = sums.roughness / sums.valid;
        let scale_percent = 100.0 * sums.flakes / sums.valid;
        let z = |value: f64, sd: f64| value / sd.max(f64::from(f32::MIN_POSITIVE));
        let score = z(hemoglobin, own.hemoglobin_sd).min(z(roughness - own.roughness, own.roughness_sd));
        out.extend([
            ("hemoglobin", hemoglobin),
            ("roughness", MILLI * roughness),
            ("scale_percent", scale_percent),
            ("score", score + f64::from(scale_percent >= SCALY_PERCENT)),
        ]);
    }
    out
}

/// Reads areas in outlines that both visits chose. Hemoglobin and roughness are means over the whole outline. Area is
/// what of it is rough and red on this photograph by the limits of the baseline, closed and filled.
fn revisit(frame: &Frame<'_>, areas: &Objects, thresholds: &Thresholds) -> Result<Revisited, EngineError> {
    let engine = frame.engine;
    let maps = Maps::of(frame, &frame.mask)?;
    let own = OwnSkin::of(frame, &maps, &mut Thresholds::default(), Some(thresholds))?;
    let inside = components::mask_of(engine, &areas.labels)?;
    let above = pointwise(engine, Op::Multiply, &filled(frame, &maps, &own)?, &inside)?;
    drop(inside);
    let sums = sums(frame, &maps, &own, areas)?;
    let above_px = label_sums(engine, &areas.labels, areas.count, &[&above], 1.0)?;
    let mut out = Revisited::default();
    let (mut hemoglobin, mut roughness, mut there) = (Vec::new(), Vec::new(), Vec::new());
    for (sums, above) in sums.iter().zip(above_px.iter().skip(1)) {
        let area = above.sums[0];
        let values = match sums.valid > 0.0 {
            true => values(frame, &own, area, sums),
            false => LesionValues::new(),
        };
        let value = |name: &str| values.get(name).copied().unwrap_or(f64::NAN);
        hemoglobin.push(value("hemoglobin"));
        roughness.push(value("roughness"));
        there.push(frame.mm2(area) >= AREA_MM2.0);
        out.pixels.push(sums.valid);
        out.lesions.push(values);
    }
    let share = frame.block_means(&above, &frame.mask, Link::Mean { factor: 100.0 }, 1.0)?;
    let mean = |values| OfObjects::Values {
        statistic: Statistic::WeightedMean,
        values,
        weights: out.pixels.clone(),
    };
    let counted = vec![true; there.len()];
    out.metrics = vec![
        ("area_percent", OfObjects::Whole(Reading::of_blocks(share))),
        ("count", OfObjects::Count { there, counted, per: 1.0 }),
        ("hemoglobin_mean", mean(hemoglobin)),
        ("roughness_mean", mean(roughness)),
    ];
    Ok(out)
}
