//! What a pair cannot give, and the one place where it is taken away.

use super::grid::{GridFacts, Prepared, detail_ratio};
use super::light;
use super::visit::Visits;
use crate::calibrate::noise::noise_sd;
use crate::calibrate::{LEAST_CORRELATION, LampMoved, LightComparison};
use crate::engine::EngineError;
use crate::measure::{self, Frame, MeasureDef, MetricDef, Needs, Reading};
use crate::reason::Reason;

/// Ratio of the powers of the finest detail from which two photographs count as differently focused, and
/// the pair as limited: the blur that would match them takes the finest texture away. Measured on
/// close-ups taken again: 1.35 and less without blur, 1.8 to 2 with 0.7 px, 3.5 to 5 with 1.5 px.
const FOCUS_DIFFERS: f64 = 3.0;
/// Ratio of the noise of shading from which roughness cannot be compared.
const NOISE_DIFFERS: f64 = 1.6;
/// Tilt of the camera from which no change of the skin's area is told: 1° changes it by 0.65 to 1.8 %.
const MOST_TILT_DEG: f64 = 2.0;

/// What the photographs of a pair do not have alike, and why that is known.
#[derive(Debug, Clone, Default)]
pub(super) struct Lacks {
    pub focus: Option<Reason>,
    pub light: Option<Reason>,
    pub noise: Option<Reason>,
    pub pose: Option<Reason>,
    pub repeats: Option<Reason>,
    /// Colors that could not be brought to one white balance and exposure.
    pub color: Option<Reason>,
}

/// What two comparable photographs still do not have alike, and how their light compares.
pub(super) fn compare(
    first: &Prepared<'_>,
    after: &Prepared<'_>,
) -> Result<(Option<LightComparison>, Lacks), EngineError> {
    let frames = [&first.frame, &after.frame];
    let light = light::compare(frames[0], frames[1], &after.facts.this_from_first)?;
    let lacks = Lacks {
        focus: focus_differs([&first.facts, &after.facts], first.frame.scale.px_per_mm),
        light: light.as_ref().and_then(light_differs),
        noise: noise_differs(frames)?,
        ..Lacks::default()
    };
    Ok((light, lacks))
}

/// Why places on the skin cannot be compared: the camera stood elsewhere.
pub(super) fn pose_differs(tilt_deg: Option<f64>) -> Option<Reason> {
    let message = "the camera was tilted otherwise than before, which looks like tighter skin, in degrees";
    match tilt_deg {
        Some(tilt) if tilt <= MOST_TILT_DEG => None,
        Some(tilt) => Some(Reason::limit("pose_differs", message, tilt, MOST_TILT_DEG)),
        None => {
            Some(Reason::new("pose_unknown", "too little skin is seen to know how the camera was tilted"))
        }
    }
}

/// What only repeated captures can tell.
pub(super) fn no_repeats() -> Reason {
    let message = "pose and expression change it by an amount that only further captures of a visit can show";
    Reason::new("needs_repeats", message)
}

/// Why the finest texture cannot be compared.
fn focus_differs(facts: [&GridFacts; 2], px_per_mm: f64) -> Option<Reason> {
    let ratio = detail_ratio(facts, px_per_mm);
    let message = "one photograph is much sharper than the other, as a ratio of fine detail";
    (ratio > FOCUS_DIFFERS).then(|| Reason::limit("focus_differs", message, ratio, FOCUS_DIFFERS))
}

/// Why levels of color cannot be compared.
pub(super) fn color_not_matched() -> Reason {
    Reason::new("color_not_matched", "too little skin is common to both photographs to match their colors on")
}

/// Why roughness cannot be compared: one photograph has much more noise in the shading than the other,
/// from its sensor or from its coding.
fn noise_differs(frames: [&Frame<'_>; 2]) -> Result<Option<Reason>, EngineError> {
    let of = |frame: &Frame<'_>| noise_sd(frame.engine, &frame.shading()?, &frame.mask);
    let (before, after) = (of(frames[0])?, of(frames[1])?);
    let ratio = before.max(after) / before.min(after).max(f64::MIN_POSITIVE);
    let message = "one photograph has much more noise than the other, which adds to roughness, as a ratio";
    Ok((ratio > NOISE_DIFFERS).then(|| Reason::limit("noise_differs", message, ratio, NOISE_DIFFERS)))
}

/// Least correlation of relief where its shape says that the light is the same: a treatment made relief unlike, down to
/// 0.86 where all of it faded to 0.3. Below, the skin moved or another place is seen.
const LEAST_OF_TREATED: f64 = 0.75;

/// Reason why relief cannot be compared under these lights. The gain of the relief itself is no reason: a treatment may have
/// made it, and what it leaves open is an allowance.
fn light_differs(found: &LightComparison) -> Option<Reason> {
    match found.moved() {
        Some(LampMoved::Higher { gain_ln, most_ln }) => {
            let message = "shading that no treatment changes is stronger or weaker: the lamp stood higher, lower, nearer or softer";
            let needed = most_ln.copysign(gain_ln).exp();
            return Some(Reason::limit("light_differs", message, gain_ln.exp(), needed));
        }
        Some(LampMoved::Elsewhere { unlike, most }) => {
            let message =
                "shading that no treatment changes comes from another side: the lamp stood elsewhere";
            return Some(Reason::limit("light_differs", message, unlike, most));
        }
        None => {}
    }
    let needed = if found.is_known() && !found.untreated { LEAST_OF_TREATED } else { LEAST_CORRELATION };
    (found.relief_correlation < needed).then(|| {
        let message = "the relief of the skin does not look alike on both photographs: another light or focus, or skin that moved";
        Reason::limit("light_differs", message, found.relief_correlation, needed)
    })
}

impl Lacks {
    /// What limits the pair as a whole. Noise does not: what it adds to is taken back, or told with how much
    /// it can have added.
    pub fn limits(&self) -> impl Iterator<Item = &Reason> {
        [&self.focus, &self.light].into_iter().flatten()
    }

    /// Why a change of what needs this cannot be told.
    fn lacking(&self, needs: Needs) -> Option<&Reason> {
        // Blur and noise make relief look unlike too: the plainest cause first.
        let focus = self.focus.as_ref().filter(|_| needs.focus);
        let light = self.light.as_ref().filter(|_| needs.light);
        let noise = self.noise.as_ref().filter(|_| needs.noise);
        let pose = self.pose.as_ref().filter(|_| needs.pose);
        let repeats = self.repeats.as_ref().filter(|_| needs.repeats);
        focus.or(light).or(noise).or(pose).or(repeats)
    }

    /// Why a change of this metric cannot be told.
    fn of(&self, measure: &MeasureDef, metric: &MetricDef) -> Option<&Reason> {
        let color = self.color.as_ref().filter(|_| metric.level);
        self.lacking(metric.needs).or_else(|| self.lacking(measure.needs)).or(color)
    }

    /// Takes back what was read of metrics that need what is lacking, and of their lesions.
    pub fn take_away(&self, visits: &mut Visits) {
        for (i, definition) in measure::ALL.iter().enumerate() {
            for (k, metric) in definition.metrics.iter().enumerate() {
                let Some(reason) = self.of(definition, metric) else { continue };
                visits.paired.remove(&(definition.name, metric.name));
                for visit in &mut visits.visits {
                    let reading = &mut visit.readings[i].metrics[k];
                    if reading.value.is_ok() {
                        *reading = Reading::missing(reason.clone());
                    }
                }
            }
            // Lesions read again would tell what the metrics must not.
            if let (Some(reason), Some(Some(followed))) =
                (self.lacking(definition.needs), visits.followed.get_mut(i))
            {
                followed.take_away(reason);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::followed::Followed;
    use super::super::visit::Visit;
    use super::*;
    use crate::measure::{LesionValues, Readings};

    fn visits() -> Visits {
        let readings = |m: &&MeasureDef| Readings {
            metrics: vec![Reading::of(1.0); m.metrics.len()],
            ..Readings::default()
        };
        let visit = || Visit::of_readings(measure::ALL.iter().map(readings).collect());
        Visits { visits: vec![visit(), visit()], followed: Vec::new(), paired: BTreeMap::new() }
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
    fn lesions_of_what_lacks_something_are_not_told_after() {
        let spot = || LesionValues::from([("contrast", 0.3)]);
        let followed = || Followed { values: vec![vec![spot()]; 2], seen: vec![1.0], ..Followed::default() };
        let mut visits = visits();
        visits.followed = measure::ALL.iter().map(|_| Some(followed())).collect();
        Lacks { noise: Some(Reason::new("noise_differs", "a test")), ..Lacks::default() }
            .take_away(&mut visits);
        for (definition, followed) in measure::ALL.iter().zip(&visits.followed) {
            let followed = followed.as_ref().unwrap();
            assert_eq!(followed.lacking.is_some(), definition.needs.noise, "{}", definition.name);
            assert_eq!(followed.values[1][0].is_empty(), definition.needs.noise, "{}", definition.name);
            assert!(!followed.values[0][0].is_empty());
        }
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
            !focus.iter().any(|(m, k, _)| ["pigment", "redness"].contains(m)
                || ["relief_contrast", "sq_coarse"].contains(k))
        );
        let light = missing(&Lacks { light: reason("light_differs"), ..Lacks::default() });
        let color = missing(&Lacks { color: reason("color_not_matched"), ..Lacks::default() });
        assert!(color.iter().any(|(m, k, _)| (*m, *k) == ("redness", "hemoglobin_mean")));
        assert!(!color.iter().any(|(m, k, _)| (*m, *k) == ("pigment", "burden") || *m == "scars"));
        let noise = missing(&Lacks { noise: reason("noise_differs"), ..Lacks::default() });
        let rough = ["texture", "rough_red"];
        assert!(!noise.is_empty() && noise.iter().all(|(m, _, c)| rough.contains(m) && c == "noise_differs"));
        let pose = missing(&Lacks { pose: reason("pose_differs"), ..Lacks::default() });
        let repeats = missing(&Lacks { repeats: reason("needs_repeats"), ..Lacks::default() });
        assert!(!pose.is_empty() && pose.iter().chain(&repeats).all(|(m, _, _)| *m == "laxity"));
        let relief = ["scars", "texture", "wrinkles", "pores", "rough_red"];
        let metrics = relief.iter().map(|m| measure::ALL[measure::place(m).unwrap()].metrics.len());
        assert_eq!(light.len(), metrics.sum::<usize>());
        assert!(light.iter().all(|(m, _, c)| relief.contains(m) && c == "light_differs"));
    }
}
