//! An append as one text of several statements, with the values for all of them.

use sqlx::error::BoxDynError;
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Type};

use super::room::{room_for, rows_given, take_rows};
use crate::batch::{KeyRow, RequestKey, StoredEntry};
use crate::load::to_column;
use crate::plan::Plan;

/// The write lock, and the guard: where the log has another size, its commit has neither start nor size, which the table
/// refuses. The names of placeholders would mean the whole text: without any, each statement takes the values that come next.
const BEGIN: &str = "
    BEGIN IMMEDIATE;
    WITH guard AS (
        SELECT ? = COALESCE((SELECT size FROM commits ORDER BY start DESC LIMIT 1), 0) AS holds
    )
    INSERT INTO commits (start, size, root, at)
    SELECT CASE WHEN holds THEN ? END, CASE WHEN holds THEN ? END, ?, ?
    FROM guard;";

/// Left as it is where it exists: the trigger would refuse a plain insert.
const INSERT_DOCUMENT: &str = "
    INSERT INTO documents (sha256, media_type, content)
    SELECT ?, ?, ?
    WHERE NOT EXISTS (SELECT 1 FROM documents WHERE sha256 = ?)
    ON CONFLICT DO NOTHING;";

const INSERT_TILE: &str = "
    INSERT INTO tiles (level, idx, nodes)
    VALUES (?, ?, ?);";

/// Statements in their order, and their values.
#[derive(Default)]
pub(super) struct Script {
    text: String,
    values: SqliteArguments,
}

impl Script {
    /// Everything that a plan writes, from the beginning of the transaction to its end.
    pub(super) fn of(plan: &Plan) -> sqlx::Result<Self> {
        let mut script = Self::default();
        script.begin(plan)?;
        let (mut entries, mut requests, mut vault) = (&plan.entries[..], &plan.requests[..], &plan.vault[..]);
        loop {
            // One room for all tables: few texts, however the numbers of their rows differ.
            let room = match entries.len().max(requests.len()).max(vault.len()) {
                0 => break,
                rows => room_for(rows),
            };
            script.events(take_rows(&mut entries, room), room)?;
            script.requests(take_rows(&mut requests, room), room)?;
            script.vault(take_rows(&mut vault, room), room)?;
        }
        script.rest(plan)?;
        script.text.push_str("COMMIT");
        Ok(script)
    }

    /// It can be prepared once for each text: there are few, because rows come in few numbers.
    pub(super) fn query<'q>(self) -> Query<'q, sqlx::Sqlite, SqliteArguments> {
        sqlx::query_with(AssertSqlSafe(self.text), self.values)
    }

    fn begin(&mut self, plan: &Plan) -> sqlx::Result<()> {
        self.text.push_str(BEGIN);
        self.value(to_column(plan.start))?;
        self.value(to_column(plan.start))?;
        self.value(to_column(plan.head.size))?;
        self.value(&plan.head.root[..])?;
        self.value(plan.head.recorded_at)
    }

    fn events(&mut self, entries: &[StoredEntry], room: usize) -> sqlx::Result<()> {
        self.insert("events", &["position", "entry", "leaf_hash"], (entries, room), |values, stored| {
            values.add(to_column(stored.position))?;
            values.add(&stored.entry[..])?;
            values.add(&stored.leaf_hash[..])
        })
    }

    fn requests(&mut self, requests: &[(RequestKey, u64)], room: usize) -> sqlx::Result<()> {
        self.insert("requests", &["key", "position"], (requests, room), |values, (key, position)| {
            values.add(&key[..])?;
            values.add(to_column(*position))
        })
    }

    fn vault(&mut self, rows: &[KeyRow], room: usize) -> sqlx::Result<()> {
        let columns = [
            "id",
            "master_key_id",
            "wrapped_key",
            "email_index",
            "contact_fingerprint",
            "request_fingerprint",
        ];
        self.insert("vault", &columns, (rows, room), |values, row| {
            values.add(&row.id[..])?;
            values.add(row.master_key_id.as_ref().map(|id| &id[..]))?;
            values.add(row.wrapped_key.as_deref())?;
            values.add(row.email_index.as_deref())?;
            values.add(row.contact_fingerprint.as_deref())?;
            values.add(row.request_fingerprint.as_deref())
        })
    }

    /// What few appends write.
    fn rest(&mut self, plan: &Plan) -> sqlx::Result<()> {
        let mut erase = &plan.erase[..];
        while !erase.is_empty() {
            let room = room_for(erase.len());
            self.text.push_str(&format!("DELETE FROM vault WHERE id IN ({});", rows_given(room, 1)));
            self.values((take_rows(&mut erase, room), room), 1, |values, id| values.add(&id[..]))?;
        }
        for document in &plan.documents {
            self.text.push_str(INSERT_DOCUMENT);
            self.value(&document.sha256[..])?;
            self.value(&document.media_type)?;
            self.value(&document.content[..])?;
            self.value(&document.sha256[..])?;
        }
        for tile in &plan.tiles {
            self.text.push_str(INSERT_TILE);
            self.value(i64::from(tile.level))?;
            self.value(to_column(tile.index))?;
            self.value(tile.to_bytes())?;
        }
        Ok(())
    }

    fn insert<Row>(
        &mut self,
        table: &str,
        columns: &[&str],
        rows: (&[Row], usize),
        add: impl Fn(&mut SqliteArguments, &Row) -> Result<(), BoxDynError>,
    ) -> sqlx::Result<()> {
        if rows.0.is_empty() {
            return Ok(());
        }
        let given = rows_given(rows.1, columns.len());
        self.text.push_str(&format!("INSERT INTO {table} ({}) {given};", columns.join(", ")));
        self.values(rows, columns.len(), add)
    }

    /// The values of rows, and nothing for the room that they leave.
    fn values<Row>(
        &mut self,
        (rows, room): (&[Row], usize),
        columns: usize,
        add: impl Fn(&mut SqliteArguments, &Row) -> Result<(), BoxDynError>,
    ) -> sqlx::Result<()> {
        rows.iter().try_for_each(|row| add(&mut self.values, row)).map_err(sqlx::Error::Encode)?;
        (0..columns * (room - rows.len())).try_for_each(|_| self.value(None::<i64>))
    }

    fn value<'t, T: Encode<'t, sqlx::Sqlite> + Type<sqlx::Sqlite>>(&mut self, value: T) -> sqlx::Result<()> {
        self.values.add(value).map_err(sqlx::Error::Encode)
    }
}
