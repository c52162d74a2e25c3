//! What lies on the skin, each with its closed form: scars, pigment spots, erythema, pores and
//! lines. Coordinates are millimeters from the scene's upper left corner, y downward.

use super::grid::BoxMm;
use super::noise::smoothstep;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A closed outline: a circle, bent by harmonics 2, 3 and 4 of relative amplitude `amplitudes`
/// and phase `phases_rad`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Outline {
    /// Diameter of the unbent circle, mm.
    pub diameter_mm: f64,
    /// Relative amplitudes, 0 for a circle.
    pub amplitudes: [f64; 3],
    /// Phases in radians.
    pub phases_rad: [f64; 3],
}

impl Outline {
    /// A circle.
    pub const fn circle(diameter_mm: f64) -> Self {
        Self { diameter_mm, amplitudes: [0.0; 3], phases_rad: [0.0; 3] }
    }

    /// Enclosed area ½∮R² dθ in mm²: πR²(1 + ½Σa²), because the harmonics are orthogonal.
    pub fn area_mm2(&self) -> f64 {
        let bend: f64 = self.amplitudes.iter().map(|a| a * a).sum();
        PI * (self.diameter_mm / 2.0).powi(2) * (1.0 + 0.5 * bend)
    }

    /// The farthest that the outline reaches from its center, mm.
    pub fn reach_mm(&self) -> f64 {
        self.diameter_mm / 2.0 * (1.0 + self.amplitudes.iter().map(|a| a.abs()).sum::<f64>())
    }

    /// Distance of a point (relative to the center) from the center, and the outline's radius in
    /// that direction; both in mm.
    fn polar(&self, dx: f64, dy: f64) -> (f64, f64) {
        let r = dx.hypot(dy);
        let radius = self.diameter_mm / 2.0;
        if self.amplitudes == [0.0; 3] || r < 1e-9 {
            return (r, radius);
        }
        let theta = dy.atan2(dx);
        let bend: f64 =
            (0..3).map(|k| self.amplitudes[k] * ((k + 2) as f64 * theta + self.phases_rad[k]).cos()).sum();
        (r, radius * (1.0 + bend))
    }
}

/// The three shapes of atrophic scars (Jacob, Dover & Kaminer 2001, doi:10.1067/mjd.2001.113451).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScarKind {
    /// Narrow and deep, V-shaped, under 2 mm.
    Icepick,
    /// 1.5–4 mm with steep walls and a flat floor.
    Boxcar,
    /// Wider than 4 mm with sloping sides.
    Rolling,
}

/// Width of a boxcar scar's wall, mm.
const BOXCAR_WALL_MM: f64 = 0.45;
/// Rounding of an icepick's tip, as a fraction of its radius.
const ICEPICK_ROUNDING: f64 = 0.15;

/// One depressed scar.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scar {
    /// Shape.
    pub kind: ScarKind,
    /// Center, mm.
    pub center_mm: [f64; 2],
    /// The rim: outside it the scar changes nothing.
    pub outline: Outline,
    /// Depth at the deepest point, µm.
    pub depth_um: f64,
}

impl Scar {
    /// Height that the scar adds, µm (never positive).
    pub fn height_um(&self, x_mm: f64, y_mm: f64) -> f32 {
        let (r, radius) = self.outline.polar(x_mm - self.center_mm[0], y_mm - self.center_mm[1]);
        if r >= radius {
            return 0.0;
        }
        let rho = r / radius;
        let fraction = match self.kind {
            ScarKind::Icepick => {
                let t = ICEPICK_ROUNDING;
                let rim = (1.0 + t * t).sqrt();
                (rim - (rho * rho + t * t).sqrt()) / (rim - t)
            }
            ScarKind::Boxcar => f64::from(smoothstep(((radius - r) / BOXCAR_WALL_MM) as f32)),
            ScarKind::Rolling => (PI * rho / 2.0).cos().powi(2),
        };
        (-self.depth_um * fraction) as f32
    }

    /// Diameter (of the unbent outline) where the scar is half as deep as its deepest point, mm.
    pub fn half_depth_diameter_mm(&self) -> f64 {
        let diameter = self.outline.diameter_mm;
        match self.kind {
            ScarKind::Icepick => {
                let t = ICEPICK_ROUNDING;
                let middle = ((1.0 + t * t).sqrt() + t) / 2.0;
                diameter * (middle * middle - t * t).sqrt()
            }
            ScarKind::Boxcar => diameter - BOXCAR_WALL_MM,
            ScarKind::Rolling => diameter / 2.0,
        }
    }

    pub(super) fn bounds(&self) -> BoxMm {
        BoxMm::around(self.center_mm, self.outline.reach_mm())
    }
}

/// A soft-edged spot of one pigment, in optical density along that pigment's unit direction:
/// melanin for pigment spots, hemoglobin for erythema.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spot {
    /// Center, mm.
    pub center_mm: [f64; 2],
    /// Where the increment is half its peak.
    pub outline: Outline,
    /// Half the width of the edge, mm: the increment falls from its peak to nothing between
    /// `edge_mm` inside and `edge_mm` outside the outline.
    pub edge_mm: f64,
    /// Increment on the plateau, OD.
    pub peak_od: f64,
}

impl Spot {
    /// Increment at a point, OD.
    pub fn increment_od(&self, x_mm: f64, y_mm: f64) -> f32 {
        let (r, radius) = self.outline.polar(x_mm - self.center_mm[0], y_mm - self.center_mm[1]);
        let inside = (radius + self.edge_mm - r) / (2.0 * self.edge_mm);
        self.peak_od as f32 * smoothstep(inside as f32)
    }

    pub(super) fn bounds(&self) -> BoxMm {
        BoxMm::around(self.center_mm, self.outline.reach_mm() + self.edge_mm)
    }
}

/// One pore: a dip with a Gaussian profile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pore {
    /// Center, mm.
    pub center_mm: [f64; 2],
    /// Diameter at half depth, mm.
    pub diameter_mm: f64,
    /// Depth, µm.
    pub depth_um: f64,
}

impl Pore {
    /// Height that the pore adds, µm (never positive).
    pub fn height_um(&self, x_mm: f64, y_mm: f64) -> f32 {
        let (dx, dy) = (x_mm - self.center_mm[0], y_mm - self.center_mm[1]);
        let t = (dx * dx + dy * dy) / (self.diameter_mm * self.diameter_mm);
        if t > 2.25 { 0.0 } else { (-self.depth_um * (-4.0 * std::f64::consts::LN_2 * t).exp()) as f32 }
    }

    pub(super) fn bounds(&self) -> BoxMm {
        BoxMm::around(self.center_mm, 1.5 * self.diameter_mm)
    }
}

/// A fine line: a wrinkle or a hair, as a chain of straight pieces that tapers toward both ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Corners in order, mm.
    pub points_mm: Vec<[f64; 2]>,
    /// Full width at half depth (wrinkle), or full width (hair), mm.
    pub width_mm: f64,
    /// Depth in the middle, µm (wrinkle); 0 for a hair.
    pub depth_um: f64,
}

impl Line {
    /// Length along the line, mm.
    pub fn length_mm(&self) -> f64 {
        self.points_mm.windows(2).map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1])).sum()
    }

    /// The straight pieces; `reach_mm` is how far from the axis the line is still felt.
    pub(super) fn pieces(&self, reach_mm: f64) -> impl Iterator<Item = Piece> {
        let last = (self.points_mm.len() - 1) as f64;
        // Full strength over the middle 60 %.
        let taper = move |k: usize| {
            f64::from(smoothstep((k as f64 / last * 5.0) as f32))
                * f64::from(smoothstep(((1.0 - k as f64 / last) * 5.0) as f32))
        };
        self.points_mm.windows(2).enumerate().map(move |(k, p)| Piece {
            from: p[0],
            to: p[1],
            taper: [taper(k), taper(k + 1)],
            width_mm: self.width_mm,
            depth_um: self.depth_um,
            reach_mm,
        })
    }
}

/// One straight piece of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    from: [f64; 2],
    to: [f64; 2],
    taper: [f64; 2],
    width_mm: f64,
    depth_um: f64,
    reach_mm: f64,
}

impl Piece {
    pub(super) fn bounds(&self) -> BoxMm {
        let low = |k: usize| self.from[k].min(self.to[k]) - self.reach_mm;
        let high = |k: usize| self.from[k].max(self.to[k]) + self.reach_mm;
        BoxMm { min: [low(0), low(1)], max: [high(0), high(1)] }
    }

    /// Distance to the axis in mm, and the taper at the nearest point.
    fn distance(&self, x: f64, y: f64) -> (f64, f64) {
        let (ax, ay) = (self.to[0] - self.from[0], self.to[1] - self.from[1]);
        let (px, py) = (x - self.from[0], y - self.from[1]);
        let t = ((px * ax + py * ay) / (ax * ax + ay * ay).max(1e-12)).clamp(0.0, 1.0);
        ((px - t * ax).hypot(py - t * ay), self.taper[0] + t * (self.taper[1] - self.taper[0]))
    }

    /// Height of the groove, µm (never positive).
    pub(super) fn groove_um(&self, x: f64, y: f64) -> f32 {
        let (distance, taper) = self.distance(x, y);
        let t = distance / self.width_mm;
        (-self.depth_um * taper * (-4.0 * std::f64::consts::LN_2 * t * t).exp()) as f32
    }

    /// How much of a pixel of side `pitch_mm` the hair covers, 0–1.
    pub(super) fn coverage(&self, x: f64, y: f64, pitch_mm: f64) -> f32 {
        let (distance, taper) = self.distance(x, y);
        let width = self.width_mm * (0.4 + 0.6 * taper);
        let covered = (width / 2.0 + pitch_mm / 2.0 - distance) / pitch_mm;
        covered.clamp(0.0, (width / pitch_mm).min(1.0)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scar(kind: ScarKind) -> Scar {
        Scar { kind, center_mm: [10.0, 10.0], outline: Outline::circle(3.0), depth_um: 400.0 }
    }

    #[test]
    fn scars_are_as_deep_and_as_wide_as_their_record_says() {
        for kind in [ScarKind::Icepick, ScarKind::Boxcar, ScarKind::Rolling] {
            let scar = scar(kind);
            assert_eq!(scar.height_um(10.0, 10.0), -400.0, "{kind:?}");
            assert_eq!(scar.height_um(11.5, 10.0), 0.0, "{kind:?}");
            // The half-depth radius, searched instead of solved.
            let mut r = 0.0;
            while scar.height_um(10.0 + r, 10.0) < -200.0 {
                r += 1e-4;
            }
            assert!((2.0 * r - scar.half_depth_diameter_mm()).abs() < 1e-3, "{kind:?}: {}", 2.0 * r);
        }
    }

    #[test]
    fn a_bent_outline_encloses_the_area_that_counting_finds() {
        let outline =
            Outline { diameter_mm: 4.0, amplitudes: [0.15, 0.08, 0.05], phases_rad: [0.3, 1.9, 4.0] };
        let spot = Spot { center_mm: [0.0, 0.0], outline, edge_mm: 0.2, peak_od: 0.3 };
        let step = 0.005;
        let count = (0..1_200_000u32)
            .filter(|k| {
                let (x, y) = (f64::from(k % 1200) * step - 3.0, f64::from(k / 1200) * step - 2.5);
                spot.increment_od(x, y) >= 0.15
            })
            .count();
        let area = count as f64 * step * step;
        assert!((area / outline.area_mm2() - 1.0).abs() < 2e-3, "{area} against {}", outline.area_mm2());
        assert!(outline.area_mm2() > 1.01 * PI * 4.0);
    }

    #[test]
    fn a_line_is_half_as_deep_half_its_width_away() {
        let line = Line {
            points_mm: vec![[0.0, 0.0], [2.0, 0.0], [4.0, 0.0], [6.0, 0.0]],
            width_mm: 0.3,
            depth_um: 80.0,
        };
        assert!((line.length_mm() - 6.0).abs() < 1e-12);
        let depth = |y: f64| line.pieces(1.0).map(|p| p.groove_um(3.0, y)).fold(0.0, f32::min);
        assert!((depth(0.0) + 80.0).abs() < 1e-3);
        assert!((depth(0.15) + 40.0).abs() < 1e-3);
    }
}
