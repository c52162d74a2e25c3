//! Adjustment of p for many outcomes: by the family-wise error, and by the false discovery rate.

/// p adjusted for the false discovery rate (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x): the smallest rate at which
/// the outcome stands. With the p in order, p times their number over the rank, and no more than that of any later rank.
pub(super) fn benjamini_hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut family: Vec<(usize, f64)> = p.iter().enumerate().filter_map(|(i, p)| Some((i, (*p)?))).collect();
    family.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; p.len()];
    let mut least = 1.0f64;
    for (rank, &(place, p)) in family.iter().enumerate().rev() {
        least = least.min(p * family.len() as f64 / (rank + 1) as f64);
        adjusted[place] = Some(least);
    }
    adjusted
}

/// p adjusted for the family of the primary outcomes (Holm 1979, <https://www.jstor.org/stable/4615733>). An outcome that is not primary is
/// multiplied by their number, as the strictest primary one is.
pub(super) fn holm_with_secondary(p: &[Option<f64>], primary: &[bool]) -> Vec<Option<f64>> {
    let family: Vec<Option<f64>> = p.iter().zip(primary).map(|(p, primary)| p.filter(|_| *primary)).collect();
    let count = family.iter().flatten().count().max(1) as f64;
    let adjusted = holm_adjusted(&family);
    p.iter().zip(adjusted).map(|(p, adjusted)| adjusted.or(p.map(|p| (p * count).min(1.0)))).collect()
}

/// p adjusted for the family of all that have one (Holm 1979): at most `level` where [`holm`] lets it stand at that.
pub fn holm_adjusted(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut family: Vec<(usize, f64)> = p.iter().enumerate().filter_map(|(i, p)| Some((i, (*p)?))).collect();
    family.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; p.len()];
    let mut least = 0.0f64;
    for (rank, &(place, p)) in family.iter().enumerate() {
        least = least.max((p * (family.len() - rank) as f64).min(1.0));
        adjusted[place] = Some(least);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fifteen p of the worked example in the paper: four stand at 0.05.
    #[test]
    fn the_papers_example_lets_four_stand() {
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0000,
        ];
        let adjusted = benjamini_hochberg(&p.map(Some));
        assert_eq!(adjusted.iter().filter(|p| p.unwrap() <= 0.05).count(), 4);
        // By hand: 0.0095·15/4 = 0.035625, and 0.0201·15/5 = 0.0603.
        assert!((adjusted[3].unwrap() - 0.035_625).abs() < 1e-12);
        assert!((adjusted[4].unwrap() - 0.0603).abs() < 1e-12 && adjusted[14] == Some(1.0));
    }

    #[test]
    fn a_later_p_lets_earlier_ones_stand_and_what_has_none_does_not() {
        // 0.04 is above 0.05/2 but 0.045 is at most 2·0.05/2.
        assert_eq!(benjamini_hochberg(&[Some(0.045), None, Some(0.04)]), [Some(0.045), None, Some(0.045)]);
        assert_eq!(benjamini_hochberg(&[Some(0.03), Some(0.9)]), [Some(0.06), Some(0.9)]);
        assert!(benjamini_hochberg(&[]).is_empty());
    }

    #[test]
    fn holm_holds_the_family_to_its_level() {
        let stands = |p: &[Option<f64>], primary: &[bool]| -> Vec<bool> {
            holm_with_secondary(p, primary).iter().map(|p| p.is_some_and(|p| p <= 0.05)).collect()
        };
        // Holm's limits for three are 0.05/3, 0.05/2, 0.05 (statsmodels' multipletests rejects the first two). The
        // fourth, secondary, does not meet 0.05/3.
        let p = [0.01, 0.02, 0.2, 0.04].map(Some);
        assert_eq!(stands(&p, &[true, true, true, false]), [true, true, false, false]);
        // 0.03 misses 0.05/2, and so 0.04 is not asked.
        assert_eq!(stands(&[Some(0.04), Some(0.03)], &[true; 2]), [false; 2]);
        assert_eq!(stands(&[Some(0.04), None, Some(0.02)], &[true; 3]), [true, false, true]);
        assert!(stands(&[], &[]).is_empty());
    }
}
