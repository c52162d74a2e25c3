//! Convex hulls.

/// Convex hull of points from the leftmost on, clockwise on the screen (Andrew 1979,
/// doi:10.1016/0020-0190(79)90072-3); the points themselves where there are fewer than three.
pub(crate) fn convex_hull(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let mut hull = chain(sorted.iter());
    hull.extend(chain(sorted.iter().rev()));
    hull
}

/// Area within an outline by the shoelace formula, positive for points clockwise on the screen.
pub(crate) fn area(outline: &[(f64, f64)]) -> f64 {
    let next = |k: usize| outline[(k + 1) % outline.len()];
    0.5 * outline.iter().enumerate().map(|(k, p)| p.0 * next(k).1 - next(k).0 * p.1).sum::<f64>()
}

/// Area of the convex hull of points.
pub(crate) fn hull_area(points: &[(f64, f64)]) -> f64 {
    area(&convex_hull(points))
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
        assert_eq!(convex_hull(&points), [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0)]);
    }

    #[test]
    fn a_circle_has_its_area_and_a_line_none() {
        let circle: Vec<_> = (0..360).map(|d| f64::from(d).to_radians().sin_cos()).collect();
        assert!((hull_area(&circle) - std::f64::consts::PI).abs() < 1e-3);
        assert_eq!(hull_area(&[(0.0, 0.0), (1.0, 1.0), (3.0, 3.0)]), 0.0);
        assert_eq!(hull_area(&[]), 0.0);
    }
}
