//! Arithmetic of small masks in host memory: grow, shrink, close, parts, holes, smooth.

use crate::engine::{Engine, EngineError};
use crate::ops::components::{self, fill_holes};
use crate::ops::masked::Masked;
use crate::ops::morphology;
use crate::raster::Raster;

/// 1 where `inside` says so, by column and row.
pub(super) fn mask_where(like: &Raster, mut inside: impl FnMut(usize, u32, u32) -> bool) -> Raster {
    let width = like.size().width;
    Raster::from_fn(like.size(), |x, y| f32::from(inside((y * width + x) as usize, x, y)))
}

/// Takes `other` out of `mask`.
pub(super) fn remove(mask: &mut Raster, other: &Raster) {
    for (mask, &other) in mask.data_mut().iter_mut().zip(other.data()) {
        *mask *= 1.0 - other;
    }
}

/// The mask grown by `radius` and shrunk by `back`.
pub(super) fn grown(engine: &Engine, mask: &Raster, radius: f64, back: f64) -> Result<Raster, EngineError> {
    let mut plane = morphology::dilate(engine, &engine.upload_raster(mask)?, radius as f32)?;
    if back > 0.0 {
        plane = morphology::erode(engine, &plane, back as f32)?;
    }
    engine.download_raster(&plane)
}

/// The mask shrunk by `radius`.
pub(super) fn shrunk(engine: &Engine, mask: &Raster, radius: f64) -> Result<Raster, EngineError> {
    engine.download_raster(&morphology::erode(engine, &engine.upload_raster(mask)?, radius as f32)?)
}

/// The mask shrunk by `radius` and grown again: what is narrower is gone.
pub(super) fn opened(engine: &Engine, mask: &Raster, radius: f64) -> Result<Raster, EngineError> {
    let shrunk = morphology::erode(engine, &engine.upload_raster(mask)?, radius as f32)?;
    engine.download_raster(&morphology::dilate(engine, &shrunk, radius as f32)?)
}

/// The mask without holes.
pub(super) fn filled(engine: &Engine, mask: &Raster) -> Result<Raster, EngineError> {
    engine.download_raster(&fill_holes(engine, &engine.upload_raster(mask)?)?)
}

/// G(f·w)/G(w) where the mask w is near, 0 elsewhere.
pub(super) fn smoothed(
    engine: &Engine,
    plane: &Raster,
    mask: &Raster,
    sigma: f64,
) -> Result<Raster, EngineError> {
    let mask = engine.upload_raster(mask)?;
    let plane = engine.upload_raster(plane)?;
    let zero = engine.upload_raster(&Raster::filled(plane.size(), 0.0))?;
    engine.download_raster(&Masked::new(engine, &mask, sigma)?.apply_or(engine, &plane, &zero, 1e-3)?)
}

/// One connected part of a mask.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    pub pixels: f64,
    /// Sums over the part of the planes that were given, three at most.
    pub sums: [f64; 3],
    first: [u32; 2],
    end: [u32; 2],
}

impl Part {
    /// Mean of the plane `i` over the part.
    pub fn mean(&self, i: usize) -> f64 {
        self.sums[i] / self.pixels.max(1.0)
    }

    /// Width and height of the box around it.
    pub fn extent(&self) -> [f64; 2] {
        [0, 1].map(|axis| f64::from(self.end[axis] - self.first[axis]))
    }

    /// Diagonal of that box.
    pub fn length(&self) -> f64 {
        let [width, height] = self.extent();
        width.hypot(height)
    }
}

/// The mask without the parts that `keep` does not want, by their sums of the planes given.
pub(super) fn keep_parts(
    engine: &Engine,
    mask: &Raster,
    planes: &[&Raster],
    keep: impl FnOnce(&[Part]) -> Vec<bool>,
) -> Result<Raster, EngineError> {
    let objects = components::label(engine, &engine.upload_raster(mask)?)?;
    let labels = engine.download(&objects.labels)?;
    let width = mask.size().width as usize;
    let mut parts = vec![Part { first: [u32::MAX; 2], ..Part::default() }; objects.count as usize];
    for (i, &label) in labels.iter().enumerate().filter(|(_, label)| **label > 0) {
        let part = &mut parts[label as usize - 1];
        part.pixels += 1.0;
        for (sum, plane) in part.sums.iter_mut().zip(planes) {
            *sum += f64::from(plane.data()[i]);
        }
        for (axis, place) in [i % width, i / width].into_iter().enumerate() {
            part.first[axis] = part.first[axis].min(place as u32);
            part.end[axis] = part.end[axis].max(place as u32 + 1);
        }
    }
    let keep = keep(&parts);
    let data = labels.iter().map(|&label| f32::from(label > 0 && keep[label as usize - 1])).collect();
    Ok(Raster::from_vec(mask.size(), data))
}

/// The median of a plane within a mask.
pub(super) fn median(plane: &Raster, mask: &Raster) -> Option<f32> {
    let pairs = plane.data().iter().zip(mask.data());
    let mut values: Vec<f32> = pairs.filter(|(_, m)| **m > 0.5).map(|(&v, _)| v).collect();
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    Some(*values.select_nth_unstable_by(middle, f32::total_cmp).1)
}

/// 1.4826 times the median distance from `center` within a mask.
pub(super) fn robust_sd(plane: &Raster, mask: &Raster, center: f32) -> f32 {
    median(&plane.map(|v| (v - center).abs()), mask).map_or(0.0, |mad| 1.4826 * mad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn parts_are_kept_by_size_and_by_what_is_on_them() {
        let engine = Engine::cpu().unwrap();
        let size = Size::new(20, 10);
        let mask = Raster::from_fn(size, |x, y| f32::from(y == 2 && x < 8 || y == 6 && (3..6).contains(&x)));
        let right = Raster::from_fn(size, |x, _| x as f32);
        let mut seen = Vec::new();
        let kept = keep_parts(&engine, &mask, &[&right], |parts| {
            seen.extend(parts.iter().map(|p| (p.pixels, p.mean(0), p.length())));
            parts.iter().map(|p| p.pixels < 5.0).collect()
        })
        .unwrap();
        assert_eq!(seen, [(8.0, 3.5, 8f64.hypot(1.0)), (3.0, 4.0, 3f64.hypot(1.0))]);
        assert_eq!(kept.data().iter().sum::<f32>(), 3.0);
    }

    #[test]
    fn the_median_is_of_what_is_inside() {
        let plane = Raster::from_vec(Size::new(5, 1), vec![9.0, 1.0, 2.0, 3.0, -9.0]);
        let mask = Raster::from_vec(Size::new(5, 1), vec![0.0, 1.0, 1.0, 1.0, 0.0]);
        assert_eq!(median(&plane, &mask), Some(2.0));
        assert_eq!(robust_sd(&plane, &mask, 2.0), 1.4826);
        assert_eq!(median(&plane, &mask.map(|_| 0.0)), None);
    }
}
