//! How much memory photographs take, and that many pairs take no more than few.

use std::path::Path;

use dermetric::phantom::{DemoOptions, demo_pair};
use serde_json::Value;

use crate::common::{Folder, Run, batches};

/// Bytes for each pixel of the photographs of a pair, and whatever their size.
const BYTES_PER_PIXEL: f64 = 60.0;
const WHATEVER_THE_SIZE: f64 = 150e6;

/// The most memory that a run with `--profile` ever held, in bytes; `None` where the system does not tell.
fn peak(run: &Run) -> Option<f64> {
    let line = run.stderr.lines().find(|line| line.starts_with("whole "))?;
    let megabytes = line.split("peak memory ").nth(1)?.strip_suffix(" MB")?;
    Some(1e6 * megabytes.parse::<f64>().expect("megabytes"))
}

/// Two pairs of 3 MP in a folder, and the pixels of one of them.
fn pairs(folder: &Folder) -> f64 {
    let demo = DemoOptions { size_mm: [105.0, 72.0], px_per_mm: 20.0, ..DemoOptions::default() };
    let pair = demo_pair(&demo).unwrap();
    // Another quality makes another file: copies would be told.
    for (name, quality) in [("A", 95), ("B", 94)] {
        folder.write(&format!("in/{name}_before.jpg"), pair.before.rgb.jpeg(quality).unwrap());
        folder.write(&format!("in/{name}_after.jpg"), pair.after.rgb.jpeg(quality).unwrap());
    }
    2.0 * pair.before.rgb.size().area() as f64
}

/// Pairs stay within what is told of one, where there is no more: the second waits, and uses again what the first held. A pair is
/// refused, before it is decoded, where what is told of it is more than there may be.
#[test]
fn pairs_stay_within_the_bound_of_one() {
    let folder = Folder::new();
    let bound = BYTES_PER_PIXEL * pairs(&folder) + WHATEVER_THE_SIZE;
    let batch = |out: &str, limit: f64| {
        let limit = format!("{limit:.0}");
        // A driver that is only looked at holds memory too.
        let more = ["--jobs", "2", "--max-memory", &limit, "--mm-per-px", "0.05", "--profile"];
        batches::batch(&folder, &folder.at(out), &more)
    };
    let run = batch("within", 1.1 * bound);
    assert_eq!(run.status, Some(0), "{}", run.stderr);
    assert_eq!(batches::reports(&folder.at("within")).len(), 2);
    if let Some(peak) = peak(&run) {
        assert!(peak <= bound, "{:.0} MB of {:.0}\n{}", peak / 1e6, bound / 1e6, run.stderr);
        // Planes of 4 bytes, and a decoded photograph: something was measured.
        assert!(peak > 0.3 * bound, "{:.0} MB of {:.0}", peak / 1e6, bound / 1e6);
    }
    let run = batch("beyond", 0.9 * bound);
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    let line = &run.json_lines()[0];
    assert_eq!((&line["status"], &line["reasons"][0]["code"]), (&"failed".into(), &"memory_limit".into()));
}

/// With memory for one pair at a time, however many may be in flight, all are compared.
#[test]
fn pairs_wait_for_memory() {
    let folder = batches::pairs(4);
    let out = folder.at("out");
    let run = batches::batch(&folder, &out, &["--jobs", "4", "--max-memory", "170M"]);
    assert_eq!(run.status, Some(1), "one is no photograph: {}", run.stderr);
    assert_eq!(batches::reports(&out).len(), 4);
}

/// The peak of a batch of so many pairs.
fn peak_of(pairs: usize) -> f64 {
    let folder = batches::pairs(pairs);
    let out = folder.at("out");
    let run = batches::batch(&folder, &out, &["--jobs", "2", "--quiet", "--profile"]);
    let summary: Value = last(&out);
    assert_eq!(summary["summary"]["failed"], 1, "{}", run.stderr);
    assert_eq!(batches::reports(&out).len(), pairs);
    peak(&run).expect("the system tells")
}

fn last(out: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(out.join("summary.json")).unwrap()).unwrap()
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "takes half an hour: run it with --ignored after memory has changed"]
fn a_thousand_pairs_need_no_more_than_twenty() {
    let (few, many) = (peak_of(20), peak_of(1000));
    println!("20 pairs {:.1} MB, 1000 pairs {:.1} MB", few / 1e6, many / 1e6);
    // What is told of each pair until the end is a line of the summary.
    assert!(many <= 1.01 * few + 1000.0 * 4096.0, "{few} and {many}");
}
