//! The surface of the skin, in µm, where its true height is known: a height map or photometric stereo beside
//! the photograph. Areal parameters of ISO 25178-2, and depressed scars one by one.
//!
//! What is measured is the scale-limited surface: the form is taken away (F-operator, a polynomial of second
//! order), then what is finer than 0.1 mm (S-filter) and coarser than 2.5 mm (L-filter), by the Gaussian
//! filters of ISO 16610-61 within the mask. Scars are wider than the L-filter lets pass: they are measured
//! without it.
//!
//! Heights of a map are as true as the map. Those of lamps go with the scale of the photograph, whose error is
//! the same on both visits and cancels in per cent.
//!
//! A photograph's own shading never enters, so light, color and focus of the photographs cannot move what
//! is read here; what makes the heights can, and both visits should be taken by one device.

mod form;
mod hollows;
mod shape;
mod spacing;
mod statistics;

pub use form::Form;
pub use shape::{JacobType, Shape};
pub use spacing::{Decay, decay};
pub use statistics::{Amplitude, Area, Hybrid};

use super::abbott::Core;
use super::definition::{Better, MeasureDef, MetricDef, Needs};
use super::frame::{Frame, Height};
use super::reading::{LayerKind, Link, Reading, Readings, Thresholds};
use crate::engine::{EngineError, Plane};
use crate::ops::components::{Objects, mask_of};
use crate::ops::gaussian::sigma_from_cutoff;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::sums::moments;
use crate::raster::Raster;
use crate::reason::Reason;

/// Nesting indices of the S- and the L-filter, in mm.
pub const S_FILTER_MM: f64 = 0.1;
/// See [`S_FILTER_MM`].
pub const L_FILTER_MM: f64 = 2.5;
/// Sides of the definition area, in nesting indices of the L-filter.
const LEAST_SIDES: f64 = 5.0;
/// Coarsest heights that show the relief of skin, in pixels per millimeter.
const LEAST_PX_PER_MM: f64 = 8.0;
/// Grids that hold waves as fine as the S-filter passes.
const FINE_PX_PER_MM: f64 = 2.0 / S_FILTER_MM;
/// Longest lag of the autocorrelation, in mm: the L-filter leaves no longer waves.
const LONGEST_LAG_MM: f64 = 2.0 * L_FILTER_MM;

/// The surface.
pub const DEFINITION: MeasureDef = MeasureDef {
    name: "surface",
    label: "Surface height",
    // Heights have a resolution of their own, and their lack is told before it.
    min_px_per_mm: 0.0,
    needs: Needs::NOTHING,
    metrics: &[
        MetricDef::new(
            "sa_um",
            "Arithmetical mean height Sa",
            "µm",
            Better::Lower,
            "Sa = mean of |z| over the region, z the height of the scale-limited surface (F: polynomial of second \
             order; S 0.1 mm, L 2.5 mm) about its mean. ISO 25178-2. Robust: 10 % of noise moves it by half a per cent.",
        )
        .in_mm(0),
        MetricDef::new(
            "sq_um",
            "Root mean square height Sq",
            "µm",
            Better::Lower,
            "Sq = √mean(z²), otherwise as sa_um. ISO 25178-2. Scars within the region count.",
        )
        .in_mm(0),
        MetricDef::new(
            "sz_um",
            "Maximum height Sz",
            "µm",
            Better::Lower,
            "Sz = highest peak + deepest pit of the region, otherwise as sa_um. ISO 25178-2. Two pixels decide: \
             one hair or one spike of the device moves it.",
        )
        .in_mm(0),
        MetricDef::new(
            "ssk",
            "Skewness Ssk",
            "",
            Better::Neither,
            "Ssk = ⟨z³⟩ / Sq³: below zero where pits and furrows prevail. ISO 25178-2.",
        )
        .raw()
        .in_mm(0),
        MetricDef::new(
            "sku",
            "Kurtosis Sku",
            "",
            Better::Neither,
            "Sku = ⟨z⁴⟩ / Sq⁴: 3 for heights of a normal distribution, more with few deep pits. ISO 25178-2.",
        )
        .in_mm(0),
        MetricDef::new(
            "sdq",
            "Root mean square gradient Sdq",
            "",
            Better::Lower,
            "Sdq = √(mean((Δz/Δx)²) + mean((Δz/Δy)²)), differences of neighboring pixels that are both in the \
             region. ISO 25178-2. Falls with the resolution of the heights: one device, one distance.",
        )
        .in_mm(-1),
        MetricDef::new(
            "sdr_percent",
            "Developed interfacial area ratio Sdr",
            "%",
            Better::Lower,
            "Sdr = area of the surface over that of its projection, less one: triangles over squares of four \
             pixels, the mean of both diagonals (ISO 25178-2; Blateyron 2013, doi:10.1007/978-3-642-36458-7_2). \
             Falls with the resolution of the heights.",
        )
        .in_mm(-2),
        MetricDef::new(
            "sal_mm",
            "Autocorrelation length Sal",
            "mm",
            Better::Neither,
            "Sal = distance at which the autocorrelation of z falls to 0.2 along the direction in which it falls \
             fastest, unbiased within the region. ISO 25178-2.",
        )
        .in_mm(1),
        MetricDef::new(
            "str",
            "Texture aspect ratio Str",
            "",
            Better::Neither,
            "Str = Sal over the same distance along the slowest direction: 1 looks alike all around, towards 0 lines \
             run one way. ISO 25178-2. Missing where it does not fall within 5 mm along some direction.",
        )
        .in_mm(0),
        MetricDef::new(
            "sk_um",
            "Core roughness depth Sk",
            "µm",
            Better::Lower,
            "Sk = height of the core of the material-ratio curve: the least-squares line through the 40 % of it \
             that is least steep. ISO 25178-2, ISO 13565-2.",
        )
        .in_mm(0),
        MetricDef::new(
            "spk_um",
            "Reduced peak height Spk",
            "µm",
            Better::Lower,
            "Spk = height of the triangle that has the area of the peaks above that core. ISO 25178-2.",
        )
        .in_mm(0),
        MetricDef::new(
            "svk_um",
            "Reduced dale height Svk",
            "µm",
            Better::Lower,
            "Svk = height of the triangle that has the area of the valleys below that core. ISO 25178-2.",
        )
        .in_mm(0),
        MetricDef::new(
            "scar_depth_mean_um",
            "Scar depth (from heights), mean",
            "µm",
            Better::Lower,
            "Mean over depressed scars of the depth that 98 % of a scar do not exceed, below a plane fitted to the skin \
             0.3–1.5 mm around it, without the L-filter. Scars are hollows below the skin around (σ 3 mm) by 2 robust \
             SD and 20 µm that hold 4 robust SD and 50 µm, from 0.3 mm² on; later visits are read in the outlines of \
             the first. Own definition.",
        )
        .in_mm(0),
        MetricDef::new(
            "scar_depth_p95_um",
            "Scar depth (from heights), 95th percentile",
            "µm",
            Better::Lower,
            "95th percentile over the same scars of the same depth.",
        )
        .in_mm(0),
        MetricDef::new(
            "scar_volume_mm3_per_cm2",
            "Scar volume (from heights) per cm²",
            "mm³/cm²",
            Better::Lower,
            "Hollows of the same scars below the same planes, together, by the area of the region whose height is \
             known.",
        )
        .in_mm(0),
    ],
    read,
    revisit: None,
};

fn read(frame: &Frame<'_>, baseline: Option<&Thresholds>) -> Result<Readings, EngineError> {
    let known = match Known::of(frame)? {
        Ok(known) => known,
        Err(reason) => return Ok(missing(reason)),
    };
    let mut out = Readings::default();
    let limited = known.scale_limited(frame)?;
    let area = moments(frame.engine, &limited.mask, &limited.mask, 0.0)?.count as f64;
    let (side, needed) = (frame.mm2(area).sqrt(), LEAST_SIDES * L_FILTER_MM);
    if side < needed {
        let message = "the area of known height is too small, as the side of a square in mm";
        return Ok(missing(Reason::limit("area_too_small", message, side, needed)));
    }

    out.metrics = areal(frame, &limited)?;
    let found = match &frame.hollows {
        Some(_) => None,
        None => Some(hollows::find(frame, &known.surface, &known.mask, &mut out.thresholds, baseline)?),
    };
    // In the outlines of the first visit, or in those just found.
    if let Some(objects) = frame.hollows.as_ref().or(found.as_ref()) {
        out.metrics.extend(Scars::read(frame, &known, objects)?.metrics());
        // Layers of all visits in one order.
        out.layers.extend(frame.layer("surface_height", LayerKind::Map, "um", &limited.surface)?);
        let outline = mask_of(frame.engine, &objects.labels)?;
        out.layers.extend(frame.layer("height_scars", LayerKind::Outline, "", &outline)?);
    }
    out.objects = found;
    out.notes.push(
        "no capture noise of heights is known beforehand: a verdict needs further captures of each visit, with \
         heights of their own"
            .to_owned(),
    );
    let finest = known.px_per_mm.min(frame.scale.px_per_mm);
    if finest < FINE_PX_PER_MM {
        out.notes.push(format!(
            "the heights have {finest:.1} pixels per millimetre: nothing finer than {:.2} mm is in them, whatever \
             the S-filter lets pass, and sdq and sdr_percent are lower for it",
            2.0 / finest,
        ));
    }
    Ok(out)
}

/// Every metric missing for one reason.
fn missing(reason: Reason) -> Readings {
    Readings { metrics: vec![Reading::missing(reason); DEFINITION.metrics.len()], ..Readings::default() }
}

/// Heights without form, smoothed by the S-filter, and where they are known.
struct Known {
    surface: Plane,
    mask: Plane,
    /// Pixels per millimetre of what the heights came from.
    px_per_mm: f64,
}

/// A scale-limited surface.
struct Limited {
    surface: Plane,
    mask: Plane,
}

impl Known {
    /// What is known of the heights of a frame, or why nothing can be read on them.
    fn of(frame: &Frame<'_>) -> Result<Result<Self, Reason>, EngineError> {
        let Some(height) = &frame.height else {
            let message = "no true height is given: neither a height map nor photographs under known lamps";
            return Ok(Err(Reason::new("no_height_map", message)));
        };
        if !frame.scale.known {
            let message = "the scale is not known";
            return Ok(Err(Reason::new("scale_unknown", message)));
        }
        let px_per_mm = height.px_per_mm.min(frame.scale.native_px_per_mm);
        if px_per_mm < 0.999 * LEAST_PX_PER_MM {
            let message = "the heights are too coarse, in pixels per millimetre";
            return Ok(Err(Reason::limit("resolution_too_low", message, px_per_mm, LEAST_PX_PER_MM)));
        }
        let Some((surface, mask)) = formless(frame, height)? else {
            return Ok(Err(Reason::new("no_height_here", "no height is known on this skin")));
        };
        let sigma = frame.px(sigma_from_cutoff(S_FILTER_MM));
        let surface = Masked::new(frame.engine, &mask, sigma)?.apply(frame.engine, &surface)?;
        Ok(Ok(Self { surface, mask, px_per_mm }))
    }

    /// Without what the L-filter takes away.
    fn scale_limited(&self, frame: &Frame<'_>) -> Result<Limited, EngineError> {
        let engine = frame.engine;
        let filter = Masked::new(engine, &self.mask, frame.px(sigma_from_cutoff(L_FILTER_MM)))?;
        let waves = filter.apply(engine, &self.surface)?;
        let mask = filter.support(engine)?;
        let surface = pointwise(engine, Op::Subtract, &self.surface, &waves)?;
        Ok(Limited { surface: pointwise(engine, Op::Multiply, &surface, &mask)?, mask })
    }
}

/// The heights of the region without their form, and where they are known. `None` where they have none.
fn formless(frame: &Frame<'_>, height: &Height) -> Result<Option<(Plane, Plane)>, EngineError> {
    let engine = frame.engine;
    let mask = pointwise(engine, Op::Multiply, &height.mask, &frame.mask)?;
    let inside = engine.download_raster(&mask)?;
    let heights = engine.download_raster(&height.um)?;
    let holds = |i: usize| inside.data()[i] > 0.5;
    let Some(form) = Form::second_order(&heights, holds) else { return Ok(None) };
    let surface = engine.upload_raster(&form.taken_from(&heights, holds))?;
    Ok(Some((surface, mask)))
}

/// Sa to Svk.
fn areal(frame: &Frame<'_>, limited: &Limited) -> Result<Vec<Reading>, EngineError> {
    let engine = frame.engine;
    let heights: Raster = engine.download_raster(&limited.surface)?;
    let mask = engine.download_raster(&limited.mask)?;
    let area = Area { heights: &heights, mask: &mask, pitch_um: 1000.0 / frame.scale.px_per_mm };
    let (Some(amplitude), Some(hybrid)) = (area.amplitude(), area.hybrid()) else {
        let flat = Reading::missing(Reason::new("flat", "the heights do not vary"));
        return Ok(vec![flat; AREAL]);
    };
    let Amplitude { mean, sa, sq, sz, ssk, sku, range } = amplitude;
    let decay = decay(&area, mean, frame.px(LONGEST_LAG_MM));
    let forgotten = |value: Option<f64>, message: &str| match value {
        Some(value) => Reading::of(value),
        None => Reading::missing(Reason::new("no_decay", message)),
    };
    let core = area.material(range);
    let of_core = |value: fn(Core) -> f64| match core {
        Some(core) => Reading::of(value(core)),
        None => Reading::missing(Reason::new(
            "no_core",
            "the curve of heights has no core that valleys and peaks could stand out from",
        )),
    };
    // Blocks make the interval of the means; the values are those of all pixels, in double precision.
    let reach = range[0].abs().max(range[1].abs());
    let squares = pointwise(engine, Op::Multiply, &limited.surface, &limited.surface)?;
    let squares =
        frame.block_means(&squares, &limited.mask, Link::RootMean { factor: 1.0 }, reach * reach)?;
    let sq = Reading { blocks: Some(squares), ..Reading::of(sq) };
    let nowhere = "the pattern of the surface does not fade within 5 mm";
    Ok(vec![
        Reading::of(sa),
        sq,
        Reading::of(sz),
        Reading::of(ssk),
        Reading::of(sku),
        Reading::of(hybrid.sdq),
        Reading::of(hybrid.sdr_percent),
        forgotten(decay.map(|d| d.shortest_px / frame.scale.px_per_mm), nowhere),
        forgotten(decay.and_then(|d| d.aspect_ratio()), nowhere),
        of_core(|core| core.depth),
        of_core(|core| core.peaks),
        of_core(|core| core.valleys),
    ])
}

/// Metrics before those of scars.
const AREAL: usize = 12;

/// Depressed scars of a surface.
struct Scars {
    shapes: Vec<Shape>,
    area_cm2: f64,
}

impl Scars {
    fn read(frame: &Frame<'_>, known: &Known, objects: &Objects) -> Result<Self, EngineError> {
        let shapes = hollows::shapes(frame, &known.surface, &known.mask, objects)?;
        let pixels = moments(frame.engine, &known.mask, &known.mask, 0.0)?.count;
        Ok(Self {
            shapes: shapes.into_iter().flatten().collect(),
            area_cm2: frame.mm2(pixels as f64) / 100.0,
        })
    }

    fn metrics(&self) -> [Reading; 3] {
        let mut depths: Vec<f64> = self.shapes.iter().map(|s| s.depth_um).collect();
        depths.sort_by(f64::total_cmp);
        let of_depths = |value: fn(&[f64]) -> f64| match depths.as_slice() {
            [] => Reading::missing(Reason::new("no_scars", "no scar was found on the heights")),
            some => Reading::of(value(some)),
        };
        let volume: f64 = self.shapes.iter().map(|s| s.volume_mm3).sum();
        [
            of_depths(|d| d.iter().sum::<f64>() / d.len() as f64),
            of_depths(|d| {
                // Linear between order statistics.
                let place = 0.95 * (d.len() - 1) as f64;
                let (below, above) = (d[place.floor() as usize], d[place.ceil() as usize]);
                below + place.fract() * (above - below)
            }),
            Reading::of(volume / self.area_cm2),
        ]
    }
}

/// The shape of each scar of `objects` (found on whatever: on shading, say) on the heights of its photograph,
/// in the order of labels; `None` for one whose height, or that of the skin around, is not known. No vector
/// where the photograph has no heights that can be read.
///
/// # Errors
/// What the engine reports.
pub fn scar_shapes(frame: &Frame<'_>, objects: &Objects) -> Result<Option<Vec<Option<Shape>>>, EngineError> {
    match Known::of(frame)? {
        Ok(known) => hollows::shapes(frame, &known.surface, &known.mask, objects).map(Some),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
