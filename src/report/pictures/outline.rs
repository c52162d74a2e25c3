//! Lines along the rim of a mask.

use image::{Rgb, RgbImage};

use crate::raster::Raster;

/// Around the region.
pub(super) const REGION: Rgb<u8> = Rgb([255; 3]);
/// Around what was counted: a color that skin of no tone has.
pub(super) const COUNTED: Rgb<u8> = Rgb([0, 229, 255]);
/// Beside every line, so that it shows on light skin too.
pub(super) const EDGE: Rgb<u8> = Rgb([15; 3]);

/// Draws a line of `stroke` pixels just inside the rim of `inside` (above one half), and a dark
/// pixel just outside of it. Beyond the picture is outside.
pub(super) fn draw(image: &mut RgbImage, inside: &Raster, color: Rgb<u8>, stroke: u32) {
    let size = inside.size();
    let is_inside = |x: i64, y: i64| {
        let within = x >= 0 && y >= 0 && x < i64::from(size.width) && y < i64::from(size.height);
        within && inside.at(x as u32, y as u32) > 0.5
    };
    for y in 0..size.height {
        for x in 0..size.width {
            let here = is_inside(i64::from(x), i64::from(y));
            let reach = if here { i64::from(stroke) } else { 1 };
            let across = disk(reach).any(|(dx, dy)| is_inside(i64::from(x) + dx, i64::from(y) + dy) != here);
            if across {
                image.put_pixel(x, y, if here { color } else { EDGE });
            }
        }
    }
}

/// Neighbors up to `reach` pixels away.
fn disk(reach: i64) -> impl Iterator<Item = (i64, i64)> {
    (-reach..=reach)
        .flat_map(move |dy| (-reach..=reach).map(move |dx| (dx, dy)))
        .filter(move |(dx, dy)| dx * dx + dy * dy <= reach * reach)
}
