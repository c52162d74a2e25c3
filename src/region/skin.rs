//! Which part of a photograph is skin.
//!
//! Color alone does not tell skin from a beige wall, nor pale skin under a blue lamp from gray,
//! so the scene is told first. Where a face is evident, its own color tells what else is skin.
//! A close-up has warm color nearly all along its border and is skin throughout, lesions and
//! shadows included; only strokes of ink are left out. Anything else is held to stricter limits,
//! and hair falls out by its texture and darkness. Works on a small version of the photograph:
//! skin is large.

use super::look::{Look, combined};
use super::masks::{self, keep_parts, mask_where, median, smoothed};
use super::{face_search, head, ink};
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::resample::Linear;
use crate::raster::Raster;

/// Warm: optical density of green and of blue above that of red, from and to. Gray walls under
/// the studio lights seen so far reach 0.0 in both, pale skin in bluish shade starts at 0.1.
const WARM_GREEN: (f32, f32) = (-0.1, 2.0);
const WARM_BLUE: (f32, f32) = (0.06, 3.2);
/// The same at least, where there is a background.
const STRICT_GREEN: f32 = 0.07;
const STRICT_BLUE: f32 = 0.15;
/// Darkest green, in OD.
const DARKEST: f32 = 4.8;
/// How much darker than the median candidate skin may be, in OD: close-up, with background.
const DARKER: (f32, f32) = (1.6, 1.4);
/// Local RMS in OD from which it is hair or an eye, and its two scales.
const TEXTURE: f32 = 0.16;
const TEXTURE_SIGMAS: (f64, f64) = (2.0, 2.5);
/// Lengths are in pixels of a version of so many pixels.
const UNIT_PIXELS: f64 = 160_000.0;
/// Width of the border strip, and the warm share of it that makes a close-up.
const BORDER: f64 = 8.0;
const CLOSE_UP_SHARE: f64 = 0.7;
/// Bridges narrower than twice this are cut.
const OPENING: f64 = 3.0;
/// Gaps narrower than twice this are closed in close-ups.
const CLOSING: f64 = 8.0;
/// Smallest part kept, as a share of the largest.
const LEAST_PART: f64 = 0.1;
/// The rim of a limb turns away from the camera.
const RIM: f64 = 2.0;

/// What kind of photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Skin from border to border.
    CloseUp,
    /// A face, with what is beside it.
    Face,
    /// Skin before something else: a limb.
    WithBackground,
}

/// Skin found on a photograph.
#[derive(Debug)]
pub struct Skin {
    /// What kind of photograph.
    pub scene: Scene,
    /// 1 on skin, as large as the planes that were given.
    pub mask: Plane,
}

/// Finds skin on linear planes of about one megapixel.
///
/// # Errors
/// What the engine reports.
pub fn find_skin(engine: &Engine, linear: &Linear) -> Result<Skin, EngineError> {
    let look = Look::of(engine, linear)?;
    let (scene, mask) = match face_search::find(engine, &look)? {
        Some(face) => (Scene::Face, head::skin(engine, &look, &face)?),
        None => without_face(engine, &look)?,
    };
    let mask = engine.upload_raster(&look.expanded(&mask, linear.clipped.size()))?;
    Ok(Skin { scene, mask })
}

fn without_face(engine: &Engine, look: &Look) -> Result<(Scene, Raster), EngineError> {
    let unit = (look.size().area() as f64 / UNIT_PIXELS).sqrt();
    let (green_red, blue_red) = (look.green_red(), look.blue_red());
    let within = |value: f32, (from, to): (f32, f32)| (from..to).contains(&value);
    let warm = combined(&green_red, &blue_red, |green, blue| {
        f32::from(within(green, WARM_GREEN) && within(blue, WARM_BLUE))
    });
    let scene = if warm_border(&warm, (BORDER * unit) as u32) >= CLOSE_UP_SHARE {
        Scene::CloseUp
    } else {
        Scene::WithBackground
    };
    let candidates = combined(&warm, &look.green, |warm, density| if density < DARKEST { warm } else { 0.0 });
    let typical = median(&look.green, &candidates).unwrap_or(0.0);
    let darker = if scene == Scene::CloseUp { DARKER.0 } else { DARKER.1 };
    let mut skin =
        combined(
            &candidates,
            &look.green,
            |candidate, density| {
                if density < typical + darker { candidate } else { 0.0 }
            },
        );
    if scene == Scene::WithBackground {
        let texture = texture(engine, look, unit)?;
        skin = mask_where(&skin, |i, _, _| {
            let colored = green_red.data()[i] >= STRICT_GREEN && blue_red.data()[i] >= STRICT_BLUE;
            skin.data()[i] > 0.5 && colored && texture.data()[i] < TEXTURE
        });
    }
    let mut skin = tidy(engine, &skin, scene, unit)?;
    masks::remove(&mut skin, &ink::ink(engine, look)?);
    Ok((scene, skin))
}

/// Whether a photograph is skin from border to border, by its colors.
pub(super) fn is_close_up(look: &Look) -> bool {
    let unit = (look.size().area() as f64 / UNIT_PIXELS).sqrt();
    let within = |value: f32, (from, to): (f32, f32)| (from..to).contains(&value);
    let warm = combined(&look.green_red(), &look.blue_red(), |green, blue| {
        f32::from(within(green, WARM_GREEN) && within(blue, WARM_BLUE))
    });
    warm_border(&warm, (BORDER * unit) as u32) >= CLOSE_UP_SHARE
}

/// Warm share of a strip along the border.
fn warm_border(warm: &Raster, width: u32) -> f64 {
    let size = warm.size();
    let (mut all, mut sum) = (0u32, 0.0);
    for y in 0..size.height {
        for x in 0..size.width {
            if x.min(y).min(size.width - 1 - x).min(size.height - 1 - y) < width {
                all += 1;
                sum += f64::from(warm.at(x, y));
            }
        }
    }
    sum / f64::from(all.max(1))
}

fn texture(engine: &Engine, look: &Look, unit: f64) -> Result<Raster, EngineError> {
    let all = Raster::filled(look.size(), 1.0);
    let smooth = smoothed(engine, &look.sharp, &all, TEXTURE_SIGMAS.0 * unit)?;
    let detail = combined(&look.sharp, &smooth, |sharp, smooth| (sharp - smooth) * (sharp - smooth));
    Ok(smoothed(engine, &detail, &all, TEXTURE_SIGMAS.1 * unit)?.map(f32::sqrt))
}

/// Large, whole pieces.
fn tidy(engine: &Engine, skin: &Raster, scene: Scene, unit: f64) -> Result<Raster, EngineError> {
    let opened = masks::opened(engine, skin, OPENING * unit)?;
    let kept = keep_parts(engine, &opened, &[], |parts| {
        let largest = parts.iter().map(|p| p.pixels).fold(0.0, f64::max);
        parts.iter().map(|p| p.pixels >= LEAST_PART * largest).collect()
    })?;
    match scene {
        Scene::CloseUp => {
            let closed = masks::grown(engine, &kept, CLOSING * unit, CLOSING * unit)?;
            masks::filled(engine, &closed)
        }
        Scene::Face | Scene::WithBackground => masks::shrunk(engine, &kept, RIM * unit),
    }
}
