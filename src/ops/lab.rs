//! Linear sRGB to CIELAB under D65. The white point is the sum of each row of the matrix, so
//! that grays have a* = b* = 0.

use bytemuck::{Pod, Zeroable};

use super::colors::each_color;
use crate::calibrate::color::{CIE_EPSILON, CIE_KAPPA, XYZ_FROM_LINEAR_RGB};
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};

/// `shaders/lab.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "lab", source: include_str!("../../shaders/lab.wgsl") };

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    rows: [[f32; 4]; 3],
    epsilon: f32,
    kappa: f32,
    len: u32,
    padding: u32,
}

/// L*, a*, b* of linear RGB planes.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn lab_from_linear_rgb(
    engine: &Engine,
    red: &Plane,
    green: &Plane,
    blue: &Plane,
) -> Result<[Plane; 3], EngineError> {
    let size = red.size();
    let params = Params {
        rows: XYZ_FROM_LINEAR_RGB.map(|row| {
            let white: f64 = row.iter().sum();
            [(row[0] / white) as f32, (row[1] / white) as f32, (row[2] / white) as f32, 0.0]
        }),
        epsilon: CIE_EPSILON as f32,
        kappa: CIE_KAPPA as f32,
        len: size.area() as u32,
        padding: 0,
    };
    let mut out = [engine.grid(size)?, engine.grid(size)?, engine.grid(size)?];
    match engine.backend() {
        Backend::Cpu(_) => twin(&params, [red.host(), green.host(), blue.host()], &mut out),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "lab")
                .params(&params)
                .bind(1, red)
                .bind(2, green)
                .bind(3, blue)
                .bind(4, &out[0])
                .bind(5, &out[1])
                .bind(6, &out[2])
                .over_list(size.area()),
        )?,
    }
    Ok(out)
}

fn twin(p: &Params, sources: [&[f32]; 3], out: &mut [Plane; 3]) {
    let compress = |t: f32| if t > p.epsilon { t.cbrt() } else { (p.kappa * t + 16.0) / 116.0 };
    each_color(sources, out.each_mut(), |rgb| {
        let rgb = rgb.map(|v| v.max(0.0));
        let [x, y, z] = p.rows.map(|r| compress(r[0] * rgb[0] + r[1] * rgb[1] + r[2] * rgb[2]));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};

    #[test]
    fn test_vector_is_reproduced() {
        // sRGB (200, 150, 128), and a gray.
        let engine = cpu();
        let plane = |a: f32, b: f32| engine.upload(Size::new(2, 1), &[a, b]).unwrap();
        let out = lab_from_linear_rgb(
            engine,
            &plane(0.577_580_4, 0.2),
            &plane(0.304_987_3, 0.2),
            &plane(0.215_860_5, 0.2),
        )
        .unwrap();
        let values = out.map(|p| engine.download(&p).unwrap());
        for (plane, expected) in values.iter().zip([66.2529, 15.8002, 18.9164]) {
            assert!((plane[0] - expected).abs() < 2e-3, "{}, expected {expected}", plane[0]);
        }
        assert!(values[1][1].abs() < 1e-4 && values[2][1].abs() < 1e-4, "gray has no color");
    }

    /// skimage.color.rgb2lab, whose white has four digits: grays differ by up to 0.014 there.
    #[test]
    fn skimage_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/lab.json"));
        let engine = cpu();
        let [red, green, blue] = [0, 1, 2].map(|c| {
            let values: Vec<f32> = floats(&fixture["linear_rgb"][c]).iter().map(|&v| v as f32).collect();
            engine.upload(Size::new(values.len() as u32, 1), &values).unwrap()
        });
        let found = lab_from_linear_rgb(engine, &red, &green, &blue).unwrap();
        for (c, name) in ["L*", "a*", "b*"].into_iter().enumerate() {
            let found = engine.download(&found[c]).unwrap();
            assert_near(&found, &floats(&fixture["lab"][c]), 0.02, name);
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            // pow and cbrt differ by a few units in the last place, times 500.
            assert_parity(1e-4, |engine| {
                let plane = |seed| engine.upload_raster(&noise(size, seed).map(|v| 0.5 + 0.51 * v));
                let mut values = Vec::new();
                for plane in &lab_from_linear_rgb(engine, &plane(1)?, &plane(2)?, &plane(3)?)? {
                    values.extend(engine.download(plane)?);
                }
                Ok(values)
            });
        }
    }
}
