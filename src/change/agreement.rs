//! How well repeated captures agree: within-subject standard deviation, intraclass correlation, limits of agreement.
//!
//! A *set* is one person's skin at one site on one visit, captured again and again; its captures are values on the axis
//! that changes are judged on.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::student::{p_value, t_quantile};

/// Standard deviations that hold 95 % of normal differences.
const REACH: f64 = 1.96;
/// Sets below which limits of agreement and correlations are not told.
const LEAST_SETS: usize = 3;

/// Within-subject standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Within {
    /// √ of the mean square within sets, on the axis of the values.
    pub s_w: f64,
    /// Captures less sets.
    pub df: f64,
}

impl Within {
    /// That of sets of two or more captures; `None` without any.
    pub fn of(sets: &[Vec<f64>]) -> Option<Self> {
        let squares = |set: &Vec<f64>| {
            let mean = set.iter().sum::<f64>() / set.len() as f64;
            set.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
        };
        let df = sets.iter().map(|set| set.len().saturating_sub(1)).sum::<usize>() as f64;
        (df > 0.0).then(|| Self { s_w: (sets.iter().map(squares).sum::<f64>() / df).sqrt(), df })
    }

    /// Smallest change that two captures can show: t(0.975; df)·√2·s_w.
    pub fn smallest_detectable_change(&self) -> f64 {
        t_quantile(self.df) * 2f64.sqrt() * self.s_w
    }
}

/// ICC(2,1): agreement of single captures, sets and captures both drawn at random (Shrout & Fleiss 1979,
/// doi:10.1037/0033-2909.86.2.420; interval by McGraw & Wong 1996, doi:10.1037/1082-989X.1.1.30).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// Share of the variance of single captures that is between sets.
    pub icc: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Standard error of measurement: √(MSE + (MSC − MSE)/n), the second term where it is above 0.
    pub sem: f64,
}

impl Correlation {
    /// Over the first captures of every set, as many as the shortest has; `None` for fewer than three sets, or sets that do not
    /// differ at all.
    pub fn of(sets: &[Vec<f64>]) -> Option<Self> {
        let captures = sets.iter().map(Vec::len).min()?;
        if sets.len() < LEAST_SETS || captures < 2 {
            return None;
        }
        let (n, k) = (sets.len() as f64, captures as f64);
        let all = || sets.iter().flat_map(|set| &set[..captures]);
        let mean = all().sum::<f64>() / (n * k);
        let of_set = |set: &Vec<f64>| set[..captures].iter().sum::<f64>() / k;
        let of_capture = |j: usize| sets.iter().map(|set| set[j]).sum::<f64>() / n;
        let total: f64 = all().map(|value| (value - mean).powi(2)).sum();
        let between_sets = k * sets.iter().map(|set| (of_set(set) - mean).powi(2)).sum::<f64>();
        let between_captures = n * (0..captures).map(|j| (of_capture(j) - mean).powi(2)).sum::<f64>();
        let msr = between_sets / (n - 1.0);
        let msc = between_captures / (k - 1.0);
        let mse = (total - between_sets - between_captures).max(0.0) / ((n - 1.0) * (k - 1.0));
        let icc = (msr - mse) / (msr + (k - 1.0) * mse + k * (msc - mse) / n);
        let sem = (mse + ((msc - mse) / n).max(0.0)).sqrt();
        if !icc.is_finite() {
            return None;
        }
        let (low, high) = interval([n, k], [msr, msc, mse], icc).unwrap_or((icc, icc));
        Some(Self { icc, low, high, sem })
    }
}

/// `None` where captures of a set agree to the last digit: the interval has no width then.
fn interval([n, k]: [f64; 2], [msr, msc, mse]: [f64; 3], icc: f64) -> Option<(f64, f64)> {
    let a = k * icc / (n * (1.0 - icc));
    let b = 1.0 + k * icc * (n - 1.0) / (n * (1.0 - icc));
    let df = (a * msc + b * mse).powi(2)
        / ((a * msc).powi(2) / (k - 1.0) + (b * mse).powi(2) / ((n - 1.0) * (k - 1.0)));
    let quantile = |one: f64, other: f64| Some(FisherSnedecor::new(one, other).ok()?.inverse_cdf(0.975));
    let (f_low, f_high) = (quantile(n - 1.0, df)?, quantile(df, n - 1.0)?);
    let rest = k * msc + (k * n - k - n) * mse;
    let low = n * (msr - f_low * mse) / (f_low * rest + n * msr);
    let high = n * (f_high * msr - mse) / (rest + n * f_high * msr);
    (low.is_finite() && high.is_finite()).then_some((low, high))
}

/// Second capture against first (Bland & Altman 1999, doi:10.1177/096228029900800204).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsOfAgreement {
    /// Mean of second − first.
    pub bias: f64,
    /// Lower end of its 95 % interval.
    pub bias_low: f64,
    /// Upper end.
    pub bias_high: f64,
    /// bias − 1.96 SD.
    pub lower: f64,
    /// bias + 1.96 SD.
    pub upper: f64,
    /// How far, either way, the 95 % interval of each limit reaches.
    pub reach_of_limits: f64,
    /// Slope of the difference over the mean of both; null where all means are equal.
    pub slope: Option<f64>,
    /// p of no slope.
    pub slope_p: Option<f64>,
}

impl LimitsOfAgreement {
    /// Of the first two captures of every set; `None` for fewer than three.
    pub fn of(sets: &[Vec<f64>]) -> Option<Self> {
        if sets.len() < LEAST_SETS || sets.iter().any(|set| set.len() < 2) {
            return None;
        }
        let points = points(sets);
        let n = points.len() as f64;
        let (mean, bias) =
            (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
        let of_differences: f64 = points.iter().map(|p| (p.1 - bias).powi(2)).sum();
        let sd = (of_differences / (n - 1.0)).sqrt();
        let t = t_quantile(n - 1.0);
        let reach = t * sd / n.sqrt();
        let of_means: f64 = points.iter().map(|p| (p.0 - mean).powi(2)).sum();
        let slope = (of_means > 0.0).then(|| {
            let slope = points.iter().map(|p| (p.0 - mean) * (p.1 - bias)).sum::<f64>() / of_means;
            let rest = (of_differences - slope * slope * of_means).max(0.0) / (n - 2.0);
            (slope, p_value(slope / (rest / of_means).sqrt(), n - 2.0))
        });
        Some(Self {
            bias,
            bias_low: bias - reach,
            bias_high: bias + reach,
            lower: bias - REACH * sd,
            upper: bias + REACH * sd,
            reach_of_limits: t * sd * (1.0 / n + REACH * REACH / (2.0 * (n - 1.0))).sqrt(),
            slope: slope.map(|s| s.0),
            slope_p: slope.map(|s| s.1).filter(|p| p.is_finite()),
        })
    }
}

/// Mean of the first two captures, and second − first, for every set.
pub fn points(sets: &[Vec<f64>]) -> Vec<(f64, f64)> {
    sets.iter().map(|set| (0.5 * (set[0] + set[1]), set[1] - set[0])).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Table 2 of Shrout & Fleiss: six targets, four judges.
    fn shrout_fleiss() -> Vec<Vec<f64>> {
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
            .iter()
            .map(|row| row.iter().map(|&v| f64::from(v)).collect())
            .collect()
    }

    fn near(found: f64, expected: f64, within: f64) {
        assert!((found - expected).abs() <= within, "{found} against {expected}");
    }

    #[test]
    fn the_published_table_gives_its_published_correlation() {
        let found = Correlation::of(&shrout_fleiss()).unwrap();
        near(found.icc, 0.29, 0.005);
    }

    /// A case of `fixtures/change/make_agreement.py`.
    #[derive(Deserialize)]
    struct Case {
        sets: Vec<Vec<f64>>,
        correlation: BTreeMap<String, f64>,
        limits: BTreeMap<String, f64>,
    }

    #[test]
    fn agreement_is_that_of_pingouin_and_scipy() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../fixtures/change/agreement.json")).unwrap();
        assert_eq!(cases.len(), 4);
        for Case { sets, correlation, limits } in cases {
            let found = Correlation::of(&sets).unwrap();
            for (name, value) in [("icc", found.icc), ("low", found.low), ("high", found.high)] {
                near(value, correlation[name], 1e-6);
            }
            let found = serde_json::to_value(LimitsOfAgreement::of(&sets).unwrap()).unwrap();
            for (name, expected) in limits {
                near(found[&name].as_f64().unwrap(), expected, 1e-6 * (1.0 + expected.abs()));
            }
        }
    }

    #[test]
    fn limits_are_those_of_the_published_formulas() {
        let sets = [[1.0, 1.2], [2.0, 1.9], [3.0, 3.5], [4.0, 4.1]].map(|set| set.to_vec());
        let found = LimitsOfAgreement::of(&sets).unwrap();
        // Differences 0.2, −0.1, 0.5, 0.1: mean 0.175, SD 0.25; t(0.975; 3) = 3.182446.
        near(found.bias, 0.175, 1e-12);
        near(found.upper, 0.175 + 1.96 * 0.25, 1e-9);
        near(found.bias_high, 0.175 + 3.182_446 * 0.125, 1e-6);
        near(found.reach_of_limits, 3.182_446 * 0.25 * (0.25f64 + 1.96 * 1.96 / 6.0).sqrt(), 1e-6);
    }

    #[test]
    fn within_is_the_root_of_the_pooled_variance() {
        let sets = [vec![1.0, 3.0], vec![5.0, 5.0, 8.0], vec![4.0]];
        let found = Within::of(&sets).unwrap();
        // 2 on one degree of freedom, 6 on two.
        near(found.s_w, (8.0f64 / 3.0).sqrt(), 1e-12);
        assert_eq!(found.df, 3.0);
        // t(0.975; 3) = 3.182446.
        near(found.smallest_detectable_change(), 3.182_446 * 2f64.sqrt() * found.s_w, 1e-5);
        assert_eq!(Within::of(&[vec![1.0]]), None);
    }

    #[test]
    fn too_few_sets_and_equal_ones_tell_nothing() {
        let two = [[1.0, 1.1], [2.0, 2.1]].map(|set| set.to_vec());
        assert_eq!((Correlation::of(&two), LimitsOfAgreement::of(&two)), (None, None));
        let equal = vec![vec![1.0, 1.0]; 4];
        assert_eq!(Correlation::of(&equal), None);
        assert_eq!(LimitsOfAgreement::of(&equal).unwrap().slope, None);
    }
}
