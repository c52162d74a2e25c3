//! Noise of single lesions: differences of the main value of the same lesion between unchanged captures.

use std::collections::{BTreeMap, BTreeSet};

use dermetric::change::{LesionNoise, PRIOR_WIDENING, Setting, Verdict};
use dermetric::measure::LesionKind;
use dermetric::report::{self, Report, rounded};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Photographs below which a kind gets no entry.
const LEAST_PHOTOGRAPHS: usize = 8;
/// Rounds of the fit; after a hundred nothing moves in the digits that are printed.
const ROUNDS: usize = 2000;
/// Diameters that parts of the printed table end at, in mm.
const CLASSES_MM: [f64; 5] = [1.0, 2.0, 4.0, 8.0, f64::INFINITY];

/// One lesion twice.
#[derive(Debug, Clone)]
struct Difference {
    photograph: String,
    /// After − before, in the value's unit.
    d: f64,
    before: f64,
    diameter_mm: f64,
}

/// Differences of unchanged pairs, by kind.
#[derive(Debug, Default)]
pub struct LesionDifferences(BTreeMap<LesionKind, Vec<Difference>>);

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
            self.0.entry(kind).or_default().push(Difference { photograph, d, before, diameter_mm });
        }
    }

    /// One entry for each kind that enough photographs contributed to; in no part steadier than the one in
    /// `steadier`.
    pub fn entries(&self, setting: Setting, steadier: &[LesionNoise]) -> Vec<LesionNoise> {
        let entry = |(&kind, differences): (&LesionKind, &Vec<Difference>)| {
            let fit = Fit::of(differences);
            let least = steadier.iter().find(|e| e.kind == kind);
            let part = |own: f64, of: fn(&LesionNoise) -> f64| rounded(own.max(least.map_or(0.0, of)));
            (fit.photographs >= LEAST_PHOTOGRAPHS).then(|| LesionNoise {
                kind,
                setting,
                floor: part(fit.floor, |e| e.floor),
                grain_mm: part(fit.grain_mm, |e| e.grain_mm),
                df: fit.photographs as f64,
            })
        };
        self.0.iter().filter_map(entry).collect()
    }

    /// What went in and what came out, on stderr.
    pub fn tell(&self, setting: &str) {
        eprintln!("\nlesions, {setting}");
        for (kind, differences) in &self.0 {
            let fit = Fit::of(differences);
            let beyond = beyond_what_others_show(differences);
            eprintln!(
                "  {kind:?}: {} of {} photographs; floor {:.6}, grain {:.6} mm; beyond {:.1} %",
                differences.len(),
                fit.photographs,
                fit.floor,
                fit.grain_mm,
                100.0 * beyond as f64 / differences.len() as f64
            );
            let mut from = 0.0;
            for to in CLASSES_MM {
                let part: Vec<&Difference> =
                    differences.iter().filter(|d| (from..to).contains(&d.diameter_mm)).collect();
                let n = part.len() as f64;
                if n > 0.0 {
                    let mean = |of: &dyn Fn(&Difference) -> f64| part.iter().map(|d| of(d)).sum::<f64>() / n;
                    eprintln!(
                        "    {from} to {to} mm: {n}; value {:.4}, s_w {:.4}, as fitted {:.4}, mean change {:.4}",
                        mean(&|d| d.before),
                        mean(&|d| 0.5 * d.d * d.d).sqrt(),
                        mean(&|d| fit.s_w(d.diameter_mm).powi(2)).sqrt(),
                        mean(&|d| d.d),
                    );
                }
                from = to;
            }
        }
    }
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
    let known = lesion.before.get("diameter_mm").copied().flatten();
    known.or_else(|| Some(lesion.diameter_px? / report.scale.as_ref()?.working_px_per_mm))
}

/// s_w² = floor² + (grain ÷ D)².
struct Fit {
    floor: f64,
    grain_mm: f64,
    photographs: usize,
    /// t(0.975) with as many degrees of freedom as photographs.
    t: f64,
}

impl Fit {
    /// The likeliest one for differences that are normal, or wider where more than one in twenty lies beyond
    /// what it allows.
    fn of(differences: &[Difference]) -> Self {
        let photographs = differences.iter().map(|d| &d.photograph).collect::<BTreeSet<_>>().len();
        let t = StudentsT::new(0.0, 1.0, photographs as f64).map_or(f64::NAN, |t| t.inverse_cdf(0.975));
        let half_squares: Vec<f64> = differences.iter().map(|d| 0.5 * d.d * d.d).collect();
        let per_mm2: Vec<f64> = differences.iter().map(|d| d.diameter_mm.powi(-2)).collect();
        let n = differences.len() as f64;
        let mean = half_squares.iter().sum::<f64>() / n;
        // Σ(ln m + y/m) with m = a + b/D² is least where both of these quotients are 1.
        let (mut a, mut b) = (0.5 * mean, 0.5 * mean / (per_mm2.iter().sum::<f64>() / n));
        for _ in 0..ROUNDS {
            let [mut of_a, mut of_b] = [[0.0; 2]; 2];
            for (&y, &x) in half_squares.iter().zip(&per_mm2) {
                let m = a + b * x;
                let (pull, push) = (y / (m * m), 1.0 / m);
                of_a = [of_a[0] + pull, of_a[1] + push];
                of_b = [of_b[0] + x * pull, of_b[1] + x * push];
            }
            a *= (of_a[0] / of_a[1]).sqrt();
            b *= (of_b[0] / of_b[1]).sqrt();
        }
        let mut fit = Self { floor: a.sqrt(), grain_mm: b.sqrt(), photographs, t };
        let mut sizes: Vec<f64> =
            differences.iter().map(|d| d.d.abs() / (2f64.sqrt() * fit.s_w(d.diameter_mm))).collect();
        sizes.sort_by(f64::total_cmp);
        let wider = (sizes[sizes.len() - 1 - sizes.len() / 20] / t).max(1.0);
        (fit.floor, fit.grain_mm) = (wider * fit.floor, wider * fit.grain_mm);
        fit
    }

    fn s_w(&self, diameter_mm: f64) -> f64 {
        self.floor.hypot(self.grain_mm / diameter_mm)
    }
}

/// Differences that a table made without their photograph would hold beyond the smallest detectable change.
fn beyond_what_others_show(differences: &[Difference]) -> usize {
    let photographs: BTreeSet<&str> = differences.iter().map(|d| d.photograph.as_str()).collect();
    let beyond = |photograph: &&str| {
        let (own, others): (Vec<_>, Vec<_>) =
            differences.iter().cloned().partition(|d| d.photograph == **photograph);
        if others.is_empty() {
            return 0;
        }
        let fit = Fit::of(&others);
        let limit = |d: &Difference| PRIOR_WIDENING * fit.t * 2f64.sqrt() * fit.s_w(d.diameter_mm);
        own.iter().filter(|d| d.d.abs() > limit(d)).count()
    };
    photographs.iter().map(beyond).sum()
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
