//! Colors of maps, legible to color-blind eyes, and of the sheet.

use image::Rgb;

/// Colors at equal steps of a scale; between them sRGB values are interpolated.
pub(super) type Ramp = &'static [[u8; 3]];

/// Lightness rises evenly: every fifteenth color of matplotlib's viridis (van der Walt and Smith
/// 2015, CC0); interpolated, no channel is off by more than 6 of 255.
pub(super) const SEQUENTIAL: Ramp = &[
    [68, 1, 84],
    [71, 22, 105],
    [71, 42, 121],
    [67, 60, 132],
    [60, 77, 138],
    [53, 93, 140],
    [46, 108, 142],
    [40, 122, 142],
    [35, 137, 141],
    [30, 151, 138],
    [32, 165, 133],
    [46, 178, 124],
    [69, 191, 111],
    [100, 203, 93],
    [136, 213, 71],
    [175, 220, 46],
    [215, 226, 25],
    [253, 231, 36],
];

/// Blue is less, white is none, red is more: ColorBrewer's RdBu (Harrower and Brewer 2003),
/// reversed.
pub(super) const DIVERGING: Ramp = &[
    [5, 48, 97],
    [33, 102, 172],
    [67, 147, 195],
    [146, 197, 222],
    [209, 229, 240],
    [247, 247, 247],
    [253, 219, 199],
    [244, 165, 130],
    [214, 96, 77],
    [178, 24, 43],
    [103, 0, 31],
];

/// Around the panels: neutral, so that skin keeps its color to the eye.
pub(super) const PAPER: Rgb<u8> = Rgb([240; 3]);
/// Text and scale bar.
pub(super) const INK: Rgb<u8> = Rgb([20; 3]);
/// Where a photograph shows nothing.
pub(super) const NOTHING: Rgb<u8> = Rgb([200; 3]);

/// The color at `t`, 0 to 1, ends repeated.
pub(super) fn color_at(ramp: Ramp, t: f64) -> Rgb<u8> {
    let place = t.clamp(0.0, 1.0) * (ramp.len() - 1) as f64;
    let left = (place as usize).min(ramp.len() - 2);
    let share = place - left as f64;
    Rgb(std::array::from_fn(|c| {
        let (a, b) = (f64::from(ramp[left][c]), f64::from(ramp[left + 1][c]));
        (a + share * (b - a)).round() as u8
    }))
}

/// Eight-bit sRGB (IEC 61966-2-1) from linear light; NaN is black.
pub(super) fn srgb_from_linear(linear: f32) -> u8 {
    let v = linear.clamp(0.0, 1.0);
    let encoded = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
    (255.0 * encoded).round() as u8
}
