//! Rows of CSV (RFC 4180), where one broken row costs no other.
//!
//! Written here rather than taken from a crate because of what a broken row must not do: an opening quote that never
//! ends makes other readers take the rest of the file for one field. Here the row is rejected, and reading goes on
//! with the line after its first.

use std::io::{self, BufRead};

use super::cells::{Cells, Column, Rejection};
use super::lines::{Line, Lines, ROW_BYTES_MAX};

const NEVER_ENDS: &str = "has a quoted field that does not end";
const TEXT_BEHIND: &str = "has text behind a quoted field: a quote inside one is written twice";

/// Reads the header: which column stands where.
pub(super) fn header<R: BufRead>(lines: &mut Lines<R>) -> io::Result<Result<Vec<Column>, String>> {
    let Some(mut line) = lines.next()? else {
        return Ok(Err("is empty: the first line must name the columns".to_owned()));
    };
    if line.bytes.starts_with(b"\xef\xbb\xbf") {
        line.bytes.drain(..3);
    }
    Ok(columns(line, lines)?.and_then(check))
}

fn columns<R: BufRead>(line: Line, lines: &mut Lines<R>) -> io::Result<Result<Vec<Column>, String>> {
    let fields = match record(line, lines, None)? {
        Ok(fields) => fields,
        Err(broken) => return Ok(Err(format!("has no header that can be read: the first line {broken}"))),
    };
    let column = |field: Vec<u8>| {
        let name = String::from_utf8_lossy(&field).trim().to_owned();
        Column::named(&name).ok_or(name)
    };
    let found: Result<Vec<_>, _> = fields.into_iter().map(column).collect();
    Ok(found.map_err(|name| {
        let known: Vec<_> = Column::ALL.iter().map(|it| it.name()).collect();
        format!("has a column `{}` that nobody knows; there are {}", shown(&name), known.join(", "))
    }))
}

fn check(columns: Vec<Column>) -> Result<Vec<Column>, String> {
    if let Some(twice) = columns.iter().enumerate().find(|(index, it)| columns[..*index].contains(it)) {
        return Err(format!("has the column `{}` twice", twice.1.name()));
    }
    match Column::REQUIRED.iter().find(|it| !columns.contains(it)) {
        Some(missing) => Err(format!("has no column `{}`", missing.name())),
        None => Ok(columns),
    }
}

/// Reads a row that begins with `line`, and as many lines more as its quotes span.
pub(super) fn row<R: BufRead>(
    columns: &[Column],
    line: Line,
    lines: &mut Lines<R>,
) -> io::Result<Result<Cells, Rejection>> {
    if line.is_cut {
        return Ok(Err(Rejection::too_large()));
    }
    let fields = match record(line, lines, Some(columns.len()))? {
        Ok(fields) => fields,
        Err(broken) => return Ok(Err(Rejection::row(broken))),
    };
    let mut cells = Cells::default();
    let mut rejected: Option<Rejection> = None;
    for (column, field) in columns.iter().zip(fields) {
        match String::from_utf8(field) {
            Ok(text) => cells.set(*column, text),
            Err(_) => {
                let found = Rejection::field(column.name(), "is not UTF-8");
                rejected
                    .get_or_insert(Rejection { fields: Vec::new(), ..found.clone() })
                    .fields
                    .extend(found.fields);
            }
        }
    }
    Ok(rejected.map_or(Ok(cells), Err))
}

/// The fields of a record. Where it is broken, all its lines but the first are left to be read again.
fn record<R: BufRead>(
    first: Line,
    lines: &mut Lines<R>,
    columns: Option<usize>,
) -> io::Result<Result<Vec<Vec<u8>>, String>> {
    let mut record = Record::default();
    let mut size = first.bytes.len();
    let mut read = vec![first];
    let broken = loop {
        let Some(line) = read.last().filter(|it| !it.is_cut && size <= ROW_BYTES_MAX) else {
            break NEVER_ENDS.to_owned();
        };
        match record.line(&line.bytes) {
            Ok(true) => match columns.filter(|it| *it != record.fields.len()) {
                None => return Ok(Ok(record.fields)),
                Some(columns) => {
                    break format!("has {} columns, the header has {columns}", record.fields.len());
                }
            },
            Ok(false) => {}
            Err(broken) => break broken.to_owned(),
        }
        let Some(line) = lines.next()? else { break NEVER_ENDS.to_owned() };
        size += line.bytes.len();
        read.push(line);
    };
    lines.push_back(read.drain(1..));
    Ok(Err(broken))
}

/// A record that is being read.
#[derive(Debug, Default)]
struct Record {
    fields: Vec<Vec<u8>>,
    field: Vec<u8>,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Begins,
    Plain,
    Quoted,
    /// Behind a quote inside a quoted field: the field's end, or the first half of a doubled quote.
    Quote,
}

impl Record {
    /// Takes one more line. True where the record is complete.
    fn line(&mut self, line: &[u8]) -> Result<bool, &'static str> {
        for byte in line {
            self.state = match (self.state, byte) {
                (State::Begins, b'"') => State::Quoted,
                (State::Begins | State::Plain | State::Quote, b',') => {
                    self.fields.push(std::mem::take(&mut self.field));
                    State::Begins
                }
                (State::Quoted, b'"') => State::Quote,
                (State::Quote, b'"') => self.keep(b'"', State::Quoted),
                (State::Quote, _) => return Err(TEXT_BEHIND),
                (State::Quoted, byte) => self.keep(*byte, State::Quoted),
                (State::Begins | State::Plain, byte) => self.keep(*byte, State::Plain),
            };
        }
        if self.state == State::Quoted {
            self.field.push(b'\n');
            return Ok(false);
        }
        self.fields.push(std::mem::take(&mut self.field));
        Ok(true)
    }

    fn keep(&mut self, byte: u8, state: State) -> State {
        self.field.push(byte);
        state
    }
}

/// A name as a message may repeat it.
fn shown(name: &str) -> String {
    name.chars().take(64).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "partner_id,customer_id,agreement_id,accepted_at,employee\n";

    /// Each row's employee, or what is wrong with the row.
    fn employees(rows: &[u8]) -> Vec<Result<String, String>> {
        let text = [HEADER.as_bytes(), rows].concat();
        let mut lines = Lines::new(text.as_slice());
        let columns = header(&mut lines).unwrap().unwrap();
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            let row = row(&columns, line, &mut lines).unwrap();
            found.push(match row {
                Ok(mut cells) => Ok(cells.take(Column::Employee).unwrap_or_default()),
                Err(rejection) => Err(format!("{} {}", rejection.fields[0].0, rejection.fields[0].1)),
            });
        }
        found
    }

    fn ok(employee: &str) -> Result<String, String> {
        Ok(employee.to_owned())
    }

    fn broken(message: &str) -> Result<String, String> {
        Err(format!("row {message}"))
    }

    #[test]
    fn quotes_hold_commas_quotes_and_line_ends() {
        let rows = b"p,c,a,t,\"Berg, Anna\"\r\np,c,a,t,\"say \"\"hi\"\"\"\np,c,a,t,\"two\r\nlines\"\np,c,a,t,in\"side\n";
        assert_eq!(employees(rows), [ok("Berg, Anna"), ok("say \"hi\""), ok("two\nlines"), ok("in\"side")]);
    }

    #[test]
    fn a_wrong_number_of_columns_costs_one_row() {
        let rows = b"p,c,a,t\np,c,a,t,good\np,c,a,t,e,more\np,c,a,t,";
        let found = employees(rows);
        let wrong = |columns| broken(&format!("has {columns} columns, the header has 5"));
        assert_eq!(found, [wrong(4), ok("good"), wrong(6), ok("")]);
    }

    #[test]
    fn a_quote_that_never_ends_costs_one_row() {
        let rows = b"p,c,a,t,\"open\np,c,a,t,good\np,c,a,t,\"also good\"\n";
        assert_eq!(employees(rows), [broken(TEXT_BEHIND), ok("good"), ok("also good")]);
        assert_eq!(employees(b"p,c,a,t,\"open\np,c,a,t,good\n"), [broken(NEVER_ENDS), ok("good")]);
    }

    #[test]
    fn a_quote_that_happens_to_end_in_a_later_row_costs_one_row() {
        let rows = b"p,c,\"a,t,open\np,c,a,t\",good\np,c,a,t,last\n";
        let wrong = broken("has 4 columns, the header has 5");
        assert_eq!(employees(rows), [wrong, ok("good"), ok("last")]);
    }

    #[test]
    fn what_is_not_utf_8_costs_one_row_and_names_the_column() {
        let found = employees(b"p,c,a,t,\xff\np,c,a,t,good\n");
        assert_eq!(found, [Err("employee is not UTF-8".to_owned()), ok("good")]);
    }

    #[test]
    fn a_row_larger_than_the_server_decodes_costs_one_row() {
        let mut rows = b"p,c,a,t,".to_vec();
        rows.resize(rows.len() + ROW_BYTES_MAX, b'x');
        rows.extend_from_slice(b"\np,c,a,t,good\n");
        assert_eq!(employees(&rows), [broken("is larger than 2 MiB"), ok("good")]);
    }

    #[test]
    fn a_header_must_name_known_columns_once_and_all_required_ones() {
        for (header_line, expected) in [
            ("", "is empty"),
            ("partner_id,customer_id,agreement_id,accepted_at,shoe_size\n", "`shoe_size`"),
            ("partner_id,customer_id,agreement_id,accepted_at,partner_id\n", "`partner_id` twice"),
            ("partner_id,customer_id,agreement_id\n", "no column `accepted_at`"),
            ("\"partner_id\n", "quoted field"),
        ] {
            let error = header(&mut Lines::new(header_line.as_bytes())).unwrap().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let marked = "\u{feff}accepted_at,agreement_id, customer_id ,partner_id\r\n";
        let columns = header(&mut Lines::new(marked.as_bytes())).unwrap().unwrap();
        assert_eq!(columns, [Column::AcceptedAt, Column::AgreementId, Column::CustomerId, Column::PartnerId]);
    }
}
