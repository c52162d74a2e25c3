//! What a measure returns for one photograph.

use std::collections::BTreeMap;

use super::objects::Lesion;
use crate::engine::Plane;
use crate::ops::components::Objects;
use crate::raster::Raster;
use crate::reason::Reason;

/// How a metric's value follows from the mean of its blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Link {
    /// factor · mean
    Mean {
        /// To the metric's unit.
        factor: f64,
    },
    /// factor · √mean: blocks carry mean squares
    RootMean {
        /// To the metric's unit.
        factor: f64,
    },
    /// A quantile: blocks carry the share of their pixels that lies above it.
    Quantile {
        /// The quantile itself.
        value: f64,
        /// Share of pixels per unit of the value there.
        density: f64,
    },
}

/// One block of skin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockMean {
    /// Valid pixels in the block.
    pub weight: f64,
    /// Mean over them of the map that the metric averages.
    pub mean: f64,
}

/// A metric block by block: the same block of skin has the same place in both photographs.
#[derive(Debug, Clone, PartialEq)]
pub struct Blocks {
    /// How the value follows.
    pub link: Link,
    /// Every block of the region; those without valid pixels weigh nothing.
    pub means: Vec<BlockMean>,
}

/// Codes of reasons that say that a photograph shows no object.
const NOTHING_FOUND: [&str; 6] =
    ["no_scars", "no_spots", "no_ring", "no_wrinkles", "no_pores", "no_rough_red"];

/// One metric on one photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The value, or why there is none.
    pub value: Result<f64, Reason>,
    /// For the interval, where the metric is a mean.
    pub blocks: Option<Blocks>,
    /// How much the value grows with the optical density of red, green and blue, where it is a level.
    pub per_density: Option<[f64; 3]>,
    /// How much of the square of the value is the noise of the photograph, where that adds to it: 0 to 1.
    pub noise_share: f64,
    /// By what share the value moves for each share by which contrast reads stronger, where that is more than its own: it is
    /// what exceeds a threshold, or the difference of two.
    pub leverage: f64,
    /// Optical density of the threshold that it exceeds.
    pub threshold: Option<f64>,
}

impl Reading {
    /// A value that is no mean over the region.
    pub fn of(value: f64) -> Self {
        let value = if value.is_finite() {
            Ok(value)
        } else {
            Err(Reason::new("not_finite", "the value is undefined on this photograph"))
        };
        Self { value, blocks: None, per_density: None, noise_share: 0.0, leverage: 0.0, threshold: None }
    }

    /// A value that follows from block means.
    pub fn of_blocks(blocks: Blocks) -> Self {
        let value = Self::of(blocks.value());
        Self { blocks: Some(blocks), ..value }
    }

    /// Takes the value over the objects of both visits, and its blocks. A photograph that cannot show the metric
    /// keeps its reason; one on which nothing was found does not.
    pub fn pair(&mut self, value: f64, blocks: Option<Blocks>) {
        let nothing_found = |reason: &Reason| NOTHING_FOUND.contains(&reason.code.as_str());
        if self.value.as_ref().err().is_none_or(nothing_found) {
            (self.value, self.blocks) = (Self::of(value).value, blocks);
        }
    }

    /// The same, as a level that moves so with the density of each channel.
    #[must_use]
    pub fn moves(self, per_density: [f64; 3]) -> Self {
        Self { per_density: Some(per_density), ..self }
    }

    /// The same, of this leverage.
    #[must_use]
    pub fn levered(self, leverage: f64) -> Self {
        Self { leverage, ..self }
    }

    /// No value, and why.
    pub fn missing(reason: Reason) -> Self {
        Self { value: Err(reason), ..Self::of(0.0) }
    }

    /// The value where there is one.
    pub fn number(&self) -> Option<f64> {
        self.value.as_ref().ok().copied()
    }
}

impl Blocks {
    /// The same with so much less in the mean of every block.
    #[must_use]
    pub fn less(mut self, by: f64) -> Self {
        self.means.iter_mut().for_each(|block| block.mean -= by);
        self
    }

    /// The metric's value: the link of the weighted mean over all blocks.
    pub fn value(&self) -> f64 {
        let weight: f64 = self.means.iter().map(|b| b.weight).sum();
        let mean = self.means.iter().map(|b| b.weight * b.mean).sum::<f64>() / weight;
        match self.link {
            Link::Mean { factor } => factor * mean,
            Link::RootMean { factor } => factor * mean.max(0.0).sqrt(),
            Link::Quantile { value, .. } => value,
        }
    }
}

/// Limits fixed at baseline, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Thresholds(BTreeMap<&'static str, f64>);

impl Thresholds {
    /// The baseline's value of `name`, or, at baseline itself, what `compute` finds; kept in
    /// `self` either way.
    pub fn fix<E>(
        &mut self,
        baseline: Option<&Self>,
        name: &'static str,
        compute: impl FnOnce() -> Result<f64, E>,
    ) -> Result<f64, E> {
        let value = match baseline.and_then(|b| b.0.get(name)) {
            Some(fixed) => *fixed,
            None => compute()?,
        };
        self.0.insert(name, value);
        Ok(value)
    }

    /// A limit by name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.get(name).copied()
    }
}

/// What a layer shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// A map with values.
    Map,
    /// What was counted: above one half is inside.
    Outline,
}

/// A small map for a picture.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Name of the picture.
    pub name: &'static str,
    /// What it shows.
    pub kind: LayerKind,
    /// Unit of a map's values.
    pub unit: &'static str,
    /// The map, reduced to report size.
    pub raster: Raster,
}

/// Everything a measure says of one photograph.
#[derive(Debug, Default)]
pub struct Readings {
    /// One for each metric of the definition, in its order.
    pub metrics: Vec<Reading>,
    /// Limits for later visits.
    pub thresholds: Thresholds,
    /// What was counted.
    pub lesions: Vec<Lesion>,
    /// Where: the label of a lesion is its place in `lesions`, from 1.
    pub objects: Option<Objects>,
    /// What was found but is none of them, and no later visit counts either.
    pub left_out: Option<Plane>,
    /// Pictures, where the frame asks for them.
    pub layers: Vec<Layer>,
    /// What the reader should know.
    pub notes: Vec<String>,
}
