//! The vault's rows, held against what the events have sealed and erased: nothing that was sealed may be lost without an
//! erasure, and nothing that was erased be there again.
//!
//! Both sides are added up in whatever order they come, hashed with a key that nobody knows before: no id has to be kept.
//! Only where the sums differ, what differs is looked for.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};

use assent_domain::privacy::KeyId;
use assent_event_log::{EventLog, ReadError, RequestKey, VaultPart, VaultParts, row_of_request};
use assent_proto::event::Event;
use assent_proto::stored::{boxes, erased_by};
use tokio::task::JoinHandle;

use super::audit::{RequestKeys, Unlike};
use super::fold::EVENTS_AT_ONCE;
use crate::decode::{DecodeError, Understood, understand};

/// Rows, as many and what they add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rows {
    count: i64,
    sum: u64,
}

/// A comparison on its way.
pub(super) struct Vault {
    hash: RandomState,
    /// How many entries the log had when the rows were as they are read.
    size: u64,
    stored: JoinHandle<Result<Rows, ReadError>>,
    /// What the events so far say that there is.
    expected: Rows,
}

impl Vault {
    /// Begins to read the rows as they are now.
    pub(super) async fn begun(log: &EventLog) -> Result<Self, ReadError> {
        let mut parts = log.vault_rows();
        let size = match parts.recv().await {
            Some(Ok(VaultPart::Size(size))) => size,
            Some(Err(error)) => return Err(error),
            Some(Ok(VaultPart::Ids(_))) | None => return Err(ended("it said nothing")),
        };
        let hash = RandomState::new();
        let stored = tokio::spawn(added_up(parts, hash.clone()));
        Ok(Self { hash, size, stored, expected: Rows::default() })
    }

    /// How far the log has to be folded for the comparison.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Takes an event in, with the key of the request that it is the first event of.
    pub(super) fn take(&mut self, event: &Event, key: Option<RequestKey>) {
        if event.position > self.size {
            return;
        }
        for id in rows_of(event, key) {
            self.expected.add(&self.hash, &id);
        }
        for id in erased_by(event) {
            self.expected.remove(&self.hash, &id);
        }
    }

    /// The first row that is lost, or back; else how many rows there are that no event knows. `erased` are rows of which is
    /// known from elsewhere that they were erased: by a log that was taken back since.
    pub(super) async fn compare(
        self,
        log: &EventLog,
        keys: RequestKeys,
        erased: &HashSet<KeyId>,
    ) -> Result<Result<u64, Unlike>, DecodeError> {
        let stored = self.stored.await.map_err(ended)??;
        if stored == self.expected {
            return Ok(Ok(0));
        }
        let known = difference(log, keys, erased, self.size).await?;
        Ok(known.map(|known| stored.count.saturating_sub(known).try_into().unwrap_or(0)))
    }
}

impl Rows {
    fn add(&mut self, hash: &RandomState, id: &KeyId) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(hash.hash_one(id));
    }

    fn remove(&mut self, hash: &RandomState, id: &KeyId) {
        self.count -= 1;
        self.sum = self.sum.wrapping_sub(hash.hash_one(id));
    }
}

async fn added_up(mut parts: VaultParts, hash: RandomState) -> Result<Rows, ReadError> {
    let mut rows = Rows::default();
    while let Some(part) = parts.recv().await {
        if let VaultPart::Ids(ids) = part? {
            ids.iter().for_each(|id| rows.add(&hash, id));
        }
    }
    Ok(rows)
}

/// The rows that were stored with an event: one for each of its boxes; without a box, one for its request.
fn rows_of(event: &Event, key: Option<RequestKey>) -> impl Iterator<Item = KeyId> {
    let boxes = boxes(event);
    let own = key.filter(|_| boxes.is_empty()).map(|it| row_of_request(&it));
    let sealed = boxes.into_iter().filter_map(|it| KeyId::try_from(it.key_id.as_ref()).ok());
    sealed.chain(own)
}

/// Looks for the first row that is back though it was erased, or else is lost though it was not; answers how many are there
/// of the events up to `size`. Servers may write meanwhile: what is erased meanwhile is read of before it counts as lost.
async fn difference(
    log: &EventLog,
    keys: RequestKeys,
    erased: &HashSet<KeyId>,
    size: u64,
) -> Result<Result<i64, Unlike>, DecodeError> {
    let mut lost: HashMap<KeyId, u64> = HashMap::new();
    let (mut next, mut known) = (1, 0);
    loop {
        let head = log.refresh().await?.size;
        if next > head {
            break;
        }
        let entries = log.read(next, head, EVENTS_AT_ONCE as usize).await?;
        let events = understand(log, &entries).await?;
        next = events.last().ok_or_else(|| ended("an entry is missing"))?.stored.position + 1;
        let rows = stored_with(log, keys, &events).await?;
        let ids: Vec<KeyId> = rows.iter().map(|it| it.0).collect();
        let there = log.in_vault(&ids).await?;
        for (id, position) in rows {
            match there.contains(&id) {
                true => known += i64::from(position <= size),
                false if erased.contains(&id) => {}
                false => _ = lost.insert(id, position),
            }
        }
        for Understood { stored, .. } in &events {
            let gone: Vec<KeyId> = erased_by(stored).collect();
            if !log.in_vault(&gone).await?.is_empty() {
                let what =
                    "the vault has a row again that was erased here; a start of the server erases it again";
                return Ok(Err(Unlike { position: stored.position, what: what.to_owned() }));
            }
            for id in gone {
                lost.remove(&id);
            }
        }
    }
    let what = || "the vault has lost a row of the event that nothing has erased".to_owned();
    Ok(match lost.into_values().min() {
        Some(position) => Err(Unlike { position, what: what() }),
        None => Ok(known),
    })
}

/// The rows that were stored with these events, each with its event's position.
async fn stored_with(
    log: &EventLog,
    keys: RequestKeys,
    events: &[Understood],
) -> Result<Vec<(KeyId, u64)>, ReadError> {
    let keys_of = |it: &Understood| {
        let id = it.stored.request_id.as_deref();
        id.map(|id| keys(&it.decoded.recorded.event, id)).unwrap_or_default()
    };
    let all: Vec<RequestKey> = events.iter().flat_map(keys_of).collect();
    let carried_out = log.requests(&all).await?;
    let mut rows = Vec::new();
    for event in events {
        let position = event.stored.position;
        let key = keys_of(event).into_iter().find(|it| carried_out.get(it) == Some(&position));
        rows.extend(rows_of(&event.stored, key).map(|id| (id, position)));
    }
    Ok(rows)
}

fn ended(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ReadError {
    ReadError::ended("compare the vault with the log", std::io::Error::other(why))
}
