//! The same photographs give the same bytes, however often and with however many threads.

use crate::common::gpu;
use crate::common::subject::{Subject, phantom_pair};
use dermetric::analyzer::Analyzer;
use dermetric::engine::EngineChoice;

/// A report's bytes without its date.
fn bytes(subject: &Subject, analyzer: Analyzer) -> String {
    let mut report = subject.read(analyzer);
    assert!(!report.measures.is_empty(), "{:?}", report.reasons);
    report.created.clear();
    serde_json::to_string_pretty(&report).unwrap()
}

#[test]
fn runs_on_the_cpu_are_the_same() {
    same_on_the_cpu(4);
}

#[test]
#[ignore = "takes a minute, and more of the same"]
fn ten_runs_on_the_cpu_are_the_same() {
    same_on_the_cpu(10);
}

fn same_on_the_cpu(runs: usize) {
    let subject = phantom_pair();
    let run = |threads| bytes(&subject, Analyzer::new(&EngineChoice::Cpu, threads).unwrap());
    let first = run(1);
    for i in 1..runs {
        let threads = 1 + i % 2;
        assert!(run(threads) == first, "run {i}, with {threads} threads, differs from the first");
    }
}

#[test]
fn two_runs_on_a_gpu_are_the_same() {
    let Some(engine) = gpu() else { return };
    let subject = phantom_pair();
    let first = bytes(&subject, Analyzer::with_engine(engine).unwrap());
    let again = bytes(&subject, Analyzer::with_engine(gpu().unwrap()).unwrap());
    assert!(first == again, "{first}\n{again}");
}
