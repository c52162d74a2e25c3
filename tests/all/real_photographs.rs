//! Real photographs of skin: reports are valid by the schema, numbers make sense, what did not
//! change comes out unchanged, and strangers are refused.

use std::path::Path;

use dermetric::analyzer::{Analyzer, Options, Outcome, PairFiles};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::report::{Report, Status};

fn analyzer() -> Analyzer {
    Analyzer::new(&EngineChoice::Cpu, 0).unwrap()
}

fn compare(before: &Path, after: &Path) -> Report {
    let pair = PairFiles { before: before.into(), after: after.into(), ..PairFiles::default() };
    let Outcome { report, .. } = analyzer().compare(&pair, &Options::default()).unwrap();
    valid(&report);
    report
}

/// The report holds by the schema that `dermetric schema` prints.
fn valid(report: &Report) {
    use std::sync::OnceLock;
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    let validator =
        VALIDATOR.get_or_init(|| jsonschema::validator_for(&dermetric::report::schema()).unwrap());
    let value: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

fn before(report: &Report, measure: &str, metric: &str) -> Option<f64> {
    report.measures[measure].metrics[metric].before
}

fn claims(report: &Report) -> Vec<String> {
    let metrics = report.measures.iter().flat_map(|(m, v)| v.metrics.iter().map(move |(k, x)| (m, k, x)));
    metrics
        .filter(|(_, _, metric)| metric.verdict.is_some_and(Verdict::claims_change))
        .map(|(measure, name, metric)| format!("{measure}.{name} {:?}", metric.change_percent))
        .collect()
}

#[test]
fn close_ups_measure_as_skin_or_say_why_not() {
    let Some(data) = crate::common::shared_data() else { return };
    let analyzer = analyzer();
    let mut measured = 0;
    for file in crate::common::close_ups(&data) {
        let report = analyzer.measure(&file, &Options::default()).unwrap().report;
        valid(&report);
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if report.status == Status::Refused {
            // Glare on every ridge of the relief leaves a third of the skin.
            assert_eq!(
                (name.as_str(), report.reasons[0].code.as_str()),
                ("PAT_403_804_994.png", "too_little_valid_skin")
            );
            continue;
        }
        measured += 1;
        // Generous bounds of living skin, uncalibrated cameras included.
        for (measure, metric, low, high) in [
            ("scars", "relief_contrast", 5.0, 400.0),
            ("scars", "depressed_area_percent", 0.0, 40.0),
            ("pigment", "burden", 0.0, 20.0),
            ("pigment", "area_percent", 0.0, 40.0),
            ("texture", "sq_fine", 3.0, 100.0),
            ("wrinkles", "contrast", 2.0, 100.0),
            ("wrinkles", "area_percent", 0.0, 30.0),
            ("redness", "hemoglobin_mean", -0.5, 1.5),
            ("redness", "area_percent", 0.0, 15.0),
            ("tone", "lightness", 20.0, 90.0),
        ] {
            if let Some(value) = before(&report, measure, metric) {
                assert!((low..=high).contains(&value), "{name}: {measure}.{metric} is {value}");
            }
        }
    }
    assert_eq!(measured, 19);
}

#[test]
fn a_photograph_against_itself_is_unchanged() {
    let Some(data) = crate::common::shared_data() else { return };
    let file = &crate::common::close_ups(&data)[1];
    let report = compare(file, file);
    // Nothing else limits it.
    let codes: Vec<&str> = report.reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!((report.status, codes), (Status::Limited, vec!["same_photograph"]));
    assert_eq!(claims(&report), Vec::<String>::new());
    for (name, metric) in report.measures.values().flat_map(|m| &m.metrics) {
        if let (Some(before), Some(after)) = (metric.before, metric.after) {
            assert!((after - before).abs() <= 1e-3 * before.abs().max(0.1), "{name}: {before}, {after}");
        }
    }
}

#[test]
fn one_lesion_twice_compares_and_claims_nothing() {
    let Some(data) = crate::common::shared_data() else { return };
    let folder = data.join("clinical_closeups_pad_ufes/images");
    let (part, whole) = (folder.join("PAT_63_99_736.png"), folder.join("PAT_63_99_189.png"));
    let report = compare(&part, &whole);
    assert_ne!(report.status, Status::Refused, "{:?}", report.reasons);
    assert_eq!(claims(&report), Vec::<String>::new());
    // The other way round four fifths of the region are out of sight.
    let report = compare(&whole, &part);
    assert_eq!((report.status, report.reasons[0].code.as_str()), (Status::Refused, "low_overlap"));
}

#[test]
fn faces_of_one_person_compare_and_those_of_two_do_not() {
    let Some(data) = crate::common::shared_data() else { return };
    let face = |name: &str| data.join("faces_repeat/london_pairs").join(name);
    for person in ["018", "173"] {
        let report = compare(&face(&format!("{person}_03.jpg")), &face(&format!("{person}_08.jpg")));
        // Another expression: never more than limited, and said so.
        assert_eq!(report.status, Status::Limited, "{person}: {:?}", report.reasons);
        assert!(!report.reasons.is_empty());
        let claims = claims(&report);
        assert_eq!(claims, Vec::<String>::new(), "{person}");
    }
    for (one, other) in [("003_03.jpg", "006_03.jpg"), ("018_03.jpg", "024_03.jpg")] {
        let report = compare(&face(one), &face(other));
        assert_eq!(report.status, Status::Refused, "{one} against {other}");
        assert!(report.measures.is_empty());
    }
}
