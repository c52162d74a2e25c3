//! The nearest labeled pixel within a radius, exactly.
//!
//! Squared distances are whole numbers, so both engines agree to the last pixel. The work is
//! that of two passes of 2·radius + 1 pixels.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::widest;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Labels, Plane};

/// `shaders/nearest.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "nearest", source: include_str!("../../shaders/nearest.wgsl") };

/// Distance where nothing is within the radius, in pixels.
pub const FAR_PX: f32 = 1e9;

/// What lies nearest to each pixel.
#[derive(Debug)]
pub struct Nearest {
    /// Label of the nearest labeled pixel within the radius, the smaller of two at the same
    /// distance; 0 where there is none.
    pub labels: Labels,
    /// Distance to it between pixel centers, in pixels; [`FAR_PX`] where there is none.
    pub distance: Plane,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    reach: u32,
    radius_squared: f32,
    far: f32,
    padding: [u32; 3],
}

/// The nearest labeled pixel within `radius_px` of every pixel.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn nearest(engine: &Engine, labels: &Labels, radius_px: f32) -> Result<Nearest, EngineError> {
    let size = labels.size();
    let params = Params {
        width: size.width,
        height: size.height,
        reach: radius_px.max(0.0) as u32,
        radius_squared: radius_px * radius_px,
        far: FAR_PX,
        padding: [0; 3],
    };
    let mut row_label: Grid<u32> = engine.grid(size)?;
    let mut row_distance: Grid<u32> = engine.grid(size)?;
    let mut out = Nearest { labels: engine.grid(size)?, distance: engine.grid(size)? };
    match engine.backend() {
        Backend::Cpu(_) => {
            along_rows(&params, labels.host(), row_label.host_mut(), row_distance.host_mut());
            along_columns(&params, row_label.host(), row_distance.host(), &mut out);
        }
        Backend::Gpu(gpu) => {
            gpu.run(
                Dispatch::new(&KERNEL, "along_rows")
                    .params(&params)
                    .bind(1, labels)
                    .bind(2, &row_label)
                    .bind(3, &row_distance)
                    .over(size),
            )?;
            gpu.run(
                Dispatch::new(&KERNEL, "along_columns")
                    .params(&params)
                    .bind(2, &row_label)
                    .bind(3, &row_distance)
                    .bind(4, &out.labels)
                    .bind(5, &out.distance)
                    .over(size),
            )?;
        }
    }
    Ok(out)
}

/// A label of 1 wherever a mask is set.
#[tracing::instrument(level = "trace", skip_all)]
pub(super) fn from_mask(engine: &Engine, mask: &Plane) -> Result<Labels, EngineError> {
    let size = mask.size();
    let mut labels: Labels = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => {
            let pixels = labels.host_mut().par_iter_mut().zip(mask.host());
            pixels.for_each(|(label, &mask)| *label = u32::from(mask > 0.5));
        }
        Backend::Gpu(gpu) => {
            let params = Params {
                width: size.width,
                height: size.height,
                reach: 0,
                radius_squared: 0.0,
                far: FAR_PX,
                padding: [0; 3],
            };
            gpu.run(
                Dispatch::new(&KERNEL, "from_mask").params(&params).bind(4, &labels).bind(6, mask).over(size),
            )?;
        }
    }
    Ok(labels)
}

fn lower(a: u32, b: u32) -> u32 {
    match (a, b) {
        (0, other) | (other, 0) => other,
        _ => a.min(b),
    }
}

/// Two sweeps instead of a search: the last labeled pixel to the left, then to the right.
fn along_rows(p: &Params, labels: &[u32], row_label: &mut [u32], row_distance: &mut [u32]) {
    let width = p.width as usize;
    let rows =
        row_label.par_chunks_mut(width).zip(row_distance.par_chunks_mut(width)).zip(labels.par_chunks(width));
    rows.for_each(|((found, distance), labels)| {
        let mut last: Option<usize> = None;
        for x in 0..width {
            if labels[x] != 0 {
                last = Some(x);
            }
            let near = last.filter(|&u| x - u <= p.reach as usize);
            found[x] = near.map_or(0, |u| labels[u]);
            distance[x] = near.map_or(p.reach, |u| (x - u) as u32);
        }
        let mut last: Option<usize> = None;
        for x in (0..width).rev() {
            if labels[x] != 0 {
                last = Some(x);
            }
            if let Some(u) = last.filter(|&u| u - x <= p.reach as usize) {
                let away = (u - x) as u32;
                if found[x] == 0 || away < distance[x] {
                    (found[x], distance[x]) = (labels[u], away);
                } else if away == distance[x] {
                    found[x] = lower(found[x], labels[u]);
                }
            }
        }
    });
}

fn along_columns(p: &Params, row_label: &[u32], row_distance: &[u32], out: &mut Nearest) {
    let (width, height, reach) = (p.width as usize, p.height as usize, p.reach as usize);
    let rows = out.labels.host_mut().par_chunks_mut(width).zip(out.distance.host_mut().par_chunks_mut(width));
    rows.enumerate().for_each_init(
        || vec![u32::MAX; width],
        |best, (y, (found, distance))| {
            best.fill(u32::MAX);
            found.fill(0);
            for v in y.saturating_sub(reach)..=(y + reach).min(height - 1) {
                let dy = v.abs_diff(y) as u32;
                let (labels, away) = (&row_label[v * width..][..width], &row_distance[v * width..][..width]);
                nearer(dy * dy, labels, away, best, found);
            }
            within(p, best, found, distance);
        },
    );
}

/// What lies nearest of what was found so far, `best` being its squared distance, and of a row: of each of its columns there is a label, 0
/// for none, and how far `away` it lies along the row. `down` is the square of how far the row lies. Without branches, so that many
/// columns are compared at once.
fn nearer(down: u32, labels: &[u32], away: &[u32], best: &mut [u32], found: &mut [u32]) {
    widest!(move || {
        let width = best.len();
        let (labels, away, found) = (&labels[..width], &away[..width], &mut found[..width]);
        for x in 0..width {
            let (label, old) = (labels[x], best[x]);
            let squared = away[x].wrapping_mul(away[x]).wrapping_add(down);
            let squared = if label == 0 { u32::MAX } else { squared };
            let same = if squared == old { label.min(found[x]) } else { found[x] };
            found[x] = if squared < old { label } else { same };
            best[x] = squared.min(old);
        }
    });
}

/// Distances of squares, and nothing beyond the radius.
fn within(p: &Params, best: &[u32], found: &mut [u32], distance: &mut [f32]) {
    let (radius_squared, far) = (p.radius_squared, p.far);
    widest!(move || {
        let width = best.len();
        let (found, distance) = (&mut found[..width], &mut distance[..width]);
        for x in 0..width {
            let squared = best[x] as f32;
            let near = found[x] > 0 && squared <= radius_squared;
            distance[x] = if near { squared.sqrt() } else { far };
            found[x] = if near { found[x] } else { 0 };
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::ops::components::label;
    use crate::ops::fixture::Fixture;
    use crate::ops::testing::{assert_same, cpu, odd_sizes, random_mask};

    #[test]
    fn nearest_is_that_of_a_search_over_all_pixels() {
        let engine = cpu();
        for size in odd_sizes() {
            let mask = random_mask(size, 3, 0.02);
            let objects = label(engine, &engine.upload_raster(&mask).unwrap()).unwrap();
            let labels = engine.download_raster(&objects.labels).unwrap();
            for radius in [0.5f32, 3.0, 7.3, 20.0] {
                let found = nearest(engine, &objects.labels, radius).unwrap();
                let (near, distance) = (
                    engine.download_raster(&found.labels).unwrap(),
                    engine.download_raster(&found.distance).unwrap(),
                );
                for y in 0..size.height {
                    for x in 0..size.width {
                        let mut best = (u32::MAX, 0);
                        for v in 0..size.height {
                            for u in 0..size.width {
                                let squared = u.abs_diff(x).pow(2) + v.abs_diff(y).pow(2);
                                let candidate = (squared, labels.at(u, v));
                                if candidate.1 > 0 && squared as f32 <= radius * radius && candidate < best {
                                    best = candidate;
                                }
                            }
                        }
                        assert_eq!(near.at(x, y), best.1, "{size} radius {radius} at {x},{y}");
                        let expected = if best.1 > 0 { (best.0 as f32).sqrt() } else { FAR_PX };
                        assert_eq!(distance.at(x, y), expected);
                    }
                }
            }
        }
    }

    /// scipy.ndimage.distance_transform_edt.
    #[test]
    fn scipy_agrees_exactly() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/nearest.json"));
        let engine = cpu();
        let mask = engine.upload_raster(&fixture.mask("mask")).unwrap();
        let labels = from_mask(engine, &mask).unwrap();
        let found = engine.download(&nearest(engine, &labels, 50.0).unwrap().distance).unwrap();
        let squared: Vec<u32> = serde_json::from_value(fixture["squared_distance"].clone()).unwrap();
        let expected: Vec<f32> = squared.iter().map(|&s| (s as f32).sqrt()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes().into_iter().chain([Size::new(150, 120)]) {
            for radius in [0.0, 1.0, 6.5, 70.0] {
                assert_same(|engine| {
                    let mask = engine.upload_raster(&random_mask(size, 5, 0.03))?;
                    let objects = label(engine, &mask)?;
                    let near = nearest(engine, &objects.labels, radius)?;
                    Ok((engine.download(&near.labels)?, engine.download(&near.distance)?))
                });
            }
        }
    }
}
