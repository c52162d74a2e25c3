//! Image operators. Each is a WGSL kernel in `shaders/` and a file here of the same name with
//! its parameters, its GPU dispatch, its CPU twin and its tests.
//!
//! Conventions: planes are finite everywhere, also where nothing is valid; masks are planes of
//! 0 and 1; lengths are pixels, because only the caller knows the scale.

pub mod gaussian;
pub mod pointwise;
pub mod pyramid;
pub mod resample;
pub mod unmix;

#[cfg(test)]
pub(crate) mod testing;

use crate::engine::Kernel;

/// Every kernel: what the contract tests check and what `kernels_sha256` in a report covers.
pub const KERNELS: &[&Kernel] =
    &[&gaussian::KERNEL, &pointwise::KERNEL, &pyramid::KERNEL, &resample::KERNEL, &unmix::KERNEL];
