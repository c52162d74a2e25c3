//! `schema`, `completions`, `man`: what is made from the definitions.

use clap::CommandFactory;

use super::Arguments;
use super::exit::{Exit, Failure};
use super::talk;

/// `schema`.
pub(super) fn schema() -> Result<Exit, Failure> {
    talk::result(&format!("{:#}\n", crate::report::schema()))?;
    Ok(Exit::Measured)
}

/// `completions`.
pub(super) fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "dermetric", &mut script);
    talk::result(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Measured)
}

/// `man`.
pub(super) fn man() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command())
        .render(&mut page)
        .map_err(|e| Failure::new(Exit::Output, format!("the manual page: {e}")))?;
    talk::result(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Measured)
}
