//! Every photograph laid on the first.

use super::beside;
use super::capture::Capture;
use super::options::Options;
use super::stop::Stop;
use crate::align::{
    Grade, Landmark, Prepared, Registration, SkinMap, View, follow, grade, register, register_by_landmarks,
};
use crate::calibrate::ASSUMED_WIDTH_MM;
use crate::engine::Engine;
use crate::raster::Raster;
use crate::reason::Reason;

/// How one photograph lies on the first, in photograph pixels.
#[derive(Debug, Clone)]
pub(super) struct Map {
    pub this_from_first: SkinMap,
    /// The same with all the motion that was seen: for what measures motion.
    pub followed: SkinMap,
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

/// Lays every photograph on the first; `landmarks`, in photograph pixels, are of the first photographs of
/// both visits.
pub(super) fn register_all(
    finder: &Engine,
    captures: &[Capture<'_>],
    region: &Raster,
    before_count: usize,
    options: &Options,
    landmarks: Option<&[Landmark]>,
) -> Result<Maps, Stop> {
    let still = SkinMap::identity();
    let identity = Map { this_from_first: still.clone(), followed: still, ratio: 1.0 };
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
    let before = Prepared::new(View { density: &first.density, mask: &matched });
    let own = |i: usize| Some(beside::own_scale(options, captures, before_count, i)?.mm_per_px);
    let px_per_mm = first.factor / own(0).unwrap_or_else(|| assumed_mm_per_px(first, region));
    for (i, capture) in captures.iter().enumerate().skip(1) {
        let is_after = i >= before_count;
        let given = if is_after { own(0).zip(own(i)).map(|(first, this)| first / this) } else { None };
        let expected = given.unwrap_or(1.0) * capture.factor / first.factor;
        let is_pair = i == before_count;
        let landmarks = landmarks.filter(|_| is_pair);
        match lay_on(finder, &before, capture, first.factor, expected, px_per_mm, landmarks) {
            Err(Stop::Refused { reasons, .. }) if !is_pair => {
                let why = reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                let message = format!("{}: the repeat was left out: {why}", capture.photo.name);
                out.dropped.push(Reason::new("repeat_left_out", message));
                out.maps.push(None);
            }
            Err(stop) => return Err(stop),
            Ok((aligned, limits)) => {
                let of_photographs = |map: SkinMap| map.rescaled(1.0 / first.factor, 1.0 / capture.factor);
                out.maps.push(Some(Map {
                    this_from_first: of_photographs(aligned.registration.map()),
                    followed: of_photographs(aligned.registration.followed_map()),
                    ratio: aligned.scale_ratio,
                }));
                if is_pair {
                    (out.alignment, out.limits) = (Some(aligned), limits);
                }
            }
        }
    }
    Ok(out)
}

/// Registers one photograph and grades that: with what limits it, or a refusal.
fn lay_on(
    finder: &Engine,
    first: &Prepared<'_>,
    capture: &Capture<'_>,
    first_factor: f64,
    expected_ratio: f64,
    px_per_mm: f64,
    landmarks: Option<&[Landmark]>,
) -> Result<(Aligned, Vec<Reason>), Stop> {
    let view = Prepared::new(View { density: &capture.density, mask: &capture.skin });
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
        Err(reason) => return Err(reason.into()),
    };
    let grade = grade(&registration, expected_ratio, px_per_mm);
    let aligned = Aligned {
        scale_ratio: registration.scale_ratio * first_factor / capture.factor,
        residual_px: registration.residual_px / first_factor,
        first_factor,
        registration,
    };
    match grade {
        Grade::Ok => Ok((aligned, Vec::new())),
        Grade::Limited(reasons) => Ok((aligned, reasons)),
        Grade::Refused(reasons) => Err(Stop::Refused { aligned: Some(Box::new(aligned)), reasons }),
    }
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

#[cfg(test)]
mod tests {
    use super::super::beside::Beside;
    use super::*;
    use crate::geometry::Size;
    use crate::ops::gaussian::gaussian;
    use crate::ops::testing::{cpu, noise};
    use crate::photo::Photo;

    /// Skin with detail, and the same skin stretched by a slow wave and shifted.
    fn densities(size: Size) -> [Raster; 2] {
        let fine = gaussian(cpu(), &cpu().upload_raster(&noise(size, 4)).unwrap(), 2.0).unwrap();
        let before = cpu().download_raster(&fine).unwrap();
        let after = Raster::from_fn(size, |x, y| {
            let (x, y) = back(f64::from(x) + 0.5, f64::from(y) + 0.5);
            before.sample(x, y)
        });
        [before, after]
    }

    /// Where a place of the stretched skin was.
    fn back(x: f64, y: f64) -> (f64, f64) {
        (x - 6.0 - 2.5 * (y / 80.0).sin(), y + 4.0 - 2.5 * (x / 85.0).cos())
    }

    fn registered(landmarks: Option<&[Landmark]>) -> Result<Maps, Stop> {
        let size = Size::new(480, 400);
        let photo = Photo::from_rgb_bytes("photo", size, &vec![128; 3 * size.area()]);
        let skin = || Raster::filled(size, 1.0);
        let beside = Beside::default;
        let capture =
            |density| Capture { photo: &photo, factor: 1.0, density, skin: skin(), beside: beside() };
        let captures = densities(size).map(capture);
        register_all(cpu(), &captures, &skin(), 1, &Options::default(), landmarks)
    }

    fn median_miss_px(maps: &Maps) -> f64 {
        let map = &maps.maps[1].as_ref().unwrap().this_from_first;
        let places = (2..18).flat_map(|i| (2..15).map(move |j| (f64::from(25 * i), f64::from(25 * j))));
        let mut misses: Vec<f64> = places
            .map(|(u, v)| {
                let ((x, y), (a, b)) = (map.apply_inverse(u, v), back(u, v));
                (x - a).hypot(y - b)
            })
            .collect();
        misses.sort_by(f64::total_cmp);
        misses[misses.len() / 2]
    }

    #[test]
    fn the_map_that_carries_masks_and_lesions_follows_the_skin() {
        let maps = registered(None).unwrap();
        let aligned = maps.alignment.as_ref().unwrap();
        assert!(aligned.registration.motion.is_some());
        // At 3 % of strain. Without the motion it misses by more than a pixel.
        assert!(median_miss_px(&maps) < 0.3, "{}", median_miss_px(&maps));
    }

    #[test]
    fn landmarks_are_used_where_they_are_given() {
        let mark = |u: f64, v: f64| Landmark { before: back(u, v), after: (u, v) };
        let mut set =
            [mark(80.0, 70.0), mark(400.0, 90.0), mark(240.0, 200.0), mark(90.0, 330.0), mark(390.0, 320.0)];
        let maps = registered(Some(&set)).unwrap();
        assert!(maps.alignment.as_ref().unwrap().registration.by_hand);
        assert!(maps.limits.iter().any(|r| r.code == "landmarks") && median_miss_px(&maps) < 0.3);
        (set[0].after.0, set[3].after.1) = (300.0, 40.0);
        let Err(Stop::Refused { reasons, .. }) = registered(Some(&set)) else { panic!("expected a refusal") };
        assert_eq!(reasons[0].code, "landmarks_disagree");
    }
}
