//! Eyes, brows, nostrils and lips of a face: where they are on every face, and there what is
//! darker than the skin above and below, less colorful, or redder.

use super::eyes::{USUAL_EYE, eyes};
use super::face::{Ellipse, Face};
use super::look::{Look, combined};
use super::masks::{Part, grown, keep_parts, mask_where, median, smoothed};
use crate::engine::{Engine, EngineError};
use crate::raster::Raster;

/// Dark lines and spots are lower than this, in distances of the pupils, as all lengths here.
const LINE: f64 = 0.26;
/// σ of what skin around looks like.
const AROUND: f64 = 0.3;
/// The eye itself, and where its lashes may be, around its middle.
const EYE: Ellipse = Ellipse { center: (0.0, 0.0), axes: (0.255, 0.1) };
const LIDS: Ellipse = Ellipse { center: (0.0, -0.01), axes: (0.29, 0.14) };
/// How dark lashes are in OD, and which share of the color of skin is lost in an eye.
const LASHES_OD: f32 = 0.32;
/// An SD of density over plain skin from which lines must be darker in proportion, up to twice:
/// dark skin under a lamp is uneven.
const USUAL_SD: f32 = 0.2;
const PALER_EYE: f32 = 0.45;
const PALE_LINE_OD: f32 = 0.1;
/// Where a brow may be: |u| and v from and to. Its tail reaches lower from |u| on.
const BROW: ((f64, f64), (f64, f64)) = ((0.1, 1.0), (-0.52, -0.13));
const BROW_TAIL: (f64, f64) = (0.55, -0.06);
/// How dark it is, at least and as a share of its darkest; or how much paler and dark at least.
const BROW_OD: f32 = 0.18;
const BROW_SHARE: f32 = 0.22;
const PALER_BROW: (f32, f32) = (0.3, 0.25);
/// Wrinkles of the forehead are higher on average; crumbs are smaller. What is farther above or
/// below the largest part of its side is a mole, and so is a smaller part that is not so many
/// times as wide as high; what is so much redder than the skin around is none either.
const HIGHEST_BROW: f64 = -0.46;
const LEAST_BROW: f64 = 0.006;
const BROW_HEIGHT: f64 = 0.2;
const BROW_ASPECT: f64 = 1.4;
const RED_PLAQUE: f32 = 0.6;
/// Where a nostril may be, and how dark it is, at least and as a share of the darkest: the shade
/// around is skin.
const NOSTRIL: Ellipse = Ellipse { center: (0.13, 0.68), axes: (0.18, 0.13) };
const NOSTRIL_OD: f32 = 0.22;
const NOSTRIL_SHARE: f32 = 0.17;
/// The darkest of a zone: darker is this share of it.
const DARKEST_SHARE: f64 = 0.04;
/// Lips around the line of the mouth, of a color of their own and not, and where they may be.
const LIPS: Ellipse = Ellipse { center: (0.0, 0.0), axes: (0.38, 0.06) };
const DULL_LIPS: Ellipse = Ellipse { center: (0.0, -0.01), axes: (0.41, 0.15) };
const WIDE_LIPS: Ellipse = Ellipse { center: (0.0, 0.01), axes: (0.58, 0.25) };
/// How much redder than the skin around lips are in OD: so that their color tells them, at
/// least, and as a share of their own.
const LIPS_OWN: f32 = 0.5;
const LIPS_RED: f32 = 0.12;
const LIPS_SHARE: f32 = 0.25;
/// How dark the line of the mouth is, in OD.
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
    let redness = combined(&green_red, &look.blue_red(), Look::hemoglobin);
    let around = |plane: &Raster| smoothed(engine, plane, skin, AROUND * between);
    let (dark, paler) = dark_and_paler(engine, look, face, skin)?;
    let color = around(&green_red)?;
    let redder = combined(&redness, &around(&redness)?, |here, around| here - around);
    let lines = dark_lines(&look.green, (LINE * between) as usize);
    let mouth = mouth(&look.green, face);

    let uneven = (density_sd / USUAL_SD).clamp(1.0, 2.0);

    let eyes = eyes(face, &dark, &paler);
    // The nose of a long face is long.
    let longer = 0.5 * (mouth - USUAL_MOUTH);
    let on_nostril = |u: f64, v: f64| NOSTRIL.holds((u.abs(), v - longer));
    let nostril_od = NOSTRIL_OD.max(NOSTRIL_SHARE * darkest(&lines, face, &on_nostril));
    // Brows are above the eyes, wherever these are.
    let above_eye = |u: f64, v: f64| v - (eyes[usize::from(u > 0.0)][1] - USUAL_EYE.1);
    let on_brow = |u: f64, v: f64| {
        let v = above_eye(u, v);
        let ((near, far), (high, low)) = BROW;
        let lowest = if u.abs() > BROW_TAIL.0 { BROW_TAIL.1 } else { low };
        u.abs() > near && u.abs() < far && v > high && v < lowest
    };
    let brow_od = [-1.0, 1.0].map(|side: f64| {
        BROW_OD.max(BROW_SHARE * darkest(&lines, face, &|u, v| u * side > 0.0 && on_brow(u, v)))
    });
    let core = mask_where(skin, |_, x, y| {
        let (u, v) = face.place(x, y);
        LIPS.holds((u, v - mouth))
    });
    let lips_red = median(&redder, &core).unwrap_or(0.0);
    let (certain_lips, lips_red) =
        if lips_red > LIPS_OWN { (LIPS, LIPS_RED.max(LIPS_SHARE * lips_red)) } else { (DULL_LIPS, LIPS_RED) };

    let found = mask_where(skin, |i, x, y| {
        let (u, v) = face.place(x, y);
        let (line, pale) = (lines.data()[i], paler.data()[i] > PALER_EYE * color.data()[i].max(0.05));
        let [eye_u, eye_v] = eyes[usize::from(u > 0.0)];
        let on_eye = (u - eye_u, v - eye_v);
        let eye = EYE.holds(on_eye)
            || LIDS.holds(on_eye) && (line > LASHES_OD * uneven || pale && line > PALE_LINE_OD * uneven);
        let nostril = on_nostril(u, v) && line > nostril_od;
        let on_lips = (u, v - mouth);
        // Teeth are pale and light.
        let teeth = pale && dark.data()[i] < 0.0;
        let red_or_dark = redder.data()[i] > lips_red || line > MOUTH_OD * uneven || teeth;
        let lips = certain_lips.holds(on_lips) || WIDE_LIPS.holds(on_lips) && red_or_dark;
        eye || nostril || lips
    });
    let brows = mask_where(skin, |i, x, y| {
        let (u, v) = face.place(x, y);
        let pale = paler.data()[i] > PALER_BROW.0 * color.data()[i].max(0.05);
        let dark_line = lines.data()[i] > brow_od[usize::from(u > 0.0)];
        on_brow(u, v) && redder.data()[i] < RED_PLAQUE && (dark_line || pale && dark.data()[i] > PALER_BROW.1)
    });
    let height = Raster::from_fn(skin.size(), |x, y| {
        let (u, v) = face.place(x, y);
        above_eye(u, v) as f32
    });
    let aside = Raster::from_fn(skin.size(), |x, y| face.place(x, y).0 as f32);
    let brows = keep_parts(engine, &brows, &[&height, &aside], |parts| {
        let same_side = |a: &Part, b: &Part| (a.mean(1) > 0.0) == (b.mean(1) > 0.0);
        let brow = |p: &Part| p.mean(0) > HIGHEST_BROW && p.pixels > LEAST_BROW * between * between;
        let keep = |p: &Part| {
            let of_side = parts.iter().filter(|other| same_side(p, other) && brow(other));
            let largest = of_side.max_by(|a, b| a.pixels.total_cmp(&b.pixels));
            let [width, height] = p.extent();
            brow(p)
                && largest.is_some_and(|l| {
                    let as_high = (l.mean(0) - p.mean(0)).abs() < BROW_HEIGHT;
                    as_high && (p.pixels == l.pixels || width > BROW_ASPECT * height)
                })
        };
        parts.iter().map(keep).collect()
    })?;
    let found = grown(engine, &found, RIM.0 * between, RIM.1 * between)?;
    let brows = grown(engine, &brows, BROW_RIM.0 * between, BROW_RIM.1 * between)?;
    Ok(combined(&found, &brows, f32::max))
}

/// How much darker and how much less colorful than the skin around every place is, in OD.
pub(super) fn dark_and_paler(
    engine: &Engine,
    look: &Look,
    face: &Face,
    skin: &Raster,
) -> Result<(Raster, Raster), EngineError> {
    let around = |plane: &Raster| smoothed(engine, plane, skin, AROUND * face.between);
    let green_red = look.green_red();
    let dark = combined(&look.green, &around(&look.green)?, |here, around| here - around);
    let paler = combined(&around(&green_red)?, &green_red, |around, here| around - here);
    Ok((dark, paler))
}

/// What a small share of a zone exceeds.
fn darkest(lines: &Raster, face: &Face, zone: &dyn Fn(f64, f64) -> bool) -> f32 {
    let width = lines.size().width as usize;
    let inside = |i: usize| {
        let (u, v) = face.place((i % width) as u32, (i / width) as u32);
        zone(u, v)
    };
    let mut values: Vec<f32> =
        lines.data().iter().enumerate().filter(|(i, _)| inside(*i)).map(|(_, &v)| v).collect();
    if values.is_empty() {
        return 0.0;
    }
    let place = (values.len() as f64 * (1.0 - DARKEST_SHARE)) as usize;
    *values.select_nth_unstable_by(place, f32::total_cmp).1
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
pub(super) fn mouth(density: &Raster, face: &Face) -> f64 {
    let steps = |from: f64, to: f64, step: f64| {
        (0..=((to - from) / step).round() as usize).map(move |i| from + i as f64 * step)
    };
    let reach = (MOUTH_WINDOW as f64 + 2.0) * MOUTH_STEP;
    let heights: Vec<f64> = steps(MOUTH.0 - reach, MOUTH.1 + reach, MOUTH_STEP).collect();
    let rows: Vec<f64> = heights
        .iter()
        .map(|&v| {
            let along = steps(-MOUTH_HALF_WIDTH, MOUTH_HALF_WIDTH, 2.0 * MOUTH_STEP);
            let values: Vec<f64> = along.map(|u| f64::from(face.value(density, u, v))).collect();
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
