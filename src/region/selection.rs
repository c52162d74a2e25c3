//! The user's own region: a mask picture or polygons, in the pixels of the first
//! before-photograph.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::geometry::Size;
use crate::photo::{Limits, PhotoError, load_mask};
use crate::raster::Raster;

/// What to measure, as the user said it.
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// Non-zero where to measure; as large as the photograph.
    Mask(Raster<u8>),
    /// Outlines in photograph pixels, inside by the even-odd rule.
    Polygons(Vec<Vec<[f64; 2]>>),
    /// What is selected by one of several; they may overlap.
    Union(Vec<Selection>),
}

/// Why a region file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SelectionError {
    /// The mask picture does not load.
    #[error(transparent)]
    Mask(#[from] PhotoError),
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no JSON of polygons.
    #[error("{}: expected polygons as [[[x, y], …], …] in pixels, found {message}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What was wrong, and where.
        message: String,
    },
    /// A polygon has too few points or a point is no number.
    #[error("{}: polygon {polygon}: {message}", path.display())]
    Polygon {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        polygon: usize,
        /// Found and expected.
        message: String,
    },
    /// The mask has another size than the photograph.
    #[error("{}: the mask has {found} pixels, expected the photograph's {expected}", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// Size of the mask.
        found: Size,
        /// Size of the photograph.
        expected: Size,
    },
    /// Named regions where none can be told apart.
    #[error("{}: expected one region, found named ones", path.display())]
    Named {
        /// The file.
        path: PathBuf,
    },
    /// A name that is no name, or two regions of one name.
    #[error("{}: {message}", path.display())]
    Name {
        /// The file.
        path: PathBuf,
        /// Found and expected.
        message: String,
    },
    /// Nothing is selected.
    #[error("{}: the region is empty on a photograph of {photo} pixels", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// Size of the photograph.
        photo: Size,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum PolygonFile {
    Bare(Vec<Vec<[f64; 2]>>),
    One { polygons: Vec<Vec<[f64; 2]>> },
    Several { regions: Vec<NamedPolygons> },
}

/// Polygons with a name.
#[derive(Deserialize)]
pub(super) struct NamedPolygons {
    pub name: String,
    pub polygons: Vec<Vec<[f64; 2]>>,
}

/// Reads a mask picture, or polygons where the file is JSON, for a photograph of size `photo`.
///
/// # Errors
/// [`SelectionError`]; a mask of another size, a polygon with a point that is no number and an
/// empty region are refused.
pub fn load_selection(path: &Path, photo: Size, limits: &Limits) -> Result<Selection, SelectionError> {
    let selection = if is_json(path) {
        let (PolygonFile::Bare(polygons) | PolygonFile::One { polygons }) = load_polygons(path)? else {
            return Err(SelectionError::Named { path: path.to_owned() });
        };
        check_points(path, "", &polygons)?;
        Selection::Polygons(polygons)
    } else {
        let mask = load_mask(path, limits)?;
        if mask.size() != photo {
            return Err(SelectionError::Size { path: path.to_owned(), found: mask.size(), expected: photo });
        }
        Selection::Mask(mask)
    };
    let thumbnail = Size::new(photo.width.min(512), photo.height.min(512));
    if selection.on_grid(photo, thumbnail).data().iter().all(|&v| v == 0.0) {
        return Err(SelectionError::Empty { path: path.to_owned(), photo });
    }
    Ok(selection)
}

/// Whether a region file is polygons and no picture.
pub(super) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

pub(super) fn load_polygons(path: &Path) -> Result<PolygonFile, SelectionError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SelectionError::Read { path: path.to_owned(), source })?;
    // Syntax first: serde's word on an untagged shape says nothing of a line.
    let value: serde_json::Value = serde_json::from_str(&text)
        .map_err(|e| SelectionError::Json { path: path.to_owned(), message: e.to_string() })?;
    serde_json::from_value(value).map_err(|_| SelectionError::Json {
        path: path.to_owned(),
        message: "something that is not a list of lists of [x, y] numbers".to_owned(),
    })
}

/// Refuses polygons of too few points and points that are no numbers; `of` names the region.
pub(super) fn check_points(path: &Path, of: &str, polygons: &[Vec<[f64; 2]>]) -> Result<(), SelectionError> {
    for (i, polygon) in polygons.iter().enumerate() {
        let fault = |message: String| SelectionError::Polygon {
            path: path.to_owned(),
            polygon: i + 1,
            message: format!("{of}{message}"),
        };
        if polygon.len() < 3 {
            return Err(fault(format!("found {} points, expected at least 3", polygon.len())));
        }
        if let Some([x, y]) = polygon.iter().find(|[x, y]| !(x.is_finite() && y.is_finite())) {
            return Err(fault(format!("found the point ({x}, {y}), expected finite pixels")));
        }
    }
    Ok(())
}

impl Selection {
    /// 1 where selected, on a grid of size `target` over a photograph of size `photo`.
    pub fn on_grid(&self, photo: Size, target: Size) -> Raster {
        let scale_x = f64::from(photo.width) / f64::from(target.width);
        let scale_y = f64::from(photo.height) / f64::from(target.height);
        match self {
            Self::Mask(mask) => Raster::from_fn(target, |x, y| {
                let source = |i: u32, scale: f64| ((f64::from(i) + 0.5) * scale) as u32;
                let (u, v) = (source(x, scale_x), source(y, scale_y));
                f32::from(mask.at(u.min(photo.width - 1), v.min(photo.height - 1)) != 0)
            }),
            Self::Polygons(polygons) => {
                let mut out = Raster::filled(target, 0.0);
                for y in 0..target.height {
                    fill_row(&mut out, y, &crossings(polygons, (f64::from(y) + 0.5) * scale_y), scale_x);
                }
                out
            }
            Self::Union(selections) => {
                let mut out = Raster::filled(target, 0f32);
                for one in selections {
                    for (out, inside) in out.data_mut().iter_mut().zip(one.on_grid(photo, target).data()) {
                        *out = out.max(*inside);
                    }
                }
                out
            }
        }
    }
}

/// Where the outlines cross a row, sorted.
fn crossings(polygons: &[Vec<[f64; 2]>], y: f64) -> Vec<f64> {
    let mut found = Vec::new();
    for polygon in polygons {
        for (i, &[x0, y0]) in polygon.iter().enumerate() {
            let [x1, y1] = polygon[(i + 1) % polygon.len()];
            if (y0 <= y) != (y1 <= y) {
                found.push(x0 + (y - y0) / (y1 - y0) * (x1 - x0));
            }
        }
    }
    found.sort_by(f64::total_cmp);
    found
}

fn fill_row(out: &mut Raster, y: u32, crossings: &[f64], scale_x: f64) {
    let width = out.size().width;
    // The first pixel whose center lies at or right of `x`.
    let pixel = |x: f64| (x / scale_x - 0.5).ceil().clamp(0.0, f64::from(width)) as u32;
    for pair in crossings.chunks_exact(2) {
        for x in pixel(pair[0])..pixel(pair[1]) {
            out.set(x, y, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(polygons: &str, photo: Size, target: Size) -> Result<f64, SelectionError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("region.json");
        std::fs::write(&path, polygons).unwrap();
        let selection = load_selection(&path, photo, &Limits::default())?;
        Ok(selection.on_grid(photo, target).data().iter().map(|&v| f64::from(v)).sum())
    }

    const PHOTO: Size = Size::new(200, 100);

    #[test]
    fn polygons_have_the_area_of_the_shoelace_formula() {
        let triangle = "[[[10, 10], [110, 10], [10, 90]]]";
        assert!((area(triangle, PHOTO, PHOTO).unwrap() - 4000.0).abs() < 60.0);
        let square = r#"{"polygons": [[[20.0, 20.0], [60.0, 20.0], [60.0, 60.0], [20.0, 60.0]]]}"#;
        assert_eq!(area(square, PHOTO, PHOTO).unwrap(), 1600.0);
        assert_eq!(area(square, PHOTO, Size::new(100, 50)).unwrap(), 400.0);
    }

    #[test]
    fn a_polygon_in_a_polygon_is_a_hole() {
        let ring = "[[[0,0],[100,0],[100,100],[0,100]], [[25,25],[75,25],[75,75],[25,75]]]";
        assert_eq!(area(ring, PHOTO, PHOTO).unwrap(), 10_000.0 - 2_500.0);
    }

    #[test]
    fn what_is_no_polygon_is_refused_in_one_line() {
        for (text, expected) in [
            ("[[[NaN, 1], [2, 3], [4, 5]]]", "line 1"),
            ("[[[null, 1], [2, 3], [4, 5]]]", "list of lists"),
            ("[[[1e999, 1], [2, 3], [4, 5]]]", "out of range"),
            ("[[[0, 1], [2, 3]]]", "found 2 points, expected at least 3"),
            ("[[[300, 300], [400, 300], [400, 400]]]", "empty"),
            ("[]", "empty"),
        ] {
            let error = area(text, PHOTO, PHOTO).unwrap_err().to_string();
            assert!(error.contains(expected) && error.contains("region.json"), "{error}");
            assert!(!error.contains('\n'));
        }
    }
}
