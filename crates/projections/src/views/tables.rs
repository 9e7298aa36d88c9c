//! The tables and their columns, and the statements by which rows come into them.

/// How rows come into a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// None of them can be there yet: nothing has to be looked for.
    Insert,
    /// All of them are there: what changes is written.
    Change,
    /// Some may be there.
    Either,
    /// The same, but of those that are there only what changes is written, and not where their streams and chains stand.
    EitherUnchained,
}

/// A table: the columns that tell rows apart, those that never change, those that say where streams and chains stand, and
/// those that change with whatever is written.
#[derive(Debug)]
pub(crate) struct Table {
    pub(super) name: &'static str,
    key: &'static [&'static str],
    fixed: &'static [&'static str],
    chained: &'static [&'static str],
    changing: &'static [&'static str],
}

pub(super) static PARTNERS: Table = Table {
    name: "partners",
    key: &["partner_id"],
    fixed: &[],
    chained: &[],
    changing: &["program", "country", "status", "state"],
};
pub(super) static CUSTOMERS: Table = Table {
    name: "customers",
    key: &["customer_id"],
    fixed: &[],
    chained: &["mentioned"],
    changing: &["country", "cloud", "state"],
};
pub(super) static RELATIONSHIPS: Table = Table {
    name: "relationships",
    key: &["partner_id", "customer_id"],
    fixed: &[],
    chained: &["position", "revision"],
    changing: &["in_force", "state"],
};
pub(super) static ACCEPTANCES: Table = Table {
    name: "acceptances",
    key: &["position"],
    fixed: &[
        "type",
        "partner_id",
        "customer_id",
        "reseller_id",
        "agreement_id",
        "version",
        "method",
        "recorded_at",
        "accepted_at",
        "confirmed_at",
        "backfilled",
        "box_id",
    ],
    chained: &[],
    changing: &["corrected_by", "voided_by"],
};
pub(super) static OBLIGATIONS: Table = Table {
    name: "obligations",
    key: &["position"],
    fixed: &["partner_id", "customer_id", "agreement_id", "withdrawn_at"],
    chained: &[],
    changing: &["voided_by", "cancelled_by", "cancelled_at"],
};
pub(super) static EVIDENCE: Table = Table {
    name: "evidence",
    key: &["position"],
    fixed: &["partner_id", "customer_id", "reseller_id", "agreement_id"],
    chained: &[],
    changing: &["state"],
};
pub(super) static EVENTS: Table = Table {
    name: "event_index",
    key: &["position"],
    fixed: &["type", "partner_id", "customer_id", "reseller_id", "box_id"],
    chained: &[],
    changing: &[],
};

/// Every table of rows, in the order of [`super::TABLES`].
pub(crate) static ALL: [&Table; 7] =
    [&PARTNERS, &CUSTOMERS, &RELATIONSHIPS, &ACCEPTANCES, &OBLIGATIONS, &EVIDENCE, &EVENTS];

impl Table {
    /// A statement that counts the rows in a SQLite schema that another one has otherwise, or not at all. Each is looked up by its
    /// key: nothing is sorted or kept for it.
    pub(crate) fn count_of_others(&self, schema: &str, other: &str) -> String {
        let name = self.name;
        let (key, rest) = (self.key.iter(), [self.fixed, self.chained, self.changing].concat());
        let key = key.map(|it| format!("two.{it} = one.{it}"));
        let same = key.chain(rest.iter().map(|it| format!("two.{it} IS one.{it}"))).collect::<Vec<_>>();
        let same = same.join(" AND ");
        format!(
            "SELECT COUNT(*) FROM {schema}.{name} AS one
             WHERE NOT EXISTS (SELECT 1 FROM {other}.{name} AS two WHERE {same})"
        )
    }

    /// Of all values of a row those that are written.
    pub(super) fn written<V>(&self, way: Way, mut values: Vec<V>) -> Vec<V> {
        if way == Way::Change {
            values.drain(self.key.len()..self.key.len() + self.fixed.len() + self.chained.len());
        }
        values
    }

    pub(super) fn columns(&self, way: Way) -> Vec<&'static str> {
        match way {
            Way::Insert | Way::Either | Way::EitherUnchained => {
                [self.key, self.fixed, self.chained, self.changing].concat()
            }
            Way::Change => [self.key, self.changing].concat(),
        }
    }

    /// A statement that writes `<rows>` into the table whose name begins with `prefix`.
    pub(super) fn text(&self, prefix: &str, rows: &str, way: Way) -> String {
        let Self { name, key, fixed: _, chained, changing } = self;
        let columns = self.columns(way).join(", ");
        let insert = format!("INSERT INTO {prefix}{name} ({columns}) {rows}");
        let changes_to = |new: &str| {
            let chained = if way == Way::Either { *chained } else { &[] };
            let changes = chained.iter().chain(*changing).map(|it| format!("{it} = {new}.{it}"));
            changes.collect::<Vec<_>>().join(", ")
        };
        match way {
            Way::Insert => insert,
            Way::Either | Way::EitherUnchained => {
                format!("{insert} ON CONFLICT ({}) DO UPDATE SET {}", key.join(", "), changes_to("excluded"))
            }
            Way::Change => {
                let same: Vec<String> = key.iter().map(|it| format!("old.{it} = new.{it}")).collect();
                let (changes, same) = (changes_to("new"), same.join(" AND "));
                format!(
                    "WITH new ({columns}) AS ({rows}) UPDATE {prefix}{name} AS old SET {changes} FROM new WHERE {same}"
                )
            }
        }
    }
}
