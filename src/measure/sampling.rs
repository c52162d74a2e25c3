//! Statistics that are no means, with blocks that tell how far each would move if the skin were seen anew.
//!
//! Each is a mean to first order: a quantile is moved by the share of skin above it (Bahadur 1966,
//! doi:10.1214/aoms/1177699450), a standard deviation by the squares about the mean. That needs no resampling, and keeps the
//! pairing of blocks.

use super::frame::Frame;
use super::reading::{Link, Reading};
use crate::engine::{EngineError, Plane};
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::quantiles;

/// The quantile of `plane` over `mask`, for a `share` of its pixels below; `None` where the mask is empty.
///
/// # Errors
/// What the engine reports.
pub(super) fn quantile(
    frame: &Frame<'_>,
    plane: &Plane,
    mask: &Plane,
    share: f64,
) -> Result<Option<Reading>, EngineError> {
    // Half of the tail to either side: density as it is there, not next to one pixel.
    let step = 0.5 * share.min(1.0 - share);
    let Some(found) = quantiles(frame.engine, plane, mask, &[share - step, share, share + step])? else {
        return Ok(None);
    };
    let [low, value, high] = [0, 1, 2].map(|k| f64::from(found[k]));
    let reading = Reading::of(value);
    let above = pointwise(frame.engine, Op::KeepAtLeast(value as f32), plane, mask)?;
    let link = Link::Quantile { value, density: 2.0 * step / (high - low) };
    let blocks = (high > low).then(|| frame.block_means(&above, mask, link, 1.0)).transpose()?;
    Ok(Some(Reading { blocks, ..reading }))
}

/// Most that the square of a deviation counts: 2 OD is no noise of skin.
const MOST_SQUARE: f32 = 4.0;

/// A standard deviation `sd` of `plane` over `mask` about `mean`, both in OD, with its blocks.
///
/// # Errors
/// What the engine reports.
pub(super) fn spread(
    frame: &Frame<'_>,
    plane: &Plane,
    mask: &Plane,
    (mean, sd): (f64, f64),
) -> Result<Reading, EngineError> {
    let within = |about: &Plane| pointwise(frame.engine, Op::Multiply, about, mask);
    let about = within(&pointwise(frame.engine, Op::AddScaled(-mean as f32), plane, mask)?)?;
    let squares = pointwise(frame.engine, Op::Multiply, &about, &about)?;
    drop(about);
    let blocks = frame.block_means(&squares, mask, Link::RootMean { factor: 1.0 }, MOST_SQUARE)?;
    Ok(Reading { blocks: Some(blocks), ..Reading::of(sd) })
}

#[cfg(test)]
mod tests {
    use super::super::testing::skin;
    use super::*;
    use crate::geometry::Size;
    use crate::raster::Raster;

    #[test]
    fn a_quantile_and_a_spread_are_what_their_blocks_say() {
        let size = Size::new(160, 160);
        let frame = skin(size, 8.0, |_, _| [0.0; 3]);
        // From 0 to 1, as often each.
        let even = Raster::from_fn(size, |x, y| ((x * 7919 + y * 104_729) % 25_600) as f32 / 25_599.0);
        let plane = frame.engine.upload_raster(&even).unwrap();
        let p90 = quantile(&frame, &plane, &frame.mask, 0.9).unwrap().unwrap();
        let blocks = p90.blocks.as_ref().unwrap();
        let Link::Quantile { value, density } = blocks.link else { panic!("{:?}", blocks.link) };
        assert!((value - 0.9).abs() < 2e-3 && (density - 1.0).abs() < 0.02, "{value}, {density}");
        let above: f64 = blocks.means.iter().map(|b| b.weight * b.mean).sum::<f64>();
        let all: f64 = blocks.means.iter().map(|b| b.weight).sum();
        assert!((above / all - 0.1).abs() < 1e-3 && blocks.value() == value, "{above} of {all}");
        let sd = spread(&frame, &plane, &frame.mask, (0.5, 12f64.sqrt().recip())).unwrap();
        assert!((sd.blocks.unwrap().value() - 12f64.sqrt().recip()).abs() < 1e-3);
    }
}
