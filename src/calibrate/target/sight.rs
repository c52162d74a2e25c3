//! A photograph as it is searched: at most a few megapixels, in linear light.

use crate::calibrate::{clip_limits, encoded};
use crate::engine::{Engine, EngineError};
use crate::ops::resample::resample;
use crate::photo::Photo;
use crate::raster::Raster;

/// Pixels that are searched: enough for markers of a card that is a tenth of the photograph wide.
const PIXELS: f64 = 3.0e6;

/// A photograph as it is searched.
#[derive(Debug)]
pub struct Sight {
    /// Linear red, green and blue.
    pub rgb: [Raster; 3],
    /// Linear luminance.
    pub luminance: Raster,
    /// Share of each pixel that was clipped or void.
    pub clipped: Raster,
    /// Pixels here per pixel of the photograph.
    pub factor: f64,
}

impl Sight {
    /// A photograph, resampled on `finder`.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn of(finder: &Engine, photo: &Photo) -> Result<Self, EngineError> {
        let factor = (PIXELS / photo.size.area() as f64).sqrt().min(1.0);
        let linear = resample(finder, encoded(photo), photo.size, factor, clip_limits(photo))?;
        let [r, g, b] = &linear.rgb;
        let rgb = [finder.download_raster(r)?, finder.download_raster(g)?, finder.download_raster(b)?];
        let weights = crate::calibrate::color::XYZ_FROM_LINEAR_RGB[1].map(|w| w as f32);
        let luminance =
            (0..rgb[0].data().len()).map(|i| (0..3).map(|c| weights[c] * rgb[c].data()[i]).sum()).collect();
        Ok(Self {
            luminance: Raster::from_vec(rgb[0].size(), luminance),
            clipped: finder.download_raster(&linear.clipped)?,
            rgb,
            factor,
        })
    }

    /// Luminance as evenly stepped for the eye as for a threshold: about its square root, 0 to 1.
    pub fn lightness(&self) -> Raster {
        self.luminance.map(|v| v.max(0.0).sqrt())
    }
}
