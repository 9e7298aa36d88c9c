//! All requests that were carried out, in the order of their outcomes: for whoever compares them with the events.

use futures::TryStreamExt;
use tokio::sync::mpsc;

use crate::batch::RequestKey;
use crate::error::ReadError;
use crate::load::{from_column, to_hash};
use crate::log::EventLog;
use crate::on_database;

/// No index leads from positions to requests: the database sorts them, and spills to its disk where they are many.
const IN_ORDER: &str = "
    SELECT position, key
    FROM requests
    ORDER BY position, key";

/// How many requests are passed on at once, and how many such pages wait.
const REQUESTS_AT_ONCE: usize = 1_024;
const PAGES_WAITING: usize = 2;

/// Pages of requests, in the order of their outcomes.
pub type RequestPages = mpsc::Receiver<Result<Vec<(u64, RequestKey)>, ReadError>>;

impl EventLog {
    /// Reads every request that is stored now, by a task that goes on as fast as the pages are taken.
    pub fn requests_in_order(&self) -> RequestPages {
        let (pages, taken) = mpsc::channel(PAGES_WAITING);
        let log = self.clone();
        tokio::spawn(async move {
            if let Err(error) = read(&log, &pages).await {
                // Where nobody takes pages any more, nobody asks why there are none.
                let _ = pages.send(Err(error)).await;
            }
        });
        taken
    }
}

async fn read(
    log: &EventLog,
    pages: &mpsc::Sender<Result<Vec<(u64, RequestKey)>, ReadError>>,
) -> Result<(), ReadError> {
    let unreachable = |source| ReadError::Unreachable { doing: "read the requests", source };
    // Connections for transactions have no limit of time.
    on_database!(log.database(), writer => {
        let mut rows = sqlx::query_as::<_, (i64, Vec<u8>)>(IN_ORDER).fetch(writer);
        let mut page = Vec::with_capacity(REQUESTS_AT_ONCE);
        while let Some((position, key)) = rows.try_next().await.map_err(unreachable)? {
            page.push((from_column(position), to_hash(&key, log.head().size)?));
            if page.len() == REQUESTS_AT_ONCE {
                let full = std::mem::replace(&mut page, Vec::with_capacity(REQUESTS_AT_ONCE));
                if pages.send(Ok(full)).await.is_err() {
                    return Ok(());
                }
            }
        }
        let _ = pages.send(Ok(page)).await;
        Ok(())
    })
}
