//! A card or a chart beside skin, all the way to the report.

use crate::common::sheets::{SMALL_PITCH_MM, printed_card, small_chart, with_pigment};
use crate::common::spectra::Lamp;
use crate::common::{Folder, dermetric, photo};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::calibrate::chart::Edition;
use dermetric::engine::EngineChoice;
use dermetric::phantom::{
    Capture, Light, Recapture, Rgb8, Scene, SceneOptions, Sheet, SheetView, photograph_sheet, render,
};
use dermetric::photo::Photo;
use dermetric::report::{ColorSource, Metric, Report, ScaleSource, Status};

const PX_PER_MM: f64 = 9.0;
/// Hemoglobin that is added all over, in OD along its unit direction.
const FLUSH: f64 = 0.08;

/// Skin, and the same skin a little turned.
fn skins() -> &'static [Rgb8; 2] {
    static SKINS: std::sync::OnceLock<[Rgb8; 2]> = std::sync::OnceLock::new();
    SKINS.get_or_init(|| {
        let options = SceneOptions { seed: 5, size_mm: [100.0, 96.0], ..SceneOptions::default() };
        let scene = Scene::new(&options).unwrap();
        let capture = Capture::usual(Light::Diffuse, PX_PER_MM);
        let again = Recapture { rotation_deg: 1.5, shift_mm: [0.8, -0.5], ..Recapture::identical(4) };
        [capture, capture.again(again)].map(|capture| render(&scene, &capture).unwrap().rgb)
    })
}

/// A sheet laid on the lower part of the skin; `visit` is laid and exposed its own way.
fn beside(sheet: &Sheet, skin: &Rgb8, visit: usize) -> Photo {
    photo("beside", &photographed(sheet, skin, visit))
}

fn photographed(sheet: &Sheet, skin: &Rgb8, visit: usize) -> Rgb8 {
    let view = SheetView {
        turn_deg: [2.0, -5.0][visit],
        tilt_deg: [2.0, 4.0][visit],
        channel_gains: [[0.9, 0.92, 0.95], [0.82, 0.92, 1.0]][visit],
        blur_px: 0.5,
        ..SheetView::facing([[450.0, 660.0], [458.0, 652.0]][visit], PX_PER_MM)
    };
    photograph_sheet(sheet, &view, skin).unwrap().rgb
}

fn compare(before: Photo, after: Photo, options: &Options) -> Report {
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let report = analyzer.compare_photos(&[before], &[after], options).unwrap().report;
    assert_ne!(report.status, Status::Refused, "{:?}", report.reasons);
    report
}

fn metric<'r>(report: &'r Report, measure: &str, name: &str) -> &'r Metric {
    &report.measures[measure].metrics[name]
}

fn warned(report: &Report, code: &str) -> bool {
    report.warnings.iter().any(|w| w.code == code)
}

fn print(report: &Report) {
    println!("{:?} {:?} {:?}", report.scale, report.color, report.region.as_ref().map(|r| r.area_cm2));
    for (measure, name) in [
        ("redness", "hemoglobin_mean"),
        ("redness", "a_star_mean"),
        ("redness", "erythema_index"),
        ("redness", "area_percent"),
        ("pigment", "melanin_mean"),
        ("tone", "lightness"),
        ("tone", "ita_deg"),
    ] {
        let m = metric(report, measure, name);
        println!(
            "{measure}.{name}: {:?} → {:?}, {:?} sdc {:?} {:?}",
            m.before, m.after, m.change, m.smallest_detectable_change, m.verdict
        );
    }
    println!("{:?}", report.warnings.iter().map(|w| w.code.as_str()).collect::<Vec<_>>());
}

#[test]
fn a_card_gives_scale_and_a_flush_of_all_the_skin_is_seen() {
    let (card, skins) = (printed_card(), skins());
    let pair =
        |after: &Rgb8| compare(beside(&card, &skins[0], 0), beside(&card, after, 1), &Options::default());
    let same = pair(&skins[1]);
    print(&same);
    let scale = same.scale.as_ref().unwrap();
    assert_eq!(scale.source, ScaleSource::Card);
    assert!((scale.mm_per_px.unwrap() * PX_PER_MM - 1.0).abs() < 0.01, "{scale:?}");
    assert!((0.75..1.5).contains(&scale.cv_percent.unwrap()), "{scale:?}");
    assert_eq!(same.color.as_ref().unwrap().source, ColorSource::GrayCard);
    assert!(!warned(&same, "color_relative") && !warned(&same, "scale_assumed"));
    assert!(metric(&same, "redness", "hemoglobin_mean").change.unwrap().abs() < 0.015);
    // The card is no skin: 64 by 32 mm of it are missing.
    let area = same.region.as_ref().unwrap().area_cm2.unwrap();
    assert!(area < 96.0 - 20.0, "{area} cm²");

    let flushed = pair(&with_pigment(&skins[1], 0.0, FLUSH));
    print(&flushed);
    let change = metric(&flushed, "redness", "hemoglobin_mean").change.unwrap();
    assert!((change / FLUSH - 1.0).abs() < 0.25, "{change}");
    assert!(metric(&flushed, "redness", "hemoglobin_mean").verdict.unwrap().claims_change());

    // With a card on one photograph only, colors are matched on the skin, and that is said.
    let one = compare(beside(&card, &skins[0], 0), photo("bare", &skins[1]), &Options::default());
    assert_eq!(one.color.as_ref().unwrap().source, ColorSource::StableSkin);
    assert_eq!(one.scale.as_ref().unwrap().source, ScaleSource::Card);
    assert!(warned(&one, "color_target_missing") && warned(&one, "color_relative"));
}

#[test]
fn a_chart_gives_true_colors_and_its_size_the_scale() {
    let (chart, skins) = (small_chart(Lamp::D65), skins());
    let options = Options { chart_edition: Edition::Before2014, ..Options::default() };
    let sized = Options { chart_pitch_mm: Some(SMALL_PITCH_MM), ..options.clone() };
    let [before, after] = [0, 1].map(|visit| beside(&chart, &skins[visit], visit));
    let same = compare(before.clone(), after, &sized);
    print(&same);
    let (scale, color) = (same.scale.as_ref().unwrap(), same.color.as_ref().unwrap());
    assert_eq!((scale.source, color.source), (ScaleSource::Chart, ColorSource::Chart));
    assert!((scale.mm_per_px.unwrap() * PX_PER_MM - 1.0).abs() < 0.01, "{scale:?}");
    assert!(color.residual_delta_e.unwrap() < 2.0, "{color:?}");
    assert!(!warned(&same, "color_relative"));
    assert!(metric(&same, "redness", "hemoglobin_mean").change.unwrap().abs() < 0.015);

    let flushed = compare(before, beside(&chart, &with_pigment(&skins[1], 0.0, FLUSH), 1), &options);
    print(&flushed);
    let change = metric(&flushed, "redness", "hemoglobin_mean").change.unwrap();
    assert!((change / FLUSH - 1.0).abs() < 0.3, "{change}");
    assert!(metric(&flushed, "redness", "hemoglobin_mean").verdict.unwrap().claims_change());
    // Nobody said how large the chart is.
    assert_eq!(flushed.scale.as_ref().unwrap().source, ScaleSource::Assumed);
    assert!(warned(&flushed, "chart_size_unknown"));
}

#[test]
fn a_chart_that_reads_badly_is_told_with_its_residual_and_is_not_used() {
    let mut shiny = small_chart(Lamp::D65);
    // Glare over two columns: the light of a window.
    for patch in shiny.patches.iter_mut().skip(1).filter(|patch| patch.mm[0] > 39.0) {
        patch.linear = patch.linear.map(|v| v + 0.15);
    }
    let bare = Options { chart_edition: Edition::Before2014, ..Options::default() };
    let before = photographed(&shiny, &skins()[0], 0);
    let folder = Folder::new();
    let file = folder.write("shiny.png", before.png().unwrap());
    let after = beside(&small_chart(Lamp::D65), &skins()[1], 1);
    let report = compare(photo("shiny", &before), after, &bare);
    print(&report);
    assert_eq!(report.color.as_ref().unwrap().source, ColorSource::StableSkin);
    let warning = report.warnings.iter().find(|w| w.code == "chart_residual").expect("the chart is refused");
    assert!(warning.message.contains("found") && warned(&report, "color_target_missing"), "{warning:?}");
    // While the patient is still there, too.
    let check = ["check", "--chart-edition", "before-2014", file.to_str().unwrap()];
    let line = &dermetric(check).json_lines()[0];
    let warnings = line["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|w| w["code"] == "chart_residual" && w["advice"].is_string()), "{line:#}");
}

#[test]
fn the_users_word_rules_over_a_card_and_a_card_over_an_iris() {
    let card = beside(&printed_card(), &skins()[0], 0);
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let scale = |photo: &Photo, options: &Options| {
        analyzer.measure_photo(photo, options).unwrap().report.scale.unwrap()
    };
    let given = Options { mm_per_px_before: Some(0.12), iris_px: Some(100.0), ..Options::default() };
    let found = scale(&card, &given);
    assert_eq!(
        (found.source, found.mm_per_px, found.cv_percent),
        (ScaleSource::Given, Some(0.12), Some(1.0))
    );
    let iris = Options { iris_px: Some(100.0), ..Options::default() };
    assert_eq!(scale(&card, &iris).source, ScaleSource::Card);
    let found = scale(&photo("bare", &skins()[0]), &iris);
    assert_eq!(
        (found.source, found.mm_per_px, found.cv_percent),
        (ScaleSource::Iris, Some(0.115), Some(4.3))
    );
}
