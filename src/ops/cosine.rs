//! Slopes to heights by the cosine transform: the least-squares surface of a rectangle, exact but for
//! rounding. It runs on the host, in f64, and is what [`super::poisson`] is held against.
//!
//! The five-point Laplacian with reflecting borders is diagonal in the DCT-II, with eigenvalues
//! 2·cos(πk/n) − 2 along each axis (Simchony, Chellappa & Shao 1990, doi:10.1109/34.55103).

use std::f64::consts::PI;
use std::sync::Arc;

use rayon::prelude::*;
use rustdct::{DctPlanner, TransformType2And3};

use crate::geometry::Size;
use crate::raster::Raster;

/// Heights whose slopes are `along_x` and `along_y` as nearly as can be, in units of height per pixel; their
/// mean is zero. Neighboring pixels differ by the mean of their slopes.
///
/// # Panics
/// If the planes differ in size.
pub fn integrate(along_x: &Raster, along_y: &Raster) -> Raster {
    assert_eq!(along_x.size(), along_y.size(), "slopes have one size");
    let size = along_x.size();
    let mut planner = DctPlanner::new();
    let [rows, columns] = [size.width, size.height].map(|n| planner.plan_dct2(n as usize));
    let mut plane = divergence(along_x, along_y);
    transformed(&mut plane, &rows, Way::There);
    let mut turned = transposed(&plane, size);
    transformed(&mut turned, &columns, Way::There);
    divided(&mut turned, size);
    transformed(&mut turned, &columns, Way::Back);
    let mut plane = transposed(&turned, Size::new(size.height, size.width));
    transformed(&mut plane, &rows, Way::Back);
    // There and back is half of the length along each axis.
    let scale = 4.0 / size.area() as f64;
    Raster::from_vec(size, plane.iter().map(|v| (scale * v) as f32).collect())
}

#[derive(Clone, Copy)]
enum Way {
    There,
    Back,
}

fn divergence(along_x: &Raster, along_y: &Raster) -> Vec<f64> {
    let Size { width, height } = along_x.size();
    let mean = |plane: &Raster, a: (u32, u32), b: (u32, u32)| {
        0.5 * (f64::from(plane.at(a.0, a.1)) + f64::from(plane.at(b.0, b.1)))
    };
    let mut out = vec![0.0; along_x.size().area()];
    out.par_chunks_mut(width as usize).enumerate().for_each(|(y, out)| {
        let y = y as u32;
        for (x, out) in (0..width).zip(out) {
            if x + 1 < width {
                *out += mean(along_x, (x, y), (x + 1, y));
            }
            if x > 0 {
                *out -= mean(along_x, (x - 1, y), (x, y));
            }
            if y + 1 < height {
                *out += mean(along_y, (x, y), (x, y + 1));
            }
            if y > 0 {
                *out -= mean(along_y, (x, y - 1), (x, y));
            }
        }
    });
    out
}

/// The transform of every row.
fn transformed(rows: &mut [f64], plan: &Arc<dyn TransformType2And3<f64>>, way: Way) {
    let scratch = || vec![0.0; plan.get_scratch_len()];
    rows.par_chunks_mut(plan.len()).for_each_init(scratch, |scratch, row| match way {
        Way::There => plan.process_dct2_with_scratch(row, scratch),
        Way::Back => plan.process_dct3_with_scratch(row, scratch),
    });
}

/// Divides by the eigenvalues of the Laplacian; rows are columns of the plane of this size.
fn divided(turned: &mut [f64], size: Size) {
    let eigenvalues =
        |n: u32| (0..n).map(|k| 2.0 * (PI * f64::from(k) / f64::from(n)).cos() - 2.0).collect::<Vec<f64>>();
    let [along_x, along_y] = [size.width, size.height].map(eigenvalues);
    for (row, ex) in turned.chunks_exact_mut(size.height as usize).zip(along_x) {
        for (value, ey) in row.iter_mut().zip(&along_y) {
            // The mean is free: zero.
            *value = if ex + ey < 0.0 { *value / (ex + ey) } else { 0.0 };
        }
    }
}

fn transposed(plane: &[f64], size: Size) -> Vec<f64> {
    let (width, height) = (size.width as usize, size.height as usize);
    let mut out = vec![0.0; plane.len()];
    out.par_chunks_mut(height).enumerate().for_each(|(x, column)| {
        for (y, value) in column.iter_mut().enumerate() {
            *value = plane[y * width + x];
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A surface and its slopes: pixels differ by the mean of their slopes, so a parabola is exact.
    #[test]
    fn a_surface_comes_back_from_its_slopes() {
        for size in [(1, 1), (7, 1), (1, 9), (40, 23), (64, 64)] {
            let size = Size::new(size.0, size.1);
            let (cx, cy) = (f64::from(size.width - 1) / 2.0, f64::from(size.height - 1) / 2.0);
            let place = |x: u32, y: u32| (f64::from(x) - cx, f64::from(y) - cy);
            let height = Raster::from_fn(size, |x, y| {
                let (x, y) = place(x, y);
                (0.02 * x * x - 0.03 * x * y + 0.01 * y * y + 0.4 * x - 0.2 * y) as f32
            });
            let along_x = Raster::from_fn(size, |x, y| {
                let (x, y) = place(x, y);
                (0.04 * x - 0.03 * y + 0.4) as f32
            });
            let along_y = Raster::from_fn(size, |x, y| {
                let (x, y) = place(x, y);
                (-0.03 * x + 0.02 * y - 0.2) as f32
            });
            let found = integrate(&along_x, &along_y);
            let mean = height.data().iter().sum::<f32>() / size.area() as f32;
            for (found, expected) in found.data().iter().zip(height.data()) {
                assert!((found - (expected - mean)).abs() < 1e-4, "{size}: {found}, {expected}");
            }
        }
    }
}
