//! Order statistics on the CPU: two histograms of half a key each, the second of all that are looked for at once.

use rayon::prelude::*;

use super::lanes::widest;

/// Bits of half a key: what neighbors have alike, their sign, exponent and first places, falls into few cache lines.
const HALF: u32 = 16;
const BINS: usize = 1 << HALF;
/// Pixels a task takes at once.
const CHUNK: usize = 1 << 18;
/// Pixels whose keys are made side by side.
const TOGETHER: usize = 16;

/// How many pixels `mask` holds, and the keys at the places that `ranks` gives for so many; `None` where it holds none.
pub(super) fn at_ranks(
    plane: &[f32],
    mask: &[f32],
    key: impl Fn(f32) -> u32 + Copy + Sync,
    ranks: impl FnOnce(u64) -> Vec<u64>,
) -> Option<(u64, Vec<u32>)> {
    let upper = upper_halves(plane, mask, key);
    let total: u64 = upper.iter().sum();
    if total == 0 {
        return None;
    }
    let places: Vec<(u32, u64)> = ranks(total).into_iter().map(|rank| locate(&upper, rank)).collect();
    let mut wanted: Vec<u32> = places.iter().map(|(upper, _)| *upper).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let lower = lower_halves(plane, mask, key, &wanted);
    let one = |&(upper, rank): &(u32, u64)| {
        let counts = &lower[wanted.iter().position(|w| *w == upper).expect("it is wanted") * BINS..][..BINS];
        upper << HALF | locate(counts, rank).0
    };
    Some((total, places.iter().map(one).collect()))
}

/// How many keys have each upper half.
fn upper_halves(plane: &[f32], mask: &[f32], key: impl Fn(f32) -> u32 + Copy + Sync) -> Vec<u64> {
    counted(plane, mask, BINS, |values, mask, counts| {
        widest!(move || {
            for (&value, &mask) in values.iter().zip(mask) {
                if mask > 0.5 {
                    counts[(key(value) >> HALF) as usize] += 1;
                }
            }
        });
    })
}

/// How many keys have each lower half, one table for each of the upper halves that are wanted.
fn lower_halves(
    plane: &[f32],
    mask: &[f32],
    key: impl Fn(f32) -> u32 + Copy + Sync,
    wanted: &[u32],
) -> Vec<u64> {
    let tables = wanted.len() * BINS;
    counted(plane, mask, tables, |values, mask, counts| {
        widest!(move || {
            let ((values, last), (mask, last_mask)) =
                (values.as_chunks::<TOGETHER>(), mask.as_chunks::<TOGETHER>());
            for (values, mask) in values.iter().zip(mask) {
                let (mut keys, mut any) = ([0; TOGETHER], 0);
                for k in 0..TOGETHER {
                    keys[k] = key(values[k]);
                }
                for wanted in wanted {
                    for key in keys {
                        any |= u32::from(key >> HALF == *wanted);
                    }
                }
                // Mostly none of them is.
                if any > 0 {
                    keys.into_iter().zip(mask).for_each(|(key, &mask)| add_lower(counts, wanted, key, mask));
                }
            }
            last.iter()
                .zip(last_mask)
                .for_each(|(&value, &mask)| add_lower(counts, wanted, key(value), mask));
        });
    })
}

/// Counts the lower half of a key of the mask whose upper half is wanted.
#[inline(always)]
fn add_lower(counts: &mut [u32], wanted: &[u32], key: u32, mask: f32) {
    if mask > 0.5
        && let Some(table) = wanted.iter().position(|w| *w == key >> HALF)
    {
        counts[table * BINS + (key as usize & (BINS - 1))] += 1;
    }
}

/// Sums what `count` adds to a table for each piece of the planes.
fn counted(
    plane: &[f32],
    mask: &[f32],
    bins: usize,
    count: impl Fn(&[f32], &[f32], &mut [u32]) + Sync,
) -> Vec<u64> {
    let pieces = plane.par_chunks(CHUNK).zip(mask.par_chunks(CHUNK));
    let add = |mut sums: Vec<u64>, counts: Vec<u32>| {
        sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += u64::from(count));
        sums
    };
    let both = |a: Vec<u64>, b: Vec<u64>| a.iter().zip(&b).map(|(a, b)| a + b).collect();
    pieces
        .fold(
            || vec![0u32; bins],
            |mut counts, (plane, mask)| {
                count(plane, mask, &mut counts);
                counts
            },
        )
        .fold(|| vec![0u64; bins], add)
        .reduce(|| vec![0u64; bins], both)
}

/// The bin that holds the `rank`-th entry, and its rank within the bin.
pub(super) fn locate(counts: &[u64], mut rank: u64) -> (u32, u64) {
    for (bin, &count) in counts.iter().enumerate() {
        if rank < count {
            return (bin as u32, rank);
        }
        rank -= count;
    }
    unreachable!("a rank lies below the number of entries")
}
