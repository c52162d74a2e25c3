//! The way from two views to one map.

use crate::align::descriptor::{Feature, describe};
use crate::align::filter::{filled, without_background};
use crate::align::frame::{Common, common, ncc};
use crate::align::grade::{ENOUGH_INLIERS, ENOUGH_NCC, LEAST_INLIERS};
use crate::align::matching::{Match, matches};
use crate::align::patches::{Found, coherent_share, search};
use crate::align::ransac::{Agreement, choose, similarity};
use crate::align::scale_space::octaves;
use crate::align::{Model, Registration, View, keypoints};
use crate::geometry::fit::Pair;
use crate::geometry::hull::hull_area;
use crate::geometry::{Homography, Size};
use crate::raster::Raster;
use crate::reason::Reason;

/// Shading wider than this σ is no detail, in pixels of the view.
const BACKGROUND_SIGMA_PX: f64 = 24.0;
/// How far a right match may miss, in pixels of the larger-scaled view: keypoints of the coarsest octave are
/// located to about a pixel, and a similarity misses a few degrees of tilt by as much again.
const STRICT_PX: f64 = 4.0;
/// The second try, as a share of the view's width: an expression moves skin by as much.
const GENEROUS_SHARE: f64 = 0.01;
/// Patches are looked for this far from their places, pixels of the before-view; at most, because
/// the cost grows with its square, and when the map is already good.
const REACH_PX: i32 = 8;
const FAR_REACH_PX: i32 = 14;
/// A patch that correlates less is not used to refine the map.
const USEFUL_NCC: f64 = 0.4;
/// A patch of weight one has the standard error of a keypoint of this σ.
const PATCH_SIGMA_PX: f64 = 1.0;
/// Refinements by patches.
const REFINEMENTS: usize = 3;
/// A patch is found with its neighbors when it is within this distance of their median.
const CONFIRMED_PX: f64 = 1.5;
/// Shifts of the identity check: beyond the band's own correlation length, not so far that nothing is common.
const WRONG_SHIFTS_PX: [i32; 2] = [20, 41];
/// Every third pixel is enough for a correlation over 10⁵ pixels.
const WRONG_STRIDE: usize = 3;

/// Maps tried where the first does not explain the skin.
const CANDIDATES: usize = 3;

/// Finds the map between two photographs of the same skin.
///
/// # Errors
/// A [`Reason`] with the code `too_few_matches`, where fewer than [`LEAST_INLIERS`] places agree on any map.
///
pub fn register(before: &Prepared<'_>, after: &Prepared<'_>) -> Result<Registration, Reason> {
    let found = matches(&before.features, &after.features);
    let width = f64::from(after.filled.size().width);
    let mut rest = found.clone();
    let mut best: Option<Registration> = None;
    for _ in 0..CANDIDATES {
        let (agreement, threshold_px) = match (agree(&rest, width), &best) {
            (Ok(agreement), _) => agreement,
            (Err(reason), None) => return Err(reason),
            (Err(_), Some(_)) => break,
        };
        let chosen: Vec<Match> = agreement.inliers.iter().map(|&k| rest[k]).collect();
        let next = refined(before, after, &agreement.map, &chosen, &found, threshold_px);
        if best.as_ref().is_none_or(|best| fit(&next) > fit(best)) {
            best = Some(next);
        }
        if best.as_ref().is_some_and(|best| best.ncc >= ENOUGH_NCC) {
            break;
        }
        // A head that turned above a neck that did not: what one map leaves may follow another.
        let mut inlier = vec![false; rest.len()];
        agreement.inliers.iter().for_each(|&k| inlier[k] = true);
        rest = rest.into_iter().zip(inlier).filter_map(|(m, taken)| (!taken).then_some(m)).collect();
    }
    best.ok_or_else(|| too_few(0))
}

/// What a map explains of the skin.
fn fit(registration: &Registration) -> f64 {
    registration.ncc * registration.overlap
}

/// Refines a first map by its keypoints and by patches, and describes the result.
pub(super) fn refined(
    before: &Prepared<'_>,
    after: &Prepared<'_>,
    start: &Homography,
    chosen: &[Match],
    found: &[Match],
    threshold_px: f64,
) -> Registration {
    let pairs: Vec<Pair> = chosen.iter().map(keypoint_pair).collect();
    let (mut model, mut map) =
        choose(&pairs, start, 1.5 * threshold_px).unwrap_or((Model::Similarity, *start));
    let carry = |map: &Homography| {
        let (_, scale) = turn_and_scale(map, before.view.mask);
        common([&before.filled, before.view.mask], [&after.filled, after.view.mask], map, scale)
    };
    let mut views = carry(&map);
    let mut limit_px = threshold_px;
    for _ in 0..REFINEMENTS {
        let patches = search(&views, reach_px(limit_px));
        let mut both: Vec<Pair> = patches.iter().filter_map(|p| patch_pair(p, &map)).collect();
        both.extend(&pairs);
        let Some((better, next)) = choose(&both, &map, limit_px) else { break };
        // Tightened step by step, the map settles on the part of a moving face that kept its form.
        limit_px = (limit_px / 2.0).max(STRICT_PX);
        (model, map) = (better, next);
        views = carry(&map);
    }
    described(model, map, found, threshold_px, &before.view, &views)
}

/// A view made ready: however many others it is laid on, its keypoints are found once.
#[derive(Debug)]
pub struct Prepared<'a> {
    pub(super) view: View<'a>,
    /// Its density, and beyond the rim of the mask the smooth extension of it.
    pub(super) filled: Raster,
    pub(super) features: Vec<Feature>,
}

impl<'a> Prepared<'a> {
    /// Finds the view's keypoints.
    ///
    /// # Panics
    /// If the mask has another size than the density.
    pub fn new(view: View<'a>) -> Self {
        assert_eq!(view.density.size(), view.mask.size(), "the mask is as large as the view");
        let filled = filled(view.density, view.mask);
        let octaves = octaves(&without_background(&filled, BACKGROUND_SIGMA_PX));
        let features = describe(&octaves, &keypoints::find(&octaves, view.mask));
        Self { view, filled, features }
    }
}

/// Strict first; generous where too few agree strictly.
fn agree(found: &[Match], width_px: f64) -> Result<(Agreement, f64), Reason> {
    let count = |a: &Option<Agreement>| a.as_ref().map_or(0, |a| a.inliers.len());
    let strict = similarity(found, STRICT_PX);
    let generous_px = (GENEROUS_SHARE * width_px).max(STRICT_PX);
    let (best, threshold_px) = if count(&strict) >= ENOUGH_INLIERS {
        (strict, STRICT_PX)
    } else {
        (similarity(found, generous_px), generous_px)
    };
    match best {
        Some(a) if a.inliers.len() >= LEAST_INLIERS => Ok((a, threshold_px)),
        few => Err(too_few(count(&few))),
    }
}

fn too_few(found: usize) -> Reason {
    Reason::limit(
        "too_few_matches",
        "too few places of the skin were found on both photographs, in places",
        found as f64,
        LEAST_INLIERS as f64,
    )
}

fn reach_px(limit_px: f64) -> i32 {
    (limit_px.ceil() as i32 + 1).min(FAR_REACH_PX)
}

fn keypoint_pair(m: &Match) -> Pair {
    Pair { before: m.before, after: m.after, weight: m.sigma_px.powi(-2) }
}

fn patch_pair(p: &Found, map: &Homography) -> Option<Pair> {
    (p.inner && p.ncc >= USEFUL_NCC).then(|| Pair {
        before: p.place,
        after: map.apply(p.place.0 + p.offset.0, p.place.1 + p.offset.1),
        weight: (p.ncc / PATCH_SIGMA_PX).powi(2),
    })
}

fn described(
    model: Model,
    map: Homography,
    found: &[Match],
    threshold_px: f64,
    before: &View<'_>,
    views: &Common,
) -> Registration {
    let (rotation_deg, scale_ratio) = turn_and_scale(&map, before.mask);
    let support = Support::of(|x, y| map.apply(x, y), found, threshold_px, before.mask);
    let total = |r: &Raster| r.data().iter().filter(|&&v| v >= 0.5).count() as f64;
    let wrong = WRONG_SHIFTS_PX
        .into_iter()
        .flat_map(|d| [(d, 0), (-d, 0), (0, d), (0, -d), (d, d), (d, -d), (-d, d), (-d, -d)]);
    let patches = search(views, REACH_PX);
    let right = ncc(views, (0, 0), 1);
    Registration {
        model,
        after_from_before: map,
        inliers: support.inliers,
        residual_px: support.rms_px / scale_ratio,
        overlap: total(&views.mask) / total(before.mask).max(1.0),
        spread: support.spread,
        ncc: right,
        ncc_lead: right - wrong.map(|shift| ncc(views, shift, WRONG_STRIDE)).fold(0.0, f64::max),
        confirmed: coherent_share(&patches, before.mask.size(), CONFIRMED_PX),
        rotation_deg,
        scale_ratio,
        motion: None,
        followed: None,
        trust: None,
        by_hand: false,
        found: found.to_vec(),
        threshold_px,
    }
}

/// The matched keypoints that agree with a map.
pub(super) struct Support {
    pub inliers: usize,
    /// RMS distance, in pixels of the after-view.
    pub rms_px: f64,
    /// Area of their hull over that of the mask.
    pub spread: f64,
}

impl Support {
    pub fn of(
        map: impl Fn(f64, f64) -> (f64, f64),
        found: &[Match],
        threshold_px: f64,
        before_mask: &Raster,
    ) -> Self {
        let (mut squares, mut places) = (0.0, Vec::new());
        for m in found {
            let (u, v) = map(m.before.0, m.before.1);
            let miss = (u - m.after.0).hypot(v - m.after.1);
            if miss <= threshold_px {
                squares += miss * miss;
                places.push(m.before);
            }
        }
        Self {
            inliers: places.len(),
            rms_px: (squares / places.len().max(1) as f64).sqrt(),
            spread: (hull_area(&places) / mask_hull_area(before_mask).max(1.0)).min(1.0),
        }
    }
}

/// Of the map at the center of the mask: degrees and pixels per pixel.
fn turn_and_scale(map: &Homography, mask: &Raster) -> (f64, f64) {
    let (x, y) = center(mask);
    let at = |dx: f64, dy: f64| map.apply(x + dx, y + dy);
    let ((xr, yr), (xl, yl), (xd, yd), (xu, yu)) = (at(0.5, 0.0), at(-0.5, 0.0), at(0.0, 0.5), at(0.0, -0.5));
    let (a, b, c, d) = (xr - xl, xd - xu, yr - yl, yd - yu);
    ((c - b).atan2(a + d).to_degrees(), (a * d - b * c).abs().sqrt())
}

fn center(mask: &Raster) -> (f64, f64) {
    let Size { width, height } = mask.size();
    let (mut n, mut sx, mut sy) = (0.0, 0.0, 0.0);
    for y in 0..height {
        for (x, _) in mask.row(y).iter().enumerate().filter(|(_, v)| **v >= 0.5) {
            n += 1.0;
            sx += x as f64 + 0.5;
            sy += f64::from(y) + 0.5;
        }
    }
    if n > 0.0 { (sx / n, sy / n) } else { (f64::from(width) / 2.0, f64::from(height) / 2.0) }
}

fn mask_hull_area(mask: &Raster) -> f64 {
    let mut rim = Vec::new();
    for y in 0..mask.size().height {
        let row = mask.row(y);
        if let (Some(first), Some(last)) =
            (row.iter().position(|&v| v >= 0.5), row.iter().rposition(|&v| v >= 0.5))
        {
            for dy in [0.0, 1.0] {
                rim.push((first as f64, f64::from(y) + dy));
                rim.push((last as f64 + 1.0, f64::from(y) + dy));
            }
        }
    }
    hull_area(&rim)
}
