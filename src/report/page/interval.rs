//! A change with its interval, drawn against what photographs vary by anyway.

use std::fmt::Write;

use super::amount::{Amount, signed, with_unit};
use crate::report::axis::ticks;
use crate::report::markup::escaped;

const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 46.0;
/// Room for half a number at each end.
const MARGIN: f64 = 26.0;
/// Where the bar lies.
const MIDDLE: f64 = 15.0;

/// Half the span of an axis around zero that holds all of these.
pub(super) fn reach<'a>(amounts: impl Iterator<Item = &'a Amount>) -> f64 {
    let ends = |amount: &Amount| {
        let interval = amount.interval.map_or([0.0; 2], |(low, high)| [low, high]);
        let band = amount.band.map_or([0.0; 2], |(low, high)| [low, high]);
        [interval, band].concat().into_iter().fold(amount.change.abs(), |most, end| end.abs().max(most))
    };
    1.08 * amounts.map(ends).fold(0.0, f64::max).max(f64::MIN_POSITIVE)
}

/// The picture, with `label` for those who cannot see it.
pub(super) fn svg(amount: &Amount, reach: f64, label: &str) -> String {
    let x = |value: f64| {
        let place = MARGIN + (WIDTH - 2.0 * MARGIN) * (value + reach) / (2.0 * reach);
        place.clamp(1.0, WIDTH - 1.0)
    };
    let mut out = format!(
        r#"<svg class="interval" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">"#,
        escaped(label)
    );
    // Writing to a string cannot fail.
    if let Some((low, high)) = amount.band {
        let (left, right) = (x(low), x(high));
        let _ = write!(
            out,
            r#"<rect class="band" x="{left:.1}" y="2" width="{:.1}" height="26"/>"#,
            right - left
        );
    }
    let _ = write!(
        out,
        r#"<path class="axis" d="M{MARGIN} 28H{}"/><path class="zero" d="M{:.1} 0V31"/>"#,
        WIDTH - MARGIN,
        x(0.0)
    );
    for tick in ticks((-reach, reach)) {
        let _ = write!(
            out,
            r#"<path class="axis" d="M{0:.1} 28V31"/><text x="{0:.1}" y="43" text-anchor="middle">{1}</text>"#,
            x(tick),
            if tick == 0.0 { escaped(&with_unit("0", &amount.unit)) } else { signed(tick) }
        );
    }
    if let Some((low, high)) = amount.interval {
        let (left, right) = (x(low), x(high));
        let _ = write!(
            out,
            r#"<path class="bar" d="M{left:.1} {MIDDLE}H{right:.1}M{left:.1} {0}v10M{right:.1} {0}v10"/>"#,
            MIDDLE - 5.0
        );
    }
    let _ = write!(out, r#"<circle class="dot" cx="{:.1}" cy="{MIDDLE}" r="5"/></svg>"#, x(amount.change));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_lies_where_its_numbers_do() {
        let amount = Amount {
            change: -25.0,
            interval: Some((-50.0, 0.0)),
            band: Some((-10.0, 10.0)),
            unit: "%".to_owned(),
        };
        let svg = svg(&amount, 50.0, "a <label>");
        // Zero is in the middle, −25 % a quarter from the left.
        assert!(svg.contains(r#"M180.0 0V31"#) && svg.contains(r#"cx="103.0""#), "{svg}");
        assert!(svg.contains(r#"M26.0 15H180.0"#) && svg.contains("a &lt;label&gt;"), "{svg}");
        assert!((reach([amount].iter()) - 54.0).abs() < 1e-9);
    }
}
