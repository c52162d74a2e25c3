//! Whether a metric goes up or down over many visits, whatever the shape: Theil–Sen slope and Kendall's τ.

use statrs::distribution::{ContinuousCDF, Normal};

use super::judge::LEVEL;
use super::recovery::Point;
use crate::reason::Reason;

/// Visits, the baseline among them, below which no trend is told.
pub const LEAST_TREND_VISITS: usize = 4;
/// Visits up to which the p of no trend is counted out.
const EXACT_UP_TO: usize = 33;

/// A trend over days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Median of the slopes between all pairs of visits, a day (Sen 1968, doi:10.1080/01621459.1968.10480934).
    pub slope_per_day: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Kendall's τ-b, −1 to 1 (Kendall 1945, doi:10.1093/biomet/33.3.239).
    pub tau: f64,
    /// Two-sided p of no trend: counted out, or where values tie by the normal approximation.
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
        let ties = Ties::of(points);
        let (all, score) = (slopes.len() as f64, rising as f64 - falling as f64);
        let tied = all - (rising + falling) as f64;
        let (low, high) = interval(&slopes, &ties);
        Ok(Self {
            slope_per_day: median(&slopes),
            low,
            high,
            tau: score / (all * (all - tied)).sqrt(),
            p: if tied == 0.0 && points.len() <= EXACT_UP_TO {
                exact_p(points.len(), rising.min(falling))
            } else {
                let z = score.abs() / ties.variance.sqrt();
                (2.0 * (1.0 - normal().cdf(z))).min(1.0)
            },
        })
    }
}

/// What equal values take from the variance of the number of rising less falling pairs.
struct Ties {
    variance: f64,
}

impl Ties {
    fn of(points: &[Point]) -> Self {
        let mut values: Vec<f64> = points.iter().map(|p| p.change).collect();
        values.sort_by(f64::total_cmp);
        let of = |count: f64| count * (count - 1.0) * (2.0 * count + 5.0);
        let tied: f64 = values.chunk_by(|a, b| a == b).map(|run| of(run.len() as f64)).sum();
        Self { variance: (of(points.len() as f64) - tied) / 18.0 }
    }
}

/// The slopes that as many lie beyond as chance may put there.
fn interval(sorted: &[f64], ties: &Ties) -> (f64, f64) {
    let all = sorted.len() as f64;
    let reach = normal().inverse_cdf(0.5 + 0.5 * LEVEL) * ties.variance.sqrt();
    let upper = ((all + reach) / 2.0).round_ties_even().min(all - 1.0);
    let lower = (((all - reach) / 2.0).round_ties_even() - 1.0).max(0.0);
    (sorted[lower as usize], sorted[upper as usize])
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[half] } else { 0.5 * (sorted[half - 1] + sorted[half]) }
}

/// Twice the share of the orders of `visits` that have `fewer` pairs the wrong way round, or less.
fn exact_p(visits: usize, fewer: usize) -> f64 {
    // Shares of orders by the number of such pairs; one more visit adds 0 to n − 1 of them, all alike.
    let mut shares = vec![1.0];
    for n in 2..=visits {
        let mut next = vec![0.0; shares.len() + n - 1];
        for (k, share) in shares.iter().enumerate() {
            next[k..k + n].iter_mut().for_each(|sum| *sum += share / n as f64);
        }
        shares = next;
    }
    (2.0 * shares[..=fewer].iter().sum::<f64>()).min(1.0)
}

fn normal() -> Normal {
    Normal::standard()
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
        tau: f64,
        p: f64,
    }

    fn points(days: &[f64], values: &[f64]) -> Vec<Point> {
        days.iter().zip(values).map(|(&day, &change)| Point { day, change }).collect()
    }

    #[test]
    fn slopes_and_p_are_scipys() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../fixtures/change/trend.json")).unwrap();
        assert!(cases.len() >= 5);
        for case in cases {
            let found = Trend::of(&points(&case.days, &case.values)).unwrap();
            for (name, value, expected) in [
                ("slope", found.slope_per_day, case.slope),
                ("low", found.low, case.low),
                ("high", found.high, case.high),
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
}
