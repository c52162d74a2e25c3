//! What is on the region but tells nothing of the skin: clipped pixels, highlights, hair.

use tracing::debug_span;

use super::ExcludedShares;
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::components;
use crate::ops::hessian::principal_curvatures;
use crate::ops::label_sums::{label_geometry, label_sums};
use crate::ops::local_median::local_median;
use crate::ops::masked::Masked;
use crate::ops::morphology::dilate;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::resample::Linear;
use crate::ops::sums::moments;
use crate::ops::unmix::green_density;

/// Share of a pixel that may be clipped before it is lost.
const CLIPPED_SHARE: f32 = 0.1;
/// A highlight is so many times brighter than the median around, and so many times less
/// colorful: light that never entered the skin has no color of it.
const BRIGHTER: f32 = 1.25;
const PALER: f32 = 0.8;
const AROUND_MM: f64 = 3.0;
/// Highlights have soft edges, in mm.
const HIGHLIGHT_RIM_MM: f64 = 0.3;
/// Luminance below this is no highlight and has no color to speak of.
const LEAST_LUMINANCE: f32 = 1e-3;
/// σ of the lines that hair draws, in mm.
const HAIR_SIGMAS_MM: [f64; 2] = [0.1, 0.2];
/// A hair holds one pixel of the second and is made of pixels of the first: σ²·curvature, in OD.
const HAIR_OD: (f32, f32) = (0.10, 0.22);
/// Shortest hair and widest, in mm.
const HAIR_LENGTH_MM: f64 = 4.5;
const HAIR_WIDTH_MM: f64 = 0.5;
/// Beyond this density a line is no stronger.
const HAIR_RANGE_OD: f32 = 4.0;
/// Lines thinner than this blur are not resolved, in pixels.
const LEAST_SIGMA_PX: f64 = 0.6;
/// How much more a hair shows at the second of these σ than at the first, at most: on real close-ups hairs have 0.9 to
/// 1.6 and folds, fissures and the grooves of keratoses 1.64 to 2.7; the network of a nevus has 1.3 to 1.8, on both sides. A Gaussian furrow has 1.6 at a full width at half
/// depth of about 0.23 mm.
const HAIR_SPREAD: f64 = 1.6;
/// A hair shades the skin beside it, in mm.
const HAIR_RIM_MM: f64 = 0.1;

/// A region without what tells nothing.
#[derive(Debug)]
pub struct Excluded {
    /// Region pixels that remain.
    pub valid: Plane,
    /// Shares of the region left out, in per cent.
    pub shares: ExcludedShares,
    /// Valid share of the region, in per cent.
    pub valid_percent: f64,
    /// Pixels of the region.
    pub region_pixels: u64,
}

/// Where the pixels are that tell nothing: clipped, highlights, hair. Three large planes, kept only while parts
/// of the region are looked at.
#[derive(Debug)]
pub struct Lost([Plane; 3]);

impl Excluded {
    /// Shares left out of a part of the region, and its valid share, in per cent.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn shares_of(
        &self,
        engine: &Engine,
        part: &Plane,
        Lost([clipped, specular, hair]): &Lost,
    ) -> Result<(ExcludedShares, f64), EngineError> {
        let percent = |plane: &Plane| percent_of(engine, plane, part);
        let shares =
            ExcludedShares { specular: percent(specular)?, hair: percent(hair)?, clipped: percent(clipped)? };
        Ok((shares, percent(&self.valid)?))
    }

    /// Keeps only what is in `part` of the region.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn narrow(&mut self, engine: &Engine, part: &Plane, lost: &Lost) -> Result<(), EngineError> {
        (self.shares, self.valid_percent) = self.shares_of(engine, part, lost)?;
        self.region_pixels = moments(engine, part, part, 0.0)?.count;
        self.valid = pointwise(engine, Op::Multiply, &self.valid, part)?;
        Ok(())
    }
}

fn percent_of(engine: &Engine, plane: &Plane, region: &Plane) -> Result<f64, EngineError> {
    let moments = moments(engine, plane, region, 0.0)?;
    Ok(100.0 * moments.sums[0] / moments.count.max(1) as f64)
}

/// Takes clipped pixels, highlights and hair out of `region`; also where what was left out is.
///
/// # Errors
/// What the engine reports.
pub fn exclude(
    engine: &Engine,
    linear: &Linear,
    region: &Plane,
    px_per_mm: f64,
) -> Result<(Excluded, Lost), EngineError> {
    let clipped = pointwise(engine, Op::KeepAtLeast(CLIPPED_SHARE), &linear.clipped, region)?;
    let seen = pointwise(engine, Op::Without, &clipped, region)?;
    let specular = debug_span!("highlights").in_scope(|| highlights(engine, linear, &seen, px_per_mm))?;
    let hair = debug_span!("hair").in_scope(|| hair(engine, linear, &seen, px_per_mm))?;

    let lost = pointwise(engine, Op::Max, &clipped, &pointwise(engine, Op::Max, &specular, &hair)?)?;
    let valid = pointwise(engine, Op::Without, &pointwise(engine, Op::Multiply, &lost, region)?, region)?;
    let region_pixels = moments(engine, region, region, 0.0)?.count;
    let percent = |plane: &Plane| percent_of(engine, plane, region);
    let excluded = Excluded {
        shares: ExcludedShares {
            specular: percent(&specular)?,
            hair: percent(&hair)?,
            clipped: percent(&clipped)?,
        },
        valid_percent: percent(&valid)?,
        valid,
        region_pixels,
    };
    Ok((excluded, Lost([clipped, specular, hair])))
}

fn highlights(
    engine: &Engine,
    linear: &Linear,
    region: &Plane,
    px_per_mm: f64,
) -> Result<Plane, EngineError> {
    let [r, g, b] = &linear.rgb;
    let luminance = {
        let green = pointwise(engine, Op::Scale(0.715_169), g, g)?;
        let green_red = pointwise(engine, Op::AddScaled(0.212_639), &green, r)?;
        drop(green);
        pointwise(engine, Op::AddScaled(0.072_192), &green_red, b)?
    };
    let window = (AROUND_MM * px_per_mm).round().max(4.0) as u32;
    let brighter = {
        let around = local_median(engine, &luminance, region, window)?;
        let excess = pointwise(engine, Op::AddScaled(-BRIGHTER), &luminance, &around)?;
        pointwise(engine, Op::KeepAtLeast(LEAST_LUMINANCE), &excess, region)?
    };
    let color = {
        let most = pointwise(engine, Op::Max, r, &pointwise(engine, Op::Max, g, b)?)?;
        let least = pointwise(engine, Op::Min, r, &pointwise(engine, Op::Min, g, b)?)?;
        let chroma = pointwise(engine, Op::Subtract, &most, &least)?;
        drop((most, least));
        pointwise(engine, Op::DivideWhere(LEAST_LUMINANCE), &chroma, &luminance)?
    };
    drop(luminance);
    let shine = {
        let around = local_median(engine, &color, region, window)?;
        let excess = pointwise(engine, Op::AddScaled(-PALER), &color, &around)?;
        pointwise(engine, Op::KeepBelow(0.0), &excess, &brighter)?
    };
    drop((brighter, color));
    let wide = dilate(engine, &shine, (HIGHLIGHT_RIM_MM * px_per_mm) as f32)?;
    pointwise(engine, Op::Multiply, &wide, region)
}

fn hair(engine: &Engine, linear: &Linear, region: &Plane, px_per_mm: f64) -> Result<Plane, EngineError> {
    let density = green_density(engine, &linear.rgb)?;
    let mut lines: Vec<Plane> = Vec::new();
    for sigma in HAIR_SIGMAS_MM.map(|mm| mm * px_per_mm).into_iter().filter(|&px| px >= LEAST_SIGMA_PX) {
        let smooth = Masked::new(engine, region, sigma)?.apply_or(engine, &density, &density, 0.1)?;
        let (_, curvature) = principal_curvatures(engine, &smooth)?;
        // A dark line is a ridge of density: its curvature is negative.
        lines.push(pointwise(engine, Op::Scale(-(sigma * sigma) as f32), &curvature, &curvature)?);
    }
    let strength = match lines.as_slice() {
        // Too coarse to see a hair.
        [] => return pointwise(engine, Op::Without, region, region),
        [only] => pointwise(engine, Op::Max, only, only)?,
        [thin, wide, ..] => pointwise(engine, Op::Max, thin, wide)?,
    };
    let weak = pointwise(engine, Op::KeepAtLeast(HAIR_OD.0), &strength, region)?;
    let strong = pointwise(engine, Op::KeepAtLeast(HAIR_OD.1), &strength, region)?;
    let found = components::label(engine, &components::hysteresis(engine, &strong, &weak)?)?;
    let sums =
        label_sums(engine, &found.labels, found.count, &lines.iter().collect::<Vec<_>>(), HAIR_RANGE_OD)?;
    let keep: Vec<bool> = label_geometry(engine, &found.labels, found.count)?
        .iter()
        .zip(&sums)
        .skip(1)
        .map(|(line, sums)| {
            let [width, height] = line.extent();
            let length = width.hypot(height) / px_per_mm;
            // Two sides along the whole length: area over half the outline is the mean width.
            let width = 2.0 * line.pixels as f64 / line.boundary_pixels as f64 / px_per_mm;
            let thin = !matches!(sums.sums.as_slice(), [thin, wide, ..] if *wide > HAIR_SPREAD * thin);
            length >= HAIR_LENGTH_MM && width <= HAIR_WIDTH_MM.max(3.0 / px_per_mm) && thin
        })
        .collect();
    let hair = components::mask_of(engine, &components::select(engine, &found.labels, &keep)?.labels)?;
    let wide = dilate(engine, &hair, (HAIR_RIM_MM * px_per_mm).max(1.0) as f32)?;
    pointwise(engine, Op::Multiply, &wide, region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::raster::Raster;

    /// Pixels of even skin left out where a dark line of this width at half depth crosses it, as a share of those
    /// that it darkens by half of its contrast or more.
    fn left_out(fwhm_mm: f64) -> f64 {
        const PX_PER_MM: f64 = 16.0;
        let engine = Engine::cpu().unwrap();
        let size = Size::new(200, 200);
        let across =
            |x: u32, y: u32| (f64::from(y) + 0.5 - 100.0 - 0.2 * (f64::from(x) - 100.0)) / 0.2f64.hypot(1.0);
        let sigma = PX_PER_MM * fwhm_mm / 2.3548;
        let skin = |x, y| 0.4 * 10f64.powf(-0.9 * (-0.5 * (across(x, y) / sigma).powi(2)).exp());
        let plane = |of: &dyn Fn(u32, u32) -> f64| {
            engine.upload_raster(&Raster::from_fn(size, |x, y| of(x, y) as f32)).unwrap()
        };
        let rgb = [1.2, 1.0, 0.8].map(|channel| plane(&|x, y| channel * skin(x, y)));
        let linear = Linear { rgb, clipped: plane(&|_, _| 0.0) };
        let (excluded, _) = exclude(&engine, &linear, &plane(&|_, _| 1.0), PX_PER_MM).unwrap();
        let valid = engine.download_raster(&excluded.valid).unwrap();
        let dark = |x, y| across(x, y).abs() <= 0.5 * PX_PER_MM * fwhm_mm;
        let all: Vec<f32> = (0..size.height)
            .flat_map(|y| (0..size.width).map(move |x| (x, y)))
            .filter(|&(x, y)| dark(x, y))
            .map(|(x, y)| valid.at(x, y))
            .collect();
        1.0 - f64::from(all.iter().sum::<f32>()) / all.len() as f64
    }

    #[test]
    fn a_hair_is_left_out_and_a_furrow_is_not() {
        assert!(left_out(0.1) > 0.99, "{}", left_out(0.1));
        assert!(left_out(0.2) > 0.99, "{}", left_out(0.2));
        for furrow in [0.3, 0.45, 0.6, 1.0] {
            assert_eq!(left_out(furrow), 0.0, "{furrow} mm");
        }
    }
}
