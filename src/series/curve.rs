//! One metric along the days.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::change::{LEAST_VISITS_TO_CALL, LEVEL, Point, Trend, Verdict};
use crate::reason::Reason;
use crate::report::{Interval, Report, number, rounded};

/// A metric along the days, each against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// Name for people.
    pub label: String,
    /// Unit of values and changes.
    pub unit: String,
    /// Whether it is one of the endpoints.
    pub primary: bool,
    /// One for each visit that compares with the baseline, in order of days.
    pub points: Vec<CurvePoint>,
    /// Whether it goes up or down over all visits; null where that cannot be told.
    pub trend: Option<CurveTrend>,
    /// Reason why there is no trend, or why none can be beyond chance: fewer than five visits.
    pub trend_reason: Option<Reason>,
}

/// A metric's way over all visits, the baseline among them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurveTrend {
    /// Visits.
    pub visits: usize,
    /// Theil–Sen slope, in the metric's unit a day.
    pub slope_per_day: f64,
    /// Lower end of its interval; null where that is beyond numbers.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Share of such intervals that hold the slope, in per cent: 91.7 for four visits, at least 95 from five on.
    pub coverage_percent: f64,
    /// Kendall's τ-b.
    pub kendall_tau: f64,
    /// Two-sided p of no trend, of this metric alone; counted over all orders of the values.
    pub p: f64,
    /// What may be said.
    pub verdict: TrendVerdict,
}

/// What may be said of a trend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TrendVerdict {
    /// It falls: p is below 0.05, which takes five visits, and the slope over all days exceeds the smallest change that any
    /// visit could show.
    Falls,
    /// It rises, alike.
    Rises,
    /// Neither can be told.
    NoDetectableTrend,
}

/// A metric on one visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurvePoint {
    /// Day of the visit.
    pub day: f64,
    /// Of the baseline, on the skin that both photographs show.
    pub before: Option<f64>,
    /// Of the visit.
    pub after: Option<f64>,
    /// After − before.
    pub change: Option<f64>,
    /// Interval of the change.
    pub interval: Option<Interval>,
    /// The smallest change that these captures could show.
    pub smallest_detectable_change: Option<f64>,
    /// What may be said.
    pub verdict: Option<Verdict>,
}

impl Curve {
    /// Every metric of some reports, by measure and name as `redness.hemoglobin_mean`.
    pub(super) fn all<'r>(visits: impl Iterator<Item = (f64, &'r Report)>) -> BTreeMap<String, Self> {
        let mut out: BTreeMap<String, Self> = BTreeMap::new();
        for (day, report) in visits {
            let metrics = report.measures.iter().flat_map(|(measure, found)| {
                found.metrics.iter().map(move |(name, metric)| (format!("{measure}.{name}"), metric))
            });
            for (name, metric) in metrics {
                let curve = out.entry(name).or_insert_with(|| Self {
                    label: metric.label.clone(),
                    unit: metric.unit.clone(),
                    primary: false,
                    points: Vec::new(),
                    trend: None,
                    trend_reason: None,
                });
                curve.primary |= metric.primary;
                curve.points.push(CurvePoint {
                    day,
                    before: metric.before,
                    after: metric.after,
                    change: metric.change,
                    interval: metric.interval.clone(),
                    smallest_detectable_change: metric.smallest_detectable_change,
                    verdict: metric.verdict,
                });
            }
        }
        out
    }

    /// Tells the trend from the baseline of this day on, whose change is none.
    pub(super) fn tell_trend(&mut self, baseline_day: f64) {
        let measured = self.points.iter().filter_map(|p| Some(Point { day: p.day, change: p.change? }));
        let points: Vec<Point> =
            std::iter::once(Point { day: baseline_day, change: 0.0 }).chain(measured).collect();
        match Trend::of(&points) {
            Ok(trend) => {
                self.trend = Some(self.told(&trend, &points));
                self.trend_reason = too_few_to_call(points.len());
            }
            Err(reason) => self.trend_reason = Some(reason),
        }
    }

    fn told(&self, trend: &Trend, points: &[Point]) -> CurveTrend {
        let days = points.iter().map(|p| p.day);
        let span = days.clone().fold(f64::NEG_INFINITY, f64::max) - days.fold(f64::INFINITY, f64::min);
        // Where no noise is known, nothing is beyond it.
        let smallest =
            self.points.iter().filter(|p| p.change.is_some()).map(|p| p.smallest_detectable_change);
        let smallest = smallest.map(|s| s.unwrap_or(f64::INFINITY)).fold(0.0, f64::max);
        let told = trend.p < 1.0 - LEVEL && (trend.slope_per_day * span).abs() > smallest;
        CurveTrend {
            visits: points.len(),
            slope_per_day: rounded(trend.slope_per_day),
            low: number(trend.low),
            high: number(trend.high),
            coverage_percent: rounded(100.0 * trend.coverage),
            kendall_tau: rounded(trend.tau),
            p: rounded(trend.p),
            verdict: match told {
                false => TrendVerdict::NoDetectableTrend,
                true if trend.slope_per_day < 0.0 => TrendVerdict::Falls,
                true => TrendVerdict::Rises,
            },
        }
    }
}

fn too_few_to_call(visits: usize) -> Option<Reason> {
    let message = "a rise or fall beyond chance needs so many visits, the baseline among them";
    let (found, needed) = (visits as f64, LEAST_VISITS_TO_CALL as f64);
    (visits < LEAST_VISITS_TO_CALL).then(|| Reason::limit("too_few_visits", message, found, needed))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Changes on days 0, 10, 20, … with this smallest detectable one; the baseline on day −10.
    fn trend(changes: &[f64], smallest: Option<f64>) -> Curve {
        let point = |(k, &change): (usize, &f64)| CurvePoint {
            day: 10.0 * k as f64,
            before: Some(1.0),
            after: Some(1.0 + change),
            change: Some(change),
            interval: None,
            smallest_detectable_change: smallest,
            verdict: None,
        };
        let mut curve = Curve {
            label: "x".to_owned(),
            unit: String::new(),
            primary: true,
            points: changes.iter().enumerate().map(point).collect(),
            trend: None,
            trend_reason: None,
        };
        curve.tell_trend(-10.0);
        curve
    }

    #[test]
    fn a_trend_is_told_beyond_chance_and_beyond_noise() {
        let verdict = |changes: &[f64], smallest| trend(changes, smallest).trend.unwrap().verdict;
        let falling = [-0.1, -0.2, -0.3, -0.4];
        assert_eq!(verdict(&falling, Some(0.35)), TrendVerdict::Falls);
        assert_eq!(verdict(&falling.map(|v| -v), Some(0.35)), TrendVerdict::Rises);
        // Over 40 days it falls by 0.4.
        assert_eq!(verdict(&falling, Some(0.45)), TrendVerdict::NoDetectableTrend);
        assert_eq!(verdict(&falling, None), TrendVerdict::NoDetectableTrend);
        // Four orders in twenty-four and more are chance.
        assert_eq!(verdict(&falling[..3], Some(0.1)), TrendVerdict::NoDetectableTrend);
        assert_eq!(verdict(&[0.3, -0.2, 0.1, -0.4], Some(0.01)), TrendVerdict::NoDetectableTrend);
    }

    #[test]
    fn nothing_falls_or_rises_below_five_visits() {
        let found = trend(&[-0.1, -0.2, -0.3], Some(0.001));
        let told = found.trend.unwrap();
        assert_eq!((told.visits, told.verdict), (4, TrendVerdict::NoDetectableTrend));
        assert!((told.p - 0.0833).abs() < 1e-3 && (told.coverage_percent - 91.67).abs() < 0.01, "{told:?}");
        let reason = found.trend_reason.unwrap();
        assert_eq!(
            (reason.code.as_str(), reason.found, reason.needed),
            ("too_few_visits", Some(4.0), Some(5.0))
        );
        let five = trend(&[-0.1, -0.2, -0.3, -0.4], Some(0.001));
        assert_eq!((five.trend.unwrap().verdict, five.trend_reason), (TrendVerdict::Falls, None));
    }

    #[test]
    fn ties_are_counted_before_a_fall_is_called() {
        // 3, 3, 2, 2, 1: the normal approximation has p = 0.037, all orders have 0.067.
        let found = trend(&[0.0, -0.1, -0.1, -0.2], Some(0.001)).trend.unwrap();
        assert_eq!(found.verdict, TrendVerdict::NoDetectableTrend);
        assert!((found.p - 0.0667).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn two_visits_and_a_baseline_have_no_trend_and_say_why() {
        let found = trend(&[-0.1, -0.2], Some(0.01));
        assert_eq!((found.trend, found.trend_reason.unwrap().code.as_str()), (None, "too_few_visits"));
    }
}
