//! What is true of a rendered photograph.

use super::camera::Camera;
use super::lesion::ScarKind;
use super::light::Lighting;
use super::pose::Recapture;
use super::scene::Scene;
use crate::geometry::{Homography, Size};
use crate::raster::Raster;
use serde::{Deserialize, Serialize};

/// The truth of one photograph, as it stands in `truth.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Seed of the scene.
    pub scene_seed: u64,
    /// Seed of the sensor noise.
    pub noise_seed: u64,
    /// Width and height of the photograph.
    pub size_px: Size,
    /// Width and height of the scene, mm.
    pub scene_size_mm: [f64; 2],
    /// Millimeters on the skin per pixel at the image center.
    pub mm_per_px: f64,
    /// Where a point of the skin (mm) lies in the photograph (px).
    pub px_from_mm: Homography,
    /// The light.
    pub lighting: Lighting,
    /// The camera.
    pub camera: Camera,
    /// How this photograph differs from the first, if it is a second one.
    pub recapture: Option<Recapture>,
    /// Melanin of the unspotted skin without mottle, OD.
    pub base_melanin_od: f64,
    /// Hemoglobin of the skin without patches and mottle, OD.
    pub base_hemoglobin_od: f64,
    /// Strength of the micro-relief.
    pub relief: f64,
    /// All scars.
    pub scars: Vec<ScarTruth>,
    /// All pigment spots.
    pub spots: Vec<SpotTruth>,
    /// All erythema patches.
    pub erythema: Vec<SpotTruth>,
    /// All wrinkles.
    pub wrinkles: Vec<WrinkleTruth>,
    /// Number of pores, those just outside the scene included.
    pub pores: usize,
    /// Number of hairs.
    pub hairs: usize,
}

/// One scar.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ScarTruth {
    /// Shape.
    pub kind: ScarKind,
    /// Center on the skin, mm.
    pub center_mm: [f64; 2],
    /// Center in this photograph, px.
    pub center_px: [f64; 2],
    /// Diameter of the rim, mm.
    pub diameter_mm: f64,
    /// Diameter at half depth, mm.
    pub half_depth_diameter_mm: f64,
    /// Area inside the rim, mm².
    pub area_mm2: f64,
    /// Depth at the deepest point, µm.
    pub depth_um: f64,
}

/// One pigment spot or erythema patch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpotTruth {
    /// Center on the skin, mm.
    pub center_mm: [f64; 2],
    /// Center in this photograph, px.
    pub center_px: [f64; 2],
    /// Diameter at half the peak, mm.
    pub diameter_mm: f64,
    /// Area above half the peak, mm².
    pub area_mm2: f64,
    /// Peak increment, OD.
    pub peak_od: f64,
}

/// One wrinkle.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct WrinkleTruth {
    /// Length along the line, mm.
    pub length_mm: f64,
    /// Width at half depth, mm.
    pub width_mm: f64,
    /// Depth in the middle, µm.
    pub depth_um: f64,
    /// Both ends on the skin, mm.
    pub ends_mm: [[f64; 2]; 2],
}

/// The truth pixel by pixel, in the photograph's own frame.
#[derive(Debug, Clone, PartialEq)]
pub struct TruthMaps {
    /// Height, µm.
    pub height_um: Raster<f32>,
    /// Melanin, OD.
    pub melanin_od: Raster<f32>,
    /// Melanin of the spots alone, OD.
    pub spots_od: Raster<f32>,
    /// Hemoglobin, OD.
    pub hemoglobin_od: Raster<f32>,
    /// Fraction covered by hair, 0–1.
    pub hair: Raster<f32>,
}

/// The lists of a scene, seen in a photograph.
pub(super) struct Listed {
    pub scars: Vec<ScarTruth>,
    pub spots: Vec<SpotTruth>,
    pub erythema: Vec<SpotTruth>,
    pub wrinkles: Vec<WrinkleTruth>,
}

pub(super) fn list(scene: &Scene, px_from_mm: &Homography) -> Listed {
    let px = |mm: [f64; 2]| <[f64; 2]>::from(px_from_mm.apply(mm[0], mm[1]));
    let spots = |spots: &[super::lesion::Spot]| {
        let truth = |s: &super::lesion::Spot| SpotTruth {
            center_mm: s.center_mm,
            center_px: px(s.center_mm),
            diameter_mm: s.outline.diameter_mm,
            area_mm2: s.outline.area_mm2(),
            peak_od: s.peak_od,
        };
        spots.iter().map(truth).collect()
    };
    Listed {
        scars: scene
            .scars
            .iter()
            .map(|s| ScarTruth {
                kind: s.kind,
                center_mm: s.center_mm,
                center_px: px(s.center_mm),
                diameter_mm: s.outline.diameter_mm,
                half_depth_diameter_mm: s.half_depth_diameter_mm(),
                area_mm2: s.outline.area_mm2(),
                depth_um: s.depth_um,
            })
            .collect(),
        spots: spots(&scene.spots),
        erythema: spots(&scene.erythema),
        wrinkles: scene
            .wrinkles
            .iter()
            .filter_map(|w| {
                let ends_mm = [*w.points_mm.first()?, *w.points_mm.last()?];
                Some(WrinkleTruth {
                    length_mm: w.length_mm(),
                    width_mm: w.width_mm,
                    depth_um: w.depth_um,
                    ends_mm,
                })
            })
            .collect(),
    }
}
