//! The gate alone: what photographs are good for, before anything is measured, while the patient is
//! still there. It goes the way of a measurement and stops before the measures, so that its verdicts
//! are those of the reports.

use std::path::Path;

use tracing::debug_span;

use super::{AnalyzeError, Analyzer, Extent, Options, PairFiles};
use crate::photo::{Decoder, Photo};
use crate::report::Report;

impl Analyzer {
    /// Checks one photograph: a report without measures, whose status and reasons are the verdict.
    ///
    /// # Errors
    /// As [`Analyzer::measure`].
    pub fn check(&self, photo: &Path, options: &Options) -> Result<Report, AnalyzeError> {
        let photo = debug_span!("decode").in_scope(|| Decoder::new().load(photo, &options.limits))?;
        self.check_photo(&photo, options)
    }

    /// Checks a photograph that is decoded already.
    ///
    /// # Errors
    /// As [`Analyzer::measure`].
    pub fn check_photo(&self, photo: &Photo, options: &Options) -> Result<Report, AnalyzeError> {
        Ok(self.run(&[photo], &[], options, Extent::Gate)?.report)
    }

    /// Checks whether two photographs can be compared: registration, focus, color and light.
    ///
    /// # Errors
    /// As [`Analyzer::compare`].
    pub fn check_pair(&self, pair: &PairFiles, options: &Options) -> Result<Report, AnalyzeError> {
        let mut decoder = Decoder::new();
        let before = decoder.load(&pair.before, &options.limits)?;
        let after = decoder.load(&pair.after, &options.limits)?;
        self.check_photos(&before, &after, options)
    }

    /// Checks a pair that is decoded already.
    ///
    /// # Errors
    /// As [`Analyzer::compare`].
    pub fn check_photos(
        &self,
        before: &Photo,
        after: &Photo,
        options: &Options,
    ) -> Result<Report, AnalyzeError> {
        Ok(self.run(&[before], &[after], options, Extent::Gate)?.report)
    }
}
