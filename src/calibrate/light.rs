//! Whether two photographs of the same skin were lit alike.
//!
//! From the same lamp at the same place, skin shows the same relief: densities of green between two
//! Gaussians agree point by point. Under a lamp from another side they do not; under a lamp at another
//! height they do, but are stronger or weaker everywhere. The second cannot be told from relief that
//! became deeper or shallower as a whole (the bas-relief ambiguity: Belhumeur, Kriegman & Yuille 1999,
//! doi:10.1023/A:1008154927611), so it is told of the skin on which most of it agrees: a lamp changes
//! relief everywhere, a treatment here and there. Green, because shading alone is nearly all noise where
//! relief is faint.

/// Fewest samples of such skin that a comparison may rest on.
const LEAST_SAMPLES: usize = 400;
/// Share of the skin that is compared: the places whose relief changed its strength most nearly alike.
const STILL_SHARE: f64 = 0.4;
/// Correlation of the still relief below which the lamp stands elsewhere. Measured: the same light 0.989 and
/// more on close-ups taken again, 0.949 where a hundred and fifty planted pores on each cm² were cleared; one lamp turned by 30° 0.91 to 0.954, frontal light against
/// diffuse 0.939 to 0.946 on phantoms whose relief contrast it moved by 47 %, light from one side against any
/// other 0.81 and less.
pub const LEAST_CORRELATION: f64 = 0.94;
/// Change of ln contrast of the still relief from which the lamp stands higher or lower, or is harder
/// or softer. Measured: the same light 0.016 and less, half of all scars cleared; a lamp 2° higher 0.014 to 0.019,
/// 5° 0.027 to 0.039, 10° 0.065 to 0.073; without its fill light 0.16.
pub const MOST_GAIN: f64 = 0.075;

/// How much more relief contrast itself moves with the light than densities of green do, which hold
/// pigment too, on the logarithmic axis.
const RELIEF_PER_GREEN: f64 = 6.0;
/// How much relief contrast moves, on that axis, with the part of the relief that does not correlate, above
/// what does not under one light either: even light from both sides against light from everywhere moves it by
/// up to 0.15 at a correlation of 0.975.
const RELIEF_PER_UNLIKE: f64 = 0.9;
/// Correlation of the still relief under one light.
const ALIKE: f64 = 0.99;
/// How much relief contrast moves with lights that neither figure tells apart.
const UNTOLD: f64 = 0.02;

/// One place of skin on both photographs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightSample {
    /// Its place on the skin, in cm.
    pub place_cm: [f64; 2],
    /// Before and after.
    pub seen: [Seen; 2],
}

/// What one photograph shows at a place: densities of green, in OD.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seen {
    /// Between the Gaussians that relief is compared in point by point.
    pub fine: f32,
    /// Between those that its strength is compared in.
    pub wide: f32,
    /// Mean square of `wide` around.
    pub energy: f32,
    /// Smoothed beyond all relief.
    pub base: f32,
}

/// How the light of two photographs compares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightComparison {
    /// Correlation of the still relief.
    pub relief_correlation: f64,
    /// ln of the contrast of the still relief, after over before.
    pub relief_gain_ln: f64,
    /// Slope of the difference of smoothed densities, in OD/cm: a lamp's falloff, or a turned face.
    pub shading_gradient_od_per_cm: f64,
}

impl LightComparison {
    /// Whether relief correlates too little for one light.
    pub fn decorrelated(&self) -> bool {
        self.relief_correlation < LEAST_CORRELATION
    }

    /// How much of a change of ln contrast, either way, a light from elsewhere can have made.
    pub fn unlike_leak_ln(&self) -> f64 {
        let unlike = (ALIKE.powi(2) - self.relief_correlation.powi(2)).max(0.0).sqrt();
        UNTOLD + RELIEF_PER_UNLIKE * unlike
    }

    /// How far a lamp at another height can have moved ln contrast, below 0 down.
    pub fn gain_leak_ln(&self) -> f64 {
        RELIEF_PER_GREEN * self.relief_gain_ln
    }

    /// Whether relief is stronger or weaker everywhere than one light allows.
    pub fn rescaled(&self) -> bool {
        self.relief_gain_ln.abs() > MOST_GAIN
    }
}

/// Compares the light over `samples`; `None` where there are too few, or no relief at all.
pub fn compare_light(samples: &[LightSample]) -> Option<LightComparison> {
    // How much stronger relief became around each place. Light changes it everywhere, treatment here and
    // there: what most of the skin agrees on is the light.
    let gain = |s: &LightSample| 0.5 * (f64::from(s.seen[1].energy) / f64::from(s.seen[0].energy)).ln();
    let mut gains: Vec<(f64, &LightSample)> =
        samples.iter().map(|s| (gain(s), s)).filter(|(g, _)| g.is_finite()).collect();
    gains.sort_by(|a, b| a.0.total_cmp(&b.0));
    let still = (STILL_SHARE * samples.len() as f64) as usize;
    if still < LEAST_SAMPLES || gains.len() < still {
        return None;
    }
    let width = |start: usize| gains[start + still - 1].0 - gains[start].0;
    let densest = (0..=gains.len() - still).min_by(|&a, &b| width(a).total_cmp(&width(b))).unwrap_or(0);
    let still = &gains[densest..densest + still];
    let relief_gain_ln = still.iter().map(|(gain, _)| gain).sum::<f64>() / still.len() as f64;
    let covariance = |pick: fn(&Seen) -> f32, one: usize, other: usize| {
        let n = still.len() as f64;
        let mean = |k: usize| still.iter().map(|(_, s)| f64::from(pick(&s.seen[k]))).sum::<f64>() / n;
        let (a, b) = (mean(one), mean(other));
        still
            .iter()
            .map(|(_, s)| (f64::from(pick(&s.seen[one])) - a) * (f64::from(pick(&s.seen[other])) - b))
            .sum::<f64>()
            / n
    };
    let fine = |a, b| covariance(|s| s.fine, a, b);
    let out = LightComparison {
        relief_correlation: fine(0, 1) / (fine(0, 0) * fine(1, 1)).sqrt(),
        relief_gain_ln,
        shading_gradient_od_per_cm: gradient(samples)?,
    };
    (out.relief_correlation.is_finite() && out.relief_gain_ln.is_finite()).then_some(out)
}

/// Slope of the plane that fits base after − base before best.
fn gradient(samples: &[LightSample]) -> Option<f64> {
    let mut normal = nalgebra::Matrix3::<f64>::zeros();
    let mut right = nalgebra::Vector3::<f64>::zeros();
    for s in samples {
        let row = nalgebra::Vector3::new(1.0, s.place_cm[0], s.place_cm[1]);
        normal += row * row.transpose();
        right += row * (f64::from(s.seen[1].base) - f64::from(s.seen[0].base));
    }
    let plane = normal.try_inverse()? * right;
    Some(plane[1].hypot(plane[2]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::testing::noise;

    /// Slopes of a rough surface, drawn at each place for itself; a lamp shows the slope along its direction.
    fn samples(azimuths_deg: [f64; 2], strengths: [f64; 2], scars: bool) -> Vec<LightSample> {
        let slopes = noise(Size::new(60, 100), 7);
        (0..3000u32)
            .map(|i| {
                let (x, y) = (i % 60, i / 60);
                let slope = [slopes.at(x, y), slopes.at(x, y + 50)].map(f64::from);
                let place_cm = [f64::from(x) * 0.07, f64::from(y) * 0.06];
                let seen = |k: usize| {
                    let (sin, cos) = azimuths_deg[k].to_radians().sin_cos();
                    // A scar is deep before and gone after.
                    let depth = if scars && i % 10 < 3 && k == 0 { 8.0 } else { 1.0 };
                    let value = (strengths[k] * depth * (slope[0] * cos + slope[1] * sin)) as f32;
                    let base = if k == 1 { 0.03 * place_cm[0] + 0.04 * place_cm[1] } else { 0.0 };
                    Seen {
                        fine: value,
                        wide: value,
                        energy: (strengths[k] * depth).powi(2) as f32,
                        base: base as f32,
                    }
                };
                LightSample { place_cm, seen: [seen(0), seen(1)] }
            })
            .collect()
    }

    #[test]
    fn a_turned_lamp_correlates_as_the_cosine_of_its_turn() {
        // Slopes of every direction alike: along two directions they correlate as their cosine.
        for turn in [0.0f64, 45.0, 60.0, 90.0] {
            let found = compare_light(&samples([20.0, 20.0 + turn], [1.0, 1.0], false)).unwrap();
            let expected = turn.to_radians().cos();
            assert!((found.relief_correlation - expected).abs() < 0.08, "{turn}: {found:?}");
            assert_eq!(found.decorrelated(), turn >= 45.0, "{turn}: {found:?}");
        }
    }

    #[test]
    fn a_weaker_relief_everywhere_is_found_and_cleared_scars_are_not() {
        let weaker = compare_light(&samples([20.0, 20.0], [1.0, 0.8], false)).unwrap();
        assert!((weaker.relief_gain_ln - 0.8f64.ln()).abs() < 1e-3 && weaker.rescaled(), "{weaker:?}");
        assert!((weaker.shading_gradient_od_per_cm - 0.05).abs() < 1e-6, "{weaker:?}");
        let healed = compare_light(&samples([20.0, 20.0], [1.0, 1.0], true)).unwrap();
        assert!(healed.relief_gain_ln.abs() < 1e-3 && !healed.decorrelated(), "{healed:?}");
    }

    #[test]
    fn few_places_and_flat_skin_tell_nothing() {
        assert_eq!(compare_light(&samples([0.0, 0.0], [1.0, 1.0], false)[..600]), None);
        assert_eq!(compare_light(&samples([0.0, 0.0], [0.0, 0.0], false)), None);
    }
}
