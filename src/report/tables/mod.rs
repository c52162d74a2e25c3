//! Reports as tables: every metric as a row (`tidy`, as CSV, or `parquet`), or every pair as a row (`redcap`), and dictionaries that
//! say what is in them. `columns` holds the columns of the tidy table, `guard` keeps names from being taken for formulas.

mod columns;
mod guard;
#[cfg(feature = "parquet")]
mod parquet;
mod redcap;
#[cfg(test)]
mod tests;
mod tidy;

use self::redcap::Redcap;
use self::tidy::Tidy;
use super::Report;

pub(crate) use guard::guarded;
pub use redcap::redcap_dictionary;
pub use tidy::{dictionary_csv, metrics_csv};

/// A kind of table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableFormat {
    /// `metrics.csv`, one row a metric, and `dictionary.csv`.
    Csv,
    /// `redcap.csv`, one row a pair, and `redcap_dictionary.csv`: a project of REDCap, and its data.
    Redcap,
    /// `metrics.parquet`, the rows of `metrics.csv` with types.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// A table that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name of its file without ending.
    pub stem: &'static str,
    /// Ending of its file.
    pub ending: &'static str,
    /// Whether it says what is in another one, and so is the same whatever the reports.
    pub is_dictionary: bool,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Tables, one report after another.
#[derive(Default)]
pub struct Tables {
    tidy: Option<Tidy>,
    redcap: Option<Redcap>,
    #[cfg(feature = "parquet")]
    parquet: Option<parquet::Parquet>,
}

impl Tables {
    /// Empty tables of these kinds.
    pub fn new(formats: &[TableFormat]) -> Self {
        Self {
            tidy: formats.contains(&TableFormat::Csv).then(Tidy::new),
            redcap: formats.contains(&TableFormat::Redcap).then(Redcap::new),
            #[cfg(feature = "parquet")]
            parquet: formats.contains(&TableFormat::Parquet).then(parquet::Parquet::new),
        }
    }

    /// Adds the report of a pair; a report that is alone needs no name.
    pub fn add(&mut self, pair: &str, report: &Report) {
        if let Some(tidy) = &mut self.tidy {
            tidy.add(pair, report);
        }
        if let Some(redcap) = &mut self.redcap {
            redcap.add(pair, report);
        }
        #[cfg(feature = "parquet")]
        if let Some(parquet) = &mut self.parquet {
            parquet.add(pair, report);
        }
    }

    /// The tables and their dictionaries.
    pub fn finish(self) -> Vec<Table> {
        let table = |stem, ending, bytes| Table { stem, ending, is_dictionary: false, bytes };
        let dictionary =
            |stem, text: String| Table { stem, ending: "csv", is_dictionary: true, bytes: text.into_bytes() };
        let mut out = Vec::new();
        let is_tidy = self.tidy.is_some();
        if let Some(tidy) = self.tidy {
            out.push(table("metrics", "csv", tidy.finish().into_bytes()));
        }
        #[cfg(feature = "parquet")]
        let is_tidy = is_tidy || self.parquet.is_some();
        #[cfg(feature = "parquet")]
        if let Some(parquet) = self.parquet {
            out.push(table("metrics", "parquet", parquet.finish()));
        }
        if is_tidy {
            out.push(dictionary("dictionary", dictionary_csv()));
        }
        if let Some(redcap) = self.redcap {
            out.push(table("redcap", "csv", redcap.finish().into_bytes()));
            out.push(dictionary("redcap_dictionary", redcap_dictionary()));
        }
        out
    }
}

/// What a writer to memory wrote.
fn text(out: csv::Writer<Vec<u8>>) -> String {
    String::from_utf8(out.into_inner().expect("memory takes every row")).expect("rows are text")
}
