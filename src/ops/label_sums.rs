//! Sums of planes over labels, and the shape of each label.
//!
//! Values become fixed-point integers of 2⁻²² of a range before they are added, so that the
//! order of threads does not matter and both engines return the same sums.

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::lanes::{floor_small, widest};
use super::pointwise::{Op, pointwise};
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Grid, Kernel, Labels, Plane};
use crate::geometry::Size;

/// `shaders/label_sums.wgsl`.
pub const KERNEL: Kernel =
    Kernel { name: "label_sums", source: include_str!("../../shaders/label_sums.wgsl") };

/// Fixed-point steps in the range: half a step must still be exact in f32.
const STEPS: f32 = (1 << 22) as f32;
/// Pixels a GPU thread adds up before it touches shared memory: sums stay below 2³¹.
const RUN: u32 = 32;
/// Pixels a CPU task takes at once.
const CHUNK: usize = 1 << 18;

/// Sums over one label.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelSums {
    /// One for each plane.
    pub sums: Vec<f64>,
}

/// Shape of one label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelGeometry {
    /// Pixels.
    pub pixels: u64,
    /// Twice the sums of the coordinates of pixel centers: whole numbers.
    pub twice_sum: [u64; 2],
    /// Pixels with another label, or the border, across an edge.
    pub boundary_pixels: u32,
    /// First column and row.
    pub first: [u32; 2],
    /// Past the last column and row.
    pub end: [u32; 2],
}

impl LabelGeometry {
    const NONE: Self =
        Self { pixels: 0, twice_sum: [0; 2], boundary_pixels: 0, first: [u32::MAX; 2], end: [0; 2] };

    /// Center of mass.
    pub fn center(&self) -> (f64, f64) {
        let twice = 2.0 * self.pixels as f64;
        (self.twice_sum[0] as f64 / twice, self.twice_sum[1] as f64 / twice)
    }

    /// Width and height of the bounding box.
    pub fn extent(&self) -> [f64; 2] {
        [0, 1].map(|axis| f64::from(self.end[axis].saturating_sub(self.first[axis])))
    }

    fn merge(&mut self, other: &Self) {
        self.pixels += other.pixels;
        self.boundary_pixels += other.boundary_pixels;
        for axis in 0..2 {
            self.twice_sum[axis] += other.twice_sum[axis];
            self.first[axis] = self.first[axis].min(other.first[axis]);
            self.end[axis] = self.end[axis].max(other.end[axis]);
        }
    }
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    scale: f32,
    range: f32,
}

fn dispatch<'a>(entry: &'static str, params: &Params) -> Dispatch<'a> {
    let runs = Size::new(params.width.div_ceil(RUN), params.height);
    Dispatch::new(&KERNEL, entry).constant("RUN", f64::from(RUN)).params(params).over(runs)
}

/// Sums of each plane over each label; `[0]` is the background, `[count]` the last label. Values
/// beyond ±`range` are taken as ±`range`; a step is `range`·2⁻²².
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn label_sums(
    engine: &Engine,
    labels: &Labels,
    count: u32,
    planes: &[&Plane],
    range: f32,
) -> Result<Vec<LabelSums>, EngineError> {
    let size = labels.size();
    let params = Params { width: size.width, height: size.height, scale: STEPS / range, range };
    let len = count as usize + 1;
    let mut out = vec![LabelSums { sums: Vec::with_capacity(planes.len()) }; len];
    for plane in planes {
        assert_eq!(plane.size(), size, "planes and labels have one size");
        let sums: Vec<i64> = match engine.backend() {
            Backend::Cpu(_) => sum_twin(&params, labels.host(), plane.host(), len),
            Backend::Gpu(gpu) => {
                let sums: Grid<u32> = engine.grid(Size::new(2, len as u32))?;
                gpu.clear(&sums)?;
                gpu.run(dispatch("sum", &params).bind(1, labels).bind(2, plane).bind(3, &sums))?;
                engine.download(&sums)?.chunks_exact(2).map(|w| wide(w[0], w[1])).collect()
            }
        };
        for (out, sum) in out.iter_mut().zip(sums) {
            out.sums.push(sum as f64 / f64::from(params.scale));
        }
    }
    Ok(out)
}

/// Sums of `plane` times `mask`, and of `mask`, over each label, as [`label_sums`] has them.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn masked_label_sums(
    engine: &Engine,
    labels: &Labels,
    count: u32,
    plane: &Plane,
    mask: &Plane,
    range: f32,
) -> Result<Vec<[f64; 2]>, EngineError> {
    match engine.backend() {
        Backend::Cpu(_) => {
            let size = labels.size();
            assert!(plane.size() == size && mask.size() == size, "planes and labels have one size");
            let params = Params { width: size.width, height: size.height, scale: STEPS / range, range };
            let pixels = plane.host().par_chunks(CHUNK).zip(mask.host().par_chunks(CHUNK));
            let params = &params;
            let sums =
                summed(labels.host(), pixels, 2 * (count as usize + 1), |labels, (plane, mask), sums| {
                    widest!(move || add_masked(params, labels, plane, mask, sums));
                });
            Ok(sums
                .as_chunks()
                .0
                .iter()
                .map(|pair| pair.map(|s| s as f64 / f64::from(params.scale)))
                .collect())
        }
        Backend::Gpu(_) => {
            let masked = pointwise(engine, Op::Multiply, plane, mask)?;
            let sums = label_sums(engine, labels, count, &[&masked, mask], range)?;
            Ok(sums.iter().map(|label| [label.sums[0], label.sums[1]]).collect())
        }
    }
}

/// The shape of each label; `[0]` is the background.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn label_geometry(
    engine: &Engine,
    labels: &Labels,
    count: u32,
) -> Result<Vec<LabelGeometry>, EngineError> {
    let size = labels.size();
    let params = Params { width: size.width, height: size.height, scale: 0.0, range: 0.0 };
    let len = count as usize + 1;
    match engine.backend() {
        Backend::Cpu(_) => Ok(shape_twin(size, labels.host(), len)),
        Backend::Gpu(gpu) => {
            let sums: Grid<u32> = engine.grid(Size::new(6, len as u32))?;
            gpu.clear(&sums)?;
            let start: Vec<u32> = (0..len).flat_map(|_| [0, u32::MAX, u32::MAX, 0, 0]).collect();
            let shapes = engine.upload(Size::new(5, len as u32), &start)?;
            gpu.run(dispatch("shape", &params).bind(1, labels).bind(3, &sums).bind(4, &shapes))?;
            let (sums, shapes) = (engine.download(&sums)?, engine.download(&shapes)?);
            let label = |(s, h): (&[u32], &[u32])| LabelGeometry {
                pixels: wide(s[0], s[1]) as u64,
                twice_sum: [wide(s[2], s[3]) as u64, wide(s[4], s[5]) as u64],
                boundary_pixels: h[0],
                first: [h[1], h[2]],
                end: [h[3], h[4]],
            };
            Ok(sums.chunks_exact(6).zip(shapes.chunks_exact(5)).map(label).collect())
        }
    }
}

fn wide(low: u32, high: u32) -> i64 {
    (u64::from(high) << 32 | u64::from(low)) as i64
}

fn sum_twin(p: &Params, labels: &[u32], plane: &[f32], len: usize) -> Vec<i64> {
    summed(labels, plane.par_chunks(CHUNK), len, |labels, plane, sums| {
        widest!(move || add(p, labels, plane, sums));
    })
}

/// The sums of what `add` adds for each piece of labels and pixels.
fn summed<'a, P: Send>(
    labels: &'a [u32],
    pixels: impl IndexedParallelIterator<Item = P> + 'a,
    len: usize,
    add: impl Fn(&[u32], P, &mut [i64]) + Sync,
) -> Vec<i64> {
    let pieces = labels.par_chunks(CHUNK).zip(pixels);
    let none = || vec![0i64; len];
    let both = |mut a: Vec<i64>, b: Vec<i64>| {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        a
    };
    pieces
        .fold(none, |mut sums, (labels, pixels)| {
            add(labels, pixels, &mut sums);
            sums
        })
        .reduce(none, both)
}

/// Pixels that are looked at together: their steps, of 2²² at most, add up in 32 bits.
const TOGETHER: usize = 16;

/// Steps that a value counts.
#[inline(always)]
fn steps_of(range: f32, scale: f32, value: f32) -> i32 {
    // What is no number, as nothing known is outside a mask, counts nothing.
    let held = if value.is_nan() { 0.0 } else { value.min(range).max(-range) };
    floor_small(held * scale + 0.5)
}

#[inline(always)]
fn are_one(labels: &[u32; TOGETHER]) -> bool {
    let mut differ = 0;
    for label in labels {
        differ |= label ^ labels[0];
    }
    differ == 0
}

/// They fit: each is 2²² at most.
#[inline(always)]
fn sum_of(steps: &[i32; TOGETHER]) -> i64 {
    let mut sum = 0i32;
    for step in steps {
        sum = sum.wrapping_add(*step);
    }
    i64::from(sum)
}

/// Adds what each pixel counts to the sum of its label. Neighbors mostly share one: together they need not wait for memory.
#[inline(always)]
fn add(p: &Params, labels: &[u32], plane: &[f32], sums: &mut [i64]) {
    let ((labels, last_labels), (plane, last)) =
        (labels.as_chunks::<TOGETHER>(), plane.as_chunks::<TOGETHER>());
    let (range, scale) = (p.range, p.scale);
    for (labels, values) in labels.iter().zip(plane) {
        let mut steps = [0; TOGETHER];
        for k in 0..TOGETHER {
            steps[k] = steps_of(range, scale, values[k]);
        }
        if are_one(labels) {
            sums[labels[0] as usize] += sum_of(&steps);
        } else {
            for (&label, steps) in labels.iter().zip(steps) {
                sums[label as usize] += i64::from(steps);
            }
        }
    }
    for (&label, &value) in last_labels.iter().zip(last) {
        sums[label as usize] += i64::from(steps_of(range, scale, value));
    }
}

/// As [`add`], of the plane within the mask and of the mask; sums of a label lie side by side.
#[inline(always)]
fn add_masked(p: &Params, labels: &[u32], plane: &[f32], mask: &[f32], sums: &mut [i64]) {
    let (range, scale) = (p.range, p.scale);
    let mut one = |label: u32, plane: i64, mask: i64| {
        sums[2 * label as usize] += plane;
        sums[2 * label as usize + 1] += mask;
    };
    let ((labels, last_labels), (plane, last), (mask, last_mask)) =
        (labels.as_chunks::<TOGETHER>(), plane.as_chunks::<TOGETHER>(), mask.as_chunks::<TOGETHER>());
    for ((labels, values), mask) in labels.iter().zip(plane).zip(mask) {
        let (mut within, mut of_mask) = ([0; TOGETHER], [0; TOGETHER]);
        for k in 0..TOGETHER {
            within[k] = steps_of(range, scale, values[k] * mask[k]);
            of_mask[k] = steps_of(range, scale, mask[k]);
        }
        if are_one(labels) {
            one(labels[0], sum_of(&within), sum_of(&of_mask));
        } else {
            for (k, &label) in labels.iter().enumerate() {
                one(label, within[k].into(), of_mask[k].into());
            }
        }
    }
    for ((&label, &value), &mask) in last_labels.iter().zip(last).zip(last_mask) {
        let (within, of_mask) = (steps_of(range, scale, value * mask), steps_of(range, scale, mask));
        one(label, within.into(), of_mask.into());
    }
}

fn shape_twin(size: Size, labels: &[u32], len: usize) -> Vec<LabelGeometry> {
    let (width, height) = (size.width as usize, size.height as usize);
    let row = |y: usize| &labels[y * width..][..width];
    (0..height)
        .into_par_iter()
        .fold(
            || vec![LabelGeometry::NONE; len],
            |mut shapes, y| {
                let here = row(y);
                let above = (y > 0).then(|| row(y - 1));
                let below = (y + 1 < height).then(|| row(y + 1));
                for (x, &label) in here.iter().enumerate() {
                    let differs = |row: Option<&[u32]>, x: usize| row.is_none_or(|row| row[x] != label);
                    let edge = x == 0
                        || x + 1 == width
                        || here[x - 1] != label
                        || here[x + 1] != label
                        || differs(above, x)
                        || differs(below, x);
                    shapes[label as usize].merge(&LabelGeometry {
                        pixels: 1,
                        twice_sum: [2 * x as u64 + 1, 2 * y as u64 + 1],
                        boundary_pixels: u32::from(edge),
                        first: [x as u32, y as u32],
                        end: [x as u32 + 1, y as u32 + 1],
                    });
                }
                shapes
            },
        )
        .reduce(
            || vec![LabelGeometry::NONE; len],
            |mut a, b| {
                for (a, b) in a.iter_mut().zip(&b) {
                    a.merge(b);
                }
                a
            },
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::components::label;
    use crate::ops::testing::{assert_same, cpu, noise, odd_sizes, random_mask};
    use crate::raster::Raster;

    #[test]
    fn a_disc_has_the_numbers_of_a_disc() {
        let size = Size::new(80, 60);
        let disc = Raster::from_fn(size, |x, y| {
            let (dx, dy) = (f64::from(x) + 0.5 - 33.0, f64::from(y) + 0.5 - 27.0);
            f32::from(dx * dx + dy * dy < 400.0)
        });
        let engine = cpu();
        let objects = label(engine, &engine.upload_raster(&disc).unwrap()).unwrap();
        let shapes = label_geometry(engine, &objects.labels, objects.count).unwrap();
        assert!((shapes[1].pixels as f64 / (std::f64::consts::PI * 400.0) - 1.0).abs() < 0.01);
        let (x, y) = shapes[1].center();
        assert!((x - 33.0).abs() < 1e-9 && (y - 27.0).abs() < 1e-9);
        assert_eq!((shapes[1].first, shapes[1].end), ([13, 7], [53, 47]));
        assert_eq!(shapes[1].extent(), [40.0, 40.0]);
        // Edge pixels of a disc: about 8r/√2.
        assert!((f64::from(shapes[1].boundary_pixels) - 113.0).abs() < 4.0, "{}", shapes[1].boundary_pixels);
        assert_eq!(shapes[0].pixels + shapes[1].pixels, size.area() as u64);
    }

    #[test]
    fn sums_are_those_of_a_loop() {
        let size = Size::new(131, 77);
        let (mask, plane) = (random_mask(size, 1, 0.3), noise(size, 2));
        let engine = cpu();
        let objects = label(engine, &engine.upload_raster(&mask).unwrap()).unwrap();
        let labels = engine.download(&objects.labels).unwrap();
        let ones = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
        let found = label_sums(
            engine,
            &objects.labels,
            objects.count,
            &[&engine.upload_raster(&plane).unwrap(), &ones],
            1.0,
        )
        .unwrap();
        for (label, found) in found.iter().enumerate() {
            let values =
                || labels.iter().zip(plane.data()).filter(|(l, _)| **l as usize == label).map(|(_, v)| *v);
            let expected: f64 = values().map(f64::from).sum();
            let pixels = values().count() as f64;
            assert!((found.sums[0] - expected).abs() < 2e-7 * pixels.max(1.0));
            assert_eq!(found.sums[1], pixels);
        }
    }

    #[test]
    fn masked_sums_are_those_of_the_plane_within_the_mask() {
        let (engine, size) = (cpu(), Size::new(300, 90));
        let upload = |raster: &Raster| engine.upload_raster(raster).unwrap();
        let objects = label(engine, &upload(&random_mask(size, 1, 0.3))).unwrap();
        let (plane, mask) = (upload(&noise(size, 2)), upload(&random_mask(size, 3, 0.6).map(|m| 0.5 * m)));
        let within = pointwise(engine, Op::Multiply, &plane, &mask).unwrap();
        let expected = label_sums(engine, &objects.labels, objects.count, &[&within, &mask], 1.0).unwrap();
        let found = masked_label_sums(engine, &objects.labels, objects.count, &plane, &mask, 1.0).unwrap();
        assert!(found.len() > 100);
        assert_eq!(found, expected.iter().map(|l| [l.sums[0], l.sums[1]]).collect::<Vec<_>>());
    }

    #[test]
    fn values_beyond_the_range_are_held_there() {
        let engine = cpu();
        let size = Size::new(3, 1);
        let labels = engine.upload(size, &[1u32, 1, 0]).unwrap();
        let plane = engine.upload(size, &[9.0f32, -0.5, 1.0]).unwrap();
        let found = label_sums(engine, &labels, 1, &[&plane], 2.0).unwrap();
        assert_eq!((found[0].sums[0], found[1].sums[0]), (1.0, 1.5));
    }

    #[test]
    fn what_is_no_number_counts_nothing() {
        let engine = cpu();
        let size = Size::new(40, 1);
        let labels = engine.upload(size, &[1u32; 40]).unwrap();
        let mut values = [0.5f32; 40];
        (values[3], values[37]) = (f32::NAN, f32::NAN);
        let plane = engine.upload(size, &values).unwrap();
        assert_eq!(label_sums(engine, &labels, 1, &[&plane], 1.0).unwrap()[1].sums[0], 19.0);
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes().into_iter().chain([Size::new(300, 200)]) {
            assert_same(|engine| {
                let objects = label(engine, &engine.upload_raster(&random_mask(size, 5, 0.35))?)?;
                let plane = engine.upload_raster(&noise(size, 6))?;
                let sums = label_sums(engine, &objects.labels, objects.count, &[&plane], 1.0)?;
                // One label over everything: the sum passes 32 bits.
                let all = engine.upload_raster(&Raster::filled(size, 1u32))?;
                let shifted = engine.upload_raster(&noise(size, 7).map(|v| v - 0.9))?;
                let total = label_sums(engine, &all, 1, &[&shifted], 2.0)?;
                let mask = engine.upload_raster(&random_mask(size, 8, 0.7))?;
                let masked = masked_label_sums(engine, &objects.labels, objects.count, &plane, &mask, 1.0)?;
                Ok((sums, total, masked, label_geometry(engine, &objects.labels, objects.count)?))
            });
        }
    }
}
