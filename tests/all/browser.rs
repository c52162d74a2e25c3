//! Pages in a browser: they work at every width, in light and dark, ask the network for nothing, break no policy of their own, and
//! print as they should. `tests/browser` looks closer, by hand.

use std::sync::OnceLock;

use crate::common::browser::Browser;
use crate::common::{Folder, dermetric, small_pair};
use dermetric::analyzer::{Analyzer, Options, Outcome, PairFiles, advice};
use dermetric::engine::EngineChoice;
use dermetric::report::pictures::Drawn;
use dermetric::report::{Warning, page};

const PAIR: &str = include_str!("../browser/inside/pair.js");
const BATCH: &str = include_str!("../browser/inside/batch.js");
const SERIES: &str = include_str!("../browser/inside/series.js");

fn keep(name: &str, html: &str) {
    if let Some(folder) = std::env::var_os("DERMETRIC_KEEP") {
        std::fs::write(std::path::Path::new(&folder).join(name), html).unwrap();
    }
}

/// A pair with the pictures of its page.
fn outcome() -> &'static Outcome {
    static OUTCOME: OnceLock<Outcome> = OnceLock::new();
    OUTCOME.get_or_init(|| {
        let folder = Folder::new();
        let [before, after] = small_pair();
        let files = PairFiles {
            before: folder.write("a.png", before),
            after: folder.write("b.png", after),
            before_repeats: Vec::new(),
            after_repeats: Vec::new(),
        };
        let options = Options {
            mm_per_px_before: Some(0.0833),
            mm_per_px_after: Some(0.0833),
            pictures: true,
            drawn: Drawn { sheets: false, page: true },
            ..Options::default()
        };
        Analyzer::new(&EngineChoice::Cpu, 0).unwrap().compare(&files, &options).unwrap()
    })
}

/// Other skin beside the same skin: the folder of results of a batch with a good and a refused pair, and their names.
fn batch() -> &'static Folder {
    static FOLDER: OnceLock<Folder> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Folder::new();
        let [before, after] = small_pair();
        let other = image::load_from_memory(&before).unwrap().rotate180().fliph().blur(1.0);
        let mut png = std::io::Cursor::new(Vec::new());
        other.write_to(&mut png, image::ImageFormat::Png).unwrap();
        folder.write("in/a.png", before);
        folder.write("in/b.png", after);
        folder.write("in/other.png", png.into_inner());
        folder.write("in/cut.png", b"\x89PNG\r\n\x1a\n");
        let manifest = "pair,before,after,subject,mm_per_px\nfine pair #1,a.png,b.png,S1,0.0833\n\
                        refused,a.png,other.png,S2,0.0833\nfailed,cut.png,b.png,S3,0.0833\n";
        let manifest = folder.write("in/pairs.csv", manifest);
        let out = folder.at("out");
        let arguments = ["batch".as_ref(), manifest.as_os_str(), "--out".as_ref(), out.as_os_str()];
        let run = dermetric(
            arguments.into_iter().chain(["--html", "--engine", "cpu", "--quiet"].map(AsRef::as_ref)),
        );
        assert_eq!(run.status, Some(1), "{}", run.stderr);
        folder
    })
}

fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.at(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

#[test]
fn every_pair_of_a_batch_stands_on_one_page_that_leads_to_its_own() {
    let folder = batch();
    let html = read(folder, "out/index.html");
    keep("index.html", &html);
    for link in html.split(" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let file = link.replace("%20", " ").replace("%23", "#");
        assert!(file.starts_with('#') || folder.at("out").join(&file).is_file(), "{link} leads to a page");
    }
    assert!(html.contains("fine%20pair%20%231/report.html") && html.contains("refused/report.html"));
    let order =
        ["failed", "refused", "ok"].map(|outcome| html.find(&format!("<tr data-q=\"{outcome}\"")).unwrap());
    assert!(order.is_sorted(), "the worst first: {order:?}");
    assert!(!html.contains(&folder.path().display().to_string()), "folders stay where they are");
}

#[test]
fn a_batch_that_is_run_again_or_without_the_page_tells_the_truth() {
    let folder = Folder::new();
    let [before, after] = small_pair();
    for (name, bytes) in [("a_before.png", &before), ("a_after.png", &after)] {
        folder.write(&format!("in/{name}"), bytes);
    }
    let out = folder.at("out");
    let run = |more: &[&str]| {
        let input = folder.at("in");
        let arguments = ["batch".as_ref(), input.as_os_str(), "--out".as_ref(), out.as_os_str()];
        let common = ["--engine", "cpu", "--quiet"].iter().chain(more).map(AsRef::as_ref);
        let run = dermetric(arguments.into_iter().chain(common));
        assert_eq!(run.status, Some(0), "{}", run.stderr);
    };
    let page = || std::fs::read_to_string(out.join("index.html")).ok();
    run(&["--html"]);
    let first = page().unwrap();
    // Kept pairs are listed as those that were measured.
    run(&["--html"]);
    assert_eq!(page().unwrap(), first);
    // A page of an earlier run would tell something else.
    run(&["--force"]);
    assert_eq!(page(), None);
    // Parts that are made one have theirs.
    let input = folder.at("in");
    let merged = dermetric([
        "merge".as_ref(),
        input.as_os_str(),
        "--out".as_ref(),
        out.as_os_str(),
        "--html".as_ref(),
        "--quiet".as_ref(),
    ]);
    assert_eq!(merged.status, Some(0), "{}", merged.stderr);
    assert!(page().unwrap().contains("a/report.json"), "without pages, reports are led to");
}

#[test]
fn the_page_of_a_batch_sorts_searches_and_filters() {
    let Some(browser) = Browser::find() else { return };
    let html = read(batch(), "out/index.html");
    // Six hundred pairs of two: every other refused, changes as they come.
    let rows: Vec<&str> = html.split("<tr data-q=\"").skip(1).collect();
    let row = |outcome: &str| {
        let found = rows.iter().find(|row| row.starts_with(outcome)).unwrap();
        format!("<tr data-q=\"{}</tr>\n", found.split("</tr>").next().unwrap())
    };
    let (good, refused) = (row("ok"), row("refused"));
    let one = |k: usize| {
        let (row, name) = if k < 300 { (&refused, "refused") } else { (&good, "fine pair #1") };
        let mut row = row.replacen(&format!(">{name}<"), &format!(">pair-{:04}<", (7 * k) % 600), 1);
        if k >= 300 {
            // Another verdict and another value in every cell.
            let classes = ["d better", "pd better", "n none", "pi worse", "i worse", "j unmeasured"];
            for (column, class) in classes.iter().cycle().skip(k % 6).take(6).enumerate() {
                let value = (k * (37 + column)) % 101;
                row = row.replacen(
                    "<td class=\"v ",
                    &format!("<td class=\"V {class}\" data-s=\"{value}\" data-was=\""),
                    1,
                );
            }
            row = row.replace("\"V ", "\"v ");
        }
        row.replacen("<td data-s=\"", &format!("<td data-s=\"{k}\" data-was=\""), 1)
    };
    let table: String = (0..600).map(one).collect();
    let from = html.find("<tbody>").unwrap() + "<tbody>".len();
    let to = html.find("</tbody>").unwrap();
    let html = format!("{}\n{table}{}", &html[..from], &html[to..]);
    keep("six_hundred.html", &html);
    browser.check(&html, BATCH);
}

#[test]
fn pages_of_pairs_good_and_refused_work_and_print_on_one_sheet() {
    let Some(browser) = Browser::find() else { return };
    let folder = batch();
    for page in ["out/fine pair #1/report.html", "out/refused/report.html"] {
        let html = read(folder, page);
        browser.check(&html, PAIR);
        assert_eq!(browser.sheets(&html), 1, "{page}");
    }
}

#[test]
fn many_warnings_and_reasons_print_on_one_sheet_too() {
    let Some(browser) = Browser::find() else { return };
    let Outcome { report, pictures } = outcome();
    let mut report = report.clone();
    let long = "on this photograph something is not as it should be, which is told in a sentence that is as long as warnings are";
    report.warnings =
        (0..25).map(|k| Warning { code: format!("w{k}"), message: format!("a_{k}.png: {long}") }).collect();
    let message = format!("{long}, in per cent");
    report.reasons = (0..9)
        .map(|k| dermetric::reason::Reason {
            code: "noisy".to_owned(),
            message: message.clone(),
            found: Some(f64::from(k)),
            needed: Some(3.5),
        })
        .collect();
    report.status = dermetric::report::Status::Limited;
    let html = page(&report, pictures, advice).unwrap();
    keep("many_warnings.html", &html);
    // Sentences begin with a capital, where no file stands before them.
    assert_eq!(html.matches(&long[1..]).count(), 34, "all stand on the page");
    assert_eq!(browser.sheets(&html), 1);
}

#[test]
fn the_page_of_one_photograph_works_and_tells_no_change() {
    let folder = Folder::new();
    let photo = folder.write("a.png", &small_pair()[0]);
    let out = folder.at("out");
    let run = dermetric([
        "measure".as_ref(),
        photo.as_os_str(),
        "--out".as_ref(),
        out.as_os_str(),
        "--html".as_ref(),
        "--engine".as_ref(),
        "cpu".as_ref(),
        "--mm-per-px".as_ref(),
        "0.0833".as_ref(),
    ]);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    let html = read(&folder, "out/report.html");
    keep("one.html", &html);
    let report: serde_json::Value = serde_json::from_str(&read(&folder, "out/report.json")).unwrap();
    let value = report["measures"]["redness"]["metrics"]["hemoglobin_mean"]["before"].as_f64().unwrap();
    assert!(html.contains(&format!("<data value=\"{value}\">")), "{value}");
    let main = html.split("<main>").nth(1).unwrap().split("</main>").next().unwrap();
    for word in ["no detectable change", "95 % interval", "data-side=\"after\"", "Why only", ">After"] {
        assert!(!main.contains(word), "{word}");
    }
    let Some(browser) = Browser::find() else { return };
    browser.check(&html, PAIR);
    assert_eq!(browser.sheets(&html), 1);
}

#[test]
fn the_page_of_a_series_shows_every_visit_and_its_curves() {
    let folder = Folder::new();
    let [before, after] = small_pair();
    let soft = image::load_from_memory(&after).unwrap();
    let again = |k: i32| {
        let mut png = std::io::Cursor::new(Vec::new());
        soft.brighten(k).write_to(&mut png, image::ImageFormat::Png).unwrap();
        png.into_inner()
    };
    folder.write("v0.png", &before);
    for day in [3, 10, 31, 60] {
        folder.write(&format!("v{day}.png"), again(day % 4));
    }
    folder.write("v80.png", b"\x89PNG\r\n\x1a\n");
    let manifest = "series,day,photo,mm_per_px,subject,view\nP <1> #2,0,v0.png,0.0833,S<1>,cheek\n\
                    P <1> #2,3,v3.png,,,\nP <1> #2,10,v10.png,,,\nP <1> #2,31,v31.png,,,\nP <1> #2,60,v60.png,,,\n\
                    P <1> #2,80,v80.png,,,\n"
        .replace("P <1> #2", "P-1 #2");
    let manifest = folder.write("visits.csv", manifest);
    let out = folder.at("out");
    let run = |more: &[&str]| {
        let arguments = ["series".as_ref(), manifest.as_os_str(), "--out".as_ref(), out.as_os_str()];
        let common = ["--engine", "cpu", "--quiet"].iter().chain(more).map(AsRef::as_ref);
        let run = dermetric(arguments.into_iter().chain(common));
        assert_eq!(run.status, Some(1), "one cannot be read: {}", run.stderr);
    };
    run(&["--html"]);
    let html = read(&folder, "out/P-1 #2/series.html");
    keep("series.html", &html);
    assert!(html.contains("S&#60;1&#62;") && !html.contains("S<1>"));
    for link in html.split(" href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(link.starts_with('#') || out.join("P-1 #2").join(link).is_file(), "{link} leads to a page");
    }
    // The first visit, and those that could be compared.
    assert_eq!(html.matches("data:image/jpeg;base64,").count(), 5);
    for metadata in ["Exif", "ICC_PROFILE"] {
        assert!(!html.contains(metadata));
    }
    // Kept visits have their pictures still; all of them stand on the page of all pairs too.
    run(&["--html"]);
    assert_eq!(read(&folder, "out/P-1 #2/series.html"), html);
    assert!(read(&folder, "out/index.html").contains("P-1%20%232/day-3/report.html"));
    if let Some(browser) = Browser::find() {
        browser.check(&html, SERIES);
    }
    run(&[]);
    assert!(!out.join("P-1 #2/series.html").exists(), "a page of an earlier run would tell something else");
}
