//! Noise of single lesions: differences of the main value of the same lesion between unchanged captures.

use std::collections::BTreeMap;

use dermetric::change::{LesionNoise, Setting, Verdict};
use dermetric::measure::LesionKind;
use dermetric::report::{self, Report, rounded};

use crate::fit::{Difference, Fit, beyond_what_others_show};

/// Photographs below which a kind gets no entry.
const LEAST_PHOTOGRAPHS: usize = 6;
/// Diameters that parts of the printed table end at, in mm.
const CLASSES_MM: [f64; 5] = [1.0, 2.0, 4.0, 8.0, f64::INFINITY];

/// One lesion twice: its size is its diameter in mm.
#[derive(Debug, Clone)]
struct Twice {
    difference: Difference,
    before: f64,
}

/// Differences of unchanged pairs, by kind.
#[derive(Debug, Default)]
pub struct LesionDifferences(BTreeMap<LesionKind, Vec<Twice>>);

impl LesionDifferences {
    /// Takes in every lesion that can be compared.
    pub fn take(&mut self, photograph: &str, report: &Report) {
        for (kind, lesion) in compared(report) {
            let before = lesion.before.get(&lesion.main_value).copied().flatten();
            let (Some(d), Some(before), Some(diameter_mm)) =
                (lesion.change, before, diameter_mm(report, lesion))
            else {
                continue;
            };
            let photograph = photograph.to_owned();
            let difference = Difference { photograph, d, size: diameter_mm, leverage: 0.0 };
            self.0.entry(kind).or_default().push(Twice { difference, before });
        }
    }

    /// One entry for each kind that enough photographs contributed to; in no part steadier than those in
    /// `steadier`.
    pub fn entries(&self, setting: Setting, steadier: &[LesionNoise]) -> Vec<LesionNoise> {
        let entry = |(&kind, lesions): (&LesionKind, &Vec<Twice>)| {
            let fit = Fit::of(&differences(lesions));
            let part = |own: f64, of: fn(&LesionNoise) -> f64| {
                rounded(steadier.iter().filter(|e| e.kind == kind).map(of).fold(own, f64::max))
            };
            (fit.photographs >= LEAST_PHOTOGRAPHS).then(|| LesionNoise {
                kind,
                setting,
                floor: part(fit.floor, |e| e.floor),
                grain_mm: part(fit.grain, |e| e.grain_mm),
                df: fit.photographs as f64,
            })
        };
        self.0.iter().filter_map(entry).collect()
    }

    /// What went in and what came out, on stderr.
    pub fn tell(&self, setting: &str) {
        eprintln!("\nlesions, {setting}");
        for (kind, lesions) in &self.0 {
            let differences = differences(lesions);
            let fit = Fit::of(&differences);
            let beyond = beyond_what_others_show(&differences);
            eprintln!(
                "  {kind:?}: {} of {} photographs; floor {:.6}, grain {:.6} mm; beyond {:.1} %",
                differences.len(),
                fit.photographs,
                fit.floor,
                fit.grain,
                100.0 * beyond as f64 / differences.len() as f64
            );
            let mut from = 0.0;
            for to in CLASSES_MM {
                let part: Vec<&Twice> =
                    lesions.iter().filter(|l| (from..to).contains(&l.difference.size)).collect();
                let n = part.len() as f64;
                if n > 0.0 {
                    let mean = |of: &dyn Fn(&Twice) -> f64| part.iter().map(|l| of(l)).sum::<f64>() / n;
                    eprintln!(
                        "    {from} to {to} mm: {n}; value {:.4}, s_w {:.4}, as fitted {:.4}, mean change {:.4}",
                        mean(&|l| l.before),
                        mean(&|l| 0.5 * l.difference.d.powi(2)).sqrt(),
                        mean(&|l| fit.s_w(&l.difference).powi(2)).sqrt(),
                        mean(&|l| l.difference.d),
                    );
                }
                from = to;
            }
        }
    }
}

fn differences(lesions: &[Twice]) -> Vec<Difference> {
    lesions.iter().map(|lesion| lesion.difference.clone()).collect()
}

/// Lesions that were judged, or could have been.
fn compared(report: &Report) -> impl Iterator<Item = (LesionKind, &report::Lesion)> {
    let judged = |lesion: &&report::Lesion| {
        !lesion.appeared && lesion.verdict.is_some_and(|v| v != Verdict::NotMeasurable)
    };
    report.lesions.iter().filter(judged).map(|lesion| (kind(lesion), lesion))
}

fn kind(lesion: &report::Lesion) -> LesionKind {
    match lesion.kind {
        report::LesionKind::Scar => LesionKind::Scar,
        report::LesionKind::Spot => LesionKind::Spot,
        report::LesionKind::RoughRed => LesionKind::RoughRed,
    }
}

/// By the scale that lesions are judged with: an assumed one is coarse, and the grid is the photograph's.
fn diameter_mm(report: &Report, lesion: &report::Lesion) -> Option<f64> {
    let scale = report.scale.as_ref()?;
    let mm_per_px = scale.mm_per_px.unwrap_or(1.0 / scale.working_px_per_mm);
    Some(lesion.diameter_px? * mm_per_px)
}

/// Verdicts on lesions of unchanged pairs.
#[derive(Debug, Default)]
pub struct LesionAlarms {
    /// Of each kind, lesions that had a noise to be held against, and those that claim a change.
    of: BTreeMap<LesionKind, (usize, usize)>,
    /// Lesions said to have appeared.
    appeared: usize,
    /// Pairs with any claim of a lesion.
    alarmed: usize,
}

impl LesionAlarms {
    /// Counts the verdicts of a report.
    pub fn take(&mut self, report: &Report) {
        let appeared = report.lesions.iter().filter(|lesion| lesion.appeared).count();
        let mut any = appeared > 0;
        for (kind, lesion) in compared(report).filter(|(_, lesion)| lesion.noise_source.is_some()) {
            let claims = lesion.verdict.is_some_and(Verdict::claims_change);
            let (verdicts, alarms) = self.of.entry(kind).or_default();
            *verdicts += 1;
            *alarms += usize::from(claims);
            any |= claims;
        }
        self.appeared += appeared;
        self.alarmed += usize::from(any);
    }

    /// What was found, on stdout.
    pub fn tell(&self) {
        for (kind, (verdicts, alarms)) in &self.of {
            let share = 100.0 * *alarms as f64 / (*verdicts).max(1) as f64;
            println!("  lesions, {kind:?}: {alarms} of {verdicts} claim a change ({share:.1} %)");
        }
        println!("  lesions said to have appeared: {}; pairs with any: {}", self.appeared, self.alarmed);
    }
}
