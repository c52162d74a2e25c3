//! The region parted into blocks, for intervals.

use crate::engine::{EngineError, Labels};
use crate::measure::{Frame, relief};
use crate::ops::autocorrelation::decay;
use crate::ops::warp::block_labels;

/// Blocks are squares of so many autocorrelation lengths, and of at least so many mm.
const BLOCK_LENGTHS: f64 = 4.0;
const LEAST_BLOCK_MM: f64 = 2.0;
/// A region is parted into at least so many blocks where it is small.
const BLOCKS: f64 = 30.0;

/// Squares of four autocorrelation lengths of the relief, nearly independent of each other.
pub(in super::super) fn blocks(frame: &Frame<'_>) -> Result<(Labels, u32), EngineError> {
    let band = relief::band(frame, &frame.mask, relief::FINE_MM, relief::COARSE_MM)?;
    let longest = frame.px(relief::LONGEST_LAG_MM) as f32;
    let length =
        decay(frame.engine, &band.plane, &band.mask, longest)?.map_or(0.0, |d| f64::from(d.shortest_px));
    let most = (frame.valid_pixels as f64 / BLOCKS).sqrt();
    let side = (BLOCK_LENGTHS * length).max(frame.px(LEAST_BLOCK_MM)).min(most).round().max(4.0);
    block_labels(frame.engine, side as u32, &frame.mask)
}
