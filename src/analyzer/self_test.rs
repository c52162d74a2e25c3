//! A pair taken again, virtually: would the verdicts be the same had the photographs been taken by another hand?

use std::collections::BTreeMap;

use super::error::AnalyzeError;
use super::options::Options;
use super::{Analyzer, Outcome};
use crate::calibrate::ASSUMED_WIDTH_MM;
use crate::phantom::{Recapture, Rgb8, SensorNoise, recapture_photo};
use crate::photo::{Photo, Pixels};
use crate::report::{Report, SelfTest, SelfTestMetric, Status};

impl Analyzer {
    /// Compares as [`Analyzer::compare_photos`], then re-captures of the same photographs, so many times, and adds to the
    /// report how often each verdict would have been another.
    ///
    /// Every photograph is given another exposure, white balance, focus, sensor noise and JPEG coding, those after also another
    /// pose; photographs before keep theirs, because regions are marked in their pixels. Lamps cannot be moved in a
    /// photograph. True heights are left out. All on top of what the photographs went through already, so verdicts flip
    /// rather more often than they would in a clinic.
    ///
    /// # Errors
    /// As [`Analyzer::compare`].
    ///
    /// # Panics
    /// If a visit has no photograph.
    pub fn compare_and_test(
        &self,
        before: &[Photo],
        after: &[Photo],
        options: &Options,
        recaptures: u32,
    ) -> Result<Outcome, AnalyzeError> {
        let mut outcome = self.compare_photos(before, after, options)?;
        if outcome.report.status == Status::Refused {
            return Ok(outcome);
        }
        let again = Options {
            heights_before: Vec::new(),
            heights_after: Vec::new(),
            pictures: false,
            ..options.clone()
        };
        let mut test = SelfTest { recaptures, refused: 0, metrics: verdicts(&outcome.report) };
        for k in 0..u64::from(recaptures) {
            let visit = |photos: &[Photo], moved: bool, of_visit: u64| -> Option<Vec<Photo>> {
                let take = |(i, photo): (u64, &Photo)| {
                    taken_again(photo, &outcome.report, moved, 1000 * k + 100 * of_visit + i)
                };
                (0..).zip(photos).map(take).collect()
            };
            // Landmarks hold for the photographs as they are.
            let moved = options.landmarks.is_none();
            let (Some(before), Some(after)) = (visit(before, false, 0), visit(after, moved, 1)) else {
                test.refused += 1;
                continue;
            };
            let report = self.compare_photos(&before, &after, &again)?.report;
            if report.status == Status::Refused {
                test.refused += 1;
                continue;
            }
            count(&mut test.metrics, &report);
        }
        outcome.report.self_test = Some(test);
        // Another report than these inputs give without.
        outcome.report.inputs_sha256 = None;
        Ok(outcome)
    }
}

/// The metrics that have a verdict, nothing counted yet.
fn verdicts(report: &Report) -> BTreeMap<String, SelfTestMetric> {
    let with_verdict = |(name, metric): (String, &crate::report::Metric)| {
        metric.noise_source?;
        Some((
            name,
            SelfTestMetric { verdict: metric.verdict?, judged: 0, flips: 0, verdicts: BTreeMap::new() },
        ))
    };
    metrics(report).filter_map(with_verdict).collect()
}

fn count(told: &mut BTreeMap<String, SelfTestMetric>, report: &Report) {
    for (name, metric) in metrics(report) {
        let (Some(told), Some(verdict)) = (told.get_mut(&name), metric.verdict) else { continue };
        told.judged += 1;
        told.flips += u32::from(verdict != told.verdict);
        *told.verdicts.entry(verdict).or_default() += 1;
    }
}

fn metrics(report: &Report) -> impl Iterator<Item = (String, &crate::report::Metric)> {
    report.measures.iter().flat_map(|(measure, found)| {
        found.metrics.iter().map(move |(name, metric)| (format!("{measure}.{name}"), metric))
    })
}

/// The photograph by another hand; `None` where it cannot be.
fn taken_again(photo: &Photo, report: &Report, moved: bool, seed: u64) -> Option<Photo> {
    let known = report.scale.as_ref().and_then(|scale| scale.mm_per_px);
    let px_per_mm = known.map_or(f64::from(photo.size.width) / ASSUMED_WIDTH_MM, |mm| 1.0 / mm);
    let drawn = Recapture::random(seed);
    // What is bright already must not clip. One scale is given for all photographs of a visit.
    let drawn = Recapture { exposure_ev: -drawn.exposure_ev.abs(), scale: 1.0, ..drawn };
    let still = Recapture { rotation_deg: 0.0, shift_mm: [0.0; 2], tilt_deg: [0.0; 2], ..drawn };
    let recapture = if moved { drawn } else { still };
    let code = |v: f32| (255.0 * v).round() as u8;
    let bytes = (0..photo.size.area()).flat_map(|i| photo.pixels.rgb(i).map(code)).collect();
    let picture = Rgb8::new(photo.size, bytes).ok()?;
    let (taken, _) = recapture_photo(&picture, px_per_mm, &recapture, &SensorNoise::PHONE).ok()?;
    let rgba = taken.bytes().as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
    let mut again = Photo::from_srgb_pixels(&photo.name, taken.size(), Pixels::Rgba8(rgba));
    again.facts = photo.facts.clone();
    Some(again)
}
