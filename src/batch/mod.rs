//! Many pairs: find them, run them, say what became of each.
//!
//! [`find`] reads a folder or a manifest and says which photographs make which pair, before anything
//! is measured. [`run`] compares the pairs and writes, below its folder, `<pair>/report.json`,
//! `summary.json` and the log `run.jsonl`. A bad pair is reported and the rest go on.

mod error;
mod find;
mod folder;
mod manifest;
pub(crate) mod name;
mod plan;
mod record;
mod run;
pub(crate) mod table;
mod write;

pub use error::FindError;
pub use find::find;
pub use plan::{Plan, PlanLine, PlannedPair, Skipped};
pub use record::{Outcome, PairChange, PairRecord, Summary};
pub use run::{BatchError, RunOptions, run};
pub(crate) use write::write_outcome;
