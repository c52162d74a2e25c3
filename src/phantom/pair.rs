//! Ready-made pairs: the same skin before and after, with everything about it known.

use super::camera::{Capture, Rendered, render};
use super::error::PhantomError;
use super::light::{Light, Lighting};
use super::pose::Recapture;
use super::scene::{Scene, SceneOptions, Treatment};
use super::tone::SkinTone;
use crate::geometry::Homography;
use serde::{Deserialize, Serialize};

/// Two photographs of the same skin.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The first photograph.
    pub before: Rendered,
    /// The second photograph.
    pub after: Rendered,
    /// What happened to the skin in between.
    pub treatment: Treatment,
    /// Where a pixel of the first lies in the second.
    pub after_from_before: Homography,
}

/// What the demonstration pair shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DemoOptions {
    /// Seed of everything.
    pub seed: u64,
    /// Width and height of the skin, mm (30–400 each).
    pub size_mm: [f64; 2],
    /// Pixels per millimeter.
    pub px_per_mm: f64,
    /// Skin color.
    pub tone: SkinTone,
    /// The light of both photographs.
    pub light: Light,
    /// The treatment.
    pub treatment: Treatment,
    /// Write JPEG of this quality instead of PNG.
    pub jpeg_quality: Option<u8>,
}

impl Default for DemoOptions {
    /// 40 × 40 mm at 16 px/mm: scars to 60 % of their depth, spots to half.
    fn default() -> Self {
        Self {
            seed: 1,
            size_mm: [40.0, 40.0],
            px_per_mm: 16.0,
            tone: SkinTone::Light,
            light: Light::Oblique45,
            treatment: Treatment { depth_scale: 0.6, spot_scale: 0.5, ..Treatment::NONE },
            jpeg_quality: None,
        }
    }
}

/// Photographs a scene, treats it, and photographs it again.
///
/// # Errors
/// What [`render`] refuses.
pub fn pair(
    scene: &Scene,
    capture: &Capture,
    treatment: &Treatment,
    recapture: Recapture,
) -> Result<Pair, PhantomError> {
    let before = render(scene, capture)?;
    let after = render(&scene.treated(treatment), &capture.again(recapture))?;
    let after_from_before = recapture.after_from_before(before.rgb.size(), capture.px_per_mm);
    Ok(Pair { before, after, treatment: *treatment, after_from_before })
}

/// The demonstration: scars, spots, erythema, pores, wrinkles and a few hairs; treated, and
/// photographed again from another pose.
///
/// # Errors
/// What [`Scene::new`] and [`render`] refuse.
pub fn demo_pair(options: &DemoOptions) -> Result<Pair, PhantomError> {
    let scene = Scene::new(&SceneOptions {
        seed: options.seed,
        size_mm: options.size_mm,
        tone: options.tone,
        scars: [8, 7, 4],
        spots: 10,
        erythema: 2,
        wrinkles: 3,
        pores_per_cm2: 20.0,
        hairs: 4,
        ..SceneOptions::default()
    })?;
    // The file format is the writer's business.
    let recapture = Recapture { jpeg_quality: None, ..Recapture::random(options.seed) };
    pair(&scene, &Capture::usual(options.light, options.px_per_mm), &options.treatment, recapture)
}

/// The same skin twice, nothing changed but pose, exposure, white balance and noise. Both pass
/// through JPEG. For counting false alarms.
///
/// # Errors
/// What [`Scene::new`] and [`render`] refuse.
pub fn unchanged_pair(seed: u64) -> Result<Pair, PhantomError> {
    let options = SceneOptions {
        seed,
        scars: [5, 4, 2],
        spots: 6,
        erythema: 1,
        wrinkles: 2,
        pores_per_cm2: 15.0,
        ..SceneOptions::default()
    };
    compressed_pair(&options, Light::Oblique45, &Treatment::NONE)
}

/// Scars under one light, before and at 60 % of their depth. Both pass through JPEG.
///
/// # Errors
/// What [`Scene::new`] and [`render`] refuse.
pub fn scar_pair(light: Light, seed: u64) -> Result<Pair, PhantomError> {
    let options = SceneOptions { seed, scars: [9, 8, 5], ..SceneOptions::default() };
    compressed_pair(&options, light, &Treatment { depth_scale: 0.6, ..Treatment::NONE })
}

/// Pigment spots, before and at half their melanin, as pigment is best photographed: even light,
/// crossed polarizers, no compression. A gloss that is not seen costs 11 % of the contrast, JPEG of
/// quality 93 another 5 to 8 %.
///
/// # Errors
/// What [`Scene::new`] and [`render`] refuse.
pub fn pigment_pair(seed: u64) -> Result<Pair, PhantomError> {
    let scene = Scene::new(&SceneOptions { seed, spots: 14, ..SceneOptions::default() })?;
    let lighting = Lighting { specular: 0.0, ..Lighting::usual(Light::Diffuse) };
    let capture = Capture { lighting, ..Capture::usual(Light::Diffuse, 16.0) };
    let recapture = Recapture { jpeg_quality: None, ..Recapture::random(seed) };
    pair(&scene, &capture, &Treatment { spot_scale: 0.5, ..Treatment::NONE }, recapture)
}

/// A scene before and after a treatment, 16 px/mm, taken again by another hand. Both pass through JPEG.
///
/// # Errors
/// What [`Scene::new`] and [`render`] refuse.
pub fn compressed_pair(
    options: &SceneOptions,
    light: Light,
    treatment: &Treatment,
) -> Result<Pair, PhantomError> {
    let recapture = Recapture::random(options.seed);
    let mut pair = pair(&Scene::new(options)?, &Capture::usual(light, 16.0), treatment, recapture)?;
    if let Some(quality) = recapture.jpeg_quality {
        pair.before.rgb = pair.before.rgb.through_jpeg(quality)?;
    }
    Ok(pair)
}
