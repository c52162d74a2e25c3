//! What processors do many of at once, or not at all.

/// Σ a·b over slices of one length. Sixteen sums side by side: one running sum could not be vectorized.
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

/// ⌊value⌋ of what fits an `i32`. `f32::floor` is a call where a processor of any age must do, and costs more than the loop
/// around it.
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
    fn floors_are_those_of_the_standard_library() {
        for value in [-3.0f32, -2.5, -0.1, -0.0, 0.0, 0.4, 1.0, 1.999_999_9, 8_388_607.5, -8_388_607.5] {
            assert_eq!(floor(value), value.floor() as i32, "{value}");
        }
    }
}
