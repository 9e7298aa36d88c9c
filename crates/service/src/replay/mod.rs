//! Replays: the events of the log in order, exactly as stored, and live those that come.

use std::sync::Arc;
use std::vec::IntoIter;

use assent_domain::values::Position;
use assent_event_log::StoredEntry;
use assent_proto::RecordedEvent;
use assent_proto::convert::answer;
use assent_proto::convert::asked::Events;
use assent_proto::v1::{Checkpoint, ReadEventsResponse};
use bytes::Bytes;
use tokio::task::yield_now;

mod pace;
mod page;

pub(crate) use pace::Replays;

use self::pace::EVENTS_AT_ONCE;
use self::page::{PAGE_EVENTS_FIRST, events_of_a_page, is_everything};
use crate::app::App;
use crate::error::{Error, broke_off};
use crate::handlers::Answers;

/// How many bytes of entries a message has at most; a single event is always less.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

impl App {
    /// Streams events in order: those that are there, then, for a live reader, those that come.
    pub(crate) fn events(self: &Arc<Self>, asked: Events) -> Answers<ReadEventsResponse> {
        let app = Arc::clone(self);
        let asked = Arc::new(asked);
        let mut stop = Box::pin(app.stopped());
        let mut reloads = app.trust.reloads();
        Box::pin(async_stream::try_stream! {
            let mut heads = app.log.heads();
            let mut next = asked.from;
            let mut caught_up = false;
            let mut page_events = PAGE_EVENTS_FIRST;
            'replay: loop {
                let head = Position(*heads.borrow_and_update());
                let to = asked.to.map_or(head, |it| it.min(head));
                let mut under_way = None;
                if next <= to && !is_everything(&asked) {
                    app.wait_for_read_models_at(to).await?;
                }
                while next <= to {
                    let page = under_way.take().unwrap_or_else(|| app.page(&asked, next, to, page_events));
                    let (entries, through) = page.await.map_err(|_| broke_off())??;
                    next = Position(through.0 + 1);
                    let of_next = events_of_a_page(&entries, app.replays.page_events_max);
                    page_events = of_next.unwrap_or(page_events);
                    under_way = (next <= to).then(|| app.page(&asked, next, to, page_events));
                    let mut entries = entries.into_iter();
                    while entries.len() > 0 {
                        // Whoever waits for this worker goes first.
                        yield_now().await;
                        let events = message(&mut entries, asked.entry_only)?;
                        // What ends a replay is looked at first: where no rate is set, there is never anything to wait for.
                        let ended = tokio::select! {
                            biased;
                            () = &mut stop => Ok(true),
                            _ = reloads.changed() => Err(app.reloaded()),
                            () = app.replays.pace(events.len()) => Ok(false),
                        };
                        if ended? {
                            app.cut_short()?;
                            break 'replay;
                        }
                        yield ReadEventsResponse { events, ..Default::default() };
                    }
                }
                let through = Position(next.0.saturating_sub(1).min(to.0));
                if reloads.has_changed().unwrap_or(true) {
                    Err(app.reloaded())?;
                }
                yield app.checkpoint(through);
                let ended = asked.to.is_some_and(|it| next > it);
                if !asked.live || ended {
                    break;
                }
                if !caught_up {
                    caught_up = true;
                    yield ReadEventsResponse { caught_up, ..Default::default() };
                }
                let ended = tokio::select! {
                    changed = heads.changed() => Ok(changed.is_err()),
                    () = &mut stop => Ok(true),
                    _ = reloads.changed() => Err(app.reloaded()),
                };
                if ended? {
                    app.cut_short()?;
                    break;
                }
            }
        })
    }

    fn checkpoint(&self, position: Position) -> ReadEventsResponse {
        let time = Some(answer::timestamp(self.instant(None)));
        let checkpoint = Some(Checkpoint { position: position.0, time });
        ReadEventsResponse { checkpoint, ..Default::default() }
    }
}

/// The next message of entries, of a bounded size; empty where there are no more. An entry that is not as it was stored is
/// never shown.
fn message(entries: &mut IntoIter<StoredEntry>, entry_only: bool) -> Result<Vec<RecordedEvent>, Error> {
    let mut events = Vec::with_capacity(entries.len().min(EVENTS_AT_ONCE));
    let mut bytes = 0;
    while let Some(next) = entries.as_slice().first() {
        bytes += next.entry.len();
        if events.len() == EVENTS_AT_ONCE || (bytes > MESSAGE_BYTES_MAX && !events.is_empty()) {
            break;
        }
        next.check()?;
        events.extend(entries.next().map(|StoredEntry { entry, leaf_hash, .. }| match entry_only {
            true => RecordedEvent::entry_only(entry),
            false => RecordedEvent::stored(entry, Bytes::copy_from_slice(&leaf_hash)),
        }));
    }
    Ok(events)
}
