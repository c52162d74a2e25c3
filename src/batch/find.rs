//! From a folder or a manifest to a plan.

use std::path::Path;

use super::error::FindError;
use super::plan::Plan;
use super::{folder, manifest};

/// Finds the pairs of a folder, by the names of its photographs, or of a manifest (`.csv`).
///
/// A folder is searched for `NAME_before.*` with `NAME_after.*` (also `NAME-before`,
/// `before_NAME`) and, one level down, `NAME/before.*` with `NAME/after.*`, whatever the case.
/// Further captures are numbered: `NAME_before_2.*`. What lies in `out`, the folder of results, is
/// no input. A manifest has the columns `pair`, `before`, `after`; see the README for the others.
///
/// # Errors
/// [`FindError`], with every offender: what is ambiguous is refused as a whole, before anything runs.
pub fn find(input: &Path, out: Option<&Path>) -> Result<Plan, FindError> {
    let facts =
        std::fs::metadata(input).map_err(|source| FindError::Read { path: input.to_owned(), source })?;
    let is_csv = input.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    match (facts.is_dir(), facts.is_file() && is_csv) {
        (true, _) => folder::find(input, out),
        (false, true) => manifest::find(input),
        (false, false) => {
            let source = std::io::Error::other("something else");
            Err(FindError::Read { path: input.to_owned(), source })
        }
    }
}
