//! Pictures of the page of a pair: the photographs, maps to lay over them, rims of what was counted.
//!
//! All lie on the first photograph's grid, and tell how much of it they cover, so that each finds its place
//! whatever its own size.

use image::{Rgb, RgbImage};

use super::colors::{DIVERGING, Ramp, SEQUENTIAL, color_at};
use super::range::Range;
use super::{Canvas, MapPicture, OfVisits, Picture, PictureError, panel};
use crate::geometry::Size;
use crate::raster::Raster;

/// Quality of photographs: finer than the eye, and half the bytes of the best.
const JPEG_QUALITY: u8 = 84;
/// Longest side of a map, in pixels: what it tells is broader than a pore.
const MAP_SIDE: u32 = 480;
/// Colors of a map: steps that the eye does not tell apart, in five bits.
const LEVELS: u8 = 32;
/// How much of a map covers the photograph; the page can make it fainter.
const OPACITY: u8 = 190;
/// Of the dark edge beside a rim.
const EDGE_OPACITY: u8 = 150;

/// Which photograph a picture lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Before.
    Before,
    /// After.
    After,
    /// Both: a difference, or what is the same on both.
    Both,
}

/// What a picture is within the page. Extents are in pixels of the first photograph, from its upper left corner; of a pair that
/// is not aligned, in pixels of each.
#[derive(Debug, Clone, PartialEq)]
pub enum Inlay {
    /// A photograph.
    Photo {
        /// Which.
        side: Side,
        /// How much of the first photograph it covers.
        extent: [f64; 2],
    },
    /// A map, transparent where nothing was measured.
    Map {
        /// Of which visit; of both, their difference.
        side: Side,
        /// How much of the first photograph it covers.
        extent: [f64; 2],
        /// Unit of its values.
        unit: String,
        /// What its lowest color stands for.
        low: f64,
        /// What its highest color stands for.
        high: f64,
        /// Colors from low to high, at equal steps.
        ramp: &'static [[u8; 3]],
    },
    /// Rims of what was counted.
    Rims {
        /// On which visit.
        side: Side,
        /// How much of the first photograph it covers.
        extent: [f64; 2],
        /// Color of the lines.
        color: [u8; 3],
    },
}

/// A photograph of linear light, 0 to 1.
///
/// # Errors
/// The encoder.
pub fn inlaid_photo(rgb: &[Raster; 3], side: Side, extent: [f64; 2]) -> Result<Picture, PictureError> {
    encoded_photo(&panel::photo(rgb), side, extent)
}

/// A photograph as it is shown.
///
/// # Errors
/// The encoder.
pub fn encoded_photo(image: &RgbImage, side: Side, extent: [f64; 2]) -> Result<Picture, PictureError> {
    let name = match side {
        Side::Before | Side::Both => "before.jpg",
        Side::After => "after.jpg",
    };
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY).encode_image(image)?;
    Ok(Picture { name: name.to_owned(), bytes, inlay: Some(Inlay::Photo { side, extent }) })
}

/// A map of each visit in one scale of colors, and their difference. The scales are those of the sheets.
///
/// # Errors
/// Planes that differ in size, or the encoder.
pub fn inlaid_map(canvas: &Canvas, m: &MapPicture, extent: [f64; 2]) -> Result<Vec<Picture>, PictureError> {
    let OfVisits { before, after, shared } = OfVisits::of(canvas, m)?;
    let mut pictures = vec![colored(m, &before, Side::Before, extent, SEQUENTIAL, shared)?];
    if let Some(after) = &after {
        pictures.push(colored(m, after, Side::After, extent, SEQUENTIAL, shared)?);
        let difference = panel::difference(&before, after);
        let centered = Range::around_zero(difference.data().iter().copied(), shared);
        pictures.push(colored(m, &difference, Side::Both, extent, DIVERGING, centered)?);
    }
    Ok(pictures.into_iter().flatten().collect())
}

/// `None` where there is nothing to color.
fn colored(
    m: &MapPicture,
    map: &Raster,
    side: Side,
    extent: [f64; 2],
    ramp: Ramp,
    range: Option<Range>,
) -> Result<Option<Picture>, PictureError> {
    let Some(range) = range else { return Ok(None) };
    let (small, factor) = reduced(map);
    let top = f64::from(LEVELS - 1);
    let level = |value: f32| {
        let place = range.place(f64::from(value)).clamp(0.0, 1.0);
        if value.is_finite() { 1 + (top * place).round() as u8 } else { 0 }
    };
    let indices: Vec<u8> = small.data().iter().map(|&value| level(value)).collect();
    let shade = |k: u8| {
        let Rgb([r, g, b]) = color_at(ramp, f64::from(k) / top);
        [r, g, b, OPACITY]
    };
    let palette: Vec<[u8; 4]> = std::iter::once([0; 4]).chain((0..LEVELS).map(shade)).collect();
    let bytes = indexed(small.size(), &indices, &palette)?;
    // Cells at the border may reach beyond the map.
    let reach = |cells: u32, side: u32| f64::from(factor * cells) / f64::from(side);
    let (whole, cells) = (map.size(), small.size());
    let extent = [extent[0] * reach(cells.width, whole.width), extent[1] * reach(cells.height, whole.height)];
    let inlay = Inlay::Map { side, extent, unit: m.unit.to_owned(), low: range.low, high: range.high, ramp };
    Ok(Some(Picture { name: m.name.to_owned(), bytes, inlay: Some(inlay) }))
}

/// Means of the finite values of square cells, and their side.
fn reduced(map: &Raster) -> (Raster, u32) {
    let whole = map.size();
    let factor = whole.width.max(whole.height).div_ceil(MAP_SIDE).max(1);
    let size = Size::new(whole.width.div_ceil(factor), whole.height.div_ceil(factor));
    let mean = |x: u32, y: u32| {
        let (mut sum, mut count) = (0.0f64, 0u32);
        for v in factor * y..(factor * (y + 1)).min(whole.height) {
            for u in factor * x..(factor * (x + 1)).min(whole.width) {
                let value = map.at(u, v);
                if value.is_finite() {
                    sum += f64::from(value);
                    count += 1;
                }
            }
        }
        if count > 0 { (sum / f64::from(count)) as f32 } else { f32::NAN }
    };
    (Raster::from_fn(size, mean), factor)
}

/// Lines just inside of what is above one half, with a dark edge outside.
///
/// # Errors
/// The encoder.
pub fn inlaid_rims(
    name: &str,
    inside: &Raster,
    side: Side,
    extent: [f64; 2],
    color: [u8; 3],
) -> Result<Picture, PictureError> {
    let size = inside.size();
    let is_inside = |x: i64, y: i64| {
        let within = x >= 0 && y >= 0 && x < i64::from(size.width) && y < i64::from(size.height);
        within && inside.at(x as u32, y as u32) > 0.5
    };
    let neighbors = [(-1, 0), (1, 0), (0, -1), (0, 1)];
    let index = |x: u32, y: u32| {
        let here = is_inside(x.into(), y.into());
        let at_rim = neighbors.iter().any(|(dx, dy)| is_inside(i64::from(x) + dx, i64::from(y) + dy) != here);
        match (at_rim, here) {
            (false, _) => 0u8,
            (true, true) => 1,
            (true, false) => 2,
        }
    };
    let indices = Raster::from_fn(size, index);
    let [r, g, b] = color;
    let palette = [[0; 4], [r, g, b, 255], [15, 15, 15, EDGE_OPACITY]];
    let bytes = indexed(size, indices.data(), &palette)?;
    Ok(Picture { name: name.to_owned(), bytes, inlay: Some(Inlay::Rims { side, extent, color }) })
}

/// A PNG of a palette with opacities, in as few bits a pixel as its colors need.
fn indexed(size: Size, indices: &[u8], palette: &[[u8; 4]]) -> Result<Vec<u8>, PictureError> {
    let bits: u32 = if palette.len() <= 4 { 2 } else { 8 };
    let packed: Vec<u8> = if bits == 8 {
        indices.to_vec()
    } else {
        let pack = |four: &[u8]| {
            four.iter().zip([6, 4, 2, 0]).map(|(index, shift)| index << shift).fold(0, |sum, part| sum | part)
        };
        indices.chunks(size.width as usize).flat_map(|row| row.chunks(4).map(pack)).collect()
    };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.width, size.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(if bits == 8 { png::BitDepth::Eight } else { png::BitDepth::Two });
    encoder.set_palette(palette.iter().flat_map(|c| [c[0], c[1], c[2]]).collect::<Vec<u8>>());
    encoder.set_trns(palette.iter().map(|c| c[3]).collect::<Vec<u8>>());
    encoder.set_compression(png::Compression::High);
    // Rows of a palette have no slopes to predict.
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&packed)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgba(picture: &Picture) -> image::RgbaImage {
        image::load_from_memory(&picture.bytes).unwrap().to_rgba8()
    }

    #[test]
    fn rims_are_lines_around_what_is_inside() {
        let inside =
            Raster::from_fn(Size::new(13, 9), |x, y| f32::from((3..8).contains(&x) && (2..7).contains(&y)));
        let picture = inlaid_rims("scars", &inside, Side::Before, [26.0, 18.0], [0, 229, 255]).unwrap();
        let image = rgba(&picture);
        assert_eq!(image.dimensions(), (13, 9));
        assert_eq!(image.get_pixel(3, 4).0, [0, 229, 255, 255]);
        assert_eq!(image.get_pixel(2, 4).0[3], EDGE_OPACITY);
        assert_eq!((image.get_pixel(5, 4).0[3], image.get_pixel(12, 8).0[3]), (0, 0));
    }

    #[test]
    fn maps_cover_what_they_measure_and_nothing_else() {
        let size = Size::new(1001, 40);
        let plane = |value: f32| Raster::filled(size, value);
        let (rgb, region) = ([plane(0.4), plane(0.3), plane(0.2)], plane(1.0));
        let before = Raster::from_fn(size, |x, _| x as f32 / 1000.0);
        let after = before.map(|v| v + 0.5);
        let mask = Raster::from_fn(size, |x, _| f32::from(x >= 300));
        let canvas = Canvas { before: &rgb, after: Some(&rgb), region: &region, px_per_mm: None };
        let m = MapPicture {
            name: "melanin",
            title: "Melanin",
            unit: "OD",
            before: &before,
            after: Some(&after),
            mask: &mask,
        };
        let pictures = inlaid_map(&canvas, &m, [2002.0, 80.0]).unwrap();
        assert_eq!(pictures.len(), 3);
        let sides: Vec<Side> = pictures
            .iter()
            .map(|picture| match picture.inlay.as_ref().unwrap() {
                Inlay::Map { side, extent, low, high, .. } => {
                    assert!((extent[0] - 2002.0 * 1002.0 / 1001.0).abs() < 1e-9, "{extent:?}");
                    assert!(low < high);
                    *side
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(sides, [Side::Before, Side::After, Side::Both]);
        let image = rgba(&pictures[0]);
        assert_eq!(image.dimensions(), (334, 14));
        assert_eq!((image.get_pixel(50, 5).0[3], image.get_pixel(200, 5).0[3]), (0, OPACITY));
        // It rose all over: red.
        let [r, _, b, _] = rgba(&pictures[2]).get_pixel(200, 5).0;
        assert!(r > b);
    }

    #[test]
    fn photographs_carry_no_metadata() {
        let size = Size::new(20, 10);
        let rgb = [0.5, 0.4, 0.3].map(|v| Raster::filled(size, v));
        let picture = inlaid_photo(&rgb, Side::After, [20.0, 10.0]).unwrap();
        assert_eq!(picture.name, "after.jpg");
        assert!(!picture.bytes.windows(4).any(|w| w == b"Exif" || w == b"http"));
        assert_eq!(image::load_from_memory(&picture.bytes).unwrap().width(), 20);
    }
}
