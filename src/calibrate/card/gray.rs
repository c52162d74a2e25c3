//! The gray patches of the card: gains that bring a photograph to their nominal reflectance.
//!
//! A printer's gray is only nearly neutral, and its tone only nearly right. Two photographs with the
//! same card share both errors, so that they are brought to the same color, whatever it is.

use super::detect::Card;
use super::layout::{GRAYS, gray_patch, nominal_reflectance};
use crate::calibrate::target::{Residuals, Sight, patch_color};

/// Share of a patch that is not read along its rim, on each side: blur mixes it with the white.
const RIM: f64 = 0.2;
/// Clipped share from which a patch says nothing.
const LARGEST_CLIPPED: f64 = 0.02;
/// Fewest patches that gains may rest on.
const LEAST_PATCHES: usize = 3;

/// Linear color of each patch, where it is not clipped.
pub type GrayPatches = [Option<[f64; 3]>; GRAYS.len()];

/// Reads the patches of a card.
pub fn gray_patches(sight: &Sight, card: &Card) -> GrayPatches {
    let sight_from_mm = card.photo_from_mm.rescaled(1.0, sight.factor);
    std::array::from_fn(|k| {
        let [x, y, w, h] = gray_patch(k);
        let inner = [x + RIM * w, y + RIM * h, (1.0 - 2.0 * RIM) * w, (1.0 - 2.0 * RIM) * h];
        let seen = patch_color(sight, &sight_from_mm, inner);
        (seen.clipped <= LARGEST_CLIPPED && seen.rgb.iter().all(|&v| v > 0.0)).then_some(seen.rgb)
    })
}

/// What the patches of a photograph give.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GrayGains {
    /// Factors on linear red, green and blue.
    pub gains: [f64; 3],
    /// What they leave on each patch.
    pub residuals: Residuals<{ GRAYS.len() }>,
}

impl GrayGains {
    /// Constants for each channel that are fitted to the patches.
    pub const FITTED: usize = 1;
}

/// Gains that bring the patches that are seen in all photographs of a set to their nominal
/// reflectance, one for each photograph. `None` where fewer than three patches are common.
pub fn gray_gains(photos: &[GrayPatches]) -> Option<Vec<GrayGains>> {
    let is_common = |k: usize| photos.iter().all(|p| p[k].is_some());
    let common = (0..GRAYS.len()).filter(|&k| is_common(k)).count();
    if common < LEAST_PATCHES {
        return None;
    }
    let gains = |patches: &GrayPatches| {
        // Densities that each patch should lose.
        let excess: Residuals<{ GRAYS.len() }> = std::array::from_fn(|k| {
            let seen = patches[k].filter(|_| is_common(k))?;
            Some(seen.map(|seen| (nominal_reflectance(k) / seen).ln()))
        });
        let mean: [f64; 3] =
            std::array::from_fn(|c| excess.iter().flatten().map(|e| e[c]).sum::<f64>() / common as f64);
        let residuals = excess.map(|patch| patch.map(|e| std::array::from_fn(|c| e[c] - mean[c])));
        GrayGains { gains: mean.map(f64::exp), residuals }
    };
    Some(photos.iter().map(gains).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::target::ColorError;

    #[test]
    fn a_cast_is_undone_and_a_patch_clipped_in_one_photograph_counts_in_none() {
        let printed = |gain: [f64; 3]| -> GrayPatches {
            // A printer that prints the light patches too dark.
            std::array::from_fn(|k| Some(gain.map(|g| g * nominal_reflectance(k) * (0.8 + 0.04 * k as f64))))
        };
        let mut photos = [printed([1.0, 0.9, 0.7]), printed([0.8, 0.8, 0.8])];
        photos[0][0] = None;
        let found = gray_gains(&photos).unwrap();
        for (c, ratio) in [0.8, 0.8 / 0.9, 0.8 / 0.7].into_iter().enumerate() {
            // Whatever the printer did, both photographs agree.
            assert!((found[0].gains[c] / found[1].gains[c] / ratio - 1.0).abs() < 1e-12);
        }
        // What the printer did is left on both alike.
        let error = ColorError::of_change(&found[0].residuals, &found[1].residuals, GrayGains::FITTED);
        let error = error.unwrap();
        assert_eq!(error.df, 4.0);
        assert!(
            error.variance_of([1.0, -1.0, 0.5]) < 1e-20 && found[0].residuals[5].unwrap()[0].abs() > 0.05
        );
        photos[1][4] = None;
        photos[1][5] = None;
        photos[1][1] = None;
        assert_eq!(gray_gains(&photos), None);
    }
}
