//! Colors and scales.

pub mod color;
