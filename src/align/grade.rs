//! What a registration is good for, by the limits of the measures' specification, section 6.

use crate::align::Registration;
use crate::reason::Reason;

/// Fewer inliers than this may agree by chance, and no model can be checked on them.
pub const LEAST_INLIERS: usize = 12;
/// From here on the map is over-determined enough for single places.
pub const ENOUGH_INLIERS: usize = 30;
/// Share of the region over which the inliers must reach: beyond them the map is extrapolated.
pub const ENOUGH_SPREAD: f64 = 0.5;
/// Below this the map is that of one part of the view: of a neck, while the head above it turned.
pub const LEAST_SPREAD: f64 = 0.25;
/// Largest residual, in mm: about the spacing of the finest furrows.
pub const LARGEST_RESIDUAL_MM: f64 = 0.15;
/// Band correlation below which the two views do not show one another.
pub const LEAST_NCC: f64 = 0.3;
/// Band correlation from which single places may be compared; simulated pairs reach 0.97.
pub const ENOUGH_NCC: f64 = 0.6;
/// Share of the before-skin below which little is left to compare.
pub const LEAST_OVERLAP: f64 = 0.5;
/// Share from which the region stands for what was selected.
pub const ENOUGH_OVERLAP: f64 = 0.8;
/// A scale within these of the expected is the same distance and lens.
pub const SCALE_OK: std::ops::RangeInclusive<f64> = 0.85..=1.15;
/// A scale beyond these shows another amount of detail.
pub const SCALE_USABLE: std::ops::RangeInclusive<f64> = 0.4..=2.5;
/// The right place must correlate better than the best wrong one by this.
pub const LEAST_NCC_LEAD: f64 = 0.1;

/// Least [`Registration::confirmed`]. Measured on 27 smiling against neutral faces: 0.38 and more; on
/// 16 pairs of strangers aligned by their landmarks: 0.08 and less.
pub const LEAST_CONFIRMED: f64 = 0.2;

/// Share of the common skin on which forward and backward motion agree within a pixel.
pub const ENOUGH_AGREEMENT: f64 = 0.9;
/// Below this the motion is one of chance. Measured on 27 smiling against neutral faces: 0.21 and 0.33 on two
/// that did not come to lie on one another, 0.97 and more on the others.
pub const LEAST_AGREEMENT: f64 = 0.6;
/// Ratios of areas, after to before, that the motion of skin may have.
pub const AREA_RATIO: std::ops::RangeInclusive<f64> = 0.7..=1.4;

/// Whether changes may be measured across a registration.
#[derive(Debug, Clone, PartialEq)]
pub enum Grade {
    /// At every place.
    Ok,
    /// Over regions only, for these reasons.
    Limited(Vec<Reason>),
    /// Not at all, for these reasons.
    Refused(Vec<Reason>),
}

/// Grades `registration`. `expected_scale_ratio` is what [`Registration::scale_ratio`] would be
/// for skin photographed as large as before: the ratio of the views' reductions, times that of
/// the photographs' mm per pixel where both are known. `before_px_per_mm` is that of the before-view.
pub fn grade(registration: &Registration, expected_scale_ratio: f64, before_px_per_mm: f64) -> Grade {
    let r = registration;
    let never = f64::NEG_INFINITY;
    let mut refused = Vec::new();
    let mut limited = Vec::new();
    // Value below `least`: refused; below `enough`: limited.
    let mut at_least = |code: &str, message: &str, found: f64, least: f64, enough: f64| {
        if found.is_nan() || found < least {
            refused.push(Reason::limit(code, message, found, least));
        } else if found < enough {
            limited.push(Reason::limit(code, message, found, enough));
        }
    };
    at_least(
        "too_few_matches",
        "too few places of the skin were found on both photographs, in places",
        r.inliers as f64,
        if r.by_hand { never } else { LEAST_INLIERS as f64 },
        ENOUGH_INLIERS as f64,
    );
    at_least(
        "low_overlap",
        "the photographs show too little of the same skin, as a share",
        r.overlap,
        LEAST_OVERLAP,
        ENOUGH_OVERLAP,
    );
    at_least(
        "low_correlation",
        "the aligned photographs do not look alike, as a correlation",
        r.ncc,
        LEAST_NCC,
        ENOUGH_NCC,
    );
    at_least(
        "poor_spread",
        "the places found on both photographs cover too little of the skin, as a share",
        r.spread,
        LEAST_SPREAD,
        ENOUGH_SPREAD,
    );
    at_least(
        "not_the_same_skin",
        "the photographs fit each other no better than at a wrong place, as a lead in correlation",
        r.ncc_lead,
        LEAST_NCC_LEAD,
        never,
    );
    at_least(
        "not_the_same_skin",
        "details of the skin are not where they should be, as a share",
        r.confirmed,
        LEAST_CONFIRMED,
        never,
    );
    if let Some(trust) = r.trust {
        at_least(
            "motion_uncertain",
            "the skin moved between the photographs in a way that cannot be followed, as a share",
            trust.agreement,
            LEAST_AGREEMENT,
            ENOUGH_AGREEMENT,
        );
    }
    if r.by_hand {
        limited.push(Reason::new("landmarks", "the photographs were aligned by landmarks that a person set"));
    }
    let residual_mm = r.residual_px / before_px_per_mm;
    if residual_mm.is_nan() || residual_mm > LARGEST_RESIDUAL_MM {
        limited.push(Reason::limit(
            "high_residual",
            "the skin was bent or moved between the photographs, in mm",
            residual_mm,
            LARGEST_RESIDUAL_MM,
        ));
    }
    if let Some(trust) = r.trust {
        let (least, most) = trust.area_ratio;
        if least < *AREA_RATIO.start() || most > *AREA_RATIO.end() {
            let (found, needed) = if least < *AREA_RATIO.start() {
                (least, *AREA_RATIO.start())
            } else {
                (most, *AREA_RATIO.end())
            };
            limited.push(Reason::limit(
                "skin_folded",
                "the skin is stretched or folded more than skin can be, as a ratio of areas",
                found,
                needed,
            ));
        }
    }
    let scale = r.scale_ratio / expected_scale_ratio;
    let (list, range) =
        if SCALE_USABLE.contains(&scale) { (&mut limited, SCALE_OK) } else { (&mut refused, SCALE_USABLE) };
    if !range.contains(&scale) {
        let needed = if scale < *range.start() { *range.start() } else { *range.end() };
        list.push(Reason::limit(
            "scale_differs",
            "the skin appears larger or smaller than before, as a ratio of lengths",
            scale,
            needed,
        ));
    }
    match (refused.is_empty(), limited.is_empty()) {
        (false, _) => Grade::Refused(refused),
        (true, false) => Grade::Limited(limited),
        (true, true) => Grade::Ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::align::{Model, Trust};
    use crate::geometry::Homography;

    fn good() -> Registration {
        Registration {
            model: Model::Similarity,
            after_from_before: Homography::IDENTITY,
            inliers: 200,
            residual_px: 1.0,
            overlap: 0.95,
            spread: 0.9,
            ncc: 0.95,
            ncc_lead: 0.85,
            confirmed: 0.95,
            rotation_deg: 0.0,
            scale_ratio: 1.0,
            motion: None,
            followed: None,
            trust: None,
            by_hand: false,
            found: Vec::new(),
            threshold_px: 4.0,
        }
    }

    /// 0 for ok, 1 for limited, 2 for refused, and the codes.
    fn outcome(change: impl Fn(&mut Registration)) -> (u8, Vec<String>) {
        let mut registration = good();
        change(&mut registration);
        let codes = |reasons: Vec<Reason>| reasons.into_iter().map(|r| r.code).collect();
        match grade(&registration, 1.0, 10.0) {
            Grade::Ok => (0, Vec::new()),
            Grade::Limited(why) => (1, codes(why)),
            Grade::Refused(why) => (2, codes(why)),
        }
    }

    #[test]
    fn each_limit_acts_on_its_two_sides() {
        let is = |level: u8, code: &str| (level, vec![code.to_owned()]);
        assert_eq!(outcome(|_| ()), (0, Vec::new()));
        assert_eq!(outcome(|r| r.inliers = 30), (0, Vec::new()));
        assert_eq!(outcome(|r| r.inliers = 29), is(1, "too_few_matches"));
        assert_eq!(outcome(|r| r.inliers = 11), is(2, "too_few_matches"));
        assert_eq!(outcome(|r| r.overlap = 0.79), is(1, "low_overlap"));
        assert_eq!(outcome(|r| r.overlap = 0.49), is(2, "low_overlap"));
        assert_eq!(outcome(|r| r.ncc = 0.59), is(1, "low_correlation"));
        assert_eq!(outcome(|r| r.ncc = 0.29), is(2, "low_correlation"));
        assert_eq!(outcome(|r| r.ncc = f64::NAN).0, 2);
        assert_eq!(outcome(|r| r.spread = 0.49), is(1, "poor_spread"));
        assert_eq!(outcome(|r| r.spread = 0.24), is(2, "poor_spread"));
        assert_eq!(outcome(|r| r.residual_px = 1.49), (0, Vec::new()));
        assert_eq!(outcome(|r| r.residual_px = 1.51), is(1, "high_residual"));
        assert_eq!(outcome(|r| r.ncc_lead = 0.09), is(2, "not_the_same_skin"));
        assert_eq!(outcome(|r| r.confirmed = 0.19), is(2, "not_the_same_skin"));
    }

    #[test]
    fn a_motion_that_is_not_to_be_trusted_limits() {
        let trust = Trust { agreement: 0.95, area_ratio: (0.9, 1.2), rms_px: 1.0 };
        let with = |trust| outcome(|r| r.trust = Some(trust));
        assert_eq!(with(trust), (0, Vec::new()));
        let is = |code: &str| (1, vec![code.to_owned()]);
        assert_eq!(with(Trust { agreement: 0.89, ..trust }), is("motion_uncertain"));
        let refused = (2, vec!["motion_uncertain".to_owned()]);
        assert_eq!(with(Trust { agreement: 0.59, ..trust }), refused);
        assert_eq!(with(Trust { area_ratio: (0.69, 1.2), ..trust }), is("skin_folded"));
        assert_eq!(with(Trust { area_ratio: (0.9, 1.41), ..trust }), is("skin_folded"));
    }

    #[test]
    fn scale_is_held_against_what_is_expected() {
        let is = |level: u8| (level, vec!["scale_differs".to_owned()]);
        assert_eq!(outcome(|r| r.scale_ratio = 1.14), (0, Vec::new()));
        assert_eq!(outcome(|r| r.scale_ratio = 1.16), is(1));
        assert_eq!(outcome(|r| r.scale_ratio = 0.39), is(2));
        let half = Registration { scale_ratio: 0.5, ..good() };
        assert_eq!(grade(&half, 0.5, 10.0), Grade::Ok);
    }
}
