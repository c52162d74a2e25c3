//! How skin stretched between two photographs: the gradient of the map from one to the other.

use nalgebra::{Matrix2, Matrix3, Vector3};

use super::motion::SkinMap;
use crate::geometry::fit::{Pair, solve};
use crate::geometry::{Homography, Model, Size};
use crate::raster::Raster;

/// Least weight of a node, so that the gradient is told beyond the rim too, where nothing asks for it.
const FAINT: f64 = 1e-4;
/// Nodes further away than so many standard deviations of the window count for nothing.
const REACH_SD: f64 = 3.0;

/// The gradient of a map on a lattice of nodes `spacing_px` apart, the first at (0, 0) of the source.
#[derive(Debug, Clone)]
pub struct Gradient {
    /// Distance of the nodes, in pixels of the source.
    pub spacing_px: f64,
    /// ∂(u, v)/∂(x, y) at every node.
    pub nodes: Raster<Matrix2<f64>>,
}

/// The gradient of `map`, each node's from a plane fitted to the map around it with Gaussian weights of
/// standard deviation `sigma_px`: for a map that is linear there it is exact, at the rim of the skin too.
/// `skin` is the weight of each node, on its lattice.
pub fn gradient(map: &SkinMap, skin: &Raster, spacing_px: f64, sigma_px: f64) -> Gradient {
    let size = skin.size();
    let mut goes = Vec::with_capacity(size.area());
    for y in 0..size.height {
        goes.extend((0..size.width).map(|x| map.apply(f64::from(x) * spacing_px, f64::from(y) * spacing_px)));
    }
    let goes = Raster::from_vec(size, goes);
    let sigma = sigma_px / spacing_px;
    let nodes = Raster::from_fn(size, |x, y| around(&goes, skin, (x, y), sigma) / spacing_px);
    Gradient { spacing_px, nodes }
}

/// Slope of the plane through what lies around one node, per node.
fn around(goes: &Raster<(f64, f64)>, skin: &Raster, (x, y): (u32, u32), sigma: f64) -> Matrix2<f64> {
    let reach = (REACH_SD * sigma).ceil() as i64;
    let Size { width, height } = skin.size();
    let mut normal = Matrix3::zeros();
    let mut right = [Vector3::zeros(); 2];
    let center = goes.at(x, y);
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            let (i, j) = (i64::from(x) + dx, i64::from(y) + dy);
            if !(0..i64::from(width)).contains(&i) || !(0..i64::from(height)).contains(&j) {
                continue;
            }
            let (i, j) = (i as u32, j as u32);
            let near = (-0.5 * (dx * dx + dy * dy) as f64 / (sigma * sigma)).exp();
            let weight = near * (f64::from(skin.at(i, j)) + FAINT);
            let row = Vector3::new(1.0, dx as f64, dy as f64);
            normal += weight * row * row.transpose();
            let (u, v) = goes.at(i, j);
            right[0] += weight * (u - center.0) * row;
            right[1] += weight * (v - center.1) * row;
        }
    }
    // Two nodes a side, each of some weight, always determine a plane.
    let inverse = normal.try_inverse().unwrap_or_else(Matrix3::identity);
    let (u, v) = (inverse * right[0], inverse * right[1]);
    Matrix2::new(u[1], u[2], v[1], v[2])
}

/// How far the camera was tilted against the skin between two photographs, in degrees: what a map of the
/// whole skin narrows toward one side, for a lens of focal length `focal_px`. `None` where there is too
/// little skin. Curved skin narrows more than flat skin does, so its tilt comes out too large.
pub fn tilt_deg(map: &SkinMap, skin: &Raster, spacing_px: f64, focal_px: f64) -> Option<f64> {
    let mut pairs = Vec::new();
    for y in 0..skin.size().height {
        for (x, &weight) in skin.row(y).iter().enumerate().filter(|(_, w)| **w > 0.5) {
            let before = (x as f64 * spacing_px, f64::from(y) * spacing_px);
            pairs.push(Pair { before, after: map.apply(before.0, before.1), weight: weight.into() });
        }
    }
    let Homography(h) = solve(Model::Homography, &pairs)?;
    let n = pairs.len() as f64;
    let center = |axis: fn(&Pair) -> f64| pairs.iter().map(axis).sum::<f64>() / n;
    let (x, y) = (center(|p| p.before.0), center(|p| p.before.1));
    // Seen from the middle of the skin.
    let whole = h[2][0] * x + h[2][1] * y + h[2][2];
    Some((focal_px * (h[2][0] / whole).hypot(h[2][1] / whole)).atan().to_degrees())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::align::Motion;

    const SPACING_PX: f64 = 20.0;

    fn skin() -> Raster {
        // A round patch: its rim cuts every window somewhere.
        Raster::from_fn(Size::new(31, 26), |x, y| {
            f32::from((f64::from(x) - 15.0).hypot(f64::from(y) - 12.0) < 11.0)
        })
    }

    #[test]
    fn a_linear_map_has_its_own_gradient_everywhere() {
        let map = SkinMap::plane(Homography([[1.02, 0.01, 5.0], [-0.03, 0.97, 8.0], [0.0, 0.0, 1.0]]));
        let found = gradient(&map, &skin(), SPACING_PX, 2.0 * SPACING_PX);
        let expected = Matrix2::new(1.02, 0.01, -0.03, 0.97);
        for at in [(15, 12), (4, 12), (15, 22), (0, 0), (30, 25)] {
            let off = (found.nodes.at(at.0, at.1) - expected).norm();
            assert!(off < 1e-9, "{at:?}: {off}");
        }
    }

    #[test]
    fn skin_that_shrinks_is_told_by_how_much() {
        // Shrinks by 2 % along x only, for the left half: the rest moves along.
        let lattice = Size::new(63, 53);
        let node = |k: u32| {
            let x = f64::from(k % 63) * 10.0;
            [(-0.02 * (x.min(300.0) - 300.0)) as f32, 0.0]
        };
        let map = SkinMap::with_motion(
            Homography::IDENTITY,
            Arc::new(Motion::new(lattice, 10.0, (0..lattice.area() as u32).map(node).collect())),
        );
        let found = gradient(&map, &skin(), SPACING_PX, SPACING_PX);
        let areal = |x, y| found.nodes.at(x, y).determinant() - 1.0;
        assert!((areal(8, 12) + 0.02).abs() < 1e-4, "{}", areal(8, 12));
        assert!(areal(22, 12).abs() < 1e-4, "{}", areal(22, 12));
    }

    #[test]
    fn a_tilted_camera_is_told_by_its_angle() {
        // A plane at a distance of 1500 focal pixels, turned by θ about the vertical axis: worked out from the
        // pinhole, not from the map's own form.
        let focal = 1500.0f64;
        for degrees in [0.0f64, 1.0, 2.0, 5.0] {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let (cx, cy) = (310.0, 250.0);
            let seen = |x: f64, y: f64| {
                let (x, y) = (x - cx, y - cy);
                let depth = focal + x * sin;
                (cx + focal * x * cos / depth, cy + focal * y / depth)
            };
            let corners = [(0.0, 0.0), (620.0, 0.0), (620.0, 500.0), (0.0, 500.0)];
            let pair = |(x, y)| Pair { before: (x, y), after: seen(x, y), weight: 1.0 };
            let plane = solve(Model::Homography, &corners.map(pair)).unwrap();
            let found = tilt_deg(&SkinMap::plane(plane), &skin(), SPACING_PX, focal).unwrap();
            assert!((found - degrees).abs() < 0.05 * degrees + 1e-6, "{degrees}: {found}");
        }
    }
}
