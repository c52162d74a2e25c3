//! How the command ends, and what it says then.

use std::process::ExitCode;

use crate::analyzer::AnalyzeError;
use crate::batch::{BatchError, FindError, MergeError};
use crate::change::NoiseFileError;
use crate::engine::EngineError;
use crate::phantom::PhantomError;
use crate::report::OutputError;
use crate::share::{ShareError, ShareKeyError};
use crate::study::StudyError;

/// Exit status; programs rely on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// All measured.
    Measured = 0,
    /// Something was refused or failed.
    Refused = 1,
    /// Wrong usage.
    Usage = 2,
    /// The manifest, the pairing or a region is not valid.
    Configuration = 3,
    /// The engine asked for is not there.
    NoEngine = 4,
    /// The engine was lost, ran out of memory or gave no answer.
    EngineFailed = 5,
    /// Results cannot be written.
    Output = 6,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Why the command ends early: each line is one error.
#[derive(Debug)]
pub(super) struct Failure {
    pub exit: Exit,
    pub lines: Vec<String>,
}

impl Failure {
    pub fn new(exit: Exit, line: impl Into<String>) -> Self {
        Self { exit, lines: vec![line.into()] }
    }

    fn of(exit: Exit, error: &dyn std::error::Error) -> Self {
        Self::new(exit, chain(error))
    }
}

/// An error and what caused it, joined. A cause that its error tells already is not told twice.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

fn exit_of_engine(error: &EngineError) -> Exit {
    match error {
        EngineError::NoAdapter { .. } | EngineError::Open { .. } => Exit::NoEngine,
        _ => Exit::EngineFailed,
    }
}

impl From<AnalyzeError> for Failure {
    fn from(error: AnalyzeError) -> Self {
        let exit = match &error {
            AnalyzeError::Height(error) if error.is_usage() => Exit::Usage,
            AnalyzeError::Height(_)
            | AnalyzeError::Selection(_)
            | AnalyzeError::MixedRegions { .. }
            | AnalyzeError::Landmarks(_) => Exit::Configuration,
            AnalyzeError::Engine(error) => exit_of_engine(error),
            _ => Exit::Refused,
        };
        Self::of(exit, &error)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::of(exit_of_engine(&error), &error)
    }
}

impl From<OutputError> for Failure {
    fn from(error: OutputError) -> Self {
        Self::of(Exit::Output, &error)
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        Self { exit: Exit::Configuration, lines: error.lines() }
    }
}

impl From<BatchError> for Failure {
    fn from(error: BatchError) -> Self {
        match error {
            BatchError::Output(error) => error.into(),
            BatchError::Engine { ref source, .. } => Self::of(exit_of_engine(source), &error),
        }
    }
}

impl From<MergeError> for Failure {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::Output(error) => error.into(),
            other => Self::of(Exit::Configuration, &other),
        }
    }
}

impl From<NoiseFileError> for Failure {
    fn from(error: NoiseFileError) -> Self {
        Self::of(Exit::Configuration, &error)
    }
}

impl From<ShareKeyError> for Failure {
    fn from(error: ShareKeyError) -> Self {
        Self::of(Exit::Configuration, &error)
    }
}

impl From<ShareError> for Failure {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Output(error) => error.into(),
            other => Self::of(Exit::Usage, &other),
        }
    }
}

impl From<StudyError> for Failure {
    fn from(error: StudyError) -> Self {
        Self::of(Exit::Configuration, &error)
    }
}

impl From<PhantomError> for Failure {
    fn from(error: PhantomError) -> Self {
        let exit = if matches!(error, PhantomError::Write { .. }) { Exit::Output } else { Exit::Refused };
        Self::of(exit, &error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_told_once() {
        let source = || std::io::Error::other("the disk is full");
        let told = OutputError { path: "x".into(), source: source() };
        assert_eq!(chain(&told), "x: cannot be written: the disk is full");
        let hidden = PhantomError::Write { path: "x".into(), source: source() };
        assert_eq!(chain(&hidden), "phantom: could not write x: the disk is full");
    }

    #[test]
    fn every_failure_of_an_engine_has_its_status() {
        let text = || "x".to_owned();
        for (error, exit) in [
            (EngineError::NoAdapter { wanted: text(), found: text() }, Exit::NoEngine),
            (EngineError::Open { adapter: text(), message: text() }, Exit::NoEngine),
            (EngineError::Lost(text()), Exit::EngineFailed),
            (EngineError::OutOfMemory(text()), Exit::EngineFailed),
            (EngineError::TimedOut(1), Exit::EngineFailed),
        ] {
            let batch = BatchError::Engine { pair: text(), source: error.clone(), summary: Box::default() };
            assert_eq!(Failure::from(batch).exit, exit, "{error}");
            assert_eq!(Failure::from(AnalyzeError::Engine(error)).exit, exit);
        }
    }
}
