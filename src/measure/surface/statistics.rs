//! Heights of an area to numbers: the amplitude and the hybrid parameters of ISO 25178-2, over the pixels
//! that are inside. Sums are those of rows, added in the order of rows, in f64.

use rayon::prelude::*;

use crate::measure::abbott::{Core, core};
use crate::raster::Raster;

/// Bins of the material-ratio curve, from the lowest height to the highest.
const BINS: usize = 1 << 15;

/// A scale-limited surface.
#[derive(Debug, Clone, Copy)]
pub struct Area<'a> {
    /// Heights in µm.
    pub heights: &'a Raster,
    /// Above one half where the surface is known.
    pub mask: &'a Raster,
    /// Distance of neighboring pixels, in µm.
    pub pitch_um: f64,
}

/// Heights about their mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amplitude {
    /// Mean height, in the units of the heights.
    pub mean: f64,
    /// Mean of |z|.
    pub sa: f64,
    /// Root of the mean of z².
    pub sq: f64,
    /// Highest peak over deepest pit.
    pub sz: f64,
    /// ⟨z³⟩ / Sq³: below zero where pits prevail.
    pub ssk: f64,
    /// ⟨z⁴⟩ / Sq⁴: 3 for heights of a normal distribution.
    pub sku: f64,
    /// Lowest and highest value.
    pub range: [f32; 2],
}

/// Slopes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hybrid {
    /// Root of the mean square of the gradient.
    pub sdq: f64,
    /// Area of the surface over that of its projection, less one, in per cent.
    pub sdr_percent: f64,
}

impl Area<'_> {
    fn width(&self) -> usize {
        self.heights.size().width as usize
    }

    fn inside(&self, i: usize) -> bool {
        self.mask.data()[i] > 0.5
    }

    /// Whether pixel `i` is inside.
    pub fn holds(&self, i: usize) -> bool {
        self.inside(i)
    }

    /// Σ over rows of what each row sums to.
    fn sums<const N: usize>(&self, of_row: impl Fn(usize) -> [f64; N] + Sync) -> [f64; N] {
        let rows: Vec<[f64; N]> =
            (0..self.heights.size().height as usize).into_par_iter().map(&of_row).collect();
        let mut total = [0.0; N];
        for row in rows {
            total.iter_mut().zip(row).for_each(|(total, v)| *total += v);
        }
        total
    }

    /// Σ over the pixels that are inside.
    fn over_pixels<const N: usize>(&self, of: impl Fn(f64) -> [f64; N] + Sync) -> [f64; N] {
        let width = self.width();
        self.sums(|y| {
            let mut sums = [0.0; N];
            for i in (y * width..(y + 1) * width).filter(|&i| self.inside(i)) {
                let values = of(f64::from(self.heights.data()[i]));
                sums.iter_mut().zip(values).for_each(|(sum, v)| *sum += v);
            }
            sums
        })
    }

    /// Amplitudes; `None` without pixels or on a flat.
    pub fn amplitude(&self) -> Option<Amplitude> {
        let [count, sum] = self.over_pixels(|z| [1.0, z]);
        let mean = sum / count;
        let [a, b, c, d] = self.over_pixels(|z| {
            let z = z - mean;
            [z.abs(), z * z, z * z * z, z * z * z * z]
        });
        let sq = (b / count).sqrt();
        let known = self.heights.data().iter().enumerate().filter(|(i, _)| self.inside(*i));
        let range =
            known.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], (_, &z)| [low.min(z), high.max(z)]);
        (count > 0.0 && sq > 0.0).then(|| Amplitude {
            mean,
            sa: a / count,
            sq,
            sz: f64::from(range[1]) - f64::from(range[0]),
            ssk: c / count / sq.powi(3),
            sku: d / count / sq.powi(4),
            range,
        })
    }

    /// Slopes between neighbors that are both inside, and the triangles over every square of four that are:
    /// the mean of both ways to part it. `None` where there are none.
    pub fn hybrid(&self) -> Option<Hybrid> {
        let (width, height) = (self.width(), self.heights.size().height as usize);
        let z = self.heights.data();
        let slope = |from: usize, to: usize| (f64::from(z[to]) - f64::from(z[from])) / self.pitch_um;
        let [along_x, columns, along_y, rows, area, squares] = self.sums(|y| {
            let mut sums = [0.0; 6];
            for x in 0..width {
                let here = y * width + x;
                if !self.inside(here) {
                    continue;
                }
                let right = (x + 1 < width && self.inside(here + 1)).then_some(here + 1);
                let below = (y + 1 < height && self.inside(here + width)).then_some(here + width);
                if let Some(right) = right {
                    sums[0] += slope(here, right).powi(2);
                    sums[1] += 1.0;
                }
                if let Some(below) = below {
                    sums[2] += slope(here, below).powi(2);
                    sums[3] += 1.0;
                }
                if let (Some(right), Some(below)) = (right, below)
                    && self.inside(below + 1)
                {
                    let opposite = below + 1;
                    let [top, bottom] = [slope(here, right), slope(below, opposite)];
                    let [left, far] = [slope(here, below), slope(right, opposite)];
                    let triangle = |x: f64, y: f64| 0.25 * (1.0 + x * x + y * y).sqrt();
                    sums[4] += triangle(top, far) + triangle(bottom, left);
                    sums[4] += triangle(top, left) + triangle(bottom, far);
                    sums[5] += 1.0;
                }
            }
            sums
        });
        (columns > 0.0 && rows > 0.0 && squares > 0.0).then(|| Hybrid {
            sdq: (along_x / columns + along_y / rows).sqrt(),
            sdr_percent: 100.0 * (area / squares - 1.0),
        })
    }

    /// The core of the material-ratio curve of heights within `range`, with the peaks above and the valleys
    /// below it.
    pub fn material(&self, [low, high]: [f32; 2]) -> Option<Core> {
        let (low, high) = (f64::from(low), f64::from(high));
        let bin = (high - low) / BINS as f64;
        let mut counts = vec![0u64; BINS];
        for (i, &z) in self.heights.data().iter().enumerate() {
            if self.inside(i) {
                counts[(((f64::from(z) - low) / bin) as usize).min(BINS - 1)] += 1;
            }
        }
        core(&counts, bin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    /// Relief `z` over 40×30 pixels 50 µm apart, without the right column.
    fn numbers(z: impl Fn(f64, f64) -> f64) -> (Amplitude, Hybrid) {
        let size = Size::new(40, 30);
        let heights = Raster::from_fn(size, |x, y| z(f64::from(x), f64::from(y)) as f32);
        let mask = Raster::from_fn(size, |x, _| f32::from(x < 39));
        let area = Area { heights: &heights, mask: &mask, pitch_um: 50.0 };
        (area.amplitude().unwrap(), area.hybrid().unwrap())
    }

    #[test]
    fn a_tilted_plane_has_one_slope_and_the_area_of_its_tilt() {
        let (_, hybrid) = numbers(|x, y| 30.0 * x - 40.0 * y);
        // Slopes 0.6 and −0.8 make a gradient of one, an area of √2.
        assert!((hybrid.sdq - 1.0).abs() < 1e-6 && (hybrid.sdr_percent - 41.421_356).abs() < 1e-4);
    }

    #[test]
    fn steps_of_two_heights_have_moments_known_by_hand() {
        // A quarter of the columns at 4 µm would be 0.75 and −0.25 about the mean, times four.
        let (found, _) = numbers(|x, _| if x >= 39.0 { 1e6 } else { 4.0 * f64::from(x % 3.0 == 0.0) });
        // 13 of 39 columns: mean 4/3, |z| 16/9, z² 32/9, skewness 1/√2, kurtosis 3/2, by hand.
        for (found, expected) in [
            (found.mean, 4.0 / 3.0),
            (found.sa, 16.0 / 9.0),
            (found.sq, (32.0f64 / 9.0).sqrt()),
            (found.sz, 4.0),
            (found.ssk, 0.5f64.sqrt()),
            (found.sku, 1.5),
        ] {
            assert!((found - expected).abs() < 1e-9, "{found}, expected {expected}");
        }
    }

    #[test]
    fn a_flat_has_none() {
        let plane = Raster::filled(Size::new(9, 9), 1.0);
        let area = Area { heights: &plane, mask: &plane, pitch_um: 1.0 };
        assert_eq!(area.amplitude(), None);
        let nothing = Raster::filled(Size::new(9, 9), 0.0);
        assert_eq!(Area { mask: &nothing, ..area }.hybrid(), None);
    }
}
