//! Blobs of the scale space that can be found again: extrema of its differences, located between
//! pixels, spread over the whole of the skin.

use rayon::prelude::*;

use crate::align::scale_space::{LEVELS, Octave, sigma_of};
use crate::geometry::Size;
use crate::raster::Raster;

/// Keypoints wanted on a view.
const WANTED: usize = 2400;
/// Cells along the longer side among which they are shared out.
const CELLS: u32 = 16;
/// Weakest difference taken, in OD: below it is the rounding of eight-bit photographs.
const WEAKEST_OD: f32 = 0.001;
/// Largest ratio of the two curvatures: along an edge a point cannot be located.
const EDGE_RATIO: f64 = 10.0;
/// Skin must reach this many σ around a keypoint.
const CLEARANCE_SIGMAS: f64 = 2.0;

/// A blob.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keypoint {
    /// Position in pixels of the view.
    pub x: f64,
    /// Position in pixels of the view.
    pub y: f64,
    /// Size in pixels of the view.
    pub sigma_px: f64,
    /// Strength, OD.
    pub response: f32,
    /// Which octave.
    pub octave: usize,
    /// Which Gaussian of the octave is next to its size.
    pub level: usize,
}

/// Keypoints on the mask, best first in every cell of a grid.
pub(super) fn find(octaves: &[Octave], mask: &Raster) -> Vec<Keypoint> {
    let mut all = Vec::new();
    for (index, octave) in octaves.iter().enumerate() {
        for level in 1..=LEVELS {
            all.extend(extrema(octave, index, level));
        }
    }
    all.retain(|k| on_skin(mask, k));
    spread(all, mask.size())
}

fn extrema(octave: &Octave, index: usize, level: usize) -> Vec<Keypoint> {
    let [below, here, above] = [0, 1, 2].map(|k| &octave.differences[level - 1 + k]);
    let size = here.size();
    let width = size.width as usize;
    (1..size.height - 1)
        .into_par_iter()
        .flat_map_iter(|y| {
            let rows = [below, here, above].map(|r| [y - 1, y, y + 1].map(|y| r.row(y)));
            let mut found = Vec::new();
            for x in 1..width - 1 {
                let value = rows[1][1][x];
                if value.abs() < WEAKEST_OD {
                    continue;
                }
                let sign = value.signum();
                let strength = value.abs();
                let beaten = rows.iter().enumerate().any(|(s, three)| {
                    three.iter().enumerate().any(|(r, row)| {
                        (0..3).any(|c| (s, r, c) != (1, 1, 1) && sign * row[x + c - 1] >= strength)
                    })
                });
                if !beaten {
                    found.extend(located([below, here, above], x as u32, y, octave.step_px, index, level));
                }
            }
            found
        })
        .collect()
}

/// The extremum of the quadratic through the 27 values.
fn located(
    planes: [&Raster; 3],
    x: u32,
    y: u32,
    step_px: f64,
    octave: usize,
    level: usize,
) -> Option<Keypoint> {
    let v = |s: usize, dx: i32, dy: i32| {
        f64::from(planes[s].at(x.wrapping_add_signed(dx), y.wrapping_add_signed(dy)))
    };
    let center = v(1, 0, 0);
    let gradient = nalgebra::Vector3::new(
        (v(1, 1, 0) - v(1, -1, 0)) / 2.0,
        (v(1, 0, 1) - v(1, 0, -1)) / 2.0,
        (v(2, 0, 0) - v(0, 0, 0)) / 2.0,
    );
    let dxx = v(1, 1, 0) + v(1, -1, 0) - 2.0 * center;
    let dyy = v(1, 0, 1) + v(1, 0, -1) - 2.0 * center;
    let dss = v(2, 0, 0) + v(0, 0, 0) - 2.0 * center;
    let dxy = (v(1, 1, 1) - v(1, -1, 1) - v(1, 1, -1) + v(1, -1, -1)) / 4.0;
    let dxs = (v(2, 1, 0) - v(2, -1, 0) - v(0, 1, 0) + v(0, -1, 0)) / 4.0;
    let dys = (v(2, 0, 1) - v(2, 0, -1) - v(0, 0, 1) + v(0, 0, -1)) / 4.0;
    let determinant = dxx * dyy - dxy * dxy;
    if determinant <= 0.0 || (dxx + dyy).powi(2) / determinant >= (EDGE_RATIO + 1.0).powi(2) / EDGE_RATIO {
        return None;
    }
    let hessian = nalgebra::Matrix3::new(dxx, dxy, dxs, dxy, dyy, dys, dxs, dys, dss);
    let offset = -(hessian.try_inverse()? * gradient);
    if offset.iter().any(|o| o.is_nan() || o.abs() > 1.0) {
        return None;
    }
    let scale = level as f64 + offset[2];
    Some(Keypoint {
        x: (f64::from(x) + 0.5 + offset[0]) * step_px,
        y: (f64::from(y) + 0.5 + offset[1]) * step_px,
        sigma_px: sigma_of(scale) * step_px,
        response: (center + 0.5 * gradient.dot(&offset)).abs() as f32,
        octave,
        level: (scale.round().max(0.0) as usize).min(LEVELS + 2),
    })
}

fn on_skin(mask: &Raster, k: &Keypoint) -> bool {
    let size = mask.size();
    let reach = CLEARANCE_SIGMAS * k.sigma_px;
    (0..8).all(|turn| {
        let (sin, cos) = (f64::from(turn) * std::f64::consts::FRAC_PI_4).sin_cos();
        let (x, y) = (k.x + reach * cos, k.y + reach * sin);
        x >= 0.0
            && y >= 0.0
            && x < f64::from(size.width)
            && y < f64::from(size.height)
            && mask.at(x as u32, y as u32) >= 0.5
    })
}

/// The strongest of every cell, as many in each.
fn spread(all: Vec<Keypoint>, size: Size) -> Vec<Keypoint> {
    let cell_px = (f64::from(size.width.max(size.height)) / f64::from(CELLS)).max(1.0);
    let columns = (f64::from(size.width) / cell_px).ceil() as usize;
    let rows = (f64::from(size.height) / cell_px).ceil() as usize;
    let mut cells: Vec<Vec<Keypoint>> = vec![Vec::new(); columns * rows];
    for k in all {
        let (column, row) = ((k.x / cell_px) as usize, (k.y / cell_px) as usize);
        cells[row.min(rows - 1) * columns + column.min(columns - 1)].push(k);
    }
    let occupied = cells.iter().filter(|c| !c.is_empty()).count().max(1);
    let quota = WANTED.div_ceil(occupied);
    for cell in &mut cells {
        cell.sort_by(|a, b| b.response.total_cmp(&a.response));
        cell.truncate(quota);
    }
    cells.concat()
}
