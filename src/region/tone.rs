//! The color of a face, told by places of it that are plain skin, and what else has that color.

use super::face::{Ellipse, FRINGE, Face};
use super::look::Look;
use super::masks::{mask_where, median, robust_sd};
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
/// How much darker than the face skin may be, in OD, beside its SD.
pub(super) const DARKER: f32 = 1.5;
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

/// The color of a face, and of what is behind it.
#[derive(Debug)]
pub(super) struct Tone {
    /// Density of green above red, and of blue above red: of the face, its SD, of the background.
    pub color: [f32; 2],
    color_sd: [f32; 2],
    background: [f32; 2],
    /// Density of green of the face.
    pub green: f32,
    pub green_sd: f32,
}

impl Tone {
    pub fn of(look: &Look, face: &Face) -> Self {
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
    pub fn accepts(&self, look: &Look, face: &Face) -> Raster {
        let (green_red, blue_red) = (look.green_red(), look.blue_red());
        let from = |i: usize, share: f32| self.background[i] + share * (self.color[i] - self.background[i]);
        let least = [from(0, COLOR_SHARES.0), from(1, COLOR_SHARES.1)];
        let most = [
            self.color[0] + MORE_COLOR.0 + 2.0 * self.color_sd[0],
            self.color[1] + MORE_COLOR.1 + 2.0 * self.color_sd[1],
        ];
        let own = Look::hemoglobin(self.color[0], self.color[1]);
        let least_red = own - LESS_HEMOGLOBIN.0.max(LESS_HEMOGLOBIN.1 * own);
        let hair_green = from(0, HAIR_COLOR_SHARE);
        let above_or_beside = |(u, v): (f64, f64)| v < HAIR_ABOVE || u.abs() > HAIR_BESIDE && v < 0.2;
        mask_where(&look.green, |i, x, y| {
            let (g, b) = (green_red.data()[i], blue_red.data()[i]);
            let darker = look.green.data()[i] - self.green;
            let colored = g > least[0] && b > least[1] && g < most[0] && b < most[1];
            let skin = colored && Look::hemoglobin(g, b) > least_red && darker < DARKER + self.green_sd;
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

/// Whether what is above the brows is as dark as hair: a bald head looks fringed to the search.
pub(super) fn hides_forehead(look: &Look, face: &Face) -> bool {
    let typical = |part: &Raster| median(&look.green, part).unwrap_or(0.0);
    let forehead = around(look, face, |v| v < FRINGE);
    typical(&forehead) > typical(&around(look, face, |v| v >= FRINGE)) + FRINGE_DARKER
}

/// 1 around the places of plain skin that are seen.
pub(super) fn plain(look: &Look, face: &Face) -> Raster {
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
