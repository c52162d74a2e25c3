//! Pairs by a manifest: CSV, one row a pair, paths told against the manifest's folder.

use std::path::{Path, PathBuf};

use super::error::FindError;
use super::plan::{Plan, PlannedPair};
use super::table::{self, Row, Table};
use crate::analyzer::PairFiles;

/// Columns that a manifest must have.
const NEEDED: [&str; 3] = ["pair", "before", "after"];
/// Columns that it may have.
const OPTIONAL: [&str; 11] = [
    "subject",
    "view",
    "days",
    "mm_per_px",
    "mm_per_px_before",
    "mm_per_px_after",
    "region",
    "reference",
    "before_repeat",
    "after_repeat",
    "light_fixed",
];

/// See [`super::find`].
pub(super) fn find(path: &Path) -> Result<Plan, FindError> {
    let (root, pairs) = table::read(path, &NEEDED, &OPTIONAL, |table| table.named_rows("pair", pair))?;
    Ok(Plan::of(&root, pairs))
}

fn pair(table: &mut Table, row: &Row, name: String) -> PlannedPair {
    let visit = |table: &mut Table, word: &str| {
        let mut files = table.files(row, word);
        if files.is_empty() {
            table.fault(row.line, format!("pair \"{name}\": expected a {word}-photograph, found none"));
            return (PathBuf::new(), files);
        }
        let first = files.remove(0);
        if !files.is_empty() {
            let column = format!("{word}_repeat");
            let problem =
                format!("found several files in \"{word}\", expected one and the others in \"{column}\"");
            table.fault(row.line, problem);
        }
        (first, table.files(row, &format!("{word}_repeat")))
    };
    let (before, before_repeats) = visit(table, "before");
    let (after, after_repeats) = visit(table, "after");
    let both = table.scale(row, "mm_per_px");
    let scales = ["mm_per_px_before", "mm_per_px_after"].map(|column| table.scale(row, column));
    if both.is_some() && scales.iter().any(Option::is_some) {
        table.fault(row.line, "found mm_per_px and one of a visit, expected one or the other");
    }
    let text = |column| table.cell(row, column).map(str::to_owned);
    let (subject, view) = (text("subject"), text("view"));
    PlannedPair {
        files: PairFiles { before, after, before_repeats, after_repeats },
        subject,
        view,
        mm_per_px_before: scales[0].or(both),
        mm_per_px_after: scales[1].or(both),
        region: table.files(row, "region").pop(),
        reference: table.files(row, "reference").pop(),
        days: table.days(row, "days"),
        light_fixed: table.yes_or_no(row, "light_fixed"),
        name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(manifest: &[u8]) -> Result<Plan, FindError> {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a.jpg", "b.jpg", "c.jpg", "r.json", "Ann, before.jpg"] {
            std::fs::write(folder.path().join(file), b"").unwrap();
        }
        let path = folder.path().join("pairs.csv");
        std::fs::write(&path, manifest).unwrap();
        find(&path)
    }

    #[test]
    fn both_separators_with_and_without_mark_read_alike() {
        let comma = "pair,before,after,mm_per_px,before_repeat,region,view,days\nP1,a.jpg,b.jpg,0.05,b.jpg|c.jpg,r.json,left,28\n\n";
        let semicolon = "\u{feff}Pair; Before ;after;mm_per_px;before_repeat;region;view;days\r\nP1;a.jpg;b.jpg;0,05;b.jpg | c.jpg;r.json;left;28\r\n";
        let lines = [comma, semicolon].map(|text| {
            let plan = read(text.as_bytes()).unwrap_or_else(|e| panic!("{e}"));
            let options = plan.pairs[0].options(&crate::analyzer::Options::default());
            assert_eq!((options.days, options.view.as_deref()), (Some(28), Some("left")));
            serde_json::to_value(plan.line(&plan.pairs[0])).unwrap()
        });
        assert_eq!(lines[0], lines[1]);
        assert_eq!(lines[0]["before_repeats"], serde_json::json!(["b.jpg", "c.jpg"]));
        assert_eq!(lines[0]["mm_per_px_after"], 0.05);
        assert_eq!((&lines[0]["region"], &lines[0]["days"]), (&"r.json".into(), &28.into()));
        let fixed = |cell: &str| {
            let manifest = format!("pair,before,after,light_fixed\nP1,a.jpg,b.jpg,{cell}\n");
            read(manifest.as_bytes()).map(|plan| plan.pairs[0].light_fixed)
        };
        assert_eq!((fixed("yes").unwrap(), fixed("No").unwrap()), (Some(true), Some(false)));
        assert_eq!(fixed("").unwrap(), None);
        assert!(fixed("maybe").unwrap_err().to_string().contains("found maybe, expected yes or no"));
        let quoted = read(b"pair,before,after\nP1,\"Ann, before.jpg\",b.jpg\n").unwrap();
        assert!(quoted.pairs[0].files.before.ends_with("Ann, before.jpg"));
    }

    #[test]
    fn every_offender_is_named() {
        for (manifest, words) in [
            ("pair,before,after,color\n", &["column \"color\""][..]),
            ("pair,before,after,before\n", &["\"before\" twice"]),
            ("pair,before\n", &["expected a column \"after\""]),
            ("pair,before,after,days\nP,a.jpg,b.jpg,2.5\n", &["days: found 2.5, expected a whole number"]),
            ("", &["\"pair\"", "\"before\"", "\"after\""]),
            ("pair,before,after\n", &["found none below the header"]),
            (
                "pair,before,after\n../x,a.jpg,b.jpg\n..,a.jpg,b.jpg\n,a.jpg,b.jpg\n",
                &["line 2", "line 3", "line 4"],
            ),
            ("pair,before,after\nP,a.jpg,b.jpg\np,a.jpg,b.jpg\n", &["line 3: found the pair \"p\" again"]),
            ("pair,before,after\nP,a.jpg,\nQ,x.jpg,y.jpg\n", &["after-photograph", "x.jpg", "y.jpg"]),
            ("pair,before,after\nP,a.jpg\n", &["found 2 cells, expected 3"]),
            ("pair,before,after\nP,a.jpg|c.jpg,b.jpg\n", &["before_repeat"]),
            ("pair,before,after,mm_per_px\nP,a.jpg,b.jpg,0\nQ,a.jpg,b.jpg,NaN\n", &["found 0", "found NaN"]),
            (
                "pair,before,after,mm_per_px,mm_per_px_after\nP,a.jpg,b.jpg,1,1\n",
                &["expected one or the other"],
            ),
        ] {
            let lines = read(manifest.as_bytes()).unwrap_err().lines();
            assert_eq!(lines.len(), words.len(), "{lines:#?}");
            for (line, words) in lines.iter().zip(words) {
                assert!(line.contains(words) && line.contains("pairs.csv"), "{line}");
            }
        }
        let latin1 = read(b"pair,before,after\nK\xe4the,a.jpg,b.jpg\n").unwrap_err().to_string();
        assert!(latin1.contains("line 2") && latin1.contains("UTF-8"), "{latin1}");
    }
}
