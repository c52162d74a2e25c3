//! Sizes and plane transforms.
//!
//! Coordinates are continuous, in pixels, with the *center* of pixel (column i, row j) at
//! (i + 0.5, j + 0.5): a change of resolution is then a plain multiplication.

pub(crate) mod fit;
pub(crate) mod hull;

pub use fit::Model;

use serde::{Deserialize, Serialize};

/// Width and height in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// `width` columns by `height` rows.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Number of pixels.
    pub const fn area(self) -> usize {
        self.width as usize * self.height as usize
    }
}

impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A projective map of the plane, row-major 3×3. Names carry direction: `after_from_before`
/// takes a point of the before-photograph to the after-photograph.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Homography(pub [[f64; 3]; 3]);

impl Homography {
    /// The map that leaves every point where it is.
    pub const IDENTITY: Self = Self([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]);

    /// Scaling about the origin.
    pub const fn scaling(factor: f64) -> Self {
        Self([[factor, 0.0, 0.0], [0.0, factor, 0.0], [0.0, 0.0, 1.0]])
    }

    /// Where `(x, y)` goes.
    pub fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        let m = &self.0;
        let w = m[2][0] * x + m[2][1] * y + m[2][2];
        ((m[0][0] * x + m[0][1] * y + m[0][2]) / w, (m[1][0] * x + m[1][1] * y + m[1][2]) / w)
    }

    /// `self` after `first`: the product self · first.
    pub fn after(&self, first: &Self) -> Self {
        let mut out = [[0.0; 3]; 3];
        for (r, row) in out.iter_mut().enumerate() {
            for (c, cell) in row.iter_mut().enumerate() {
                *cell = (0..3).map(|k| self.0[r][k] * first.0[k][c]).sum();
            }
        }
        Self(out)
    }

    /// The inverse map, or `None` where the matrix is singular.
    pub fn inverse(&self) -> Option<Self> {
        let m = nalgebra::Matrix3::from_fn(|r, c| self.0[r][c]).try_inverse()?;
        let w = m[(2, 2)];
        let w = if w.abs() > f64::EPSILON { w } else { 1.0 };
        Some(Self(std::array::from_fn(|r| std::array::from_fn(|c| m[(r, c)] / w))))
    }

    /// The same map between resampled photographs: `from_scale` and `to_scale` are new pixels per
    /// old pixel in the source and the target.
    pub fn rescaled(&self, from_scale: f64, to_scale: f64) -> Self {
        Self::scaling(to_scale).after(self).after(&Self::scaling(1.0 / from_scale))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILTED: Homography = Homography([[1.1, 0.2, 5.0], [-0.1, 0.9, -3.0], [1e-4, -2e-4, 1.0]]);

    #[test]
    fn inverse_brings_a_point_home() {
        let (x, y) = TILTED.apply(120.0, 45.0);
        let (x, y) = TILTED.inverse().unwrap().apply(x, y);
        assert!((x - 120.0).abs() < 1e-9 && (y - 45.0).abs() < 1e-9);
    }

    #[test]
    fn rescaled_map_agrees_with_the_original() {
        let (x, y) = TILTED.apply(120.0, 45.0);
        let (u, v) = TILTED.rescaled(0.5, 0.25).apply(60.0, 22.5);
        assert!((u - 0.25 * x).abs() < 1e-9 && (v - 0.25 * y).abs() < 1e-9);
    }

    #[test]
    fn singular_map_has_no_inverse() {
        assert_eq!(Homography([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 1.0]]).inverse(), None);
    }
}
