//! What of a photograph tells who it is: eyes, and what they are sought in more carefully than skin is.
//!
//! A face that is missed shows its eyes, and one that is none costs a picture some skin: so a face that is merely possible
//! counts, and where there is background and no face, nothing but the measured skin is safe to show.

use super::eyes::{USUAL_EYE, evidence, eyes};
use super::face::Face;
use super::face_search::{Likeness, likest};
use super::features::dark_and_paler;
use super::look::Look;
use super::skin::is_close_up;
use super::tone::Tone;
use crate::engine::{Engine, EngineError};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::resample::Linear;

/// Around the middle of an eye, in distances of the pupils: lids and lashes are within, and the error of the search, which takes a brow
/// for an eye at times.
const EYE_AXES: (f64, f64) = (0.46, 0.38);
/// Where eyes are not certain: a band across the face, brows within; half width and half height around the point between them.
const BAND_AXES: (f64, f64) = (1.15, 0.45);
/// Pupils are sought as far apart as this share of the longer side: of a face that is cut above the brows and below the nose, too.
const WIDEST: f64 = 0.6;
/// Least evidence of each eye, in OD: on 40 faces at least 1.7. On half a face one of its two is a cheek, and has less.
const LEAST_EVIDENCE: f64 = 1.5;
/// Where hiding ends, as a share of these: nothing of an eye shows through the soft edge.
const SOFT: f64 = 1.2;
/// White balances that a face is sought under: red and blue up and down by so much. A cold cast hides skin.
const GAINS: [(f32, f32); 2] = [(1.0, 1.0), (1.2, 0.83)];

/// What to hide of a photograph.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hide {
    /// The eyes of a face, where there may be one.
    pub eyes: Option<EyeZone>,
    /// Everything but the skin that is measured: there is background and no certain face, so that one may be there that is not seen
    /// from the front; or what may be a face, whose eyes may be elsewhere.
    pub beyond_skin: bool,
}

/// Where the eyes of a face are.
#[derive(Debug, Clone, PartialEq)]
pub struct EyeZone {
    face: Face,
    /// On the face; empty where they are not certain.
    eyes: Vec<[f64; 2]>,
}

impl EyeZone {
    /// The same on a plane with `scale` times as many pixels along an edge.
    #[must_use]
    pub fn scaled(&self, scale: f64) -> Self {
        let center = self.face.center.map(|at| scale * at);
        let face = Face { center, between: scale * self.face.between, ..self.face };
        Self { face, eyes: self.eyes.clone() }
    }

    /// Whether the face is evident, and its eyes with it.
    pub fn is_certain(&self) -> bool {
        !self.eyes.is_empty()
    }

    /// Distance of the pupils, in pixels.
    pub fn between(&self) -> f64 {
        self.face.between
    }

    /// How much of a point is to be hidden: 1 on an eye and around it, 0 beside.
    pub fn weight(&self, x: f64, y: f64) -> f32 {
        let (u, v) = self.face.place_of(x, y);
        let within = |[at_u, at_v]: [f64; 2], axes: (f64, f64)| {
            let distance = ((u - at_u) / axes.0).hypot((v - at_v) / axes.1);
            ((SOFT - distance) / (SOFT - 1.0)).clamp(0.0, 1.0) as f32
        };
        if self.eyes.is_empty() {
            return within([0.0, 0.0], BAND_AXES);
        }
        self.eyes.iter().map(|eye| within(*eye, EYE_AXES)).fold(0.0, f32::max)
    }
}

/// What to hide of linear planes of about one megapixel, in their pixels.
///
/// # Errors
/// What the engine reports.
pub fn find_what_to_hide(engine: &Engine, linear: &Linear) -> Result<Hide, EngineError> {
    let mut possible = None;
    let mut close_up = false;
    for (red, blue) in GAINS {
        let [r, g, b] = &linear.rgb;
        let rgb = [
            pointwise(engine, Op::Scale(red), r, r)?,
            pointwise(engine, Op::Scale(1.0), g, g)?,
            pointwise(engine, Op::Scale(blue), b, b)?,
        ];
        let clipped = pointwise(engine, Op::Scale(1.0), &linear.clipped, &linear.clipped)?;
        let look = Look::of(engine, &Linear { rgb, clipped })?;
        close_up |= is_close_up(&look);
        let Some(found) = likest(engine, &look, WIDEST)?.filter(Likeness::is_possible) else { continue };
        let face = found.refined(engine, &look)?;
        if found.is_evident()
            && let Some(zone) = zone(engine, &look, &face)?
        {
            return Ok(Hide { eyes: Some(zone.scaled(look.factor())), beyond_skin: false });
        }
        possible.get_or_insert(EyeZone { face, eyes: Vec::new() }.scaled(look.factor()));
    }
    Ok(Hide { beyond_skin: !close_up || possible.is_some(), eyes: possible })
}

/// Both eyes of a face, in pixels of the small version, where both are seen: what looks like a face may be half of one, or none.
fn zone(engine: &Engine, look: &Look, face: &Face) -> Result<Option<EyeZone>, EngineError> {
    let skin = Tone::of(look, face).accepts(look, face);
    let (dark, paler) = dark_and_paler(engine, look, face, &skin)?;
    let found = eyes(face, &dark, &paler);
    let size = look.size();
    let is_seen = |eye: &[f64; 2]| {
        let (x, y) = face.at(eye[0], eye[1]);
        let inside = (0.0..f64::from(size.width)).contains(&x) && (0.0..f64::from(size.height)).contains(&y);
        let evidence = evidence(face, &dark, &paler, *eye);
        tracing::debug!(evidence, inside, "eye");
        inside && evidence >= LEAST_EVIDENCE
    };
    let (u, v) = USUAL_EYE;
    // Where eyes are on every face, too.
    let hidden = || [found[0], found[1], [-u, v], [u, v]].to_vec();
    Ok(found.iter().all(is_seen).then(|| EyeZone { face: *face, eyes: hidden() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face() -> Face {
        Face { center: [100.0, 80.0], between: 40.0, angle: 0.3, fringe: false }
    }

    #[test]
    fn eyes_are_hidden_whole_and_what_is_beside_is_not() {
        let zone = EyeZone { face: face(), eyes: vec![[-0.5, 0.0], [0.5, 0.0]] };
        let at = |zone: &EyeZone, u, v| {
            let (x, y) = zone.face.at(u, v);
            zone.weight(x, y)
        };
        for (u, v, weight) in [
            (-0.5, 0.0, 1.0),
            (0.5, 0.0, 1.0),
            (0.5 + 0.35, 0.0, 1.0),
            (0.5, -0.21, 1.0),
            (0.0, 0.5, 0.0),
            (0.5, 0.5, 0.0),
            (1.1, 0.0, 0.0),
        ] {
            assert_eq!(at(&zone, u, v), weight, "{u} {v}");
        }
        let band = EyeZone { face: face(), eyes: Vec::new() };
        assert_eq!((at(&band, 0.5, -0.3), at(&band, 0.0, 0.0), at(&band, 0.0, 0.9)), (1.0, 1.0, 0.0));
        let large = zone.scaled(3.0);
        let (x, y) = zone.face.at(0.5, 0.1);
        assert_eq!(large.weight(3.0 * x, 3.0 * y), 1.0);
        assert_eq!(large.between(), 120.0);
    }
}
