//! A report for people at a terminal: the answer first, within so many columns.
//!
//! A line on the pair and one on relief as a whole (`head`), the primary metrics (`rows`), what could not be measured and what
//! to do (`lacking`). Words and numbers are those of the page.

mod head;
mod lacking;
mod line;
mod rows;
mod sheet;

use self::sheet::{Sheet, Tone};
use super::page::words::{ENGLISH, Words, fill};
use super::types::{Report, Status};
use crate::reason::Reason;

/// Width that every terminal has.
pub const COLUMNS: usize = 80;

/// Form of a report at a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Most characters of a line.
    pub columns: usize,
    /// True if verdicts are in color.
    pub colors: bool,
    /// Every metric, not only the primary ones and those that stand beside them.
    pub all: bool,
}

impl Default for Terminal {
    fn default() -> Self {
        Self { columns: COLUMNS, colors: false, all: false }
    }
}

impl Terminal {
    /// A report: of a pair, or of one photograph.
    pub fn report(&self, report: &Report) -> String {
        let (mut sheet, w) = (self.sheet(), words_of(report));
        head::write(&mut sheet, report, &w);
        if report.status == Status::Refused {
            return sheet.finish();
        }
        rows::write(&mut sheet, report, &report.measures, self.all, &w);
        let why = super::page::finding::why_probably(report, &w);
        if !why.is_empty() {
            sheet.gap();
            sheet.words(0, 2, Tone::Plain, &format!("{} {}", w.why_probably, why.join(" ")));
        }
        for region in &report.regions {
            sheet.gap();
            let area = region.area_cm2.map_or_else(String::new, |area| {
                format!(", {}", super::page::amount::with_unit(&super::page::amount::told(area), "cm²"))
            });
            let name = fill(w.region, &[&region.name]);
            sheet.words(0, 2, Tone::Strong, &format!("{name}{area}"));
            head::reasons(&mut sheet, &region.reasons, &w);
            rows::write(&mut sheet, report, &region.measures, self.all, &w);
        }
        lacking::write(&mut sheet, report, self.all, &w);
        if self.all {
            head::warnings(&mut sheet, report, &w);
        }
        if let Some(test) = &report.self_test {
            sheet.gap();
            let sentence = super::page::self_test::self_test(test, &w);
            sheet.words(0, 2, Tone::Plain, &format!("{}: {sentence}", w.self_test));
        }
        sheet.finish()
    }

    /// Findings of a check: a name with its verdict, then reasons and the warnings that can be acted on.
    pub fn check(&self, name: &str, report: &Report) -> String {
        let (mut sheet, w) = (self.sheet(), words_of(report));
        head::checked(&mut sheet, name, report, &w);
        sheet.finish()
    }

    /// A title and sentences below it.
    pub fn list(&self, title: &str, sentences: &[String]) -> String {
        let mut sheet = self.sheet();
        sheet.words(0, 2, Tone::Strong, title);
        for sentence in sentences {
            sheet.words_after((Tone::Plain, "  -"), 4, Tone::Plain, sentence);
        }
        sheet.finish()
    }

    /// One pair of many: its name, whether it is good, and the changes that are called.
    pub fn pair(
        &self,
        name: &str,
        outcome: PairOutcome,
        reasons: &[Reason],
        changes: &[PairChange],
    ) -> String {
        let mut sheet = self.sheet();
        line::write(&mut sheet, name, outcome, reasons, changes, &ENGLISH);
        sheet.finish()
    }

    fn sheet(&self) -> Sheet {
        Sheet::new(self.columns, self.colors)
    }
}

/// End of a pair of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairOutcome {
    /// As its report has it.
    Compared(Status),
    /// It could not be read.
    Failed,
}

/// A metric of one pair of many.
#[derive(Debug, Clone, PartialEq)]
pub struct PairChange {
    /// `scars.relief_contrast`
    pub name: String,
    /// Verdict.
    pub verdict: crate::change::Verdict,
    /// After − before, in the metric's unit.
    pub change: Option<f64>,
    /// In per cent of before.
    pub change_percent: Option<f64>,
}

/// The metrics of a report within 80 columns, with what may be said: of everything, then of every named region.
pub fn summary_table(report: &Report) -> String {
    Terminal::default().report(report)
}

/// True if a report is of two photographs.
fn is_pair(report: &Report) -> bool {
    !report.photos.after.is_empty() || report.relief.is_some()
}

fn words_of(report: &Report) -> Words {
    if is_pair(report) { ENGLISH } else { ENGLISH.of_one_photograph() }
}

#[cfg(test)]
mod tests;
