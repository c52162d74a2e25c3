//! The search for a face seen from the front: the template at all places, sizes and angles of a
//! small version, and then moved until it fits best.

use rayon::prelude::*;

use super::face::{FRINGE, Face};
use super::look::Look;
use super::template::{BESIDE, Darkness, Spot, Sums, mirrored, template};
use crate::engine::{Engine, EngineError};
use crate::geometry::Size;
use crate::raster::Raster;

/// Distances of the pupils that are tried, as shares of the longer side, and their ratio.
const BETWEEN: (f64, f64) = (0.055, 0.36);
const BETWEEN_STEP: f64 = 1.15;
/// Angles that are tried, in degrees.
const ANGLES_DEG: [f64; 5] = [-20.0, -10.0, 0.0, 10.0, 20.0];
/// Pixels between the pupils where faces are sought.
const SEARCH_PX: f64 = 14.0;
/// Smoothing before the search and before the refinement, in distances of the pupils.
const SEARCH_SIGMA: f64 = 0.07;
const REFINE_SIGMA: f64 = 0.05;
/// Warm skin, as density of green and of blue above red.
const WARM: (f32, f32) = (0.07, 0.15);
/// Share of the plain places that must be warm.
const LEAST_WARM: f32 = 0.7;
/// What counts beside the correlation: places beside that are no skin, size (a small match is
/// found by chance), and the price of a fringe.
const BESIDE_BONUS: f32 = 0.2;
const SIZE_BONUS: f32 = 0.05;
const FRINGE_PRICE: f32 = 0.12;
/// A face is evident from this score and this SD of density over its places on: on 62 faces at
/// least 0.79 and 0.28, on 20 close-ups at most 0.17 in the SD.
const LEAST_SCORE: f32 = 0.75;
const LEAST_CONTRAST: f32 = 0.22;
/// Below these it is none; between, it may be one.
const POSSIBLE_SCORE: f32 = 0.65;
const POSSIBLE_CONTRAST: f32 = 0.2;

/// A place that looks like a face.
#[derive(Debug, Clone, Copy)]
pub(super) struct Likeness {
    face: Face,
    score: f32,
    contrast: f32,
}

impl Likeness {
    /// Whether it is one.
    pub fn is_evident(&self) -> bool {
        self.score >= LEAST_SCORE && self.contrast >= LEAST_CONTRAST
    }

    /// Whether it may be one: what must not be missed is held to less.
    pub fn is_possible(&self) -> bool {
        self.score >= POSSIBLE_SCORE && self.contrast >= POSSIBLE_CONTRAST
    }

    /// The face, moved until it fits best.
    pub fn refined(&self, engine: &Engine, look: &Look) -> Result<Face, EngineError> {
        let all = Raster::filled(look.size(), 1.0);
        let smooth = super::masks::smoothed(engine, &look.green, &all, REFINE_SIGMA * self.face.between)?;
        Ok(refined(&smooth, &template(), self.face))
    }
}

/// The face of a photograph, where one is evident.
pub(super) fn find(engine: &Engine, look: &Look) -> Result<Option<Face>, EngineError> {
    let evident = likest(engine, look, BETWEEN.1)?.filter(Likeness::is_evident);
    evident.map(|found| found.refined(engine, look)).transpose()
}

/// The place that looks most like a face, of those whose pupils are nearer than this share of the longer side.
pub(super) fn likest(engine: &Engine, look: &Look, widest: f64) -> Result<Option<Likeness>, EngineError> {
    let size = look.size();
    let (green_red, blue_red) = (look.green_red(), look.blue_red());
    let warm = super::look::combined(&green_red, &blue_red, |g, b| f32::from(g > WARM.0 && b > WARM.1));
    let all = Raster::filled(size, 1.0);
    let spots = template();
    let longer = f64::from(size.width.max(size.height));
    let mut best: Option<(f32, f32, Face)> = None;
    let mut between = BETWEEN.0 * longer;
    while between < widest * longer {
        let smooth = super::masks::smoothed(engine, &look.green, &all, SEARCH_SIGMA * between)?;
        let bonus = SIZE_BONUS * (between / (BETWEEN.0 * longer)).log2() as f32;
        let level = Level::of(&smooth, &warm, between);
        for degrees in ANGLES_DEG {
            if let Some((score, contrast, face)) = level.best(&spots, degrees.to_radians())
                && best.is_none_or(|(most, ..)| score + bonus > most)
            {
                best = Some((score + bonus, contrast, face));
            }
        }
        between *= BETWEEN_STEP;
    }
    let Some((score, contrast, face)) = best else { return Ok(None) };
    tracing::debug!(score, contrast, ?face, "face");
    Ok(Some(Likeness { face, score, contrast }))
}

/// The photograph at a scale at which the pupils are [`SEARCH_PX`] apart.
struct Level {
    between: f64,
    size: Size,
    density: Padded,
    warm: Padded,
}

/// A raster with room around it, so that a template may reach beyond its edges.
struct Padded {
    margin: usize,
    width: usize,
    values: Vec<f32>,
}

impl Padded {
    fn new(size: Size, margin: usize, value: impl Fn(i64, i64) -> f32) -> Self {
        let width = size.width as usize + 2 * margin;
        let height = size.height as usize + 2 * margin;
        let values = (0..width * height)
            .map(|i| value((i % width) as i64 - margin as i64, (i / width) as i64 - margin as i64))
            .collect();
        Self { margin, width, values }
    }

    /// Row `y`, moved by `(dx, dy)`.
    fn row(&self, y: usize, [dx, dy]: [i64; 2], len: usize) -> &[f32] {
        let margin = self.margin as i64;
        let start = (y as i64 + dy + margin) * self.width as i64 + dx + margin;
        &self.values[start as usize..][..len]
    }
}

impl Level {
    fn of(density: &Raster, warm: &Raster, between: f64) -> Self {
        let full = density.size();
        let zoom = SEARCH_PX / between;
        let scaled = |n: u32| ((f64::from(n) * zoom) as u32).max(8);
        let size = Size::new(scaled(full.width), scaled(full.height));
        let source = |i: i64, n: u32| ((i as f64 + 0.5) / zoom).clamp(0.0, f64::from(n - 1)) as u32;
        // The farthest place, turned: 1.6 distances.
        let margin = (1.7 * SEARCH_PX) as usize;
        let at = |plane: &Raster, x: i64, y: i64| plane.at(source(x, full.width), source(y, full.height));
        let inside = |x: i64, y: i64| {
            (0..i64::from(size.width)).contains(&x) && (0..i64::from(size.height)).contains(&y)
        };
        Self {
            between,
            size,
            density: Padded::new(size, margin, |x, y| at(density, x, y)),
            warm: Padded::new(size, margin, |x, y| if inside(x, y) { at(warm, x, y) } else { 0.0 }),
        }
    }

    /// The best place: score, contrast, face.
    fn best(&self, spots: &[Spot], angle: f64) -> Option<(f32, f32, Face)> {
        let (sin, cos) = angle.sin_cos();
        let offset =
            |u: f64, v: f64| [u * cos - v * sin, u * sin + v * cos].map(|d| (d * SEARCH_PX).round() as i64);
        let offsets: Vec<([i64; 2], f32)> = spots.iter().map(|s| (offset(s.u, s.v), s.dark)).collect();
        let beside: Vec<[i64; 2]> =
            BESIDE.iter().flat_map(|&(u, v)| mirrored(u, v, 0.0)).map(|s| offset(s.u, s.v)).collect();
        let below = spots.iter().filter(|s| s.v >= FRINGE).count();
        let rows: Vec<Option<(f32, f32, usize, bool)>> = (0..self.size.height as usize)
            .into_par_iter()
            .map(|y| self.best_of_row(y, &offsets, &beside, below))
            .collect();
        let mut best: Option<(f32, f32, Face)> = None;
        for (y, found) in rows.into_iter().enumerate() {
            if let Some((score, contrast, x, fringe)) = found
                && best.is_none_or(|(most, ..)| score > most)
            {
                let center = [x, y].map(|i| (i as f64 + 0.5) * self.between / SEARCH_PX);
                best = Some((score, contrast, Face { center, between: self.between, angle, fringe }));
            }
        }
        best
    }

    fn best_of_row(
        &self,
        y: usize,
        offsets: &[([i64; 2], f32)],
        beside: &[[i64; 2]],
        below: usize,
    ) -> Option<(f32, f32, usize, bool)> {
        let len = self.size.width as usize;
        let mut skin_beside = vec![0f32; len];
        for &offset in beside {
            add(&mut skin_beside, self.warm.row(y, offset, len), 1.0);
        }
        let mut sums = Sums::new(len);
        let mut best: Option<(f32, f32, usize, bool)> = None;
        for (fringe, part) in [(true, 0..below), (false, below..offsets.len())] {
            for &(offset, dark) in &offsets[part.clone()] {
                sums.take(self.density.row(y, offset, len), dark);
                if dark == 0.0 {
                    add(&mut sums.warm, self.warm.row(y, offset, len), 1.0);
                }
            }
            let so_far = &offsets[..part.end];
            let plain = so_far.iter().filter(|(_, dark)| *dark == 0.0).count() as f32;
            let darkness = Darkness::of(so_far.iter().map(|(_, dark)| *dark));
            for x in (0..len).filter(|&x| sums.warm[x] >= LEAST_WARM * plain) {
                let (correlation, contrast) = sums.correlation(x, &darkness);
                let free = 1.0 - skin_beside[x] / beside.len() as f32;
                let score = correlation + BESIDE_BONUS * free - if fringe { FRINGE_PRICE } else { 0.0 };
                if best.is_none_or(|(most, ..)| score > most) {
                    best = Some((score, contrast, x, fringe));
                }
            }
        }
        best
    }
}

/// Moves, scales and turns a face until its places correlate no better.
fn refined(smooth: &Raster, spots: &[Spot], start: Face) -> Face {
    let spots: Vec<Spot> = spots.iter().filter(|s| !start.fringe || s.v >= FRINGE).copied().collect();
    let darkness = Darkness::of(spots.iter().map(|s| s.dark));
    let score = |face: &Face| {
        let mut sums = Sums::new(1);
        for spot in &spots {
            sums.take(&[face.value(smooth, spot.u, spot.v)], spot.dark);
        }
        sums.correlation(0, &darkness).0
    };
    let (mut face, mut most, mut step) = (start, score(&start), 0.12);
    while step > 0.02 {
        let moved = |dx: f64, dy: f64| Face {
            center: [face.center[0] + dx * step * face.between, face.center[1] + dy * step * face.between],
            ..face
        };
        let scaled = |sign: f64| Face { between: face.between * (1.0 + 0.6 * sign * step), ..face };
        let turned = |sign: f64| Face { angle: face.angle + sign * step * 50f64.to_radians(), ..face };
        let tries = [
            moved(1.0, 0.0),
            moved(-1.0, 0.0),
            moved(0.0, 1.0),
            moved(0.0, -1.0),
            scaled(1.0),
            scaled(-1.0),
            turned(1.0),
            turned(-1.0),
        ];
        let mut better = None;
        for candidate in tries {
            let found = score(&candidate);
            if found > most + 1e-6 {
                (most, better) = (found, Some(candidate));
            }
        }
        match better {
            Some(candidate) => face = candidate,
            None => step /= 2.0,
        }
    }
    face
}

fn add(sums: &mut [f32], values: &[f32], weight: f32) {
    for (sum, &value) in sums.iter_mut().zip(values) {
        *sum += weight * value;
    }
}
