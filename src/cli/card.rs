//! `card`: the marker card, to print.

use super::args::{CardArguments, CardPath};
use super::exit::{Exit, Failure};
use super::talk;
use crate::calibrate::card::card_file;

/// `card`.
pub(super) fn card(arguments: &CardArguments) -> Result<Exit, Failure> {
    let CardPath { file: path, format } = &arguments.out;
    std::fs::write(path, card_file(*format)).map_err(|error| {
        Failure::new(Exit::Output, format!("{}: cannot be written: {error}", path.display()))
    })?;
    talk::line(&format!("{}: print at 100 % and check that the line measures 50.0 mm", path.display()));
    Ok(Exit::Measured)
}
