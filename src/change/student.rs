//! Student's t.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::judge::LEVEL;

/// What is exceeded on either side in 5 % of cases, with `df` degrees of freedom.
pub(super) fn t_quantile(df: f64) -> f64 {
    t_quantile_at(LEVEL, df)
}

/// The reach, in standard errors, of a two-sided interval of this level, with `df` degrees of freedom.
pub(super) fn t_quantile_at(level: f64, df: f64) -> f64 {
    // From here on it is normal to five digits. Beyond, the library's quantile is off by more, and its search may not end.
    const AS_GOOD_AS_NORMAL: f64 = 1e5;
    let p = 0.5 + 0.5 * level;
    if df >= AS_GOOD_AS_NORMAL {
        return Normal::standard().inverse_cdf(p);
    }
    StudentsT::new(0.0, 1.0, df).map_or(f64::NAN, |t| t.inverse_cdf(p))
}

/// Two-sided p of `t` with `df` degrees of freedom; 1 where there are none, or no `t`.
pub(super) fn p_value(t: f64, df: f64) -> f64 {
    // 0 over 0: nothing moved, and nothing could.
    if t.is_nan() {
        return 1.0;
    }
    StudentsT::new(0.0, 1.0, df).map_or(1.0, |d| 2.0 * (1.0 - d.cdf(t.abs())))
}

/// A sum of independent variances and its degrees of freedom (Satterthwaite 1946, doi:10.2307/3002019; Welch 1947,
/// doi:10.1093/biomet/34.1-2.28). Each part is a variance and its degrees of freedom.
pub(super) fn sum_of(parts: &[(f64, f64)]) -> (f64, f64) {
    let total: f64 = parts.iter().map(|(variance, _)| variance).sum();
    (total, total * total / parts.iter().map(|(variance, df)| variance * variance / df).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_approach_the_normal_one_and_never_fall_below_it() {
        // R 4: qt(0.975, c(3, 30)); and the expansion z + (z³ + z)/(4 df) (Abramowitz & Stegun 26.7.5).
        assert!((t_quantile(3.0) - 3.182_446).abs() < 1e-6 && (t_quantile(30.0) - 2.042_272).abs() < 1e-6);
        let z = 1.959_963_985f64;
        for df in [1e4, 9.9e4, 1e5, 1e6, 1e7, 1e9, f64::INFINITY] {
            let expected = z + (z.powi(3) + z) / (4.0 * df);
            let found = t_quantile(df);
            assert!((found - expected).abs() < 3e-5 && found >= z - 1e-8, "{df}: {found}, not {expected}");
        }
    }
}
