//! What a pair is good for, and what to do about what it lacks.

use super::amount::{told, with_unit};
use super::texts;
use super::words::{Words, fill};
use crate::reason::Reason;
use crate::report::{Photo, Report, Status};

/// A reason with what was found, what is needed and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    pub message: String,
    pub found: String,
    pub advice: String,
}

/// A fact and its value.
#[derive(Debug)]
pub(crate) struct Fact {
    pub name: &'static str,
    pub value: String,
}

/// One photograph.
#[derive(Debug)]
pub(crate) struct Shot {
    pub title: String,
    pub file: String,
    pub status: &'static str,
    pub verdict: &'static str,
    pub facts: Vec<Fact>,
    pub limits: Vec<Limit>,
    /// What the file and the camera say, for the method.
    pub method: Vec<Fact>,
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Quality {
    pub limits: Vec<Limit>,
    /// Warnings of a report: sentences.
    pub warnings: Vec<String>,
    pub facts: Vec<Fact>,
    pub shots: Vec<Shot>,
}

/// Reasons and warnings that are printed, of each: a sheet has room for no more beside the pictures.
const ON_PAPER: usize = 4;

type Advice = fn(&str) -> Option<&'static str>;

impl Limit {
    pub fn of(reason: &Reason, w: &Words, advice: Advice) -> Self {
        let (message, found) = texts::reason(reason, w);
        let advice = advice(&reason.code);
        let advice = advice.map_or_else(String::new, |advice| fill(w.do_this, &[&texts::tell(advice, w)]));
        Self { message, found, advice }
    }
}

impl Quality {
    /// Whether a reason or warning does not stand on a printed sheet, by its place among those of its kind.
    pub fn is_off_paper(&self, place: &usize) -> bool {
        *place >= ON_PAPER
    }

    /// How many of so many reasons or warnings do not stand on a printed sheet; empty where all do.
    pub fn off_paper(&self, count: usize, w: &Words) -> String {
        match count.saturating_sub(ON_PAPER) {
            0 => String::new(),
            more => fill(w.print_more, &[&more.to_string()]),
        }
    }

    pub fn of(report: &Report, w: &Words, advice: Advice) -> Self {
        let limits: Vec<Limit> = report.reasons.iter().map(|reason| Limit::of(reason, w, advice)).collect();
        let shots = |photos: &[Photo], word: &str| -> Vec<Shot> {
            photos
                .iter()
                .enumerate()
                .map(|(k, photo)| shot(photo, k, word, &report.reasons, w, advice))
                .collect()
        };
        let mut all = shots(&report.photos.before, w.before);
        all.extend(shots(&report.photos.after, w.after));
        Self {
            warnings: report.warnings.iter().map(|warning| warned(warning, w, advice)).collect(),
            facts: facts(report, w),
            shots: all,
            limits,
        }
    }
}

/// A warning, and what to do where there is something to do.
fn warned(warning: &crate::report::Warning, w: &Words, advice: Advice) -> String {
    let message = texts::sentence(&warning.message, w);
    match advice(&warning.code) {
        Some(advice) => {
            format!("{} {}", super::because::with_stop(message), fill(w.do_this, &[&texts::tell(advice, w)]))
        }
        None => message,
    }
}

fn facts(report: &Report, w: &Words) -> Vec<Fact> {
    let mut out = Vec::new();
    let mut add = |name: &'static str, value: Option<String>| {
        out.extend(value.map(|value| Fact { name, value }));
    };
    let number = |value: Option<f64>, unit: &str| value.map(|value| with_unit(&told(value), unit));
    if let Some(alignment) = &report.alignment {
        add(w.overlap, number(alignment.overlap_percent, "%"));
        let residual = number(alignment.residual_mm, "mm").or_else(|| number(alignment.residual_px, "px"));
        add(w.residual, residual);
    }
    if let Some(region) = &report.region {
        let shares = [number(region.area_cm2, "cm²"), number(region.valid_percent, "%")];
        let shares: Vec<String> = shares.into_iter().flatten().collect();
        add(w.valid_skin, (!shares.is_empty()).then(|| shares.join(", ")));
    }
    if let Some(light) = &report.light {
        add(w.light, Some(if light.differs { w.light_differs } else { w.light_alike }.to_owned()));
    }
    if let Some(color) = &report.color {
        add(w.colors, Some(w.of_color(color.source).to_owned()));
    }
    if let Some(scale) = &report.scale {
        let word = w.of_scale(scale.source);
        let scale = scale.mm_per_px.map(|mm| format!("{}, {word}", with_unit(&told(mm), "mm/px")));
        add(w.scale, Some(scale.unwrap_or_else(|| word.to_owned())));
    }
    out
}

fn shot(photo: &Photo, place: usize, word: &str, known: &[Reason], w: &Words, advice: Advice) -> Shot {
    let number = |name: &'static str, value: Option<f64>, unit: &str| {
        value.map(|value| Fact { name, value: with_unit(&told(value), unit) })
    };
    let facts = [
        number(w.focus, photo.sharpness, "mOD"),
        number(w.noise, photo.noise, "mOD"),
        number(w.exposure, photo.exposure.map(|share| 100.0 * share), "%"),
    ];
    let capture = &photo.capture;
    let camera = [
        capture.make.clone(),
        capture.model.clone(),
        capture.exposure_time_s.map(|s| format!("{} s", told(s))),
        capture.f_number.map(|f| format!("f/{}", told(f))),
        capture.iso.map(|iso| format!("ISO {iso}")),
        capture.focal_length_mm.map(|mm| format!("{} mm", told(mm))),
    ];
    let camera: Vec<String> = camera.into_iter().flatten().collect();
    let fact = |name: &'static str, value: String| Fact { name, value };
    let mut method = vec![
        fact(w.file, format!("{}, {} × {}", photo.file, photo.width, photo.height)),
        fact(w.hash, photo.sha256.clone()),
        fact(w.decoder, photo.decoder.clone()),
        fact(w.color_encoding, photo.color_encoding.clone()),
    ];
    if !camera.is_empty() {
        method.push(fact(w.camera, camera.join(", ")));
    }
    // What the pair is limited by is told with it, there with the name of the file.
    let is_told = |reason: &&Reason| {
        let of_file = format!("{}: {}", photo.file, reason.message);
        let same = |other: &Reason| {
            other.code == reason.code && [&reason.message, &of_file].contains(&&other.message)
        };
        known.iter().any(same)
    };
    let limits = photo.quality.reasons.iter().filter(|reason| !is_told(reason));
    Shot {
        title: if place == 0 { word.to_owned() } else { format!("{word}, {} {place}", w.further) },
        file: photo.file.clone(),
        status: match photo.quality.verdict {
            Status::Ok => "ok",
            Status::Limited => "limited",
            Status::Refused => "refused",
        },
        verdict: w.of_photo(photo.quality.verdict),
        facts: facts.into_iter().flatten().collect(),
        limits: limits.map(|reason| Limit::of(reason, w, advice)).collect(),
        method,
    }
}
