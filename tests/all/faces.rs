//! Faces photographed twice in one session, neutral and smiling: the head moved, the mouth smiles, the
//! skin is the same. Each is aligned or refused, what compares claims nothing, and no two people compare.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::london_pairs;
use dermetric::analyzer::{Analyzer, Options, PairFiles};
use dermetric::change::Verdict;
use dermetric::engine::EngineChoice;
use dermetric::report::{Report, Status};

/// Share of verdicts on unchanged faces that may claim a change.
const MOST_CLAIMS: f64 = 0.05;
/// Faces of 27 that must compare: of the others, too little can be followed.
const LEAST_COMPARED: usize = 24;

fn name(file: &Path) -> String {
    file.file_stem().unwrap().to_string_lossy().into_owned()
}

fn codes(report: &Report) -> Vec<&str> {
    report.reasons.iter().map(|reason| reason.code.as_str()).collect()
}

/// What is told of a comparison.
fn line(pair: &[PathBuf; 2], report: &Report) -> String {
    let alignment = report.alignment.as_ref();
    format!(
        "{} {}: {:?} {:?}, NCC {:?}, motion {:?}",
        name(&pair[0]),
        name(&pair[1]),
        report.status,
        codes(report),
        alignment.and_then(|a| a.ncc),
        alignment.and_then(|a| a.motion.as_ref()),
    )
}

#[test]
#[ignore = "takes minutes: run it with --ignored after registration, a measure or the prior noise has changed"]
fn everyone_is_aligned_or_refused_and_claims_nothing() {
    let Some(data) = crate::common::shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let (mut compared, mut verdicts, mut claims) = (0, 0, BTreeMap::<String, usize>::new());
    for pair in london_pairs(&data) {
        let files = PairFiles { before: pair[0].clone(), after: pair[1].clone(), ..PairFiles::default() };
        let report = analyzer.compare(&files, &Options::default()).unwrap().report;
        println!("{}", line(&pair, &report));
        assert!(report.status != Status::Refused || !report.reasons.is_empty());
        compared += usize::from(report.status != Status::Refused);
        for (measure, read) in &report.measures {
            for (metric, found) in &read.metrics {
                let Some(verdict) = found.verdict.filter(|v| *v != Verdict::NotMeasurable) else { continue };
                verdicts += 1;
                if verdict.claims_change() {
                    println!("  claims {measure}.{metric}: {:?} %", found.change_percent);
                    *claims.entry(format!("{measure}.{metric}")).or_default() += 1;
                }
            }
        }
    }
    let claimed: usize = claims.values().sum();
    println!("{compared} compared; {claimed} of {verdicts} verdicts claim a change: {claims:?}");
    assert!(compared >= LEAST_COMPARED, "{compared} compared");
    assert!(claimed as f64 <= MOST_CLAIMS * verdicts as f64, "{claimed} of {verdicts}: {claims:?}");
}

#[test]
#[ignore = "takes minutes: run it with --ignored after registration has changed"]
fn no_two_people_compare() {
    let Some(data) = crate::common::shared_data() else { return };
    let analyzer = Analyzer::new(&EngineChoice::Cpu, 0).unwrap();
    let people = london_pairs(&data);
    let passed: Vec<String> = (0..people.len())
        .filter_map(|i| {
            let next = &people[(i + 1) % people.len()];
            let pair = [people[i][0].clone(), next[1].clone()];
            let files = PairFiles { before: pair[0].clone(), after: pair[1].clone(), ..PairFiles::default() };
            let report = analyzer.check_pair(&files, &Options::default()).unwrap();
            println!("{}", line(&pair, &report));
            (report.status != Status::Refused).then(|| line(&pair, &report))
        })
        .collect();
    assert!(passed.is_empty(), "{passed:#?}");
}
