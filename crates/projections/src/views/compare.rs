//! Every row held against a fold of the log.

use assent_domain::Facts;
use assent_domain::acceptance::Relationship;
use assent_domain::values::{CustomerId, PartnerId, Position};

use super::rows::{
    AcceptanceRow, CustomerRow, EventRow, EvidenceRow, ObligationRow, PartnerRow, RelationshipRow, Rows,
};
use crate::decode::Decoded;
use crate::index::Index;

/// A row of each table as columns, the key first.
pub(super) type Partner = (String, Option<String>, Option<String>, Option<String>, Vec<u8>);
pub(super) type Customer = (String, Option<String>, Option<String>, Vec<u8>);
pub(super) type RelationshipColumns = (String, String, bool, i64, Vec<u8>);
pub(super) type Acceptance =
    (i64, String, String, String, String, String, i64, i64, Option<i64>, Option<i64>);
pub(super) type Obligation = (i64, String, String, String, i64, Option<i64>, Option<i64>, Option<i64>);
pub(super) type Evidence = (i64, String, String, String, String, String);
pub(super) type Event = (i64, String, Option<String>, Option<String>, Option<String>, Option<Vec<u8>>);

pub(super) const PARTNERS: &str = "
    SELECT partner_id, program, country, status, state
    FROM @partners WHERE partner_id > $1 ORDER BY partner_id LIMIT $2";
pub(super) const CUSTOMERS: &str = "
    SELECT customer_id, country, cloud, state
    FROM @customers WHERE customer_id > $1 ORDER BY customer_id LIMIT $2";
pub(super) const RELATIONSHIPS: &str = "
    SELECT partner_id, customer_id, in_force, revision, state
    FROM @relationships WHERE (partner_id, customer_id) > ($1, $2) ORDER BY partner_id, customer_id LIMIT $3";
pub(super) const ACCEPTANCES: &str = "
    SELECT position, partner_id, customer_id, agreement_id, version, method, accepted_at, confirmed_at,
           corrected_by, voided_by
    FROM @acceptances WHERE position > $1 ORDER BY position LIMIT $2";
pub(super) const OBLIGATIONS: &str = "
    SELECT position, partner_id, customer_id, agreement_id, withdrawn_at, voided_by, cancelled_by, cancelled_at
    FROM @obligations WHERE position > $1 ORDER BY position LIMIT $2";
pub(super) const EVIDENCE: &str = "
    SELECT position, partner_id, customer_id, reseller_id, agreement_id, state
    FROM @evidence WHERE position > $1 ORDER BY position LIMIT $2";
pub(super) const EVENTS: &str = "
    SELECT position, type, partner_id, customer_id, reseller_id, box_id
    FROM @event_index WHERE position > $1 ORDER BY position LIMIT $2";

/// How many rows of each table there should be, in the order of [`super::TABLES`].
pub(super) fn counts(index: &Index) -> [usize; 7] {
    let mut counts = [index.partners().count(), index.customers().count(), 0, 0, 0, 0, 0];
    for (_, _, relationship) in index.relationships_from(0) {
        counts[2] += 1;
        counts[3] += relationship.acceptances.len();
        counts[4] += relationship.withdrawals().len();
        counts[5] += relationship.evidence().len();
    }
    counts[6] = usize::try_from(index.ledger().applied.0).unwrap_or(usize::MAX);
    counts
}

pub(super) fn partner(index: &Index, row: &Partner) -> bool {
    let Ok(id) = PartnerId::parse(&row.0) else { return false };
    let PartnerRow { id: key, program, country, status, state } = PartnerRow::of(index, &id);
    index.partner(&id).is_some() && *row == (key, own(program), country, own(status), state)
}

pub(super) fn customer(index: &Index, row: &Customer) -> bool {
    let Ok(id) = CustomerId::parse(&row.0) else { return false };
    let CustomerRow { id: key, country, cloud, state } = CustomerRow::of(index, &id);
    index.customer(&id).is_some() && *row == (key, country, own(cloud), state)
}

pub(super) fn relationship(index: &Index, row: &RelationshipColumns) -> bool {
    let Some((partner, customer, _)) = parties(index, &row.0, &row.1) else { return false };
    let RelationshipRow { partner, customer, in_force, revision, state } =
        RelationshipRow::of(index, &partner, &customer);
    *row == (partner, customer, in_force, revision, state)
}

pub(super) fn acceptance(index: &Index, row: &Acceptance) -> bool {
    let rows = record(index, row.0, &row.1, &row.2);
    rows.acceptances.into_iter().next().is_some_and(|it| {
        let AcceptanceRow { position, partner, customer, agreement, version, method, .. } = it;
        *row == (
            position,
            partner,
            customer,
            agreement,
            version,
            method.to_owned(),
            it.accepted_at,
            it.confirmed_at,
            it.corrected_by,
            it.voided_by,
        )
    })
}

pub(super) fn obligation(index: &Index, row: &Obligation) -> bool {
    let rows = record(index, row.0, &row.1, &row.2);
    rows.obligations.into_iter().next().is_some_and(|it| {
        let ObligationRow { position, partner, customer, agreement, withdrawn_at, voided_by, .. } = it;
        let cancelled = (it.cancelled_by, it.cancelled_at);
        *row == (position, partner, customer, agreement, withdrawn_at, voided_by, cancelled.0, cancelled.1)
    })
}

pub(super) fn evidence(index: &Index, row: &Evidence) -> bool {
    let rows = record(index, row.0, &row.1, &row.2);
    rows.evidence.into_iter().next().is_some_and(|it| {
        let EvidenceRow { position, partner, customer, reseller, agreement, state } = it;
        *row == (position, partner, customer, reseller, agreement, state.to_owned())
    })
}

pub(super) fn event(event: &Decoded, row: &Event) -> bool {
    let EventRow { position, kind, partner, customer, reseller, box_id } = EventRow::of(event);
    *row == (position, kind.to_owned(), partner, customer, reseller, box_id)
}

/// The row of the record that was made at a position.
fn record(index: &Index, position: i64, partner: &str, customer: &str) -> Rows {
    let mut rows = Rows::default();
    if let Some((partner, customer, _)) = parties(index, partner, customer) {
        rows.add_record(index, Position(position as u64), &partner, &customer);
    }
    rows
}

fn parties<'a>(
    index: &'a Index,
    partner: &str,
    customer: &str,
) -> Option<(PartnerId, CustomerId, &'a Relationship)> {
    let (partner, customer) = (PartnerId::parse(partner).ok()?, CustomerId::parse(customer).ok()?);
    let relationship = index.relationship(&partner, &customer)?;
    Some((partner, customer, relationship))
}

fn own(name: Option<&'static str>) -> Option<String> {
    name.map(str::to_owned)
}
