//! The schema against reports, and the other way round.

use super::*;

fn metric() -> Metric {
    Metric {
        before: number(31.2),
        after: number(22.8),
        change: number(-8.4),
        change_percent: number(-26.9),
        interval: Some(Interval {
            level: 0.95,
            low: number(-11.3),
            high: number(f64::NAN),
            method: "block_t+capture".to_owned(),
        }),
        smallest_detectable_change: number(2.9),
        noise_source: Some(crate::change::NoiseSource::Prior),
        axis: Some(ChangeAxis::Logarithm),
        p_adjusted: number(0.003),
        allowances: vec![Allowance {
            source: crate::change::AllowanceSource::Light,
            fall: number(0.02),
            rise: number(0.02),
        }],
        explained_by: vec![Explanation { family: "texture".to_owned(), share_percent: number(100.0) }],
        remaining_percent: number(0.0),
        ..Metric::of_definition(
            crate::measure::find("scars", "relief_contrast").unwrap(),
            Some(crate::change::Verdict::ProbablyDecreased),
        )
    }
}

fn region(name: &str, status: Status, measures: std::collections::BTreeMap<String, Measure>) -> NamedRegion {
    NamedRegion {
        name: name.to_owned(),
        area_cm2: number(3.25),
        region: Region {
            source: RegionSource::Polygons,
            area_cm2: number(3.25),
            valid_percent: number(91.0),
            excluded_percent: Excluded { specular: number(1.0), hair: None, clipped: None, steep: None },
        },
        status,
        reasons: Vec::new(),
        measures,
        lesions: Vec::new(),
    }
}

fn lesion() -> Lesion {
    Lesion {
        kind: LesionKind::Scar,
        id: 1,
        before: [("depth_proxy".to_owned(), number(82.0))].into(),
        after: Some([("depth_proxy".to_owned(), number(40.0))].into()),
        center_px: Some([312.5, 200.25]),
        center_after_px: Some([318.0, 195.5]),
        diameter_px: number(48.0),
        size_class: Some(SizeClass::Medium),
        probable_type: Some(ProbableType::Boxcar),
        appeared: false,
        resolved: false,
        main_value: "depth_proxy".to_owned(),
        unit: "mOD".to_owned(),
        change: number(-42.0),
        change_percent: number(-51.2),
        smallest_detectable_change: number(16.0),
        noise_source: Some(crate::change::NoiseSource::Prior),
        p_adjusted: number(0.01),
        allowances: Vec::new(),
        verdict: Some(crate::change::Verdict::ProbablyDecreased),
        reason: None,
    }
}

pub(super) fn report() -> Report {
    let mut scars = Measure::default();
    scars.metrics.insert("relief_contrast".to_owned(), metric());
    let mut refused = region("chin", Status::Refused, Default::default());
    refused.reasons =
        vec![crate::reason::Reason::limit("too_little_valid_skin", "too much is lost", 12.0, 70.0)];
    Report {
        schema: SCHEMA_NAME.to_owned(),
        schema_version: SCHEMA_VERSION.to_owned(),
        created: "2026-01-01T00:00:00Z".to_owned(),
        status: Status::Limited,
        reasons: vec![crate::reason::Reason::limit("low_overlap", "too little is seen in both", 0.61, 0.8)],
        tool: Tool {
            name: "dermetric".to_owned(),
            version: "0".to_owned(),
            engine: "cpu".to_owned(),
            adapter: None,
            driver: None,
            kernels_sha256: "0".repeat(64),
        },
        subject: None,
        view: None,
        shared: false,
        visit: Visit::default(),
        photos: Photos::default(),
        scale: None,
        color: None,
        light: None,
        relief_level: ReliefLevel::HeightMap,
        alignment: None,
        region: None,
        relief: Some(ReliefChange::Fell),
        measures: [("scars".to_owned(), scars.clone())].into(),
        lesions: vec![lesion()],
        control: None,
        regions: vec![region("forehead", Status::Limited, [("scars".to_owned(), scars)].into()), refused],
        skin_tone: None,
        scales: Default::default(),
        self_test: None,
        inputs_sha256: None,
        noise_sha256: None,
        options_sha256: None,
        warnings: Vec::new(),
    }
}

#[test]
fn a_report_is_valid_by_its_schema_and_comes_back() {
    let report = report();
    let value: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(serde_json::from_value::<Report>(value.clone()).unwrap(), report);
    assert_eq!(value["measures"]["scars"]["metrics"]["relief_contrast"]["verdict"], "probably_decreased");
    assert_eq!(value["relief_level"], "height_map");
    assert!(value["measures"]["scars"]["metrics"]["relief_contrast"]["interval"]["high"].is_null());
}

#[test]
fn typos_and_unknown_verdicts_are_no_reports() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let good: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
    for (place, value) in [
        ("/statuss", "ok"),
        ("/status", "fine"),
        ("/relief_level", "deep"),
        ("/measures/scars/metrics/relief_contrast/verdict", "better"),
    ] {
        let mut bad = good.clone();
        let (parent, key) = place.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value.into());
        assert!(!validator.is_valid(&bad), "{place}");
    }
}

#[test]
fn a_report_from_before_there_were_regions_still_reads() {
    let mut value: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
    value.as_object_mut().unwrap().remove("regions").unwrap();
    assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&value));
    assert!(serde_json::from_value::<Report>(value).unwrap().regions.is_empty());
}

#[test]
fn a_report_from_before_there_were_heights_still_reads() {
    let mut value: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
    value.as_object_mut().unwrap().remove("relief_level").unwrap();
    assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&value));
    assert_eq!(serde_json::from_value::<Report>(value).unwrap().relief_level, ReliefLevel::Proxy);
}

#[test]
fn a_lesion_from_before_lesions_were_judged_still_reads() {
    let mut value: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
    let old = ["kind", "id", "before", "after"];
    let lesion = value["lesions"][0].as_object_mut().unwrap();
    lesion.retain(|name, _| old.contains(&name.as_str()));
    assert_eq!(lesion.len(), 4);
    assert!(jsonschema::validator_for(&schema()).unwrap().is_valid(&value));
    let read = serde_json::from_value::<Report>(value).unwrap();
    assert!(read.lesions[0].verdict.is_none() && !read.lesions[0].appeared);
}
