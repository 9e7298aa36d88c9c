//! A file as rows, in either format.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::Format;
use super::cells::{Cells, Column, Rejection};
use super::lines::Lines;
use super::{csv_rows, json_rows};
use crate::failure::Failure;

/// How much of the file is read at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// A row as it was read.
#[derive(Debug)]
pub(super) struct Row {
    /// 1 for the first; the header is none.
    pub(super) number: u64,
    /// What stands in it, or why that cannot be said.
    pub(super) cells: Result<Cells, Rejection>,
    /// How much of the file was read when it was.
    pub(super) bytes_read: u64,
}

/// The rows of a file.
#[derive(Debug)]
pub(super) struct Rows {
    /// The file's size.
    pub(super) file_bytes: u64,
    lines: Lines<BufReader<File>>,
    columns: Columns,
    number: u64,
}

#[derive(Debug)]
enum Columns {
    /// As the header says.
    Header(Vec<Column>),
    /// As the keys of each object say.
    Keys,
}

impl Rows {
    /// Opens the file and reads the header, where there is one.
    pub(super) fn open(path: &Path, format: Format) -> Result<Self, Failure> {
        let failed = |source| Failure::File { doing: "read", path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        let file_bytes = file.metadata().map_err(failed)?.len();
        let mut lines = Lines::new(BufReader::with_capacity(BUFFER_BYTES, file));
        let columns = match format {
            Format::Jsonl => Columns::Keys,
            Format::Csv => {
                let header = csv_rows::header(&mut lines).map_err(failed)?;
                let refused =
                    |why| Failure::Unanswered(format!("`{}` {why}; nothing was sent", path.display()));
                Columns::Header(header.map_err(refused)?)
            }
        };
        Ok(Self { file_bytes, lines, columns, number: 0 })
    }

    /// The next row. Empty lines are none.
    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        loop {
            let Some(line) = self.lines.next()? else { return Ok(None) };
            if line.bytes.iter().all(u8::is_ascii_whitespace) && !line.is_cut {
                continue;
            }
            let cells = match &self.columns {
                Columns::Header(columns) => csv_rows::row(columns, line, &mut self.lines)?,
                Columns::Keys => json_rows::row(&line),
            };
            self.number += 1;
            return Ok(Some(Row { number: self.number, cells, bytes_read: self.lines.bytes_read }));
        }
    }
}
