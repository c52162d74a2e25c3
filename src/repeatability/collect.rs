//! From the reports of captures to a noise file.

use std::collections::{BTreeMap, BTreeSet};

use super::find::PlannedSet;
use crate::batch::PairRecord;
use crate::calibrate::ItaClass;
use crate::change::{
    Circumstances, Correlation, Covers, Group, LeftOut, LimitsOfAgreement, NOISE_FORMAT, NoiseFile,
    Repeatability, Setting, Within, points,
};
use crate::measure::{self, Axis, MetricDef};
use crate::reason::Reason;
use crate::report::{Report, Status, rounded};

/// Sets below which a metric gets no entry: fewer people say nothing of the next.
const LEAST_SETS: usize = 3;

/// A noise file, and what its picture shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeated {
    /// The file.
    pub file: NoiseFile,
    /// Of each primary metric, all skin together.
    pub panels: Vec<Panel>,
}

/// Second against first captures of one metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// Label of the metric.
    pub label: &'static str,
    /// Its repeatability.
    pub metric: Repeatability,
    /// Mean of the first two captures and second − first, on the axis, for every set.
    pub points: Vec<(f64, f64)>,
}

/// What the pairs of a set came to.
struct Set<'a> {
    subject: &'a str,
    circumstances: Vec<Circumstances>,
    /// The reports of its captures, by the quality of the pair they make with the first.
    reports: BTreeMap<Setting, Vec<&'a Report>>,
}

impl Set<'_> {
    /// The color class of its skin.
    fn skin(&self) -> Option<ItaClass> {
        self.circumstances.first()?.skin
    }

    /// The captures of pairs of one quality on the axis of a metric, the first of the set first; `None` where fewer than two
    /// have a value. Each pair has a value of the first capture of its own, matched with the other as pairs are: their mean
    /// stands for it, and every other capture lies off it by what its own pair found.
    fn captures(&self, setting: Setting, measure: &str, metric: &MetricDef) -> Option<Vec<f64>> {
        let pair = |report: &&Report| {
            let found = report.measures.get(measure)?.metrics.get(metric.name)?;
            Some((metric.axis.at(found.before?)?, metric.axis.at(found.after?)?))
        };
        let pairs: Vec<(f64, f64)> = self.reports.get(&setting)?.iter().filter_map(pair).collect();
        let first = pairs.iter().map(|pair| pair.0).sum::<f64>() / pairs.len() as f64;
        let others = pairs.iter().map(|(before, after)| first + after - before);
        (!pairs.is_empty()).then(|| std::iter::once(first).chain(others).collect())
    }
}

/// The noise of captures, from the record and the report of every pair by its name.
///
/// # Errors
/// A reason where no metric has three sets with two captures that compare.
pub fn noise_file(
    planned: &[PlannedSet],
    records: &BTreeMap<String, (PairRecord, Option<Report>)>,
) -> Result<Repeated, Reason> {
    let mut left_out = Vec::new();
    let sets: Vec<Set<'_>> = planned.iter().map(|one| set(one, records, &mut left_out)).collect();
    let sets: Vec<&Set<'_>> = sets.iter().filter(|set| !set.reports.is_empty()).collect();
    let settings: BTreeSet<Setting> = sets.iter().flat_map(|set| set.reports.keys().copied()).collect();
    let skins: BTreeSet<ItaClass> = sets.iter().filter_map(|set| set.skin()).collect();
    let mut groups = Vec::new();
    for setting in settings {
        for skin in std::iter::once(None).chain(skins.iter().copied().map(Some)) {
            let of_group: Vec<&Set<'_>> = sets
                .iter()
                .copied()
                .filter(|set| set.reports.contains_key(&setting) && (skin.is_none() || set.skin() == skin))
                .collect();
            let metrics = metrics(&of_group, setting);
            if !metrics.is_empty() {
                groups.push(Group { setting, skin, sets: of_group.len(), metrics });
            }
        }
    }
    if groups.is_empty() {
        let message = "no metric has a value on two captures of enough sets that compare";
        return Err(Reason::limit("too_few_sets", message, sets.len() as f64, LEAST_SETS as f64));
    }
    let file = NoiseFile {
        format: NOISE_FORMAT.to_owned(),
        made_by: env!("CARGO_PKG_VERSION").to_owned(),
        covers: covers(&sets, &skins),
        groups,
        left_out,
    };
    let panels = panels(&file.groups[0], &sets);
    Ok(Repeated { file, panels })
}

/// Of the best pairs there are.
fn panels(group: &Group, sets: &[&Set<'_>]) -> Vec<Panel> {
    let primary =
        measure::ALL.iter().flat_map(|m| m.metrics.iter().filter(|k| k.primary).map(move |k| (m, k)));
    let panel = |(of, metric): (&&measure::MeasureDef, &MetricDef)| {
        let found = group.metrics.get(&format!("{}.{}", of.name, metric.name))?;
        let captures: Vec<Vec<f64>> =
            sets.iter().filter_map(|set| set.captures(group.setting, of.name, metric)).collect();
        Some(Panel { label: metric.label, metric: found.clone(), points: points(&captures) })
    };
    primary.filter_map(panel).collect()
}

fn set<'a>(
    planned: &'a PlannedSet,
    records: &'a BTreeMap<String, (PairRecord, Option<Report>)>,
    left_out: &mut Vec<LeftOut>,
) -> Set<'a> {
    let mut out = Set { subject: &planned.subject, circumstances: Vec::new(), reports: BTreeMap::new() };
    let mut seen = BTreeSet::new();
    for number in 2..=planned.captures.len() {
        let name = planned.pair_name(number);
        let Some((record, report)) = records.get(&name) else { continue };
        match report.as_ref().filter(|report| report.status != Status::Refused) {
            Some(report) if is_copy(report, &mut seen) => {
                let reasons =
                    vec!["it is a copy of another capture of the set, which has no noise of its own".into()];
                left_out.push(LeftOut { capture: name, reasons });
            }
            Some(report) => {
                let codes = report.reasons.iter().map(|reason| reason.code.as_str());
                out.reports.entry(Setting::of(codes)).or_default().push(report);
                out.circumstances.extend(report.circumstances());
            }
            None => {
                let reasons = record.reasons.iter().map(ToString::to_string).collect();
                left_out.push(LeftOut { capture: name, reasons });
            }
        }
    }
    out
}

/// Whether the capture of a pair is one that the set has seen. Photographs that never were files are not known to be.
fn is_copy<'a>(report: &'a Report, seen: &mut BTreeSet<&'a str>) -> bool {
    let mut hashes =
        [&report.photos.before[0], &report.photos.after[0]].map(|photo| photo.sha256.as_str()).into_iter();
    seen.extend(hashes.next());
    hashes.any(|hash| !hash.is_empty() && !seen.insert(hash))
}

fn covers(sets: &[&Set<'_>], skins: &BTreeSet<ItaClass>) -> Covers {
    let all = || sets.iter().flat_map(|set| &set.circumstances);
    let told = |values: BTreeSet<String>| values.into_iter().collect();
    let grids = || all().map(|c| c.px_per_mm);
    Covers {
        cameras: told(all().flat_map(|c| c.cameras.iter().cloned()).collect()),
        sites: told(all().filter_map(|c| c.site.clone()).collect()),
        skin: skins.iter().copied().collect(),
        px_per_mm: [rounded(grids().fold(f64::INFINITY, f64::min)), rounded(grids().fold(0.0, f64::max))],
        people: sets.iter().map(|set| set.subject).collect::<BTreeSet<_>>().len(),
        sets: sets.len(),
        captures: sets.iter().map(|set| 1 + set.reports.values().map(Vec::len).sum::<usize>()).sum(),
    }
}

fn metrics(sets: &[&Set<'_>], setting: Setting) -> BTreeMap<String, Repeatability> {
    let mut out = BTreeMap::new();
    for measure in measure::ALL {
        for metric in measure.metrics {
            let captures: Vec<Vec<f64>> =
                sets.iter().filter_map(|set| set.captures(setting, measure.name, metric)).collect();
            if let Some(found) = repeatability(metric, &captures) {
                out.insert(format!("{}.{}", measure.name, metric.name), found);
            }
        }
    }
    out
}

/// `None` for fewer than three sets, and where no capture differs from another.
fn repeatability(metric: &MetricDef, sets: &[Vec<f64>]) -> Option<Repeatability> {
    let within = Within::of(sets)?;
    if sets.len() < LEAST_SETS || within.s_w == 0.0 {
        return None;
    }
    let logarithmic = metric.axis == Axis::Ln;
    let of_set = |set: &Vec<f64>| set.iter().sum::<f64>() / set.len() as f64;
    let means = sets.iter().map(of_set).map(|mean| if logarithmic { mean.exp() } else { mean });
    let smallest = within.smallest_detectable_change();
    Some(Repeatability {
        definition: metric.version,
        unit: metric.unit.to_owned(),
        logarithmic,
        sets: sets.len(),
        captures: sets.iter().map(Vec::len).sum(),
        mean: rounded(means.sum::<f64>() / sets.len() as f64),
        s_w: rounded(within.s_w),
        df: within.df,
        smallest_detectable_change: rounded(smallest),
        smallest_detectable_change_percent: logarithmic.then(|| rounded(metric.axis.told(smallest))),
        cv_percent: logarithmic.then(|| rounded(100.0 * within.s_w.powi(2).exp_m1().sqrt())),
        correlation: Correlation::of(sets),
        limits_of_agreement: LimitsOfAgreement::of(sets),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_of_equal_captures_or_few_sets_has_no_entry() {
        let metric = measure::find("texture", "sq_fine").unwrap();
        let sets = |n: usize, off: f64| vec![vec![3.0, 3.0 + off]; n];
        assert!(repeatability(metric, &sets(2, 0.1)).is_none());
        assert!(repeatability(metric, &sets(3, 0.0)).is_none());
        let found = repeatability(metric, &sets(3, 0.1)).unwrap();
        // Of two captures 0.1 apart the variance is 0.005.
        assert!((found.s_w - 0.005f64.sqrt()).abs() < 1e-6 && found.df == 3.0, "{found:?}");
        assert!((found.cv_percent.unwrap() - 100.0 * 0.005f64.exp_m1().sqrt()).abs() < 1e-4);
        assert!((found.mean - 3.05f64.exp()).abs() < 1e-3);
    }

    #[test]
    fn what_has_no_zero_of_its_own_has_no_coefficient_of_variation() {
        let metric = measure::find("tone", "ita_deg").unwrap();
        let found = repeatability(metric, &[vec![30.0, 31.0], vec![40.0, 41.5], vec![50.0, 50.5]]).unwrap();
        assert_eq!((found.cv_percent, found.smallest_detectable_change_percent), (None, None));
    }
}
