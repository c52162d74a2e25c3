//! Two pictures of labels made one: the first rules, and labels of the second come after its own.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Labels, Plane};

/// `shaders/label_merge.wgsl`.
pub const KERNEL: Kernel =
    Kernel { name: "label_merge", source: include_str!("../../shaders/label_merge.wgsl") };

/// Pixels a CPU task takes at least.
const CHUNK: usize = 1 << 16;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    len: u32,
    count: u32,
}

/// Labels of `first`, up to `count`, where `within` is 1; elsewhere those of `second`, counted on from `count`; 0 where `valid`
/// is 0.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn label_merge(
    engine: &Engine,
    first: &Labels,
    count: u32,
    within: &Plane,
    second: &Labels,
    valid: &Plane,
) -> Result<Labels, EngineError> {
    let size = first.size();
    let mut merged: Grid<u32> = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => {
            merge([first.host(), second.host()], count, [within.host(), valid.host()], merged.host_mut())
        }
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "merge")
                .params(&Params { len: size.area() as u32, count })
                .bind(1, first)
                .bind(2, within)
                .bind(3, second)
                .bind(4, valid)
                .bind(5, &merged)
                .over_list(size.area()),
        )?,
    }
    Ok(merged)
}

fn merge([first, second]: [&[u32]; 2], count: u32, [within, valid]: [&[f32]; 2], merged: &mut [u32]) {
    let label = |i: usize| match (valid[i] > 0.5, first[i] > 0 && within[i] > 0.5, second[i]) {
        (false, ..) | (true, false, 0) => 0,
        (true, true, _) => first[i],
        (true, false, label) => label + count,
    };
    merged.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, merged)| {
        merged.iter_mut().enumerate().for_each(|(i, merged)| *merged = label(chunk * CHUNK + i));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::components::label;
    use crate::ops::testing::{assert_same, cpu, odd_sizes, random_mask};

    fn found(engine: &Engine, size: Size) -> Result<Vec<u32>, EngineError> {
        let mask = |seed, share| engine.upload_raster(&random_mask(size, seed, share));
        let (first, second) = (label(engine, &mask(5, 0.3)?)?, label(engine, &mask(6, 0.3)?)?);
        let merged =
            label_merge(engine, &first.labels, first.count, &mask(7, 0.6)?, &second.labels, &mask(8, 0.8)?)?;
        engine.download(&merged)
    }

    #[test]
    fn the_first_rules_and_the_second_is_counted_on() {
        let engine = cpu();
        let row = |values: [u32; 5]| engine.upload(Size::new(5, 1), &values).unwrap();
        let mask = |values: [f32; 5]| engine.upload(Size::new(5, 1), &values).unwrap();
        let merged = label_merge(
            engine,
            &row([1, 2, 2, 0, 1]),
            2,
            &mask([1.0, 1.0, 0.0, 1.0, 1.0]),
            &row([3, 0, 1, 1, 1]),
            &mask([1.0, 1.0, 1.0, 1.0, 0.0]),
        );
        assert_eq!(engine.download(&merged.unwrap()).unwrap(), [1, 2, 3, 3, 0]);
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes().into_iter().chain([Size::new(300, 200)]) {
            assert_same(|engine| found(engine, size));
        }
    }
}
