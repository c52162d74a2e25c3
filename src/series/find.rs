//! Series by a manifest: CSV, one row a visit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::analyzer::PairFiles;
use crate::batch::name::fault_of_name;
use crate::batch::table::{self, Row, Table};
use crate::batch::{FindError, Plan, PlannedPair};
use crate::share::ShareKey;

/// Columns that a manifest must have.
const NEEDED: [&str; 3] = ["series", "day", "photo"];
/// Columns that it may have. What holds for the series stands on its first row.
const OPTIONAL: [&str; 6] = ["repeat", "mm_per_px", "subject", "view", "region", "reference"];

/// All visits of the same skin, in order of days; the first is the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedSeries {
    /// Name of the series, and of its folder of results.
    pub name: String,
    /// Two visits or more.
    pub visits: Vec<PlannedVisit>,
    /// Who.
    pub subject: Option<String>,
    /// Which view.
    pub view: Option<String>,
    /// What to measure, in pixels of the baseline.
    pub region: Option<PathBuf>,
    /// Untreated skin, in pixels of the baseline.
    pub reference: Option<PathBuf>,
}

/// One visit.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedVisit {
    /// Its day, counted from whatever day the manifest calls 0.
    pub day: f64,
    /// The photograph that is compared.
    pub photo: PathBuf,
    /// Further captures.
    pub repeats: Vec<PathBuf>,
    /// Millimetres per pixel.
    pub mm_per_px: Option<f64>,
}

impl PlannedSeries {
    /// Every visit against the baseline, named `SERIES/day-N`.
    pub fn pairs(&self) -> impl Iterator<Item = PlannedPair> {
        let baseline = &self.visits[0];
        self.visits[1..].iter().map(|visit| PlannedPair {
            name: self.pair_name(visit),
            files: PairFiles {
                before: baseline.photo.clone(),
                after: visit.photo.clone(),
                before_repeats: baseline.repeats.clone(),
                after_repeats: visit.repeats.clone(),
            },
            subject: self.subject.clone(),
            view: self.view.clone(),
            mm_per_px_before: baseline.mm_per_px,
            mm_per_px_after: visit.mm_per_px,
            region: self.region.clone(),
            reference: self.reference.clone(),
            // Whole days have passed.
            days: Some((visit.day - baseline.day).floor() as i32),
            light_fixed: None,
        })
    }

    /// Name of the pair of a visit and the baseline.
    pub fn pair_name(&self, visit: &PlannedVisit) -> String {
        format!("{}/day-{}", self.name, visit.day)
    }

    /// Series whose names may be handed on, in the order of their pseudonyms.
    pub fn shared(mut series: Vec<Self>, key: &ShareKey) -> Vec<Self> {
        for one in &mut series {
            one.name = key.pseudonym("series", &one.name);
        }
        series.sort_by(|a, b| a.name.cmp(&b.name));
        series
    }

    /// The pairs of several series as one plan.
    pub fn plan(root: &Path, series: &[Self]) -> Plan {
        let pairs = series.iter().flat_map(Self::pairs).collect();
        Plan::of(root, pairs)
    }
}

/// Reads a manifest of visits: its folder, and its series in the order in which they begin.
///
/// # Errors
/// [`FindError`], with every offender.
pub fn find(manifest: &Path) -> Result<(PathBuf, Vec<PlannedSeries>), FindError> {
    table::read(manifest, &NEEDED, &OPTIONAL, series)
}

/// A series while its rows are read.
struct Open {
    line: u64,
    series: PlannedSeries,
    lines: Vec<u64>,
}

fn series(table: &mut Table) -> Vec<PlannedSeries> {
    let mut open: Vec<Open> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for row in table.take_rows() {
        let name = table.cell(&row, "series").unwrap_or("").to_owned();
        let place = match places.get(&name.to_lowercase()) {
            Some(&place) => {
                for column in ["subject", "view", "region", "reference"] {
                    if table.cell(&row, column).is_some() {
                        let problem =
                            format!("{column}: expected on the first row of series \"{name}\" alone");
                        table.fault(row.line, problem);
                    }
                }
                place
            }
            None => {
                places.insert(name.to_lowercase(), open.len());
                open.push(first_row(table, &row, name));
                open.len() - 1
            }
        };
        if let Some(visit) = visit(table, &row) {
            open[place].series.visits.push(visit);
            open[place].lines.push(row.line);
        }
    }
    if open.is_empty() {
        table.fault_unless_any("expected at least one series, found none below the header");
    }
    open.into_iter().map(|one| in_order(table, one)).collect()
}

fn first_row(table: &mut Table, row: &Row, name: String) -> Open {
    if let Some(fault) = fault_of_name(&name) {
        let problem = format!("found the series \"{name}\", expected a name for a folder: it {fault}");
        table.fault(row.line, problem);
    }
    let text = |column| table.cell(row, column).map(str::to_owned);
    let (subject, view) = (text("subject"), text("view"));
    let mut file = |column| table.files(row, column).pop();
    let (region, reference) = (file("region"), file("reference"));
    let series = PlannedSeries { name, visits: Vec::new(), subject, view, region, reference };
    Open { line: row.line, series, lines: Vec::new() }
}

fn visit(table: &mut Table, row: &Row) -> Option<PlannedVisit> {
    let day = match table.number(row, "day") {
        Some(Ok(day)) => Some(day),
        found => {
            let found = found.and_then(Result::err).unwrap_or_else(|| "nothing".to_owned());
            table.fault(row.line, format!("day: found {found}, expected a number of days"));
            None
        }
    };
    let mut photos = table.files(row, "photo");
    if photos.len() != 1 {
        let problem = format!("photo: found {} files, expected one and others in \"repeat\"", photos.len());
        table.fault(row.line, problem);
    }
    let repeats = table.files(row, "repeat");
    let mm_per_px = table.scale(row, "mm_per_px");
    Some(PlannedVisit { day: day?, photo: photos.pop()?, repeats, mm_per_px })
}

/// The series with its visits in order of days.
fn in_order(table: &mut Table, open: Open) -> PlannedSeries {
    let Open { line, mut series, lines } = open;
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|&a, &b| series.visits[a].day.total_cmp(&series.visits[b].day));
    for pair in order.windows(2) {
        let day = series.visits[pair[1]].day;
        if series.visits[pair[0]].day == day {
            let problem =
                format!("found day {day} of series \"{}\" again, expected each day once", series.name);
            table.fault(lines[pair[1]], problem);
        }
    }
    if order.len() < 2 {
        let (name, found) = (&series.name, order.len());
        table.fault(line, format!("series \"{name}\": found {found} visits, expected two or more"));
    }
    series.visits = order.iter().map(|&k| series.visits[k].clone()).collect();
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(manifest: &str) -> Result<Vec<PlannedSeries>, FindError> {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a.jpg", "b.jpg", "c.jpg", "r.json"] {
            std::fs::write(folder.path().join(file), b"").unwrap();
        }
        let path = folder.path().join("visits.csv");
        std::fs::write(&path, manifest).unwrap();
        find(&path).map(|(_, series)| series)
    }

    #[test]
    fn visits_are_compared_with_the_earliest_whatever_their_order() {
        let text = "series;day;photo;repeat;mm_per_px;subject;region\n\
                    P1;14;c.jpg;;;S;r.json\nP2;0;a.jpg;;;;\nP1;-1;a.jpg;b.jpg;0,05;;\nP2;2,5;b.jpg;;;;\n";
        let series = read(text).unwrap_or_else(|e| panic!("{e}"));
        let pairs: Vec<PlannedPair> = series.iter().flat_map(PlannedSeries::pairs).collect();
        let names: Vec<&str> = pairs.iter().map(|pair| pair.name.as_str()).collect();
        assert_eq!(names, ["P1/day-14", "P2/day-2.5"]);
        assert!(pairs[0].files.before.ends_with("a.jpg") && pairs[0].files.after.ends_with("c.jpg"));
        assert!(pairs[0].files.before_repeats[0].ends_with("b.jpg"));
        assert_eq!((pairs[0].mm_per_px_before, pairs[0].mm_per_px_after), (Some(0.05), None));
        assert_eq!(pairs[0].subject.as_deref(), Some("S"));
        // Days between the visits, whole ones.
        assert_eq!((pairs[0].days, pairs[1].days), (Some(15), Some(2)));
        assert!(pairs[0].region.as_ref().unwrap().ends_with("r.json"));
    }

    #[test]
    fn every_offender_is_named() {
        for (manifest, words) in [
            ("series,day\n", &["expected a column \"photo\""][..]),
            ("series,day,photo\n", &["found none below"]),
            ("series,day,photo\nP,0,a.jpg\n", &["series \"P\": found 1 visits"]),
            ("series,day,photo\nP,0,a.jpg\nP,0,b.jpg\n", &["line 3: found day 0"]),
            ("series,day,photo\nP,0,a.jpg\nP,soon,b.jpg\nP,3,b.jpg\n", &["line 3: day: found soon"]),
            ("series,day,photo\nP,0,a.jpg\nP,,b.jpg\nP,3,b.jpg\n", &["line 3: day: found nothing"]),
            ("series,day,photo\nP,0,a.jpg|b.jpg\nP,1,b.jpg\n", &["found 2 files"]),
            ("series,day,photo\nP,0,x.jpg\nP,1,b.jpg\n", &["x.jpg, found no such file"]),
            ("series,day,photo\na/b,0,a.jpg\na/b,1,b.jpg\n", &["line 2: found the series \"a/b\""]),
            (
                "series,day,photo,subject\nP,0,a.jpg,S\nP,1,b.jpg,T\n",
                &["line 3: subject: expected on the first row"],
            ),
        ] {
            let lines = read(manifest).unwrap_err().lines();
            assert_eq!(lines.len(), words.len(), "{lines:#?}");
            assert!(lines[0].contains(words[0]) && lines[0].contains("visits.csv"), "{}", lines[0]);
        }
    }
}
