//! How fast a surface forgets itself: its autocorrelation at every lag, by Fourier transform, and the
//! distances at which it falls to 0.2 (Sal and Str of ISO 25178-2).
//!
//! The correlation is unbiased: the mean product over the pairs of pixels that are both inside. A transform
//! holds two real planes, heights and mask, as one complex one; padding by the longest lag keeps what lies
//! at one side from meeting what lies at the other.

use rayon::prelude::*;
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftDirection, FftPlanner};

use super::statistics::Area;
use crate::geometry::Size;

/// Correlation at which the surface counts as forgotten.
const FORGOTTEN: f64 = 0.2;
/// Directions over a half turn, and the step along them in pixels.
const DIRECTIONS: usize = 720;
const STEP: f64 = 0.5;

/// Distances at which the correlation falls to 0.2 for the first time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decay {
    /// Along the direction in which it falls fastest, in pixels: Sal.
    pub shortest_px: f64,
    /// Along the slowest, in pixels; where it does not fall within reach, as far as was looked.
    pub longest_px: f64,
    /// Whether it falls along every direction.
    pub everywhere: bool,
}

impl Decay {
    /// Str, where the surface decays along every direction: 1 looks alike all around, 0 has one direction.
    pub fn aspect_ratio(&self) -> Option<f64> {
        self.everywhere.then_some(self.shortest_px / self.longest_px)
    }
}

/// The decay of the heights about `mean`, looked for up to `reach_px` (rounded up). `None` where it falls
/// nowhere.
pub fn decay(area: &Area<'_>, mean: f64, reach_px: f64) -> Option<Decay> {
    let correlation = Correlation::of(area, mean, reach_px.ceil() as usize)?;
    let crossings: Vec<Crossing> = (0..DIRECTIONS)
        .into_par_iter()
        .map(|d| correlation.crossing(std::f64::consts::PI * d as f64 / DIRECTIONS as f64))
        .collect();
    let fallen = crossings.iter().filter(|c| c.fallen).map(|c| c.at_px);
    let shortest_px = fallen.fold(f64::INFINITY, f64::min);
    shortest_px.is_finite().then(|| Decay {
        shortest_px,
        longest_px: crossings.iter().map(|c| c.at_px).fold(0.0, f64::max),
        everywhere: crossings.iter().all(|c| c.fallen),
    })
}

struct Crossing {
    at_px: f64,
    fallen: bool,
}

/// The correlation at lags of at most `reach` along each axis.
struct Correlation {
    /// Rows of lags from 0 to `reach` down, each from −`reach` to `reach` along x.
    values: Vec<f64>,
    reach: [usize; 2],
}

impl Correlation {
    fn of(area: &Area<'_>, mean: f64, reach: usize) -> Option<Self> {
        let (first, size) = bounds(area)?;
        let reach = [size.width, size.height].map(|side| reach.min(side as usize - 1));
        let padded = [size.width as usize + reach[0], size.height as usize + reach[1]];
        let width = area.heights.size().width as usize;
        let mut plane = vec![Complex::default(); padded[0] * padded[1]];
        for y in 0..size.height as usize {
            for x in 0..size.width as usize {
                let i = (first[1] + y) * width + first[0] + x;
                if area.holds(i) {
                    plane[y * padded[0] + x] = Complex::new(f64::from(area.heights.data()[i]) - mean, 1.0);
                }
            }
        }
        let mut planner = FftPlanner::new();
        transform(&mut plane, padded, &mut planner, FftDirection::Forward);
        spectra(&mut plane, padded);
        transform(&mut plane, padded, &mut planner, FftDirection::Inverse);

        // Products and numbers of pairs; counts are whole, so rounding goes.
        let scale = 1.0 / (padded[0] * padded[1]) as f64;
        let value = |dx: isize, dy: usize| {
            let x = dx.rem_euclid(padded[0] as isize) as usize;
            let found = scale * plane[dy * padded[0] + x];
            let pairs = found.im.round();
            if pairs > 0.0 { found.re / pairs } else { 0.0 }
        };
        let variance = value(0, 0);
        let across = reach[0] as isize;
        let values = (0..=reach[1]).flat_map(|dy| (-across..=across).map(move |dx| (dx, dy)));
        (variance > 0.0)
            .then(|| Self { values: values.map(|(dx, dy)| value(dx, dy) / variance).collect(), reach })
    }

    /// At a lag within reach; bilinear between whole lags.
    fn at(&self, x: f64, y: f64) -> f64 {
        let columns = 2 * self.reach[0] + 1;
        let (u, v) = (x.floor(), y.floor());
        let (tx, ty) = (x - u, y - v);
        let whole = |dx: f64, dy: f64| {
            let column = (dx + self.reach[0] as f64).clamp(0.0, (columns - 1) as f64) as usize;
            let row = dy.clamp(0.0, self.reach[1] as f64) as usize;
            self.values[row * columns + column]
        };
        let top = whole(u, v) + tx * (whole(u + 1.0, v) - whole(u, v));
        let bottom = whole(u, v + 1.0) + tx * (whole(u + 1.0, v + 1.0) - whole(u, v + 1.0));
        top + ty * (bottom - top)
    }

    /// Where it falls first along a direction between 0 and π.
    fn crossing(&self, angle: f64) -> Crossing {
        let (sin, cos) = angle.sin_cos();
        let mut last = (0.0, 1.0);
        for n in 1.. {
            let r = STEP * f64::from(n);
            let (x, y) = (r * cos, r * sin);
            if x.abs() > self.reach[0] as f64 || y.abs() > self.reach[1] as f64 {
                break;
            }
            let found = self.at(x, y);
            if found <= FORGOTTEN {
                let t = (last.1 - FORGOTTEN) / (last.1 - found);
                return Crossing { at_px: last.0 + t * (r - last.0), fallen: true };
            }
            last = (r, found);
        }
        Crossing { at_px: last.0, fallen: false }
    }
}

/// First column and row, and the size, of what is inside.
fn bounds(area: &Area<'_>) -> Option<([usize; 2], Size)> {
    let width = area.heights.size().width as usize;
    let (mut first, mut end) = ([usize::MAX; 2], [0; 2]);
    for i in (0..area.heights.data().len()).filter(|&i| area.holds(i)) {
        for (axis, place) in [i % width, i / width].into_iter().enumerate() {
            first[axis] = first[axis].min(place);
            end[axis] = end[axis].max(place + 1);
        }
    }
    (end[0] > 0).then(|| (first, Size::new((end[0] - first[0]) as u32, (end[1] - first[1]) as u32)))
}

/// Transforms every row, then every column.
fn transform(
    plane: &mut [Complex<f64>],
    [width, height]: [usize; 2],
    planner: &mut FftPlanner<f64>,
    direction: FftDirection,
) {
    let run = |lines: &mut [Complex<f64>], plan: &dyn Fft<f64>| {
        let scratch = || vec![Complex::default(); plan.get_inplace_scratch_len()];
        lines
            .par_chunks_mut(plan.len())
            .for_each_init(scratch, |scratch, line| plan.process_with_scratch(line, scratch));
    };
    run(plane, planner.plan_fft(width, direction).as_ref());
    let mut turned = vec![Complex::default(); plane.len()];
    turn(plane, &mut turned, width, height);
    run(&mut turned, planner.plan_fft(height, direction).as_ref());
    turn(&turned, plane, height, width);
}

fn turn(from: &[Complex<f64>], to: &mut [Complex<f64>], width: usize, height: usize) {
    to.par_chunks_mut(height).enumerate().for_each(|(x, column)| {
        for (y, value) in column.iter_mut().enumerate() {
            *value = from[y * width + x];
        }
    });
}

/// From the transform of heights + i·mask to that of products + i·pairs: power spectra of both, parted by
/// the symmetry of real planes.
fn spectra(plane: &mut [Complex<f64>], [width, height]: [usize; 2]) {
    for y in 0..height {
        for x in 0..width {
            let i = y * width + x;
            let j = (height - y) % height * width + (width - x) % width;
            if j < i {
                continue;
            }
            let (a, b) = (plane[i], plane[j].conj());
            let heights = 0.5 * (a + b);
            let mask = Complex::new(0.0, -0.5) * (a - b);
            plane[i] = Complex::new(heights.norm_sqr(), mask.norm_sqr());
            plane[j] = plane[i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{noise, random_mask};
    use crate::raster::Raster;

    /// The literal mean product over pairs.
    #[test]
    fn every_lag_is_the_mean_product_of_its_pairs() {
        let size = Size::new(23, 17);
        let heights = noise(size, 3).map(|v| 4.0 * v + 1.0);
        let mask = random_mask(size, 4, 0.7);
        let area = Area { heights: &heights, mask: &mask, pitch_um: 1.0 };
        let mean = area.amplitude().unwrap().mean;
        let found = Correlation::of(&area, mean, 9).unwrap();
        let product = |dx: i32, dy: i32| {
            let (mut sum, mut pairs) = (0.0, 0.0);
            for y in 0..17 {
                for x in 0..23 {
                    let (u, v) = (x + dx, y + dy);
                    if (0..23).contains(&u) && (0..17).contains(&v) {
                        let [i, j] = [(y * 23 + x) as usize, (v * 23 + u) as usize];
                        if area.holds(i) && area.holds(j) {
                            let z = |k: usize| f64::from(heights.data()[k]) - mean;
                            sum += z(i) * z(j);
                            pairs += 1.0;
                        }
                    }
                }
            }
            sum / pairs
        };
        for (dx, dy) in [(0, 0), (1, 0), (0, 1), (-3, 2), (9, 9), (-9, 9), (9, 0)] {
            let expected = product(dx, dy) / product(0, 0);
            let found = found.at(f64::from(dx), f64::from(dy));
            assert!((found - expected).abs() < 1e-9, "{dx}, {dy}: {found}, expected {expected}");
        }
    }

    #[test]
    fn waves_decay_across_and_not_along() {
        let size = Size::new(400, 300);
        // cos(2πr/40) falls to 0.2 at 40·acos(0.2)/2π = 8.718; ten waves less the lag are no whole number.
        let heights = Raster::from_fn(size, |x, _| (std::f32::consts::TAU * x as f32 / 40.0).cos());
        let mask = Raster::filled(size, 1.0);
        let area = Area { heights: &heights, mask: &mask, pitch_um: 1.0 };
        let found = decay(&area, 0.0, 60.0).unwrap();
        assert!((found.shortest_px - 8.718).abs() < 0.15, "{found:?}");
        assert!(!found.everywhere && found.longest_px >= 59.0, "{found:?}");
        assert_eq!(found.aspect_ratio(), None);
        assert_eq!(decay(&area, 0.0, 5.0), None);
    }
}
