//! Whether an index that began with a snapshot is what the log says.
//!
//! The log is folded from its first event into a second index. What did not change since then must be equal in both.

use std::fmt;

use assent_domain::acceptance::Relationship;
use assent_domain::directory::{Customer, Partner};
use assent_domain::values::Position;
use assent_domain::{Facts, evolve};
use assent_event_log::EventLog;

use crate::SharedIndex;
use crate::decode::{DecodeError, decode};
use crate::index::Index;

/// How many events are folded at once.
const EVENTS_AT_ONCE: usize = 1_024;
/// How many records are compared under one lock.
const RECORDS_AT_ONCE: usize = 256;

/// The first thing found that is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference(String);

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Folds the log and compares; gives the first difference. Other tasks go on between the steps.
pub async fn verify(log: &EventLog, index: &SharedIndex) -> Result<Option<Difference>, DecodeError> {
    let head = Position(log.head().size);
    let mut folded = Index::default();
    loop {
        let entries = log.read(folded.ledger().applied.0 + 1, head.0, EVENTS_AT_ONCE).await?;
        if entries.is_empty() {
            break;
        }
        for event in decode(log, &entries).await? {
            evolve(&mut folded, &event.recorded);
        }
        tokio::task::yield_now().await;
    }
    if let Some(difference) = ledger_difference(&folded, &index.read(), head) {
        return Ok(Some(difference));
    }
    let mut place = 0;
    while place < folded.relationship_count() {
        if let Some(difference) = compare(&folded, &index.read(), place, head) {
            return Ok(Some(difference));
        }
        place += RECORDS_AT_ONCE;
        tokio::task::yield_now().await;
    }
    Ok(None)
}

/// What concerns the ledger, partners, the catalogue and the policies: few records.
fn ledger_difference(folded: &Index, index: &Index, head: Position) -> Option<Difference> {
    let differs = |what: String| Some(Difference(what));
    for (id, partner) in folded.partners() {
        let known = index.partner(id);
        let unchanged = known.is_none_or(|it| partner_changed(it) <= head);
        if unchanged && known != Some(partner) {
            return differs(format!("partner `{id}` differs"));
        }
    }
    let (one, two) = (&folded.catalogue().agreements, &index.catalogue().agreements);
    for (place, agreement) in one.iter().enumerate() {
        let known = two.get(place);
        let unchanged = known.is_none_or(|it| it.mentioned.max(it.stream.last) <= head);
        if unchanged && known != Some(agreement) {
            return differs(format!("agreement `{}` differs", agreement.id));
        }
    }
    let (one, two) = (&folded.policies().versions, &index.policies().versions);
    if two.get(..one.len()) != Some(one.as_slice()) {
        return differs("the policies differ".to_owned());
    }
    None
}

/// A part of the relationships, each with its customer.
fn compare(folded: &Index, index: &Index, place: usize, head: Position) -> Option<Difference> {
    for (partner, customer, relationship) in folded.relationships_from(place).take(RECORDS_AT_ONCE) {
        let known = index.relationship(partner, customer);
        let unchanged = known.is_none_or(|it| relationship_changed(it) <= head);
        if unchanged && known != Some(relationship) {
            return Some(Difference(format!("the relationship of `{partner}` with `{customer}` differs")));
        }
        let known = index.customer(customer);
        let unchanged = known.is_none_or(|it| customer_changed(it) <= head);
        if unchanged && known != folded.customer(customer) {
            return Some(Difference(format!("customer `{customer}` differs")));
        }
    }
    None
}

fn partner_changed(it: &Partner) -> Position {
    let links = it.providers.iter().map(|link| link.stream.last);
    links.chain([it.mentioned, it.stream.last]).max().unwrap_or_default()
}

fn customer_changed(it: &Customer) -> Position {
    it.mentioned.max(it.stream.last)
}

fn relationship_changed(it: &Relationship) -> Position {
    let orders = it.rest.as_ref().map_or(Position::START, |it| it.orders.last);
    it.stream.last.max(orders)
}
