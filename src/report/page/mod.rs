//! The page of a pair, or of one photograph: one file of HTML that needs nothing but itself, for whoever sits beside the patient.
//!
//! What changed and how surely stands first (`finding`, drawn by `interval`), then what the pair is good for
//! (`quality`), the pictures (`layers`), lesions (`lesions`), every number (`rows`) and how it was measured. Pages of a batch
//! and of a series share what is here: all words are in `words`, style and script in `look`, the frame in templates/page.html.

pub(crate) mod amount;
pub(crate) mod because;
pub(crate) mod finding;
mod interval;
mod layers;
mod lesions;
pub(crate) mod look;
pub(crate) mod quality;
mod rows;
pub(crate) mod said;
pub(super) mod self_test;
pub(crate) mod texts;
pub(crate) mod words;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use self::finding::Findings;
use self::layers::Panes;
use self::lesions::Kind;
use self::look::Look;
use self::quality::Quality;
use self::rows::{Part, Unmeasured};
use self::texts::{sentence, tell};
use self::words::{ENGLISH, Words, fill};
use super::pictures::Picture;
use super::{Report, Status};

/// Name of the file.
pub const PAGE: &str = "report.html";
/// What tells such a page from other files of that name.
pub const PAGE_MARK: &str = "<meta name=\"generator\" content=\"dermetric";

#[derive(Template)]
#[template(path = "pair.html")]
struct Page<'a> {
    w: Words,
    is_pair: bool,
    look: Look,
    version: &'a str,
    title: String,
    report: &'a Report,
    visits: String,
    /// `ok`, `limited` or `refused`.
    status: &'static str,
    status_word: &'static str,
    findings: Findings,
    quality: Quality,
    panes: Panes,
    kinds: Vec<Kind>,
    parts: Vec<Part>,
    has_control: bool,
    unmeasured: Vec<Unmeasured>,
    self_test: String,
    skin_tone: String,
    noise: Vec<&'static str>,
    /// Label and why it is not graded.
    scales: Vec<(String, String)>,
    view_box: String,
    mm_per_px: String,
}

/// The page of a report, of a pair or of one photograph, with what was drawn for it. `advice` tells what to do about a reason, by its code.
///
/// # Errors
/// Never in practice: the template is compiled in and writes to memory.
pub fn page(
    report: &Report,
    pictures: &[Picture],
    advice: fn(&str) -> Option<&'static str>,
) -> Result<String, askama::Error> {
    let is_pair = !report.photos.after.is_empty();
    let w = &if is_pair { ENGLISH } else { ENGLISH.of_one_photograph() };
    let panes = Panes::of(pictures, w);
    let view_box = panes
        .before
        .photo
        .as_ref()
        .map_or_else(|| "0 0 1 1".to_owned(), |photo| format!("0 0 {} {}", photo.width, photo.height));
    let mm_per_px = report.scale.as_ref().and_then(|scale| scale.mm_per_px);
    Page {
        w: *w,
        is_pair,
        look: Look::of_pair(),
        version: &report.tool.version,
        title: title(report, w),
        report,
        visits: visits(report, w),
        status: match report.status {
            Status::Ok => "ok",
            Status::Limited => "limited",
            Status::Refused => "refused",
        },
        status_word: w.of_status(report.status),
        findings: Findings::of(report, w),
        quality: Quality::of(report, w, advice),
        panes,
        kinds: lesions::kinds(report, w),
        parts: rows::parts(report, w),
        has_control: report.control.is_some(),
        unmeasured: rows::unmeasured(report, w),
        self_test: report.self_test.as_ref().map_or_else(String::new, |test| self_test::self_test(test, w)),
        skin_tone: skin_tone(report),
        noise: noise(report, w),
        scales: scales(report, w),
        view_box,
        mm_per_px: mm_per_px.map_or_else(String::new, |mm| mm.to_string()),
    }
    .render()
}

/// The photographs that a page of a pair shows, as JPEG: before and after. The one after lies on the one before, unless the pair
/// was refused.
pub(crate) fn photographs(html: &str) -> [Option<Vec<u8>>; 2] {
    let mut found = html.split("\"data:image/jpeg;base64,").skip(1);
    let mut next = || STANDARD.decode(found.next()?.split('"').next()?).ok();
    [next(), next()]
}

fn title(report: &Report, w: &Words) -> String {
    let named: Vec<&str> =
        [&report.subject, &report.view].into_iter().flatten().map(String::as_str).collect();
    if named.is_empty() { w.title.to_owned() } else { fill(w.title_of, &[&named.join(", ")]) }
}

fn visits(report: &Report, w: &Words) -> String {
    match (report.visit.before_day, report.visit.after_day) {
        (Some(before), Some(after)) => match after - before {
            0 => w.same_day.to_owned(),
            1 => w.one_day_apart.to_owned(),
            days => fill(w.days_apart, &[&days.to_string()]),
        },
        _ => String::new(),
    }
}

fn skin_tone(report: &Report) -> String {
    let Some(tone) = &report.skin_tone else { return String::new() };
    let class = |tone: &super::ToneClass| {
        let word = |value: &crate::calibrate::ItaClass| {
            let json = serde_json::to_value(value).unwrap_or_default();
            json.as_str().unwrap_or_default().replace('_', " ")
        };
        let possible: Vec<String> = tone.possible.iter().map(word).collect();
        format!("{} ({})", word(&tone.class), possible.join(", "))
    };
    let classes: Vec<String> = [&tone.before, &tone.after].into_iter().flatten().map(class).collect();
    classes.join(" \u{2192} ")
}

fn scales(report: &Report, w: &Words) -> Vec<(String, String)> {
    let told =
        |scale: &super::ClinicalScale| (tell(&scale.label, w).into_owned(), sentence(&scale.reason, w));
    report.scales.values().map(told).collect()
}

/// What the noise of the metrics rests on, each once.
fn noise(report: &Report, w: &Words) -> Vec<&'static str> {
    let mut out = Vec::new();
    for metric in report.measures.values().flat_map(|measure| measure.metrics.values()) {
        if let Some(word) = metric.noise_source.map(|source| w.of_noise(source))
            && !out.contains(&word)
        {
            out.push(word);
        }
    }
    out
}
