//! Lesions of known truth planted on close-ups of real skin, and faded: the matching measure follows in
//! rank order and calls what faded, the others claim nothing.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use common::{close_ups, photo, rgb8};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::measure;
use dermetric::phantom::{
    Light, Lighting, Recapture, Rgb8, Scene, SceneOptions, SensorNoise, Treatment, plant, recapture_photo,
};
use dermetric::report::{Report, Status};

/// How fine the close-ups are taken to be: fine enough for every measure.
const PX_PER_MM: f64 = 16.0;
/// Shares of the planted strength that a treatment takes away.
const FADES: [f64; 6] = [0.0, 0.10, 0.25, 0.50, 0.75, 1.0];

/// What is planted, and the primary metric that is to follow it.
struct Family {
    name: &'static str,
    metric: (&'static str, &'static str),
    kind: Kind,
    /// For skin of 16 cm².
    scene: fn(&mut SceneOptions),
    /// Times as strong as the phantom's, which are faint beside what close-ups show of their own.
    strength: f64,
    fade: fn(&mut Treatment, f64),
}

/// What the camera sees it by: families of one kind may show up in each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Relief,
    Pigment,
    Redness,
}

const FAMILIES: [Family; 6] = [
    Family {
        name: "scars",
        metric: ("scars", "relief_contrast"),
        kind: Kind::Relief,
        scene: |o| o.scars = [20, 16, 8],
        strength: 1.0,
        fade: |t, left| t.depth_scale = left,
    },
    Family {
        name: "spots",
        metric: ("pigment", "burden"),
        kind: Kind::Pigment,
        scene: |o| o.spots = 24,
        strength: 1.5,
        fade: |t, left| t.spot_scale = left,
    },
    Family {
        name: "red patches",
        metric: ("redness", "hemoglobin_mean"),
        kind: Kind::Redness,
        scene: |o| o.erythema = 2,
        strength: 2.0,
        fade: |t, left| t.erythema_scale = left,
    },
    Family {
        name: "wrinkles",
        metric: ("wrinkles", "contrast"),
        kind: Kind::Relief,
        scene: |o| o.wrinkles = 24,
        strength: 3.0,
        fade: |t, left| t.wrinkle_scale = left,
    },
    Family {
        name: "pores",
        metric: ("pores", "contrast"),
        kind: Kind::Relief,
        scene: |o| o.pores_per_cm2 = 60.0,
        strength: 2.0,
        fade: |t, left| t.pore_scale = left,
    },
    Family {
        name: "roughness",
        metric: ("texture", "sq_fine"),
        kind: Kind::Relief,
        scene: |o| o.relief = 1.0,
        strength: 1.0,
        fade: |t, left| t.relief_scale = left,
    },
];

fn kind_of(measure: &str) -> Kind {
    match measure {
        "pigment" => Kind::Pigment,
        "redness" => Kind::Redness,
        _ => Kind::Relief,
    }
}

/// Families whose measure there is.
fn families() -> impl Iterator<Item = &'static Family> {
    FAMILIES.iter().filter(|f| measure::find(f.metric.0, f.metric.1).is_some())
}

/// One family on skin of this size, nothing else.
fn scene(family: &Family, size: Size, seed: u64) -> Scene {
    let size_mm = [size.width, size.height].map(|side| f64::from(side) / PX_PER_MM);
    let mut options = SceneOptions { seed, size_mm, relief: 0.0, mottle: 0.0, ..SceneOptions::default() };
    (family.scene)(&mut options);
    let share = size_mm[0] * size_mm[1] / 1600.0;
    let scaled = |n: &mut usize| *n = (*n as f64 * share).round() as usize;
    options.scars.iter_mut().for_each(scaled);
    [&mut options.spots, &mut options.erythema, &mut options.wrinkles].into_iter().for_each(scaled);
    let mut stronger = Treatment::NONE;
    (family.fade)(&mut stronger, family.strength);
    let scene = Scene { melanin_od: 0.0, hemoglobin_od: 0.0, ..Scene::new(&options).unwrap() };
    scene.treated(&stronger)
}

/// A pair of which a share of the planted strength faded, each photograph taken by its own hand.
fn compared(
    analyzer: &Analyzer,
    skin: &Rgb8,
    scene: &Scene,
    family: &Family,
    fade: f64,
    seed: u64,
) -> Report {
    let mut treatment = Treatment::NONE;
    (family.fade)(&mut treatment, 1.0 - fade);
    let lighting = Lighting::usual(Light::Oblique45);
    let taken = |scene: &Scene, recapture: &Recapture, name: &str| {
        let planted = plant(skin, PX_PER_MM, scene, &lighting).unwrap();
        photo(name, &recapture_photo(&planted, PX_PER_MM, recapture, &SensorNoise::PHONE).unwrap().0)
    };
    let first = Recapture { jpeg_quality: Some(93), ..Recapture::identical(seed) };
    let before = taken(scene, &first, "before");
    let after = taken(&scene.treated(&treatment), &Recapture::random(seed + 1), "after");
    let options = Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..Options::default() };
    analyzer.compare_photos(&[before], &[after], &options).unwrap().report
}

/// What became of one family.
#[derive(Debug, Default)]
struct Tally {
    /// Close-ups that compare under every fading, and those whose readings fall in rank order.
    skins: usize,
    in_order: usize,
    /// Pairs by fading: those judged, and those called.
    judged: BTreeMap<u32, usize>,
    called: BTreeMap<u32, usize>,
    /// Pairs, and claims of the other primary metrics.
    pairs: usize,
    others: BTreeMap<String, usize>,
    /// Codes of what is not judged.
    missing: BTreeMap<String, usize>,
}

impl Tally {
    fn count(&mut self, family: &Family, fade: f64, report: &Report) -> Option<f64> {
        if report.status == Status::Refused {
            *self.missing.entry(report.reasons[0].code.clone()).or_default() += 1;
            return None;
        }
        self.pairs += 1;
        for (measure, found) in &report.measures {
            for (name, metric) in found.metrics.iter().filter(|(_, m)| m.primary) {
                let own = (measure.as_str(), name.as_str()) == family.metric;
                let claims = metric.verdict.is_some_and(Verdict::claims_change);
                if !own && claims {
                    *self.others.entry(measure.clone()).or_default() += 1;
                }
            }
        }
        let own = &report.measures[family.metric.0].metrics[family.metric.1];
        let percent = (100.0 * fade).round() as u32;
        if let Some(reason) = &own.reason {
            *self.missing.entry(reason.code.clone()).or_default() += 1;
            return None;
        }
        let fell = [Verdict::Decreased, Verdict::ProbablyDecreased];
        *self.judged.entry(percent).or_default() += 1;
        *self.called.entry(percent).or_default() +=
            usize::from(own.verdict.is_some_and(|v| fell.contains(&v)));
        own.change
    }

    fn line(&self, name: &str) -> String {
        let mut line = format!("{name:<12} in order {}/{}; called", self.in_order, self.skins);
        for (percent, judged) in &self.judged {
            let _ = write!(line, " {percent} %: {}/{judged},", self.called[percent]);
        }
        let _ = write!(line, " others of {}: {:?}; not judged: {:?}", self.pairs, self.others, self.missing);
        line
    }

    /// Share of pairs in which a measure of the same kind, or of another, claims a change.
    fn leak(&self, family: &Family, same_kind: bool) -> f64 {
        let of = |(measure, claims): (&String, &usize)| {
            if (kind_of(measure) == family.kind) == same_kind { *claims } else { 0 }
        };
        self.others.iter().map(of).max().unwrap_or(0) as f64 / self.pairs as f64
    }
}

fn tally(analyzer: &Analyzer, family: &Family, files: &[PathBuf], fades: &[f64]) -> Tally {
    let mut tally = Tally::default();
    for (seed, file) in (100..).step_by(10).zip(files) {
        let skin = rgb8(file);
        let scene = scene(family, skin.size(), seed);
        let changes: Vec<Option<f64>> = fades
            .iter()
            .zip(seed..)
            .map(|(&fade, seed)| {
                let report = compared(analyzer, &skin, &scene, family, fade, seed);
                tally.count(family, fade, &report)
            })
            .collect();
        if let Some(changes) = changes.into_iter().collect::<Option<Vec<_>>>() {
            tally.skins += 1;
            tally.in_order += usize::from(changes.windows(2).all(|pair| pair[1] < pair[0]));
            println!("{} {}: {changes:.3?}", family.name, file.file_stem().unwrap().to_string_lossy());
        }
    }
    tally
}

#[test]
fn what_half_fades_reads_lower_and_what_does_not_is_not_called() {
    let Some(data) = common::shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let files: Vec<_> = close_ups(&data).into_iter().filter(|f| f.ends_with("PAT_198_302_44.png")).collect();
    for family in families() {
        let found = tally(&analyzer, family, &files, &[0.0, 0.5]);
        println!("{}", found.line(family.name));
        assert_eq!((found.skins, found.in_order), (1, 1), "{}", family.name);
        assert_eq!(found.called.get(&0), Some(&0), "{}", family.name);
    }
}

#[test]
#[ignore = "takes long, and is a goal: what the light can have made holds back half a fading of relief"]
fn every_measure_follows_its_own_family() {
    let Some(data) = common::shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let files = close_ups(&data);
    let (mut in_order, mut skins, mut half, mut judged) = (0, 0, 0, 0);
    let mut failed = Vec::new();
    for family in families() {
        let found = tally(&analyzer, family, &files, &FADES);
        println!("{}", found.line(family.name));
        in_order += found.in_order;
        skins += found.skins;
        half += found.called[&50];
        judged += found.judged[&50];
        let (near, far) = (found.leak(family, true), found.leak(family, false));
        if far > 0.05 || near > 0.15 {
            failed.push(format!("{}: {near:.3} of its kind, {far:.3} of another claim", family.name));
        }
    }
    println!("in order {in_order} of {skins}, half a fading called {half} of {judged}");
    assert!(20 * in_order >= 19 * skins, "in order {in_order} of {skins}");
    assert!(10 * half >= 9 * judged, "called {half} of {judged}");
    assert!(failed.is_empty(), "{failed:#?}");
}
