use std::collections::BTreeSet;

use super::*;
use crate::report::tests::report;

fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn file(formats: &[TableFormat], reports: &[(&str, Report)], name: &str) -> String {
    let mut tables = Tables::new(formats);
    reports.iter().for_each(|(pair, report)| tables.add(pair, report));
    let found = tables.finish().into_iter().find(|table| format!("{}.{}", table.stem, table.ending) == name);
    String::from_utf8(found.unwrap().bytes).unwrap()
}

/// Reports whose names are formulas.
fn of_formulas() -> Vec<(&'static str, Report)> {
    let mut ann = report();
    ann.subject = Some("=Ann".to_owned());
    ann.view = Some("-left".to_owned());
    let mut other = ann.clone();
    other.view = Some("+5".to_owned());
    vec![("@P1", ann), ("P2", other), ("-17", report())]
}

#[test]
fn names_are_no_formulas_and_numbers_stay_numbers() {
    let reports = of_formulas();
    let tidy = file(&[TableFormat::Csv], &reports, "metrics.csv");
    let rows = rows(&tidy);
    let place = |name: &str| rows[0].iter().position(|column| column == name).unwrap();
    let first = &rows[1];
    assert_eq!(
        [&first[place("pair")], &first[place("subject")], &first[place("view")]],
        ["'@P1", "'=Ann", "'-left"]
    );
    assert!(
        rows.iter().any(|row| row[place("view")] == "+5")
            && rows.iter().any(|row| row[place("pair")] == "-17")
    );
    let change = &first[place("change")];
    assert!(change.starts_with('-') && change.parse::<f64>().unwrap() < 0.0, "{change}");
    let redcap = file(&[TableFormat::Redcap], &reports, "redcap.csv");
    assert!(redcap.contains("\n'=Ann,dermetric,1,'@P1,'-left,"), "{redcap}");
}

#[test]
fn records_are_people_and_pairs_and_regions_their_instances() {
    let text = file(&[TableFormat::Redcap], &of_formulas(), "redcap.csv");
    let rows = rows(&text);
    // All skin and two regions of each pair.
    let told: Vec<[&str; 3]> = rows[1..].iter().map(|row| [&*row[0], &*row[2], &*row[5]]).collect();
    assert_eq!(
        told,
        [
            ["'=Ann", "1", ""],
            ["'=Ann", "2", "forehead"],
            ["'=Ann", "3", "chin"],
            ["'=Ann", "4", ""],
            ["'=Ann", "5", "forehead"],
            ["'=Ann", "6", "chin"],
            ["-17", "1", ""],
            ["-17", "2", "forehead"],
            ["-17", "3", "chin"],
        ]
    );
    let place = rows[0].iter().position(|column| column == "scars_relief_contrast_chg").unwrap();
    let metric = &report().measures["scars"].metrics["relief_contrast"];
    assert_eq!(rows[1][place].parse::<f64>().ok(), metric.change);
}

#[test]
fn the_dictionary_keeps_the_rules_of_redcap() {
    let dictionary = rows(&redcap_dictionary());
    let data = rows(&file(&[TableFormat::Redcap], &of_formulas(), "redcap.csv"));
    assert_eq!(dictionary[0].len(), 18);
    assert_eq!(dictionary[1][0], "record_id");
    let mut names = BTreeSet::new();
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    for row in &dictionary[1..] {
        let [name, form, kind, label, choices, validation] = [0, 1, 3, 4, 5, 7].map(|i| row[i].as_str());
        assert!(is_name(name) && name.len() <= 26 && names.insert(name), "{name}");
        assert!(!name.contains("__") && is_name(form) && !label.is_empty(), "{row:?}");
        match kind {
            "text" => {
                assert!(choices.is_empty() && ["", "integer", "number"].contains(&validation), "{row:?}")
            }
            "dropdown" => {
                for choice in choices.split(" | ") {
                    let (code, label) = choice.split_once(", ").unwrap();
                    assert!(is_name(code) && !label.contains([',', '|']), "{choice}");
                }
            }
            other => panic!("a field of type {other}"),
        }
    }
    let of_redcap = ["redcap_repeat_instrument", "redcap_repeat_instance", "dermetric_complete"];
    let told: BTreeSet<&str> =
        data[0].iter().map(String::as_str).filter(|name| !of_redcap.contains(name)).collect();
    assert_eq!(told, names);
    // Every cell keeps what the dictionary says of its field.
    for row in &data[1..] {
        for (name, cell) in data[0].iter().zip(row).filter(|(_, cell)| !cell.is_empty()) {
            let Some(of) = dictionary.iter().find(|of| of[0] == *name) else { continue };
            match (of[3].as_str(), of[7].as_str()) {
                ("dropdown", _) => assert!(of[5].contains(&format!("{cell}, ")), "{name}: {cell}"),
                (_, "number") => {
                    assert!(cell.parse::<f64>().is_ok() && !cell.contains('e'), "{name}: {cell}")
                }
                (_, "integer") => assert!(cell.parse::<i64>().is_ok(), "{name}: {cell}"),
                _ => {}
            }
        }
    }
}

#[test]
fn numbers_of_redcap_have_no_exponent() {
    let mut small = report();
    let metric = small.measures.get_mut("scars").unwrap().metrics.get_mut("relief_contrast").unwrap();
    metric.change = Some(-1.5e-9);
    let text = file(&[TableFormat::Redcap], &[("P", small)], "redcap.csv");
    assert!(text.contains(",-0.0000000015,"), "{text}");
}

#[test]
fn the_last_column_is_the_version_of_the_definition() {
    let version = |definition: u32| {
        let mut report = report();
        let metric = report.measures.get_mut("scars").unwrap().metrics.get_mut("relief_contrast").unwrap();
        metric.definition = definition;
        let rows = rows(&file(&[TableFormat::Csv], &[("P", report)], "metrics.csv"));
        assert_eq!(rows[0].last().unwrap(), "definition");
        let of_metric = rows.iter().find(|row| row.contains(&"relief_contrast".to_owned())).unwrap();
        of_metric.last().unwrap().clone()
    };
    assert_eq!([version(1), version(7)], ["1", "7"]);
    let dictionary = rows(&dictionary_csv());
    assert_eq!(dictionary[0].last().unwrap(), "definition");
    for row in &dictionary[1..] {
        let expected = match row[0].as_str() {
            "metric" => crate::measure::find(&row[1], &row[2]).unwrap().version.to_string(),
            _ => String::new(),
        };
        assert_eq!(*row.last().unwrap(), expected, "{row:?}");
    }
}
