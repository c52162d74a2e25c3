//! What is said of a series.

use std::collections::BTreeMap;

use serde::Serialize;

use super::curve::{Curve, CurvePoint};
use super::find::PlannedSeries;
use crate::batch::{Outcome, PairRecord};
use crate::change::{CaptureNoise, NoiseTable, Point, Recovery, Setting};
use crate::reason::Reason;
use crate::report::{Report, Status, number, rounded};
use crate::share::ShareKey;

/// The metric whose way back is the downtime.
const DOWNTIME: (&str, &str) = ("redness", "hemoglobin_mean");

/// A series: its visits, its curves, its downtime.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Name of the series.
    pub series: String,
    /// Who.
    pub subject: Option<String>,
    /// Which view.
    pub view: Option<String>,
    /// Day of the visit that all others are compared with.
    pub baseline_day: f64,
    /// The others, in order of days.
    pub visits: Vec<SeriesVisit>,
    /// Redness and its way back.
    pub downtime: Downtime,
    /// Every metric by measure and name.
    pub metrics: BTreeMap<String, Curve>,
}

/// One visit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesVisit {
    /// Its day.
    pub day: f64,
    /// How its comparison with the baseline ended.
    pub status: Outcome,
    /// Why it is not `ok`.
    pub reasons: Vec<Reason>,
    /// The report of the comparison, told against the folder of results.
    pub report: Option<String>,
}

/// Redness from the peak back to the baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Downtime {
    /// The metric it is read off.
    pub metric: String,
    /// The visit of the largest change; null where no visit compares.
    pub peak: Option<Peak>,
    /// Half-life of what fades; null where it cannot be told.
    pub half_life: Option<HalfLife>,
    /// Why there is no half-life.
    pub reason: Option<Reason>,
    /// The days between which redness went back; null where it did not, or never left the baseline.
    pub returned: Option<Return>,
}

/// The highest visit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Peak {
    /// Its day.
    pub day: f64,
    /// Its change against the baseline.
    pub change: f64,
}

/// Half-life of h(t) = h∞ + A·2^(−t ÷ half-life) from the peak on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HalfLife {
    /// In days.
    pub days: f64,
    /// Lower end of its 95 % interval; null where the visits do not tell one.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Change against the baseline that stays: h∞.
    pub plateau: f64,
    /// What fades, at the peak: A.
    pub amplitude: f64,
    /// Visits that the curve is laid through.
    pub visits: usize,
}

/// Days of the return to the baseline. A visit is back where its change is smaller than the smallest that its
/// captures could show: they cannot tell it from the baseline. (To ask that the upper end of the interval
/// lie below that too would ask for less than no change: the interval of one visit is as wide.)
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Return {
    /// The last visit that was not back.
    pub after_day: f64,
    /// The visit from which on all were.
    pub by_day: f64,
}

impl Series {
    /// Lays the records of a series, and the reports of those that have one, along the days.
    pub fn of(
        plan: &PlannedSeries,
        records: &BTreeMap<String, (PairRecord, Option<Report>)>,
        noise: &NoiseTable,
    ) -> Self {
        let mut visits = Vec::new();
        let mut compared = Vec::new();
        for visit in &plan.visits[1..] {
            let Some((record, report)) = records.get(&plan.pair_name(visit)) else { continue };
            visits.push(SeriesVisit {
                day: visit.day,
                status: record.status,
                reasons: record.reasons.clone(),
                report: record.report.clone(),
            });
            compared.extend(report.iter().filter(|r| r.status != Status::Refused).map(|r| (visit.day, r)));
        }
        let mut metrics = Curve::all(compared.iter().copied());
        metrics.values_mut().for_each(|curve| curve.tell_trend(plan.visits[0].day));
        let reasons = compared.iter().flat_map(|(_, report)| &report.reasons);
        let setting = Setting::of(reasons.map(|reason| reason.code.as_str()));
        let name = format!("{}.{}", DOWNTIME.0, DOWNTIME.1);
        let points = metrics.get(&name).map_or(&[][..], |curve| &curve.points);
        let noise = noise.get(DOWNTIME.0, DOWNTIME.1, setting).map(|entry| CaptureNoise {
            variance: (entry.source.widening() * entry.s_w).powi(2),
            df: entry.df,
        });
        let downtime = Downtime::of(name, points, noise);
        Self {
            series: plan.name.clone(),
            subject: plan.subject.clone(),
            view: plan.view.clone(),
            baseline_day: plan.visits[0].day,
            visits,
            downtime,
            metrics,
        }
    }

    /// Takes out whom it is of; its name is a pseudonym already ([`PlannedSeries::shared`]).
    pub fn share(&mut self, key: &ShareKey) {
        self.subject = self.subject.as_deref().map(|subject| key.subject(subject));
        self.view = self.view.as_deref().map(|view| key.view(view));
    }

    /// The series as JSON, with a line feed at the end.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a series is plain data");
        text.push('\n');
        text
    }
}

impl Downtime {
    fn of(metric: String, visits: &[CurvePoint], noise: Option<CaptureNoise>) -> Self {
        let measured = visits.iter().filter_map(|v| Some(Point { day: v.day, change: v.change? }));
        let points: Vec<Point> = measured.collect();
        // Of equals the earlier.
        let peak = points.iter().rev().max_by(|a, b| a.change.total_cmp(&b.change)).copied();
        let fit = Recovery::fit(&points, noise);
        Self {
            metric,
            peak: peak.map(|peak| Peak { day: peak.day, change: rounded(peak.change) }),
            returned: peak.and_then(|peak| Return::of(visits, peak.day)),
            reason: fit.as_ref().err().cloned(),
            half_life: fit.ok().map(|fit| HalfLife {
                days: rounded(fit.half_life_days),
                low: fit.interval.0.and_then(number),
                high: fit.interval.1.and_then(number),
                plateau: rounded(fit.plateau),
                amplitude: rounded(fit.amplitude),
                visits: fit.visits,
            }),
        }
    }
}

impl Return {
    fn of(visits: &[CurvePoint], peak_day: f64) -> Option<Self> {
        let back = |v: &CurvePoint| {
            v.change.zip(v.smallest_detectable_change).is_some_and(|(change, smallest)| change < smallest)
        };
        let since: Vec<&CurvePoint> =
            visits.iter().filter(|v| v.day >= peak_day && v.change.is_some()).collect();
        let last = since.iter().rposition(|v| !back(v))?;
        Some(Self { after_day: since[last].day, by_day: since.get(last + 1)?.day })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::series::testing::point;

    fn visit(day: f64, change: f64) -> CurvePoint {
        point(day, change, None)
    }

    fn downtime(visits: &[CurvePoint]) -> Downtime {
        Downtime::of("redness.hemoglobin_mean".to_owned(), visits, None)
    }

    #[test]
    fn a_return_lies_between_the_last_red_visit_and_the_first_of_those_that_are_back() {
        let days = [1.0, 4.0, 9.0, 16.0, 30.0, 60.0];
        let visits: Vec<CurvePoint> =
            days.iter().map(|&day| visit(day, 0.2 * 2.0f64.powf(-day / 5.0))).collect();
        let found = downtime(&visits);
        // 0.2·2^(−9/5) = 0.057 can be told, 0.2·2^(−16/5) = 0.022 is less than 0.03.
        assert_eq!(found.returned, Some(Return { after_day: 9.0, by_day: 16.0 }));
        assert_eq!(found.peak.unwrap().day, 1.0);
        assert!((found.half_life.unwrap().days - 5.0).abs() < 1e-3 && found.reason.is_none());
    }

    #[test]
    fn red_to_the_end_and_too_few_visits_are_said() {
        let found = downtime(&[visit(1.0, 0.2), visit(7.0, 0.15), visit(14.0, 0.1)]);
        assert_eq!((found.returned, found.half_life), (None, None));
        assert_eq!(found.reason.unwrap().code, "too_few_visits");
        let none = downtime(&[]);
        assert!(none.peak.is_none() && none.reason.is_some());
    }
}
