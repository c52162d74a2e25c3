//! Several regions of one photograph, each with a name: from one file of named polygons, or one file
//! for each name.

use std::path::{Path, PathBuf};

use super::selection::{self, NamedPolygons, PolygonFile, Selection, SelectionError, load_selection};
use crate::geometry::Size;
use crate::photo::Limits;

/// Longest name.
const LONGEST_NAME: usize = 64;
/// Least area of a polygon, in pixels.
const LEAST_AREA_PX: f64 = 1.0;

/// A region file with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRegionFile {
    /// Letters, digits, `-` and `_`.
    pub name: String,
    /// A mask picture or polygons.
    pub file: PathBuf,
}

/// A region with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedSelection {
    /// Letters, digits, `-` and `_`.
    pub name: String,
    /// Where it is.
    pub selection: Selection,
}

/// What to measure: everything together, and, where they have names, its parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Regions {
    /// All regions together.
    pub whole: Selection,
    /// Its named parts, in the order they were given; empty where there are no names.
    pub named: Vec<NamedSelection>,
}

/// Whether a region may be called so.
pub fn is_region_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(allowed)
}

/// Reads a region file for a photograph of size `photo`: one region, or several that have names.
///
/// # Errors
/// As [`load_selection`]; a name that is none, a name twice, and a named polygon that is empty or lies outside the
/// photograph.
pub fn load_regions(path: &Path, photo: Size, limits: &Limits) -> Result<Regions, SelectionError> {
    if selection::is_json(path)
        && let PolygonFile::Several { regions } = selection::load_polygons(path)?
    {
        if regions.is_empty() {
            return Err(SelectionError::Empty { path: path.to_owned(), photo });
        }
        let named = regions.into_iter().map(|region| checked(path, region, photo));
        return together(named.collect::<Result<_, _>>()?, |_| path);
    }
    Ok(Regions { whole: load_selection(path, photo, limits)?, named: Vec::new() })
}

/// Reads one file for each name.
///
/// # Errors
/// As [`load_regions`].
///
/// # Panics
/// Without files.
pub fn load_named_regions(
    files: &[NamedRegionFile],
    photo: Size,
    limits: &Limits,
) -> Result<Regions, SelectionError> {
    assert!(!files.is_empty(), "there is a file");
    let mut named = Vec::with_capacity(files.len());
    for NamedRegionFile { name, file } in files {
        check_name(file, name)?;
        let selection = load_selection(file, photo, limits)?;
        if let Selection::Polygons(polygons) = &selection {
            check_polygons(file, name, polygons, photo)?;
        }
        named.push(NamedSelection { name: name.clone(), selection });
    }
    together(named, |i| &files[i].file)
}

fn checked(path: &Path, region: NamedPolygons, photo: Size) -> Result<NamedSelection, SelectionError> {
    let NamedPolygons { name, polygons } = region;
    check_name(path, &name)?;
    check_polygons(path, &name, &polygons, photo)?;
    Ok(NamedSelection { name, selection: Selection::Polygons(polygons) })
}

fn together<'p>(
    named: Vec<NamedSelection>,
    file: impl Fn(usize) -> &'p Path,
) -> Result<Regions, SelectionError> {
    for (i, one) in named.iter().enumerate() {
        // Results go to files and columns by name, and some systems do not tell case.
        if named[..i].iter().any(|other| other.name.eq_ignore_ascii_case(&one.name)) {
            let message = format!("found the region {} twice, expected names that differ", one.name);
            return Err(SelectionError::Name { path: file(i).to_owned(), message });
        }
    }
    Ok(Regions { whole: Selection::Union(named.iter().map(|one| one.selection.clone()).collect()), named })
}

fn check_name(path: &Path, name: &str) -> Result<(), SelectionError> {
    if is_region_name(name) {
        return Ok(());
    }
    let message =
        format!("found the region name {name:?}, expected 1 to {LONGEST_NAME} letters, digits, - and _");
    Err(SelectionError::Name { path: path.to_owned(), message })
}

fn check_polygons(
    path: &Path,
    name: &str,
    polygons: &[Vec<[f64; 2]>],
    photo: Size,
) -> Result<(), SelectionError> {
    let of = format!("of the region {name}: ");
    if polygons.is_empty() {
        let message = format!("found no polygon of the region {name}, expected one at least");
        return Err(SelectionError::Name { path: path.to_owned(), message });
    }
    selection::check_points(path, &of, polygons)?;
    for (i, polygon) in polygons.iter().enumerate() {
        let fault = |message: String| SelectionError::Polygon {
            path: path.to_owned(),
            polygon: i + 1,
            message: format!("{of}{message}"),
        };
        let area = area(polygon);
        if area < LEAST_AREA_PX {
            return Err(fault(format!(
                "found an area of {area:.1} pixels, expected {LEAST_AREA_PX:.1} at least"
            )));
        }
        let reach = |axis: usize, extent: u32| {
            let low = polygon.iter().map(|p| p[axis]).fold(f64::INFINITY, f64::min);
            let high = polygon.iter().map(|p| p[axis]).fold(f64::NEG_INFINITY, f64::max);
            high > 0.0 && low < f64::from(extent)
        };
        if !(reach(0, photo.width) && reach(1, photo.height)) {
            return Err(fault(format!("found it outside, expected it on the photograph of {photo} pixels")));
        }
    }
    Ok(())
}

/// Area by the shoelace formula.
fn area(polygon: &[[f64; 2]]) -> f64 {
    let twice: f64 = polygon
        .iter()
        .zip(polygon.iter().cycle().skip(1))
        .map(|([x0, y0], [x1, y1])| x0 * y1 - x1 * y0)
        .sum();
    twice.abs() / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHOTO: Size = Size::new(200, 100);
    const SQUARE: &str = "[[10, 10], [60, 10], [60, 60], [10, 60]]";

    fn load(text: &str) -> Result<Regions, SelectionError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("region.json");
        std::fs::write(&path, text).unwrap();
        load_regions(&path, PHOTO, &Limits::default())
    }

    fn pixels(selection: &Selection) -> f32 {
        selection.on_grid(PHOTO, PHOTO).data().iter().sum()
    }

    #[test]
    fn named_regions_are_told_apart_and_taken_together() {
        let overlapping = "[[40, 10], [90, 10], [90, 60], [40, 60]]";
        let regions = load(&format!(
            r#"{{"regions": [{{"name": "left-cheek", "polygons": [{SQUARE}]}},
                             {{"name": "chin_2", "polygons": [{overlapping}]}}]}}"#
        ))
        .unwrap();
        let names: Vec<&str> = regions.named.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["left-cheek", "chin_2"]);
        assert_eq!(regions.named.iter().map(|r| pixels(&r.selection)).collect::<Vec<_>>(), [2500.0, 2500.0]);
        // What both hold counts once.
        assert_eq!(pixels(&regions.whole), 4000.0);
    }

    #[test]
    fn polygons_without_names_are_one_region() {
        let regions = load(&format!("[{SQUARE}]")).unwrap();
        assert_eq!((regions.named.len(), pixels(&regions.whole)), (0, 2500.0));
    }

    #[test]
    fn what_is_no_named_region_is_refused_in_one_line() {
        let region =
            |name: &str, polygons: &str| format!(r#"{{"name": "{name}", "polygons": [{polygons}]}}"#);
        for (regions, words) in [
            (region("a b", SQUARE), "expected 1 to 64 letters, digits, - and _"),
            (region("", SQUARE), "expected 1 to 64"),
            (format!("{},{}", region("a", SQUARE), region("A", SQUARE)), "found the region A twice"),
            (region("a", ""), "found no polygon of the region a"),
            (region("a", "[[1, 1], [2, 2]]"), "found 2 points, expected at least 3"),
            (region("a", "[[10, 10], [60, 60], [20, 20]]"), "found an area of 0.0 pixels"),
            (
                region("a", "[[300, 10], [400, 10], [400, 60]]"),
                "found it outside, expected it on the photograph of 200x100",
            ),
            (String::new(), "empty"),
        ] {
            let error = load(&format!(r#"{{"regions": [{regions}]}}"#)).unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("region.json"), "{error}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn files_are_named_one_by_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let file = dir.path().join(format!("{name}.json"));
            std::fs::write(&file, text).unwrap();
            NamedRegionFile { name: name.to_owned(), file }
        };
        let one = file("one", &format!("[{SQUARE}]"));
        let two = file("two", r#"{"polygons": [[[100, 10], [150, 10], [150, 60]]]}"#);
        let load = |files: &[NamedRegionFile]| load_named_regions(files, PHOTO, &Limits::default());
        let regions = load(&[one.clone(), two.clone()]).unwrap();
        assert_eq!(regions.named.len(), 2);
        assert_eq!(pixels(&regions.whole), regions.named.iter().map(|r| pixels(&r.selection)).sum::<f32>());
        let again = NamedRegionFile { name: "one".to_owned(), ..two };
        assert!(load(&[one.clone(), again]).unwrap_err().to_string().contains("twice"));
        let nested = file("all", &format!(r#"{{"regions": [{{"name": "x", "polygons": [{SQUARE}]}}]}}"#));
        assert!(
            load(&[one, nested]).unwrap_err().to_string().contains("expected one region, found named ones")
        );
    }
}
