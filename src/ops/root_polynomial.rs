//! A camera's colors to true ones: three factors on red, green and blue and on roots of their
//! products (Finlayson, Mackiewicz & Hurlbert 2015, doi:10.1109/TIP.2015.2405336). All terms grow as
//! the light does.
//!
//! The cube root is this crate's own on both engines, made of products and quotients: a driver's power
//! function may be off by more than a metric is worth.

use std::ops::Mul;

use bytemuck::{Pod, Zeroable};

use super::colors::each_color;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};

/// `shaders/root_polynomial.wgsl`.
pub const KERNEL: Kernel =
    Kernel { name: "root_polynomial", source: include_str!("../../shaders/root_polynomial.wgsl") };

/// Terms: r, g, b, √rg, √gb, √rb, ∛rg², ∛gb², ∛rb², ∛gr², ∛bg², ∛br², ∛rgb.
pub const TERMS: usize = 13;
/// A third of the exponent's bias, less what makes the first guess best.
const CBRT_BITS: u32 = 709_921_077;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    rows: [[f32; 16]; 3],
    len: u32,
    cbrt_bits: u32,
    padding: [u32; 2],
}

/// The corrected planes; `rows` are the factors on the terms for red, green and blue. Values below 0
/// count as 0; results may be negative.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn root_polynomial(
    engine: &Engine,
    rgb: &[Plane; 3],
    rows: &[[f32; TERMS]; 3],
) -> Result<[Plane; 3], EngineError> {
    let size = rgb[0].size();
    let mut params =
        Params { rows: [[0.0; 16]; 3], len: size.area() as u32, cbrt_bits: CBRT_BITS, padding: [0; 2] };
    for (padded, row) in params.rows.iter_mut().zip(rows) {
        padded[..TERMS].copy_from_slice(row);
    }
    let mut out: [Plane; 3] = [engine.grid(size)?, engine.grid(size)?, engine.grid(size)?];
    match engine.backend() {
        Backend::Cpu(_) => twin(&params, [rgb[0].host(), rgb[1].host(), rgb[2].host()], &mut out),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "root_polynomial")
                .params(&params)
                .bind(1, &rgb[0])
                .bind(2, &rgb[1])
                .bind(3, &rgb[2])
                .bind(4, &out[0])
                .bind(5, &out[1])
                .bind(6, &out[2])
                .over_list(size.area()),
        )?,
    }
    Ok(out)
}

/// The cube root by two steps of Halley's method, each of which triples the digits.
fn cbrt(x: f32) -> f32 {
    if x < 1e-12 {
        return 0.0;
    }
    let mut y = f32::from_bits(x.to_bits() / 3 + CBRT_BITS);
    for _ in 0..2 {
        let cube = y * y * y;
        y = y * (cube + 2.0 * x) / (2.0 * cube + x);
    }
    y
}

/// All terms of a color, in their order.
pub fn terms<T: Copy + Mul<Output = T>>(
    [r, g, b]: [T; 3],
    sqrt: impl Fn(T) -> T,
    cbrt: impl Fn(T) -> T,
) -> [T; TERMS] {
    [
        r,
        g,
        b,
        sqrt(r * g),
        sqrt(g * b),
        sqrt(r * b),
        cbrt(r * g * g),
        cbrt(g * b * b),
        cbrt(r * b * b),
        cbrt(g * r * r),
        cbrt(b * g * g),
        cbrt(b * r * r),
        cbrt(r * g * b),
    ]
}

fn twin(p: &Params, sources: [&[f32]; 3], out: &mut [Plane; 3]) {
    each_color(sources, out.each_mut(), |rgb| {
        let terms = terms(rgb.map(|v| v.max(0.0)), f32::sqrt, cbrt);
        p.rows.map(|row| row.iter().zip(terms).map(|(a, t)| a * t).sum::<f32>())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};

    /// Rows that tell every term apart.
    const ROWS: [[f32; TERMS]; 3] = [
        [1.3, -0.2, -0.1, 0.4, -0.3, 0.2, 0.1, -0.2, 0.3, -0.1, 0.2, -0.3, 0.15],
        [-0.1, 1.2, -0.1, 0.2, 0.3, -0.2, 0.3, 0.1, -0.1, 0.2, -0.4, 0.1, -0.05],
        [0.05, -0.3, 1.4, -0.1, 0.2, 0.1, -0.2, 0.3, 0.2, -0.3, 0.1, 0.2, 0.25],
    ];

    #[test]
    fn the_cube_root_is_that_of_the_standard_library() {
        for i in 1..=20_000 {
            let x = 1e-7 * (i as f32).powi(2);
            assert!((cbrt(x) / x.cbrt() - 1.0).abs() < 3e-7, "∛{x}");
        }
        assert_eq!((cbrt(0.0), cbrt(1e-13)), (0.0, 0.0));
    }

    #[test]
    fn a_color_is_corrected_as_by_hand() {
        // 0.512, 0.064, 0.008 have cube roots 0.8, 0.4, 0.2, so that every cube root is a product.
        let planes = [0.512f32, 0.064, 0.008].map(|v| cpu().upload(Size::new(1, 1), &[v]).unwrap());
        let found = root_polynomial(cpu(), &planes, &ROWS).unwrap().map(|p| cpu().download(&p).unwrap()[0]);
        let (a, b, c) = (0.8, 0.4, 0.2);
        let root = |x: f64| x.sqrt();
        let terms = [
            0.512,
            0.064,
            0.008,
            root(0.512 * 0.064),
            root(0.064 * 0.008),
            root(0.512 * 0.008),
            a * b * b,
            b * c * c,
            a * c * c,
            b * a * a,
            c * b * b,
            c * a * a,
            a * b * c,
        ];
        for (found, row) in found.into_iter().zip(ROWS) {
            let expected: f64 = row.iter().zip(terms).map(|(&f, t)| f64::from(f) * t).sum();
            assert!((f64::from(found) - expected).abs() < 1e-6, "{found}, expected {expected}");
        }
    }

    #[test]
    fn twice_the_light_is_twice_the_color() {
        let of = |light: f32| {
            let planes =
                [0.4 * light, 0.2 * light, 0.1 * light].map(|v| cpu().upload(Size::new(1, 1), &[v]).unwrap());
            root_polynomial(cpu(), &planes, &ROWS).unwrap().map(|p| cpu().download(&p).unwrap()[0])
        };
        for (one, two) in of(1.0).into_iter().zip(of(2.0)) {
            assert!((two / one - 2.0).abs() < 1e-5, "{one}, {two}");
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            assert_parity(1e-5, |engine| {
                let planes = [
                    engine.upload_raster(&noise(size, 1))?,
                    engine.upload_raster(&noise(size, 2))?,
                    engine.upload_raster(&noise(size, 3))?,
                ];
                let [r, g, b] = root_polynomial(engine, &planes, &ROWS)?;
                Ok([engine.download(&r)?, engine.download(&g)?, engine.download(&b)?].concat())
            });
        }
    }
}
