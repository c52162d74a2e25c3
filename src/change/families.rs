//! Families of lesions show up in each other's readings: a scar has an edge as a line has, a floor with pores, and
//! a spot is dark as both are. What one family changed is not claimed for another.
//!
//! Squares of relief readings add up over families, whatever else the skin holds, and so does pigment burden. So what
//! five readings lost is parted among five families, each of which takes from every reading in its own proportion;
//! and of what a reading lost, only its own family's part may be claimed.

use nalgebra::{DMatrix, DVector};

use super::judge::MetricInput;

/// The reading that each family is told by, and the power of it that adds up.
const READINGS: [(&str, &str, i32); 5] = [
    ("scars", "relief_contrast", 2),
    ("texture", "sq_fine", 2),
    ("wrinkles", "contrast", 2),
    ("pores", "contrast", 2),
    ("pigment", "burden", 1),
];

/// What the row's reading loses, by what that of the column's loses, where the column's family fades: squares in mOD²,
/// burden in OD·%. Of a few close-ups with planted families (`tests/all/planted.rs`), rather the most than the mean, because
/// skins differ by up to a factor of three. Lines and pores are read off red and green, on which spots show; burden
/// off melanin, which light that spreads below steep walls looks like.
#[rustfmt::skip]
const SHARES: [[f64; 5]; 5] = [
    [1.0,    0.97, 3.5, 4.0, 20.0],
    [0.29,   1.0,  4.5, 7.6, 100.0],
    [0.04,   0.12, 1.0, 0.9, 30.0],
    [0.042,  0.07, 0.1, 1.0, 30.0],
    [2.8e-4, 0.0,  2.5e-3, 0.0, 1.0],
];

/// How much of the change of ln of each reading other families have made; 0 for what is no such reading.
pub(super) fn leaks_ln(inputs: &[MetricInput<'_>]) -> Vec<f64> {
    let mut leaks = vec![0.0; inputs.len()];
    let place = |&(measure, metric, _): &(_, _, i32)| inputs.iter().position(|i| i.name == (measure, metric));
    let (rows, places): (Vec<usize>, Vec<usize>) =
        READINGS.iter().enumerate().filter_map(|(row, reading)| Some((row, place(reading)?))).unzip();
    if rows.is_empty() {
        return leaks;
    }
    let power = |row: usize| READINGS[row].2;
    let sums: Vec<[f64; 2]> = rows
        .iter()
        .zip(&places)
        .map(|(&row, &place)| inputs[place].visit_means().map(|mean| mean.powi(power(row))))
        .collect();
    let lost = DVector::from_iterator(rows.len(), sums.iter().map(|[before, after]| before - after));
    let shares = DMatrix::from_fn(rows.len(), rows.len(), |i, j| SHARES[rows[i]][rows[j]]);
    let Some(own) = shares.lu().solve(&lost) else { return leaks };
    for (k, place) in places.into_iter().enumerate() {
        // Its own part, if it goes the way that the whole does.
        let part = (own[k] * lost[k].signum()).clamp(0.0, lost[k].abs());
        let [before, after] = sums[k];
        let least = before.min(after).max(f64::MIN_POSITIVE);
        leaks[place] = ((lost[k].abs() - part) / least).ln_1p() / f64::from(power(rows[k]));
    }
    leaks
}

#[cfg(test)]
mod tests {
    use super::super::captures::Captures;
    use super::*;
    use crate::measure::Axis;

    fn input(name: (&'static str, &'static str), before: f64, after: f64) -> MetricInput<'static> {
        let visit = |value| Captures { value, repeats: Vec::new() };
        MetricInput {
            name,
            axis: Axis::Ln,
            primary: true,
            before: visit(before),
            after: visit(after),
            leak: 0.0,
            target: None,
            scale_cv: 0.0,
            blocks: None,
        }
    }

    /// The readings of skin that loses so much of each family, in its own sum.
    fn faded(lost: [f64; 5]) -> Vec<MetricInput<'static>> {
        let before: [f64; 5] = [50.0, 40.0, 20.0, 12.0, 3.0];
        READINGS
            .iter()
            .enumerate()
            .map(|(row, &(measure, metric, power))| {
                let total: f64 = (0..5).map(|column| SHARES[row][column] * lost[column]).sum();
                let after = (before[row].powi(power) - total).powf(1.0 / f64::from(power));
                input((measure, metric), before[row], after)
            })
            .collect()
    }

    fn delta(input: &MetricInput<'_>) -> f64 {
        (input.after.value / input.before.value).ln().abs()
    }

    #[test]
    fn a_family_claims_its_own_and_the_others_nothing() {
        for family in 0..5 {
            let mut lost = [0.0; 5];
            lost[family] = [600.0, 300.0, 20.0, 20.0, 1.5][family];
            let inputs = faded(lost);
            let leaks = leaks_ln(&inputs);
            for (k, (input, leak)) in inputs.iter().zip(&leaks).enumerate() {
                if k == family {
                    assert!(*leak < 1e-9, "{family}: {leak}");
                } else {
                    assert!(*leak >= delta(input) - 1e-9, "{family} in {k}: {leak} of {}", delta(input));
                }
            }
        }
    }

    #[test]
    fn with_repeats_the_means_of_visits_are_parted() {
        let inputs = faded([600.0, 0.0, 0.0, 0.0, 0.0]);
        let spread = |captures: &Captures| {
            let value = captures.value;
            Captures { value: 1.1 * value, repeats: vec![value, 0.9 * value] }
        };
        let repeated: Vec<_> = inputs
            .iter()
            // Of one visit only: parts of both that grow alike would leave the leaks as they are.
            .map(|i| MetricInput { before: spread(&i.before), ..i.clone() })
            .collect();
        for (one, many) in leaks_ln(&inputs).iter().zip(leaks_ln(&repeated)) {
            assert!((one - many).abs() < 1e-9, "{one} against {many}");
        }
    }

    #[test]
    fn two_families_that_fade_both_claim() {
        let inputs = faded([600.0, 0.0, 0.0, 15.0, 0.0]);
        let leaks = leaks_ln(&inputs);
        assert!(leaks[0] < 0.6 * delta(&inputs[0]) && leaks[3] < 0.9 * delta(&inputs[3]), "{leaks:?}");
        assert!(leaks[1] > 0.9 * delta(&inputs[1]), "{leaks:?}");
    }

    #[test]
    fn pigment_that_fades_beside_scars_is_its_own() {
        let inputs = faded([600.0, 0.0, 0.0, 0.0, 1.0]);
        let leaks = leaks_ln(&inputs);
        assert!(leaks[0] < 0.2 * delta(&inputs[0]) && leaks[4] < 0.2 * delta(&inputs[4]), "{leaks:?}");
    }

    #[test]
    fn a_reading_alone_keeps_all_of_its_change_and_others_are_left_alone() {
        let scars = input(("scars", "relief_contrast"), 50.0, 40.0);
        let count = input(("pores", "count_per_cm2"), 9.0, 2.0);
        assert_eq!(leaks_ln(&[count, scars]), [0.0, 0.0]);
        assert!(leaks_ln(&[]).is_empty());
    }
}
