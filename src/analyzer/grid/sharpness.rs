//! How sharp, noisy and bright each photograph is, and all brought to the softest.

use super::GridFacts;
use super::focus;
use super::on_grid::OnGrid;
use crate::calibrate::equalizing_sigma;
use crate::calibrate::noise::noise_sd;
use crate::calibrate::sharpness::{self, EQUAL};
use crate::engine::{Engine, EngineError, Plane};
use crate::ops::masked::Masked;
use crate::ops::pointwise::{Op, pointwise};
use crate::ops::quantile::median;
use crate::ops::sums::moments;
use crate::ops::unmix::green_density;

/// Exposure of every photograph on the common skin, sharpness and noise on skin that is still the same.
pub(super) fn look(
    engine: &Engine,
    photos: &[OnGrid],
    masks: &[Plane],
    still: &[Plane],
) -> Result<Vec<GridFacts>, EngineError> {
    let mut out = Vec::with_capacity(photos.len());
    for ((photo, mask), still) in photos.iter().zip(masks).zip(still) {
        let density = green_density(engine, &photo.linear.rgb)?;
        let (fine, support) = sharpness::top_octave(engine, &density, still)?;
        let power = moments(engine, &fine, &support, 0.0)?.rms();
        let noise = noise_sd(engine, &density, still)?;
        out.push(GridFacts {
            index: photo.index,
            this_from_first: photo.this_from_first.clone(),
            excluded: photo.excluded.shares,
            valid_percent: photo.excluded.valid_percent,
            sharpness: 1000.0 * power,
            noise: 1000.0 * noise,
            exposure: median(engine, &photo.linear.rgb[1], mask)?.map_or(0.0, f64::from) / photo.brightened,
            quality: Vec::new(),
            focus: None,
            blur_px: 0.0,
        });
    }
    Ok(out)
}

/// Least blur that changes anything, in pixels.
const WEAKEST_PX: f64 = 0.3;

/// Blurs what is sharper, on skin that is still the same, than the softest; never by more than the focus is known to differ.
pub(super) fn match_sharpness(
    engine: &Engine,
    photos: &mut [OnGrid],
    still: &[Plane],
    px_per_mm: f64,
    facts: &mut [GridFacts],
) -> Result<(), EngineError> {
    let most = focus::most_matched_mm2(facts);
    let most = |k: usize| most.as_ref().map_or(f64::INFINITY, |most| most[k].sqrt() * px_per_mm);
    let softest = facts.iter().map(GridFacts::top_octave_power).fold(f64::INFINITY, f64::min);
    for (k, ((photo, still), facts)) in photos.iter_mut().zip(still).zip(facts).enumerate() {
        if facts.top_octave_power() <= EQUAL.1 * softest {
            continue;
        }
        if most(k) < WEAKEST_PX {
            continue;
        }
        let equal = equalizing_sigma(engine, &green_density(engine, &photo.linear.rgb)?, still, softest)?;
        facts.blur_px = equal.min(most(k));
        if facts.blur_px > 0.0 {
            // Highlights and hair must not bleed into the skin beside them.
            let valid = &photo.excluded.valid;
            let valid = pointwise(engine, Op::Max, photo.reference.as_ref().unwrap_or(valid), valid)?;
            let filter = Masked::new(engine, &valid, facts.blur_px)?;
            for plane in &mut photo.linear.rgb {
                *plane = filter.apply_or(engine, plane, plane, 0.1)?;
            }
        }
    }
    Ok(())
}
