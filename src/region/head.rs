//! The skin of a person whose face is seen: what has the color of that face, and is no hair,
//! eye, brow, nostril or lip.

use super::face::{FRINGE, Face};
use super::features::{features, mouth};
use super::look::{Look, combined};
use super::masks::{self, Part, grown, keep_parts, mask_where, median, robust_sd, smoothed};
use crate::engine::{Engine, EngineError};
use crate::raster::Raster;

/// Places of plain skin on a face, and the radius around them, in distances of the pupils.
const PLAIN: [(f64, f64); 10] = [
    (-0.65, 0.5),
    (0.65, 0.5),
    (-0.45, 0.45),
    (0.45, 0.45),
    (0.0, 0.3),
    (0.0, -0.55),
    (-0.3, -0.6),
    (0.3, -0.6),
    (-0.6, 0.8),
    (0.6, 0.8),
];
const PLAIN_RADIUS: f64 = 0.13;
/// From the color of the background to that of the face: skin begins at these shares of the way
/// in green and in blue above red.
const COLOR_SHARES: (f32, f32) = (0.24, 0.2);
/// How much more colorful than the face skin may be, in OD, beside two SD of it: shaded skin is.
const MORE_COLOR: (f32, f32) = (0.55, 0.8);
/// How much less hemoglobin than the face skin may show, in OD and as a share: beige walls and
/// wood have none.
const LESS_HEMOGLOBIN: (f32, f32) = (0.5, 0.75);
const HEMOGLOBIN: (f32, f32) = (2.261, -1.004);
/// How much darker than the face skin may be, in OD, beside its SD.
const DARKER: f32 = 1.5;
/// Width of the border strip that tells the background, and the least pixels of it that count.
const BORDER: u32 = 8;
const LEAST_BACKGROUND: usize = 200;
/// Within the oval of the face gray is shine or stubble: centers and half axes, and how much
/// darker and lighter than the face it may be.
const OVAL: Ellipse = Ellipse { center: (0.0, 0.5), axes: (0.85, 1.2) };
const WIDE_OVAL: Ellipse = Ellipse { center: (0.0, 0.45), axes: (0.95, 1.3) };
/// The same of the forehead up to the hair: what is so much lighter than the face is shine.
const SHINY_OVAL: Ellipse = Ellipse { center: (0.0, 0.45), axes: (0.75, 1.55) };
const SHINY_LIGHTER: f32 = 0.8;
const GRAY_DARKER: f32 = 1.0;
const GRAY_LIGHTER: f32 = 0.3;
/// Above the forehead and beside the temples hair is darker than the face and grayer: shaded
/// skin is darker and no grayer. A fringe is darker, whatever its color.
const HAIR_ABOVE: f64 = -0.7;
const HAIR_BESIDE: f64 = 0.8;
const HAIR_DARKER: f32 = 0.3;
const HAIR_COLOR_SHARE: f32 = 0.6;
const FRINGE_DARKER: f32 = 0.7;
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

/// An ellipse on a face.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ellipse {
    pub center: (f64, f64),
    pub axes: (f64, f64),
}

impl Ellipse {
    pub fn holds(&self, (u, v): (f64, f64)) -> bool {
        let (du, dv) = ((u - self.center.0) / self.axes.0, (v - self.center.1) / self.axes.1);
        du * du + dv * dv < 1.0
    }
}

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

/// Whether what is above the brows is as dark as hair: a bald head looks fringed to the search.
fn hides_forehead(look: &Look, face: &Face) -> bool {
    let typical = |part: &Raster| median(&look.green, part).unwrap_or(0.0);
    let forehead = around(look, face, |v| v < FRINGE);
    typical(&forehead) > typical(&around(look, face, |v| v >= FRINGE)) + FRINGE_DARKER
}

/// 1 around the places of plain skin that are seen.
fn plain(look: &Look, face: &Face) -> Raster {
    around(look, face, |v| !face.fringe || v >= FRINGE)
}

fn around(look: &Look, face: &Face, wanted: impl Fn(f64) -> bool) -> Raster {
    let places: Vec<(f64, f64)> =
        PLAIN.iter().filter(|(_, v)| wanted(*v)).map(|&(u, v)| face.at(u, v)).collect();
    let radius = PLAIN_RADIUS * face.between;
    mask_where(&look.green, |_, x, y| {
        let near = |&(u, v): &(f64, f64)| (f64::from(x) + 0.5 - u).hypot(f64::from(y) + 0.5 - v) < radius;
        places.iter().any(near)
    })
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

/// The color of a face, and of what is behind it.
#[derive(Debug)]
struct Tone {
    /// Density of green above red, and of blue above red: of the face, its SD, of the background.
    color: [f32; 2],
    color_sd: [f32; 2],
    background: [f32; 2],
    /// Density of green of the face.
    green: f32,
    green_sd: f32,
}

impl Tone {
    fn of(look: &Look, face: &Face) -> Self {
        let plain = plain(look, face);
        let planes = [look.green_red(), look.blue_red()];
        let color = [0, 1].map(|i| median(&planes[i], &plain).unwrap_or(0.0));
        let color_sd = [0, 1].map(|i| robust_sd(&planes[i], &plain, color[i]));
        let green = median(&look.green, &plain).unwrap_or(0.0);
        let size = look.size();
        let behind = mask_where(&look.green, |i, x, y| {
            let edge = x.min(y).min(size.width - 1 - x).min(size.height - 1 - y);
            edge < BORDER && planes[0].data()[i] < 0.5 * color[0]
        });
        let seen = behind.data().iter().filter(|&&v| v > 0.5).count() > LEAST_BACKGROUND;
        let background = [0, 1].map(|i| match median(&planes[i], &behind) {
            Some(value) if seen => value.min(0.5 * color[i]),
            _ => 0.0,
        });
        let green_sd = robust_sd(&look.green, &plain, green);
        Self { color, color_sd, background, green, green_sd }
    }

    /// 1 where the color may be that of this person's skin.
    fn accepts(&self, look: &Look, face: &Face) -> Raster {
        let (green_red, blue_red) = (look.green_red(), look.blue_red());
        let from = |i: usize, share: f32| self.background[i] + share * (self.color[i] - self.background[i]);
        let least = [from(0, COLOR_SHARES.0), from(1, COLOR_SHARES.1)];
        let most = [
            self.color[0] + MORE_COLOR.0 + 2.0 * self.color_sd[0],
            self.color[1] + MORE_COLOR.1 + 2.0 * self.color_sd[1],
        ];
        let red = |green_red: f32, blue_red: f32| HEMOGLOBIN.0 * green_red + HEMOGLOBIN.1 * blue_red;
        let own = red(self.color[0], self.color[1]);
        let least_red = own - LESS_HEMOGLOBIN.0.max(LESS_HEMOGLOBIN.1 * own);
        let hair_green = from(0, HAIR_COLOR_SHARE);
        let above_or_beside = |(u, v): (f64, f64)| v < HAIR_ABOVE || u.abs() > HAIR_BESIDE && v < 0.2;
        mask_where(&look.green, |i, x, y| {
            let (g, b) = (green_red.data()[i], blue_red.data()[i]);
            let darker = look.green.data()[i] - self.green;
            let colored = g > least[0] && b > least[1] && g < most[0] && b < most[1];
            let skin = colored && red(g, b) > least_red && darker < DARKER + self.green_sd;
            let place = face.place(x, y);
            let gray = darker < GRAY_DARKER
                && !(face.fringe && place.1 < FRINGE)
                && (OVAL.holds(place)
                    || WIDE_OVAL.holds(place) && darker > -GRAY_LIGHTER
                    || SHINY_OVAL.holds(place) && darker < -SHINY_LIGHTER);
            let hair = above_or_beside(place) && darker > HAIR_DARKER && g < hair_green
                || face.fringe && place.1 < FRINGE && darker > FRINGE_DARKER;
            !hair && (skin || gray)
        })
    }
}

/// A beard around the mouth: textured as hair and grayer than the face, on both sides alike. A
/// lesion is on one side or has more color than skin.
fn beard(
    engine: &Engine,
    look: &Look,
    face: &Face,
    texture: &Raster,
    color: f32,
    mouth: f64,
) -> Result<Raster, EngineError> {
    let all = Raster::filled(look.size(), 1.0);
    let green_red = smoothed(engine, &look.green_red(), &all, TEXTURE_SIGMAS.1 * face.between)?;
    let of_skin = median(texture, &plain(look, face)).unwrap_or(0.0);
    let least = BEARD_TEXTURE.max(HAIR_TEXTURE_TIMES * of_skin);
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
fn texture(engine: &Engine, look: &Look, face: &Face, colored: &Raster) -> Result<Raster, EngineError> {
    let smooth = smoothed(engine, &look.sharp, colored, TEXTURE_SIGMAS.0 * face.between)?;
    let detail = combined(&look.sharp, &smooth, |sharp, smooth| (sharp - smooth) * (sharp - smooth));
    Ok(smoothed(engine, &detail, colored, TEXTURE_SIGMAS.1 * face.between)?.map(f32::sqrt))
}

/// Hair of the color of skin shows by its texture, above the forehead and beside the face.
fn hair(look: &Look, face: &Face, texture: &Raster) -> Raster {
    let of_skin = median(texture, &plain(look, face)).unwrap_or(0.0);
    let least = HAIR_TEXTURE.max(HAIR_TEXTURE_TIMES * of_skin);
    mask_where(texture, |i, x, y| {
        let (u, v) = face.place(x, y);
        let beside = u.abs() > 1.1 && v < -0.25 || u.abs() > 1.25 && (1.3..2.0).contains(&v);
        texture.data()[i] > least && (v < -0.95 || beside)
    })
}
