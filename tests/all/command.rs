//! The real binary against bad inputs and wrong usage: exit status, what is said, what is left.

use crate::common::{Folder, Run, command, crc32, dermetric, flat, small_pair, textured};
use dermetric::geometry::Size;
use std::path::Path;

const SIZE: Size = Size::new(96, 80);

/// Measures a file that cannot be measured, alone and as the second of a pair: exit status 1, one
/// line with the name, nothing on stdout, no report.
fn assert_refused(folder: &Folder, name: &str, words: &[&str]) {
    let file = folder.at(name);
    let out = folder.at("out");
    let good = folder.write("good.png", textured(SIZE).png().unwrap());
    let runs: [&[&Path]; 3] = [
        &["measure".as_ref(), &file],
        &["measure".as_ref(), &file, "--out".as_ref(), &out],
        &["compare".as_ref(), &good, &file, "--out".as_ref(), &out],
    ];
    for arguments in runs {
        let run = dermetric(arguments.iter().copied().chain(["--engine".as_ref(), "cpu".as_ref()]));
        assert_eq!(run.status, Some(1), "{name}: {}", run.stderr);
        let line = run.only_line();
        for word in words.iter().chain(&[name, "expected", "found"]) {
            assert!(line.contains(word), "{word:?} in: {line}");
        }
        assert_eq!(run.stdout, "", "{name}");
        assert!(folder.reports().is_empty(), "{name} left a report");
    }
    assert!(!out.exists(), "{name} left a folder");
}

fn assert_usage(run: &Run, words: &[&str]) {
    assert_eq!(run.status, Some(2), "{}", run.stderr);
    for word in words {
        assert!(run.only_line().contains(word), "{word:?} in: {}", run.stderr);
    }
    assert_eq!(run.stdout, "");
}

#[test]
fn files_that_are_no_photograph() {
    let folder = Folder::new();
    folder.write("empty.jpg", b"");
    folder.write("letter.jpg", b"Dear colleague, please find the photographs attached.");
    folder.write("folder.jpg/x", b"");
    folder.write("dot.png", textured(Size::new(1, 1)).png().unwrap());
    assert_refused(&folder, "empty.jpg", &["0 bytes"]);
    assert_refused(&folder, "letter.jpg", &["plain text"]);
    assert_refused(&folder, "folder.jpg", &["a folder"]);
    assert_refused(&folder, "missing.jpg", &["no such file"]);
    assert_refused(&folder, "dot.png", &["at least 64 pixels", "1x1"]);
}

#[test]
fn a_jpeg_cut_anywhere_is_refused() {
    let folder = Folder::new();
    let whole = textured(SIZE).jpeg(90).unwrap();
    for i in 0..20 {
        // From behind the first marker to just before the last.
        let cut = 3 + i * (whole.len() - 5) / 19;
        let name = format!("cut_{i}.jpg");
        let file = folder.write(&name, &whole[..cut]);
        let run = dermetric(["measure".as_ref(), file.as_path(), "--engine".as_ref(), "cpu".as_ref()]);
        assert_eq!(run.status, Some(1), "{cut} of {} bytes: {}", whole.len(), run.stderr);
        let line = run.only_line();
        assert!(line.contains(&name) && line.contains("expected") && line.contains("found"), "{line}");
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn a_huge_header_is_refused_before_memory_is_taken() {
    let folder = Folder::new();
    let mut png = textured(SIZE).png().unwrap();
    png[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    png[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    folder.write("huge.png", png);
    assert_refused(&folder, "huge.png", &["3600000000", "200000000", "--max-pixels"]);
}

#[test]
fn printing_inks_are_refused() {
    let folder = Folder::new();
    let mut cmyk = textured(SIZE).jpeg(90).unwrap();
    let frame = cmyk.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    // One more component in the frame header.
    cmyk.splice(frame + 2..frame + 4, [0, 20]);
    cmyk[frame + 9] = 4;
    cmyk.splice(frame + 19..frame + 19, [4, 0x11, 0]);
    folder.write("print.jpg", cmyk);
    assert_refused(&folder, "print.jpg", &["CMYK"]);
}

#[cfg(unix)]
#[test]
fn a_locked_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let file = folder.write("locked.png", textured(SIZE).png().unwrap());
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&file).is_ok() {
        eprintln!("IGNORED: this user (root?) may read every file");
        return;
    }
    assert_refused(&folder, "locked.png", &["no permission"]);
}

#[test]
fn photographs_without_skin_are_reported_as_refused() {
    let folder = Folder::new();
    for (name, value) in [("black.png", 0), ("white.png", 255)] {
        let file = folder.write(name, flat(SIZE, value).png().unwrap());
        let run = dermetric(["measure".as_ref(), file.as_path(), "--engine".as_ref(), "cpu".as_ref()]);
        assert_eq!(run.status, Some(1), "{}", run.stderr);
        assert!(run.only_line().contains("refused"), "{}", run.stderr);
        let report = run.json();
        assert_eq!(report["status"], "refused");
        assert!(report["reasons"][0]["code"].is_string(), "{report}");
        assert_eq!(report["measures"], serde_json::json!({}));
    }
}

#[test]
fn regions_that_do_not_fit_are_configuration_errors() {
    let folder = Folder::new();
    let [photo, _] = small_pair();
    let photo = folder.write("photo.png", photo);
    folder.write("mask.png", flat(Size::new(10, 10), 255).png().unwrap());
    folder.write("nan.json", b"[[[NaN, 1], [2, 3], [4, 5]]]");
    folder.write("line.json", b"[[[0, 1], [2, 3]]]");
    folder.write("text.json", b"left cheek");
    folder.write("no_mask.png", b"not a picture");
    for (name, words) in [
        ("mask.png", &["10x10", "expected"][..]),
        ("nan.json", &["expected", "found", "line 1"]),
        ("line.json", &["found 2 points, expected at least 3"]),
        ("text.json", &["expected", "found"]),
        ("no_mask.png", &["expected", "found"]),
        ("missing.json", &["cannot be read"]),
    ] {
        for option in ["--region", "--reference"] {
            let region = folder.at(name);
            let out = folder.at("out");
            let arguments: [&Path; 8] = [
                "measure".as_ref(),
                &photo,
                option.as_ref(),
                &region,
                "--engine".as_ref(),
                "cpu".as_ref(),
                "--out".as_ref(),
                &out,
            ];
            let run = dermetric(arguments);
            assert_eq!(run.status, Some(3), "{name}: {}", run.stderr);
            for word in words.iter().chain(&[name]) {
                assert!(run.only_line().contains(word), "{word:?} in: {}", run.stderr);
            }
            assert!(run.stdout.is_empty() && folder.reports().is_empty());
        }
    }
}

#[test]
fn a_file_of_landmarks_that_cannot_be_used_is_named() {
    let folder = Folder::new();
    let photo = folder.write("photo.png", textured(SIZE).png().unwrap());
    folder.write("few.json", r#"{"pairs": [{"before": [1, 2], "after": [3, 4]}]}"#);
    folder.write("other.json", r#"{"points": []}"#);
    for (name, word) in [
        ("few.json", "found 1 landmarks, expected at least 4"),
        ("other.json", "expected {\"pairs\""),
        ("missing.json", "cannot be read"),
    ] {
        let landmarks = folder.at(name);
        let arguments: [&Path; 7] = [
            "compare".as_ref(),
            &photo,
            &photo,
            "--landmarks".as_ref(),
            &landmarks,
            "--engine".as_ref(),
            "cpu".as_ref(),
        ];
        let run = dermetric(arguments);
        assert_eq!(run.status, Some(3), "{name}: {}", run.stderr);
        assert!(run.only_line().contains(word) && run.only_line().contains(name), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn wrong_usage_is_one_line() {
    assert_usage(
        &dermetric(["measure", "a.png", "--mm-per-px", "0"]),
        &["found 0", "expected", "--mm-per-px"],
    );
    assert_usage(&dermetric(["measure", "a.png", "--mm-per-px", "NaN"]), &["found NaN", "expected"]);
    assert_usage(&dermetric(["compare", "a.png"]), &["<AFTER>"]);
    assert_usage(&dermetric(["batch", "."]), &["--out"]);
    assert_usage(&dermetric(["phantom", "--out", "x", "--light", "unknown"]), &["found unknown", "expected"]);
    assert_eq!(dermetric(["--help"]).status, Some(0));
    assert!(dermetric(["--version"]).stdout.contains(env!("CARGO_PKG_VERSION")));
    assert_eq!(dermetric::<&str>([]).status, Some(2));
}

#[test]
fn an_engine_that_is_not_there_is_told() {
    let run = dermetric(["measure", "a.png", "--gpu", "no such adapter"]);
    assert_eq!(run.status, Some(4), "{}", run.stderr);
    assert!(run.only_line().contains("no such adapter") && run.stderr.contains("found"), "{}", run.stderr);
    assert_eq!(run.stdout, "");
}

#[test]
fn an_output_in_the_way_is_told_before_anything_is_measured() {
    let folder = Folder::new();
    let file = folder.write("results", b"a file");
    // The photograph is missing: had it been looked at, the status would be 1.
    let single: [&Path; 4] = ["measure".as_ref(), "missing.png".as_ref(), "--out".as_ref(), &file];
    folder.write("in/A_before.png", b"");
    folder.write("in/A_after.png", b"");
    let (input, below) = (folder.at("in"), file.join("below"));
    let batch: [&Path; 4] = ["batch".as_ref(), &input, "--out".as_ref(), &below];
    let phantom: [&Path; 3] = ["phantom".as_ref(), "--out".as_ref(), &file];
    for run in [dermetric(single), dermetric(batch), dermetric(phantom)] {
        assert_eq!(run.status, Some(6), "{}", run.stderr);
        for word in ["results", "expected a folder", "found"] {
            assert!(run.only_line().contains(word), "{}", run.stderr);
        }
        assert_eq!(run.stdout, "");
    }
    assert_eq!(std::fs::read(file).unwrap(), b"a file");
}

#[test]
fn the_schema_fits_what_is_printed() {
    let schema = dermetric(["schema"]);
    assert_eq!(schema.status, Some(0));
    let validator = jsonschema::validator_for(&schema.json()).unwrap();
    let folder = Folder::new();
    let photo = folder.write("white.png", flat(SIZE, 255).png().unwrap());
    let report = dermetric(["measure".as_ref(), photo.as_path(), "--engine".as_ref(), "cpu".as_ref()]).json();
    let errors: Vec<String> = validator.iter_errors(&report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert!(!validator.is_valid(&serde_json::json!({"status": "ok"})));
}

#[test]
fn completions_and_the_manual_page_print() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = dermetric(["completions", shell]);
        assert_eq!(run.status, Some(0));
        assert!(run.stdout.contains("compare") && run.stdout.contains("dermetric"), "{shell}");
        assert_eq!(run.stderr, "");
    }
    let page = dermetric(["man"]);
    assert_eq!(page.status, Some(0));
    for words in [".TH dermetric", ".SH COMPARE", ".SH CHECK", ".SH BATCH", "dry\\-run", "before\\-repeat"] {
        assert!(page.stdout.contains(words), "{words} in {}", page.stdout);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::Stdio;
    let mut child = command(["schema"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn diagnostics_are_asked_for_by_the_environment() {
    let folder = Folder::new();
    let photo = folder.write("empty.png", b"");
    let with = |filter: &str| {
        let arguments: [&Path; 4] = ["measure".as_ref(), &photo, "--engine".as_ref(), "cpu".as_ref()];
        let output = command(arguments).env("DERMETRIC_LOG", filter).env("NO_COLOR", "1").output();
        output.unwrap()
    };
    let output = with("trace");
    assert_eq!(output.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&output.stderr).contains('\u{1b}'));
    let output = with("dermetric=loudly");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("DERMETRIC_LOG"));
}

/// Vulkan drivers speak on stderr where there is no screen; without a GPU none need be asked.
#[test]
fn a_machine_without_a_gpu_says_nothing_of_one() {
    let gpu = |name: &str| {
        name == "dri" || ["nvidia", "mali", "kgsl", "dxg"].iter().any(|own| name.starts_with(own))
    };
    let devices = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let names: Vec<String> = devices.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if !cfg!(target_os = "linux") || names.iter().any(|name| gpu(name)) {
        eprintln!("IGNORED: needs Linux without a GPU");
        return;
    }
    let folder = Folder::new();
    let file = folder.write("flat.png", flat(SIZE, 90).png().unwrap());
    let mut measure = command([Path::new("measure"), &file]);
    let output = measure.env_remove("NODEVICE_SELECT").env_remove("XDG_RUNTIME_DIR").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), stderr.lines().count()), (Some(1), 1), "{stderr}");
    assert!(stderr.contains("no skin"), "{stderr}");
}
