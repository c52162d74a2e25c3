//! The skin of a person whose face is seen: what has the color of that face, and is no hair,
//! eye, brow, nostril or lip.

use super::face::{Ellipse, Face};
use super::features::{features, mouth};
use super::hair::{beard, hair, texture};
use super::look::{Look, combined};
use super::masks::{self, Part, grown, keep_parts, mask_where, smoothed};
use super::tone::{DARKER, Tone, hides_forehead, plain};
use crate::engine::{Engine, EngineError};
use crate::raster::Raster;

/// Gaps between skin and skin, under the chin and above the forehead, are closed up to twice this.
const CHIN_GAP: f64 = 0.12;
const SHINE_GAP: f64 = 0.2;
/// What is narrower than twice this is cut.
const OPENING: f64 = 0.018;
/// Parts below the chin are kept from this share of the face's; ears from this area beside it.
const LEAST_PART: f64 = 0.06;
const CHIN: f64 = 1.4;
const LEAST_EAR: f64 = 0.02;
const EARS: Ellipse = Ellipse { center: (0.0, 0.4), axes: (1.75, 1.3) };
/// Holes up to this area are moles and shade; up to the second one, shine; up to the third one,
/// the shade of a chin, which begins so far below the line of the mouth.
const HOLE: f64 = 0.08;
const SHINE: f64 = 0.5;
const SHINE_ASIDE: f64 = 0.85;
const SHADE: f64 = 0.35;
const SHADE_BELOW_MOUTH: f64 = 0.85;
/// Open shade of a chin: how far aside it reaches, and how dark it is, in OD beside the SD.
const SHADE_ASIDE: f64 = 0.8;
const SHADE_DARKER: f32 = 2.5;

/// The skin of the face and what has its color, on a small version.
pub(super) fn skin(engine: &Engine, look: &Look, face: &Face) -> Result<Raster, EngineError> {
    let face = &Face { fringe: face.fringe && hides_forehead(look, face), ..*face };
    let between = face.between;
    let area = between * between;
    let tone = Tone::of(look, face);
    let colored = tone.accepts(look, face);
    let texture = texture(engine, look, face, &colored)?;
    let mut mask = colored.clone();
    masks::remove(&mut mask, &hair(look, face, &texture));

    let closed = |mask: &Raster, gap: f64| grown(engine, mask, gap * between, gap * between);
    let mouth = mouth(&look.green, face);
    let shade = mouth + SHADE_BELOW_MOUTH;
    let (chin, shine) = (closed(&mask, CHIN_GAP)?, closed(&mask, SHINE_GAP)?);
    mask = mask_where(&mask, |i, x, y| {
        let (u, v) = face.place(x, y);
        let darker = look.green.data()[i] - tone.green;
        let shaded = v > shade && u.abs() < SHADE_ASIDE && darker < SHADE_DARKER + tone.green_sd;
        let under_chin =
            (0.9..2.6).contains(&v) && u.abs() < 1.1 && darker > -0.25 && (darker < DARKER - 0.4 || shaded);
        let on_forehead = !face.fringe && (-1.25..-0.3).contains(&v) && u.abs() < 0.8 && darker < 0.5;
        let gap = under_chin && chin.data()[i] > 0.5 || on_forehead && shine.data()[i] > 0.5;
        mask.data()[i] > 0.5 || gap
    });
    mask = masks::opened(engine, &mask, (OPENING * between).max(1.0))?;

    let plain = plain(look, face);
    let ears = mask_where(&mask, |_, x, y| EARS.holds(face.place(x, y)));
    let below = mask_where(&mask, |_, x, y| face.place(x, y).1 > CHIN);
    mask = keep_parts(engine, &mask, &[&plain, &ears, &below], |parts| {
        let of_face = parts.iter().max_by(|a, b| a.sums[0].total_cmp(&b.sums[0])).map_or(0.0, |p| p.pixels);
        let keep =
            |p: &Part| p.pixels > LEAST_PART * of_face || p.pixels > LEAST_EAR * area && p.mean(1) > 0.8;
        parts.iter().map(keep).collect()
    })?;
    let base = smoothed(engine, &look.green, &colored, 0.3 * between)?;
    let bright = combined(&look.green, &base, |green, base| f32::from(green < base.max(tone.green)));
    // Beside the face what is bright between hair and hair is the wall.
    let bright =
        mask_where(&bright, |i, x, y| bright.data()[i] > 0.5 && face.place(x, y).0.abs() < SHINE_ASIDE);
    let below_chin = mask_where(&mask, |_, x, y| face.place(x, y).1 > shade);
    mask = without_holes(engine, &mask, &[&bright, &below_chin], |hole| {
        hole.pixels < HOLE * area
            || hole.pixels < SHINE * area && hole.mean(0) > 0.5
            || hole.pixels < SHADE * area && hole.mean(1) > 0.5
    })?;
    masks::remove(&mut mask, &beard(engine, look, face, &texture, tone.color[0], mouth)?);
    masks::remove(&mut mask, &features(engine, look, face, &colored, tone.green_sd)?);
    Ok(mask)
}

fn without_holes(
    engine: &Engine,
    mask: &Raster,
    planes: &[&Raster],
    fill: impl Fn(&Part) -> bool,
) -> Result<Raster, EngineError> {
    let outside = mask.map(|v| 1.0 - v);
    let holes = keep_parts(engine, &outside, planes, |parts| parts.iter().map(&fill).collect())?;
    Ok(combined(mask, &holes, f32::max))
}
