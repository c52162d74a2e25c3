//! The heart: linear RGB to optical density, OD = −ln(RGB), and one 3×3 product to melanin,
//! hemoglobin and shading (Tsumura et al. 1999, doi:10.1364/JOSAA.16.002169).
//!
//! Each plane is made by itself when it is needed: kept, the three would be a third of the memory of a photograph.
//!
//! The logarithm is this crate's own on both engines, made of additions and products alone. A
//! driver's may be off by 2^-21 (measured: 3e-6 OD of melanin between Mesa and the C library),
//! enough to move one pixel of hair in two photographs across its threshold, and one such pixel
//! moved a skewness by 0.3 %.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::colors::CHUNK;
use super::lanes::widest;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/unmix.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "unmix", source: include_str!("../../shaders/unmix.wgsl") };

/// Darkest linear value: below it an 8-bit code says little and its logarithm everything.
pub const LINEAR_FLOOR: f32 = 1.0 / 512.0;

/// P of ln(1 + f) = f − f²/2 + f³·P(f), from f⁰ on: through the Chebyshev nodes of
/// √½ − 1 ≤ f ≤ √2 − 1, off by 4e-9 of the logarithm at most.
const LN_TERMS: [f32; 9] = [
    0.333_333_3,
    -0.249_999_97,
    0.200_007_16,
    -0.166_678_03,
    0.142_490_58,
    -0.124_256_87,
    0.116_854_2,
    -0.114_797_34,
    0.069_716_12,
];
/// ln 2 in two parts: the first has so few bits that its products with exponents are exact.
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// Bits of √½, where the mantissas begin that the polynomial takes.
const SQRT_HALF_BITS: u32 = 0x3f35_04f3;

/// Rows of the analysis matrix, each applied to (OD_R, OD_G, OD_B).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Analysis {
    /// m̂; sums to zero: blind to shading.
    pub melanin: [f32; 3],
    /// ĥ; sums to zero.
    pub hemoglobin: [f32; 3],
    /// ŝ; sums to one.
    pub shading: [f32; 3],
}

/// The default: unit absorption vectors m = (0.339, 0.500, 0.797) and h = (0.270, 0.818, 0.508)
/// of a two-layer Monte Carlo over measured camera sensitivities. The rows of m̂ and ŝ are those
/// of the inverse; ĥ lies midway between the inverse's row and a regression on measured spectra.
pub const DEFAULT_ANALYSIS: Analysis = Analysis {
    melanin: [-1.4577, -1.1191, 2.5768],
    hemoglobin: [-1.257, 2.261, -1.004],
    shading: [1.8712, -0.2021, -0.6691],
};

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    row: [f32; 4],
    floor: f32,
    len: u32,
    sqrt_half_bits: u32,
    padding: u32,
    // `LN_TERMS`, then `LN_2`.
    ln: [f32; 12],
}

impl Params {
    fn new(size: Size, [r, g, b]: [f32; 3]) -> Self {
        Self {
            row: [r, g, b, 0.0],
            floor: LINEAR_FLOOR,
            len: size.area() as u32,
            sqrt_half_bits: SQRT_HALF_BITS,
            padding: 0,
            ln: std::array::from_fn(|i| LN_TERMS.iter().chain(&LN_2).nth(i).copied().unwrap_or(0.0)),
        }
    }
}

/// One row of an [`Analysis`] applied to the optical densities of linear RGB planes.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn unmix(engine: &Engine, rgb: &[Plane; 3], row: [f32; 3]) -> Result<Plane, EngineError> {
    let size = rgb[0].size();
    let params = Params::new(size, row);
    let mut out: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => twin(&params, rgb.each_ref().map(Plane::host), out.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "unmix")
                .params(&params)
                .bind(1, &rgb[0])
                .bind(2, &rgb[1])
                .bind(3, &rgb[2])
                .bind(4, &out)
                .over_list(size.area()),
        )?,
    }
    Ok(out)
}

/// The natural logarithm of a normal number above zero.
#[inline(always)]
fn ln(x: f32) -> f32 {
    let bits = x.to_bits() + (1.0f32.to_bits() - SQRT_HALF_BITS);
    let exponent = ((bits >> 23) as i32 - 127) as f32;
    let f = f32::from_bits((bits & 0x007f_ffff) + SQRT_HALF_BITS) - 1.0;
    let square = f * f;
    let mut tail = LN_TERMS[8];
    for term in LN_TERMS[..8].iter().rev() {
        tail = tail * f + term;
    }
    let small = tail * (f * square) + exponent * LN_2[1] - 0.5 * square;
    (f + small) + exponent * LN_2[0]
}

/// The optical density of green alone, which shows both pigments and relief best.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn green_density(engine: &Engine, rgb: &[Plane; 3]) -> Result<Plane, EngineError> {
    density(engine, &rgb[1])
}

/// The optical density of red alone, in which vessels show half as much beside relief as in green.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn red_density(engine: &Engine, rgb: &[Plane; 3]) -> Result<Plane, EngineError> {
    density(engine, &rgb[0])
}

/// The optical density of one channel.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn density(engine: &Engine, channel: &Plane) -> Result<Plane, EngineError> {
    let mut out: Plane = engine.grid(channel.size())?;
    match engine.backend() {
        Backend::Cpu(_) => {
            let chunks = out.host_mut().par_chunks_mut(CHUNK).zip(channel.host().par_chunks(CHUNK));
            chunks.for_each(|(out, channel)| {
                widest!(move || {
                    for (out, value) in out.iter_mut().zip(channel) {
                        *out = 0.0 - ln(value.max(LINEAR_FLOOR));
                    }
                });
            });
        }
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "density")
                .params(&Params::new(channel.size(), [0.0; 3]))
                .bind(1, channel)
                .bind(4, &out)
                .over_list(channel.size().area()),
        )?,
    }
    Ok(out)
}

fn twin(p: &Params, rgb: [&[f32]; 3], out: &mut [f32]) {
    let (row, floor) = (p.row, p.floor);
    let [red, green, blue] = rgb.map(|channel| channel.par_chunks(CHUNK));
    out.par_chunks_mut(CHUNK).zip(red.zip(green).zip(blue)).for_each(|(out, ((red, green), blue))| {
        // Moved, one index, slices of one length: through references, and of iterators zipped so deep, no vectors are made.
        widest!(move || {
            let (red, green, blue) = (&red[..out.len()], &green[..out.len()], &blue[..out.len()]);
            for i in 0..out.len() {
                let (r, g, b) = (ln(red[i].max(floor)), ln(green[i].max(floor)), ln(blue[i].max(floor)));
                out[i] = row[0] * (0.0 - r) + row[1] * (0.0 - g) + row[2] * (0.0 - b);
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};

    /// The test vector of the definition: sRGB (200, 150, 128), linearized by hand.
    const LINEAR: [f32; 3] = [0.577_580_4, 0.304_987_3, 0.215_860_5];

    /// m̂, ĥ and ŝ.
    fn of_pixel(rgb: [f32; 3]) -> [f32; 3] {
        let engine = cpu();
        let planes = rgb.map(|v| engine.upload(Size::new(1, 1), &[v]).unwrap());
        let Analysis { melanin, hemoglobin, shading } = DEFAULT_ANALYSIS;
        [melanin, hemoglobin, shading]
            .map(|row| engine.download(&unmix(engine, &planes, row).unwrap()).unwrap()[0])
    }

    #[test]
    fn test_vector_is_reproduced() {
        let found = of_pixel(LINEAR);
        for (found, expected) in found.iter().zip([1.8215, 0.4557, -0.2387]) {
            assert!((found - expected).abs() < 1e-3, "{found}, expected {expected}");
        }
    }

    #[test]
    fn the_logarithm_is_that_of_the_standard_library() {
        for i in 0..=100_000 {
            let x = LINEAR_FLOOR * (1.0 + 5.2e-3 * i as f32);
            let expected = f64::from(x).ln();
            // Three halves of the last place of the largest logarithm.
            assert!((f64::from(ln(x)) - expected).abs() < 7e-7 * expected.abs().max(0.1), "ln {x}");
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn exposure_moves_shading_alone() {
        let [m0, h0, s0] = of_pixel(LINEAR);
        let [m1, h1, s1] = of_pixel(LINEAR.map(|v| 0.5 * v));
        assert!((m1 - m0).abs() < 1e-4 && (h1 - h0).abs() < 1e-4);
        assert!((s1 - s0 - 2f32.ln()).abs() < 1e-4);
    }

    #[test]
    fn each_absorber_is_found_alone() {
        // Reflectance of pure melanin and pure hemoglobin by Beer-Lambert with the two vectors.
        let m = [0.339f32, 0.500, 0.797].map(|v| (-0.3 * v).exp());
        let [found, _, shading] = of_pixel(m);
        assert!((found - 0.3).abs() < 2e-3 && shading.abs() < 2e-3, "{found} {shading}");
        let h = [0.270f32, 0.818, 0.508].map(|v| (-0.3 * v).exp());
        let [melanin, found, shading] = of_pixel(h);
        assert!(melanin.abs() < 2e-3 && shading.abs() < 2e-3 && found > 0.25, "{melanin} {found} {shading}");
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            // Sums of a few logarithms of up to 6; a GPU may fuse a product and a sum.
            assert_parity(5e-6, |engine| {
                let plane = |seed| engine.upload_raster(&noise(size, seed).map(|v| 0.5 + 0.5 * v));
                let rgb = [plane(1)?, plane(2)?, plane(3)?];
                let Analysis { melanin, hemoglobin, shading } = DEFAULT_ANALYSIS;
                let mut values = engine.download(&density(engine, &rgb[1])?)?;
                for row in [melanin, hemoglobin, shading] {
                    values.extend(engine.download(&unmix(engine, &rgb, row)?)?);
                }
                Ok(values)
            });
        }
    }
}
