//! Reading the snapshot: every row and the position, in one transaction.

use assent_domain::values::{CustomerId, PartnerId, Position};
use assent_domain::{FactsMut, Recorded, evolve};
use futures::TryStreamExt;
use prost::Message as _;
use sqlx::SqliteConnection;

use super::{EDITION, NAME, Views, ViewsError};
use crate::index::Index;
use crate::state::{CustomerState, LedgerState, PartnerState, RelationshipState};

/// What the projection's own row says.
pub(crate) struct Snapshot {
    /// The last position applied.
    pub(crate) position: Position,
    /// The positions of the catalogue's and policies' events.
    pub(crate) catalogue_events: Vec<u64>,
    state: LedgerState,
}

impl Views {
    /// The snapshot's position; none where there is none of this edition and this ledger.
    pub(crate) async fn snapshot(&self, ledger: &[u8]) -> Result<Option<Snapshot>, ViewsError> {
        let failed = |source| ViewsError::Read { what: "the projection's position", source };
        let row: Option<(i64, Vec<u8>)> = sqlx::query_as(
            "SELECT position, state
             FROM projections
             WHERE name = $1 AND edition = $2 AND ledger = $3 AND position > 0",
        )
        .bind(NAME)
        .bind(EDITION)
        .bind(ledger)
        .fetch_optional(&self.writer)
        .await
        .map_err(failed)?;
        let Some((position, state)) = row else { return Ok(None) };
        let Ok(state) = LedgerState::decode(state.as_slice()) else { return Ok(None) };
        let catalogue_events = state.catalogue_events.clone();
        Ok(Some(Snapshot { position: Position(position as u64), catalogue_events, state }))
    }

    /// Reads every row into an index; `catalogue` are the snapshot's catalogue events, from the log. None where a
    /// row is no state of this edition: then the log is folded instead. Only the maintaining process calls this,
    /// before it writes, so that the rows can't move meanwhile.
    pub(crate) async fn load(
        &self,
        snapshot: &Snapshot,
        catalogue: &[Recorded],
    ) -> Result<Option<Index>, ViewsError> {
        let failed = |source| ViewsError::Read { what: "the snapshot", source };
        let mut index = Index::default();
        for event in catalogue {
            evolve(&mut index, event);
        }
        let mut transaction = self.writer.begin().await.map_err(failed)?;
        let restored = load_rows(&mut transaction, &mut index).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        let whole =
            restored.is_some() && snapshot.state.restore_into(&mut index, snapshot.position).is_some();
        Ok(whole.then_some(index))
    }
}

async fn load_rows(connection: &mut SqliteConnection, index: &mut Index) -> sqlx::Result<Option<()>> {
    let (customers,): (i64,) =
        sqlx::query_as("SELECT COUNT(*) FROM customers").fetch_one(&mut *connection).await?;
    index.reserve(customers as usize);

    let mut rows = sqlx::query_as::<_, (String, Vec<u8>)>("SELECT partner_id, state FROM partners")
        .fetch(&mut *connection);
    while let Some((id, state)) = rows.try_next().await? {
        let state = PartnerState::decode(state.as_slice()).ok().and_then(|it| it.restore());
        let (Ok(id), Some(partner)) = (PartnerId::parse(&id), state) else { return Ok(None) };
        let domains = partner.facts.as_ref().map(|it| it.current().email_domains.clone()).unwrap_or_default();
        *index.partner_mut(&id) = partner;
        index.set_domains(&id, &[], &domains);
    }
    drop(rows);

    let mut rows = sqlx::query_as::<_, (String, Vec<u8>)>("SELECT customer_id, state FROM customers")
        .fetch(&mut *connection);
    while let Some((id, state)) = rows.try_next().await? {
        let state = CustomerState::decode(state.as_slice()).ok().and_then(|it| it.restore());
        let (Ok(id), Some(customer)) = (CustomerId::parse(&id), state) else { return Ok(None) };
        *index.customer_mut(&id) = customer;
    }
    drop(rows);

    let mut rows = sqlx::query_as::<_, (String, String, Vec<u8>)>(
        "SELECT partner_id, customer_id, state FROM relationships",
    )
    .fetch(&mut *connection);
    while let Some((partner, customer, state)) = rows.try_next().await? {
        let state = RelationshipState::decode(state.as_slice()).ok().and_then(|it| it.restore());
        let (Ok(partner), Ok(customer), Some(relationship)) =
            (PartnerId::parse(&partner), CustomerId::parse(&customer), state)
        else {
            return Ok(None);
        };
        *index.relationship_mut(&partner, &customer) = relationship;
    }
    Ok(Some(()))
}
