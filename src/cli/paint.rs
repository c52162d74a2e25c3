//! True if people read along, and in color.

use std::io::IsTerminal;

use crate::report::Terminal;

/// The terminal behind a stream.
pub(super) fn terminal(stream: &impl IsTerminal, all: bool) -> Terminal {
    Terminal { colors: shows_colors(stream), all, ..Terminal::default() }
}

/// True if a stream shows colors: a terminal that is not dumb, and nobody who wants none.
fn shows_colors(stream: &impl IsTerminal) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !is_set("NO_COLOR") && !dumb
}
