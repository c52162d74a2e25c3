//! Where results go: checked before anything is measured.

use std::path::Path;

use crate::report::{OutputError, TEMPORARY};

/// Whether files can be written below `folder`, which need not be there yet. Nothing is left behind.
pub(super) fn check(folder: &Path) -> Result<(), OutputError> {
    let refuse = |source| Err(OutputError { path: folder.to_owned(), source });
    let is_there = |path: &&Path| path.as_os_str().is_empty() || path.symlink_metadata().is_ok();
    let nearest = folder.ancestors().find(is_there).unwrap_or(Path::new(""));
    let nearest = if nearest.as_os_str().is_empty() { Path::new(".") } else { nearest };
    if !nearest.is_dir() {
        let message = format!("expected a folder, found the file {}", nearest.display());
        return refuse(std::io::Error::new(std::io::ErrorKind::NotADirectory, message));
    }
    match tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(nearest) {
        Ok(_) => Ok(()),
        // The temporary name would only confuse.
        Err(e) => refuse(std::io::Error::from(e.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_to_come_are_fine_and_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        check(&folder.path().join("a/b/c")).unwrap();
        check(folder.path()).unwrap();
        check(Path::new("not/there/yet")).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let file = folder.path().join("file");
        std::fs::write(&file, b"").unwrap();
        for path in [file.clone(), file.join("below")] {
            let line = check(&path).unwrap_err().to_string();
            assert!(line.contains("expected a folder, found the file"), "{line}");
        }
    }
}
