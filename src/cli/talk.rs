//! What goes to stdout and what to stderr. Neither may panic because a reader went away.

use std::io::{IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::exit::{Exit, Failure};
use super::profile::Profile;

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

/// Diagnostics by `DERMETRIC_LOG`, in the syntax of `RUST_LOG`; silence without it. And a profile, where it is asked for.
pub(super) fn start_diagnostics(profile: Option<&Profile>) -> Result<(), Failure> {
    let filter = match std::env::var("DERMETRIC_LOG") {
        Ok(wanted) => Some(EnvFilter::try_new(&wanted).map_err(|e| {
            let expected = "expected a filter such as dermetric=debug";
            Failure::new(Exit::Usage, format!("DERMETRIC_LOG: {expected}, found {wanted}: {e}"))
        })?),
        Err(_) => None,
    };
    if filter.is_none() && profile.is_none() {
        return Ok(());
    }
    let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let told = filter.map(|filter| {
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
        lines.with_ansi(!plain && std::io::stderr().is_terminal()).with_filter(filter)
    });
    let summed = profile.map(|profile| profile.clone().with_filter(Profile::filter()));
    tracing_subscriber::registry().with(told).with(summed).init();
    Ok(())
}
