//! Eyes, brows, nostrils and lips of a face: where they are on every face, and there what is
//! darker than the skin above and below, less colorful, or redder.

use super::face::Face;
use super::head::Ellipse;
use super::look::{Look, combined};
use super::masks::{Part, grown, keep_parts, mask_where, smoothed};
use crate::engine::{Engine, EngineError};
use crate::raster::Raster;

/// Dark lines and spots are lower than this, in distances of the pupils, as all lengths here.
const LINE: f64 = 0.26;
/// σ of what skin around looks like.
const AROUND: f64 = 0.3;
/// The eye itself, and where its lids and lashes may be.
const EYE: Ellipse = Ellipse { center: (0.49, 0.03), axes: (0.255, 0.11) };
const LIDS: Ellipse = Ellipse { center: (0.49, 0.01), axes: (0.31, 0.15) };
/// How dark lashes are in OD, and which share of the color of skin is lost in an eye.
const LASHES_OD: f32 = 0.32;
/// An SD of density over plain skin from which lines must be darker in proportion, up to twice:
/// dark skin under a lamp is uneven.
const USUAL_SD: f32 = 0.2;
const PALER_EYE: f32 = 0.45;
const PALE_LINE_OD: f32 = 0.1;
/// Where a brow may be: |u| and v from and to. Its tail reaches lower from |u| on.
const BROW: ((f64, f64), (f64, f64)) = ((0.1, 1.0), (-0.52, -0.16));
const BROW_TAIL: (f64, f64) = (0.55, -0.08);
/// How dark it is; or how much paler and dark at least.
const BROW_OD: f32 = 0.18;
const PALER_BROW: (f32, f32) = (0.3, 0.25);
/// Wrinkles of the forehead are higher on average, and crumbs smaller.
const HIGHEST_BROW: f64 = -0.46;
const LEAST_BROW: f64 = 0.006;
/// Where a nostril may be, and how dark it is.
const NOSTRIL: Ellipse = Ellipse { center: (0.13, 0.68), axes: (0.18, 0.13) };
const NOSTRIL_OD: f32 = 0.22;
/// Lips around the line of the mouth, and where they may be.
const LIPS: Ellipse = Ellipse { center: (0.0, -0.01), axes: (0.42, 0.15) };
const WIDE_LIPS: Ellipse = Ellipse { center: (0.0, 0.01), axes: (0.6, 0.25) };
/// How much redder than the skin around lips are, or how dark the line of the mouth, in OD.
const LIPS_RED: f32 = 0.15;
const MOUTH_OD: f32 = 0.4;
/// The line of the mouth is sought from and to, and lies here on most faces.
const MOUTH: (f64, f64) = (0.85, 1.45);
const USUAL_MOUTH: f64 = 1.1;
/// Step of the search, half width of the line, and half the window a line stands out from.
const MOUTH_STEP: f64 = 0.02;
const MOUTH_HALF_WIDTH: f64 = 0.28;
const MOUTH_WINDOW: usize = 5;
/// Growing and shrinking of features and of brows.
const RIM: (f64, f64) = (0.02, 0.014);
const BROW_RIM: (f64, f64) = (0.03, 0.014);

/// 1 on eyes, brows, nostrils and lips.
pub(super) fn features(
    engine: &Engine,
    look: &Look,
    face: &Face,
    skin: &Raster,
    density_sd: f32,
) -> Result<Raster, EngineError> {
    let between = face.between;
    let green_red = look.green_red();
    let redness = combined(&green_red, &look.blue_red(), |g, b| 2.261 * g - 1.004 * b);
    let around = |plane: &Raster| smoothed(engine, plane, skin, AROUND * between);
    let dark = combined(&look.green, &around(&look.green)?, |here, around| here - around);
    let paler = combined(&around(&green_red)?, &green_red, |around, here| around - here);
    let color = around(&green_red)?;
    let redder = combined(&redness, &around(&redness)?, |here, around| here - around);
    let lines = dark_lines(&look.green, (LINE * between) as usize);
    let mouth = mouth(&look.green, face);

    let uneven = (density_sd / USUAL_SD).clamp(1.0, 2.0);

    let found = mask_where(skin, |i, x, y| {
        let (u, v) = face.place(x, y);
        let side = u.abs();
        let (line, pale) = (lines.data()[i], paler.data()[i] > PALER_EYE * color.data()[i].max(0.05));
        let eye = EYE.holds((side, v))
            || LIDS.holds((side, v)) && (line > LASHES_OD * uneven || pale && line > PALE_LINE_OD * uneven);
        // The nose of a long face is long.
        let nostril = NOSTRIL.holds((side, v - 0.5 * (mouth - USUAL_MOUTH))) && line > NOSTRIL_OD;
        let on_lips = (u, v - mouth);
        // Teeth are pale and light.
        let teeth = pale && dark.data()[i] < 0.0;
        let red_or_dark = redder.data()[i] > LIPS_RED || line > MOUTH_OD * uneven || teeth;
        let lips = LIPS.holds(on_lips) || WIDE_LIPS.holds(on_lips) && red_or_dark;
        eye || nostril || lips
    });
    let brows = mask_where(skin, |i, x, y| {
        let (u, v) = face.place(x, y);
        let ((near, far), (high, low)) = BROW;
        let lowest = if u.abs() > BROW_TAIL.0 { BROW_TAIL.1 } else { low };
        let zone = u.abs() > near && u.abs() < far && v > high && v < lowest;
        let pale = paler.data()[i] > PALER_BROW.0 * color.data()[i].max(0.05);
        zone && (lines.data()[i] > BROW_OD || pale && dark.data()[i] > PALER_BROW.1)
    });
    let height = Raster::from_fn(skin.size(), |x, y| face.place(x, y).1 as f32);
    let brows = keep_parts(engine, &brows, &[&height], |parts| {
        let keep = |p: &Part| p.mean(0) > HIGHEST_BROW && p.pixels > LEAST_BROW * between * between;
        parts.iter().map(keep).collect()
    })?;
    let found = grown(engine, &found, RIM.0 * between, RIM.1 * between)?;
    let brows = grown(engine, &brows, BROW_RIM.0 * between, BROW_RIM.1 * between)?;
    Ok(combined(&found, &brows, f32::max))
}

/// How much darker a pixel is than the lightest stretch of a column through it that is higher
/// than `length` pixels: nothing of what is higher than that remains.
fn dark_lines(density: &Raster, length: usize) -> Raster {
    let size = density.size();
    let (height, half) = (size.height as usize, length.max(3) / 2);
    let mut out = Raster::filled(size, 0.0);
    let extreme = |values: &[f32], pick: fn(f32, f32) -> f32| -> Vec<f32> {
        (0..height)
            .map(|y| {
                let window = &values[y.saturating_sub(half)..(y + half + 1).min(height)];
                window.iter().copied().fold(values[y], pick)
            })
            .collect()
    };
    for x in 0..size.width {
        let column: Vec<f32> = (0..size.height).map(|y| density.at(x, y)).collect();
        let opened = extreme(&extreme(&column, f32::min), f32::max);
        for (y, (here, opened)) in (0..).zip(column.iter().zip(opened)) {
            out.set(x, y, here - opened);
        }
    }
    out
}

/// v of the line of the mouth: the row that is darkest against the rows above and below.
fn mouth(density: &Raster, face: &Face) -> f64 {
    let size = density.size();
    let steps = |from: f64, to: f64, step: f64| {
        (0..=((to - from) / step).round() as usize).map(move |i| from + i as f64 * step)
    };
    let reach = (MOUTH_WINDOW as f64 + 2.0) * MOUTH_STEP;
    let heights: Vec<f64> = steps(MOUTH.0 - reach, MOUTH.1 + reach, MOUTH_STEP).collect();
    let rows: Vec<f64> = heights
        .iter()
        .map(|&v| {
            let along = steps(-MOUTH_HALF_WIDTH, MOUTH_HALF_WIDTH, 2.0 * MOUTH_STEP);
            let values: Vec<f64> = along
                .map(|u| {
                    let (x, y) = face.at(u, v);
                    let pixel = |p: f64, n: u32| p.clamp(0.0, f64::from(n - 1)) as u32;
                    f64::from(density.at(pixel(x, size.width), pixel(y, size.height)))
                })
                .collect();
            values.iter().sum::<f64>() / values.len() as f64
        })
        .collect();
    let mut best = (f64::MIN, USUAL_MOUTH);
    for i in MOUTH_WINDOW..rows.len() - MOUTH_WINDOW {
        let window = &rows[i - MOUTH_WINDOW..=i + MOUTH_WINDOW];
        let mean = window.iter().sum::<f64>() / window.len() as f64;
        let score = rows[i] - mean - (heights[i] - USUAL_MOUTH).powi(2);
        if score > best.0 && (MOUTH.0..=MOUTH.1).contains(&heights[i]) {
            best = (score, heights[i]);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    #[test]
    fn lines_are_what_is_lower_than_the_limit() {
        // A thin dark bar, and a block that is as high as the limit allows no longer.
        let density = Raster::from_fn(Size::new(9, 40), |x, y| {
            let bar = (4..7).contains(&y);
            let block = x > 4 && (20..34).contains(&y);
            if bar || block { 1.0 } else { 0.25 }
        });
        let lines = dark_lines(&density, 9);
        assert_eq!(lines.at(2, 5), 0.75);
        assert_eq!(lines.at(6, 27), 0.0);
        assert_eq!(lines.at(2, 27), 0.0);
    }
}
