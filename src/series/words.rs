//! A series in sentences, for people at a terminal: those of its page.

use super::page::{day, definition, downtime_words, rose, trend_words};
use super::record::Series;
use crate::measure;
use crate::report::page::words::{ENGLISH, fill};

/// Title, then the trend of every main measure that was read on a visit, then how redness goes back.
pub fn words(series: &Series) -> (String, Vec<String>) {
    let w = &ENGLISH;
    let last = series.visits.iter().map(|visit| visit.day).fold(series.baseline_day, f64::max);
    let about =
        [(series.visits.len() + 1).to_string(), day(last - series.baseline_day), day(series.baseline_day)];
    let title = format!(
        "{}: {}",
        fill(w.series_title, &[&series.series]),
        fill(w.series_about, &[&about[0], &about[1], &about[2]])
    );
    let mut out = Vec::new();
    for phrase in w.phrases {
        let name = format!("{}.{}", phrase.measure, phrase.metric);
        let Some(curve) = series.metrics.get(&name) else { continue };
        let read = curve.points.iter().any(|point| point.change.is_some());
        if read && definition(&name).is_some_and(|metric: &measure::MetricDef| metric.primary) {
            out.push(format!("{}: {}", phrase.noun, trend_words(series, &name, curve, w)));
        }
    }
    if let Some(curve) = series.metrics.get(&series.downtime.metric) {
        out.push(format!("{} {}", w.downtime, downtime_words(series, rose(series, curve), w).join(" ")));
    }
    (title, out)
}
