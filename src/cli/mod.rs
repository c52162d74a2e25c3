//! The command: parses, calls the library, prints.

mod args;
mod batch;
mod card;
mod check;
mod doctor;
mod exit;
mod interrupt;
mod merge;
mod output;
mod pace;
mod paint;
mod phantom;
mod print;
mod profile;
mod progress;
mod repeatability;
mod self_test;
mod series;
mod single;
mod study;
mod tables;
mod talk;
mod usage;

use std::process::ExitCode;

use clap::Parser;

pub use args::Arguments;
use args::Command;
use exit::{Exit, Failure};
use profile::Profile;

/// Runs the command on this process's arguments.
pub fn main() -> ExitCode {
    let ended = match Arguments::try_parse() {
        Ok(arguments) => profiled(&arguments),
        Err(error) => usage::end(&error),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(failure) => {
            talk::failure(&failure);
            failure.exit.into()
        }
    }
}

fn profiled(arguments: &Arguments) -> Result<Exit, Failure> {
    let profile = arguments.profile.then(Profile::new);
    talk::start_diagnostics(profile.as_ref())?;
    let ended = run(&arguments.command);
    if let Some(profile) = profile {
        talk::block(&profile.tables());
    }
    ended
}

fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Compare(arguments) => single::compare(arguments),
        Command::Measure(arguments) => single::measure(arguments),
        Command::Check(arguments) => check::check(arguments),
        Command::Batch(arguments) => batch::batch(arguments),
        Command::Merge(arguments) => merge::merge(arguments),
        Command::Series(arguments) => series::series(arguments),
        Command::Repeatability(arguments) => repeatability::repeatability(arguments),
        Command::Study(arguments) => study::study(arguments),
        Command::Phantom(arguments) => phantom::phantom(arguments),
        Command::Card(arguments) => card::card(arguments),
        Command::Doctor(arguments) => doctor::doctor(arguments),
        Command::Schema => print::schema(),
        Command::Completions { shell } => print::completions(*shell),
        Command::Man => print::man(),
    }
}
