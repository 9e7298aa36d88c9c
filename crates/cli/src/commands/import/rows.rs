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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Pieces of import files, well formed and not.
    const PIECES: &[&str] = &[
        "request_id",
        "partner_id",
        "contoso",
        ",",
        "\"",
        "\"\"",
        "\n",
        "\r\n",
        "\r",
        "{",
        "}",
        "\":\"",
        "[",
        "\\u00",
        "\\",
        "2019-10-02",
        "null",
        "1e9",
        "\u{feff}",
        "e\u{301}",
        "\u{0}",
        " ",
    ];

    fn arbitrary_file() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            8 => proptest::sample::select(PIECES).prop_map(|it| it.as_bytes().to_vec()),
            1 => proptest::collection::vec(any::<u8>(), 0..8),
        ];
        proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn whatever_stands_in_a_file_every_row_is_read_or_rejected_and_the_end_is_reached(
            bytes in arbitrary_file(),
            has_header in any::<bool>(),
            is_csv in any::<bool>(),
        ) {
            let mut file = tempfile::NamedTempFile::new().expect("a temporary file can be made");
            let header: &[u8] = if has_header { b"request_id,method,partner_id,customer_id\n" } else { b"" };
            io::Write::write_all(&mut file, &[header, &bytes].concat()).expect("it can be written");
            let format = if is_csv { Format::Csv } else { Format::Jsonl };
            // A file without a header that can be used is refused as a whole.
            if let Ok(mut rows) = Rows::open(file.path(), format) {
                let mut last = 0;
                while let Some(row) = rows.next().expect("a file can be read") {
                    prop_assert_eq!(row.number, last + 1);
                    prop_assert!(row.bytes_read <= rows.file_bytes);
                    last = row.number;
                }
            }
        }
    }
}
