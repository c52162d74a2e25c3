//! Maps from correspondences, by weighted least squares.

use nalgebra::{DMatrix, DVector, SMatrix, SVector};

use super::Homography;

/// Kind of a plane map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// Turn, scale, shift.
    Similarity,
    /// Similarity with shear.
    Affine,
    /// Any view of a plane.
    Homography,
}

impl Model {
    /// For reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Similarity => "similarity",
            Self::Affine => "affine",
            Self::Homography => "homography",
        }
    }

    pub(crate) fn parameters(self) -> usize {
        match self {
            Self::Similarity => 4,
            Self::Affine => 6,
            Self::Homography => 8,
        }
    }

    fn least_pairs(self) -> usize {
        self.parameters() / 2
    }
}

/// Steps of the refinement of a homography; from the linear solution two suffice.
const HOMOGRAPHY_STEPS: usize = 4;

/// A correspondence for the solvers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pair {
    /// Where it is on the before-view.
    pub before: (f64, f64),
    /// Where it is on the after-view.
    pub after: (f64, f64),
    /// Inverse variance, up to a factor.
    pub weight: f64,
}

impl Pair {
    /// How far `map` misses, in pixels of the after-view.
    pub(crate) fn miss(&self, map: &Homography) -> f64 {
        let (x, y) = map.apply(self.before.0, self.before.1);
        (x - self.after.0).hypot(y - self.after.1)
    }
}

/// The best map of a kind, or `None` where the pairs do not determine it.
pub(crate) fn solve(model: Model, pairs: &[Pair]) -> Option<Homography> {
    if pairs.len() < model.least_pairs() {
        return None;
    }
    let before = Frame::around(pairs, |p| p.before)?;
    let after = Frame::around(pairs, |p| p.after)?;
    let in_frame: Vec<Pair> = pairs
        .iter()
        .map(|p| Pair {
            before: before.normalized(p.before),
            after: after.normalized(p.after),
            weight: p.weight,
        })
        .collect();
    let map = match model {
        Model::Similarity => similarity(&in_frame)?,
        Model::Affine => affine(&in_frame)?,
        Model::Homography => homography(&in_frame)?,
    };
    let map = after.matrix().inverse()?.after(&map).after(&before.matrix());
    let last = map.0[2][2];
    let map = Homography(map.0.map(|row| row.map(|v| v / last)));
    map.0.iter().flatten().all(|v| v.is_finite()).then_some(map)
}

/// Centroid at zero, mean distance √2: without it the equations are ill-conditioned (Hartley 1997).
struct Frame {
    center: (f64, f64),
    scale: f64,
}

impl Frame {
    fn around(pairs: &[Pair], point: impl Fn(&Pair) -> (f64, f64)) -> Option<Self> {
        let n = pairs.len() as f64;
        let (sx, sy) = pairs.iter().map(&point).fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
        let center = (sx / n, sy / n);
        let distance =
            pairs.iter().map(&point).map(|p| (p.0 - center.0).hypot(p.1 - center.1)).sum::<f64>() / n;
        (distance > 1e-9).then(|| Self { center, scale: std::f64::consts::SQRT_2 / distance })
    }

    fn normalized(&self, p: (f64, f64)) -> (f64, f64) {
        ((p.0 - self.center.0) * self.scale, (p.1 - self.center.1) * self.scale)
    }

    fn matrix(&self) -> Homography {
        let s = self.scale;
        Homography([[s, 0.0, -s * self.center.0], [0.0, s, -s * self.center.1], [0.0, 0.0, 1.0]])
    }
}

/// Least squares of N parameters from rows of the design matrix, right side and weight.
fn normal_equations<const N: usize>(
    rows: impl Iterator<Item = ([f64; N], f64, f64)>,
) -> Option<SVector<f64, N>> {
    let mut matrix = DMatrix::<f64>::zeros(N, N);
    let mut right = DVector::<f64>::zeros(N);
    for (row, value, weight) in rows {
        for i in 0..N {
            right[i] += weight * row[i] * value;
            for j in 0..N {
                matrix[(i, j)] += weight * row[i] * row[j];
            }
        }
    }
    let decomposed = matrix.clone().symmetric_eigen();
    let (least, largest) = (decomposed.eigenvalues.min(), decomposed.eigenvalues.max());
    if least.is_nan() || least <= 1e-12 * largest {
        return None;
    }
    let solution = matrix.cholesky()?.solve(&right);
    Some(SVector::from_fn(|i, _| solution[i]))
}

fn similarity(pairs: &[Pair]) -> Option<Homography> {
    let rows = pairs.iter().flat_map(|p| {
        let ((x, y), (u, v)) = (p.before, p.after);
        [([x, -y, 1.0, 0.0], u, p.weight), ([y, x, 0.0, 1.0], v, p.weight)]
    });
    let s = normal_equations::<4>(rows)?;
    Some(Homography([[s[0], -s[1], s[2]], [s[1], s[0], s[3]], [0.0, 0.0, 1.0]]))
}

fn affine(pairs: &[Pair]) -> Option<Homography> {
    let row = |value: fn(&Pair) -> f64| {
        normal_equations::<3>(pairs.iter().map(|p| ([p.before.0, p.before.1, 1.0], value(p), p.weight)))
    };
    let (u, v) = (row(|p| p.after.0)?, row(|p| p.after.1)?);
    Some(Homography([[u[0], u[1], u[2]], [v[0], v[1], v[2]], [0.0, 0.0, 1.0]]))
}

/// Direct linear transform, then Gauss–Newton on the distance in the after-view.
fn homography(pairs: &[Pair]) -> Option<Homography> {
    let mut moments = SMatrix::<f64, 9, 9>::zeros();
    for p in pairs {
        let ((x, y), (u, v)) = (p.before, p.after);
        for row in
            [[x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, -u], [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, -v]]
        {
            let row = SVector::<f64, 9>::from(row);
            moments += row * row.transpose() * p.weight;
        }
    }
    let eigen = moments.symmetric_eigen();
    let mut order: Vec<usize> = (0..9).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
    // Two null directions: the points lie on a line.
    if eigen.eigenvalues[order[1]] <= 1e-12 * eigen.eigenvalues[order[8]] {
        return None;
    }
    let h = eigen.eigenvectors.column(order[0]).into_owned();
    if h[8].abs() < 1e-9 {
        return None;
    }
    let mut map = Homography(std::array::from_fn(|r| std::array::from_fn(|c| h[3 * r + c] / h[8])));
    for _ in 0..HOMOGRAPHY_STEPS {
        let rows = pairs.iter().flat_map(|p| {
            let (x, y) = p.before;
            let w = map.0[2][0] * x + map.0[2][1] * y + 1.0;
            let (u, v) = map.apply(x, y);
            [
                ([x / w, y / w, 1.0 / w, 0.0, 0.0, 0.0, -u * x / w, -u * y / w], p.after.0 - u, p.weight),
                ([0.0, 0.0, 0.0, x / w, y / w, 1.0 / w, -v * x / w, -v * y / w], p.after.1 - v, p.weight),
            ]
        });
        let step = normal_equations::<8>(rows)?;
        for k in 0..8 {
            map.0[k / 3][k % 3] += step[k];
        }
    }
    Some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILTED: Homography = Homography([[1.1, 0.2, 5.0], [-0.1, 0.9, -3.0], [1e-4, -2e-4, 1.0]]);
    const SHEARED: Homography = Homography([[1.1, 0.2, 5.0], [-0.1, 0.9, -3.0], [0.0, 0.0, 1.0]]);
    const TURNED: Homography = Homography([[1.1, 0.2, 5.0], [-0.2, 1.1, -3.0], [0.0, 0.0, 1.0]]);

    fn pairs(map: &Homography) -> Vec<Pair> {
        (0..25)
            .map(|k| {
                let before = (f64::from(k % 5) * 200.0 + f64::from(k), f64::from(k / 5) * 150.0 + 20.0);
                Pair { before, after: map.apply(before.0, before.1), weight: 1.0 + f64::from(k % 3) }
            })
            .collect()
    }

    #[test]
    fn each_solver_recovers_a_map_of_its_kind() {
        for (model, map) in
            [(Model::Similarity, TURNED), (Model::Affine, SHEARED), (Model::Homography, TILTED)]
        {
            let found = solve(model, &pairs(&map)).unwrap();
            for (f, m) in found.0.iter().flatten().zip(map.0.iter().flatten()) {
                assert!((f - m).abs() < 1e-8, "{model:?}: {found:?}");
            }
        }
    }

    #[test]
    fn a_lesser_model_misses_a_greater_map() {
        let worst = |model| {
            let map = solve(model, &pairs(&TILTED)).unwrap();
            pairs(&TILTED).iter().map(|p| p.miss(&map)).fold(0.0, f64::max)
        };
        assert!(worst(Model::Similarity) > worst(Model::Affine));
        assert!(worst(Model::Affine) > 1.0);
        assert!(worst(Model::Homography) < 1e-6);
    }

    #[test]
    fn points_on_a_line_or_at_one_place_determine_nothing() {
        let line: Vec<Pair> = (0..9)
            .map(|k| f64::from(k) * 10.0)
            .map(|t| Pair { before: (t, 2.0 * t), after: (t + 1.0, 2.0 * t), weight: 1.0 })
            .collect();
        assert!(solve(Model::Similarity, &line).is_some());
        assert_eq!(solve(Model::Affine, &line), None);
        assert_eq!(solve(Model::Homography, &line), None);
        assert_eq!(solve(Model::Similarity, &[line[0]; 5]), None);
    }
}
