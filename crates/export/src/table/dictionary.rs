//! The dictionary of columns: what each means, file by file.

use super::{ACCEPTANCES, Cell, DECISIONS, Kind, push_row};

/// `columns.csv`.
pub(crate) fn dictionary() -> Vec<u8> {
    let mut out = Vec::new();
    let mut row = |cells: [&str; 4]| push_row(&mut out, &cells.map(Cell::text));
    row(["file", "column", "type", "meaning"]);
    for (column, kind, meaning) in [
        ("position", "number", "where the entry stands in the log: 1, 2, 3 and so on"),
        (
            "offset",
            "number",
            "where in the .entries file the entry begins, in bytes; its length stands in the two bytes before",
        ),
        ("bytes", "number", "how many bytes the entry has"),
        ("event_id", "text", "the event's id, a UUID made of its instant and position"),
        (
            "leaf_hash",
            "text",
            "SHA-256 of a zero byte and the entry, in hexadecimal digits: the leaf of the log's Merkle tree",
        ),
    ] {
        row(["events/*.positions.csv", column, kind, meaning]);
    }
    for table in [&ACCEPTANCES, &DECISIONS] {
        let file = format!("{}/*.csv and {}/*.parquet", table.name, table.name);
        for column in table.columns {
            row([&file, column.name, name_of(column.kind), column.meaning]);
        }
    }
    out
}

const fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Number => "number",
        Kind::Instant => "instant, UTC",
        Kind::Flag => "true or false",
    }
}
