//! Image operators. Each is a WGSL kernel in `shaders/` and a file here of the same name with
//! its parameters, its GPU dispatch, its CPU twin and its tests.
//!
//! Conventions: planes are finite everywhere, also where nothing is valid; masks are planes of
//! 0 and 1; lengths are pixels, because only the caller knows the scale.

pub mod autocorrelation;
pub mod blobs;
pub mod coherence;
mod colors;
pub mod components;
pub mod cooccurrence;
pub mod cosine;
pub mod flow;
pub mod gaussian;
pub mod gradient;
pub mod hessian;
pub mod histogram;
pub mod lab;
pub mod label_levels;
pub mod label_merge;
pub mod label_sums;
pub(crate) mod lanes;
pub mod lines;
pub mod local_median;
pub mod masked;
pub mod morphology;
pub mod nearest;
mod order;
pub mod pointwise;
pub mod poisson;
pub mod pyramid;
pub mod quantile;
pub mod resample;
pub mod ridges;
pub mod root_polynomial;
pub mod skeleton;
pub mod strongest;
pub mod sums;
pub mod unmix;
pub mod warp;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub(crate) mod testing;

use crate::engine::Kernel;

/// Every kernel: what the contract tests check and what `kernels_sha256` in a report covers.
pub const KERNELS: &[&Kernel] = &[
    &autocorrelation::KERNEL,
    &blobs::KERNEL,
    &coherence::KERNEL,
    &components::KERNEL,
    &cooccurrence::KERNEL,
    &flow::KERNEL,
    &gaussian::KERNEL,
    &gradient::KERNEL,
    &hessian::KERNEL,
    &histogram::KERNEL,
    &lab::KERNEL,
    &label_levels::KERNEL,
    &label_merge::KERNEL,
    &label_sums::KERNEL,
    &lines::KERNEL,
    &local_median::KERNEL,
    &nearest::KERNEL,
    &pointwise::KERNEL,
    &poisson::KERNEL,
    &pyramid::KERNEL,
    &quantile::KERNEL,
    &resample::KERNEL,
    &root_polynomial::KERNEL,
    &skeleton::KERNEL,
    &strongest::KERNEL,
    &sums::KERNEL,
    &unmix::KERNEL,
    &warp::KERNEL,
];
