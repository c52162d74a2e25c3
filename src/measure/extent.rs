//! Area of each object where it is at least half as strong as it is itself.
//!
//! A limit of the whole photograph lies far out on the soft edge of a strong object: what is counted there is the edge, the blur and
//! the unevenness of the skin around. Half of the object's own strength is where blur moves an outline least.

use super::frame::Frame;
use crate::engine::{EngineError, Plane};
use crate::ops::components::Objects;
use crate::ops::label_levels::label_levels;

/// Share of its own strength at which an object is outlined.
const SHARE: f64 = 0.5;
/// Share of the object's pixels that are as strong as it is: those that a smaller object in the same outline has too.
const CORE: f64 = 0.05;
/// Ratio of each level to the one below.
const STEP: f64 = 1.05;

/// Pixels of one object by their strength: how many reach each of the rising levels.
struct ByLevel<'a> {
    levels: &'a [f64],
    all: u32,
    reached: &'a [u32],
}

/// Pixels of each object in `mask` where `strength` is at least half of the object's own, and at least `least`; 0 where nothing
/// reaches `least`. Strength beyond `most` counts as `most`.
///
/// # Errors
/// What the engine reports.
pub(super) fn pixels_of_each(
    frame: &Frame<'_>,
    objects: &Objects,
    [strength, mask]: [&Plane; 2],
    least: f64,
    most: f64,
) -> Result<Vec<f64>, EngineError> {
    let levels: Vec<f64> =
        std::iter::successors(Some(least), |level| Some(level * STEP)).take_while(|&l| l < most).collect();
    let limits: Vec<f32> = levels.iter().map(|&level| level as f32).collect();
    let planes = [strength, mask];
    let reached = label_levels(frame.engine, &objects.labels, objects.count, planes, &limits)?;
    let of_one = |reached: Vec<u32>| match reached.split_first() {
        Some((&all, reached)) => ByLevel { levels: &levels, all, reached }.pixels(),
        None => 0.0,
    };
    Ok(reached.into_iter().map(of_one).collect())
}

impl ByLevel<'_> {
    /// Pixels at `SHARE` of the object's own strength, but at least at the first level.
    fn pixels(&self) -> f64 {
        self.at(SHARE * self.strength())
    }

    /// Level that the strongest `CORE` of all pixels reach, linear in its logarithm between levels; 0 where it is below the first.
    fn strength(&self) -> f64 {
        let core = CORE * f64::from(self.all);
        let below = self.reached.partition_point(|&reached| f64::from(reached) >= core);
        let Some(k) = below.checked_sub(1) else { return 0.0 };
        let [more, fewer] = [k, k + 1].map(|k| self.count(k));
        let part = if more > fewer { (more - core) / (more - fewer) } else { 0.0 };
        self.levels[k] * STEP.powf(part.clamp(0.0, 1.0))
    }

    /// Pixels that reach this level, linear in its logarithm between levels.
    fn at(&self, level: f64) -> f64 {
        let Some(&first) = self.levels.first() else { return 0.0 };
        let place = (level / first).ln().max(0.0) / STEP.ln();
        let below = place.floor() as usize;
        self.count(below) + place.fract() * (self.count(below + 1) - self.count(below))
    }

    fn count(&self, level: usize) -> f64 {
        self.reached.get(level).map_or(0.0, |&pixels| f64::from(pixels))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::skin;
    use super::*;
    use crate::geometry::Size;
    use crate::ops::components::label;
    use crate::raster::Raster;

    const PX_PER_MM: f64 = 16.0;

    /// A disc whose strength falls from `peak` to nothing over 0.4 mm about its radius, on skin of strength 0.06 in
    /// the half of its surroundings at the right.
    fn disc(radius_mm: f64, peak: f64) -> impl Fn(u32, u32) -> f32 {
        move |x, y| {
            let [dx, dy] = [x, y].map(|k| (f64::from(k) - 79.5) / PX_PER_MM);
            let inside = ((radius_mm + 0.2 - dx.hypot(dy)) / 0.4).clamp(0.0, 1.0);
            let around = if dx > 0.0 && dx.hypot(dy) < 2.5 { 0.06 } else { 0.0 };
            (peak * inside * inside * (3.0 - 2.0 * inside)).max(around) as f32
        }
    }

    /// Area of a disc within the outline, at the first level, of one of another radius.
    fn area_mm2([outline_mm, radius_mm]: [f64; 2], peak: f64) -> f64 {
        let size = Size::new(160, 160);
        let frame = skin(size, PX_PER_MM, |_, _| [0.0; 3]);
        let upload = |raster: Raster| frame.engine.upload_raster(&raster).unwrap();
        let (larger, own) = (disc(outline_mm, peak), disc(radius_mm, peak));
        let inside = upload(Raster::from_fn(size, |x, y| if larger(x, y) >= 0.04 { 1.0 } else { 0.0 }));
        let objects = label(frame.engine, &inside).unwrap();
        assert_eq!(objects.count, 1);
        let strength = upload(Raster::from_fn(size, own));
        let pixels = pixels_of_each(&frame, &objects, [&strength, &frame.mask], 0.04, 8.0).unwrap();
        frame.mm2(pixels[0])
    }

    #[test]
    fn an_object_is_as_large_as_its_half_height_whatever_lies_around() {
        for radius_mm in [1.0, 1.5, 2.0] {
            for peak in [0.3, 0.6, 1.2] {
                let truth = std::f64::consts::PI * radius_mm * radius_mm;
                let found = area_mm2([radius_mm; 2], peak);
                assert!((found / truth - 1.0).abs() < 0.04, "{radius_mm} mm, {peak}: {found} of {truth}");
                let halved = area_mm2([radius_mm, 0.5f64.sqrt() * radius_mm], peak) / found;
                assert!((halved / 0.5 - 1.0).abs() < 0.04, "{radius_mm} mm, {peak}: {halved}");
                // A paler one is as large, until it is as faint as what lies around.
                let paler = area_mm2([radius_mm; 2], 0.7 * peak) / found;
                assert!((paler - 1.0).abs() < 0.02, "{radius_mm} mm, {peak}: {paler}");
            }
        }
    }

    #[test]
    fn what_nothing_reaches_has_no_area() {
        let none = ByLevel { levels: &[0.1, 0.105], all: 20, reached: &[0, 0] };
        assert_eq!(none.pixels(), 0.0);
        // Half of their strength lies below the first level: they are counted at that.
        let faint = ByLevel { levels: &[0.1, 0.105], all: 20, reached: &[10, 0] };
        assert_eq!(faint.pixels(), 10.0);
    }
}
