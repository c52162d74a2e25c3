//! What processors do many of at once, or not at all.

use std::sync::LazyLock;

use pulp::Arch;

/// What this processor can, looked up once.
pub(crate) static ARCH: LazyLock<Arch> = LazyLock::new(Arch::new);

/// Plain loops, compiled for each width of vectors and run with the widest that this processor has. Sums keep their order and
/// products are not fused: the numbers are the same with all of them.
///
/// A macro, because only what is inlined gets the vectors: the closure stands here once for each width, and what is called once is
/// inlined. (As one closure for all, it was compiled once, with vectors of 2003: a pair took a sixth longer.) Functions called within
/// need `#[inline(always)]`; closures given to `map` of an array were seen to be called, one pixel at a time.
macro_rules! widest {
    ($work:expr) => {
        match *$crate::ops::lanes::ARCH {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            pulp::x86::Arch::V4(wide) => wide.vectorize($work),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            pulp::x86::Arch::V3(wide) => wide.vectorize($work),
            _ => $crate::ops::lanes::plain($work),
        }
    };
}
pub(crate) use widest;

/// Runs `work` with the vectors that every processor of this kind has.
#[inline(always)]
pub(crate) fn plain<R>(work: impl FnOnce() -> R) -> R {
    work()
}

/// Σ a·b over slices of one length. Sixteen sums side by side: one running sum could not be vectorized.
#[inline(always)]
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "slices of one length");
    let ((a, last_a), (b, last_b)) = (a.as_chunks::<16>(), b.as_chunks::<16>());
    let mut sums = [0.0f32; 16];
    for (a, b) in a.iter().zip(b) {
        for k in 0..16 {
            sums[k] += a[k] * b[k];
        }
    }
    sums.iter().sum::<f32>() + last_a.iter().zip(last_b).map(|(a, b)| a * b).sum::<f32>()
}

/// ⌊value⌋ of −2²² to 2²² + ½, without a conversion that checks its range: that many at once have none.
#[inline(always)]
pub(crate) fn floor_small(value: f32) -> i32 {
    // From 2²³ on, numbers are whole: adding this rounds to the nearest whole one, whose last bits count up from here.
    const WHOLE: f32 = 12_582_912.0;
    let rounded = value + WHOLE;
    let nearest = rounded.to_bits().wrapping_sub(WHOLE.to_bits()) as i32;
    nearest.wrapping_sub(i32::from(rounded - WHOLE > value))
}

/// ⌊value⌋ of what fits an `i32`. `f32::floor` is a call where a processor of any age must do, and costs more than the loop
/// around it.
#[inline(always)]
pub(crate) fn floor(value: f32) -> i32 {
    let toward_zero = value as i32;
    toward_zero - i32::from(toward_zero as f32 > value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_hold_every_element() {
        for len in [0usize, 5, 16, 40] {
            let a: Vec<f32> = (0..len).map(|i| i as f32).collect();
            let expected: usize = (0..len).map(|i| i * i).sum();
            assert_eq!(dot(&a, &a), expected as f32, "{len}");
        }
    }

    #[test]
    fn floors_of_small_numbers_are_those_of_the_standard_library() {
        let ends = [-4_194_304.0, 4_194_304.0, 4_194_304.5, -4_194_303.5, -0.0, 1e-30, -1e-30, 0.499_999_97];
        let others = (0..20_000).map(|i| (i as f32 - 10_000.0) * 0.125);
        for value in ends.into_iter().chain(others) {
            assert_eq!(floor_small(value), value.floor() as i32, "{value}");
        }
    }

    #[test]
    fn the_widest_vectors_give_the_numbers_of_a_plain_loop() {
        let values: Vec<f32> = (0..1000).map(|i| (i as f32).sin()).collect();
        let plain: Vec<f32> = values.iter().map(|v| v * 1.1 + v.sqrt().abs()).collect();
        let wide = widest!(|| values.iter().map(|v| v * 1.1 + v.sqrt().abs()).collect::<Vec<f32>>());
        let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&wide), bits(&plain));
    }

    #[test]
    fn floors_are_those_of_the_standard_library() {
        for value in [-3.0f32, -2.5, -0.1, -0.0, 0.0, 0.4, 1.0, 1.999_999_9, 8_388_607.5, -8_388_607.5] {
            assert_eq!(floor(value), value.floor() as i32, "{value}");
        }
    }
}
