//! Close-ups of real skin taken again by another hand: brighter, of another cast, softer, compressed
//! more. Nothing changed on the skin, and nothing may be claimed.

use std::path::Path;

use crate::common::photo;
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::phantom::{Recapture, Rgb8, SensorNoise, recapture_photo};
use dermetric::report::{Report, Status};

/// Width that a close-up is taken to have, in mm.
const WIDTH_MM: f64 = 60.0;

fn faults(px_per_mm: f64) -> Vec<(&'static str, Recapture)> {
    let again = Recapture { focus_sigma_mm: 0.0, jpeg_quality: None, ..Recapture::random(11) };
    let again = Recapture { exposure_ev: 0.0, channel_gains: [1.0; 3], ..again };
    let blur = |px: f64| px / px_per_mm;
    vec![
        ("brighter", Recapture { exposure_ev: 0.3, ..again }),
        ("darker", Recapture { exposure_ev: -0.3, ..again }),
        ("warm", Recapture { channel_gains: [1.08, 1.0, 0.92], ..again }),
        ("cold", Recapture { channel_gains: [0.92, 1.08, 1.0], ..again }),
        ("soft 0.7", Recapture { focus_sigma_mm: blur(0.7), ..again }),
        ("soft 1.5", Recapture { focus_sigma_mm: blur(1.5), ..again }),
        ("JPEG 75", Recapture { jpeg_quality: Some(75), ..again }),
        ("JPEG 85", Recapture { jpeg_quality: Some(85), ..again }),
        ("JPEG 98", Recapture { jpeg_quality: Some(98), ..again }),
        (
            "together",
            Recapture {
                exposure_ev: 0.3,
                channel_gains: [0.92, 1.0, 1.08],
                focus_sigma_mm: blur(1.5),
                jpeg_quality: Some(75),
                ..again
            },
        ),
    ]
}

/// Primary claims, and color means that moved by more than they can show.
fn wrong(report: &Report) -> Vec<String> {
    let mut out = Vec::new();
    for (measure, found) in &report.measures {
        for (name, metric) in &found.metrics {
            let percent = metric.change_percent;
            if metric.primary && metric.verdict.is_some_and(Verdict::claims_change) {
                out.push(format!("{measure}.{name} {percent:?} %"));
            }
            let mean = ["hemoglobin_mean", "melanin_mean"].contains(&name.as_str());
            if let (true, Some(change), Some(smallest)) =
                (mean, metric.change, metric.smallest_detectable_change)
                && change.abs() >= smallest
            {
                out.push(format!("{measure}.{name} {change} of {smallest}"));
            }
        }
    }
    out
}

/// Close-ups by place and name, under the faults of these names or under all.
fn run(which: impl Fn(usize, &str) -> bool, only: &[&str]) {
    let Some(data) = crate::common::shared_data() else { return };
    let files = crate::common::close_ups(&data);
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let (mut compared, mut failed) = (0, Vec::new());
    let mut asked = 0;
    for (i, file) in files.iter().enumerate() {
        let name = file.file_stem().unwrap().to_string_lossy();
        if !which(i, &name) {
            continue;
        }
        let (picture, px_per_mm) = close_up(file);
        let options = Options { mm_per_px_before: Some(1.0 / px_per_mm), ..Options::default() };
        for (fault, recapture) in faults(px_per_mm) {
            if !only.is_empty() && !only.contains(&fault) {
                continue;
            }
            asked += 1;
            let again = recapture_photo(&picture, px_per_mm, &recapture, &SensorNoise::PHONE).unwrap().0;
            // The first capture has a telephone's noise too.
            let first = Recapture::identical(5);
            let first = recapture_photo(&picture, px_per_mm, &first, &SensorNoise::PHONE).unwrap().0;
            let (before, after) = (photo("before", &first), photo("after", &again));
            let report = analyzer.compare_photos(&[before], &[after], &options).unwrap().report;
            if report.status == Status::Refused {
                // Glare on every ridge of the relief leaves too little skin; brighter, of another one too.
                println!("{name}, {fault}: refused: {}", report.reasons[0]);
                continue;
            }
            compared += 1;
            let wrong = wrong(&report);
            let codes: Vec<_> = report.reasons.iter().map(|r| r.code.as_str()).collect();
            println!("{name}, {fault}: {:?} {codes:?} {wrong:?}", report.status);
            if !wrong.is_empty() {
                failed.push(format!("{name}, {fault}: {wrong:?}"));
            }
        }
    }
    // One of the twenty is glare on every ridge, and a third of a stop more clips too much of another.
    assert!(40 * compared >= 37 * asked, "{compared} of {asked} pairs were compared");
    assert!(failed.is_empty(), "{} of {compared}: {failed:#?}", failed.len());
}

fn close_up(file: &Path) -> (Rgb8, f64) {
    let picture = crate::common::rgb8(file);
    let px_per_mm = f64::from(picture.size().width) / WIDTH_MM;
    (picture, px_per_mm)
}

#[test]
fn another_hand_changes_no_skin() {
    run(|i, _| i % 7 == 0, &["brighter", "soft 1.5"]);
}

/// Noise of the sensor does not stand in for what blur takes away.
#[test]
fn a_soft_photograph_is_told_whatever_its_noise() {
    let Some(data) = crate::common::shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    for name in ["PAT_1392_1352_778", "PAT_1805_3477_772"] {
        let file = data.join(format!("clinical_closeups_pad_ufes/images/{name}.png"));
        let (picture, px_per_mm) = close_up(&file);
        let again = |recapture: &Recapture| {
            photo(name, &recapture_photo(&picture, px_per_mm, recapture, &SensorNoise::PHONE).unwrap().0)
        };
        let before = again(&Recapture::identical(5));
        let options = Options { mm_per_px_before: Some(1.0 / px_per_mm), ..Options::default() };
        for (fault, recapture) in faults(px_per_mm) {
            if !["brighter", "soft 1.5", "JPEG 98"].contains(&fault) {
                continue;
            }
            let report = analyzer.check_photos(&before, &again(&recapture), &options).unwrap();
            let told = report.reasons.iter().any(|reason| reason.code == "focus_differs");
            assert_eq!(told, fault == "soft 1.5", "{name}, {fault}: {:?}", report.reasons);
        }
    }
}

/// Pink skin under a cold lamp is nearly gray: by itself it would be taken for a wall.
#[test]
fn a_cold_cast_hides_no_skin() {
    run(|_, name| name == "PAT_63_99_189", &["cold"]);
}

#[test]
#[ignore = "takes minutes: run it with --ignored after registration, a measure or a limit of the gate has changed"]
fn no_fault_on_any_close_up_is_a_change() {
    run(|_, _| true, &[]);
}
