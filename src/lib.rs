//! `dermetric` measures what a treatment did to skin: two photographs in, a report of what
//! changed out, by how much and how surely.
//!
//! A photograph walks through the modules in this order:
//! [`photo`] → [`calibrate`] → [`align`] → [`region`] → [`measure`] → [`change`] → [`report`];
//! [`height`] brings true relief beside a photograph, where there is some;
//! [`ops`] are the image operators and [`engine`] is what runs them, on a GPU or the CPU.
//!
//! For research and documentation use; not a medical device.

mod advice;
pub mod align;
pub mod analyzer;
pub mod batch;
pub mod calibrate;
pub mod change;
pub mod cli;
pub mod engine;
pub mod geometry;
pub mod height;
mod large;
pub mod measure;
pub mod ops;
pub mod phantom;
pub mod photo;
pub mod raster;
pub mod reason;
pub mod region;
pub mod repeatability;
pub mod report;
pub mod scales;
pub mod series;
mod sha256;
pub mod share;
pub mod study;

#[cfg(test)]
mod testing;

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
