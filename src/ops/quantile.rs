//! Exact order statistics without sorting: radix selection on bits that sort as the numbers do.
//!
//! Rounds of integer histograms find any order statistic exactly (11, 11 and 10 bits on the GPU, twice 16 on the CPU), so that
//! medians are the same on both engines. Quantiles interpolate linearly between the two
//! order statistics around (n − 1)·p, as numpy's default does.

use bytemuck::{Pod, Zeroable};

use super::order::{at_ranks, locate};
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Gpu, Grid, Kernel, Plane};
use crate::geometry::Size;

/// `shaders/quantile.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "quantile", source: include_str!("../../shaders/quantile.wgsl") };

/// Bits of the key that a round on the GPU looks at, and how far they lie up.
const ROUNDS: [Round; 3] =
    [Round { shift: 21, bits: 11 }, Round { shift: 10, bits: 11 }, Round { shift: 0, bits: 10 }];
/// Standard deviation of a normal distribution per median absolute deviation.
const SD_PER_MAD: f32 = 1.4826;

#[derive(Clone, Copy)]
struct Round {
    shift: u32,
    bits: u32,
}

/// What is ordered.
#[derive(Clone, Copy)]
enum Of {
    Value,
    DistanceFrom(f32),
}

/// Bits that sort as the numbers do.
#[inline(always)]
fn sort_key(value: f32) -> u32 {
    let bits = value.to_bits();
    let negative = (bits as i32 >> 31) as u32;
    bits ^ (negative | 0x8000_0000)
}

fn value_of_key(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key & 0x7fff_ffff } else { !key })
}

/// Quantiles of `plane` where `mask` is 1, or `None` where the mask is empty. `probabilities`
/// lie in 0…1.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn quantiles(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    probabilities: &[f64],
) -> Result<Option<Vec<f32>>, EngineError> {
    select(engine, plane, mask, Of::Value, probabilities)
}

/// The median of `plane` where `mask` is 1.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn median(engine: &Engine, plane: &Plane, mask: &Plane) -> Result<Option<f32>, EngineError> {
    Ok(quantiles(engine, plane, mask, &[0.5])?.map(|q| q[0]))
}

/// The median of |value − center| where `mask` is 1.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn mad(engine: &Engine, plane: &Plane, mask: &Plane, center: f32) -> Result<Option<f32>, EngineError> {
    Ok(select(engine, plane, mask, Of::DistanceFrom(center), &[0.5])?.map(|q| q[0]))
}

/// 1.4826·MAD: the standard deviation, where outliers are few.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn robust_sd(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    center: f32,
) -> Result<Option<f32>, EngineError> {
    Ok(mad(engine, plane, mask, center)?.map(|mad| SD_PER_MAD * mad))
}

fn select(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    of: Of,
    probabilities: &[f64],
) -> Result<Option<Vec<f32>>, EngineError> {
    let place = |p: f64, total: u64| p.clamp(0.0, 1.0) * (total - 1) as f64;
    let ranks = |total: u64| -> Vec<u64> {
        let both = |&p: &f64| [place(p, total).floor() as u64, place(p, total).ceil() as u64];
        probabilities.iter().flat_map(both).collect()
    };
    let found = match engine.backend() {
        Backend::Cpu(_) => match of {
            Of::Value => at_ranks(plane.host(), mask.host(), sort_key, ranks),
            Of::DistanceFrom(center) => {
                at_ranks(plane.host(), mask.host(), move |value| sort_key((value - center).abs()), ranks)
            }
        },
        Backend::Gpu(gpu) => Counter { engine, gpu, plane, mask, of }.at_ranks(ranks)?,
    };
    Ok(found.map(|(total, keys)| {
        let between = |(&p, keys): (&f64, &[u32; 2])| {
            let [below, above] = keys.map(|key| f64::from(value_of_key(key)));
            (below + place(p, total).fract() * (above - below)) as f32
        };
        probabilities.iter().zip(keys.as_chunks().0).map(between).collect()
    }))
}

/// Counts on the GPU.
struct Counter<'a> {
    engine: &'a Engine,
    gpu: &'a Gpu,
    plane: &'a Plane,
    mask: &'a Plane,
    of: Of,
}

/// Counts of a round, by how far up and by prefix: neighboring order statistics share them.
type Cache = Vec<((u32, u32), Vec<u64>)>;

impl Counter<'_> {
    /// How many pixels there are, and the keys at the places that `ranks` gives for so many.
    fn at_ranks(&self, ranks: impl Fn(u64) -> Vec<u64>) -> Result<Option<(u64, Vec<u32>)>, EngineError> {
        let top = self.count(0, ROUNDS[0])?;
        let total: u64 = top.iter().sum();
        if total == 0 {
            return Ok(None);
        }
        let mut cache = Vec::new();
        let keys: Result<_, _> =
            ranks(total).into_iter().map(|rank| self.order_statistic(&top, rank, &mut cache)).collect();
        Ok(Some((total, keys?)))
    }

    /// The key of the `rank`-th smallest value, from 0.
    fn order_statistic(&self, top: &[u64], rank: u64, cache: &mut Cache) -> Result<u32, EngineError> {
        let (mut prefix, mut rank) = locate(top, rank);
        for round in &ROUNDS[1..] {
            let wanted = (round.shift, prefix);
            let known = match cache.iter().position(|(key, _)| *key == wanted) {
                Some(known) => known,
                None => {
                    cache.push((wanted, self.count(prefix, *round)?));
                    cache.len() - 1
                }
            };
            let (digit, rest) = locate(&cache[known].1, rank);
            prefix = prefix << round.bits | digit;
            rank = rest;
        }
        Ok(prefix)
    }

    fn count(&self, prefix: u32, Round { shift, bits }: Round) -> Result<Vec<u64>, EngineError> {
        let len = self.plane.size().area();
        let counts: Grid<u32> = self.engine.grid(Size::new(1 << bits, 1))?;
        self.gpu.clear(&counts)?;
        let (distance, center) = match self.of {
            Of::Value => (0, 0.0),
            Of::DistanceFrom(center) => (1, center),
        };
        let params = Params { len: len as u32, center, distance, prefix, shift, bits, padding: [0; 2] };
        self.gpu.run(
            Dispatch::new(&KERNEL, "count_digits")
                .params(&params)
                .bind(1, self.plane)
                .bind(2, self.mask)
                .bind(3, &counts)
                .over_list(len),
        )?;
        Ok(self.engine.download(&counts)?.into_iter().map(u64::from).collect())
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    len: u32,
    center: f32,
    distance: u32,
    prefix: u32,
    shift: u32,
    bits: u32,
    padding: [u32; 2],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::testing::{assert_same, cpu, noise, odd_sizes, random_mask};

    const PROBABILITIES: [f64; 6] = [0.0, 0.05, 0.37, 0.5, 0.95, 1.0];

    #[test]
    fn keys_sort_as_numbers_do() {
        let sorted = [f32::MIN, -3.5, -1e-30, -0.0, 0.0, 1e-30, 0.7, 2.0, f32::MAX];
        assert!(sorted.windows(2).all(|w| sort_key(w[0]) < sort_key(w[1])));
        for value in sorted {
            assert_eq!(value_of_key(sort_key(value)).to_bits(), value.to_bits());
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        for size in odd_sizes() {
            let (plane, mask) = (noise(size, 3), random_mask(size, 4, 0.6));
            let mut kept: Vec<f32> =
                plane.data().iter().zip(mask.data()).filter(|(_, m)| **m > 0.5).map(|(v, _)| *v).collect();
            kept.sort_by(f32::total_cmp);
            let engine = cpu();
            let found = quantiles(
                engine,
                &engine.upload_raster(&plane).unwrap(),
                &engine.upload_raster(&mask).unwrap(),
                &PROBABILITIES,
            )
            .unwrap();
            let Some(found) = found else {
                assert!(kept.is_empty());
                continue;
            };
            for (p, found) in PROBABILITIES.iter().zip(found) {
                let place = p * (kept.len() - 1) as f64;
                let (a, b) = (kept[place.floor() as usize], kept[place.ceil() as usize]);
                let expected = f64::from(a) + place.fract() * (f64::from(b) - f64::from(a));
                assert!((f64::from(found) - expected).abs() < 1e-6, "{size} at {p}");
            }
        }
    }

    #[test]
    fn robust_sd_of_a_normal_sample_is_its_sd() {
        // Quantiles of N(1, 0.5) at (i + ½)/n, by bisection of erf's series in statrs.
        use statrs::distribution::{ContinuousCDF, Normal};
        let normal = Normal::new(1.0, 0.5).unwrap();
        let values: Vec<f32> =
            (0..999).map(|i| normal.inverse_cdf((f64::from(i) + 0.5) / 999.0) as f32).collect();
        let engine = cpu();
        let size = Size::new(999, 1);
        let plane = engine.upload(size, &values).unwrap();
        let mask = engine.upload(size, &vec![1.0f32; 999]).unwrap();
        let center = median(engine, &plane, &mask).unwrap().unwrap();
        assert!((center - 1.0).abs() < 1e-4);
        let sd = robust_sd(engine, &plane, &mask, center).unwrap().unwrap();
        assert!((sd - 0.5).abs() < 2e-3, "{sd}");
    }

    /// numpy.quantile and numpy.median of values with ties.
    #[test]
    fn numpy_agrees() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/quantile.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let mask = engine.upload_raster(&fixture.mask("mask")).unwrap();
        let found = quantiles(engine, &plane, &mask, &floats(&fixture["probabilities"])).unwrap().unwrap();
        assert_near(&found, &floats(&fixture["quantiles"]), 1e-7, "quantile");
        let center = median(engine, &plane, &mask).unwrap().unwrap();
        assert_eq!(f64::from(center), fixture["median"].as_f64().unwrap());
        let spread = mad(engine, &plane, &mask, center).unwrap().unwrap();
        assert_eq!(f64::from(spread), fixture["mad"].as_f64().unwrap());
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes() {
            assert_same(|engine| {
                let plane = engine.upload_raster(&noise(size, 1))?;
                let mask = engine.upload_raster(&random_mask(size, 2, 0.7))?;
                Ok((quantiles(engine, &plane, &mask, &PROBABILITIES)?, mad(engine, &plane, &mask, 0.1)?))
            });
        }
    }
}
