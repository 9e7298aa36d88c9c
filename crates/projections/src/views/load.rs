//! Reading the snapshot: every row and the position, in one transaction.

use std::collections::HashMap;

use assent_domain::acceptance::AcceptanceFact;
use assent_domain::catalog::{AgreementIndex, VersionIndex};
use assent_domain::directory::StreamHead;
use assent_domain::event::EventRef;
use assent_domain::values::{AgreementId, CustomerId, Instant, Method, PartnerId, Position, VersionId};
use assent_domain::{Facts, FactsMut, evolve};
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

/// In the order in which they were recorded.
const ACCEPTANCES: &str = "
    SELECT position, partner_id, customer_id, agreement_id, version, method, recorded_at, accepted_at, confirmed_at,
           backfilled, corrected_by, voided_by
    FROM @acceptances
    ORDER BY position";

#[derive(sqlx::FromRow)]
struct AcceptanceColumns {
    position: i64,
    partner_id: String,
    customer_id: String,
    agreement_id: String,
    version: String,
    method: String,
    recorded_at: i64,
    accepted_at: i64,
    confirmed_at: i64,
    backfilled: bool,
    corrected_by: Option<i64>,
    voided_by: Option<i64>,
}

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

            let statement = self.text("SELECT customer_id, mentioned, state FROM @customers");
            let mut rows = sqlx::query_as::<_, (String, i64, Vec<u8>)>(statement).fetch(&mut *snapshot);
            while let Some((id, mentioned, state)) = rows.try_next().await.map_err(failed)? {
                if customer(&mut index, &id, mentioned, &state).is_none() {
                    return Ok(None);
                }
            }
            drop(rows);

            let statement =
                self.text("SELECT partner_id, customer_id, position, revision, state FROM @relationships");
            let mut rows = sqlx::query_as::<_, RelationshipColumns>(statement).fetch(&mut *snapshot);
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                if relationship(&mut index, &row).is_none() {
                    return Ok(None);
                }
            }
            drop(rows);

            let mut rows = sqlx::query_as::<_, AcceptanceColumns>(self.text(ACCEPTANCES)).fetch(&mut *snapshot);
            let mut places = AgreementPlaces::default();
            while let Some(row) = rows.try_next().await.map_err(failed)? {
                if acceptance(&mut index, &mut places, &row).is_none() {
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

fn customer(index: &mut Index, id: &str, mentioned: i64, state: &[u8]) -> Option<()> {
    let state = CustomerState::decode(state).ok()?.restore(Position(mentioned as u64))?;
    *index.customer_mut(&CustomerId::parse(id).ok()?) = state;
    Some(())
}

/// Partner, customer, position, revision, state.
type RelationshipColumns = (String, String, i64, i64, Vec<u8>);

fn relationship(index: &mut Index, row: &RelationshipColumns) -> Option<()> {
    let (partner, customer, position, revision, state) = row;
    let (partner, customer) = (PartnerId::parse(partner).ok()?, CustomerId::parse(customer).ok()?);
    let stream = StreamHead { last: Position(*position as u64), revision: u32::try_from(*revision).ok()? };
    let state = RelationshipState::decode(state.as_slice()).ok()?.restore(stream)?;
    *index.relationship_mut(&partner, &customer) = state;
    Some(())
}

/// The places of an agreement's version, by the ids of both.
type AgreementPlaces = HashMap<(String, String), (AgreementIndex, VersionIndex)>;

/// Adds an acceptance to its relationship, and to the stream and the chain that it stands in, of which the rows of the
/// relationship and of the customer only know the other events.
fn acceptance(index: &mut Index, places: &mut AgreementPlaces, row: &AcceptanceColumns) -> Option<()> {
    let AcceptanceColumns { position, partner_id, customer_id, agreement_id, version, method, .. } = row;
    let AcceptanceColumns {
        recorded_at, accepted_at, confirmed_at, backfilled, corrected_by, voided_by, ..
    } = row;
    let at = |position: &i64| Position(*position as u64);
    let instant = |micros: &i64| Instant::from_micros(*micros).ok();
    let recorded = EventRef::new(at(position), instant(recorded_at)?);
    let (agreement, version) = place(index, places, agreement_id, version)?;
    let fact = AcceptanceFact {
        recorded,
        accepted_at: instant(accepted_at)?,
        confirmed_at: instant(confirmed_at)?,
        corrected_by: corrected_by.as_ref().map_or(Position::START, at),
        voided_by: voided_by.as_ref().map_or(Position::START, at),
        agreement,
        version,
        method: Method::parse(method)?,
        backfilled: *backfilled,
    };
    let (partner, customer) = (PartnerId::parse(partner_id).ok()?, CustomerId::parse(customer_id).ok()?);
    let mut relationship = index.relationship_mut(&partner, &customer);
    relationship.acceptances.push(fact);
    let last = relationship.stream.last.max(recorded.position);
    relationship.stream.advance(last);
    drop(relationship);
    let mut customer = index.customer_mut(&customer);
    customer.mentioned = customer.mentioned.max(recorded.position);
    Some(())
}

fn place(
    index: &Index,
    places: &mut AgreementPlaces,
    agreement: &str,
    version: &str,
) -> Option<(AgreementIndex, VersionIndex)> {
    let ids = (agreement.to_owned(), version.to_owned());
    if let Some(place) = places.get(&ids) {
        return Some(*place);
    }
    let catalogue = index.catalogue();
    let agreement = catalogue.index_of(&AgreementId::parse(agreement).ok()?)?;
    let version = catalogue.agreement(agreement).version_of(&VersionId::parse(version).ok()?)?;
    places.insert(ids, (agreement, version));
    Some((agreement, version))
}
