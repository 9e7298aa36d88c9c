//! Rows as statements, the same for both databases.

use super::Rows;

/// How many rows a statement writes.
const STATEMENT_ROWS_MAX: usize = 128;

/// A value of a column.
#[derive(Debug)]
pub(super) enum Value<'a> {
    Text(Option<&'a str>),
    Number(Option<i64>),
    Truth(bool),
    Bytes(&'a [u8]),
}

/// A statement with its values.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub(super) text: String,
    pub(super) values: Vec<Value<'a>>,
    /// Whether the same text comes again, so that it is worth preparing.
    pub(super) repeated: bool,
}

/// A table: the columns that tell rows apart, those that never change, and those that do.
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    fixed: &'static [&'static str],
    changing: &'static [&'static str],
}

const PARTNERS: Table = Table {
    name: "partners",
    key: &["partner_id"],
    fixed: &[],
    changing: &["program", "country", "status", "state"],
};
const CUSTOMERS: Table =
    Table { name: "customers", key: &["customer_id"], fixed: &[], changing: &["country", "cloud", "state"] };
const RELATIONSHIPS: Table = Table {
    name: "relationships",
    key: &["partner_id", "customer_id"],
    fixed: &[],
    changing: &["in_force", "revision", "state"],
};
const ACCEPTANCES: Table = Table {
    name: "acceptances",
    key: &["position"],
    fixed: &["partner_id", "customer_id", "agreement_id", "version", "method", "accepted_at", "confirmed_at"],
    changing: &["corrected_by", "voided_by"],
};
const OBLIGATIONS: Table = Table {
    name: "obligations",
    key: &["position"],
    fixed: &["partner_id", "customer_id", "agreement_id", "withdrawn_at"],
    changing: &["voided_by", "cancelled_by", "cancelled_at"],
};
const EVIDENCE: Table = Table {
    name: "evidence",
    key: &["position"],
    fixed: &["partner_id", "customer_id", "reseller_id", "agreement_id"],
    changing: &["state"],
};
const EVENTS: Table = Table {
    name: "event_index",
    key: &["position"],
    fixed: &["type", "partner_id", "customer_id", "reseller_id"],
    changing: &[],
};

/// The statements that write these rows into tables whose names begin with `prefix`.
pub(super) fn statements<'a>(rows: &'a Rows, prefix: &str) -> Vec<Statement<'a>> {
    use Value::{Bytes, Number, Text, Truth};
    let text = |it: &'a str| Text(Some(it));
    let number = |it: i64| Number(Some(it));
    let mut all = Vec::new();
    PARTNERS.upsert(prefix, &rows.partners, &mut all, |it| {
        vec![text(&it.id), Text(it.program), Text(it.country.as_deref()), Text(it.status), Bytes(&it.state)]
    });
    CUSTOMERS.upsert(prefix, &rows.customers, &mut all, |it| {
        vec![text(&it.id), Text(it.country.as_deref()), Text(it.cloud), Bytes(&it.state)]
    });
    RELATIONSHIPS.upsert(prefix, &rows.relationships, &mut all, |it| {
        vec![text(&it.partner), text(&it.customer), Truth(it.in_force), number(it.revision), Bytes(&it.state)]
    });
    ACCEPTANCES.upsert(prefix, &rows.acceptances, &mut all, |it| {
        let names = [&it.partner, &it.customer, &it.agreement, &it.version].map(|it| text(it));
        let rest = [
            text(it.method),
            number(it.accepted_at),
            number(it.confirmed_at),
            Number(it.corrected_by),
            Number(it.voided_by),
        ];
        [number(it.position)].into_iter().chain(names).chain(rest).collect()
    });
    OBLIGATIONS.upsert(prefix, &rows.obligations, &mut all, |it| {
        let names = [&it.partner, &it.customer, &it.agreement].map(|it| text(it));
        let rest =
            [number(it.withdrawn_at), Number(it.voided_by), Number(it.cancelled_by), Number(it.cancelled_at)];
        [number(it.position)].into_iter().chain(names).chain(rest).collect()
    });
    EVIDENCE.upsert(prefix, &rows.evidence, &mut all, |it| {
        let names = [&it.partner, &it.customer, &it.reseller, &it.agreement].map(|it| text(it));
        [number(it.position)].into_iter().chain(names).chain([text(it.state)]).collect()
    });
    EVENTS.upsert(prefix, &rows.events, &mut all, |it| {
        let names = [&it.partner, &it.customer, &it.reseller].map(|it| Text(it.as_deref()));
        [number(it.position), text(it.kind)].into_iter().chain(names).collect()
    });
    all
}

impl Table {
    fn upsert<'a, Row>(
        &self,
        prefix: &str,
        rows: &'a [Row],
        all: &mut Vec<Statement<'a>>,
        values: impl Fn(&'a Row) -> Vec<Value<'a>>,
    ) {
        for chunk in rows.chunks(STATEMENT_ROWS_MAX) {
            let text = self.text(prefix, chunk.len());
            let values = chunk.iter().flat_map(&values).collect();
            all.push(Statement {
                text,
                values,
                repeated: chunk.len() == STATEMENT_ROWS_MAX || chunk.len() == 1,
            });
        }
    }

    fn text(&self, prefix: &str, rows: usize) -> String {
        let Self { name, key, fixed, changing } = self;
        let columns: Vec<&str> = [*key, *fixed, *changing].concat();
        let row = |row: usize| {
            let numbers = (1..=columns.len()).map(|column| format!("${}", row * columns.len() + column));
            format!("({})", numbers.collect::<Vec<_>>().join(", "))
        };
        let values: Vec<String> = (0..rows).map(row).collect();
        let changes: Vec<String> = changing.iter().map(|it| format!("{it} = excluded.{it}")).collect();
        let otherwise = match changes.is_empty() {
            true => "DO NOTHING".to_owned(),
            false => format!("DO UPDATE SET {}", changes.join(", ")),
        };
        format!(
            "INSERT INTO {prefix}{name} ({}) VALUES {} ON CONFLICT ({}) {otherwise}",
            columns.join(", "),
            values.join(", "),
            key.join(", ")
        )
    }
}
