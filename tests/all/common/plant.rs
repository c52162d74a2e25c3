//! Families of lesions planted on skin, faded there, and photographed again.

use std::path::{Path, PathBuf};

use dermetric::analyzer::Options;
use dermetric::geometry::Size;
use dermetric::phantom::{
    Light, Lighting, Recapture, Rgb8, Scene, SceneOptions, SensorNoise, SkinTone, Treatment, plant,
    recapture_photo,
};
use dermetric::photo::Photo;

use super::head::{Lamp, Window};
use super::{Folder, close_ups, photo};

/// Resolution that the close-ups are taken to be: fine enough for every measure.
pub const PX_PER_MM: f64 = 16.0;
/// Side taken from the middle of each, at most: 30 mm.
pub const SIDE: u32 = 480;
/// Share of the width, at the left, that is left untreated.
const UNTREATED: f64 = 0.3;
/// Width of the seam to the treated skin, belonging to neither, in mm.
const SEAM_MM: f64 = 1.5;

/// Family that is planted, and the primary metric that is to follow it.
pub struct Family {
    pub name: &'static str,
    pub metric: (&'static str, &'static str),
    pub kind: Kind,
    /// For skin of 16 cm².
    pub scene: fn(&mut SceneOptions),
    /// Value that the metric is to read once planted, by what it reads of the bare skin: lesions that can be seen on it.
    pub goal: fn(f64) -> f64,
    pub fade: fn(&mut Treatment, f64),
}

/// Plane that the camera sees it by: families of one kind may show up in each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Relief,
    Pigment,
    Redness,
}

pub const FAMILIES: [Family; 6] = [
    Family {
        name: "scars",
        metric: ("scars", "relief_contrast"),
        kind: Kind::Relief,
        scene: |o| o.scars = [10, 8, 4],
        goal: |bare| 2.0 * bare,
        fade: |t, left| t.depth_scale = left,
    },
    Family {
        name: "spots",
        metric: ("pigment", "burden"),
        kind: Kind::Pigment,
        scene: |o| o.spots = 16,
        goal: |bare| 2.0 * bare + 0.5,
        fade: |t, left| t.spot_scale = left,
    },
    Family {
        name: "red patches",
        metric: ("redness", "hemoglobin_mean"),
        kind: Kind::Redness,
        scene: |o| o.erythema = 7,
        goal: |bare| bare + 0.05,
        fade: |t, left| t.erythema_scale = left,
    },
    Family {
        name: "wrinkles",
        metric: ("wrinkles", "contrast"),
        kind: Kind::Relief,
        scene: |o| o.wrinkles = 40,
        goal: |bare| 2.0 * bare,
        fade: |t, left| t.wrinkle_scale = left,
    },
    Family {
        name: "pores",
        metric: ("pores", "contrast"),
        kind: Kind::Relief,
        scene: |o| o.pores_per_cm2 = 60.0,
        goal: |bare| 2.0 * bare,
        fade: |t, left| t.pore_scale = left,
    },
    Family {
        name: "roughness",
        metric: ("texture", "sq_fine"),
        kind: Kind::Relief,
        scene: |o| o.relief = 1.0,
        goal: |bare| 2.0 * bare,
        fade: |t, left| t.relief_scale = left,
    },
];

/// Untreated and treated skin of a picture of this size, in pixels: columns from and to.
pub fn columns(size: Size) -> [[f64; 2]; 2] {
    let seam = UNTREATED * f64::from(size.width);
    let half = 0.5 * SEAM_MM * PX_PER_MM;
    [[0.0, seam - half], [seam + half, f64::from(size.width)]]
}

/// The one picture on untreated skin, the other on treated, blended across the seam.
pub fn beside(untreated: &Rgb8, treated: &Rgb8) -> Rgb8 {
    let size = treated.size();
    let [[_, from], [to, _]] = columns(size);
    let bytes = (0..3 * size.area()).map(|k| {
        let share = (((k / 3 % size.width as usize) as f64 + 0.5 - from) / (to - from)).clamp(0.0, 1.0);
        let [one, other] = [untreated, treated].map(|picture| f64::from(picture.bytes()[k]));
        (one + share * (other - one)).round() as u8
    });
    Rgb8::new(size, bytes.collect()).unwrap()
}

/// Places where a picture of this size is treated, and where not.
pub fn options(folder: &Folder, size: Size) -> Options {
    let [width, height] = [f64::from(size.width), f64::from(size.height)];
    let marked = |name: &str, [left, right]: [f64; 2]| {
        Some(folder.rectangle(&format!("{name}-{width}x{height}.json"), [left, 0.0], [right, height]))
    };
    let [untreated, treated] = columns(size);
    let (reference, region) = (marked("reference", untreated), marked("region", treated));
    Options { mm_per_px_before: Some(1.0 / PX_PER_MM), region, reference, ..Options::default() }
}

/// These families on skin of this size, nothing else, each so many times as strong as the phantom's.
pub fn scene(families: &[&Family], size: Size, seed: u64, strength: impl Fn(&Family) -> f64) -> Scene {
    let size_mm = [size.width, size.height].map(|side| f64::from(side) / PX_PER_MM);
    let mut options = SceneOptions { seed, size_mm, relief: 0.0, mottle: 0.0, ..SceneOptions::default() };
    let mut stronger = Treatment::NONE;
    for family in families {
        (family.scene)(&mut options);
        (family.fade)(&mut stronger, strength(family));
    }
    let share = size_mm[0] * size_mm[1] / 1600.0;
    let scaled = |n: &mut usize| *n = (*n as f64 * share).round() as usize;
    options.scars.iter_mut().for_each(scaled);
    [&mut options.spots, &mut options.erythema, &mut options.wrinkles].into_iter().for_each(scaled);
    // Patches do not fit on small skin by every draw.
    let drawn =
        (0..100).find_map(|draw| Scene::new(&SceneOptions { seed: seed + 1000 * draw, ..options }).ok());
    let scene = Scene { melanin_od: 0.0, hemoglobin_od: 0.0, ..drawn.unwrap() };
    scene.treated(&stronger)
}

/// Lit from above: across the wrinkles, as one lights wrinkles to be seen.
pub fn planted(skin: &Rgb8, scene: &Scene) -> Rgb8 {
    let lighting = Lighting { azimuth_deg: 100.0, ..Lighting::usual(Light::Oblique45) };
    plant(skin, PX_PER_MM, scene, &lighting).unwrap()
}

/// Skin that can be photographed with lesions on it.
pub enum Skin {
    /// A photograph of real skin.
    CloseUp(Rgb8),
    /// A window of the scanned head.
    Head(Window),
    /// A body's shape under phantom skin: color, mottle and relief are the scene's.
    Body(Window),
}

impl Skin {
    /// Width and height, px.
    pub fn size(&self) -> Size {
        match self {
            Self::CloseUp(picture) => picture.size(),
            Self::Head(window) | Self::Body(window) => window.size,
        }
    }

    /// A photograph of it with a scene on it, under the lamp of [`planted`] and without noise.
    pub fn with(&self, scene: &Scene) -> Rgb8 {
        let lamp = Lamp { azimuth_deg: 100.0, ..Lamp::USUAL };
        match self {
            Self::CloseUp(picture) => planted(picture, scene),
            Self::Head(window) => window.photograph(scene, &lamp, 1.0),
            Self::Body(window) => {
                let [melanin_od, hemoglobin_od] = SkinTone::Light.melanin_and_hemoglobin_od();
                let scene = Scene { melanin_od, hemoglobin_od, mottle: 1.0, ..scene.clone() };
                window.photograph(&scene, &lamp, 1.0)
            }
        }
    }
}

/// All 44 close-ups of the reference data: the twenty, and those that came later.
pub fn all_close_ups(data: &Path) -> Vec<PathBuf> {
    let folder = data.join("clinical_closeups_more/images");
    let mut more: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    more.sort();
    assert_eq!(more.len(), 24);
    close_ups(data).into_iter().chain(more).collect()
}

/// Steps between the close-ups that a long test tries: `DERMETRIC_EVERY=7` tries every seventh, each with its own seed.
pub fn every() -> usize {
    std::env::var("DERMETRIC_EVERY").map_or(1, |n| n.parse().expect("a number"))
}

/// The first photograph of a case: resampled as the second is, so that it is no sharper, but where regions are marked.
pub fn first_hand(seed: u64) -> Recapture {
    let still = Recapture { scale: 1.0, tilt_deg: [0.0; 2], ..Recapture::random(seed) };
    Recapture { rotation_deg: 0.2, shift_mm: [0.02; 2], ..still }
}

/// A picture taken by a camera. `DERMETRIC_KEEP=folder` keeps it.
pub fn taken(picture: &Rgb8, recapture: &Recapture, name: &str) -> Photo {
    let picture = recapture_photo(picture, PX_PER_MM, recapture, &SensorNoise::PHONE).unwrap().0;
    if let Some(keep) = std::env::var_os("DERMETRIC_KEEP").map(PathBuf::from) {
        std::fs::write(keep.join(format!("{name}.png")), picture.png().unwrap()).unwrap();
    }
    photo(name, &picture)
}

/// A pair as two visits take it, each by a hand of its own.
pub fn visits([before, after]: [&Rgb8; 2], [first, second]: [u64; 2]) -> [Photo; 2] {
    [taken(before, &first_hand(first), "before"), taken(after, &Recapture::random(second), "after")]
}
