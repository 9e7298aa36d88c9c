//! Whether an index that began with a snapshot is what the log says.
//!
//! The log is folded from its first event into a second index. What did not change since then must be equal in both,
//! and neither may have what the other lacks.

use std::fmt;

use assent_domain::Facts;
use assent_domain::acceptance::Relationship;
use assent_domain::directory::{Customer, Partner};
use assent_domain::values::Position;
use assent_event_log::EventLog;
use assent_index::Index;

use crate::SharedIndex;
use crate::decode::DecodeError;
use crate::image::Proven;
use crate::prefix::Prefix;

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

/// Folds the log beside a server that runs, and compares; gives what was folded, or the first difference. Other tasks go on
/// between the steps of comparing.
pub async fn verify(log: &EventLog, index: &SharedIndex) -> Result<Result<Proven, Difference>, DecodeError> {
    let head = index.read().ledger().applied;
    let prefix = Prefix::default().folded_to(log, head).await?;
    Ok(match compare(&prefix.index, index, head).await {
        None => Ok(Proven(prefix)),
        Some(difference) => Err(difference),
    })
}

async fn compare(folded: &Index, index: &SharedIndex, head: Position) -> Option<Difference> {
    if let Some(difference) = ledger_difference(folded, &index.read(), head) {
        return Some(difference);
    }
    let mut place = 0;
    loop {
        let compared = {
            let index = index.read();
            let there = Side { one: folded, other: &index, head };
            let back = Side { one: &index, other: folded, head };
            match there.difference(place).or_else(|| back.difference(place)) {
                Some(difference) => return Some(difference),
                None => place < folded.place_count().max(index.place_count()),
            }
        };
        if !compared {
            return None;
        }
        place += RECORDS_AT_ONCE;
        tokio::task::yield_now().await;
    }
}

/// What concerns the ledger, the catalogue and the policies: few records.
fn ledger_difference(folded: &Index, index: &Index, head: Position) -> Option<Difference> {
    let differs = |what: String| Some(Difference(what));
    let (one, two) = (folded.ledger(), index.ledger());
    let same_edition =
        two.stream.last > head || (one.rules_edition, one.stream) == (two.rules_edition, two.stream);
    if (one.tag, one.environment) != (two.tag, two.environment) || !same_edition {
        return differs("the ledger's own facts differ".to_owned());
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

/// One of two indexes, with the one that it is compared with.
struct Side<'a> {
    one: &'a Index,
    other: &'a Index,
    head: Position,
}

impl Side<'_> {
    /// A part of the records that this side has.
    fn difference(&self, place: usize) -> Option<Difference> {
        self.partner(place).or_else(|| self.customer(place)).or_else(|| self.relationship(place))
    }

    fn partner(&self, place: usize) -> Option<Difference> {
        let mut partners = self.one.partners_from(place).take(RECORDS_AT_ONCE);
        let (id, _) = partners.find(|(id, partner)| {
            let other = self.other.partner(id);
            self.differ(Some(*partner), other, partner_changed)
        })?;
        Some(Difference(format!("partner `{id}` differs")))
    }

    fn customer(&self, place: usize) -> Option<Difference> {
        let mut customers = self.one.customers_from(place).take(RECORDS_AT_ONCE);
        let (id, _) = customers.find(|(id, customer)| {
            let other = self.other.customer(id);
            self.differ(Some(&**customer), other.as_deref(), customer_changed)
        })?;
        Some(Difference(format!("customer `{id}` differs")))
    }

    fn relationship(&self, place: usize) -> Option<Difference> {
        let mut relationships = self.one.relationships_at(place..place + RECORDS_AT_ONCE);
        let (partner, customer, _) = relationships.find(|(partner, customer, relationship)| {
            let other = self.other.relationship(partner, customer);
            self.differ(Some(&**relationship), other.as_deref(), relationship_changed)
        })?;
        Some(Difference(format!("the relationship of `{partner}` with `{customer}` differs")))
    }

    /// Whether two records differ that should not: neither changed after the fold's end.
    fn differ<T: PartialEq>(&self, one: Option<&T>, other: Option<&T>, changed: fn(&T) -> Position) -> bool {
        let later = [one, other].into_iter().flatten().any(|it| {
            let applied = self.one.ledger().applied.max(self.other.ledger().applied);
            changed(it) > self.head && changed(it) <= applied
        });
        !later && one != other
    }
}

fn partner_changed(it: &Partner) -> Position {
    let links = it.providers.iter().map(|link| link.stream.last);
    links.chain([it.mentioned, it.stream.last]).max().unwrap_or_default()
}

fn customer_changed(it: &Customer) -> Position {
    it.mentioned.max(it.stream.last)
}

fn relationship_changed(it: &Relationship) -> Position {
    it.stream.last.max(it.orders.last)
}
