//! The card in a photograph.

use super::codes::{SIDE, identify};
use super::layout::{CARD_MM, CELLS, GRAYS, MARKER_MM, gray_patch, marker_corners};
use crate::calibrate::target::{
    self, LARGEST_TILT_DEG, Quad, Sight, dark, fit_map, placement, quad_of, refine, regions,
};
use crate::geometry::Homography;
use crate::raster::Raster;
use crate::reason::Reason;

/// Markers that a card must show.
const LEAST_MARKERS: usize = 3;
/// Radii of the squares over which a threshold is the mean, in pixels, and how much darker than
/// that black is: small markers in a large picture, large ones, and some between.
const RADII: [u32; 4] = [7, 18, 45, 110];
const DARKER: f32 = 0.04;
/// Side of a marker in pixels: below it, cells are not told apart.
const SIDES: std::ops::RangeInclusive<u32> = 18..=1200;
/// Least difference of lightness between the white around a marker and its black frame.
const LEAST_CONTRAST: f64 = 0.12;
/// Cells of the frame, and of the white around, that may be on the wrong side of the threshold.
const FRAME_ERRORS: usize = 1;
const WHITE_ERRORS: usize = 2;
/// Largest RMS distance of corners from where the card's plane has them, as a share of a marker's
/// side: a card that is bent, or is none.
const LARGEST_RESIDUAL: f64 = 0.02;
/// How true printers print lengths, as a standard deviation in per cent.
const PRINT_CV_PERCENT: f64 = 0.75;

/// A card in a photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// From mm on the card to pixels of the photograph.
    pub photo_from_mm: Homography,
    /// Markers seen.
    pub markers: usize,
    /// Pixels of the photograph per mm at the card's center.
    pub px_per_mm: f64,
    /// Angle between the card's normal and the line of sight, in degrees.
    pub tilt_deg: f64,
    /// RMS distance of the markers' corners from where they should be, in pixels.
    pub residual_px: f64,
    /// Coefficient of variation of the scale, in per cent: of the fit, of the printing, and of the
    /// tilt, because the skin beside may or may not be tilted with the card.
    pub scale_cv_percent: f64,
}

impl Card {
    /// Millimetres per pixel, or why the card gives none.
    ///
    /// # Errors
    /// A card that is tilted too far.
    pub fn mm_per_px(&self) -> Result<f64, Reason> {
        if self.tilt_deg > LARGEST_TILT_DEG {
            let message = "the marker card is tilted too far for a scale, in degrees";
            return Err(Reason::limit("card_tilted", message, self.tilt_deg, LARGEST_TILT_DEG));
        }
        Ok(1.0 / self.px_per_mm)
    }

    /// Centers of the gray patches in the photograph.
    pub fn gray_places(&self) -> [[f64; 2]; GRAYS.len()] {
        std::array::from_fn(|k| {
            let [x, y, w, h] = gray_patch(k);
            self.photo_from_mm.apply(x + 0.5 * w, y + 0.5 * h).into()
        })
    }

    /// The card's corners in the photograph.
    pub fn outline(&self) -> [[f64; 2]; 4] {
        let [w, h] = CARD_MM;
        [[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]].map(|[x, y]| self.photo_from_mm.apply(x, y).into())
    }
}

/// A marker that was read: its corners in the order of the card.
#[derive(Debug, Clone, Copy)]
struct Marker {
    id: usize,
    quad: Quad,
}

/// Looks for the card. `None` where there is none.
///
/// # Errors
/// A card that is there but cannot be used: too few markers, bent, or two of them.
pub fn find_card(sight: &Sight) -> Result<Option<Card>, Reason> {
    let markers = one_of_each(markers(sight))?;
    match markers.len() {
        // One may be chance.
        0 | 1 => return Ok(None),
        n if n < LEAST_MARKERS => {
            let message = "a marker card shows too few of its markers, in markers";
            return Err(Reason::limit("card_incomplete", message, n as f64, LEAST_MARKERS as f64));
        }
        _ => {}
    }
    let (map, residual) =
        fit(&markers).ok_or_else(|| Reason::new("card_bent", "a marker card is not flat"))?;
    let place = placement(&map, CARD_MM.map(|v| 0.5 * v));
    let share = residual / (place.px_per_mm * MARKER_MM);
    if share > LARGEST_RESIDUAL {
        let message =
            "a marker card is not flat: its corners are off by too much of a marker's side, as a share";
        return Err(Reason::limit("card_bent", message, share, LARGEST_RESIDUAL));
    }
    let factor = sight.factor;
    Ok(Some(Card {
        photo_from_mm: map.rescaled(1.0, 1.0 / factor),
        markers: markers.len(),
        px_per_mm: place.px_per_mm / factor,
        tilt_deg: place.tilt_deg,
        residual_px: residual / factor,
        scale_cv_percent: scale_cv_percent(&markers, residual, place.tilt_deg),
    }))
}

fn scale_cv_percent(markers: &[Marker], residual: f64, tilt_deg: f64) -> f64 {
    let corners: Vec<[f64; 2]> = markers.iter().flat_map(|m| m.quad.corners).collect();
    let n = corners.len() as f64;
    let mean = [0, 1].map(|axis| corners.iter().map(|c| c[axis]).sum::<f64>() / n);
    let squares = corners.iter().map(|c| (c[0] - mean[0]).powi(2) + (c[1] - mean[1]).powi(2));
    let spread = (squares.sum::<f64>() / n).sqrt();
    target::scale_cv_percent(PRINT_CV_PERCENT, residual, spread, corners.len(), tilt_deg)
}

/// The plane of all markers together, and the RMS distance of their corners from it.
fn fit(markers: &[Marker]) -> Option<(Homography, f64)> {
    let pairs: Vec<([f64; 2], [f64; 2])> =
        markers.iter().flat_map(|m| marker_corners(m.id).into_iter().zip(m.quad.corners)).collect();
    let map = fit_map(&pairs)?;
    let square = |(mm, px): &([f64; 2], [f64; 2])| {
        let (x, y) = map.apply(mm[0], mm[1]);
        (x - px[0]).powi(2) + (y - px[1]).powi(2)
    };
    let residual = (pairs.iter().map(square).sum::<f64>() / pairs.len() as f64).sqrt();
    Some((map, residual))
}

/// Every marker once: the same one is seen under several thresholds.
fn one_of_each(found: Vec<Marker>) -> Result<Vec<Marker>, Reason> {
    let mut out: Vec<Marker> = Vec::new();
    for marker in found {
        match out.iter().find(|m| m.id == marker.id) {
            None => out.push(marker),
            Some(known) => {
                let (a, b) = (known.quad.center(), marker.quad.center());
                if (a[0] - b[0]).hypot(a[1] - b[1]) > 0.5 * known.quad.sides()[0] {
                    return Err(Reason::new("two_cards", "two marker cards are in the photograph"));
                }
            }
        }
    }
    out.sort_by_key(|m| m.id);
    Ok(out)
}

fn markers(sight: &Sight) -> Vec<Marker> {
    let lightness = sight.lightness();
    let mut out = Vec::new();
    for radius in RADII {
        for region in regions(&dark(&lightness, radius, DARKER), SIDES) {
            let Some(quad) = quad_of(&region) else { continue };
            out.extend(read(&lightness, &sight.luminance, &quad));
        }
    }
    out
}

/// Reads the code in a quadrilateral; `None` where it is no marker.
fn read(lightness: &Raster, luminance: &Raster, rough: &Quad) -> Option<Marker> {
    let cell_px = rough.area().sqrt() / CELLS as f64;
    let reach = (0.8 * cell_px).clamp(1.5, 8.0);
    let quad = refine(luminance, &refine(luminance, rough, reach)?, reach)?;
    let side = CELLS as f64;
    let square = [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]];
    let pairs: [_; 4] = std::array::from_fn(|k| (square[k], quad.corners[k]));
    let map = fit_map(&pairs)?;
    let cell = |row: i32, column: i32| {
        let mean: f32 = (0..9)
            .map(|k| {
                let part = |i: i32| 0.5 + 0.25 * f64::from(i - 1);
                let (x, y) = map.apply(f64::from(column) + part(k % 3), f64::from(row) + part(k / 3));
                lightness.sample(x, y)
            })
            .sum();
        f64::from(mean) / 9.0
    };
    let last = CELLS as i32 - 1;
    let ring = |low: i32, high: i32| -> Vec<f64> {
        (low..=high)
            .flat_map(|row| (low..=high).map(move |column| (row, column)))
            .filter(|&(row, column)| [row, column].iter().any(|&v| v == low || v == high))
            .map(|(row, column)| cell(row, column))
            .collect()
    };
    let (frame, white) = (ring(0, last), ring(-1, last + 1));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (black, bright) = (mean(&frame), mean(&white));
    let threshold = 0.5 * (black + bright);
    let wrong = |values: &[f64], dark: bool| values.iter().filter(|&&v| (v < threshold) != dark).count();
    if bright - black < LEAST_CONTRAST
        || wrong(&frame, true) > FRAME_ERRORS
        || wrong(&white, false) > WHITE_ERRORS
    {
        return None;
    }
    let code = (0..SIDE * SIDE).fold(0, |code, k| {
        let (row, column) = ((k / SIDE + 1) as i32, (k % SIDE + 1) as i32);
        code | u32::from(cell(row, column) > threshold) << k
    });
    let (id, turns) = identify(code)?;
    // Turned clockwise by a quarter, its upper left corner appears at the upper right.
    let corners = std::array::from_fn(|k| quad.corners[(k + turns as usize) % 4]);
    Some(Marker { id, quad: Quad { corners } })
}
