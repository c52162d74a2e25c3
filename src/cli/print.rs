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
    let page = manual_page().map_err(|e| Failure::new(Exit::Output, format!("the manual page: {e}")))?;
    talk::result(&page)?;
    Ok(Exit::Measured)
}

/// One page: the command, then a section for each of its subcommands.
fn manual_page() -> std::io::Result<String> {
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    let mut text = String::from_utf8_lossy(&page).into_owned();
    for subcommand in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let title = subcommand.get_name().to_uppercase();
        let man = clap_mangen::Man::new(subcommand.clone());
        let mut section = Vec::new();
        man.render_synopsis_section(&mut section)?;
        man.render_description_section(&mut section)?;
        if subcommand.get_arguments().next().is_some() {
            man.render_options_section(&mut section)?;
        }
        let section = String::from_utf8_lossy(&section)
            .replace(".SH SYNOPSIS", &format!(".SH {title}"))
            .replace(".SH DESCRIPTION", ".PP")
            .replace(".SH OPTIONS", ".SS Options");
        text.push_str(&section);
    }
    Ok(text)
}
