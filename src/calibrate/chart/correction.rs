//! From a camera's colors to true ones: linear, or by roots of polynomials.
//!
//! Root-polynomial terms (Finlayson, Mackiewicz & Hurlbert 2015, doi:10.1109/TIP.2015.2405336) grow
//! as the light does, so that a correction fitted at one exposure holds at any. The model is the one
//! of the least mean ΔE00 over patches left out one at a time.

use nalgebra::DMatrix;

use super::reference::{COLUMNS, PATCHES, ROWS, reference_linear};
use super::{Chart, Edition};
use crate::calibrate::color::{XYZ_FROM_LINEAR_RGB, delta_e_2000, lab_from_linear_rgb};
use crate::calibrate::target::Residuals;
use crate::ops::root_polynomial::{TERMS, terms};
use crate::reason::Reason;

/// Largest mean and largest single ΔE00 that may remain on the chart.
pub const LARGEST_MEAN: f64 = 3.0;
/// Largest ΔE00 that may remain on one patch.
pub const LARGEST_MAX: f64 = 6.0;
/// Clipped share from which a patch says nothing.
const LARGEST_CLIPPED: f64 = 0.05;
/// Fewest patches of a fit.
const LEAST_PATCHES: usize = 18;
/// Lightness and chroma between which a patch is like skin: what it is off by, skin may be off by. Deep
/// colors lie outside sRGB and are off by far more.
const SKIN_LIGHTNESS: std::ops::RangeInclusive<f64> = 25.0..=85.0;
const SKIN_CHROMA: f64 = 35.0;
/// Rounds of the search for the light's slope; each brings it some ten times nearer.
const ROUNDS: usize = 6;

/// Which terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// r, g, b.
    Linear,
    /// And the roots of their products.
    Root2,
    /// And the cube roots of products of three.
    Root3,
}

impl Model {
    /// From the simplest on.
    pub const ALL: [Self; 3] = [Self::Linear, Self::Root2, Self::Root3];

    /// Its terms.
    pub fn terms(self) -> usize {
        match self {
            Self::Linear => 3,
            Self::Root2 => 6,
            Self::Root3 => TERMS,
        }
    }

    /// `linear`, `root_polynomial_2`, `root_polynomial_3`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Root2 => "root_polynomial_2",
            Self::Root3 => "root_polynomial_3",
        }
    }
}

/// All terms of a color, of which a model uses the first ones.
fn terms_of(rgb: [f64; 3]) -> [f64; TERMS] {
    terms(rgb.map(|v| v.max(0.0)), f64::sqrt, f64::cbrt)
}

/// A correction, and how well it does on its own chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correction {
    /// The model chosen.
    pub model: Model,
    /// Factors on the terms, for red, green and blue; 0 where the model has no term.
    pub rows: [[f64; TERMS]; 3],
    /// Mean and largest ΔE00 that remain on the chart.
    pub mean_delta_e: f64,
    /// Largest ΔE00 that remains on a patch.
    pub max_delta_e: f64,
    /// Mean ΔE00 over patches left out.
    pub left_out_delta_e: f64,
    /// What is left on each patch that is like skin, in the light as it was: of corrections that did not
    /// know the patch, as this one does not know the skin.
    pub residuals: Residuals<PATCHES>,
}

impl Correction {
    /// The true linear sRGB of a camera's linear color.
    pub fn apply(&self, rgb: [f64; 3]) -> [f64; 3] {
        applied(&self.rows, rgb)
    }
}

/// A patch as the camera saw it, under even light, and as it is.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// Its place among the patches.
    patch: usize,
    seen: [f64; 3],
    is: [f64; 3],
    /// How much more light it had than the center of the chart.
    light: f64,
    /// Place on the chart from its center, as a share of its width.
    at: [f64; 2],
}

fn luminance(rgb: [f64; 3]) -> f64 {
    (0..3).map(|c| XYZ_FROM_LINEAR_RGB[1][c] * rgb[c]).sum()
}

/// The correction that a chart gives.
///
/// # Errors
/// Too many patches clipped, or a residual that is too large.
pub fn correct(chart: &Chart, edition: Edition) -> Result<Correction, Reason> {
    let samples = samples(chart, edition);
    if samples.len() < LEAST_PATCHES {
        let message = "too few patches of the color chart are neither clipped nor covered, in patches";
        return Err(Reason::limit("chart_clipped", message, samples.len() as f64, LEAST_PATCHES as f64));
    }
    let samples = evenly_lit(samples).ok_or_else(unfit)?;
    let mut best: Option<Correction> = None;
    for model in Model::ALL {
        let Some(found) = fitted(model, &samples) else { continue };
        if best.is_none_or(|b| found.left_out_delta_e < b.left_out_delta_e) {
            best = Some(found);
        }
    }
    let best = best.ok_or_else(unfit)?;
    let refusal = |message: &str, found, needed| Err(Reason::limit("chart_residual", message, found, needed));
    if best.mean_delta_e > LARGEST_MEAN {
        return refusal(
            "the color chart cannot be matched to its published colors, in mean ΔE00",
            best.mean_delta_e,
            LARGEST_MEAN,
        );
    }
    if best.max_delta_e > LARGEST_MAX {
        return refusal(
            "a patch of the color chart is off its published color (glare, dirt, or another chart), in ΔE00",
            best.max_delta_e,
            LARGEST_MAX,
        );
    }
    Ok(best)
}

fn unfit() -> Reason {
    Reason::new("chart_residual", "the color chart cannot be matched to its published colors at all")
}

/// Mean ΔE00 that a linear correction under evened light leaves: how much the patches look like a chart.
pub(super) fn unlikeness(chart: &Chart) -> Option<f64> {
    let samples = evenly_lit(samples(chart, Edition::default()))?;
    if samples.len() < LEAST_PATCHES {
        return None;
    }
    let rows = solve(Model::Linear, &samples, None)?;
    Some(samples.iter().map(|s| difference(&rows, s)).sum::<f64>() / samples.len() as f64)
}

fn samples(chart: &Chart, edition: Edition) -> Vec<Sample> {
    let reference = reference_linear(edition);
    (0..PATCHES)
        .filter(|&i| chart.patches[i].clipped <= LARGEST_CLIPPED)
        .map(|i| {
            let from_center = |at: usize, of: usize| at as f64 + 0.5 - 0.5 * of as f64;
            let at = [from_center(i % COLUMNS, COLUMNS), from_center(i / COLUMNS, ROWS)];
            Sample {
                patch: i,
                seen: chart.patches[i].rgb,
                is: reference[i],
                light: 1.0,
                at: at.map(|v| v / COLUMNS as f64),
            }
        })
        .collect()
}

/// Takes a slope of the light across the chart out: what luminance a linear correction leaves too
/// bright on one side and too dark on the other, as an exponential in the place.
fn evenly_lit(mut samples: Vec<Sample>) -> Option<Vec<Sample>> {
    for _ in 0..ROUNDS {
        let rows = solve(Model::Linear, &samples, None)?;
        let mut normal = nalgebra::Matrix3::zeros();
        let mut right = nalgebra::Vector3::zeros();
        for s in &samples {
            let (seen, is) = (luminance(applied(&rows, s.seen)), luminance(s.is));
            if seen <= 0.0 {
                continue;
            }
            let place = nalgebra::Vector3::new(1.0, s.at[0], s.at[1]);
            // Noise and flare weigh on dark patches.
            let weight = is / (is + 0.05);
            normal += weight * place * place.transpose();
            right += weight * (seen / is).ln() * place;
        }
        let slope = normal.try_inverse()? * right;
        for s in &mut samples {
            let light = (slope[1] * s.at[0] + slope[2] * s.at[1]).exp();
            s.seen = s.seen.map(|v| v / light);
            s.light *= light;
        }
    }
    Some(samples)
}

fn applied(rows: &[[f64; TERMS]; 3], rgb: [f64; 3]) -> [f64; 3] {
    let terms = terms_of(rgb);
    rows.map(|row| row.iter().zip(terms).map(|(a, t)| a * t).sum())
}

fn difference(rows: &[[f64; TERMS]; 3], sample: &Sample) -> f64 {
    delta_e_2000(lab_from_linear_rgb(applied(rows, sample.seen)), lab_from_linear_rgb(sample.is))
}

/// Least squares over all samples but one. A patch weighs as lightness changes with its luminance,
/// by the power −2/3, so that dark ones count as the eye counts them.
fn solve(model: Model, samples: &[Sample], without: Option<usize>) -> Option<[[f64; TERMS]; 3]> {
    let used: Vec<&Sample> =
        samples.iter().enumerate().filter(|&(i, _)| Some(i) != without).map(|(_, s)| s).collect();
    let weight = |s: &Sample| (luminance(s.is).max(0.0) + 0.02).powf(-2.0 / 3.0);
    let n = model.terms();
    let matrix = DMatrix::from_fn(used.len(), n, |i, k| weight(used[i]) * terms_of(used[i].seen)[k]);
    let target = DMatrix::from_fn(used.len(), 3, |i, c| weight(used[i]) * used[i].is[c]);
    let solution = matrix.svd(true, true).solve(&target, 1e-9).ok()?;
    Some(std::array::from_fn(|c| std::array::from_fn(|k| if k < n { solution[(k, c)] } else { 0.0 })))
}

/// Densities that a correction leaves on a patch in the light as it was, where it is like skin.
fn residual(rows: &[[f64; TERMS]; 3], sample: &Sample) -> Option<[f64; 3]> {
    let [lightness, a, b] = lab_from_linear_rgb(sample.is);
    let corrected = applied(rows, sample.seen).map(|v| v * sample.light);
    let skin_like = SKIN_LIGHTNESS.contains(&lightness) && a.hypot(b) <= SKIN_CHROMA;
    (skin_like && corrected.iter().chain(&sample.is).all(|&v| v > 0.0))
        .then(|| std::array::from_fn(|c| (sample.is[c] / corrected[c]).ln()))
}

fn fitted(model: Model, samples: &[Sample]) -> Option<Correction> {
    let rows = solve(model, samples, None)?;
    let differences: Vec<f64> = samples.iter().map(|s| difference(&rows, s)).collect();
    let mut left_out = 0.0;
    let mut residuals = [None; PATCHES];
    for (i, sample) in samples.iter().enumerate() {
        let without = solve(model, samples, Some(i))?;
        left_out += difference(&without, sample) / samples.len() as f64;
        residuals[sample.patch] = residual(&without, sample);
    }
    Some(Correction {
        model,
        rows,
        mean_delta_e: differences.iter().sum::<f64>() / samples.len() as f64,
        max_delta_e: differences.iter().copied().fold(0.0, f64::max),
        left_out_delta_e: left_out,
        residuals,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::target::PatchColor;
    use crate::geometry::Homography;

    /// A chart that a camera sees through a known matrix, under light that falls off to one side.
    fn chart(matrix: [[f64; 3]; 3], falloff: f64) -> Chart {
        let reference = reference_linear(Edition::Since2014);
        let patches = std::array::from_fn(|i| {
            let light = (falloff * ((i % 6) as f64 - 2.5) / 6.0).exp();
            let rgb = matrix.map(|row| light * (0..3).map(|c| row[c] * reference[i][c]).sum::<f64>());
            PatchColor { rgb, clipped: 0.0 }
        });
        Chart { photo_from_grid: Homography::IDENTITY, patches, residual_px: 0.0, found: PATCHES }
    }

    const CAMERA: [[f64; 3]; 3] = [[0.5, 0.3, 0.1], [0.15, 0.6, 0.1], [0.02, 0.2, 0.5]];

    #[test]
    fn a_linear_camera_is_undone_whatever_the_slope_of_the_light() {
        for falloff in [0.0, 0.3] {
            let found = correct(&chart(CAMERA, falloff), Edition::Since2014).unwrap();
            assert!(found.mean_delta_e < 0.02, "{falloff}: {}", found.mean_delta_e);
            let inverse = nalgebra::Matrix3::from_fn(|r, c| CAMERA[r][c]).try_inverse().unwrap();
            let skin = [0.42, 0.22, 0.15];
            let seen = CAMERA.map(|row| (0..3).map(|c| row[c] * skin[c]).sum::<f64>());
            let back = inverse * nalgebra::Vector3::from(seen);
            for (found, expected) in found.apply(seen).into_iter().zip(back.iter()) {
                assert!((found / expected - 1.0).abs() < 2e-3, "{found} against {expected}");
            }
        }
    }

    #[test]
    fn every_model_grows_as_the_light_does() {
        let samples: Vec<Sample> = samples(&chart(CAMERA, 0.0), Edition::Before2014);
        for model in Model::ALL {
            let found = fitted(model, &samples).unwrap();
            let (one, two) = (found.apply([0.3, 0.2, 0.1]), found.apply([0.6, 0.4, 0.2]));
            for (one, two) in one.into_iter().zip(two) {
                assert!((two - 2.0 * one).abs() < 1e-12, "{model:?}");
            }
        }
        assert!((terms_of([0.2, 0.4, 0.8])[3] - 0.08f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn another_chart_is_refused_with_its_residual() {
        let mut turned = chart(CAMERA, 0.0);
        turned.patches.reverse();
        let reason = correct(&turned, Edition::Since2014).unwrap_err();
        assert_eq!((reason.code.as_str(), reason.needed), ("chart_residual", Some(LARGEST_MEAN)));
        let mut clipped = chart(CAMERA, 0.0);
        for patch in &mut clipped.patches[10..18] {
            patch.clipped = 1.0;
        }
        assert_eq!(correct(&clipped, Edition::Since2014).unwrap_err().code, "chart_clipped");
    }
}
