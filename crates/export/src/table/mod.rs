//! Tables for people and their tools: the same rows as CSV and as Parquet.

mod acceptances;
mod common;
mod csv;
mod decisions;
mod dictionary;
mod parquet;

use assent_domain::values::Instant;

pub(crate) use acceptances::{ACCEPTANCES, acceptance};
pub(crate) use common::short;
pub(crate) use csv::{push_cell, push_row};
pub(crate) use decisions::{DECISIONS, decision};
pub(crate) use dictionary::dictionary;
pub(crate) use parquet::ParquetFile;

use crate::payload::WriteError;
use crate::sink::Sink;
use crate::stream::Stream;

/// A table: its folder in the bag, and its columns.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column],
}

/// A column. Every cell may be empty.
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) meaning: &'static str,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Instant,
    Flag,
}

/// A cell of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Empty,
    Text(String),
    Number(u64),
    Instant(Instant),
    Flag(bool),
}

impl Cell {
    /// An empty text is an empty cell.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text(text) }
    }

    pub(crate) fn optional(text: Option<&String>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// Bytes as hexadecimal digits.
    pub(crate) fn hex(bytes: Option<&bytes::Bytes>) -> Self {
        bytes.map_or(Self::Empty, |it| Self::text(hex::encode(it)))
    }

    /// A stored instant; one that is out of range is left empty.
    pub(crate) fn instant(at: Option<&prost_types::Timestamp>) -> Self {
        let at = at.and_then(|it| assent_proto::stored::instant_of(it).ok());
        at.map_or(Self::Empty, Self::Instant)
    }
}

const fn column(name: &'static str, kind: Kind, meaning: &'static str) -> Column {
    Column { name, kind, meaning }
}

/// The files of a table in one segment.
pub(crate) struct TableFiles {
    csv: Stream,
    parquet: ParquetFile,
    pub(crate) rows: u64,
}

impl TableFiles {
    pub(crate) fn new(table: &'static Table, segment: u32) -> Self {
        let mut csv = Stream::new(format_args!("{}/{segment:06}.csv", table.name));
        let names: Vec<_> = table.columns.iter().map(|it| Cell::text(it.name)).collect();
        push_row(&mut csv.buffer, &names);
        Self { csv, parquet: ParquetFile::new(table, segment), rows: 0 }
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>, sink: &mut impl Sink) -> Result<(), WriteError> {
        push_row(&mut self.csv.buffer, &row);
        self.csv.spill(sink)?;
        self.rows += 1;
        self.parquet.push(row, sink)
    }

    pub(crate) fn close(self, sink: &mut impl Sink) -> Result<(), WriteError> {
        self.csv.close(sink)?;
        self.parquet.close(sink)
    }
}
