//! A photograph as the report tells it.

use super::super::grid::GridFacts;
use super::super::quality;
use crate::photo::{ColorEncoding, Photo, WhiteBalanceMode};
use crate::reason::Reason;
use crate::report::{self, Status, number};

/// Names that spaces of colors go by, and what describes those that are no profile.
const KNOWN_SPACES: [&str; 16] = [
    "sRGB",
    "Display P3",
    "Adobe RGB",
    "ProPhoto RGB",
    "ROMM RGB",
    "Apple RGB",
    "ColorMatch RGB",
    "eciRGB",
    "DCI",
    "Rec",
    "Generic RGB",
    "Generic Gray",
    "Gray Gamma",
    "Dot Gain",
    "cICP",
    "PNG gAMA",
];

/// What the file says; what its skin shows is not known yet.
pub(super) fn photo(photo: &Photo, day: Option<i32>) -> report::Photo {
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
            ColorEncoding::Icc { description } => icc(description),
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
        focus: None,
        quality: judged(quality::of_file(photo)),
    }
}

/// A profile by its name, where that is of a well-known space. Any other was given by somebody, and may name them.
fn icc(description: &str) -> String {
    let known = KNOWN_SPACES.iter().find(|space| description.starts_with(**space));
    known.map_or_else(|| "icc".to_owned(), |space| format!("icc: {}", space.trim_end()))
}

/// Adds what its skin shows.
pub(super) fn looked_at(photo: &mut report::Photo, facts: &GridFacts) {
    photo.sharpness = number(facts.sharpness);
    photo.noise = number(facts.noise);
    photo.exposure = number(facts.exposure);
    photo.quality = judged(facts.quality.clone());
    photo.focus = facts.focus.map(|found| report::FocusReport {
        blur_mm2: number(found.blur().mm2),
        pigment_mm2: number(found.pigment.mm2),
        pigment_se_mm2: number(found.pigment.se_mm2),
        relief_mm2: number(found.relief.mm2),
        relief_se_mm2: number(found.relief.se_mm2),
    });
}

/// A verdict on a photograph that was looked at.
fn judged(reasons: Vec<Reason>) -> report::Quality {
    let verdict = if reasons.is_empty() { Status::Ok } else { Status::Limited };
    report::Quality { verdict, reasons }
}
