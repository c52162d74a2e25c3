//! Numbers along the axes of plots.

/// Round numbers within a range: steps of 1, 2 or 5 times a power of ten, seven at most.
pub(crate) fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 7.0;
    if !(rough.is_finite() && rough > 0.0) {
        return vec![low];
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = power * [1.0, 2.0, 5.0, 10.0].into_iter().find(|k| k * power >= rough).unwrap_or(10.0);
    let first = (low / step).ceil() as i64;
    (first..).map(|k| k as f64 * step).take_while(|&v| v <= high + 1e-9 * step).collect()
}

/// Two digits; more only before the point.
pub(crate) fn short(value: f64) -> String {
    let digits = if value.abs() >= 10.0 || value == 0.0 {
        0
    } else if value.abs() >= 1.0 {
        1
    } else {
        // The first that is not 0, and one more.
        (1.0 - value.abs().log10().floor()).min(12.0) as usize
    };
    let text = format!("{value:.digits$}");
    match text.split_once('.') {
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_range() {
        assert_eq!(ticks((-0.26, 0.31)).len(), 6);
        assert_eq!(ticks((0.0, 90.0)), [0.0, 20.0, 40.0, 60.0, 80.0]);
        assert_eq!(ticks((3.0, 3.0)), [3.0]);
        assert_eq!([0.25, -0.1, 20.0, 1.5, 0.0].map(short), ["0.25", "-0.1", "20", "1.5", "0"]);
        assert_eq!([0.002, -0.00151, 0.05].map(short), ["0.002", "-0.0015", "0.05"]);
    }
}
