//! The fit that makes the built-in noise, on differences of known parts.

#[path = "../../examples/prior_noise/fit.rs"]
mod fit;

use fit::{Difference, Fit, beyond_what_others_show, rms};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal};

/// Differences drawn with known parts, sizes and leverages apart from each other.
fn drawn(floor: f64, grain: f64, contrast: f64) -> Vec<Difference> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let one = |k: usize| {
        let (size, leverage) = (0.5 * 1.6f64.powi((k % 7) as i32), 0.2 + 0.5 * (k % 11) as f64);
        let s_w = (floor * floor + (grain / size).powi(2) + (contrast * leverage).powi(2)).sqrt();
        let d = 2f64.sqrt() * s_w * Normal::standard().inverse_cdf(rng.random());
        Difference { photograph: format!("{}", k % 100), d, size, leverage }
    };
    (0..4000).map(one).collect()
}

#[test]
fn what_noise_is_made_of_is_found_again() {
    let (floor, grain, contrast) = (0.02, 0.03, 0.017);
    let differences = drawn(floor, grain, contrast);
    let fit = Fit::of(&differences);
    assert_eq!(fit.photographs, 100);
    for (found, truth) in [(fit.floor, floor), (fit.grain, grain), (fit.contrast, contrast)] {
        assert!((found / truth - 1.0).abs() < 0.1, "{found} against {truth}");
    }
    let s_w = (floor * floor + 0.06f64.powi(2) + (2.0 * contrast).powi(2)).sqrt();
    let of = Difference { size: 0.5, leverage: 2.0, ..differences[0].clone() };
    assert!((fit.s_w(&of) / s_w - 1.0).abs() < 0.05, "{}", fit.s_w(&of));
    let without = Fit::of(&drawn(floor, 0.0, 0.0));
    assert!((without.floor / floor - 1.0).abs() < 0.05, "{without:?}");
    assert!(without.contrast < 0.1 * floor && without.grain < 0.2 * floor, "{without:?}");
}

#[test]
fn the_steady_half_is_told_less_what_contrast_explains() {
    let differences = drawn(0.02, 0.0, 0.017);
    let told = Fit::of(&differences).rms_of_larger_half(&differences);
    assert!((told / 0.02 - 1.0).abs() < 0.1 && rms(&differences) > 0.04, "{told}");
}

#[test]
fn a_photograph_that_differs_from_all_others_is_told() {
    let mut differences = drawn(0.02, 0.0, 0.0);
    differences.truncate(400);
    assert!(beyond_what_others_show(&differences) < 4);
    for difference in differences.iter_mut().filter(|difference| difference.photograph == "3") {
        difference.d = 0.5;
    }
    assert_eq!(beyond_what_others_show(&differences), 4);
}
