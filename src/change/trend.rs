//! The trend of a metric over many visits, whatever its shape: Theil–Sen slope and Kendall's τ.

use statrs::distribution::{ContinuousCDF, Normal};

use super::judge::LEVEL;
use super::recovery::Point;
use crate::reason::Reason;

/// Visits, the baseline among them, below which there is no slope.
pub const LEAST_TREND_VISITS: usize = 4;
/// Visits below which no order of the values is beyond chance: of four, the best p is 2 ÷ 24 = 0.083.
pub const LEAST_VISITS_TO_CALL: usize = 5;
/// Visits up to which all orders are counted; more are normal to three digits.
const EXACT_UP_TO: usize = 33;

/// A trend over days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Median of the slopes between all pairs of visits, a day (Sen 1968, doi:10.1080/01621459.1968.10480934).
    pub slope_per_day: f64,
    /// Lower end of its interval: the narrowest pair of ordered slopes that holds 95 %, or the widest pair there is.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of such intervals that hold the slope, 0 to 1: 0.917 for four visits, at least 0.95 from five on.
    pub coverage: f64,
    /// Kendall's τ-b, −1 to 1 (Kendall 1945, doi:10.1093/biomet/33.3.239).
    pub tau: f64,
    /// Two-sided p of no trend: the share of all orders of these values, ties included, with a τ as large. Beyond 33
    /// visits by the normal approximation.
    pub p: f64,
}

impl Trend {
    /// Over points of different days, in any order.
    ///
    /// # Errors
    /// A reason where there are fewer than four visits, or all values are equal.
    pub fn of(points: &[Point]) -> Result<Self, Reason> {
        if points.len() < LEAST_TREND_VISITS {
            let message = "a trend needs so many visits, the baseline among them";
            let (found, needed) = (points.len() as f64, LEAST_TREND_VISITS as f64);
            return Err(Reason::limit("too_few_visits", message, found, needed));
        }
        let pairs = || (0..points.len()).flat_map(|j| (0..j).map(move |i| (&points[i], &points[j])));
        let mut slopes: Vec<f64> = pairs().map(|(a, b)| (b.change - a.change) / (b.day - a.day)).collect();
        slopes.sort_by(f64::total_cmp);
        let rising = slopes.iter().filter(|slope| **slope > 0.0).count();
        let falling = slopes.iter().filter(|slope| **slope < 0.0).count();
        if rising + falling == 0 {
            return Err(Reason::new("no_change", "all visits are equal"));
        }
        let (all, score) = (slopes.len() as f64, rising as f64 - falling as f64);
        let tied = all - (rising + falling) as f64;
        let ties = Ties::of(points);
        let Interval { lower, coverage } = Interval::of(points.len());
        Ok(Self {
            slope_per_day: median(&slopes),
            low: slopes[lower],
            high: slopes[slopes.len() - 1 - lower],
            coverage,
            tau: score / (all * (all - tied)).sqrt(),
            p: if points.len() <= EXACT_UP_TO {
                let shares = inversions(&ties.runs);
                (2.0 * shares[..=rising.min(falling)].iter().sum::<f64>()).min(1.0)
            } else {
                let z = score.abs() / ties.variance().sqrt();
                (2.0 * (1.0 - Normal::standard().cdf(z))).min(1.0)
            },
        })
    }
}

/// Numbers of visits that share each value.
struct Ties {
    runs: Vec<usize>,
}

impl Ties {
    fn of(points: &[Point]) -> Self {
        let mut values: Vec<f64> = points.iter().map(|p| p.change).collect();
        values.sort_by(f64::total_cmp);
        Self { runs: values.chunk_by(|a, b| a == b).map(<[f64]>::len).collect() }
    }

    /// Of the number of rising less falling pairs.
    fn variance(&self) -> f64 {
        let of = |count: usize| (count * (count - 1) * (2 * count + 5)) as f64;
        let visits = self.runs.iter().sum();
        (of(visits) - self.runs.iter().map(|&run| of(run)).sum::<f64>()) / 18.0
    }
}

/// Places of the ordered slopes that bound the interval, counted from either end.
struct Interval {
    lower: usize,
    coverage: f64,
}

impl Interval {
    fn of(visits: usize) -> Self {
        let slopes = visits * (visits - 1) / 2;
        if visits > EXACT_UP_TO {
            let deviation = Ties { runs: vec![1; visits] }.variance().sqrt();
            let reach = Normal::standard().inverse_cdf(0.5 + 0.5 * LEVEL) * deviation;
            let lower = ((slopes as f64 - reach) / 2.0).round_ties_even() - 1.0;
            return Self { lower: lower as usize, coverage: LEVEL };
        }
        // As many slopes lie below the true one as pairs are inverted by chance.
        let shares = inversions(&vec![1; visits]);
        let mut found = Self { lower: 0, coverage: 1.0 - 2.0 * shares[0] };
        while let coverage = found.coverage - 2.0 * shares[found.lower + 1]
            && coverage >= LEVEL
        {
            found = Self { lower: found.lower + 1, coverage };
        }
        found
    }
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { 0.5 * (sorted[half - 1] + sorted[half]) }
}

/// Shares of the distinct orders of values by their number of inverted pairs, where `runs` says how many share each
/// value. Its generating function is the Gaussian multinomial coefficient (MacMahon 1915, Combinatory Analysis, § 102):
/// one more value of a run of k brings the factor (1 + q + … + q^(n − 1)) ÷ (1 + q + … + q^(k − 1)).
fn inversions(runs: &[usize]) -> Vec<f64> {
    let mut shares = vec![1.0];
    let mut n = 0;
    for &run in runs {
        for k in 1..=run {
            n += 1;
            shares = divided(times(&shares, n), k);
        }
    }
    shares
}

/// Times the mean of 1, q, …, q^(n − 1).
fn times(shares: &[f64], n: usize) -> Vec<f64> {
    let mut out = vec![0.0; shares.len() + n - 1];
    for (k, share) in shares.iter().enumerate() {
        out[k..k + n].iter_mut().for_each(|sum| *sum += share / n as f64);
    }
    out
}

/// By the mean of 1, q, …, q^(n − 1), which divides it.
fn divided(product: Vec<f64>, n: usize) -> Vec<f64> {
    let mut out = vec![0.0; product.len() + 1 - n];
    for i in 0..out.len() {
        let others: f64 = out[i.saturating_sub(n - 1)..i].iter().sum();
        out[i] = (product[i] * n as f64 - others).max(0.0);
    }
    out
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// A case of `fixtures/change/make_trend.py`.
    #[derive(Deserialize)]
    struct Case {
        days: Vec<f64>,
        values: Vec<f64>,
        slope: f64,
        low: f64,
        high: f64,
        coverage: f64,
        tau: f64,
        p: f64,
    }

    fn points(days: &[f64], values: &[f64]) -> Vec<Point> {
        days.iter().zip(values).map(|(&day, &change)| Point { day, change }).collect()
    }

    #[test]
    fn slopes_are_scipys_and_intervals_and_p_are_counted_out() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../fixtures/change/trend.json")).unwrap();
        assert!(cases.len() >= 10);
        for case in cases {
            let found = Trend::of(&points(&case.days, &case.values)).unwrap();
            for (name, value, expected) in [
                ("slope", found.slope_per_day, case.slope),
                ("low", found.low, case.low),
                ("high", found.high, case.high),
                ("coverage", found.coverage, case.coverage),
                ("tau", found.tau, case.tau),
                ("p", found.p, case.p),
            ] {
                assert!((value - expected).abs() < 1e-9, "{name}: {value} against {expected}");
            }
        }
    }

    #[test]
    fn three_visits_and_equal_ones_have_no_trend() {
        let code = |days: &[f64], values: &[f64]| Trend::of(&points(days, values)).unwrap_err().code;
        assert_eq!(code(&[0.0, 1.0, 2.0], &[1.0, 2.0, 3.0]), "too_few_visits");
        assert_eq!(code(&[0.0, 1.0, 2.0, 3.0], &[1.0; 4]), "no_change");
    }

    #[test]
    fn four_visits_that_all_fall_are_not_yet_beyond_chance() {
        // One of 24 orders, either way.
        let found = Trend::of(&points(&[0.0, 1.0, 2.0, 3.0], &[4.0, 3.0, 2.0, 1.0])).unwrap();
        assert!((found.p - 2.0 / 24.0).abs() < 1e-12 && found.tau == -1.0 && found.slope_per_day == -1.0);
    }

    #[test]
    fn ties_count_in_the_orders() {
        // One of 5! ÷ (2!·2!) = 30 orders, either way. The normal approximation has 0.037.
        let found = Trend::of(&points(&[0.0, 1.0, 2.0, 3.0, 4.0], &[3.0, 3.0, 2.0, 2.0, 1.0])).unwrap();
        assert!((found.p - 2.0 / 30.0).abs() < 1e-12, "{}", found.p);
    }

    #[test]
    fn five_visits_in_order_are_the_first_beyond_chance() {
        let p = |n: usize| {
            let days: Vec<f64> = (0..n).map(|day| day as f64).collect();
            Trend::of(&points(&days, &days)).unwrap().p
        };
        assert!(p(LEAST_VISITS_TO_CALL - 1) > 0.05 && p(LEAST_VISITS_TO_CALL) < 0.05);
        assert!((p(5) - 2.0 / 120.0).abs() < 1e-12);
    }

    #[test]
    fn orders_of_many_ties_add_up_to_one() {
        for runs in [vec![1; 33], vec![11, 11, 11], vec![30, 3], vec![2, 5, 1, 7, 9, 4, 5]] {
            let shares = inversions(&runs);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{runs:?}");
            // Read backwards, each order has the other pairs inverted.
            let back = shares.iter().rev();
            assert!(shares.iter().zip(back).all(|(a, b)| (a - b).abs() < 1e-9), "{runs:?}");
        }
    }

    #[test]
    fn an_interval_holds_its_slope_as_often_as_it_says() {
        use rand::{RngExt, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(8);
        for (visits, least) in [(4usize, 0.0), (5, 0.95), (8, 0.95), (12, 0.95)] {
            let days: Vec<f64> = (0..visits).map(|k| (k * k) as f64).collect();
            let (mut held, mut coverage) = (0, 0.0);
            for _ in 0..4000 {
                let values: Vec<f64> = days.iter().map(|day| 0.5 * day + rng.random::<f64>()).collect();
                let found = Trend::of(&points(&days, &values)).unwrap();
                held += u32::from((found.low..=found.high).contains(&0.5));
                coverage = found.coverage;
            }
            let share = f64::from(held) / 4000.0;
            println!("{visits} visits: says {coverage:.3}, holds {share:.3}");
            assert!(coverage >= least && (share - coverage).abs() < 0.015, "{visits}: {share} of {coverage}");
        }
    }
}
