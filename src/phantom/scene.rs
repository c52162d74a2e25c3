//! A patch of synthetic skin: what lies where, before any camera looks at it.

use super::error::{PhantomError, require};
use super::lesion::{Line, Outline, Pore, Scar, ScarKind, Spot};
use super::random::{Purpose, between, stream};
use super::tone::{Pigments, SkinTone};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// What a random scene shall contain.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SceneOptions {
    /// Seed of everything that is drawn by lot.
    pub seed: u64,
    /// Width and height, mm (5–400 each).
    pub size_mm: [f64; 2],
    /// Color of the unspotted skin.
    pub tone: SkinTone,
    /// How pigment turns into color.
    pub pigments: Pigments,
    /// Strength of the micro-relief; 1 is ordinary skin, 0 is flat.
    pub relief: f64,
    /// Strength of the uneven coloring; 1 is ordinary skin, 0 is even.
    pub mottle: f64,
    /// Number of icepick, boxcar and rolling scars.
    pub scars: [usize; 3],
    /// Number of pigment spots.
    pub spots: usize,
    /// Number of erythema patches.
    pub erythema: usize,
    /// How far outlines of spots and erythema depart from circles (0–1).
    pub irregularity: f64,
    /// Number of wrinkles.
    pub wrinkles: usize,
    /// Pores on each square centimeter (0–400).
    pub pores_per_cm2: f64,
    /// Number of hairs.
    pub hairs: usize,
    /// Strength of the body's own shape (0–3): 1 undulates with a slope of 0.2 over 12 to 36 mm, 0 is a plane.
    #[serde(default)]
    pub shape: f64,
}

impl Default for SceneOptions {
    /// 40 × 40 mm of plain light skin: micro-relief and mottle, no lesions.
    fn default() -> Self {
        Self {
            seed: 1,
            size_mm: [40.0, 40.0],
            tone: SkinTone::Light,
            pigments: Pigments::default(),
            relief: 1.0,
            mottle: 1.0,
            scars: [0; 3],
            spots: 0,
            erythema: 0,
            irregularity: 0.5,
            wrinkles: 0,
            pores_per_cm2: 0.0,
            hairs: 0,
            shape: 0.0,
        }
    }
}

/// What a treatment leaves of each family: 1 leaves it as it is, 0 removes it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Treatment {
    /// Factor on the depth of scars.
    pub depth_scale: f64,
    /// Factor on the melanin of spots.
    pub spot_scale: f64,
    /// Factor on the hemoglobin of erythema.
    pub erythema_scale: f64,
    /// Factor on the depth of wrinkles.
    pub wrinkle_scale: f64,
    /// Factor on the depth of pores.
    pub pore_scale: f64,
    /// Factor on the micro-relief.
    pub relief_scale: f64,
    /// Change of the whole scene's melanin, OD: a tan.
    pub melanin_shift_od: f64,
    /// Change of the whole scene's hemoglobin, OD: a flush.
    pub hemoglobin_shift_od: f64,
}

impl Treatment {
    /// Changes nothing.
    pub const NONE: Self = Self {
        depth_scale: 1.0,
        spot_scale: 1.0,
        erythema_scale: 1.0,
        wrinkle_scale: 1.0,
        pore_scale: 1.0,
        relief_scale: 1.0,
        melanin_shift_od: 0.0,
        hemoglobin_shift_od: 0.0,
    };
}

/// A patch of skin. The lists may be edited; rendering reads them as they are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// Seed of micro-relief and mottle.
    pub seed: u64,
    /// Width and height, mm.
    pub size_mm: [f64; 2],
    /// Melanin of the unspotted skin, OD along melanin's unit direction.
    pub melanin_od: f64,
    /// Hemoglobin of the skin without patches, OD along hemoglobin's unit direction.
    pub hemoglobin_od: f64,
    /// How pigment turns into color.
    pub pigments: Pigments,
    /// Strength of the micro-relief.
    pub relief: f64,
    /// Strength of the uneven coloring.
    pub mottle: f64,
    /// Strength of the body's own shape, which no treatment changes.
    #[serde(default)]
    pub shape: f64,
    /// Depressed scars.
    pub scars: Vec<Scar>,
    /// Pigment spots (melanin).
    pub spots: Vec<Spot>,
    /// Red patches (hemoglobin).
    pub erythema: Vec<Spot>,
    /// Wrinkles.
    pub wrinkles: Vec<Line>,
    /// Pores.
    pub pores: Vec<Pore>,
    /// Hairs.
    pub hairs: Vec<Line>,
}

/// Attempts to find a free place for one lesion before the scene counts as full.
const PLACEMENT_ATTEMPTS: usize = 4000;
/// Free skin between two lesions, mm.
const GAP_MM: f64 = 0.6;
/// Lesions keep this fraction of the shorter side away from the border, so that they stay in view
/// when the photograph is taken again from a slightly different pose.
const BORDER_FRACTION: f64 = 0.06;

impl Scene {
    /// Draws a scene by lot.
    ///
    /// # Errors
    /// A parameter out of range, or more lesions than fit without touching.
    pub fn new(options: &SceneOptions) -> Result<Self, PhantomError> {
        let o = options;
        for side in o.size_mm {
            require("size_mm", side, 5.0..=400.0, "5 to 400 mm")?;
        }
        require("irregularity", o.irregularity, 0.0..=1.0, "0 to 1")?;
        require("relief", o.relief, 0.0..=5.0, "0 to 5")?;
        require("mottle", o.mottle, 0.0..=5.0, "0 to 5")?;
        require("pores_per_cm2", o.pores_per_cm2, 0.0..=400.0, "0 to 400")?;
        require("shape", o.shape, 0.0..=3.0, "0 to 3")?;
        let [melanin_od, hemoglobin_od] = o.tone.melanin_and_hemoglobin_od();
        let mut scene = Self {
            seed: o.seed,
            size_mm: o.size_mm,
            melanin_od,
            hemoglobin_od,
            pigments: o.pigments,
            relief: o.relief,
            mottle: o.mottle,
            shape: o.shape,
            scars: Vec::new(),
            spots: Vec::new(),
            erythema: Vec::new(),
            wrinkles: Vec::new(),
            pores: Vec::new(),
            hairs: Vec::new(),
        };
        scene.place_scars_and_spots(o)?;
        scene.place_erythema(o)?;
        scene.place_wrinkles(o.wrinkles);
        scene.place_pores(o.pores_per_cm2);
        scene.place_hairs(o.hairs);
        Ok(scene)
    }

    /// The same skin after a treatment: nothing moves, families fade.
    pub fn treated(&self, treatment: &Treatment) -> Self {
        let mut after = self.clone();
        after.relief *= treatment.relief_scale;
        after.melanin_od += treatment.melanin_shift_od;
        after.hemoglobin_od += treatment.hemoglobin_shift_od;
        after.scars.iter_mut().for_each(|s| s.depth_um *= treatment.depth_scale);
        after.spots.iter_mut().for_each(|s| s.peak_od *= treatment.spot_scale);
        after.erythema.iter_mut().for_each(|s| s.peak_od *= treatment.erythema_scale);
        after.wrinkles.iter_mut().for_each(|w| w.depth_um *= treatment.wrinkle_scale);
        after.pores.iter_mut().for_each(|p| p.depth_um *= treatment.pore_scale);
        after
    }

    /// Scars and spots keep clear of each other: a change of one cannot pass for the other's.
    fn place_scars_and_spots(&mut self, o: &SceneOptions) -> Result<(), PhantomError> {
        let mut rng = stream(o.seed, Purpose::Lesions);
        let mut taken = Vec::new();
        // Largest first: they would find no room between the small ones.
        let kinds = [
            (ScarKind::Rolling, "rolling scars", o.scars[2], [4.2, 6.5], [150.0, 450.0]),
            (ScarKind::Boxcar, "boxcar scars", o.scars[1], [1.6, 3.9], [120.0, 450.0]),
        ];
        for (kind, name, count, diameters, depths) in kinds {
            self.place_kind(&mut rng, &mut taken, o, (kind, name, count, diameters, depths))?;
        }
        for placed in 0..o.spots {
            let outline = {
                // Small spots are more common than large ones.
                let diameter_mm = 1.0 + 5.0 * between(&mut rng, 0.0, 1.0).powf(1.5);
                bent_outline(&mut rng, diameter_mm, o.irregularity)
            };
            let edge_mm = between(&mut rng, 0.15, 0.35) * outline.diameter_mm.min(2.5) / 2.0;
            let peak_od = between(&mut rng, 0.15, 0.55);
            let reach = outline.reach_mm() + edge_mm;
            let center_mm = self
                .find_room(&mut rng, &mut taken, reach)
                .ok_or_else(|| self.no_room("pigment spots", o.spots, placed))?;
            self.spots.push(Spot { center_mm, outline, edge_mm, peak_od });
        }
        let icepicks = (ScarKind::Icepick, "icepick scars", o.scars[0], [0.6, 1.8], [200.0, 700.0]);
        self.place_kind(&mut rng, &mut taken, o, icepicks)
    }

    fn place_kind(
        &mut self,
        rng: &mut ChaCha8Rng,
        taken: &mut Vec<[f64; 3]>,
        o: &SceneOptions,
        (kind, name, count, diameters, depths): (ScarKind, &'static str, usize, [f64; 2], [f64; 2]),
    ) -> Result<(), PhantomError> {
        for placed in 0..count {
            let diameter_mm = between(rng, diameters[0], diameters[1]);
            let irregularity = if kind == ScarKind::Icepick { 0.0 } else { o.irregularity };
            let outline = bent_outline(rng, diameter_mm, irregularity);
            // No scar is deeper than it is wide: an icepick of 0.6 mm reaches 400 µm or so.
            let depth_um = between(rng, depths[0], depths[1]).min(650.0 * diameter_mm);
            let center_mm = self
                .find_room(rng, taken, outline.reach_mm())
                .ok_or_else(|| self.no_room(name, count, placed))?;
            self.scars.push(Scar { kind, center_mm, outline, depth_um });
        }
        Ok(())
    }

    fn place_erythema(&mut self, o: &SceneOptions) -> Result<(), PhantomError> {
        let mut rng = stream(o.seed, Purpose::Erythema);
        let mut taken = Vec::new();
        for placed in 0..o.erythema {
            let widest = 12.0f64.min(self.size_mm[0].min(self.size_mm[1]) / 3.0);
            let diameter_mm = between(&mut rng, 3.0f64.min(widest), widest);
            let outline = bent_outline(&mut rng, diameter_mm, o.irregularity);
            let edge_mm = 0.3 * outline.diameter_mm;
            let peak_od = between(&mut rng, 0.08, 0.25);
            let reach = outline.reach_mm() + edge_mm;
            let center_mm = self
                .find_room(&mut rng, &mut taken, reach)
                .ok_or_else(|| self.no_room("erythema patches", o.erythema, placed))?;
            self.erythema.push(Spot { center_mm, outline, edge_mm, peak_od });
        }
        Ok(())
    }

    /// Wrinkles run about the same way, as on a forehead.
    fn place_wrinkles(&mut self, count: usize) {
        let mut rng = stream(self.seed, Purpose::Wrinkles);
        let main_direction = between(&mut rng, -0.5, 0.5);
        for _ in 0..count {
            let length_mm = between(&mut rng, 5.0, 0.6 * self.size_mm[0].max(10.0));
            let direction = main_direction + between(&mut rng, -0.25, 0.25);
            let from = [
                between(&mut rng, 0.0, 0.7 * self.size_mm[0]),
                between(&mut rng, 0.05, 0.95) * self.size_mm[1],
            ];
            let points_mm = curve(&mut rng, from, direction, length_mm, 0.06);
            let width_mm = between(&mut rng, 0.25, 0.55);
            let depth_um = between(&mut rng, 30.0, 110.0);
            self.wrinkles.push(Line { points_mm, width_mm, depth_um });
        }
    }

    fn place_pores(&mut self, per_cm2: f64) {
        let mut rng = stream(self.seed, Purpose::Pores);
        let [low, high] = self.padded();
        let area_cm2 = (high[0] - low[0]) * (high[1] - low[1]) / 100.0;
        let count = (per_cm2 * area_cm2).round() as usize;
        for _ in 0..count {
            let center_mm = [between(&mut rng, low[0], high[0]), between(&mut rng, low[1], high[1])];
            let diameter_mm = between(&mut rng, 0.25, 0.6);
            let depth_um = between(&mut rng, 25.0, 70.0);
            self.pores.push(Pore { center_mm, diameter_mm, depth_um });
        }
    }

    fn place_hairs(&mut self, count: usize) {
        let mut rng = stream(self.seed, Purpose::Hairs);
        let [low, high] = self.padded();
        let main_direction = between(&mut rng, 0.0, TAU);
        for _ in 0..count {
            let from = [between(&mut rng, low[0], high[0]), between(&mut rng, low[1], high[1])];
            let direction = main_direction + between(&mut rng, -0.6, 0.6);
            let length_mm = between(&mut rng, 4.0, 12.0);
            let points_mm = curve(&mut rng, from, direction, length_mm, 0.35);
            self.hairs.push(Line { points_mm, width_mm: between(&mut rng, 0.05, 0.09), depth_um: 0.0 });
        }
    }

    /// The scene and a tenth more on every side: another pose sees over the border.
    fn padded(&self) -> [[f64; 2]; 2] {
        [self.size_mm.map(|s| -0.1 * s), self.size_mm.map(|s| 1.1 * s)]
    }

    /// A center at which nothing already `taken` is touched, or `None`.
    fn find_room(&self, rng: &mut ChaCha8Rng, taken: &mut Vec<[f64; 3]>, reach_mm: f64) -> Option<[f64; 2]> {
        let border = BORDER_FRACTION * self.size_mm[0].min(self.size_mm[1]) + reach_mm;
        if self.size_mm.iter().any(|&s| s <= 2.0 * border) {
            return None;
        }
        for _ in 0..PLACEMENT_ATTEMPTS {
            let [x, y] = [0, 1].map(|k| between(rng, border, self.size_mm[k] - border));
            if taken.iter().all(|t| (t[0] - x).hypot(t[1] - y) > t[2] + reach_mm + GAP_MM) {
                taken.push([x, y, reach_mm]);
                return Some([x, y]);
            }
        }
        None
    }

    fn no_room(&self, kind: &'static str, wanted: usize, placed: usize) -> PhantomError {
        let [width_mm, height_mm] = self.size_mm;
        PhantomError::NoRoom { kind, wanted, placed, width_mm, height_mm }
    }
}

fn bent_outline(rng: &mut ChaCha8Rng, diameter_mm: f64, irregularity: f64) -> Outline {
    let amplitudes = [0.16, 0.10, 0.06].map(|a| a * irregularity * between(rng, 0.3, 1.0));
    let phases_rad = [0; 3].map(|_| between(rng, 0.0, TAU));
    Outline { diameter_mm, amplitudes, phases_rad }
}

/// A gently bending chain of points.
fn curve(rng: &mut ChaCha8Rng, from: [f64; 2], direction: f64, length_mm: f64, bend: f64) -> Vec<[f64; 2]> {
    const STEP_MM: f64 = 0.4;
    let steps = (length_mm / STEP_MM).ceil().max(4.0) as usize;
    let step_mm = length_mm / steps as f64;
    let (mut heading, mut turn) = (direction, 0.0);
    let mut points = vec![from];
    for k in 0..steps {
        turn = 0.8 * turn + bend * STEP_MM * between(rng, -1.0, 1.0);
        heading += turn;
        let [x, y] = points[k];
        points.push([x + step_mm * heading.cos(), y + step_mm * heading.sin()]);
    }
    points
}
