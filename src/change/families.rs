//! Families of lesions show up in each other's readings: a scar has an edge as a line has, a floor with pores, and
//! a spot is dark as both are. Families that can account for a change of another are named beside it.
//!
//! Squares of relief readings add up over families, whatever else the skin holds, and so does pigment burden. Of each
//! family it is known how much, at most, other readings lose where its own loses so much. So the fewest families are
//! sought whose changes can have made all that was read; the rest may be theirs. But for noise, that has one
//! answer where no families can pass for others: a linear complementarity problem whose matrix has positive principal
//! minors (Cottle, Pang & Stone 1992).

use nalgebra::{DMatrix, DVector};

use super::judge::MetricInput;
use crate::measure::scars::EXCESS;

/// The measure that reads more than its family, which is spots.
const PIGMENT: &str = "pigment";
/// The reading that each family is told by, and the power of it that adds up.
const READINGS: [(&str, &str, i32); 5] = [
    ("scars", "relief_contrast", 2),
    ("texture", "sq_fine", 2),
    ("wrinkles", "contrast", 2),
    ("pores", "contrast", 2),
    (PIGMENT, "burden", 1),
];

/// What the row's reading loses at most, by what that of the column's loses, where the column's family fades: squares
/// in mOD², burden in OD·%. Of close-ups with planted families (`tests/all/planted.rs`), about what nine in ten stay
/// below, less for spots, whose shares rest on few that fade deep; skins differ by up to a factor of three. Lines and pores are read off red and green, on which spots show;
/// burden off melanin, which light that spreads below steep walls looks like.
#[rustfmt::skip]
const MOST: [[f64; 5]; 5] = [
    [1.0,    0.5,   5.0,    4.8,  20.0],
    [0.2,    1.0,   5.0,    9.0,  100.0],
    [0.10,   0.08,  1.0,    1.4,  30.0],
    [0.045,  0.065, 0.12,   1.0,  30.0],
    [3.5e-4, 2e-4,  2.5e-3, 4e-3, 1.0],
];

/// One reading that can be compared.
struct Reading {
    /// Its place in [`READINGS`], and among what is judged.
    row: usize,
    place: usize,
    /// What it lost of its power that adds up; below 0 where it gained.
    lost: f64,
    /// How much of that is no noise.
    sure: f64,
    /// The smaller of the two sums.
    least: f64,
}

/// Part of a reading's change that other families can have made.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Attribution {
    /// Largest part, on the axis of the change; infinite where others made all of it.
    leak: f64,
    /// Each family by its measure, with its share of that part.
    by: Vec<(&'static str, f64)>,
}

impl Attribution {
    /// True if others can have made so much of a change `delta` that less than `needed` of it would be left.
    pub fn explains(&self, delta: f64, needed: f64) -> bool {
        self.leak > 0.0 && delta.abs() <= needed + self.leak
    }

    /// The same for a change that is judged as a difference, where `larger` is the larger of both values.
    pub fn of_difference(self, larger: f64) -> Self {
        Self { leak: larger * -(-self.leak).exp_m1(), ..self }
    }

    /// Share of a change `delta` that remains for its own family, 0 to 1.
    pub fn remaining(&self, delta: f64) -> f64 {
        1.0 - (self.leak / delta.abs()).min(1.0)
    }

    /// Families with the share of a change `delta` that each can account for.
    pub fn families(&self, delta: f64) -> Vec<(&'static str, f64)> {
        let explained = 1.0 - self.remaining(delta);
        self.by.iter().map(|(family, share)| (*family, share * explained)).collect()
    }
}

/// Parts of the change of ln of each reading that other families can have made; nothing for what is no such reading.
/// `within` is how far each moves without any change. Where others made all of it, they made what else the measure
/// reads of relief too, however much that is.
pub(super) fn attributions(inputs: &[MetricInput<'_>], within: &[f64]) -> Vec<Attribution> {
    let readings = readings(inputs, within);
    let own = made_by(&readings);
    let mut out = vec![Attribution::default(); inputs.len()];
    for (k, reading) in readings.iter().enumerate() {
        let own_part = own[k];
        let (measure, metric, power) = READINGS[reading.row];
        let by = shares(&readings, &own, k);
        if reading.sure > 0.0 && own_part == 0.0 && measure != PIGMENT {
            let beside = |input: &MetricInput<'_>| input.name.0 == measure && input.name.1 != metric;
            (0..inputs.len())
                .filter(|&k| beside(&inputs[k]))
                .for_each(|k| out[k] = Attribution { leak: f64::INFINITY, by: by.clone() });
        }
        let others = reading.lost.abs() - own_part;
        let leak_ln = (others / reading.least).ln_1p() / f64::from(power);
        out[reading.place] = Attribution { leak: leak_ln, by: by.clone() };
        // The square of what exceeds untreated skin loses as much as the square of all.
        if let Some((k, excess)) = inputs.iter().enumerate().find(|(_, i)| i.name == (measure, EXCESS)) {
            let least = excess.visit_means().map(|mean| mean.powi(power)).into_iter().reduce(f64::min);
            let of_excess = (others / least.unwrap_or(0.0)).ln_1p() / f64::from(power);
            let of_excess = if others > 0.0 { of_excess } else { 0.0 };
            out[k] = Attribution { leak: out[k].leak.max(of_excess), by };
        }
    }
    out
}

/// Families whose change shows up in reading `k`, each with its share of what all of them can have made there.
fn shares(readings: &[Reading], own: &[f64], k: usize) -> Vec<(&'static str, f64)> {
    let reading = &readings[k];
    let part = |j: usize| MOST[reading.row][readings[j].row] * own[j];
    let alike = |&j: &usize| j != k && own[j] > 0.0 && readings[j].lost * reading.lost > 0.0;
    let total: f64 = (0..readings.len()).filter(alike).map(part).sum();
    (0..readings.len()).filter(alike).map(|j| (READINGS[readings[j].row].0, part(j) / total)).collect()
}

fn readings(inputs: &[MetricInput<'_>], within: &[f64]) -> Vec<Reading> {
    let reading = |(row, &(measure, metric, power)): (usize, &(_, _, i32))| {
        let place = inputs.iter().position(|input| input.name == (measure, metric))?;
        let means = inputs[place].visit_means();
        if means.iter().any(|mean| *mean <= 0.0) {
            return None;
        }
        let [before, after] = means.map(|mean| mean.powi(power));
        let least = before.min(after);
        let beyond = (means[1] / means[0]).ln().abs() - within[place];
        let sure = least * (f64::from(power) * beyond.max(0.0)).exp_m1();
        Some(Reading { row, place, lost: before - after, sure, least })
    };
    READINGS.iter().enumerate().filter_map(reading).collect()
}

/// How much of each reading's change its own family made, by the fewest families that explain all; where several
/// choices do, what is sure by each of them.
fn made_by(readings: &[Reading]) -> Vec<f64> {
    let count = readings.len();
    let choices: Vec<Vec<f64>> =
        (0..1 << count).filter_map(|chosen: u32| explanation(readings, |k| chosen >> k & 1 == 1)).collect();
    let families = |own: &[f64]| own.iter().filter(|own| **own > 0.0).count();
    let fewest = choices.iter().map(|own| families(own)).min();
    let of_fewest = || choices.iter().filter(|own| Some(families(own)) == fewest);
    let least = |k: usize| of_fewest().map(|own| own[k]).reduce(f64::min).unwrap_or(0.0);
    (0..count).map(least).collect()
}

/// What each reading's own family made of its change, if those chosen and no others changed; `None` if that cannot be.
fn explanation(readings: &[Reading], chosen: impl Fn(usize) -> bool) -> Option<Vec<f64>> {
    let members: Vec<usize> = (0..readings.len()).filter(|&k| chosen(k)).collect();
    // What is within noise needs no family.
    if members.iter().any(|&k| readings[k].sure == 0.0) {
        return None;
    }
    let share = |row: usize, column: usize| MOST[readings[row].row][readings[column].row];
    let lost = DVector::from_iterator(members.len(), members.iter().map(|&k| readings[k].lost));
    let shares = DMatrix::from_fn(members.len(), members.len(), |i, j| share(members[i], members[j]));
    let solved = if members.is_empty() { lost } else { shares.lu().solve(&lost)? };
    let mut own = vec![0.0; readings.len()];
    for (&k, &part) in members.iter().zip(solved.iter()) {
        // A family changes the way its own reading does, and not by more.
        if part * readings[k].lost <= 0.0 {
            return None;
        }
        own[k] = part.abs().min(readings[k].lost.abs());
    }
    let explained = |k: usize| {
        let alike = members.iter().filter(|&&j| readings[j].lost * readings[k].lost > 0.0);
        readings[k].sure <= alike.map(|&j| share(k, j) * own[j]).sum::<f64>()
    };
    (0..readings.len()).filter(|&k| !chosen(k)).all(explained).then_some(own)
}

#[cfg(test)]
mod tests {
    use super::super::captures::Captures;
    use super::*;

    /// How far readings move without any change, in these tests.
    const WITHIN: f64 = 0.02;

    fn input(name: (&'static str, &'static str), before: f64, after: f64) -> MetricInput<'static> {
        MetricInput::plain(name, [before, after].map(|value| Captures { value, repeats: Vec::new() }))
    }

    /// The readings of skin that loses so much of each family, in its own sum, and of others a share of the most.
    fn faded(lost: [f64; 5], share: f64) -> Vec<MetricInput<'static>> {
        let before: [f64; 5] = [50.0, 40.0, 20.0, 12.0, 3.0];
        READINGS
            .iter()
            .enumerate()
            .map(|(row, &(measure, metric, power))| {
                let part = |column: usize| if column == row { 1.0 } else { share * MOST[row][column] };
                let total: f64 = (0..5).map(|column| part(column) * lost[column]).sum();
                let after = (before[row].powi(power) - total).powf(1.0 / f64::from(power));
                input((measure, metric), before[row], after)
            })
            .collect()
    }

    fn leaks(inputs: &[MetricInput<'_>]) -> Vec<f64> {
        attributions(inputs, &vec![WITHIN; inputs.len()]).iter().map(|found| found.leak).collect()
    }

    fn delta(input: &MetricInput<'_>) -> f64 {
        (input.after.value / input.before.value).ln().abs()
    }

    #[test]
    fn no_two_families_can_pass_for_each_other() {
        for chosen in 1u32..1 << 5 {
            let members: Vec<usize> = (0..5).filter(|k| chosen >> k & 1 == 1).collect();
            let minor = DMatrix::from_fn(members.len(), members.len(), |i, j| MOST[members[i]][members[j]]);
            assert!(minor.determinant() > 0.0, "{members:?}");
        }
    }

    #[test]
    fn a_family_claims_its_own_and_the_others_nothing() {
        for (family, share) in (0..5).flat_map(|family| [1.0, 0.5, 0.0].map(|share| (family, share))) {
            let mut lost = [0.0; 5];
            lost[family] = [600.0, 300.0, 100.0, 40.0, 1.5][family];
            let inputs = faded(lost, share);
            for (k, (input, leak)) in inputs.iter().zip(leaks(&inputs)).enumerate() {
                if k == family {
                    assert!(leak < 1e-9, "{family}: {leak}");
                } else {
                    assert!(leak >= delta(input) - 1e-9, "{family} in {k}: {leak} of {}", delta(input));
                }
            }
        }
    }

    #[test]
    fn a_family_that_grows_claims_its_own_too() {
        let mut inputs = faded([0.0, 0.0, 0.0, 20.0, 0.0], 1.0);
        for input in &mut inputs {
            std::mem::swap(&mut input.before, &mut input.after);
        }
        let leaks = leaks(&inputs);
        assert!(leaks[3] < 1e-9 && leaks[1] >= delta(&inputs[1]) - 1e-9, "{leaks:?}");
    }

    #[test]
    fn what_grows_is_not_explained_by_what_fades() {
        let inputs =
            [input(("scars", "relief_contrast"), 50.0, 40.0), input(("texture", "sq_fine"), 40.0, 44.0)];
        // Both claim: fading scars made texture grow by nothing, and would have grown the more without.
        assert!(leaks(&inputs).iter().all(|leak| *leak < 1e-9));
    }

    #[test]
    fn with_repeats_the_means_of_visits_are_parted() {
        let inputs = faded([600.0, 0.0, 0.0, 0.0, 0.0], 1.0);
        let spread = |captures: &Captures| {
            let value = captures.value;
            Captures { value: 1.1 * value, repeats: vec![value, 0.9 * value] }
        };
        let repeated: Vec<_> = inputs
            .iter()
            // Of one visit only: parts of both that grow alike would leave the leaks as they are.
            .map(|i| MetricInput { before: spread(&i.before), ..i.clone() })
            .collect();
        for (one, many) in leaks(&inputs).iter().zip(leaks(&repeated)) {
            assert!((one - many).abs() < 1e-9, "{one} against {many}");
        }
    }

    #[test]
    fn two_families_that_fade_both_claim() {
        for share in [1.0, 0.5] {
            let inputs = faded([600.0, 0.0, 0.0, 45.0, 0.0], share);
            let leaks = leaks(&inputs);
            assert!(leaks[0] < 0.6 * delta(&inputs[0]) && leaks[3] < 0.6 * delta(&inputs[3]), "{leaks:?}");
            assert!(leaks[1] > 0.9 * delta(&inputs[1]), "{leaks:?}");
        }
    }

    #[test]
    fn pigment_that_fades_beside_scars_is_its_own() {
        let inputs = faded([600.0, 0.0, 0.0, 0.0, 1.0], 1.0);
        let leaks = leaks(&inputs);
        assert!(leaks[0] < 0.2 * delta(&inputs[0]) && leaks[4] < 0.3 * delta(&inputs[4]), "{leaks:?}");
    }

    #[test]
    fn what_else_a_measure_reads_is_not_claimed_where_others_made_its_change() {
        let mut inputs = faded([0.0, 0.0, 100.0, 0.0, 0.0], 1.0);
        inputs.push(input(("texture", "sq_medium"), 20.0, 15.0));
        inputs.push(input(("wrinkles", "length_mm_per_cm2"), 5.0, 4.0));
        inputs.push(input(("pigment", "contrast_p95"), 0.5, 0.4));
        assert_eq!(leaks(&inputs)[5..], [f64::INFINITY, 0.0, 0.0]);
    }

    #[test]
    fn what_exceeds_untreated_skin_loses_the_same_square() {
        let mut inputs = faded([600.0, 0.0, 0.0, 45.0, 0.0], 1.0);
        // √(50² − 30²), and what is left of it.
        let excess = |rci: f64| (rci * rci - 900.0).sqrt();
        inputs.push(input(("scars", EXCESS), excess(inputs[0].before.value), excess(inputs[0].after.value)));
        let leaks = leaks(&inputs);
        let square = |leak: f64, after: f64| (2.0 * leak).exp_m1() * after * after;
        let [of_all, of_excess] = [0, 5].map(|k| square(leaks[k], inputs[k].after.value));
        assert!(of_all > 100.0 && (of_all / of_excess - 1.0).abs() < 1e-9, "{of_all} and {of_excess}");
        assert!(leaks[5] > leaks[0] && leaks[5] < delta(&inputs[5]), "{leaks:?}");
    }

    #[test]
    fn noise_needs_no_family() {
        let mut inputs = faded([600.0, 0.0, 0.0, 0.0, 0.0], 0.0);
        inputs[3].after.value *= 0.985;
        let leaks = leaks(&inputs);
        assert!(leaks[0] < 1e-9 && leaks[3] >= delta(&inputs[3]) - 1e-9, "{leaks:?}");
    }

    #[test]
    fn a_reading_alone_keeps_all_of_its_change_and_others_are_left_alone() {
        let scars = input(("scars", "relief_contrast"), 50.0, 40.0);
        let count = input(("pores", "count_per_cm2"), 9.0, 2.0);
        assert_eq!(leaks(&[count, scars]), [0.0, 0.0]);
        assert!(leaks(&[]).is_empty());
    }
}
