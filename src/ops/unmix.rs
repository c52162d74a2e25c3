//! The heart: linear RGB to optical density, OD = −ln(RGB), and one 3×3 product to melanin,
//! hemoglobin and shading (Tsumura et al. 1999, doi:10.1364/JOSAA.16.002169).

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Kernel, Plane};

/// `shaders/unmix.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "unmix", source: include_str!("../../shaders/unmix.wgsl") };

/// Darkest linear value: below it an 8-bit code says little and its logarithm everything.
pub const LINEAR_FLOOR: f32 = 1.0 / 512.0;

/// Pixels a CPU task takes at once.
const CHUNK: usize = 1 << 13;

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

/// What a photograph of skin is made of, in units of optical density.
#[derive(Debug)]
pub struct Chromophores {
    /// m̂
    pub melanin: Plane,
    /// ĥ
    pub hemoglobin: Plane,
    /// ŝ: darker is larger.
    pub shading: Plane,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    melanin: [f32; 4],
    hemoglobin: [f32; 4],
    shading: [f32; 4],
    offset: [f32; 4],
    floor: f32,
    len: u32,
    padding: [u32; 2],
}

fn padded(row: [f32; 3]) -> [f32; 4] {
    [row[0], row[1], row[2], 0.0]
}

/// Melanin, hemoglobin and shading of linear RGB planes. `od_offset` is added to the optical
/// density of each channel: the logarithm of a channel's gain, as color matching finds it.
///
/// # Errors
/// What the engine reports.
pub fn unmix(
    engine: &Engine,
    rgb: [&Plane; 3],
    analysis: &Analysis,
    od_offset: [f32; 3],
) -> Result<Chromophores, EngineError> {
    let size = rgb[0].size();
    let params = Params {
        melanin: padded(analysis.melanin),
        hemoglobin: padded(analysis.hemoglobin),
        shading: padded(analysis.shading),
        offset: padded(od_offset),
        floor: LINEAR_FLOOR,
        len: size.area() as u32,
        padding: [0; 2],
    };
    let mut out = Chromophores {
        melanin: engine.grid(size)?,
        hemoglobin: engine.grid(size)?,
        shading: engine.grid(size)?,
    };
    match engine.backend() {
        Backend::Cpu(_) => twin(&params, rgb.map(|p| p.host()), &mut out),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "unmix")
                .params(&params)
                .bind(1, rgb[0])
                .bind(2, rgb[1])
                .bind(3, rgb[2])
                .bind(4, &out.melanin)
                .bind(5, &out.hemoglobin)
                .bind(6, &out.shading)
                .over_list(size.area()),
        )?,
    }
    Ok(out)
}

fn twin(p: &Params, [red, green, blue]: [&[f32]; 3], out: &mut Chromophores) {
    let dot = |row: &[f32; 4], d: [f32; 3]| row[0] * d[0] + row[1] * d[1] + row[2] * d[2];
    let targets = out
        .melanin
        .host_mut()
        .par_chunks_mut(CHUNK)
        .zip(out.hemoglobin.host_mut().par_chunks_mut(CHUNK))
        .zip(out.shading.host_mut().par_chunks_mut(CHUNK));
    let sources = red.par_chunks(CHUNK).zip(green.par_chunks(CHUNK)).zip(blue.par_chunks(CHUNK));
    targets.zip(sources).for_each(|(((melanin, hemoglobin), shading), ((red, green), blue))| {
        for i in 0..red.len() {
            let mut density = [red[i], green[i], blue[i]];
            for (value, offset) in density.iter_mut().zip(p.offset) {
                *value = offset - value.max(p.floor).ln();
            }
            melanin[i] = dot(&p.melanin, density);
            hemoglobin[i] = dot(&p.hemoglobin, density);
            shading[i] = dot(&p.shading, density);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};

    /// The test vector of the definition: sRGB (200, 150, 128), linearized by hand.
    const LINEAR: [f32; 3] = [0.577_580_4, 0.304_987_3, 0.215_860_5];

    fn of_pixel(rgb: [f32; 3], offset: [f32; 3]) -> [f32; 3] {
        let engine = cpu();
        let planes = rgb.map(|v| engine.upload(Size::new(1, 1), &[v]).unwrap());
        let out = unmix(engine, [&planes[0], &planes[1], &planes[2]], &DEFAULT_ANALYSIS, offset).unwrap();
        [&out.melanin, &out.hemoglobin, &out.shading].map(|p| engine.download(p).unwrap()[0])
    }

    #[test]
    fn test_vector_is_reproduced() {
        let found = of_pixel(LINEAR, [0.0; 3]);
        for (found, expected) in found.iter().zip([1.8215, 0.4557, -0.2387]) {
            assert!((found - expected).abs() < 1e-3, "{found}, expected {expected}");
        }
    }

    #[test]
    fn exposure_moves_shading_alone() {
        let [m0, h0, s0] = of_pixel(LINEAR, [0.0; 3]);
        let [m1, h1, s1] = of_pixel(LINEAR.map(|v| 0.5 * v), [0.0; 3]);
        assert!((m1 - m0).abs() < 1e-4 && (h1 - h0).abs() < 1e-4);
        assert!((s1 - s0 - 2f32.ln()).abs() < 1e-4);
    }

    #[test]
    fn offset_undoes_channel_gains() {
        let gains = [1.05f32, 0.97, 1.1];
        let balanced = of_pixel(LINEAR, [0.0; 3]);
        let tinted = of_pixel([0, 1, 2].map(|c| LINEAR[c] * gains[c]), gains.map(f32::ln));
        for (a, b) in balanced.iter().zip(tinted) {
            assert!((a - b).abs() < 1e-5);
        }
    }

    #[test]
    fn each_absorber_is_found_alone() {
        // Reflectance of pure melanin and pure hemoglobin by Beer-Lambert with the two vectors.
        let m = [0.339f32, 0.500, 0.797].map(|v| (-0.3 * v).exp());
        let [found, _, shading] = of_pixel(m, [0.0; 3]);
        assert!((found - 0.3).abs() < 2e-3 && shading.abs() < 2e-3, "{found} {shading}");
        let h = [0.270f32, 0.818, 0.508].map(|v| (-0.3 * v).exp());
        let [melanin, found, shading] = of_pixel(h, [0.0; 3]);
        assert!(melanin.abs() < 2e-3 && shading.abs() < 2e-3 && found > 0.25, "{melanin} {found} {shading}");
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            // Differences of logarithms of a few units; drivers grant log 2^-21 absolute.
            assert_parity(1e-5, |engine| {
                let plane = |seed| engine.upload_raster(&noise(size, seed).map(|v| 0.5 + 0.5 * v));
                let (r, g, b) = (plane(1)?, plane(2)?, plane(3)?);
                let out = unmix(engine, [&r, &g, &b], &DEFAULT_ANALYSIS, [0.1, -0.2, 0.0])?;
                let mut values = engine.download(&out.melanin)?;
                values.extend(engine.download(&out.hemoglobin)?);
                values.extend(engine.download(&out.shading)?);
                Ok(values)
            });
        }
    }
}
