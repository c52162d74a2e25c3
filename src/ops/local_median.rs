//! A smooth surface of local medians: histograms of cells, the median of each cell and its
//! neighbors, bilinear between cell centers. What is brighter or darker than its surroundings
//! does not pull it, as it would a mean.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::pyramid;
use super::quantile::quantiles;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Plane};
use crate::geometry::Size;
use crate::raster::Raster;

/// `shaders/local_median.wgsl`.
pub const KERNEL: Kernel =
    Kernel { name: "local_median", source: include_str!("../../shaders/local_median.wgsl") };

/// Bins between the extreme quantiles; a median is interpolated within its bin.
const BINS: usize = 128;
const EXTREMES: [f64; 2] = [0.001, 0.999];
/// Cells to each side that count towards a cell's median: the window is three cells wide.
const REACH: u32 = 1;
/// Share of a window that must be valid.
const LEAST_SHARE: f64 = 0.1;
/// Stands for no median until neighbors fill it: no plane reaches it.
const NONE: f32 = -1e30;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    columns: u32,
    rows: u32,
    side: u32,
    low: f32,
    bins_per_unit: f32,
    least: u32,
}

/// The median of `plane` over the pixels of `mask` in a window of about `window_px` around each
/// pixel. Where too little is valid, the nearest medians stand in; an empty mask gives zeros.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn local_median(
    engine: &Engine,
    plane: &Plane,
    mask: &Plane,
    window_px: u32,
) -> Result<Plane, EngineError> {
    let size = plane.size();
    let side = (window_px / (2 * REACH + 1)).max(2);
    let cells = Size::new(size.width.div_ceil(side), size.height.div_ceil(side));
    let (low, high) = match quantiles(engine, plane, mask, &EXTREMES)? {
        Some(q) => (q[0], q[1].max(q[0] + 1e-6)),
        None => return engine.upload_raster(&Raster::filled(size, 0.0)),
    };
    let window = f64::from(side * (2 * REACH + 1)).powi(2);
    let params = Params {
        width: size.width,
        height: size.height,
        columns: cells.width,
        rows: cells.height,
        side,
        low,
        bins_per_unit: BINS as f32 / (high - low),
        least: (LEAST_SHARE * window).max(1.0) as u32,
    };
    let medians = match engine.backend() {
        Backend::Cpu(_) => median_twin(&params, &count_twin(&params, plane.host(), mask.host())),
        Backend::Gpu(gpu) => {
            let counts: Grid<u32> = engine.grid(Size::new(BINS as u32, cells.area() as u32))?;
            gpu.clear(&counts)?;
            gpu.run(
                Dispatch::new(&KERNEL, "count")
                    .constant("BINS", BINS as f64)
                    .params(&params)
                    .bind(1, plane)
                    .bind(2, mask)
                    .bind(3, &counts)
                    .over(size),
            )?;
            let medians: Plane = engine.grid(cells)?;
            gpu.run(
                Dispatch::new(&KERNEL, "median")
                    .constant("BINS", BINS as f64)
                    .constant("REACH", f64::from(REACH))
                    .constant("NONE", f64::from(NONE))
                    .params(&params)
                    .bind(3, &counts)
                    .bind(4, &medians)
                    .over(cells),
            )?;
            engine.download(&medians)?
        }
    };
    let whole = with_margin(&fill(Raster::from_vec(cells, medians)), pyramid::coarse_size(size, side));
    pyramid::expand(engine, &engine.upload_raster(&whole)?, size, side)
}

fn count_twin(p: &Params, plane: &[f32], mask: &[f32]) -> Vec<u32> {
    let (width, row_of_cells) = (p.width as usize, p.columns as usize * BINS);
    let band = width * p.side as usize;
    let mut counts = vec![0u32; row_of_cells * p.rows as usize];
    let bands = counts.par_chunks_mut(row_of_cells).zip(plane.par_chunks(band).zip(mask.par_chunks(band)));
    bands.for_each(|(counts, (plane, mask))| {
        for (plane, mask) in plane.chunks(width).zip(mask.chunks(width)) {
            for (x, (&value, &mask)) in plane.iter().zip(mask).enumerate() {
                if mask > 0.5 {
                    let place = ((value - p.low) * p.bins_per_unit).clamp(0.0, (BINS - 1) as f32);
                    counts[x / p.side as usize * BINS + place as usize] += 1;
                }
            }
        }
    });
    counts
}

fn median_twin(p: &Params, counts: &[u32]) -> Vec<f32> {
    let around = |i: u32, n: u32| i.max(REACH) - REACH..=(i + REACH).min(n - 1);
    (0..p.columns * p.rows)
        .into_par_iter()
        .map(|cell| {
            let (x, y) = (cell % p.columns, cell / p.columns);
            let mut window = [0u32; BINS];
            for v in around(y, p.rows) {
                for u in around(x, p.columns) {
                    let cell = (v * p.columns + u) as usize;
                    for (window, count) in window.iter_mut().zip(&counts[cell * BINS..][..BINS]) {
                        *window += count;
                    }
                }
            }
            let total: u32 = window.iter().sum();
            if total < p.least {
                return NONE;
            }
            let half = 0.5 * total as f32;
            let mut below = 0;
            for (bin, &here) in window.iter().enumerate() {
                if (below + here) as f32 >= half {
                    let within = (half - below as f32) / here.max(1) as f32;
                    return p.low + (bin as f32 + within) / p.bins_per_unit;
                }
                below += here;
            }
            NONE
        })
        .collect()
}

/// Cells without a median take the mean of those around that have one, ring by ring.
fn fill(mut cells: Raster) -> Raster {
    let Size { width, height } = cells.size();
    while cells.data().contains(&NONE) {
        let mut next = cells.clone();
        let mut filled = false;
        for y in 0..height {
            for x in 0..width {
                if cells.at(x, y) != NONE {
                    continue;
                }
                let (mut sum, mut known) = (0.0, 0);
                for v in y.max(1) - 1..=(y + 1).min(height - 1) {
                    for u in x.max(1) - 1..=(x + 1).min(width - 1) {
                        if cells.at(u, v) != NONE {
                            sum += cells.at(u, v);
                            known += 1;
                        }
                    }
                }
                if known > 0 {
                    next.set(x, y, sum / known as f32);
                    filled = true;
                }
            }
        }
        if !filled {
            return cells.map(|v| if v == NONE { 0.0 } else { v });
        }
        cells = next;
    }
    cells
}

/// The cells with their border repeated outward, as `pyramid::expand` wants them.
fn with_margin(cells: &Raster, size: Size) -> Raster {
    let inner = cells.size();
    Raster::from_fn(size, |x, y| {
        let place = |i: u32, n: u32| i.saturating_sub(pyramid::MARGIN).min(n - 1);
        cells.at(place(x, inner.width), place(y, inner.height))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::{Fixture, assert_near, floats};
    use crate::ops::testing::{assert_parity, cpu, noise, odd_sizes, random_mask};

    #[test]
    fn spots_do_not_pull_the_surface_and_slopes_are_followed() {
        let size = Size::new(240, 180);
        let slope = |x: u32, y: u32| 0.01 * x as f32 + 0.004 * y as f32;
        let plane =
            Raster::from_fn(size, |x, y| slope(x, y) + if (x / 8 + y / 8) % 4 == 0 { 5.0 } else { 0.0 });
        let engine = cpu();
        let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        let found = local_median(engine, &engine.upload_raster(&plane).unwrap(), &mask, 60).unwrap();
        let found = engine.download_raster(&found).unwrap();
        for (x, y) in [(60, 60), (120, 90), (200, 40)] {
            // Spots are a quarter of the pixels: the median moves by at most a third of the spread
            // of the slope within the window, the mean by 1.25.
            assert!((found.at(x, y) - slope(x, y)).abs() < 0.25, "at {x},{y}: {}", found.at(x, y));
        }
    }

    #[test]
    fn what_is_masked_is_filled_from_around() {
        let size = Size::new(120, 120);
        let engine = cpu();
        let mask = Raster::from_fn(size, |x, y| f32::from(!((30..90).contains(&x) && (30..90).contains(&y))));
        let plane = mask.map(|m| if m > 0.5 { 1.0 } else { -100.0 });
        let found = local_median(
            engine,
            &engine.upload_raster(&plane).unwrap(),
            &engine.upload_raster(&mask).unwrap(),
            18,
        )
        .unwrap();
        assert!(engine.download(&found).unwrap().iter().all(|v| (v - 1.0).abs() < 1e-3));
        let none = engine.upload_raster(&Raster::filled(size, 0.0)).unwrap();
        let empty = local_median(engine, &engine.upload_raster(&plane).unwrap(), &none, 18).unwrap();
        assert!(engine.download(&empty).unwrap().iter().all(|&v| v == 0.0));
    }

    /// Medians by scipy.ndimage.generic_filter at the middle of each cell, where the surface is that
    /// of the window alone. The histogram is within a bin of them.
    #[test]
    fn scipy_agrees_within_a_bin() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/local_median.json"));
        let engine = cpu();
        let plane = engine.upload_raster(&fixture.plane()).unwrap();
        let mask = engine.upload_raster(&fixture.mask("mask")).unwrap();
        let ends = quantiles(engine, &plane, &mask, &EXTREMES).unwrap().unwrap();
        let bin = f64::from(ends[1] - ends[0]) / BINS as f64;
        // Windows of three cells of five pixels.
        let found = engine.download_raster(&local_median(engine, &plane, &mask, 15).unwrap()).unwrap();
        let middles = Raster::from_fn(Size::new(12, 9), |x, y| found.at(5 * x + 2, 5 * y + 2));
        let compared = assert_near(middles.data(), &floats(&fixture["medians"]), bin, "median");
        assert!(compared > 90, "{compared}");
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            for window in [3, 20] {
                assert_parity(1e-5, |engine| {
                    let plane = engine.upload_raster(&noise(size, 2))?;
                    let mask = engine.upload_raster(&random_mask(size, 3, 0.6))?;
                    engine.download(&local_median(engine, &plane, &mask, window)?)
                });
            }
        }
    }
}
