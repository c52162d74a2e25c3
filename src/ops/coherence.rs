//! How much of the slopes around a pixel points one way: (λ₁ − λ₂)/(λ₁ + λ₂) of the structure tensor
//! (Bigün and Granlund 1987): 1 on parallel lines, 0 where no direction rules.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::masked::Masked;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};

/// `shaders/coherence.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "coherence", source: include_str!("../../shaders/coherence.wgsl") };

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    padding: [u32; 2],
}

/// The coherence of `smooth`, whose slopes are taken as they are, with a window of `sigma_px` within
/// `mask`; 0 where nothing slopes.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn coherence(engine: &Engine, smooth: &Plane, mask: &Plane, sigma_px: f64) -> Result<Plane, EngineError> {
    let size = smooth.size();
    let params = Params { width: size.width, height: size.height, padding: [0; 2] };
    let [mut xx, mut xy, mut yy]: [Plane; 3] = [engine.grid(size)?, engine.grid(size)?, engine.grid(size)?];
    match engine.backend() {
        Backend::Cpu(_) => {
            products(&params, smooth.host(), xx.host_mut(), xy.host_mut(), yy.host_mut());
        }
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "products")
                .params(&params)
                .bind(1, smooth)
                .bind(2, &xx)
                .bind(3, &xy)
                .bind(4, &yy)
                .over(size),
        )?,
    }
    let window = Masked::new(engine, mask, sigma_px)?;
    let [xx, xy, yy] = [window.apply(engine, &xx)?, window.apply(engine, &xy)?, window.apply(engine, &yy)?];
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => share(xx.host(), xy.host(), yy.host(), output.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "share")
                .params(&params)
                .bind(2, &xx)
                .bind(3, &xy)
                .bind(4, &yy)
                .bind(5, &output)
                .over(size),
        )?,
    }
    Ok(output)
}

fn products(p: &Params, plane: &[f32], xx: &mut [f32], xy: &mut [f32], yy: &mut [f32]) {
    let (width, height) = (p.width as usize, p.height as usize);
    let row = |y: usize| &plane[y * width..][..width];
    let rows = xx.par_chunks_mut(width).zip(xy.par_chunks_mut(width)).zip(yy.par_chunks_mut(width));
    rows.enumerate().for_each(|(y, ((xx, xy), yy))| {
        let (above, here, below) = (row(y.max(1) - 1), row(y), row((y + 1).min(height - 1)));
        for x in 0..width {
            let dx = 0.5 * (here[(x + 1).min(width - 1)] - here[x.max(1) - 1]);
            let dy = 0.5 * (below[x] - above[x]);
            xx[x] = dx * dx;
            xy[x] = dx * dy;
            yy[x] = dy * dy;
        }
    });
}

fn share(xx: &[f32], xy: &[f32], yy: &[f32], output: &mut [f32]) {
    output.par_iter_mut().enumerate().for_each(|(i, output)| {
        let sum = xx[i] + yy[i];
        let difference = xx[i] - yy[i];
        let length = (difference * difference + 4.0 * xy[i] * xy[i]).sqrt();
        *output = if sum > 0.0 { length / sum } else { 0.0 };
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes, random_mask};
    use crate::raster::Raster;

    const SIZE: Size = Size { width: 96, height: 90 };

    fn middle(of: impl Fn(f32, f32) -> f32) -> f32 {
        let engine = cpu();
        let plane = Raster::from_fn(SIZE, |x, y| of(x as f32, y as f32));
        let plane = engine.upload_raster(&plane).unwrap();
        let mask = engine.upload_raster(&Raster::filled(SIZE, 1.0)).unwrap();
        engine.download_raster(&coherence(engine, &plane, &mask, 10.0).unwrap()).unwrap().at(48, 45)
    }

    #[test]
    fn waves_are_coherent_as_far_as_they_are_parallel() {
        // a·sin across one direction and b·sin across the other: tensor a² and b².
        let waves = |a: f32, b: f32, turn: f32| {
            move |x: f32, y: f32| {
                let (u, v) = (turn.cos() * x + turn.sin() * y, turn.cos() * y - turn.sin() * x);
                a * (0.5 * u).sin() + b * (0.5 * v).sin()
            }
        };
        for turn in [0.0, 0.6, 1.2] {
            for (a, b) in [(1.0, 0.0), (1.0, 1.0), (1.0, 0.5)] {
                let expected = (a * a - b * b) / (a * a + b * b);
                let found = middle(waves(a, b, turn));
                // Differences reach less far along the diagonal.
                assert!((found - expected).abs() < 0.02, "{turn} {a} {b}: {found}, expected {expected}");
            }
        }
        assert_eq!(middle(|_, _| 3.0), 0.0);
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_parity(1e-4, |engine| {
                let plane = engine.upload_raster(&noise(size, 1))?;
                let mask = engine.upload_raster(&random_mask(size, 2, 0.9))?;
                engine.download(&coherence(engine, &plane, &mask, 3.0)?)
            });
        }
    }
}
