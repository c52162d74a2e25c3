//! `card`: the marker card, to print.

use super::args::{CardArguments, card_format};
use super::exit::{Exit, Failure};
use super::talk;
use crate::calibrate::card::{CardFormat, card_file};

/// `card`.
pub(super) fn card(arguments: &CardArguments) -> Result<Exit, Failure> {
    let path = &arguments.out;
    let format = card_format(path).unwrap_or(CardFormat::Svg);
    std::fs::write(path, card_file(format)).map_err(|error| {
        Failure::new(Exit::Output, format!("{}: cannot be written: {error}", path.display()))
    })?;
    talk::line(&format!("{}: print at 100 % and check that the line measures 50.0 mm", path.display()));
    Ok(Exit::Measured)
}
