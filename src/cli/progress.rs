//! How far it is, how fast, and how long the rest takes: a bar on a terminal, or JSON lines on stderr for programs.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use super::args::{ProgressArgument, TalkArguments};
use super::talk;

/// Tells progress; messages pass through it so that they do not break the bar.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    json: bool,
    quiet: bool,
}

impl Progress {
    /// For one photograph or pair: no bar.
    pub fn plain(talk: &TalkArguments) -> Self {
        Self { bar: None, json: talk.progress == ProgressArgument::Json, quiet: talk.quiet }
    }

    /// For `total` pairs.
    pub fn of(total: usize, talk: &TalkArguments) -> Self {
        let mut progress = Self::plain(talk);
        if !progress.json && !progress.quiet && std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{pos}/{len} pairs {wide_bar} {msg}");
            let bar = ProgressBar::new(total as u64);
            progress.bar = Some(match style {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            });
        }
        progress
    }

    /// True if people read along on a terminal.
    pub fn is_read(&self) -> bool {
        !self.quiet && !self.json && std::io::stderr().is_terminal()
    }

    /// An event for programs.
    pub fn event(&self, event: &serde_json::Value) {
        if self.json {
            self.aside(|| talk::block(&format!("{event}\n")));
        }
    }

    /// One more is done; what is told of the pace stands beside the bar.
    pub fn step(&self, pace: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(pace.to_owned());
            bar.inc(1);
        }
    }

    /// One line that is said even when quiet.
    pub fn error(&self, text: &str) {
        self.aside(|| talk::line(text));
    }

    /// Lines that are not said when quiet, nor to programs.
    pub fn say(&self, text: &str) {
        if !self.quiet && !self.json {
            self.aside(|| talk::block(&format!("{}\n", text.trim_end())));
        }
    }

    /// Something that writes to the terminal, with the bar out of the way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Clears the bar.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
