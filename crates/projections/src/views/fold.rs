//! The log folded from its first event, each one checked on the way.

use std::collections::{HashSet, VecDeque};

use assent_domain::privacy::KeyId;
use assent_domain::stream::stamp_of;
use assent_domain::values::Position;
use assent_domain::{Facts, evolve};
use assent_event_log::{EventLog, StoredEntry};
use assent_index::Index;
use assent_proto::event;
use assent_proto::stored::StoredError;
use prost::Message;
use tokio::sync::mpsc;

use super::audit::{RequestKeys, Unlike};
use super::requests::Requests;
use super::vault::Vault;
use crate::decode::{DecodeError, Decoded, LeafHash, Understood, understand};
use crate::maintain::is_catalogue;
use crate::start::{StartError, missing};
use crate::state::LedgerState;

/// A step ends at a multiple of this at the latest, wherever the events come from.
pub(super) const EVENTS_AT_ONCE: u64 = 1_024;
/// How many pages are decoded before they are folded.
const PAGES_WAITING: usize = 2;

/// A fold on its way.
pub(super) struct Fold<'a> {
    log: &'a EventLog,
    pub(super) index: Index,
    catalogue_events: Vec<u64>,
    /// Of the last event folded.
    pub(super) leaf_hash: LeafHash,
    /// The pages of somebody who checks the log's bytes, as long as they come.
    walked: Option<mpsc::Receiver<Result<Vec<Understood>, DecodeError>>>,
    /// Those that were taken and not folded yet.
    waiting: VecDeque<Understood>,
    /// Why the pages ended: what the next step says.
    failed: Option<DecodeError>,
    requests: Requests,
    vault: Vault,
}

impl<'a> Fold<'a> {
    /// Begins with what somebody reads who checks the log's bytes; what he does not, is read from the log.
    pub(super) fn begun(
        log: &'a EventLog,
        keys: RequestKeys,
        vault: Vault,
        walked: Option<mpsc::Receiver<Vec<StoredEntry>>>,
    ) -> Self {
        Self {
            log,
            index: Index::default(),
            catalogue_events: Vec::new(),
            leaf_hash: LeafHash::default(),
            walked: walked.map(|it| decoding(log.clone(), it)),
            waiting: VecDeque::new(),
            failed: None,
            requests: Requests::new(keys),
            vault,
        }
    }

    /// The position of the last event folded.
    pub(super) fn applied(&self) -> u64 {
        self.index.ledger().applied.0
    }

    /// How far there is more to fold: to the log's end as it was known; behind that, what somebody passes on who read the
    /// log later. None: that was all.
    pub(super) async fn end(&mut self, known: u64) -> Option<u64> {
        if self.applied() < known {
            return Some(known);
        }
        if self.waiting.is_empty() {
            self.take().await;
        }
        let last = self.waiting.back().map(|it| it.stored.position);
        // What can't be decoded is told by the step that would fold it.
        last.or_else(|| self.failed.is_some().then(|| self.applied() + 1))
    }

    /// Folds the next events, and checks their stamps and requests.
    pub(super) async fn step(&mut self, to: u64) -> Result<Result<Vec<Understood>, Unlike>, StartError> {
        let events = match self.next(to).await {
            Ok(events) => events,
            Err(error) => return found_in(error).map(Err),
        };
        let keys = match self.requests.compare(self.log, &events).await? {
            Ok(keys) => keys,
            Err(unlike) => return Ok(Err(unlike)),
        };
        for (Understood { decoded, stored, leaf_hash }, key) in events.iter().zip(keys) {
            if let Some(what) = stamp_difference(&self.index, decoded, stored) {
                let what = format!("the event's {what} not what the events before it give");
                return Ok(Err(Unlike { position: stored.position, what }));
            }
            evolve(&mut self.index, &decoded.recorded);
            if is_catalogue(&decoded.recorded.event) {
                self.catalogue_events.push(stored.position);
            }
            self.vault.take(stored, key);
            self.leaf_hash = *leaf_hash;
        }
        Ok(Ok(events))
    }

    /// The next events: all of them up to there, or to the end of a page. Who passes pages on may have read a shorter log
    /// than is folded: what he does not have is read here.
    async fn next(&mut self, to: u64) -> Result<Vec<Understood>, DecodeError> {
        let from = self.applied() + 1;
        let to = to.min(from.next_multiple_of(EVENTS_AT_ONCE));
        loop {
            let next = self.waiting.back().map_or(from, |it| it.stored.position + 1);
            if next > to {
                break;
            }
            self.take().await;
            if let Some(failed) = self.failed.take() {
                return Err(failed);
            }
            if self.walked.is_none() {
                self.read(next, to).await?;
            }
        }
        let count = self.waiting.iter().take_while(|it| it.stored.position <= to).count();
        Ok(self.waiting.drain(..count).collect())
    }

    /// Takes the next page of somebody who passes them on.
    async fn take(&mut self) {
        let Some(walked) = &mut self.walked else { return };
        match walked.recv().await {
            Some(Ok(page)) => self.waiting.extend(page),
            Some(Err(error)) => self.failed = Some(error),
            None => self.walked = None,
        }
    }

    /// Reads events from the log, one at least.
    async fn read(&mut self, from: u64, to: u64) -> Result<(), DecodeError> {
        let entries = self.log.read(from, to, EVENTS_AT_ONCE as usize).await?;
        if entries.is_empty() {
            return Err(missing(from).into());
        }
        entries.iter().try_for_each(StoredEntry::check)?;
        self.waiting.extend(understand(self.log, &entries).await?);
        Ok(())
    }

    /// What the read models keep of the ledger as a whole.
    pub(super) fn state(&self) -> Vec<u8> {
        LedgerState::of(&self.index, self.catalogue_events.clone()).encode_to_vec()
    }

    /// Whether the vault has what the events sealed and did not erase: what it has lost, or has again; else how many of its
    /// rows no event knows.
    pub(super) async fn vault(
        self,
        keys: RequestKeys,
        erased: &HashSet<KeyId>,
    ) -> Result<Result<u64, Unlike>, StartError> {
        Ok(self.vault.compare(self.log, keys, erased).await?)
    }

    /// Whether there are requests up to here that no event is the outcome of.
    pub(super) async fn stray_requests(&mut self) -> Result<Option<Unlike>, StartError> {
        Ok(self.requests.stray(self.log, self.applied()).await?)
    }
}

/// Decodes pages by a task of its own, while those before them are folded.
fn decoding(
    log: EventLog,
    mut walked: mpsc::Receiver<Vec<StoredEntry>>,
) -> mpsc::Receiver<Result<Vec<Understood>, DecodeError>> {
    let (pages, taken) = mpsc::channel(PAGES_WAITING);
    tokio::spawn(async move {
        while let Some(entries) = walked.recv().await {
            let page = understand(&log, &entries).await;
            if pages.send(page).await.is_err() {
                return;
            }
        }
    });
    taken
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
