//! How many pixels of each label reach each of some levels: what quantiles of many objects at once are read off.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Labels, Plane};
use crate::geometry::Size;

/// `shaders/label_levels.wgsl`.
pub const KERNEL: Kernel =
    Kernel { name: "label_levels", source: include_str!("../../shaders/label_levels.wgsl") };

/// Pixels a CPU task takes at least: it has counts of its own, however few pixels have labels.
const CHUNK: usize = 1 << 20;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    len: u32,
    levels: u32,
}

/// For each label from 1 to `count`, how many of its pixels where `inside` is 1 are at least as large as each of the rising
/// `levels`; before these, how many there are at all.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn label_levels(
    engine: &Engine,
    labels: &Labels,
    count: u32,
    [plane, inside]: [&Plane; 2],
    levels: &[f32],
) -> Result<Vec<Vec<u32>>, EngineError> {
    assert!(levels.is_sorted(), "levels rise");
    if count == 0 {
        return Ok(Vec::new());
    }
    let (len, bins) = (labels.size().area(), levels.len() + 1);
    let between: Vec<u32> = match engine.backend() {
        Backend::Cpu(_) => twin(labels.host(), [plane.host(), inside.host()], levels, count as usize),
        Backend::Gpu(gpu) => {
            let counts: Grid<u32> = engine.grid(Size::new(bins as u32, count))?;
            gpu.clear(&counts)?;
            gpu.run(
                Dispatch::new(&KERNEL, "count_between")
                    .params(&Params { len: len as u32, levels: levels.len() as u32 })
                    .bind(1, labels)
                    .bind(2, plane)
                    .bind(3, inside)
                    .bind(4, &engine.upload(Size::new(levels.len() as u32, 1), levels)?)
                    .bind(5, &counts)
                    .over_list(len),
            )?;
            engine.download(&counts)?
        }
    };
    let reached = |between: &[u32]| {
        let mut reached = between.to_vec();
        for bin in (0..bins - 1).rev() {
            reached[bin] += reached[bin + 1];
        }
        reached
    };
    Ok(between.chunks_exact(bins).map(reached).collect())
}

fn twin(labels: &[u32], [plane, inside]: [&[f32]; 2], levels: &[f32], count: usize) -> Vec<u32> {
    let bins = levels.len() + 1;
    let pixels = labels.par_chunks(CHUNK).zip(plane.par_chunks(CHUNK)).zip(inside.par_chunks(CHUNK));
    let of_chunk = |((labels, plane), inside): ((&[u32], &[f32]), &[f32])| {
        let mut counts = vec![0u32; bins * count];
        for ((&label, &value), &inside) in labels.iter().zip(plane).zip(inside) {
            if label > 0 && inside > 0.5 {
                let bin = levels.partition_point(|level| *level <= value);
                counts[(label as usize - 1) * bins + bin] += 1;
            }
        }
        counts
    };
    let add = |mut one: Vec<u32>, other: Vec<u32>| {
        one.iter_mut().zip(other).for_each(|(one, other)| *one += other);
        one
    };
    pixels.map(of_chunk).reduce_with(add).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::components::label;
    use crate::ops::testing::{assert_same, cpu, noise, odd_sizes, random_mask};

    const LEVELS: [f32; 5] = [-0.6, -0.1, 0.0, 0.3, 0.9];

    fn found(engine: &Engine, size: Size) -> Result<Vec<Vec<u32>>, EngineError> {
        let objects = label(engine, &engine.upload_raster(&random_mask(size, 5, 0.35))?)?;
        let plane = engine.upload_raster(&noise(size, 6))?;
        let inside = engine.upload_raster(&random_mask(size, 7, 0.8))?;
        label_levels(engine, &objects.labels, objects.count, [&plane, &inside], &LEVELS)
    }

    #[test]
    fn counts_are_those_of_a_loop() {
        let engine = cpu();
        for size in odd_sizes() {
            let objects = label(engine, &engine.upload_raster(&random_mask(size, 5, 0.35)).unwrap()).unwrap();
            let labels = engine.download(&objects.labels).unwrap();
            let (plane, inside) = (noise(size, 6), random_mask(size, 7, 0.8));
            let all = found(engine, size).unwrap();
            assert_eq!(all.len(), objects.count as usize);
            for (of, found) in (1..).zip(all) {
                let own = |i: &usize| labels[*i] == of && inside.data()[*i] > 0.5;
                let reach = |level: f32| {
                    (0..size.area()).filter(own).filter(|&i| plane.data()[i] >= level).count() as u32
                };
                assert_eq!(found[0], reach(f32::NEG_INFINITY), "{size}, label {of}");
                assert_eq!(found[1..], LEVELS.map(reach), "{size}, label {of}");
            }
        }
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes().into_iter().chain([Size::new(300, 200)]) {
            assert_same(|engine| found(engine, size));
        }
    }
}
