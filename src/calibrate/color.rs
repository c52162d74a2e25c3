//! Color of single points, in f64: sRGB, CIELAB, ITA, CIEDE2000.

use std::f64::consts::PI;

/// Linear sRGB to XYZ (IEC 61966-2-1 primaries, D65), row by row. The white point used with it
/// is the sum of each row.
pub const XYZ_FROM_LINEAR_RGB: [[f64; 3]; 3] = [
    [0.412_390_8, 0.357_584_3, 0.180_480_8],
    [0.212_639_0, 0.715_168_7, 0.072_192_3],
    [0.019_330_8, 0.119_194_8, 0.950_532_2],
];
/// Where CIELAB turns from a cube root to a line.
pub const CIE_EPSILON: f64 = 216.0 / 24389.0;
/// Slope of that line.
pub const CIE_KAPPA: f64 = 24389.0 / 27.0;

/// Linear light of an sRGB value, both 0 to 1 (IEC 61966-2-1).
pub fn linear_from_srgb(v: f64) -> f64 {
    if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
}

/// sRGB value of linear light, both 0 to 1 (IEC 61966-2-1).
pub fn srgb_from_linear(v: f64) -> f64 {
    if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 }
}

/// CIELAB (D65) of linear sRGB, negative values included: patches of a chart lie outside sRGB.
pub fn lab_from_linear_rgb(rgb: [f64; 3]) -> [f64; 3] {
    let [x, y, z] = XYZ_FROM_LINEAR_RGB.map(|row| {
        let white: f64 = row.iter().sum();
        let t = (0..3).map(|c| row[c] * rgb[c]).sum::<f64>() / white;
        if t > CIE_EPSILON { t.cbrt() } else { (CIE_KAPPA * t + 16.0) / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// How CIELAB of a positive linear sRGB color grows with the optical density of each channel, by central
/// differences: a row for L*, a* and b*.
pub fn lab_per_density(rgb: [f64; 3]) -> [[f64; 3]; 3] {
    const STEP: f64 = 1e-4;
    let columns: [[f64; 3]; 3] = std::array::from_fn(|c| {
        let lab = |density: f64| {
            let mut rgb = rgb;
            rgb[c] *= (-density).exp();
            lab_from_linear_rgb(rgb)
        };
        let (less, more) = (lab(-STEP), lab(STEP));
        std::array::from_fn(|k| (more[k] - less[k]) / (2.0 * STEP))
    });
    std::array::from_fn(|k| columns.map(|column| column[k]))
}

/// Individual typology angle, in degrees (Chardon et al. 1991,
/// doi:10.1111/j.1467-2494.1991.tb00561.x).
pub fn ita_deg(lightness: f64, b_star: f64) -> f64 {
    ((lightness - 50.0) / b_star).atan() * 180.0 / PI
}

/// How ITA grows with L* and with b*, in degrees.
pub fn ita_deg_per_lab(lightness: f64, b_star: f64) -> [f64; 2] {
    let square = (lightness - 50.0).powi(2) + b_star * b_star;
    [b_star / square, -(lightness - 50.0) / square].map(f64::to_degrees)
}

/// CIEDE2000 between two CIELAB colors, all weights 1 (Sharma, Wu & Dalal 2005,
/// doi:10.1002/col.20070). The symbols are the paper's.
pub fn delta_e_2000([l1, a1, b1]: [f64; 3], [l2, a2, b2]: [f64; 3]) -> f64 {
    let c_bar = 0.5 * (a1.hypot(b1) + a2.hypot(b2));
    let g = 0.5 * (1.0 - (c_bar.powi(7) / (c_bar.powi(7) + 25f64.powi(7))).sqrt());
    let (a1, a2) = ((1.0 + g) * a1, (1.0 + g) * a2);
    let (c1, c2) = (a1.hypot(b1), a2.hypot(b2));
    let hue =
        |a: f64, b: f64| if a == 0.0 && b == 0.0 { 0.0 } else { b.atan2(a).to_degrees().rem_euclid(360.0) };
    let (h1, h2) = (hue(a1, b1), hue(a2, b2));
    let gray = c1 * c2 == 0.0;

    let delta_h = match h2 - h1 {
        _ if gray => 0.0,
        d if d > 180.0 => d - 360.0,
        d if d < -180.0 => d + 360.0,
        d => d,
    };
    let delta_h = 2.0 * (c1 * c2).sqrt() * (0.5 * delta_h).to_radians().sin();
    let (delta_l, delta_c) = (l2 - l1, c2 - c1);

    let h_bar = match (h1 - h2).abs() {
        _ if gray => h1 + h2,
        d if d <= 180.0 => 0.5 * (h1 + h2),
        _ if h1 + h2 < 360.0 => 0.5 * (h1 + h2 + 360.0),
        _ => 0.5 * (h1 + h2 - 360.0),
    };
    let (l_bar, c_bar) = (0.5 * (l1 + l2), 0.5 * (c1 + c2));
    let cos = |degrees: f64| degrees.to_radians().cos();
    let t = 1.0 - 0.17 * cos(h_bar - 30.0) + 0.24 * cos(2.0 * h_bar) + 0.32 * cos(3.0 * h_bar + 6.0)
        - 0.20 * cos(4.0 * h_bar - 63.0);
    let theta = 30.0 * (-((h_bar - 275.0) / 25.0).powi(2)).exp();
    let r_c = 2.0 * (c_bar.powi(7) / (c_bar.powi(7) + 25f64.powi(7))).sqrt();
    let s_l = 1.0 + 0.015 * (l_bar - 50.0).powi(2) / (20.0 + (l_bar - 50.0).powi(2)).sqrt();
    let s_c = 1.0 + 0.045 * c_bar;
    let s_h = 1.0 + 0.015 * c_bar * t;
    let r_t = -(2.0 * theta).to_radians().sin() * r_c;
    let (l, c, h) = (delta_l / s_l, delta_c / s_c, delta_h / s_h);
    (l * l + c * c + h * h + r_t * c * h).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_vector_is_reproduced() {
        let rgb = [200.0, 150.0, 128.0].map(|v| linear_from_srgb(v / 255.0));
        let [l, a, b] = lab_from_linear_rgb(rgb);
        assert!((l - 66.2529).abs() < 1e-3 && (a - 15.8002).abs() < 1e-3 && (b - 18.9164).abs() < 1e-3);
        assert!((ita_deg(l, b) - 40.669).abs() < 1e-2);
    }

    #[test]
    fn slopes_are_those_of_a_small_step() {
        let rgb = [0.5, 0.3, 0.2];
        let (lab, slopes) = (lab_from_linear_rgb(rgb), lab_per_density(rgb));
        // More light in all channels is CIELAB by the cube root: a third of (L* + 16) per unit of density.
        let all: f64 = slopes[0].iter().sum();
        assert!((all + (lab[0] + 16.0) / 3.0).abs() < 1e-4, "{all}");
        let red = lab_from_linear_rgb([0.5 * (-0.01f64).exp(), 0.3, 0.2]);
        assert!((red[1] - lab[1] - 0.01 * slopes[1][0]).abs() < 0.01);
        let [by_lightness, by_b] = ita_deg_per_lab(lab[0], lab[2]);
        let moved = ita_deg(lab[0] + 0.01, lab[2] - 0.02) - ita_deg(lab[0], lab[2]);
        assert!((moved - 0.01 * by_lightness + 0.02 * by_b).abs() < 1e-4);
    }

    #[test]
    fn ciede2000_matches_the_authors_table() {
        let Some(data) = crate::testing::shared_data() else { return };
        let table =
            std::fs::read_to_string(data.join("reference_values/ciede2000/ciede2000_test_data.txt")).unwrap();
        let mut pairs = 0;
        for line in table.lines().filter(|l| !l.starts_with('#') && !l.trim().is_empty()) {
            let v: Vec<f64> = line.split_whitespace().filter_map(|w| w.parse().ok()).collect();
            // Pair, 1, L1 a1 b1, nine intermediates and ΔE, then 2, L2 a2 b2, ….
            let (first, second, expected) = ([v[2], v[3], v[4]], [v[17], v[18], v[19]], v[15]);
            let found = delta_e_2000(first, second);
            assert!((found - expected).abs() < 1e-4, "pair {}: {found}, expected {expected}", v[0]);
            assert!((delta_e_2000(second, first) - found).abs() < 1e-12);
            pairs += 1;
        }
        assert_eq!(pairs, 34);
    }

    #[test]
    fn srgb_and_back() {
        for v in [0.0, 0.01, 0.04045, 0.2, 0.73, 1.0] {
            assert!((srgb_from_linear(linear_from_srgb(v)) - v).abs() < 1e-6);
        }
    }
}
