//! One photograph as the measures see it: planes on the working grid, the skin that is valid in
//! every photograph of the comparison, and the same blocks of skin throughout.

use super::laxity::Stretch;
use super::reading::{BlockMean, Blocks, Layer, LayerKind, Link};
use crate::engine::{Engine, EngineError, Labels, Plane};
use crate::geometry::Size;
use crate::ops::components::Objects;
use crate::ops::label_sums::{label_sums, masked_label_sums};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::pyramid;
use crate::ops::unmix::{DEFAULT_ANALYSIS, unmix};
use crate::raster::Raster;
use crate::reason::Reason;

/// Longest side of a layer, in pixels.
const LAYER_SIDE: u32 = 1000;

/// Pixels per millimetre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Of the working grid, shared by all photographs of a comparison.
    pub px_per_mm: f64,
    /// Of the coarsest photograph, before resampling: what resolution gates look at.
    pub native_px_per_mm: f64,
    /// False where it was only assumed.
    pub known: bool,
}

/// True heights of a photograph's view.
#[derive(Debug)]
pub struct Height {
    /// Heights in µm on the working grid, higher is higher; 0 where none is known.
    pub um: Plane,
    /// 1 where a height is known.
    pub mask: Plane,
    /// Pixels per millimetre of what they came from: of the coarsest such source of the comparison.
    pub px_per_mm: f64,
}

/// One photograph on the working grid.
#[derive(Debug)]
pub struct Frame<'a> {
    /// What runs the operators.
    pub engine: &'a Engine,
    /// Pixels per millimetre.
    pub scale: Scale,
    /// Linear RGB, color-matched.
    pub rgb: [Plane; 3],
    /// Skin that is valid here and in every other photograph of the comparison.
    pub mask: Plane,
    /// Untreated skin that is valid here and in every other photograph of the comparison, where the user marked some.
    pub reference: Option<Plane>,
    /// Blocks of skin, numbered from 1; the same skin has the same number in every photograph.
    pub blocks: Labels,
    /// Blocks there are.
    pub block_count: u32,
    /// Depressed scars found at baseline, carried here: other families leave them out.
    pub scars: Option<Plane>,
    /// Pigmented patches too large for spots at baseline, carried here: no visit counts them, whatever
    /// their size is by then.
    pub patches: Option<Plane>,
    /// Rough red skin too large for single areas at baseline, carried here: no visit counts it.
    pub diffuse: Option<Plane>,
    /// How this skin is stretched against the first photograph's, or why that cannot be told.
    pub stretch: Result<Stretch, Reason>,
    /// True heights, where there are some.
    pub height: Option<Height>,
    /// Depressed scars found on the heights at baseline, carried here: every visit is read in their outlines.
    pub hollows: Option<Objects>,
    /// Whether measures return [`Layer`]s.
    pub with_layers: bool,
    /// Valid pixels in `mask`.
    pub valid_pixels: u64,
}

impl Frame<'_> {
    /// A length in pixels of the working grid.
    pub fn px(&self, mm: f64) -> f64 {
        mm * self.scale.px_per_mm
    }

    /// Pixels as mm².
    pub fn mm2(&self, pixels: f64) -> f64 {
        pixels / (self.scale.px_per_mm * self.scale.px_per_mm)
    }

    /// Area of the valid skin in cm².
    pub fn area_cm2(&self) -> f64 {
        self.mm2(self.valid_pixels as f64) / 100.0
    }

    /// Width and height of every plane.
    pub fn size(&self) -> Size {
        self.mask.size()
    }

    /// Forgets what was found on the skin at baseline: it is read.
    pub fn forget(&mut self) {
        (self.scars, self.patches, self.diffuse, self.hollows) = (None, None, None, None);
    }

    /// m̂, melanin in OD.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn melanin(&self) -> Result<Plane, EngineError> {
        unmix(self.engine, &self.rgb, DEFAULT_ANALYSIS.melanin)
    }

    /// ĥ, hemoglobin in OD.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn hemoglobin(&self) -> Result<Plane, EngineError> {
        unmix(self.engine, &self.rgb, DEFAULT_ANALYSIS.hemoglobin)
    }

    /// ŝ, shading in OD: darker is larger.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn shading(&self) -> Result<Plane, EngineError> {
        unmix(self.engine, &self.rgb, DEFAULT_ANALYSIS.shading)
    }

    /// The valid skin outside scars.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn outside_scars(&self) -> Result<Plane, EngineError> {
        match &self.scars {
            Some(scars) => pointwise(self.engine, Op::Without, scars, &self.mask),
            None => pointwise(self.engine, Op::Scale(1.0), &self.mask, &self.mask),
        }
    }

    /// The mean of `map` in each block, over the pixels of `mask`. Values beyond ±`range` are
    /// taken as ±`range`.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn block_means(
        &self,
        map: &Plane,
        mask: &Plane,
        link: Link,
        range: f32,
    ) -> Result<Blocks, EngineError> {
        let range = range.max(1.0);
        let sums = masked_label_sums(self.engine, &self.blocks, self.block_count, map, mask, range)?;
        Ok(means(link, sums.into_iter()))
    }

    /// As [`Frame::block_means`], of a map that holds each pixel's share already: 0 outside the mask, a part
    /// where the mask is a part.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn block_sums(
        &self,
        inside: &Plane,
        mask: &Plane,
        link: Link,
        range: f32,
    ) -> Result<Blocks, EngineError> {
        let range = range.max(1.0);
        let sums = label_sums(self.engine, &self.blocks, self.block_count, &[inside, mask], range)?;
        Ok(means(link, sums.iter().map(|block| [block.sums[0], block.sums[1]])))
    }

    /// `plane` at report size, where layers are asked for.
    ///
    /// # Errors
    /// What the engine reports.
    pub fn layer(
        &self,
        name: &'static str,
        kind: LayerKind,
        unit: &'static str,
        plane: &Plane,
    ) -> Result<Option<Layer>, EngineError> {
        if !self.with_layers {
            return Ok(None);
        }
        Ok(Some(Layer { name, kind, unit, raster: shrink(self.engine, plane)? }))
    }
}

/// Blocks by their sums and weights, the background first.
fn means(link: Link, sums: impl Iterator<Item = [f64; 2]>) -> Blocks {
    let mean =
        |[sum, weight]: [f64; 2]| BlockMean { weight, mean: if weight > 0.0 { sum / weight } else { 0.0 } };
    Blocks { link, means: sums.skip(1).map(mean).collect() }
}

/// A plane reduced by a whole factor to report size, in host memory.
///
/// # Errors
/// What the engine reports.
pub fn shrink(engine: &Engine, plane: &Plane) -> Result<Raster, EngineError> {
    shrink_to(engine, plane, LAYER_SIDE)
}

/// As [`shrink`], to a longest side of so many pixels.
///
/// # Errors
/// What the engine reports.
pub fn shrink_to(engine: &Engine, plane: &Plane, side: u32) -> Result<Raster, EngineError> {
    let size = plane.size();
    let factor = size.width.max(size.height).div_ceil(side);
    if factor == 1 {
        return engine.download_raster(plane);
    }
    let coarse = engine.download_raster(&pyramid::reduce(engine, plane, factor)?)?;
    // Only cells that lie wholly inside.
    let inner = Size::new((size.width / factor).max(1), (size.height / factor).max(1));
    Ok(Raster::from_fn(inner, |x, y| coarse.at(x + pyramid::MARGIN, y + pyramid::MARGIN)))
}
