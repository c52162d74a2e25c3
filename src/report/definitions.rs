//! Reports of other definitions: a number is compared only with numbers of the same definition.

use super::types::{Measure, Report};
use crate::measure;
use crate::reason::Reason;

/// Stable identifier of the reason.
const CODE: &str = "other_definition";

impl Report {
    /// Reason why values of this report cannot stand beside those of this program: the first metric of another definition, by
    /// name. `None` where all definitions are this program's.
    pub fn other_definition(&self) -> Option<Reason> {
        let regions = self.regions.iter().map(|region| &region.measures);
        let all = std::iter::once(&self.measures).chain(regions).flatten();
        all.filter_map(|(name, measure)| of_measure(name, measure)).next()
    }
}

fn of_measure(name: &str, measure: &Measure) -> Option<Reason> {
    measure.metrics.iter().find_map(|(metric, found)| other_definition(name, metric, found.definition))
}

/// Reason why a number of this definition is not this program's; `None` where it is. Files before 0.2.0 record no version,
/// which reads as 0.
fn other_definition(measure: &str, metric: &str, found: u32) -> Option<Reason> {
    let Some(definition) = measure::find(measure, metric) else {
        let message = format!("{measure}.{metric} is no metric of this program: measure again");
        return Some(Reason::new(CODE, message));
    };
    if definition.version == found {
        return None;
    }
    let message = format!("{measure}.{metric} is of another version of its definition: measure again");
    Some(Reason::limit(CODE, message, f64::from(found), f64::from(definition.version)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_definition_is_refused_by_name() {
        assert_eq!(other_definition("scars", "relief_contrast", 1), None);
        let other = other_definition("scars", "relief_contrast", 0).unwrap();
        assert_eq!((other.code.as_str(), other.found, other.needed), (CODE, Some(0.0), Some(1.0)));
        assert!(other.message.contains("scars.relief_contrast") && other.message.ends_with("measure again"));
        assert!(
            other_definition("scars", "contrast", 1).unwrap().message.contains("no metric of this program")
        );
    }
}
