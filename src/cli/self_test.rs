//! The self-test of an engine: synthetic skin whose change is known, and the CPU's own numbers.

use std::collections::BTreeMap;

use crate::analyzer::{Analyzer, Light, Options};
use crate::engine::EngineChoice;
use crate::phantom::{self, Pair, PhantomError, Rgb8};
use crate::photo::Photo;
use crate::report::{Measure, Report, Status};

/// Seed of the skin that is measured.
const SEED: u64 = 1;
/// Relief contrast after, as a share of before, where depths are at 0.6: contrast falls a little less
/// or more than depth, because noise and pores remain and shadows vanish first.
const RELIEF: std::ops::RangeInclusive<f64> = 0.45..=0.80;
/// Pigment burden after, as a share of before, where melanin is at one half: of a contrast c above the
/// threshold T, (c/2 − T)/(c − T) remains, which is one half for c ≫ T and a quarter for c = 3·T.
const BURDEN: std::ops::RangeInclusive<f64> = 0.25..=0.50;
/// How far a metric on a GPU may lie from the CPU's, as a share: a tenth of the best repeatability.
const AGREEMENT: f64 = 1e-3;
/// Below this, a difference between engines is rounding whatever its share.
const ROUNDING: f64 = 1e-6;

/// What the self-test measures.
pub(super) struct Subjects {
    scars: Pair,
    spots: Pair,
}

/// What an engine read.
pub(super) struct Readings {
    scars: Report,
    spots: Report,
}

/// Metrics by measure, as in a report.
type Measures = BTreeMap<String, Measure>;

impl Subjects {
    /// Scars at 60 % of their depth, spots at half of their melanin.
    pub fn render() -> Result<Self, PhantomError> {
        Ok(Self {
            scars: phantom::scar_pair(phantom::Light::Oblique45, SEED)?,
            spots: phantom::pigment_pair(SEED)?,
        })
    }
}

impl Readings {
    /// What an engine reads, or why it reads nothing.
    pub fn of(choice: &EngineChoice, threads: usize, subjects: &Subjects) -> Result<Self, String> {
        let analyzer = Analyzer::new(choice, threads).map_err(|e| e.to_string())?;
        let compare = |pair: &Pair, light| {
            let options = Options {
                mm_per_px_before: Some(pair.before.truth.mm_per_px),
                mm_per_px_after: Some(pair.after.truth.mm_per_px),
                light,
                ..Options::default()
            };
            let photo = |rgb: &Rgb8| Photo::from_rgb_bytes("phantom", rgb.size(), rgb.bytes());
            let [before, after] = [photo(&pair.before.rgb), photo(&pair.after.rgb)];
            let outcome =
                analyzer.compare_photos(&[before], &[after], &options).map_err(|e| e.to_string())?;
            if outcome.report.status == Status::Refused {
                let reasons: Vec<String> = outcome.report.reasons.iter().map(ToString::to_string).collect();
                return Err(format!("the phantom was refused: {}", reasons.join("; ")));
            }
            Ok(outcome.report)
        };
        Ok(Self {
            scars: compare(&subjects.scars, Light::Oblique)?,
            spots: compare(&subjects.spots, Light::Diffuse)?,
        })
    }

    /// What was read, in words, or what is wrong with it.
    pub fn judge(&self, reference: Option<&Self>) -> Result<String, String> {
        let relief = share(&self.scars, "scars", "relief_contrast")?;
        within("scars.relief_contrast", relief, &RELIEF)?;
        let burden = share(&self.spots, "pigment", "burden")?;
        within("pigment.burden", burden, &BURDEN)?;
        let mut words = format!(
            "relief contrast at {relief:.2} for depth 0.60, pigment burden at {burden:.2} for melanin 0.50"
        );
        if let Some(reference) = reference {
            let worst = largest_difference(&reference.scars.measures, &self.scars.measures)?
                .max(largest_difference(&reference.spots.measures, &self.spots.measures)?);
            words.push_str(&format!(", within {:.4} % of the CPU", 100.0 * worst));
        }
        Ok(words)
    }
}

/// A metric after, as a share of before.
fn share(report: &Report, measure: &str, metric: &str) -> Result<f64, String> {
    let found = report.measures.get(measure).and_then(|m| m.metrics.get(metric));
    match found.map(|m| (m.before, m.after)) {
        Some((Some(before), Some(after))) if before > 0.0 => Ok(after / before),
        _ => Err(format!("{measure}.{metric}: expected a value before and after, found none")),
    }
}

fn within(name: &str, found: f64, expected: &std::ops::RangeInclusive<f64>) -> Result<(), String> {
    if expected.contains(&found) {
        return Ok(());
    }
    let (low, high) = (expected.start(), expected.end());
    Err(format!("{name}: expected {low} to {high} of before, found {found:.3}"))
}

/// The largest relative difference between two engines, or the metric that differs too much.
fn largest_difference(cpu: &Measures, gpu: &Measures) -> Result<f64, String> {
    let mut largest = 0.0f64;
    for (measure, expected) in cpu {
        for (name, expected) in &expected.metrics {
            let found = gpu.get(measure).and_then(|m| m.metrics.get(name));
            let found = found.map_or([None; 2], |m| [m.before, m.after]);
            for (expected, found) in [expected.before, expected.after].into_iter().zip(found) {
                let difference = match (expected, found) {
                    (None, None) => 0.0,
                    (Some(expected), Some(found)) if (expected - found).abs() <= ROUNDING => 0.0,
                    (Some(expected), Some(found)) => (expected - found).abs() / expected.abs(),
                    _ => f64::INFINITY,
                };
                if difference > AGREEMENT {
                    let told = |value: Option<f64>| value.map_or("nothing".to_owned(), |v| v.to_string());
                    let (expected, found) = (told(expected), told(found));
                    return Err(format!(
                        "{measure}.{name}: expected {expected} as on the CPU, found {found}"
                    ));
                }
                largest = largest.max(difference);
            }
        }
    }
    Ok(largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(before: Option<f64>, after: f64) -> Measures {
        let metric = serde_json::json!({
            "label": "", "unit": "", "better": "lower", "primary": true, "before": before, "after": after,
            "change": null, "change_percent": null, "interval": null, "smallest_detectable_change": null,
            "noise_source": null, "verdict": null, "reason": null,
        });
        let measure = serde_json::json!({"metrics": {"burden": metric}, "notes": []});
        [("pigment".to_owned(), serde_json::from_value(measure).unwrap())].into()
    }

    #[test]
    fn engines_that_differ_are_told() {
        let cpu = measures(Some(2.0), 1.0);
        let difference = |before, after| largest_difference(&cpu, &measures(before, after));
        assert_eq!(difference(Some(2.0), 1.0), Ok(0.0));
        assert!((difference(Some(2.001), 1.0).unwrap() - 5e-4).abs() < 1e-9);
        assert!(difference(Some(2.0), 1.002).unwrap_err().contains("pigment.burden"));
        assert!(difference(None, 1.0).unwrap_err().contains("found nothing"));
        assert!(largest_difference(&cpu, &Measures::new()).is_err(), "a measure is missing");
        let tiny = [measures(Some(1e-8), 1.0), measures(Some(-1e-8), 1.0)];
        assert_eq!(largest_difference(&tiny[0], &tiny[1]), Ok(0.0));
    }

    #[test]
    fn a_share_outside_its_range_is_told() {
        assert!(within("x", 0.5, &BURDEN).is_ok());
        assert!(within("x", 0.9, &BURDEN).unwrap_err().contains("found 0.900"));
        assert!(within("x", f64::NAN, &BURDEN).is_err());
    }
}
