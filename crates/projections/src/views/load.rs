//! Reading the snapshot: every row and the position, in one transaction.

use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{FactsMut, evolve};
use assent_event_log::{EventLog, on_database};
use assent_index::Index;
use futures::TryStreamExt;
use prost::Message as _;

use super::{EDITION, NAME, Views, ViewsError};
use crate::decode::{DecodeError, decode};
use crate::shared::Pending;
use crate::start::StartError;
use crate::state::{CustomerState, LedgerState, PartnerState, RelationshipState};

const SNAPSHOT: &str = "
    SELECT position, leaf_hash, state
    FROM @projections
    WHERE name = $1 AND edition = $2 AND ledger = $3 AND position > 0";

impl Views {
    /// Reads every row into an index, of which nothing is pending. None where there is no snapshot of this edition and
    /// this ledger, where the log does not have the very event that the rows were last written at, or where a row is no
    /// state of this edition: then the log is folded instead.
    pub(crate) async fn load(
        &self,
        log: &EventLog,
        ledger: &[u8],
    ) -> Result<Option<(Index, Pending)>, StartError> {
        let failed = |source| StartError::from(ViewsError::Read { what: "the snapshot", source });
        let mut index = Index::default();
        on_database!(&self.database, writer => {
            // Nobody cancels a start, and no statement of it is too long: the writer's connections have no limits.
            let mut snapshot = writer.begin_with(self.database.begin_snapshot()).await.map_err(failed)?;
            let row: Option<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(self.text(SNAPSHOT))
                .bind(NAME)
                .bind(EDITION)
                .bind(ledger)
                .fetch_optional(&mut *snapshot)
                .await
                .map_err(failed)?;
            let Some((position, leaf_hash, state)) = row else { return Ok(None) };
            let position = Position(position as u64);
            // Read models of another event, or ahead of the log, are of a log that was restored from a backup, or of a
            // primary that has lost what it had shown: they say what never was.
            let last = log.entry(position.0).await?.filter(|_| position.0 <= log.head().size);
            let Some(last) = last.filter(|it| it.leaf_hash[..] == leaf_hash) else { return Ok(None) };
            let Ok(state) = LedgerState::decode(state.as_slice()) else { return Ok(None) };
            catalogue(log, &state.catalogue_events, &mut index).await?;

            let statement = self.text("SELECT COUNT(*) FROM @customers");
            let customers: i64 =
                sqlx::query_scalar(statement).fetch_one(&mut *snapshot).await.map_err(failed)?;
            index.reserve(customers as usize);

            let statement = self.text("SELECT partner_id, state FROM @partners");
            let mut rows = sqlx::query_as::<_, (String, Vec<u8>)>(statement).fetch(&mut *snapshot);
            while let Some((id, state)) = rows.try_next().await.map_err(failed)? {
                if partner(&mut index, &id, &state).is_none() {
                    return Ok(None);
                }
            }
            drop(rows);

            let statement = self.text("SELECT customer_id, state FROM @customers");
            let mut rows = sqlx::query_as::<_, (String, Vec<u8>)>(statement).fetch(&mut *snapshot);
            while let Some((id, state)) = rows.try_next().await.map_err(failed)? {
                if customer(&mut index, &id, &state).is_none() {
                    return Ok(None);
                }
            }
            drop(rows);

            let statement = self.text("SELECT partner_id, customer_id, state FROM @relationships");
            let mut rows = sqlx::query_as::<_, (String, String, Vec<u8>)>(statement).fetch(&mut *snapshot);
            while let Some((partner, customer, state)) = rows.try_next().await.map_err(failed)? {
                if relationship(&mut index, &partner, &customer, &state).is_none() {
                    return Ok(None);
                }
            }
            drop(rows);
            snapshot.commit().await.map_err(failed)?;
            let catalogue_events = state.catalogue_events.clone();
            let pending = Pending { leaf_hash: last.leaf_hash, catalogue_events, events: Vec::new() };
            let restored = state.restore_into(&mut index, position);
            Ok(restored.is_some().then_some((index, pending)))
        })
    }
}

/// Catalogue and policies are few events: they are folded again, from the log.
async fn catalogue(log: &EventLog, positions: &[u64], index: &mut Index) -> Result<(), DecodeError> {
    for position in positions {
        let entries = log.read(*position, *position, 1).await?;
        for event in decode(log, &entries).await? {
            evolve(index, &event.recorded);
        }
    }
    Ok(())
}

fn partner(index: &mut Index, id: &str, state: &[u8]) -> Option<()> {
    let partner = PartnerState::decode(state).ok()?.restore()?;
    let id = PartnerId::parse(id).ok()?;
    let domains = partner.facts.as_ref().map(|it| it.current().email_domains.clone()).unwrap_or_default();
    *index.partner_mut(&id) = partner;
    index.set_domains(&id, &[], &domains);
    Some(())
}

fn customer(index: &mut Index, id: &str, state: &[u8]) -> Option<()> {
    *index.customer_mut(&CustomerId::parse(id).ok()?) = CustomerState::decode(state).ok()?.restore()?;
    Some(())
}

fn relationship(index: &mut Index, partner: &str, customer: &str, state: &[u8]) -> Option<()> {
    let (partner, customer) = (PartnerId::parse(partner).ok()?, CustomerId::parse(customer).ok()?);
    *index.relationship_mut(&partner, &customer) = RelationshipState::decode(state).ok()?.restore()?;
    Some(())
}
