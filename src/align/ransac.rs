//! The map that most matches agree on.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::align::Model;
use crate::align::matching::Match;
use crate::geometry::Homography;
use crate::geometry::fit::{Pair, solve};

/// The same seed for every pair of views: a registration is a function of its input.
const SEED: u64 = 0x5EED_A119;
/// With 5 % of the matches right, a pair of right ones is drawn 10 times.
const DRAWS: usize = 4000;
/// Right matches agree with the map in direction and in ln size within these: orientation and
/// size of a blob are coarse.
const TURN_LIMIT: f64 = 0.6;
const LN_SCALE_LIMIT: f64 = 0.6;
/// Re-fits after the draw.
const REFITS: usize = 5;

/// What was found.
#[derive(Debug, Clone)]
pub(super) struct Agreement {
    pub map: Homography,
    /// Indices of the matches within the threshold.
    pub inliers: Vec<usize>,
}

/// The similarity with the least truncated squared distance, re-fitted to its inliers.
/// `threshold_px` is a distance in the after-view.
pub(super) fn similarity(matches: &[Match], threshold_px: f64) -> Option<Agreement> {
    if matches.len() < 2 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut best: Option<(f64, Homography)> = None;
    for _ in 0..DRAWS {
        let (i, j) = (rng.random_range(0..matches.len()), rng.random_range(0..matches.len()));
        let Some(map) = from_two(&matches[i], &matches[j], threshold_px) else { continue };
        let cost = cost(&map, matches, threshold_px);
        if best.as_ref().is_none_or(|b| cost < b.0) {
            best = Some((cost, map));
        }
    }
    let (_, mut map) = best?;
    for _ in 0..REFITS {
        let inliers = within(&map, matches, threshold_px);
        match fit(Model::Similarity, matches, &inliers) {
            Some(better) => map = better,
            None => break,
        }
    }
    let inliers = within(&map, matches, threshold_px);
    Some(Agreement { map, inliers })
}

/// The similarity that takes two points to two points, if the blobs' own directions and sizes
/// agree with it.
fn from_two(a: &Match, b: &Match, threshold_px: f64) -> Option<Homography> {
    let (dx, dy) = (b.before.0 - a.before.0, b.before.1 - a.before.1);
    let (du, dv) = (b.after.0 - a.after.0, b.after.1 - a.after.1);
    let length = dx.hypot(dy);
    // Points so near that their own error decides the direction.
    if length < 5.0 * threshold_px {
        return None;
    }
    let (c, s) = ((dx * du + dy * dv) / length.powi(2), (dx * dv - dy * du) / length.powi(2));
    let (turn, ln_scale) = (s.atan2(c), c.hypot(s).ln());
    let agrees = |m: &Match| {
        angle_between(m.turn, turn) < TURN_LIMIT && (m.scale.ln() - ln_scale).abs() < LN_SCALE_LIMIT
    };
    (agrees(a) && agrees(b)).then(|| {
        let (x, y) = a.before;
        let (u, v) = a.after;
        Homography([[c, -s, u - c * x + s * y], [s, c, v - s * x - c * y], [0.0, 0.0, 1.0]])
    })
}

fn angle_between(a: f64, b: f64) -> f64 {
    let d = (a - b).rem_euclid(std::f64::consts::TAU);
    d.min(std::f64::consts::TAU - d)
}

fn cost(map: &Homography, matches: &[Match], threshold_px: f64) -> f64 {
    let limit = threshold_px.powi(2);
    matches.iter().map(|m| pair(m).miss(map).powi(2).min(limit)).sum()
}

/// Indices of the matches that `map` misses by less than the threshold, in the after-view.
pub(super) fn within(map: &Homography, matches: &[Match], threshold_px: f64) -> Vec<usize> {
    (0..matches.len()).filter(|&k| pair(&matches[k]).miss(map) < threshold_px).collect()
}

fn pair(m: &Match) -> Pair {
    Pair { before: m.before, after: m.after, weight: m.sigma_px.powi(-2) }
}

fn fit(model: Model, matches: &[Match], inliers: &[usize]) -> Option<Homography> {
    let pairs: Vec<Pair> = inliers.iter().map(|&k| pair(&matches[k])).collect();
    solve(model, &pairs)
}

/// Fits every kind of map to `pairs`, discarding what misses by more than `threshold_px` after each fit,
/// and takes the one of the least Bayesian information criterion.
pub(super) fn choose(pairs: &[Pair], start: &Homography, threshold_px: f64) -> Option<(Model, Homography)> {
    let mut best: Option<(f64, Model, Homography)> = None;
    for model in [Model::Similarity, Model::Affine, Model::Homography] {
        let Some(map) = robust_fit(model, pairs, start, threshold_px) else { continue };
        let bic = bic(model, pairs, &map, threshold_px);
        if best.as_ref().is_none_or(|b| bic < b.0) {
            best = Some((bic, model, map));
        }
    }
    best.map(|(_, model, map)| (model, map))
}

/// Re-weighted least squares with Tukey's biweight, which ends at the threshold.
fn robust_fit(model: Model, pairs: &[Pair], start: &Homography, threshold_px: f64) -> Option<Homography> {
    let mut map = *start;
    for _ in 0..2 * REFITS {
        let weighted: Vec<Pair> = pairs
            .iter()
            .filter_map(|p| {
                let share = p.miss(&map) / threshold_px;
                (share < 1.0).then(|| Pair { weight: p.weight * (1.0 - share * share).powi(2), ..*p })
            })
            .collect();
        map = solve(model, &weighted)?;
    }
    Some(map)
}

/// n·ln(mean squared error) + parameters·ln n, over both coordinates of every pair, errors
/// truncated at the threshold so that all models are judged on the same pairs.
fn bic(model: Model, pairs: &[Pair], map: &Homography, threshold_px: f64) -> f64 {
    let n = 2.0 * pairs.len() as f64;
    let limit = threshold_px.powi(2);
    let total: f64 = pairs.iter().map(|p| p.weight).sum();
    let squares: f64 = pairs.iter().map(|p| p.weight * p.miss(map).powi(2).min(limit)).sum();
    // Errors below a thousandth of a pixel are rounding, not evidence.
    n * (squares / total).max(1e-6).ln() + model.parameters() as f64 * n.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::phantom::Recapture;

    fn scattered(map: &Homography, noise_px: f64, right: usize, wrong: usize) -> Vec<Match> {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        (0..right + wrong)
            .map(|k| {
                let before = (rng.random_range(0.0..1000.0), rng.random_range(0.0..1000.0));
                let place = map.apply(before.0, before.1);
                let mut error = || rng.random_range(-noise_px..noise_px);
                let near = (place.0 + error(), place.1 + error());
                let far = (rng.random_range(0.0..1000.0), rng.random_range(0.0..1000.0));
                Match {
                    before,
                    after: if k < right { near } else { far },
                    scale: 1.0,
                    turn: 0.0,
                    sigma_px: 2.0,
                }
            })
            .collect()
    }

    fn pairs(matches: &[Match]) -> Vec<Pair> {
        matches.iter().map(pair).collect()
    }

    #[test]
    fn one_right_match_in_ten_is_enough() {
        let turned = Homography([[1.0, 0.2, 5.0], [-0.2, 1.0, -3.0], [0.0, 0.0, 1.0]]);
        let matches = scattered(&turned, 1.0, 40, 360);
        let found = similarity(&matches, 3.0).unwrap();
        assert!((38..=46).contains(&found.inliers.len()), "{}", found.inliers.len());
        let (x, y) = found.map.apply(500.0, 500.0);
        let (u, v) = turned.apply(500.0, 500.0);
        assert!((x - u).hypot(y - v) < 1.0);
    }

    #[test]
    fn the_criterion_takes_the_least_model_that_explains() {
        let size = Size::new(1000, 1000);
        let tilt = |deg: f64| {
            Recapture { tilt_deg: [deg, 0.0], ..Recapture::identical(0) }.after_from_before(size, 10.0)
        };
        let sheared = Homography([[1.03, 0.02, 5.0], [0.0, 0.98, -3.0], [0.0, 0.0, 1.0]]);
        for (map, expected) in
            [(tilt(0.0), Model::Similarity), (sheared, Model::Affine), (tilt(8.0), Model::Homography)]
        {
            let matches = scattered(&map, 1.0, 200, 0);
            let (model, _) = choose(&pairs(&matches), &map, 6.0).unwrap();
            assert_eq!(model, expected);
        }
    }
}
