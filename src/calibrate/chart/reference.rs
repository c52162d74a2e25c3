//! The published colors of the 24 patches.
//!
//! Both tables are the maker's own CIELAB values (D50, 2° observer) of the chart as it was made up to
//! and since November 2014. A test holds the older one against an independent average over thirty
//! charts (BabelColor, 2012, xyY under D50): they agree within ΔE00 0.5 on the mean.

use crate::calibrate::color::XYZ_FROM_LINEAR_RGB;
use crate::calibrate::color::{CIE_EPSILON, CIE_KAPPA};

/// Patches in a row, and rows.
pub const COLUMNS: usize = 6;
/// Rows of patches.
pub const ROWS: usize = 4;
/// All patches.
pub const PATCHES: usize = COLUMNS * ROWS;

/// When a chart was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edition {
    /// Since November 2014.
    #[default]
    Since2014,
    /// Before.
    Before2014,
}

/// CIELAB under D50, from dark skin in the upper left to black in the lower right.
const SINCE_2014: [[f64; 3]; PATCHES] = [
    [37.54, 14.37, 14.92],
    [64.66, 19.27, 17.50],
    [49.32, -3.82, -22.54],
    [43.46, -12.74, 22.72],
    [54.94, 9.61, -24.79],
    [70.48, -32.26, -0.37],
    [62.73, 35.83, 56.50],
    [39.43, 10.75, -45.17],
    [50.57, 48.64, 16.67],
    [30.10, 22.54, -20.87],
    [71.77, -24.13, 58.19],
    [71.51, 18.24, 67.37],
    [28.37, 15.42, -49.80],
    [54.38, -39.72, 32.27],
    [42.43, 51.05, 28.62],
    [81.80, 2.67, 80.41],
    [50.63, 51.28, -14.12],
    [49.57, -29.71, -28.32],
    [95.19, -1.03, 2.93],
    [81.29, -0.57, 0.44],
    [66.89, -0.75, -0.06],
    [50.76, -0.13, 0.14],
    [35.63, -0.46, -0.48],
    [20.64, 0.07, -0.46],
];
const BEFORE_2014: [[f64; 3]; PATCHES] = [
    [37.986, 13.555, 14.059],
    [65.711, 18.130, 17.810],
    [49.927, -4.880, -21.905],
    [43.139, -13.095, 21.905],
    [55.112, 8.844, -25.399],
    [70.719, -33.397, -0.199],
    [62.661, 36.067, 57.096],
    [40.020, 10.410, -45.964],
    [51.124, 48.239, 16.248],
    [30.325, 22.976, -21.587],
    [72.532, -23.709, 57.255],
    [71.941, 19.363, 67.857],
    [28.778, 14.179, -50.297],
    [55.261, -38.342, 31.370],
    [42.101, 53.378, 28.190],
    [81.733, 4.039, 79.819],
    [51.935, 49.986, -14.574],
    [51.038, -28.631, -28.638],
    [96.539, -0.425, 1.186],
    [81.257, -0.638, -0.335],
    [66.766, -0.734, -0.504],
    [50.867, -0.153, -0.270],
    [35.656, -0.421, -1.231],
    [20.461, -0.079, -0.973],
];
/// XYZ of the D50 white of ICC profiles.
const D50: [f64; 3] = [0.964_22, 1.0, 0.825_21];
/// From XYZ under D50 to XYZ under D65 (Bradford).
const D65_FROM_D50: [[f64; 3]; 3] = [
    [0.955_576_6, -0.023_039_3, 0.063_163_6],
    [-0.028_289_5, 1.009_941_6, 0.021_007_7],
    [0.012_298_2, -0.020_483_0, 1.329_909_8],
];

/// The colors of the patches as linear sRGB (D65); some lie outside 0 to 1.
pub fn reference_linear(edition: Edition) -> [[f64; 3]; PATCHES] {
    let table = match edition {
        Edition::Since2014 => &SINCE_2014,
        Edition::Before2014 => &BEFORE_2014,
    };
    let rgb_from_xyz =
        nalgebra::Matrix3::from_fn(|r, c| XYZ_FROM_LINEAR_RGB[r][c]).try_inverse().unwrap_or_default();
    table.map(|lab| {
        let xyz = xyz_d50(lab);
        let d65 = D65_FROM_D50.map(|row| (0..3).map(|c| row[c] * xyz[c]).sum::<f64>());
        (rgb_from_xyz * nalgebra::Vector3::from(d65)).into()
    })
}

/// XYZ of CIELAB under D50.
fn xyz_d50([l, a, b]: [f64; 3]) -> [f64; 3] {
    let y = (l + 16.0) / 116.0;
    let linear = |f: f64| if f.powi(3) > CIE_EPSILON { f.powi(3) } else { (116.0 * f - 16.0) / CIE_KAPPA };
    let f = [y + a / 500.0, y, y - b / 200.0];
    std::array::from_fn(|i| D50[i] * linear(f[i]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibrate::color::{delta_e_2000, lab_from_linear_rgb, srgb_from_linear};

    /// xyY of the average of thirty charts, under D50.
    const AVERAGE_OF_THIRTY: [[f64; 3]; PATCHES] = [
        [0.4325, 0.3788, 0.1034],
        [0.4191, 0.3748, 0.3525],
        [0.2761, 0.3004, 0.1847],
        [0.3700, 0.4501, 0.1335],
        [0.3020, 0.2877, 0.2324],
        [0.2856, 0.3910, 0.4174],
        [0.5291, 0.4075, 0.3117],
        [0.2339, 0.2155, 0.1140],
        [0.5008, 0.3293, 0.1979],
        [0.3326, 0.2556, 0.0644],
        [0.3989, 0.4998, 0.4435],
        [0.4962, 0.4428, 0.4358],
        [0.2040, 0.1696, 0.0579],
        [0.3270, 0.5033, 0.2307],
        [0.5709, 0.3298, 0.1268],
        [0.4694, 0.4732, 0.6081],
        [0.4177, 0.2704, 0.2007],
        [0.2151, 0.3037, 0.1903],
        [0.3488, 0.3628, 0.9129],
        [0.3451, 0.3596, 0.5885],
        [0.3446, 0.3590, 0.3595],
        [0.3438, 0.3589, 0.1912],
        [0.3423, 0.3576, 0.0893],
        [0.3439, 0.3565, 0.0320],
    ];

    fn lab_of_xyz(xyz: [f64; 3]) -> [f64; 3] {
        let f = |v: f64| if v > 216.0 / 24389.0 { v.cbrt() } else { (24389.0 / 27.0 * v + 16.0) / 116.0 };
        let [x, y, z] = std::array::from_fn(|i| f(xyz[i] / [0.9642, 1.0, 0.8251][i]));
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn the_older_table_agrees_with_the_average_of_thirty_charts() {
        let differences: Vec<f64> = AVERAGE_OF_THIRTY
            .iter()
            .zip(BEFORE_2014)
            .map(|(&[x, y, luminance], lab)| {
                let xyz = [x / y * luminance, luminance, (1.0 - x - y) / y * luminance];
                delta_e_2000(lab_of_xyz(xyz), lab)
            })
            .collect();
        let mean = differences.iter().sum::<f64>() / 24.0;
        let most = differences.iter().copied().fold(0.0, f64::max);
        assert!(mean < 0.5 && most < 1.3, "mean {mean}, most {most}: {differences:.2?}");
    }

    #[test]
    fn the_two_editions_differ_by_about_one() {
        let mean = SINCE_2014.iter().zip(BEFORE_2014).map(|(&a, b)| delta_e_2000(a, b)).sum::<f64>() / 24.0;
        assert!((0.4..1.2).contains(&mean), "{mean}");
    }

    #[test]
    fn linear_srgb_is_what_is_printed_of_the_chart() {
        // The sRGB codes that are published with the average of thirty charts.
        let codes = |i: usize| reference_linear(Edition::Before2014)[i].map(|v| 255.0 * srgb_from_linear(v));
        for (i, expected) in [
            (0, [116.0, 81.0, 67.0]),
            (1, [199.0, 147.0, 129.0]),
            (6, [224.0, 124.0, 47.0]),
            (21, [121.0, 121.0, 122.0]),
        ] {
            for (found, expected) in codes(i).into_iter().zip(expected) {
                assert!((found - expected).abs() < 2.0, "{i}: {:?}", codes(i));
            }
        }
        // Adaptation keeps lightness to a few tenths, and white white.
        for (linear, lab) in reference_linear(Edition::Before2014).into_iter().zip(BEFORE_2014) {
            assert!((lab_from_linear_rgb(linear)[0] - lab[0]).abs() < 2.5, "{lab:?}");
        }
    }
}
