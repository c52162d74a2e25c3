//! Numbers beside what is outlined, so that a reader finds a line of the report in the picture.

use image::RgbImage;

use super::outline::COUNTED;
use super::text;
use crate::raster::Raster;

/// Something that has a number in the report, in pixels of the planes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Its number.
    pub number: u32,
    /// Its center.
    pub center: (f64, f64),
    /// About how far it reaches from there.
    pub radius: f64,
}

/// Between an outline and its number, in pixels at magnification 1.
const GAP: f64 = 3.0;

/// A rectangle of pixels: left, top, right, bottom.
type Area = [i64; 4];

/// Writes the numbers within their outlines where they fit, else beside them, first come first served: a number
/// that would cover another, or pass the edge, wherever it stands is left out.
pub(super) fn draw(image: &mut RgbImage, outlined: &Raster, marks: &[Mark], magnification: u32) {
    let mut taken: Vec<Area> = Vec::new();
    for mark in marks {
        let label = mark.number.to_string();
        let (width, height) = text::small_size(&label, magnification);
        let within = centered(mark, width, height);
        let fits = is_within(&within, image) && is_outlined(&within, outlined);
        let beside = places(mark, width, height, magnification);
        let Some(place) = (fits.then_some(within).into_iter())
            .chain(beside)
            .find(|place| is_within(place, image) && taken.iter().all(|other| !overlap(place, other)))
        else {
            continue;
        };
        taken.push(place);
        text::write_small(image, place[0], place[1], magnification, &label, COUNTED);
    }
}

/// On the center of a mark.
fn centered(mark: &Mark, width: u32, height: u32) -> Area {
    let corner = |center: f64, side: u32| (center - 0.5 * f64::from(side)).round() as i64;
    let (left, top) = (corner(mark.center.0, width), corner(mark.center.1, height));
    [left, top, left + i64::from(width), top + i64::from(height)]
}

/// Whether an area within the picture is inside an outline, as its corners and its middle tell.
fn is_outlined(place: &Area, outlined: &Raster) -> bool {
    let [left, top, right, bottom] = place.map(|v| v as u32);
    let middle = ((left + right) / 2, (top + bottom) / 2);
    let corners = [(left, top), (right - 1, top), (left, bottom - 1), (right - 1, bottom - 1), middle];
    corners.into_iter().all(|(x, y)| outlined.at(x, y) > 0.5)
}

/// Right, left, above and below of a mark.
fn places(mark: &Mark, width: u32, height: u32, magnification: u32) -> [Area; 4] {
    let (w, h) = (f64::from(width), f64::from(height));
    let away = mark.radius + GAP * f64::from(magnification);
    let (x, y) = mark.center;
    let at = |x: f64, y: f64| {
        let (left, top) = (x.round() as i64, y.round() as i64);
        [left, top, left + i64::from(width), top + i64::from(height)]
    };
    [
        at(x + away, y - 0.5 * h),
        at(x - away - w, y - 0.5 * h),
        at(x - 0.5 * w, y - away - h),
        at(x - 0.5 * w, y + away),
    ]
}

fn is_within(place: &Area, image: &RgbImage) -> bool {
    place[0] >= 0
        && place[1] >= 0
        && place[2] <= i64::from(image.width())
        && place[3] <= i64::from(image.height())
}

fn overlap(a: &Area, b: &Area) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}
