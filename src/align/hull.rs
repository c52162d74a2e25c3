//! Convex hulls.

/// Area of the convex hull of points.
pub(super) fn hull_area(points: &[(f64, f64)]) -> f64 {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    sorted.dedup();
    if sorted.len() < 3 {
        return 0.0;
    }
    let lower = chain(sorted.iter());
    let upper = chain(sorted.iter().rev());
    let hull: Vec<(f64, f64)> = lower.into_iter().chain(upper).collect();
    let twice: f64 = (0..hull.len())
        .map(|k| {
            let (a, b) = (hull[k], hull[(k + 1) % hull.len()]);
            a.0 * b.1 - a.1 * b.0
        })
        .sum();
    twice.abs() / 2.0
}

/// One side of the hull, without its last point (Andrew's monotone chain).
fn chain<'a>(points: impl Iterator<Item = &'a (f64, f64)>) -> Vec<(f64, f64)> {
    let mut side: Vec<(f64, f64)> = Vec::new();
    for &p in points {
        while let [.., a, b] = side[..] {
            if (b.0 - a.0) * (p.1 - a.1) - (b.1 - a.1) * (p.0 - a.0) > 0.0 {
                break;
            }
            side.pop();
        }
        side.push(p);
    }
    side.pop();
    side
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hull_of_a_square_with_points_inside_is_the_square() {
        let points = [(0.0, 0.0), (4.0, 0.0), (2.0, 2.0), (4.0, 4.0), (1.0, 3.0), (0.0, 4.0), (2.0, 0.0)];
        assert_eq!(hull_area(&points), 16.0);
    }

    #[test]
    fn a_circle_has_its_area_and_a_line_none() {
        let circle: Vec<_> = (0..360).map(|d| f64::from(d).to_radians().sin_cos()).collect();
        assert!((hull_area(&circle) - std::f64::consts::PI).abs() < 1e-3);
        assert_eq!(hull_area(&[(0.0, 0.0), (1.0, 1.0), (3.0, 3.0)]), 0.0);
        assert_eq!(hull_area(&[]), 0.0);
    }
}
