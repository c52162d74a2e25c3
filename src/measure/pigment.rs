//! Pigment: spots on the melanin plane against the skin around them, and how even it is.

use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::extent::pixels_of_each;
use super::frame::Frame;
use super::objects::{Lesion, LesionKind, LesionValues};
use super::paired::{OfObjects, Revisited, Statistic};
use super::range::Range;
use super::reading::{LayerKind, Link, Reading, Readings, Thresholds};
use super::sampling;
use crate::calibrate::color::delta_e_2000;
use crate::engine::{EngineError, Plane};
use crate::ops::components::{self, Objects};
use crate::ops::gradient::gradient_magnitude;
use crate::ops::histogram::histogram;
use crate::ops::lab::lab_from_linear_rgb;
use crate::ops::label_sums::{LabelSums, label_geometry, label_sums};
use crate::ops::local_median::local_median;
use crate::ops::masked::Masked;
use crate::ops::morphology;
use crate::ops::nearest;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::robust_sd;
use crate::ops::sums::moments;
use crate::ops::unmix::DEFAULT_ANALYSIS;
use crate::ops::warp::block_labels;
use crate::reason::Reason;

/// σ before thresholds: one 8-bit code is 0.05 OD of m̂ on a single pixel, in mm.
const SMOOTH_MM: f64 = 0.15;
/// σ of the skin around a spot, in mm.
const BACKGROUND_MM: f64 = 4.0;
/// Window of the median that starts the background, in mm: as far as the Gaussian reaches.
const MEDIAN_WINDOW_MM: f64 = 16.0;
/// Rounds of background without spots.
const ROUNDS: usize = 2;
/// Weight of skin around from which the background is a mean of it; inside a larger spot the
/// median surface stands in.
const LEAST_BACKGROUND: f32 = 0.1;
/// A spot holds a pixel above the threshold, this many robust SD and at least so much OD, and is
/// made of pixels above `WEAK_SHARE` of it (1.5 robust SD where the threshold is 2.5).
const STRONG_SD: f64 = 2.5;
const LEAST_OD: f64 = 0.04;
const WEAK_SHARE: f64 = 0.6;
/// Rise of the limit by which the leverage of the area is tried, and the least share of the area that is taken to be left.
const LEVERAGE_STEP: f64 = 1.1;
const LEAST_LEFT: f64 = 0.01;
/// Smallest and largest spot, in mm².
const AREA_MM2: (f64, f64) = (0.2, 200.0);
/// A patch that is no spot has a rim, in mm.
const PATCH_RIM_MM: f64 = 0.5;
/// Skin around a spot that its color is compared with: from and to, in mm.
const RING_MM: (f64, f64) = (0.5, 2.0);
/// Half width of the band along a spot's outline, in mm.
const BORDER_MM: f64 = 0.15;
/// Bins of the entropy, in OD.
const ENTROPY_OD: (f32, f32, usize) = (-4.0, 8.0, 600);
/// Side of the squares of the dispersion index, in mm, and the share of skin a square needs.
const QUADRAT_MM: f64 = 5.0;
const QUADRAT_SHARE: f64 = 0.5;
/// |m̂| beyond this is no skin.
const RANGE_OD: f32 = 8.0;

/// Pigment.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "pigment",
    label: "Pigment",
    min_px_per_mm: 3.0,
    needs: Needs::NOTHING,
    metrics: &[
        MetricDef::new(
            "burden",
            "Pigment burden",
            "OD·%",
            Better::Lower,
            "100·∫max(r − T, 0)dA over spots per area of the region: r = G(m̂, 0.15 mm) − background (σ 4 mm, \
             spots left out), T = max(2.5 robust SD, 0.04 OD) fixed at baseline. Independent of white balance and exposure. \
             Where T lies near the darkest spot, it moves many times as much as contrast, and its detectable change is wide.",
        )
        .primary(),
        MetricDef::new(
            "area_percent",
            "Area of pigment spots",
            "%",
            Better::Lower,
            "Share of the region in spots: hysteresis at T and 0.6 T, at least 0.2 mm², without patches that are \
             above 200 mm² at baseline. In a pair, both photographs are read within the same outlines: 0 where nothing \
             is left.",
        )
        .within(Range::PERCENT)
        .version(3),
        MetricDef::new("count_per_cm2", "Pigment spots per cm²", "1/cm²", Better::Lower, "Spots per area. In a pair, the spots of either visit are looked for on both photographs: the gone and the new decide.")
            .in_mm(-2)
        .version(3),
        MetricDef::new(
            "contrast_p95",
            "Darkness of spots, 95th percentile",
            "OD",
            Better::Lower,
            "95th percentile of r over the pixels of all spots. In a pair, both photographs are read within the same outlines.",
        )
        .version(3),
        MetricDef::new(
            "melanin_mean",
            "Melanin, mean",
            "OD",
            Better::Neither,
            "Mean of m̂ over the region (Tsumura 1999). In a pair it reads change relative to what the \
             photographs were color-matched on. An unseen veil of light lowers it on dark skin.",
        )
        .raw()
        .level(),
        MetricDef::new(
            "melanin_sd",
            "Melanin, standard deviation",
            "OD",
            Better::Lower,
            "Standard deviation over the region of m̂ smoothed by σ = 0.15 mm.",
        ),
        MetricDef::new(
            "melanin_entropy",
            "Melanin, entropy",
            "bit",
            Better::Lower,
            "Shannon entropy of smoothed m̂ in bins of 0.02 OD.",
        )
        .raw()
        .within(Range::POSITIVE),
        MetricDef::new(
            "unevenness",
            "Unevenness of pigment (blotches)",
            "OD",
            Better::Lower,
            "Standard deviation of G(m̂, 4 mm): blotches larger than spots.",
        ),
        MetricDef::new(
            "spot_delta_e",
            "Color difference of spots (ΔE00)",
            "",
            Better::Lower,
            "Mean over spots, by area, of CIEDE2000 (Sharma 2005) between a spot and the skin 0.5 to 2 mm around. \
             In a pair, the same spots are read on both photographs.",
        )
        .version(2),
        MetricDef::new(
            "border_sharpness",
            "Sharpness of spot borders",
            "OD/mm",
            Better::Neither,
            "Mean |∇G(m̂, 0.15 mm)| within 0.15 mm of the outlines of spots. In a pair, the outlines are the same on both photographs.",
        )
        .in_mm(-1)
        .version(2),
        MetricDef::new(
            "dispersion",
            "Clustering of spots",
            "",
            Better::Neither,
            "Variance over mean of the number of spots in squares of 5 mm: 1 where chance scatters \
             them, more where they cluster.",
        )
        .raw()
        .in_mm(0)
        .within(Range::POSITIVE),
    ],
    read,
    revisit: Some(revisit),
};

/// The melanin plane, smoothed, and its contrast against the skin around.
struct Melanin {
    smooth: Plane,
    contrast: Plane,
    threshold: f64,
}

fn read(frame: &Frame<'_>, baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let engine = frame.engine;
    let mask = &frame.mask;
    let mut out = Readings::default();
    let melanin = Melanin::of(frame, &mut out.thresholds, baseline)?;
    let spots = spots(frame, &melanin, baseline.is_none(), &mut out)?;
    let inside = components::mask_of(engine, &spots.labels)?;

    let excess = Op::Excess(melanin.threshold as f32);
    let excess = pointwise(engine, excess, &melanin.contrast, &inside)?;
    let burden = frame.block_means(&excess, mask, Link::Mean { factor: 100.0 }, RANGE_OD)?;
    drop(excess);
    let leverage = leverage(frame, &melanin, &inside, burden.value())?;
    let area = frame.block_means(&inside, mask, Link::Mean { factor: 100.0 }, 1.0)?;
    let area = Reading {
        threshold: Some(WEAK_SHARE * melanin.threshold),
        ..Reading::of_blocks(area).levered(area_leverage(frame, &melanin, &inside)?)
    };
    let mean = frame.block_means(&frame.melanin()?, mask, Link::Mean { factor: 1.0 }, RANGE_OD)?;
    // Spreads about the mean: about zero, single precision would lose a spread that is small beside it.
    let center = mean.value() as f32;

    let no_spots = || Reading::missing(Reason::new("no_spots", "no pigmented spot was found"));
    let contrast = sampling::quantile(frame, &melanin.contrast, &inside, 0.95)?.unwrap_or_else(no_spots);
    let spread_of = |plane: &Plane, mask: &Plane| -> Result<Reading, EngineError> {
        let found = moments(engine, plane, mask, center)?;
        sampling::spread(frame, plane, mask, (found.mean(), found.variance().sqrt()))
    };
    let unevenness = {
        let blotches = Masked::new(engine, mask, frame.px(BACKGROUND_MM))?;
        spread_of(&blotches.apply(engine, &melanin.smooth)?, &blotches.support(engine)?)?
    };
    let (delta_e, border) = match out.lesions.as_slice() {
        [] => (no_spots(), no_spots()),
        _ => (spot_delta_e(frame, &spots)?, border_sharpness(frame, &melanin.smooth, &inside)?),
    };
    out.notes.push(format!("spots are what exceeds {:.4} OD, fixed at baseline", melanin.threshold));
    out.metrics = vec![
        Reading { threshold: Some(melanin.threshold), ..Reading::of_blocks(burden).levered(leverage) },
        area,
        Reading::of(f64::from(spots.count) / frame.area_cm2()),
        contrast,
        Reading::of_blocks(mean).moves(DEFAULT_ANALYSIS.melanin.map(f64::from)),
        spread_of(&melanin.smooth, mask)?,
        entropy(frame, &melanin.smooth)?,
        unevenness,
        delta_e,
        border,
        dispersion(frame, &out.lesions)?,
    ];
    out.layers.extend(frame.layer("melanin", LayerKind::Map, "OD", &melanin.smooth)?);
    out.layers.extend(frame.layer("spots", LayerKind::Outline, "", &inside)?);
    out.objects = Some(spots);
    Ok(out)
}

/// How much of the burden's change a change of contrast makes beyond its own share: T times the area above T, against the
/// burden. Of a few dark spots little more than 1; where T lies near the darkest there is, many.
fn leverage(frame: &Frame<'_>, melanin: &Melanin, inside: &Plane, burden: f64) -> Result<f64, EngineError> {
    let above = Op::KeepAtLeast(melanin.threshold as f32);
    let above = pointwise(frame.engine, above, &melanin.contrast, inside)?;
    let percent = frame.block_means(&above, &frame.mask, Link::Mean { factor: 100.0 }, 1.0)?.value();
    Ok(if burden > 0.0 { melanin.threshold * percent / burden } else { 0.0 })
}

/// Share by which the area grows for each share by which contrast reads stronger: little where edges are steep, much where the
/// limit lies among the skin's own mottle.
fn area_leverage(frame: &Frame<'_>, melanin: &Melanin, inside: &Plane) -> Result<f64, EngineError> {
    let limit = LEVERAGE_STEP * WEAK_SHARE * melanin.threshold;
    let above = pointwise(frame.engine, Op::KeepAtLeast(limit as f32), &melanin.contrast, inside)?;
    let left = moments(frame.engine, &above, inside, 0.0)?;
    if left.count == 0 {
        return Ok(0.0);
    }
    Ok(-left.mean().max(LEAST_LEFT).ln() / LEVERAGE_STEP.ln())
}

impl Melanin {
    /// At baseline the threshold is found first, and the background then once more with it: what
    /// is read at a given threshold must not depend on the visit it was fixed at.
    fn of(
        frame: &Frame<'_>,
        thresholds: &mut Thresholds,
        baseline: Option<&Thresholds>,
    ) -> Result<Self, EngineError> {
        Self::beside(frame, &frame.mask, thresholds, baseline)
    }

    /// The same against that skin alone of which `plain` is 1.
    fn beside(
        frame: &Frame<'_>,
        plain: &Plane,
        thresholds: &mut Thresholds,
        baseline: Option<&Thresholds>,
    ) -> Result<Self, EngineError> {
        let engine = frame.engine;
        let mask = &frame.mask;
        let smooth = Masked::new(engine, mask, frame.px(SMOOTH_MM))?.apply(engine, &frame.melanin()?)?;
        let window = frame.px(MEDIAN_WINDOW_MM).round().max(2.0) as u32;
        let start = local_median(engine, &smooth, mask, window)?;
        let threshold = thresholds.fix(baseline, "threshold", || {
            Ok(against_background(frame, [&smooth, &start, plain], None)?.1)
        })?;
        let (contrast, _) = against_background(frame, [&smooth, &start, plain], Some(threshold))?;
        Ok(Self { smooth, contrast, threshold })
    }

    fn spots(&self, frame: &Frame<'_>, mask: &Plane) -> Result<Objects, EngineError> {
        let engine = frame.engine;
        let keep = |t: f64| pointwise(engine, Op::KeepAtLeast(t as f32), &self.contrast, mask);
        let spots =
            components::hysteresis(engine, &keep(self.threshold)?, &keep(WEAK_SHARE * self.threshold)?)?;
        components::label(engine, &spots)
    }
}

/// Contrast against the skin around within `mask`, spots left out, and T: as `fixed`, or from each round's plain skin.
fn against_background(
    frame: &Frame<'_>,
    [smooth, start, mask]: [&Plane; 3],
    fixed: Option<f64>,
) -> Result<(Plane, f64), EngineError> {
    let engine = frame.engine;
    let limit = |contrast: &Plane, plain: &Plane| match fixed {
        Some(threshold) => Ok(threshold),
        None => limit(frame, contrast, plain),
    };
    let mut contrast = pointwise(engine, Op::Subtract, smooth, start)?;
    let mut threshold = limit(&contrast, mask)?;
    for _ in 0..ROUNDS {
        let spots = pointwise(engine, Op::KeepAtLeast((WEAK_SHARE * threshold) as f32), &contrast, mask)?;
        let plain = pointwise(engine, Op::Without, &spots, mask)?;
        drop((spots, contrast));
        let around = Masked::new(engine, &plain, frame.px(BACKGROUND_MM))?.apply_or(
            engine,
            smooth,
            start,
            LEAST_BACKGROUND,
        )?;
        contrast = pointwise(engine, Op::Subtract, smooth, &around)?;
        drop(around);
        threshold = limit(&contrast, &plain)?;
    }
    Ok((contrast, threshold))
}

/// T of this photograph's plain skin.
fn limit(frame: &Frame<'_>, contrast: &Plane, plain: &Plane) -> Result<f64, EngineError> {
    let sd = robust_sd(frame.engine, contrast, plain, 0.0)?.unwrap_or(0.0);
    Ok((STRONG_SD * f64::from(sd)).max(LEAST_OD))
}

/// Finds the spots. Which patches are too large for one is settled at baseline: near the limit,
/// noise alone would put a patch in and out, and a fading one would come in.
fn spots(
    frame: &Frame<'_>,
    melanin: &Melanin,
    is_baseline: bool,
    out: &mut Readings,
) -> Result<Objects, EngineError> {
    let engine = frame.engine;
    if is_baseline {
        let found = melanin.spots(frame, &frame.mask)?;
        let too_large: Vec<bool> = label_geometry(engine, &found.labels, found.count)?
            .iter()
            .skip(1)
            .map(|shape| frame.mm2(shape.pixels as f64) > AREA_MM2.1)
            .collect();
        let count = too_large.iter().filter(|&&large| large).count();
        if count == 0 {
            return describe(frame, melanin, found, out);
        }
        out.notes.push(format!(
            "{count} pigmented areas above {:.0} mm² are no spots and were left out",
            AREA_MM2.1
        ));
        let patches =
            components::mask_of(engine, &components::select(engine, &found.labels, &too_large)?.labels)?;
        out.left_out = Some(morphology::dilate(engine, &patches, frame.px(PATCH_RIM_MM) as f32)?);
    }
    let within = match out.left_out.as_ref().or(frame.patches.as_ref()) {
        Some(patches) => pointwise(engine, Op::Without, patches, &frame.mask)?,
        None => pointwise(engine, Op::Multiply, &frame.mask, &frame.mask)?,
    };
    describe(frame, melanin, melanin.spots(frame, &within)?, out)
}

fn describe(
    frame: &Frame<'_>,
    melanin: &Melanin,
    objects: Objects,
    out: &mut Readings,
) -> Result<Objects, EngineError> {
    let engine = frame.engine;
    let sums = label_sums(engine, &objects.labels, objects.count, &[&melanin.contrast], RANGE_OD)?;
    let geometry = label_geometry(engine, &objects.labels, objects.count)?;
    let extents = extents(frame, melanin, &objects, &frame.mask)?;
    let mut keep = Vec::with_capacity(objects.count as usize);
    for ((sums, shape), extent) in sums.iter().zip(&geometry).skip(1).zip(extents) {
        let pixels = shape.pixels as f64;
        let area = frame.mm2(pixels);
        let kept = area >= AREA_MM2.0;
        keep.push(kept);
        if kept {
            let values = spot_values(frame, extent, sums.sums[0] / pixels);
            let center = shape.center();
            out.lesions.push(Lesion { kind: LesionKind::Spot, center, values });
        }
    }
    components::select(engine, &objects.labels, &keep)
}

/// Pixels of each spot at half of its own darkness, and at least at 0.6 T.
fn extents(
    frame: &Frame<'_>,
    melanin: &Melanin,
    spots: &Objects,
    mask: &Plane,
) -> Result<Vec<f64>, EngineError> {
    let least = WEAK_SHARE * melanin.threshold;
    pixels_of_each(frame, spots, [&melanin.contrast, mask], least, f64::from(RANGE_OD))
}

fn spot_values(frame: &Frame<'_>, pixels: f64, contrast: f64) -> LesionValues {
    let area_mm2 = frame.mm2(pixels);
    LesionValues::from([
        ("area_mm2", area_mm2),
        ("diameter_mm", (4.0 * area_mm2 / std::f64::consts::PI).sqrt()),
        ("contrast", contrast),
    ])
}

/// Reads spots in outlines that both visits chose. Contrast is the mean over the whole outline. Area is the part of it that is at
/// least half as dark as the spot is on this photograph, and above 0.6 T with the T of the baseline. A spot is there where as
/// much lies above 0.6 T as a spot is large at least. One of the photographs has found it above T.
fn revisit(frame: &Frame<'_>, objects: &Objects, thresholds: &Thresholds) -> Result<Revisited, EngineError> {
    let engine = frame.engine;
    let mask = &frame.mask;
    let inside = components::mask_of(engine, &objects.labels)?;
    let inside = pointwise(engine, Op::Multiply, &inside, mask)?;
    // The same skin around on every photograph: were it that outside of each one's own spots, skin near the limit would lift or
    // lower its own background, and what is near it would come and go as a whole.
    let plain = pointwise(engine, Op::Without, &inside, mask)?;
    let melanin = Melanin::beside(frame, &plain, &mut Thresholds::default(), Some(thresholds))?;
    let weak = Op::KeepAtLeast((WEAK_SHARE * melanin.threshold) as f32);
    let above = pointwise(engine, weak, &melanin.contrast, &inside)?;
    let contrast = pointwise(engine, Op::Multiply, &melanin.contrast, &inside)?;
    let planes = [&contrast, &inside, &above];
    let sums = label_sums(engine, &objects.labels, objects.count, &planes, RANGE_OD)?;
    drop(contrast);
    let mut out = Revisited::default();
    let mut there = Vec::new();
    let extents = extents(frame, &melanin, objects, mask)?;
    for (sums, extent) in sums.iter().skip(1).zip(extents) {
        let [contrast, outline, area] = [0, 1, 2].map(|k| sums.sums[k]);
        out.pixels.push(outline);
        there.push(frame.mm2(area) >= AREA_MM2.0);
        out.lesions.push(match outline > 0.0 {
            true => spot_values(frame, extent, contrast / outline),
            false => LesionValues::new(),
        });
    }
    let counted = vec![true; there.len()];
    let area = frame.block_means(&above, mask, Link::Mean { factor: 100.0 }, 1.0)?;
    let (delta_e, pixels) = delta_e_of_each(frame, objects)?;
    let (slopes, border) = border_of_each(frame, &melanin.smooth, objects, &inside)?;
    let mean = |values, weights| OfObjects::Values { statistic: Statistic::WeightedMean, values, weights };
    out.metrics = vec![
        ("area_percent", OfObjects::Whole(Reading::of_blocks(area))),
        ("count_per_cm2", OfObjects::Count { there, counted, per: frame.area_cm2() }),
        ("spot_delta_e", mean(delta_e, pixels)),
        ("border_sharpness", mean(slopes, border)),
    ];
    let contrast = sampling::quantile(frame, &melanin.contrast, &inside, 0.95)?;
    out.metrics.push((
        "contrast_p95",
        OfObjects::Whole(
            contrast
                .unwrap_or_else(|| Reading::missing(Reason::new("no_spots", "no pigmented spot was found"))),
        ),
    ));
    Ok(out)
}

fn entropy(frame: &Frame<'_>, smooth: &Plane) -> Result<Reading, EngineError> {
    let (low, high, bins) = ENTROPY_OD;
    let counts = histogram(frame.engine, smooth, &frame.mask, low, high, bins)?;
    let total: u64 = counts.iter().sum();
    let bits: f64 =
        counts.iter().filter(|&&n| n > 0).map(|&n| n as f64 / total as f64).map(|p| -p * p.log2()).sum();
    Ok(Reading::of(bits))
}

fn spot_delta_e(frame: &Frame<'_>, spots: &Objects) -> Result<Reading, EngineError> {
    let (values, pixels) = delta_e_of_each(frame, spots)?;
    let with_ring = |(value, pixels): (&f64, &f64)| value.is_finite().then_some((*value, *pixels));
    let read: Vec<(f64, f64)> = values.iter().zip(&pixels).filter_map(with_ring).collect();
    Ok(match Statistic::WeightedMean.of(&read) {
        Some(mean) => Reading::of(mean),
        None => Reading::missing(Reason::new("no_ring", "no spot has plain skin around it")),
    })
}

/// CIEDE2000 between each spot and the skin around, not finite where a spot has none, and the pixels of each.
fn delta_e_of_each(frame: &Frame<'_>, spots: &Objects) -> Result<(Vec<f64>, Vec<f64>), EngineError> {
    let engine = frame.engine;
    let nearest::Nearest { labels, distance } =
        nearest::nearest(engine, &spots.labels, frame.px(RING_MM.1) as f32)?;
    let ring = pointwise(engine, Op::KeepAtLeast(frame.px(RING_MM.0) as f32), &distance, &frame.mask)?;
    let inside = pointwise(engine, Op::KeepBelow(0.5), &distance, &frame.mask)?;
    drop(distance);
    let [r, g, b] = &frame.rgb;
    let lab = lab_from_linear_rgb(engine, r, g, b)?;

    let sums = |plane: &Plane| label_sums(engine, &labels, spots.count, &[plane], 128.0);
    let colors = |within: &Plane| -> Result<Vec<Option<[f64; 3]>>, EngineError> {
        let sums_of = |channel: &Plane| sums(&pointwise(engine, Op::Multiply, channel, within)?);
        let channels = [sums_of(&lab[0])?, sums_of(&lab[1])?, sums_of(&lab[2])?];
        let mean = |(i, pixels): (usize, &LabelSums)| {
            let pixels = pixels.sums[0];
            (pixels > 0.0).then(|| channels.each_ref().map(|channel| channel[i].sums[0] / pixels))
        };
        Ok(sums(within)?.iter().enumerate().skip(1).map(mean).collect())
    };
    let (spot, around) = (colors(&inside)?, colors(&ring)?);
    let areas = label_geometry(engine, &spots.labels, spots.count)?;
    let delta_e = |(spot, around): (&Option<[f64; 3]>, &Option<[f64; 3]>)| {
        spot.zip(*around).map_or(f64::NAN, |(spot, around)| delta_e_2000(spot, around))
    };
    let values = spot.iter().zip(&around).map(delta_e).collect();
    Ok((values, areas.iter().skip(1).map(|shape| shape.pixels as f64).collect()))
}

fn border_sharpness(frame: &Frame<'_>, smooth: &Plane, inside: &Plane) -> Result<Reading, EngineError> {
    let border = border(frame, inside)?;
    let slope = gradient_magnitude(frame.engine, smooth)?;
    Ok(Reading::of(moments(frame.engine, &slope, &border, 0.0)?.mean() * frame.scale.px_per_mm))
}

/// The band along outlines, away from where the skin itself ends: there the plane ends too, which is no border of a spot.
fn border(frame: &Frame<'_>, inside: &Plane) -> Result<Plane, EngineError> {
    let engine = frame.engine;
    let reach = frame.px(BORDER_MM).max(1.0) as f32;
    let within = morphology::erode(engine, &frame.mask, 1.5)?;
    let outer = morphology::dilate(engine, inside, reach)?;
    let inner = morphology::erode(engine, inside, reach)?;
    pointwise(engine, Op::Multiply, &pointwise(engine, Op::Without, &inner, &outer)?, &within)
}

/// Mean |∇m̃| along the outline of each spot in OD/mm, not finite where nothing of it is valid, and its pixels.
fn border_of_each(
    frame: &Frame<'_>,
    smooth: &Plane,
    spots: &Objects,
    inside: &Plane,
) -> Result<(Vec<f64>, Vec<f64>), EngineError> {
    let engine = frame.engine;
    let border = border(frame, inside)?;
    let reach = frame.px(BORDER_MM).max(1.0) as f32;
    let labels = nearest::nearest(engine, &spots.labels, reach)?.labels;
    let slope = gradient_magnitude(engine, smooth)?;
    let slope = pointwise(engine, Op::Multiply, &slope, &border)?;
    let sums = label_sums(engine, &labels, spots.count, &[&slope, &border], 1.0)?;
    let mean = |sums: &LabelSums| match sums.sums[1] {
        pixels if pixels > 0.0 => sums.sums[0] / pixels * frame.scale.px_per_mm,
        _ => f64::NAN,
    };
    Ok((sums.iter().skip(1).map(mean).collect(), sums.iter().skip(1).map(|s| s.sums[1]).collect()))
}

fn dispersion(frame: &Frame<'_>, spots: &[Lesion]) -> Result<Reading, EngineError> {
    let side = frame.px(QUADRAT_MM).round().max(1.0) as u32;
    let columns = frame.size().width.div_ceil(side);
    let (labels, count) = block_labels(frame.engine, side, &frame.mask)?;
    let filled = label_geometry(frame.engine, &labels, count)?;
    let full = f64::from(side * side);
    let mut counts = vec![0u32; count as usize];
    for spot in spots {
        let (x, y) = (spot.center.0 as u32 / side, spot.center.1 as u32 / side);
        counts[(y * columns + x) as usize] += 1;
    }
    let counts: Vec<f64> = counts
        .iter()
        .zip(filled.iter().skip(1))
        .filter(|(_, square)| square.pixels as f64 >= QUADRAT_SHARE * full)
        .map(|(&n, _)| f64::from(n))
        .collect();
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    if counts.len() < 2 || mean == 0.0 {
        return Ok(Reading::missing(Reason::new(
            "no_spots",
            "too few spots, or too little skin, to see how spots are spread",
        )));
    }
    let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Ok(Reading::of(variance / mean))
}

#[cfg(test)]
mod tests {
    use super::super::testing::skin;
    use super::*;
    use crate::geometry::Size;

    /// Optical density in red, green and blue of one OD of melanin.
    const MELANIN: [f32; 3] = [0.339, 0.500, 0.797];

    /// A dark spot of 4 mm whose contrast falls from its middle, so many times as strong.
    fn spotted(times: f32) -> Frame<'static> {
        skin(Size::new(160, 160), 8.0, |x, y| {
            let [dx, dy] = [x, y].map(|k| (k as f32 - 79.5) / 8.0);
            let contrast = times * (1.0 - 0.25 * (dx * dx + dy * dy)).max(0.0);
            MELANIN.map(|channel| channel * contrast)
        })
    }

    #[test]
    fn leverage_is_what_stronger_contrast_does_beyond_its_own_share() {
        for (threshold, at_least) in [(0.2, 0.2), (0.6, 2.0), (0.8, 6.0)] {
            let mut fixed = Thresholds::default();
            fixed.fix(None, "threshold", || Ok::<_, EngineError>(threshold)).unwrap();
            let burden = |times: f32| read(&spotted(times), Some(&fixed)).unwrap().metrics.swap_remove(0);
            let value = |times: f32| burden(times).number().unwrap();
            let by_trial = (value(1.01) / value(0.99)).ln() / (1.01f64 / 0.99).ln() - 1.0;
            let told = burden(1.0).leverage;
            assert!((told / by_trial - 1.0).abs() < 0.05, "{threshold}: {told} against {by_trial}");
            assert!(told > at_least, "{threshold}: {told}");
        }
    }

    #[test]
    fn leverage_of_the_area_is_what_stronger_contrast_adds_to_it() {
        // The area is 1 − t in parts of its foot: its leverage is t ÷ (1 − t), t being 0.6 T.
        for threshold in [0.2, 0.6, 0.8] {
            let mut fixed = Thresholds::default();
            fixed.fix(None, "threshold", || Ok::<_, EngineError>(threshold)).unwrap();
            let area = read(&spotted(1.0), Some(&fixed)).unwrap().metrics.swap_remove(1);
            let weak = WEAK_SHARE * threshold;
            assert_eq!(area.threshold, Some(weak));
            let (found, truth) = (area.leverage, weak / (1.0 - weak));
            assert!((found - truth).abs() < 0.1 * (1.0 + truth), "{threshold}: {found} against {truth}");
        }
    }

    #[test]
    fn spots_that_shrink_to_half_their_area_read_so() {
        let both = [1.0, 0.5f32.sqrt()].map(soft_spots);
        let first = read(&both[0], None).unwrap();
        let objects = first.objects.unwrap();
        let areas = both.map(|frame| revisit(&frame, &objects, &first.thresholds).unwrap().lesions);
        assert_eq!(areas[0].len(), SOFT_MM.len());
        for (before, after) in areas[0].iter().zip(&areas[1]) {
            let (before, after) = (before["area_mm2"], after["area_mm2"]);
            assert!((after / before / 0.5 - 1.0).abs() < 0.1, "{after} of {before} mm²");
            let truth = SOFT_MM.map(|radius| std::f32::consts::PI * radius * radius);
            let nearest = truth.iter().map(|&truth| (before / f64::from(truth) - 1.0).abs());
            assert!(nearest.fold(f64::INFINITY, f64::min) < 0.12, "{before} mm² of {truth:?}");
        }
    }

    #[test]
    fn what_falls_below_the_limit_is_not_its_own_background() {
        let both = [0.03, 0.02].map(|halo| {
            skin(Size::new(240, 240), 8.0, |x, y| {
                let r = (x as f32 - 119.5).hypot(y as f32 - 119.5) / 8.0;
                let contrast = if r < 1.0 { 0.4 } else { 0.0 } + if r < 4.0 { halo } else { 0.0 };
                MELANIN.map(|channel| channel * contrast)
            })
        });
        // 0.6 T lies between the two halos.
        let first = read(&both[0], None).unwrap();
        assert_eq!(first.thresholds.get("threshold"), Some(LEAST_OD));
        let objects = first.objects.unwrap();
        let contrast = both.map(|frame| {
            let spots = revisit(&frame, &objects, &first.thresholds).unwrap().lesions;
            assert_eq!(spots.len(), 1);
            spots[0]["contrast"]
        });
        let fall = contrast[0] - contrast[1];
        assert!((fall / 0.01 - 1.0).abs() < 0.1, "{contrast:?}");
    }

    /// Radii of spots with soft edges, in mm.
    const SOFT_MM: [f32; 3] = [1.0, 1.5, 2.5];

    /// Spots of these radii, so many times as wide, with edges 0.5 mm wide.
    fn soft_spots(times: f32) -> Frame<'static> {
        skin(Size::new(320, 160), 8.0, |x, y| {
            let [x, y] = [x, y].map(|k| (k as f32 + 0.5) / 8.0);
            let spot = |(k, radius): (usize, &f32)| {
                let r = (x - 8.0 - 12.0 * k as f32).hypot(y - 10.0);
                0.5 * ((times * radius + 0.25 - r) / 0.5).clamp(0.0, 1.0)
            };
            let contrast = SOFT_MM.iter().enumerate().map(spot).fold(0.0, f32::max);
            MELANIN.map(|channel| channel * contrast)
        })
    }
}
