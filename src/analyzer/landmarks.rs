//! Landmarks that a person set on both photographs, where the skin is not found by itself.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::align::{LEAST_LANDMARKS, Landmark};
use crate::geometry::Size;
use crate::photo::Photo;

/// Why a file of landmarks cannot be used. Expected is
/// `{"pairs": [{"before": [x, y], "after": [x, y]}, …]}` in pixels of the upright photographs.
#[derive(Debug, thiserror::Error)]
pub enum LandmarkError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no JSON of landmarks.
    #[error(
        "{}: expected {{\"pairs\": [{{\"before\": [x, y], \"after\": [x, y]}}, …]}} in pixels, found {message}",
        path.display()
    )]
    Json {
        /// The file.
        path: PathBuf,
        /// What was wrong, and where.
        message: String,
    },
    /// Too few pairs.
    #[error("{}: found {found} landmarks, expected at least {LEAST_LANDMARKS}", path.display())]
    Few {
        /// The file.
        path: PathBuf,
        /// Pairs in it.
        found: usize,
    },
    /// A landmark lies beside its photograph.
    #[error("{}: pair {pair}: ({}, {}) lies outside the {side}-photograph of {size} pixels", path.display(), place[0], place[1])]
    Outside {
        /// The file.
        path: PathBuf,
        /// Which pair, from 1.
        pair: usize,
        /// `before` or `after`.
        side: &'static str,
        /// The landmark.
        place: [f64; 2],
        /// The photograph's size.
        size: Size,
    },
    /// All landmarks lie on a line or at one place.
    #[error("{}: the landmarks lie on a line, which does not say how the skin lies beside it", path.display())]
    Line {
        /// The file.
        path: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pairs: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    before: [f64; 2],
    after: [f64; 2],
}

/// Reads landmarks of these two photographs.
pub(super) fn load(path: &Path, before: &Photo, after: &Photo) -> Result<Vec<Landmark>, LandmarkError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| LandmarkError::Read { path: path.into(), source })?;
    let File { pairs } = serde_json::from_str(&text)
        .map_err(|e| LandmarkError::Json { path: path.into(), message: e.to_string() })?;
    if pairs.len() < LEAST_LANDMARKS {
        return Err(LandmarkError::Few { path: path.into(), found: pairs.len() });
    }
    for (i, pair) in pairs.iter().enumerate() {
        for (side, place, size) in [("before", pair.before, before.size), ("after", pair.after, after.size)] {
            let inside = (0.0..=f64::from(size.width)).contains(&place[0])
                && (0.0..=f64::from(size.height)).contains(&place[1]);
            if !inside {
                return Err(LandmarkError::Outside { path: path.into(), pair: i + 1, side, place, size });
            }
        }
    }
    if on_a_line(pairs.iter().map(|p| p.before)) || on_a_line(pairs.iter().map(|p| p.after)) {
        return Err(LandmarkError::Line { path: path.into() });
    }
    let landmark = |p: &Pair| Landmark { before: p.before.into(), after: p.after.into() };
    Ok(pairs.iter().map(landmark).collect())
}

/// Whether places spread less than a twentieth as far across as along.
fn on_a_line(places: impl Iterator<Item = [f64; 2]> + Clone) -> bool {
    let n = places.clone().count() as f64;
    let mean = |axis: usize| places.clone().map(|p| p[axis]).sum::<f64>() / n;
    let (mx, my) = (mean(0), mean(1));
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for [x, y] in places {
        xx += (x - mx).powi(2);
        xy += (x - mx) * (y - my);
        yy += (y - my).powi(2);
    }
    let (half, root) = (0.5 * (xx + yy), (0.25 * (xx - yy).powi(2) + xy * xy).sqrt());
    half - root <= (half + root) * 0.05f64.powi(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(width: u32, height: u32) -> Photo {
        let size = Size::new(width, height);
        Photo::from_rgb_bytes("photo", size, &vec![128; 3 * size.area()])
    }

    fn outcome(text: &str) -> Result<Vec<Landmark>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        load(file.path(), &photo(100, 80), &photo(200, 160)).map_err(|e| e.to_string())
    }

    fn pairs(list: &[[f64; 4]]) -> String {
        let pair = |[x, y, u, v]: &[f64; 4]| format!(r#"{{"before": [{x}, {y}], "after": [{u}, {v}]}}"#);
        format!(r#"{{"pairs": [{}]}}"#, list.iter().map(pair).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn landmarks_are_read_and_bad_ones_named() {
        let good = [
            [10.0, 10.0, 20.0, 20.0],
            [90.0, 12.0, 180.0, 24.0],
            [50.0, 70.0, 100.0, 140.0],
            [12.0, 60.0, 24.0, 120.0],
        ];
        let read = outcome(&pairs(&good)).unwrap();
        assert_eq!((read.len(), read[1].after), (4, (180.0, 24.0)));
        assert!(outcome(&pairs(&good[..3])).unwrap_err().contains("found 3 landmarks, expected at least 4"));
        let mut outside = good;
        outside[2][3] = 161.0;
        assert!(
            outcome(&pairs(&outside))
                .unwrap_err()
                .contains("pair 3: (100, 161) lies outside the after-photograph of 200x160")
        );
        let line = [
            [10.0, 10.0, 20.0, 20.0],
            [20.0, 20.0, 40.0, 40.0],
            [30.0, 30.0, 60.0, 60.0],
            [40.0, 40.0, 80.0, 81.0],
        ];
        assert!(outcome(&pairs(&line)).unwrap_err().contains("lie on a line"));
        assert!(outcome(r#"{"pairs": [[1, 2]]}"#).unwrap_err().contains("expected {\"pairs\""));
    }
}
