//! From encoded pixels to linear planes on the working grid, by area: each target pixel is the
//! mean of exactly the source area that it covers. Decoding and averaging are one pass, because
//! only linear light may be averaged.
//!
//! A photograph passes in row bands, so that no band passes one GPU binding.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Gpu, Grid, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/resample.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "resample", source: include_str!("../../shaders/resample.wgsl") };

/// Bytes of encoded pixels in one band, at most: half of what every device grants a binding.
const BAND_BYTES: usize = 64 << 20;

/// sRGB-encoded pixels, four interleaved channels; alpha 0 marks what is void.
#[derive(Debug, Clone, Copy)]
pub enum Encoded<'a> {
    /// 8 bits a channel.
    Rgba8(&'a [u8]),
    /// 16 bits a channel.
    Rgba16(&'a [u16]),
}

/// Linear RGB, 0 to 1, and the share of each pixel that was clipped or void.
#[derive(Debug)]
pub struct Linear {
    /// Linear sRGB primaries.
    pub rgb: [Plane; 3],
    /// 0 to 1.
    pub clipped: Plane,
}

/// Which encoded values carry no information.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipLimits {
    /// Values up to this (of 255) are lost in the dark.
    pub low: u8,
    /// Values from this on (of 255) are lost in the light.
    pub high: u8,
}

impl Encoded<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Rgba8(values) => values.len(),
            Self::Rgba16(values) => values.len(),
        }
    }

    fn words_per_pixel(&self) -> usize {
        match self {
            Self::Rgba8(_) => 1,
            Self::Rgba16(_) => 2,
        }
    }

    /// Linear value of every code, IEC 61966-2-1.
    fn linear_table(&self) -> Vec<f32> {
        let max = match self {
            Self::Rgba8(_) => u8::MAX as u32,
            Self::Rgba16(_) => u16::MAX as u32,
        };
        (0..=max)
            .map(|code| {
                let v = f64::from(code) / f64::from(max);
                (if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }) as f32
            })
            .collect()
    }

    /// The clip limits as codes.
    fn clip_codes(&self, limits: ClipLimits) -> (u32, u32) {
        let step = match self {
            Self::Rgba8(_) => 1,
            Self::Rgba16(_) => 257,
        };
        // In 16 bits everything that rounds to the 8-bit limit counts.
        (u32::from(limits.low) * step + step / 2, u32::from(limits.high) * step - step / 2)
    }
}

/// Size of a photograph at `factor` target pixels per source pixel.
pub fn target_size(source: Size, factor: f64) -> Size {
    // A hair of tolerance, so that a factor of 1/3 keeps the last third.
    let scaled = |n: u32| ((f64::from(n) * factor + 1e-6) as u32).max(1);
    Size::new(scaled(source.width), scaled(source.height))
}

/// Which source pixels a target pixel covers along one axis.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
struct Cover {
    first: u32,
    last: u32,
    first_weight: f32,
    last_weight: f32,
}

fn covers(source: u32, target: u32, factor: f64) -> Vec<Cover> {
    (0..target)
        .map(|i| {
            let start = f64::from(i) / factor;
            let end = (f64::from(i + 1) / factor).min(f64::from(source));
            // Overlaps below a thousandth are rounding.
            let first = (start + 1e-3).floor();
            let last = ((end - 1e-3).floor()).max(first);
            let first_weight = (end.min(first + 1.0) - start).min(1.0);
            Cover {
                first: first as u32,
                last: last as u32,
                first_weight: first_weight as f32,
                last_weight: if last > first { (end - last).min(1.0) as f32 } else { first_weight as f32 },
            }
        })
        .collect()
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    source_width: u32,
    source_first_row: u32,
    target_width: u32,
    target_first_row: u32,
    target_rows: u32,
    words_per_pixel: u32,
    low: u32,
    high: u32,
}

/// Linear planes of a photograph at `factor` ≤ 1 target pixels per source pixel.
///
/// # Errors
/// What the engine reports.
///
/// # Panics
/// If `pixels` does not hold 4 × width × height values, or `factor` is not in (0, 1].
#[tracing::instrument(level = "trace", skip_all)]
pub fn resample(
    engine: &Engine,
    pixels: Encoded<'_>,
    source: Size,
    factor: f64,
    limits: ClipLimits,
) -> Result<Linear, EngineError> {
    assert_eq!(pixels.len(), 4 * source.area(), "four channels a pixel");
    assert!(factor > 0.0 && factor <= 1.0, "the working grid is never finer than the photograph");
    let target = target_size(source, factor);
    let columns = covers(source.width, target.width, factor);
    let rows = covers(source.height, target.height, factor);
    let mut out = Linear {
        rgb: [engine.grid(target)?, engine.grid(target)?, engine.grid(target)?],
        clipped: engine.grid(target)?,
    };
    let linear = pixels.linear_table();
    let (low, high) = pixels.clip_codes(limits);
    match engine.backend() {
        Backend::Cpu(_) => {
            let decode = Decode { linear: &linear, low, high };
            match pixels {
                Encoded::Rgba8(values) => twin(values, source, &columns, &rows, &decode, &mut out),
                Encoded::Rgba16(values) => twin(values, source, &columns, &rows, &decode, &mut out),
            }
        }
        Backend::Gpu(gpu) => {
            let params = Params {
                source_width: source.width,
                source_first_row: 0,
                target_width: target.width,
                target_first_row: 0,
                target_rows: 0,
                words_per_pixel: pixels.words_per_pixel() as u32,
                low,
                high,
            };
            let table = engine.upload(Size::new(linear.len() as u32, 1), &linear)?;
            run_bands(engine, gpu, pixels, params, [&columns, &rows], &table, &out)?;
        }
    }
    Ok(out)
}

fn run_bands(
    engine: &Engine,
    gpu: &Gpu,
    pixels: Encoded<'_>,
    mut params: Params,
    [columns, rows]: [&[Cover]; 2],
    linear: &Plane,
    out: &Linear,
) -> Result<(), EngineError> {
    let all: Vec<Cover> = columns.iter().chain(rows).copied().collect();
    let words: &[u32] = bytemuck::cast_slice(&all);
    let covers: Grid<u32> = engine.upload(Size::new(words.len() as u32, 1), words)?;
    let row_words = params.source_width as usize * pixels.words_per_pixel();
    let band_rows = (BAND_BYTES / 4 / row_words).max(1) as u32;

    let mut top = 0;
    while top < rows.len() {
        let first = rows[top].first;
        // At least one target row, then as many as the band holds.
        let fitting = rows[top..].iter().take_while(|r| r.last - first < band_rows).count().max(1);
        let last = rows[top + fitting - 1].last;
        let band = band_words(pixels, first as usize * row_words..(last as usize + 1) * row_words);
        let source: Grid<u32> = engine.upload(Size::new(row_words as u32, last - first + 1), &band)?;
        params.source_first_row = first;
        params.target_first_row = top as u32;
        params.target_rows = fitting as u32;
        gpu.run(
            Dispatch::new(&KERNEL, "resample")
                .params(&params)
                .bind(1, &source)
                .bind(2, linear)
                .bind(3, &covers)
                .bind(4, &out.rgb[0])
                .bind(5, &out.rgb[1])
                .bind(6, &out.rgb[2])
                .bind(7, &out.clipped)
                .over(Size::new(params.target_width, params.target_rows)),
        )?;
        top += fitting;
    }
    Ok(())
}

/// A range of pixels as 32-bit words; copied, because the pixels may not be aligned for it.
fn band_words(pixels: Encoded<'_>, words: std::ops::Range<usize>) -> Vec<u32> {
    match pixels {
        Encoded::Rgba8(values) => bytemuck::pod_collect_to_vec(&values[4 * words.start..4 * words.end]),
        Encoded::Rgba16(values) => bytemuck::pod_collect_to_vec(&values[2 * words.start..2 * words.end]),
    }
}

struct Decode<'a> {
    linear: &'a [f32],
    low: u32,
    high: u32,
}

impl Decode<'_> {
    fn pixel<T: Copy + Into<u32>>(&self, rgba: &[T]) -> [f32; 4] {
        let [r, g, b, a] = [0, 1, 2, 3].map(|c| rgba[c].into());
        let lost = r.min(g).min(b) <= self.low || r.max(g).max(b) >= self.high || a == 0;
        [self.linear[r as usize], self.linear[g as usize], self.linear[b as usize], f32::from(lost)]
    }
}

fn weight_at(i: u32, cover: &Cover) -> f32 {
    if i == cover.first {
        cover.first_weight
    } else if i == cover.last {
        cover.last_weight
    } else {
        1.0
    }
}

fn twin<T: Copy + Into<u32> + Sync>(
    values: &[T],
    source: Size,
    columns: &[Cover],
    rows: &[Cover],
    decode: &Decode<'_>,
    out: &mut Linear,
) {
    let width = columns.len();
    let row_len = 4 * source.width as usize;
    let [red, green, blue] = &mut out.rgb;
    let targets = red
        .host_mut()
        .par_chunks_mut(width)
        .zip(green.host_mut().par_chunks_mut(width))
        .zip(blue.host_mut().par_chunks_mut(width))
        .zip(out.clipped.host_mut().par_chunks_mut(width));
    targets.zip(rows).for_each(|((((red, green), blue), clipped), row)| {
        for (x, column) in columns.iter().enumerate() {
            let (mut sum, mut total) = ([0.0f32; 4], 0.0f32);
            for v in row.first..=row.last {
                let line = &values[v as usize * row_len..][..row_len];
                let (mut row_sum, mut row_total) = ([0.0f32; 4], 0.0f32);
                for u in column.first..=column.last {
                    let pixel = decode.pixel(&line[4 * u as usize..][..4]);
                    let weight = weight_at(u, column);
                    for (sum, value) in row_sum.iter_mut().zip(pixel) {
                        *sum += weight * value;
                    }
                    row_total += weight;
                }
                let weight = weight_at(v, row);
                for (sum, value) in sum.iter_mut().zip(row_sum) {
                    *sum += weight * value;
                }
                total += weight * row_total;
            }
            red[x] = sum[0] / total;
            green[x] = sum[1] / total;
            blue[x] = sum[2] / total;
            clipped[x] = sum[3] / total;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes};

    const LIMITS: ClipLimits = ClipLimits { low: 5, high: 250 };

    fn gray8(size: Size, value: impl Fn(u32, u32) -> u8) -> Vec<u8> {
        let mut out = Vec::new();
        for y in 0..size.height {
            for x in 0..size.width {
                let v = value(x, y);
                out.extend([v, v, v, 255]);
            }
        }
        out
    }

    fn red(linear: &Linear) -> Vec<f32> {
        cpu().download(&linear.rgb[0]).unwrap()
    }

    #[test]
    fn codes_become_linear_light() {
        // Values of IEC 61966-2-1, by hand.
        let pixels = [0u8, 10, 118, 255, 188, 0, 0, 255];
        let found = resample(cpu(), Encoded::Rgba8(&pixels), Size::new(2, 1), 1.0, LIMITS).unwrap();
        let planes: Vec<_> = found.rgb.iter().map(|p| cpu().download(p).unwrap()).collect();
        for (found, expected) in [
            (planes[0][0], 0.0),
            (planes[1][0], 0.003_035),
            (planes[2][0], 0.181_164),
            (planes[0][1], 0.502_886),
        ] {
            assert!((found - expected).abs() < 2e-6, "{found}, expected {expected}");
        }
    }

    #[test]
    fn area_means_weigh_what_is_covered() {
        // Five source pixels on two: the middle one counts half in each.
        let size = Size::new(5, 1);
        let pixels = gray8(size, |x, _| [50, 100, 150, 200, 240][x as usize]);
        let found = red(&resample(cpu(), Encoded::Rgba8(&pixels), Size::new(5, 1), 0.4, LIMITS).unwrap());
        let linear = |c: f64| ((c / 255.0 + 0.055) / 1.055).powf(2.4);
        let expected = [
            (linear(50.0) + linear(100.0) + 0.5 * linear(150.0)) / 2.5,
            (0.5 * linear(150.0) + linear(200.0) + linear(240.0)) / 2.5,
        ];
        assert_eq!(found.len(), 2);
        for (found, expected) in found.iter().zip(expected) {
            assert!((f64::from(*found) - expected).abs() < 1e-6, "{found}, expected {expected}");
        }
    }

    #[test]
    fn clipped_and_void_pixels_are_shares() {
        let mut pixels = gray8(Size::new(4, 1), |x, _| [5, 128, 250, 128][x as usize]);
        pixels[7] = 0;
        let half = resample(cpu(), Encoded::Rgba8(&pixels), Size::new(4, 1), 0.5, LIMITS).unwrap();
        assert_eq!(cpu().download(&half.clipped).unwrap(), [1.0, 0.5]);
        let ok = gray8(Size::new(2, 1), |x, _| [6, 249][x as usize]);
        let found = resample(cpu(), Encoded::Rgba8(&ok), Size::new(2, 1), 1.0, LIMITS).unwrap();
        assert_eq!(cpu().download(&found.clipped).unwrap(), [0.0, 0.0]);
    }

    #[test]
    fn sixteen_bits_agree_with_eight() {
        let size = Size::new(33, 21);
        let eight = gray8(size, |x, y| (7 * x + 3 * y) as u8);
        let sixteen: Vec<u16> = eight.iter().map(|&v| u16::from(v) * 257).collect();
        let a = resample(cpu(), Encoded::Rgba8(&eight), size, 0.37, LIMITS).unwrap();
        let b = resample(cpu(), Encoded::Rgba16(&sixteen), size, 0.37, LIMITS).unwrap();
        for (a, b) in red(&a).iter().zip(red(&b)) {
            assert!((a - b).abs() < 1e-6);
        }
        assert_eq!(cpu().download(&a.clipped).unwrap(), cpu().download(&b.clipped).unwrap());
    }

    #[test]
    fn mean_light_is_kept() {
        let size = Size::new(120, 90);
        let pixels = gray8(size, |x, y| (40 + (x * 31 + y * 17) % 170) as u8);
        let mean = |values: Vec<f32>| values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        let full = mean(red(&resample(cpu(), Encoded::Rgba8(&pixels), size, 1.0, LIMITS).unwrap()));
        for factor in [0.5, 1.0 / 3.0, 0.1] {
            let found = mean(red(&resample(cpu(), Encoded::Rgba8(&pixels), size, factor, LIMITS).unwrap()));
            assert!((found / full - 1.0).abs() < 1e-5, "factor {factor}: {found} against {full}");
        }
    }

    /// Box means by numpy, as differences of the integral.
    #[test]
    fn numpy_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/resample.json"));
        let codes = floats(&fixture["codes"]);
        let pixels: Vec<u8> = codes.iter().flat_map(|&c| [c as u8, c as u8, c as u8, 255]).collect();
        for case in fixture.cases() {
            let factor = case["factor"].as_f64().unwrap();
            let found = resample(cpu(), Encoded::Rgba8(&pixels), fixture.size(), factor, LIMITS).unwrap();
            let size = found.rgb[0].size();
            assert_eq!(u64::from(size.width), case["width"].as_u64().unwrap());
            assert_eq!(u64::from(size.height), case["height"].as_u64().unwrap());
            assert_near(&red(&found), &floats(&case["means"]), 1e-6, &format!("factor {factor}"));
        }
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            for factor in [1.0, 0.73, 0.2] {
                assert_parity(1e-6, |engine| {
                    let pixels: Vec<u8> = noise(Size::new(size.width * 4, size.height), 9)
                        .data()
                        .iter()
                        .map(|v| (127.5 + 127.5 * v) as u8)
                        .collect();
                    let out = resample(engine, Encoded::Rgba8(&pixels), size, factor, LIMITS)?;
                    let mut values = engine.download(&out.clipped)?;
                    for plane in &out.rgb {
                        values.extend(engine.download(plane)?);
                    }
                    Ok(values)
                });
            }
        }
    }
}
