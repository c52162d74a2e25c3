//! A frame made of planes, for the tests of measures.

use super::frame::{Frame, Scale};
use crate::engine::Engine;
use crate::geometry::Size;
use crate::ops::testing::cpu;
use crate::ops::warp::block_labels;
use crate::raster::Raster;
use crate::reason::Reason;

/// Optical density in red, green and blue of one OD of hemoglobin.
pub(super) const HEMOGLOBIN: [f32; 3] = [0.270, 0.818, 0.508];
/// Linear light of skin.
const SKIN: [f32; 3] = [0.58, 0.30, 0.22];
/// Side of a block, in mm.
const BLOCK_MM: f64 = 4.0;

/// Skin that is denser by so much in red, green and blue, all of it valid.
pub(super) fn skin(size: Size, px_per_mm: f64, density: impl Fn(u32, u32) -> [f32; 3]) -> Frame<'static> {
    let channel = |c: usize| Raster::from_fn(size, |x, y| SKIN[c] * (-density(x, y)[c]).exp());
    of_linear([channel(0), channel(1), channel(2)], px_per_mm)
}

/// A photograph in linear light, all of it valid.
pub(super) fn of_linear(linear: [Raster; 3], px_per_mm: f64) -> Frame<'static> {
    let engine: &'static Engine = cpu();
    let size = linear[0].size();
    let rgb = linear.map(|plane| engine.upload_raster(&plane).unwrap());
    let mask = engine.upload_raster(&Raster::filled(size, 1.0)).unwrap();
    let (blocks, block_count) = block_labels(engine, (BLOCK_MM * px_per_mm) as u32, &mask).unwrap();
    Frame {
        engine,
        scale: Scale { px_per_mm, native_px_per_mm: px_per_mm, known: true },
        rgb,
        mask,
        reference: None,
        blocks,
        block_count,
        scars: None,
        patches: None,
        diffuse: None,
        stretch: Err(Reason::new("needs_two_photographs", "a photograph by itself")),
        height: None,
        hollows: None,
        with_layers: false,
        valid_pixels: size.area() as u64,
    }
}
