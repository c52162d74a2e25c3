//! Counts of masked values in equal bins. Integers: the same on both engines but for values that
//! rounding puts on an edge.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/histogram.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "histogram", source: include_str!("../../shaders/histogram.wgsl") };

/// Pixels a CPU task takes at once.
const CHUNK: usize = 1 << 18;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    len: u32,
    bins: u32,
    low: f32,
    bins_per_unit: f32,
}

/// Counts of the values of `plane` where `mask` is 1, in `bins` equal bins from `low` to `high`.
/// Values outside count in the end bins.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn histogram(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    low: f32,
    high: f32,
    bins: usize,
) -> Result<Vec<u64>, EngineError> {
    let len = plane.size().area();
    let params =
        Params { len: len as u32, bins: bins as u32, low, bins_per_unit: bins as f32 / (high - low) };
    match engine.backend() {
        Backend::Cpu(_) => Ok(twin(&params, plane.host(), mask.host())),
        Backend::Gpu(gpu) => {
            let counts: Grid<u32> = engine.grid(Size::new(bins as u32, 1))?;
            gpu.clear(&counts)?;
            gpu.run(
                Dispatch::new(&KERNEL, "histogram")
                    .params(&params)
                    .bind(1, plane)
                    .bind(2, mask)
                    .bind(3, &counts)
                    .over_list(len),
            )?;
            Ok(engine.download(&counts)?.into_iter().map(u64::from).collect())
        }
    }
}

fn twin(p: &Params, plane: &[f32], mask: &[f32]) -> Vec<u64> {
    let last = (p.bins - 1) as f32;
    let partials: Vec<Vec<u64>> = plane
        .par_chunks(CHUNK)
        .zip(mask.par_chunks(CHUNK))
        .map(|(plane, mask)| {
            let mut counts = vec![0; p.bins as usize];
            for (&value, &mask) in plane.iter().zip(mask) {
                if mask > 0.5 {
                    counts[((value - p.low) * p.bins_per_unit).clamp(0.0, last) as usize] += 1;
                }
            }
            counts
        })
        .collect();
    let mut total = vec![0; p.bins as usize];
    for partial in partials {
        for (total, partial) in total.iter_mut().zip(partial) {
            *total += partial;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_same, cpu, noise, odd_sizes, random_mask};

    #[test]
    fn values_fall_where_they_belong() {
        let engine = cpu();
        let size = Size::new(8, 1);
        let plane = engine.upload(size, &[-5.0f32, 0.0, 0.24, 0.25, 0.5, 0.99, 1.0, 7.0]).unwrap();
        let mask = engine.upload(size, &[1.0f32; 8]).unwrap();
        assert_eq!(histogram(engine, &plane, &mask, 0.0, 1.0, 4).unwrap(), [3, 1, 1, 3]);
        let some = engine.upload(size, &[0.0f32, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]).unwrap();
        assert_eq!(histogram(engine, &plane, &some, 0.0, 1.0, 4).unwrap(), [1, 0, 1, 1]);
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes() {
            assert_same(|engine| {
                let plane = engine.upload_raster(&noise(size, 1))?;
                let mask = engine.upload_raster(&random_mask(size, 2, 0.7))?;
                histogram(engine, &plane, &mask, -0.8, 0.9, 37)
            });
        }
    }
}
