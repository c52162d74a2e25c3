//! From pigment to color: what fraction of light each camera channel gets back.

use super::error::{PhantomError, require};
use super::random::{Purpose, normal_pair, stream};
use serde::{Deserialize, Serialize};

/// Melanin's unit direction in the optical density of a camera's red, green and blue. From a
/// two-layer Monte Carlo seen by 32 measured cameras (Jacques's melanosome spectrum).
const MELANIN_DIRECTION: [f64; 3] = [0.339, 0.500, 0.797];
/// Hemoglobin's unit direction, from the same simulation (Prahl's tables, saturation 0.7).
const HEMOGLOBIN_DIRECTION: [f64; 3] = [0.270, 0.818, 0.508];
/// Optical density of bloodless dermis without melanin, relative to a perfect diffuser. Chosen so
/// that the presets come out in the colors of clinical close-ups.
const DERMIS_OD: [f64; 3] = [0.18, 0.30, 0.65];

/// Constitutive skin color, from very light to dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkinTone {
    /// Very light.
    VeryLight,
    /// Light.
    Light,
    /// Intermediate.
    Intermediate,
    /// Tan.
    Tan,
    /// Brown.
    Brown,
    /// Dark.
    Dark,
}

impl SkinTone {
    /// All presets, lightest first.
    pub const ALL: [Self; 6] =
        [Self::VeryLight, Self::Light, Self::Intermediate, Self::Tan, Self::Brown, Self::Dark];

    /// Melanin and hemoglobin of the unspotted skin, OD along the unit directions.
    pub const fn melanin_and_hemoglobin_od(self) -> [f64; 2] {
        match self {
            Self::VeryLight => [0.30, 0.50],
            Self::Light => [0.55, 0.60],
            Self::Intermediate => [0.85, 0.62],
            Self::Tan => [1.25, 0.60],
            Self::Brown => [1.90, 0.60],
            Self::Dark => [2.80, 0.55],
        }
    }
}

/// How pigment turns into color, with the ways in which real skin departs from a straight line.
///
/// Reflectance = exp(−(dermis + f(melanin)·m + f(hemoglobin)·h)) with f(c) = c / (1 + saturation·c).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pigments {
    /// Angle by which both directions are turned away from the published ones, degrees (0–10).
    pub direction_error_deg: f64,
    /// Which way they are turned.
    pub direction_error_seed: u64,
    /// Curvature of the density curve, 1/OD (0–0.5): 0 is Beer and Lambert's straight line.
    pub saturation: f64,
}

impl Default for Pigments {
    /// No departure: one OD of pigment is one OD.
    fn default() -> Self {
        Self { direction_error_deg: 0.0, direction_error_seed: 0, saturation: 0.0 }
    }
}

/// [`Pigments`], ready to be applied to millions of pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reflectance {
    melanin: [f64; 3],
    hemoglobin: [f64; 3],
    saturation: f64,
}

impl Reflectance {
    pub(super) fn new(pigments: &Pigments) -> Result<Self, PhantomError> {
        require("direction_error_deg", pigments.direction_error_deg, 0.0..=10.0, "0 to 10")?;
        require("saturation", pigments.saturation, 0.0..=0.5, "0 to 0.5")?;
        let mut rng = stream(pigments.direction_error_seed, Purpose::PigmentDirections);
        let mut turned = |v: [f64; 3]| {
            let [a, b] = normal_pair(&mut rng);
            let [c, _] = normal_pair(&mut rng);
            turned_by(v, [a, b, c], pigments.direction_error_deg.to_radians())
        };
        let melanin = turned(MELANIN_DIRECTION);
        let hemoglobin = turned(HEMOGLOBIN_DIRECTION);
        Ok(Self { melanin, hemoglobin, saturation: pigments.saturation })
    }

    /// Linear reflectance of one channel (0 red, 1 green, 2 blue).
    pub(super) fn of(&self, channel: usize, melanin_od: f64, hemoglobin_od: f64) -> f64 {
        let bent = |c: f64| c / (1.0 + self.saturation * c);
        (-(DERMIS_OD[channel]
            + bent(melanin_od) * self.melanin[channel]
            + bent(hemoglobin_od) * self.hemoglobin[channel]))
            .exp()
    }
}

/// `v` turned by `angle_rad` toward `aim`, its length kept.
fn turned_by(v: [f64; 3], aim: [f64; 3], angle_rad: f64) -> [f64; 3] {
    if angle_rad == 0.0 {
        return v;
    }
    let dot = |a: [f64; 3], b: [f64; 3]| a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let along = dot(aim, v) / dot(v, v);
    let side: [f64; 3] = std::array::from_fn(|k| aim[k] - along * v[k]);
    let ratio = (dot(v, v) / dot(side, side)).sqrt();
    let (sin, cos) = angle_rad.sin_cos();
    std::array::from_fn(|k| cos * v[k] + sin * ratio * side[k])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reflectance_of_light_skin_by_hand() {
        let skin = Reflectance::new(&Pigments::default()).unwrap();
        // Worked out on paper: 0.18 + 0.55·0.339 + 0.60·0.270 = 0.52845, and so on.
        let by_hand = [0.52845f64, 1.06580, 1.39315];
        for (channel, od) in by_hand.into_iter().enumerate() {
            assert!((skin.of(channel, 0.55, 0.60) - (-od).exp()).abs() < 1e-9, "channel {channel}");
        }
    }

    #[test]
    fn a_wrong_direction_is_wrong_by_the_angle_asked_for() {
        for seed in 0..20 {
            let wrong = Pigments { direction_error_deg: 5.0, direction_error_seed: seed, saturation: 0.0 };
            let wrong = Reflectance::new(&wrong).unwrap();
            for (found, true_direction) in
                [(wrong.melanin, MELANIN_DIRECTION), (wrong.hemoglobin, HEMOGLOBIN_DIRECTION)]
            {
                let dot: f64 = (0..3).map(|k| found[k] * true_direction[k]).sum();
                let norm = |v: [f64; 3]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
                let angle = (dot / (norm(found) * norm(true_direction))).acos().to_degrees();
                assert!((angle - 5.0).abs() < 1e-6, "{angle}");
                assert!((norm(found) - norm(true_direction)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn saturation_bends_the_curve_downward() {
        let straight = Reflectance::new(&Pigments::default()).unwrap();
        let bent = Reflectance::new(&Pigments { saturation: 0.1, ..Pigments::default() }).unwrap();
        let od = |skin: &Reflectance, melanin: f64| -skin.of(2, melanin, 0.0).ln() - DERMIS_OD[2];
        assert!((od(&straight, 2.0) - 2.0 * od(&straight, 1.0)).abs() < 1e-9);
        assert!((od(&bent, 2.0) - 0.797 * 2.0 / 1.2).abs() < 1e-9);
    }

    #[test]
    fn a_darker_preset_is_darker_in_every_channel() {
        let skin = Reflectance::new(&Pigments::default()).unwrap();
        let color = |tone: SkinTone| {
            let [m, h] = tone.melanin_and_hemoglobin_od();
            [0, 1, 2].map(|c| skin.of(c, m, h))
        };
        for pair in SkinTone::ALL.windows(2) {
            let (light, dark) = (color(pair[0]), color(pair[1]));
            assert!((0..3).all(|c| dark[c] < light[c]), "{pair:?}");
        }
    }
}
