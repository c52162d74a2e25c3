//! Connected components of a mask, and what is made with them: hysteresis thresholds, filled
//! holes, selected objects.
//!
//! Labels are numbered from 1 by the first pixel of each component in row-major order, the same
//! on both engines. On the GPU: union-find with atomic minima, so that the root of a component
//! is its first pixel whatever the order of threads (after Playne & Hawick 2018,
//! doi:10.1109/TPDS.2018.2799216).

use bytemuck::{Pod, Zeroable};
use rayon::prelude::*;

use super::pointwise::{Op, pointwise};
use crate::engine::gpu::Dispatch;
use crate::engine::{Backend, Engine, EngineError, Gpu, Grid, Kernel, Labels, Plane};
use crate::geometry::Size;
use crate::large::zeros;
use crate::raster::Raster;

/// `shaders/components.wgsl`.
pub const KERNEL: Kernel =
    Kernel { name: "components", source: include_str!("../../shaders/components.wgsl") };

/// Pixels whose roots one workgroup numbers: a multiple of its 256 threads.
const STRETCH: usize = 1 << 13;
/// Rows a CPU task joins before the seams are joined.
const BAND_ROWS: usize = 64;

/// Labeled pixels.
#[derive(Debug)]
pub struct Objects {
    /// 0 on background, else 1 to `count`.
    pub labels: Labels,
    /// Objects there are.
    pub count: u32,
}

/// Which pixels touch.
#[derive(Clone, Copy, PartialEq)]
enum Connectivity {
    Four,
    Eight,
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    width: u32,
    height: u32,
    per_group: u32,
    padding: u32,
}

impl Params {
    fn new(size: Size) -> Self {
        Self { width: size.width, height: size.height, per_group: STRETCH as u32, padding: 0 }
    }
}

/// Labels the 8-connected components of a mask.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn label(engine: &Engine, mask: &Plane) -> Result<Objects, EngineError> {
    label_with(engine, mask, Connectivity::Eight)
}

/// Labels of a mask in host memory joined at edges alone, and how many there are: for searches that run on
/// the host anyway.
pub fn labels_on_host(mask: &Raster) -> (Raster<u32>, u32) {
    let mut labels = zeros(mask.size().area());
    let count = twin(mask.size(), mask.data(), Connectivity::Four, &mut labels);
    (Raster::from_vec(mask.size(), labels), count)
}

/// The components of `weak` that hold a pixel of `strong`, as a mask.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn hysteresis(engine: &Engine, strong: &Plane, weak: &Plane) -> Result<Plane, EngineError> {
    let objects = label(engine, weak)?;
    let keep = marked(engine, &objects, Marks::Mask(strong))?;
    mask_of(engine, &select(engine, &objects.labels, &keep)?.labels)
}

/// The mask with its holes filled: background that does not reach the border across edges.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn fill_holes(engine: &Engine, mask: &Plane) -> Result<Plane, EngineError> {
    let objects = {
        let ones = engine.upload_raster(&Raster::filled(mask.size(), 1.0))?;
        let background = pointwise(engine, Op::Without, mask, &ones)?;
        drop(ones);
        label_with(engine, &background, Connectivity::Four)?
    };
    let open = marked(engine, &objects, Marks::Border)?;
    let holes: Vec<bool> = open.iter().map(|open| !open).collect();
    let holes = select(engine, &objects.labels, &holes)?;
    drop(objects);
    pointwise(engine, Op::Max, mask, &mask_of(engine, &holes.labels)?)
}

/// The objects whose `keep` is true (`keep[i]` for label i + 1), numbered anew in their order.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn select(engine: &Engine, labels: &Labels, keep: &[bool]) -> Result<Objects, EngineError> {
    let mut count = 0;
    let mut table = vec![0u32];
    for &keep in keep {
        count += u32::from(keep);
        table.push(if keep { count } else { 0 });
    }
    let size = labels.size();
    let mut renamed: Labels = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => {
            let pixels = renamed.host_mut().par_iter_mut().zip(labels.host());
            pixels.for_each(|(new, &old)| *new = table[old as usize]);
        }
        Backend::Gpu(gpu) => {
            let table = engine.upload(Size::new(table.len() as u32, 1), &table)?;
            gpu.run(dispatch("rename", size).bind(3, labels).bind(4, &renamed).bind(5, &table).over(size))?;
        }
    }
    Ok(Objects { labels: renamed, count })
}

/// 1 where there is any object.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn mask_of(engine: &Engine, labels: &Labels) -> Result<Plane, EngineError> {
    let size = labels.size();
    let mut output: Plane = engine.grid(size)?;
    match engine.backend() {
        Backend::Cpu(_) => {
            let pixels = output.host_mut().par_iter_mut().zip(labels.host());
            pixels.for_each(|(output, &label)| *output = f32::from(label > 0));
        }
        Backend::Gpu(gpu) => {
            gpu.run(dispatch("mask_of", size).bind(3, labels).bind(7, &output).over(size))?
        }
    }
    Ok(output)
}

enum Marks<'a> {
    Mask(&'a Plane),
    Border,
}

/// Whether each object holds a marked pixel; `[i]` for label i + 1.
fn marked(engine: &Engine, objects: &Objects, marks: Marks<'_>) -> Result<Vec<bool>, EngineError> {
    let size = objects.labels.size();
    let flags: Vec<u32> = match engine.backend() {
        Backend::Cpu(_) => {
            let mut flags = vec![0; objects.count as usize + 1];
            let width = size.width as usize;
            let labels = objects.labels.host();
            match marks {
                Marks::Mask(mask) => {
                    for (&label, _) in labels.iter().zip(mask.host()).filter(|(_, mask)| **mask > 0.5) {
                        flags[label as usize] = 1;
                    }
                }
                Marks::Border => {
                    let last = labels.len() - width;
                    let columns = (0..labels.len()).step_by(width).flat_map(|row| [row, row + width - 1]);
                    for i in (0..width).chain(last..labels.len()).chain(columns) {
                        flags[labels[i] as usize] = 1;
                    }
                }
            }
            flags
        }
        Backend::Gpu(gpu) => {
            let flags: Grid<u32> = engine.grid(Size::new(objects.count + 1, 1))?;
            gpu.clear(&flags)?;
            let labels = &objects.labels;
            gpu.run(match marks {
                Marks::Mask(mask) => {
                    dispatch("mark", size).bind(1, mask).bind(3, labels).bind(6, &flags).over(size)
                }
                Marks::Border => dispatch("mark_border", size).bind(3, labels).bind(6, &flags).over(size),
            })?;
            engine.download(&flags)?
        }
    };
    Ok(flags[1..].iter().map(|&flag| flag > 0).collect())
}

fn dispatch<'a>(entry: &'static str, size: Size) -> Dispatch<'a> {
    Dispatch::new(&KERNEL, entry).params(&Params::new(size))
}

fn label_with(engine: &Engine, mask: &Plane, connectivity: Connectivity) -> Result<Objects, EngineError> {
    match engine.backend() {
        Backend::Cpu(_) => {
            let mut labels: Labels = engine.grid(mask.size())?;
            let count = twin(mask.size(), mask.host(), connectivity, labels.host_mut());
            Ok(Objects { labels, count })
        }
        Backend::Gpu(gpu) => label_on(engine, gpu, mask, connectivity),
    }
}

fn label_on(
    engine: &Engine,
    gpu: &Gpu,
    mask: &Plane,
    connectivity: Connectivity,
) -> Result<Objects, EngineError> {
    let size = mask.size();
    let stretches = size.area().div_ceil(STRETCH) as u32;
    let parent: Grid<u32> = engine.grid(size)?;
    gpu.run(dispatch("start", size).bind(1, mask).bind(2, &parent).over(size))?;
    gpu.run(
        dispatch("merge", size)
            .constant("DIAGONAL", f64::from(u8::from(connectivity == Connectivity::Eight)))
            .bind(1, mask)
            .bind(2, &parent)
            .over(size),
    )?;
    let counts: Grid<u32> = engine.grid(Size::new(stretches, 1))?;
    gpu.run(dispatch("count_roots", size).bind(2, &parent).bind(4, &counts).groups(stretches, 1))?;
    let mut before = 0;
    let offsets: Vec<u32> = engine
        .download(&counts)?
        .into_iter()
        .map(|count| {
            let offset = before;
            before += count;
            offset
        })
        .collect();
    let offsets = engine.upload(Size::new(stretches, 1), &offsets)?;
    let numbers: Grid<u32> = engine.grid(size)?;
    gpu.run(
        dispatch("number_roots", size)
            .bind(2, &parent)
            .bind(4, &numbers)
            .bind(5, &offsets)
            .groups(stretches, 1),
    )?;
    let labels: Labels = engine.grid(size)?;
    gpu.run(dispatch("resolve", size).bind(2, &parent).bind(3, &labels).bind(4, &numbers).over(size))?;
    Ok(Objects { labels, count: before })
}

const NONE: u32 = u32::MAX;

fn find(parent: &[u32], i: u32) -> u32 {
    let mut node = i;
    while parent[node as usize] != node {
        node = parent[node as usize];
    }
    node
}

fn unite(parent: &mut [u32], i: u32, j: u32) {
    let (a, b) = (find(parent, i), find(parent, j));
    let (low, high) = (a.min(b), a.max(b));
    parent[high as usize] = low;
    // Shorter ways for the next search.
    parent[i as usize] = low;
    parent[j as usize] = low;
}

/// Bands are joined each by itself, then the seams between them; a parent is never later than
/// its child, so one pass numbers everything.
fn twin(size: Size, mask: &[f32], connectivity: Connectivity, labels: &mut [u32]) -> u32 {
    let width = size.width as usize;
    let band = BAND_ROWS * width;
    labels.par_chunks_mut(band).zip(mask.par_chunks(band)).for_each(|(parent, mask)| {
        for i in 0..mask.len() {
            parent[i] = if mask[i] > 0.5 { i as u32 } else { NONE };
        }
        for i in 0..mask.len() {
            join_pixel(parent, width, i, connectivity, i >= width);
        }
    });
    for (first, parent) in labels.chunks_mut(band).enumerate().skip(1) {
        let offset = (first * band) as u32;
        for node in parent.iter_mut().filter(|node| **node != NONE) {
            *node += offset;
        }
    }
    for row in (band..labels.len()).step_by(band) {
        for i in row..row + width {
            join_above(labels, width, i, connectivity);
        }
    }
    let mut count = 0;
    for i in 0..labels.len() {
        labels[i] = match labels[i] {
            NONE => 0,
            parent if parent as usize == i => {
                count += 1;
                count
            }
            parent => labels[parent as usize],
        };
    }
    count
}

fn join_pixel(parent: &mut [u32], width: usize, i: usize, connectivity: Connectivity, has_above: bool) {
    if parent[i] == NONE {
        return;
    }
    if !i.is_multiple_of(width) && parent[i - 1] != NONE {
        unite(parent, i as u32, (i - 1) as u32);
    }
    if has_above {
        join_above(parent, width, i, connectivity);
    }
}

fn join_above(parent: &mut [u32], width: usize, i: usize, connectivity: Connectivity) {
    if parent[i] == NONE {
        return;
    }
    let (above, column) = (i - width, i % width);
    if parent[above] != NONE {
        unite(parent, i as u32, above as u32);
    }
    if connectivity == Connectivity::Eight {
        if column > 0 && parent[above - 1] != NONE {
            unite(parent, i as u32, (above - 1) as u32);
        }
        if column + 1 < width && parent[above + 1] != NONE {
            unite(parent, i as u32, (above + 1) as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::Fixture;
    use crate::ops::testing::{assert_same, cpu, odd_sizes, random_mask};

    /// The literal flood fill.
    fn flood(mask: &Raster, eight: bool) -> Vec<u32> {
        let Size { width, height } = mask.size();
        let mut labels = vec![0; mask.size().area()];
        let mut count = 0;
        for start in 0..labels.len() {
            if labels[start] != 0 || mask.data()[start] <= 0.5 {
                continue;
            }
            count += 1;
            let mut stack = vec![start];
            while let Some(i) = stack.pop() {
                if labels[i] != 0 || mask.data()[i] <= 0.5 {
                    continue;
                }
                labels[i] = count;
                let (x, y) = (i as i64 % i64::from(width), i as i64 / i64::from(width));
                for (dx, dy) in (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (dx, dy))) {
                    let (u, v) = (x + dx, y + dy);
                    let inside = u >= 0 && v >= 0 && u < i64::from(width) && v < i64::from(height);
                    if inside && (eight || dx == 0 || dy == 0) {
                        stack.push((v * i64::from(width) + u) as usize);
                    }
                }
            }
        }
        labels
    }

    #[test]
    fn labels_are_those_of_a_flood_fill() {
        let engine = cpu();
        for size in odd_sizes().into_iter().chain([Size::new(90, 200)]) {
            for share in [0.2, 0.42, 0.6, 0.9] {
                let mask = random_mask(size, 5, share);
                let plane = engine.upload_raster(&mask).unwrap();
                for (connectivity, eight) in [(Connectivity::Eight, true), (Connectivity::Four, false)] {
                    let found = label_with(engine, &plane, connectivity).unwrap();
                    let expected = flood(&mask, eight);
                    assert_eq!(engine.download(&found.labels).unwrap(), expected, "{size} {share}");
                    assert_eq!(found.count, expected.iter().copied().max().unwrap_or(0));
                }
            }
        }
    }

    fn picture(rows: &[&str]) -> Raster {
        let size = Size::new(rows[0].len() as u32, rows.len() as u32);
        Raster::from_fn(size, |x, y| f32::from(rows[y as usize].as_bytes()[x as usize] == b'#'))
    }

    #[test]
    fn holes_are_filled_and_bays_are_not() {
        let engine = cpu();
        let mask = picture(&["#####..", "#...###", "#.#...#", "#######", "..#.#..", "..###.."]);
        let expected = picture(&["#####..", "#######", "#######", "#######", "..###..", "..###.."]);
        let filled = fill_holes(engine, &engine.upload_raster(&mask).unwrap()).unwrap();
        assert_eq!(engine.download_raster(&filled).unwrap(), expected);
    }

    #[test]
    fn hysteresis_keeps_what_holds_a_strong_pixel() {
        let engine = cpu();
        let weak = engine.upload_raster(&picture(&["##..##", "##..##", "......", "###..."])).unwrap();
        let strong = engine.upload_raster(&picture(&[".#....", "......", "......", "..#..."])).unwrap();
        let found = engine.download_raster(&hysteresis(engine, &strong, &weak).unwrap()).unwrap();
        assert_eq!(found, picture(&["##....", "##....", "......", "###..."]));
    }

    /// scipy.ndimage.label and binary_fill_holes, skimage.morphology.reconstruction.
    #[test]
    fn scipy_and_skimage_agree_exactly() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/components.json"));
        let engine = cpu();
        let upload = |key| engine.upload_raster(&fixture.mask(key)).unwrap();
        let (weak, strong, dense) = (upload("weak"), upload("strong"), upload("dense"));
        let expected: Vec<u32> = serde_json::from_value(fixture["labels"].clone()).unwrap();
        let found = label(engine, &weak).unwrap();
        assert_eq!(engine.download(&found.labels).unwrap(), expected);
        assert!(found.count > 20 && expected.contains(&found.count));
        let kept = engine.download_raster(&hysteresis(engine, &strong, &weak).unwrap()).unwrap();
        assert_eq!(kept, fixture.mask("kept"));
        let filled = engine.download_raster(&fill_holes(engine, &dense).unwrap()).unwrap();
        assert_eq!(filled, fixture.mask("filled"));
        assert!(kept != fixture.mask("weak") && filled != fixture.mask("dense"));
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes().into_iter().chain([Size::new(200, 150)]) {
            for share in [0.3, 0.6] {
                assert_same(|engine| {
                    let mask = engine.upload_raster(&random_mask(size, 5, share))?;
                    let strong = engine.upload_raster(&random_mask(size, 6, 0.05))?;
                    let objects = label(engine, &mask)?;
                    let kept = engine.download(&hysteresis(engine, &strong, &mask)?)?;
                    let filled = engine.download(&fill_holes(engine, &mask)?)?;
                    Ok((engine.download(&objects.labels)?, objects.count, kept, filled))
                });
            }
        }
    }
}
