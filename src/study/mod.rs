//! Many people's reports together: what a treatment did on average, how sure that is, and in how many of them it can be seen
//! at all.
//!
//! [`read`] takes every report below a folder, [`Study::of`] sums them up by site and by skin color, and
//! [`forest_svg`], [`csv`] and [`page`] show it.

mod collect;
mod find;
mod forest;
mod outcome;
mod page;
mod table;

pub use collect::{By, STUDY_FORMAT, Study, StudyGroup};
pub use find::{StudyError, StudyPair, Unused, read};
pub use forest::forest_svg;
pub use outcome::{Average, Outcome, Responders};
pub use page::page;
pub use table::csv;
