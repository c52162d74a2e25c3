//! How far off two corrections by one target leave a change of color.
//!
//! What a correction leaves on the patches is mostly the same on both visits: the printer's grays are
//! not those of the layout, the published colors not those of this chart, and the model misses the
//! camera alike. That part leaves with the subtraction. What differs between the visits does not, and
//! skin, one more thing in the same light, may be off by as much as a patch is: so the scatter of the
//! patches counts, not the smaller error of their mean. Channels err together (uneven light dims them
//! all), which measures that are blind to light are blind to: hence a covariance.

/// What a correction leaves on each patch, in optical density of red, green and blue; `None` where a
/// patch says nothing.
pub type Residuals<const N: usize> = [Option<[f64; 3]>; N];

/// Error of a change of color, in optical density.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ColorError {
    /// Covariance of red, green and blue.
    pub covariance: [[f64; 3]; 3],
    /// Degrees of freedom it rests on.
    pub df: f64,
}

impl ColorError {
    /// Of the change between two photographs of one target, from the patches that both show; `fitted` is
    /// how many constants for each channel were fitted to these same patches. `None` where too few are
    /// common.
    pub fn of_change<const N: usize>(
        before: &Residuals<N>,
        after: &Residuals<N>,
        fitted: usize,
    ) -> Option<Self> {
        let differences: Vec<[f64; 3]> = before
            .iter()
            .zip(after)
            .filter_map(|(before, after)| (*before).zip(*after))
            .map(|(before, after)| std::array::from_fn(|c| after[c] - before[c]))
            .collect();
        let df = differences.len().checked_sub(fitted).filter(|&df| df > 0)? as f64;
        let covariance = std::array::from_fn(|i| {
            std::array::from_fn(|j| differences.iter().map(|d| d[i] * d[j]).sum::<f64>() / df)
        });
        Some(Self { covariance, df })
    }

    /// The same on skin where the light differs by `density` more between the visits than at the patches.
    #[must_use]
    pub fn dimmed(mut self, density: f64) -> Self {
        self.covariance.iter_mut().flatten().for_each(|v| *v += density * density);
        self
    }

    /// Variance of a value that grows by `per_density` with the density of each channel.
    pub fn variance_of(&self, per_density: [f64; 3]) -> f64 {
        let row = |i: usize| (0..3).map(|j| self.covariance[i][j] * per_density[j]).sum::<f64>();
        (0..3).map(|i| per_density[i] * row(i)).sum::<f64>().max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_visits_share_cancels_and_what_differs_counts_in_full() {
        // A printer's tone, the same twice; then noise of ±0.02 on green.
        let before: Residuals<4> = [Some([0.3; 3]), Some([0.1; 3]), Some([-0.1; 3]), None];
        let after = [Some([0.3, 0.32, 0.3]), Some([0.1, 0.08, 0.1]), Some([-0.1; 3]), Some([9.0; 3])];
        let found = ColorError::of_change(&before, &after, 1).unwrap();
        assert_eq!(found.df, 2.0);
        assert!((found.variance_of([0.0, 1.0, 0.0]) - 2.0 * 0.0004 / 2.0).abs() < 1e-12);
        assert_eq!(found.variance_of([1.0, 0.0, -1.0]), 0.0);
        assert_eq!(ColorError::of_change(&before, &after, 3), None);
    }

    #[test]
    fn what_is_blind_to_light_does_not_see_it_dim() {
        let dimmed = [Some([0.1; 3]), Some([-0.2; 3]), Some([0.05; 3])];
        let found = ColorError::of_change(&[Some([0.0; 3]); 3], &dimmed, 0).unwrap();
        assert!(found.variance_of([-1.25, 2.25, -1.0]) < 1e-15);
        assert!((found.variance_of([1.0, 0.0, 0.0]) - 0.0525 / 3.0).abs() < 1e-12);
        let darker = found.dimmed(0.3);
        assert!(darker.variance_of([-1.25, 2.25, -1.0]) < 1e-15);
        assert!((darker.variance_of([1.0, 0.0, 0.0]) - 0.0525 / 3.0 - 0.09).abs() < 1e-12);
    }
}
