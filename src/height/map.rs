//! A file of heights, in µm.

use std::path::Path;

use super::error::HeightError;
use crate::geometry::Size;
use crate::photo::{Limits, load_height};
use crate::raster::Raster;

/// The code of a 16-bit map that stands for no height, where the user names no other.
const VOID_CODE: f64 = 0.0;

/// Heights of a photograph's view.
#[derive(Debug, Clone, PartialEq)]
pub struct HeightMap {
    /// The file as it was given.
    pub file: String,
    /// Heights in µm about their mean, higher is higher; NaN where none is known.
    pub um: Raster,
}

impl HeightMap {
    /// Loads a map: see [`super::HeightSource::Map`].
    ///
    /// # Errors
    /// [`HeightError`] where the file does not load, says no unit, or holds no height.
    pub fn load(
        path: &Path,
        um_per_unit: Option<f64>,
        void: Option<f64>,
        limits: &Limits,
    ) -> Result<Self, HeightError> {
        let samples = load_height(path, limits)?;
        let file = path.display().to_string();
        let unit = match um_per_unit {
            Some(unit) => unit,
            None if samples.is_float => 1.0,
            None => return Err(HeightError::NoUnit { file }),
        };
        let void = void.or((!samples.is_float).then_some(VOID_CODE));
        let known = |value: f32| value.is_finite() && void.is_none_or(|void| f64::from(value) != void);
        let (mut sum, mut count) = (0.0, 0u64);
        for &value in samples.values.data().iter().filter(|&&v| known(v)) {
            sum += f64::from(value);
            count += 1;
        }
        if count == 0 {
            return Err(HeightError::AllVoid { file });
        }
        // Single precision goes far about the mean, not far from it.
        let mean = sum / count as f64;
        let um = |value: f32| if known(value) { (unit * (f64::from(value) - mean)) as f32 } else { f32::NAN };
        Ok(Self { file, um: samples.values.map(um) })
    }

    /// Holds the ratio of its sides against a photograph's: its height must be what its width makes it, within
    /// a pixel.
    ///
    /// # Errors
    /// [`HeightError::AnotherView`].
    pub fn check_view(&self, photo: Size) -> Result<(), HeightError> {
        let found = self.um.size();
        let per_pixel = f64::from(found.width) / f64::from(photo.width);
        // A width may have been rounded by half a pixel too.
        let tolerance = 0.5 + 0.5 * f64::from(photo.height) / f64::from(photo.width);
        if (f64::from(photo.height) * per_pixel - f64::from(found.height)).abs() > tolerance {
            return Err(HeightError::AnotherView { file: self.file.clone(), photo, found });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(width: u32, height: u32) -> HeightMap {
        HeightMap { file: "map.tif".into(), um: Raster::filled(Size::new(width, height), 0.0) }
    }

    #[test]
    fn any_size_of_the_same_ratio_is_the_same_view() {
        let photo = Size::new(400, 301);
        for (width, height) in [(400, 301), (800, 602), (200, 150), (200, 151), (133, 100), (4000, 3010)] {
            assert!(of(width, height).check_view(photo).is_ok(), "{width}x{height}");
        }
        for (width, height) in [(301, 400), (400, 304), (400, 298), (800, 610), (200, 148)] {
            let error = of(width, height).check_view(photo).unwrap_err().to_string();
            assert!(error.contains("400x301") && error.contains(&format!("{width}x{height}")), "{error}");
        }
    }
}
