//! Requests, held against the events that are their outcomes.

use std::collections::VecDeque;

use assent_domain::Event;
use assent_event_log::{EventLog, ReadError, RequestKey, RequestPages};
use assent_proto::event;
use assent_proto::event::event::Payload;

use super::audit::{RequestKeys, Unlike};
use crate::decode::{Decoded, Understood};

/// The requests that are stored, beside a fold: both in the order of positions.
pub(super) struct Requests {
    keys: RequestKeys,
    /// Read from the first events on, so that each of them finds its own.
    stored: Option<RequestPages>,
    /// Those that were read and not compared yet.
    waiting: VecDeque<(u64, RequestKey)>,
    stored_count: u64,
    /// How many requests the events name.
    named_count: u64,
    /// The request id of the last event compared.
    last_id: Option<String>,
}

impl Requests {
    pub(super) const fn new(keys: RequestKeys) -> Self {
        let waiting = VecDeque::new();
        Self { keys, stored: None, waiting, stored_count: 0, named_count: 0, last_id: None }
    }

    /// The first event of a request is the one that its key names. Answers the key of each event that is the first one of
    /// a request.
    pub(super) async fn compare(
        &mut self,
        log: &EventLog,
        events: &[Understood],
    ) -> Result<Result<Vec<Option<RequestKey>>, Unlike>, ReadError> {
        let mut named = Vec::with_capacity(events.len());
        for Understood { decoded, stored, .. } in events {
            let at = self.at(log, stored.position).await?;
            let Some(id) = &stored.request_id else {
                self.last_id = None;
                named.push(None);
                continue;
            };
            let keys = || (self.keys)(&decoded.recorded.event, id).into_iter();
            let mut key = keys().find(|it| at.contains(it));
            self.named_count += u64::from(key.is_some());
            if key.is_none() && !(stands_behind_another(decoded, stored) && self.last_id.as_ref() == Some(id))
            {
                // One that was carried out since they began to be read is not among them.
                let carried_out = log.requests(&keys().collect::<Vec<_>>()).await?;
                key = keys().find(|it| carried_out.get(it) == Some(&stored.position));
                if key.is_none() {
                    let what =
                        "no request is stored that names the event, so that it would be carried out again";
                    return Ok(Err(Unlike { position: stored.position, what: what.to_owned() }));
                }
            }
            named.push(key);
            self.last_id = Some(id.clone());
        }
        Ok(Ok(named))
    }

    /// Whether there are requests up to a position that no event is the outcome of.
    pub(super) async fn stray(&mut self, log: &EventLog, position: u64) -> Result<Option<Unlike>, ReadError> {
        self.at(log, position).await?;
        let (there, named) = (self.stored_count, self.named_count);
        let what = || format!("{there} requests are stored, and the events are of {named}");
        Ok((there != named).then(|| Unlike { position: 0, what: what() }))
    }

    /// The requests at a position; those before it are passed.
    async fn at(&mut self, log: &EventLog, position: u64) -> Result<Vec<RequestKey>, ReadError> {
        let mut at = Vec::new();
        loop {
            while let Some((stored_at, key)) = self.waiting.pop_front_if(|it| it.0 <= position) {
                self.stored_count += 1;
                if stored_at == position {
                    at.push(key);
                }
            }
            let stored = self.stored.get_or_insert_with(|| log.requests_in_order());
            if !self.waiting.is_empty() {
                return Ok(at);
            }
            match stored.recv().await {
                Some(page) => self.waiting = page?.into(),
                None => return Ok(at),
            }
        }
    }
}

/// Whether an event only ever stands behind another one of its command, which alone has the reason of an erasure.
fn stands_behind_another(event: &Decoded, stored: &event::Event) -> bool {
    match (&event.recorded.event, &stored.payload) {
        (Event::CustomerPurchased { .. }, _) => true,
        (_, Some(Payload::PersonalDataErased(it))) => it.reason.is_none(),
        _ => false,
    }
}
