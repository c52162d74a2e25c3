//! What pictures must hide that may be handed on.

use crate::calibrate::{clip_limits, encoded};
use crate::engine::{Engine, EngineError};
use crate::geometry::Size;
use crate::ops::resample::resample;
use crate::photo::Photo;
use crate::raster::Raster;
use crate::region::{EyeZone, Hide, find_what_to_hide};

/// Pixels of the small version that eyes are sought on.
const PIXELS: f64 = 1.0e6;
/// Cells that hidden skin is reduced to: as shares of the distance of the pupils, and of the longer side.
const EYE_CELL: f64 = 0.45;
const CELL: f64 = 0.1;
/// Cells of which all must be skin to be shown where eyes may be anywhere, as a share of the longer side; and how much is all.
const HOLE_CELL: f64 = 0.025;
const WHOLE: f32 = 0.98;

/// What must be hidden of one photograph, in its pixels.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Veil(Hide);

/// Where a picture hides how much, and how coarse what is hidden becomes, in pixels.
pub(super) struct Veiled {
    pub weights: Raster,
    pub cell: u32,
}

impl Veil {
    /// Looks for eyes.
    pub fn of(finder: &Engine, photo: &Photo) -> Result<Self, EngineError> {
        let factor = (PIXELS / photo.size.area() as f64).sqrt().min(1.0);
        let linear = resample(finder, encoded(photo), photo.size, factor, clip_limits(photo))?;
        let found = find_what_to_hide(finder, &linear)?;
        Ok(Self(Hide { eyes: found.eyes.map(|zone| zone.scaled(1.0 / factor)), ..found }))
    }

    /// For people.
    pub fn told(&self) -> &'static str {
        match (self.knows_eyes(), self.0.beyond_skin) {
            (true, _) => "the eyes are hidden in pictures",
            (_, true) => {
                "no face was found for certain, and all but the measured skin is hidden in pictures: look at them before they are handed on"
            }
            (_, false) => {
                "no face was found for certain on this close-up: look at the pictures before they are handed on"
            }
        }
    }

    /// Whether all but measured skin must be hidden, where nobody knows of eyes.
    pub fn hides_all_but_skin(&self) -> bool {
        self.0.beyond_skin
    }

    /// Whether something looks like a face, and nobody knows its eyes.
    pub fn is_doubtful(&self) -> bool {
        self.0.eyes.is_some() && !self.knows_eyes()
    }

    /// Whether eyes were found, on an evident face.
    pub fn knows_eyes(&self) -> bool {
        self.0.eyes.as_ref().is_some_and(EyeZone::is_certain)
    }

    /// The eyes on a picture of `size`, with so many of its pixels per pixel of the photograph.
    pub fn on(&self, size: Size, scale: f64) -> Veiled {
        match self.0.eyes.as_ref().map(|zone| zone.scaled(scale)) {
            Some(zone) => {
                let weight = |x, y| zone.weight(f64::from(x) + 0.5, f64::from(y) + 0.5);
                Veiled { weights: Raster::from_fn(size, weight), cell: cell(EYE_CELL * zone.between()) }
            }
            None => Veiled { weights: Raster::filled(size, 0.0), cell: 1 },
        }
    }

    /// All of a picture, as coarse as a face that nobody knows must be.
    pub fn all(size: Size) -> Veiled {
        Veiled { weights: Raster::filled(size, 1.0), cell: coarse(size) }
    }
}

impl Veiled {
    /// Hides what another veil of the same size hides, too.
    pub fn and(&mut self, weights: &Raster, cell: u32) {
        for (weight, other) in self.weights.data_mut().iter_mut().zip(weights.data()) {
            *weight = weight.max(*other);
        }
        self.cell = self.cell.max(cell);
    }

    /// Hides all but the region.
    pub fn and_beyond(&mut self, region: &Raster) {
        self.and(&region.map(|inside| 1.0 - inside), coarse(region.size()));
    }

    /// Hides all but what is well inside the region: an eye that nobody knows of lies in a hole of the skin, and beside it.
    pub fn and_around(&mut self, region: &Raster) {
        let size = region.size();
        let cell = cell(HOLE_CELL * f64::from(size.width.max(size.height)));
        let whole = region.reduced(cell).map(|share| f32::from(share >= WHOLE));
        let place = |at: u32| (f64::from(at) + 0.5) / f64::from(cell);
        // All of a cell that is not whole, and a soft edge beyond.
        let hidden = |x, y| (2.0 * (1.0 - whole.sample(place(x), place(y)))).min(1.0);
        self.and(&Raster::from_fn(size, hidden), coarse(size));
    }

    /// A plane with means of cells where it is hidden: so few numbers are left that nothing is to be got back from them.
    pub fn over(&self, plane: &Raster) -> Raster {
        if self.weights.data().iter().all(|&weight| weight == 0.0) {
            return plane.clone();
        }
        let coarse = plane.reduced(self.cell);
        let size = plane.size();
        let cell = f64::from(self.cell);
        Raster::from_fn(size, |x, y| {
            let hidden = coarse.sample((f64::from(x) + 0.5) / cell, (f64::from(y) + 0.5) / cell);
            let shown = plane.at(x, y);
            shown + self.weights.at(x, y) * (hidden - shown)
        })
    }
}

fn cell(pixels: f64) -> u32 {
    pixels.round().max(4.0) as u32
}

fn coarse(size: Size) -> u32 {
    cell(CELL * f64::from(size.width.max(size.height)))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::photo::{Decoder, Limits};
    use crate::testing::shared_data;

    /// Faces of which no more than the measured skin is shown, at most.
    const UNCERTAIN: usize = 2;
    /// Close-ups of 20 that lose some skin in pictures, at most: what may be a face is taken for one.
    const CLOSE_UPS_HIDDEN: usize = 5;

    #[test]
    fn what_is_hidden_is_the_mean_of_cells_and_the_rest_as_before() {
        let size = Size::new(64, 64);
        let noise = Raster::from_fn(size, |x, y| ((x * 31 + y * 17) % 7) as f32);
        let mut veiled = Veil(Hide::default()).on(size, 1.0);
        assert_eq!(veiled.over(&noise), noise);
        let left = Raster::from_fn(size, |x, _| f32::from(x < 32));
        veiled.and(&left, 16);
        let over = veiled.over(&noise);
        assert!((0..64).all(|y| over.at(40, y) == noise.at(40, y)));
        let spread = |x: u32| {
            let column: Vec<f32> = (0..64).map(|y| over.at(x, y)).collect();
            column.iter().fold(f32::MIN, |a, &b| a.max(b)) - column.iter().fold(f32::MAX, |a, &b| a.min(b))
        };
        assert!(spread(10) < 0.2 && spread(40) == 6.0, "{} {}", spread(10), spread(40));
        // All of it leaves no more than ten cells along the longer side.
        assert_eq!(Veil::all(Size::new(800, 600)).cell, 80);
        let mut beyond = Veil(Hide { eyes: None, beyond_skin: true }).on(size, 1.0);
        beyond.and_beyond(&left);
        assert!(beyond.weights.at(0, 0) == 0.0 && beyond.weights.at(63, 0) == 1.0);
    }

    /// Around a pupil, in distances of the pupils: iris, white and lids.
    const EYE: f64 = 0.17;

    /// Pupils as people marked them: the first two of the landmarks beside a photograph.
    fn pupils(landmarks: &Path) -> [[f64; 2]; 2] {
        let text = std::fs::read_to_string(landmarks).unwrap();
        let number = |word: &str| word.parse().unwrap();
        let numbers: Vec<f64> = text.split_whitespace().skip(1).take(4).map(number).collect();
        [[numbers[0], numbers[1]], [numbers[2], numbers[3]]]
    }

    #[test]
    fn the_eyes_of_every_known_face_are_hidden_and_skin_is_not() {
        let Some(data) = shared_data() else { return };
        let finder = Engine::cpu().unwrap();
        let files = |folder: &str| {
            let entries = std::fs::read_dir(data.join(folder)).unwrap();
            let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
            files.sort();
            files
        };
        let veil = |file: &Path| {
            let photo = Decoder::new().load(file, &Limits::default()).unwrap();
            Veil::of(&finder, &photo).unwrap()
        };
        let sets = ["faces_repeat/canada", "faces_repeat/lisa", "faces_repeat/london_pairs"];
        let landmarks: Vec<PathBuf> = sets
            .iter()
            .flat_map(|set| files(set))
            .filter(|file| file.extension().is_some_and(|ending| ending == "tem"))
            .collect();
        assert!(landmarks.len() >= 40, "{} faces", landmarks.len());
        let (mut seen, mut uncertain) = (Vec::new(), 0);
        for marked in landmarks {
            let pupils = pupils(&marked);
            let between = (pupils[1][0] - pupils[0][0]).hypot(pupils[1][1] - pupils[0][1]);
            let found = veil(&marked.with_extension("jpg"));
            let zone = found.0.eyes.as_ref();
            let around = (0..16).map(|i| (f64::from(i) * std::f64::consts::TAU / 16.0).sin_cos());
            let hidden = around.flat_map(|(sin, cos)| {
                pupils.map(|[x, y]| [x + EYE * between * cos, y + EYE * between * sin])
            });
            let least = hidden.map(|[x, y]| zone.map_or(0.0, |zone| zone.weight(x, y))).fold(1.0, f32::min);
            if least < 1.0 {
                seen.push(format!("{}: {least}, certain: {}", marked.display(), found.knows_eyes()));
            }
            uncertain += usize::from(!found.knows_eyes());
        }
        assert!(seen.is_empty() && uncertain <= UNCERTAIN, "{uncertain} uncertain, {seen:#?}");
        let close_ups = files("clinical_closeups_pad_ufes/images");
        let hidden = close_ups.iter().filter(|file| veil(file).0 != Hide::default()).count();
        assert!(close_ups.len() == 20 && hidden <= CLOSE_UPS_HIDDEN, "{hidden} close-ups lose skin");
    }
}
