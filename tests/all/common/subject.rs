//! A pair of photographs that every family of measures finds something on.

use super::photo;
use dermetric::analyzer::{Analyzer, Light, Options};
use dermetric::phantom::{self, Capture, Recapture, Scene, SceneOptions, Treatment};
use dermetric::photo::Photo;
use dermetric::report::Report;

/// Two photographs of the same skin, and what is known of them.
pub struct Subject {
    /// Before treatment.
    pub before: Photo,
    /// After treatment.
    pub after: Photo,
    /// What is known.
    pub options: Options,
}

impl Subject {
    /// What an analyzer makes of it.
    pub fn read(&self, analyzer: Analyzer) -> Report {
        let (before, after) = (std::slice::from_ref(&self.before), std::slice::from_ref(&self.after));
        analyzer.compare_photos(before, after, &self.options).unwrap().report
    }
}

/// Sides of the skin, in mm.
const SIDE_MM: f64 = 24.0;
/// Share of the skin, from the top, that is free of scars, spots and erythema.
pub const UNTREATED: f64 = 0.25;

/// Skin with scars, spots, erythema, a wrinkle, pores and hairs, treated and taken again.
pub fn phantom_pair() -> Subject {
    let mut scene = Scene::new(&SceneOptions {
        size_mm: [SIDE_MM, SIDE_MM],
        scars: [3, 3, 1],
        spots: 4,
        erythema: 1,
        wrinkles: 1,
        pores_per_cm2: 20.0,
        hairs: 2,
        ..SceneOptions::default()
    })
    .unwrap();
    // A lesion may reach as far up as its center is below the strip.
    let treated = |center: [f64; 2]| center[1] > (UNTREATED + 0.1) * SIDE_MM;
    scene.scars.retain(|scar| treated(scar.center_mm));
    scene.spots.retain(|spot| treated(spot.center_mm));
    scene.erythema.iter_mut().for_each(|patch| patch.center_mm[1] = patch.center_mm[1].max(0.6 * SIDE_MM));
    assert!(scene.scars.len() >= 3 && !scene.erythema.is_empty(), "{} scars", scene.scars.len());
    assert!(!scene.spots.is_empty(), "a spot is left");
    let treatment = Treatment { depth_scale: 0.6, spot_scale: 0.5, erythema_scale: 0.7, ..Treatment::NONE };
    let capture = Capture::usual(phantom::Light::Oblique45, 16.0);
    let recapture = Recapture { jpeg_quality: None, ..Recapture::random(1) };
    let pair = phantom::pair(&scene, &capture, &treatment, recapture).unwrap();
    Subject {
        before: photo("before", &pair.before.rgb),
        after: photo("after", &pair.after.rgb),
        options: Options {
            mm_per_px_before: Some(pair.before.truth.mm_per_px),
            mm_per_px_after: Some(pair.after.truth.mm_per_px),
            light: Light::Oblique,
            ..Options::default()
        },
    }
}
