//! What scipy, scikit-image and numpy say about small planes: `fixtures/ops`, made by the script
//! there.

use serde_json::Value;

use crate::geometry::Size;
use crate::raster::Raster;

/// One file of references.
pub(crate) struct Fixture(Value);

impl Fixture {
    pub(crate) fn new(text: &str) -> Self {
        Self(serde_json::from_str(text).expect("a fixture is JSON"))
    }

    /// The plane written as whole 1/256.
    pub(crate) fn plane(&self) -> Raster {
        let codes = floats(&self.0["codes"]);
        Raster::from_vec(self.size(), codes.iter().map(|code| (code / 256.0) as f32).collect())
    }

    pub(crate) fn size(&self) -> Size {
        let side = |key: &str| self.0[key].as_u64().expect("a size is a whole number") as u32;
        Size::new(side("width"), side("height"))
    }

    pub(crate) fn mask(&self, key: &str) -> Raster {
        mask(&self.0[key])
    }

    pub(crate) fn cases(&self) -> &[Value] {
        let cases = self.0["cases"].as_array().expect("a list of cases");
        assert!(!cases.is_empty());
        cases
    }
}

impl std::ops::Index<&str> for Fixture {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        &self.0[key]
    }
}

/// A mask from rows of # and dots.
pub(crate) fn mask(rows: &Value) -> Raster {
    let rows: Vec<&str> = rows.as_array().expect("rows").iter().filter_map(Value::as_str).collect();
    let size = Size::new(rows[0].len() as u32, rows.len() as u32);
    Raster::from_fn(size, |x, y| f32::from(rows[y as usize].as_bytes()[x as usize] == b'#'))
}

/// Numbers; NaN for null.
pub(crate) fn floats(values: &Value) -> Vec<f64> {
    values.as_array().expect("a list").iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

/// Values equal those expected within `tolerance`, where one is expected; how many were compared.
pub(crate) fn assert_near(found: &[f32], expected: &[f64], tolerance: f64, what: &str) -> usize {
    assert_eq!(found.len(), expected.len(), "{what}");
    let known = found.iter().zip(expected).enumerate().filter(|(_, (_, expected))| !expected.is_nan());
    let compared = known.map(|(i, (&found, &expected))| {
        let apart = (f64::from(found) - expected).abs();
        assert!(apart <= tolerance, "{what}, value {i}: {found}, expected {expected} within {tolerance}");
    });
    compared.count()
}
