//! `decisions`: a row for each recorded decision about an order, and for each outcome of an order.

use assent_proto::event::event::Payload;
use assent_proto::event::{OrderDecided, OrderOutcomeRecorded};

use super::common::{actor, short, told};
use super::{Cell, Column, Kind, Table, column};
use crate::disclosure::Item;
use crate::entry::Entry;

/// The table.
pub(crate) static DECISIONS: Table = Table { name: "decisions", columns: &COLUMNS };

static COLUMNS: [Column; 28] = [
    column("position", Kind::Number, "where the event stands in the log"),
    column("event_id", Kind::Text, "the event's id"),
    column("recorded_at", Kind::Instant, "when the ledger recorded it"),
    column("event", Kind::Text, "order_decided or order_outcome_recorded"),
    column("partner_id", Kind::Text, "who ordered"),
    column("customer_id", Kind::Text, "for whom"),
    column("reseller_id", Kind::Text, "the reseller that sold it"),
    column("order_ref", Kind::Text, "the caller's own name of the order"),
    column("transaction", Kind::Text, "what the order did"),
    column("channel", Kind::Text, "through which channel it was asked about"),
    column("product_family", Kind::Text, "of which product family"),
    column("effective_at", Kind::Instant, "the business instant that the decision is about"),
    column("decided_at_position", Kind::Number, "the last position of the log that the decision rests on"),
    column("policy_id", Kind::Text, "the policy"),
    column("policy_version", Kind::Number, "the policy's version"),
    column("decision", Kind::Text, "ALLOWED or DENIED"),
    column("reason_codes", Kind::Text, "why, one code after the other, with semicolons between"),
    column("rules", Kind::Text, "the rule behind each reason, in the same order"),
    column(
        "acceptance_ids",
        Kind::Text,
        "the acceptance that each reason rests on, in the same order; - where it rests on none",
    ),
    column("remediations", Kind::Text, "what would have allowed the order, with semicolons between"),
    column("valid_until", Kind::Instant, "when the answer may have changed by itself"),
    column("outcome", Kind::Text, "what became of the order"),
    column("occurred_at", Kind::Instant, "when that happened"),
    column("decision_position", Kind::Number, "the recorded decision that the order rested on"),
    column("actor", Kind::Text, "the acting user"),
    column("actor_role", Kind::Text, "the role that permitted it"),
    column(
        "employee",
        Kind::Text,
        "the employee behind a shared account: sealed, erased, or the name itself",
    ),
    column("request_id", Kind::Text, "the id of the request that it was sent with"),
];

/// The row of an event, if it is about an order.
pub(crate) fn decision(entry: &Entry, items: &[Item<'_>]) -> Option<Vec<Cell>> {
    let about = match entry.payload() {
        Payload::OrderDecided(it) => decided(it),
        Payload::OrderOutcomeRecorded(it) => outcome(it),
        _ => return None,
    };
    let mut row = Vec::with_capacity(COLUMNS.len());
    row.extend(told(entry));
    row.extend(about);
    row.extend(actor(&entry.event, items));
    Some(row)
}

fn decided(it: &OrderDecided) -> [Cell; 17] {
    let order = it.order.as_ref();
    let codes = it.reasons.iter().map(|it| short(it.code().as_str_name(), "REASON_CODE_"));
    let rules = it.reasons.iter().map(|it| it.rule.as_str());
    let acceptances = it.reasons.iter().map(|it| it.acceptance_id.as_deref().unwrap_or("-"));
    let remedies = it.remediations.iter().map(|it| short(it.action().as_str_name(), "REMEDIATION_ACTION_"));
    [
        Cell::optional(order.and_then(|it| it.order_ref.as_ref())),
        order
            .map_or(Cell::Empty, |it| Cell::text(short(it.transaction().as_str_name(), "TRANSACTION_KIND_"))),
        order.map_or(Cell::Empty, |it| Cell::text(short(it.channel().as_str_name(), "CHANNEL_"))),
        Cell::optional(order.and_then(|it| it.product_family.as_ref())),
        Cell::instant(it.effective_at.as_ref()),
        Cell::Number(it.decided_at_position),
        Cell::text(&it.policy_id),
        Cell::Number(it.policy_version.into()),
        Cell::text(short(it.decision().as_str_name(), "DECISION_")),
        joined(codes),
        joined(rules),
        joined(acceptances),
        joined(remedies),
        Cell::instant(it.valid_until.as_ref()),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
    ]
}

fn outcome(it: &OrderOutcomeRecorded) -> [Cell; 17] {
    let mut cells = [const { Cell::Empty }; 17];
    cells[0] = Cell::text(&it.order_ref);
    cells[1] = Cell::text(short(it.transaction().as_str_name(), "TRANSACTION_KIND_"));
    cells[3] = Cell::optional(it.product_family.as_ref());
    cells[14] = Cell::text(short(it.outcome().as_str_name(), "ORDER_OUTCOME_"));
    cells[15] = Cell::instant(it.occurred_at.as_ref());
    cells[16] = it.decision_position.map_or(Cell::Empty, Cell::Number);
    cells
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> Cell {
    Cell::text(parts.collect::<Vec<_>>().join(";"))
}
