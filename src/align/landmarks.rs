//! Landmarks that a person set, where too few keypoints agree by themselves.

use crate::align::matching::{Match, matches};
use crate::align::ransac::choose;
use crate::align::register::{Prepared, refined};
use crate::align::{Model, Registration};
use crate::geometry::Homography;
use crate::geometry::fit::{Pair, solve};
use crate::reason::Reason;

/// Fewer do not show whether one of them is wrong.
pub const LEAST_LANDMARKS: usize = 4;
/// A person sets a landmark to about so many pixels of a view.
const LANDMARK_SIGMA_PX: f64 = 3.0;
/// Landmarks, and keypoints beside them, may miss the map by so much, as a share of the view's width.
const MISS_SHARE: f64 = 0.015;

/// The same place of the skin on both photographs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Landmark {
    /// On the before-photograph, in pixels.
    pub before: (f64, f64),
    /// On the after-photograph, in pixels.
    pub after: (f64, f64),
}

impl Landmark {
    /// The same on resampled photographs: new pixels per old pixel of each.
    pub fn rescaled(&self, before: f64, after: f64) -> Self {
        Self {
            before: (self.before.0 * before, self.before.1 * before),
            after: (self.after.0 * after, self.after.1 * after),
        }
    }
}

/// Finds the map between two photographs of the same skin from landmarks, and refines it by what
/// of the skin is found around it.
///
/// # Errors
/// A [`Reason`] with the code `landmarks_disagree`, where no map fits most of them.
pub fn register_by_landmarks(
    before: &Prepared<'_>,
    after: &Prepared<'_>,
    landmarks: &[Landmark],
) -> Result<Registration, Reason> {
    let miss_px = MISS_SHARE * f64::from(after.filled.size().width);
    let set: Vec<Match> = landmarks
        .iter()
        .map(|l| Match {
            before: l.before,
            after: l.after,
            scale: 1.0,
            turn: 0.0,
            sigma_px: LANDMARK_SIGMA_PX,
        })
        .collect();
    let start = fitted(&set, miss_px).ok_or_else(|| {
        Reason::limit(
            "landmarks_disagree",
            "the landmarks contradict each other, in pixels of the photograph reduced to a megapixel",
            worst(&set),
            miss_px,
        )
    })?;
    let mut found = matches(&before.features, &after.features);
    found.extend(&set);
    let near = |m: &&Match| miss(&start, m) <= miss_px;
    let chosen: Vec<Match> = found.iter().filter(near).copied().collect();
    let registration = refined(before, after, &start, &chosen, &found, miss_px);
    Ok(Registration { by_hand: true, ..registration })
}

/// The map of the landmarks, if all but one in five follow it.
fn fitted(set: &[Match], miss_px: f64) -> Option<Homography> {
    let pairs: Vec<Pair> =
        set.iter().map(|m| Pair { before: m.before, after: m.after, weight: m.sigma_px.powi(-2) }).collect();
    let first = solve(Model::Similarity, &pairs)?;
    let (_, map) = choose(&pairs, &first, 4.0 * miss_px).unwrap_or((Model::Similarity, first));
    let agree = set.iter().filter(|m| miss(&map, m) <= miss_px).count();
    (5 * agree >= 4 * set.len() && agree >= LEAST_LANDMARKS).then_some(map)
}

fn miss(map: &Homography, m: &Match) -> f64 {
    let (u, v) = map.apply(m.before.0, m.before.1);
    (u - m.after.0).hypot(v - m.after.1)
}

/// By how much the worst landmark misses the similarity that fits best.
fn worst(set: &[Match]) -> f64 {
    let pairs: Vec<Pair> =
        set.iter().map(|m| Pair { before: m.before, after: m.after, weight: 1.0 }).collect();
    let Some(map) = solve(Model::Similarity, &pairs) else { return f64::INFINITY };
    set.iter().map(|m| miss(&map, m)).fold(0.0, f64::max)
}
