//! Small patches of skin looked for near the place where the map puts them. Where they are found
//! refines the map to a fraction of a pixel, and how often they are found there, and not just
//! anywhere, tells the same skin from another's.

use rayon::prelude::*;

use crate::align::frame::Common;
use crate::geometry::Size;

/// Half the side of a patch, pixels: some 30 px hold a few pores or furrows each.
const HALF_PX: i32 = 15;
/// Patches wanted over the common skin.
const WANTED: f64 = 600.0;
/// Share of a patch that must be common skin.
const COVERED: f32 = 0.9;
/// A patch varies less than this, in OD: nothing to find.
const LEAST_RMS_OD: f64 = 0.001;

/// A patch that was looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// Center on the before-view.
    pub place: (f64, f64),
    /// From the predicted to the found place, pixels of the before-view.
    pub offset: (f64, f64),
    /// Correlation there.
    pub ncc: f64,
    /// Whether the peak lies inside the window that was searched.
    pub inner: bool,
}

/// Looks for patches within ±`reach` pixels.
pub(super) fn search(common: &Common, reach: i32) -> Vec<Found> {
    let size = common.mask.size();
    let skin: f64 = common.mask.data().iter().map(|&m| f64::from(m)).sum();
    let step = (skin / WANTED).sqrt().max(8.0) as usize;
    let margin = HALF_PX + reach;
    let rows: Vec<i32> = (margin..size.height as i32 - margin).step_by(step).collect();
    rows.par_iter()
        .flat_map_iter(|&y| {
            (margin..size.width as i32 - margin)
                .step_by(step)
                .filter_map(move |x| look_for(common, x, y, reach))
        })
        .collect()
}

fn look_for(common: &Common, x: i32, y: i32, reach: i32) -> Option<Found> {
    const SIDE: usize = (2 * HALF_PX + 1) as usize;
    let n = (SIDE * SIDE) as f64;
    let window = |plane: &crate::raster::Raster, half: i32| -> Vec<f32> {
        (y - half..=y + half)
            .flat_map(|r| plane.row(r as u32)[(x - half) as usize..=(x + half) as usize].iter().copied())
            .collect()
    };
    if window(&common.mask, HALF_PX).iter().sum::<f32>() < COVERED * n as f32 {
        return None;
    }
    let mut patch = window(&common.before, HALF_PX);
    let mean = patch.iter().sum::<f32>() / n as f32;
    patch.iter_mut().for_each(|v| *v -= mean);
    let patch_energy: f64 = patch.iter().map(|&v| f64::from(v * v)).sum();
    if (patch_energy / n).sqrt() < LEAST_RMS_OD {
        return None;
    }
    let half = HALF_PX + reach;
    let around = window(&common.after, half);
    let width = (2 * half + 1) as usize;
    let (sums, squares) = integrals(&around, width);
    let span = (2 * reach + 1) as usize;
    let mut scores = vec![0.0f64; span * span];
    for dy in 0..span {
        for dx in 0..span {
            let mut lanes = [0.0f32; 8];
            for r in 0..SIDE {
                let a = &patch[r * SIDE..][..SIDE];
                let b = &around[(dy + r) * width + dx..][..SIDE];
                for (a, b) in a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0) {
                    for k in 0..8 {
                        lanes[k] += a[k] * b[k];
                    }
                }
                for k in SIDE / 8 * 8..SIDE {
                    lanes[k % 8] += a[k] * b[k];
                }
            }
            let sum = box_sum(&sums, width, dx, dy, SIDE);
            let energy = box_sum(&squares, width, dx, dy, SIDE) - sum * sum / n;
            let cross = f64::from(lanes.iter().sum::<f32>());
            scores[dy * span + dx] =
                if energy > n * LEAST_RMS_OD.powi(2) { cross / (patch_energy * energy).sqrt() } else { 0.0 };
        }
    }
    Some(peak(&scores, span, reach, (f64::from(x) + 0.5, f64::from(y) + 0.5)))
}

/// Summed-area tables of values and squares, with a leading row and column of zeros.
fn integrals(values: &[f32], width: usize) -> (Vec<f64>, Vec<f64>) {
    let stride = width + 1;
    let (mut sums, mut squares) = (vec![0.0; stride * stride], vec![0.0; stride * stride]);
    for y in 0..width {
        let (mut line, mut line_squares) = (0.0, 0.0);
        for x in 0..width {
            let v = f64::from(values[y * width + x]);
            line += v;
            line_squares += v * v;
            sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + line;
            squares[(y + 1) * stride + x + 1] = squares[y * stride + x + 1] + line_squares;
        }
    }
    (sums, squares)
}

fn box_sum(table: &[f64], width: usize, x: usize, y: usize, side: usize) -> f64 {
    let stride = width + 1;
    table[(y + side) * stride + x + side] + table[y * stride + x]
        - table[y * stride + x + side]
        - table[(y + side) * stride + x]
}

fn peak(scores: &[f64], span: usize, reach: i32, place: (f64, f64)) -> Found {
    let best = (0..scores.len()).reduce(|b, k| if scores[k] > scores[b] { k } else { b }).unwrap_or(0);
    let (dx, dy) = (best % span, best / span);
    let inner = dx > 0 && dy > 0 && dx + 1 < span && dy + 1 < span;
    let vertex = |l: f64, c: f64, r: f64| {
        let bend = l - 2.0 * c + r;
        if bend < 0.0 { (0.5 * (l - r) / bend).clamp(-0.5, 0.5) } else { 0.0 }
    };
    let (mut fx, mut fy) = (0.0, 0.0);
    if inner {
        fx = vertex(scores[best - 1], scores[best], scores[best + 1]);
        fy = vertex(scores[best - span], scores[best], scores[best + span]);
    }
    let offset = (dx as f64 - f64::from(reach) + fx, dy as f64 - f64::from(reach) + fy);
    Found { place, offset, ncc: scores[best], inner }
}

/// Share of patches that were found where their neighbors were, within `tolerance_px`. A map fits
/// a smiling face only roughly, but neighbors move together; what is found by chance does not.
pub(super) fn coherent_share(found: &[Found], size: Size, tolerance_px: f64) -> f64 {
    if found.is_empty() {
        return 0.0;
    }
    let near = NEIGHBORHOOD * f64::from(size.width.max(size.height));
    let agree = found.iter().filter(|f| {
        let mut dx: Vec<f64> = Vec::new();
        let mut dy: Vec<f64> = Vec::new();
        for other in found {
            let distance = (other.place.0 - f.place.0).hypot(other.place.1 - f.place.1);
            if distance > 0.0 && distance <= near {
                dx.push(other.offset.0);
                dy.push(other.offset.1);
            }
        }
        dx.len() >= 4 && {
            let (mx, my) = (median(&mut dx), median(&mut dy));
            (f.offset.0 - mx).hypot(f.offset.1 - my) <= tolerance_px
        }
    });
    agree.count() as f64 / found.len() as f64
}

/// Radius within which patches count as neighbors, as a share of the longer side.
const NEIGHBORHOOD: f64 = 0.08;

/// Median of values, which are reordered; 0 for none.
pub(super) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::filter::gaussian;
    use crate::ops::testing::noise;
    use crate::raster::Raster;

    #[test]
    fn patches_of_shifted_noise_are_found_at_the_shift() {
        let size = Size::new(200, 160);
        let before = gaussian(&noise(size, 5), 2.0);
        let after = Raster::from_fn(size, |x, y| before.sample(f64::from(x) - 1.8, f64::from(y) + 2.7));
        let common = Common { before, after, mask: Raster::filled(size, 1.0) };
        let found = search(&common, 5);
        assert!(found.len() > 50);
        for f in &found {
            assert!(f.inner && (f.offset.0 - 2.3).abs() < 0.25 && (f.offset.1 + 2.2).abs() < 0.25, "{f:?}");
        }
        assert_eq!(coherent_share(&found, size, 1.0), 1.0);
    }

    #[test]
    fn patches_of_other_noise_are_found_by_chance_only() {
        let size = Size::new(300, 260);
        let [before, after] = [1, 2].map(|seed| gaussian(&noise(size, seed), 2.0));
        let common = Common { before, after, mask: Raster::filled(size, 1.0) };
        let share = coherent_share(&search(&common, 8), size, 1.5);
        assert!(share < 0.15, "{share}");
    }
}
