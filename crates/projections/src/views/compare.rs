//! Every row held against a fold of the log.

use assent_domain::Facts;
use assent_domain::values::{CustomerId, PartnerId, Position};
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

/// A number for each of [`TABLES`].
type Counts = [usize; TABLES.len()];

/// How many rows of each table there should be.
fn expected_counts(index: &Index) -> Counts {
    let mut counts = [index.partners().count(), index.customers().count(), 0, 0, 0, 0, 0];
    for (_, _, relationship) in index.relationships() {
        counts[2] += 1;
        counts[3] += relationship.acceptances.len();
        counts[4] += relationship.withdrawals().len();
        counts[5] += relationship.evidence().len();
    }
    counts[6] = usize::try_from(index.ledger().applied.0).unwrap_or(usize::MAX);
    counts
}

/// The position of the first event whose row of `event_index` is not what it says, among these rows.
pub(super) fn event_that_differs(events: &[Understood], count: usize, lines: &str) -> Option<u64> {
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
    events.get(same).or(events.last()).map(|it| it.stored.position)
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
        ("customers", [id, ..]) => {
            let id = CustomerId::parse(id).ok()?;
            index.customer(&id)?;
            let CustomerRow { id, country, cloud, state } = CustomerRow::of(index, &id);
            line.first(id).optional(country).optional(cloud).bytes(&state);
        }
        ("relationships", [partner, customer, ..]) => {
            let (partner, customer) = parties(index, partner, customer)?;
            let RelationshipRow { partner, customer, in_force, revision, state } =
                RelationshipRow::of(index, &partner, &customer);
            line.first(partner).value(customer).value(u8::from(in_force)).value(revision).bytes(&state);
        }
        (_, [position, partner, customer]) => {
            let (partner, customer) = parties(index, partner, customer)?;
            let mut rows = Rows::default();
            rows.add_record(index, Position(position.parse().ok()?), &partner, &customer);
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
    line.optional_bytes(box_id.as_deref());
}

fn write_acceptance(line: &mut Line, row: AcceptanceRow) {
    let AcceptanceRow { position, partner, customer, agreement, version, method, .. } = row;
    line.first(position).value(partner).value(customer).value(agreement).value(version).value(method);
    let AcceptanceRow { accepted_at, confirmed_at, corrected_by, voided_by, .. } = row;
    line.value(accepted_at).value(confirmed_at).optional(corrected_by).optional(voided_by);
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
