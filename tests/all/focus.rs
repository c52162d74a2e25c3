//! Focus and texture told apart: relief that fades is called, blur is not.

use std::collections::BTreeMap;

use crate::common::plant::{FAMILIES, PX_PER_MM, SIDE, Skin, all_close_ups, every, first_hand, scene, taken};
use crate::common::row::{Row, rows};
use crate::common::{rgb8, shared_data};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::phantom::{Recapture, Treatment};
use serde_json::Value;

/// Families of relief, and their strength.
const RELIEF: [&str; 4] = ["scars", "wrinkles", "pores", "roughness"];
const STRENGTH: f64 = 0.75;
/// Share that is left, and the blur of the photograph after in mm.
const TRIED: [(f64, f64); 8] =
    [(1.0, 0.0), (0.75, 0.0), (0.5, 0.0), (0.25, 0.0), (0.0, 0.0), (1.0, 0.03), (1.0, 0.06), (1.0, 0.1)];
const READ: [&str; 4] = ["texture.sq_fine", "pores.contrast", "wrinkles.contrast", "scars.relief_contrast"];

/// A metric after one of the treatments or blurs.
#[derive(Debug, Default)]
struct Seen {
    pairs: usize,
    called: usize,
    changes: Vec<f64>,
    /// Verdicts, or reasons instead.
    words: BTreeMap<String, usize>,
}

/// Reports of one close-up, by what was done.
fn reports(analyzer: &Analyzer, file: &std::path::Path, seed: u64, tried: &[(f64, f64)]) -> Vec<Value> {
    let skin = Skin::CloseUp(rgb8(file).middle(SIDE).unwrap());
    let families: Vec<_> = FAMILIES.iter().filter(|family| RELIEF.contains(&family.name)).collect();
    let scene = scene(&families, skin.size(), seed, |_| STRENGTH);
    let options =
        Options { mm_per_px_before: Some(1.0 / PX_PER_MM), light_fixed: true, ..Options::default() };
    let before = [taken(&skin.with(&scene), &first_hand(seed + 5000), "before")];
    let compared = |&(left, blur): &(f64, f64)| {
        let mut treatment = Treatment::NONE;
        families.iter().for_each(|family| (family.fade)(&mut treatment, left));
        let treated = skin.with(&scene.treated(&treatment));
        let mut hand = Recapture::random(seed + 1);
        hand.focus_sigma_mm = hand.focus_sigma_mm.hypot(blur);
        let report = analyzer.compare_photos(&before, &[taken(&treated, &hand, "after")], &options);
        serde_json::to_value(report.unwrap().report).unwrap()
    };
    tried.iter().map(compared).collect()
}

fn found<'r>(report: &'r Value, name: &str) -> Option<Row<'r>> {
    rows(report).into_iter().find(|row| row.name == name)
}

#[test]
fn texture_that_fades_is_called_and_blur_is_not() {
    let Some(data) = shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let file = data.join("clinical_closeups_pad_ufes/images/PAT_198_302_44.png");
    let tried = [(1.0, 0.0), (0.5, 0.0), (1.0, 0.06)];
    let [same, faded, blurred] = reports(&analyzer, &file, 100, &tried).try_into().unwrap();
    let called = |report: &Value| found(report, "texture.sq_fine").is_some_and(|row| row.is_called());
    assert!(called(&faded), "{:?}", found(&faded, "texture.sq_fine"));
    assert!(!called(&same) && !called(&blurred));
    let blur = |report: &Value| report["photos"]["after"][0]["focus"]["blur_mm2"].as_f64().unwrap();
    let added = blur(&blurred) - blur(&same);
    assert!((0.0015..0.0055).contains(&added), "0.0036 mm² was added, {added} found");
    assert!((blur(&faded) - blur(&same)).abs() < 0.0015, "{} {}", blur(&faded), blur(&same));
}

/// `DERMETRIC_EVERY=7` tries every seventh close-up.
#[test]
#[ignore = "takes half an hour, and is a goal"]
fn texture_that_fades_is_called_on_every_close_up_and_blur_is_not() {
    let Some(data) = shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let mut table: BTreeMap<(usize, &str), Seen> = BTreeMap::new();
    for (file, seed) in all_close_ups(&data).into_iter().zip((100u64..).step_by(10)).step_by(every()) {
        let name = file.file_stem().unwrap().display().to_string();
        for (k, report) in reports(&analyzer, &file, seed, &TRIED).iter().enumerate() {
            println!("{name} {:?} {} {}", TRIED[k], report["status"], report["photos"]["after"][0]["focus"]);
            if report["status"] == "refused" {
                println!("  {}", report["reasons"][0]["code"]);
            }
            for metric in READ {
                let Some(row) = found(report, metric).filter(|row| row.is_primary()) else { continue };
                let seen = table.entry((k, metric)).or_default();
                seen.pairs += 1;
                seen.called += usize::from(row.is_called());
                seen.changes.extend(row.percent());
                *seen.words.entry(row.reason().unwrap_or(row.verdict()).to_owned()).or_default() += 1;
            }
        }
    }
    println!("left, blur (mm), metric: pairs, called, median change");
    for ((k, metric), Seen { pairs, called, changes, words }) in &mut table {
        changes.sort_by(f64::total_cmp);
        let median = changes.get(changes.len() / 2).copied().unwrap_or(f64::NAN);
        println!("{:?} {metric:<22} {pairs:>3} {called:>3} {median:>+7.1} % {words:?}", TRIED[*k]);
    }
    let sum = |k: std::ops::Range<usize>, names: &[&str]| {
        let of = table.iter().filter(|((i, name), _)| k.contains(i) && names.contains(name));
        of.fold((0, 0), |(pairs, called), (_, seen)| (pairs + seen.pairs, called + seen.called))
    };
    let (pairs, called) = sum(0..1, &READ);
    let (blurred, called_blurred) = sum(5..TRIED.len(), &READ);
    let (faded, called_faded) = sum(1..5, &["texture.sq_fine"]);
    println!(
        "unchanged called {called} of {pairs}, blurred {called_blurred} of {blurred}, texture by a quarter or more {called_faded} of {faded}"
    );
    assert!(called * 50 <= pairs && called_blurred * 50 <= blurred && called_faded * 5 >= faded * 4);
}
