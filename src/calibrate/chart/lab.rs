//! CIELAB of colors that need not lie within sRGB.

use crate::calibrate::color::{CIE_EPSILON, CIE_KAPPA, XYZ_FROM_LINEAR_RGB};

/// CIELAB (D65) of linear sRGB, negative values included: patches of a chart lie outside sRGB.
pub fn lab_of(rgb: [f64; 3]) -> [f64; 3] {
    let [x, y, z] = XYZ_FROM_LINEAR_RGB.map(|row| {
        let white: f64 = row.iter().sum();
        let t = (0..3).map(|c| row[c] * rgb[c]).sum::<f64>() / white;
        if t > CIE_EPSILON { t.cbrt() } else { (CIE_KAPPA * t + 16.0) / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}
