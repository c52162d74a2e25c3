//! What tests of every room share.

use std::path::PathBuf;

/// The folder of real photographs and reference tables: `DERMETRIC_DATA`, or `shared/data` beside
/// the repository. `None`, said aloud, where it is absent; under `CI=true` that is a failure.
pub fn shared_data() -> Option<PathBuf> {
    let folder = std::env::var_os("DERMETRIC_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "the reference data is missing: {}",
        folder.display()
    );
    eprintln!("IGNORED: needs the reference data in {}", folder.display());
    None
}
