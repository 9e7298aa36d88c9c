//! Entries page by page, several pages being read while one is checked.

use std::collections::VecDeque;

use tokio::task::JoinHandle;

use super::entries::unreachable;
use crate::database::Database;
use crate::error::ReadError;
use crate::read::{Row, rows};

/// Entries are commonly a few hundred bytes long, and 64 KiB at most.
const ENTRIES_AT_ONCE: usize = 1_024;
/// How many pages are under way: reading is most of the work, and two connections do it at once.
const PAGES_AHEAD: usize = 2;

/// The pages of a log that is as long as it is said to be.
pub(super) struct Pages {
    database: Database,
    size: u64,
    /// Where the first page begins that is not being read yet, if those before it are whole.
    from: u64,
    under_way: VecDeque<JoinHandle<sqlx::Result<Vec<Row>>>>,
}

impl Pages {
    pub(super) fn begin(database: &Database, size: u64) -> Self {
        let mut pages = Self { database: database.clone(), size, from: 1, under_way: VecDeque::new() };
        (0..PAGES_AHEAD).for_each(|_| pages.read_ahead());
        pages
    }

    /// The next page. Where entries are missing in it, or it is not full before the end, the log is not whole, and the pages
    /// behind it say nothing.
    pub(super) async fn next(&mut self) -> Result<Vec<Row>, ReadError> {
        self.read_ahead();
        let Some(page) = self.under_way.pop_front() else { return Ok(Vec::new()) };
        page.await
            .unwrap_or_else(|ended| Err(sqlx::Error::Io(std::io::Error::other(ended))))
            .map_err(unreachable)
    }

    fn read_ahead(&mut self) {
        if self.from <= self.size {
            let (database, from, size) = (self.database.clone(), self.from, self.size);
            let page = async move { rows(&database, from, size, ENTRIES_AT_ONCE).await };
            self.under_way.push_back(tokio::spawn(page));
            self.from += ENTRIES_AT_ONCE as u64;
        }
    }
}
