//! Seeded random numbers. Every purpose draws from its own ChaCha stream, so that asking for one
//! more spot does not move the scars.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for. The discriminant is the stream number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    Lattices = 1,
    Lesions = 2,
    Erythema = 3,
    Wrinkles = 4,
    Pores = 5,
    Hairs = 6,
    Recapture = 7,
    PigmentDirections = 8,
}

/// The generator of `seed` for one purpose.
pub(super) fn stream(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose as u64);
    rng
}

/// The sensor-noise generator of one image row: rows can then be rendered in any order.
pub(super) fn row_stream(seed: u64, row: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Clear of every Purpose.
    rng.set_stream((1 << 32) | row as u64);
    rng
}

/// Uniform in `low..high`.
pub(super) fn between(rng: &mut ChaCha8Rng, low: f64, high: f64) -> f64 {
    low + (high - low) * rng.random::<f64>()
}

/// Two independent standard normal numbers (Box and Muller 1958, doi:10.1214/aoms/1177706645).
pub(super) fn normal_pair(rng: &mut ChaCha8Rng) -> [f64; 2] {
    // 1 − u lies in (0, 1], where the logarithm is finite.
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    let (sin, cos) = (std::f64::consts::TAU * rng.random::<f64>()).sin_cos();
    [radius * cos, radius * sin]
}
