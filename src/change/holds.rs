//! Which of many outcomes stand.

/// Which of the outcomes with a p stand at a false discovery rate of `rate` (Benjamini & Hochberg 1995,
/// doi:10.1111/j.2517-6161.1995.tb02031.x): with the p in order, all up to the last that is at most its rank
/// times `rate` over their number.
pub(super) fn benjamini_hochberg(p: &[Option<f64>], rate: f64) -> Vec<bool> {
    let mut sorted: Vec<f64> = p.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let share = rate / sorted.len().max(1) as f64;
    let last = (0..sorted.len()).rev().find(|&rank| sorted[rank] <= (rank + 1) as f64 * share);
    let limit = last.map(|rank| sorted[rank]);
    p.iter().map(|p| p.zip(limit).is_some_and(|(p, limit)| p <= limit)).collect()
}

/// Which of the outcomes are safe at an error of `level` over the whole family of the primary ones (Holm 1979). One
/// that is not primary is held against the level that the strictest primary one is.
pub(super) fn holm(p: &[Option<f64>], primary: &[bool], level: f64) -> Vec<bool> {
    let mut family: Vec<(usize, f64)> = p
        .iter()
        .zip(primary)
        .enumerate()
        .filter_map(|(place, (p, primary))| Some((place, (*p)?)).filter(|_| *primary))
        .collect();
    family.sort_by(|a, b| a.1.total_cmp(&b.1));
    let count = family.len();
    let strictest = level / count.max(1) as f64;
    let mut safe: Vec<bool> = p.iter().map(|p| p.is_some_and(|p| p <= strictest)).collect();
    let mut all_before = true;
    for (rank, (place, p)) in family.into_iter().enumerate() {
        all_before &= p <= level / (count - rank) as f64;
        safe[place] = all_before;
    }
    safe
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
        let stands = benjamini_hochberg(&p.map(Some), 0.05);
        assert_eq!(stands, (0..15).map(|i| i < 4).collect::<Vec<_>>());
    }

    #[test]
    fn a_later_p_lets_earlier_ones_stand_and_what_has_none_does_not() {
        // 0.04 is above 0.05/2 but 0.045 is at most 2·0.05/2.
        assert_eq!(benjamini_hochberg(&[Some(0.045), None, Some(0.04)], 0.05), [true, false, true]);
        assert_eq!(benjamini_hochberg(&[Some(0.03), Some(0.9)], 0.05), [false, false]);
        assert_eq!(benjamini_hochberg(&[], 0.05), Vec::<bool>::new());
    }

    #[test]
    fn holm_holds_the_family_to_its_level() {
        // Holm's limits for three are 0.05/3, 0.05/2, 0.05 (statsmodels' multipletests rejects the first two). The
        // fourth, secondary, does not meet 0.05/3.
        let p = [0.01, 0.02, 0.2, 0.04].map(Some);
        assert_eq!(holm(&p, &[true, true, true, false], 0.05), [true, true, false, false]);
        // 0.03 misses 0.05/2, and so 0.04 is not asked.
        assert_eq!(holm(&[Some(0.04), Some(0.03)], &[true; 2], 0.05), [false; 2]);
        assert_eq!(holm(&[Some(0.04), None, Some(0.02)], &[true; 3], 0.05), [true, false, true]);
        assert!(holm(&[], &[], 0.05).is_empty());
    }
}
