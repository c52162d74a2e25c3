//! Length of the gradient, per pixel.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};

/// `shaders/gradient.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "gradient", source: include_str!("../../shaders/gradient.wgsl") };

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    padding: [u32; 2],
}

/// |∇plane| by central differences, one-sided on the border.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn gradient_magnitude(engine: &Engine, plane: &Plane) -> Result<Plane, EngineError> {
    let size = plane.size();
    let params = Params { width: size.width, height: size.height, padding: [0; 2] };
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => twin(&params, plane.host(), output.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "gradient_magnitude")
                .params(&params)
                .bind(1, plane)
                .bind(2, &output)
                .over(size),
        )?,
    }
    Ok(output)
}

fn twin(p: &Params, plane: &[f32], output: &mut [f32]) {
    let (width, height) = (p.width as usize, p.height as usize);
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        let (above, below) = (y.max(1) - 1, (y + 1).min(height - 1));
        let row = |y: usize| &plane[y * width..][..width];
        let (here, above_row, below_row) = (row(y), row(above), row(below));
        for (x, output) in output.iter_mut().enumerate() {
            let (left, right) = (x.max(1) - 1, (x + 1).min(width - 1));
            let dx = (here[right] - here[left]) / (right - left).max(1) as f32;
            let dy = (below_row[x] - above_row[x]) / (below - above).max(1) as f32;
            *output = (dx * dx + dy * dy).sqrt();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};
    use crate::raster::Raster;

    #[test]
    fn a_slope_has_its_length_everywhere() {
        let engine = cpu();
        let slope = Raster::from_fn(Size::new(9, 7), |x, y| 3.0 * x as f32 - 4.0 * y as f32);
        let found = gradient_magnitude(engine, &engine.upload_raster(&slope).unwrap()).unwrap();
        assert!(engine.download(&found).unwrap().iter().all(|v| (v - 5.0).abs() < 1e-5));
    }

    /// numpy.gradient.
    #[test]
    fn numpy_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/gradient.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let found = engine.download(&gradient_magnitude(engine, &plane).unwrap()).unwrap();
        assert_near(&found, &floats(&fixture["magnitude"]), 2e-6, "gradient");
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_parity(1e-6, |engine| {
                engine.download(&gradient_magnitude(engine, &engine.upload_raster(&noise(size, 1))?)?)
            });
        }
    }
}
