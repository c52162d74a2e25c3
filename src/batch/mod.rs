//! Many pairs: find them, run them, say what became of each.
//!
//! [`find`] reads a folder or a manifest and says which photographs make which pair, before anything
//! is measured. [`run`] compares the pairs and writes, below its folder, `<pair>/report.json`,
//! `summary.json` and the log `run.jsonl`. A bad pair is reported and the rest go on; a pair whose report follows from
//! the same inputs already is not measured again. [`Shard`] divides a batch between machines, and [`merge`] makes one of the parts.

mod alike;
mod copies;
mod error;
mod find;
mod folder;
mod log;
mod manifest;
mod memory;
mod merge;
pub(crate) mod name;
mod page;
mod plan;
mod record;
mod run;
mod shard;
pub(crate) mod table;
mod write;

pub use alike::Unlike;
pub use copies::{Copies, Place};
pub use error::FindError;
pub use find::find;
pub use log::LogError;
pub use merge::{MergeError, merge};
pub use plan::{Plan, PlanLine, PlannedPair, Skipped};
pub use record::{Outcome, PairChange, PairRecord, Summary};
pub use run::{BatchError, RunOptions, run};
pub use shard::Shard;
pub(crate) use write::{forget_page, read_report, write_outcome, write_page};
