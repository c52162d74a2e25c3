//! Families of relief show up in each other's readings: a scar has an edge as a line has, a floor with pores.
//! What one family changed is not claimed for another.
//!
//! Squares of readings add up over families, whatever else the skin holds. So what the squares of four readings
//! lost is parted among four families, each of which takes from every reading in its own proportion; and of
//! what a reading lost, only its own family's part may be claimed.

use nalgebra::{DMatrix, DVector};

use super::judge::MetricInput;

/// The reading that each family is told by.
const READINGS: [(&str, &str); 4] =
    [("scars", "relief_contrast"), ("texture", "sq_fine"), ("wrinkles", "contrast"), ("pores", "contrast")];

/// What the square of the row's reading loses, by what that of the column's loses, where the column's family
/// faded to half: no less than the upper quartiles over eight close-ups with planted families
/// (`tests/all/planted.rs`), seven for roughness, because skins differ, by up to a factor of three.
#[rustfmt::skip]
const SHARES: [[f64; 4]; 4] = [
    [1.0,   0.97,  20.0, 4.0],
    [0.29,  1.0,   9.7,  7.6],
    [0.021, 0.041, 1.0,  0.40],
    [0.042, 0.07,  0.06, 1.0],
];

/// The pigment that scars fake: light that spreads below steep walls is reddened, and unmixes as melanin. Burden
/// lost, in OD·%, by what the square of relief contrast loses, in mOD²: at most that on the same close-ups.
const PIGMENT: (&str, &str) = ("pigment", "burden");
const PIGMENT_OF_SCARS: f64 = 2.8e-4;

/// How much of the change of ln of each reading other families have made; 0 for what is no such reading.
pub(super) fn leaks_ln(inputs: &[MetricInput<'_>]) -> Vec<f64> {
    let mut leaks = vec![0.0; inputs.len()];
    let (rows, places): (Vec<usize>, Vec<usize>) = READINGS
        .iter()
        .enumerate()
        .filter_map(|(row, name)| Some((row, inputs.iter().position(|input| input.name == *name)?)))
        .unzip();
    if rows.is_empty() {
        return leaks;
    }
    let squares: Vec<[f64; 2]> =
        places.iter().map(|&place| values(&inputs[place]).map(|value| value * value)).collect();
    let lost = DVector::from_iterator(rows.len(), squares.iter().map(|[before, after]| before - after));
    let shares = DMatrix::from_fn(rows.len(), rows.len(), |i, j| SHARES[rows[i]][rows[j]]);
    let Some(own) = shares.lu().solve(&lost) else { return leaks };
    for (k, place) in places.into_iter().enumerate() {
        // Its own part, if it goes the way that the whole does.
        let part = (own[k] * lost[k].signum()).clamp(0.0, lost[k].abs());
        let [before, after] = squares[k];
        let least = before.min(after).max(f64::MIN_POSITIVE);
        leaks[place] = 0.5 * ((lost[k].abs() - part) / least).ln_1p();
    }
    let pigment = inputs.iter().position(|input| input.name == PIGMENT);
    if let (Some(place), Some(scars)) = (pigment, rows.iter().position(|row| *row == 0)) {
        let [before, after] = values(&inputs[place]);
        let least = before.min(after).max(f64::MIN_POSITIVE);
        leaks[place] = (PIGMENT_OF_SCARS * own[scars].abs() / least).ln_1p();
    }
    leaks
}

/// Before and after; with repeats the mean of each visit, of which a change is told.
fn values(input: &MetricInput<'_>) -> [f64; 2] {
    [&input.before, &input.after].map(|visit| {
        let sum: f64 = visit.value + visit.repeats.iter().sum::<f64>();
        sum / (1 + visit.repeats.len()) as f64
    })
}

#[cfg(test)]
mod tests {
    use super::super::judge::Captures;
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

    /// The four readings of skin that loses so much of each family, in squares of its own reading.
    fn faded(lost: [f64; 4]) -> Vec<MetricInput<'static>> {
        let before: [f64; 4] = [50.0, 40.0, 9.0, 8.0];
        READINGS
            .iter()
            .enumerate()
            .map(|(row, name)| {
                let total: f64 = (0..4).map(|column| SHARES[row][column] * lost[column]).sum();
                input(*name, before[row], (before[row] * before[row] - total).sqrt())
            })
            .collect()
    }

    fn delta(input: &MetricInput<'_>) -> f64 {
        (input.after.value / input.before.value).ln().abs()
    }

    #[test]
    fn a_family_claims_its_own_and_the_others_nothing() {
        for family in 0..4 {
            let mut lost = [0.0; 4];
            lost[family] = [600.0, 300.0, 20.0, 20.0][family];
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
        let inputs = faded([600.0, 0.0, 0.0, 0.0]);
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
        let inputs = faded([600.0, 0.0, 0.0, 15.0]);
        let leaks = leaks_ln(&inputs);
        assert!(leaks[0] < 0.6 * delta(&inputs[0]) && leaks[3] < 0.9 * delta(&inputs[3]), "{leaks:?}");
        assert!(leaks[1] > 0.9 * delta(&inputs[1]), "{leaks:?}");
    }

    #[test]
    fn what_scars_fake_of_pigment_is_not_claimed() {
        let mut inputs = faded([800.0, 0.0, 0.0, 0.0]);
        let faked = 800.0 * PIGMENT_OF_SCARS;
        inputs.push(input(PIGMENT, 0.5 + faked, 0.5));
        let leaks = leaks_ln(&inputs);
        assert!((leaks[4] - delta(&inputs[4])).abs() < 1e-9, "{leaks:?}");
        // Without scars that changed, all of it is its own.
        let mut inputs = faded([0.0; 4]);
        inputs.push(input(PIGMENT, 0.5 + faked, 0.5));
        assert!(leaks_ln(&inputs)[4] < 1e-9);
    }

    #[test]
    fn a_reading_alone_keeps_all_of_its_change_and_others_are_left_alone() {
        let scars = input(READINGS[0], 50.0, 40.0);
        let count = input(("pores", "count_per_cm2"), 9.0, 2.0);
        assert_eq!(leaks_ln(&[count, scars]), [0.0, 0.0]);
        assert!(leaks_ln(&[]).is_empty());
    }
}
