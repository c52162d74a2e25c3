//! Depressed scars on true height: where they are, and the shape of each below the skin around it.

use super::form::Form;
use super::shape::Shape;
use crate::engine::{EngineError, Plane};
use crate::geometry::Size;
use crate::measure::{Frame, Thresholds};
use crate::ops::components::{self, Objects};
use crate::ops::label_sums::label_geometry;
use crate::ops::masked::Masked;
use crate::ops::nearest;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::{median, robust_sd};
use crate::raster::Raster;

/// σ of the skin that hollows are found below, in mm: wider than the widest scar.
const AROUND_MM: f64 = 3.0;
/// Hollows are left out of it on the second look; where less skin is left than this, the first stands.
const LEAST_AROUND: f32 = 0.1;
/// Robust standard deviations of depth: a scar holds one pixel of the second and is made of pixels of the first.
const WEAK_SD: f64 = 2.0;
const STRONG_SD: f64 = 4.0;
/// The same on skin without relief of its own, in µm.
const LEAST_WEAK_UM: f64 = 20.0;
const LEAST_STRONG_UM: f64 = 50.0;
/// Smallest scar, in mm².
const LEAST_MM2: f64 = 0.3;
/// The skin around a scar that its plane is fitted to: from so far to so far outside the outline, in mm.
const RING_MM: (f64, f64) = (0.3, 1.5);
/// Least pixels of it.
const LEAST_RING: usize = 30;

/// Scars on `surface` (µm) within `mask`. Limits come from the baseline where there is one.
pub(super) fn find(
    frame: &Frame<'_>,
    surface: &Plane,
    mask: &Plane,
    thresholds: &mut Thresholds,
    baseline: Option<&Thresholds>,
) -> Result<Objects, EngineError> {
    let engine = frame.engine;
    let sigma = frame.px(AROUND_MM);
    let around = Masked::new(engine, mask, sigma)?.apply(engine, surface)?;
    let depth = pointwise(engine, Op::Subtract, &around, surface)?;
    // Hollows drag the skin that they are found below down with them: once more without.
    let (center, sd) = spread(frame, &depth, mask)?;
    let deep = pointwise(engine, Op::KeepAtLeast((center + WEAK_SD * sd) as f32), &depth, mask)?;
    let rest = pointwise(engine, Op::Without, &deep, mask)?;
    let around = Masked::new(engine, &rest, sigma)?.apply_or(engine, surface, &around, LEAST_AROUND)?;
    let depth = pointwise(engine, Op::Subtract, &around, surface)?;

    let mut limit = |name: &'static str, sds: f64, least_um: f64| {
        thresholds.fix(baseline, name, || {
            let (center, sd) = spread(frame, &depth, mask)?;
            Ok::<_, EngineError>(center + (sds * sd).max(least_um))
        })
    };
    let weak = limit("hollow_weak_um", WEAK_SD, LEAST_WEAK_UM)?;
    let strong = limit("hollow_strong_um", STRONG_SD, LEAST_STRONG_UM)?;
    let weak = pointwise(engine, Op::KeepAtLeast(weak as f32), &depth, mask)?;
    let strong = pointwise(engine, Op::KeepAtLeast(strong as f32), &depth, mask)?;
    let found = components::fill_holes(engine, &components::hysteresis(engine, &strong, &weak)?)?;
    let objects = components::label(engine, &pointwise(engine, Op::Multiply, &found, mask)?)?;
    let geometry = label_geometry(engine, &objects.labels, objects.count)?;
    let keep: Vec<bool> =
        geometry.iter().skip(1).map(|shape| frame.mm2(shape.pixels as f64) >= LEAST_MM2).collect();
    components::select(engine, &objects.labels, &keep)
}

fn spread(frame: &Frame<'_>, depth: &Plane, mask: &Plane) -> Result<(f64, f64), EngineError> {
    let center = median(frame.engine, depth, mask)?.unwrap_or(0.0);
    let sd = robust_sd(frame.engine, depth, mask, center)?.unwrap_or(0.0);
    Ok((f64::from(center), f64::from(sd)))
}

/// The shape of each object on `surface` (µm) below the plane of the skin around it, in the order of labels.
/// `None` where too little skin around is known, or nothing of the object is.
pub(super) fn shapes(
    frame: &Frame<'_>,
    surface: &Plane,
    mask: &Plane,
    objects: &Objects,
) -> Result<Vec<Option<Shape>>, EngineError> {
    let engine = frame.engine;
    let ring = [RING_MM.0, RING_MM.1].map(|mm| frame.px(mm) as f32);
    let near = nearest::nearest(engine, &objects.labels, ring[1])?;
    let geometry = label_geometry(engine, &objects.labels, objects.count)?;
    let view = View {
        surface: engine.download_raster(surface)?,
        mask: engine.download_raster(mask)?,
        labels: engine.download_raster(&objects.labels)?,
        near: engine.download_raster(&near.labels)?,
        distance: engine.download_raster(&near.distance)?,
        ring,
        pixel_mm2: frame.mm2(1.0),
    };
    let shapes = geometry.iter().enumerate().skip(1).map(|(label, shape)| {
        (shape.pixels > 0).then(|| view.shape(label as u32, shape.first, shape.end)).flatten()
    });
    Ok(shapes.collect())
}

/// The planes in host memory: shapes are few and small.
struct View {
    surface: Raster,
    mask: Raster,
    labels: Raster<u32>,
    /// The nearest object of every pixel, and how far it is.
    near: Raster<u32>,
    distance: Raster,
    ring: [f32; 2],
    pixel_mm2: f64,
}

impl View {
    /// The shape of an object within the box of these corners.
    fn shape(&self, label: u32, first: [u32; 2], end: [u32; 2]) -> Option<Shape> {
        let size = self.surface.size();
        let reach = self.ring[1].ceil() as u32;
        let left = first[0].saturating_sub(reach);
        let top = first[1].saturating_sub(reach);
        let right = (end[0] + reach).min(size.width);
        let bottom = (end[1] + reach).min(size.height);
        let window = Size::new(right - left, bottom - top);
        let heights = Raster::from_fn(window, |x, y| self.surface.at(left + x, top + y));
        let place = |i: usize| (left + i as u32 % window.width, top + i as u32 / window.width);
        let around = |i: usize| {
            let (x, y) = place(i);
            let apart = self.distance.at(x, y);
            self.mask.at(x, y) > 0.5
                && self.near.at(x, y) == label
                && (self.ring[0]..=self.ring[1]).contains(&apart)
        };
        if (0..window.area()).filter(|&i| around(i)).count() < LEAST_RING {
            return None;
        }
        let plane = Form::plane(&heights, around)?;
        let inside = |i: &usize| {
            let (x, y) = place(*i);
            self.mask.at(x, y) > 0.5 && self.labels.at(x, y) == label
        };
        let depth = |i: usize| {
            let (x, y) = (i as u32 % window.width, i as u32 / window.width);
            plane.at(x, y) - f64::from(heights.at(x, y))
        };
        Shape::of((0..window.area()).filter(inside).map(depth).collect(), self.pixel_mm2)
    }
}
