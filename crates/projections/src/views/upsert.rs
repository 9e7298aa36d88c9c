//! Rows as statements: of many values on SQLite; of one array for each column on PostgreSQL, where one text then serves
//! any number of rows.

use assent_domain::values::Position;
use assent_event_log::Dialect;

use super::Rows;

/// How many rows a statement writes on SQLite.
const STATEMENT_ROWS_MAX: usize = 128;

/// A value of a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Text(Option<&'a str>),
    Number(Option<i64>),
    Truth(bool),
    Bytes(Option<&'a [u8]>),
}

/// Rows for one table.
#[derive(Debug)]
pub(super) struct TableRows<'a> {
    table: &'static Table,
    /// Whether none of them can be there yet: then nothing has to be looked for.
    new: bool,
    rows: Vec<Vec<Value<'a>>>,
}

/// A statement with its values.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub(super) text: String,
    pub(super) values: Vec<Value<'a>>,
    /// Whether the same text comes again, so that it is worth preparing.
    pub(super) repeated: bool,
}

/// A column of many rows.
#[derive(Debug)]
pub(super) enum Column<'a> {
    Text(Vec<Option<&'a str>>),
    Number(Vec<Option<i64>>),
    Truth(Vec<bool>),
    Bytes(Vec<Option<&'a [u8]>>),
}

/// A table: the columns that tell rows apart, those that never change, and those that do.
#[derive(Debug)]
struct Table {
    name: &'static str,
    key: &'static [&'static str],
    fixed: &'static [&'static str],
    changing: &'static [&'static str],
}

static PARTNERS: Table = Table {
    name: "partners",
    key: &["partner_id"],
    fixed: &[],
    changing: &["program", "country", "status", "state"],
};
static CUSTOMERS: Table =
    Table { name: "customers", key: &["customer_id"], fixed: &[], changing: &["country", "cloud", "state"] };
static RELATIONSHIPS: Table = Table {
    name: "relationships",
    key: &["partner_id", "customer_id"],
    fixed: &[],
    changing: &["in_force", "revision", "state"],
};
static ACCEPTANCES: Table = Table {
    name: "acceptances",
    key: &["position"],
    fixed: &["partner_id", "customer_id", "agreement_id", "version", "method", "accepted_at", "confirmed_at"],
    changing: &["corrected_by", "voided_by"],
};
static OBLIGATIONS: Table = Table {
    name: "obligations",
    key: &["position"],
    fixed: &["partner_id", "customer_id", "agreement_id", "withdrawn_at"],
    changing: &["voided_by", "cancelled_by", "cancelled_at"],
};
static EVIDENCE: Table = Table {
    name: "evidence",
    key: &["position"],
    fixed: &["partner_id", "customer_id", "reseller_id", "agreement_id"],
    changing: &["state"],
};
static EVENTS: Table = Table {
    name: "event_index",
    key: &["position"],
    fixed: &["type", "partner_id", "customer_id", "reseller_id", "box_id"],
    changing: &[],
};

/// The rows of the events after `from`, by table; a table without any is left out. The fence sees to it that no row has a
/// later position yet.
pub(super) fn by_table(rows: &Rows, from: Position) -> Vec<TableRows<'_>> {
    use Value::{Bytes, Number, Text, Truth};
    let text = text_of;
    let number = |it: i64| Number(Some(it));
    let from = from.0 as i64;
    let mut all = Vec::new();
    PARTNERS.add(
        &rows.partners,
        |_| false,
        &mut all,
        |it| {
            vec![
                text(&it.id),
                Text(it.program),
                Text(it.country.as_deref()),
                Text(it.status),
                Bytes(Some(&it.state)),
            ]
        },
    );
    CUSTOMERS.add(
        &rows.customers,
        |_| false,
        &mut all,
        |it| vec![text(&it.id), Text(it.country.as_deref()), Text(it.cloud), Bytes(Some(&it.state))],
    );
    RELATIONSHIPS.add(
        &rows.relationships,
        |_| false,
        &mut all,
        |it| {
            vec![
                text(&it.partner),
                text(&it.customer),
                Truth(it.in_force),
                number(it.revision),
                Bytes(Some(&it.state)),
            ]
        },
    );
    ACCEPTANCES.add(
        &rows.acceptances,
        |it| it.position > from,
        &mut all,
        |it| {
            let names = [&it.partner, &it.customer, &it.agreement, &it.version].map(|it| text(it));
            let rest = [
                text(it.method),
                number(it.accepted_at),
                number(it.confirmed_at),
                Number(it.corrected_by),
                Number(it.voided_by),
            ];
            [number(it.position)].into_iter().chain(names).chain(rest).collect()
        },
    );
    OBLIGATIONS.add(
        &rows.obligations,
        |it| it.position > from,
        &mut all,
        |it| {
            let names = [&it.partner, &it.customer, &it.agreement].map(|it| text(it));
            let rest = [
                number(it.withdrawn_at),
                Number(it.voided_by),
                Number(it.cancelled_by),
                Number(it.cancelled_at),
            ];
            [number(it.position)].into_iter().chain(names).chain(rest).collect()
        },
    );
    EVIDENCE.add(
        &rows.evidence,
        |it| it.position > from,
        &mut all,
        |it| {
            let names = [&it.partner, &it.customer, &it.reseller, &it.agreement].map(|it| text(it));
            [number(it.position)].into_iter().chain(names).chain([text(it.state)]).collect()
        },
    );
    EVENTS.add(
        &rows.events,
        |it| it.position > from,
        &mut all,
        |it| {
            let names = [&it.partner, &it.customer, &it.reseller].map(|it| Text(it.as_deref()));
            let box_id = Bytes(it.box_id.as_deref());
            [number(it.position), text(it.kind)].into_iter().chain(names).chain([box_id]).collect()
        },
    );
    all
}

fn text_of(it: &str) -> Value<'_> {
    Value::Text(Some(it))
}

impl Table {
    fn add<'a, Row>(
        &'static self,
        rows: &'a [Row],
        is_new: impl Fn(&Row) -> bool,
        all: &mut Vec<TableRows<'a>>,
        values: impl Fn(&'a Row) -> Vec<Value<'a>>,
    ) {
        let (new, old): (Vec<_>, Vec<_>) = rows.iter().partition(|it| is_new(it));
        for (new, rows) in [(true, new), (false, old)] {
            if !rows.is_empty() {
                all.push(TableRows { table: self, new, rows: rows.into_iter().map(&values).collect() });
            }
        }
    }

    fn columns(&self) -> Vec<&'static str> {
        [self.key, self.fixed, self.changing].concat()
    }

    /// `INSERT ... <rows>` into the table whose name begins with `prefix`; `ON CONFLICT ...`, unless they are new.
    fn text(&self, prefix: &str, rows: &str, new: bool) -> String {
        let Self { name, key, changing, .. } = self;
        let changes: Vec<String> = changing.iter().map(|it| format!("{it} = excluded.{it}")).collect();
        let otherwise = match changes.is_empty() {
            true => "DO NOTHING".to_owned(),
            false => format!("DO UPDATE SET {}", changes.join(", ")),
        };
        let (columns, key) = (self.columns().join(", "), key.join(", "));
        let insert = format!("INSERT INTO {prefix}{name} ({columns}) {rows}");
        if new { insert } else { format!("{insert} ON CONFLICT ({key}) {otherwise}") }
    }
}

impl<'a> TableRows<'a> {
    /// Statements of many values, as many as it takes.
    pub(super) fn statements(&self) -> impl Iterator<Item = Statement<'a>> {
        let columns = self.table.columns().len();
        self.rows.chunks(STATEMENT_ROWS_MAX).map(move |chunk| {
            let row = |row: usize| format!("({})", Dialect::Sqlite.placeholders(row * columns, columns));
            let rows: Vec<String> = (0..chunk.len()).map(row).collect();
            Statement {
                text: self.table.text("", &format!("VALUES {}", rows.join(", ")), self.new),
                values: chunk.iter().flatten().copied().collect(),
                repeated: chunk.len() == STATEMENT_ROWS_MAX || chunk.len() == 1,
            }
        })
    }

    /// One statement with an array for each column.
    pub(super) fn arrays(&self, prefix: &str) -> (String, Vec<Column<'a>>) {
        let columns: Vec<Column<'a>> =
            (0..self.table.columns().len()).map(|at| Column::of(self.rows.iter().map(|it| it[at]))).collect();
        let arrays =
            columns.iter().enumerate().map(|(at, column)| format!("${}::{}[]", at + 1, column.type_name()));
        let rows = format!("SELECT * FROM unnest({})", arrays.collect::<Vec<_>>().join(", "));
        (self.table.text(prefix, &rows, self.new), columns)
    }
}

impl<'a> Column<'a> {
    /// A column holds values of one kind: what another kind would have in it is left out.
    fn of(values: impl Iterator<Item = Value<'a>> + Clone) -> Self {
        match values.clone().next() {
            Some(Value::Text(_)) | None => Self::Text(
                values.filter_map(|it| if let Value::Text(it) = it { Some(it) } else { None }).collect(),
            ),
            Some(Value::Number(_)) => Self::Number(
                values.filter_map(|it| if let Value::Number(it) = it { Some(it) } else { None }).collect(),
            ),
            Some(Value::Truth(_)) => Self::Truth(
                values.filter_map(|it| if let Value::Truth(it) = it { Some(it) } else { None }).collect(),
            ),
            Some(Value::Bytes(_)) => Self::Bytes(
                values.filter_map(|it| if let Value::Bytes(it) = it { Some(it) } else { None }).collect(),
            ),
        }
    }

    const fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "TEXT",
            Self::Number(_) => "BIGINT",
            Self::Truth(_) => "BOOLEAN",
            Self::Bytes(_) => "BYTEA",
        }
    }
}
