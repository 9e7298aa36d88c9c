//! CSV as RFC 4180 has it, with line feeds: a cell is quoted where it holds a comma, a quote or an end of line.

use super::Cell;
use crate::instant::push_instant;
use crate::json::push_number;

/// Writes a row.
pub(crate) fn push_row(out: &mut Vec<u8>, row: &[Cell]) {
    for (at, cell) in row.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => push_cell(out, text),
            Cell::Number(number) => push_number(out, *number),
            Cell::Instant(at) => push_instant(out, *at),
            Cell::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
        }
    }
    out.push(b'\n');
}

/// Writes a text as one cell.
pub(crate) fn push_cell(out: &mut Vec<u8>, text: &str) {
    let is_plain = !text.bytes().any(|it| matches!(it, b',' | b'"' | b'\n' | b'\r'));
    if is_plain {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_row_reads_back(texts in proptest::collection::vec(any::<String>(), 2..5)) {
            let mut out = Vec::new();
            push_row(&mut out, &texts.iter().map(Cell::text).collect::<Vec<_>>());
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
            let read = reader.records().next().unwrap().unwrap();
            prop_assert_eq!(read.iter().collect::<Vec<_>>(), texts);
        }
    }
}
