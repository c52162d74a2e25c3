//! Many people's reports together: what they come to, checked against numbers made by scipy 1.17 and statsmodels 0.15 from the
//! changes written here.

use crate::common::{Folder, Run, dermetric, photo, small_pair};
use dermetric::analyzer::{Analyzer, Options};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::geometry::Size;
use dermetric::phantom::Rgb8;
use dermetric::reason::Reason;
use dermetric::report::{Report, Status};
use dermetric::study::{Average, By, Study, StudyGroup};

/// Change of ln burden in people 1 to 6 on the cheek, and 1 to 3 on the forehead.
const CHEEK: [f64; 6] = [-0.5, -0.4, -0.3, -0.6, -0.2, 0.05];
const FOREHEAD: [f64; 3] = [-0.3, -0.2, -0.1];
/// Smallest detectable change on the same axis.
const SMALLEST: f64 = 0.25;

/// A real report, of which copies are made.
fn template() -> Report {
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let [before, after] = small_pair().map(|png| {
        let picture = image::load_from_memory(&png).unwrap().into_rgb8();
        let size = Size::new(picture.width(), picture.height());
        photo("photograph", &Rgb8::new(size, picture.into_raw()).unwrap())
    });
    let options = Options { mm_per_px_before: Some(1.0 / 12.0), ..Options::default() };
    analyzer.compare_photos(&[before], &[after], &options).unwrap().report
}

fn of_person(template: &Report, person: usize, site: &str, day: i32, delta: f64) -> Report {
    let mut report = template.clone();
    report.subject = Some(format!("person {person}"));
    report.view = Some(site.to_owned());
    report.visit.after_day = Some(day);
    report.photos.before[0].sha256 = format!("{person}{site}");
    report.photos.after[0].sha256 = format!("{person}{site}{day}");
    let tone = report.measures.get_mut("tone").unwrap();
    tone.metrics.get_mut("ita_deg").unwrap().before = Some(if person <= 3 { 50.0 } else { 20.0 });
    let pigment = report.measures.get_mut("pigment").unwrap();
    let burden = pigment.metrics.get_mut("burden").unwrap();
    (burden.before, burden.after) = (Some(4.0), Some(4.0 * delta.exp()));
    burden.smallest_detectable_change = Some(4.0 * SMALLEST.exp_m1());
    burden.verdict = Some(Verdict::ProbablyDecreased);
    // One that changed in nobody on average.
    let scars = report.measures.get_mut("scars").unwrap();
    let relief = scars.metrics.get_mut("relief_contrast").unwrap();
    let delta: f64 = if person.is_multiple_of(2) { 0.1 } else { -0.1 };
    (relief.before, relief.after) = (Some(10.0), Some(10.0 * delta.exp()));
    report
}

/// The folder of a batch, with some that do not count.
fn folder() -> Folder {
    let folder = Folder::new();
    let template = template();
    let write = |pair: &str, report: &Report| {
        folder.write(&format!("{pair}/report.json"), serde_json::to_string(report).unwrap());
    };
    for (site, deltas) in [("cheek <left>", &CHEEK[..]), ("forehead", &FOREHEAD[..])] {
        for (person, &delta) in (1..).zip(deltas) {
            write(&format!("{site}/{person}"), &of_person(&template, person, site, 40, delta));
        }
    }
    write("earlier", &of_person(&template, 1, "cheek <left>", 10, 3.0));
    write("twice", &of_person(&template, 2, "forehead", 40, -0.2));
    let mut refused = of_person(&template, 9, "forehead", 40, 1.0);
    refused.status = Status::Refused;
    refused.reasons = vec![Reason::new("low_overlap", "the photographs do not overlap")];
    refused.measures.clear();
    write("refused", &refused);
    let mut single = of_person(&template, 8, "forehead", 40, 1.0);
    single.photos.after.clear();
    write("single", &single);
    let mut older = of_person(&template, 6, "forehead", 40, 0.5);
    let scars = older.measures.get_mut("scars").unwrap();
    scars.metrics.get_mut("relief_contrast").unwrap().definition = 0;
    write("older", &older);
    let mut same = of_person(&template, 7, "forehead", 40, 0.0);
    same.reasons = vec![Reason::new("same_photograph", "before and after are one file")];
    write("same", &same);
    folder
}

fn run(folder: &Folder, more: &[&str]) -> Run {
    let path = folder.path().to_str().unwrap();
    dermetric(["study", path].iter().chain(more))
}

fn near(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() < 1e-4 * expected.abs())
}

#[test]
fn a_study_is_what_statistics_make_of_its_pairs() {
    let folder = folder();
    let ran = run(&folder, &[]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let study: Study = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((study.pairs, study.people), (9, 6));
    let groups: Vec<(By, &str, usize)> =
        study.groups.iter().map(|g| (g.by, g.name.as_str(), g.people)).collect();
    let expected = [
        (By::All, "all", 6),
        (By::Site, "cheek <left>", 6),
        (By::Site, "forehead", 3),
        (By::Skin, "light", 3),
        (By::Skin, "tan", 3),
    ];
    assert_eq!(groups, expected);
    let burden = |group: &StudyGroup| group.metrics["pigment.burden"].clone();
    // Both sites of one person are one change.
    let all = burden(&study.groups[0]);
    assert_eq!((all.people, all.pairs, all.in_percent, all.primary), (6, 9, true, true));
    assert!(near(Some(all.mean_change), -24.04279), "{all:?}");
    assert!(near(all.low, -39.608_41) && near(all.high, -4.465_21) && near(all.p, 0.027_387_6), "{all:?}");
    assert_eq!((all.responders.of, all.responders.fell, all.responders.rose), (9, 5, 0));
    assert!(near(all.responders.percent, 500.0 / 9.0) && all.responders.low.is_none(), "{all:?}");
    assert_eq!(all.verdicts[&Verdict::ProbablyDecreased], 9);
    let cheek = burden(&study.groups[1]);
    assert!(near(cheek.low, -43.351_33) && near(cheek.high, -7.845_01), "{cheek:?}");
    let responders = &cheek.responders;
    assert_eq!((responders.of, responders.fell), (6, 4));
    assert!(near(responders.low, 22.277_8) && near(responders.high, 95.672_8), "{responders:?}");
    // Relief's p alone is larger: by Holm, this one is doubled.
    assert!(near(all.p_adjusted, 2.0 * 0.027_387_6), "{all:?}");
    assert!(study.groups[0].metrics.values().all(|o| o.primary == o.p_adjusted.is_some()));
    let unused: Vec<(&str, &str)> =
        study.unused.iter().map(|u| (u.pair.as_str(), u.reason.code.as_str())).collect();
    let expected = [
        ("older", "other_definition"),
        ("refused", "refused"),
        ("same", "same_photograph"),
        ("single", "no_pair"),
        ("twice", "counted_already"),
        ("earlier", "later_visit_counts"),
    ];
    assert_eq!(unused, expected);
    let older = &study.unused[0].reason;
    assert!(
        older.message.contains("scars.relief_contrast") && older.message.contains("measure again"),
        "{older}"
    );
}

/// Six people: one lost all, one is too uncertain, and one has no value after.
#[test]
fn who_lost_all_counts_and_so_does_what_is_too_uncertain() {
    let folder = Folder::new();
    let template = template();
    for (person, left) in [(1, 0.0), (2, 0.5), (3, 0.6), (4, 0.4), (5, 0.5), (6, 0.5)] {
        let mut report = of_person(&template, person, "cheek", 40, 0.0);
        let pigment = report.measures.get_mut("pigment").unwrap();
        let burden = pigment.metrics.get_mut("burden").unwrap();
        burden.after = Some(4.0 * left);
        if person == 5 {
            burden.verdict = Some(Verdict::NotMeasurable);
            burden.reason = Some(Reason::new("too_uncertain", "a test"));
            burden.smallest_detectable_change = Some(5.0);
        }
        if person == 6 {
            (burden.after, burden.verdict) = (None, Some(Verdict::NotMeasurable));
        }
        folder.write(&format!("{person}/report.json"), serde_json::to_string(&report).unwrap());
    }
    let ran = run(&folder, &[]);
    assert_eq!(ran.status, Some(0), "{}", ran.stderr);
    let study: Study = serde_json::from_str(&ran.stdout).unwrap();
    let burden = &study.groups[0].metrics["pigment.burden"];
    assert_eq!((burden.people, burden.pairs, burden.average), (5, 5, Average::RatioOfMeans));
    // 0, 2, 2.4, 1.6 and 2 of 4 each: 8 of 20 are left.
    assert!(near(Some(burden.mean_change), -60.0), "{burden:?}");
    assert!(burden.low.unwrap() >= -100.0 && burden.high.unwrap() < 0.0, "{burden:?}");
    assert_eq!((burden.responders.of, burden.responders.fell), (5, 4), "{burden:?}");
    assert_eq!(study.groups[0].metrics["scars.relief_contrast"].average, Average::Logarithm);
}

#[test]
fn a_study_is_written_as_json_table_picture_and_page() {
    let (folder, out) = (folder(), Folder::new());
    let ran = run(&folder, &["--out", out.path().to_str().unwrap()]);
    assert_eq!((ran.status, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let text = |name: &str| std::fs::read_to_string(out.at(name)).unwrap();
    let study: Study = serde_json::from_str(&text("study.json")).unwrap();
    let mut rows = csv::Reader::from_path(out.at("study.csv")).unwrap();
    let header = rows.headers().unwrap().clone();
    let at = |name: &str| header.iter().position(|column| column == name).unwrap();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), study.groups.iter().map(|group| group.metrics.len()).sum::<usize>());
    let burden = rows.iter().find(|row| &row[at("by")] == "all" && &row[at("metric")] == "burden").unwrap();
    assert_eq!((&burden[at("people")], &burden[at("fell")], &burden[at("in_percent")]), ("6", "5", "true"));
    assert!(near(burden[at("mean_change")].parse().ok(), -24.04279));
    let (svg, html) = (text("forest.svg"), text("study.html"));
    for page in [&svg, &html] {
        assert!(page.contains("cheek &lt;left&gt;") && !page.contains("<left>"), "names are text");
    }
    assert!(html.contains("Pigment burden") && html.contains("no change shown on average: -24 %"), "{html}");
    assert!(html.contains("Line contrast") && html.contains("fell by 14 % on average"), "{html}");
    assert!(html.contains("5 of 9 better") && html.contains("not a medical device"), "{html}");
    // Nothing is fetched.
    let addresses = |start: &str| html.matches(start).count();
    assert_eq!(addresses("http"), addresses("http://www.w3.org/2000/svg") + addresses("http-equiv"));
    if let Some(keep) = std::env::var_os("DERMETRIC_KEEP") {
        let keep = std::path::PathBuf::from(keep);
        for name in ["forest.svg", "study.html", "study.csv", "study.json"] {
            std::fs::copy(out.at(name), keep.join(name)).unwrap();
        }
    }
}

#[test]
fn what_cannot_be_a_study_is_said() {
    let empty = Folder::new();
    let ran = run(&empty, &[]);
    assert_eq!(ran.status, Some(3));
    assert!(ran.only_line().contains("expected reports of pairs"), "{}", ran.stderr);
    empty.write("pair/report.json", b"{\"status\": \"ok\"}");
    let ran = run(&empty, &[]);
    assert_eq!(ran.status, Some(1));
    assert!(
        ran.stderr.contains("not counted: pair: report.json is no report of this version"),
        "{}",
        ran.stderr
    );
    let study: Study = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((study.pairs, study.unused[0].reason.code.as_str()), (0, "unreadable_report"));
    let ran = dermetric(["study", "/nowhere/at/all"]);
    assert_eq!(ran.status, Some(3));
    assert!(ran.only_line().contains("expected a folder of reports"), "{}", ran.stderr);
}
