//! The change of a count of objects on the same skin.
//!
//! A count has an error of its own: an object at the limit of what is found is found on one photograph and missed on the
//! next. Where objects are followed, those found on both visits cancel, and the error is that of the gone and the new: the
//! variance of the change is their sum (McNemar 1947, doi:10.1007/BF02295996). Where they are not followed, all of both
//! counts stand in for them, as Poisson counts of different objects. The interval of the difference of two Poisson means is
//! made of the score limits of each (Brown, Cai & DasGupta 2003, Statistica Sinica 13:19)
//! by the method of variance estimates recovery (Zou & Donner 2008, doi:10.1002/sim.3095).
//! No logarithm is taken, so counts of 0 have intervals too. Counted out over means of 0 to 100 it covers never less than
//! its level; limits by Jeffreys, mid-p and square roots fall to 92, 94.6 and 89 % of a nominal 95 %.

use statrs::distribution::{ContinuousCDF, Normal};

use super::inversion::{SharedNoise, p_of, smallest_detectable};
use super::student::t_quantile_at;

/// Blocks with gone or new objects from which overdispersion is estimated.
pub const LEAST_BLOCKS_OF_COUNTS: usize = 8;

/// Gone and new objects of a block of skin; where objects are not followed, its counts before and after.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlockCounts {
    /// Found before only.
    pub before_only: f64,
    /// Found after only.
    pub after_only: f64,
}

/// A change of a count, with its interval at every level. All numbers are counts.
#[derive(Debug, Clone, PartialEq)]
pub struct CountChange {
    /// Count before.
    pub before: f64,
    /// Count after.
    pub after: f64,
    /// Found before only; all of before where objects are not followed.
    gone: f64,
    /// Found after only; all of after where objects are not followed.
    new: f64,
    /// Factor on the Poisson variance the counts have, at least 1 (quasi-Poisson).
    pub dispersion: f64,
    /// Degrees of freedom of the dispersion; `None` where it is taken to be 1.
    pub dispersion_df: Option<f64>,
    noise: Option<SharedNoise>,
}

impl CountChange {
    /// Of followed objects: those found on both visits, before only, and after only.
    pub fn paired(both: usize, before_only: usize, after_only: usize) -> Self {
        let [both, gone, new] = [both, before_only, after_only].map(|count| count as f64);
        Self::of(both + gone, both + new, gone, new)
    }

    /// Of counts whose objects are not followed.
    pub fn unpaired(before: usize, after: usize) -> Self {
        let [before, after] = [before, after].map(|count| count as f64);
        Self::of(before, after, before, after)
    }

    fn of(before: f64, after: f64, gone: f64, new: f64) -> Self {
        Self { before, after, gone, new, dispersion: 1.0, dispersion_df: None, noise: None }
    }

    /// Widened where blocks of skin scatter more than Poisson counts would: by Pearson's χ² over its degrees of freedom
    /// (McCullagh & Nelder 1989, Generalized Linear Models, § 6.2.3), of gone against new in each block. A rate that is
    /// common to both visits cancels. Dispersion below 1 is not used, nor that of fewer than eight blocks with objects.
    #[must_use]
    pub fn over_blocks(mut self, blocks: &[BlockCounts]) -> Self {
        let found: Vec<_> = blocks.iter().filter(|b| b.before_only + b.after_only > 0.0).collect();
        let total = |count: fn(&BlockCounts) -> f64| found.iter().map(|b| count(b)).sum::<f64>();
        let (gone, new) = (total(|b| b.before_only), total(|b| b.after_only));
        if found.len() < LEAST_BLOCKS_OF_COUNTS || gone == 0.0 || new == 0.0 {
            return self;
        }
        let share = new / (gone + new);
        let of_block = |b: &&BlockCounts| {
            let n = b.before_only + b.after_only;
            (b.after_only - share * n).powi(2) / (share * (1.0 - share) * n)
        };
        let df = found.len() as f64 - 1.0;
        let dispersion = found.iter().map(of_block).sum::<f64>() / df;
        if dispersion > 1.0 {
            (self.dispersion, self.dispersion_df) = (dispersion, Some(df));
        }
        self
    }

    /// With capture noise of the change, which all objects share.
    #[must_use]
    pub fn with_noise(mut self, noise: SharedNoise) -> Self {
        self.noise = Some(noise);
        self
    }

    /// After − before.
    pub fn change(&self) -> f64 {
        self.after - self.before
    }

    /// Interval of the change at a level between 0 and 1, never below −before: no count is less than 0.
    pub fn interval(&self, level: f64) -> (f64, f64) {
        let z = self
            .dispersion_df
            .map_or_else(|| Normal::standard().inverse_cdf(0.5 + 0.5 * level), |df| t_quantile_at(level, df));
        let of_noise = self.noise.map_or(0.0, |noise| t_quantile_at(level, noise.df) * noise.variance.sqrt());
        let (gone, new) = (self.reaches(self.gone, z), self.reaches(self.new, z));
        let change = self.change();
        let low = change - new.0.hypot(gone.1).hypot(of_noise);
        (low.max(-self.before), change + new.1.hypot(gone.0).hypot(of_noise))
    }

    /// Distance that the mean of a Poisson count may lie below and above it, by the score limits: |count − mean| ≤ z·√mean.
    fn reaches(&self, count: f64, z: f64) -> (f64, f64) {
        let (count, half) = (count / self.dispersion, 0.5 * z * z);
        let root = z * (count + 0.25 * z * z).sqrt();
        // The lower limit is 0 but for rounding where the count is 0.
        ((root - half).clamp(0.0, count) * self.dispersion, (root + half) * self.dispersion)
    }

    /// Two-sided p of no change: [`Self::interval`] of level 1 − p ends at 0.
    pub fn p(&self) -> f64 {
        p_of(|level| self.interval(level))
    }

    /// The smallest change of the count that this skin could show at this level; the change is beyond it if and only if
    /// its interval leaves zero out.
    pub fn smallest_detectable_change(&self, level: f64) -> f64 {
        smallest_detectable(self.change(), self.interval(level))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// `fixtures/change/make_objects.py`.
    #[derive(Deserialize)]
    struct Fixture {
        counts: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        both: usize,
        gone: usize,
        new: usize,
        level: f64,
        low: f64,
        high: f64,
    }

    #[test]
    fn limits_are_those_of_a_search_over_scores() {
        let cases: Fixture =
            serde_json::from_str(include_str!("../../fixtures/change/objects.json")).unwrap();
        assert!(cases.counts.len() >= 5);
        for case in cases.counts {
            let (low, high) = CountChange::paired(case.both, case.gone, case.new).interval(case.level);
            assert!((low - case.low).abs() < 1e-6 && (high - case.high).abs() < 1e-6, "{low} {high}");
        }
    }

    #[test]
    fn counts_of_zero_have_intervals_within_what_can_be() {
        let none = CountChange::unpaired(0, 0);
        let (low, high) = none.interval(0.95);
        // z² of the normal distribution.
        assert!(low == 0.0 && (high - 3.841_459).abs() < 1e-5);
        assert!(none.p() > 0.9);
        let all_gone = CountChange::unpaired(7, 0);
        assert_eq!(all_gone.interval(0.95).0, -7.0);
        assert!(all_gone.interval(0.95).1 < 0.0 && all_gone.p() < 0.05);
        // Of one that is gone nothing can be said.
        assert!(CountChange::paired(0, 1, 0).p() > 0.05);
    }

    #[test]
    fn followed_objects_that_stay_cost_nothing() {
        let reach = |change: CountChange| change.interval(0.95).1 - change.change();
        assert_eq!(reach(CountChange::paired(0, 3, 3)), reach(CountChange::paired(100, 3, 3)));
        assert!(reach(CountChange::unpaired(103, 103)) > 4.0 * reach(CountChange::paired(100, 3, 3)));
    }

    #[test]
    fn the_interval_widens_with_the_root_of_the_dispersion() {
        // Gone and new by turns in clumps of four: χ² of each block is 4.
        let blocks: Vec<BlockCounts> = (0..30)
            .map(|k| BlockCounts {
                before_only: f64::from(k % 2) * 4.0,
                after_only: f64::from(1 - k % 2) * 4.0,
            })
            .collect();
        let plain = CountChange::paired(100, 6000, 6000);
        let wide = plain.clone().over_blocks(&blocks);
        // 30 blocks of χ² 4 over 29 degrees of freedom.
        assert!((wide.dispersion - 4.0 * 30.0 / 29.0).abs() < 1e-12 && wide.dispersion_df == Some(29.0));
        let ratio = wide.interval(0.95).1 / plain.interval(0.95).1;
        // t(0.975; 29) = 2.045230.
        assert!((ratio / (wide.dispersion.sqrt() * 2.045_23 / 1.959_964) - 1.0).abs() < 0.01, "{ratio}");
        assert_eq!(plain.clone().over_blocks(&blocks[..7]), plain);
        // Less scatter than Poisson's is not believed.
        let even = vec![BlockCounts { before_only: 2.0, after_only: 2.0 }; 30];
        assert_eq!(plain.clone().over_blocks(&even), plain);
    }

    #[test]
    fn shared_noise_adds_in_quadrature_and_verdict_p_and_detectable_agree() {
        let plain = CountChange::paired(40, 14, 3);
        let noisy = plain.clone().with_noise(SharedNoise { variance: 4.0, df: 1e6 });
        let reach = |c: &CountChange| c.interval(0.95).1 - c.change();
        let expected = reach(&plain).hypot(2.0 * 1.959_964);
        // The library's quantile of a million degrees of freedom is off by 10⁻⁴.
        assert!((reach(&noisy) - expected).abs() < 1e-3, "{} against {expected}", reach(&noisy));
        for change in [plain, noisy, CountChange::paired(9, 5, 4), CountChange::unpaired(30, 12)] {
            let called = change.change().abs() > change.smallest_detectable_change(0.95);
            assert_eq!(called, change.p() < 0.05, "{change:?}");
        }
    }
}
