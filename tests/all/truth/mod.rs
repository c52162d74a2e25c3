//! The definitions of `pigment.burden` and `pigment.area_percent`, written anew and literally:
//! plain loops over one map, no operator of the crate.

use dermetric::geometry::{Homography, Size};
use dermetric::raster::Raster;

/// What the definitions give.
#[derive(Debug, Clone, Copy)]
pub struct Pigment {
    pub burden: f64,
    pub area_percent: f64,
}

/// Pixels of a photograph of size `this` that another of size `other` shows too.
pub fn inside(this: Size, other: Size, other_from_this: &Homography) -> Raster<bool> {
    Raster::from_fn(this, |x, y| {
        let (u, v) = other_from_this.apply(f64::from(x) + 0.5, f64::from(y) + 0.5);
        u >= 0.0 && v >= 0.0 && u < f64::from(other.width) && v < f64::from(other.height)
    })
}

/// Burden and area of spots on a melanin map, and the threshold they were found with.
pub fn pigment(
    melanin: &Raster,
    region: &Raster<bool>,
    px_per_mm: f64,
    threshold: Option<f64>,
) -> (Pigment, f64) {
    let smooth = masked_gaussian(melanin, region, 0.15 * px_per_mm);
    let mut plain = region.clone();
    let mut background = Raster::filled(melanin.size(), median(within(&smooth, &plain)));
    let mut limit = threshold.unwrap_or_else(|| limit_of(&smooth, &background, &plain));
    for _ in 0..2 {
        plain = Raster::from_fn(melanin.size(), |x, y| {
            region.at(x, y) && smooth.at(x, y) - background.at(x, y) < 0.6 * limit as f32
        });
        background = masked_gaussian(&smooth, &plain, 4.0 * px_per_mm);
        limit = threshold.unwrap_or_else(|| limit_of(&smooth, &background, &plain));
    }
    let contrast = Raster::from_fn(melanin.size(), |x, y| {
        if region.at(x, y) { smooth.at(x, y) - background.at(x, y) } else { f32::MIN }
    });
    let least = (0.2 * px_per_mm * px_per_mm) as usize;
    let most = (200.0 * px_per_mm * px_per_mm) as usize;
    let (mut burden, mut area) = (0.0, 0.0);
    for spot in spots(&contrast, limit as f32, 0.6 * limit as f32) {
        if (least..=most).contains(&spot.len()) {
            area += spot.len() as f64;
            burden += spot.iter().map(|&(x, y)| (f64::from(contrast.at(x, y)) - limit).max(0.0)).sum::<f64>();
        }
    }
    let all = region.data().iter().filter(|&&r| r).count() as f64;
    (Pigment { burden: 100.0 * burden / all, area_percent: 100.0 * area / all }, limit)
}

fn limit_of(smooth: &Raster, background: &Raster, plain: &Raster<bool>) -> f64 {
    let deviations = smooth.data().iter().zip(background.data()).zip(plain.data());
    let deviations = deviations.filter(|(_, p)| **p).map(|((s, b), _)| (s - b).abs()).collect();
    (2.5 * 1.4826 * f64::from(median(deviations))).max(0.04)
}

fn within(map: &Raster, mask: &Raster<bool>) -> Vec<f32> {
    map.data().iter().zip(mask.data()).filter(|(_, m)| **m).map(|(v, _)| *v).collect()
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values[values.len() / 2]
}

/// G(f·w)/G(w) by two passes of a sampled Gaussian.
fn masked_gaussian(map: &Raster, mask: &Raster<bool>, sigma: f64) -> Raster {
    let reach = (4.0 * sigma).ceil() as i64;
    let kernel: Vec<f32> =
        (-reach..=reach).map(|k| (-0.5 * (k as f64 / sigma).powi(2)).exp() as f32).collect();
    let pass = |f: &Raster, along_x: bool| {
        let size = f.size();
        Raster::from_fn(size, |x, y| {
            let (at, n) = if along_x { (x, size.width) } else { (y, size.height) };
            let first = (i64::from(at) - reach).max(0);
            let last = (i64::from(at) + reach).min(i64::from(n) - 1);
            (first..=last)
                .map(|k| {
                    let weight = kernel[(k - i64::from(at) + reach) as usize];
                    weight * if along_x { f.at(k as u32, y) } else { f.at(x, k as u32) }
                })
                .sum()
        })
    };
    let weight = mask.map(f32::from);
    let product = Raster::from_fn(map.size(), |x, y| map.at(x, y) * weight.at(x, y));
    let (top, bottom) = (pass(&pass(&product, true), false), pass(&pass(&weight, true), false));
    Raster::from_fn(map.size(), |x, y| top.at(x, y) / bottom.at(x, y).max(f32::MIN_POSITIVE))
}

/// 8-connected sets above `weak` that reach above `strong`.
fn spots(contrast: &Raster, strong: f32, weak: f32) -> Vec<Vec<(u32, u32)>> {
    let size = contrast.size();
    let mut seen = contrast.map(|v| v < weak);
    let mut out = Vec::new();
    for start in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (x, y))) {
        if seen.at(start.0, start.1) {
            continue;
        }
        seen.set(start.0, start.1, true);
        let (mut spot, mut next) = (vec![start], 0);
        while let Some(&(x, y)) = spot.get(next) {
            next += 1;
            for v in y.saturating_sub(1)..=(y + 1).min(size.height - 1) {
                for u in x.saturating_sub(1)..=(x + 1).min(size.width - 1) {
                    if !seen.at(u, v) {
                        seen.set(u, v, true);
                        spot.push((u, v));
                    }
                }
            }
        }
        if spot.iter().any(|&(x, y)| contrast.at(x, y) >= strong) {
            out.push(spot);
        }
    }
    out
}
