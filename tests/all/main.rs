//! Every test that sees dermetric from outside, in one program: one link instead of two dozen, and slow tests run
//! beside each other.
//!
//! A goal, or a test that takes many minutes, is ignored by default: `tests/run --test all planted -- --ignored`.

mod common;
mod truth;

mod batch;
mod beside;
mod browser;
mod card;
mod chart;
mod check;
mod command;
mod comparable;
mod contract;
mod control;
mod copies;
#[cfg(unix)]
mod dask;
mod demo;
mod depth;
mod determinism;
mod faces;
mod focus;
mod head;
mod laxity;
mod lesions;
mod levels;
mod light;
mod lost;
mod memory;
mod moved_lamps;
mod page;
mod parity;
mod phantom_truth;
mod planted;
mod pores;
mod prior_noise_fit;
mod profile;
mod readme;
mod real_photographs;
mod regions;
mod repeatability;
mod resume;
mod scar_types;
mod series;
mod share;
mod skin_colors;
mod skin_mask;
mod skin_tone;
mod spread;
mod study;
mod sure;
mod surface;
mod tables;
mod taken_again;
mod terminal;
mod together;
mod tolerance;
mod unchanged;
mod walk;
mod wrinkles;
