//! Rows of the snapshot, as the facts that they say.

use assent_domain::acceptance::AcceptanceFact;
use assent_domain::catalog::{AgreementIndex, VersionIndex};
use assent_domain::directory::StreamHead;
use assent_domain::event::EventRef;
use assent_domain::values::{AgreementId, CustomerId, Instant, Method, PartnerId, Position, VersionId};
use assent_domain::{Facts, FactsMut};
use assent_index::Index;
use prost::Message as _;

use crate::state::{CustomerState, PartnerState, RelationshipState};

/// How many customers are looked at before their chains are moved.
const CUSTOMERS_AT_ONCE: usize = 1_024;

/// A row of `acceptances`, so far as the facts say it.
pub(super) struct AcceptanceColumns<'a> {
    pub(super) position: i64,
    pub(super) partner: &'a str,
    pub(super) customer: &'a str,
    pub(super) agreement: &'a str,
    pub(super) version: &'a str,
    pub(super) method: &'a str,
    pub(super) recorded_at: i64,
    pub(super) accepted_at: i64,
    pub(super) confirmed_at: i64,
    pub(super) backfilled: bool,
    pub(super) corrected_by: Option<i64>,
    pub(super) voided_by: Option<i64>,
}

/// Partner, state.
pub(super) fn partner(index: &mut Index, (id, state): &(String, Vec<u8>)) -> Option<()> {
    let partner = PartnerState::decode(state.as_slice()).ok()?.restore()?;
    let id = PartnerId::parse(id).ok()?;
    let domains = partner.facts.as_ref().map(|it| it.current().email_domains.clone()).unwrap_or_default();
    *index.partner_mut(&id) = partner;
    index.set_domains(&id, &[], &domains);
    Some(())
}

/// Customer, the last other event that names it, state.
pub(super) fn customer(index: &mut Index, (id, mentioned, state): &(String, i64, Vec<u8>)) -> Option<()> {
    let state = CustomerState::decode(state.as_slice()).ok()?.restore(Position(*mentioned as u64))?;
    *index.customer_mut(&CustomerId::parse(id).ok()?) = state;
    Some(())
}

/// Partner, customer, position and revision of the other events of its stream, state.
pub(super) fn relationship(
    index: &mut Index,
    (partner, customer, position, revision, state): &(String, String, i64, i64, Vec<u8>),
) -> Option<()> {
    let (partner, customer) = (PartnerId::parse(partner).ok()?, CustomerId::parse(customer).ok()?);
    let stream = StreamHead { last: Position(*position as u64), revision: u32::try_from(*revision).ok()? };
    let state = RelationshipState::decode(state.as_slice()).ok()?.restore(stream)?;
    *index.relationship_mut(&partner, &customer) = state;
    Some(())
}

/// The ids of agreements and versions with their places: few.
pub(super) type AgreementPlaces = Vec<(String, String, AgreementIndex, VersionIndex)>;

/// Adds an acceptance to its relationship, and to the stream that it stands in, of which the row of the relationship only
/// knows the other events.
pub(super) fn acceptance(
    index: &mut Index,
    places: &mut AgreementPlaces,
    row: &AcceptanceColumns<'_>,
) -> Option<()> {
    let position = |it: i64| Position(it as u64);
    let instant = |micros: i64| Instant::from_micros(micros).ok();
    let recorded = EventRef::new(position(row.position), instant(row.recorded_at)?);
    let (agreement, version) = place(index, places, row.agreement, row.version)?;
    let fact = AcceptanceFact {
        recorded,
        accepted_at: instant(row.accepted_at)?,
        confirmed_at: instant(row.confirmed_at)?,
        corrected_by: row.corrected_by.map_or(Position::START, position),
        voided_by: row.voided_by.map_or(Position::START, position),
        agreement,
        version,
        method: Method::parse(row.method)?,
        backfilled: row.backfilled,
    };
    let (partner, customer) = (PartnerId::parse(row.partner).ok()?, CustomerId::parse(row.customer).ok()?);
    let mut relationship = index.relationship_mut(&partner, &customer);
    relationship.acceptances.push(fact);
    let last = relationship.stream.last.max(recorded.position);
    relationship.stream.advance(last);
    Some(())
}

fn place(
    index: &Index,
    places: &mut AgreementPlaces,
    agreement: &str,
    version: &str,
) -> Option<(AgreementIndex, VersionIndex)> {
    let known = places.iter().find(|it| it.0 == agreement && it.1 == version);
    if let Some((.., agreement, version)) = known {
        return Some((*agreement, *version));
    }
    let catalogue = index.catalogue();
    let found = catalogue.index_of(&AgreementId::parse(agreement).ok()?)?;
    let of_version = catalogue.agreement(found).version_of(&VersionId::parse(version).ok()?)?;
    places.push((agreement.to_owned(), version.to_owned(), found, of_version));
    Some((found, of_version))
}

/// Moves each customer's chain to its last acceptance, where that is behind all else that names it.
pub(super) fn mention_acceptances(index: &mut Index) {
    let mut from = 0;
    loop {
        let some: Vec<_> = index
            .customers_from(from)
            .take(CUSTOMERS_AT_ONCE)
            .map(|(id, customer)| {
                let last = index.last_acceptance(&id);
                (last > customer.mentioned).then_some((id, last))
            })
            .collect();
        if some.is_empty() {
            return;
        }
        from += some.len();
        for (id, last) in some.into_iter().flatten() {
            index.customer_mut(&id).mentioned = last;
        }
    }
}
