//! From readings to a report.

use std::collections::BTreeMap;

use super::absolute::Absolute;
use super::grid::{GridFacts, Prepared, Set};
use super::options::{Light, Options};
use super::parts::PartRead;
use super::quality;
use super::registration::{Aligned, Maps};
use super::visit::Visits;
use crate::calibrate::target::ColorError;
use crate::calibrate::{MatchSource, ScaleSource};
use crate::change::{Captures, Change, LEVEL, MetricInput, NoiseTable, Setting, TargetError, Verdict, judge};
use crate::engine::Engine;
use crate::measure::{self, Better, LesionKind, LesionValues, MeasureDef, MetricDef, Reading};
use crate::ops::KERNELS;
use crate::photo::{ColorEncoding, Photo, WhiteBalanceMode};
use crate::reason::Reason;
use crate::region::{ExcludedShares, Selection};
use crate::report::{self, Report, Status, number};

/// ITA below which a veil of surface reflection moves the melanin level by more than any change.
const DARK_ITA_DEG: f64 = 10.0;
/// Builds a report step by step, so that a refusal tells what is known so far.
pub(super) struct Composer<'a> {
    report: Report,
    options: &'a Options,
}

impl<'a> Composer<'a> {
    pub fn new(engine: &Engine, before: &[&Photo], after: &[&Photo], options: &'a Options) -> Self {
        let first_day = before[0].facts.capture_day;
        let days = |p: &Photo| Some(p.facts.capture_day?.days_since(first_day?));
        let photos = |list: &[&Photo]| list.iter().map(|p| photo(p, days(p))).collect();
        let after_day = after.first().and_then(|p| days(p));
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
            visit,
            photos: report::Photos { before: photos(before), after: photos(after) },
            scale: None,
            color: None,
            light: None,
            alignment: None,
            region: None,
            measures: BTreeMap::new(),
            lesions: Vec::new(),
            regions: Vec::new(),
            scales: BTreeMap::new(),
            warnings,
        };
        Self { report, options }
    }

    /// A report without measures, and why.
    pub fn refused(mut self, reasons: Vec<Reason>) -> super::Outcome {
        if let ([photo], true) = (&mut self.report.photos.before[..], self.report.photos.after.is_empty()) {
            photo.quality.verdict = Status::Refused;
            photo.quality.reasons.extend(reasons.iter().cloned());
        }
        self.report.status = Status::Refused;
        self.report.reasons = reasons;
        super::Outcome { report: self.report, pictures: Vec::new() }
    }

    /// How far registration came.
    pub fn alignment(&mut self, aligned: Option<Aligned>) {
        self.report.alignment = aligned.map(|a| report::Alignment {
            model: a.registration.model.name().to_owned(),
            overlap_percent: number(100.0 * a.registration.overlap),
            residual_mm: None,
            residual_px: number(a.residual_px),
            inliers: a.registration.inliers as u64,
            ncc: number(a.registration.ncc),
            rotation_deg: number(a.registration.rotation_deg),
            scale_ratio: number(a.scale_ratio),
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
        self.alignment(maps.alignment.clone());
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
            relief_correlation: number(found.relief_correlation),
            relief_gain: number(found.relief_gain_ln.exp()),
            shading_gradient_od_per_cm: if known { number(found.shading_gradient_od_per_cm) } else { None },
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

    /// The report of what was read.
    pub fn finish(mut self, set: &Set<'_>, visits: &Visits, noise: &NoiseTable) -> Report {
        self.judge_quality(set);
        (self.report.measures, self.report.lesions) = self.measured(set, visits, noise);
        self.dark_skin();
        self.report
    }

    /// What was read on a named part of the region.
    pub fn part(&mut self, set: &Set<'_>, read: &PartRead, noise: &NoiseTable) {
        let known = set.scale.is_known();
        let area = (known && read.visits.is_some()).then_some(read.area_cm2);
        let part = &read.part;
        let (measures, lesions) =
            read.visits.as_ref().map(|visits| self.measured(set, visits, noise)).unwrap_or_default();
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

    fn measured(
        &self,
        set: &Set<'_>,
        visits: &Visits,
        noise: &NoiseTable,
    ) -> (BTreeMap<String, report::Measure>, Vec<report::Lesion>) {
        let compared = set.after().is_some();
        let inputs = if compared { inputs(set, visits, noise) } else { Vec::new() };
        let changes = judge(&inputs, noise, set.limits.is_empty());
        let mut changes: BTreeMap<_, _> = inputs.iter().map(|i| i.name).zip(changes).collect();
        let mut measures = BTreeMap::new();
        for (i, definition) in measure::ALL.iter().enumerate() {
            let mut out = report::Measure::default();
            let before = &visits.visits[0].readings[i];
            let after = visits.visits.get(set.before_count).filter(|_| compared).map(|v| &v.readings[i]);
            for (k, metric) in definition.metrics.iter().enumerate() {
                let change = changes.remove(&(definition.name, metric.name));
                let reading = after.map(|a| &a.metrics[k]);
                out.metrics
                    .insert(metric.name.to_owned(), described(metric, &before.metrics[k], reading, change));
            }
            out.notes.extend(before.notes.iter().cloned());
            measures.insert(definition.name.to_owned(), out);
        }
        self.read_as_depth(&mut measures);
        (measures, lesions(visits, compared, set.scale.is_known()))
    }

    fn warn(&mut self, code: &str, message: impl Into<String>) {
        self.report.warnings.push(report::Warning { code: code.to_owned(), message: message.into() });
    }

    /// What a change of relief contrast can mean for depth: an interval, never one number.
    fn read_as_depth(&self, measures: &mut BTreeMap<String, report::Measure>) {
        let Some(scars) = measures.get_mut("scars") else { return };
        let Some(contrast) = scars.metrics.get("relief_contrast") else { return };
        let claims = contrast.verdict.is_some_and(Verdict::claims_change);
        let (Some(before), Some(after), true) = (contrast.before, contrast.after, claims) else { return };
        let ratio = after / before;
        let (least, most) = self.options.light.depth_exponents();
        let percent = |gamma: f64| 100.0 * (ratio.powf(1.0 / gamma) - 1.0);
        let (a, b) = (percent(most), percent(least));
        let light = match self.options.light {
            Light::Unknown => "unknown light",
            Light::Frontal => "frontal light",
            Light::Oblique => "oblique light",
            Light::Bilateral => "light from both sides",
            Light::Diffuse => "diffuse light",
        };
        scars.notes.push(format!(
            "read as depth under {light}, this contrast would be a change of {:.0} to {:.0} % (simulation; a photograph holds no depth)",
            a.max(b),
            a.min(b),
        ));
    }

    fn dark_skin(&mut self) {
        let ita = self.report.measures.get("tone").and_then(|m| m.metrics.get("ita_deg")?.before);
        if ita.is_some_and(|ita| ita < DARK_ITA_DEG) {
            self.warn("unpolarised_dark_skin", "on dark skin an unseen veil of surface reflection moves melanin levels: low confidence without cross-polarized light; spot contrast is less affected");
        }
    }
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

fn created() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

fn tool(engine: &Engine) -> report::Tool {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for kernel in KERNELS {
        hash.update(kernel.name.as_bytes());
        hash.update(kernel.source.as_bytes());
    }
    let adapter = engine.adapter();
    report::Tool {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        engine: engine.name().to_owned(),
        adapter: adapter.map(|a| a.name.clone()),
        driver: adapter.map(|a| a.driver.clone()),
        kernels_sha256: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

fn photo(photo: &Photo, day: Option<i32>) -> report::Photo {
    let facts = &photo.facts;
    report::Photo {
        file: photo.name.clone(),
        sha256: photo.sha256.clone(),
        width: photo.size.width,
        height: photo.size.height,
        decoder: photo.decoder.clone(),
        color_encoding: match &photo.color {
            ColorEncoding::AssumedSrgb => "assumed_srgb".to_owned(),
            ColorEncoding::Srgb => "srgb".to_owned(),
            ColorEncoding::Icc { description } => format!("icc: {description}"),
        },
        capture: report::Capture {
            make: facts.make.clone(),
            model: facts.model.clone(),
            exposure_time_s: facts.exposure_time_s,
            f_number: facts.f_number,
            iso: facts.iso,
            focal_length_mm: facts.focal_length_mm,
            flash_fired: facts.flash_fired,
            white_balance: facts.white_balance.map(|mode| {
                match mode {
                    WhiteBalanceMode::Auto => "auto",
                    WhiteBalanceMode::Manual => "manual",
                }
                .to_owned()
            }),
            days_since_first_visit: day,
        },
        chroma_subsampling: photo.jpeg.as_ref().map(|j| j.chroma_subsampling.clone()),
        jpeg_quality: photo.jpeg.as_ref().and_then(|j| j.quality_estimate).map(f64::from),
        sharpness: None,
        noise: None,
        exposure: None,
        quality: judged(quality::of_file(photo)),
    }
}

fn looked_at(photo: &mut report::Photo, facts: &GridFacts) {
    photo.sharpness = number(facts.sharpness);
    photo.noise = number(facts.noise);
    photo.exposure = number(facts.exposure);
    photo.quality = judged(facts.quality.clone());
}

/// A verdict on a photograph that was looked at.
fn judged(reasons: Vec<Reason>) -> report::Quality {
    let verdict = if reasons.is_empty() { Status::Ok } else { Status::Limited };
    report::Quality { verdict, reasons }
}

/// Everything that has a value on both visits.
fn inputs<'v>(set: &Set<'_>, visits: &'v Visits, noise: &NoiseTable) -> Vec<MetricInput<'v>> {
    let (before, after) = visits.visits.split_at(set.before_count);
    let mut out = Vec::new();
    let leak = set.light.map_or(0.0, |found| found.leak_ln());
    let with_repeats = visits.visits.len() > 2;
    let noise_known = |measure: &str, metric: &str| {
        let setting = Setting::of(set.limits.is_empty());
        with_repeats || noise.get(measure, metric, setting).is_some()
    };
    for (i, definition) in measure::ALL.iter().enumerate() {
        for (k, metric) in definition.metrics.iter().enumerate() {
            let reading = |v: &'v super::visit::Visit| &v.readings[i].metrics[k];
            let captures = |visit: &'v [super::visit::Visit]| {
                Some(Captures {
                    value: reading(&visit[0]).number()?,
                    repeats: visit[1..].iter().filter_map(|v| reading(v).number()).collect(),
                })
            };
            let (Some(b), Some(a)) = (captures(before), captures(after)) else { continue };
            let blocks = reading(&before[0]).blocks.as_ref().zip(reading(&after[0]).blocks.as_ref());
            // Where the value moves more on one visit (a share near its end hardly can), by that visit.
            let moves = [&before[0], &after[0]].map(|v| reading(v).per_density.filter(|_| metric.level));
            let variance = |error: &ColorError| {
                moves.iter().flatten().map(|&moves| error.variance_of(moves)).reduce(f64::max)
            };
            let target = set
                .color_error
                .and_then(|error| Some(TargetError { variance: variance(&error)?, df: error.df }));
            out.push(MetricInput {
                name: (definition.name, metric.name),
                axis: metric.axis,
                primary: is_primary(definition, metric, &before[0], noise_known),
                before: b,
                after: a,
                light_leak: light_leak(definition, metric, leak),
                target,
                scale_cv: 0.01
                    * set.scale.cv_percent.unwrap_or(0.0)
                    * f64::from(metric.length_power.unsigned_abs()),
                blocks,
            });
        }
    }
    out
}

/// How much of a relief metric's change the light can have made. Shapes, counts and entropies answer to
/// light up to three times as strongly as contrast does.
fn light_leak(definition: &MeasureDef, metric: &MetricDef, leak: f64) -> f64 {
    match (definition.needs.light, metric.primary) {
        (false, _) => 0.0,
        (true, true) => leak,
        (true, false) => 3.0 * leak,
    }
}

/// With untreated skin marked, relief above it is the endpoint in place of relief contrast, where
/// its noise is known: an endpoint that cannot be judged would silence the other.
fn is_primary(
    definition: &MeasureDef,
    metric: &MetricDef,
    before: &super::visit::Visit,
    noise_known: impl Fn(&str, &str) -> bool,
) -> bool {
    const EXCESS: &str = "relief_contrast_excess";
    let excess = definition
        .metrics
        .iter()
        .position(|m| m.name == EXCESS)
        .zip(measure::place(definition.name))
        .is_some_and(|(k, i)| before.readings[i].metrics[k].number().is_some())
        && noise_known(definition.name, EXCESS);
    match metric.name {
        EXCESS => excess,
        _ => metric.primary && !(excess && metric.name == "relief_contrast"),
    }
}

fn described(
    metric: &MetricDef,
    before: &Reading,
    after: Option<&Reading>,
    change: Option<Change>,
) -> report::Metric {
    let value = |r: &Reading| r.number().and_then(number);
    let reason = before.value.as_ref().err().or(after.and_then(|a| a.value.as_ref().err())).cloned();
    let in_blocks = before.blocks.is_some();
    let mut out = report::Metric {
        label: metric.label.to_owned(),
        unit: metric.unit.to_owned(),
        better: match metric.better {
            Better::Lower => report::Better::Lower,
            Better::Higher => report::Better::Higher,
            Better::Neither => report::Better::Neither,
        },
        primary: metric.primary,
        before: value(before),
        after: after.and_then(value),
        change: None,
        change_percent: None,
        interval: None,
        smallest_detectable_change: None,
        noise_source: None,
        verdict: after.map(|_| Verdict::NotMeasurable),
        reason,
    };
    if let Some(change) = change {
        out.change = number(change.change);
        out.change_percent = change.change_percent.and_then(number);
        out.interval = change.interval.map(|(low, high)| report::Interval {
            level: LEVEL,
            low: number(low),
            high: number(high),
            method: if in_blocks { "block_t+capture" } else { "capture" }.to_owned(),
        });
        out.smallest_detectable_change = change.smallest_detectable_change.and_then(number);
        out.noise_source = change.noise_source;
        out.verdict = Some(change.verdict);
    }
    out
}

/// All lesions, each kind from the largest on.
fn lesions(visits: &Visits, compared: bool, scale_known: bool) -> Vec<report::Lesion> {
    // Lengths and areas without a scale would be guesses.
    let told = |name: &str| scale_known || !(name.ends_with("_mm") || name.ends_with("_mm2"));
    let values = |v: &LesionValues| -> BTreeMap<String, Option<f64>> {
        v.iter().map(|(&name, &v)| (name.to_owned(), number(v).filter(|_| told(name)))).collect()
    };
    let mut out = Vec::new();
    for (i, readings) in visits.visits[0].readings.iter().enumerate() {
        let mut order: Vec<usize> = (0..readings.lesions.len()).collect();
        let area = |k: usize| readings.lesions[k].values.get("area_mm2").copied().unwrap_or(0.0);
        order.sort_by(|&a, &b| area(b).total_cmp(&area(a)).then(a.cmp(&b)));
        for (rank, k) in order.into_iter().enumerate() {
            let lesion = &readings.lesions[k];
            let after = visits.revisited.get(i).and_then(Option::as_ref).and_then(|r| r.get(k));
            out.push(report::Lesion {
                kind: match lesion.kind {
                    LesionKind::Scar => report::LesionKind::Scar,
                    LesionKind::Spot => report::LesionKind::Spot,
                },
                id: rank as u32 + 1,
                before: values(&lesion.values),
                after: compared.then(|| after.map(values).unwrap_or_default()),
            });
        }
    }
    out
}
