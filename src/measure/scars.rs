//! Depressed scars: relief contrast of the whole region, and the scars one by one.
//!
//! The primary endpoint detects nothing: it is the RMS of band-passed shading. Area, depth and
//! count rest on objects, and are secondary for it.

use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::Frame;
use super::objects::{Lesion, LesionKind, LesionValues};
use super::paired::{OfObjects, Revisited, Statistic, quantile};
use super::range::Range;
use super::reading::{Blocks, LayerKind, Link, Reading, Readings, Thresholds};
use super::relief::{self, Band};
use super::steepness::steepest_slopes;
use super::surface::{self, Shape};
use crate::engine::{EngineError, Plane};
use crate::ops::components::{self, Objects};
use crate::ops::label_sums::{label_geometry, label_sums};
use crate::ops::masked::Masked;
use crate::ops::morphology;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::{median, robust_sd};
use crate::ops::sums::moments;
use crate::reason::Reason;

/// σ of the local RMS in which scars are found, in mm.
const ENERGY_MM: f64 = 0.25;
/// Robust standard deviations above the median: a scar holds one pixel of the second and is made
/// of pixels of the first.
const WEAK_Z: f64 = 4.0;
const STRONG_Z: f64 = 8.0;
/// Gaps up to this are closed, in mm.
const CLOSE_MM: f64 = 0.5;
/// Smallest scar, in mm².
const LEAST_MM2: f64 = 0.3;
/// Diameters that part small from medium from large, in mm.
const MEDIUM_MM: f64 = 2.0;
const LARGE_MM: f64 = 4.0;

/// How large a scar is: a size, no scar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SizeClass {
    /// Below 2 mm.
    Small,
    /// 2 to 4 mm.
    Medium,
    /// Above 4 mm.
    Large,
}

impl SizeClass {
    /// Of an equivalent diameter.
    pub fn of(diameter_mm: f64) -> Self {
        match diameter_mm {
            d if d < MEDIUM_MM => Self::Small,
            d if d < LARGE_MM => Self::Medium,
            _ => Self::Large,
        }
    }
}

/// σ of the micro-relief that relief contrast is normalized with, in mm.
const MICRO_MM: (f64, f64) = (0.05, 0.2);
/// |b| beyond this is no relief.
const RANGE_OD: f32 = 4.0;
/// OD to mOD.
const MILLI: f64 = 1000.0;

/// Scars.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "scars",
    label: "Scars",
    min_px_per_mm: 8.0,
    needs: Needs::LIGHT,
    metrics: &[
        MetricDef::new(
            "relief_contrast",
            "Relief contrast",
            "mOD",
            Better::Lower,
            "RCI = 1000·RMS over the region of b₂₅ = G(ŝ, 0.25 mm) − G(ŝ, 1.5 mm): shading that relief causes. \
             Needs repeated light; it is relative, not in micrometers.",
        )
        .primary(),
        MetricDef::new(
            EXCESS,
            "Relief contrast above untreated skin",
            "mOD",
            Better::Lower,
            "RCI_ex = √max(0, RCI² − RCI_ref²), with the RCI of the scar-free reference region.",
        )
        .follows_contrast(),
        MetricDef::new(
            "texture_normalized_relief",
            "Relief contrast relative to fine texture",
            "",
            Better::Lower,
            "TRC = RCI / (1000·RMS of the band σ 0.05–0.2 mm in the reference region): for photographs whose light may \
             differ.",
        )
        .finer_than(15.0),
        MetricDef::new(
            "depressed_area_percent",
            "Area of depressed scars",
            "%",
            Better::Lower,
            "Share of the region in scars: local RMS of b (σ 0.25 mm), hysteresis at 4 and 8 robust SD above the \
             median, closed by 0.5 mm, filled, at least 0.3 mm², darker on the whole. Limits fixed at baseline. \
             In a pair, both photographs are read within the same outlines: 0 where nothing is left.",
        )
        .within(Range::PERCENT)
        .version(2),
        MetricDef::new(
            "depth_proxy_mean",
            "Scar depth (proxy), mean",
            "mOD",
            Better::Lower,
            "Mean over scars of 1000·√max(0, mean b² in the scar − median b² around): shading, not depth. \
             In a pair, the same scars are read on both photographs: 0 for one of which nothing is left.",
        )
        .follows_contrast()
        .version(2),
        MetricDef::new(
            "depth_proxy_p95",
            "Scar depth (proxy), 95th percentile",
            "mOD",
            Better::Lower,
            "95th percentile over scars of the depth proxy. In a pair, the same scars are read on both photographs.",
        )
        .follows_contrast()
        .version(2),
        MetricDef::new(
            "volume_proxy_per_cm2",
            "Scar volume (proxy) per cm²",
            "mOD·mm²/cm²",
            Better::Lower,
            "Σ depth proxy · area over all scars, per area of the region. In a pair, the same scars are read on both \
             photographs, each with the area of one outline: 0 where nothing is left.",
        )
        .in_mm(0)
        .follows_contrast()
        .version(2),
        MetricDef::new(
            "count_per_cm2",
            "Scars per cm²",
            "1/cm²",
            Better::Lower,
            "Scars per area. In a pair, the scars of either visit are looked for on both photographs: the gone and the new \
             decide, and few of them cannot show a change.",
        )
        .in_mm(-2)
        .version(2),
        MetricDef::new(
            "small_per_cm2",
            "Small scars (below 2 mm) per cm²",
            "1/cm²",
            Better::Lower,
            "Scars of equivalent diameter √(4A/π) below 2 mm, per area. A size, no scar type. \
             In a pair, the same scars are looked for on both photographs, by the size of their outline.",
        )
        .in_mm(-2)
        .version(2),
        MetricDef::new(
            "medium_per_cm2",
            "Medium scars (2 to 4 mm) per cm²",
            "1/cm²",
            Better::Lower,
            "Scars of equivalent diameter 2 to 4 mm, per area. A size, no scar type. \
             In a pair, the same scars are looked for on both photographs, by the size of their outline.",
        )
        .in_mm(-2)
        .version(2),
        MetricDef::new(
            "large_per_cm2",
            "Large scars (above 4 mm) per cm²",
            "1/cm²",
            Better::Lower,
            "Scars of equivalent diameter above 4 mm, per area. A size, no scar type. \
             In a pair, the same scars are looked for on both photographs, by the size of their outline.",
        )
        .in_mm(-2)
        .version(2),
    ],
    read,
    revisit: Some(revisit),
};

fn read(frame: &Frame<'_>, baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let mut out = Readings::default();
    let contrast = block_rms(frame, &relief::band(frame, &frame.mask, relief::SCAR_MM, relief::COARSE_MM)?)?;
    let band = relief::band(frame, &frame.mask, relief::FINE_MM, relief::COARSE_MM)?;
    let objects = find(frame, &band, &mut out.thresholds, baseline)?;
    let scars = describe(frame, &band, objects, &mut out, baseline)?;
    on_heights(frame, &scars, out.lesions.iter_mut().map(|lesion| &mut lesion.values))?;

    let (excess, normalized) = against_reference(frame, &contrast)?;
    out.metrics = vec![Reading::of_blocks(contrast), excess, normalized];
    out.metrics.extend(scar_metrics(frame, &band, &scars, &out.lesions)?);

    out.layers.extend(frame.layer("relief", LayerKind::Map, "OD", &band.plane)?);
    let outline = components::mask_of(frame.engine, &scars.labels)?;
    out.layers.extend(frame.layer("scars", LayerKind::Outline, "", &outline)?);
    out.objects = Some(scars);
    Ok(out)
}

/// RMS of a band, block by block, in mOD.
fn block_rms(frame: &Frame<'_>, band: &Band) -> Result<Blocks, EngineError> {
    let square = relief::squared(frame, &band.plane)?;
    frame.block_means(&square, &band.mask, Link::RootMean { factor: MILLI }, RANGE_OD)
}

/// Name of relief contrast above that of untreated skin.
pub const EXCESS: &str = "relief_contrast_excess";

/// Untreated skin that a root mean square rests on at least, in mm²: twenty times the coarsest structure.
const LEAST_REFERENCE_MM2: f64 = 50.0;

/// RMS of a band over the untreated skin, in mOD; why not, where there is too little of it.
fn rms_of_reference(
    frame: &Frame<'_>,
    reference: &Plane,
    sigmas_mm: (f64, f64),
) -> Result<Result<f64, Reason>, EngineError> {
    let band = relief::band(frame, reference, sigmas_mm.0, sigmas_mm.1)?;
    let inside = pointwise(frame.engine, Op::Multiply, &band.mask, reference)?;
    let moments = moments(frame.engine, &band.plane, &inside, 0.0)?;
    let area = frame.mm2(moments.count as f64);
    if area < LEAST_REFERENCE_MM2 {
        let message = "too little untreated skin is bare and well exposed on every photograph, in mm²";
        return Ok(Err(Reason::limit("reference_too_small", message, area, LEAST_REFERENCE_MM2)));
    }
    Ok(Ok(MILLI * moments.rms()))
}

/// Relief contrast, told by its blocks, above that of the untreated skin and by its micro-relief.
fn against_reference(frame: &Frame<'_>, contrast: &Blocks) -> Result<(Reading, Reading), EngineError> {
    let Some(reference) = &frame.reference else {
        let reason = Reason::new("no_reference", "no untreated skin is marked (--reference)");
        return Ok((Reading::missing(reason.clone()), Reading::missing(reason)));
    };
    let relief =
        [(relief::SCAR_MM, relief::COARSE_MM), MICRO_MM].map(|band| rms_of_reference(frame, reference, band));
    let [untreated, micro] = relief;
    let (rci_reference, micro) = match (untreated?, micro?) {
        (Ok(untreated), Ok(micro)) => (untreated, micro),
        (Err(reason), _) | (_, Err(reason)) => {
            return Ok((Reading::missing(reason.clone()), Reading::missing(reason)));
        }
    };
    let rci = contrast.value();
    // Mean squares add up: of each block, what exceeds the mean square of untreated skin.
    let excess = contrast.clone().less((rci_reference / MILLI).powi(2));
    let of_square = excess.value().powi(2);
    // Where both are nearly alike, little is left of both, and their errors stay.
    let leverage = if of_square > 0.0 { rci.powi(2).hypot(rci_reference.powi(2)) / of_square } else { 0.0 };
    Ok((Reading::of_blocks(excess).levered(leverage), Reading::of(rci / micro)))
}

/// e = √G(b², 0.25 mm).
fn local_rms(frame: &Frame<'_>, band: &Band) -> Result<Plane, EngineError> {
    let square = relief::squared(frame, &band.plane)?;
    let mean = Masked::new(frame.engine, &band.mask, frame.px(ENERGY_MM))?.apply(frame.engine, &square)?;
    pointwise(frame.engine, Op::SqrtWithin, &mean, &band.mask)
}

fn find(
    frame: &Frame<'_>,
    band: &Band,
    thresholds: &mut Thresholds,
    baseline: Option<&Thresholds>,
) -> Result<Objects, EngineError> {
    let engine = frame.engine;
    let energy = local_rms(frame, band)?;
    let center = median(engine, &energy, &band.mask)?.unwrap_or(0.0);
    let sd =
        || Ok::<_, EngineError>(f64::from(robust_sd(engine, &energy, &band.mask, center)?.unwrap_or(0.0)));
    let weak =
        thresholds.fix(baseline, "weak", || Ok::<_, EngineError>(f64::from(center) + WEAK_Z * sd()?))?;
    let strong =
        thresholds.fix(baseline, "strong", || Ok::<_, EngineError>(f64::from(center) + STRONG_Z * sd()?))?;
    let keep = |limit: f64| pointwise(engine, Op::KeepAtLeast(limit as f32), &energy, &band.mask);
    let found = components::hysteresis(engine, &keep(strong)?, &keep(weak)?)?;
    drop(energy);
    let found = morphology::close(engine, &found, frame.px(CLOSE_MM) as f32)?;
    let found = components::fill_holes(engine, &found)?;
    components::label(engine, &pointwise(engine, Op::Multiply, &found, &band.mask)?)
}

/// Keeps the objects that are scars, and says what each is.
fn describe(
    frame: &Frame<'_>,
    band: &Band,
    objects: Objects,
    out: &mut Readings,
    baseline: Option<&Thresholds>,
) -> Result<Objects, EngineError> {
    let engine = frame.engine;
    let square = relief::squared(frame, &band.plane)?;
    let background = out.thresholds.fix(baseline, "background_square", || {
        let inside = components::mask_of(engine, &objects.labels)?;
        let around = pointwise(engine, Op::Without, &inside, &band.mask)?;
        Ok::<_, EngineError>(f64::from(median(engine, &square, &around)?.unwrap_or(0.0)))
    })?;
    let sums = label_sums(engine, &objects.labels, objects.count, &[&band.plane, &square], RANGE_OD)?;
    let geometry = label_geometry(engine, &objects.labels, objects.count)?;
    let slopes = steepest_slopes(frame, &objects)?;
    let mut keep = Vec::with_capacity(objects.count as usize);
    let mut raised = 0;
    for ((sums, shape), slope) in sums.iter().zip(&geometry).skip(1).zip(slopes) {
        let pixels = shape.pixels as f64;
        let large = frame.mm2(pixels) >= LEAST_MM2;
        let dark = sums.sums[0] > 0.0;
        keep.push(large && dark);
        raised += u32::from(large && !dark);
        if large && dark {
            let values = scar_values(frame, pixels, sums.sums[1] / pixels, background, slope);
            let center = shape.center();
            out.lesions.push(Lesion { kind: LesionKind::Scar, center, values });
        }
    }
    if raised > 0 {
        out.notes.push(format!("{raised} objects are lighter than their surroundings (raised, or lit from another side) and were left out"));
    }
    components::select(engine, &objects.labels, &keep)
}

/// Values of one scar that was just found: its outline is its area.
fn scar_values(
    frame: &Frame<'_>,
    pixels: f64,
    mean_square: f64,
    background: f64,
    slope: f64,
) -> LesionValues {
    read_values(frame, [pixels, pixels], mean_square, background, slope)
}

/// Numbers of one scar from the pixels of its outline and those of its area within it; `slope` is its steepest, in OD/mm.
/// Wall steepness is W = p90|∇G(ŝ, 0.12 mm)|·D/RMS b, the slope in depths over diameters: a pure number, larger
/// for walls than for slopes. D is that of the outline.
fn read_values(
    frame: &Frame<'_>,
    [outline, area]: [f64; 2],
    mean_square: f64,
    background: f64,
    slope: f64,
) -> LesionValues {
    let mut out = LesionValues::from([
        ("area_mm2", frame.mm2(area)),
        ("diameter_mm", diameter_mm(frame, area)),
        ("depth_proxy", depth_proxy(mean_square, background)),
    ]);
    if mean_square > 0.0 {
        out.insert("wall_steepness", slope * diameter_mm(frame, outline) / mean_square.sqrt());
    }
    out
}

/// Diameter of a disc of so many pixels, in mm.
fn diameter_mm(frame: &Frame<'_>, pixels: f64) -> f64 {
    (4.0 * frame.mm2(pixels) / std::f64::consts::PI).sqrt()
}

/// 1000·√max(0, mean b² in the scar − median b² around), in mOD.
fn depth_proxy(mean_square: f64, background: f64) -> f64 {
    MILLI * (mean_square - background).max(0.0).sqrt()
}

/// Reads scars in outlines that both visits chose. Depth is read over the whole outline. Area is what of it has a
/// local RMS above the weak limit of the baseline, closed and filled as scars are when they are found; a scar is there
/// where that is as large as a scar is at least. One of the photographs has found it above the strong limit. The median
/// around is this photograph's own: noise and fine texture that differ between visits cancel.
fn revisit(frame: &Frame<'_>, objects: &Objects, thresholds: &Thresholds) -> Result<Revisited, EngineError> {
    let engine = frame.engine;
    let band = relief::band(frame, &frame.mask, relief::FINE_MM, relief::COARSE_MM)?;
    let square = relief::squared(frame, &band.plane)?;
    let inside = components::mask_of(engine, &objects.labels)?;
    let background = {
        let around = pointwise(engine, Op::Without, &inside, &band.mask)?;
        f64::from(median(engine, &square, &around)?.unwrap_or(0.0))
    };
    let inside = pointwise(engine, Op::Multiply, &inside, &band.mask)?;
    let above = {
        let energy = local_rms(frame, &band)?;
        let limit = thresholds.get("weak").unwrap_or(f64::from(f32::MAX));
        let weak = pointwise(engine, Op::KeepAtLeast(limit as f32), &energy, &inside)?;
        let closed = morphology::close(engine, &weak, frame.px(CLOSE_MM) as f32)?;
        let filled = components::fill_holes(engine, &closed)?;
        pointwise(engine, Op::Multiply, &filled, &inside)?
    };
    let planes = [&square, &band.mask, &above];
    let sums = label_sums(engine, &objects.labels, objects.count, &planes, RANGE_OD)?;
    let slopes = steepest_slopes(frame, objects)?;
    let mut out = Revisited::default();
    let (mut depths, mut there) = (Vec::new(), Vec::new());
    for (sums, slope) in sums.iter().skip(1).zip(slopes) {
        let [square, outline, area] = [0, 1, 2].map(|k| sums.sums[k]);
        out.pixels.push(outline);
        there.push(frame.mm2(area) >= LEAST_MM2);
        if outline > 0.0 {
            depths.push(depth_proxy(square / outline, background));
            out.lesions.push(read_values(frame, [outline, area], square / outline, background, slope));
        } else {
            depths.push(f64::NAN);
            out.lesions.push(LesionValues::new());
        }
    }
    on_heights(frame, objects, out.lesions.iter_mut())?;
    let area = frame.block_means(&above, &band.mask, Link::Mean { factor: 100.0 }, 1.0)?;
    out.metrics = paired_metrics(frame, &out.pixels, &depths, &there);
    out.metrics.push(("depressed_area_percent", OfObjects::Whole(Reading::of_blocks(area))));
    Ok(out)
}

/// Metrics of scars that were read again, from the pixels of each outline, its depth, and what is there.
fn paired_metrics(
    frame: &Frame<'_>,
    pixels: &[f64],
    depths: &[f64],
    there: &[bool],
) -> Vec<(&'static str, OfObjects)> {
    let per = frame.area_cm2();
    let depth = |statistic, weights| OfObjects::Values { statistic, values: depths.to_vec(), weights };
    let ones = || vec![1.0; depths.len()];
    let outlines_mm2 = pixels.iter().map(|pixels| frame.mm2(*pixels)).collect();
    let count = |is_counted: &dyn Fn(SizeClass) -> bool| OfObjects::Count {
        there: there.to_vec(),
        counted: pixels.iter().map(|px| is_counted(SizeClass::of(diameter_mm(frame, *px)))).collect(),
        per,
    };
    vec![
        ("depth_proxy_mean", depth(Statistic::WeightedMean, ones())),
        ("depth_proxy_p95", depth(Statistic::Quantile(0.95), ones())),
        ("volume_proxy_per_cm2", depth(Statistic::Sum { per }, outlines_mm2)),
        ("count_per_cm2", count(&|_| true)),
        ("small_per_cm2", count(&|class| class == SizeClass::Small)),
        ("medium_per_cm2", count(&|class| class == SizeClass::Medium)),
        ("large_per_cm2", count(&|class| class == SizeClass::Large)),
    ]
}

/// Adds the shape of each scar on true height, where there is some.
fn on_heights<'v>(
    frame: &Frame<'_>,
    scars: &Objects,
    values: impl Iterator<Item = &'v mut LesionValues>,
) -> Result<(), EngineError> {
    if let Some(shapes) = surface::scar_shapes(frame, scars)? {
        values.zip(shapes).for_each(|(values, shape)| values.extend(shape.iter().flat_map(Shape::values)));
    }
    Ok(())
}

fn scar_metrics(
    frame: &Frame<'_>,
    band: &Band,
    scars: &Objects,
    lesions: &[Lesion],
) -> Result<Vec<Reading>, EngineError> {
    let inside = components::mask_of(frame.engine, &scars.labels)?;
    let area = frame.block_means(&inside, &band.mask, Link::Mean { factor: 100.0 }, 1.0)?;
    let depths: Vec<f64> = lesions.iter().map(|l| l.values["depth_proxy"]).collect();
    let of_depths = |value: fn(&[f64]) -> f64| match depths.as_slice() {
        [] => Reading::missing(Reason::new("no_scars", "no scar was found")),
        some => Reading::of(value(some)),
    };
    let volume: f64 = lesions.iter().map(|l| l.values["depth_proxy"] * l.values["area_mm2"]).sum();
    let of_class =
        |class: SizeClass| lesions.iter().filter(move |l| SizeClass::of(l.values["diameter_mm"]) == class);
    let per_cm2 = |count: usize| Reading::of(count as f64 / frame.area_cm2());
    Ok(vec![
        Reading::of_blocks(area),
        of_depths(|d| d.iter().sum::<f64>() / d.len() as f64),
        of_depths(|d| quantile(d.to_vec(), 0.95)),
        Reading::of(volume / frame.area_cm2()),
        per_cm2(lesions.len()),
        per_cm2(of_class(SizeClass::Small).count()),
        per_cm2(of_class(SizeClass::Medium).count()),
        per_cm2(of_class(SizeClass::Large).count()),
    ])
}

#[cfg(test)]
mod tests {
    use super::super::testing::skin;
    use super::*;
    use crate::geometry::Size;
    use crate::raster::Raster;

    /// Waves 4 mm long, three times as strong on the right half as on the left.
    fn frame<'a>() -> Frame<'a> {
        let wave = |x: u32, y: u32| {
            let phase = std::f64::consts::TAU / 32.0 * f64::from(x + y);
            let strength = if x < 160 { 0.02 } else { 0.06 };
            [(strength * phase.sin()) as f32; 3]
        };
        skin(Size::new(320, 160), 8.0, wave)
    }

    fn columns(frame: &Frame<'_>, from: u32, to: u32) -> Plane {
        let inside = Raster::from_fn(frame.size(), |x, _| f32::from((from..to).contains(&x)));
        frame.engine.upload_raster(&inside).unwrap()
    }

    #[test]
    fn relief_above_untreated_skin_is_what_its_squares_have_in_excess() {
        let mut frame = frame();
        frame.mask = columns(&frame, 160, 320);
        frame.reference = Some(columns(&frame, 0, 160));
        let found = read(&frame, None).unwrap();
        let [rci, excess] = [0, 1].map(|k| found.metrics[k].number().unwrap());
        // √(1 − 1/9) of what the right half shows; at the rims of both halves a band shows other shares.
        assert!((excess / rci - (8f64 / 9.0).sqrt()).abs() < 0.01, "{excess} of {rci}");
        // √(1 + 1/81) ÷ (1 − 1/9).
        assert!((found.metrics[1].leverage - 1.132).abs() < 0.02, "{}", found.metrics[1].leverage);
        let blocks = found.metrics[1].blocks.as_ref().unwrap();
        assert!((blocks.value() - excess).abs() < 1e-9 && blocks.means.len() > 16);
    }

    #[test]
    fn too_little_untreated_skin_tells_nothing() {
        let mut frame = frame();
        frame.reference = Some(columns(&frame, 0, 10));
        let found = read(&frame, None).unwrap();
        for metric in &found.metrics[1..3] {
            assert_eq!(metric.value.as_ref().unwrap_err().code, "reference_too_small");
        }
        assert!(found.metrics[0].number().is_some());
    }

    /// Dents of 3 mm, so many times as dark as the first ones, on skin with fine grain.
    fn dented(times: f32) -> Frame<'static> {
        skin(Size::new(400, 240), 10.0, |x, y| {
            let [u, v] = [x % 80, y % 80].map(|k| (k as f32 - 39.5) / 12.0);
            let grain = 0.01 * (((x * 7919 + y * 104_729) % 97) as f32 / 48.0 - 1.0);
            [0.15 * times * (-u * u - v * v).exp() + grain; 3]
        })
    }

    #[test]
    fn scars_of_half_the_depth_read_half_in_the_same_outlines() {
        let before = dented(1.0);
        let first = read(&before, None).unwrap();
        let scars = first.objects.as_ref().unwrap();
        assert!(scars.count >= 12, "{}", scars.count);
        let again = |frame: &Frame<'_>| revisit(frame, scars, &first.thresholds).unwrap();
        let depths =
            |read: &Revisited| -> Vec<f64> { read.lesions.iter().map(|l| l["depth_proxy"]).collect() };
        let (same, half, none) = (again(&before), again(&dented(0.5)), again(&dented(0.0)));
        for (lesion, depth) in first.lesions.iter().zip(depths(&same)) {
            assert!((depth / lesion.values["depth_proxy"] - 1.0).abs() < 0.01);
        }
        for (one, other) in depths(&same).iter().zip(depths(&half)) {
            assert!((other / one - 0.5).abs() < 0.02, "{one} and {other}");
        }
        assert!(depths(&none).iter().zip(depths(&same)).all(|(none, same)| *none < 0.1 * same));
        // What is left is measured again, and nothing is left of what is gone.
        let area = |read: &Revisited| read.lesions.iter().map(|l| l["area_mm2"]).sum::<f64>();
        assert!(area(&half) < 0.95 * area(&same) && area(&half) > 0.3 * area(&same));
        assert_eq!(area(&none), 0.0);
        let found = |read: &Revisited| match read.metrics.iter().find(|(name, _)| *name == "count_per_cm2") {
            Some((_, OfObjects::Count { there, .. })) => there.iter().filter(|there| **there).count(),
            _ => panic!("scars are counted"),
        };
        assert_eq!((found(&same), found(&none)), (scars.count as usize, 0));
    }
}
