//! Lamps whose directions are known, and the photograph under each: a JSON file.

use std::path::{Path, PathBuf};

use nalgebra::{Matrix3, Vector3};
use serde::Deserialize;

use super::error::HeightError;

/// Lamps that tell a normal.
pub const LEAST_LAMPS: usize = 3;
/// How far the length of a direction may lie from one.
const UNIT: f64 = 0.02;
/// Least singular value of the directions, by the largest: below it, an error of the light turns normals by
/// more than ten times itself.
const LEAST_SPREAD: f64 = 0.1;

/// A lamp far away, and the photograph taken under it alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Lamp {
    /// The photograph.
    pub photo: PathBuf,
    /// Unit vector from the skin towards the lamp: x to the right of the upright photograph, y down, z out of
    /// it towards the camera.
    pub direction: [f64; 3],
    /// How bright it is, by any one measure for all lamps.
    pub intensity: f64,
}

/// Photographs of one view from a fixed camera in the dark, each under one lamp.
///
/// The file is `{"lights": [{"photo": FILE, "direction": [x, y, z], "intensity": 1.0}, …]}` with paths from
/// its own folder; `intensity` may be left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Lights {
    /// At least [`LEAST_LAMPS`], not all in one plane.
    pub lamps: Vec<Lamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lights: Vec<FileLamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLamp {
    photo: PathBuf,
    direction: [f64; 3],
    #[serde(default = "one")]
    intensity: f64,
}

fn one() -> f64 {
    1.0
}

impl Lights {
    /// Reads and checks a file of lamps; the photographs are not looked at.
    ///
    /// # Errors
    /// [`HeightError`] where there are too few lamps, or their directions do not tell a normal.
    pub fn load(path: &Path) -> Result<Self, HeightError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| HeightError::Read { path: path.into(), source })?;
        let File { lights } = serde_json::from_str(&text)
            .map_err(|e| HeightError::Json { path: path.into(), message: e.to_string() })?;
        if lights.len() < LEAST_LAMPS {
            return Err(HeightError::FewLamps { path: path.into(), found: lights.len() });
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut lamps = Vec::with_capacity(lights.len());
        for (i, lamp) in lights.into_iter().enumerate() {
            let FileLamp { photo, direction, intensity } = lamp;
            let (path, lamp) = (path.to_path_buf(), i + 1);
            let vector = Vector3::from(direction);
            if !((vector.norm() - 1.0).abs() <= UNIT && direction[2] > 0.0) {
                return Err(HeightError::Direction { path, lamp, direction });
            }
            if !(intensity.is_finite() && intensity > 0.0) {
                return Err(HeightError::Intensity { path, lamp, intensity });
            }
            lamps.push(Lamp { photo: folder.join(photo), direction: vector.normalize().into(), intensity });
        }
        let found = spread(&lamps);
        if found < LEAST_SPREAD {
            return Err(HeightError::OnePlane { path: path.into(), found, needed: LEAST_SPREAD });
        }
        Ok(Self { lamps })
    }
}

/// Least singular value of the directions, by the largest: 0 in one plane.
fn spread(lamps: &[Lamp]) -> f64 {
    let mut products = Matrix3::zeros();
    for lamp in lamps {
        let l = Vector3::from(lamp.direction);
        products += l * l.transpose();
    }
    let values = products.symmetric_eigenvalues();
    (values.min().max(0.0) / values.max()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(text: &str) -> Result<Lights, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lights.json");
        std::fs::write(&path, text).unwrap();
        let found = Lights::load(&path).map_err(|e| e.to_string());
        found.inspect(|lights| assert!(lights.lamps.iter().all(|l| l.photo.starts_with(folder.path()))))
    }

    fn file(directions: &[[f64; 3]]) -> String {
        let lamp = |[x, y, z]: &[f64; 3]| format!(r#"{{"photo": "a.png", "direction": [{x}, {y}, {z}]}}"#);
        format!(r#"{{"lights": [{}]}}"#, directions.iter().map(lamp).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn lamps_are_read_and_bad_ones_named() {
        let good = [[0.6, 0.0, 0.8], [-0.3, 0.52, 0.8], [-0.3, -0.52, 0.8]];
        let found = outcome(&file(&good)).unwrap();
        assert_eq!(found.lamps.len(), 3);
        let length = |l: &Lamp| l.direction.iter().map(|v| v * v).sum::<f64>();
        assert!(found.lamps.iter().all(|l| (length(l) - 1.0).abs() < 1e-12 && l.intensity == 1.0));
        let line = |directions: &[[f64; 3]]| outcome(&file(directions)).unwrap_err();
        assert!(line(&good[..2]).contains("found 2 lights, expected at least 3"));
        assert!(line(&[good[0], [0.6, 0.0, 0.9], good[2]]).contains("light 2: expected a unit vector"));
        assert!(line(&[good[0], good[1], [0.6, 0.0, -0.8]]).contains("light 3: expected a unit vector"));
        // A fan over the skin: every lamp has y = 0.
        let fan = [[0.6, 0.0, 0.8], [0.0, 0.0, 1.0], [-0.6, 0.0, 0.8], [0.8, 0.0, 0.6]];
        assert!(line(&fan).contains("nearly in one plane"));
        assert!(outcome(r#"{"lights": [[1, 2, 3]]}"#).unwrap_err().contains("expected {\"lights\""));
        let dark = r#"{"photo": "a.png", "direction": [0.6, 0, 0.8], "intensity": 0}"#;
        let dark = format!(r#"{{"lights": [{dark}, {dark}, {dark}]}}"#);
        assert!(outcome(&dark).unwrap_err().contains("light 1: expected an intensity above 0, found 0"));
        let missing = Lights::load(Path::new("nowhere/lights.json")).unwrap_err().to_string();
        assert!(missing.contains("lights.json: cannot be read"), "{missing}");
    }
}
