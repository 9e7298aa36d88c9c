//! Entries page by page, the next page being read while one is checked.

use tokio::task::JoinHandle;

use super::entries::unreachable;
use crate::database::Database;
use crate::error::ReadError;
use crate::load::to_column;
use crate::{again_if_broken, sql};

/// Entries are commonly a few hundred bytes long, and 64 KiB at most: two pages of them are in memory.
const ENTRIES_AT_ONCE: u64 = 1_024;

/// An entry as it is stored: position, bytes, leaf hash.
pub(super) type Row = (i64, Vec<u8>, Vec<u8>);

/// The pages of a log that is as long as it is said to be.
pub(super) struct Pages {
    database: Database,
    size: u64,
    /// Where the page after the next begins, if the next is whole.
    from: u64,
    next: JoinHandle<sqlx::Result<Vec<Row>>>,
}

impl Pages {
    pub(super) fn begin(database: &Database, size: u64) -> Self {
        let next = tokio::spawn(read(database.clone(), 1, size));
        Self { database: database.clone(), size, from: 1 + ENTRIES_AT_ONCE, next }
    }

    /// The next page. Where entries are missing in it, or it is not full before the end, the log is not whole, and the pages
    /// behind it say nothing.
    pub(super) async fn next(&mut self) -> Result<Vec<Row>, ReadError> {
        let following = tokio::spawn(read(self.database.clone(), self.from, self.size));
        self.from += ENTRIES_AT_ONCE;
        let page = std::mem::replace(&mut self.next, following).await;
        page.unwrap_or_else(|ended| Err(sqlx::Error::Io(std::io::Error::other(ended)))).map_err(unreachable)
    }
}

async fn read(database: Database, from: u64, size: u64) -> sqlx::Result<Vec<Row>> {
    if from > size {
        return Ok(Vec::new());
    }
    again_if_broken!(&database, readers => {
        let query = sqlx::query_as(sql::ENTRIES).bind(to_column(from)).bind(to_column(size));
        query.bind(to_column(ENTRIES_AT_ONCE)).fetch_all(readers).await
    })
}
