//! The lamps: where they stand, and how evenly they light.

use super::error::{PhantomError, require};
use serde::{Deserialize, Serialize};

/// The arrangements of lamps found in clinics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// From the camera's own direction.
    Frontal,
    /// One lamp 25° above the skin plane.
    Oblique25,
    /// One lamp 45° above the skin plane.
    Oblique45,
    /// One lamp 60° above the skin plane.
    Oblique60,
    /// Two equal lamps 45° above the skin plane, on opposite sides.
    Bilateral,
    /// From the whole hemisphere alike.
    Diffuse,
}

impl Light {
    /// All arrangements.
    pub const ALL: [Self; 6] =
        [Self::Frontal, Self::Oblique25, Self::Oblique45, Self::Oblique60, Self::Bilateral, Self::Diffuse];

    /// Elevation above the skin plane in degrees and azimuth offsets of the lamps.
    fn lamps(self) -> (f64, &'static [f64]) {
        match self {
            Self::Frontal => (90.0, &[0.0]),
            Self::Oblique25 => (25.0, &[0.0]),
            Self::Oblique45 => (45.0, &[0.0]),
            Self::Oblique60 => (60.0, &[0.0]),
            Self::Bilateral => (45.0, &[0.0, 180.0]),
            Self::Diffuse => (90.0, &[]),
        }
    }
}

/// How the scene is lit. Lamps stand with the camera: when the camera turns, so do they.
///
/// Brightness is relative to flat skin at the image center, which receives 1 under every light,
/// as if the photographer had exposed for it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Lighting {
    /// The arrangement.
    pub light: Light,
    /// Where the (first) lamp stands, degrees in the image: 0 right, 90 top, 180 left.
    pub azimuth_deg: f64,
    /// Added to the arrangement's elevation, degrees.
    pub elevation_change_deg: f64,
    /// Share of light that comes from everywhere, 0–1.
    pub ambient: f64,
    /// Whether relief throws shadows on itself.
    pub shadows: bool,
    /// Half the lamp's apparent width, degrees (0.2–20): how soft the shadows are.
    pub lamp_radius_deg: f64,
    /// Light lost from the lamp's side of the image to the far side, stops.
    pub falloff_ev: f64,
    /// Light lost from center to corner, stops.
    pub vignette_ev: f64,
    /// Strength of surface reflection: 0 is cross-polarized, 1 is dry skin, 3 is oily.
    pub specular: f64,
    /// Roughness of the surface reflection (root mean square slope, 0.05–1).
    pub roughness: f64,
}

impl Lighting {
    /// A usual setting of an arrangement: lamp at the upper left, some ambient light, faint gloss.
    pub fn usual(light: Light) -> Self {
        Self {
            light,
            azimuth_deg: 150.0,
            elevation_change_deg: 0.0,
            ambient: 0.25,
            shadows: true,
            lamp_radius_deg: 5.0,
            falloff_ev: 0.15,
            vignette_ev: 0.1,
            specular: 0.6,
            roughness: 0.28,
        }
    }

    /// Nothing but Lambert's cosine: no ambient light, shadow, falloff or gloss.
    pub fn bare(light: Light, azimuth_deg: f64) -> Self {
        Self {
            light,
            azimuth_deg,
            elevation_change_deg: 0.0,
            ambient: 0.0,
            shadows: false,
            lamp_radius_deg: 1.0,
            falloff_ev: 0.0,
            vignette_ev: 0.0,
            specular: 0.0,
            roughness: 0.3,
        }
    }

    pub(super) fn check(&self) -> Result<(), PhantomError> {
        require("azimuth_deg", self.azimuth_deg, -720.0..=720.0, "-720 to 720")?;
        require("elevation_change_deg", self.elevation_change_deg, -20.0..=20.0, "-20 to 20")?;
        require("ambient", self.ambient, 0.0..=1.0, "0 to 1")?;
        require("lamp_radius_deg", self.lamp_radius_deg, 0.2..=20.0, "0.2 to 20")?;
        require("falloff_ev", self.falloff_ev, -3.0..=3.0, "-3 to 3")?;
        require("vignette_ev", self.vignette_ev, -3.0..=3.0, "-3 to 3")?;
        require("specular", self.specular, 0.0..=10.0, "0 to 10")?;
        require("roughness", self.roughness, 0.05..=1.0, "0.05 to 1")
    }

    /// The lamps that are not sky.
    pub(super) fn lamps_on_skin(&self) -> Vec<Lamp> {
        let (elevation, azimuths) = self.light.lamps();
        let elevation = (elevation + self.elevation_change_deg).to_radians();
        azimuths
            .iter()
            .map(|offset| {
                let azimuth = (self.azimuth_deg + offset).to_radians();
                Lamp {
                    // The image's y axis points down, azimuths are counted as seen.
                    direction: [
                        elevation.cos() * azimuth.cos(),
                        -elevation.cos() * azimuth.sin(),
                        elevation.sin(),
                    ]
                    .map(|v| v as f32),
                    weight: 1.0 / azimuths.len() as f32,
                }
            })
            .collect()
    }

    /// Fraction of light at a place of the image, without relief: falloff and vignette.
    /// `u` and `v` run from −1 to 1 across the longer side.
    pub(super) fn field(&self, u: f64, v: f64) -> f64 {
        let azimuth = self.azimuth_deg.to_radians();
        let toward_lamp = u * azimuth.cos() - v * azimuth.sin();
        (0.5 * self.falloff_ev * toward_lamp - 0.5 * self.vignette_ev * (u * u + v * v)).exp2()
    }
}

/// One lamp, far away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lamp {
    /// Unit vector toward the lamp: right, down and out of the image.
    pub direction: [f32; 3],
    /// Share of the directed light.
    pub weight: f32,
}
