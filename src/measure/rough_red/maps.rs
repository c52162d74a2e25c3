//! What makes skin rough, red and scaly, as maps.

use super::super::frame::Frame;
use super::super::reading::Thresholds;
use super::super::relief;
use crate::engine::{EngineError, Plane};
use crate::ops::gaussian::sigma_from_cutoff;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::{median, robust_sd};
use crate::ops::unmix::{green_density, unmix};

/// σ of the redness, in mm: half that of the roughness, so that an outline is as sharp as the smallest area.
const RED_MM: f64 = 0.5;
/// Cut-off wavelengths of fine roughness, and σ of its local RMS, in mm.
const FINE_MM: (f64, f64) = (0.2, 1.0);
const ROUGH_MM: f64 = 1.0;
/// Rough and red are what lies so many robust SD above the person's own skin, and red at least so much OD:
/// on very even skin two SD are less than the eye sees.
pub const LEAST_Z: f64 = 2.0;
const LEAST_RED_OD: f64 = 0.03;
/// A flake is so many robust SD brighter than its surroundings, and so many paler.
const BRIGHT_SD: f64 = 2.0;
const PALE_SD: f64 = 1.0;
/// How much denser blue is than red, which veiling white light lowers and shading leaves alone.
const CHROMA: [f32; 3] = [-1.0, 0.0, 1.0];

/// Maps of one photograph within a mask.
pub struct Maps {
    /// ĥ, smoothed.
    pub hemoglobin: Plane,
    /// Local RMS of fine roughness of green density: see `pores::scales` for why not of shading.
    pub roughness: Plane,
    /// Green density and chroma against their surroundings, and where they say something.
    green: relief::Band,
    chroma: relief::Band,
    /// Where all of it says something.
    pub mask: Plane,
}

/// The person's own skin: what rough and red are held against.
#[derive(Debug, Clone, Copy)]
pub struct OwnSkin {
    /// Center of ĥ on this photograph: what is above it is free of white balance and exposure.
    pub hemoglobin: f64,
    /// Spreads and limits of the baseline.
    pub hemoglobin_sd: f64,
    pub roughness: f64,
    pub roughness_sd: f64,
    flake: f64,
    pale: f64,
}

impl Maps {
    pub fn of(frame: &Frame<'_>, mask: &Plane) -> Result<Self, EngineError> {
        let engine = frame.engine;
        let (hemoglobin, red_known) = {
            let smooth = Masked::new(engine, mask, frame.px(RED_MM))?;
            (smooth.apply(engine, &frame.hemoglobin()?)?, smooth.support(engine)?)
        };
        let green = &green_density(engine, &frame.rgb)?;
        let (from, to) = (sigma_from_cutoff(FINE_MM.0), sigma_from_cutoff(FINE_MM.1));
        let (roughness, known) = {
            let band = relief::band_of(engine, green, mask, [from, to].map(|mm| frame.px(mm)))?;
            let square = relief::squared(frame, &band.plane)?;
            let local = Masked::new(engine, &band.mask, frame.px(ROUGH_MM))?;
            let known = pointwise(engine, Op::Multiply, &local.support(engine)?, &red_known)?;
            (pointwise(engine, Op::SqrtWithin, &local.apply(engine, &square)?, &known)?, known)
        };
        drop(red_known);
        let around = [relief::FINE_MM, relief::COARSE_MM].map(|mm| frame.px(mm));
        Ok(Self {
            hemoglobin,
            roughness,
            green: relief::band_of(engine, green, mask, around)?,
            chroma: relief::band_of(engine, &unmix(engine, &frame.rgb, CHROMA)?, mask, around)?,
            mask: known,
        })
    }

    /// Center and robust SD of a plane over the mask.
    fn spread(&self, frame: &Frame<'_>, plane: &Plane) -> Result<(f64, f64), EngineError> {
        let center = median(frame.engine, plane, &self.mask)?.unwrap_or(0.0);
        let sd = robust_sd(frame.engine, plane, &self.mask, center)?.unwrap_or(0.0);
        Ok((center.into(), sd.into()))
    }

    /// Rough and red at once.
    pub fn rough_red(&self, frame: &Frame<'_>, own: &OwnSkin) -> Result<Plane, EngineError> {
        let engine = frame.engine;
        let red = own.hemoglobin + (LEAST_Z * own.hemoglobin_sd).max(LEAST_RED_OD);
        let red = pointwise(engine, Op::KeepAtLeast(red as f32), &self.hemoglobin, &self.mask)?;
        let rough = own.roughness + LEAST_Z * own.roughness_sd;
        pointwise(engine, Op::KeepAtLeast(rough as f32), &self.roughness, &red)
    }

    /// Bright flakes: brighter than around and paler, as light is that never entered the skin.
    pub fn flakes(&self, frame: &Frame<'_>, own: &OwnSkin) -> Result<Plane, EngineError> {
        let engine = frame.engine;
        let bright =
            pointwise(engine, Op::KeepBelow(-own.flake as f32), &self.green.plane, &self.green.mask)?;
        pointwise(engine, Op::KeepBelow(-own.pale as f32), &self.chroma.plane, &bright)
    }
}

impl OwnSkin {
    /// From the reference region, or from the center and the spread of the region itself. What is not fixed
    /// at baseline is only the center of ĥ.
    pub fn of(
        frame: &Frame<'_>,
        region: &Maps,
        thresholds: &mut Thresholds,
        baseline: Option<&Thresholds>,
    ) -> Result<Self, EngineError> {
        let beside = frame.reference.as_ref().map(|reference| Maps::of(frame, reference)).transpose()?;
        let maps = beside.as_ref().unwrap_or(region);
        let (hemoglobin, hemoglobin_sd) = maps.spread(frame, &maps.hemoglobin)?;
        let (roughness, roughness_sd) = maps.spread(frame, &maps.roughness)?;
        let mut fix = |name, value| thresholds.fix(baseline, name, || Ok::<_, EngineError>(value));
        Ok(Self {
            hemoglobin,
            hemoglobin_sd: fix("hemoglobin_sd", hemoglobin_sd)?,
            roughness: fix("roughness", roughness)?,
            roughness_sd: fix("roughness_sd", roughness_sd)?,
            flake: fix("flake", BRIGHT_SD * maps.spread(frame, &maps.green.plane)?.1)?,
            pale: fix("pale", PALE_SD * maps.spread(frame, &maps.chroma.plane)?.1)?,
        })
    }
}
