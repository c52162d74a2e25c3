//! Values that a metric can have.

/// Lowest and highest possible value of a metric, in its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// Lowest.
    pub low: f64,
    /// Highest.
    pub high: f64,
}

impl Range {
    /// Any number.
    pub const ANY: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };
    /// 0 and above.
    pub const POSITIVE: Self = Self { low: 0.0, high: f64::INFINITY };
    /// A share in per cent.
    pub const PERCENT: Self = Self { low: 0.0, high: 100.0 };

    /// A value brought within.
    pub fn clamp(self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    /// True if a smallest detectable change is so large that nothing can be said of values up to `largest`: as large as the value
    /// itself, or as the whole range. A metric of any sign has no such limit.
    pub fn is_filled_by(self, smallest_detectable_change: f64, largest: f64) -> bool {
        let whole = self.high - self.low;
        let limit = if self.low == 0.0 { largest.min(whole) } else { whole };
        limit.is_finite() && smallest_detectable_change >= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_positive_value_is_filled_by_itself_and_a_correlation_by_its_range() {
        assert!(Range::POSITIVE.is_filled_by(5.0, 5.0) && !Range::POSITIVE.is_filled_by(4.9, 5.0));
        assert!(Range::PERCENT.is_filled_by(0.5, 0.4) && !Range::PERCENT.is_filled_by(0.3, 0.4));
        let correlation = Range { low: -1.0, high: 1.0 };
        assert!(correlation.is_filled_by(2.0, 0.1) && !correlation.is_filled_by(0.5, 0.1));
        assert!(!Range::ANY.is_filled_by(1e9, 1.0));
        assert_eq!(Range::PERCENT.clamp(120.0), 100.0);
    }
}
