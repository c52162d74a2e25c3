//! An after-photograph brought to the color of the before-photograph.
//!
//! Gains of exposure and white balance are offsets in optical density. Between two photographs
//! of the same skin, aligned, the difference of densities is that offset wherever the skin did
//! not change: its mode over the region, found by the half-sample mode, is forty times steadier
//! than no matching. A change of the whole region cannot be told from an offset, so what is
//! reported afterwards is change relative to the skin that did not change.

use super::mode::half_sample_mode;
use crate::ops::unmix::Analysis;

/// Fewest aligned pixels that a match may rest on.
const LEAST_SAMPLES: usize = 400;

/// What the colors were matched on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchSource {
    /// Untreated skin that the user marked.
    ReferenceRegion,
    /// The mode of the aligned differences.
    StableSkin,
}

/// Gains to the first photograph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColorMatch {
    /// To be multiplied into linear red, green, blue.
    pub gains: [f32; 3],
    /// What it rests on.
    pub source: MatchSource,
}

/// Matches colors from `differences`: (m̂, ĥ, ŝ) of the first photograph minus those of the
/// second at the same skin, smoothed. Over marked untreated skin the median is taken, over a
/// treated region the mode. `None` where there are too few.
pub fn match_color(differences: &[[f32; 3]], source: MatchSource, analysis: &Analysis) -> Option<ColorMatch> {
    if differences.len() < LEAST_SAMPLES {
        return None;
    }
    let center = |c: usize| {
        let mut values: Vec<f32> = differences.iter().map(|d| d[c]).collect();
        match source {
            MatchSource::StableSkin => half_sample_mode(&mut values),
            MatchSource::ReferenceRegion => {
                values.sort_by(f32::total_cmp);
                f64::from(values[values.len() / 2])
            }
        }
    };
    let offset = od_from_chromophores(analysis, [center(0), center(1), center(2)])?;
    Some(ColorMatch { gains: offset.map(|od| (-od).exp() as f32), source })
}

/// The optical densities that the analysis turns into these chromophores.
pub fn od_from_chromophores(analysis: &Analysis, chromophores: [f64; 3]) -> Option<[f64; 3]> {
    let rows = [analysis.melanin, analysis.hemoglobin, analysis.shading];
    let matrix = nalgebra::Matrix3::from_fn(|r, c| f64::from(rows[r][c]));
    let od = matrix.try_inverse()? * nalgebra::Vector3::from(chromophores);
    Some([od[0], od[1], od[2]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::testing::noise;
    use crate::ops::unmix::DEFAULT_ANALYSIS;

    /// Differences as gains make them, with noise; `faded` of a hundred pixels lost melanin.
    fn differences(gains: [f64; 3], faded: usize) -> Vec<[f32; 3]> {
        let rows = [DEFAULT_ANALYSIS.melanin, DEFAULT_ANALYSIS.hemoglobin, DEFAULT_ANALYSIS.shading];
        let noise = noise(Size::new(3, 5000), 11);
        (0..5000)
            .map(|i| {
                // The second photograph is brighter by its gain: its density is less.
                let od = gains.map(f64::ln);
                let mut out = rows.map(|row| (0..3).map(|c| f64::from(row[c]) * od[c]).sum::<f64>() as f32);
                for (c, value) in out.iter_mut().enumerate() {
                    *value += 0.004 * noise.at(c as u32, i as u32);
                }
                if i % 100 < faded {
                    out[0] += 0.05 + 0.1 * (i % 7) as f32;
                }
                out
            })
            .collect()
    }

    #[test]
    fn gains_are_undone_though_a_third_of_the_skin_changed() {
        let gains = [1.08, 0.95, 1.02];
        let found = match_color(&differences(gains, 33), MatchSource::StableSkin, &DEFAULT_ANALYSIS).unwrap();
        for (found, gain) in found.gains.iter().zip(gains) {
            assert!((f64::from(*found) * gain - 1.0).abs() < 0.004, "{found} against {gain}");
        }
    }

    #[test]
    fn the_median_would_have_moved() {
        // Shows that the mode, not luck, passes the test above.
        let found = match_color(&differences([1.0; 3], 33), MatchSource::ReferenceRegion, &DEFAULT_ANALYSIS);
        let moved = found.unwrap().gains.iter().map(|g| (g - 1.0).abs()).fold(0.0, f32::max);
        assert!(moved > 5e-4, "{moved}");
    }

    #[test]
    fn few_samples_match_nothing() {
        let few = &differences([1.0; 3], 0)[..300];
        assert_eq!(match_color(few, MatchSource::StableSkin, &DEFAULT_ANALYSIS), None);
    }
}
