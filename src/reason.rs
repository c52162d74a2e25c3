//! Why something was limited, refused or could not be measured: a code for programs, a sentence
//! for people, and what was found against what was needed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One reason, as it stands in a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// Stable identifier in `snake_case`, for programs.
    pub code: String,
    /// One sentence for people.
    pub message: String,
    /// The value that was found, where the reason is a limit.
    pub found: Option<f64>,
    /// The limit that `found` was held against.
    pub needed: Option<f64>,
}

impl Reason {
    /// A reason that is no limit on a number.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), found: None, needed: None }
    }

    /// A reason with the value found and the limit it missed. A value that is no number is left out.
    pub fn limit(code: &str, message: impl Into<String>, found: f64, needed: f64) -> Self {
        let number = |v: f64| v.is_finite().then_some(v);
        Self { code: code.to_owned(), message: message.into(), found: number(found), needed: number(needed) }
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.message)?;
        match (self.found, self.needed) {
            (Some(found), Some(needed)) => write!(f, " (found {found:.3}, needed {needed:.3})"),
            (Some(found), None) => write!(f, " (found {found:.3})"),
            _ => Ok(()),
        }
    }
}
