//! What the log says was erased: deleted again, and told to the vault.

use std::collections::HashSet;

use assent_domain::Event;
use assent_domain::privacy::KeyId;
use assent_domain::values::Position;
use assent_event_log::{EventLog, POSITIONS_END, StoredEntry};
use assent_projections::{Decoded, EventQuery, Views};
use assent_proto::stored::{self, StoredError};
use assent_vault::Vault;
use prost::Message;
use tracing::{error, warn};

use super::Tombstones;
use crate::error::Error;

/// How many erasures, and how many entries, are read at once.
const ERASURES_AT_ONCE: u32 = 256;
const ENTRIES_AT_ONCE: usize = 1_024;
/// The type of the events that erase.
const TYPE: &str = "personal_data_erased";

/// The rows that these events erased.
pub(crate) fn erased_by(events: &[Decoded]) -> Vec<KeyId> {
    let erased = events.iter().filter_map(|it| match &it.recorded.event {
        Event::PersonalDataErased { key_ids, .. } => Some(key_ids),
        _ => None,
    });
    erased.flatten().copied().collect()
}

/// Deletes every vault row that the log or the list says was erased, brings the list up to date with the log, and tells the
/// vault.
pub(crate) async fn sweep(
    log: &EventLog,
    vault: &Vault,
    views: &Views,
    tombstones: &Tombstones,
) -> Result<(), Error> {
    let in_log = erased_in(log, views).await?;
    if let Err(error) = tombstones.add(&in_log) {
        error!(
            error = &error as &dyn std::error::Error,
            "could not bring the list of erased keys up to date"
        );
    }
    let mut all: HashSet<KeyId> = in_log.into_iter().collect();
    all.extend(tombstones.all());
    let all: Vec<KeyId> = all.into_iter().collect();
    vault.note_erased(&all);
    erase_again(log, &all).await
}

/// Deletes rows that were erased, where they are there again.
pub(crate) async fn erase_again(log: &EventLog, erased: &[KeyId]) -> Result<(), Error> {
    let erased = log.erase_again(erased).await?;
    if erased > 0 {
        warn!(erased, "erased again what a restored vault had brought back");
        log.clear_traces().await?;
    }
    Ok(())
}

/// Tells the vault what was erased by events that this process has not applied yet: rows go with the commit, and whoever
/// reads meanwhile must not take them for lost.
pub(crate) async fn learn_erased(log: &EventLog, vault: &Vault, applied: Position) -> Result<(), Error> {
    let mut erased = Vec::new();
    let mut next = applied.0 + 1;
    loop {
        let entries = log.read(next, POSITIONS_END, ENTRIES_AT_ONCE).await?;
        let Some(last) = entries.last() else { break };
        next = last.position + 1;
        add_erased(&entries, &mut erased)?;
    }
    vault.note_erased(&erased);
    Ok(())
}

/// The rows that the log's erasures name: found by the read models as far as they go, and by reading after that.
async fn erased_in(log: &EventLog, views: &Views) -> Result<Vec<KeyId>, Error> {
    let head = log.head().size;
    let known = views.position().await?.min(Position(head));
    let query = EventQuery { types: vec![TYPE.to_owned()], ..EventQuery::default() };
    let mut erased = Vec::new();
    let mut next = Position(1);
    loop {
        let page = views.events(&query, next, known, ERASURES_AT_ONCE, false).await?;
        let Some(last) = page.last() else { break };
        next = Position(last.0 + 1);
        let positions: Vec<u64> = page.iter().map(|it| it.0).collect();
        add_erased(&log.entries(&positions).await?, &mut erased)?;
    }
    let mut next = known.0 + 1;
    while next <= head {
        let entries = log.read(next, head, ENTRIES_AT_ONCE).await?;
        let Some(last) = entries.last() else { break };
        next = last.position + 1;
        add_erased(&entries, &mut erased)?;
    }
    Ok(erased)
}

fn add_erased(entries: &[StoredEntry], erased: &mut Vec<KeyId>) -> Result<(), Error> {
    for entry in entries {
        let event = assent_proto::event::Event::decode(entry.entry.clone()).map_err(StoredError::from)?;
        erased.extend(stored::erased_by(&event));
    }
    Ok(())
}
