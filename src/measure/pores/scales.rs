//! Green density over the scales of pores.
//!
//! Not shading: on 8-bit photographs of real skin a dark dot of this size is 0.6 times as dark in red and
//! 1.1 times in blue as in green (medians over 19 close-ups): red light spreads farther in skin, gloss is
//! added to all channels alike, and JPEG keeps fine detail as brightness only. ŝ = 1.87 R − 0.20 G − 0.67 B
//! keeps 0.16 of such a dot, with 0.4 of green's texture around it: it is blind to pores.

use std::f64::consts::PI;

use super::super::frame::Frame;
use super::super::relief;
use crate::calibrate::noise::noise_sd;
use crate::engine::{EngineError, Plane};
use crate::ops::blobs::{sigma_of_disc, smoothing_for};
use crate::ops::gaussian::gaussian;
use crate::ops::hessian::principal_curvatures;
use crate::ops::masked::Masked;
use crate::ops::morphology::erode;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::unmix::green_density;
use crate::raster::Raster;

/// Diameter of the smallest pore (visible from 0.25 mm on: Flament 2015, not checked) and of the largest, in mm.
pub const DIAMETERS_MM: (f64, f64) = (0.25, 0.8);
/// Steps between them. One scale more on each side tells what is smaller or larger than a pore.
const STEPS: u32 = 6;
pub const SCALES: usize = STEPS as usize + 3;
/// Scales of the contrast: 0.30 to 0.54 mm.
pub const OF_CONTRAST: std::ops::RangeInclusive<usize> = 2..=5;
/// What lies nearer to hair, a highlight or a border is left out, in mm.
const RIM_MM: f64 = 0.3;

/// Green density without what is wider than relief, ready to be smoothed.
pub struct Fine {
    plane: Plane,
    /// Where pores are looked for.
    pub mask: Plane,
    /// SD that the photograph's noise gives curvature times σ² at the finest scale of the contrast, in OD: for
    /// white noise of SD n it is n·√(3/16π)/σ, and less at coarser scales.
    pub noise: f64,
}

/// How a diameter grows from scale to scale.
pub fn step() -> f64 {
    (DIAMETERS_MM.1 / DIAMETERS_MM.0).powf(1.0 / f64::from(STEPS))
}

/// Diameter of the disc that answers most to a scale, in mm.
pub fn diameter_mm(scale: usize) -> f64 {
    DIAMETERS_MM.0 * step().powi(scale as i32 - 1)
}

/// All but the outermost pixels: beyond the border nothing is known, and a line would seem to end there.
fn frame_inside(frame: &Frame<'_>) -> Raster {
    let size = frame.size();
    let inside = |i: u32, n: u32| i > 0 && i + 1 < n;
    Raster::from_fn(size, |x, y| f32::from(inside(x, size.width) && inside(y, size.height)))
}

impl Fine {
    /// The skin outside scars.
    pub fn of(frame: &Frame<'_>) -> Result<Self, EngineError> {
        let engine = frame.engine;
        let skin = frame.outside_scars()?;
        let density = green_density(engine, &frame.rgb)?;
        let filter = Masked::new(engine, &skin, frame.px(relief::COARSE_MM))?;
        // Zero where there is no skin: as dark as the skin around it.
        let plane = filter.beyond(engine, &density, &density)?;
        let known = filter.support(engine)?;
        let inner = pointwise(engine, Op::Multiply, &known, &engine.upload_raster(&frame_inside(frame))?)?;
        let sigma = smoothing_for(sigma_of_disc(frame.px(diameter_mm(*OF_CONTRAST.start()))));
        let noise = noise_sd(engine, &density, &skin)? * (3.0 / (16.0 * PI)).sqrt() / sigma;
        Ok(Self { plane, mask: erode(engine, &inner, frame.px(RIM_MM) as f32)?, noise })
    }

    /// The larger and the smaller principal curvature at every scale, from the finest on.
    pub fn each_scale(
        &self,
        frame: &Frame<'_>,
        mut visit: impl FnMut(usize, &Plane, &Plane) -> Result<(), EngineError>,
    ) -> Result<(), EngineError> {
        let mut smooth: Option<Plane> = None;
        let mut reached: f64 = 0.0;
        for scale in 0..SCALES {
            let sigma = smoothing_for(sigma_of_disc(frame.px(diameter_mm(scale))));
            // Gaussians add up: each scale is smoothed from the last.
            let more = (sigma * sigma - reached * reached).sqrt();
            let next = gaussian(frame.engine, smooth.as_ref().unwrap_or(&self.plane), more)?;
            let (larger, smaller) = principal_curvatures(frame.engine, &next)?;
            visit(scale, &larger, &smaller)?;
            (smooth, reached) = (Some(next), sigma);
        }
        Ok(())
    }
}
