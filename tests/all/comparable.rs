//! What makes two visits comparable, each on the skin where its absence would show: repeats,
//! exposure and white balance, focus, and pigmented patches at the limit of a spot.

use crate::common::{Folder, photo};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::{AllowanceSource, NoiseSource, Verdict};
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::measure;
use dermetric::phantom::{
    Capture, Light, Recapture, Rgb8, Scene, SceneOptions, SensorNoise, Treatment, recapture_photo, render,
};
use dermetric::photo::Photo;
use dermetric::report::{Metric, Report, Status};

const PX_PER_MM: f64 = 16.0;

fn compare(before: &[Photo], after: &[Photo], px_per_mm: f64) -> Report {
    let options = Options { mm_per_px_before: Some(1.0 / px_per_mm), ..Options::default() };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    analyzer.compare_photos(before, after, &options).unwrap().report
}

fn metric<'r>(report: &'r Report, measure: &str, name: &str) -> &'r Metric {
    &report.measures[measure].metrics[name]
}

/// Skin with scars, treated, photographed anew with each seed.
fn captures(treatment: &Treatment, recaptures: &[Recapture]) -> Vec<Photo> {
    let options =
        SceneOptions { seed: 3, size_mm: [32.0, 32.0], scars: [6, 5, 3], ..SceneOptions::default() };
    let scene = Scene::new(&options).unwrap().treated(treatment);
    let capture = Capture::usual(Light::Oblique45, PX_PER_MM);
    let again = |r: &Recapture| photo("phantom", &render(&scene, &capture.again(*r)).unwrap().rgb);
    recaptures.iter().map(again).collect()
}

#[test]
fn repeats_make_a_change_sure_and_a_stranger_among_them_is_left_out() {
    let again = |seeds: [u64; 3]| seeds.map(Recapture::random);
    let mut before = captures(&Treatment::NONE, &again([1, 2, 3]));
    let after = captures(&Treatment { depth_scale: 0.6, ..Treatment::NONE }, &again([4, 5, 6]));
    let single = compare(&before[..1], &after[..1], PX_PER_MM);
    let repeated = compare(&before, &after, PX_PER_MM);
    let (one, three) = [&single, &repeated].map(|r| metric(r, "scars", "relief_contrast")).into();
    assert_eq!((one.verdict, one.noise_source), (Some(Verdict::ProbablyDecreased), Some(NoiseSource::Prior)));
    assert_eq!((three.verdict, three.noise_source), (Some(Verdict::Decreased), Some(NoiseSource::Repeats)));
    assert!(three.smallest_detectable_change < one.smallest_detectable_change);
    // Of a quantile and of spreads, too, the blocks tell how far sampling moves them.
    for (measure, name) in [
        ("redness", "hemoglobin_p90"),
        ("redness", "hemoglobin_sd"),
        ("pigment", "melanin_sd"),
        ("pigment", "contrast_p95"),
    ] {
        let interval = metric(&single, measure, name).interval.as_ref().unwrap();
        assert_eq!(interval.method, "block_t+capture", "{measure}.{name}");
    }
    assert_eq!((repeated.photos.before.len(), repeated.photos.after.len()), (3, 3));
    assert!(repeated.photos.after.iter().all(|p| p.sharpness.is_some()));

    let stranger = SceneOptions { seed: 77, size_mm: [32.0, 32.0], ..SceneOptions::default() };
    let capture = Capture::usual(Light::Oblique45, PX_PER_MM);
    before[1] = photo("stranger", &render(&Scene::new(&stranger).unwrap(), &capture).unwrap().rgb);
    let report = compare(&before, &after, PX_PER_MM);
    assert!(report.warnings.iter().any(|w| w.code == "repeat_left_out" && w.message.contains("stranger")));
    assert_eq!(report.photos.before[1].sharpness, None, "it was not measured");
    assert!(report.photos.before[2].sharpness.is_some(), "the next one was");
    assert_eq!(metric(&report, "scars", "relief_contrast").verdict, Some(Verdict::Decreased));
}

#[test]
fn exposure_and_white_balance_are_no_change_of_color() {
    let cast = Recapture {
        exposure_ev: 0.3,
        channel_gains: [1.06, 1.0, 0.94],
        rotation_deg: 1.0,
        ..Recapture::identical(8)
    };
    let photos = captures(&Treatment::NONE, &[Recapture::identical(7), cast]);
    let report = compare(&photos[..1], &photos[1..], PX_PER_MM);
    assert_eq!(report.status, Status::Ok, "{:?}", report.reasons);
    // Unmatched, these gains would move ĥ by 0.011 and m̂ by 0.24 OD.
    for (measure, name) in [("redness", "hemoglobin_mean"), ("pigment", "melanin_mean")] {
        let change = metric(&report, measure, name).change.unwrap();
        assert!(change.abs() < 0.005, "{measure}.{name}: {change}");
    }
    assert!(report.color.unwrap().residual_delta_e.unwrap() < 1.0);
}

#[test]
fn a_softer_photograph_is_no_smoother_skin() {
    let soft = Recapture { focus_sigma_mm: 0.06, ..Recapture::identical(8) };
    let photos = captures(&Treatment::NONE, &[Recapture::identical(7), soft]);
    let report = compare(&photos[..1], &photos[1..], PX_PER_MM);
    let fine = metric(&report, "texture", "sq_fine");
    // Bringing both to one sharpness does not undo all of it: what is left is no smoother skin either.
    let percent = fine.change_percent.unwrap();
    assert!((-25.0..3.0).contains(&percent), "{percent} %");
    // What is left exceeds the noise, and the row says that the focus or the light can have made it: never the skin alone.
    assert_eq!(fine.verdict, Some(Verdict::NotMeasurable));
    let causes: Vec<_> = fine.allowances.iter().map(|a| (a.source, a.fall.unwrap())).collect();
    let of = |source| causes.iter().find(|(found, _)| *found == source).map_or(0.0, |(_, fall)| *fall);
    let focus = of(AllowanceSource::Focus);
    // By itself the focus covers what is left, but for the 3 % that noise shows.
    assert!(focus >= -(percent / 100.0).ln_1p() - 0.03, "{focus} for {percent} %, {causes:?}");
}

/// The left third of the one, the rest of the other.
fn beside(untreated: &Photo, treated: &Photo) -> Photo {
    let size = treated.size;
    let bytes = (0..size.area()).flat_map(|i| {
        let left = i % (size.width as usize) < size.width as usize / 3;
        (if left { untreated } else { treated }).pixels.rgb(i).map(|v| (255.0 * v).round() as u8)
    });
    Photo::from_rgb_bytes("after", size, &bytes.collect::<Vec<_>>())
}

#[test]
fn skin_that_a_treatment_smoothed_is_no_softer_photograph_beside_untreated_skin() {
    let before = captures(&Treatment::NONE, &[Recapture::identical(7)]);
    let again = [Recapture::identical(8)];
    let untreated = captures(&Treatment::NONE, &again);
    let treated = captures(&Treatment { relief_scale: 0.4, ..Treatment::NONE }, &again);
    let after = [beside(&untreated[0], &treated[0])];
    let folder = Folder::new();
    let [width, height] = [f64::from(after[0].size.width), f64::from(after[0].size.height)];
    let region = Some(folder.rectangle("region.json", [0.4 * width, 0.0], [width, height]));
    let reference = Some(folder.rectangle("reference.json", [0.0; 2], [0.3 * width, height]));
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let compared = |reference| {
        let region = region.clone();
        let options =
            Options { mm_per_px_before: Some(1.0 / PX_PER_MM), region, reference, ..Options::default() };
        analyzer.compare_photos(&before, &after, &options).unwrap().report
    };
    // Of 0.4 times the relief, and the camera's noise as before.
    let fine = compared(reference);
    let percent = metric(&fine, "texture", "sq_fine").change_percent.unwrap();
    assert!(percent < -40.0, "{percent} %");
    // The untreated skin did not change, and what did beyond it is the same, less surely.
    let control = fine.control.as_ref().unwrap();
    let (inside, beside) =
        (metric(&fine, "texture", "sq_fine"), &control.measures["texture"].metrics["sq_fine"]);
    assert!(beside.change_percent.unwrap().abs() < 5.0, "{beside:?}");
    assert!(
        !control
            .measures
            .values()
            .flat_map(|m| m.metrics.values())
            .any(|m| { m.primary && m.verdict.is_some_and(Verdict::claims_change) })
    );
    assert!(!fine.warnings.iter().any(|w| w.code == "control_changed"));
    let beyond = inside.controlled.unwrap();
    assert!(beyond.in_percent && (beyond.change.unwrap() - percent).abs() < 5.0, "{beyond:?}, {percent}");
    let [low, high] = [beyond.low.unwrap(), beyond.high.unwrap()];
    let interval = inside.interval.as_ref().unwrap();
    let of_ln = |end: Option<f64>| (end.unwrap() / inside.before.unwrap()).ln_1p();
    // Light and focus of both cancel: no allowance is in it, but the errors of both.
    let allowed: f64 = inside.allowances.iter().map(|a| a.fall.unwrap() + a.rise.unwrap()).sum();
    let plain = of_ln(interval.high) - of_ln(interval.low) - allowed;
    let controlled = (high / 100.0).ln_1p() - (low / 100.0).ln_1p();
    assert!(low < -40.0 && high < 0.0 && controlled > plain, "{beyond:?}, {controlled}, {plain}");
    // Without a reference it may as well be the focus, or the light.
    let unsure = compared(None);
    assert!(unsure.control.is_none() && metric(&unsure, "texture", "sq_fine").controlled.is_none());
    let reason = metric(&unsure, "texture", "sq_fine").reason.as_ref().unwrap();
    assert_eq!(reason.code, "light_unknown", "{reason}");
}

#[test]
fn what_the_scale_is_off_by_widens_intervals_in_millimetres() {
    let treated = Treatment { depth_scale: 0.6, ..Treatment::NONE };
    // With repeats, every metric has a noise of its own.
    let before = captures(&Treatment::NONE, &[7, 9].map(Recapture::random));
    let after = captures(&treated, &[8, 10].map(Recapture::random));
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let by = |options: Options| analyzer.compare_photos(&before, &after, &options).unwrap().report;
    let given = by(Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..Options::default() });
    // The same scale, known to 4.3 % in place of 1 %.
    let iris = by(Options { iris_px: Some(11.5 * PX_PER_MM), ..Options::default() });
    let mut wider = 0;
    for (definition, name) in measure::ALL.iter().flat_map(|d| d.metrics.iter().map(move |m| (d, m))) {
        let [one, other] = [&given, &iris].map(|report| metric(report, definition.name, name.name));
        let width = |m: &Metric| m.interval.as_ref().and_then(|i| Some(i.high? - i.low?));
        let (Some(narrow), Some(wide)) = (width(one), width(other)) else { continue };
        assert_eq!(one.verdict, other.verdict, "{}", name.name);
        let moved = name.length_power != 0 && one.change.is_some_and(|change| change.abs() > 1e-6);
        assert_eq!(wide > 1.00001 * narrow, moved, "{}: {narrow}, {wide}", name.name);
        wider += usize::from(moved);
    }
    assert!(wider > 0);
}

/// On these close-ups noise alone moves a patch across the limit of a spot: on the first out of the
/// spots, on the second into them.
#[test]
fn a_patch_at_the_limit_of_a_spot_is_in_or_out_on_both_visits() {
    let Some(data) = crate::common::shared_data() else { return };
    for (name, seeds) in
        [("PAT_649_1233_229", [1_000_001, 1_000_002]), ("PAT_1392_1352_778", [1_000_003, 1_000_004])]
    {
        let file = data.join(format!("clinical_closeups_pad_ufes/images/{name}.png"));
        let picture = image::open(file).unwrap().into_rgb8();
        let px_per_mm = f64::from(picture.width()) / 60.0;
        let picture = Rgb8::new(Size::new(picture.width(), picture.height()), picture.into_raw()).unwrap();
        let [before, after] = seeds.map(|seed| {
            let recapture = Recapture::random(seed);
            photo("again", &recapture_photo(&picture, px_per_mm, &recapture, &SensorNoise::PHONE).unwrap().0)
        });
        let report = compare(&[before], &[after], px_per_mm);
        let percent = metric(&report, "pigment", "burden").change_percent.unwrap();
        assert!(percent.abs() < 10.0, "{name}: {percent} %");
    }
}
