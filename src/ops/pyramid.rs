//! Coarser and finer: area reduction by an integer factor, and bilinear expansion back.
//!
//! A coarse plane carries [`MARGIN`] cells around the fine one, so that what a filter spreads
//! past the border is not lost and expansion never reads outside.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::widest;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/pyramid.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "pyramid", source: include_str!("../../shaders/pyramid.wgsl") };

/// Coarse cells around the plane on every side.
pub const MARGIN: u32 = 1;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    fine_width: u32,
    fine_height: u32,
    coarse_width: u32,
    coarse_height: u32,
    factor: u32,
    padding: [u32; 3],
}

impl Params {
    fn new(fine: Size, factor: u32) -> Self {
        let coarse = coarse_size(fine, factor);
        Self {
            fine_width: fine.width,
            fine_height: fine.height,
            coarse_width: coarse.width,
            coarse_height: coarse.height,
            factor,
            padding: [0; 3],
        }
    }

    fn coarse(&self) -> Size {
        Size::new(self.coarse_width, self.coarse_height)
    }
}

/// Size of the plane reduced by `factor`, margins included.
pub fn coarse_size(fine: Size, factor: u32) -> Size {
    Size::new(fine.width.div_ceil(factor) + 2 * MARGIN, fine.height.div_ceil(factor) + 2 * MARGIN)
}

/// The mean of each `factor`×`factor` cell, taking zero outside the plane.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn reduce(engine: &Engine, fine: &Plane, factor: u32) -> Result<Plane, EngineError> {
    let params = Params::new(fine.size(), factor);
    let mut output: Plane = engine.grid(params.coarse())?;
    match engine.backend() {
        Backend::Cpu(_) => {
            let width = fine.size().width as usize;
            let copy = |y: usize, row: &mut [f32]| row.copy_from_slice(&fine.host()[y * width..][..width]);
            reduce_rows(fine.size(), factor, copy, output.host_mut());
        }
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "reduce")
                .constant("MARGIN", f64::from(MARGIN))
                .params(&params)
                .bind(1, fine)
                .bind(2, &output)
                .over(params.coarse()),
        )?,
    }
    Ok(output)
}

/// A plane that came from [`reduce`], back at size `fine`, bilinear between cell centers.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn expand(engine: &Engine, coarse: &Plane, fine: Size, factor: u32) -> Result<Plane, EngineError> {
    let params = Params::new(fine, factor);
    assert_eq!(coarse.size(), params.coarse(), "expand undoes reduce");
    let mut output: Plane = engine.grid(fine)?;
    match engine.backend() {
        Backend::Cpu(_) => expand_rows(fine, factor, coarse.host(), |_, _| (), output.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "expand")
                .constant("MARGIN", f64::from(MARGIN))
                .params(&params)
                .bind(1, coarse)
                .bind(2, &output)
                .over(fine),
        )?,
    }
    Ok(output)
}

/// The CPU twin of [`reduce`], of rows that `fill` makes.
pub(super) fn reduce_rows(
    fine: Size,
    factor: u32,
    fill: impl Fn(usize, &mut [f32]) + Sync,
    coarse: &mut [f32],
) {
    let p = Params::new(fine, factor);
    let (height, factor) = (p.fine_height as usize, p.factor as usize);
    let margin = MARGIN as usize;
    let area = (p.factor * p.factor) as f32;
    coarse.par_chunks_mut(p.coarse_width as usize).enumerate().for_each_init(
        || vec![0.0; p.fine_width as usize],
        |fine, (row, output)| {
            output.fill(0.0);
            if row < margin {
                return;
            }
            let top = (row - margin) * factor;
            for y in top..(top + factor).min(height) {
                fill(y, fine);
                for (output, cell) in output[margin..].iter_mut().zip(fine.chunks(factor)) {
                    for value in cell {
                        *output += value;
                    }
                }
            }
            for output in output.iter_mut() {
                *output /= area;
            }
        },
    );
}

/// The CPU twin of [`expand`]; `finish` has every row while it is at hand.
pub(super) fn expand_rows(
    size: Size,
    factor: u32,
    coarse: &[f32],
    finish: impl Fn(usize, &mut [f32]) + Sync,
    fine: &mut [f32],
) {
    let p = Params::new(size, factor);
    let shift = (2 * MARGIN as usize - 1) * p.factor as usize;
    let step = 2 * p.factor as usize;
    let width = p.coarse_width as usize;
    // Cell and weight of every column, once for all rows.
    let columns: Vec<(usize, f32)> = (0..p.fine_width as usize)
        .map(|x| 2 * x + 1 + shift)
        .map(|u| (u / step, (u % step) as f32 / step as f32))
        .collect();
    fine.par_chunks_mut(p.fine_width as usize).enumerate().for_each(|(row, output)| {
        let v = 2 * row + 1 + shift;
        let ty = (v % step) as f32 / step as f32;
        let upper = &coarse[v / step * width..][..width];
        let lower = &coarse[(v / step + 1) * width..][..width];
        let (columns, output_row) = (&columns[..], &mut *output);
        widest!(move || {
            for (output, &(x, tx)) in output_row.iter_mut().zip(columns) {
                let top = upper[x] + tx * (upper[x + 1] - upper[x]);
                let bottom = lower[x] + tx * (lower[x + 1] - lower[x]);
                *output = top + ty * (bottom - top);
            }
        });
        finish(row, output);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};
    use crate::raster::Raster;

    #[test]
    fn cells_hold_means_and_margins_zero() {
        let engine = cpu();
        let fine = engine.upload_raster(&Raster::from_fn(Size::new(5, 2), |x, _| x as f32)).unwrap();
        let coarse = engine.download(&reduce(engine, &fine, 2).unwrap()).unwrap();
        // The last cell is half outside: (4 + 4) / 4.
        assert_eq!(coarse[5..10], [0.0, 0.5, 2.5, 2.0, 0.0]);
        assert_eq!(coarse[..5], [0.0; 5]);
    }

    #[test]
    fn expansion_keeps_a_ramp_inside() {
        let engine = cpu();
        let size = Size::new(64, 40);
        let ramp = Raster::from_fn(size, |x, y| 0.25 * x as f32 - 0.5 * y as f32);
        let coarse = reduce(engine, &engine.upload_raster(&ramp).unwrap(), 4).unwrap();
        let back = engine.download_raster(&expand(engine, &coarse, size, 4).unwrap()).unwrap();
        for (x, y) in [(2, 2), (31, 20), (30, 17), (61, 37)] {
            assert!((back.at(x, y) - ramp.at(x, y)).abs() < 1e-5, "at {x},{y}");
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            for factor in [2, 3, 8] {
                assert_parity(1e-6, |engine| {
                    let fine = engine.upload_raster(&noise(size, 3))?;
                    let coarse = reduce(engine, &fine, factor)?;
                    let mut values = engine.download(&coarse)?;
                    values.extend(engine.download(&expand(engine, &coarse, size, factor)?)?);
                    Ok(values)
                });
            }
        }
    }
}
