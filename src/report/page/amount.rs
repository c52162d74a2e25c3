//! Numbers in words: per cent where a change is told so, else the metric's unit.

use super::words::Words;
use crate::measure::{self, Axis, MetricDef};
use crate::report::axis::short;
use crate::report::{ChangeAxis, Lesion, Metric};

/// How far a share may lie from the one that has a word, in per cent of before.
const NEAR_SHARE: f64 = 1.5;

/// Half of an interval from which per cent have no digit after the point.
const WHOLE_PERCENT_FROM: f64 = 3.0;

/// A change with what surrounds it, all in one unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Amount {
    pub change: f64,
    pub interval: Option<(f64, f64)>,
    /// From where to where photographs of unchanged skin differ.
    pub band: Option<(f64, f64)>,
    /// `%`, or the metric's own.
    pub unit: String,
}

impl Amount {
    /// `None` where no change was measured.
    pub fn of(measure: &str, name: &str, metric: &Metric) -> Option<Self> {
        let change = metric.change?;
        let interval = metric.interval.as_ref().and_then(|i| Some((i.low?, i.high?)));
        let band = metric.smallest_detectable_change.map(|smallest| band(metric, change, smallest));
        let on_logarithm = measure::find(measure, name).is_some_and(|m| m.axis == Axis::Ln);
        let (percent, before) = (metric.change_percent, metric.before);
        match (percent, before) {
            (Some(percent), Some(before)) if on_logarithm && before > 0.0 => {
                let share = |value: f64| 100.0 * value / before;
                Some(Self {
                    change: percent,
                    interval: interval.map(|(low, high)| (share(low), share(high))),
                    band: band.map(|(low, high)| (share(low), share(high))),
                    unit: "%".to_owned(),
                })
            }
            _ => Some(Self { change, interval, band, unit: metric.unit.clone() }),
        }
    }

    pub fn is_percent(&self) -> bool {
        self.unit == "%"
    }

    /// `−25 %`
    pub fn signed(&self, value: f64) -> String {
        with_unit(&signed(self.quiet(value)), &self.unit)
    }

    /// Without digits that drown in the uncertainty around it: two of its digits are kept, and of per cent whole ones from 3 on.
    fn quiet(&self, value: f64) -> f64 {
        let half = self.interval.or(self.band).map(|(low, high)| 0.5 * (high - low));
        match (half, self.is_percent()) {
            (Some(half), true) if (WHOLE_PERCENT_FROM..100.0).contains(&half) => value.round(),
            (Some(half), true) => rounded_to(value, step_within(half).unwrap_or(0.0).max(0.1)),
            (None, true) => tenth(value),
            (half, false) => half.and_then(step_within).map_or(value, |step| rounded_to(value, step)),
        }
    }

    /// The interval in numbers without sign where both ends have one: `21 to 29 %`.
    pub fn size_of_interval(&self, words: &Words) -> Option<String> {
        let (low, high) = self.interval?;
        if low * high < 0.0 {
            return self.signed_interval(words);
        }
        let (near, far) = if low.abs() < high.abs() { (low, high) } else { (high, low) };
        let (near, far) = (self.quiet(near).abs(), self.quiet(far).abs());
        let (near, far) = (short(near), with_unit(&short(far), &self.unit));
        Some(super::words::fill(words.interval_of, &[&near, &far]))
    }

    /// The change with its interval, the unit of a long one once: `−25 % (−29 to −21 %)`.
    pub fn in_full(&self, words: &Words) -> String {
        let change = self.signed(self.change);
        match (self.interval, self.is_percent()) {
            (None, _) => change,
            (Some((low, high)), false) => {
                let [low, high] = [low, high].map(|end| signed(self.quiet(end)));
                format!("{change} ({})", super::words::fill(words.interval_of, &[&low, &high]))
            }
            _ => format!("{change} ({})", self.signed_interval(words).unwrap_or_default()),
        }
    }

    /// `−29 to −21 %`
    pub fn signed_interval(&self, words: &Words) -> Option<String> {
        let (low, high) = self.interval?;
        Some(super::words::fill(words.interval_of, &[&signed(self.quiet(low)), &self.signed(high)]))
    }

    /// How large the change is: a share in words where one is near, else the number.
    pub fn size(&self, words: &Words) -> String {
        let size = self.quiet(self.change).abs();
        let near = |(share, _): &&(f64, &str)| (share - size).abs() <= NEAR_SHARE;
        match words.shares.iter().find(near).filter(|_| self.is_percent()) {
            Some((_, word)) => (*word).to_owned(),
            None => with_unit(&short(size), &self.unit),
        }
    }

    /// The smallest change that would show, in the direction of this one.
    pub fn smallest(&self) -> Option<String> {
        let (low, high) = self.band?;
        Some(with_unit(&short(if self.change < 0.0 { low.abs() } else { high }), &self.unit))
    }
}

/// From where to where photographs of unchanged skin differ, in the metric's unit. `smallest` is that in the direction of `change`;
/// on the other side, noise is the same and allowances are others.
fn band(metric: &Metric, change: f64, smallest: f64) -> (f64, f64) {
    let sum = |side: fn(&crate::report::Allowance) -> Option<f64>| -> f64 {
        metric.allowances.iter().filter_map(side).sum()
    };
    let (fall, rise) = (sum(|a| a.fall), sum(|a| a.rise));
    let before = metric.before.filter(|_| metric.axis == Some(ChangeAxis::Logarithm));
    match (before.filter(|before| *before > 0.0), change < 0.0) {
        (Some(before), true) if smallest < before => {
            let other = -(-smallest / before).ln_1p() - fall + rise;
            (-smallest, before * other.exp_m1())
        }
        (Some(before), false) => {
            let other = (smallest / before).ln_1p() - rise + fall;
            (before * (-other).exp_m1(), smallest)
        }
        (_, true) => (-smallest, smallest - fall + rise),
        (_, false) => (-(smallest - rise + fall), smallest),
    }
}

/// Step of a number beside an uncertainty of which two digits are kept; `None` beside none.
fn step_within(uncertainty: f64) -> Option<f64> {
    let step = 10f64.powf(uncertainty.log10().floor() - 1.0);
    (step.is_finite() && step > 0.0).then_some(step)
}

fn rounded_to(value: f64, step: f64) -> f64 {
    (value / step).round() * step
}

/// A value of the metric with no digit that its change makes doubtful.
pub(crate) fn told_within(value: f64, uncertainty: Option<f64>) -> String {
    match uncertainty.and_then(step_within) {
        Some(step) if step >= 1.0 => told(rounded_to(value, step)),
        Some(step) => {
            // Never more digits than a value has elsewhere.
            let digits = (-step.log10()).round().clamp(0.0, 9.0) as usize;
            let digits = digits.min(digits_of(value));
            format!("{value:.digits$}").replace('-', "\u{2212}")
        }
        None => told(value),
    }
}

/// A change in brief, without what surrounds it, and the number that it is sorted by: in per cent where [`Amount::of`] tells it
/// so, else in the metric's unit.
pub(crate) fn in_brief(
    metric: &MetricDef,
    change: Option<f64>,
    percent: Option<f64>,
) -> Option<(f64, String)> {
    match percent.filter(|_| metric.axis == Axis::Ln) {
        Some(percent) => Some((percent, with_unit(&signed(tenth(percent)), "%"))),
        None => change.map(|change| (change, with_unit(&signed(change), metric.unit))),
    }
}

fn tenth(percent: f64) -> f64 {
    (10.0 * percent).round() / 10.0
}

/// With a sign, and a minus that is as wide as the plus.
pub(crate) fn signed(value: f64) -> String {
    let text = short(value.abs());
    match text.as_str() {
        "0" => text,
        _ if value < 0.0 => format!("\u{2212}{text}"),
        _ => format!("+{text}"),
    }
}

pub(crate) fn with_unit(number: &str, unit: &str) -> String {
    if unit.is_empty() { number.to_owned() } else { format!("{number}\u{a0}{unit}") }
}

/// A value of a table: three digits or four, never more; whole numbers as they are.
pub(crate) fn told(value: f64) -> String {
    let digits = if value.fract() == 0.0 { 0 } else { digits_of(value) };
    format!("{value:.digits$}").replace('-', "\u{2212}")
}

/// Digits after the point of which three in all are left.
fn digits_of(value: f64) -> usize {
    match value.abs() {
        0.0 => 0,
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        v => (2.0 - v.log10().floor()).min(9.0) as usize,
    }
}

/// The change of a lesion: per cent where there are any.
pub(crate) fn of_lesion(lesion: &Lesion) -> Option<String> {
    match lesion.change_percent {
        Some(percent) => Some(with_unit(&signed(tenth(percent)), "%")),
        None => in_unit(lesion),
    }
}

/// The same, and in the unit of what it is told by.
pub(crate) fn of_lesion_in_full(lesion: &Lesion) -> Option<String> {
    match (in_unit(lesion), lesion.change_percent) {
        (Some(change), Some(percent)) => {
            Some(format!("{change} ({})", with_unit(&signed(tenth(percent)), "%")))
        }
        (change, _) => change,
    }
}

fn in_unit(lesion: &Lesion) -> Option<String> {
    let sign = |change: f64| if change > 0.0 { "+" } else { "" };
    lesion.change.map(|change| with_unit(&format!("{}{}", sign(change), told(change)), &lesion.unit))
}

#[cfg(test)]
mod tests {
    use super::super::words::ENGLISH;
    use super::*;

    fn amount(change: f64, unit: &str) -> Amount {
        Amount { change, interval: Some((-29.2, -21.1)), band: Some((-5.7, 6.0)), unit: unit.to_owned() }
    }

    #[test]
    fn changes_are_told_as_people_say_them() {
        assert_eq!(amount(-25.3, "%").size(&ENGLISH), "a quarter");
        assert_eq!(amount(-38.0, "%").size(&ENGLISH), "38\u{a0}%");
        assert_eq!(amount(-25.3, "OD").size(&ENGLISH), "25\u{a0}OD");
        assert_eq!(amount(-25.3, "%").size_of_interval(&ENGLISH).unwrap(), "21 to 29\u{a0}%");
        let crossing = Amount { interval: Some((-2.0, 3.0)), ..amount(0.4, "%") };
        assert_eq!(crossing.size_of_interval(&ENGLISH).unwrap(), "\u{2212}2 to +3\u{a0}%");
        assert_eq!(amount(1.0, "%").smallest().unwrap(), "6\u{a0}%");
        assert_eq!(amount(-1.0, "%").smallest().unwrap(), "5.7\u{a0}%");
        // Of what is next to nothing, no digits are told.
        assert_eq!(crossing.signed(-0.000_006), "0\u{a0}%");
        assert_eq!(
            amount(-25.34, "%").in_full(&ENGLISH),
            "\u{2212}25\u{a0}% (\u{2212}29 to \u{2212}21\u{a0}%)"
        );
        let narrow = Amount { interval: Some((-4.25, -3.16)), ..amount(-3.71, "%") };
        let expected = "\u{2212}3.7\u{a0}% (\u{2212}4.3 to \u{2212}3.2\u{a0}%)";
        assert_eq!(narrow.in_full(&ENGLISH), expected);
        let density = Amount { interval: Some((-0.0094, 0.0089)), ..amount(-0.000_21, "OD") };
        assert_eq!(density.in_full(&ENGLISH), "\u{2212}0.0002\u{a0}OD (\u{2212}0.0094 to +0.0089)");
        let density = Amount { interval: Some((-0.0081, 0.0081)), ..amount(0.0, "OD") };
        assert_eq!(density.signed(0.000_000_067), "0\u{a0}OD");
    }

    #[test]
    fn the_band_is_of_noise_and_of_allowances_on_either_side() {
        let metric = |change: f64, smallest: f64, axis: ChangeAxis| Metric {
            before: Some(20.0),
            change: Some(change),
            axis: Some(axis),
            smallest_detectable_change: Some(smallest),
            allowances: vec![crate::report::Allowance {
                source: crate::change::AllowanceSource::Light,
                fall: Some(0.1),
                rise: Some(0.3),
            }],
            ..Metric::of_definition(measure::find("scars", "relief_contrast").unwrap(), None)
        };
        // Noise of 0.05 on the logarithm: falls from 0.15 on would show, rises from 0.35 on.
        let near = |(low, high): (f64, f64), expected: (f64, f64)| {
            assert!((low - expected.0).abs() < 1e-9 && (high - expected.1).abs() < 1e-9, "{low} {high}");
        };
        let expected = (20.0 * ((-0.15f64).exp() - 1.0), 20.0 * (0.35f64.exp() - 1.0));
        near(band(&metric(-4.0, -expected.0, ChangeAxis::Logarithm), -4.0, -expected.0), expected);
        near(band(&metric(4.0, expected.1, ChangeAxis::Logarithm), 4.0, expected.1), expected);
        near(band(&metric(-4.0, 2.0, ChangeAxis::Difference), -4.0, 2.0), (-2.0, 2.2));
        near(band(&metric(4.0, 2.0, ChangeAxis::Difference), 4.0, 2.0), (-1.8, 2.0));
    }

    #[test]
    fn a_value_has_no_digit_that_its_change_makes_doubtful() {
        assert_eq!(told_within(20.4738, Some(1.2)), "20.5");
        assert_eq!(told_within(20.4738, Some(14.0)), "20");
        assert_eq!(told_within(1234.5, Some(260.0)), "1230");
        assert_eq!(told_within(0.031_234, Some(0.008)), "0.0312");
        assert_eq!(told_within(20.4738, Some(0.001)), "20.5");
        assert_eq!(told_within(20.4738, None), "20.5");
        // A whole number among others has their digits.
        assert_eq!(told_within(20.0, Some(1.2)), "20.0");
    }

    #[test]
    fn values_have_three_digits() {
        let texts = [31.2345, 0.001_234_5, 1234.5, 0.0, -2.346, 2.0].map(told);
        assert_eq!(texts, ["31.2", "0.00123", "1234", "0", "\u{2212}2.35", "2"]);
    }
}
