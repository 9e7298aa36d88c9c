//! Reading the snapshot: every row and the position, in one transaction.

use assent_domain::evolve;
use assent_domain::values::Position;
use assent_event_log::{EventLog, ReadError, StoredEntry, on_database};
use assent_index::Index;
use futures::TryStreamExt;
use prost::Message as _;
use sqlx::Row as _;

use super::restore::{
    AcceptanceColumns, AgreementPlaces, acceptance, customer, mention_acceptances, partner, relationship,
};
use super::{EDITION, NAME, Views, ViewsError};
use crate::decode::{DecodeError, decode};
use crate::prefix::Prefix;
use crate::start::StartError;
use crate::state::LedgerState;

const SNAPSHOT: &str = "
    SELECT position, leaf_hash, state
    FROM @projections
    WHERE name = $1 AND edition = $2 AND ledger = $3 AND position > 0";

/// The columns of [`SNAPSHOT`].
type OwnRow = (i64, Vec<u8>, Vec<u8>);

const CUSTOMER_COUNT: &str = "SELECT COUNT(*) FROM @customers";

const PARTNERS: &str = "
    SELECT partner_id, state
    FROM @partners";

const CUSTOMERS: &str = "
    SELECT customer_id, mentioned, state
    FROM @customers";

const RELATIONSHIPS: &str = "
    SELECT partner_id, customer_id, position, revision, state
    FROM @relationships";

/// In the order in which they were recorded.
const ACCEPTANCES: &str = "
    SELECT position, partner_id, customer_id, agreement_id, version, method, recorded_at, accepted_at, confirmed_at,
           backfilled, corrected_by, voided_by
    FROM @acceptances
    ORDER BY position";

/// Restores each row that a statement gives; ends with none where one is no row of this edition.
macro_rules! restore_each {
    ($views:expr, $snapshot:expr, $statement:expr, |$row:ident: $columns:ty| $restored:expr) => {{
        let mut rows = sqlx::query_as::<_, $columns>($views.text($statement)).fetch(&mut *$snapshot);
        while let Some($row) = rows.try_next().await.map_err(failed)? {
            if $restored.is_none() {
                return Ok(None);
            }
        }
    }};
}

/// The columns of [`ACCEPTANCES`].
macro_rules! acceptance_columns {
    ($row:expr) => {
        AcceptanceColumns {
            position: $row.try_get(0).map_err(failed)?,
            partner: $row.try_get(1).map_err(failed)?,
            customer: $row.try_get(2).map_err(failed)?,
            agreement: $row.try_get(3).map_err(failed)?,
            version: $row.try_get(4).map_err(failed)?,
            method: $row.try_get(5).map_err(failed)?,
            recorded_at: $row.try_get(6).map_err(failed)?,
            accepted_at: $row.try_get(7).map_err(failed)?,
            confirmed_at: $row.try_get(8).map_err(failed)?,
            backfilled: $row.try_get(9).map_err(failed)?,
            corrected_by: $row.try_get(10).map_err(failed)?,
            voided_by: $row.try_get(11).map_err(failed)?,
        }
    };
}

impl Views {
    /// Where the read models are, so far as they are rows of this edition and of this log.
    pub(crate) async fn standing(
        &self,
        log: &EventLog,
        ledger: &[u8],
    ) -> Result<Option<Position>, StartError> {
        let row: sqlx::Result<Option<OwnRow>> = on_database!(&self.database, readers => {
            let row = sqlx::query_as(self.text(SNAPSHOT)).bind(NAME).bind(EDITION).bind(ledger);
            row.fetch_optional(readers).await
        });
        let Some((position, leaf_hash, _)) = row.map_err(failed)? else { return Ok(None) };
        let position = Position(position as u64);
        Ok(last_entry(log, position, &leaf_hash).await?.map(|_| position))
    }

    /// Reads every row into an index. None where there is no snapshot of this edition and
    /// this ledger, where the log does not have the very event that the rows were last written at, or where a row is no
    /// state of this edition: then the log is folded instead.
    pub(crate) async fn load(&self, log: &EventLog, ledger: &[u8]) -> Result<Option<Prefix>, StartError> {
        let mut index = Index::default();
        on_database!(&self.database, writer => {
            // Nobody cancels a start, and no statement of it is too long: the writer's connections have no limits.
            let mut snapshot = writer.begin_with(self.database.begin_snapshot()).await.map_err(failed)?;
            let row: Option<OwnRow> = sqlx::query_as(self.text(SNAPSHOT))
                .bind(NAME)
                .bind(EDITION)
                .bind(ledger)
                .fetch_optional(&mut *snapshot)
                .await
                .map_err(failed)?;
            let Some((position, leaf_hash, state)) = row else { return Ok(None) };
            let position = Position(position as u64);
            let Some(last) = last_entry(log, position, &leaf_hash).await? else { return Ok(None) };
            let Ok(state) = LedgerState::decode(state.as_slice()) else { return Ok(None) };
            catalogue(log, &state.catalogue_events, &mut index).await?;
            let customers = sqlx::query_scalar(self.text(CUSTOMER_COUNT)).fetch_one(&mut *snapshot).await;
            let customers: i64 = customers.map_err(failed)?;
            index.reserve(customers as usize);
            restore_each!(self, snapshot, PARTNERS, |row: (String, Vec<u8>)| partner(&mut index, &row));
            restore_each!(self, snapshot, CUSTOMERS, |row: (String, i64, Vec<u8>)| customer(&mut index, &row));
            restore_each!(self, snapshot, RELATIONSHIPS, |row: (String, String, i64, i64, Vec<u8>)| {
                relationship(&mut index, &row)
            });
            let mut places = AgreementPlaces::default();
            let mut rows = sqlx::query(self.text(ACCEPTANCES)).fetch(&mut *snapshot);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                // By place, and its texts where they lie: there are as many as there are acceptances.
                let row = acceptance_columns!(row);
                if acceptance(&mut index, &mut places, &row).is_none() {
                    return Ok(None);
                }
            }
            drop(rows);
            mention_acceptances(&mut index);
            snapshot.commit().await.map_err(failed)?;
            let restored = state.restore_into(&mut index, position);
            let (leaf_hash, catalogue_events) = (last.leaf_hash, state.catalogue_events);
            Ok(restored.map(|()| Prefix { index, leaf_hash, catalogue_events }))
        })
    }
}

/// The entry that rows were last written at. Rows of another event, or ahead of the log, are of a log that was restored from a
/// backup, or of a primary that has lost what it had shown: they say what never was.
async fn last_entry(
    log: &EventLog,
    position: Position,
    leaf_hash: &[u8],
) -> Result<Option<StoredEntry>, ReadError> {
    if position.0 > log.head().size {
        return Ok(None);
    }
    Ok(log.entry(position.0).await?.filter(|it| it.leaf_hash[..] == *leaf_hash))
}

fn failed(source: sqlx::Error) -> StartError {
    ViewsError::Read { what: "the snapshot", source }.into()
}

/// Catalogue and policies are few events: they are folded again, from the log.
pub(crate) async fn catalogue(
    log: &EventLog,
    positions: &[u64],
    index: &mut Index,
) -> Result<(), DecodeError> {
    for position in positions {
        let entries = log.read(*position, *position, 1).await?;
        for event in decode(log, &entries).await? {
            evolve(index, &event.recorded);
        }
    }
    Ok(())
}
