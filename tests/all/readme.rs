//! The README against the program: its table of metrics and its command lines.

use clap::Parser;
use dermetric::measure::{ALL, Better, MetricDef};

const README: &str = include_str!("../../README.md");
const START: &str = "<!-- metrics: tests/all/readme.rs prints this table -->\n";
const END: &str = "<!-- end of metrics -->";

/// The table as the definitions have it.
fn table() -> String {
    let mut out = String::from("\n| measure | metrics |\n|---|---|\n");
    for measure in ALL {
        let metrics: Vec<String> = measure.metrics.iter().map(words).collect();
        out.push_str(&format!("| {} `{}` | {} |\n", measure.label, measure.name, metrics.join(", ")));
    }
    out.push('\n');
    out
}

fn words(metric: &MetricDef) -> String {
    let stars = if metric.primary { "**" } else { "" };
    let arrow = match metric.better {
        Better::Lower => "↓",
        Better::Higher => "↑",
        Better::Neither => "",
    };
    let text = format!("{stars}`{}`{stars} {} {arrow}", metric.name, metric.unit);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_table_of_metrics_is_the_programs_own() {
    let (_, rest) = README.split_once(START).expect("the README has a place for the table");
    let (found, _) = rest.split_once(END).expect("the table ends");
    let expected = table();
    assert!(found == expected, "the README's table should be\n\n{expected}\nbut is\n\n{found}");
}

#[test]
fn the_command_lines_are_understood() {
    let lines: Vec<&str> = README
        .lines()
        .flat_map(|line| line.split("&&"))
        .filter_map(|part| part.trim().strip_prefix("cargo run --release -- "))
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for line in lines {
        let words = std::iter::once("dermetric").chain(line.split_whitespace());
        dermetric::cli::Arguments::try_parse_from(words).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
    assert!(README.contains("\ntests/run\n"), "the test command");
}

#[test]
fn the_manifest_columns_are_told() {
    for column in ["pair", "subject", "view", "days", "mm_per_px", "region", "reference", "before_repeat"] {
        assert!(README.contains(&format!("`{column}`")), "{column}");
    }
}

#[test]
fn no_two_metrics_share_a_label() {
    let mut labels = std::collections::BTreeSet::new();
    for measure in ALL {
        assert!(labels.insert(measure.label), "{}", measure.label);
    }
    for metric in ALL.iter().flat_map(|measure| measure.metrics) {
        assert!(labels.insert(metric.label), "{}: {}", metric.name, metric.label);
        assert!(metric.label.chars().count() <= 46, "{} is too long for a line", metric.label);
    }
}
