//! Morphology of discs on masks, exactly: dilation, erosion, closing.
//!
//! On the GPU by the [`super::nearest`] set pixel. On the CPU by 64 pixels at once, a bit each: a disc is the nested sum of
//! segments, row by row from its middle outward, so that every row is widened by little and joined once.

use rayon::prelude::*;

use super::components::mask_of;
use super::lanes::widest;
use super::nearest::{self, nearest};
use super::pointwise::{Op, pointwise};
use crate::engine::{Backend, Engine, EngineError, Plane};
use crate::geometry::Size;
use crate::raster::Raster;

/// The mask grown by a disc of `radius_px`.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn dilate(engine: &Engine, mask: &Plane, radius_px: f32) -> Result<Plane, EngineError> {
    match engine.backend() {
        Backend::Cpu(_) => Bits::of(mask).dilated(radius_px).plane(engine),
        Backend::Gpu(_) => {
            mask_of(engine, &nearest(engine, &nearest::from_mask(engine, mask)?, radius_px)?.labels)
        }
    }
}

/// The mask shrunk by a disc of `radius_px`. What lies outside the plane counts as set.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn erode(engine: &Engine, mask: &Plane, radius_px: f32) -> Result<Plane, EngineError> {
    match engine.backend() {
        Backend::Cpu(_) => Bits::of(mask).eroded(radius_px).plane(engine),
        Backend::Gpu(_) => {
            let ones = engine.upload_raster(&Raster::filled(mask.size(), 1.0))?;
            let outside = pointwise(engine, Op::Without, mask, &ones)?;
            let grown = dilate(engine, &outside, radius_px)?;
            pointwise(engine, Op::Without, &grown, &ones)
        }
    }
}

/// Dilation, then erosion: gaps narrower than twice `radius_px` are closed.
///
/// # Errors
/// What the engine reports.
#[tracing::instrument(level = "trace", skip_all)]
pub fn close(engine: &Engine, mask: &Plane, radius_px: f32) -> Result<Plane, EngineError> {
    match engine.backend() {
        Backend::Cpu(_) => Bits::of(mask).dilated(radius_px).eroded(radius_px).plane(engine),
        Backend::Gpu(_) => erode(engine, &dilate(engine, mask, radius_px)?, radius_px),
    }
}

/// Pixels of a word.
const WORD: usize = u64::BITS as usize;

/// A mask, a bit a pixel, the first pixel of a word in its lowest bit. Rows begin with a word, and end with bits of no pixel, all 0.
struct Bits {
    size: Size,
    words: Vec<u64>,
}

impl Bits {
    fn row_words(size: Size) -> usize {
        (size.width as usize).div_ceil(WORD)
    }

    fn of(mask: &Plane) -> Self {
        let size = mask.size();
        let mut words = vec![0; Self::row_words(size) * size.height as usize];
        let rows =
            words.par_chunks_mut(Self::row_words(size)).zip(mask.host().par_chunks(size.width as usize));
        rows.for_each(|(words, row)| {
            widest!(move || {
                for (word, pixels) in words.iter_mut().zip(row.chunks(WORD)) {
                    *word = packed(pixels);
                }
            });
        });
        Self { size, words }
    }

    fn plane(&self, engine: &Engine) -> Result<Plane, EngineError> {
        let mut plane: Plane = engine.grid(self.size)?;
        let rows = plane.host_mut().par_chunks_mut(self.size.width as usize).zip(self.rows());
        rows.for_each(|(row, words)| {
            widest!(move || {
                for (pixels, &word) in row.chunks_mut(WORD).zip(words) {
                    for (k, pixel) in pixels.iter_mut().enumerate() {
                        *pixel = (word >> k & 1) as f32;
                    }
                }
            });
        });
        Ok(plane)
    }

    fn rows(&self) -> rayon::slice::Chunks<'_, u64> {
        self.words.par_chunks(Self::row_words(self.size))
    }

    /// Every pixel that is not set.
    fn inverted(mut self) -> Self {
        self.words.iter_mut().for_each(|word| *word = !*word);
        self.without_rest()
    }

    /// The bits of no pixel set to 0.
    fn without_rest(mut self) -> Self {
        let beyond = self.size.width as usize % WORD;
        let last = if beyond == 0 { u64::MAX } else { (1 << beyond) - 1 };
        for row in self.words.chunks_mut(Self::row_words(self.size)) {
            row.last_mut().into_iter().for_each(|word| *word &= last);
        }
        self
    }

    fn eroded(self, radius_px: f32) -> Self {
        self.inverted().dilated(radius_px).inverted()
    }

    fn dilated(&self, radius_px: f32) -> Self {
        let widths = half_widths(radius_px);
        let row_words = Self::row_words(self.size);
        let row = |y: usize| &self.words[y * row_words..][..row_words];
        let height = self.size.height as usize;
        let mut words = vec![0; self.words.len()];
        words.par_chunks_mut(row_words).enumerate().for_each_init(
            || Widening::new(row_words),
            |widening, (y, out)| {
                widest!(|| {
                    widening.begin(row(y));
                    for away in 1..widths.len() {
                        widening.widen(widths[away - 1] - widths[away]);
                        y.checked_sub(away).into_iter().for_each(|above| widening.join(row(above)));
                        if y + away < height {
                            widening.join(row(y + away));
                        }
                    }
                    widening.widen(*widths.last().unwrap_or(&0));
                    out.copy_from_slice(widening.row());
                });
            },
        );
        Self { size: self.size, words }.without_rest()
    }
}

/// 64 pixels, or as many as there are, as bits.
#[inline(always)]
fn packed(pixels: &[f32]) -> u64 {
    let mut word = 0;
    for (k, &pixel) in pixels.iter().enumerate() {
        word |= u64::from(pixel > 0.5) << k;
    }
    word
}

/// How far a disc reaches to each side, in its middle row and in those so far from it.
fn half_widths(radius_px: f32) -> Vec<usize> {
    let reach = radius_px.max(0.0) as u32;
    // As `nearest` has it: squares are whole numbers, compared in single precision.
    let inside = |dx: u32, dy: u32| (dx * dx + dy * dy) as f32 <= radius_px * radius_px;
    let half_width = |dy| (0..=reach).rev().find(|&dx| inside(dx, dy)).unwrap_or(0) as usize;
    (0..=reach).map(half_width).collect()
}

/// A row of bits that is widened, with a word of nothing at each end.
struct Widening {
    now: Vec<u64>,
    next: Vec<u64>,
}

impl Widening {
    fn new(row_words: usize) -> Self {
        Self { now: vec![0; row_words + 2], next: vec![0; row_words + 2] }
    }

    #[inline(always)]
    fn row(&self) -> &[u64] {
        &self.now[1..self.now.len() - 1]
    }

    #[inline(always)]
    fn begin(&mut self, row: &[u64]) {
        self.now[1..=row.len()].copy_from_slice(row);
    }

    #[inline(always)]
    fn join(&mut self, row: &[u64]) {
        for (word, other) in self.now[1..].iter_mut().zip(row) {
            *word |= other;
        }
    }

    /// Every set pixel sets those up to `by` pixels to its left and right.
    #[inline(always)]
    fn widen(&mut self, by: usize) {
        let mut reached = 0;
        while reached < by {
            // Segments that touch leave no gap: three of them make one.
            let step = (by - reached).min(2 * reached + 1).min(WORD - 1);
            let len = self.now.len();
            let sides = self.now.iter().zip(&self.now[1..]).zip(&self.now[2..]);
            for (next, ((left, here), right)) in self.next[1..len - 1].iter_mut().zip(sides) {
                *next = here | here << step | left >> (WORD - step) | here >> step | right << (WORD - step);
            }
            std::mem::swap(&mut self.now, &mut self.next);
            reached += step;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixture::{self, Fixture};
    use crate::ops::testing::{assert_same, cpu, odd_sizes, random_mask};

    #[test]
    fn a_point_grows_to_a_disc_and_back() {
        let engine = cpu();
        let size = Size::new(41, 41);
        let point = Raster::from_fn(size, |x, y| f32::from(x == 20 && y == 20));
        let disc = dilate(engine, &engine.upload_raster(&point).unwrap(), 15.0).unwrap();
        let area: f32 = engine.download(&disc).unwrap().iter().sum();
        // Lattice points within a circle of radius 15 (Gauss's circle problem): 709.
        assert_eq!(area, 709.0);
        let back = engine.download_raster(&erode(engine, &disc, 15.0).unwrap()).unwrap();
        assert_eq!(back, point);
    }

    #[test]
    fn closing_bridges_gaps_and_spares_the_border() {
        let engine = cpu();
        let size = Size::new(30, 12);
        let bars = Raster::from_fn(size, |x, _| f32::from(!(10..14).contains(&x) && x < 25));
        let closed = close(engine, &engine.upload_raster(&bars).unwrap(), 3.0).unwrap();
        let expected = Raster::from_fn(size, |x, _| f32::from(x < 25));
        assert_eq!(engine.download_raster(&closed).unwrap(), expected);
    }

    /// Rows of less than a word, of whole words, and of more; discs within a word and across several.
    #[test]
    fn grown_is_what_lies_near_enough() {
        let engine = cpu();
        for (width, height) in [(1, 1), (5, 40), (63, 9), (64, 30), (65, 31), (200, 150), (320, 7)] {
            let size = Size::new(width, height);
            for (share, seed) in [(0.003, 1), (0.05, 2), (0.9, 3)] {
                let mask = engine.upload_raster(&random_mask(size, seed, share)).unwrap();
                let labels = nearest::from_mask(engine, &mask).unwrap();
                for radius in [0.0f32, 0.9, 1.0, 1.5, 3.0, 7.3, 20.0, 64.0, 130.5] {
                    let near = engine.download(&nearest(engine, &labels, radius).unwrap().labels).unwrap();
                    let expected: Vec<f32> = near.iter().map(|&label| f32::from(label > 0)).collect();
                    let grown = engine.download(&dilate(engine, &mask, radius).unwrap()).unwrap();
                    assert!(grown == expected, "{size} {share} radius {radius}");
                }
            }
        }
    }

    /// Discs by the thresholds of scipy.ndimage.distance_transform_edt.
    #[test]
    fn scipy_agrees_exactly() {
        let fixture = Fixture::new(include_str!("../../fixtures/ops/nearest.json"));
        let engine = cpu();
        let mask = engine.upload_raster(&fixture.mask("mask")).unwrap();
        for case in fixture.cases() {
            let radius = case["radius"].as_f64().unwrap() as f32;
            let dilated = dilate(engine, &mask, radius).unwrap();
            let closed = close(engine, &mask, radius).unwrap();
            assert_eq!(engine.download_raster(&dilated).unwrap(), fixture::mask(&case["dilated"]));
            assert_eq!(engine.download_raster(&closed).unwrap(), fixture::mask(&case["closed"]));
        }
    }

    #[test]
    fn twins_agree_exactly() {
        for size in odd_sizes().into_iter().chain([Size::new(150, 120)]) {
            for radius in [0.0, 1.0, 6.5] {
                assert_same(|engine| {
                    let mask = engine.upload_raster(&random_mask(size, 5, 0.2))?;
                    let grown = dilate(engine, &mask, radius)?;
                    let shrunk = erode(engine, &mask, radius)?;
                    let closed = close(engine, &mask, radius)?;
                    Ok((engine.download(&grown)?, engine.download(&shrunk)?, engine.download(&closed)?))
                });
            }
        }
    }
}
