//! Gray-level co-occurrence (Haralick 1973, doi:10.1109/TSMC.1973.4309314), as the Image
//! Biomarker Standardisation Initiative defines it (Zwanenburg 2020,
//! doi:10.1148/radiol.2020191145): symmetric counts, features for each of four directions, then
//! their mean ("2D averaged").

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/cooccurrence.wgsl`.
pub const KERNEL: Kernel =
    Kernel { name: "cooccurrence", source: include_str!("../../shaders/cooccurrence.wgsl") };

/// Unit steps of the four directions.
const DIRECTIONS: [(i32, i32); 4] = [(1, 0), (0, 1), (1, 1), (1, -1)];
/// Rows a CPU task takes at once.
const BAND_ROWS: usize = 64;

/// What is read off a co-occurrence matrix.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Features {
    /// Mean squared difference of levels.
    pub contrast: f64,
    /// Correlation of levels.
    pub correlation: f64,
    /// Entropy of pairs, in bits.
    pub joint_entropy: f64,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    dx: i32,
    dy: i32,
    low: f32,
    levels_per_unit: f32,
    levels: u32,
    padding: u32,
}

/// Features of `plane` within `mask`, in `levels` equal levels over `limits` (values outside take
/// the end levels), for pixels `distance` apart along rows, columns and diagonals.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn features(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    limits: (f32, f32),
    levels: usize,
    distance: i32,
) -> Result<Features, EngineError> {
    let mut mean = Features::default();
    for (dx, dy) in DIRECTIONS {
        let counts = counts(engine, plane, mask, limits, levels, (dx * distance, dy * distance))?;
        let one = Features::of(&counts, levels);
        mean.contrast += one.contrast / DIRECTIONS.len() as f64;
        mean.correlation += one.correlation / DIRECTIONS.len() as f64;
        mean.joint_entropy += one.joint_entropy / DIRECTIONS.len() as f64;
    }
    Ok(mean)
}

/// How often each pair of levels occurs at `offset`, both ways: `levels`×`levels`, symmetric.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn counts(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    (low, high): (f32, f32),
    levels: usize,
    (dx, dy): (i32, i32),
) -> Result<Vec<u64>, EngineError> {
    let size = plane.size();
    let params = Params {
        width: size.width,
        height: size.height,
        dx,
        dy,
        low,
        levels_per_unit: levels as f32 / (high - low),
        levels: levels as u32,
        padding: 0,
    };
    let one_way: Vec<u64> = match engine.backend() {
        Backend::Cpu(_) => twin(&params, plane.host(), mask.host()),
        Backend::Gpu(gpu) => {
            let counts: Grid<u32> = engine.grid(Size::new(levels as u32, levels as u32))?;
            gpu.clear(&counts)?;
            gpu.run(
                Dispatch::new(&KERNEL, "cooccurrence")
                    .params(&params)
                    .bind(1, plane)
                    .bind(2, mask)
                    .bind(3, &counts)
                    .over(size),
            )?;
            engine.download(&counts)?.into_iter().map(u64::from).collect()
        }
    };
    Ok((0..levels * levels).map(|i| one_way[i] + one_way[(i % levels) * levels + i / levels]).collect())
}

fn twin(p: &Params, plane: &[f32], mask: &[f32]) -> Vec<u64> {
    let (width, height) = (p.width as usize, p.height as usize);
    let level = |v: f32| ((v - p.low) * p.levels_per_unit).clamp(0.0, (p.levels - 1) as f32) as usize;
    let levels = p.levels as usize;
    // Columns whose partner lies inside.
    let first = (-p.dx).clamp(0, p.width as i32) as usize;
    let end = width - (p.dx.clamp(0, p.width as i32) as usize);
    let bands: Vec<Vec<u64>> = (0..height.div_ceil(BAND_ROWS))
        .into_par_iter()
        .map(|band| {
            let mut counts = vec![0; levels * levels];
            for y in band * BAND_ROWS..((band + 1) * BAND_ROWS).min(height) {
                let partner = y as i64 + i64::from(p.dy);
                if partner < 0 || partner >= height as i64 {
                    continue;
                }
                let (here, there) = (y * width, partner as usize * width);
                for x in first..end {
                    let (i, j) = (here + x, (there + x).wrapping_add_signed(p.dx as isize));
                    if mask[i] > 0.5 && mask[j] > 0.5 {
                        counts[level(plane[i]) * levels + level(plane[j])] += 1;
                    }
                }
            }
            counts
        })
        .collect();
    let mut total = vec![0; levels * levels];
    for band in bands {
        for (total, count) in total.iter_mut().zip(band) {
            *total += count;
        }
    }
    total
}

impl Features {
    /// Of symmetric counts; zeros where nothing was counted. Levels without contrast have
    /// correlation 1, as IBSI sets it.
    pub fn of(counts: &[u64], levels: usize) -> Self {
        let total: u64 = counts.iter().sum();
        if total == 0 {
            return Self::default();
        }
        let cells = || {
            counts
                .iter()
                .enumerate()
                .filter(|(_, n)| **n > 0)
                .map(|(i, &n)| ((i / levels) as f64, (i % levels) as f64, n as f64 / total as f64))
        };
        let mean: f64 = cells().map(|(i, _, p)| i * p).sum();
        let variance: f64 = cells().map(|(i, _, p)| (i - mean).powi(2) * p).sum();
        let covariance: f64 = cells().map(|(i, j, p)| (i - mean) * (j - mean) * p).sum();
        Self {
            contrast: cells().map(|(i, j, p)| (i - j).powi(2) * p).sum(),
            correlation: if variance > 0.0 { covariance / variance } else { 1.0 },
            joint_entropy: cells().map(|(_, _, p)| -p * p.log2()).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::ops::testing::{assert_same, cpu, noise, odd_sizes, random_mask};
    use crate::testing::shared_data;

    /// A 5×4×4 volume of the IBSI digital phantom: NIfTI with a header of 352 bytes.
    fn volume(name: &str) -> Option<Vec<f32>> {
        let path = shared_data()?.join("reference_values/ibsi").join(name);
        let file = std::fs::File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("a gzip file");
        let kind = i16::from_le_bytes([bytes[70], bytes[71]]);
        let voxels = &bytes[352..];
        Some(match kind {
            2 => voxels.iter().map(|&v| f32::from(v)).collect(),
            4 => voxels.chunks_exact(2).map(|v| f32::from(i16::from_le_bytes([v[0], v[1]]))).collect(),
            8 => {
                voxels.chunks_exact(4).map(|v| i32::from_le_bytes([v[0], v[1], v[2], v[3]]) as f32).collect()
            }
            16 => voxels.chunks_exact(4).map(|v| f32::from_le_bytes([v[0], v[1], v[2], v[3]])).collect(),
            64 => voxels.chunks_exact(8).map(|v| f64::from_le_bytes(v.try_into().unwrap()) as f32).collect(),
            other => panic!("NIfTI type {other}"),
        })
    }

    #[test]
    fn ibsi_phantom_has_its_published_values() {
        let name = |part: &str| format!("ibsi_1_digital_phantom__nifti__{part}.nii.gz");
        let (Some(image), Some(mask)) = (volume(&name("image__phantom")), volume(&name("mask__mask"))) else {
            return;
        };
        let engine = cpu();
        let size = Size::new(5, 4);
        let mut mean = Features::default();
        for slice in 0..4 {
            let part = |volume: &[f32]| engine.upload(size, &volume[slice * 20..][..20]).unwrap();
            let (plane, mask) = (part(&image), part(&mask));
            // Levels 1 to 6.
            let one = features(engine, &plane, &mask, (0.5, 6.5), 6, 1).unwrap();
            mean.contrast += 0.25 * one.contrast;
            mean.correlation += 0.25 * one.correlation;
            mean.joint_entropy += 0.25 * one.joint_entropy;
        }
        // Zwanenburg 2020, digital phantom, 2D averaged, to the printed digits.
        assert!((mean.contrast - 5.28).abs() < 0.005, "{mean:?}");
        assert!((mean.correlation + 0.0121).abs() < 0.00005, "{mean:?}");
        assert!((mean.joint_entropy - 2.05).abs() < 0.005, "{mean:?}");
    }

    #[test]
    fn pairs_are_counted_both_ways_and_only_within_the_mask() {
        let engine = cpu();
        let plane = engine.upload(Size::new(3, 1), &[0.0f32, 1.0, 1.0]).unwrap();
        let all = engine.upload(Size::new(3, 1), &[1.0f32; 3]).unwrap();
        assert_eq!(counts(engine, &plane, &all, (0.0, 2.0), 2, (1, 0)).unwrap(), [0, 1, 1, 2]);
        let some = engine.upload(Size::new(3, 1), &[1.0f32, 1.0, 0.0]).unwrap();
        assert_eq!(counts(engine, &plane, &some, (0.0, 2.0), 2, (1, 0)).unwrap(), [0, 1, 1, 0]);
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes() {
            for offset in [(1, 0), (0, 3), (4, 4), (2, -2), (-3, 1)] {
                assert_same(|engine| {
                    let plane = engine.upload_raster(&noise(size, 2))?;
                    let mask = engine.upload_raster(&random_mask(size, 3, 0.8))?;
                    counts(engine, &plane, &mask, (-0.9, 0.8), 32, offset)
                });
            }
        }
    }
}
