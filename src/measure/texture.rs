//! Texture: ISO 25178 statistics of the relief bands, in optical density and under other names,
//! because a photograph holds no micrometres. Depressed scars are left out.

use super::abbott::valley_depth;
use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::Frame;
use super::range::Range;
use super::reading::{LayerKind, Link, Reading, Readings, Thresholds};
use super::relief::{self, Band};
use crate::calibrate::noise::noise_sd;
use crate::engine::{EngineError, Plane};
use crate::ops::autocorrelation::{Decay, decay};
use crate::ops::cooccurrence::{Features, features};
use crate::ops::gaussian::sigma_from_cutoff;
use crate::ops::histogram::histogram;
use crate::ops::quantile::{median, robust_sd};
use crate::ops::sums::moments;
use crate::ops::unmix::green_density;
use crate::reason::Reason;

/// Cut-off wavelengths of the three bands, in mm (ISO 16610-61).
const FINE_MM: (f64, f64) = (0.2, 0.8);
const MEDIUM_MM: (f64, f64) = (0.8, 2.0);
const COARSE_MM: (f64, f64) = (2.0, 8.0);
/// Gray levels of the co-occurrence matrix, over this many robust SD to each side.
const GLCM_LEVELS: usize = 32;
const GLCM_SD: f64 = 4.0;
/// Distance of the pixels of a pair, in mm.
const GLCM_MM: f64 = 0.4;
/// Heights of the material-ratio curve: bins over this many robust SD to each side.
const ABBOTT_BINS: usize = 2048;
const ABBOTT_SD: f64 = 10.0;
/// |b| beyond this is no relief.
const RANGE_OD: f32 = 4.0;
/// OD to mOD.
const MILLI: f64 = 1000.0;
/// Coarsest photograph that shows micro-relief, and the relief band, in pixels per millimetre.
const MICRO_PX_PER_MM: f64 = 15.0;
const RELIEF_PX_PER_MM: f64 = 8.0;

/// Texture.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "texture",
    label: "Texture",
    min_px_per_mm: 3.0,
    needs: Needs::LIGHT,
    metrics: &[
        MetricDef::new(
            "sq_fine",
            "Fine roughness (0.2–0.8 mm)",
            "mOD",
            Better::Lower,
            "1000·RMS of green density between Gaussian cut-offs of 0.2 and 0.8 mm (ISO 16610-61), outside scars. \
             The formula of Sq on density, not on height. Green, because red light spreads too far in skin to \
             show relief this fine, and ŝ rests on red; freckles and hairs of that size count. Focus, sharpening \
             and noise reduction move it first.",
        )
        .primary()
        .needs_focus()
        .version(2)
        .finer_than(MICRO_PX_PER_MM),
        MetricDef::new(
            "sq_medium",
            "Medium roughness (0.8–2 mm)",
            "mOD",
            Better::Lower,
            "1000·RMS of ŝ between cut-offs of 0.8 and 2 mm, outside scars.",
        )
        .finer_than(RELIEF_PX_PER_MM)
        .follows_contrast(),
        MetricDef::new(
            "sq_coarse",
            "Coarse roughness (2–8 mm)",
            "mOD",
            Better::Lower,
            "1000·RMS of ŝ between cut-offs of 2 and 8 mm, outside scars.",
        )
        .follows_contrast(),
        MetricDef::new(
            "skewness",
            "Skewness of texture",
            "",
            Better::Neither,
            "⟨z³⟩/Sq³ of z = −b, b = G(ŝ, 0.08 mm) − G(ŝ, 1.5 mm): negative where dark valleys rule. The formula \
             of Ssk (ISO 25178-2) on shading.",
        )
        .raw()
        .needs_focus()
        .version(2)
        .needs_noise()
        .finer_than(RELIEF_PX_PER_MM),
        MetricDef::new(
            "autocorrelation_mm",
            "Length scale of the texture pattern",
            "mm",
            Better::Neither,
            "Shortest distance at which the autocorrelation of b falls to 0.2: the formula of Sal (ISO 25178-2).",
        )
        .in_mm(1)
        .needs_noise()
        .finer_than(RELIEF_PX_PER_MM),
        MetricDef::new(
            "aspect_ratio",
            "Aspect ratio of the texture pattern",
            "",
            Better::Neither,
            "Shortest over longest of those distances: 1 without direction. The formula of Str (ISO 25178-2).",
        )
        .needs_noise()
        .finer_than(RELIEF_PX_PER_MM)
        .within(Range { low: 0.0, high: 1.0 }),
        MetricDef::new(
            "valley_depth",
            "Valley depth (proxy)",
            "mOD",
            Better::Lower,
            "1000 times the formula of Svk (ISO 25178-2) on z = −b: valleys below the core of the material-ratio \
             curve.",
        )
        .needs_focus()
        .version(2)
        .needs_noise()
        .finer_than(RELIEF_PX_PER_MM),
        MetricDef::new(
            "glcm_contrast",
            "Texture contrast (GLCM)",
            "",
            Better::Lower,
            "Contrast of the co-occurrence matrix of b (IBSI, 2D averaged): 32 levels over ±4 robust SD of the \
             baseline, distance 0.4 mm, four directions.",
        )
        .needs_focus()
        .version(2)
        .needs_noise()
        .finer_than(RELIEF_PX_PER_MM),
        MetricDef::new(
            "glcm_correlation",
            "Texture correlation (GLCM)",
            "",
            Better::Neither,
            "Correlation of the same matrix.",
        )
        .raw()
        .needs_focus()
        .version(2)
        .needs_noise()
        .finer_than(RELIEF_PX_PER_MM)
        .within(Range { low: -1.0, high: 1.0 }),
        MetricDef::new(
            "glcm_joint_entropy",
            "Texture entropy (GLCM)",
            "bit",
            Better::Lower,
            "Joint entropy (base 2) of the same matrix.",
        )
        .raw()
        .needs_focus()
        .version(2)
        .needs_noise()
        .finer_than(RELIEF_PX_PER_MM)
        .within(Range::POSITIVE),
    ],
    read,
    revisit: None,
};

fn read(frame: &Frame<'_>, baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let engine = frame.engine;
    let mut out = Readings::default();
    let mask = frame.outside_scars()?;
    let green = green_density(engine, &frame.rgb)?;
    out.metrics.extend(roughness(frame, &green, &mask, [FINE_MM])?);
    out.metrics.extend(roughness(frame, &frame.shading()?, &mask, [MEDIUM_MM, COARSE_MM])?);

    let band = relief::band(frame, &mask, relief::FINE_MM, relief::COARSE_MM)?;
    let spread = out.thresholds.fix(baseline, "relief_sd", || {
        let center = median(engine, &band.plane, &band.mask)?.unwrap_or(0.0);
        Ok::<_, EngineError>(f64::from(robust_sd(engine, &band.plane, &band.mask, center)?.unwrap_or(0.0)))
    })?;
    if spread > 0.0 {
        out.metrics.push(skewness(frame, &band)?);
        out.metrics.extend(decay_lengths(frame, &band)?);
        out.metrics.push(valleys(frame, &band, spread)?);
        out.metrics.extend(cooccurrence(frame, &band, spread)?);
    } else {
        let flat = Reading::missing(Reason::new("flat", "the region shows no relief at all"));
        out.metrics.resize(DEFINITION.metrics.len(), flat);
    }
    out.layers.extend(frame.layer("texture", LayerKind::Map, "OD", &band.plane)?);
    Ok(out)
}

/// RMS of `plane` between each pair of cut-offs, in mOD.
fn roughness<const N: usize>(
    frame: &Frame<'_>,
    plane: &Plane,
    mask: &Plane,
    bands_mm: [(f64, f64); N],
) -> Result<Vec<Reading>, EngineError> {
    let engine = frame.engine;
    let noise = MILLI * noise_sd(engine, plane, mask)?;
    let mut out = Vec::with_capacity(N);
    for (fine_mm, coarse_mm) in bands_mm {
        let sigmas = [fine_mm, coarse_mm].map(|cutoff| frame.px(sigma_from_cutoff(cutoff)));
        let band = relief::band_of(engine, plane, mask, sigmas)?;
        let square = relief::squared(frame, &band.plane)?;
        let blocks = frame.block_means(&square, &band.mask, Link::RootMean { factor: MILLI }, RANGE_OD)?;
        let of_noise = noise * relief::noise_through(sigmas);
        let reading = Reading::of_blocks(blocks);
        let noise_share = reading.number().map_or(0.0, |value| (of_noise / value).powi(2).min(1.0));
        out.push(Reading { noise_share, ..reading });
    }
    Ok(out)
}

fn skewness(frame: &Frame<'_>, band: &Band) -> Result<Reading, EngineError> {
    let mean = moments(frame.engine, &band.plane, &band.mask, 0.0)?.mean();
    let central = moments(frame.engine, &band.plane, &band.mask, mean as f32)?;
    // z = −b turns the sign.
    Ok(Reading::of(-central.skewness()))
}

fn decay_lengths(frame: &Frame<'_>, band: &Band) -> Result<[Reading; 2], EngineError> {
    let longest = frame.px(relief::LONGEST_LAG_MM) as f32;
    Ok(match decay(frame.engine, &band.plane, &band.mask, longest)? {
        Some(Decay { shortest_px, aspect_ratio }) => [
            Reading::of(f64::from(shortest_px) / frame.scale.px_per_mm),
            aspect_ratio.map_or_else(
                || {
                    Reading::missing(Reason::new(
                        "no_decay",
                        "the pattern of the texture does not fade along its lines",
                    ))
                },
                |ratio| Reading::of(ratio.into()),
            ),
        ],
        None => {
            let reason =
                Reason::new("no_decay", "the pattern of the texture does not fade within the region");
            [Reading::missing(reason.clone()), Reading::missing(reason)]
        }
    })
}

fn valleys(frame: &Frame<'_>, band: &Band, spread: f64) -> Result<Reading, EngineError> {
    let reach = ABBOTT_SD * spread;
    let mut counts =
        histogram(frame.engine, &band.plane, &band.mask, -reach as f32, reach as f32, ABBOTT_BINS)?;
    // Dark is deep: z = −b.
    counts.reverse();
    Ok(match valley_depth(&counts, 2.0 * reach / ABBOTT_BINS as f64) {
        Some(depth) => Reading::of(MILLI * depth),
        None => Reading::missing(Reason::new(
            "no_core",
            "the curve of heights has no core that valleys and peaks could stand out from",
        )),
    })
}

fn cooccurrence(frame: &Frame<'_>, band: &Band, spread: f64) -> Result<[Reading; 3], EngineError> {
    let reach = (GLCM_SD * spread) as f32;
    let distance = frame.px(GLCM_MM).round().max(1.0) as i32;
    let Features { contrast, correlation, joint_entropy } =
        features(frame.engine, &band.plane, &band.mask, (-reach, reach), GLCM_LEVELS, distance)?;
    Ok([contrast, correlation, joint_entropy].map(Reading::of))
}
