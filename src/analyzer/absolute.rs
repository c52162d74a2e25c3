//! True colors, by a chart or a card that every photograph of a set shows.

use super::beside::Beside;
use super::capture::Capture;
use crate::calibrate::card::{GrayGains, gray_gains};
use crate::calibrate::chart::Correction;
use crate::calibrate::target::ColorError;
use crate::engine::{Engine, EngineError};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::resample::Linear;
use crate::ops::root_polynomial::root_polynomial;
use crate::raster::Raster;

/// Corrected light at or below this is void.
const LEAST_LIGHT: f32 = 1e-6;

/// True colors of a set, by what every photograph of it shows.
#[derive(Debug)]
pub(super) enum Absolute {
    /// A chart on each.
    Chart(Vec<Correction>),
    /// The same card on each.
    Gray(Vec<GrayGains>),
}

impl Absolute {
    /// What the photographs `used` share, a chart rather than a card; `None` where one of them lacks it, or
    /// where it cannot tell how far off it leaves the change to the photograph in place `after`.
    pub fn of(captures: &[Capture<'_>], used: &[usize], after: Option<usize>) -> Option<Self> {
        let charts = || used.iter().map(|&i| captures[i].beside.correction).collect::<Option<Vec<_>>>();
        let grays = || used.iter().map(|&i| captures[i].beside.grays).collect::<Option<Vec<_>>>();
        let sure = |found: &Self| after.is_none_or(|after| found.change_error(after).is_some());
        let by_chart = || charts().map(Self::Chart).filter(sure);
        let by_card = || gray_gains(&grays()?).map(Self::Gray).filter(sure);
        by_chart().or_else(by_card)
    }

    /// How far `skin` lies from the middle of the patches, in pixels of the photograph that they lie on.
    pub fn distance_px(&self, beside: &Beside, skin: [f64; 2]) -> f64 {
        let from = |places: &[[f64; 2]]| {
            let off =
                |axis: usize| places.iter().map(|p| p[axis] - skin[axis]).sum::<f64>() / places.len() as f64;
            off(0).hypot(off(1))
        };
        match (self, &beside.chart, &beside.card) {
            (Self::Chart(_), Some(chart), _) => from(&chart.patch_places()),
            (Self::Gray(_), _, Some(card)) => from(&card.gray_places()),
            _ => 0.0,
        }
    }

    /// How far off a change of color from the first photograph to the one in place `after` may be, at the
    /// patches.
    pub fn change_error(&self, after: usize) -> Option<ColorError> {
        match self {
            // The residuals are of corrections that did not know the patch.
            Self::Chart(c) => ColorError::of_change(&c[0].residuals, &c.get(after)?.residuals, 0),
            Self::Gray(g) => {
                ColorError::of_change(&g[0].residuals, &g.get(after)?.residuals, GrayGains::FITTED)
            }
        }
    }

    /// Corrects the photograph in this place of the set, and tells how much brighter it became.
    pub fn apply(&self, engine: &Engine, place: usize, linear: &mut Linear) -> Result<f64, EngineError> {
        match self {
            Self::Gray(grays) => {
                let gains = grays[place].gains;
                for (plane, gain) in linear.rgb.iter_mut().zip(gains) {
                    *plane = pointwise(engine, Op::Scale(gain as f32), plane, plane)?;
                }
                Ok(gains[1])
            }
            Self::Chart(corrections) => {
                let correction = &corrections[place];
                let rows = correction.rows.map(|row| row.map(|v| v as f32));
                linear.rgb = root_polynomial(engine, &linear.rgb, &rows)?;
                let [r, g, b] = &linear.rgb;
                let least = pointwise(engine, Op::Min, r, &pointwise(engine, Op::Min, g, b)?)?;
                let ones = engine.upload_raster(&Raster::filled(least.size(), 1.0))?;
                let void = pointwise(engine, Op::KeepBelow(LEAST_LIGHT), &least, &ones)?;
                linear.clipped = pointwise(engine, Op::Max, &linear.clipped, &void)?;
                Ok(correction.apply([1.0; 3])[1].max(f64::MIN_POSITIVE))
            }
        }
    }

    /// The largest mean ΔE00 that remains on a chart.
    pub fn residual_delta_e(&self) -> Option<f64> {
        match self {
            Self::Chart(corrections) => corrections.iter().map(|c| c.mean_delta_e).reduce(f64::max),
            Self::Gray(_) => None,
        }
    }
}
