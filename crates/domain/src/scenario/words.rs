//! The words of a scenario: ids, instants, claims and commands in few letters.

use crate::authorize::Order;
use crate::command::{AcceptanceClaim, AcceptedAt, Command, Parties, Recording};
use crate::directory::{CustomerFacts, PartnerFacts};
use crate::event::EventRef;
use crate::values::{
    AgreementId, Channel, Cloud, Contact, Country, CustomerId, Date, Email, Instant, PartnerId, PersonName,
    ProductFamily, Program, Scenario, TransactionKind, VersionId,
};

const ID: &str = "the test's id is well-formed";

/// A partner's id.
///
/// # Panics
///
/// Where the text is no id.
pub fn partner(id: &str) -> PartnerId {
    PartnerId::parse(id).expect(ID)
}

/// A customer's id.
///
/// # Panics
///
/// Where the text is no id.
pub fn customer(id: &str) -> CustomerId {
    CustomerId::parse(id).expect(ID)
}

/// An agreement's id.
///
/// # Panics
///
/// Where the text is no id.
pub fn agreement(id: &str) -> AgreementId {
    AgreementId::parse(id).expect(ID)
}

/// A version's id.
///
/// # Panics
///
/// Where the text is no id.
pub fn version(id: &str) -> VersionId {
    VersionId::parse(id).expect(ID)
}

/// A product family.
///
/// # Panics
///
/// Where the text is no id.
pub fn product(id: &str) -> ProductFamily {
    ProductFamily::parse(id).expect(ID)
}

/// Both sides of a relationship.
pub fn parties(partner_id: &str, customer_id: &str) -> Parties {
    Parties { partner: partner(partner_id), customer: customer(customer_id) }
}

/// A day's start, or RFC 3339.
///
/// # Panics
///
/// Where the text is neither.
pub fn instant(text: &str) -> Instant {
    let day = Date::parse(text).map(Date::start);
    day.or_else(|_| Instant::parse(text)).expect("the test's instant is well-formed")
}

/// A registration in the United States, whose people have addresses in `{id}.example`.
///
/// # Panics
///
/// Never: the country is well-formed.
pub fn partner_facts(id: &str, program: Program) -> PartnerFacts {
    let country = Country::parse("US").expect(ID);
    PartnerFacts { program, country, email_domains: vec![format!("{id}.example")] }
}

/// A registration in the United States and the public cloud, without purchases.
///
/// # Panics
///
/// Never: the country is well-formed.
pub fn customer_facts() -> CustomerFacts {
    let country = Country::parse("US").expect(ID);
    CustomerFacts { country, cloud: Cloud::Public, has_purchases: false }
}

/// Ada Lovelace, at this address.
///
/// # Panics
///
/// Where the text is no address.
pub fn contact(email: &str) -> Contact {
    let name = |it| PersonName::parse(it).expect("the test's name is no blank");
    let email = Email::parse(email).expect("the test's address is well-formed");
    Contact { first_name: name("Ada"), last_name: name("Lovelace"), email, phone_number: None }
}

/// That Ada accepted the Customer Agreement then.
pub fn claim(accepted_at: &str) -> AcceptanceClaim {
    claim_of(super::CUSTOMER_AGREEMENT, accepted_at)
}

/// That Ada accepted this agreement then.
pub fn claim_of(agreement_id: &str, accepted_at: &str) -> AcceptanceClaim {
    AcceptanceClaim {
        agreement: agreement(agreement_id),
        version: None,
        template: None,
        contact: Some(contact("ada@fabrikam.example")),
        accepted_at: AcceptedAt::Instant(instant(accepted_at)),
        channel: Channel::Api,
        proof: None,
        confirmed_at: None,
    }
}

/// That this person accepted.
pub fn by_contact(email: &str, claim: AcceptanceClaim) -> AcceptanceClaim {
    AcceptanceClaim { contact: Some(contact(email)), ..claim }
}

/// The partner confirms that Ada accepted the Customer Agreement on 2024-01-10.
pub fn confirm(partner: &str, customer: &str) -> Command {
    record(partner, customer, Recording::Confirm, claim("2024-01-10"))
}

/// The partner attests what the claim says, as a new partner.
pub fn attest(partner: &str, customer: &str, claim: AcceptanceClaim) -> Command {
    record(partner, customer, Recording::Attest(Scenario::NewPartner), claim)
}

/// The customer accepted directly what the claim says.
pub fn direct(partner: &str, customer: &str, claim: AcceptanceClaim) -> Command {
    record(partner, customer, Recording::Direct, claim)
}

/// A recording of what the claim says.
pub(super) fn record(partner: &str, customer: &str, recording: Recording, claim: AcceptanceClaim) -> Command {
    Command::RecordAcceptance { parties: parties(partner, customer), recording, claim }
}

/// The record gets the values of the claim.
pub fn correct(partner: &str, customer: &str, acceptance: EventRef, claim: AcceptanceClaim) -> Command {
    Command::CorrectAcceptance { parties: parties(partner, customer), acceptance, claim, scenario: None }
}

/// The customer no longer agrees to the Customer Agreement.
pub fn withdraw(partner: &str, customer: &str, withdrawn_at: &str) -> Command {
    Command::WithdrawAcceptance {
        parties: parties(partner, customer),
        agreement: agreement(super::CUSTOMER_AGREEMENT),
        withdrawn_at: Some(instant(withdrawn_at)),
    }
}

/// A new purchase through the programming interface.
pub fn order(partner_id: &str, customer_id: &str) -> Order {
    Order {
        partner: partner(partner_id),
        customer: customer(customer_id),
        reseller: None,
        transaction: TransactionKind::NewPurchase,
        channel: Channel::Api,
        product_family: None,
    }
}

/// What the command says about an acceptance, where it says something.
pub(super) const fn claim_in(command: &Command) -> Option<&AcceptanceClaim> {
    match command {
        Command::RecordAcceptance { claim, .. } | Command::CorrectAcceptance { claim, .. } => Some(claim),
        Command::VoidAcceptance { .. }
        | Command::VoidWithdrawal { .. }
        | Command::WithdrawAcceptance { .. }
        | Command::RecordCancellation { .. }
        | Command::SubmitEvidence { .. }
        | Command::RejectEvidence { .. }
        | Command::RegisterPartner { .. }
        | Command::SetPartnerStatus { .. }
        | Command::RegisterCustomer { .. }
        | Command::EstablishRelationship { .. }
        | Command::EndRelationship { .. }
        | Command::LinkReseller { .. }
        | Command::UnlinkReseller { .. }
        | Command::PublishAgreementVersion { .. }
        | Command::RetireAgreement { .. }
        | Command::PublishPolicy { .. }
        | Command::RecordDecision { .. }
        | Command::RecordOrderOutcome { .. }
        | Command::ErasePersonalData { .. }
        | Command::RecordLookup { .. }
        | Command::OpenInquiry { .. }
        | Command::FinishInquiry { .. } => None,
    }
}
