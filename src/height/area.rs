//! Heights onto another grid of the same view, by area; void stays void.

use rayon::prelude::*;

use crate::geometry::Size;
use crate::raster::Raster;

/// Least share of a pixel's area whose height must be known.
const LEAST_KNOWN: f32 = 0.5;

/// Which source pixels make a target pixel along one axis, and their weights.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// Heights on a grid of `target` pixels, `factor` of them per pixel of the map along x and y, and where they
/// are known: 1 and 0. NaN is void, and heights are 0 where none is known.
///
/// A coarser grid takes the mean of what each pixel covers, pixels of the map being even; a finer one lies on
/// straight lines between their centers. Where a border parts a pixel of the map, a slope is off by an eighth
/// of it at most.
pub fn resampled(map: &Raster, target: Size, factor: [f64; 2]) -> (Raster, Raster) {
    let source = map.size();
    let columns = taps(source.width, target.width, factor[0]);
    let rows = taps(source.height, target.height, factor[1]);
    // Along rows first: sums of heights that are known, and of their weights.
    let mut across = vec![[0.0f32; 2]; target.width as usize * source.height as usize];
    across.par_chunks_mut(target.width as usize).enumerate().for_each(|(y, out)| {
        let line = map.row(y as u32);
        for (out, taps) in out.iter_mut().zip(&columns) {
            for (&weight, &height) in taps.weights.iter().zip(&line[taps.first..]) {
                if !height.is_nan() {
                    out[0] += weight * height;
                    out[1] += weight;
                }
            }
        }
    });
    let (mut um, mut known) = (Raster::filled(target, 0.0), Raster::filled(target, 0.0));
    let width = target.width as usize;
    let lines = um.data_mut().par_chunks_mut(width).zip(known.data_mut().par_chunks_mut(width));
    lines.zip(&rows).for_each(|((um, known), taps)| {
        for (x, (um, known)) in um.iter_mut().zip(known).enumerate() {
            let (mut sum, mut total) = (0.0f32, 0.0f32);
            for (k, &weight) in taps.weights.iter().enumerate() {
                let [height, share] = across[(taps.first + k) * width + x];
                sum += weight * height;
                total += weight * share;
            }
            // Half a hair for rounding: weights sum to one.
            if total > LEAST_KNOWN - 1e-6 {
                (*um, *known) = (sum / total, 1.0);
            }
        }
    });
    (um, known)
}

fn taps(source: u32, target: u32, factor: f64) -> Vec<Taps> {
    let last = f64::from(source) - 1.0;
    (0..target)
        .map(|i| {
            let (start, end) = (f64::from(i) / factor, f64::from(i + 1) / factor);
            let (start, end) = (start.min(last), end.min(f64::from(source)));
            if end - start > 1.0 + 1e-9 {
                let first = start.floor();
                let after = (end - 1e-9).floor().min(last);
                let covered = |j: f64| ((j + 1.0).min(end) - j.max(start)) / (end - start);
                let weights = (first as usize..=after as usize).map(|j| covered(j as f64) as f32);
                return Taps { first: first as usize, weights: weights.collect() };
            }
            // Between centers; the rim is repeated.
            let place = (0.5 * (f64::from(2 * i + 1)) / factor - 0.5).clamp(0.0, last);
            let first = place.floor();
            let t = (place - first) as f32;
            let weights = if t > 1e-6 { vec![1.0 - t, t] } else { vec![1.0] };
            Taps { first: first as usize, weights }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tilted plane, in the coordinates of the view: 0 to 1.
    fn tilted(size: Size) -> Raster {
        Raster::from_fn(size, |x, y| {
            let u = (x as f32 + 0.5) / size.width as f32;
            let v = (y as f32 + 0.5) / size.height as f32;
            100.0 * u - 60.0 * v
        })
    }

    #[test]
    fn a_plane_stays_a_plane_on_any_grid() {
        let target = Size::new(60, 40);
        for source in [(60, 40), (120, 80), (30, 20), (600, 400), (90, 60), (45, 30), (61, 41)] {
            let source = Size::new(source.0, source.1);
            let factor = [60.0 / f64::from(source.width), 40.0 / f64::from(source.height)];
            let (found, known) = resampled(&tilted(source), target, factor);
            assert!(known.data().iter().all(|&k| k == 1.0));
            // The outermost centers of a coarser map lie inside those of the grid.
            for y in 2..38 {
                for x in 2..58 {
                    let off = (found.at(x, y) - tilted(target).at(x, y)).abs();
                    // Where a border parts a pixel of the map, its part counts as if at its middle.
                    let parted = 100.0 / source.width as f32 + 60.0 / source.height as f32;
                    assert!(off < 1e-3 + 0.125 * parted, "{source} at {x}, {y}: {off}");
                }
            }
        }
    }

    #[test]
    fn void_stays_void_and_does_not_bleed() {
        let map = Raster::from_fn(Size::new(40, 40), |x, _| if x < 20 { 7.0 } else { f32::NAN });
        for side in [40u32, 20, 13, 80] {
            let target = Size::new(side, side);
            let factor = f64::from(side) / 40.0;
            let (found, known) = resampled(&map, target, [factor, factor]);
            for x in 0..side {
                // Left of the middle everything is known, right of it nothing.
                let center = (f64::from(x) + 0.5) / factor;
                let share = if center < 19.0 { 1.0 } else { 0.0 };
                if (center - 20.0).abs() > 0.5 / factor.min(1.0) + 0.5 {
                    assert_eq!(f64::from(known.at(x, 3)), share, "{side}: {x}");
                }
                assert!((found.at(x, 3) - 7.0 * known.at(x, 3)).abs() < 1e-5);
            }
        }
    }
}
