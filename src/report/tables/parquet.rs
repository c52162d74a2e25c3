//! The tidy table with types, as Parquet: the columns of `metrics.csv`, null where a cell is empty.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::columns::{COLUMNS, Cell, Cells, Column, Kind, each_row};
use crate::report::Report;

/// Rows that are held before they are packed: more pack no better.
const ROWS: usize = 100_000;

/// Values of a column that are not packed yet.
enum Values {
    Text(Vec<Option<ByteArray>>),
    Integer(Vec<Option<i32>>),
    Number(Vec<Option<f64>>),
    Boolean(Vec<bool>),
}

/// The table, one report after another.
pub(super) struct Parquet {
    out: SerializedFileWriter<Vec<u8>>,
    columns: Vec<Values>,
    rows: usize,
}

impl Parquet {
    pub fn new() -> Self {
        let fields = COLUMNS.iter().map(|column| Arc::new(field(column))).collect();
        let schema = Type::group_type_builder("metrics").with_fields(fields).build();
        let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
        let out = SerializedFileWriter::new(
            Vec::new(),
            Arc::new(schema.expect("columns have names")),
            Arc::new(properties),
        );
        Self { out: out.expect("memory takes a header"), columns: empty(), rows: 0 }
    }

    pub fn add(&mut self, pair: &str, report: &Report) {
        each_row(pair, report, |cells| self.take(cells));
    }

    fn take(&mut self, cells: Cells<'_>) {
        for (values, cell) in self.columns.iter_mut().zip(cells) {
            match (values, cell) {
                (Values::Text(values), Cell::Text(text)) => values.push(text.as_deref().map(ByteArray::from)),
                (Values::Integer(values), Cell::Integer(number)) => values.push(number),
                (Values::Number(values), Cell::Number(number)) => values.push(number),
                (Values::Boolean(values), Cell::Boolean(yes)) => values.push(yes),
                _ => unreachable!("cells are of the kinds of their columns"),
            }
        }
        self.rows += 1;
        if self.rows == ROWS {
            self.pack();
        }
    }

    /// Packs what is held.
    fn pack(&mut self) {
        let columns = std::mem::replace(&mut self.columns, empty());
        self.rows = 0;
        let mut group = self.out.next_row_group().expect("memory takes a group of rows");
        for (values, column) in columns.into_iter().zip(&COLUMNS) {
            let written = match values {
                Values::Text(values) => write::<ByteArrayType>(&mut group, column, values),
                Values::Integer(values) => write::<Int32Type>(&mut group, column, values),
                Values::Number(values) => write::<DoubleType>(&mut group, column, values),
                Values::Boolean(values) => {
                    write::<BoolType>(&mut group, column, values.into_iter().map(Some).collect())
                }
            };
            written.expect("memory takes every column");
        }
        group.close().expect("every column was written");
    }

    pub fn finish(mut self) -> Vec<u8> {
        if self.rows > 0 {
            self.pack();
        }
        self.out.into_inner().expect("memory takes a footer")
    }
}

fn empty() -> Vec<Values> {
    let of = |column: &Column| match column.kind {
        Kind::Text => Values::Text(Vec::new()),
        Kind::Integer => Values::Integer(Vec::new()),
        Kind::Number => Values::Number(Vec::new()),
        Kind::Boolean => Values::Boolean(Vec::new()),
    };
    COLUMNS.iter().map(of).collect()
}

fn field(column: &Column) -> Type {
    let physical = match column.kind {
        Kind::Text => Physical::BYTE_ARRAY,
        Kind::Integer => Physical::INT32,
        Kind::Number => Physical::DOUBLE,
        Kind::Boolean => Physical::BOOLEAN,
    };
    let repetition = if column.needed { Repetition::REQUIRED } else { Repetition::OPTIONAL };
    Type::primitive_type_builder(column.name, physical)
        .with_repetition(repetition)
        .with_logical_type((column.kind == Kind::Text).then_some(LogicalType::String))
        .build()
        .expect("kinds are of Parquet's types")
}

/// One column of a group of rows: values, and where there is none.
fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    column: &Column,
    values: Vec<Option<T::T>>,
) -> Result<(), ParquetError> {
    let mut out = group.next_column()?.expect("a writer for each column");
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let values: Vec<T::T> = values.into_iter().flatten().collect();
    out.typed::<T>().write_batch(&values, (!column.needed).then_some(&levels), None)?;
    out.close()
}
