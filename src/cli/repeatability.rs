//! `repeatability`: a clinic's own noise.

use std::collections::BTreeMap;

use super::args::RepeatabilityArguments;
use super::batch::{Many, check_common, with_reports};
use super::exit::{Exit, Failure};
use super::talk;
use crate::repeatability::{PlannedSet, find, limits_svg, noise_file};
use crate::report::write_atomically;

/// `repeatability`.
pub(super) fn repeatability(arguments: &RepeatabilityArguments) -> Result<Exit, Failure> {
    let (root, sets) = find(&arguments.manifest)?;
    check_common(&arguments.many.common)?;
    let plan = PlannedSet::plan(&root, &sets);
    let captures = arguments.out.with_extension("captures");
    let many = Many::open(&arguments.many, &captures, plan.pairs.len(), None)?;
    let mut records = BTreeMap::new();
    let summary = many.run(&plan, &mut |record| {
        records.insert(record.pair.clone(), record.clone());
    })?;
    let exit = many.end(&summary);
    if !summary.not_run.is_empty() {
        // Noise of the captures that happened to come first is nobody's.
        return Ok(exit);
    }
    let reports = with_reports(sets.iter().flat_map(PlannedSet::pairs), &records, &captures);
    let found =
        noise_file(&sets, &reports).map_err(|reason| Failure::new(Exit::Refused, reason.to_string()))?;
    let folder = arguments.out.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(".".as_ref());
    let name = |ending: &str| {
        let file = arguments.out.with_extension(ending);
        file.file_name().unwrap_or_default().to_string_lossy().into_owned()
    };
    if let Some(svg) = limits_svg(&found) {
        write_atomically(folder, &name("svg"), svg.as_bytes())?;
    }
    write_atomically(folder, &name("json"), found.file.to_json().as_bytes())?;
    talk::result(&found.file.to_json())?;
    Ok(exit)
}
