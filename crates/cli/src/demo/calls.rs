//! The story's acts as requests.

use assent_proto::v1::establish_relationship_request::Other;
use assent_proto::v1::import_acceptances_request::Record;
use assent_proto::v1::{
    AttestAcceptanceRequest, AuthorizeOrderRequest, Cloud, ConfirmAcceptanceRequest, Contact,
    CorrectAcceptanceRequest, EstablishRelationshipRequest, ImportAcceptancesRequest, Program,
    RecordDirectAcceptanceRequest, RegisterCustomerRequest, RegisterPartnerRequest, Scenario,
    WithdrawAcceptanceRequest,
};
use prost_types::Timestamp;

use super::{Accepted, Broken, Order, Parties, Person};
use crate::instant;

/// The country of everybody in the story.
const COUNTRY: &str = "US";

pub(super) fn partner(id: &str, program: Program, email_domain: &str) -> RegisterPartnerRequest {
    RegisterPartnerRequest {
        partner_id: id.to_owned(),
        program: program.into(),
        country: COUNTRY.to_owned(),
        email_domains: vec![email_domain.to_owned()],
        ..Default::default()
    }
}

pub(super) fn customer(id: &str, cloud: Cloud, has_purchases: bool) -> RegisterCustomerRequest {
    RegisterCustomerRequest {
        customer_id: id.to_owned(),
        country: COUNTRY.to_owned(),
        cloud: cloud.into(),
        has_purchases,
        ..Default::default()
    }
}

pub(super) fn relationship(Parties { partner, customer }: Parties) -> EstablishRelationshipRequest {
    establishment(partner, Other::CustomerId(customer.to_owned()))
}

pub(super) fn link(provider: &str, reseller: &str) -> EstablishRelationshipRequest {
    establishment(provider, Other::ResellerId(reseller.to_owned()))
}

fn establishment(partner: &str, other: Other) -> EstablishRelationshipRequest {
    EstablishRelationshipRequest { partner_id: partner.to_owned(), other: Some(other), ..Default::default() }
}

pub(super) fn order(order: Order) -> Result<AuthorizeOrderRequest, Broken> {
    let Order { parties, reseller, transaction, channel, product, on } = order;
    Ok(AuthorizeOrderRequest {
        partner_id: parties.partner.to_owned(),
        customer_id: parties.customer.to_owned(),
        reseller_id: reseller.map(str::to_owned),
        transaction: transaction.into(),
        channel: channel.into(),
        product_family: product.map(str::to_owned),
        effective_at: on.map(day).transpose()?,
        ..Default::default()
    })
}

pub(super) fn confirmation(accepted: Accepted) -> ConfirmAcceptanceRequest {
    let Accepted { parties, agreement, on, contact: person } = accepted;
    ConfirmAcceptanceRequest {
        partner_id: parties.partner.to_owned(),
        customer_id: parties.customer.to_owned(),
        agreement_id: agreement.to_owned(),
        contact: Some(contact(person)),
        accepted_on: Some(on.to_owned()),
        ..Default::default()
    }
}

pub(super) fn backfill(accepted: Accepted, confirmed_on: &str) -> Result<ImportAcceptancesRequest, Broken> {
    let record = Some(Record::Confirm(confirmation(accepted)));
    Ok(ImportAcceptancesRequest { row: 1, confirmed_at: Some(day(confirmed_on)?), record })
}

pub(super) fn attestation(accepted: Accepted, scenario: Scenario) -> AttestAcceptanceRequest {
    let Accepted { parties, agreement, on, contact: person } = accepted;
    AttestAcceptanceRequest {
        partner_id: parties.partner.to_owned(),
        customer_id: parties.customer.to_owned(),
        agreement_id: agreement.to_owned(),
        contact: Some(contact(person)),
        accepted_on: Some(on.to_owned()),
        scenario: scenario.into(),
        ..Default::default()
    }
}

pub(super) fn direct(accepted: Accepted) -> RecordDirectAcceptanceRequest {
    let Accepted { parties, agreement, on, contact: person } = accepted;
    RecordDirectAcceptanceRequest {
        partner_id: parties.partner.to_owned(),
        customer_id: parties.customer.to_owned(),
        agreement_id: agreement.to_owned(),
        contact: Some(contact(person)),
        accepted_on: Some(on.to_owned()),
        ..Default::default()
    }
}

pub(super) fn correction(acceptance_id: String, person: Person) -> CorrectAcceptanceRequest {
    CorrectAcceptanceRequest {
        acceptance_id,
        reason: "a slip of the pen".to_owned(),
        contact: Some(contact(person)),
        ..Default::default()
    }
}

pub(super) fn withdrawal(
    parties: Parties,
    agreement: &str,
    withdrawn_on: &str,
) -> Result<WithdrawAcceptanceRequest, Broken> {
    Ok(WithdrawAcceptanceRequest {
        partner_id: parties.partner.to_owned(),
        customer_id: parties.customer.to_owned(),
        agreement_id: agreement.to_owned(),
        withdrawn_at: Some(day(withdrawn_on)?),
        reason: "they wrote a letter".to_owned(),
        ..Default::default()
    })
}

fn contact(Person { first_name, last_name, email }: Person) -> Contact {
    Contact {
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        email: email.to_owned(),
        phone_number: None,
    }
}

fn day(text: &str) -> Result<Timestamp, Broken> {
    instant::parse(text).map_err(|_| Broken::Story("a day is none"))
}
