//! Every photograph laid on the first.

use super::capture::Capture;
use super::options::Options;
use crate::align::{
    Grade, Landmark, Registration, SkinMap, View, follow, grade, register, register_by_landmarks,
};
use crate::calibrate::ASSUMED_WIDTH_MM;
use crate::engine::{Engine, EngineError};
use crate::raster::Raster;
use crate::reason::Reason;

/// How one photograph lies on the first, in photograph pixels.
#[derive(Debug, Clone)]
pub(super) struct Map {
    pub this_from_first: SkinMap,
    /// Pixels of this photograph per pixel of the first.
    pub ratio: f64,
}

/// How all photographs lie on the first.
#[derive(Debug)]
pub(super) struct Maps {
    /// One for each photograph; `None` for a repeat that cannot be laid on the first.
    pub maps: Vec<Option<Map>>,
    /// Photographs of the first visit.
    pub before_count: usize,
    /// Of the first photograph after treatment.
    pub alignment: Option<Aligned>,
    /// Why the pair is limited.
    pub limits: Vec<Reason>,
    /// What became of repeats that do not fit.
    pub dropped: Vec<Reason>,
}

/// A registration in photograph pixels, for the report.
#[derive(Debug, Clone)]
pub(super) struct Aligned {
    pub registration: Registration,
    /// Pixels of the second photograph per pixel of the first.
    pub scale_ratio: f64,
    pub residual_px: f64,
    /// Pixels of the view per pixel of the first photograph.
    pub first_factor: f64,
}

/// A refusal: how far registration came, and why that is not enough.
pub(super) type Refusal = (Option<Box<Aligned>>, Vec<Reason>);

/// Lays every photograph on the first; `landmarks`, in photograph pixels, are of the first photographs of
/// both visits.
pub(super) fn register_all(
    finder: &Engine,
    captures: &[Capture<'_>],
    region: &Raster,
    before_count: usize,
    options: &Options,
    landmarks: Option<&[Landmark]>,
) -> Result<Result<Maps, Refusal>, EngineError> {
    let identity = Map { this_from_first: SkinMap::identity(), ratio: 1.0 };
    let mut out = Maps {
        maps: vec![Some(identity)],
        before_count,
        alignment: None,
        limits: Vec::new(),
        dropped: Vec::new(),
    };
    let first = &captures[0];
    // Skin that is not treated helps to find where the treated skin is.
    let mut matched = first.skin.clone();
    for (mask, &inside) in matched.data_mut().iter_mut().zip(region.data()) {
        *mask = mask.max(inside);
    }
    let before = View { density: &first.density, mask: &matched };
    let px_per_mm =
        first.factor / options.mm_per_px_before.unwrap_or_else(|| assumed_mm_per_px(first, region));
    for (i, capture) in captures.iter().enumerate().skip(1) {
        let is_after = i >= before_count;
        let given = if is_after { options.given_ratio() } else { None };
        let expected = given.unwrap_or(1.0) * capture.factor / first.factor;
        let is_pair = i == before_count;
        let landmarks = landmarks.filter(|_| is_pair);
        match lay_on(finder, &before, capture, first.factor, expected, px_per_mm, landmarks)? {
            Err(refusal) if is_pair => return Ok(Err(refusal)),
            Err((_, reasons)) => {
                let why = reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                let message = format!("{}: the repeat was left out: {why}", capture.photo.name);
                out.dropped.push(Reason::new("repeat_left_out", message));
                out.maps.push(None);
            }
            Ok((aligned, limits)) => {
                let map = aligned.registration.map();
                let this_from_first = map.rescaled(1.0 / first.factor, 1.0 / capture.factor);
                out.maps.push(Some(Map { this_from_first, ratio: aligned.scale_ratio }));
                if is_pair {
                    (out.alignment, out.limits) = (Some(aligned), limits);
                }
            }
        }
    }
    Ok(Ok(out))
}

/// Registers one photograph and grades that: with what limits it, or a refusal.
fn lay_on(
    finder: &Engine,
    first: &View<'_>,
    capture: &Capture<'_>,
    first_factor: f64,
    expected_ratio: f64,
    px_per_mm: f64,
    landmarks: Option<&[Landmark]>,
) -> Result<Result<(Aligned, Vec<Reason>), Refusal>, EngineError> {
    let view = View { density: &capture.density, mask: &capture.skin };
    let found = match landmarks {
        None => register(first, &view),
        Some(landmarks) => {
            let small: Vec<Landmark> =
                landmarks.iter().map(|l| l.rescaled(first_factor, capture.factor)).collect();
            register_by_landmarks(first, &view, &small)
        }
    };
    let registration = match found {
        Ok(registration) => follow(finder, first, &view, registration)?,
        Err(reason) => return Ok(Err((None, vec![reason]))),
    };
    let grade = grade(&registration, expected_ratio, px_per_mm);
    let aligned = Aligned {
        scale_ratio: registration.scale_ratio * first_factor / capture.factor,
        residual_px: registration.residual_px / first_factor,
        first_factor,
        registration,
    };
    Ok(match grade {
        Grade::Ok => Ok((aligned, Vec::new())),
        Grade::Limited(reasons) => Ok((aligned, reasons)),
        Grade::Refused(reasons) => Err((Some(Box::new(aligned)), reasons)),
    })
}

/// Millimetres per photograph pixel, where the region is taken to be as wide as usual.
fn assumed_mm_per_px(first: &Capture<'_>, region: &Raster) -> f64 {
    ASSUMED_WIDTH_MM / (width_px(region) / first.factor)
}

/// Width of the box around a mask, in its pixels.
pub(super) fn width_px(mask: &Raster) -> f64 {
    let size = mask.size();
    let columns = (0..size.width).filter(|&x| (0..size.height).any(|y| mask.at(x, y) > 0.5));
    let (first, last) = columns.fold((u32::MAX, 0), |(first, last), x| (first.min(x), last.max(x)));
    if first > last { f64::from(size.width) } else { f64::from(last - first + 1) }
}
