//! Tests that follow from intervals: the p-value and the smallest detectable change of a result that is known by its
//! interval at every level.

/// Capture noise of a change that all of its objects share: light, focus, coding.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SharedNoise {
    /// Variance of the change, in the square of its unit.
    pub variance: f64,
    /// Degrees of freedom it rests on.
    pub df: f64,
}

/// Smallest p that is printed; below it quantiles of Student's t lose their digits.
const LEAST_P: f64 = 1e-9;
/// Halvings of the search for p, on its logarithm: more than six digits.
const HALVINGS: usize = 40;

/// Two-sided p of no change: one less the largest level at which the interval leaves zero out. Intervals must grow with
/// their level. 0 to 1, at least 10⁻⁹; 1 where every interval holds zero.
pub(super) fn p_of(interval: impl Fn(f64) -> (f64, f64)) -> f64 {
    let leaves_out = |p: f64| {
        let (low, high) = interval(1.0 - p);
        low > 0.0 || high < 0.0
    };
    if leaves_out(LEAST_P) {
        return LEAST_P;
    }
    // The level of zero at the upper end: its interval is a point.
    let (mut held, mut left_out) = (LEAST_P.ln(), 0.0);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (held + left_out);
        if leaves_out(middle.exp()) { left_out = middle } else { held = middle }
    }
    left_out.exp()
}

/// The smallest change that would have been seen: how far the interval reaches from the change towards zero; the larger
/// of both reaches where there is no change. A change is beyond it if and only if its interval leaves zero out.
pub(super) fn smallest_detectable(change: f64, (low, high): (f64, f64)) -> f64 {
    let (down, up) = (change - low, high - change);
    match change {
        fall if fall < 0.0 => up,
        rise if rise > 0.0 => down,
        _ => down.max(up),
    }
}

#[cfg(test)]
mod tests {
    use statrs::distribution::{ContinuousCDF, Normal};

    use super::*;

    #[test]
    fn a_normal_interval_gives_the_p_of_its_z() {
        let normal = Normal::standard();
        let p = |z: f64| {
            p_of(|level| {
                let reach = normal.inverse_cdf(0.5 + 0.5 * level);
                (z - reach, z + reach)
            })
        };
        // Φ of the standard table.
        assert!((p(1.959_964) - 0.05).abs() < 1e-6 && (p(-2.575_829) - 0.01).abs() < 1e-6);
        assert!((p(1.0) - 0.317_311).abs() < 1e-5);
        assert!(p(0.0) > 0.999 && p(40.0) == LEAST_P);
    }

    #[test]
    fn a_change_is_beyond_what_is_detectable_where_its_interval_leaves_zero_out() {
        for (change, interval) in
            [(-2.0, (-3.0, -0.5)), (-2.0, (-3.0, 0.5)), (2.0, (-0.1, 9.0)), (2.0, (0.1, 9.0))]
        {
            let beyond = f64::abs(change) > smallest_detectable(change, interval);
            assert_eq!(beyond, interval.0 > 0.0 || interval.1 < 0.0);
        }
        assert_eq!(smallest_detectable(0.0, (-1.0, 4.0)), 4.0);
    }
}
