//! The log folded from its first event, each one checked on the way.

use assent_domain::stream::stamp_of;
use assent_domain::values::Position;
use assent_domain::{Event, Facts, evolve};
use assent_event_log::{EventLog, RequestKey, StoredEntry};
use assent_proto::event;
use assent_proto::event::event::Payload;
use assent_proto::stored::StoredError;
use prost::Message;

use super::audit::{RequestKeys, Unlike};
use crate::decode::{DecodeError, Decoded, LeafHash, decode};
use crate::index::Index;
use crate::maintain::is_catalogue;
use crate::start::{StartError, missing};
use crate::state::LedgerState;

const EVENTS_AT_ONCE: usize = 1_024;

/// A fold on its way.
pub(super) struct Fold<'a> {
    pub(super) log: &'a EventLog,
    pub(super) index: Index,
    pub(super) catalogue_events: Vec<u64>,
    /// Of the last event folded.
    pub(super) leaf_hash: LeafHash,
    keys: RequestKeys,
    /// How many requests the events name.
    requests: u64,
    /// The request id of the last event folded.
    last_request_id: Option<String>,
}

impl<'a> Fold<'a> {
    pub(super) fn begun(log: &'a EventLog, keys: RequestKeys) -> Self {
        Self {
            log,
            index: Index::default(),
            catalogue_events: Vec::new(),
            leaf_hash: LeafHash::default(),
            keys,
            requests: 0,
            last_request_id: None,
        }
    }

    /// The position of the last event folded.
    pub(super) fn applied(&self) -> u64 {
        self.index.ledger().applied.0
    }

    /// Folds the next events, and checks their stamps and requests.
    pub(super) async fn step(&mut self, to: u64) -> Result<Result<Vec<Decoded>, Unlike>, StartError> {
        let entries = self.log.read(self.applied() + 1, to, EVENTS_AT_ONCE).await?;
        let last = entries.last().ok_or(missing(to))?;
        let events = match decode(self.log, &entries).await {
            Ok(events) => events,
            Err(error) => return found_in(error).map(Err),
        };
        // They were decoded a moment ago.
        let stored = |it: &StoredEntry| event::Event::decode(it.entry.clone()).unwrap_or_default();
        let stored: Vec<_> = entries.iter().map(stored).collect();
        if let Some(unlike) = self.request_difference(&events, &stored).await? {
            return Ok(Err(unlike));
        }
        for (event, stored) in events.iter().zip(&stored) {
            if let Some(what) = stamp_difference(&self.index, event, stored) {
                let what = format!("the event's {what} not what the events before it give");
                return Ok(Err(Unlike { position: stored.position, what }));
            }
            evolve(&mut self.index, &event.recorded);
            if is_catalogue(&event.recorded.event) {
                self.catalogue_events.push(stored.position);
            }
        }
        self.leaf_hash = last.leaf_hash;
        Ok(Ok(events))
    }

    /// The first event of a request is the one that its key names.
    async fn request_difference(
        &mut self,
        events: &[Decoded],
        stored: &[event::Event],
    ) -> Result<Option<Unlike>, StartError> {
        let keys = |(event, stored): (&Decoded, &event::Event)| -> Vec<RequestKey> {
            let id = stored.request_id.as_ref();
            id.map(|id| (self.keys)(&event.recorded.event, id)).unwrap_or_default()
        };
        let keys: Vec<Vec<RequestKey>> = events.iter().zip(stored).map(keys).collect();
        let found = self.log.requests(&keys.concat()).await?;
        for ((event, stored), keys) in events.iter().zip(stored).zip(&keys) {
            let is_named = keys.iter().any(|it| found.get(it) == Some(&stored.position));
            let follows = stands_behind_another(event, stored) && self.last_request_id == stored.request_id;
            if stored.request_id.is_some() && !is_named && !follows {
                let what = "no request is stored that names the event, so that it would be carried out again";
                return Ok(Some(Unlike { position: stored.position, what: what.to_owned() }));
            }
            self.requests += u64::from(is_named);
            self.last_request_id.clone_from(&stored.request_id);
        }
        Ok(None)
    }

    /// What the read models keep of the ledger as a whole.
    pub(super) fn state(&self) -> Vec<u8> {
        LedgerState::of(&self.index, self.catalogue_events.clone()).encode_to_vec()
    }

    /// Whether there are requests up to here that no event is the outcome of.
    pub(super) async fn stray_requests(&self) -> Result<Option<Unlike>, StartError> {
        let there = self.log.request_count(self.applied()).await?;
        let what = || format!("{there} requests are stored, and the events are of {}", self.requests);
        Ok((there != self.requests).then(|| Unlike { position: 0, what: what() }))
    }
}

/// What can't be decoded is a finding where this binary knows what it should be.
fn found_in(error: DecodeError) -> Result<Unlike, StartError> {
    match error {
        DecodeError::Stored { position, source: source @ StoredError::Document(_) } => {
            Ok(Unlike { position, what: source.to_string() })
        }
        DecodeError::Misplaced { position, .. } => Ok(Unlike { position, what: error.to_string() }),
        DecodeError::Stored { .. } | DecodeError::Read(_) => Err(error.into()),
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

fn stamp_difference(index: &Index, event: &Decoded, stored: &event::Event) -> Option<&'static str> {
    let expected = stamp_of(index, &event.recorded.event);
    let place = |it: Option<Position>| it.map(|it| it.0);
    let links = stored.links.unwrap_or_default();
    let named = [links.stream, links.customer, links.partner, links.agreement, links.reseller];
    let given = &expected.links;
    let given = [given.stream, given.customer, given.partner, given.agreement, given.reseller].map(place);
    match () {
        () if stored.stream != expected.stream => Some("stream is"),
        () if stored.revision != expected.revision => Some("revision is"),
        () if named != given => Some("links are"),
        () => None,
    }
}
