//! A folder of results holds either what may be handed on or what may not.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::key::ShareKey;
use crate::report::{OutputError, TEMPORARY, write_atomically};

/// The file that says that all of a folder may be handed on.
pub const SHARE: &str = "share.json";

/// Why a folder is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// It holds something that may name somebody.
    #[error(
        "{}: expected an empty folder, or results shared with this key, found {found}: take another --out",
        path.display()
    )]
    Others {
        /// The folder.
        path: PathBuf,
        /// What is there.
        found: String,
    },
    /// What lies there may be handed on, and what would be added may not.
    #[error("{}: found results to be shared, expected --share with their key, or another --out", path.display())]
    Shared {
        /// The folder.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error(transparent)]
    Output(#[from] OutputError),
}

/// What [`SHARE`] holds.
#[derive(Serialize, Deserialize)]
struct Mark {
    /// Tells keys apart, and nothing of them.
    key: String,
}

/// Takes a folder for results: with a key one that is empty, is not there yet, or holds results of the same key; without one
/// any that holds nothing to be shared.
///
/// # Errors
/// [`ShareError`].
pub fn claim(folder: &Path, key: Option<&ShareKey>) -> Result<(), ShareError> {
    let mark = std::fs::read(folder.join(SHARE)).ok();
    let Some(key) = key else {
        return match mark {
            Some(_) => Err(ShareError::Shared { path: folder.to_owned() }),
            None => Ok(()),
        };
    };
    let others = |found: &str| ShareError::Others { path: folder.to_owned(), found: found.to_owned() };
    let id = key.hash("key", "")[..16].to_owned();
    match mark {
        Some(bytes) => match serde_json::from_slice::<Mark>(&bytes) {
            Ok(mark) if mark.key == id => Ok(()),
            _ => Err(others("results of another key")),
        },
        None if holds_anything(folder) => Err(others("other files")),
        None => {
            let text = serde_json::to_string(&Mark { key: id }).expect("a mark is plain data");
            write_atomically(folder, SHARE, format!("{text}\n").as_bytes())?;
            Ok(())
        }
    }
}

/// Whether something lies there that a killed run did not leave.
fn holds_anything(folder: &Path) -> bool {
    std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| !entry.file_name().to_string_lossy().starts_with(TEMPORARY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_handed_on_and_what_may_not_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let (key, other) = (ShareKey::of(b"0123456789abcdef"), ShareKey::random().unwrap());
        let fresh = folder.path().join("a/b");
        claim(&fresh, None).unwrap();
        assert!(!fresh.exists());
        claim(&fresh, Some(&key)).unwrap();
        claim(&fresh, Some(&key)).unwrap();
        assert!(matches!(claim(&fresh, Some(&other)), Err(ShareError::Others { .. })));
        assert!(matches!(claim(&fresh, None), Err(ShareError::Shared { .. })));
        std::fs::write(folder.path().join("report.json"), b"{}").unwrap();
        let line = claim(folder.path(), Some(&key)).unwrap_err().to_string();
        assert!(line.contains("found other files"), "{line}");
        claim(folder.path(), None).unwrap();
    }
}
