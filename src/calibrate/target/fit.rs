//! Plane maps fitted to points, and what they say of scale and tilt.

use nalgebra::Matrix2;

use crate::geometry::fit::{Pair, solve};
use crate::geometry::{Homography, Model};

/// A card or chart tilted by more than this gives no scale: what it says and what holds beside it
/// differ by as much as the sides of a square that is tilted so.
pub const LARGEST_TILT_DEG: f64 = 25.0;

/// The projective map that takes the first of each pair to the second, by least squares. `None` for
/// fewer than four pairs, or where they lie on a line.
pub fn fit_map(pairs: &[([f64; 2], [f64; 2])]) -> Option<Homography> {
    let pair =
        |(from, to): &([f64; 2], [f64; 2])| Pair { before: (*from).into(), after: (*to).into(), weight: 1.0 };
    solve(Model::Homography, &pairs.iter().map(pair).collect::<Vec<_>>())
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

/// Coefficient of variation of a scale, in per cent: of the thing's own lengths, of the fit, and of the
/// tilt. A scale from `points` points that scatter by `residual` about a fit over a `spread` scatters by
/// residual/(spread·√points); a tilt of θ moves the scale by √cos θ where the skin is not tilted with the
/// thing, and that is taken as one standard deviation.
pub fn scale_cv_percent(own_percent: f64, residual: f64, spread: f64, points: usize, tilt_deg: f64) -> f64 {
    let fit = 100.0 * residual / (spread * (points as f64).sqrt());
    let tilt = 100.0 * (1.0 - tilt_deg.to_radians().cos().sqrt());
    (own_percent.powi(2) + fit * fit + tilt * tilt).sqrt()
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
        assert_eq!(fit_map(&line), None);
    }

    #[test]
    fn what_makes_a_scale_unsure_adds_up_in_squares() {
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
        close(scale_cv_percent(0.5, 0.0, 10.0, 12, 0.0), 0.5);
        // 1 px over 10 px and 4 points: 5 %.
        close(scale_cv_percent(0.0, 1.0, 10.0, 4, 0.0), 5.0);
        // √cos 60° = 0.7071.
        close(scale_cv_percent(0.0, 0.0, 10.0, 4, 60.0), 100.0 * (1.0 - 0.5f64.sqrt()));
        close(scale_cv_percent(3.0, 0.8, 10.0, 4, 0.0), 5.0);
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
