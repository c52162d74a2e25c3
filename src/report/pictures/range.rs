//! The ends of a color scale and the numbers beside it.

/// Share of values beyond each end of a scale.
const TAIL: f64 = 0.01;
/// The scale of a difference reaches at least to this share of the shared scale's span.
const LEAST_DIFFERENCE: f64 = 0.25;

/// A color scale's ends, both whole multiples of a decimal step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    pub low: f64,
    pub high: f64,
    step: f64,
}

impl Range {
    /// From the 1st to the 99th percentile of the finite values, rounded outward; `None` where
    /// there are none.
    pub(super) fn of(values: impl Iterator<Item = f32>) -> Option<Self> {
        let sorted = sorted(values);
        let (low, high) = (quantile(&sorted, TAIL)?, quantile(&sorted, 1.0 - TAIL)?);
        let spread = (high - low).max(1e-3 * low.abs().max(high.abs())).max(1e-9);
        let step = decimal_step(spread);
        let first = (low / step + 1e-6).floor();
        let mut steps = (high / step - 1e-6).ceil() - first;
        // An even number of steps, so that the middle has a short number too.
        steps += if steps < 1.0 { 2.0 } else { steps % 2.0 };
        Some(Self { low: first * step, high: (first + steps) * step, step })
    }

    /// From −r to r, where r is the 99th percentile of the values' size.
    pub(super) fn around_zero(values: impl Iterator<Item = f32>, shared: Option<Self>) -> Option<Self> {
        let sorted = sorted(values.map(f32::abs));
        let least = shared.map_or(0.0, |s| LEAST_DIFFERENCE * (s.high - s.low));
        let reach = quantile(&sorted, 1.0 - TAIL)?.max(least).max(1e-9);
        let step = decimal_step(reach);
        let high = (reach / step - 1e-6).ceil() * step;
        Some(Self { low: -high, high, step })
    }

    /// Where `value` lies, 0 to 1 between the ends.
    pub(super) fn place(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    /// `value` with as many digits as the step needs.
    pub(super) fn label(&self, value: f64) -> String {
        let largest = self.low.abs().max(self.high.abs());
        if largest >= 1e6 || self.step < 1e-5 {
            return format!("{value:.1e}");
        }
        let decimals = (-self.step.log10().round()).max(0.0) as usize;
        let value = if value.abs() < 0.5 * self.step { 0.0 } else { value };
        format!("{value:.decimals$}")
    }
}

/// A power of ten that goes into `span` ten to a hundred times.
fn decimal_step(span: f64) -> f64 {
    10f64.powf((span.log10() + 1e-9).floor() - 1.0)
}

fn sorted(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut finite: Vec<f32> = values.filter(|v| v.is_finite()).collect();
    finite.sort_unstable_by(f32::total_cmp);
    finite
}

fn quantile(sorted: &[f32], share: f64) -> Option<f64> {
    let place = (share * sorted.len().saturating_sub(1) as f64).round() as usize;
    sorted.get(place).map(|v| f64::from(*v))
}

/// A length of 1, 2 or 5 times a power of ten mm, at most `limit_mm` long.
pub(super) fn bar_length_mm(limit_mm: f64) -> f64 {
    let decade = 10f64.powf(limit_mm.log10().floor());
    [5.0, 2.0, 1.0].map(|f| f * decade).into_iter().find(|l| *l <= limit_mm).unwrap_or(decade)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_range_is_robust_and_round() {
        let values = (0..1000).map(|i| if i == 500 { 1e6 } else { i as f32 / 1000.0 });
        let range = Range::of(values).unwrap();
        assert_eq!((range.label(range.low), range.label(range.high)), ("0.01".into(), "0.99".into()));
    }

    #[test]
    fn ends_are_labeled_as_they_are() {
        for (low, high) in [(0.1234, 0.5678), (-31.2, 22.8), (1234.0, 1301.0), (0.00021, 0.00034)] {
            let range = Range::of([low as f32, high as f32].into_iter()).unwrap();
            assert!(range.low <= low + 1e-6 && range.high >= high - 1e-6, "{range:?}");
            assert!(range.high - range.low < 1.4 * (high - low), "{range:?}");
            for end in [range.low, range.high, 0.5 * (range.low + range.high)] {
                let said: f64 = range.label(end).parse().unwrap();
                assert!((said - end).abs() < 1e-6 * (high - low) + 1e-7, "{said} for {end}");
            }
        }
    }

    #[test]
    fn constant_and_empty_values_have_a_range_or_none() {
        for value in [0.0, 5.0, -1e-3] {
            let range = Range::of([value; 9].into_iter()).unwrap();
            assert!(range.low < range.high && (0.0..=1.0).contains(&range.place(f64::from(value))));
        }
        assert_eq!(Range::of([f32::NAN, f32::INFINITY].into_iter()), None);
    }

    #[test]
    fn noise_does_not_fill_the_difference_scale() {
        let shared = Range::of([0.0, 1.0].into_iter());
        let range = Range::around_zero([0.001f32, -0.002].into_iter(), shared).unwrap();
        assert_eq!((range.low, range.high), (-0.25, 0.25));
    }

    #[test]
    fn bar_lengths_are_one_two_or_five() {
        let lengths = [30.0, 7.0, 4.9, 1.99, 0.35].map(bar_length_mm);
        assert_eq!(lengths, [20.0, 5.0, 2.0, 1.0, 0.2]);
    }
}
