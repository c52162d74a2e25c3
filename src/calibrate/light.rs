//! Whether two photographs of the same skin were lit alike.
//!
//! From the same lamp at the same place, skin shows the same relief: densities of green between two
//! Gaussians agree point by point. Under a lamp from another side they do not; under a lamp at another
//! height they do, but are stronger or weaker everywhere. The second cannot be told from relief that
//! became deeper or shallower as a whole (the bas-relief ambiguity: Belhumeur, Kriegman & Yuille 1999,
//! doi:10.1023/A:1008154927611), so it is told of skin that is calm in both photographs: treated
//! scars and spots are not. Green, because shading alone is nearly all noise where relief is faint.

/// Fewest samples of calm skin that a comparison may rest on.
const LEAST_SAMPLES: usize = 400;
/// Share of the skin, the calmest, that is compared.
const CALM_SHARE: f64 = 0.6;
/// Correlation of the calm relief below which the lamp stands elsewhere. Measured: the same light
/// 0.93 and more on phantoms (with every lesion cleared; 0.97 without), 0.97 and more on close-ups
/// taken again; one lamp turned by 30° 0.88, light from one side against any other 0.71 and less; frontal
/// against diffuse light 0.91 on a phantom whose relief contrast it moved by 47 %.
pub const LEAST_CORRELATION: f64 = 0.92;
/// Change of ln contrast of the calm relief from which the lamp stands higher or lower, or is harder
/// or softer. Measured: the same light 0.03 and less, 0.06 with a blur of 1.5 pixels; a lamp at 45°
/// against one at 60° 0.09, against one at 25° 0.25.
pub const MOST_GAIN: f64 = 0.075;

/// How much more relief contrast itself moves with the light than densities of green do, which hold
/// pigment too, on the logarithmic axis.
const RELIEF_PER_GREEN: f64 = 5.0;
/// How much relief contrast moves, on that axis, with the part of the relief that does not correlate: even
/// light from both sides against light from everywhere moves it by up to 0.17 at a correlation of 0.96.
const RELIEF_PER_UNLIKE: f64 = 0.6;

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
    /// Correlation of the calm relief.
    pub relief_correlation: f64,
    /// ln of the contrast of the calm relief, after over before.
    pub relief_gain_ln: f64,
    /// Slope of the difference of smoothed densities, in OD/cm: a lamp's falloff, or a turned face.
    pub shading_gradient_od_per_cm: f64,
}

impl LightComparison {
    /// Whether relief correlates too little for one light.
    pub fn decorrelated(&self) -> bool {
        self.relief_correlation < LEAST_CORRELATION
    }

    /// How much of a change of ln contrast the light can have made.
    pub fn leak_ln(&self) -> f64 {
        let unlike = (1.0 - self.relief_correlation.powi(2)).max(0.0).sqrt();
        RELIEF_PER_GREEN * self.relief_gain_ln.abs() + RELIEF_PER_UNLIKE * unlike
    }

    /// Whether relief is stronger or weaker everywhere than one light allows.
    pub fn rescaled(&self) -> bool {
        self.relief_gain_ln.abs() > MOST_GAIN
    }
}

/// Compares the light over `samples`; `None` where there are too few, or no relief at all.
pub fn compare_light(samples: &[LightSample]) -> Option<LightComparison> {
    let restless = |s: &LightSample| s.seen[0].energy.max(s.seen[1].energy);
    let mut calm: Vec<&LightSample> = samples.iter().collect();
    calm.sort_by(|a, b| restless(a).total_cmp(&restless(b)));
    calm.truncate((CALM_SHARE * samples.len() as f64) as usize);
    if calm.len() < LEAST_SAMPLES {
        return None;
    }
    let covariance = |pick: fn(&Seen) -> f32, one: usize, other: usize| {
        let n = calm.len() as f64;
        let mean = |k: usize| calm.iter().map(|s| f64::from(pick(&s.seen[k]))).sum::<f64>() / n;
        let (a, b) = (mean(one), mean(other));
        calm.iter()
            .map(|s| (f64::from(pick(&s.seen[one])) - a) * (f64::from(pick(&s.seen[other])) - b))
            .sum::<f64>()
            / n
    };
    let fine = |a, b| covariance(|s| s.fine, a, b);
    let wide = |a, b| covariance(|s| s.wide, a, b);
    let out = LightComparison {
        relief_correlation: fine(0, 1) / (fine(0, 0) * fine(1, 1)).sqrt(),
        relief_gain_ln: 0.5 * (wide(1, 1) / wide(0, 0)).ln(),
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
                    Seen { fine: value, wide: value, energy: (depth * depth) as f32, base: base as f32 }
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
