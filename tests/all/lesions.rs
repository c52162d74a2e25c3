//! Lesion by lesion from before to after: each stays itself, what changed is called, what did not is not, and
//! what came up is told.

use std::sync::OnceLock;

use crate::common::{close_ups, photo, rgb8};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::phantom::{
    Capture, Light, Outline, Recapture, Rendered, Rgb8, Scar, ScarKind, Scene, SceneOptions, SensorNoise,
    Spot, recapture_photo, render, unchanged_pair,
};
use dermetric::report::{Lesion, LesionKind, Report, SizeClass};

const PX_PER_MM: f64 = 16.0;
/// What a treatment leaves of the scars and spots in turn: most are left alone.
const LEFT: [f64; 7] = [1.0, 0.0, 1.0, 1.0, 0.35, 1.0, 1.7];
/// How far a lesion may be found from where the skin went, in mm.
const APART_MM: f64 = 0.3;

fn analyzer() -> &'static Analyzer {
    static ANALYZER: OnceLock<Analyzer> = OnceLock::new();
    ANALYZER.get_or_init(|| Analyzer::new(&EngineChoice::Cpu, 0).unwrap())
}

fn compare(before: &Rgb8, after: &Rgb8) -> Report {
    let options = Options { mm_per_px_before: Some(1.0 / PX_PER_MM), ..Options::default() };
    let (before, after) = (photo("before", before), photo("after", after));
    analyzer().compare_photos(&[before], &[after], &options).unwrap().report
}

/// Skin of which a few lesions changed, one of each kind came up, and what was read.
struct Treated {
    before: Rendered,
    after: Rendered,
    report: Report,
}

fn treated(seed: u64) -> Treated {
    let options = SceneOptions { seed, scars: [3, 7, 3], spots: 9, ..SceneOptions::default() };
    // No spot so faint that its fading is none.
    let mut scene = Scene::new(&options).unwrap();
    scene.spots.iter_mut().for_each(|spot| spot.peak_od = spot.peak_od.max(0.3));
    let mut later = scene.clone();
    for (scar, left) in later.scars.iter_mut().zip(LEFT.into_iter().cycle()) {
        scar.depth_um *= left;
    }
    for (spot, left) in later.spots.iter_mut().zip(LEFT.into_iter().cycle()) {
        spot.peak_od *= left;
    }
    let center_mm = free(&scene);
    for (kind, center_mm) in [(LesionKind::Scar, center_mm[0]), (LesionKind::Spot, center_mm[1])] {
        let outline = Outline::circle(if kind == LesionKind::Scar { 3.0 } else { 4.0 });
        match kind {
            LesionKind::Scar => {
                later.scars.push(Scar { kind: ScarKind::Boxcar, center_mm, outline, depth_um: 350.0 });
            }
            _ => later.spots.push(Spot { center_mm, outline, edge_mm: 0.3, peak_od: 0.4 }),
        }
    }
    let capture = Capture::usual(Light::Oblique45, PX_PER_MM);
    let mut before = render(&scene, &capture).unwrap();
    before.rgb = before.rgb.through_jpeg(93).unwrap();
    let after = render(&later, &capture.again(Recapture::random(seed))).unwrap();
    let report = compare(&before.rgb, &after.rgb);
    Treated { before, after, report }
}

/// Two places for 4 mm of skin at least 2 mm from every lesion: the first and the last there are.
fn free(scene: &Scene) -> [[f64; 2]; 2] {
    let taken: Vec<([f64; 2], f64)> = scene
        .scars
        .iter()
        .map(|s| (s.center_mm, s.outline.reach_mm()))
        .chain(scene.spots.iter().map(|s| (s.center_mm, s.outline.reach_mm())))
        .collect();
    let steps = |size: f64| (0..).map(|k| 4.5 + 0.5 * f64::from(k)).take_while(move |v| *v < size - 4.5);
    let places = || steps(scene.size_mm[1]).flat_map(|y| steps(scene.size_mm[0]).map(move |x| [x, y]));
    let is_free = |p: &[f64; 2]| taken.iter().all(|(c, r)| (c[0] - p[0]).hypot(c[1] - p[1]) > r + 4.0);
    let free: Vec<_> = places().filter(is_free).collect();
    [free[0], free[free.len() - 1]]
}

/// Three of them, made once.
fn three() -> &'static [Treated] {
    static PAIRS: OnceLock<Vec<Treated>> = OnceLock::new();
    PAIRS.get_or_init(|| [21, 22, 23].map(treated).into())
}

/// Centers and diameters in the photograph of what is planted of a kind.
fn planted(shot: &Rendered, kind: LesionKind) -> Vec<([f64; 2], f64)> {
    match kind {
        LesionKind::Scar => shot.truth.scars.iter().map(|s| (s.center_px, s.diameter_mm)).collect(),
        _ => shot.truth.spots.iter().map(|s| (s.center_px, s.diameter_mm)).collect(),
    }
}

fn apart_mm(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1]) / PX_PER_MM
}

/// Which planted lesion this one is; `None` for one that holds several, or none.
fn is_planted(lesion: &Lesion, planted: &[([f64; 2], f64)]) -> Option<usize> {
    let center = lesion.center_px?;
    let reach = (0.5 * lesion.diameter_px? / PX_PER_MM).max(0.5);
    let inside: Vec<usize> = (0..planted.len())
        .filter(|&k| apart_mm(center, planted[k].0) < reach + 0.25 * planted[k].1)
        .collect();
    match inside[..] {
        [one] if apart_mm(center, planted[one].0) < 0.5 * planted[one].1.max(1.0) => Some(one),
        _ => None,
    }
}

/// Whether nothing planted reaches this one.
fn is_away(lesion: &Lesion, planted: &[([f64; 2], f64)]) -> bool {
    let (center, radius) = (lesion.center_px.unwrap(), 0.5 * lesion.diameter_px.unwrap() / PX_PER_MM);
    planted.iter().all(|(other, diameter)| apart_mm(center, *other) > radius + 0.7 * diameter + 1.5)
}

#[test]
fn a_lesion_is_itself_after_where_its_skin_went() {
    let (mut right, mut all) = (0, 0);
    for pair in three() {
        for kind in [LesionKind::Scar, LesionKind::Spot] {
            let (before, after) = (planted(&pair.before, kind), planted(&pair.after, kind));
            for lesion in pair.report.lesions.iter().filter(|l| l.kind == kind && !l.appeared) {
                let Some(k) = is_planted(lesion, &before) else { continue };
                let center = lesion.center_after_px.unwrap();
                // As far from the planted center as it was before: the outline may be off, the skin not.
                let off = [0, 1].map(|c| lesion.center_px.unwrap()[c] - before[k].0[c]);
                let expected = [after[k].0[0] + off[0], after[k].0[1] + off[1]];
                let nearest = (0..before.len())
                    .min_by(|&a, &b| apart_mm(center, after[a].0).total_cmp(&apart_mm(center, after[b].0)));
                all += 1;
                right += usize::from(apart_mm(center, expected) < APART_MM && nearest == Some(k));
            }
        }
    }
    println!("{right} of {all} lesions are where the truth says");
    assert!(all >= 30 && 20 * right >= 19 * all, "{right} of {all}");
}

#[test]
fn what_changed_is_called_and_what_did_not_is_not() {
    let (mut called, mut changed, mut claimed, mut same) = (0, 0, 0, 0);
    let (mut mottle, mut mottle_claimed) = (0, 0);
    for pair in three() {
        for kind in [LesionKind::Scar, LesionKind::Spot] {
            let before = planted(&pair.before, kind);
            for lesion in pair.report.lesions.iter().filter(|l| l.kind == kind && !l.appeared) {
                let verdict = lesion.verdict.unwrap();
                let Some(k) = is_planted(lesion, &before) else {
                    // The skin's own mottle, some of it on scars that changed.
                    if kind == LesionKind::Spot && is_away(lesion, &planted(&pair.after, kind)) {
                        mottle += 1;
                        mottle_claimed += usize::from(verdict.claims_change());
                    }
                    continue;
                };
                let left = LEFT[k % LEFT.len()];
                let expected = match left {
                    1.0 => Verdict::NoDetectableChange,
                    less if less < 1.0 => Verdict::ProbablyDecreased,
                    _ => Verdict::ProbablyIncreased,
                };
                println!(
                    "{kind:?} {} of {:.1} px, {left}: {:?} {:+?} % against {:?}, {verdict:?}",
                    lesion.id,
                    lesion.diameter_px.unwrap(),
                    lesion.before[&lesion.main_value],
                    lesion.change_percent.unwrap_or(f64::NAN).round(),
                    lesion.smallest_detectable_change,
                );
                if left == 1.0 {
                    same += 1;
                    claimed += usize::from(verdict.claims_change());
                } else {
                    changed += 1;
                    called += usize::from(verdict == expected);
                    assert!(verdict == expected || !verdict.claims_change(), "the wrong way");
                }
            }
        }
    }
    println!("called {called} of {changed} that changed, {claimed} of {same} that did not");
    println!("of the skin's own mottle {mottle_claimed} of {mottle}");
    assert!(mottle >= 100 && 50 * mottle_claimed <= mottle, "{mottle_claimed} of {mottle}");
    assert!(changed >= 15 && 10 * called >= 8 * changed, "{called} of {changed}");
    assert!(same >= 20 && 20 * claimed <= same, "{claimed} of {same}");
}

#[test]
fn what_came_up_is_listed_as_such_and_nothing_else() {
    let mut listed = 0;
    for pair in three() {
        for kind in [LesionKind::Scar, LesionKind::Spot] {
            let of_kind = || pair.report.lesions.iter().filter(|l| l.kind == kind);
            let (center, _) = *planted(&pair.after, kind).last().unwrap();
            let is_there = |l: &Lesion| apart_mm(l.center_after_px.unwrap(), center) < 3.0;
            let new: Vec<_> = of_kind().filter(|l| l.appeared).collect();
            assert!(new.len() <= 1, "{kind:?}: {new:#?}");
            for lesion in &new {
                assert!(is_there(lesion), "{lesion:?}, planted at {center:?}");
                assert!(lesion.before.is_empty() && lesion.change.unwrap() > 0.0);
                assert_eq!(lesion.verdict, Some(Verdict::ProbablyIncreased));
                assert_eq!(lesion.id as usize, of_kind().count());
            }
            // What runs into faint spots that were there is those, grown.
            let grown = of_kind().any(|l| l.verdict == Some(Verdict::ProbablyIncreased) && is_there(l));
            assert!(grown, "{kind:?} at {center:?}");
            listed += new.len();
            assert!(of_kind().map(|l| l.id).eq(1..=of_kind().count() as u32));
        }
    }
    assert!(listed >= 5, "{listed} of 6");
}

#[test]
fn a_lesion_that_is_half_covered_after_is_not_measured() {
    let skin = &three()[0];
    let spots = planted(&skin.after, LesionKind::Spot);
    let largest = |k: &usize| (10.0 * spots[*k].1) as i64;
    // Of those that are still there.
    let k = (0..spots.len() - 1).filter(|k| LEFT[k % LEFT.len()] == 1.0).max_by_key(largest).unwrap();
    let ([x, y], diameter_mm) = spots[k];
    let size = skin.after.rgb.size();
    // A white sticker over the right half of the spot.
    let right = x + PX_PER_MM * diameter_mm;
    let bytes = (0..size.area()).flat_map(|i| {
        let (u, v) = ((i as u32 % size.width) as f64, (i as u32 / size.width) as f64);
        let covered = (x..right).contains(&u) && (v - y).abs() < PX_PER_MM * diameter_mm;
        let own = &skin.after.rgb.bytes()[3 * i..][..3];
        if covered { [255; 3] } else { [own[0], own[1], own[2]] }
    });
    let report = compare(&skin.before.rgb, &Rgb8::new(size, bytes.collect()).unwrap());
    let center = planted(&skin.before, LesionKind::Spot)[k].0;
    let reach = 0.7 * diameter_mm;
    let near = |l: &&Lesion| l.kind == LesionKind::Spot && apart_mm(l.center_px.unwrap(), center) < reach;
    let cut: Vec<_> = report.lesions.iter().filter(near).collect();
    assert!(!cut.is_empty());
    for lesion in cut.into_iter().filter(|l| l.diameter_px.unwrap() > 0.3 * PX_PER_MM * diameter_mm) {
        assert_eq!(lesion.verdict, Some(Verdict::NotMeasurable), "{lesion:?}");
        let reason = lesion.reason.as_ref().unwrap();
        assert_eq!(reason.code, "lesion_partly_seen");
        assert!(reason.found.unwrap() < 70.0 && lesion.change.is_none());
    }
    // Others are.
    let measured = report.lesions.iter().filter(|l| l.verdict == Some(Verdict::NoDetectableChange)).count();
    assert!(measured >= 5, "{measured}");
}

#[test]
fn unchanged_lesions_are_hardly_ever_called() {
    let mut reports: Vec<Report> = [71, 72]
        .map(|seed| unchanged_pair(seed).unwrap())
        .iter()
        .map(|pair| compare(&pair.before.rgb, &pair.after.rgb))
        .collect();
    if let Some(data) = crate::common::shared_data() {
        for (seed, file) in
            (900..).zip(close_ups(&data).iter().filter(|f| f.to_string_lossy().contains("_4")))
        {
            let skin = rgb8(file);
            let again = |seed: u64| {
                let recapture = Recapture::random(seed);
                recapture_photo(&skin, PX_PER_MM, &recapture, &SensorNoise::PHONE).unwrap().0
            };
            reports.push(compare(&again(seed), &again(seed + 500)));
        }
    }
    let judged = |l: &&Lesion| l.noise_source.is_some();
    let all: Vec<&Lesion> = reports.iter().flat_map(|r| &r.lesions).filter(judged).collect();
    let claims = all.iter().filter(|l| l.verdict.unwrap().claims_change()).count();
    println!("{claims} of {} lesions in {} pairs", all.len(), reports.len());
    assert!(all.len() >= 100 && 20 * claims <= all.len(), "{claims} of {}", all.len());
}

#[test]
fn sizes_are_told_by_class_where_millimeters_are_true() {
    let pair = &three()[0];
    let classes = |report: &Report| -> Vec<(Option<f64>, Option<SizeClass>)> {
        let scars = report.lesions.iter().filter(|l| l.kind == LesionKind::Scar && !l.appeared);
        scars.map(|l| (l.before["diameter_mm"], l.size_class)).collect()
    };
    let known = classes(&pair.report);
    assert!(known.len() >= 5);
    for (diameter, class) in known {
        let expected = match diameter.unwrap() {
            d if d < 2.0 => SizeClass::Small,
            d if d < 4.0 => SizeClass::Medium,
            _ => SizeClass::Large,
        };
        assert_eq!(class, Some(expected));
    }
    let spots = pair.report.lesions.iter().filter(|l| l.kind == LesionKind::Spot);
    assert!(spots.map(|l| l.size_class).all(|class| class.is_none()));
    let unknown =
        analyzer().measure_photo(&photo("before", &pair.before.rgb), &Options::default()).unwrap().report;
    let unknown = classes(&unknown);
    assert!(!unknown.is_empty() && unknown.iter().all(|told| *told == (None, None)), "{unknown:?}");
}
