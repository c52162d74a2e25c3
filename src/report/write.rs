//! Files that are whole or not there.

use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a result could not be written.
#[derive(Debug, thiserror::Error)]
#[error("{}: cannot be written: {source}", path.display())]
pub struct OutputError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: std::io::Error,
}

/// What names of files begin with that are not written to their end.
pub(crate) const TEMPORARY: &str = ".dermetric-";

/// Writes `folder/name`, making the folder where it is missing: to a temporary file in the same
/// folder, to disk, then renamed. A reader sees the old file or the whole new one.
///
/// # Errors
/// [`OutputError`]; nothing partial is left.
pub fn write_atomically(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, OutputError> {
    let path = folder.join(name);
    let attempt = || -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        make_readable(&file)?;
        file.persist(&path).map_err(|e| e.error)?;
        Ok(())
    };
    attempt().map_err(|source| OutputError { path: path.clone(), source })?;
    Ok(path)
}

/// Temporary files are private; results are as other files of the user.
#[cfg(unix)]
fn make_readable(file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_file: &tempfile::NamedTempFile) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_whole_and_alone() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        write_atomically(&folder, "report.json", b"old").unwrap();
        let path = write_atomically(&folder, "report.json", b"new").unwrap();
        assert_eq!(std::fs::read(path).unwrap(), b"new");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    }

    #[test]
    fn a_file_in_the_way_is_an_error_with_its_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), b"").unwrap();
        let error = write_atomically(&dir.path().join("file"), "report.json", b"x").unwrap_err();
        assert!(error.to_string().contains("report.json"));
    }
}
