//! Many people's changes together: their mean, how large it is beside how people differ, and how many responded.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF};
use statrs::function::gamma::ln_gamma;

use super::judge::LEVEL;
use super::student;

/// People below which an effect has no size: the bias of fewer cannot be undone.
const LEAST_FOR_EFFECT: usize = 3;

/// The mean of changes that belong to different people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedMean {
    /// People.
    pub people: usize,
    /// Mean change.
    pub mean: f64,
    /// Standard deviation between people.
    pub sd: f64,
    /// Lower end of the 95 % interval of the mean (Student's t).
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Two-sided p of no change on the mean (paired t test).
    pub p: f64,
    /// How large the mean is beside how people differ.
    pub effect: Option<EffectSize>,
}

/// Standardized mean change: mean over standard deviation of the changes (d_z), with the correction for few people of
/// Hedges (1981, doi:10.3102/10769986006002107).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectSize {
    /// Hedges' g_z: 0.2 is small, 0.5 medium, 0.8 large by convention (Cohen 1988).
    pub g: f64,
    /// Lower end of its 95 % interval: g ± t·√(1/n + g²/2n) (Hedges & Olkin 1985, p. 86).
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl PairedMean {
    /// Of one change a person; `None` for fewer than two people.
    pub fn of(changes: &[f64]) -> Option<Self> {
        let people = changes.len();
        if people < 2 {
            return None;
        }
        let (n, df) = (people as f64, people as f64 - 1.0);
        let mean = changes.iter().sum::<f64>() / n;
        let sd = (changes.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / df).sqrt();
        let se = sd / n.sqrt();
        let reach = student::t_quantile(df) * se;
        let p = student::p_value(mean / se, df);
        // What differs by rounding alone does not differ.
        let alike = sd <= 1e-9 * mean.abs();
        let effect = if alike { None } else { EffectSize::of(mean / sd, people) };
        Some(Self { people, mean, sd, low: mean - reach, high: mean + reach, p, effect })
    }
}

impl EffectSize {
    /// From the plain ratio; `None` for few people, or where all changed alike.
    fn of(ratio: f64, people: usize) -> Option<Self> {
        if people < LEAST_FOR_EFFECT || !ratio.is_finite() {
            return None;
        }
        let (n, df) = (people as f64, people as f64 - 1.0);
        let unbiased = (ln_gamma(0.5 * df) - ln_gamma(0.5 * (df - 1.0))).exp() / (0.5 * df).sqrt();
        let g = unbiased * ratio;
        let reach = student::t_quantile(df) * (1.0 / n + g * g / (2.0 * n)).sqrt();
        Some(Self { g, low: g - reach, high: g + reach })
    }
}

/// The 95 % interval of a share, of which `count` out of `of` were seen (Clopper & Pearson 1934,
/// doi:10.1093/biomet/26.4.404): never too narrow. `None` of nobody.
pub fn share_interval(count: usize, of: usize) -> Option<(f64, f64)> {
    if of == 0 || count > of {
        return None;
    }
    let tail = 0.5 * (1.0 - LEVEL);
    let quantile =
        |a: usize, b: usize, p: f64| Beta::new(a as f64, b as f64).map_or(f64::NAN, |d| d.inverse_cdf(p));
    let low = if count == 0 { 0.0 } else { quantile(count, of - count + 1, tail) };
    let high = if count == of { 1.0 } else { quantile(count + 1, of - count, 1.0 - tail) };
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Fixture {
        means: Vec<MeanCase>,
        shares: Vec<ShareCase>,
        adjusted: Vec<AdjustedCase>,
    }

    #[derive(Deserialize)]
    struct MeanCase {
        changes: Vec<f64>,
        mean: f64,
        sd: f64,
        low: f64,
        high: f64,
        p: f64,
        g: f64,
        g_low: f64,
        g_high: f64,
    }

    #[derive(Deserialize)]
    struct ShareCase {
        count: usize,
        of: usize,
        low: f64,
        high: f64,
    }

    #[derive(Deserialize)]
    struct AdjustedCase {
        p: Vec<f64>,
        holm: Vec<f64>,
    }

    fn fixture() -> Fixture {
        serde_json::from_str(include_str!("../../fixtures/change/paired.json")).unwrap()
    }

    fn assert_near(found: f64, expected: f64, what: &str) {
        assert!(
            (found - expected).abs() <= 1e-7 * expected.abs().max(1e-3),
            "{what}: {found}, not {expected}"
        );
    }

    #[test]
    fn means_and_effects_are_those_of_scipy_and_pingouin() {
        for case in fixture().means {
            let found = PairedMean::of(&case.changes).unwrap();
            let effect = found.effect.unwrap();
            for (found, expected, what) in [
                (found.mean, case.mean, "mean"),
                (found.sd, case.sd, "sd"),
                (found.low, case.low, "low"),
                (found.high, case.high, "high"),
                (found.p, case.p, "p"),
                (effect.g, case.g, "g"),
                (effect.low, case.g_low, "low of g"),
                (effect.high, case.g_high, "high of g"),
            ] {
                assert_near(found, expected, what);
            }
        }
    }

    #[test]
    fn shares_are_those_of_statsmodels() {
        for ShareCase { count, of, low, high } in fixture().shares {
            let found = share_interval(count, of).unwrap();
            assert_near(found.0, low, "low");
            assert_near(found.1, high, "high");
        }
        assert_eq!(share_interval(0, 0), None);
    }

    #[test]
    fn adjusted_p_are_those_of_statsmodels() {
        for case in fixture().adjusted {
            let some: Vec<_> = case.p.iter().copied().map(Some).collect();
            for (found, expected) in super::super::holds::holm_adjusted(&some).into_iter().zip(case.holm) {
                assert_near(found.unwrap(), expected, "p");
            }
        }
    }

    #[test]
    fn few_people_have_no_effect_size_and_one_has_no_mean() {
        assert_eq!(PairedMean::of(&[0.3]), None);
        assert_eq!(PairedMean::of(&[0.3, 0.4]).unwrap().effect, None);
        let alike = PairedMean::of(&[0.3; 4]).unwrap();
        assert_eq!((alike.effect, alike.low), (None, 0.3));
        assert_eq!(PairedMean::of(&[0.3, 0.1 + 0.2, 0.3]).unwrap().effect, None);
    }
}
