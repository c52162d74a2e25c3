//! Student's t.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::judge::LEVEL;

/// What is exceeded on either side in 5 % of cases, with `df` degrees of freedom.
pub(super) fn t_quantile(df: f64) -> f64 {
    // From here on it is normal to seven digits, and the library's search for it may not end.
    const AS_GOOD_AS_NORMAL: f64 = 1e6;
    StudentsT::new(0.0, 1.0, df.min(AS_GOOD_AS_NORMAL)).map_or(f64::NAN, |t| t.inverse_cdf(0.5 + 0.5 * LEVEL))
}

/// Two-sided p of `t` with `df` degrees of freedom; 1 where there are none, or no `t`.
pub(super) fn p_value(t: f64, df: f64) -> f64 {
    // 0 over 0: nothing moved, and nothing could.
    if t.is_nan() {
        return 1.0;
    }
    StudentsT::new(0.0, 1.0, df).map_or(1.0, |d| 2.0 * (1.0 - d.cdf(t.abs())))
}
