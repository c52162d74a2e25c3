//! What may be handed on: reports, tables and pictures that tell nobody who it was.
//!
//! Names of people, pairs and files become keyed hashes (HMAC-SHA-256): with the key the same name always gives the same
//! pseudonym, without it nobody can try names or photographs against one. [`Options::share`](crate::analyzer::Options::share)
//! holds the [`ShareKey`]; [`claim`] sees to it that a folder of results holds either what may be handed on or what may not.

mod folder;
mod key;
mod report;
mod site;

pub use folder::{SHARE, ShareError, claim};
pub use key::{ShareKey, ShareKeyError};
pub use site::is_site;

/// What a photograph is called by its visit and place among that visit's captures, from 0.
pub fn photograph(visit: &str, place: usize) -> String {
    format!("{visit}-{}", place + 1)
}
