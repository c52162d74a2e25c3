//! Plane maps fitted to points, and what they say of scale and tilt.

use nalgebra::{Matrix2, Matrix3, SMatrix, SVector, SymmetricEigen};

use crate::geometry::Homography;

/// The projective map that takes the first of each pair to the second: least squares of the
/// normalized direct linear transform (Hartley 1997, doi:10.1109/34.601246). `None` for fewer than
/// four pairs, or where they lie on a line.
pub fn fit_map(pairs: &[([f64; 2], [f64; 2])]) -> Option<Homography> {
    if pairs.len() < 4 {
        return None;
    }
    let from = normalizing(pairs.iter().map(|p| p.0))?;
    let to = normalizing(pairs.iter().map(|p| p.1))?;
    let mut normal = SMatrix::<f64, 9, 9>::zeros();
    for (a, b) in pairs {
        let ((x, y), (u, v)) = (from.apply(a[0], a[1]), to.apply(b[0], b[1]));
        for row in
            [[x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, -u], [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, -v]]
        {
            let row = SVector::<f64, 9>::from(row);
            normal += row * row.transpose();
        }
    }
    let eigen = SymmetricEigen::new(normal);
    let least = (0..9).min_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]))?;
    let h = eigen.eigenvectors.column(least);
    let map = Homography(std::array::from_fn(|r| std::array::from_fn(|c| h[3 * r + c])));
    let map = to.inverse()?.after(&map).after(&from);
    let whole = map.0[2][2];
    let map = Homography(map.0.map(|row| row.map(|v| v / whole)));
    let sound = map.0.iter().flatten().all(|v| v.is_finite())
        && Matrix3::from_fn(|r, c| map.0[r][c]).determinant().abs() > 1e-12;
    sound.then_some(map)
}

/// Shifts points to their mean and scales their mean distance from it to √2.
fn normalizing(points: impl Iterator<Item = [f64; 2]> + Clone) -> Option<Homography> {
    let n = points.clone().count() as f64;
    let mean = points.clone().fold([0.0; 2], |m, p| [m[0] + p[0] / n, m[1] + p[1] / n]);
    let distance = points.map(|p| (p[0] - mean[0]).hypot(p[1] - mean[1])).sum::<f64>() / n;
    let s = 2f64.sqrt() / distance;
    s.is_finite().then_some(Homography([[s, 0.0, -s * mean[0]], [0.0, s, -s * mean[1]], [0.0, 0.0, 1.0]]))
}

/// How a flat thing lies before the camera at one of its points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placement {
    /// Pixels per mm: the root of the area of a square millimetre.
    pub px_per_mm: f64,
    /// Angle between its normal and the line of sight, in degrees, from how much shorter one
    /// direction appears than the other.
    pub tilt_deg: f64,
}

/// How the plane of `image_from_mm` lies at a point.
pub fn placement(image_from_mm: &Homography, [x, y]: [f64; 2]) -> Placement {
    let step = 1e-3;
    let at = |x: f64, y: f64| image_from_mm.apply(x, y);
    let along = |a: (f64, f64), b: (f64, f64)| [(b.0 - a.0) / (2.0 * step), (b.1 - a.1) / (2.0 * step)];
    let dx = along(at(x - step, y), at(x + step, y));
    let dy = along(at(x, y - step), at(x, y + step));
    let singular = Matrix2::new(dx[0], dy[0], dx[1], dy[1]).singular_values();
    let (long, short) = (singular[0].max(singular[1]), singular[0].min(singular[1]));
    Placement {
        px_per_mm: (long * short).sqrt(),
        tilt_deg: (short / long).clamp(0.0, 1.0).acos().to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_is_found_again_from_its_points() {
        let map = Homography([[11.0, 2.0, 300.0], [-1.5, 9.0, 120.0], [2e-3, -1e-3, 1.0]]);
        let points = [[0.0, 0.0], [60.0, 0.0], [60.0, 30.0], [0.0, 30.0], [20.0, 11.0]];
        let pairs = points.map(|p| (p, map.apply(p[0], p[1]).into()));
        let found = fit_map(&pairs).unwrap();
        let (x, y) = map.apply(44.0, 3.0);
        let (u, v) = found.apply(44.0, 3.0);
        assert!((u - x).hypot(v - y) < 1e-7);
        assert_eq!(fit_map(&pairs[..3]), None);
        let line = [0.0, 1.0, 2.0, 3.0].map(|x| ([x, x], [x, x]));
        assert!(fit_map(&line).is_none_or(|m| (m.apply(5.0, 0.0).0 - 5.0).abs() > 1e-6));
    }

    #[test]
    fn a_plane_turned_by_thirty_degrees_is_seen_so() {
        // x appears shorter by cos 30°, seen from far away, 10 px/mm.
        let cos = 30f64.to_radians().cos();
        let found =
            placement(&Homography([[10.0 * cos, 0.0, 5.0], [0.0, 10.0, 7.0], [0.0, 0.0, 1.0]]), [0.0; 2]);
        assert!((found.tilt_deg - 30.0).abs() < 1e-3);
        assert!((found.px_per_mm - 10.0 * cos.sqrt()).abs() < 1e-6);
    }
}
