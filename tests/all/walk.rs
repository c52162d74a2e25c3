//! Every report says what its rows say: verdicts are recomputed by code that knows nothing but the JSON.

use crate::common::plant::{FAMILIES, Family, SIDE, planted, scene, visits};
use crate::common::row::{Walked, walk};
use crate::common::{close_ups, london_pairs, photo, rgb8, shared_data};
use dermetric::analyzer::{Analyzer, Options, PairFiles};
use dermetric::engine::EngineChoice;
use dermetric::phantom::{
    Capture, DemoOptions, Light, Pair, Recapture, Scene, SceneOptions, SensorNoise, Treatment, demo_pair,
    recapture_photo, render, unchanged_pair,
};
use dermetric::report::Report;
use serde_json::{Value, json};

/// The scale of all phantoms here.
const MM_PER_PX: f64 = 1.0 / 16.0;

fn analyzer() -> Analyzer {
    Analyzer::new(&EngineChoice::Cpu, 0).unwrap()
}

fn known() -> Options {
    Options { mm_per_px_before: Some(MM_PER_PX), ..Options::default() }
}

/// The report as a reader gets it.
fn as_json(report: &Report) -> Value {
    serde_json::from_str(&serde_json::to_string(report).unwrap()).unwrap()
}

/// Number of pairs of a kind: all of them, or as many as `DERMETRIC_PAIRS` says.
fn at_most(usual: usize) -> usize {
    std::env::var("DERMETRIC_PAIRS").map_or(usual, |count| count.parse().expect("a number of pairs"))
}

fn compare(analyzer: &Analyzer, pair: &Pair, repeats: bool) -> Value {
    let [before, after] = [&pair.before.rgb, &pair.after.rgb].map(|rgb| {
        let again = |seed: u64| {
            let taken = recapture_photo(rgb, 1.0 / MM_PER_PX, &Recapture::random(seed), &SensorNoise::PHONE);
            photo("again", &taken.unwrap().0)
        };
        let further: Vec<u64> = if repeats { vec![71, 72] } else { Vec::new() };
        std::iter::once(photo("first", rgb)).chain(further.into_iter().map(again)).collect::<Vec<_>>()
    });
    as_json(&analyzer.compare_photos(&before, &after, &known()).unwrap().report)
}

fn finish(walked: &Walked, least: usize) {
    println!("{} rows: {:#?}", walked.rows, walked.words);
    assert!(walked.rows >= least, "only {} rows", walked.rows);
    assert!(walked.faults.is_empty(), "{} faults: {:#?}", walked.faults.len(), walked.faults);
}

/// A report of one row, which fell from 40 to 30: δ = ln 0.75 = −0.2877. The interval reaches 0.1, noise alone can be
/// seen from 0.08, and the light can have made 0.05 of a fall.
fn one_row() -> Value {
    let unit = |delta: f64| 40.0 * delta.exp_m1();
    let delta = 0.75f64.ln();
    json!({"status": "ok", "reasons": [], "measures": {"scars": {"metrics": {"relief_contrast": {
        "unit": "mOD", "primary": true, "before": 40.0, "after": 30.0, "change": -10.0, "change_percent": -25.0,
        "axis": "logarithm", "interval": {"low": unit(delta - 0.1), "high": unit(delta + 0.15)},
        "smallest_detectable_change": unit(-0.13).abs(), "p_adjusted": 0.001, "noise_source": "prior",
        "allowances": [{"source": "light", "fall": 0.05, "rise": 0.0}],
        "explained_by": [], "verdict": "probably_decreased", "reason": null,
    }}}}})
}

/// The faults of that row once fields of it are others.
fn faults_with(fields: Value) -> Vec<String> {
    let mut report = one_row();
    let row = &mut report["measures"]["scars"]["metrics"]["relief_contrast"];
    for (name, value) in fields.as_object().unwrap() {
        row[name] = value.clone();
    }
    let walked = walk(&report);
    assert_eq!(walked.rows, 1);
    walked.faults
}

fn not_measurable(code: &str) -> Value {
    json!({"verdict": "not_measurable", "reason": {"code": code, "message": "…"}})
}

fn with(mut fields: Value, more: Value) -> Value {
    fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    fields
}

#[test]
fn a_row_that_contradicts_itself_is_found() {
    let quiet = json!({"verdict": "no_detectable_change"});
    assert!(faults_with(json!({})).is_empty(), "{:?}", faults_with(json!({})));
    for wrong in [quiet.clone(), json!({"verdict": "decreased"}), json!({"verdict": "probably_increased"})] {
        assert!(!faults_with(wrong.clone()).is_empty(), "{wrong}");
    }
    // Own noise makes it sure, but not on a limited pair, and p above 0.05 probable.
    let own = json!({"noise_source": "repeats", "verdict": "decreased"});
    assert!(faults_with(own.clone()).is_empty());
    assert!(!faults_with(with(own.clone(), json!({"p_adjusted": 0.2}))).is_empty());
    let probable = json!({"p_adjusted": 0.2, "verdict": "probably_decreased"});
    assert!(faults_with(with(own, probable)).is_empty());
    // The prior noise calls nothing at p above 0.05, and says why.
    let chance = not_measurable("one_of_many");
    assert!(faults_with(with(json!({"p_adjusted": 0.2}), chance.clone())).is_empty());
    assert!(!faults_with(with(json!({"p_adjusted": 0.2}), quiet.clone())).is_empty());
    assert!(!faults_with(chance).is_empty());
    assert!(!faults_with(json!({"p_adjusted": 0.2})).is_empty());
    // A reason beside a word, and a reader who is sent elsewhere.
    assert!(!faults_with(json!({"reason": {"code": "light_unknown", "message": "…"}})).is_empty());
    assert!(!faults_with(with(quiet, json!({"explained_by": [{"family": "pores"}]}))).is_empty());
}

#[test]
fn what_an_allowance_holds_back_must_say_so() {
    // 0.25 for the light: 0.33 could be seen, 0.2877 was; without it, 0.08.
    let unit = |delta: f64| 40.0 * delta.exp_m1();
    let fields = |word: Value| {
        let delta = 0.75f64.ln();
        let held = json!({
            "allowances": [{"source": "focus", "fall": 0.02, "rise": 0.02}, {"source": "light", "fall": 0.25, "rise": 0.0}],
            "smallest_detectable_change": unit(-0.35).abs(),
            "interval": {"low": unit(delta - 0.12), "high": unit(delta + 0.37)},
        });
        with(held, word)
    };
    assert!(faults_with(fields(not_measurable("light_unknown"))).is_empty());
    for wrong in [json!({}), json!({"verdict": "no_detectable_change"}), not_measurable("focus_unknown")] {
        assert!(!faults_with(fields(wrong.clone())).is_empty(), "{wrong}");
    }
    // Held back by its noise too, it is none.
    let unsafe_p = |word: Value| fields(with(json!({"p_adjusted": 0.3}), word));
    assert!(faults_with(unsafe_p(json!({"verdict": "no_detectable_change"}))).is_empty());
    assert!(!faults_with(unsafe_p(not_measurable("light_unknown"))).is_empty());
}

#[test]
fn numbers_that_nobody_can_believe_are_found() {
    let quiet = json!({"verdict": "no_detectable_change", "p_adjusted": 0.9, "allowances": []});
    // ln 2 and above is too uncertain: 20 of 40 is half of it.
    let seen_from = |smallest: f64, word: Value| {
        let interval = json!({"low": -39.0, "high": 20.0});
        with(with(quiet.clone(), json!({"smallest_detectable_change": smallest, "interval": interval})), word)
    };
    assert!(faults_with(seen_from(19.9, json!({}))).is_empty());
    assert!(!faults_with(seen_from(20.1, json!({}))).is_empty());
    assert!(faults_with(seen_from(20.1, not_measurable("too_uncertain"))).is_empty());
    assert!(!faults_with(seen_from(19.9, not_measurable("too_uncertain"))).is_empty());
    // Nothing is below 0, and nothing is seen in an interval of 20 times the value.
    let interval = |low: f64, high: f64| with(quiet.clone(), json!({"interval": {"low": low, "high": high}}));
    assert!(faults_with(interval(-39.0, 12.0)).is_empty());
    assert!(faults_with(interval(-41.0, 12.0))[0].contains("beyond the range"));
    assert!(faults_with(interval(-39.0, 900.0))[0].contains("beside"));
    // A difference that must be as large as the value.
    let raw = json!({"axis": "difference", "smallest_detectable_change": 41.0, "interval": {"low": -40.0, "high": 30.0}});
    assert_eq!(faults_with(with(quiet, raw)).len(), 2);
}

#[test]
fn a_change_that_is_not_the_difference_of_its_values_is_found() {
    let repeats = |before: f64| json!({"before": before, "noise_source": "repeats", "verdict": "decreased"});
    assert!(faults_with(repeats(40.0)).is_empty());
    assert!(faults_with(repeats(40.3))[0].contains("a change of -10"), "{:?}", faults_with(repeats(40.3)));
}

#[test]
fn a_value_that_was_not_read_needs_a_reason_and_one_without_noise_says_so() {
    let unread = json!({"change": null, "change_percent": null, "interval": null,
        "smallest_detectable_change": null, "noise_source": null, "p_adjusted": null, "axis": null});
    assert!(faults_with(with(unread.clone(), not_measurable("resolution_low"))).is_empty());
    assert!(!faults_with(with(unread.clone(), json!({"verdict": "not_measurable"}))).is_empty());
    assert!(!faults_with(unread.clone()).is_empty());
    let silent = with(unread, json!({"change": -10.0}));
    assert!(faults_with(with(silent.clone(), not_measurable("no_noise"))).is_empty());
    assert!(!faults_with(with(silent, not_measurable("too_uncertain"))).is_empty());
}

#[test]
fn the_demonstration_and_a_refused_pair_say_what_their_rows_say() {
    let analyzer = analyzer();
    let pair = demo_pair(&DemoOptions::default()).unwrap();
    let mut walked = Walked::default();
    walked.add("demonstration", walk(&compare(&analyzer, &pair, false)));
    finish(&walked, 60);
    let other = SceneOptions { seed: 77, ..SceneOptions::default() };
    let other =
        render(&Scene::new(&other).unwrap(), &Capture::usual(Light::Oblique45, 1.0 / MM_PER_PX)).unwrap();
    let refused = compare(&analyzer, &Pair { after: other, ..pair }, false);
    assert_eq!(refused["status"], "refused");
    assert_eq!(walk(&refused).faults, Vec::<String>::new());
}

#[test]
fn a_pair_with_repeats_says_what_its_rows_say() {
    let pair = demo_pair(&DemoOptions::default()).unwrap();
    let report = compare(&analyzer(), &pair, true);
    let of_repeats = |row: &Value| row["noise_source"] == "repeats" && row["change"].is_number();
    let metrics = report["measures"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|m| m["metrics"].as_object().unwrap().values());
    assert!(metrics.filter(|row| of_repeats(row)).count() > 20);
    assert!(report["lesions"].as_array().unwrap().iter().filter(|row| of_repeats(row)).count() > 3);
    let mut walked = Walked::default();
    walked.add("with repeats", walk(&report));
    finish(&walked, 60);
}

/// `DERMETRIC_PAIRS=n` tries so many pairs of each kind.
#[test]
#[ignore = "takes an hour: run it with --ignored after a rule of verdicts, a measure or a noise has changed"]
fn every_report_says_what_its_rows_say() {
    let analyzer = analyzer();
    let mut walked = Walked::default();
    let mut seen = |name: String, report: Value| {
        let found = walk(&report);
        println!("{name}: {}, {} rows, {} faults", report["status"], found.rows, found.faults.len());
        walked.add(&name, found);
    };
    for seed in 1..=at_most(40) as u64 {
        let pair = unchanged_pair(seed).unwrap();
        seen(format!("unchanged {seed}"), compare(&analyzer, &pair, false));
        if seed % 8 == 1 {
            seen(format!("unchanged {seed} with repeats"), compare(&analyzer, &pair, true));
        }
    }
    for seed in 1..=at_most(10) as u64 {
        let pair = demo_pair(&DemoOptions { seed, ..DemoOptions::default() }).unwrap();
        seen(format!("demonstration {seed}"), compare(&analyzer, &pair, false));
        seen(format!("demonstration {seed} with repeats"), compare(&analyzer, &pair, true));
    }
    if let Some(data) = shared_data() {
        let close_ups = close_ups(&data).into_iter().zip((100..).step_by(10)).take(at_most(20));
        for (file, seed) in close_ups {
            let skin = rgb8(&file).middle(SIDE).unwrap();
            let families: Vec<&Family> = FAMILIES.iter().collect();
            let scene = scene(&families, skin.size(), seed, |_| 1.5);
            for left in [1.0, 0.6, 0.0] {
                let mut treatment = Treatment::NONE;
                families.iter().for_each(|family| (family.fade)(&mut treatment, left));
                let after = planted(&skin, &scene.treated(&treatment));
                let [before, after] = visits([&planted(&skin, &scene), &after], [seed + 5000, seed + 1]);
                let report = analyzer.compare_photos(&[before], &[after], &known()).unwrap().report;
                seen(format!("{} at {left}", file.file_stem().unwrap().display()), as_json(&report));
            }
        }
        for [before, after] in london_pairs(&data).into_iter().take(at_most(27)) {
            let name = before.file_stem().unwrap().display().to_string();
            let files = PairFiles { before, after, ..PairFiles::default() };
            seen(name, as_json(&analyzer.compare(&files, &Options::default()).unwrap().report));
        }
    }
    finish(&walked, 60);
}
