//! From a decoder's samples to upright sRGB pixels: orientation, alpha, clipping and color in one
//! pass over bands of rows, in parallel.

use crate::photo::color::Conversion;
use crate::photo::orient::Walk;
use rayon::prelude::*;

/// Rows of a band: enough to read runs of a stored row when the picture is turned, few enough to
/// stay in the cache.
const BAND_ROWS: usize = 32;

/// An integer sample.
pub(crate) trait Sample: Copy + Send + Sync + PartialOrd + Default {
    const MAX: Self;
    /// Lowest alpha that counts as there.
    const HALF: Self;
    /// Values from here up are clipped.
    const CLIPPED_HIGH: Self;
    /// Values from here down are clipped.
    const CLIPPED_LOW: Self;
    /// The same fraction of full scale in 16 bits.
    fn widened(self) -> u16;
}

impl Sample for u8 {
    const MAX: Self = 255;
    const HALF: Self = 128;
    const CLIPPED_HIGH: Self = 250;
    const CLIPPED_LOW: Self = 5;
    #[inline]
    fn widened(self) -> u16 {
        257 * u16::from(self)
    }
}

impl Sample for u16 {
    const MAX: Self = 65535;
    const HALF: Self = 32768;
    const CLIPPED_HIGH: Self = 250 * 257;
    const CLIPPED_LOW: Self = 5 * 257;
    #[inline]
    fn widened(self) -> u16 {
        self
    }
}

/// How alpha is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alpha {
    /// There is none.
    Ignored,
    /// Below one half is void.
    Half,
    /// Anything but opaque is void.
    Opaque,
}

impl Alpha {
    fn is_void<T: Sample>(self, alpha: T) -> bool {
        match self {
            Self::Ignored => false,
            Self::Half => alpha < T::HALF,
            Self::Opaque => alpha < T::MAX,
        }
    }
}

/// Writes the upright picture, values as they are, into `out` (width × height × 4).
pub(crate) fn upright<T: Sample>(samples: &[T], channels: usize, walk: &Walk, alpha: Alpha, out: &mut [T]) {
    let keep = |pixel: [T; 4]| {
        let void = alpha.is_void(pixel[3]);
        [pixel[0], pixel[1], pixel[2], if void { T::default() } else { T::MAX }]
    };
    let width = walk.upright.width as usize;
    out.par_chunks_mut(4 * width * BAND_ROWS).enumerate().for_each(|(band, out)| {
        gather(samples, channels, walk, band * BAND_ROWS, out, keep);
    });
}

/// Writes the upright picture, converted to sRGB, into `out` (width × height × 4). What is clipped
/// in the stored values becomes void.
///
/// # Errors
/// What the conversion said.
pub(crate) fn upright_converted<T: Sample>(
    samples: &[T],
    channels: usize,
    walk: &Walk,
    alpha: Alpha,
    conversion: &Conversion,
    out: &mut [u16],
) -> Result<(), String> {
    let widen = |pixel: [T; 4]| {
        let clipped = pixel[..3].iter().any(|&v| v >= T::CLIPPED_HIGH || v <= T::CLIPPED_LOW);
        let void = clipped || alpha.is_void(pixel[3]);
        let [r, g, b, _] = pixel.map(T::widened);
        [r, g, b, if void { 0 } else { u16::MAX }]
    };
    let width = walk.upright.width as usize;
    out.par_chunks_mut(4 * width * BAND_ROWS).enumerate().try_for_each_init(
        Vec::new,
        |scratch, (band, out)| {
            gather(samples, channels, walk, band * BAND_ROWS, out, widen);
            out.chunks_exact_mut(4 * width).try_for_each(|row| conversion.apply(row, scratch))
        },
    )
}

/// Fills a band of upright rows, from row `first_row` on, with `f` of each stored pixel.
fn gather<T: Sample, U: Copy>(
    samples: &[T],
    channels: usize,
    walk: &Walk,
    first_row: usize,
    out: &mut [U],
    f: impl Fn([T; 4]) -> [U; 4],
) {
    match channels {
        1 => gather_channels::<T, U, 1>(samples, walk, first_row, out, f),
        2 => gather_channels::<T, U, 2>(samples, walk, first_row, out, f),
        3 => gather_channels::<T, U, 3>(samples, walk, first_row, out, f),
        _ => gather_channels::<T, U, 4>(samples, walk, first_row, out, f),
    }
}

fn gather_channels<T: Sample, U: Copy, const CHANNELS: usize>(
    samples: &[T],
    walk: &Walk,
    first_row: usize,
    out: &mut [U],
    f: impl Fn([T; 4]) -> [U; 4],
) {
    let (pixels, _) = samples.as_chunks::<CHANNELS>();
    let pixel = |x: usize, y: usize| -> [U; 4] {
        let stored = &pixels[walk.stored_index(x, first_row + y)];
        f(match CHANNELS {
            1 => [stored[0], stored[0], stored[0], T::MAX],
            2 => [stored[0], stored[0], stored[0], stored[1]],
            3 => [stored[0], stored[1], stored[2], T::MAX],
            _ => [stored[0], stored[1], stored[2], stored[3]],
        })
    };
    let width = walk.upright.width as usize;
    let (out, _) = out.as_chunks_mut::<4>();
    let rows = out.len() / width;
    if walk.is_turned() {
        // Column by column: the stored pixels then lie side by side.
        for x in 0..width {
            for y in 0..rows {
                out[y * width + x] = pixel(x, y);
            }
        }
    } else {
        for (y, row) in out.chunks_exact_mut(width).enumerate() {
            for (x, out) in row.iter_mut().enumerate() {
                *out = pixel(x, y);
            }
        }
    }
}
