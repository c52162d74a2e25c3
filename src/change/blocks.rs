//! The sampling error of a change: how much it would move if the region held other skin of the
//! same kind.
//!
//! Pixels are correlated, so blocks are resampled, not pixels: squares larger than four
//! autocorrelation lengths are nearly independent. The change is a function of two weighted
//! means; its error follows from each block's influence on it (the delta method), which keeps
//! the pairing of blocks.

use crate::measure::{Axis, Blocks, Link};

/// Fewest blocks that an error rests on.
pub const LEAST_BLOCKS: usize = 16;

/// Standard error of a change, on its axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockError {
    /// Standard error.
    pub se: f64,
    /// Degrees of freedom.
    pub df: f64,
}

/// The error of `after` − `before` on `axis`. Blocks that are valid in one of the two only, count
/// in none. `None` with fewer than [`LEAST_BLOCKS`] blocks, or on the logarithmic axis where a
/// mean is not positive.
pub fn block_error(axis: Axis, before: &Blocks, after: &Blocks) -> Option<BlockError> {
    let pairs: Vec<_> =
        before.means.iter().zip(&after.means).filter(|(b, a)| b.weight > 0.0 && a.weight > 0.0).collect();
    if pairs.len() < LEAST_BLOCKS {
        return None;
    }
    let weighted = |pick: fn(&(&crate::measure::BlockMean, &crate::measure::BlockMean)) -> (f64, f64)| {
        let weight: f64 = pairs.iter().map(|p| pick(p).0).sum();
        (weight, pairs.iter().map(|p| pick(p).0 * pick(p).1).sum::<f64>() / weight)
    };
    let (weight_b, mean_b) = weighted(|(b, _)| (b.weight, b.mean));
    let (weight_a, mean_a) = weighted(|(_, a)| (a.weight, a.mean));
    let (slope_b, slope_a) = (slope(axis, before.link, mean_b)?, slope(axis, after.link, mean_a)?);
    // Influence of each block; they sum to zero.
    let squares: f64 = pairs
        .iter()
        .map(|(b, a)| {
            let pull = slope_a * a.weight / weight_a * (a.mean - mean_a)
                - slope_b * b.weight / weight_b * (b.mean - mean_b);
            pull * pull
        })
        .sum();
    let n = pairs.len() as f64;
    Some(BlockError { se: (squares * n / (n - 1.0)).sqrt(), df: n - 1.0 })
}

/// Derivative of the metric on its axis by the mean of its blocks.
fn slope(axis: Axis, link: Link, mean: f64) -> Option<f64> {
    match (axis, link) {
        (Axis::Raw, Link::Mean { factor }) => Some(factor),
        (Axis::Raw, Link::RootMean { factor }) => (mean > 0.0).then(|| 0.5 * factor / mean.sqrt()),
        (Axis::Ln, Link::Mean { .. }) => (mean > 0.0).then(|| 1.0 / mean),
        (Axis::Ln, Link::RootMean { .. }) => (mean > 0.0).then(|| 0.5 / mean),
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    use super::*;
    use crate::engine::Engine;
    use crate::geometry::Size;
    use crate::measure::BlockMean;
    use crate::ops::gaussian::gaussian;
    use crate::raster::Raster;

    fn blocks(link: Link, means: impl Iterator<Item = f64>) -> Blocks {
        Blocks { link, means: means.map(|mean| BlockMean { weight: 1.0, mean }).collect() }
    }

    #[test]
    fn equal_weights_and_no_link_give_the_paired_t() {
        let link = Link::Mean { factor: 1.0 };
        let b: Vec<f64> = (0..20).map(|i| f64::from(i % 7)).collect();
        let a: Vec<f64> = (0..20).map(|i| f64::from(i % 7) + 0.1 * f64::from(i % 3)).collect();
        let found =
            block_error(Axis::Raw, &blocks(link, b.iter().copied()), &blocks(link, a.iter().copied()))
                .unwrap();
        let d: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let mean = d.iter().sum::<f64>() / 20.0;
        let sd = (d.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 19.0).sqrt();
        assert!((found.se - sd / 20f64.sqrt()).abs() < 1e-12);
        assert_eq!(found.df, 19.0);
    }

    #[test]
    fn a_change_common_to_all_blocks_has_no_error() {
        let link = Link::RootMean { factor: 1000.0 };
        let b: Vec<f64> = (1..30).map(f64::from).collect();
        let a: Vec<f64> = b.iter().map(|v| 0.36 * v).collect();
        let found =
            block_error(Axis::Ln, &blocks(link, b.into_iter()), &blocks(link, a.into_iter())).unwrap();
        assert!(found.se < 1e-12);
    }

    #[test]
    fn fifteen_blocks_are_too_few() {
        let link = Link::Mean { factor: 1.0 };
        let make = |n| blocks(link, (0..n).map(f64::from));
        assert_eq!(block_error(Axis::Raw, &make(15), &make(15)), None);
        assert!(block_error(Axis::Raw, &make(16), &make(16)).is_some());
    }

    /// Maps whose pixels are correlated, their mean squares compared by blocks of four
    /// autocorrelation lengths: the nominal 95 % interval must hold the truth 93 to 97 % of the
    /// time.
    #[test]
    fn intervals_cover_what_they_say() {
        const RUNS: usize = 1000;
        let size = Size::new(192, 192);
        let engine = Engine::cpu().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let mut covered = 0;
        for _ in 0..RUNS {
            // σ = 1.6: the autocorrelation of the square falls to 0.2 at about 3 pixels.
            let mut map = || {
                let white = Raster::from_fn(size, |_, _| {
                    (0..4).map(|_| rng.random_range(-1.0f32..1.0)).sum::<f32>() * 0.75f32.sqrt()
                });
                let smooth = gaussian(&engine, &engine.upload_raster(&white).unwrap(), 1.6).unwrap();
                let smooth = engine.download_raster(&smooth).unwrap();
                let side = 16;
                let means = (0..144).map(|block| {
                    let (x0, y0) = (block % 12 * side, block / 12 * side);
                    let squares =
                        (0..side * side).map(|i| f64::from(smooth.at(x0 + i % side, y0 + i / side)).powi(2));
                    squares.sum::<f64>() / f64::from(side * side)
                });
                blocks(Link::RootMean { factor: 1.0 }, means)
            };
            let (before, after) = (map(), map());
            let change = (after.value() / before.value()).ln();
            let error = block_error(Axis::Ln, &before, &after).unwrap();
            let t = StudentsT::new(0.0, 1.0, error.df).unwrap().inverse_cdf(0.975);
            covered += usize::from(change.abs() <= t * error.se);
        }
        let share = covered as f64 / RUNS as f64;
        assert!((0.93..=0.97).contains(&share), "{share}");
    }
}
