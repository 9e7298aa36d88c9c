//! Requests of which a test changes only what it is about.

use assent_proto::v1::establish_relationship_request::Other;
use assent_proto::v1::import_acceptances_request::Record;
use assent_proto::v1::{
    AttestAcceptanceRequest, AuthorizeOrderRequest, Channel, Cloud, ConfirmAcceptanceRequest, Contact,
    EstablishRelationshipRequest, GetAcceptanceStatusRequest, ImportAcceptancesRequest,
    ListCustomersNeedingAcceptanceRequest, Program, RecordDirectAcceptanceRequest, RegisterCustomerRequest,
    RegisterPartnerRequest, Scenario, TransactionKind, WithdrawAcceptanceRequest,
};
use prost_types::Timestamp;

/// The agreement that acceptances are of, unless a test says otherwise.
pub const CUSTOMER_AGREEMENT: &str = "microsoft-customer-agreement";
/// The agreement before it.
pub const CLOUD_AGREEMENT: &str = "microsoft-cloud-agreement";
/// The day of acceptance, unless a test says otherwise: the policy that ships takes it for orders of today.
pub const ACCEPTED_ON: &str = "2026-01-12";
/// The country of everybody, unless a test says otherwise.
pub const COUNTRY: &str = "US";

/// An instant: RFC 3339, or a date for its first moment in UTC.
pub fn at(text: &str) -> Timestamp {
    let instant = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    instant.parse().unwrap_or_else(|_| panic!("`{text}` is no instant"))
}

/// A partner whose staff has addresses of the domain `<partner>.example`.
pub fn partner(partner: &str, program: Program) -> RegisterPartnerRequest {
    RegisterPartnerRequest {
        partner_id: partner.to_owned(),
        program: program.into(),
        country: COUNTRY.to_owned(),
        email_domains: vec![format!("{}.example", partner.to_ascii_lowercase())],
        ..Default::default()
    }
}

/// A customer in the public cloud that never bought before.
pub fn customer(customer: &str) -> RegisterCustomerRequest {
    RegisterCustomerRequest {
        customer_id: customer.to_owned(),
        country: COUNTRY.to_owned(),
        cloud: Cloud::Public.into(),
        ..Default::default()
    }
}

/// A commerce relationship.
pub fn relationship(partner: &str, customer: &str) -> EstablishRelationshipRequest {
    let other = Some(Other::CustomerId(customer.to_owned()));
    EstablishRelationshipRequest { partner_id: partner.to_owned(), other, ..Default::default() }
}

/// A reseller's link to its provider.
pub fn link(provider: &str, reseller: &str) -> EstablishRelationshipRequest {
    let other = Some(Other::ResellerId(reseller.to_owned()));
    EstablishRelationshipRequest { partner_id: provider.to_owned(), other, ..Default::default() }
}

/// A new purchase of today, through the API.
pub fn order(partner: &str, customer: &str) -> AuthorizeOrderRequest {
    AuthorizeOrderRequest {
        partner_id: partner.to_owned(),
        customer_id: customer.to_owned(),
        transaction: TransactionKind::NewPurchase.into(),
        channel: Channel::Api.into(),
        ..Default::default()
    }
}

/// A new purchase of that day, through the API.
pub fn order_on(partner: &str, customer: &str, day: &str) -> AuthorizeOrderRequest {
    AuthorizeOrderRequest { effective_at: Some(at(day)), ..order(partner, customer) }
}

/// Somebody inside the customer.
pub fn contact(customer: &str) -> Contact {
    Contact {
        first_name: "Anna".to_owned(),
        last_name: "Berg".to_owned(),
        email: format!("anna.berg@{}.example", customer.to_ascii_lowercase()),
        phone_number: None,
    }
}

/// A confirmation of the Customer Agreement.
pub fn confirm(partner: &str, customer: &str) -> ConfirmAcceptanceRequest {
    ConfirmAcceptanceRequest {
        partner_id: partner.to_owned(),
        customer_id: customer.to_owned(),
        agreement_id: CUSTOMER_AGREEMENT.to_owned(),
        contact: Some(contact(customer)),
        accepted_on: Some(ACCEPTED_ON.to_owned()),
        ..Default::default()
    }
}

/// An attestation of the Customer Agreement, by a new partner.
pub fn attest(partner: &str, customer: &str) -> AttestAcceptanceRequest {
    AttestAcceptanceRequest {
        partner_id: partner.to_owned(),
        customer_id: customer.to_owned(),
        agreement_id: CUSTOMER_AGREEMENT.to_owned(),
        contact: Some(contact(customer)),
        accepted_on: Some(ACCEPTED_ON.to_owned()),
        scenario: Scenario::NewPartner.into(),
        ..Default::default()
    }
}

/// A direct acceptance of the Customer Agreement, without a contact.
pub fn direct(partner: &str, customer: &str) -> RecordDirectAcceptanceRequest {
    RecordDirectAcceptanceRequest {
        partner_id: partner.to_owned(),
        customer_id: customer.to_owned(),
        agreement_id: CUSTOMER_AGREEMENT.to_owned(),
        accepted_on: Some(ACCEPTED_ON.to_owned()),
        ..Default::default()
    }
}

/// A withdrawal of the Customer Agreement, as of now.
pub fn withdraw(partner: &str, customer: &str) -> WithdrawAcceptanceRequest {
    WithdrawAcceptanceRequest {
        partner_id: partner.to_owned(),
        customer_id: customer.to_owned(),
        agreement_id: CUSTOMER_AGREEMENT.to_owned(),
        reason: "they wrote a letter".to_owned(),
        ..Default::default()
    }
}

/// A confirmation as a row of an import.
pub fn row(number: u64, confirmation: ConfirmAcceptanceRequest) -> ImportAcceptancesRequest {
    ImportAcceptancesRequest { row: number, confirmed_at: None, record: Some(Record::Confirm(confirmation)) }
}

/// The status of a customer as of now.
pub fn status(partner: &str, customer: &str) -> GetAcceptanceStatusRequest {
    GetAcceptanceStatusRequest {
        partner_id: partner.to_owned(),
        customer_id: customer.to_owned(),
        ..Default::default()
    }
}

/// Whose new purchases would be denied as of now.
pub fn needing_acceptance(partner: &str) -> ListCustomersNeedingAcceptanceRequest {
    ListCustomersNeedingAcceptanceRequest {
        partner_id: partner.to_owned(),
        transaction: TransactionKind::NewPurchase.into(),
        ..Default::default()
    }
}
