//! Skin that moved otherwise than the plane map says, and the whole map from skin to skin.

use std::sync::Arc;

use crate::geometry::{Homography, Size};

/// A smooth displacement on a lattice of nodes, linear between them and constant beyond the rim.
#[derive(Debug, Clone, PartialEq)]
pub struct Motion {
    spacing_px: f64,
    columns: usize,
    rows: usize,
    nodes: Vec<[f32; 2]>,
}

impl Motion {
    /// Displacements in pixels at the nodes (i, j) · `spacing_px` of a lattice of size `lattice`.
    ///
    /// # Panics
    /// If there are fewer than two nodes a side, or not one displacement for each.
    pub fn new(lattice: Size, spacing_px: f64, nodes: Vec<[f32; 2]>) -> Self {
        assert!(lattice.width >= 2 && lattice.height >= 2, "a lattice has two nodes a side");
        assert_eq!(nodes.len(), lattice.area(), "one displacement for each node");
        Self { spacing_px, columns: lattice.width as usize, rows: lattice.height as usize, nodes }
    }

    /// The displacement at (`x`, `y`), in pixels.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let place = |p: f64, n: usize| {
            let node = (p / self.spacing_px).clamp(0.0, n as f64 - 1.0);
            let first = (node as usize).min(n - 2);
            (first, node - first as f64)
        };
        let ((i, tx), (j, ty)) = (place(x, self.columns), place(y, self.rows));
        let node = |i: usize, j: usize| self.nodes[j * self.columns + i].map(f64::from);
        let [a, b, c, d] = [node(i, j), node(i + 1, j), node(i, j + 1), node(i + 1, j + 1)];
        let mix = |axis: usize| {
            let top = a[axis] + tx * (b[axis] - a[axis]);
            let bottom = c[axis] + tx * (d[axis] - c[axis]);
            top + ty * (bottom - top)
        };
        (mix(0), mix(1))
    }

    /// det(I + ∇u) of the cell around (`x`, `y`): how areas change, negative where skin would fold.
    pub fn area_ratio(&self, x: f64, y: f64) -> f64 {
        let h = 0.5 * self.spacing_px;
        let ((r, l), (d, u)) =
            ((self.at(x + h, y), self.at(x - h, y)), (self.at(x, y + h), self.at(x, y - h)));
        let s = self.spacing_px;
        (1.0 + (r.0 - l.0) / s) * (1.0 + (d.1 - u.1) / s) - (d.0 - u.0) / s * ((r.1 - l.1) / s)
    }
}

/// Where each place of one photograph's skin lies on another: a plane map of the whole view, and
/// before it the motion of the skin, where that was followed. Names carry direction, as those of
/// [`Homography`] do.
#[derive(Debug, Clone, PartialEq)]
pub struct SkinMap {
    plane: Homography,
    inverse: Homography,
    motion: Option<Arc<Motion>>,
    /// Pixels of the motion's lattice per pixel of the source.
    motion_scale: f64,
}

/// Steps of the inverse: each leaves the product of strain and error.
const INVERSE_STEPS: usize = 8;

impl SkinMap {
    /// The map that leaves every place where it is.
    pub fn identity() -> Self {
        Self::plane(Homography::IDENTITY)
    }

    /// A plane map alone. One without an inverse is taken for the identity backward: nothing that
    /// was registered has such a map.
    pub fn plane(plane: Homography) -> Self {
        let inverse = plane.inverse().unwrap_or(Homography::IDENTITY);
        Self { plane, inverse, motion: None, motion_scale: 1.0 }
    }

    /// `plane` after `motion`, both in the same pixels.
    pub fn with_motion(plane: Homography, motion: Arc<Motion>) -> Self {
        Self { motion: Some(motion), ..Self::plane(plane) }
    }

    fn moved(&self, x: f64, y: f64) -> (f64, f64) {
        self.motion.as_ref().map_or((0.0, 0.0), |motion| {
            let (dx, dy) = motion.at(x * self.motion_scale, y * self.motion_scale);
            (dx / self.motion_scale, dy / self.motion_scale)
        })
    }

    /// Where (`x`, `y`) goes.
    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let (dx, dy) = self.moved(x, y);
        self.plane.apply(x + dx, y + dy)
    }

    /// Which place goes to (`u`, `v`).
    pub fn apply_inverse(&self, u: f64, v: f64) -> (f64, f64) {
        let (x0, y0) = self.inverse.apply(u, v);
        if self.motion.is_none() {
            return (x0, y0);
        }
        let (mut x, mut y) = (x0, y0);
        for _ in 0..INVERSE_STEPS {
            let (dx, dy) = self.moved(x, y);
            (x, y) = (x0 - dx, y0 - dy);
        }
        (x, y)
    }

    /// The same map between resampled photographs: `from_scale` and `to_scale` are new pixels per
    /// old pixel in the source and the target.
    pub fn rescaled(&self, from_scale: f64, to_scale: f64) -> Self {
        Self {
            motion: self.motion.clone(),
            motion_scale: self.motion_scale / from_scale,
            ..Self::plane(self.plane.rescaled(from_scale, to_scale))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILTED: Homography = Homography([[1.1, 0.2, 5.0], [-0.1, 0.9, -3.0], [1e-4, -2e-4, 1.0]]);

    fn wave() -> Motion {
        let lattice = Size::new(27, 22);
        let nodes = (0..lattice.height)
            .flat_map(|j| (0..lattice.width).map(move |i| (i as f32, j as f32)))
            .map(|(i, j)| [3.0 * (i / 4.0).sin(), 2.0 * (j / 5.0).cos()])
            .collect();
        Motion::new(lattice, 8.0, nodes)
    }

    #[test]
    fn the_inverse_brings_a_place_home() {
        let map = SkinMap::with_motion(TILTED, Arc::new(wave()));
        for (x, y) in [(12.0, 9.0), (100.3, 77.1), (190.0, 150.0)] {
            let (u, v) = map.apply(x, y);
            let (a, b) = map.apply_inverse(u, v);
            assert!((a - x).hypot(b - y) < 1e-3, "({x}, {y}) came back as ({a}, {b})");
        }
    }

    #[test]
    fn a_rescaled_map_agrees_with_the_original() {
        let map = SkinMap::with_motion(TILTED, Arc::new(wave()));
        let (x, y) = map.apply(120.0, 45.0);
        let (u, v) = map.rescaled(0.5, 0.25).apply(60.0, 22.5);
        assert!((u - 0.25 * x).abs() < 1e-9 && (v - 0.25 * y).abs() < 1e-9);
    }

    #[test]
    fn areas_change_as_the_gradient_says() {
        let lattice = Size::new(5, 5);
        let stretched = |sx: f32, sy: f32| {
            let node = |k: u32| [sx * (k % 5) as f32 * 8.0, sy * (k / 5) as f32 * 8.0];
            Motion::new(lattice, 8.0, (0..25).map(node).collect())
        };
        assert!((stretched(0.03, 0.0).area_ratio(16.0, 16.0) - 1.03).abs() < 1e-6);
        assert!(stretched(-1.5, 0.0).area_ratio(16.0, 16.0) < 0.0, "a fold");
    }
}
