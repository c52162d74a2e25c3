//! The command: parses, calls the library, prints.

mod args;

pub use args::Arguments;
