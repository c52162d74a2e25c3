//! Quadrilaterals: from a region's outline, and to a fraction of a pixel from the edges themselves.

use super::regions::Region;
use crate::geometry::hull::{area, convex_hull};
use crate::raster::Raster;

/// Share of its quadrilateral that a region's convex outline fills, from and to.
const FILLED: std::ops::RangeInclusive<f64> = 0.85..=1.15;
/// Shortest side, as a share of the longest: a square tilted by 60°.
const LEAST_SIDE: f64 = 0.4;
/// Share of a side, from its ends, that is not looked at: corners are round.
const CORNER: f64 = 0.12;
/// Fewest edge points of a side.
const LEAST_POINTS: usize = 6;

/// Four corners, clockwise on the screen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quad {
    /// In continuous coordinates.
    pub corners: [[f64; 2]; 4],
}

impl Quad {
    /// Area; positive for clockwise corners.
    pub fn area(&self) -> f64 {
        shoelace(&self.corners)
    }

    /// Mean of the corners.
    pub fn center(&self) -> [f64; 2] {
        [0, 1].map(|axis| self.corners.iter().map(|c| c[axis]).sum::<f64>() / 4.0)
    }

    /// Lengths of the four sides.
    pub fn sides(&self) -> [f64; 4] {
        std::array::from_fn(|k| {
            let (a, b) = (self.corners[k], self.corners[(k + 1) % 4]);
            (b[0] - a[0]).hypot(b[1] - a[1])
        })
    }
}

fn shoelace(points: &[[f64; 2]]) -> f64 {
    area(&points.iter().map(|&p| p.into()).collect::<Vec<_>>())
}

/// The quadrilateral that a region is, or `None` where it is none.
pub fn quad_of(region: &Region) -> Option<Quad> {
    let hull = hull(region);
    if hull.len() < 4 {
        return None;
    }
    let distance = |a: usize, b: usize| (hull[a][0] - hull[b][0]).hypot(hull[a][1] - hull[b][1]);
    let n = hull.len();
    // A diagonal, and on each side of it the point farthest away.
    let (mut a, mut c) = (0, 1);
    for i in 0..n {
        for j in i + 1..n {
            if distance(i, j) > distance(a, c) {
                (a, c) = (i, j);
            }
        }
    }
    let off = |k: usize| {
        let (p, q, r) = (hull[a], hull[c], hull[k]);
        (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
    };
    let b = (a + 1..c).max_by(|&i, &j| off(i).abs().total_cmp(&off(j).abs()))?;
    let d = (c + 1..n + a).map(|k| k % n).max_by(|&i, &j| off(i).abs().total_cmp(&off(j).abs()))?;
    let mut corners = [a, b, c, d];
    // Each corner to where the area is largest.
    for _ in 0..3 {
        for k in 0..4 {
            let area = |i: usize| {
                let mut tried = corners;
                tried[k] = i;
                shoelace(&tried.map(|i| hull[i]))
            };
            corners[k] = (0..n).max_by(|&i, &j| area(i).total_cmp(&area(j)))?;
        }
    }
    let quad = Quad { corners: corners.map(|i| hull[i]) };
    let sides = quad.sides();
    let (short, long) = sides.iter().fold((f64::INFINITY, 0.0f64), |(s, l), &v| (s.min(v), l.max(v)));
    let whole = FILLED.contains(&(shoelace(&hull) / quad.area()));
    (whole && short >= LEAST_SIDE * long).then_some(quad)
}

/// Convex outline of a region, clockwise.
fn hull(region: &Region) -> Vec<[f64; 2]> {
    let mut points: Vec<(f64, f64)> = Vec::with_capacity(4 * region.spans.len());
    for (i, &(first, last)) in region.spans.iter().enumerate() {
        let y = f64::from(region.top) + i as f64;
        for x in [f64::from(first), f64::from(last) + 1.0] {
            points.extend([(x, y), (x, y + 1.0)]);
        }
    }
    convex_hull(&points).into_iter().map(Into::into).collect()
}

/// The same quadrilateral of dark on light, its sides laid through where linear light is midway
/// between the two. Edges are looked for up to `reach` pixels from the sides.
pub fn refine(light: &Raster, quad: &Quad, reach: f64) -> Option<Quad> {
    let mut lines = Vec::with_capacity(4);
    for k in 0..4 {
        let (a, b) = (quad.corners[k], quad.corners[(k + 1) % 4]);
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        let along = [(b[0] - a[0]) / length, (b[1] - a[1]) / length];
        let outward = [along[1], -along[0]];
        let count = ((length / 2.0) as usize).clamp(8, 60);
        let points: Vec<[f64; 2]> = (0..count)
            .filter_map(|i| {
                let t = CORNER + (1.0 - 2.0 * CORNER) * (i as f64 + 0.5) / count as f64;
                let foot = [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
                let d = edge(|d| light.sample(foot[0] + d * outward[0], foot[1] + d * outward[1]), reach)?;
                Some([foot[0] + d * outward[0], foot[1] + d * outward[1]])
            })
            .collect();
        lines.push(line(&points)?);
    }
    let mut corners = [[0.0; 2]; 4];
    for (k, corner) in corners.iter_mut().enumerate() {
        *corner = meet(lines[(k + 3) % 4], lines[k])?;
    }
    let moved =
        corners.iter().zip(quad.corners).map(|(a, b)| (a[0] - b[0]).hypot(a[1] - b[1])).fold(0.0, f64::max);
    (moved <= 2.0 * reach).then_some(Quad { corners })
}

/// Where a profile from dark to light passes the middle, next to 0.
fn edge(profile: impl Fn(f64) -> f32, reach: f64) -> Option<f64> {
    const STEP: f64 = 0.25;
    let n = (reach / STEP).ceil() as i32;
    let values: Vec<f32> = (-n..=n).map(|i| profile(f64::from(i) * STEP)).collect();
    let least = values[..=n as usize].iter().copied().fold(f32::INFINITY, f32::min);
    let most = values[n as usize..].iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let middle = 0.5 * (least + most);
    let crossings =
        (0..values.len() - 1).filter(|&i| values[i] <= middle && middle < values[i + 1]).map(|i| {
            let part = f64::from((middle - values[i]) / (values[i + 1] - values[i]));
            (i as f64 + part - f64::from(n)) * STEP
        });
    crossings.min_by(|a, b| a.abs().total_cmp(&b.abs()))
}

/// A line as a point and a direction.
type Line = ([f64; 2], [f64; 2]);

/// The line through points, once without those that lie far off.
fn line(points: &[[f64; 2]]) -> Option<Line> {
    let first = principal(points)?;
    let off = |p: &[f64; 2]| ((p[0] - first.0[0]) * first.1[1] - (p[1] - first.0[1]) * first.1[0]).abs();
    let mut distances: Vec<f64> = points.iter().map(off).collect();
    distances.sort_by(f64::total_cmp);
    let limit = (3.0 * distances[distances.len() / 2]).max(0.3);
    let near: Vec<[f64; 2]> = points.iter().copied().filter(|p| off(p) <= limit).collect();
    principal(&near)
}

fn principal(points: &[[f64; 2]]) -> Option<Line> {
    if points.len() < LEAST_POINTS {
        return None;
    }
    let n = points.len() as f64;
    let mean = [0, 1].map(|axis| points.iter().map(|p| p[axis]).sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in points {
        let (x, y) = (p[0] - mean[0], p[1] - mean[1]);
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
    }
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    Some((mean, [angle.cos(), angle.sin()]))
}

fn meet((p, d): Line, (q, e): Line) -> Option<[f64; 2]> {
    let det = d[0] * e[1] - d[1] * e[0];
    let t = ((q[0] - p[0]) * e[1] - (q[1] - p[1]) * e[0]) / det;
    let point = [p[0] + t * d[0], p[1] + t * d[1]];
    (det.abs() > 1e-3).then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::target::{dark, regions};
    use crate::geometry::Size;

    /// A dark square turned by an angle, each pixel the mean of 8×8 points.
    fn turned_square(center: [f64; 2], half: f64, angle: f64) -> Raster {
        let (sin, cos) = angle.sin_cos();
        Raster::from_fn(Size::new(120, 100), |x, y| {
            let inside = (0..64).filter(|k| {
                let at = [f64::from(k % 8), f64::from(k / 8)].map(|v| (v + 0.5) / 8.0);
                let (u, v) = (f64::from(x) + at[0] - center[0], f64::from(y) + at[1] - center[1]);
                (u * cos + v * sin).abs() <= half && (v * cos - u * sin).abs() <= half
            });
            0.8 - 0.75 * inside.count() as f32 / 64.0
        })
    }

    #[test]
    fn corners_of_turned_squares_without_blur_are_found_to_a_seventh_of_a_pixel() {
        for angle in [0.0f64, 0.2, 0.5, 0.785, 1.2] {
            let (center, half) = ([60.3, 49.8], 20.0);
            let plane = turned_square(center, half, angle);
            let found = regions(&dark(&plane, 30, 0.1), 20..=90);
            let quad = quad_of(&found[0]).unwrap();
            assert!(quad.area() > 0.0);
            let fine = refine(&plane, &quad, 4.0).unwrap();
            for corner in fine.corners {
                let nearest = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]]
                    .map(|[s, t]| {
                        let (sin, cos) = angle.sin_cos();
                        let x = center[0] + half * (s * cos - t * sin);
                        let y = center[1] + half * (s * sin + t * cos);
                        (corner[0] - x).hypot(corner[1] - y)
                    })
                    .into_iter()
                    .fold(f64::INFINITY, f64::min);
                // The worst are edges along the rows, all of whose pixels err alike.
                assert!(nearest < 0.15, "{angle}: off by {nearest}");
            }
        }
    }

    #[test]
    fn a_disc_and_a_sliver_are_no_quadrilaterals() {
        let shape = |inside: fn(f64, f64) -> bool| {
            let mask =
                Raster::from_fn(Size::new(100, 100), |x, y| f32::from(inside(f64::from(x), f64::from(y))));
            quad_of(&regions(&mask, 5..=90)[0])
        };
        assert_eq!(shape(|x, y| (x - 50.0).hypot(y - 50.0) < 30.0), None);
        assert_eq!(shape(|x, y| (10.0..90.0).contains(&x) && (40.0..60.0).contains(&y)), None);
        assert!(shape(|x, y| (30.0..70.0).contains(&x) && (40.0..70.0).contains(&y)).is_some());
    }
}
