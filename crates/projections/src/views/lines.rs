//! The rows of the read models as lines of text: the database makes one text of a whole page, which costs a fraction of what
//! as many rows of columns do.
//!
//! No value that was written has a control character in it, each row gives as many separators as it has columns, and the
//! rows are counted: so that a line that is as expected comes from columns that are.

use std::fmt::{Display, Write as _};

use assent_event_log::Database;

/// Between two columns, and between two rows.
pub(super) const COLUMN_END: char = '\u{1f}';
pub(super) const ROW_END: char = '\u{1e}';
/// What tells a column that may be NULL and is not from one that is.
const VALUE: char = '=';
const NULL: char = '-';

/// A page of every event's row: those behind one position, up to another.
const EVENTS: &str = "
    SELECT COUNT(*), string_agg(line, '\u{1e}')
    FROM (
        SELECT position || '\u{1f}' || type || '\u{1f}' || $text(partner_id) || '\u{1f}' || $text(customer_id)
               || '\u{1f}' || $text(reseller_id) || '\u{1f}'
               || CASE WHEN box_id IS NULL THEN '-' ELSE '=' || $hex(box_id) END AS line
        FROM @every_event
        WHERE position > $1 AND position <= $2
        ORDER BY position
    ) AS page";

/// Where a table's next page begins.
#[derive(Clone, Debug)]
pub(super) enum After {
    Position(i64),
    Text(String),
    Texts(String, String),
}

/// A table that is compared page by page: its place in [`super::TABLES`], and how a row of it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) place: usize,
    pub(super) name: &'static str,
    columns: &'static str,
    key: Key,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Position,
    Text(&'static str),
    Texts,
}

/// All but `event_index`, in the order of [`super::TABLES`].
pub(super) const PAGED: [Table; 6] = [
    Table {
        place: 0,
        name: "partners",
        columns: "partner_id | $text(program) | $text(country) | $text(status) | $hex(state)",
        key: Key::Text("partner_id"),
    },
    Table {
        place: 1,
        name: "customers",
        columns: "customer_id | mentioned | $text(country) | $text(cloud) | $hex(state)",
        key: Key::Text("customer_id"),
    },
    Table {
        place: 2,
        name: "relationships",
        columns: "partner_id | customer_id | position | revision | $truth(in_force) | $hex(state)",
        key: Key::Texts,
    },
    Table {
        place: 3,
        name: "acceptances",
        columns:
            "position | partner_id | customer_id | agreement_id | version | method | recorded_at | accepted_at
                  | confirmed_at | $truth(backfilled) | $text(corrected_by) | $text(voided_by)",
        key: Key::Position,
    },
    Table {
        place: 4,
        name: "obligations",
        columns: "position | partner_id | customer_id | agreement_id | withdrawn_at | $text(voided_by)
                  | $text(cancelled_by) | $text(cancelled_at)",
        key: Key::Position,
    },
    Table {
        place: 5,
        name: "evidence",
        columns: "position | partner_id | customer_id | reseller_id | agreement_id | state",
        key: Key::Position,
    },
];

impl Table {
    /// The statement of a page, tables written `@table`. Both databases put together what a sorted subquery gives in its
    /// order.
    pub(super) fn page(&self, database: &Database) -> String {
        let (keys, values, limit) = match self.key {
            Key::Position => ("position", "$1", "$2"),
            Key::Text(key) => (key, "$1", "$2"),
            Key::Texts => ("partner_id, customer_id", "$1, $2", "$3"),
        };
        let line = self.columns.replace('|', &format!("|| '{COLUMN_END}' ||"));
        let statement = format!(
            "
    SELECT COUNT(*), string_agg(line, '{ROW_END}')
    FROM (SELECT {line} AS line FROM @{} WHERE ({keys}) > ({values}) ORDER BY {keys} LIMIT {limit}) AS page",
            self.name
        );
        in_dialect(&statement, database)
    }

    /// Where the first page begins.
    pub(super) const fn first(&self) -> After {
        match self.key {
            Key::Position => After::Position(0),
            Key::Text(_) => After::Text(String::new()),
            Key::Texts => After::Texts(String::new(), String::new()),
        }
    }

    /// Where the page behind these lines begins; none where the last of them names no place.
    pub(super) fn behind(&self, lines: &str) -> Option<After> {
        let mut columns = lines.rsplit(ROW_END).next()?.split(COLUMN_END);
        let first = columns.next()?;
        Some(match self.key {
            Key::Position => After::Position(first.parse().ok()?),
            Key::Text(_) => After::Text(first.to_owned()),
            Key::Texts => After::Texts(first.to_owned(), columns.next()?.to_owned()),
        })
    }
}

/// The statement of a page of every event's row.
pub(super) fn events(database: &Database) -> String {
    in_dialect(EVENTS, database)
}

/// `$text(column)` is a column that may be NULL, `$hex(column)` one of bytes, `$truth(column)` one of truth, which SQLite
/// stores as a number, so that it is written as that.
fn in_dialect(statement: &str, database: &Database) -> String {
    let mut text = String::with_capacity(2 * statement.len());
    let mut rest = statement;
    while let Some(at) = rest.find("$text(") {
        let column = &rest[at + "$text(".len()..];
        let end = column.find(')').expect("each is closed");
        text += &rest[..at];
        let _ = write!(text, "COALESCE('{VALUE}' || {}, '{NULL}')", &column[..end]);
        rest = &column[end + 1..];
    }
    text += rest;
    match database {
        Database::Sqlite(_) => text.replace("$hex(", "HEX(").replace("$truth(", "("),
        Database::Postgres(_) => text
            .replace("$truth(in_force)", "CAST(in_force AS INT)")
            .replace("$truth(backfilled)", "CAST(backfilled AS INT)")
            .replace("$hex(state)", "UPPER(ENCODE(state, 'hex'))")
            .replace("$hex(box_id)", "UPPER(ENCODE(box_id, 'hex'))"),
    }
}

/// A line as it should be, in the making.
#[derive(Debug, Default)]
pub(super) struct Line(String);

impl Line {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Ends a row, where another one follows.
    pub(super) fn next_row(&mut self) {
        if !self.0.is_empty() {
            self.0.push(ROW_END);
        }
    }

    /// The first column of a row.
    pub(super) fn first(&mut self, value: impl Display) -> &mut Self {
        let _ = write!(self.0, "{value}");
        self
    }

    pub(super) fn value(&mut self, value: impl Display) -> &mut Self {
        self.0.push(COLUMN_END);
        self.first(value)
    }

    pub(super) fn optional(&mut self, value: Option<impl Display>) -> &mut Self {
        self.0.push(COLUMN_END);
        match value {
            Some(value) => {
                self.0.push(VALUE);
                self.first(value)
            }
            None => {
                self.0.push(NULL);
                self
            }
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.push(COLUMN_END);
        self.digits(bytes)
    }

    pub(super) fn optional_bytes(&mut self, bytes: Option<&[u8]>) -> &mut Self {
        self.0.push(COLUMN_END);
        match bytes {
            Some(bytes) => {
                self.0.push(VALUE);
                self.digits(bytes)
            }
            None => {
                self.0.push(NULL);
                self
            }
        }
    }

    fn digits(&mut self, bytes: &[u8]) -> &mut Self {
        const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
        for byte in bytes {
            self.0.push(char::from(DIGITS[usize::from(byte >> 4)]));
            self.0.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        self
    }
}
