//! Masks, labels and blocks brought from one photograph's frame to another's. Pictures too, for
//! the eye; nothing is measured on an interpolated photograph.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::floor;
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Element, Engine, EngineError, Gpu, Grid, Kernel, Labels, Plane};
use crate::geometry::Size;

/// `shaders/warp.wgsl`.
pub const KERNEL: Kernel = Kernel { name: "warp", source: include_str!("../../shaders/warp.wgsl") };

/// Where target positions lie in the source: exact at nodes every `spacing_px` target pixels,
/// bilinear between.
#[derive(Debug, Clone, PartialEq)]
pub struct Lattice {
    spacing_px: u32,
    columns: u32,
    /// Source positions, row by row.
    nodes: Vec<[f32; 2]>,
}

impl Lattice {
    /// A lattice over a target of size `target` from a map of target positions (continuous,
    /// pixel centers at +0.5) to source positions.
    pub fn from_fn(target: Size, spacing_px: u32, source: impl Fn(f64, f64) -> (f64, f64)) -> Self {
        let columns = target.width / spacing_px + 2;
        let rows = target.height / spacing_px + 2;
        let nodes = (0..rows)
            .flat_map(|j| (0..columns).map(move |i| (i, j)))
            .map(|(i, j)| {
                let (x, y) = source(f64::from(i * spacing_px), f64::from(j * spacing_px));
                [x as f32, y as f32]
            })
            .collect();
        Self { spacing_px, columns, nodes }
    }

    /// Where the target position (`x`, `y`) lies in the source.
    pub fn source_at(&self, x: f64, y: f64) -> (f64, f64) {
        let rows = self.nodes.len() as u32 / self.columns;
        let place = |p: f64, n: u32| {
            let node = (p / f64::from(self.spacing_px)).clamp(0.0, f64::from(n) - 1.001);
            (node as usize, node.fract())
        };
        let ((i, tx), (j, ty)) = (place(x, self.columns), place(y, rows));
        let node = |i: usize, j: usize| self.nodes[j * self.columns as usize + i].map(f64::from);
        let mix = |axis: usize| {
            let top = node(i, j)[axis] + tx * (node(i + 1, j)[axis] - node(i, j)[axis]);
            let bottom = node(i, j + 1)[axis] + tx * (node(i + 1, j + 1)[axis] - node(i, j + 1)[axis]);
            top + ty * (bottom - top)
        };
        (mix(0), mix(1))
    }

    /// Source positions of the centers of a row of target pixels, from left to right.
    #[inline(always)]
    fn along_row(&self, nodes_per_px: f32, y: usize, width: usize, mut each: impl FnMut(usize, [f32; 2])) {
        let v = (y as f32 + 0.5) * nodes_per_px;
        let row = v as usize;
        let ty = v - row as f32;
        let first = row * self.columns as usize;
        let [above, below] = [first, first + self.columns as usize].map(|n| &self.nodes[n..]);
        let mut x = 0;
        // What pixels of a cell have in common is fetched once.
        for column in 0..self.columns as usize - 1 {
            let (start, end) = (above[column], above[column + 1]);
            let (start_below, end_below) = (below[column], below[column + 1]);
            while x < width {
                let u = (x as f32 + 0.5) * nodes_per_px;
                if u as usize != column {
                    break;
                }
                let tx = u - column as f32;
                let position = std::array::from_fn(|axis| {
                    let top = start[axis] + tx * (end[axis] - start[axis]);
                    let bottom = start_below[axis] + tx * (end_below[axis] - start_below[axis]);
                    top + ty * (bottom - top)
                });
                each(x, position);
                x += 1;
            }
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    source_width: u32,
    source_height: u32,
    lattice_columns: u32,
    nodes_per_px: f32,
    side: u32,
    padding: u32,
}

impl Params {
    fn new(source: Size, target: Size, lattice: &Lattice) -> Self {
        Self {
            width: target.width,
            height: target.height,
            source_width: source.width,
            source_height: source.height,
            lattice_columns: lattice.columns,
            nodes_per_px: 1.0 / lattice.spacing_px as f32,
            side: 1,
            padding: 0,
        }
    }

    /// Where a source pixel lies in its plane, if it does.
    fn place_of(&self, [u, v]: [i32; 2]) -> Option<usize> {
        let inside = (u as u32) < self.source_width && (v as u32) < self.source_height;
        inside.then(|| v as usize * self.source_width as usize + u as usize)
    }
}

fn upload_lattice(engine: &Engine, lattice: &Lattice) -> Result<Plane, EngineError> {
    engine.upload(Size::new(2, lattice.nodes.len() as u32), lattice.nodes.as_flattened())
}

/// The value of the source pixel in which each target pixel's center lies; 0 outside.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn warp_nearest<T: Element>(
    engine: &Engine,
    source: &Grid<T>,
    target: Size,
    lattice: &Lattice,
) -> Result<Grid<T>, EngineError> {
    let params = Params::new(source.size(), target, lattice);
    let mut output: Grid<T> = engine.grid(target)?;
    match engine.backend() {
        Backend::Cpu(_) => nearest_twin(&params, lattice, source.host(), output.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, "nearest")
                .params(&params)
                .bind(1, &upload_lattice(engine, lattice)?)
                .bind(2, source)
                .bind(3, &output)
                .over(target),
        )?,
    }
    Ok(output)
}

/// Spacing of the lattice that shifts a plane, in pixels: its positions are exact.
const SHIFT_LATTICE: u32 = 64;

/// The value so many pixels to the right and below; 0 outside.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn shift(engine: &Engine, source: &Plane, [dx, dy]: [i32; 2]) -> Result<Plane, EngineError> {
    let size = source.size();
    match engine.backend() {
        Backend::Cpu(_) => {
            let mut output: Plane = engine.grid(size)?;
            shift_twin(size, source.host(), [dx, dy], output.host_mut());
            Ok(output)
        }
        Backend::Gpu(_) => {
            let lattice =
                Lattice::from_fn(size, SHIFT_LATTICE, |x, y| (x + f64::from(dx), y + f64::from(dy)));
            warp_nearest(engine, source, size, &lattice)
        }
    }
}

/// Bilinear between source pixel centers; 0 outside.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn warp_linear(
    engine: &Engine,
    source: &Plane,
    target: Size,
    lattice: &Lattice,
) -> Result<Plane, EngineError> {
    interpolated(engine, "linear", linear_twin, source, target, lattice)
}

/// Cubic convolution (Keys 1981, doi:10.1109/TASSP.1981.1163711) between source pixel centers, the
/// source's rim repeated outside. Bilinear values are smoother between pixels than on them, and
/// would draw whatever is registered on them toward whole pixels.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn warp_cubic(
    engine: &Engine,
    source: &Plane,
    target: Size,
    lattice: &Lattice,
) -> Result<Plane, EngineError> {
    interpolated(engine, "cubic", cubic_twin, source, target, lattice)
}

fn interpolated(
    engine: &Engine,
    entry: &'static str,
    twin: fn(&Params, &Lattice, &[f32], &mut [f32]),
    source: &Plane,
    target: Size,
    lattice: &Lattice,
) -> Result<Plane, EngineError> {
    let params = Params::new(source.size(), target, lattice);
    let mut output: Plane = engine.grid(target)?;
    match engine.backend() {
        Backend::Cpu(_) => twin(&params, lattice, source.host(), output.host_mut()),
        Backend::Gpu(gpu) => gpu.run(
            Dispatch::new(&KERNEL, entry)
                .params(&params)
                .bind(1, &upload_lattice(engine, lattice)?)
                .bind(4, source)
                .bind(5, &output)
                .over(target),
        )?,
    }
    Ok(output)
}

/// Squares of `side_px` pixels, numbered row by row from 1, where `mask` is 1; 0 elsewhere. Also
/// how many squares there are, those without a pixel included.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn block_labels(engine: &Engine, side_px: u32, mask: &Plane) -> Result<(Labels, u32), EngineError> {
    let size = mask.size();
    let columns = size.width.div_ceil(side_px);
    let mut labels: Labels = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => {
            let width = size.width as usize;
            let rows = labels.host_mut().par_chunks_mut(width).zip(mask.host().par_chunks(width));
            rows.enumerate().for_each(|(y, (labels, mask))| {
                for (x, (label, &mask)) in labels.iter_mut().zip(mask).enumerate() {
                    let block = (y as u32 / side_px) * columns + x as u32 / side_px + 1;
                    *label = if mask > 0.5 { block } else { 0 };
                }
            });
        }
        Backend::Gpu(gpu) => run_blocks(gpu, size, side_px, mask, &labels)?,
    }
    Ok((labels, columns * size.height.div_ceil(side_px)))
}

fn run_blocks(gpu: &Gpu, size: Size, side: u32, mask: &Plane, labels: &Labels) -> Result<(), EngineError> {
    let params = Params {
        width: size.width,
        height: size.height,
        source_width: 0,
        source_height: 0,
        lattice_columns: 0,
        nodes_per_px: 0.0,
        side,
        padding: 0,
    };
    gpu.run(Dispatch::new(&KERNEL, "blocks").params(&params).bind(3, labels).bind(4, mask).over(size))
}

fn shift_twin(size: Size, source: &[f32], [dx, dy]: [i32; 2], output: &mut [f32]) {
    let (width, height) = (size.width as usize, size.height as usize);
    let left = (dx.min(0).unsigned_abs() as usize).min(width);
    let kept = width.saturating_sub(dx.unsigned_abs() as usize);
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        output.fill(0.0);
        let row = y.checked_add_signed(dy as isize).filter(|&row| row < height);
        if let Some(row) = row.filter(|_| kept > 0) {
            let start = row * width + dx.max(0) as usize;
            output[left..left + kept].copy_from_slice(&source[start..start + kept]);
        }
    });
}

fn nearest_twin<T: Element>(p: &Params, lattice: &Lattice, source: &[T], output: &mut [T]) {
    let width = p.width as usize;
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        lattice.along_row(p.nodes_per_px, y, width, |x, position| {
            output[x] = p.place_of(position.map(floor)).map_or_else(T::default, |place| source[place]);
        });
    });
}

fn linear_twin(p: &Params, lattice: &Lattice, source: &[f32], output: &mut [f32]) {
    let width = p.width as usize;
    let value = |u: i32, v: i32| p.place_of([u, v]).map_or(0.0, |place| source[place]);
    output.par_chunks_mut(width).enumerate().for_each(|(y, output)| {
        lattice.along_row(p.nodes_per_px, y, width, |x, position| {
            let position = position.map(|c| c - 0.5);
            let [u, v] = position.map(floor);
            let (tx, ty) = (position[0] - u as f32, position[1] - v as f32);
            let (right, below) = (u.saturating_add(1), v.saturating_add(1));
            let [start, end] = [value(u, v), value(right, v)];
            let [start_below, end_below] = [value(u, below), value(right, below)];
            let top = start + tx * (end - start);
            let bottom = start_below + tx * (end_below - start_below);
            output[x] = top + ty * (bottom - top);
        });
    });
}

/// Weights of the four samples around a place `t` after the second of them (Keys 1981).
pub(crate) fn keys(t: f32) -> [f32; 4] {
    let (t2, t3) = (t * t, t * t * t);
    [-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3]
}

fn cubic_twin(p: &Params, lattice: &Lattice, source: &[f32], output: &mut [f32]) {
    let (width, height) = (p.source_width as i32, p.source_height as i32);
    let target_width = p.width as usize;
    output.par_chunks_mut(target_width).enumerate().for_each(|(y, output)| {
        lattice.along_row(p.nodes_per_px, y, target_width, |x, position| {
            // Far outside, the rim is as good as any other place.
            let [u, v] = position.map(|c| (c - 0.5).clamp(-4.0, 1.0e6));
            let (first_u, first_v) = (floor(u), floor(v));
            let (across, down) = (keys(u - first_u as f32), keys(v - first_v as f32));
            let column = first_u - 1;
            let mut sum = 0.0;
            for (r, weight) in down.into_iter().enumerate() {
                let row = (first_v + r as i32 - 1).clamp(0, height - 1) * width;
                let at = |c: i32| source[(row + (column + c).clamp(0, width - 1)) as usize];
                let line = across[0] * at(0) + across[1] * at(1) + across[2] * at(2) + across[3] * at(3);
                sum += weight * line;
            }
            output[x] = sum;
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Homography;
    use crate::ops::testing::{assert_parity, assert_same, cpu, noise, odd_sizes, random_mask};
    use crate::raster::Raster;

    const TILTED: Homography = Homography([[0.95, 0.12, 3.0], [-0.1, 1.04, 5.0], [1e-4, -2e-4, 1.0]]);

    fn lattice(target: Size) -> Lattice {
        Lattice::from_fn(target, 16, |x, y| TILTED.apply(x, y))
    }

    #[test]
    fn a_ramp_is_carried_to_where_the_map_says() {
        let engine = cpu();
        let (source, target) = (Size::new(90, 80), Size::new(70, 60));
        let ramp = Raster::from_fn(source, |x, y| 2.0 * (x as f32 + 0.5) - (y as f32 + 0.5));
        let plane = engine.upload_raster(&ramp).unwrap();
        let found =
            engine.download_raster(&warp_linear(engine, &plane, target, &lattice(target)).unwrap()).unwrap();
        for (x, y) in [(5, 5), (33, 20), (60, 50)] {
            let (u, v) = TILTED.apply(f64::from(x) + 0.5, f64::from(y) + 0.5);
            // The map bends by up to a fortieth of a pixel between nodes.
            assert!((f64::from(found.at(x, y)) - (2.0 * u - v)).abs() < 0.03, "at {x},{y}");
        }
    }

    #[test]
    fn cubic_keeps_a_parabola_and_repeats_the_rim() {
        let engine = cpu();
        let size = Size::new(40, 30);
        let curve = Raster::from_fn(size, |x, _| (x as f32 + 0.5).powi(2));
        let plane = engine.upload_raster(&curve).unwrap();
        let shift = Lattice::from_fn(size, 8, |x, y| (x + 0.3, y - 100.0));
        let found = engine.download_raster(&warp_cubic(engine, &plane, size, &shift).unwrap()).unwrap();
        for x in [5, 20, 30] {
            assert!((found.at(x, 3) - (x as f32 + 0.8).powi(2)).abs() < 1e-3 * (x * x) as f32);
        }
        let beyond = Lattice::from_fn(size, 8, |x, y| (x + 500.0, y));
        let found = engine.download_raster(&warp_cubic(engine, &plane, size, &beyond).unwrap()).unwrap();
        assert!((found.at(7, 7) - curve.at(39, 7)).abs() < 1e-2);
    }

    #[test]
    fn a_shift_takes_the_pixel_so_far_away() {
        for size in odd_sizes() {
            let plane = noise(size, 4);
            for [dx, dy] in [[1, 0], [-1, 0], [0, 1], [0, -1], [3, -2], [0, 0], [200, -500]] {
                let shifted = |engine: &Engine| {
                    let shifted = shift(engine, &engine.upload_raster(&plane)?, [dx, dy])?;
                    engine.download_raster(&shifted)
                };
                assert_same(shifted);
                let expected = Raster::from_fn(size, |x, y| {
                    let (u, v) = (x as i32 + dx, y as i32 + dy);
                    let inside = u >= 0 && v >= 0 && (u as u32) < size.width && (v as u32) < size.height;
                    if inside { plane.at(u as u32, v as u32) } else { 0.0 }
                });
                assert_eq!(shifted(cpu()).unwrap(), expected, "{size} by {dx}, {dy}");
            }
        }
    }

    #[test]
    fn nearest_takes_the_pixel_that_holds_the_position() {
        let engine = cpu();
        let size = Size::new(8, 6);
        let source = Raster::from_fn(size, |x, y| 100 * y + x + 1);
        let grid = engine.upload_raster(&source).unwrap();
        let shift = Lattice::from_fn(size, 4, |x, y| (x + 2.3, y - 1.4));
        let found = engine.download_raster(&warp_nearest(engine, &grid, size, &shift).unwrap()).unwrap();
        assert_eq!(found.at(1, 3), source.at(3, 2));
        assert_eq!((found.at(7, 3), found.at(1, 0)), (0, 0), "outside is 0");
    }

    #[test]
    fn blocks_are_squares_numbered_row_by_row() {
        let engine = cpu();
        let size = Size::new(5, 3);
        let mask = Raster::from_fn(size, |x, y| f32::from(!(x == 0 && y == 0)));
        let (labels, count) = block_labels(engine, 2, &engine.upload_raster(&mask).unwrap()).unwrap();
        assert_eq!(count, 6);
        assert_eq!(engine.download(&labels).unwrap(), [0, 1, 2, 2, 3, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6]);
    }

    #[test]
    fn lattice_positions_are_the_maps() {
        let lattice = lattice(Size::new(100, 100));
        let (x, y) = lattice.source_at(37.2, 81.9);
        let (u, v) = TILTED.apply(37.2, 81.9);
        assert!((x - u).hypot(y - v) < 0.03);
    }

    #[test]
    fn twins_agree() {
        for size in odd_sizes() {
            let target = Size::new(size.height + 7, size.width);
            assert_same(|engine| {
                let mask = engine.upload_raster(&random_mask(size, 2, 0.5))?;
                let (blocks, _) = block_labels(engine, 5, &mask)?;
                let carried = warp_nearest(engine, &blocks, target, &lattice(target))?;
                Ok((engine.download(&blocks)?, engine.download(&carried)?))
            });
            for warp in [warp_linear, warp_cubic] {
                assert_parity(1e-4, |engine| {
                    let plane = engine.upload_raster(&noise(size, 2))?;
                    engine.download(&warp(engine, &plane, target, &lattice(target))?)
                });
            }
        }
    }
}
