//! Three planes made of three planes, color by color, on every core: what the CPU twins of color
//! operators share.

use rayon::prelude::*;

use super::lanes::widest;
use crate::engine::Plane;

/// Pixels a task takes at once.
pub(super) const CHUNK: usize = 1 << 13;

/// Writes `of` each color of `sources` to `targets`.
pub(super) fn each_color(
    [red, green, blue]: [&[f32]; 3],
    [first, second, third]: [&mut Plane; 3],
    of: impl Fn([f32; 3]) -> [f32; 3] + Sync,
) {
    let targets = first
        .host_mut()
        .par_chunks_mut(CHUNK)
        .zip(second.host_mut().par_chunks_mut(CHUNK))
        .zip(third.host_mut().par_chunks_mut(CHUNK));
    let sources = red.par_chunks(CHUNK).zip(green.par_chunks(CHUNK)).zip(blue.par_chunks(CHUNK));
    targets.zip(sources).for_each(|(((first, second), third), ((red, green), blue))| {
        let of = &of;
        widest!(move || {
            let colors = red.iter().zip(green).zip(blue);
            let targets = first.iter_mut().zip(second).zip(third);
            for (((first, second), third), ((&red, &green), &blue)) in targets.zip(colors) {
                [*first, *second, *third] = of([red, green, blue]);
            }
        });
    });
}
