//! Student's t.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::judge::LEVEL;

/// What is exceeded on either side in 5 % of cases, with `df` degrees of freedom.
pub(super) fn t_quantile(df: f64) -> f64 {
    t_quantile_at(LEVEL, df)
}

/// The reach, in standard errors, of a two-sided interval of this level, with `df` degrees of freedom.
pub(super) fn t_quantile_at(level: f64, df: f64) -> f64 {
    // From here on it is normal to seven digits, and the library's search for it may not end.
    const AS_GOOD_AS_NORMAL: f64 = 1e6;
    StudentsT::new(0.0, 1.0, df.min(AS_GOOD_AS_NORMAL)).map_or(f64::NAN, |t| t.inverse_cdf(0.5 + 0.5 * level))
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
