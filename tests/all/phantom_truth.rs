//! The measures against what is true of synthetic skin: relief under six lights, and pigment
//! against the same definitions applied to the true melanin map by code of its own.

use crate::common::photo;
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::{Engine, EngineChoice};
use dermetric::phantom::{Light, Pair, pigment_pair, scar_pair};
use dermetric::report::Report;

/// The phantom's photographs have 16 pixels per millimeter.
const MM_PER_PX: f64 = 1.0 / 16.0;

fn compare(pair: &Pair) -> Report {
    let engine = Engine::new(&EngineChoice::Cpu, 0).unwrap();
    let options = Options { mm_per_px_before: Some(MM_PER_PX), ..Options::default() };
    let (before, after) = (photo("before", &pair.before.rgb), photo("after", &pair.after.rgb));
    Analyzer::with_engine(engine).unwrap().compare_photos(&[before], &[after], &options).unwrap().report
}

fn values(report: &Report, measure: &str, metric: &str) -> (f64, f64) {
    let metric = &report.measures[measure].metrics[metric];
    let value =
        |value: Option<f64>| value.unwrap_or_else(|| panic!("{:?}, {:?}", metric.reason, report.light));
    (value(metric.before), value(metric.after))
}

/// Depth fell to 0.6. What that does to contrast depends on the light, within these bounds.
const RATIO_OF_0_6: std::ops::RangeInclusive<f64> = 0.45..=0.80;

#[test]
fn scars_of_six_tenths_depth_read_so_under_each_light() {
    for (light, seed) in Light::ALL.into_iter().zip([3, 11].into_iter().cycle()) {
        let report = compare(&scar_pair(light, seed).unwrap());
        let (before, after) = values(&report, "scars", "relief_contrast");
        let ratio = after / before;
        println!("{light:?}, seed {seed}: {before:.1} to {after:.1} mOD, ratio {ratio:.3}");
        assert!(RATIO_OF_0_6.contains(&ratio), "{light:?}, seed {seed}: {ratio:.3}");
    }
}

/// Agreement of a measured map with the true one.
const PIGMENT_TOLERANCE: f64 = 0.10;

#[test]
fn pigment_is_that_of_the_true_melanin_map() {
    for seed in [2, 9] {
        let pair = pigment_pair(seed).unwrap();
        let report = compare(&pair);
        let maps = [&pair.before.maps.melanin_od, &pair.after.maps.melanin_od];
        // The skin that both photographs show, in the frame of each.
        let (before, after) = (maps[0].size(), maps[1].size());
        let before_from_after = pair.after_from_before.inverse().unwrap();
        let seen = [
            crate::truth::inside(before, after, &pair.after_from_before),
            crate::truth::inside(after, before, &before_from_after),
        ];
        let (_, threshold) = crate::truth::pigment(maps[0], &seen[0], 16.0, None);
        let (first, _) = crate::truth::pigment(maps[0], &seen[0], 16.0, Some(threshold));
        let (second, _) = crate::truth::pigment(maps[1], &seen[1], 16.0, Some(threshold));
        let burden = values(&report, "pigment", "burden");
        let area = values(&report, "pigment", "area_percent");
        for (name, found, expected) in [
            ("burden before", burden.0, first.burden),
            ("burden after", burden.1, second.burden),
            ("area before", area.0, first.area_percent),
            ("area after", area.1, second.area_percent),
        ] {
            println!("seed {seed}, {name}: {found:.4}, true {expected:.4} (threshold {threshold:.4})");
            assert!((found / expected - 1.0).abs() <= PIGMENT_TOLERANCE, "seed {seed}, {name}");
        }
    }
}
