//! What goes to stdout and what to stderr. Neither may panic because a reader went away.

use std::io::{IsTerminal, Write};

use super::exit::{Exit, Failure};

/// Results go to stdout and nothing else does. A reader that has seen enough is no error.
pub(super) fn result(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::Output, format!("stdout: cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}

/// One line to people, on stderr.
pub(super) fn line(text: &str) {
    block(&format!("{}\n", one_line(text)));
}

/// Several lines to people, on stderr.
pub(super) fn block(text: &str) {
    // Where stderr is gone, there is nobody to tell.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// One line for each error.
pub(super) fn failure(failure: &Failure) {
    for text in &failure.lines {
        line(&format!("dermetric: {text}"));
    }
}

/// File names may hold line breaks and escape sequences; a line is a line.
pub(super) fn one_line(text: &str) -> String {
    text.trim_end().chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Diagnostics by `DERMETRIC_LOG`, in the syntax of `RUST_LOG`; silence without it.
pub(super) fn start_diagnostics() -> Result<(), Failure> {
    let Ok(wanted) = std::env::var("DERMETRIC_LOG") else { return Ok(()) };
    let filter = tracing_subscriber::EnvFilter::try_new(&wanted).map_err(|e| {
        Failure::new(
            Exit::Usage,
            format!("DERMETRIC_LOG: expected a filter such as dermetric=debug, found {wanted}: {e}"),
        )
    })?;
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(!plain && std::io::stderr().is_terminal())
        .init();
    Ok(())
}
