//! What comes out: the report's types, its JSON and schema, tables for people, pictures.

pub(crate) mod axis;
mod circumstances;
mod definitions;
pub(crate) mod markup;
mod number;
pub(crate) mod page;
pub mod pictures;
mod scale;
mod skin_tone;
mod tables;
mod terminal;
mod types;
mod write;

pub use number::{number, rounded};
pub use page::{PAGE, PAGE_MARK, page};
pub use scale::{ClinicalScale, ScaleItem, Support};
pub use skin_tone::{SkinTone, ToneClass};
pub(crate) use tables::guarded;
pub use tables::{Table, TableFormat, Tables, dictionary_csv, metrics_csv, redcap_dictionary};
pub use terminal::{COLUMNS, PairChange, PairOutcome, Terminal, summary_table};
pub use types::*;
pub(crate) use write::TEMPORARY;
pub use write::{OutputError, write_atomically};

/// Name under which reports refer to their schema.
pub const SCHEMA_NAME: &str = "urn:dermetric:dermetric-report-1.schema.json";
/// Version of the schema; within 1.x fields are only added.
pub const SCHEMA_VERSION: &str = "1.0.0";

/// The JSON Schema of [`Report`].
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Report).to_value();
    if let Some(root) = schema.as_object_mut() {
        root.insert("$id".to_owned(), SCHEMA_NAME.into());
    }
    schema
}

impl Report {
    /// The report as text, ending in a newline.
    ///
    /// # Panics
    /// Never: every map has string keys and every number is finite or null.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a report is plain data");
        text.push('\n');
        text
    }
}

#[cfg(test)]
mod tests;
