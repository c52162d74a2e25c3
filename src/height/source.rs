//! What the user names, and what it holds.

use std::path::PathBuf;

use super::error::HeightError;
use super::lights::Lights;
use super::map::HeightMap;
use crate::geometry::Size;
use crate::photo::{Decoder, Limits, Photo};

/// Where the heights of a photograph come from.
#[derive(Debug, Clone, PartialEq)]
pub enum HeightSource {
    /// A height map of the same view.
    Map {
        /// 16-bit gray PNG or TIFF, or 32-bit float gray TIFF; higher values are higher skin.
        file: PathBuf,
        /// µm per unit of the file. `None`: floats are µm, codes are refused.
        um_per_unit: Option<f64>,
        /// The value that stands for no height. `None`: 0 in 16 bits, none in floats; NaN and infinite
        /// floats never count.
        void: Option<f64>,
    },
    /// Photographs of the same view under one lamp each, see [`Lights`].
    Lights(PathBuf),
}

/// Heights as they were loaded, of a photograph's view.
#[derive(Debug)]
pub enum Relief {
    /// A height map.
    Map(HeightMap),
    /// Photographs under lamps, in the order of the lamps.
    Stereo {
        /// The lamps.
        lights: Lights,
        /// A photograph under each.
        photos: Vec<Photo>,
    },
}

impl HeightSource {
    /// Loads it for a photograph of this size.
    ///
    /// # Errors
    /// [`HeightError`] where a file cannot be used, or shows another view.
    pub fn load(&self, photo: Size, limits: &Limits) -> Result<Relief, HeightError> {
        match self {
            Self::Map { file, um_per_unit, void } => {
                let map = HeightMap::load(file, *um_per_unit, *void, limits)?;
                map.check_view(photo)?;
                Ok(Relief::Map(map))
            }
            Self::Lights(file) => {
                let lights = Lights::load(file)?;
                let mut decoder = Decoder::new();
                let mut photos = Vec::with_capacity(lights.lamps.len());
                for lamp in &lights.lamps {
                    let found = decoder.load(&lamp.photo, limits)?;
                    if found.size != photo {
                        let file = lamp.photo.display().to_string();
                        return Err(HeightError::AnotherCamera { file, photo, found: found.size });
                    }
                    photos.push(found);
                }
                Ok(Relief::Stereo { lights, photos })
            }
        }
    }
}
