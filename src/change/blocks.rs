//! The sampling error of a change: how much it would move if the skin of the region were seen anew.
//!
//! Pixels are correlated, so blocks are taken, not pixels: squares larger than four autocorrelation lengths are
//! nearly independent, and what they share is allowed for. The change is a function of two weighted means; its error follows from each block's
//! influence on it (the delta method), which keeps the pairing of blocks.
//!
//! How far influences spread is told for means over all of the skin by the two thirds nearest to their median: the change is
//! asked of this skin, so a few blocks that changed more than the rest are what is to be seen, not an error of it. With
//! the plain spread, three red patches that lost half of their hemoglobin hid behind their own contrast to the skin
//! around. Counts and areas lie in a few blocks altogether: theirs is the plain spread.

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

/// How the spread of blocks is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// By the root of their mean square.
    Plain,
    /// By the two thirds nearest to their median.
    OfMost,
}

/// The error of `after` − `before` on `axis`. Blocks that are valid in one of the two only, count
/// in none. `None` with fewer than [`LEAST_BLOCKS`] blocks, or on the logarithmic axis where a
/// mean is not positive.
pub fn block_error(axis: Axis, before: &Blocks, after: &Blocks, spread: Spread) -> Option<BlockError> {
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
    // Influence of each block on the change, by the share of the region that it is.
    let influences: Vec<(f64, f64)> = pairs
        .iter()
        .map(|(b, a)| {
            let (share_b, share_a) = (b.weight / weight_b, a.weight / weight_a);
            let share = 0.5 * (share_b + share_a);
            let pull = slope_a * share_a * (a.mean - mean_a) - slope_b * share_b * (b.mean - mean_b);
            (pull / share, share)
        })
        .collect();
    let shares: f64 = influences.iter().map(|(_, share)| share * share).sum();
    let n = pairs.len() as f64;
    let (se, kept) = match spread {
        Spread::Plain => {
            let squares = influences.iter().map(|(pull, share)| (pull * share).powi(2));
            (squares.sum::<f64>().sqrt(), 1.0)
        }
        Spread::OfMost => (spread_of_most(influences) * shares.sqrt(), EFFICIENCY),
    };
    Some(BlockError { se: NEIGHBORS * se * (n / (n - 1.0)).sqrt(), df: kept * (n - 1.0) })
}

/// What blocks share with their neighbors: of a Gaussian autocorrelation that falls to 0.2 over a quarter of their side, 0.043 of
/// the variance with each of four, which widens the error of their mean by √1.17. Without it, nominal 95 % cover 92 %.
const NEIGHBORS: f64 = 1.08;

/// Share of a normal distribution within one standard deviation of its middle.
const WITHIN_ONE: f64 = 0.6827;
/// Share of the degrees of freedom that a spread told by that quantile keeps: p·(1 − p) ÷ f² is the variance of a
/// quantile by its density.
const EFFICIENCY: f64 = 0.54;

/// How far from their median the values lie of which all but a third of the weight lies nearer.
fn spread_of_most(mut values: Vec<(f64, f64)>) -> f64 {
    let middle = weighted_quantile(&mut values, 0.5);
    values.iter_mut().for_each(|(value, _)| *value = (*value - middle).abs());
    weighted_quantile(&mut values, WITHIN_ONE)
}

/// The value that this share of the weight does not exceed.
fn weighted_quantile(values: &mut [(f64, f64)], share: f64) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = share * values.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut below = 0.0;
    for (value, weight) in values.iter() {
        below += weight;
        if below >= wanted {
            return *value;
        }
    }
    values.last().map_or(0.0, |(value, _)| *value)
}

/// Derivative of the metric on its axis by the mean of its blocks.
fn slope(axis: Axis, link: Link, mean: f64) -> Option<f64> {
    match (axis, link) {
        (Axis::Raw, Link::Mean { factor }) => Some(factor),
        (Axis::Raw, Link::Quantile { density, .. }) => Some(1.0 / density),
        (Axis::Ln, Link::Quantile { value, density }) => (value > 0.0).then(|| 1.0 / (density * value)),
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

    fn error_of_most(axis: Axis, before: &Blocks, after: &Blocks) -> Option<BlockError> {
        block_error(axis, before, after, Spread::OfMost)
    }

    fn blocks(link: Link, means: impl Iterator<Item = f64>) -> Blocks {
        Blocks { link, means: means.map(|mean| BlockMean { weight: 1.0, mean }).collect() }
    }

    /// Quantiles of a normal distribution: their spread is 1 by any measure of it.
    fn normal(n: usize) -> impl Iterator<Item = f64> {
        let normal = statrs::distribution::Normal::new(0.0, 1.0).unwrap();
        (0..n).map(move |i| normal.inverse_cdf((i as f64 + 0.5) / n as f64))
    }

    #[test]
    fn normal_differences_give_the_paired_t() {
        let link = Link::Mean { factor: 1.0 };
        let b: Vec<f64> = (0..400).map(|i| f64::from(i * 7 % 31)).collect();
        let a: Vec<f64> = b.iter().zip(normal(400)).map(|(b, d)| b + 0.2 * d).collect();
        let found =
            error_of_most(Axis::Raw, &blocks(link, b.into_iter()), &blocks(link, a.into_iter())).unwrap();
        assert!((found.se / (NEIGHBORS * 0.2 / 20.0) - 1.0).abs() < 0.02, "{found:?}");
        assert!((found.df - 0.54 * 399.0).abs() < 1e-9);
    }

    #[test]
    fn the_plain_spread_is_the_paired_t_and_counts_every_block() {
        let link = Link::Mean { factor: 1.0 };
        let b: Vec<f64> = (0..20).map(|i| f64::from(i % 7)).collect();
        let a: Vec<f64> = (0..20).map(|i| f64::from(i % 7) + 0.1 * f64::from(i % 3)).collect();
        let (before, after) = (blocks(link, b.iter().copied()), blocks(link, a.iter().copied()));
        let found = block_error(Axis::Raw, &before, &after, Spread::Plain).unwrap();
        let d: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
        let mean = d.iter().sum::<f64>() / 20.0;
        let sd = (d.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 19.0).sqrt();
        assert!((found.se - NEIGHBORS * sd / 20f64.sqrt()).abs() < 1e-12);
        assert_eq!(found.df, 19.0);
    }

    #[test]
    fn a_few_blocks_that_changed_much_are_no_error() {
        let link = Link::Mean { factor: 1.0 };
        let faded = |few: usize| {
            let d = normal(400).enumerate().map(|(i, d)| 0.2 * d - if i % 400 < few { 5.0 } else { 0.0 });
            error_of_most(Axis::Raw, &blocks(link, [0.0; 400].into_iter()), &blocks(link, d)).unwrap().se
        };
        assert!(faded(40) < 1.3 * faded(0), "{} against {}", faded(40), faded(0));
    }

    #[test]
    fn a_block_counts_by_its_weight() {
        let link = Link::Mean { factor: 1.0 };
        let of = |weights: [f64; 3]| {
            let mean = |i: usize| BlockMean { weight: weights[i % 3], mean: [0.0, 1.0, 9.0][i % 3] };
            let after = Blocks { link, means: (0..30).map(mean).collect() };
            let before =
                Blocks { link, means: after.means.iter().map(|m| BlockMean { mean: 0.0, ..*m }).collect() };
            error_of_most(Axis::Raw, &before, &after).unwrap().se
        };
        // Two thirds of the weight and more at one value: no spread. Slivers of other skin do not change that.
        assert!(of([1.0, 0.1, 0.1]) < 1e-12);
        assert!(of([1.0, 1.0, 1.0]) > 0.1);
    }

    #[test]
    fn a_change_common_to_all_blocks_has_no_error() {
        let link = Link::RootMean { factor: 1000.0 };
        let b: Vec<f64> = (1..30).map(f64::from).collect();
        let a: Vec<f64> = b.iter().map(|v| 0.36 * v).collect();
        let found =
            error_of_most(Axis::Ln, &blocks(link, b.into_iter()), &blocks(link, a.into_iter())).unwrap();
        assert!(found.se < 1e-12);
    }

    #[test]
    fn fifteen_blocks_are_too_few() {
        let link = Link::Mean { factor: 1.0 };
        let make = |n| blocks(link, (0..n).map(f64::from));
        assert_eq!(error_of_most(Axis::Raw, &make(15), &make(15)), None);
        assert!(error_of_most(Axis::Raw, &make(16), &make(16)).is_some());
    }

    const RUNS: usize = 1000;
    const BLOCKS: u32 = 8;

    /// A map, and the side of its blocks in pixels.
    struct Map {
        pixels: Raster,
        side: u32,
    }

    impl Map {
        fn by_block(&self, link: Link, of: impl Fn(f64) -> f64) -> Blocks {
            let means = (0..BLOCKS * BLOCKS).map(|block| {
                let (x0, y0) = (block % BLOCKS * self.side, block / BLOCKS * self.side);
                let pixel = |i| f64::from(self.pixels.at(x0 + i % self.side, y0 + i / self.side));
                let pixels = (0..self.side * self.side).map(pixel).map(&of);
                pixels.sum::<f64>() / f64::from(self.side * self.side)
            });
            blocks(link, means)
        }

        fn squares(&self) -> Blocks {
            self.by_block(Link::RootMean { factor: 1.0 }, |value| value * value)
        }

        /// The 90th percentile, as `measure::sampling` makes it.
        fn p90(&self) -> Blocks {
            let mut sorted = self.pixels.data().to_vec();
            sorted.sort_by(f32::total_cmp);
            let at = |share: f64| f64::from(sorted[(share * (sorted.len() - 1) as f64) as usize]);
            let (value, density) = (at(0.9), 0.1 / (at(0.95) - at(0.85)));
            self.by_block(Link::Quantile { value, density }, |pixel| f64::from(u8::from(pixel >= value)))
        }
    }

    /// How often the nominal 95 % interval holds the truth, which is no change.
    fn coverage(
        sigma: f64,
        runs: usize,
        seed: u64,
        read: impl Fn(&Map) -> Blocks,
        error: impl Fn(&Blocks, &Blocks) -> (f64, BlockError),
    ) -> f64 {
        let engine = Engine::cpu().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        // White noise smoothed by σ correlates as exp(−r² ÷ 4σ²), which falls to 0.2 at σ·√(4 ln 5).
        let side = (4.0 * sigma * (4.0 * 5f64.ln()).sqrt()).ceil() as u32;
        let size = Size::new(BLOCKS * side, BLOCKS * side);
        let mut covered = 0;
        for _ in 0..runs {
            let mut map = || {
                let white = Raster::from_fn(size, |_, _| {
                    (0..4).map(|_| rng.random_range(-1.0f32..1.0)).sum::<f32>() * 0.75f32.sqrt()
                });
                let smooth = gaussian(&engine, &engine.upload_raster(&white).unwrap(), sigma).unwrap();
                read(&Map { pixels: engine.download_raster(&smooth).unwrap(), side })
            };
            let (before, after) = (map(), map());
            let (change, error) = error(&before, &after);
            let t = StudentsT::new(0.0, 1.0, error.df).unwrap().inverse_cdf(0.975);
            covered += usize::from(change.abs() <= t * error.se);
        }
        covered as f64 / runs as f64
    }

    /// Maps whose pixels are correlated over one of four lengths, their mean squares compared by blocks of four
    /// autocorrelation lengths: the nominal 95 % interval must hold the truth 93 to 97 % of the time.
    #[test]
    fn intervals_cover_what_they_say() {
        for (seed, sigma) in (5..).zip([0.8f64, 1.6, 3.2, 4.8]) {
            let share = coverage(sigma, RUNS, seed, Map::squares, |before, after| {
                let change = (after.value() / before.value()).ln();
                (change, error_of_most(Axis::Ln, before, after).unwrap())
            });
            println!("σ {sigma} px: {share}");
            assert!((0.93..=0.97).contains(&share), "σ {sigma}: {share}");
        }
    }

    /// So must that of a quantile, which is no mean.
    #[test]
    fn intervals_of_quantiles_cover_what_they_say() {
        for (seed, sigma) in (5..).zip([0.8f64, 3.2]) {
            let share = coverage(sigma, RUNS, seed, Map::p90, |before, after| {
                let change = after.value() - before.value();
                (change, block_error(Axis::Raw, before, after, Spread::Plain).unwrap())
            });
            println!("σ {sigma} px: {share}");
            assert!((0.93..=0.97).contains(&share), "σ {sigma}: {share}");
        }
    }
}
