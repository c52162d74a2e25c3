//! Whether two photographs of the same skin were lit alike.
//!
//! From the same lamp at the same place, skin shows the same relief: densities of green between two
//! Gaussians agree point by point. Under a lamp from another side they do not; under a lamp at another
//! height they do, but are stronger or weaker everywhere. The second cannot be told from relief that
//! became deeper or shallower as a whole (the bas-relief ambiguity: Belhumeur, Kriegman & Yuille 1999,
//! doi:10.1023/A:1008154927611), so it is told of the skin on which most of it agrees: a lamp changes
//! relief everywhere, a treatment here and there. Green, because shading alone is nearly all noise where
//! relief is faint.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shape::ShapeComparison;

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
/// Change of ln contrast of the still relief under one light: 0.016 and less was measured, and 0.027 and more of a lamp 5° higher.
const ALIKE_GAIN: f64 = 0.02;
/// Correlation of the still relief under one light.
const ALIKE: f64 = 0.99;
/// How much relief contrast moves with lights that neither figure tells apart.
const UNTOLD: f64 = 0.02;
/// The same √(1 − ρ²) of shape under one light. Measured on phantoms: 0.03 to 0.06, and 0.09 where all relief faded to 0.6.
const SHAPE_ALIKE: f64 = 0.1;
/// Change of ln contrast of shape from which the lamp stands higher or lower: a lamp 5° higher makes 0.17 to 0.3, one
/// 10° higher 0.36 to 0.6, the same lamp 0.02 and less, and relief that faded to 0.3 makes 0.04 to 0.13.
pub const MOST_SHAPE_GAIN: f64 = 0.35;
/// √(1 − ρ²) of shape from which the lamp stands elsewhere: a turn of 10° makes 0.15 to 0.23, and relief that faded to
/// 0.3 makes 0.16 to 0.34. A turn below is an allowance.
pub const MOST_SHAPE_UNLIKE: f64 = 0.35;
/// Standard errors within which a gain is open.
const REACH: f64 = 2.0;
/// Least standard errors of a gain: poses and exposures differ between visits, whatever the blocks say.
const LEAST_SHAPE_SE: f64 = 0.01;
const LEAST_RELIEF_SE: f64 = 0.003;
/// Change of ln contrast of relief for that of shape. Measured under lamps 2 to 10° higher or lower: 0.1 to 1.0 on phantoms,
/// 0.4 to 1.2 on the forehead and one cheek of a scanned head, up to 2.3 on the other.
const RELIEF_PER_SHAPE: f64 = 1.5;
/// Slope of shading that flat skin can have by the fall-off of lamp and lens, in OD/cm, and least share of a slope
/// beyond that. Measured of phantoms: 0.026 where a lamp loses 0.15 stops over 40 mm.
const FLAT_GRADIENT: f64 = 0.03;
const LEAST_BENT_SHARE: f64 = 0.5;
/// Standard error of a slope of shading. Measured of the same light: 0.0008 to 0.0033 OD/cm.
const GRADIENT_SE: f64 = 0.004;
/// Change of ln contrast of relief for that of the sheen on shape: 0.6 to 1.2 was measured of fine texture.
const RELIEF_PER_SHEEN: f64 = 1.0;
/// Side of the blocks that the error of the relief's gain rests on, in cm.
const BLOCK_CM: f64 = 0.5;

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
    /// Standard error of the gain, by blocks of skin.
    pub relief_gain_se: f64,
    /// True if the samples are untreated skin that the user marked.
    pub untreated: bool,
    /// Shading of the body's own shape, where there is enough skin for it.
    pub shape: Option<ShapeComparison>,
}

/// A source of evidence on the light of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LightSource {
    /// Shading of the body's own shape, at 5 to 30 mm.
    Shape,
    /// Slope of the shading across the skin: of a body that bends away.
    ShadingGradient,
    /// Relief of untreated skin that the user marked.
    UntreatedSkin,
    /// Relief of the skin itself, which a treatment may have changed.
    Relief,
}

/// Statement of one source of the light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LightEvidence {
    /// Its source.
    pub source: LightSource,
    /// ln of the contrast that the lamp gives relief, after over before.
    pub gain_ln: f64,
    /// Standard error of that.
    pub gain_se: f64,
    /// Share of the shading that another direction of the light made: √(1 − ρ²) of its correlation.
    pub unlike: f64,
    /// Share of its gain in what all evidence says together (0–1).
    pub weight: f64,
}

impl LightComparison {
    /// Everything that speaks, weighted by inverse variance; relief itself counts where nothing else does.
    pub fn evidence(&self) -> Vec<LightEvidence> {
        let relief = LightEvidence {
            source: if self.untreated { LightSource::UntreatedSkin } else { LightSource::Relief },
            gain_ln: RELIEF_PER_GREEN * self.relief_gain_ln,
            gain_se: RELIEF_PER_GREEN * self.relief_gain_se.hypot(LEAST_RELIEF_SE),
            unlike: (1.0 - self.relief_correlation * self.relief_correlation.abs()).max(0.0).sqrt(),
            weight: 0.0,
        };
        let others = [self.of_shape(), self.of_gradient()].into_iter().flatten();
        let mut evidence: Vec<LightEvidence> = others.chain([relief]).collect();
        let is_known = self.is_known();
        let counts = |one: &LightEvidence| one.source != LightSource::Relief || !is_known;
        let precision = |one: &LightEvidence| if counts(one) { one.gain_se.powi(-2) } else { 0.0 };
        let total: f64 = evidence.iter().map(precision).sum();
        evidence.iter_mut().for_each(|one| one.weight = precision(one) / total);
        evidence
    }

    /// True if most of the relief looks the same: no lamp moved then, whatever became of deep scars, which shade as shape does.
    fn relief_is_alike(&self) -> bool {
        self.relief_correlation >= ALIKE && self.relief_gain_ln.abs() <= ALIKE_GAIN
    }

    fn of_shape(&self) -> Option<LightEvidence> {
        let speaks = |shape: &&ShapeComparison| shape.speaks() && !self.relief_is_alike();
        self.shape.as_ref().filter(speaks).map(|found| LightEvidence {
            source: LightSource::Shape,
            gain_ln: found.gain_ln,
            gain_se: found.gain_se.hypot(LEAST_SHAPE_SE),
            unlike: found.unlike,
            weight: 0.0,
        })
    }

    /// A body that bends away from the lamp grows darker toward one side, by its slope times what the lamp makes of
    /// slopes. What the lamp and the lens do to flat skin is part of it, and is taken off.
    fn of_gradient(&self) -> Option<LightEvidence> {
        let [before, after] = self.shape.as_ref().filter(|_| !self.relief_is_alike())?.gradients_od_per_cm;
        let length = |v: [f64; 2]| v[0].hypot(v[1]);
        let share = 1.0 - FLAT_GRADIENT / length(before);
        if share < LEAST_BENT_SHARE || length(after) <= 0.0 {
            return None;
        }
        let across = (before[0] * after[1] - before[1] * after[0]) / (length(before) * length(after));
        Some(LightEvidence {
            source: LightSource::ShadingGradient,
            gain_ln: (length(after) / length(before)).ln() / share,
            gain_se: GRADIENT_SE / length(before) / share,
            unlike: across.abs() / share,
            weight: 0.0,
        })
    }

    /// True if anything but the relief that a treatment may have changed speaks of the light.
    pub fn is_known(&self) -> bool {
        self.untreated || self.of_shape().is_some() || self.of_gradient().is_some()
    }

    /// Whether relief correlates too little for one light.
    pub fn decorrelated(&self) -> bool {
        self.relief_correlation < LEAST_CORRELATION
    }

    /// Part of a change of ln contrast, either way, the light can have made: from elsewhere, by another gloss, and
    /// within the error of what is known of its gain.
    pub fn unlike_leak_ln(&self) -> f64 {
        let unlike = (ALIKE.powi(2) - self.relief_correlation.powi(2)).max(0.0).sqrt();
        let by_relief = UNTOLD + RELIEF_PER_UNLIKE * unlike;
        let Some(shape) = self.without_relief() else { return by_relief };
        let by_shape = UNTOLD + RELIEF_PER_UNLIKE * (shape.unlike - SHAPE_ALIKE).max(0.0);
        let turned = if self.untreated { by_shape.min(by_relief) } else { by_shape };
        turned + REACH * self.gain().se + self.gloss_leak_ln()
    }

    /// Gloss that changed, as far as it is seen: faded relief has less sheen of its own, which its error covers.
    fn gloss_leak_ln(&self) -> f64 {
        let shape = self.shape.as_ref().filter(|shape| shape.speaks());
        let seen = |shape: &ShapeComparison| (shape.sheen_ln.abs() - REACH * shape.sheen_se).max(0.0);
        shape.map_or(0.0, |shape| RELIEF_PER_SHEEN * seen(shape))
    }

    /// How far a lamp at another height can have moved ln contrast, below 0 down.
    ///
    /// To first order relief gains as shape does. Less was measured on phantoms, as pigment and shadows are part of its
    /// contrast, and more on a head whose colors hold shading that moves with no lamp.
    pub fn gain_leak_ln(&self) -> f64 {
        let factor = if self.without_relief().is_some() { RELIEF_PER_SHAPE } else { 1.0 };
        factor * self.gain().gain_ln
    }

    /// All that counts, together.
    fn gain(&self) -> Joined {
        Joined::of(self.evidence().iter())
    }

    /// All but relief, treated or not, together.
    fn without_relief(&self) -> Option<Joined> {
        let found = [self.of_shape(), self.of_gradient()];
        found.iter().any(Option::is_some).then(|| Joined::of(found.iter().flatten()))
    }

    /// Whether relief is stronger or weaker everywhere than one light allows.
    pub fn rescaled(&self) -> bool {
        self.relief_gain_ln.abs() > MOST_GAIN
    }

    /// Evidence that the lamp stood elsewhere, whatever was said of the set-up: what was found, and the most allowed.
    pub fn moved(&self) -> Option<LampMoved> {
        // A slope of shading alone may be the fall-off of a lamp that moved with the camera.
        let Some(Joined { gain_ln, se, unlike }) = self.of_shape().and_then(|_| self.without_relief()) else {
            return (self.untreated && self.rescaled())
                .then_some(LampMoved::Higher { gain_ln: self.relief_gain_ln, most_ln: MOST_GAIN });
        };
        if gain_ln.abs() > MOST_SHAPE_GAIN.max(3.0 * se) {
            return Some(LampMoved::Higher { gain_ln, most_ln: MOST_SHAPE_GAIN });
        }
        (unlike > MOST_SHAPE_UNLIKE).then_some(LampMoved::Elsewhere { unlike, most: MOST_SHAPE_UNLIKE })
    }
}

/// Evidence joined by inverse variance.
struct Joined {
    gain_ln: f64,
    se: f64,
    unlike: f64,
}

impl Joined {
    fn of<'a>(evidence: impl Iterator<Item = &'a LightEvidence> + Clone) -> Self {
        let counting = evidence.filter(|one| one.source != LightSource::Relief || one.weight > 0.0);
        let precision = |one: &LightEvidence| one.gain_se.powi(-2);
        let total: f64 = counting.clone().map(precision).sum();
        let mean = |value: fn(&LightEvidence) -> f64| {
            counting.clone().map(|one| precision(one) * value(one)).sum::<f64>() / total
        };
        let gain_ln = mean(|one| one.gain_ln);
        // Sources that disagree are worse than their errors say (Birge 1932, doi:10.1103/PhysRev.40.207).
        let scatter: f64 = counting.clone().map(|one| precision(one) * (one.gain_ln - gain_ln).powi(2)).sum();
        let degrees = counting.clone().count().saturating_sub(1).max(1) as f64;
        let se = total.powf(-0.5) * (scatter / degrees).sqrt().max(1.0);
        Self { gain_ln, se, unlike: mean(|one| one.unlike) }
    }
}

/// Another place of a lamp.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LampMoved {
    /// Shading is stronger or weaker by this ln ratio, and by no more than `most_ln` under one light.
    Higher {
        /// After over before.
        gain_ln: f64,
        /// Most under one light, either way.
        most_ln: f64,
    },
    /// Shading comes from another side.
    Elsewhere {
        /// √(1 − ρ²) of the correlation of the shading of shape.
        unlike: f64,
        /// Most under one light.
        most: f64,
    },
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
        relief_gain_se: gain_se(still),
        untreated: false,
        shape: None,
    };
    (out.relief_correlation.is_finite() && out.relief_gain_ln.is_finite()).then_some(out)
}

/// Standard error of the mean gain, from the means of blocks of skin.
fn gain_se(still: &[(f64, &LightSample)]) -> f64 {
    let mut blocks: BTreeMap<[i64; 2], [f64; 2]> = BTreeMap::new();
    for (gain, sample) in still {
        let block = blocks.entry(sample.place_cm.map(|v| (v / BLOCK_CM).floor() as i64)).or_default();
        *block = [block[0] + gain, block[1] + 1.0];
    }
    let total: f64 = blocks.values().map(|b| b[1]).sum();
    let mean = blocks.values().map(|b| b[0]).sum::<f64>() / total;
    let n = blocks.len() as f64;
    // Of a ratio of sums (Cochran 1977, eq. 6.9).
    let square: f64 = blocks.values().map(|b| (b[0] - mean * b[1]).powi(2)).sum();
    (square * n / (n - 1.0).max(1.0)).sqrt() / total
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
    fn relief_counts_where_nothing_else_speaks_and_sources_that_disagree_leave_more_open() {
        let relief = compare_light(&samples([20.0, 20.0], [1.0, 0.8], false)).unwrap();
        assert_eq!(relief.evidence().iter().map(|one| one.weight).collect::<Vec<_>>(), [1.0]);
        assert!(
            (relief.gain_leak_ln() - RELIEF_PER_GREEN * 0.8f64.ln()).abs() < 1e-2 && relief.moved().is_none()
        );
        let shape = |gain_ln: f64, after: f64| ShapeComparison {
            gain_ln,
            gain_se: 0.01,
            unlike: 0.05,
            unlike_se: 0.01,
            sheen_ln: 0.0,
            sheen_se: 0.0,
            shading_od: 0.05,
            shape_share: 0.9,
            gradients_od_per_cm: [[0.2, 0.0], [after, 0.0]],
            blocks: 20,
        };
        let with = |gain: f64, after: f64| LightComparison { shape: Some(shape(gain, after)), ..relief };
        // Shape and slope say that nothing moved: the fall of relief is the skin's.
        let same = with(0.0, 0.2);
        assert!(same.gain_leak_ln().abs() < 1e-9 && same.unlike_leak_ln() < 0.06 && same.moved().is_none());
        assert_eq!(same.evidence().last().unwrap().weight, 0.0);
        assert!(with(0.0, 0.15).unlike_leak_ln() > same.unlike_leak_ln() + 0.1);
        assert!(matches!(with(-0.4, 0.14).moved(), Some(LampMoved::Higher { .. })));
        let marked = LightComparison { untreated: true, ..relief };
        assert!(marked.is_known() && marked.moved().is_some());
    }

    #[test]
    fn few_places_and_flat_skin_tell_nothing() {
        assert_eq!(compare_light(&samples([0.0, 0.0], [1.0, 1.0], false)[..600]), None);
        assert_eq!(compare_light(&samples([0.0, 0.0], [0.0, 0.0], false)), None);
    }
}
