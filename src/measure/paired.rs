//! Metrics of objects, paired: the same objects in the same outlines on every photograph of a set.
//!
//! A mean over what each photograph finds for itself is the survivors' mean: the shallowest drop out and the rest
//! read deeper. Here both photographs choose the objects, and every photograph reads all of them.

use std::collections::BTreeMap;

use super::objects::LesionValues;
use super::reading::{Blocks, Reading};

/// Least share of an object that a photograph must show for the object to count.
pub const LEAST_SEEN: f64 = 0.7;

/// Objects read on one photograph in outlines that all photographs share.
#[derive(Debug, Default)]
pub struct Revisited {
    /// Valid pixels of each object on this photograph, in the order of the labels.
    pub pixels: Vec<f64>,
    /// Numbers of each object for the list of lesions; empty maps where nothing is valid.
    pub lesions: Vec<LesionValues>,
    /// Metrics of the measure, by name.
    pub metrics: Vec<(&'static str, OfObjects)>,
}

/// One metric of objects on one photograph.
#[derive(Debug)]
pub enum OfObjects {
    /// A number for each object.
    Values {
        /// The metric's value from them.
        statistic: Statistic,
        /// One for each object; not finite where nothing can be read.
        values: Vec<f64>,
        /// Weight of each object; those of the first photograph count.
        weights: Vec<f64>,
    },
    /// A number of objects.
    Count {
        /// Objects that this photograph shows above the thresholds of the first.
        there: Vec<bool>,
        /// Objects that are counted; those of the first photograph rule.
        counted: Vec<bool>,
        /// Divisor of the number, such as the area in cm²; that of the first photograph counts.
        per: f64,
    },
    /// A reading over all pixels within the outlines.
    Whole(Reading),
}

/// A metric's value from the values x and weights w of its objects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// Σ w·x / Σ w.
    WeightedMean,
    /// Σ w·x / per.
    Sum {
        /// The divisor, such as the area in cm².
        per: f64,
    },
    /// A quantile of x, linear between order statistics; weights do not count.
    Quantile(f64),
    /// Objects that are there per `per`.
    Count {
        /// The divisor, such as the area in cm².
        per: f64,
    },
    /// Read over pixels: no values of single objects.
    Whole,
}

/// One object on the two photographs that are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedObject {
    /// In the unit that the statistic needs.
    pub before: f64,
    /// The same, in the same outline.
    pub after: f64,
    /// Its weight, the same on both.
    pub weight: f64,
}

/// Numbers of objects on the two photographs that are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PairedCount {
    /// Found before and no longer after.
    pub before_only: u32,
    /// Found after and not before, new ones included.
    pub after_only: u32,
    /// Found on both.
    pub both: u32,
}

/// A metric over the same objects on every photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Paired {
    /// One value for each photograph of the set, in the metric's unit.
    pub values: Vec<f64>,
    /// Rule by which each value follows from the objects.
    pub statistic: Statistic,
    /// Objects on the compared photographs; empty for counts and for readings over pixels.
    pub objects: Vec<PairedObject>,
    /// Numbers of objects, where the metric is a count.
    pub count: Option<PairedCount>,
    /// Blocks of each photograph, where the metric is read over pixels; empty else.
    pub blocks: Vec<Option<Blocks>>,
}

impl Paired {
    /// True if it is a number over objects, not one over pixels.
    pub fn is_of_objects(&self) -> bool {
        self.statistic != Statistic::Whole
    }
}

impl Statistic {
    /// The value from values and weights; `None` without objects.
    pub fn of(self, objects: &[(f64, f64)]) -> Option<f64> {
        let sum = || objects.iter().map(|(value, weight)| value * weight).sum::<f64>();
        let weight = || objects.iter().map(|(_, weight)| weight).sum::<f64>();
        match self {
            _ if objects.is_empty() => None,
            Self::WeightedMean => (weight() > 0.0).then(|| sum() / weight()),
            Self::Sum { per } => Some(sum() / per),
            Self::Quantile(p) => Some(quantile(objects.iter().map(|(value, _)| *value).collect(), p)),
            Self::Count { per } => Some(weight() / per),
            Self::Whole => None,
        }
    }
}

/// Linear between order statistics; `values` must not be empty.
pub fn quantile(mut values: Vec<f64>, p: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = p * (values.len() - 1) as f64;
    let below = values[place.floor() as usize];
    below + place.fract() * (values[place.ceil() as usize] - below)
}

/// Objects that every photograph shows well enough. `rim_seen` is the share of each rim that no photograph hides.
pub fn seen_on_all(photos: &[Revisited], rim_seen: &[f64]) -> Vec<bool> {
    let Some(first) = photos.first() else { return Vec::new() };
    let is_seen = |k: usize| {
        let all = first.pixels[k];
        let least = photos.iter().map(|photo| photo.pixels[k]).fold(f64::INFINITY, f64::min);
        all > 0.0 && (least / all).min(rim_seen[k]) >= LEAST_SEEN
    };
    (0..first.pixels.len()).map(is_seen).collect()
}

/// The metrics of one measure, paired. `photos` holds the photographs in their order, the compared one after at
/// `after`; `is_new` marks objects that came up after beyond doubt, which count but enter no mean.
pub fn pair(
    photos: &[Revisited],
    after: usize,
    seen: &[bool],
    is_new: &[bool],
) -> BTreeMap<&'static str, Paired> {
    let mut out = BTreeMap::new();
    let Some(first) = photos.first() else { return out };
    for (m, (name, metric)) in first.metrics.iter().enumerate() {
        let of = |photo: usize| &photos[photo].metrics[m].1;
        let paired = match metric {
            OfObjects::Values { statistic, weights, .. } => {
                values(photos.len(), after, *statistic, weights, seen, is_new, of)
            }
            OfObjects::Count { counted, per, .. } => {
                count(photos.len(), after, *per, counted, seen, is_new, of)
            }
            OfObjects::Whole(_) => whole(photos.len(), of),
        };
        out.extend(paired.map(|paired| (*name, paired)));
    }
    out
}

fn values<'p>(
    photos: usize,
    after: usize,
    statistic: Statistic,
    weights: &[f64],
    seen: &[bool],
    is_new: &[bool],
    of: impl Fn(usize) -> &'p OfObjects,
) -> Option<Paired> {
    let read = |photo: usize| match of(photo) {
        OfObjects::Values { values, .. } => values.as_slice(),
        _ => &[],
    };
    let is_read = |k: usize| (0..photos).all(|photo| read(photo).get(k).is_some_and(|v| v.is_finite()));
    let used: Vec<usize> = (0..weights.len()).filter(|&k| seen[k] && !is_new[k] && is_read(k)).collect();
    let on =
        |photo: usize| -> Vec<(f64, f64)> { used.iter().map(|&k| (read(photo)[k], weights[k])).collect() };
    let values = (0..photos).map(|photo| statistic.of(&on(photo))).collect::<Option<Vec<f64>>>()?;
    let object = |&k: &usize| PairedObject { before: read(0)[k], after: read(after)[k], weight: weights[k] };
    let objects = used.iter().map(object).collect();
    Some(Paired { values, statistic, objects, count: None, blocks: Vec::new() })
}

fn count<'p>(
    photos: usize,
    after: usize,
    per: f64,
    counted: &[bool],
    seen: &[bool],
    is_new: &[bool],
    of: impl Fn(usize) -> &'p OfObjects,
) -> Option<Paired> {
    let there = |photo: usize, k: usize| match of(photo) {
        OfObjects::Count { there, .. } => there[k],
        _ => false,
    };
    let used: Vec<usize> = (0..counted.len()).filter(|&k| counted[k] && (seen[k] || is_new[k])).collect();
    let number = |photo: usize| used.iter().filter(|&&k| there(photo, k)).count() as f64 / per;
    let mut count = PairedCount::default();
    for &k in &used {
        match (there(0, k), there(after, k)) {
            (true, true) => count.both += 1,
            (true, false) => count.before_only += 1,
            (false, true) => count.after_only += 1,
            (false, false) => {}
        }
    }
    Some(Paired {
        values: (0..photos).map(number).collect(),
        statistic: Statistic::Count { per },
        objects: Vec::new(),
        count: Some(count),
        blocks: Vec::new(),
    })
}

fn whole<'p>(photos: usize, of: impl Fn(usize) -> &'p OfObjects) -> Option<Paired> {
    let reading = |photo: usize| match of(photo) {
        OfObjects::Whole(reading) => Some(reading),
        _ => None,
    };
    let readings = (0..photos).map(reading).collect::<Option<Vec<&Reading>>>()?;
    let values = readings.iter().map(|reading| reading.number()).collect::<Option<Vec<f64>>>()?;
    let blocks = readings.iter().map(|reading| reading.blocks.clone()).collect();
    Some(Paired { values, statistic: Statistic::Whole, objects: Vec::new(), count: None, blocks })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: [f64; 3], there: [bool; 3], pixels: [f64; 3]) -> Revisited {
        let of = |statistic| OfObjects::Values {
            statistic,
            values: values.to_vec(),
            weights: vec![1.0, 3.0, 2.0],
        };
        Revisited {
            pixels: pixels.to_vec(),
            lesions: Vec::new(),
            metrics: vec![
                ("mean", of(Statistic::WeightedMean)),
                ("sum", of(Statistic::Sum { per: 4.0 })),
                ("median", of(Statistic::Quantile(0.5))),
                ("count", OfObjects::Count { there: there.to_vec(), counted: vec![true; 3], per: 0.5 }),
                ("area", OfObjects::Whole(Reading::of(values[0]))),
            ],
        }
    }

    #[test]
    fn every_photograph_is_read_over_the_same_objects() {
        let before = read([10.0, 20.0, 30.0], [true, true, false], [50.0; 3]);
        let after = read([5.0, 0.0, 30.0], [true, false, true], [50.0; 3]);
        let found = pair(&[before, after], 1, &[true; 3], &[false; 3]);
        // (10 + 60 + 60)/6 and (5 + 0 + 60)/6.
        assert_eq!(found["mean"].values, [130.0 / 6.0, 65.0 / 6.0]);
        assert_eq!(found["sum"].values, [32.5, 16.25]);
        assert_eq!(found["median"].values, [20.0, 5.0]);
        assert_eq!(found["count"].values, [4.0, 4.0]);
        assert_eq!(found["count"].count, Some(PairedCount { before_only: 1, after_only: 1, both: 1 }));
        assert_eq!(found["area"].values, [10.0, 5.0]);
        let object = PairedObject { before: 20.0, after: 0.0, weight: 3.0 };
        assert_eq!(found["mean"].objects[1], object);
    }

    #[test]
    fn what_a_photograph_hides_counts_on_none_and_new_ones_enter_no_mean() {
        let before = read([10.0, 20.0, 1.0], [true, true, false], [50.0; 3]);
        let after = read([5.0, 40.0, 30.0], [true, true, true], [50.0, 30.0, 50.0]);
        let photos = [before, after];
        let seen = seen_on_all(&photos, &[1.0, 1.0, 0.9]);
        assert_eq!(seen, [true, false, true]);
        assert_eq!(seen_on_all(&photos, &[0.6, 1.0, 0.9]), [false, false, true]);
        let found = pair(&photos, 1, &seen, &[false, false, true]);
        assert_eq!(found["mean"].values, [10.0, 5.0]);
        assert_eq!(found["count"].values, [2.0, 4.0]);
        assert_eq!(found["count"].count, Some(PairedCount { before_only: 0, after_only: 1, both: 1 }));
        // Without objects nothing is said.
        assert!(!pair(&photos, 1, &[false; 3], &[false; 3]).contains_key("mean"));
    }
}
