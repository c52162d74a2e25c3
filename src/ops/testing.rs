//! What the operators' tests share: both engines, odd sizes, noise, and the comparison.

use std::sync::OnceLock;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::engine::gpu::adapters;
use crate::engine::{Engine, EngineChoice, EngineError};
use crate::geometry::Size;
use crate::raster::Raster;

/// The CPU engine.
pub(crate) fn cpu() -> &'static Engine {
    static CPU: OnceLock<Engine> = OnceLock::new();
    CPU.get_or_init(|| Engine::cpu().expect("the CPU engine opens"))
}

/// A GPU for parity tests: the one `DERMETRIC_TEST_GPU` names, or the first adapter of any
/// kind. `None`, said aloud, where there is none; under `CI=true` that is a failure.
pub(crate) fn gpu() -> Option<&'static Engine> {
    static GPU: OnceLock<Option<Engine>> = OnceLock::new();
    GPU.get_or_init(|| {
        let selector = std::env::var("DERMETRIC_TEST_GPU").ok();
        let selector = selector.or_else(|| {
            adapters::list().iter().min_by_key(|a| (a.software, a.index)).map(|a| a.index.to_string())
        });
        let opened = selector.map(|s| Engine::new(&EngineChoice::Gpu(Some(s)), 0));
        match opened {
            Some(Ok(engine)) => Some(engine),
            missing => {
                let why = missing.map_or("no adapter".to_owned(), |e| e.unwrap_err().to_string());
                assert!(
                    std::env::var("CI").as_deref() != Ok("true"),
                    "parity tests need a Vulkan driver: {why}"
                );
                eprintln!("IGNORED: parity test without a GPU ({why}); install mesa-vulkan-drivers");
                None
            }
        }
    })
    .as_ref()
}

/// Sizes at which loops and workgroups have rests.
pub(crate) fn odd_sizes() -> [Size; 6] {
    [(1, 1), (9, 3), (17, 65), (65, 17), (64, 64), (131, 77)].map(|(w, h)| Size::new(w, h))
}

/// Uniform numbers in −1…1, the same for the same seed.
pub(crate) fn noise(size: Size, seed: u64) -> Raster {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Raster::from_fn(size, |_, _| rng.random_range(-1.0..1.0))
}

/// A mask with holes: about `share` of the pixels are 1.
pub(crate) fn random_mask(size: Size, seed: u64, share: f32) -> Raster {
    noise(size, seed).map(|v| if v < 2.0 * share - 1.0 { 1.0 } else { 0.0 })
}

/// Runs `work` on both engines; values must agree within `tolerance`, absolute below 1 and
/// relative above.
pub(crate) fn assert_parity(tolerance: f32, work: impl Fn(&Engine) -> Result<Vec<f32>, EngineError>) {
    let Some(gpu) = gpu() else { return };
    let expected = work(cpu()).expect("the CPU twin runs");
    let found = work(gpu).expect("the kernel runs");
    assert_eq!(expected.len(), found.len(), "the engines return as many values");
    for (i, (&e, &f)) in expected.iter().zip(&found).enumerate() {
        assert!(
            (e - f).abs() <= tolerance * e.abs().max(1.0),
            "value {i}: CPU {e}, GPU {f}, tolerance {tolerance}"
        );
    }
}

/// Runs `work` on both engines; the results must be equal.
pub(crate) fn assert_same<R: PartialEq + std::fmt::Debug>(work: impl Fn(&Engine) -> Result<R, EngineError>) {
    let Some(gpu) = gpu() else { return };
    assert_eq!(work(cpu()).expect("the CPU twin runs"), work(gpu).expect("the kernel runs"), "CPU and GPU");
}
