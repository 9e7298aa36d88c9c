//! Parquet, written column by column in groups of rows. The same rows give the same bytes.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{Cell, Kind, Table};
use crate::payload::WriteError;
use crate::sink::Sink;

/// How many rows are kept before they are written: what bounds the memory of an export.
const ROWS_A_GROUP: usize = 8_192;

/// A Parquet file that is being written.
pub(crate) struct ParquetFile {
    path: String,
    table: &'static Table,
    columns: Vec<Values>,
    rows: usize,
    writer: SerializedFileWriter<Vec<u8>>,
}

/// The cells of a column that are not written yet: what is there, and for each row whether it is.
struct Values {
    data: Data,
    levels: Vec<i16>,
}

enum Data {
    Text(Vec<ByteArray>),
    Number(Vec<i64>),
    Flag(Vec<bool>),
}

impl ParquetFile {
    pub(crate) fn new(table: &'static Table, segment: u32) -> Self {
        let properties = WriterProperties::builder()
            .set_created_by(crate::AGENT.to_owned())
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .build();
        let writer = SerializedFileWriter::new(Vec::new(), schema(table), Arc::new(properties))
            .expect("a file in memory takes its first four bytes");
        Self {
            path: format!("data/{}/{segment:06}.parquet", table.name),
            table,
            columns: table.columns.iter().map(|it| Values::new(it.kind)).collect(),
            rows: 0,
            writer,
        }
    }

    pub(crate) fn push(&mut self, row: Vec<Cell>, sink: &mut impl Sink) -> Result<(), WriteError> {
        debug_assert_eq!(row.len(), self.columns.len(), "a row has a cell for each column");
        self.columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
        self.rows += 1;
        if self.rows < ROWS_A_GROUP {
            return Ok(());
        }
        self.write_group()?;
        let written = self.writer.flush().map(|()| std::mem::take(self.writer.inner_mut()));
        let path = &self.path;
        written.and_then(|it| sink.write(path, &it)).map_err(|it| WriteError::sink(path, it))
    }

    pub(crate) fn close(mut self, sink: &mut impl Sink) -> Result<(), WriteError> {
        if self.rows > 0 {
            self.write_group()?;
        }
        let Self { path, writer, .. } = self;
        let rest = writer.into_inner().map_err(|it| failed(&path, it))?;
        sink.write(&path, &rest).and_then(|()| sink.close(&path)).map_err(|it| WriteError::sink(&path, it))
    }

    fn write_group(&mut self) -> Result<(), WriteError> {
        let columns = &mut self.columns;
        let written = self.writer.next_row_group().and_then(|mut group| {
            columns.iter_mut().try_for_each(|it| it.write(&mut group))?;
            group.close()
        });
        written.map_err(|it| failed(&self.path, it))?;
        self.columns = self.table.columns.iter().map(|it| Values::new(it.kind)).collect();
        self.rows = 0;
        Ok(())
    }
}

fn failed(path: &str, error: ParquetError) -> WriteError {
    WriteError::sink(path, std::io::Error::other(error))
}

impl Values {
    fn new(kind: Kind) -> Self {
        let data = match kind {
            Kind::Text => Data::Text(Vec::new()),
            Kind::Number | Kind::Instant => Data::Number(Vec::new()),
            Kind::Flag => Data::Flag(Vec::new()),
        };
        Self { data, levels: Vec::new() }
    }

    fn push(&mut self, cell: Cell) {
        self.levels.push(i16::from(cell != Cell::Empty));
        match (&mut self.data, cell) {
            (_, Cell::Empty) => {}
            (Data::Text(values), Cell::Text(it)) => values.push(it.into_bytes().into()),
            // Positions and counts are below 2^63.
            (Data::Number(values), Cell::Number(it)) => values.push(i64::try_from(it).unwrap_or(i64::MAX)),
            (Data::Number(values), Cell::Instant(it)) => values.push(it.micros()),
            (Data::Flag(values), Cell::Flag(it)) => values.push(it),
            (_, cell) => unreachable!("a column of another kind has {cell:?}"),
        }
    }

    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<(), ParquetError> {
        let mut column = group.next_column()?.expect("the schema has as many columns as the table");
        let levels = Some(self.levels.as_slice());
        match &self.data {
            Data::Text(values) => column.typed::<ByteArrayType>().write_batch(values, levels, None)?,
            Data::Number(values) => column.typed::<Int64Type>().write_batch(values, levels, None)?,
            Data::Flag(values) => column.typed::<BoolType>().write_batch(values, levels, None)?,
        };
        column.close()
    }
}

fn schema(table: &Table) -> TypePtr {
    let column = |it: &super::Column| {
        let (physical, logical) = match it.kind {
            Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Number => (Physical::INT64, None),
            Kind::Instant => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
            Kind::Flag => (Physical::BOOLEAN, None),
        };
        let built = Type::primitive_type_builder(it.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build();
        Arc::new(built.expect("each kind of column has a type that Parquet knows"))
    };
    let fields = table.columns.iter().map(column).collect();
    let built = Type::group_type_builder(table.name).with_fields(fields).build();
    Arc::new(built.expect("a group of columns is a type that Parquet knows"))
}
