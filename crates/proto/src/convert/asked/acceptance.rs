//! What customers accepted: single records, lists, statuses.

use assent_domain::acceptance::{AcceptanceState, ObligationState};
use assent_domain::command::Parties;
use assent_domain::values::{
    AgreementId, Channel, CustomerId, Instant, PartnerId, Position, ProductFamily, TransactionKind,
};

use super::Page;
use crate::convert::enums::EvidenceState;
use crate::convert::fields::Fields;
use crate::convert::ids::EventId;
use crate::convert::violations::Violations;
use crate::v1;

/// The most customers that one call watches by name.
pub const WATCHED_CUSTOMERS_MAX: usize = 1_000;

/// Which evidence is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceList {
    /// Of this provider.
    pub partner: PartnerId,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
    /// Only in this state.
    pub state: Option<EvidenceState>,
    /// The page.
    pub page: Page,
}

/// Which acceptances are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptanceList {
    /// Of this partner.
    pub partner: PartnerId,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
    /// Only of this agreement.
    pub agreement: Option<AgreementId>,
    /// Only in this state.
    pub state: Option<AcceptanceState>,
    /// The page.
    pub page: Page,
}

/// Which obligations are listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObligationList {
    /// Of this partner.
    pub partner: PartnerId,
    /// Only of this customer.
    pub customer: Option<CustomerId>,
    /// Only in this state.
    pub state: Option<ObligationState>,
    /// The page.
    pub page: Page,
}

/// Whose status is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whose.
    pub parties: Parties,
    /// For orders through this channel.
    pub channel: Channel,
    /// For orders of this product family.
    pub product_family: Option<ProductFamily>,
    /// As of which business instant; none: now.
    pub effective_at: Option<Instant>,
    /// The position that must have been applied before the answer.
    pub min_position: Option<Position>,
}

/// Who is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The partner.
    pub partner: PartnerId,
    /// These customers, sorted; empty: all of the partner.
    pub customers: Vec<CustomerId>,
    /// Changes after this position; none: from now on.
    pub from_position: Option<Position>,
    /// For orders through this channel.
    pub channel: Channel,
    /// For orders of this product family.
    pub product_family: Option<ProductFamily>,
}

/// Whose customers are looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomersNeedingAcceptance {
    /// The partner.
    pub partner: PartnerId,
    /// As of which business instant; none: now.
    pub effective_at: Option<Instant>,
    /// For orders through this channel.
    pub channel: Channel,
    /// For orders of this kind.
    pub transaction: TransactionKind,
    /// For orders of this product family.
    pub product_family: Option<ProductFamily>,
    /// The page.
    pub page: Page,
}

/// One acceptance.
pub fn get_acceptance(request: &v1::GetAcceptanceRequest) -> Result<EventId, Violations> {
    let v1::GetAcceptanceRequest { acceptance_id } = request;
    let mut fields = Fields::default();
    let id = fields.event_id("acceptance_id", acceptance_id);
    fields.finish(|| id)
}

/// The evidence submitted to a provider.
pub fn list_evidence(request: &v1::ListEvidenceRequest) -> Result<EvidenceList, Violations> {
    let v1::ListEvidenceRequest { partner_id, customer_id, state, page_size, page_token } = request;
    let mut fields = Fields::default();
    let partner = fields.partner(partner_id);
    let customer = fields.optional("customer_id", customer_id.as_deref(), CustomerId::parse);
    let wanted = fields.optional_enum::<v1::EvidenceState>("state", *state);
    let filters = ["evidence", partner_id, customer_id.as_deref().unwrap_or_default(), &state.to_string()];
    let page = fields.page(*page_size, page_token, &filters);
    fields.finish(|| Ok(EvidenceList { partner: partner?, customer: customer?, state: wanted?, page: page? }))
}

/// The acceptances of a partner.
pub fn list_acceptances(request: &v1::ListAcceptancesRequest) -> Result<AcceptanceList, Violations> {
    let v1::ListAcceptancesRequest { partner_id, customer_id, agreement_id, state, page_size, page_token } =
        request;
    let mut fields = Fields::default();
    let partner = fields.partner(partner_id);
    let customer = fields.optional("customer_id", customer_id.as_deref(), CustomerId::parse);
    let agreement = fields.optional("agreement_id", agreement_id.as_deref(), AgreementId::parse);
    let wanted = fields.optional_enum::<v1::AcceptanceState>("state", *state);
    let filters = [
        "acceptances",
        partner_id,
        customer_id.as_deref().unwrap_or_default(),
        agreement_id.as_deref().unwrap_or_default(),
        &state.to_string(),
    ];
    let page = fields.page(*page_size, page_token, &filters);
    fields.finish(|| {
        Ok(AcceptanceList {
            partner: partner?,
            customer: customer?,
            agreement: agreement?,
            state: wanted?,
            page: page?,
        })
    })
}

/// The obligations to cancel.
pub fn list_obligations(request: &v1::ListObligationsRequest) -> Result<ObligationList, Violations> {
    let v1::ListObligationsRequest { partner_id, customer_id, state, page_size, page_token } = request;
    let mut fields = Fields::default();
    let partner = fields.partner(partner_id);
    let customer = fields.optional("customer_id", customer_id.as_deref(), CustomerId::parse);
    let wanted = fields.optional_enum::<v1::ObligationState>("state", *state);
    let filters = ["obligations", partner_id, customer_id.as_deref().unwrap_or_default(), &state.to_string()];
    let page = fields.page(*page_size, page_token, &filters);
    fields
        .finish(|| Ok(ObligationList { partner: partner?, customer: customer?, state: wanted?, page: page? }))
}

/// A customer's status.
pub fn get_acceptance_status(request: &v1::GetAcceptanceStatusRequest) -> Result<Status, Violations> {
    let v1::GetAcceptanceStatusRequest {
        partner_id,
        customer_id,
        channel,
        product_family,
        effective_at,
        min_position,
    } = request;
    let mut fields = Fields::default();
    let parties = fields.parties(partner_id, customer_id);
    let channel = fields.channel(*channel);
    let product_family = fields.product_family(product_family.as_deref());
    let effective_at = fields.optional_instant("effective_at", effective_at.as_ref());
    fields.finish(|| {
        Ok(Status {
            parties: parties?,
            channel: channel?,
            product_family: product_family?,
            effective_at: effective_at?,
            min_position: Fields::position(*min_position),
        })
    })
}

/// Changes of statuses.
pub fn watch_acceptance_status(request: &v1::WatchAcceptanceStatusRequest) -> Result<Watch, Violations> {
    let v1::WatchAcceptanceStatusRequest { partner_id, customer_ids, from_position, channel, product_family } =
        request;
    let mut fields = Fields::default();
    let partner = fields.partner(partner_id);
    let parse = |it: &String| CustomerId::parse(it);
    let customers = fields.values("customer_ids", customer_ids, WATCHED_CUSTOMERS_MAX, parse);
    let channel = fields.channel(*channel);
    let product_family = fields.product_family(product_family.as_deref());
    fields.finish(|| {
        let mut customers = customers?;
        customers.sort_unstable();
        customers.dedup();
        Ok(Watch {
            partner: partner?,
            customers,
            from_position: from_position.map(Position),
            channel: channel?,
            product_family: product_family?,
        })
    })
}

/// The customers whose orders would be denied.
pub fn list_customers_needing_acceptance(
    request: &v1::ListCustomersNeedingAcceptanceRequest,
) -> Result<CustomersNeedingAcceptance, Violations> {
    let v1::ListCustomersNeedingAcceptanceRequest {
        partner_id,
        effective_at,
        channel,
        transaction,
        product_family,
        page_size,
        page_token,
    } = request;
    let mut fields = Fields::default();
    let partner = fields.partner(partner_id);
    let at = fields.optional_instant("effective_at", effective_at.as_ref());
    let through = fields.channel(*channel);
    let wanted = fields.optional_enum::<v1::TransactionKind>("transaction", *transaction);
    let product = fields.product_family(product_family.as_deref());
    let filters = [
        "customers needing acceptance",
        partner_id,
        &effective_at.map(|it| format!("{}.{}", it.seconds, it.nanos)).unwrap_or_default(),
        &channel.to_string(),
        &transaction.to_string(),
        product_family.as_deref().unwrap_or_default(),
    ];
    let page = fields.page(*page_size, page_token, &filters);
    fields.finish(|| {
        Ok(CustomersNeedingAcceptance {
            partner: partner?,
            effective_at: at?,
            channel: through?,
            transaction: wanted?.unwrap_or(TransactionKind::NewPurchase),
            product_family: product?,
            page: page?,
        })
    })
}
