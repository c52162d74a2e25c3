//! Errors of figures over blocks of skin.

/// Standard error of a figure from its values with one block left out each (Efron & Stein 1981, doi:10.1214/aos/1176345462).
pub(super) fn standard_error(left_out: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let n = left_out.len() as f64;
    let mean = left_out.clone().sum::<f64>() / n;
    ((n - 1.0) / n * left_out.map(|v| (v - mean).powi(2)).sum::<f64>()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_mean_it_is_the_standard_error_of_the_mean() {
        let values = [2.0, 3.0, 5.0, 10.0];
        let left_out = values.map(|v| (20.0 - v) / 3.0);
        // Variance 38/3 of four values: √(38/12).
        let expected = (38.0f64 / 12.0).sqrt();
        assert!((standard_error(left_out.into_iter()) - expected).abs() < 1e-12);
    }
}
