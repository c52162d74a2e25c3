//! STAND-IN. Pictures of a report.

/// A picture that lies beside a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// File name.
    pub name: String,
    /// The file.
    pub png: Vec<u8>,
}
