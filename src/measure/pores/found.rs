//! Which peaks are pores, and how wide.

use std::collections::BTreeMap;

use super::scales::{DIAMETERS_MM, SCALES, diameter_mm, step};
use crate::geometry::Size;
use crate::raster::Raster;

/// The weaker principal curvature of a pore is at least so much of the stronger one: a line has none, an
/// ellipse of 1 to 1.7 about this.
const LEAST_ROUNDNESS: f64 = 0.5;

/// One pore, in pixels of the working grid but for its diameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pore {
    pub center: (f64, f64),
    pub diameter_mm: f64,
    /// −σ²∇²G at its scale, in OD: 0.74 times the darkness of a disc.
    pub strength: f64,
}

impl Pore {
    pub fn area_mm2(&self) -> f64 {
        std::f64::consts::PI * (0.5 * self.diameter_mm).powi(2)
    }
}

/// The pore at a peak, where its curvatures (larger and smaller by value, times σ²) over all scales are those
/// of one.
pub fn pore(center: (f64, f64), curvatures: &[(f64, f64)]) -> Option<Pore> {
    let strength = |scale: usize| -(curvatures[scale].0 + curvatures[scale].1);
    let best = (0..SCALES).max_by(|&a, &b| strength(a).total_cmp(&strength(b)))?;
    if best == 0 || best == SCALES - 1 {
        return None;
    }
    let response: Vec<f64> = (0..SCALES).map(strength).collect();
    let diameter_mm = diameter_of(&response);
    let (larger, smaller) = curvatures[best];
    let round = smaller < 0.0 && larger / smaller >= LEAST_ROUNDNESS;
    let fits = (DIAMETERS_MM.0..=DIAMETERS_MM.1).contains(&diameter_mm);
    (round && fits).then_some(Pore { center, diameter_mm, strength: response[best] })
}

/// The pores of which none lies within the diameter of a stronger one.
pub fn apart(mut pores: Vec<Pore>, px_per_mm: f64) -> Vec<Pore> {
    pores.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    let side = DIAMETERS_MM.1 * px_per_mm;
    let cell = |pore: &Pore| ((pore.center.0 / side) as i64, (pore.center.1 / side) as i64);
    let mut kept: BTreeMap<(i64, i64), Vec<Pore>> = BTreeMap::new();
    let mut out = Vec::new();
    for pore in pores {
        let (x, y) = cell(&pore);
        let near = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (x + dx, y + dy)));
        let taken = near.filter_map(|cell| kept.get(&cell)).flatten().any(|other| {
            let distance = f64::hypot(pore.center.0 - other.center.0, pore.center.1 - other.center.1);
            distance <= pore.diameter_mm.max(other.diameter_mm) * px_per_mm
        });
        if !taken {
            kept.entry((x, y)).or_default().push(pore);
            out.push(pore);
        }
    }
    out
}

/// Diameter in mm of what responds so over all scales: where the response is largest, between scales by a parabola.
pub fn diameter_of(response: &[f64]) -> f64 {
    let largest = (0..response.len()).max_by(|&a, &b| response[a].total_cmp(&response[b])).unwrap_or(0);
    let best = largest.clamp(1, response.len() - 2);
    let (below, here, above) = (response[best - 1], response[best], response[best + 1]);
    let bend = below - 2.0 * here + above;
    let offset = if bend < 0.0 { (0.5 * (below - above) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    diameter_mm(best) * step().powf(offset)
}

/// Share of each pixel that the pores cover, drawn so many times as wide as they are.
pub fn coverage(pores: &[Pore], size: Size, px_per_mm: f64, times: f64) -> Raster {
    let mut out = Raster::filled(size, 0.0f32);
    for pore in pores {
        let radius = 0.5 * times * pore.diameter_mm * px_per_mm;
        let (x, y) = pore.center;
        let around = |center: f64, n: u32| {
            let last = (center + radius + 1.0).min(f64::from(n)) as u32;
            (center - radius - 1.0).max(0.0) as u32..last.min(n)
        };
        for v in around(y, size.height) {
            for u in around(x, size.width) {
                let distance = f64::hypot(f64::from(u) + 0.5 - x, f64::from(v) + 0.5 - y);
                let covered = (radius + 0.5 - distance).clamp(0.0, 1.0) as f32;
                out.set(u, v, out.at(u, v).max(covered));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Curvatures of a Gaussian blob of two widths (in mm) and unit height, over all scales.
    fn blob(wide_mm: f64, narrow_mm: f64) -> Vec<(f64, f64)> {
        (0..SCALES)
            .map(|scale| {
                let variance = diameter_mm(scale).powi(2) / 8.0;
                let [a, b] = [wide_mm, narrow_mm].map(|w| w * w + variance);
                let height = wide_mm * narrow_mm / (a * b).sqrt();
                (-height * variance / a, -height * variance / b)
            })
            .collect()
    }

    #[test]
    fn a_round_blob_has_the_diameter_of_its_scale_and_a_long_one_is_no_pore() {
        for width in [0.11, 0.15, 0.22] {
            let found = pore((3.0, 4.0), &blob(width, width)).unwrap();
            // The Laplacian of a Gaussian blob peaks at the blob's own σ.
            let expected = 8f64.sqrt() * width;
            assert!((found.diameter_mm / expected - 1.0).abs() < 0.01, "{found:?}, expected {expected}");
            assert!((found.strength - 0.5).abs() < 0.01);
        }
        assert!(pore((0.0, 0.0), &blob(0.2, 0.15)).is_some());
        assert_eq!(pore((0.0, 0.0), &blob(0.3, 0.12)), None, "long");
        assert_eq!(pore((0.0, 0.0), &blob(0.05, 0.05)), None, "too small");
        assert_eq!(pore((0.0, 0.0), &blob(0.5, 0.5)), None, "too large");
    }

    #[test]
    fn the_weaker_of_two_that_touch_is_lost() {
        let at = |x: f64, diameter_mm: f64, strength: f64| Pore { center: (x, 5.0), diameter_mm, strength };
        let pores = vec![at(5.0, 0.3, 0.1), at(12.0, 0.8, 0.3), at(40.0, 0.3, 0.2), at(47.5, 0.3, 0.1)];
        let left: Vec<f64> = apart(pores, 20.0).iter().map(|p| p.center.0).collect();
        // 7 px lie within 0.8 mm; 7.5 px do not within 0.3 mm.
        assert_eq!(left, [12.0, 40.0, 47.5]);
    }

    #[test]
    fn coverage_adds_up_to_the_area_wherever_a_pore_lies() {
        for (x, y, diameter_mm) in [(20.5, 15.5, 0.3), (18.2, 14.9, 0.45), (21.9, 17.3, 0.8)] {
            let pore = Pore { center: (x, y), diameter_mm, strength: 1.0 };
            let sum: f32 = coverage(&[pore], Size::new(40, 32), 15.0, 1.0).data().iter().sum();
            let expected = pore.area_mm2() * 225.0;
            assert!((f64::from(sum) / expected - 1.0).abs() < 0.04, "{sum}, expected {expected}");
        }
        let edge = Pore { center: (0.5, 31.5), diameter_mm: 0.8, strength: 1.0 };
        assert!(coverage(&[edge], Size::new(40, 32), 15.0, 1.0).at(0, 31) == 1.0);
    }
}
