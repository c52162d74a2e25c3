//! Where the eyes of a face are, to a hundredth of their distance: the search for the face is not
//! as exact.

use super::face::{Ellipse, Face};
use crate::raster::Raster;

/// The middle of an eye is sought around here, so far off, in such steps: the iris is dark and,
/// as the white is, pale.
pub(super) const USUAL_EYE: (f64, f64) = (0.49, 0.03);
const EYE_REACH: f64 = 0.14;
const EYE_STEP: f64 = 0.02;
/// How much higher than the other one eye may be.
const EYE_TILT: f64 = 0.07;
/// Around the middle of an eye: the iris, all of what is pale, the white on both sides of the iris,
/// and the brow above.
const IRIS: Ellipse = Ellipse { center: (0.0, 0.0), axes: (0.09, 0.08) };
const WHITE: Ellipse = Ellipse { center: (0.0, 0.0), axes: (0.2, 0.06) };
const CORNER: Ellipse = Ellipse { center: (0.0, 0.0), axes: (0.05, 0.04) };
const TO_CORNER: f64 = 0.16;
const ABOVE: Ellipse = Ellipse { center: (0.0, 0.0), axes: (0.2, 0.06) };
const TO_ABOVE: f64 = 0.24;
/// What a middle farther off costs, in OD per squared distance.
const EYE_PRICE: f64 = 8.0;
/// The same of eyes that are farther apart or nearer.
const APART_PRICE: f64 = 12.0;

/// The middles of both eyes: where irises are darkest and what is around them palest.
pub(super) fn eyes(face: &Face, dark: &Raster, paler: &Raster) -> [[f64; 2]; 2] {
    let steps = (EYE_REACH / EYE_STEP).round() as i32;
    let scored = |side: f64| -> Vec<(f64, [f64; 2])> {
        let places = (-steps..=steps).flat_map(|k| (-steps..=steps).map(move |i| (i, k)));
        let score = |(i, k): (i32, i32)| {
            let (du, dv) = (f64::from(i) * EYE_STEP, f64::from(k) * EYE_STEP);
            let middle = [side * USUAL_EYE.0 + du, USUAL_EYE.1 + dv];
            (eye_score(face, dark, paler, middle) - EYE_PRICE * (du * du + dv * dv), middle)
        };
        places.map(score).collect()
    };
    // A brow may look like an eye, but it is not as high as the other eye nor as far from it.
    let mut best = (f64::MIN, [-1.0, 1.0].map(|side| [side * USUAL_EYE.0, USUAL_EYE.1]));
    let right = scored(1.0);
    for (left_score, left) in scored(-1.0) {
        for &(right_score, right) in &right {
            let apart = right[0] - left[0] - 2.0 * USUAL_EYE.0;
            let score = left_score + right_score - APART_PRICE * apart * apart;
            if (right[1] - left[1]).abs() < EYE_TILT && score > best.0 {
                best = (score, [left, right]);
            }
        }
    }
    best.1
}

/// How much a place looks like an eye by itself, in OD: a dark iris, darker than what is on both sides of it, and all of it pale.
pub(super) fn evidence(face: &Face, dark: &Raster, paler: &Raster, middle: [f64; 2]) -> f64 {
    let open = Face { fringe: true, ..*face };
    eye_score(&open, dark, paler, middle)
}

fn eye_score(face: &Face, dark: &Raster, paler: &Raster, middle: [f64; 2]) -> f64 {
    let mean = |plane: &Raster, part: &Ellipse, [u, v]: [f64; 2]| {
        let steps = |half: f64| {
            let steps = (half / EYE_STEP) as i32;
            (-steps..=steps).map(|i| f64::from(i) * EYE_STEP)
        };
        let (mut sum, mut count) = (0.0, 0.0);
        for du in steps(part.axes.0) {
            for dv in steps(part.axes.1).filter(|&dv| part.holds((du, dv))) {
                sum += f64::from(face.value(plane, u + du, v + dv));
                count += 1.0;
            }
        }
        sum / count
    };
    // A brow is as dark beside its middle.
    let corner = |aside: f64| mean(dark, &CORNER, [middle[0] + aside, middle[1]]);
    let white = 0.5 * (corner(-TO_CORNER) + corner(TO_CORNER));
    let iris = mean(dark, &IRIS, middle);
    // And it has no brow above, where brows are seen.
    let above = if face.fringe { 0.0 } else { mean(dark, &ABOVE, [middle[0], middle[1] - TO_ABOVE]) };
    above + iris + (iris - white) + 2.0 * mean(paler, &WHITE, middle)
}
