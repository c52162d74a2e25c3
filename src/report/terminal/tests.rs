use super::*;
use crate::change::{AllowanceSource, Verdict};
use crate::measure;
use crate::report::{Allowance, ChangeAxis, Explanation, Interval, Metric, ReliefChange};

/// A fall by so many per cent of 20, with an interval of ±4 % and 6 % that would have shown.
fn metric(measure: &str, name: &str, percent: f64, verdict: Verdict) -> Metric {
    Metric {
        before: Some(20.0),
        after: Some(20.0 + 0.2 * percent),
        change: Some(0.2 * percent),
        change_percent: Some(percent),
        interval: Some(Interval {
            level: 0.95,
            low: Some(0.2 * (percent - 4.0)),
            high: Some(0.2 * (percent + 4.0)),
            method: "capture".to_owned(),
        }),
        smallest_detectable_change: Some(1.2),
        axis: Some(ChangeAxis::Logarithm),
        ..Metric::of_definition(measure::find(measure, name).unwrap(), Some(verdict))
    }
}

/// A pair in which scars fell, texture fell with them, lines may be the light's, and pores were not found.
fn pair() -> Report {
    let mut report = crate::report::tests::report();
    report.status = Status::Ok;
    report.reasons.clear();
    report.regions.clear();
    report.measures.clear();
    report.relief = Some(ReliefChange::Fell);
    let mut add = |measure: &str, name: &str, metric: Metric| {
        let measure = report.measures.entry(measure.to_owned()).or_default();
        measure.metrics.insert(name.to_owned(), metric);
    };
    add("scars", "relief_contrast", metric("scars", "relief_contrast", -25.0, Verdict::ProbablyDecreased));
    add("scars", "depth_proxy_mean", metric("scars", "depth_proxy_mean", -40.0, Verdict::ProbablyDecreased));
    add("scars", "depth_proxy_p95", metric("scars", "depth_proxy_p95", -40.0, Verdict::ProbablyDecreased));
    let fine = Metric {
        explained_by: vec![Explanation { family: "scars".to_owned(), share_percent: Some(90.0) }],
        remaining_percent: Some(10.0),
        ..metric("texture", "sq_fine", -10.0, Verdict::ProbablyDecreased)
    };
    add("texture", "sq_fine", fine);
    let light = AllowanceSource::Light;
    let lines = Metric {
        allowances: vec![Allowance { source: light, fall: Some(0.2), rise: Some(0.2) }],
        reason: Some(Reason::new(light.reason_code(), light.message())),
        ..metric("wrinkles", "contrast", -13.0, Verdict::NotMeasurable)
    };
    add("wrinkles", "contrast", lines);
    let missing = |name: &str| Metric {
        reason: Some(Reason::limit("resolution_too_low", "the photograph is too coarse", 5.0, 15.0)),
        ..Metric::of_definition(measure::find("pores", name).unwrap(), Some(Verdict::NotMeasurable))
    };
    for name in ["contrast", "count_per_cm2", "mean_area_mm2", "area_percent"] {
        add("pores", name, missing(name));
    }
    report
}

fn told(report: &Report, all: bool) -> String {
    let text = Terminal { all, ..Terminal::default() }.report(report);
    for line in text.lines() {
        assert!(line.chars().count() <= COLUMNS, "{line}");
    }
    text
}

#[test]
fn the_answer_stands_first() {
    let text = told(&pair(), false);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..2], ["Pair is good.", "Relief as a whole fell."], "{text}");
    let row = lines.iter().position(|line| line.starts_with("Relief of scars")).unwrap();
    assert!(lines[row].ends_with("▽ probably decreased, better"), "{text}");
    let numbers: Vec<&str> =
        lines[row + 1].split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
    assert_eq!(numbers, ["20.0 → 15.0 mOD", "−25 % (−29 to −21 %)", "6 % or more"], "{text}");
    assert!(lines[row + 2].starts_with("  Scar depth (proxy), mean"), "depth stands below: {text}");
    assert!(!text.contains("95th percentile"), "{text}");
    assert_eq!(text.matches("Why only “probably”?").count(), 1, "{text}");
}

#[test]
fn what_is_explained_or_held_back_says_so_in_words() {
    let text = told(&pair(), false).replace("\n    ", " ");
    assert!(text.contains("The scars, which fell too, can account for 9 of the 10 %"), "{text}");
    assert!(text.contains("? cannot tell: the light"), "{text}");
    assert!(text.contains("Another light can have made a fall of 18 % by itself."), "{text}");
    let (_, lacking) = text.split_once(ENGLISH.lacking).expect("a section");
    assert_eq!(lacking.matches("another light could have made it").count(), 1, "{lacking}");
    assert!(lacking.contains("--light-fixed") && lacking.contains("Lines and wrinkles"), "{lacking}");
    assert!(lacking.contains("(found 5, needed 15)") && lacking.contains("Pores (all)"), "{lacking}");
}

#[test]
fn every_metric_stands_there_where_all_are_asked_for() {
    let text = told(&pair(), true);
    for part in ["Scars (scars)", "Relief contrast (relief_contrast)", "(depth_proxy_p95)"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_limited_and_a_refused_pair_say_what_was_found_and_what_to_do() {
    let mut report = pair();
    report.status = Status::Limited;
    report.reasons = vec![Reason::limit("low_overlap", "too little is seen in both", 0.61, 0.8)];
    let text = told(&report, false);
    assert!(
        text.starts_with(
            "Pair is limited:\n  - Too little is seen in both (found 0.610, needed 0.800).\n    What to do: "
        ),
        "{text}"
    );
    report.status = Status::Refused;
    report.measures.clear();
    let text = told(&report, false);
    assert!(text.starts_with("These photographs cannot be compared:\n  - Too little is seen"), "{text}");
    assert!(!text.contains("Relief"), "{text}");
}

#[test]
fn wide_numbers_wrap() {
    let mut report = pair();
    let scars = report.measures.get_mut("scars").unwrap();
    let wide = scars.metrics.get_mut("relief_contrast").unwrap();
    wide.unit = "a unit that is wider than what is left of a line of eighty columns".to_owned();
    let text = told(&report, false).replace("\n      ", " ");
    assert!(text.contains("before → after: 20.0 → 15.0 a unit that is wider"), "{text}");
}

#[test]
fn named_regions_have_their_own_rows() {
    let text = told(&crate::report::tests::report(), false);
    let (whole, regions) = text.split_once("Region forehead, 3.25 cm²").unwrap();
    let (forehead, chin) = regions.split_once("Region chin").unwrap();
    for part in [whole, forehead] {
        assert!(part.contains("Relief of scars") && part.contains("−27 %"), "{text}");
    }
    assert!(chin.contains("Too much is lost (found 12, needed 70)"), "{text}");
}

#[test]
fn one_photograph_has_values_and_no_verdicts() {
    let mut report = pair();
    report.relief = None;
    for metric in report.measures.values_mut().flat_map(|m| m.metrics.values_mut()) {
        (metric.verdict, metric.after, metric.change) = (None, None, None);
    }
    let text = told(&report, false);
    assert!(text.starts_with("Photograph is good.\n"), "{text}");
    let row = text.lines().find(|line| line.starts_with("Relief of scars")).unwrap();
    assert!(row.ends_with("20.0 mOD") && !text.contains("decreased"), "{text}");
}

#[test]
fn a_pair_of_many_is_a_line() {
    let change = |name: &str, verdict, percent| PairChange {
        name: name.to_owned(),
        verdict,
        change: Some(0.2 * percent),
        change_percent: Some(percent),
    };
    let changes = [
        change("pores.contrast", Verdict::NotMeasurable, -3.0),
        change("scars.relief_contrast", Verdict::Decreased, -25.0),
        change("texture.sq_fine", Verdict::NoDetectableChange, -1.0),
    ];
    let name = "a_pair_with_a_name_that_has_no_end";
    let terminal = Terminal::default();
    let line = terminal.pair(name, PairOutcome::Compared(Status::Ok), &[], &changes);
    let expected = "a_pair_with_a_name_that… good     ▼ Scars −25 %, 1 not, 1 unclear\n";
    assert_eq!(line, expected);
    let reasons =
        [Reason::new("low_overlap", "little skin in common, as far as these two photographs show any")];
    let refused = terminal.pair("b", PairOutcome::Compared(Status::Refused), &reasons, &[]);
    assert_eq!(refused.lines().count(), 2, "{refused}");
    assert!(refused.lines().all(|line| line.chars().count() <= COLUMNS), "{refused}");
    let none = terminal.pair("c", PairOutcome::Compared(Status::Limited), &[], &changes[2..]);
    assert!(none.contains("limited  no change is called"), "{none}");
}

#[test]
fn colors_are_an_addition() {
    let report = pair();
    let plain = Terminal::default().report(&report);
    let mut colored = Terminal { colors: true, ..Terminal::default() }.report(&report);
    assert!(colored.contains("\u{1b}[36m▽ probably decreased, better\u{1b}[0m"), "{colored}");
    while let Some(at) = colored.find('\u{1b}') {
        let end = at + colored[at..].find('m').unwrap();
        colored.replace_range(at..=end, "");
    }
    assert_eq!(colored, plain);
}
