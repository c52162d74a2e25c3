//! Which feature of one view is which of the other.

use rayon::prelude::*;

use crate::align::descriptor::{Feature, similarity};

/// A match must be this much nearer than the next other place (Lowe 2004).
const RATIO: f32 = 0.8;
/// Features nearer than this, in pixels, are one place seen twice.
const SAME_PLACE_PX: f64 = 3.0;

/// One correspondence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    /// Place on the before-view, pixels.
    pub before: (f64, f64),
    /// Place on the after-view, pixels.
    pub after: (f64, f64),
    /// Size after over size before.
    pub scale: f64,
    /// Direction after less direction before, radians.
    pub turn: f64,
    /// Standard error of the place, relative to that of others.
    pub sigma_px: f64,
}

/// Mutual best matches that pass the ratio test, in the order of `before`.
pub(super) fn matches(before: &[Feature], after: &[Feature]) -> Vec<Match> {
    before
        .par_iter()
        .enumerate()
        .filter_map(|(index, feature)| {
            let best = clearly_best(feature, after)?;
            (best_of(&after[best], before) == Some(index)).then(|| matched(feature, &after[best]))
        })
        .collect()
}

fn matched(before: &Feature, after: &Feature) -> Match {
    Match {
        before: (before.x, before.y),
        after: (after.x, after.y),
        scale: after.sigma_px / before.sigma_px,
        turn: after.angle - before.angle,
        sigma_px: before.sigma_px,
    }
}

/// The nearest descriptor, if every one at another place is clearly farther.
fn clearly_best(feature: &Feature, others: &[Feature]) -> Option<usize> {
    let likeness: Vec<f32> = others.iter().map(|o| similarity(&feature.descriptor, &o.descriptor)).collect();
    let best = arg_max(&likeness)?;
    let place = &others[best];
    let second = likeness
        .iter()
        .zip(others)
        .filter(|(_, o)| (o.x - place.x).powi(2) + (o.y - place.y).powi(2) > SAME_PLACE_PX.powi(2))
        .map(|(&l, _)| l)
        .fold(0.0, f32::max);
    let distance = |likeness: f32| (2.0 - 2.0 * likeness).max(0.0).sqrt();
    (distance(likeness[best]) < RATIO * distance(second)).then_some(best)
}

fn best_of(feature: &Feature, others: &[Feature]) -> Option<usize> {
    let likeness: Vec<f32> = others.iter().map(|o| similarity(&feature.descriptor, &o.descriptor)).collect();
    arg_max(&likeness)
}

fn arg_max(values: &[f32]) -> Option<usize> {
    (0..values.len()).reduce(|best, k| if values[k] > values[best] { k } else { best })
}
