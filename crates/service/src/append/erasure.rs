//! What an erasure erases: the boxes of all that the log holds about a customer, or of one contact.
//!
//! The customer's chain is followed from its last event to its first: along the links that the log stamps, so that no
//! other row has to be trusted. The read models only tell which entries to fetch at once. An erasure is alone in its
//! commit, and the commit's guard is the prefix that was followed: what is written meanwhile stands after it.

use std::collections::{HashMap, HashSet};

use assent_domain::Facts;
use assent_domain::command::Command;
use assent_domain::privacy::{ErasedContact, KeyId};
use assent_domain::values::{CustomerId, Position};
use assent_event_log::{EventLog, row_of_request};
use assent_evidence::Hash;
use assent_projections::{EventQuery, SharedIndex, Views};
use assent_proto::convert::{EventId, Ids, Intent, What};
use assent_proto::event::event::Payload;
use assent_proto::event::{Event, SealedBox};
use assent_proto::stored::{StoredError, boxes, erased_by};
use prost::Message;

use super::queue::Job;
use super::request::request_keys;
use super::resolve::{Resolved, is_acceptance, named, parties};
use super::task::{Ledger, missing};
use crate::error::{Error, Unknown};
use crate::tombstones::erase_again;

/// How many entries of a chain are fetched at once.
const FETCHED_AT_ONCE: u32 = 256;

/// Cuts the jobs so that an erasure is alone: what comes before it goes first, what comes after it waits.
pub(super) fn split_at_erasure(mut jobs: Vec<Job>) -> (Vec<Job>, Vec<Job>) {
    let at = jobs.iter().position(erases).map_or(jobs.len(), |at| at.max(1));
    let later = jobs.split_off(at);
    (jobs, later)
}

/// Whether the job erases personal data.
pub(super) fn erases(job: &Job) -> bool {
    matches!(job.intent.what, What::ErasePersonalData { .. })
}

/// A customer's chain, followed to its beginning before the erasure's turn came: the append task, for which everybody waits,
/// has only to follow what came since.
pub(super) struct Followed {
    end: Position,
    /// Of the event there: positions are another log's where the log was read anew.
    leaf_hash: Hash,
    chain: Followings,
}

/// What a part of a chain holds.
#[derive(Default)]
struct Followings {
    found: Found,
    /// Of one contact's erasure: the events about acceptances, newest first.
    of_contact: Vec<Event>,
}

/// Follows the chain as far as it is known now. None: it is followed when the erasure's turn comes, and whatever is wrong is
/// told then.
pub(super) async fn follow_ahead(ledger: &Followable<'_>, intent: &Intent) -> Option<Followed> {
    let What::ErasePersonalData { customer, acceptance } = &intent.what else { return None };
    let end = ledger.last(customer)?;
    let leaf_hash = ledger.log.entry(end.0).await.ok()??.leaf_hash;
    let chain = ledger.follow(customer, acceptance.is_some(), end, Position::START).await.ok()?;
    Some(Followed { end, leaf_hash, chain })
}

/// Finds what is to be erased, up to the end of what is applied.
pub(super) async fn resolve_erasure(
    ledger: &Ledger,
    ids: Ids,
    customer: &CustomerId,
    acceptance: Option<EventId>,
    followed: Option<&Followed>,
) -> Result<Resolved, Error> {
    let contact = match acceptance {
        None => None,
        Some(id) => {
            let (event, at) = named(&ledger.log, ids, id, Unknown::Acceptance).await?;
            if !is_acceptance(&event) || parties(&event)?.customer != *customer {
                return Err(Unknown::Acceptance(id).into());
            }
            Some(ErasedContact { partner: parties(&event)?.partner, acceptance: at })
        }
    };
    let followable = Followable { log: &ledger.log, views: &ledger.views, index: &ledger.index };
    let last = followable.last(customer);
    let followed = match followed {
        Some(it) if followable.is_of_this_log(it).await? => Some(it),
        Some(_) | None => None,
    };
    let until = followed.map_or(Position::START, |it| it.end);
    let Followings { mut found, of_contact } = match last {
        Some(last) => followable.follow(customer, contact.is_some(), last, until).await?,
        None => Followings::default(),
    };
    let empty = Followings::default();
    let before = followed.map_or(&empty, |it| &it.chain);
    found.extend(&before.found);
    if let Some(id) = acceptance {
        let oldest_first: Vec<&Event> =
            before.of_contact.iter().rev().chain(of_contact.iter().rev()).collect();
        for event in contact_events(&oldest_first, &id.to_string()) {
            // The employee who recorded it is another person.
            let employee = event.actor.as_ref().and_then(|it| it.employee.as_ref());
            let its = boxes(event).into_iter().filter(|it| Some(*it) != employee).collect();
            found.add(&ledger.log, event, its).await?;
        }
    }
    let erased: Vec<KeyId> = found.erased.iter().copied().collect();
    let key_ids = found.left();
    if key_ids.is_empty() {
        // Who asks once more may have found what a backup brought back beside this server.
        erase_again(&ledger.log, &erased).await?;
    }
    let command = Command::ErasePersonalData { customer: customer.clone(), contact, key_ids };
    Ok(Resolved { made: Some(Box::new(command)), scenario: None, chain_end: last })
}

/// What chains are followed in.
pub(super) struct Followable<'a> {
    pub(super) log: &'a EventLog,
    pub(super) views: &'a Views,
    pub(super) index: &'a SharedIndex,
}

impl Followable<'_> {
    /// The last event about a customer that is applied.
    fn last(&self, customer: &CustomerId) -> Option<Position> {
        let index = self.index.read();
        index.customer(customer).map(|it| it.mentioned).filter(|it| *it != Position::START)
    }

    async fn is_of_this_log(&self, followed: &Followed) -> Result<bool, Error> {
        let entry = self.log.entry(followed.end.0).await?;
        Ok(entry.is_some_and(|it| it.leaf_hash == followed.leaf_hash))
    }

    /// Follows a customer's chain from an event back to before another one, which is not looked at.
    async fn follow(
        &self,
        customer: &CustomerId,
        of_contact: bool,
        from: Position,
        until: Position,
    ) -> Result<Followings, Error> {
        let Self { log, views, .. } = *self;
        let mut followings = Followings::default();
        let next = Some(from).filter(|it| *it > until);
        let mut chain = Chain { log, views, customer, fetched: HashMap::new(), next, until };
        while let Some(event) = chain.next().await? {
            match of_contact {
                false => followings.found.add(log, &event, boxes(&event)).await?,
                true if is_about_an_acceptance(&event) => followings.of_contact.push(event),
                true => followings.found.note_erased(&event),
            }
        }
        Ok(followings)
    }
}

/// Vault rows, newest event first.
#[derive(Default)]
struct Found {
    rows: Vec<Row>,
    erased: HashSet<KeyId>,
}

#[derive(Clone, Copy)]
struct Row {
    id: KeyId,
    /// Whether it came with an earlier erasure.
    of_erasure: bool,
}

impl Found {
    /// Adds what was found in older events.
    fn extend(&mut self, older: &Self) {
        self.rows.extend(&older.rows);
        self.erased.extend(&older.erased);
    }

    /// Adds an event's boxes; without one, the row of its request.
    async fn add(&mut self, log: &EventLog, event: &Event, its: Vec<&SealedBox>) -> Result<(), Error> {
        self.note_erased(event);
        let of_erasure = matches!(event.payload, Some(Payload::PersonalDataErased(_)));
        for sealed in its {
            self.rows.push(Row { id: key_id(&sealed.key_id)?, of_erasure });
        }
        if boxes(event).is_empty() {
            self.rows.extend(own_row(log, event).await?.map(|id| Row { id, of_erasure }));
        }
        Ok(())
    }

    fn note_erased(&mut self, event: &Event) {
        self.erased.extend(erased_by(event));
    }

    /// What no earlier erasure names, oldest first. Nothing where only earlier erasures have left something: each erasure
    /// leaves its own reason, and erasing that alone would never come to an end.
    fn left(self) -> Vec<KeyId> {
        let Self { rows, mut erased } = self;
        let left: Vec<Row> = rows.into_iter().rev().filter(|it| erased.insert(it.id)).collect();
        let is_worth_it = left.iter().any(|it| !it.of_erasure);
        left.into_iter().filter(|_| is_worth_it).map(|it| it.id).collect()
    }
}

fn key_id(bytes: &[u8]) -> Result<KeyId, Error> {
    Ok(bytes.try_into().map_err(|_| StoredError::Field { field: "key_id" })?)
}

/// The row of the request that made an event without a box: its scope is the ledger or a partner of the event, and the
/// log knows which of the keys led to this event.
async fn own_row(log: &EventLog, event: &Event) -> Result<Option<KeyId>, Error> {
    let Some(id) = &event.request_id else { return Ok(None) };
    let recorded = assent_proto::stored::read(event, &None)?;
    let keys = request_keys(&recorded.event, id);
    let carried_out = log.requests(&keys).await?;
    let its = keys.iter().find(|key| carried_out.get(*key) == Some(&event.position));
    Ok(its.map(row_of_request))
}

/// The events that say something of one acceptance, or of the evidence of one.
fn is_about_an_acceptance(event: &Event) -> bool {
    is_acceptance(event)
        || matches!(event.payload, Some(Payload::AcceptanceVoided(_) | Payload::EvidenceSubmitted(_)))
}

/// Of the customer's events, oldest first, those of this acceptance: all that it corrects or that correct it, the
/// evidence that it came from, and what voided one of them.
fn contact_events<'a>(events: &[&'a Event], acceptance: &str) -> Vec<&'a Event> {
    let mut ids = HashSet::from([acceptance]);
    // What it corrects stands before it, and what corrects it after it; evidence before all of them.
    let links = |event: &'a Event| -> [Option<&'a str>; 2] {
        match &event.payload {
            Some(Payload::AcceptanceCorrected(it)) => [Some(&it.corrects), it.evidence_id.as_deref()],
            Some(Payload::EvidenceConfirmed(it)) => [Some(&it.evidence_id), None],
            _ => [None, None],
        }
    };
    for event in events.iter().rev() {
        if ids.contains(event.event_id.as_str()) {
            ids.extend(links(event).into_iter().flatten());
        }
    }
    for event in events {
        let leads_here = match &event.payload {
            Some(Payload::AcceptanceCorrected(it)) => ids.contains(it.corrects.as_str()),
            Some(Payload::AcceptanceVoided(it)) => ids.contains(it.acceptance_id.as_str()),
            _ => false,
        };
        if leads_here {
            ids.insert(&event.event_id);
        }
    }
    events.iter().filter(|it| ids.contains(it.event_id.as_str())).copied().collect()
}

/// A customer's events, newest first, along the links.
struct Chain<'a> {
    log: &'a EventLog,
    views: &'a Views,
    customer: &'a CustomerId,
    fetched: HashMap<u64, bytes::Bytes>,
    next: Option<Position>,
    /// What stands here and before it is known.
    until: Position,
}

impl Chain<'_> {
    async fn next(&mut self) -> Result<Option<Event>, Error> {
        let Some(position) = self.next else { return Ok(None) };
        if !self.fetched.contains_key(&position.0) {
            self.fetch(position).await?;
        }
        let entry = self.fetched.remove(&position.0).ok_or_else(|| missing(position.0))?;
        let event = Event::decode(entry).map_err(StoredError::from)?;
        let before = event.links.as_ref().and_then(|it| it.customer).map(Position);
        // It was checked when it was appended; a chain that does not go back would never end.
        self.next = before.filter(|it| *it < position && *it > self.until);
        Ok(Some(event))
    }

    /// Fetches the entry, and with it what the read models take for the ones before it.
    async fn fetch(&mut self, position: Position) -> Result<(), Error> {
        let query = EventQuery { customer: Some(self.customer.clone()), ..EventQuery::default() };
        let hint = self.views.events(&query, Position(1), position, FETCHED_AT_ONCE, true).await;
        let mut positions: Vec<u64> = hint.unwrap_or_default().into_iter().map(|it| it.0).collect();
        if !positions.contains(&position.0) {
            positions.push(position.0);
        }
        let entries = self.log.entries(&positions).await?;
        self.fetched = entries.into_iter().map(|it| (it.position, it.entry)).collect();
        Ok(())
    }
}
