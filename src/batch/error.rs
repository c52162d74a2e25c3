//! Why a folder or a manifest was refused as a whole.

use std::path::PathBuf;

/// Why there is no plan. Nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// The folder or the manifest cannot be read.
    #[error("{}: expected a folder or a manifest (.csv), found: {source}", path.display())]
    Read {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder without pairs.
    #[error("{}: expected pairs of photographs NAME_before.* and NAME_after.*, found none", path.display())]
    NoPairs {
        /// The folder.
        path: PathBuf,
    },
    /// Results would lie among the photographs.
    #[error("{}: expected another folder for the results than that of the photographs, found the same", path.display())]
    SameFolder {
        /// The folder.
        path: PathBuf,
    },
    /// It cannot be told which photographs belong together.
    #[error("{}: {}", path.display(), problems.join("; "))]
    Unclear {
        /// The folder or the manifest.
        path: PathBuf,
        /// One line for each offender.
        problems: Vec<String>,
    },
}

impl FindError {
    /// One line for each offender.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Unclear { path, problems } => {
                problems.iter().map(|problem| format!("{}: {problem}", path.display())).collect()
            }
            other => vec![other.to_string()],
        }
    }
}
