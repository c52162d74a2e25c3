//! Hair of the color of skin, told by its texture: above the forehead, beside the face, and a
//! beard. Lengths are in distances of the pupils.

use super::face::{Ellipse, Face};
use super::look::{Look, combined};
use super::masks::{self, grown, keep_parts, mask_where, median, smoothed};
use super::tone::plain;
use crate::engine::{Engine, EngineError};
use crate::raster::Raster;

/// Local RMS in OD from which it is hair, where hair may be, at least and in that of plain skin,
/// and its two scales.
const HAIR_TEXTURE: f32 = 0.15;
const HAIR_TEXTURE_TIMES: f32 = 2.0;
const TEXTURE_SIGMAS: (f64, f64) = (0.04, 0.05);
/// Where a beard may be, around the mouth; its least RMS in OD and most color as a share of that of
/// the face; its smallest part, and how much of it each side shows; gaps up to twice this are closed.
const BEARD: Ellipse = Ellipse { center: (0.0, 0.2), axes: (0.85, 0.68) };
const BEARD_TEXTURE: f32 = 0.14;
const BEARD_COLOR_SHARE: f32 = 0.72;
const LEAST_BEARD_PART: f64 = 0.01;
const LEAST_BEARD_SIDE: f64 = 0.1;
const BEARD_GAP: f64 = 0.04;
/// What is narrower than twice this is no beard.
const BEARD_WIDTH: f64 = 0.065;

/// A beard around the mouth: textured as hair and grayer than the face, on both sides alike. A
/// lesion is on one side or has more color than skin.
pub(super) fn beard(
    engine: &Engine,
    look: &Look,
    face: &Face,
    texture: &Raster,
    color: f32,
    mouth: f64,
) -> Result<Raster, EngineError> {
    let all = Raster::filled(look.size(), 1.0);
    let green_red = smoothed(engine, &look.green_red(), &all, TEXTURE_SIGMAS.1 * face.between)?;
    let least = rougher_than_skin(look, face, texture, BEARD_TEXTURE);
    let found = mask_where(texture, |i, x, y| {
        let (u, v) = face.place(x, y);
        BEARD.holds((u, v - mouth))
            && texture.data()[i] > least
            && green_red.data()[i] < BEARD_COLOR_SHARE * color
    });
    let area = face.between * face.between;
    // The edge of a jaw is textured too, but thin.
    let broad = masks::opened(engine, &found, BEARD_WIDTH * face.between)?;
    let large = keep_parts(engine, &broad, &[], |parts| {
        parts.iter().map(|p| p.pixels > LEAST_BEARD_PART * area).collect()
    })?;
    let mut sides = [0.0; 2];
    for y in 0..large.size().height {
        for x in 0..large.size().width {
            sides[usize::from(face.place(x, y).0 > 0.0)] += f64::from(large.at(x, y));
        }
    }
    if sides[0].min(sides[1]) < LEAST_BEARD_SIDE * area {
        return Ok(large.map(|_| 0.0));
    }
    grown(engine, &large, BEARD_GAP * face.between, BEARD_GAP * face.between)
}

/// Local RMS of density in OD.
pub(super) fn texture(
    engine: &Engine,
    look: &Look,
    face: &Face,
    colored: &Raster,
) -> Result<Raster, EngineError> {
    let smooth = smoothed(engine, &look.sharp, colored, TEXTURE_SIGMAS.0 * face.between)?;
    let detail = combined(&look.sharp, &smooth, |sharp, smooth| (sharp - smooth) * (sharp - smooth));
    Ok(smoothed(engine, &detail, colored, TEXTURE_SIGMAS.1 * face.between)?.map(f32::sqrt))
}

/// Hair of the color of skin shows by its texture, above the forehead and beside the face.
pub(super) fn hair(look: &Look, face: &Face, texture: &Raster) -> Raster {
    let least = rougher_than_skin(look, face, texture, HAIR_TEXTURE);
    mask_where(texture, |i, x, y| {
        let (u, v) = face.place(x, y);
        let beside = u.abs() > 1.1 && v < -0.25 || u.abs() > 1.25 && (1.3..2.0).contains(&v);
        texture.data()[i] > least && (v < -0.95 || beside)
    })
}

/// RMS from which it is hair: `least`, or more where plain skin is rough itself.
fn rougher_than_skin(look: &Look, face: &Face, texture: &Raster, least: f32) -> f32 {
    let of_skin = median(texture, &plain(look, face)).unwrap_or(0.0);
    least.max(HAIR_TEXTURE_TIMES * of_skin)
}
