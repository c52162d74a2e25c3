//! Measures.

pub mod abbott;
