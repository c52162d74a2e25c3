//! Principal curvatures of a plane that is smooth already: the eigenvalues of its second
//! differences, per pixel squared. Ridges and blobs are read off them (Sato et al. 1998,
//! doi:10.1016/S1361-8415(98)80009-1).

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::widest;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};

/// `shaders/hessian.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "hessian", source: include_str!("../../shaders/hessian.wgsl") };

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    padding: [u32; 2],
}

/// The larger and the smaller eigenvalue, by value: a bright line has one far below zero. The
/// border repeats its pixels.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn principal_curvatures(engine: &Engine, plane: &Plane) -> Result<(Plane, Plane), EngineError> {
    let size = plane.size();
    let params = Params { width: size.width, height: size.height, padding: [0; 2] };
    let mut larger: Plane = engine.grid(size)?;
    let mut smaller: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => twin(&params, plane.host(), larger.host_mut(), smaller.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "principal_curvatures")
                .params(&params)
                .bind(1, plane)
                .bind(2, &larger)
                .bind(3, &smaller)
                .over(size),
        )?,
    }
    Ok((larger, smaller))
}

fn twin(p: &Params, plane: &[f32], larger: &mut [f32], smaller: &mut [f32]) {
    let (width, height) = (p.width as usize, p.height as usize);
    let rows = larger.par_chunks_mut(width).zip(smaller.par_chunks_mut(width));
    rows.enumerate().for_each(|(y, (larger, smaller))| {
        let row = |y: usize| &plane[y * width..][..width];
        let around = [row(y.max(1) - 1), row(y), row((y + 1).min(height - 1))];
        let last = width - 1;
        (larger[0], smaller[0]) = curvatures(around, 0, [0, 1.min(last)]);
        let (inner_larger, inner_smaller) = (&mut larger[..], &mut smaller[..]);
        widest!(move || {
            let [above, here, below] = around;
            let (above, here, below) = (&above[..width], &here[..width], &below[..width]);
            let (larger, smaller) = (&mut inner_larger[..width], &mut inner_smaller[..width]);
            for x in 1..width - 1 {
                (larger[x], smaller[x]) = curvatures([above, here, below], x, [x - 1, x + 1]);
            }
        });
        (larger[last], smaller[last]) = curvatures(around, last, [last.max(1) - 1, last]);
    });
}

/// Of a pixel of the middle one of three rows, given where its neighbors are: the rim is repeated.
#[inline(always)]
fn curvatures([above, here, below]: [&[f32]; 3], x: usize, [left, right]: [usize; 2]) -> (f32, f32) {
    let center = 2.0 * here[x];
    let xx = here[left] + here[right] - center;
    let yy = above[x] + below[x] - center;
    let xy = 0.25 * (above[left] + below[right] - above[right] - below[left]);
    let mean = 0.5 * (xx + yy);
    let half = 0.5 * (xx - yy);
    let spread = (half * half + xy * xy).sqrt();
    (mean + spread, mean - spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};
    use crate::raster::Raster;

    #[test]
    fn a_quadratic_has_the_curvatures_it_was_made_with() {
        // ½(a u² + b v²) with axes turned by 0.3 rad: eigenvalues a and b.
        let (a, b, turn) = (0.5f32, -0.2f32, 0.3f32);
        let plane = Raster::from_fn(Size::new(11, 11), |x, y| {
            let (x, y) = (x as f32 - 5.0, y as f32 - 5.0);
            let (u, v) = (turn.cos() * x + turn.sin() * y, -turn.sin() * x + turn.cos() * y);
            0.5 * (a * u * u + b * v * v)
        });
        let engine = cpu();
        let (larger, smaller) = principal_curvatures(engine, &engine.upload_raster(&plane).unwrap()).unwrap();
        let (larger, smaller) =
            (engine.download_raster(&larger).unwrap(), engine.download_raster(&smaller).unwrap());
        for (x, y) in [(5, 5), (2, 7), (9, 1)] {
            assert!((larger.at(x, y) - a).abs() < 1e-4 && (smaller.at(x, y) - b).abs() < 1e-4);
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_parity(1e-5, |engine| {
                let (larger, smaller) =
                    principal_curvatures(engine, &engine.upload_raster(&noise(size, 1))?)?;
                let mut values = engine.download(&larger)?;
                values.extend(engine.download(&smaller)?);
                Ok(values)
            });
        }
    }
}
