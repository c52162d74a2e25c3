//! Numbers as a report prints them.

/// Significant digits: more than any measurement has, fewer than f64 would print.
const DIGITS: i32 = 6;

/// `value` to six significant digits, or `None` where it is no number.
pub fn number(value: f64) -> Option<f64> {
    value.is_finite().then(|| rounded(value))
}

/// A finite `value` to six significant digits.
pub fn rounded(value: f64) -> f64 {
    // Through text: the nearest double to the decimal is what JSON readers will see.
    format!("{value:.*e}", DIGITS as usize - 1).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_remain_and_nan_is_nothing() {
        assert_eq!(number(123.456_789), Some(123.457));
        assert_eq!(number(-0.000_123_456_78), Some(-0.000_123_457));
        assert_eq!(number(0.0), Some(0.0));
        assert_eq!(number(f64::NAN), None);
        assert_eq!(number(f64::NEG_INFINITY), None);
    }
}
