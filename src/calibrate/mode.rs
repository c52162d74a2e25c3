//! The half-sample mode: where most of a sample lies, whatever the rest does.

/// The half-sample mode of `values`, which are sorted on the way (Robertson & Cryer 1974; Bickel
/// & Frühwirth 2006, doi:10.1016/j.csda.2005.07.011): the densest half, then its densest half,
/// until few are left. NaN for none.
pub fn half_sample_mode(values: &mut [f32]) -> f64 {
    values.sort_by(f32::total_cmp);
    let mut sample: &[f32] = values;
    while sample.len() > 3 {
        let half = sample.len().div_ceil(2);
        let width = |start: usize| f64::from(sample[start + half - 1]) - f64::from(sample[start]);
        let densest = (0..=sample.len() - half).min_by(|&a, &b| width(a).total_cmp(&width(b))).unwrap_or(0);
        sample = &sample[densest..densest + half];
    }
    let at = |i: usize| f64::from(sample[i]);
    match sample.len() {
        0 => f64::NAN,
        1 => at(0),
        2 => 0.5 * (at(0) + at(1)),
        _ if at(1) - at(0) < at(2) - at(1) => 0.5 * (at(0) + at(1)),
        _ if at(1) - at(0) > at(2) - at(1) => 0.5 * (at(1) + at(2)),
        _ => at(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_by_hand() {
        assert!(half_sample_mode(&mut []).is_nan());
        assert_eq!(half_sample_mode(&mut [4.0]), 4.0);
        assert_eq!(half_sample_mode(&mut [4.0, 1.0]), 2.5);
        assert_eq!(half_sample_mode(&mut [9.0, 1.0, 2.0]), 1.5);
        assert_eq!(half_sample_mode(&mut [1.0, 8.0, 9.0]), 8.5);
        // Halves of 8: 2, 2.1, 2.2, 2.4; then 2, 2.1 as dense as 2.1, 2.2, of which the first.
        let mut eight = [7.0, 2.0, 2.125, 2.25, 2.5, 5.0, 0.0, 9.0];
        assert_eq!(half_sample_mode(&mut eight), 2.0625);
    }

    #[test]
    fn a_third_of_outliers_does_not_move_it() {
        let mut values: Vec<f32> = (0..1000)
            .map(|i| if i % 3 == 0 { 5.0 + i as f32 } else { (i as f32 * 0.618_034).fract().powi(3) * 0.1 })
            .collect();
        // Two thirds lie in 0…0.1, densest at 0.
        assert!(half_sample_mode(&mut values).abs() < 0.005);
    }
}
