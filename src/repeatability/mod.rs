//! A clinic's own noise: repeated captures of skin that did not change, each compared with the first of its set just as
//! a pair would be, and from that how well every metric repeats.

mod collect;
mod find;
mod plot;

pub use collect::{Panel, Repeated, noise_file};
pub use find::{PlannedSet, find};
pub use plot::limits_svg;
