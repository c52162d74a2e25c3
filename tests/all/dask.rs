//! Beyond one machine: a batch that `examples/dask_batch.py` divides between worker processes, some of which are killed while they
//! are at work, comes to what one machine writes.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::batches::{batch, logged, pairs, reports};
use crate::common::python_with;
use rand::{RngExt, SeedableRng};

/// Longer than this, and the driver hangs.
const MOST: Duration = Duration::from_secs(1800);

/// Workers in the midst of a part, some of whose pairs are done. The log of a part tells them: each of its tries begins with the
/// worker and ends with an exit status.
fn at_work(out: &Path) -> BTreeSet<u32> {
    let worker = |log: &Path| -> Option<u32> {
        let part = log.file_name()?.to_str()?.strip_prefix("part-")?.strip_suffix(".log")?;
        let done = std::fs::metadata(out.join(format!("run-{part}.jsonl"))).ok()?.len() > 0;
        let text = std::fs::read_to_string(log).ok().filter(|_| done)?;
        let marks = |line: &&str| line.starts_with("worker ") || line.starts_with("exit status ");
        text.lines().rev().find(marks)?.strip_prefix("worker ")?.split(' ').next()?.parse().ok()
    };
    // Before the driver has begun, there is no folder.
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    entries.filter_map(|entry| worker(&entry.path())).collect()
}

/// Ends a process at once. Whether it was there.
fn kill(pid: u32) -> bool {
    // Every shell has `kill` built in; as a program of its own it need not be there.
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("kill -KILL {pid}")]).stderr(Stdio::null());
    shell.status().unwrap().success()
}

/// So many pairs in so many parts, compared by four workers, of which at most so many are killed with a pause before each.
fn killed_workers(count: usize, parts: &str, kills: usize, pause_ms: Range<u64>) {
    let Some(python) = python_with("dask.distributed") else { return };
    let folder = pairs(count);
    let [whole, out, printed, said] = ["whole", "out", "printed", "said"].map(|name| folder.at(name));
    let one = batch(&folder, &whole, &["--quiet"]);
    let mut driver = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/dask_batch.py"))
        .arg(folder.at("in"))
        .arg("--out")
        .arg(&out)
        .args(["--workers", "4", "--parts", parts, "--dermetric", env!("CARGO_BIN_EXE_dermetric")])
        .args(["--", "--engine", "cpu"])
        .env_remove("DERMETRIC_LOG")
        .env("TMPDIR", folder.path())
        .stdin(Stdio::null())
        // Files, not pipes: nobody reads before the end.
        .stdout(File::create(&printed).unwrap())
        .stderr(File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let text = |path: &Path| std::fs::read_to_string(path).unwrap();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(4);
    let mut killed = BTreeSet::new();
    let begun = Instant::now();
    let ended = loop {
        if let Some(ended) = driver.try_wait().unwrap() {
            break ended;
        }
        if begun.elapsed() > MOST {
            driver.kill().unwrap();
            panic!("expected an end within {MOST:?}, found none: {}", text(&said));
        }
        std::thread::sleep(Duration::from_millis(rng.random_range(pause_ms.clone())));
        let left: Vec<u32> = at_work(&out).difference(&killed).copied().collect();
        if killed.len() < kills && !left.is_empty() {
            let pid = left[rng.random_range(0..left.len())];
            if kill(pid) {
                killed.insert(pid);
            }
        }
    };
    println!("{} workers killed, {:.1} s", killed.len(), begun.elapsed().as_secs_f64());
    // A fast machine may be done before the last is due.
    assert!(!killed.is_empty(), "{}", text(&said));
    assert_eq!((ended.code(), text(&printed)), (one.status, one.stdout), "{}", text(&said));
    let summary = |out: &Path| std::fs::read_to_string(out.join("summary.json")).unwrap();
    assert_eq!(summary(&out), summary(&whole));
    assert_eq!(reports(&out).len(), count);
    assert!(reports(&out) == reports(&whole), "reports differ");
    // Each was measured once; but for those in flight, whose report may have been written before its line.
    let mut names = logged(&out);
    names.retain(|name| name != "Q");
    names.sort();
    assert!(names.windows(2).all(|two| two[0] != two[1]), "{names:?}");
    assert!(names.len() + kills >= count, "{names:?}");
}

#[test]
fn workers_that_are_killed_cost_nothing() {
    killed_workers(12, "4", 3, 20..120);
}

#[test]
#[ignore = "takes minutes: run it with --ignored after examples/dask_batch.py, writing or resuming has changed"]
fn three_hundred_pairs_and_ten_killed_workers() {
    killed_workers(300, "16", 10, 500..1500);
}
