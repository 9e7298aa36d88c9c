//! Entries by the page, as PostgreSQL copies them out: half of what rows of a query cost it, and nothing is copied here.

use bytes::{Buf, Bytes};
use futures::TryStreamExt;
use sqlx::pool::PoolConnection;

use super::Postgres;
use crate::read::Row;

/// What a copy in binary form begins with.
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";
/// Behind the signature stand flags and the length of an extension, four bytes each; nothing of either is used.
const HEADER_BYTES: usize = SIGNATURE.len() + 8;
/// The number of columns that stands where a row would begin behind the last one.
const END: i16 = -1;
/// Position, entry, leaf hash.
const COLUMNS: i16 = 3;

/// The entries from one position to another, at most `limit` of them, in order.
///
/// The bytes of an entry are a part of what was received: they keep some eight kilobytes in memory together.
pub(crate) async fn entries(postgres: &Postgres, from: i64, to: i64, limit: i64) -> sqlx::Result<Vec<Row>> {
    // A copy takes no parameters.
    let copy = format!(
        "COPY (SELECT position, entry, leaf_hash FROM events WHERE position >= {from} AND position <= {to} \
         ORDER BY position LIMIT {limit}) TO STDOUT (FORMAT binary)"
    );
    let mut copying = Copying { connection: postgres.pools().readers.acquire().await?, ended: false };
    let mut rows = Vec::with_capacity(limit.min(to.saturating_sub(from).saturating_add(1)).max(0) as usize);
    let mut messages = copying.connection.copy_out_raw(&copy).await?;
    let mut begun = false;
    while let Some(mut message) = messages.try_next().await? {
        if !std::mem::replace(&mut begun, true) {
            skip_header(&mut message)?;
        }
        while !message.is_empty() {
            rows.extend(row(&mut message)?);
        }
    }
    drop(messages);
    copying.ended = true;
    Ok(rows)
}

/// A connection over which a copy is under way. Whoever gets it next would be answered with the rest of the copy; so one that
/// was not received to its end (its reader went away, or it failed) ends with its connection.
struct Copying {
    connection: PoolConnection<sqlx::Postgres>,
    ended: bool,
}

impl Drop for Copying {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}

fn skip_header(message: &mut Bytes) -> sqlx::Result<()> {
    if message.len() < HEADER_BYTES || !message.starts_with(SIGNATURE) {
        return Err(unexpected());
    }
    message.advance(HEADER_BYTES);
    Ok(())
}

/// The row that comes next; none: that was all.
fn row(message: &mut Bytes) -> sqlx::Result<Option<Row>> {
    match message.try_get_i16().map_err(|_| unexpected())? {
        COLUMNS => {}
        END => return Ok(None),
        _ => return Err(unexpected()),
    }
    let position = column(message)?.try_get_i64().map_err(|_| unexpected())?;
    Ok(Some(Row { position, entry: column(message)?, leaf_hash: column(message)? }))
}

/// The column that comes next. None of them is ever NULL, whose length would be negative.
fn column(message: &mut Bytes) -> sqlx::Result<Bytes> {
    let length = message.try_get_i32().ok().and_then(|it| usize::try_from(it).ok());
    match length {
        Some(length) if length <= message.len() => Ok(message.split_to(length)),
        _ => Err(unexpected()),
    }
}

fn unexpected() -> sqlx::Error {
    sqlx::Error::Protocol("a copy of entries is not in PostgreSQL's binary form".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of one entry behind the header, and the end.
    fn copied() -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        bytes.extend([0; 8]);
        bytes.extend(COLUMNS.to_be_bytes());
        for column in [&7_i64.to_be_bytes()[..], b"entry", &[9; 32]] {
            bytes.extend((column.len() as i32).to_be_bytes());
            bytes.extend(column);
        }
        bytes.extend(END.to_be_bytes());
        bytes
    }

    fn rows(bytes: &[u8]) -> sqlx::Result<Vec<Row>> {
        let mut message = Bytes::copy_from_slice(bytes);
        skip_header(&mut message)?;
        let mut rows = Vec::new();
        while !message.is_empty() {
            rows.extend(row(&mut message)?);
        }
        Ok(rows)
    }

    #[test]
    fn a_row_is_read_from_its_binary_form() {
        let rows = rows(&copied()).unwrap();
        let [Row { position: 7, entry, leaf_hash }] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((&entry[..], &leaf_hash[..]), (&b"entry"[..], &[9; 32][..]));
    }

    #[test]
    fn a_row_that_is_cut_short_is_an_error() {
        let whole = copied();
        for length in (0..HEADER_BYTES).chain(HEADER_BYTES + 1..whole.len() - 2) {
            assert!(rows(&whole[..length]).is_err(), "{length} of {} bytes were taken", whole.len());
        }
    }

    #[test]
    fn columns_other_than_those_asked_for_are_an_error() {
        for columns in [2_i16, 4, -2] {
            let mut bytes = copied();
            bytes[HEADER_BYTES..HEADER_BYTES + 2].copy_from_slice(&columns.to_be_bytes());
            assert!(rows(&bytes).is_err(), "{columns} columns");
        }
        let mut bytes = copied();
        // The length of the first column: NULL.
        bytes[HEADER_BYTES + 2..HEADER_BYTES + 6].copy_from_slice(&(-1_i32).to_be_bytes());
        assert!(rows(&bytes).is_err());
    }
}
