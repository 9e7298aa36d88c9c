//! Pages of the log for a replay, read ahead of it.

use std::sync::Arc;

use assent_domain::values::Position;
use assent_event_log::{ReadError, StoredEntry};
use assent_projections::EventQuery;
use assent_proto::convert::asked::Events;
use tokio::sync::oneshot;

use super::pace::EVENTS_AT_ONCE;
use crate::app::App;
use crate::error::Error;

/// About how many bytes of entries are read from the log at once. While they are sent, as many are read that come behind them: a
/// reader that takes nothing keeps two pages in memory.
const PAGE_BYTES: usize = 256 << 10;
/// How few events that may be.
const PAGE_EVENTS_MIN: usize = 4;
/// How many it is before one knows how long they are.
pub(super) const PAGE_EVENTS_FIRST: usize = EVENTS_AT_ONCE;
/// Entries, and the position up to which they are all that pass.
pub(super) type Page = Result<(Vec<StoredEntry>, Position), Error>;

impl App {
    /// Begins to read the next page, on a thread of storage: it goes on while the page before it is sent, keeps no order waiting,
    /// and ends well where the reader goes away, so that its connection can be used again.
    pub(super) fn page(
        self: &Arc<Self>,
        asked: &Arc<Events>,
        from: Position,
        to: Position,
        events: usize,
    ) -> oneshot::Receiver<Page> {
        let (app, asked) = (Arc::clone(self), Arc::clone(asked));
        let (tell, page) = oneshot::channel();
        self.storage.spawn(async move {
            let _turn = app.replays.turn().await;
            // Nothing is read for a reader that went away before its turn came.
            if !tell.is_closed() {
                let _ = tell.send(app.entries(&asked, from, to, events).await);
            }
        });
        page
    }

    /// So many of the next entries that pass the filter, and the position up to which that is all.
    async fn entries(&self, asked: &Events, from: Position, to: Position, events: usize) -> Page {
        if is_everything(asked) {
            let entries = self.log.read(from.0, to.0, events).await?;
            let missing =
                || ReadError::Inconsistent { size: to.0, finding: "an entry before its end is missing" };
            let through = Position(entries.last().ok_or_else(missing)?.position);
            return Ok((entries, through));
        }
        let query = EventQuery {
            partner: asked.filter.partner.clone(),
            customer: asked.filter.customer.clone(),
            types: asked.filter.types.iter().map(ToString::to_string).collect(),
        };
        let positions = self.views.events(&query, from, to, events as u32, false).await?;
        let through = positions.last().filter(|_| positions.len() == events).copied().unwrap_or(to);
        let positions: Vec<u64> = positions.iter().map(|it| it.0).collect();
        let mut entries = self.log.entries(&positions).await?;
        entries.sort_unstable_by_key(|it| it.position);
        Ok((entries, through))
    }
}

/// Whether nothing is filtered out: then the read models need not be asked.
pub(super) fn is_everything(asked: &Events) -> bool {
    asked.filter.partner.is_none() && asked.filter.customer.is_none() && asked.filter.types.is_empty()
}

/// How many events the next page may have, at most `max`, by how long those of this one are; none where it has none.
pub(super) fn events_of_a_page(entries: &[StoredEntry], max: usize) -> Option<usize> {
    let bytes: usize = entries.iter().map(|it| it.entry.len()).sum();
    let events = (PAGE_BYTES * entries.len()).checked_div(bytes)?;
    Some(events.clamp(PAGE_EVENTS_MIN, max))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn entries(bytes: usize) -> Vec<StoredEntry> {
        let entry = Bytes::from(vec![0; bytes]);
        (1..=2).map(|position| StoredEntry { position, entry: entry.clone(), leaf_hash: [0; 32] }).collect()
    }

    #[test]
    fn a_page_has_as_many_events_as_fill_it_and_no_more_than_a_rate_lets_it_have() {
        assert_eq!(events_of_a_page(&entries(PAGE_BYTES / 100), 1_024), Some(100));
        assert_eq!(events_of_a_page(&entries(PAGE_BYTES / 100), 64), Some(64));
        assert_eq!(events_of_a_page(&entries(PAGE_BYTES), 64), Some(PAGE_EVENTS_MIN));
        assert_eq!(events_of_a_page(&[], 64), None);
    }
}
