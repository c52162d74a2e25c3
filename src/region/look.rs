//! A small version of a photograph, as the search for skin sees it: optical densities of the
//! three channels, smoothed by a pixel, and what they say of color.

use crate::engine::{Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::ops::masked::Masked;
use crate::ops::resample::Linear;
use crate::ops::unmix::{DEFAULT_ANALYSIS, density};
use crate::raster::Raster;

/// Pixels the search works on, about.
const PIXELS: f64 = 300_000.0;
/// σ of the smoothing of colors, in pixels.
const SMOOTH_SIGMA: f64 = 1.0;
/// Colors mix at an edge, and what is mixed was not accepted: the edge of skin lies a little
/// outside of what was.
const EDGE: f32 = 0.4;

/// Densities of a small version.
#[derive(Debug)]
pub(super) struct Look {
    /// Pixels of the photograph given per pixel of this version, along an edge.
    factor: u32,
    /// Density of red.
    pub red: Raster,
    /// Density of green: shows both pigments, hair and relief best.
    pub green: Raster,
    /// Density of blue.
    pub blue: Raster,
    /// Density of green, not smoothed.
    pub sharp: Raster,
}

impl Look {
    pub fn of(engine: &Engine, linear: &Linear) -> Result<Self, EngineError> {
        let size = linear.clipped.size();
        let factor = (size.area() as f64 / PIXELS).sqrt().round().max(1.0) as u32;
        let of = |channel: &Plane| {
            density(engine, &engine.upload_raster(&engine.download_raster(channel)?.reduced(factor))?)
        };
        let [red, green, blue] = &linear.rgb;
        let (red, green, blue) = (of(red)?, of(green)?, of(blue)?);
        let all = engine.upload_raster(&Raster::filled(green.size(), 1.0))?;
        let filter = Masked::new(engine, &all, SMOOTH_SIGMA)?;
        let smooth = |plane: &Plane| engine.download_raster(&filter.apply(engine, plane)?);
        Ok(Self {
            factor,
            red: smooth(&red)?,
            green: smooth(&green)?,
            blue: smooth(&blue)?,
            sharp: engine.download_raster(&green)?,
        })
    }

    /// Pixels given per pixel of this version, along an edge.
    pub fn factor(&self) -> f64 {
        f64::from(self.factor)
    }

    pub fn size(&self) -> Size {
        self.green.size()
    }

    /// How much more green than red is absorbed: 0 on gray, positive on skin.
    pub fn green_red(&self) -> Raster {
        combined(&self.green, &self.red, |green, red| green - red)
    }

    /// How much more blue than red is absorbed.
    pub fn blue_red(&self) -> Raster {
        combined(&self.blue, &self.red, |blue, red| blue - red)
    }

    /// Hemoglobin, from the densities above red of one pixel or of many: the default row sums to 0.
    pub fn hemoglobin(green_red: f32, blue_red: f32) -> f32 {
        let [_, green, blue] = DEFAULT_ANALYSIS.hemoglobin;
        green * green_red + blue * blue_red
    }

    /// A mask of this version's size on a photograph of `size`.
    pub fn expanded(&self, mask: &Raster, size: Size) -> Raster {
        let step = 1.0 / f64::from(self.factor);
        Raster::from_fn(size, |x, y| {
            let value = mask.sample((f64::from(x) + 0.5) * step, (f64::from(y) + 0.5) * step);
            f32::from(value >= EDGE)
        })
    }
}

/// Values of two rasters of one size, joined pixel by pixel.
pub(super) fn combined(a: &Raster, b: &Raster, join: impl Fn(f32, f32) -> f32) -> Raster {
    assert_eq!(a.size(), b.size(), "rasters joined have one size");
    Raster::from_vec(a.size(), a.data().iter().zip(b.data()).map(|(&a, &b)| join(a, b)).collect())
}
