//! The color of a printed patch.

use super::sight::Sight;
use crate::geometry::Homography;

/// Points along each side at which a patch is read.
const POINTS: u32 = 16;

/// The color of a patch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PatchColor {
    /// Mean linear red, green and blue.
    pub rgb: [f64; 3],
    /// Share that was clipped, or lay outside the photograph.
    pub clipped: f64,
}

/// The mean color within a rectangle (left, top, width, height) of a flat thing that `sight_from_plane`
/// lays on the photograph.
pub fn patch_color(sight: &Sight, sight_from_plane: &Homography, rectangle: [f64; 4]) -> PatchColor {
    let size = sight.luminance.size();
    let mut out = PatchColor { rgb: [0.0; 3], clipped: 0.0 };
    let mut seen = 0.0f64;
    let [left, top, width, height] = rectangle;
    for k in 0..POINTS * POINTS {
        let part = |i: u32| (f64::from(i) + 0.5) / f64::from(POINTS);
        let (x, y) = sight_from_plane.apply(left + width * part(k % POINTS), top + height * part(k / POINTS));
        let inside = (0.0..f64::from(size.width)).contains(&x) && (0.0..f64::from(size.height)).contains(&y);
        if !inside {
            out.clipped += 1.0;
            continue;
        }
        seen += 1.0;
        out.clipped += f64::from(sight.clipped.at(x as u32, y as u32));
        for (sum, plane) in out.rgb.iter_mut().zip(&sight.rgb) {
            *sum += f64::from(plane.sample(x, y));
        }
    }
    out.rgb = out.rgb.map(|sum| sum / seen.max(1.0));
    out.clipped /= f64::from(POINTS * POINTS);
    out
}
