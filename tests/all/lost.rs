//! A device that is lost on the way: what it was at is done again on a fresh one, and comes out the same.

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crate::common::batches::{logged, pairs, results};
use crate::common::{Folder, gpu, small_pair};
use dermetric::analyzer::{Analyzer, Options, PairFiles};
use dermetric::batch::{self, RunOptions};
use dermetric::engine::{Backend, Engine, Gpu};
use dermetric::report::Report;

/// Longer than this beyond what a run and a half-done one take is a hang.
const MOST: Duration = Duration::from_secs(30);

fn compared(analyzer: &Analyzer, files: &PairFiles) -> Report {
    analyzer.compare(files, &Options::default()).unwrap().report
}

fn device(engine: &Engine) -> &Gpu {
    match engine.backend() {
        Backend::Gpu(gpu) => gpu,
        Backend::Cpu(_) => panic!("a CPU has no device"),
    }
}

/// All but the date.
fn undated(report: Report) -> String {
    serde_json::to_string(&Report { created: String::new(), ..report }).unwrap()
}

/// Loses the device at so many submissions, spread over a run, each time on a fresh one.
fn lost_at(count: u64) {
    let Some(engine) = gpu() else { return };
    let analyzer = Analyzer::with_engine(engine).unwrap();
    let folder = Folder::new();
    let [before, after] = small_pair();
    let pair = PairFiles {
        before: folder.write("before.png", before),
        after: folder.write("after.png", after),
        ..PairFiles::default()
    };
    let begun = Instant::now();
    let undisturbed = undated(compared(&analyzer, &pair));
    let usual = begun.elapsed();
    assert!(undisturbed.contains("\"measures\":{\""), "{undisturbed}");
    let submissions = device(&analyzer.engine()).submissions();
    println!("{submissions} submissions in {:.1} s", usual.as_secs_f64());
    assert!(submissions > count);
    for k in 1..=count {
        let at = 1 + (submissions - 1) * (k - 1) / (count - 1).max(1);
        let before = analyzer.engine();
        device(&before).goes_at(device(&before).submissions() + at);
        let begun = Instant::now();
        let found = undated(compared(&analyzer, &pair));
        assert!(found == undisturbed, "lost at submission {at}: {found}");
        assert!(!std::sync::Arc::ptr_eq(&before, &analyzer.engine()), "lost at submission {at}: it was not");
        assert!(begun.elapsed() < MOST + 4 * usual, "lost at submission {at}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_lost_device_costs_time_and_nothing_else() {
    lost_at(3);
}

/// Both pairs in flight lose the device, and go on with one fresh one.
#[test]
fn a_batch_whose_device_goes_midway_comes_to_the_same() {
    let Some(engine) = gpu() else { return };
    let analyzer = Analyzer::with_engine(engine).unwrap();
    let folder = pairs(4);
    let run = |out: &str| {
        let out = folder.at(out);
        let plan = batch::find(&folder.at("in"), Some(&out)).unwrap();
        let common = Options::default();
        let options = RunOptions { common, out: &out, jobs: 2, force: false, shard: None };
        let summary = batch::run(&analyzer, &plan, &options, &AtomicBool::new(false), &mut |_| {}).unwrap();
        assert_eq!((summary.failed, summary.not_run.len()), (1, 0), "{summary}: a photograph cannot be read");
        (results(&out), logged(&out))
    };
    let first = analyzer.engine();
    let undisturbed = run("undisturbed");
    let submissions = device(&first).submissions();
    device(&first).goes_at(submissions + submissions / 2);
    let begun = Instant::now();
    let disturbed = run("disturbed");
    println!("{submissions} submissions, {:.1} s", begun.elapsed().as_secs_f64());
    assert!(!std::sync::Arc::ptr_eq(&first, &analyzer.engine()), "it was not lost");
    assert_eq!(undisturbed.0.keys().filter(|path| path.ends_with("report.json")).count(), 4);
    assert!(disturbed == undisturbed, "{disturbed:?}");
}

#[test]
#[ignore = "takes minutes: run it with --ignored after the engine has changed"]
fn a_device_may_go_at_any_of_a_hundred_submissions() {
    lost_at(100);
}
