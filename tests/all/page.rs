//! The page of a pair: one file that asks the network for nothing, says what the report says, and shows what strangers named
//! as text.

use crate::common::{Folder, dermetric, small_pair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::OnceLock;

/// A name that would be markup, where file systems allow it.
#[cfg(unix)]
const HOSTILE: &str = "<script>alert(1)<'\"&b>.png";
#[cfg(not(unix))]
const HOSTILE: &str = "'&amp;b.png";
const SUBJECT: &str = "<script>alert('subject')</script>";

/// A pair of a batch with hostile names, its page and its report; and a refused one.
struct Pages {
    folder: Folder,
    page: String,
    report: Value,
    refused: String,
}

fn pages() -> &'static Pages {
    static PAGES: OnceLock<Pages> = OnceLock::new();
    PAGES.get_or_init(|| {
        let folder = Folder::new();
        let [before, after] = small_pair();
        folder.write(&format!("photos/{HOSTILE}"), &before);
        folder.write("photos/after.png", &after);
        // Half of the skin, mirrored: other skin.
        let other = image::load_from_memory(&before).unwrap().rotate180().fliph().blur(1.0);
        let mut png = std::io::Cursor::new(Vec::new());
        other.write_to(&mut png, image::ImageFormat::Png).unwrap();
        folder.write("photos/other.png", png.into_inner());
        let mut manifest = csv::Writer::from_writer(Vec::new());
        for row in [
            ["pair", "before", "after", "subject", "view", "mm_per_px"],
            ["good", HOSTILE, "after.png", SUBJECT, "\"cheek\" & <b>chin</b>", "0.0833"],
            ["refused", HOSTILE, "other.png", SUBJECT, "", "0.0833"],
        ] {
            manifest.write_record(row).unwrap();
        }
        let manifest = folder.write("photos/pairs.csv", manifest.into_inner().unwrap());
        let out = folder.at("out");
        let run = dermetric([
            "batch".as_ref(),
            manifest.as_os_str(),
            "--out".as_ref(),
            out.as_os_str(),
            "--html".as_ref(),
            "--csv".as_ref(),
            "--engine".as_ref(),
            "cpu".as_ref(),
        ]);
        assert_eq!(run.status, Some(1), "one is refused: {}{}", run.stdout, run.stderr);
        let text = |name: &str| std::fs::read_to_string(folder.at(name)).unwrap();
        let (page, refused) = (text("out/good/report.html"), text("out/refused/report.html"));
        if let Some(keep) = std::env::var_os("DERMETRIC_KEEP") {
            let keep = std::path::PathBuf::from(keep);
            std::fs::write(keep.join("report.html"), &page).unwrap();
            std::fs::write(keep.join("refused.html"), &refused).unwrap();
        }
        let report = serde_json::from_str(&text("out/good/report.json")).unwrap();
        Pages { folder, page, report, refused }
    })
}

/// What stands between two marks, the first time.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap_or_else(|| panic!("no {start}")) + start.len();
    &text[from..from + text[from..].find(end).unwrap_or_else(|| panic!("no {end} after {start}"))]
}

/// The page without its style and script.
fn markup(page: &str) -> String {
    let without = |text: &str, tag: &str| {
        let inside = between(text, &format!("<{tag}>"), &format!("</{tag}>")).to_owned();
        text.replacen(&inside, "", 1)
    };
    without(&without(page, "style"), "script")
}

#[test]
fn every_tag_is_closed_and_every_name_is_unique() {
    const VOID: [&str; 4] = ["meta", "input", "img", "br"];
    for page in [&pages().page, &pages().refused] {
        let text = markup(page);
        let mut open: Vec<&str> = Vec::new();
        let mut rest = text.strip_prefix("<!doctype html>").expect("a doctype");
        while let Some(at) = rest.find('<') {
            let tag = &rest[at + 1..];
            // Attributes hold no `>`: it is escaped.
            let end = tag.find('>').expect("a tag ends");
            let inside = &tag[..end];
            assert_eq!(
                inside.matches('"').count() % 2,
                0,
                "quotes of <{}>",
                &inside[..inside.len().min(200)]
            );
            let name = inside.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
            if inside.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "in <{inside}>");
            } else if !inside.ends_with('/') && !VOID.contains(&name) {
                open.push(name);
            }
            rest = &tag[end + 1..];
        }
        assert!(open.is_empty(), "left open: {open:?}");
        let ids: Vec<&str> = text.split(" id=\"").skip(1).map(|t| t.split('"').next().unwrap()).collect();
        let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
        assert!(ids.len() > 3 && unique.len() == ids.len(), "{ids:?}");
    }
}

#[test]
fn nothing_is_fetched_and_only_its_own_script_may_run() {
    for page in [&pages().page, &pages().refused] {
        let text = markup(page);
        for attribute in ["src=\"", "href=\"", "action=\"", "srcset=\"", "poster=\""] {
            for value in text.split(attribute).skip(1) {
                let value = value.split('"').next().unwrap();
                assert!(
                    value.starts_with("data:image/") || value.starts_with('#'),
                    "{}",
                    &value[..value.len().min(80)]
                );
            }
        }
        let style = between(page, "<style>", "</style>");
        let script = between(page, "<script>", "</script>");
        let urls: Vec<&str> = text.split("url(").skip(1).filter(|url| !url.starts_with('#')).collect();
        assert!(urls.is_empty() && !style.contains("url(") && !style.contains("@import"));
        for word in ["http:", "https:", "fetch(", "XMLHttpRequest", "import(", "WebSocket", "eval("] {
            assert!(!script.contains(word) && !style.contains(word), "{word}");
        }
        let policy = between(page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        // Askama writes an apostrophe of the template as it is.
        assert!(policy.starts_with("default-src 'none'; img-src data:;"), "{policy}");
        let unescaped = policy.replace("&#43;", "+").replace("&#61;", "=");
        assert!(unescaped.contains(&format!("script-src {}", hash(script))), "{policy}");
        assert!(unescaped.contains(&format!("style-src {}", hash(style))), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        // What stands in attributes would need another policy.
        assert!(!text.contains(" style=\"") && !text.contains(" onclick") && !text.contains(" onload"));
        assert_eq!(page.matches("<script").count(), 1);
    }
}

#[test]
fn names_are_text() {
    for page in [&pages().page, &pages().refused] {
        assert!(!page.contains("<script>alert") && !page.contains("alert('subject')"));
        assert!(page.contains("alert(&#39;subject&#39;)"), "the subject is told");
    }
    assert!(!pages().page.contains("<b>chin") && pages().page.contains("&#60;b&#62;chin"));
    // Folders stay where they are.
    let folder = pages().folder.path().display().to_string();
    assert!(!pages().page.contains(&folder) && !pages().refused.contains(&folder));
}

#[test]
fn every_primary_metric_is_told_with_the_numbers_of_the_report() {
    let Pages { page, report, .. } = pages();
    let mut primary = 0;
    for (measure, read) in report["measures"].as_object().unwrap() {
        for (name, metric) in read["metrics"].as_object().unwrap() {
            if metric["primary"] != true {
                continue;
            }
            primary += 1;
            let key = format!("data-metric=\"{measure}.{name}\"");
            assert_eq!(page.matches(&key).count(), 2, "a finding and a row: {key}");
            let row = between(page, &format!("<tr {key}"), "</tr>");
            for number in ["before", "after", "change", "smallest_detectable_change"] {
                if let Some(value) = metric[number].as_f64() {
                    assert!(row.contains(&format!("<data value=\"{value}\">")), "{number} {value} in {row}");
                }
            }
            let held_back = metric["verdict"] == "not_measurable" && metric["change"].is_number();
            let words = if held_back { "cannot tell" } else { metric["verdict"].as_str().unwrap() };
            let words = words.replace('_', " ");
            assert!(row.contains(&words), "{words} in {row}");
        }
    }
    assert_eq!(primary, 6);
    for lesion in report["lesions"].as_array().unwrap() {
        let kind = lesion["kind"].as_str().unwrap().replace('_', "-");
        assert!(page.contains(&format!("id=\"card-{kind}-{}\"", lesion["id"])), "{lesion}");
    }
    assert!(page.contains("not a medical device") && page.contains("for the eye only"));
    for told in ["kernels_sha256", "version"] {
        assert!(page.contains(report["tool"][told].as_str().unwrap()), "{told}");
    }
    for visit in ["before", "after"] {
        assert!(page.contains(report["photos"][visit][0]["sha256"].as_str().unwrap()));
    }
    for warning in report["warnings"].as_array().unwrap() {
        // As far as the first character that would be written otherwise.
        let message = warning["message"].as_str().unwrap();
        let plain: String = message.chars().rev().take_while(|c| !"<>&'\"".contains(*c)).collect();
        // A sentence begins with a capital.
        let plain: String = plain.chars().rev().skip(1).collect();
        assert!(page.contains(&plain), "{message}");
    }
}

#[test]
fn the_table_has_a_row_for_every_metric_and_a_dictionary_for_every_row() {
    let Pages { folder, report, .. } = pages();
    let read = |name: &str| {
        let mut reader = csv::Reader::from_path(folder.at("out").join(name)).unwrap();
        let rows: Vec<std::collections::BTreeMap<String, String>> =
            reader.deserialize().map(Result::unwrap).collect();
        (reader.headers().unwrap().clone(), rows)
    };
    let (header, rows) = read("metrics.csv");
    let (_, dictionary) = read("dictionary.csv");
    let metrics: usize = (report["measures"].as_object().unwrap().values())
        .map(|measure| measure["metrics"].as_object().unwrap().len())
        .sum();
    assert_eq!(rows.len(), metrics, "the refused pair has none");
    for row in &rows {
        let metric = &report["measures"][&row["measure"]]["metrics"][&row["metric"]];
        let number = |text: &str| text.parse::<f64>().ok();
        for name in ["before", "after", "change", "change_percent", "smallest_detectable_change"] {
            assert_eq!(number(&row[name]), metric[name].as_f64(), "{name} of {row:?}");
        }
        assert_eq!(number(&row["low"]), metric["interval"]["low"].as_f64());
        assert_eq!((&*row["pair"], &*row["subject"]), ("good", SUBJECT));
        assert_eq!(Some(&*row["verdict"]), metric["verdict"].as_str());
        let told = |entry: &&std::collections::BTreeMap<String, String>| {
            entry["kind"] == "metric" && entry["measure"] == row["measure"] && entry["name"] == row["metric"]
        };
        assert!(dictionary.iter().find(told).unwrap()["description"].len() > 20);
    }
    for column in &header {
        let told = |entry: &std::collections::BTreeMap<String, String>| {
            entry["kind"] == "column" && entry["name"] == column
        };
        assert!(dictionary.iter().any(told), "{column}");
    }
}

#[test]
fn a_refused_pair_tells_why_and_what_to_do() {
    let page = &pages().refused;
    assert!(page.contains("cannot be compared") && page.contains("What to do:"), "{}", markup(page));
    assert!(page.contains("found ") && page.contains("needed "));
    assert_eq!(page.matches("data:image/jpeg").count(), 2, "both photographs are shown");
    assert!(!page.contains("data-metric") && !page.contains("class=\"findings\""));
    assert!(page.contains("not a medical device"));
}

#[test]
fn pictures_hold_pixels_and_nothing_else() {
    let text = &pages().page;
    let pictures: Vec<Vec<u8>> = text
        .split(";base64,")
        .skip(1)
        .map(|data| STANDARD.decode(data.split('"').next().unwrap()).unwrap())
        .collect();
    assert!(pictures.len() > 8, "{}", pictures.len());
    for picture in &pictures {
        let image = image::load_from_memory(picture).unwrap();
        assert!(image.width().max(image.height()) <= 1600);
        for metadata in [&b"Exif"[..], b"tEXt", b"iTXt", b"eXIf", b"ICC_PROFILE", b"<x:xmpmeta"] {
            assert!(!picture.windows(metadata.len()).any(|w| w == metadata));
        }
    }
    assert!(text.len() < 3_000_000, "{}", text.len());
}

#[test]
fn the_same_pair_gives_the_same_page_and_without_html_there_is_none() {
    let folder = Folder::new();
    let [before, after] = small_pair();
    let (before, after) = (folder.write("a.png", before), folder.write("b.png", after));
    let compare = |out: &str, more: &[&str]| {
        let out = folder.at(out);
        let arguments = ["compare".as_ref(), before.as_os_str(), after.as_os_str()];
        let common = ["--engine", "cpu", "--mm-per-px", "0.0833", "--out"].map(AsRef::as_ref);
        let more = more.iter().map(AsRef::as_ref);
        let run = dermetric(arguments.into_iter().chain(common).chain([out.as_os_str()]).chain(more));
        assert_eq!(run.status, Some(0), "{}", run.stderr);
        let mut names: Vec<String> = std::fs::read_dir(&out)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    // A date has a line or a sentence of its own.
    let page = |out: &str| {
        let text = std::fs::read_to_string(folder.at(out).join("report.html")).unwrap();
        let report: Value =
            serde_json::from_slice(&std::fs::read(folder.at(out).join("report.json")).unwrap()).unwrap();
        text.replace(report["created"].as_str().unwrap(), "")
    };
    assert_eq!(compare("one", &["--html"]), ["report.html", "report.json"]);
    compare("two", &["--html", "--threads", "1"]);
    assert!(page("one") == page("two"), "the same page");
    // An old page beside a new report would tell something else.
    assert_eq!(compare("one", &[]), ["report.json"]);
    assert!(!compare("three", &["--overlays"]).contains(&"report.html".to_owned()));
    let run = dermetric(["compare", "a.png", "b.png", "--html"]);
    assert_eq!(run.status, Some(2), "a page needs a folder: {}", run.stderr);
}
