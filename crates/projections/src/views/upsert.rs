//! Rows as statements: of many values on SQLite; of one array for each column on PostgreSQL, where one text then serves
//! any number of rows.

use assent_domain::values::Position;
use assent_event_log::{room_for, rows_given, take_rows};

use super::Rows;
use super::rows::AcceptanceRow;
use super::tables::{
    ACCEPTANCES, CUSTOMERS, EVENTS, EVIDENCE, OBLIGATIONS, PARTNERS, RELATIONSHIPS, Table, Way,
};

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
    way: Way,
    rows: Vec<Vec<Value<'a>>>,
}

/// A statement with its values.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub(super) text: String,
    pub(super) values: Vec<Value<'a>>,
}

/// A column of many rows.
#[derive(Debug)]
pub(super) enum Column<'a> {
    Text(Vec<Option<&'a str>>),
    Number(Vec<Option<i64>>),
    Truth(Vec<bool>),
    Bytes(Vec<Option<&'a [u8]>>),
}

/// The rows of the events after `from`, by table; a table without any is left out. The fence sees to it that no row has a
/// later position yet.
pub(super) fn by_table(rows: &Rows, from: Position) -> Vec<TableRows<'_>> {
    use Value::{Bytes, Number, Text, Truth};
    let text = text_of;
    let number = |it: i64| Number(Some(it));
    let mut all = Vec::new();
    PARTNERS.add(
        &rows.partners,
        |_| Way::Either,
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
    let of_state = |knows: bool| if knows { Way::Either } else { Way::EitherUnchained };
    CUSTOMERS.add(
        &rows.customers,
        |it| of_state(it.mentioned.is_some()),
        &mut all,
        |it| {
            vec![
                text(&it.id),
                number(it.mentioned.unwrap_or_default()),
                Text(it.country.as_deref()),
                Text(it.cloud),
                Bytes(Some(&it.state)),
            ]
        },
    );
    RELATIONSHIPS.add(
        &rows.relationships,
        |it| of_state(it.position.is_some()),
        &mut all,
        |it| {
            vec![
                text(&it.partner),
                text(&it.customer),
                number(it.position.unwrap_or_default()),
                number(it.revision),
                Truth(it.in_force),
                Bytes(Some(&it.state)),
            ]
        },
    );
    let of_record = |position: i64| if position > from.0 as i64 { Way::Insert } else { Way::Change };
    ACCEPTANCES.add(&rows.acceptances, |it| of_record(it.position), &mut all, acceptance);
    OBLIGATIONS.add(
        &rows.obligations,
        |it| of_record(it.position),
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
        |it| of_record(it.position),
        &mut all,
        |it| {
            let names = [&it.partner, &it.customer, &it.reseller, &it.agreement].map(|it| text(it));
            [number(it.position)].into_iter().chain(names).chain([text(it.state)]).collect()
        },
    );
    EVENTS.add(
        &rows.events,
        |it| of_record(it.position),
        &mut all,
        |it| {
            let names = [&it.partner, &it.customer, &it.reseller].map(|it| Text(it.as_deref()));
            let box_id = Bytes(it.box_id.as_ref().map(|it| &it[..]));
            [number(it.position), text(it.kind)].into_iter().chain(names).chain([box_id]).collect()
        },
    );
    all
}

/// Where the row is there already, what only its event says is not given, and not written.
fn acceptance(it: &AcceptanceRow) -> Vec<Value<'_>> {
    let number = |it: i64| Value::Number(Some(it));
    let event = it.event.as_ref();
    vec![
        number(it.position),
        Value::Text(event.map(|it| it.kind)),
        text_of(&it.partner),
        text_of(&it.customer),
        Value::Text(event.and_then(|it| it.reseller.as_deref())),
        text_of(&it.agreement),
        text_of(&it.version),
        text_of(it.method),
        number(it.recorded_at),
        number(it.accepted_at),
        number(it.confirmed_at),
        Value::Truth(it.backfilled),
        Value::Bytes(event.and_then(|it| it.box_id.as_ref()).map(|it| &it[..])),
        Value::Number(it.corrected_by),
        Value::Number(it.voided_by),
    ]
}

fn text_of(it: &str) -> Value<'_> {
    Value::Text(Some(it))
}

impl Table {
    fn add<'a, Row>(
        &'static self,
        rows: &'a [Row],
        way_of: impl Fn(&Row) -> Way,
        all: &mut Vec<TableRows<'a>>,
        values: impl Fn(&'a Row) -> Vec<Value<'a>>,
    ) {
        for way in [Way::Insert, Way::Change, Way::Either, Way::EitherUnchained] {
            let written = rows.iter().filter(|it| way_of(it) == way);
            let rows: Vec<_> = written.map(|it| self.written(way, values(it))).collect();
            if !rows.is_empty() {
                all.push(TableRows { table: self, way, rows });
            }
        }
    }
}

impl<'a> TableRows<'a> {
    /// Statements of many values, as many as it takes.
    pub(super) fn statements(&self) -> impl Iterator<Item = Statement<'a>> {
        let columns = self.table.columns(self.way).len();
        let mut rest = &self.rows[..];
        std::iter::from_fn(move || {
            let room = (!rest.is_empty()).then(|| room_for(rest.len()))?;
            let these = take_rows(&mut rest, room);
            let nothing = std::iter::repeat_n(Value::Number(None), (room - these.len()) * columns);
            Some(Statement {
                text: self.table.text("", &rows_given(room, columns), self.way),
                values: these.iter().flatten().copied().chain(nothing).collect(),
            })
        })
    }

    /// One statement with an array for each column.
    pub(super) fn arrays(&self, prefix: &str) -> (String, Vec<Column<'a>>) {
        let count = self.table.columns(self.way).len();
        let columns: Vec<Column<'a>> =
            (0..count).map(|at| Column::of(self.rows.iter().map(|it| it[at]))).collect();
        let arrays =
            columns.iter().enumerate().map(|(at, column)| format!("${}::{}[]", at + 1, column.type_name()));
        let rows = format!("SELECT * FROM unnest({})", arrays.collect::<Vec<_>>().join(", "));
        (self.table.text(prefix, &rows, self.way), columns)
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
