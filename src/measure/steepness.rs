//! How steep the walls of each scar are, as far as shading shows them.

use super::frame::Frame;
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::components::{self, Objects};
use crate::ops::gradient::gradient_magnitude;
use crate::ops::label_levels::label_levels;
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::quantiles;

/// σ of the shading whose slope is read, in mm.
const SLOPE_MM: f64 = 0.12;
/// Share of a scar's pixels that are less steep than its steepness.
const STEEP_SHARE: f64 = 0.9;
/// Levels that pixels are counted above, from this quantile of all scars on; between them shares are linear.
const LEVELS: usize = 32;
const LOWEST_QUANTILE: f64 = 0.05;

/// The 90th percentile over each object of |∇G(ŝ, 0.12 mm)|, in OD/mm, in the order of their labels; 0 for
/// an object of which nothing is valid.
///
/// # Errors
/// What the engine reports.
pub fn steepest_slopes(frame: &Frame<'_>, objects: &Objects) -> Result<Vec<f64>, EngineError> {
    let smooth = Masked::new(frame.engine, &frame.mask, frame.px(SLOPE_MM))?;
    let shading = smooth.apply(frame.engine, &frame.shading()?)?;
    let slope = gradient_magnitude(frame.engine, &shading)?;
    // Where the mask ends shading does too: that is no wall.
    let inner = smooth.support(frame.engine)?;
    let inside = components::mask_of(frame.engine, &objects.labels)?;
    let inside = pointwise(frame.engine, Op::Multiply, &inside, &inner)?;
    let inside = pointwise(frame.engine, Op::Multiply, &inside, &frame.mask)?;
    let slopes = quantile_of_each(frame.engine, objects, &slope, &inside, STEEP_SHARE)?;
    Ok(slopes.into_iter().map(|slope| slope * frame.scale.px_per_mm).collect())
}

/// A quantile of a positive plane over each object's pixels of `inside`, from counts above levels: within
/// a few per cent of the exact one, at the cost of counting.
fn quantile_of_each(
    engine: &Engine,
    objects: &Objects,
    plane: &Plane,
    inside: &Plane,
    probability: f64,
) -> Result<Vec<f64>, EngineError> {
    let Some(ends) = quantiles(engine, plane, inside, &[LOWEST_QUANTILE, 1.0])? else {
        return Ok(vec![0.0; objects.count as usize]);
    };
    let (lowest, highest) = (f64::from(ends[0]).max(f64::from(f32::MIN_POSITIVE)), f64::from(ends[1]));
    let levels: Vec<f64> =
        (0..LEVELS).map(|k| lowest * (highest / lowest).powf(k as f64 / (LEVELS - 1) as f64)).collect();
    let limits: Vec<f32> = levels.iter().map(|level| *level as f32).collect();
    let reached = label_levels(engine, &objects.labels, objects.count, [plane, inside], &limits)?;
    Ok(reached.iter().map(|reached| quantile_of(reached, &levels, probability)).collect())
}

/// Of one object, from how many pixels it has, and how many reach each level.
fn quantile_of(reached: &[u32], levels: &[f64], probability: f64) -> f64 {
    let wanted = (1.0 - probability) * f64::from(reached[0]);
    let Some(k) = (1..reached.len()).find(|&k| f64::from(reached[k]) <= wanted) else {
        // As steep to the top as anything.
        return if reached[0] > 0 { levels[levels.len() - 1] } else { 0.0 };
    };
    let (more, less) = (f64::from(reached[k - 1]), f64::from(reached[k]));
    if more <= wanted {
        return 0.0;
    }
    // Below the lowest level everything is.
    let below = if k > 1 { levels[k - 2] } else { 0.0 };
    below + (more - wanted) / (more - less) * (levels[k - 1] - below)
}

#[cfg(test)]
mod tests {
    use super::super::testing::skin;
    use super::*;
    use crate::geometry::Size;
    use crate::ops::testing::{cpu, noise, random_mask};
    use crate::raster::Raster;

    #[test]
    fn the_quantile_of_each_object_is_that_of_its_sorted_pixels() {
        let size = Size::new(300, 200);
        let engine = cpu();
        // Squares of 60 pixels, each of another strength.
        let squares = Raster::from_fn(size, |x, y| f32::from(x % 60 > 1 && y % 60 > 1));
        let objects = components::label(engine, &engine.upload_raster(&squares).unwrap()).unwrap();
        let strength = |x: u32, y: u32| 0.01 * (5 + x / 60 + 5 * (y / 60)) as f32;
        let grain = noise(size, 3);
        let plane = Raster::from_fn(size, |x, y| strength(x, y) * (1.0 + 0.8 * grain.at(x, y)));
        let inside = random_mask(size, 8, 0.7);
        let upload = |raster: &Raster| engine.upload_raster(raster).unwrap();
        let found =
            quantile_of_each(engine, &objects, &upload(&plane), &upload(&inside), STEEP_SHARE).unwrap();
        let labels = engine.download(&objects.labels).unwrap();
        assert!(found.len() >= 15);
        for (k, found) in found.iter().enumerate() {
            let mut own: Vec<f32> = (0..size.area())
                .filter(|&i| labels[i] as usize == k + 1 && inside.data()[i] > 0.5)
                .map(|i| plane.data()[i])
                .collect();
            own.sort_by(f32::total_cmp);
            let exact = f64::from(own[(STEEP_SHARE * own.len() as f64) as usize]);
            assert!((found / exact - 1.0).abs() < 0.03, "{k}: {found} against {exact}");
        }
    }

    #[test]
    fn a_ramp_is_as_steep_as_it_is_drawn() {
        // A wall of 1 OD over 4 mm, along a row of 20 px/mm: 0.25 OD/mm.
        let size = Size::new(160, 80);
        let frame = skin(size, 20.0, |x, _| [x as f32 / 80.0 * 0.5; 3]);
        let wall = Raster::from_fn(size, |x, y| f32::from((40..120).contains(&x) && (20..60).contains(&y)));
        let engine = frame.engine;
        let objects = components::label(engine, &engine.upload_raster(&wall).unwrap()).unwrap();
        let found = steepest_slopes(&frame, &objects).unwrap();
        assert!(found.len() == 1 && (found[0] / 0.125 - 1.0).abs() < 0.02, "{found:?}");
    }
}
