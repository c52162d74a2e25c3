//! All families fade together, as after a laser: what fell beyond its noise is called, or the row says by which reason not.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::head::{Head, Place, Window};
use crate::common::plant::{
    FAMILIES, Family, PX_PER_MM, SIDE, Skin, all_close_ups, beside, every, options, scene, visits,
};
use crate::common::row::{Walked, rows, walk};
use crate::common::{Folder, rgb8, shared_data};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::phantom::{Scene, Treatment};
use serde_json::Value;

/// All that is planted, by the names of [`FAMILIES`], and how many times as strong as the phantom's. Of a close-up's texture,
/// pores and lines that is about half.
const PLANTED: [(&str, f64); 5] =
    [("scars", 1.0), ("spots", 1.5), ("wrinkles", 0.75), ("pores", 0.75), ("roughness", 0.75)];
/// Shares of the planted strength that are left.
const DOSES: [f64; 5] = [1.0, 0.9, 0.75, 0.6, 0.3];
/// The dose of what fades while one family stays.
const WHILE_ONE_STAYS: f64 = 0.6;
/// Smooth bodies, and scenes at each place of the head.
const BODIES: usize = 8;
const SCENES_ON_HEAD: usize = 3;
/// Metrics of the table.
const READ: [&str; 9] = [
    "scars.relief_contrast",
    "scars.relief_contrast_excess",
    "texture.sq_fine",
    "wrinkles.contrast",
    "pores.contrast",
    "pigment.burden",
    "pigment.area_percent",
    "scars.depth_proxy_mean",
    "scars.volume_proxy_per_cm2",
];
/// Those of them that read relief and can be primary.
const RELIEF: &[&str] = READ.split_at(5).0;

/// The user's word on the light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    /// None, and no region.
    Unmarked,
    /// `--light-fixed`.
    Fixed,
    /// A strip of untreated skin is marked.
    Beside,
}

const MODES: [Mode; 3] = [Mode::Unmarked, Mode::Fixed, Mode::Beside];

/// Skin of one kind, with its scene.
struct Case {
    name: String,
    kind: &'static str,
    skin: Skin,
    scene: Scene,
    seed: u64,
}

impl Case {
    fn new(kind: &'static str, name: String, skin: Skin, seed: u64) -> Self {
        let strength =
            |family: &Family| PLANTED.into_iter().find(|(name, _)| *name == family.name).map(|(_, s)| s);
        let families: Vec<&Family> = FAMILIES.iter().filter(|family| strength(family).is_some()).collect();
        assert_eq!(families.len(), PLANTED.len());
        let times = std::env::var("DERMETRIC_STRENGTH").map_or(1.0, |s| s.parse().expect("a factor"));
        let scene = scene(&families, skin.size(), seed, |family| times * strength(family).unwrap_or(0.0));
        Self { name, kind, skin, scene, seed }
    }

    /// The report of a pair whose families fade to a dose, but for one that stays.
    fn compared(&self, analyzer: &Analyzer, mode: Mode, dose: f64, stays: Option<&str>) -> Value {
        let mut treatment = Treatment::NONE;
        for family in FAMILIES.iter().filter(|f| stays != Some(f.name)) {
            (family.fade)(&mut treatment, dose);
        }
        let before = self.skin.with(&self.scene);
        let treated = self.skin.with(&self.scene.treated(&treatment));
        let after = if mode == Mode::Beside { beside(&before, &treated) } else { treated };
        // By another hand at each dose, the same in every mode.
        let hand = self.seed + 1 + (100.0 * dose) as u64;
        let [before, after] = visits([&before, &after], [self.seed + 5000, hand]);
        let folder = Folder::new();
        let known = Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..Options::default() };
        let options = match mode {
            Mode::Unmarked => known,
            Mode::Fixed => Options { light_fixed: true, ..known },
            Mode::Beside => options(&folder, self.skin.size()),
        };
        let report = analyzer.compare_photos(&[before], &[after], &options).unwrap().report;
        serde_json::to_value(&report).unwrap()
    }
}

/// Real close-ups, smooth bodies and the scanned head; at most so many of each.
fn cases(data: &Path, most: usize) -> Vec<Case> {
    let close_ups = all_close_ups(data).into_iter().zip((100..).step_by(10)).step_by(every()).take(most).map(
        |(file, seed)| {
            let name = file.file_stem().unwrap().display().to_string();
            Case::new("close-up", name, Skin::CloseUp(rgb8(&file).middle(SIDE).unwrap()), seed)
        },
    );
    let bodies = (0..BODIES.min(most) as u64).map(|k| {
        let body = Skin::Body(Window::body(Size::new(SIDE, SIDE), PX_PER_MM));
        Case::new("body", format!("body {k}"), body, 1000 + 10 * k)
    });
    let head = Head::read(data);
    let places = (0..SCENES_ON_HEAD).flat_map(|k| Place::ALL.map(|place| (place, k)));
    let heads = places.take(most).map(|(place, k)| {
        let window = head.window(place, [f64::from(SIDE) / PX_PER_MM; 2], PX_PER_MM);
        Case::new("head", format!("{place:?} {k}"), Skin::Head(window), 2000 + 10 * k as u64 + place as u64)
    });
    close_ups.chain(bodies).chain(heads).collect()
}

/// A metric at one dose.
#[derive(Debug, Default, Clone)]
struct Seen {
    pairs: usize,
    /// Changes beyond what noise alone can make, and those of them that are called.
    beyond: usize,
    called: usize,
    /// Called, with families named that can account for all of it.
    explained: usize,
    /// Verdicts or reasons of the others beyond their noise.
    held: BTreeMap<String, usize>,
    /// Reasons of those that were not even read: a gate was closed.
    closed: BTreeMap<String, usize>,
    changes: Vec<f64>,
}

impl Seen {
    fn add(&mut self, other: &Self) {
        self.pairs += other.pairs;
        self.beyond += other.beyond;
        self.called += other.called;
        self.explained += other.explained;
        other.held.iter().for_each(|(word, n)| *self.held.entry(word.clone()).or_default() += n);
        other.closed.iter().for_each(|(code, n)| *self.closed.entry(code.clone()).or_default() += n);
        self.changes.extend(&other.changes);
    }

    /// Changes that should be called: beyond their noise, or hidden behind a gate that the treatment closed.
    fn due(&self) -> usize {
        self.beyond + self.closed.values().sum::<usize>()
    }

    fn median(&self) -> f64 {
        let mut changes = self.changes.clone();
        changes.sort_by(f64::total_cmp);
        changes.get(changes.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// A row of the table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    mode: Mode,
    kind: &'static str,
    /// The family that stays, if any.
    stays: Option<&'static str>,
    /// Per cent that are taken away.
    fading: u32,
    metric: &'static str,
}

/// Everything that was compared.
#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<Key, Seen>,
    refused: BTreeMap<String, usize>,
    walked: Walked,
}

impl Table {
    fn compare(
        &mut self,
        analyzer: &Analyzer,
        case: &Case,
        mode: Mode,
        dose: f64,
        stays: Option<&'static str>,
    ) {
        let report = case.compared(analyzer, mode, dose, stays);
        let fading = (100.0 * (1.0 - dose)).round() as u32;
        let light = ["relief_correlation", "relief_gain"].map(|name| report["light"][name].as_f64());
        println!(
            "{} {mode:?} −{fading} % {stays:?}: {} {} light {light:.3?}",
            case.name,
            report["status"],
            codes(&report)
        );
        self.walked.add(&format!("{} {mode:?} −{fading} %", case.name), walk(&report));
        if report["status"] == "refused" {
            let code = report["reasons"][0]["code"].as_str().unwrap_or_default();
            *self.refused.entry(code.to_owned()).or_default() += 1;
        }
        for row in rows(&report) {
            let Some(metric) = READ.into_iter().find(|name| *name == row.name) else { continue };
            // Beside untreated skin the excess may take the place of all relief.
            if RELIEF.contains(&metric) && !row.is_primary() {
                continue;
            }
            let seen = self.rows.entry(Key { mode, kind: case.kind, stays, fading, metric }).or_default();
            seen.pairs += 1;
            let Some(percent) = row.percent() else {
                *seen.closed.entry(row.reason().unwrap_or_default().to_owned()).or_default() += 1;
                continue;
            };
            seen.changes.push(percent);
            seen.called += usize::from(row.is_called());
            seen.explained += usize::from(row.is_called() && row.is_explained());
            if row.exceeds_noise() {
                seen.beyond += 1;
                let word = row.reason().unwrap_or(row.verdict()).to_owned();
                if !row.is_called() {
                    *seen.held.entry(word).or_default() += 1;
                }
            }
        }
    }

    /// Sum of all rows that are asked for.
    fn sum(&self, is_asked: impl Fn(&Key) -> bool) -> Seen {
        let mut sum = Seen::default();
        self.rows.iter().filter(|(key, _)| is_asked(key)).for_each(|(_, seen)| sum.add(seen));
        sum
    }

    fn print(&self) {
        println!(
            "mode, skin, left, metric: pairs, beyond noise, called (explained), median change, held back by"
        );
        for (key, seen) in &self.rows {
            let stays = key.stays.map_or_else(String::new, |family| format!(" but {family}"));
            println!(
                "{:<9} {:<9} {:>3} %{stays:<10} {:<29} {:>3} {:>3} {:>3} ({:>2}) {:>+7.1} %  {:?} {:?}",
                format!("{:?}", key.mode),
                key.kind,
                100 - key.fading,
                key.metric,
                seen.pairs,
                seen.beyond,
                seen.called,
                seen.explained,
                seen.median(),
                seen.held,
                seen.closed
            );
        }
        println!("refused: {:?}; all words: {:?}", self.refused, self.walked.words);
    }
}

/// Codes of the reasons why a pair is limited or refused.
fn codes(report: &Value) -> String {
    let reasons = report["reasons"].as_array().map_or(&[][..], Vec::as_slice);
    reasons.iter().filter_map(|reason| reason["code"].as_str()).collect::<Vec<_>>().join(" ")
}

fn is_relief(key: &Key) -> bool {
    RELIEF.contains(&key.metric)
}

#[test]
fn what_fades_together_under_a_fixed_light_is_called_and_unchanged_skin_is_not() {
    let Some(data) = shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let file = data.join("clinical_closeups_pad_ufes/images/PAT_198_302_44.png");
    let skin = Skin::CloseUp(rgb8(&file).middle(SIDE).unwrap());
    let case = Case::new("close-up", "PAT_198_302_44".to_owned(), skin, 100);
    let mut table = Table::default();
    [1.0, 0.75].into_iter().for_each(|dose| table.compare(&analyzer, &case, Mode::Fixed, dose, None));
    table.compare(&analyzer, &case, Mode::Unmarked, 0.75, None);
    table.print();
    let of = |mode, fading| table.sum(|key| is_relief(key) && (key.mode, key.fading) == (mode, fading));
    let (same, fixed, unmarked) = (of(Mode::Fixed, 0), of(Mode::Fixed, 25), of(Mode::Unmarked, 25));
    assert_eq!((same.pairs, same.called), (4, 0));
    // Roughness that fades reads as another focus too, which the light being fixed does not settle.
    let named = fixed.called + fixed.held.values().sum::<usize>();
    assert!(fixed.closed.is_empty() && fixed.beyond >= 3 && named == fixed.beyond, "{fixed:?}");
    assert!(fixed.called >= 1 && !fixed.held.contains_key("no_detectable_change"), "{fixed:?}");
    assert!(!fixed.held.contains_key("light_unknown"), "{fixed:?}");
    // Without a word on the light it is called, or held back by name.
    let named = unmarked.called + unmarked.held.values().sum::<usize>();
    assert!(unmarked.due() >= 3 && named == unmarked.beyond, "{unmarked:?}");
    assert!(!unmarked.held.contains_key("no_detectable_change"), "{unmarked:?}");
    assert!(table.walked.faults.is_empty(), "{:#?}", table.walked.faults);
}

/// `DERMETRIC_PAIRS=n` tries so many skins of each kind, `DERMETRIC_SKINS=head` kinds of such names,
/// `DERMETRIC_MODE=Fixed` modes of such names, `DERMETRIC_STRENGTH=1.5` plants so many times as much.
#[test]
#[ignore = "takes two hours, and is a goal"]
fn all_that_fades_together_is_called() {
    let Some(data) = shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let named = |name: &str| std::env::var(name).unwrap_or_default();
    let most = std::env::var("DERMETRIC_PAIRS").map_or(usize::MAX, |n| n.parse().expect("a number of pairs"));
    let mut table = Table::default();
    for case in cases(&data, most).iter().filter(|case| case.kind.contains(&named("DERMETRIC_SKINS"))) {
        for mode in MODES.into_iter().filter(|mode| format!("{mode:?}").contains(&named("DERMETRIC_MODE"))) {
            for dose in DOSES {
                table.compare(&analyzer, case, mode, dose, None);
            }
            for stays in ["scars", "pores"] {
                table.compare(&analyzer, case, mode, WHILE_ONE_STAYS, Some(stays));
            }
        }
    }
    table.print();
    let mut missed = Vec::new();
    let mut needs = |what: &str, found: usize, share: f64, of: usize| {
        println!("{what}: {found} of {of}");
        if of == 0 || (found as f64) < share * of as f64 {
            missed.push(format!("{what}: {found} of {of}"));
        }
    };
    for mode in [Mode::Fixed, Mode::Beside] {
        let all = |key: &Key| is_relief(key) && key.mode == mode && key.fading > 0 && key.stays.is_none();
        let seen = table.sum(all);
        needs(
            &format!("{mode:?}, relief beyond its noise and called"),
            seen.called.min(seen.beyond),
            0.95,
            seen.beyond,
        );
    }
    let shaped = |key: &Key| {
        is_relief(key)
            && (key.mode, key.fading, key.stays) == (Mode::Unmarked, 40, None)
            && key.kind != "close-up"
    };
    let seen = table.sum(shaped);
    needs("unmarked, on skin with shape, at 60 %", seen.called.min(seen.beyond), 0.80, seen.due());
    let same = table.sum(|key| key.fading == 0);
    needs("unchanged and not called", same.pairs - same.called, 0.98, same.pairs);
    for (family, measure) in [("scars", "scars."), ("pores", "pores.")] {
        let stayed =
            table.sum(|key| is_relief(key) && key.stays == Some(family) && key.metric.starts_with(measure));
        let unexplained = stayed.called - stayed.explained;
        needs(
            &format!("{family} stayed, not called or explained"),
            stayed.pairs - unexplained,
            0.98,
            stayed.pairs,
        );
    }
    let silent = table.sum(|key| is_relief(key) && key.fading > 0);
    let quiet = silent.held.get("no_detectable_change").copied().unwrap_or(0);
    println!(
        "relief beyond its noise that is quiet: {quiet} of {}; light unknown: {:?}; closed: {:?}",
        silent.beyond,
        silent.held.get("light_unknown"),
        silent.closed
    );
    assert!(missed.is_empty(), "{missed:#?}");
    assert!(table.walked.faults.is_empty(), "{:#?}", table.walked.faults);
}
