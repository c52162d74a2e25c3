//! What a keypoint's surroundings look like, free of turn, size and light: orientation and a
//! histogram of gradients over 4×4 cells and 8 directions (Lowe 2004).

use std::f32::consts::TAU;

use rayon::prelude::*;

use crate::align::keypoints::Keypoint;
use crate::align::scale_space::{Octave, sigma_of};
use crate::ops::lanes::floor;
use crate::raster::Raster;

const CELLS: usize = 4;
const DIRECTIONS: usize = 8;
/// Values of a descriptor.
pub(super) const LENGTH: usize = CELLS * CELLS * DIRECTIONS;
/// What stands for 1 in a descriptor, which is a unit vector in whole numbers.
const UNIT: f32 = 16384.0;
/// Side of a cell, in σ of the keypoint.
const CELL_SIGMAS: f32 = 3.0;
/// Largest share of one direction, so that one strong edge does not decide.
const LARGEST: f32 = 0.2;
const ORIENTATION_BINS: usize = 36;
/// A second direction nearly as strong gives a second feature.
const SECOND_PEAK: f32 = 0.8;

/// A keypoint with direction and descriptor.
#[derive(Debug, Clone)]
pub(super) struct Feature {
    /// Position in pixels of the view.
    pub x: f64,
    /// Position in pixels of the view.
    pub y: f64,
    /// Size in pixels of the view.
    pub sigma_px: f64,
    /// Direction in radians, from x toward y.
    pub angle: f64,
    /// A unit vector, by [`UNIT`].
    pub descriptor: [i16; LENGTH],
}

/// Describes keypoints, in their order.
pub(super) fn describe(octaves: &[Octave], keypoints: &[Keypoint]) -> Vec<Feature> {
    keypoints
        .par_iter()
        .flat_map_iter(|k| {
            let octave = &octaves[k.octave];
            let plane = &octave.gaussians[k.level];
            let place = Place {
                x: (k.x / octave.step_px - 0.5) as f32,
                y: (k.y / octave.step_px - 0.5) as f32,
                sigma: sigma_of(k.level as f64) as f32,
            };
            orientations(plane, &place).into_iter().map(move |angle| Feature {
                x: k.x,
                y: k.y,
                sigma_px: k.sigma_px,
                angle: f64::from(angle),
                descriptor: whole(&histogram(plane, &place, angle)),
            })
        })
        .collect()
}

/// Where in an octave, with pixel centers at whole numbers.
struct Place {
    x: f32,
    y: f32,
    sigma: f32,
}

/// Calls `take` with offset from the place and gradient, for all pixels within `radius`.
fn gradients(plane: &Raster, place: &Place, radius: f32, mut take: impl FnMut(f32, f32, f32, f32)) {
    let (w, h) = (plane.size().width as i32, plane.size().height as i32);
    let limits = |center: f32, n: i32| {
        (((center - radius).ceil() as i32).max(1), ((center + radius).floor() as i32).min(n - 2))
    };
    let ((x0, x1), (y0, y1)) = (limits(place.x, w), limits(place.y, h));
    for y in y0..=y1 {
        let [up, row, down] = [y - 1, y, y + 1].map(|y| plane.row(y as u32));
        for x in x0..=x1 {
            let i = x as usize;
            take(x as f32 - place.x, y as f32 - place.y, row[i + 1] - row[i - 1], down[i] - up[i]);
        }
    }
}

fn orientations(plane: &Raster, place: &Place) -> Vec<f32> {
    let sigma = 1.5 * place.sigma;
    let mut bins = [0.0f32; ORIENTATION_BINS];
    gradients(plane, place, 3.0 * sigma, |dx, dy, gx, gy| {
        let weight = (-(dx * dx + dy * dy) / (2.0 * sigma * sigma)).exp();
        let turn = gy.atan2(gx).rem_euclid(TAU) / TAU * ORIENTATION_BINS as f32;
        bins[turn as usize % ORIENTATION_BINS] += weight * gx.hypot(gy);
    });
    for _ in 0..4 {
        let old = bins;
        for (k, bin) in bins.iter_mut().enumerate() {
            let [before, after] = [ORIENTATION_BINS - 1, 1].map(|d| old[(k + d) % ORIENTATION_BINS]);
            *bin = 0.25 * before + 0.5 * old[k] + 0.25 * after;
        }
    }
    let strongest = bins.iter().copied().fold(0.0, f32::max);
    let mut peaks: Vec<(f32, f32)> = (0..ORIENTATION_BINS)
        .filter_map(|k| {
            let [l, c, r] = [ORIENTATION_BINS - 1, 0, 1].map(|d| bins[(k + d) % ORIENTATION_BINS]);
            (c > l && c >= r && c >= SECOND_PEAK * strongest).then(|| {
                let shift = 0.5 * (l - r) / (l - 2.0 * c + r);
                (c, (k as f32 + 0.5 + shift) / ORIENTATION_BINS as f32 * TAU)
            })
        })
        .collect();
    peaks.sort_by(|a, b| b.0.total_cmp(&a.0));
    peaks.truncate(2);
    peaks.into_iter().map(|(_, angle)| angle).collect()
}

fn histogram(plane: &Raster, place: &Place, angle: f32) -> [f32; LENGTH] {
    let cell = CELL_SIGMAS * place.sigma;
    let (sin, cos) = angle.sin_cos();
    let half = CELLS as f32 / 2.0;
    let mut bins = [0.0f32; LENGTH];
    gradients(plane, place, cell * (half + 0.5) * std::f32::consts::SQRT_2, |dx, dy, gx, gy| {
        let (u, v) = ((cos * dx + sin * dy) / cell, (cos * dy - sin * dx) / cell);
        // Cell coordinates: cell centers at whole numbers.
        let (cu, cv) = (u + half - 0.5, v + half - 0.5);
        if cu <= -1.0 || cv <= -1.0 || cu >= CELLS as f32 || cv >= CELLS as f32 {
            return;
        }
        let weight = (-(u * u + v * v) / (2.0 * half * half)).exp() * gx.hypot(gy);
        let turn = (gy.atan2(gx) - angle).rem_euclid(TAU) / TAU * DIRECTIONS as f32;
        share_out(&mut bins, cu, cv, turn, weight);
    });
    normalize(&mut bins);
    bins.iter_mut().for_each(|b| *b = b.min(LARGEST));
    normalize(&mut bins);
    bins
}

/// Adds to the eight nearest bins.
fn share_out(bins: &mut [f32; LENGTH], cu: f32, cv: f32, turn: f32, weight: f32) {
    let [u0, v0, t0] = [cu, cv, turn].map(floor);
    let (fu, fv, ft) = (cu - u0 as f32, cv - v0 as f32, turn - t0 as f32);
    for (row, wv) in [(v0, 1.0 - fv), (v0 + 1, fv)] {
        for (column, wu) in [(u0, 1.0 - fu), (u0 + 1, fu)] {
            let inside = 0..CELLS as i32;
            if !inside.contains(&row) || !inside.contains(&column) {
                continue;
            }
            let at = (row as usize * CELLS + column as usize) * DIRECTIONS;
            let first = t0 as usize % DIRECTIONS;
            bins[at + first] += weight * wv * wu * (1.0 - ft);
            bins[at + (first + 1) % DIRECTIONS] += weight * wv * wu * ft;
        }
    }
}

fn normalize(bins: &mut [f32; LENGTH]) {
    let length = bins.iter().map(|b| b * b).sum::<f32>().sqrt();
    if length > 0.0 {
        bins.iter_mut().for_each(|b| *b /= length);
    }
}

/// Cosine of the angle between two descriptors.
pub(super) fn similarity(a: &[i16; LENGTH], b: &[i16; LENGTH]) -> f32 {
    // No sum exceeds the squared length, which fits; checks for it would keep the loop from being vectorized.
    let product = |(a, b): (&i16, &i16)| i32::from(*a).wrapping_mul(i32::from(*b));
    let sum = a.iter().zip(b).map(product).fold(0i32, i32::wrapping_add);
    sum as f32 / (UNIT * UNIT)
}

/// In whole numbers: processors multiply twice as many of them at once, and every feature is held against every other.
fn whole(histogram: &[f32; LENGTH]) -> [i16; LENGTH] {
    histogram.map(|bin| (bin * UNIT).round() as i16)
}
