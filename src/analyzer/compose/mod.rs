//! From readings to a report.

mod as_they_are;
mod lesions;
mod metrics;
mod photo;
mod relief_change;
mod skin_tone;
mod tool;

use std::collections::BTreeMap;

use self::as_they_are::as_they_are;
use self::metrics::{Deltas, Measured, measured};
use self::photo::{looked_at, photo};
use self::relief_change::relief_change;
use self::skin_tone::skin_tone;
use self::tool::created;
pub(super) use self::tool::tool;
use super::absolute::Absolute;
use super::error::AnalyzeError;
use super::grid::{Prepared, Set};
use super::options::Options;
use super::parts::{ControlRead, PartRead};
use super::registration::{Aligned, Maps};
use super::relief;
use super::stop::Stop;
use super::veil::Veil;
use super::visit::Visits;
use crate::calibrate::{LightComparison, LightEvidence, MatchSource, ScaleSource};
use crate::change::{Circumstances, Controlled, NoiseTable, Verdict};
use crate::engine::Engine;
use crate::measure;
use crate::photo::Photo;
use crate::reason::Reason;
use crate::region::{ExcludedShares, Selection};
use crate::report::{self, Report, Status, number};
use crate::scales::scales;

/// ITA below which a veil of surface reflection moves the melanin level by more than any change.
const DARK_ITA_DEG: f64 = 10.0;

/// Days after treatment within which swelling may still fill scars and smooth lines.
const SWELLING_DAYS: i32 = 42;

/// Builds a report step by step, so that a refusal tells what is known so far.
pub(super) struct Composer<'a> {
    report: Report,
    options: &'a Options,
    /// The first photograph of each visit.
    shown: Vec<&'a Photo>,
    /// Changes of the region on their axes.
    deltas: Deltas,
    /// What pictures of the shown photographs must hide; empty where nothing.
    veils: Vec<Veil>,
}

impl<'a> Composer<'a> {
    pub fn new(engine: &Engine, before: &[&'a Photo], after: &[&'a Photo], options: &'a Options) -> Self {
        let first_day = before[0].facts.capture_day;
        let days = |p: &Photo| Some(p.facts.capture_day?.days_since(first_day?));
        let photos = |list: &[&Photo]| list.iter().map(|p| photo(p, days(p))).collect();
        let after_day = after.first().and_then(|p| options.days.or(days(p)));
        let visit = report::Visit { before_day: after_day.map(|_| 0).or(first_day.map(|_| 0)), after_day };
        let mut warnings = Vec::new();
        for photo in before.iter().chain(after) {
            warnings.extend(
                photo.warnings.iter().map(|w| report::Warning {
                    code: w.code.clone(),
                    message: format!("{}: {w}", photo.name),
                }),
            );
        }
        let report = Report {
            schema: report::SCHEMA_NAME.to_owned(),
            schema_version: report::SCHEMA_VERSION.to_owned(),
            created: created(),
            status: Status::Ok,
            reasons: Vec::new(),
            tool: tool(engine),
            subject: options.subject.clone(),
            view: options.view.clone(),
            shared: false,
            visit,
            photos: report::Photos { before: photos(before), after: photos(after) },
            scale: None,
            color: None,
            light: None,
            relief_level: relief::level(!after.is_empty(), options),
            alignment: None,
            region: None,
            relief: None,
            measures: BTreeMap::new(),
            lesions: Vec::new(),
            control: None,
            regions: Vec::new(),
            skin_tone: None,
            scales: BTreeMap::new(),
            self_test: None,
            inputs_sha256: None,
            noise_sha256: None,
            options_sha256: None,
            warnings,
        };
        let shown = before.iter().take(1).chain(after.iter().take(1)).copied().collect();
        Self { report, options, shown, deltas: Deltas::new(), veils: Vec::new() }
    }

    /// Pictures hide this from now on.
    pub fn veil(&mut self, veils: Vec<Veil>) {
        for (photo, veil) in self
            .report
            .photos
            .before
            .iter()
            .take(1)
            .chain(self.report.photos.after.iter().take(1))
            .zip(&veils)
        {
            let message = format!("{}: {}", photo.file, veil.told());
            self.report.warnings.push(report::Warning { code: "veiled".to_owned(), message });
        }
        self.veils = veils;
    }

    /// What pictures of the shown photographs hide.
    pub fn veils(&self) -> &[Veil] {
        &self.veils
    }

    /// A report without measures, and why.
    pub fn refused(mut self, reasons: Vec<Reason>) -> super::Outcome {
        if let ([photo], true) = (&mut self.report.photos.before[..], self.report.photos.after.is_empty()) {
            photo.quality.verdict = Status::Refused;
            photo.quality.reasons.extend(reasons.iter().cloned());
        }
        self.report.status = Status::Refused;
        self.report.reasons = reasons;
        let is_shown = self.options.pictures && self.options.drawn.page;
        let pictures = if is_shown { as_they_are(&self.shown, &self.veils) } else { Vec::new() };
        super::Outcome { report: self.report, pictures }
    }

    /// What a stage that goes no further leaves: a refusal, or an error.
    pub fn stopped(mut self, stop: Stop) -> Result<super::Outcome, AnalyzeError> {
        match stop {
            Stop::Refused { aligned, reasons } => {
                if let Some(aligned) = aligned {
                    self.alignment(*aligned);
                }
                Ok(self.refused(reasons))
            }
            Stop::Failed(error) => Err(error.into()),
        }
    }

    /// How far registration came.
    fn alignment(&mut self, a: Aligned) {
        self.report.alignment = Some(report::Alignment {
            model: a.registration.model.name().to_owned(),
            overlap_percent: number(100.0 * a.registration.overlap),
            residual_mm: None,
            residual_px: number(a.residual_px),
            inliers: a.registration.inliers as u64,
            ncc: number(a.registration.ncc),
            rotation_deg: number(a.registration.rotation_deg),
            scale_ratio: number(a.scale_ratio),
            tilt_deg: None,
            source: if a.registration.by_hand {
                report::AlignmentSource::Landmarks
            } else {
                report::AlignmentSource::Automatic
            },
            motion: a.registration.motion.as_ref().and(a.registration.trust).map(|trust| report::Motion {
                rms_px: number(trust.rms_px / a.first_factor),
                agreement_percent: number(100.0 * trust.agreement),
                area_ratio_low: number(trust.area_ratio.0),
                area_ratio_high: number(trust.area_ratio.1),
            }),
        });
    }

    pub fn registered(&mut self, maps: &Maps) {
        if let Some(aligned) = &maps.alignment {
            self.alignment(aligned.clone());
        }
    }

    /// Scale, color, region, and what was seen of the photographs.
    pub fn prepared(&mut self, set: &Set<'_>, selection: Option<&Selection>) {
        let first = &set.photos[0];
        let known = set.scale.is_known();
        let mm_per_px = 1.0 / set.scale.native_px_per_mm[0];
        self.report.scale = Some(report::Scale {
            mm_per_px: if known { number(mm_per_px) } else { None },
            source: match set.scale.source {
                ScaleSource::Given => report::ScaleSource::Given,
                ScaleSource::Card => report::ScaleSource::Card,
                ScaleSource::Chart => report::ScaleSource::Chart,
                ScaleSource::Iris => report::ScaleSource::Iris,
                ScaleSource::Assumed => report::ScaleSource::Assumed,
            },
            cv_percent: set.scale.cv_percent.and_then(number),
            working_px_per_mm: report::rounded(set.scale.px_per_mm),
        });
        if let (Some(alignment), true) = (&mut self.report.alignment, known) {
            alignment.residual_mm = alignment.residual_px.and_then(|px| number(px * mm_per_px));
        }
        if let Some(alignment) = &mut self.report.alignment {
            alignment.tilt_deg = set.tilt_deg.and_then(number);
        }
        self.report.color = Some(match (&set.absolute, &set.color) {
            (Some(absolute), _) => report::Color {
                source: match absolute {
                    Absolute::Chart(_) => report::ColorSource::Chart,
                    Absolute::Gray(_) => report::ColorSource::GrayCard,
                },
                residual_delta_e: absolute.residual_delta_e().and_then(number),
            },
            (None, Some(matched)) => report::Color {
                source: match matched.source {
                    MatchSource::ReferenceRegion => report::ColorSource::ReferenceRegion,
                    MatchSource::StableSkin => report::ColorSource::StableSkin,
                },
                residual_delta_e: matched.residual_delta_e.and_then(number),
            },
            (None, None) => report::Color { source: report::ColorSource::None, residual_delta_e: None },
        });
        self.report.light = set.light.map(|found| report::LightReport {
            differs: set.lacks.light.is_some(),
            fixed: set.light_fixed,
            relief_correlation: number(found.relief_correlation),
            relief_gain: number(found.relief_gain_ln.exp()),
            shading_gradient_od_per_cm: if known { number(found.shading_gradient_od_per_cm) } else { None },
            evidence: light_evidence(&found),
        });
        let area = known.then(|| first.frame.area_cm2());
        let facts = &first.facts;
        self.report.region = Some(region(source(selection), area, facts.valid_percent, &facts.excluded));
        for Prepared { facts, .. } in &set.photos {
            let before = self.report.photos.before.len();
            let photo = match facts.index.checked_sub(before) {
                None => &mut self.report.photos.before[facts.index],
                Some(after) => &mut self.report.photos.after[after],
            };
            looked_at(photo, facts);
        }
        for reason in set.dropped.iter().chain(&set.notes) {
            self.warn(&reason.code, reason.to_string());
        }
        if !known {
            self.warn("scale_assumed", "the scale is unknown: the region was taken to be 60 mm wide, and no length, area or density is reported");
        }
        if set.color.is_some_and(|m| m.source == MatchSource::StableSkin) {
            self.warn("color_relative", "colors were matched on the skin that did not change: color changes are relative to it, and a change of the whole region cannot be seen");
        }
    }

    /// The verdict alone.
    pub fn checked(mut self, set: &Set<'_>) -> super::Outcome {
        self.judge_quality(set);
        super::Outcome { report: self.report, pictures: Vec::new() }
    }

    fn judge_quality(&mut self, set: &Set<'_>) {
        self.report.reasons = set.limits.clone();
        self.report.status = if set.limits.is_empty() { Status::Ok } else { Status::Limited };
    }

    /// Where the photographs of a pair come from; `None` for a single one, which nothing is compared with.
    pub fn circumstances(&self, set: &Set<'_>, visits: &Visits) -> Option<Circumstances> {
        let ita = visits.before("tone", "ita_deg", set.before_count);
        if self.report.photos.after.is_empty() { None } else { self.report.circumstances_of(ita) }
    }

    /// A warning, where there is one.
    pub fn noted(&mut self, reason: Option<Reason>) {
        if let Some(reason) = reason {
            // A noise file names cameras and sites.
            let message = match self.options.share {
                Some(_) => {
                    "the noise file does not cover this pair: the built-in noise is used instead".to_owned()
                }
                None => reason.to_string(),
            };
            self.warn(&reason.code, message);
        }
    }

    /// What was read, judged.
    pub fn measured(&mut self, set: &Set<'_>, visits: &Visits, noise: &NoiseTable) {
        self.judge_quality(set);
        let found = measured(set, visits, noise, self.options.light);
        (self.report.measures, self.report.lesions, self.deltas) =
            (found.measures, found.lesions, found.deltas);
        self.report.relief = visits.is_pair().then(|| relief_change(&self.report.measures));
    }

    /// The lesions of the report.
    pub fn lesions(&self) -> &[report::Lesion] {
        &self.report.lesions
    }

    /// The whole report.
    pub fn finish(mut self) -> Report {
        self.dark_skin();
        self.swelling();
        self.report.skin_tone = skin_tone(&self.report);
        self.report.scales = scales(&self.report);
        self.report
    }

    /// What was read on a named part of the region.
    pub fn part(&mut self, set: &Set<'_>, read: &PartRead, noise: &NoiseTable) {
        let known = set.scale.is_known();
        let area = (known && read.visits.is_some()).then_some(read.area_cm2);
        let part = &read.part;
        let Measured { measures, lesions, .. } = read
            .visits
            .as_ref()
            .map(|visits| measured(set, visits, noise, self.options.light))
            .unwrap_or_default();
        let (status, reasons) = match &part.refused {
            Some(reason) => (Status::Refused, vec![reason.clone()]),
            None if set.limits.is_empty() => (Status::Ok, Vec::new()),
            None => (Status::Limited, set.limits.clone()),
        };
        self.report.regions.push(report::NamedRegion {
            name: part.selection.name.clone(),
            area_cm2: area.and_then(number),
            region: region(source(Some(&part.selection.selection)), area, part.valid_percent, &part.excluded),
            status,
            reasons,
            measures,
            lesions,
        });
    }

    /// What the untreated skin did meanwhile, and what the region did beyond it.
    pub fn control(&mut self, set: &Set<'_>, read: &ControlRead, noise: &NoiseTable) {
        let found = measured(set, &read.visits, noise, self.options.light);
        for (name, metric) in self.report.measures.iter_mut().flat_map(|(measure, read)| {
            read.metrics.iter_mut().map(move |(metric, read)| ((measure.as_str(), metric.as_str()), read))
        }) {
            let both = self.deltas.get(&name).zip(found.deltas.get(&name));
            metric.controlled =
                both.map(|((axis, region), (_, untreated))| Controlled::of(*axis, *region, *untreated));
        }
        let changed: Vec<String> = found
            .measures
            .values()
            .flat_map(|measure| measure.metrics.values())
            .filter(|metric| metric.primary && metric.verdict.is_some_and(Verdict::claims_change))
            .map(|metric| metric.label.to_lowercase())
            .collect();
        if !changed.is_empty() {
            let changed = changed.join(", ");
            self.warn(
                "control_changed",
                format!("the untreated skin changed too ({changed}): what both did, the treatment did not"),
            );
        }
        self.tan(&found.measures);
        let area_cm2 = set.scale.is_known().then_some(read.area_cm2).and_then(number);
        self.report.control = Some(report::Control { area_cm2, measures: found.measures });
    }

    fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.report.warnings.push(report::Warning { code: code.to_owned(), message: message.into() });
    }

    /// The day of treatment is not known, but it is none before the first visit.
    fn swelling(&mut self) {
        let report::Visit { before_day: Some(before), after_day: Some(after) } = self.report.visit else {
            return;
        };
        let days = after - before;
        let fell =
            |metric: &report::Metric| metric.primary && metric.verdict.is_some_and(Verdict::claims_fall);
        let relief = |name: &str| measure::ALL.iter().any(|m| m.name == name && m.needs.light);
        let shallower =
            self.report.measures.iter().any(|(name, read)| relief(name) && read.metrics.values().any(fell));
        if shallower && (1..SWELLING_DAYS).contains(&days) {
            self.warn("swelling_possible", format!("{days} days after the first visit, skin may still be swollen: swelling fills scars and smooths lines and texture for two to six weeks, so what became shallower may come back"));
        }
    }

    /// Where colors rest on a target, untreated skin shows what sun or season did.
    fn tan(&mut self, untreated: &BTreeMap<String, report::Measure>) {
        // Matched on that skin itself, colors cannot tell what became of it.
        let on_target = [report::ColorSource::Chart, report::ColorSource::GrayCard];
        if !self.report.color.as_ref().is_some_and(|color| on_target.contains(&color.source)) {
            return;
        }
        let melanin = untreated.get("pigment").and_then(|pigment| pigment.metrics.get("melanin_mean"));
        let verdict = melanin.and_then(|melanin| melanin.verdict).filter(|verdict| verdict.claims_change());
        if let Some(verdict) = verdict {
            let word = if verdict.claims_fall() { "lighter" } else { "darker" };
            self.warn("tan_changed", format!("the untreated skin became {word}, as by sun or season: spots stand out otherwise against it, and what melanin levels changed beyond it is under `controlled`"));
        }
    }

    fn dark_skin(&mut self) {
        let ita = self.report.measures.get("tone").and_then(|m| m.metrics.get("ita_deg")?.before);
        if ita.is_some_and(|ita| ita < DARK_ITA_DEG) {
            self.warn("unpolarised_dark_skin", "on dark skin an unseen veil of surface reflection moves melanin levels: low confidence without cross-polarized light; spot contrast is less affected");
        }
    }
}

/// Evidence on the light as a report has it.
fn light_evidence(found: &LightComparison) -> Vec<report::LightEvidence> {
    let one = |one: LightEvidence| report::LightEvidence {
        source: one.source,
        gain: number(one.gain_ln.exp()),
        gain_ln_se: number(one.gain_se),
        unlike: number(one.unlike),
        weight: number(one.weight),
    };
    found.evidence().into_iter().map(one).collect()
}

fn source(selection: Option<&Selection>) -> report::RegionSource {
    match selection {
        None => report::RegionSource::Auto,
        Some(Selection::Mask(_)) => report::RegionSource::Mask,
        Some(Selection::Polygons(_)) => report::RegionSource::Polygons,
        Some(Selection::Union(several)) => {
            let is_mask = |one: &Selection| source(Some(one)) == report::RegionSource::Mask;
            if several.iter().any(is_mask) {
                report::RegionSource::Mask
            } else {
                report::RegionSource::Polygons
            }
        }
    }
}

fn region(
    source: report::RegionSource,
    area_cm2: Option<f64>,
    valid_percent: f64,
    excluded: &ExcludedShares,
) -> report::Region {
    report::Region {
        source,
        area_cm2: area_cm2.and_then(number),
        valid_percent: number(valid_percent),
        excluded_percent: report::Excluded {
            specular: number(excluded.specular),
            hair: number(excluded.hair),
            clipped: number(excluded.clipped),
            steep: None,
        },
    }
}
