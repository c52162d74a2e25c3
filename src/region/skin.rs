//! Which part of a photograph is skin.
//!
//! Color alone does not tell skin from a beige wall, nor pale skin under a blue lamp from gray,
//! so the scene is told first: a close-up has warm color nearly all along its border and is skin
//! throughout, lesions and shadows included; anything else is held to stricter limits, and hair,
//! eyes, brows, nostrils and lips fall out by their texture and darkness. Works on a small
//! version of the photograph: skin is large.

use crate::engine::{Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::ops::components;
use crate::ops::gaussian::Masked;
use crate::ops::label_sums::label_geometry;
use crate::ops::nearest::{close, dilate, erode};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::pyramid;
use crate::ops::quantile::median;
use crate::ops::resample::Linear;
use crate::ops::sums::moments;
use crate::ops::unmix::{Analysis, unmix};
use crate::raster::Raster;

/// Pixels the search works on.
const PIXELS: f64 = 160_000.0;
/// σ of the smoothing of colors, in pixels of the small version, as all lengths here.
const COLOR_SIGMA: f64 = 1.5;
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
/// Width of the border strip, and the warm share of it that makes a close-up.
const BORDER: u32 = 8;
const CLOSE_UP_SHARE: f64 = 0.7;
/// Bridges narrower than twice this are cut.
const OPENING: f32 = 3.0;
/// Gaps narrower than twice this are closed in close-ups.
const CLOSING: f32 = 8.0;
/// Smallest part kept, as a share of the largest.
const LEAST_PART: f64 = 0.1;
/// The rim of a face or limb turns away from the camera.
const RIM: f32 = 2.0;

/// What kind of photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scene {
    /// Skin from border to border.
    CloseUp,
    /// Skin before something else: a face, a limb.
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
    let size = linear.clipped.size();
    let factor = (size.area() as f64 / PIXELS).sqrt().round().max(1.0) as u32;
    let small = pyramid::coarse_size(size, factor);
    let inside = engine.upload_raster(&cells(small, size, factor, 0))?;
    let border =
        engine.upload_raster(&strip(&cells(small, size, factor, 0), &cells(small, size, factor, BORDER)))?;

    let [r, g, b] = &linear.rgb;
    let rgb = [
        pyramid::reduce(engine, r, factor)?,
        pyramid::reduce(engine, g, factor)?,
        pyramid::reduce(engine, b, factor)?,
    ];
    let look = Look::of(engine, &rgb, &inside)?;
    let warm = look.warm(engine, &inside)?;
    let scene = match moments(engine, &warm, &border, 0.0)?.mean() {
        share if share >= CLOSE_UP_SHARE => Scene::CloseUp,
        _ => Scene::WithBackground,
    };
    let candidates = pointwise(engine, Op::KeepBelow(DARKEST), &look.density, &warm)?;
    let skin = look.skin(engine, &candidates, scene)?;
    let skin = tidy(engine, skin, &inside, scene)?;
    let fine = pyramid::expand(engine, &skin, size, factor)?;
    let ones = engine.upload_raster(&Raster::filled(size, 1.0))?;
    Ok(Skin { scene, mask: pointwise(engine, Op::KeepAtLeast(0.5), &fine, &ones)? })
}

/// 1 on the cells that lie wholly on the photograph, `inset` cells or more from its border.
fn cells(small: Size, size: Size, factor: u32, inset: u32) -> Raster {
    let first = pyramid::MARGIN + inset;
    let (columns, rows) = ((size.width / factor).max(1), (size.height / factor).max(1));
    let within = |i: u32, n: u32| (first..(pyramid::MARGIN + n).saturating_sub(inset)).contains(&i);
    Raster::from_fn(small, |x, y| f32::from(within(x, columns) && within(y, rows)))
}

fn strip(all: &Raster, inner: &Raster) -> Raster {
    Raster::from_vec(all.size(), all.data().iter().zip(inner.data()).map(|(a, b)| a - b).collect())
}

/// Smoothed color and darkness.
struct Look {
    green: Plane,
    blue: Plane,
    density: Plane,
    sharp_density: Plane,
}

impl Look {
    fn of(engine: &Engine, rgb: &[Plane; 3], inside: &Plane) -> Result<Self, EngineError> {
        // Densities against red, and that of green itself.
        let rows =
            Analysis { melanin: [-1.0, 1.0, 0.0], hemoglobin: [-1.0, 0.0, 1.0], shading: [0.0, 1.0, 0.0] };
        let raw = unmix(engine, [&rgb[0], &rgb[1], &rgb[2]], &rows, [0.0; 3])?;
        let filter = Masked::new(engine, inside, COLOR_SIGMA)?;
        let density = filter.apply_or(engine, &raw.shading, &raw.shading, 0.1)?;
        Ok(Self {
            green: filter.apply_or(engine, &raw.melanin, &raw.melanin, 0.1)?,
            blue: filter.apply_or(engine, &raw.hemoglobin, &raw.hemoglobin, 0.1)?,
            density,
            sharp_density: raw.shading,
        })
    }

    fn warm(&self, engine: &Engine, inside: &Plane) -> Result<Plane, EngineError> {
        let mut warm = pointwise(engine, Op::KeepAtLeast(WARM_GREEN.0), &self.green, inside)?;
        warm = pointwise(engine, Op::KeepBelow(WARM_GREEN.1), &self.green, &warm)?;
        warm = pointwise(engine, Op::KeepAtLeast(WARM_BLUE.0), &self.blue, &warm)?;
        pointwise(engine, Op::KeepBelow(WARM_BLUE.1), &self.blue, &warm)
    }

    fn skin(&self, engine: &Engine, candidates: &Plane, scene: Scene) -> Result<Plane, EngineError> {
        let typical = median(engine, &self.density, candidates)?.unwrap_or(0.0);
        let darker = if scene == Scene::CloseUp { DARKER.0 } else { DARKER.1 };
        let mut skin = pointwise(engine, Op::KeepBelow(typical + darker), &self.density, candidates)?;
        if scene == Scene::WithBackground {
            skin = pointwise(engine, Op::KeepAtLeast(STRICT_GREEN), &self.green, &skin)?;
            skin = pointwise(engine, Op::KeepAtLeast(STRICT_BLUE), &self.blue, &skin)?;
            skin = pointwise(engine, Op::KeepBelow(TEXTURE), &self.texture(engine)?, &skin)?;
        }
        Ok(skin)
    }

    fn texture(&self, engine: &Engine) -> Result<Plane, EngineError> {
        use crate::ops::gaussian::gaussian;
        let smooth = gaussian(engine, &self.sharp_density, TEXTURE_SIGMAS.0)?;
        let detail = pointwise(engine, Op::Subtract, &self.sharp_density, &smooth)?;
        let square = pointwise(engine, Op::Multiply, &detail, &detail)?;
        let mean = gaussian(engine, &square, TEXTURE_SIGMAS.1)?;
        let ones = engine.upload_raster(&Raster::filled(mean.size(), 1.0))?;
        pointwise(engine, Op::SqrtWithin, &mean, &ones)
    }
}

/// Large, whole pieces.
fn tidy(engine: &Engine, skin: Plane, inside: &Plane, scene: Scene) -> Result<Plane, EngineError> {
    let opened = dilate(engine, &erode(engine, &skin, OPENING)?, OPENING)?;
    let parts = components::label(engine, &pointwise(engine, Op::Multiply, &opened, inside)?)?;
    let areas: Vec<u64> =
        label_geometry(engine, &parts.labels, parts.count)?.iter().skip(1).map(|g| g.pixels).collect();
    let largest = areas.iter().copied().max().unwrap_or(0);
    let keep: Vec<bool> = areas.iter().map(|&a| a as f64 >= LEAST_PART * largest as f64).collect();
    let kept = components::mask_of(engine, &components::select(engine, &parts, &keep)?.labels)?;
    match scene {
        Scene::CloseUp => {
            let whole = components::fill_holes(engine, &close(engine, &kept, CLOSING)?)?;
            pointwise(engine, Op::Multiply, &whole, inside)
        }
        Scene::WithBackground => erode(engine, &kept, RIM),
    }
}
