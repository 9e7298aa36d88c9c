//! Every row held against a fold of the log.

use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{Event, Facts};
use assent_index::Index;

use super::TABLES;
use super::lines::{COLUMN_END, Line, ROW_END, Table};
use super::rows::{
    AcceptanceRow, CustomerRow, EventRow, EvidenceRow, ObligationRow, PartnerRow, RelationshipRow, Rows,
};
use crate::decode::{Decoded, Understood};

/// The first table whose rows are not as many as the log makes, or not all among those that were compared; each was then
/// one that the log makes. Counts are in the order of [`TABLES`].
pub(super) fn count_that_differs(index: &Index, found: Counts, compared: Counts) -> Option<String> {
    let mut each = TABLES.into_iter().zip(found).zip(compared).zip(expected_counts(index));
    each.find_map(|(((table, found), compared), expected)| match () {
        () if found != expected => Some(format!("`{table}` has {found} rows, and the log makes {expected}")),
        () if compared != expected => {
            Some(format!("`{table}` has {compared} of the {expected} rows that the log makes"))
        }
        () => None,
    })
}

/// Of the rows of every event that were compared those that were none of the acceptances', which are compared once more by
/// themselves.
pub(super) const fn without_acceptances(mut compared: Counts) -> Counts {
    compared[EVENT_INDEX] = compared[EVENT_INDEX].saturating_sub(compared[ACCEPTANCES]);
    compared
}

/// The places of two of [`TABLES`].
const ACCEPTANCES: usize = 3;
const EVENT_INDEX: usize = 6;

/// A number for each of [`TABLES`].
type Counts = [usize; TABLES.len()];

/// How many rows of each table there should be. An event has its row among the acceptances, where it recorded one.
fn expected_counts(index: &Index) -> Counts {
    let mut counts = [index.partners().count(), index.customers().count(), 0, 0, 0, 0, 0];
    for (_, _, relationship) in index.relationships() {
        counts[2] += 1;
        counts[3] += relationship.acceptances.len();
        counts[4] += relationship.withdrawals().len();
        counts[5] += relationship.evidence().len();
    }
    let events = usize::try_from(index.ledger().applied.0).unwrap_or(usize::MAX);
    counts[EVENT_INDEX] = events - counts[ACCEPTANCES];
    counts
}

/// The position of the first event whose row is not what it says, among these rows, with the table of the row.
pub(super) fn event_that_differs(
    events: &[Understood],
    count: usize,
    lines: &str,
) -> Option<(u64, &'static str)> {
    let mut expected = Line::default();
    for event in events {
        expected.next_row();
        write_event(&mut expected, &event.decoded);
    }
    if count == events.len() && expected.as_str() == lines {
        return None;
    }
    let pairs =
        expected.as_str().split(ROW_END).zip(lines.split(ROW_END).map(Some).chain(std::iter::repeat(None)));
    let same = pairs.take_while(|(expected, there)| Some(*expected) == *there).count();
    // Where all lines are the same, the rows are fewer than the lines: the last one holds several.
    events.get(same).or(events.last()).map(|it| match &it.decoded.recorded.event {
        Event::AcceptanceRecorded { .. } => (it.stored.position, TABLES[ACCEPTANCES]),
        _ => (it.stored.position, TABLES[EVENT_INDEX]),
    })
}

/// The first row of these that is not what the fold says: the position that it names, or 0 where it names none.
pub(super) fn row_that_differs(index: &Index, table: Table, count: usize, lines: &str) -> Option<u64> {
    let mut expected = Line::default();
    let mut rows = 0;
    for line in lines.split(ROW_END).filter(|_| count > 0) {
        expected.clear();
        rows += 1;
        let columns: Vec<&str> = line.split(COLUMN_END).take(3).collect();
        if write_row(&mut expected, index, table, &columns).is_none() || expected.as_str() != line {
            return Some(position_of(table, &columns));
        }
    }
    (rows != count).then_some(0)
}

fn position_of(table: Table, columns: &[&str]) -> u64 {
    let names_position = matches!(table.name, "acceptances" | "obligations" | "evidence");
    columns.first().filter(|_| names_position).and_then(|it| it.parse().ok()).unwrap_or(0)
}

/// Writes the row as it should be that these first columns of it name. None: there should be none.
fn write_row(line: &mut Line, index: &Index, table: Table, columns: &[&str]) -> Option<()> {
    match (table.name, columns) {
        ("partners", [id, ..]) => {
            let id = PartnerId::parse(id).ok()?;
            index.partner(&id)?;
            let PartnerRow { id, program, country, status, state } = PartnerRow::of(index, &id);
            line.first(id).optional(program).optional(country).optional(status).bytes(&state);
        }
        ("customers", [id, mentioned, ..]) => {
            let id = CustomerId::parse(id).ok()?;
            let customer = index.customer(&id)?;
            // Of its events but for acceptances only the rows know the last one: what counts is what a start makes of both.
            let known = Position(mentioned.parse().ok()?);
            let made = known.max(index.last_acceptance(&id));
            let mentioned = if made == customer.mentioned { known } else { customer.mentioned };
            let CustomerRow { id, country, cloud, mentioned: _, state } = CustomerRow::of(index, &id, None);
            line.first(id).value(mentioned.0).optional(country).optional(cloud).bytes(&state);
        }
        ("relationships", [partner, customer, known]) => {
            let (partner, customer) = parties(index, partner, customer)?;
            let relationship = index.relationship(&partner, &customer)?;
            let known = Position(known.parse().ok()?);
            let last = relationship.acceptances.last().map_or(Position::START, |it| it.recorded.position);
            let made = known.max(last);
            let position = if made == relationship.stream.last { known } else { relationship.stream.last };
            let RelationshipRow { partner, customer, in_force, position: _, revision, state } =
                RelationshipRow::of(index, &partner, &customer, None);
            line.first(partner).value(customer).value(position.0).value(revision);
            line.value(u8::from(in_force)).bytes(&state);
        }
        (_, [position, partner, customer]) => {
            let (partner, customer) = parties(index, partner, customer)?;
            let mut rows = Rows::default();
            let position = Position(position.parse().ok()?);
            rows.add_record(index, position, &partner, &customer, Position::END);
            match table.name {
                "acceptances" => write_acceptance(line, rows.acceptances.pop()?),
                "obligations" => write_obligation(line, rows.obligations.pop()?),
                _ => write_evidence(line, rows.evidence.pop()?),
            }
        }
        _ => return None,
    }
    Some(())
}

fn write_event(line: &mut Line, event: &Decoded) {
    let EventRow { position, kind, partner, customer, reseller, box_id } = EventRow::of(event);
    line.first(position).value(kind).optional(partner).optional(customer).optional(reseller);
    line.optional_bytes(box_id.as_ref().map(|it| &it[..]));
}

fn write_acceptance(line: &mut Line, row: AcceptanceRow) {
    let AcceptanceRow { position, partner, customer, agreement, version, method, .. } = row;
    line.first(position).value(partner).value(customer).value(agreement).value(version).value(method);
    let AcceptanceRow { recorded_at, accepted_at, confirmed_at, backfilled, corrected_by, voided_by, .. } =
        row;
    line.value(recorded_at).value(accepted_at).value(confirmed_at).value(u8::from(backfilled));
    line.optional(corrected_by).optional(voided_by);
}

fn write_obligation(line: &mut Line, row: ObligationRow) {
    let ObligationRow { position, partner, customer, agreement, withdrawn_at, .. } = row;
    line.first(position).value(partner).value(customer).value(agreement).value(withdrawn_at);
    let ObligationRow { voided_by, cancelled_by, cancelled_at, .. } = row;
    line.optional(voided_by).optional(cancelled_by).optional(cancelled_at);
}

fn write_evidence(line: &mut Line, row: EvidenceRow) {
    let EvidenceRow { position, partner, customer, reseller, agreement, state } = row;
    line.first(position).value(partner).value(customer).value(reseller).value(agreement).value(state);
}

/// The two sides of a relationship that there is.
fn parties(index: &Index, partner: &str, customer: &str) -> Option<(PartnerId, CustomerId)> {
    let (partner, customer) = (PartnerId::parse(partner).ok()?, CustomerId::parse(customer).ok()?);
    index.relationship(&partner, &customer)?;
    Some((partner, customer))
}
