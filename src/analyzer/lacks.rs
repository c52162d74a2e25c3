//! What a pair cannot give, and the one place where it is taken away.

use super::visit::Visits;
use crate::measure::{self, MeasureDef, MetricDef, Needs, Reading};
use crate::reason::Reason;

/// What the photographs of a pair do not have alike, and why that is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Lacks {
    pub focus: Option<Reason>,
    pub light: Option<Reason>,
    pub noise: Option<Reason>,
}

impl Lacks {
    /// Why a change of this metric cannot be told.
    fn of(&self, measure: &MeasureDef, metric: &MetricDef) -> Option<&Reason> {
        let lack = |needs: &Needs| {
            // Blur and noise make relief look unlike too: the plainest cause first.
            let focus = self.focus.as_ref().filter(|_| needs.focus);
            let light = self.light.as_ref().filter(|_| needs.light);
            focus.or(light).or(self.noise.as_ref().filter(|_| needs.noise))
        };
        lack(&metric.needs).or_else(|| lack(&measure.needs))
    }

    /// Takes back what was read of metrics that need what is lacking, and of their lesions.
    pub fn take_away(&self, visits: &mut Visits) {
        for (i, definition) in measure::ALL.iter().enumerate() {
            for (k, metric) in definition.metrics.iter().enumerate() {
                let Some(reason) = self.of(definition, metric) else { continue };
                for visit in &mut visits.visits {
                    let reading = &mut visit.readings[i].metrics[k];
                    if reading.value.is_ok() {
                        *reading = Reading::missing(reason.clone());
                    }
                }
            }
            if definition.needs.light && self.light.is_some() {
                // Lesions read again would tell what the metrics must not.
                if let Some(revisited) = visits.revisited.get_mut(i) {
                    *revisited = None;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::visit::Visit;
    use super::*;
    use crate::measure::Readings;

    fn visits() -> Visits {
        let readings = |m: &&MeasureDef| Readings {
            metrics: vec![Reading::of(1.0); m.metrics.len()],
            ..Readings::default()
        };
        let visit = || Visit { readings: measure::ALL.iter().map(readings).collect() };
        Visits { visits: vec![visit(), visit()], revisited: Vec::new() }
    }

    /// Codes of the reasons by measure and metric, where there is no value after.
    fn missing(lacks: &Lacks) -> Vec<(&'static str, &'static str, String)> {
        let mut visits = visits();
        lacks.take_away(&mut visits);
        let mut out = Vec::new();
        for (m, readings) in measure::ALL.iter().zip(&visits.visits[1].readings) {
            for (metric, reading) in m.metrics.iter().zip(&readings.metrics) {
                if let Err(reason) = &reading.value {
                    out.push((m.name, metric.name, reason.code.clone()));
                }
            }
        }
        out
    }

    #[test]
    fn each_lack_takes_what_needs_it_and_no_more() {
        let reason = |code: &str| Some(Reason::new(code, "a test"));
        assert_eq!(missing(&Lacks::default()), []);
        let focus = missing(&Lacks { focus: reason("focus_differs"), ..Lacks::default() });
        assert!(
            focus.iter().any(|(m, k, c)| (*m, *k, c.as_str()) == ("texture", "sq_fine", "focus_differs"))
        );
        assert!(
            !focus.iter().any(|(m, k, _)| *m == "pigment" || *k == "relief_contrast" || *k == "sq_coarse")
        );
        let light = missing(&Lacks { light: reason("light_differs"), ..Lacks::default() });
        let noise = missing(&Lacks { noise: reason("noise_differs"), ..Lacks::default() });
        assert!(!noise.is_empty() && noise.iter().all(|(m, _, c)| *m == "texture" && c == "noise_differs"));
        let relief =
            ["scars", "texture"].iter().map(|m| measure::ALL[measure::place(m).unwrap()].metrics.len());
        assert_eq!(light.len(), relief.sum::<usize>());
        assert!(light.iter().all(|(m, _, c)| ["scars", "texture"].contains(m) && c == "light_differs"));
    }
}
