//! What happens in a loaded ledger: partners register; each customer registers, is taken on by its partner, and
//! accepts the Customer Agreement, which its partner confirms.

use assent_domain::command::{AcceptanceClaim, AcceptedAt, Command, Context, Parties, Recording};
use assent_domain::directory::{CustomerFacts, PartnerFacts};
use assent_domain::values::{
    AgreementId, Channel, Cloud, Contact, Country, CustomerId, Date, Email, Instant, PartnerId, PersonName,
    Program,
};
use assent_domain::{Event, decide};
use assent_event_log::KeyRow;
use assent_projections::Index;
use assent_proto::event;
use assent_vault::{Kind, Subject, Vault};
use prost::Message as _;

use crate::Outcome;
use crate::people::{customer_id, partner_id, partner_of};

/// The agreement that everybody accepts.
pub(crate) const AGREEMENT: &str = "microsoft-customer-agreement";
/// The day on which everybody does.
pub(crate) const ACCEPTED_ON: &str = "2026-01-12";
/// The kind of a contact's box, for ever.
const CONTACT: Kind = Kind(1);

/// Something that is asked for, and is carried out as the service would.
#[derive(Debug)]
pub(super) struct Step(Command);

/// A partner registers.
pub(super) fn partner(number: u64) -> Step {
    let facts = PartnerFacts {
        program: Program::DirectBill,
        country: country(),
        email_domains: vec![format!("partner-{number}.example")],
    };
    Step(Command::RegisterPartner { partner: partner_named(number), facts })
}

/// The events of a customer's beginning.
pub(super) const EVENTS_EACH: u64 = 3;

/// A customer's beginning, and one more acceptance for each event more, on the days that follow.
pub(super) fn customer(number: u64, events: u64) -> impl Iterator<Item = Step> {
    let customer = CustomerId::parse(&customer_id(number)).expect("a GUID is an identifier");
    let parties = Parties { partner: partner_named(partner_of(number)), customer: customer.clone() };
    let facts = CustomerFacts { country: country(), cloud: Cloud::Public, has_purchases: false };
    let accepted_on = |date: &str| AcceptanceClaim {
        agreement: AgreementId::parse(AGREEMENT).expect("the agreement's id is an identifier"),
        version: None,
        template: None,
        contact: Some(contact(number)),
        accepted_at: AcceptedAt::Date(Date::parse(date).expect("the day is a date")),
        channel: Channel::Api,
        proof: None,
        confirmed_at: None,
    };
    let confirm = |claim| {
        Step(Command::RecordAcceptance { parties: parties.clone(), recording: Recording::Confirm, claim })
    };
    let mut steps = vec![
        Step(Command::RegisterCustomer { customer, facts }),
        Step(Command::EstablishRelationship { parties: parties.clone() }),
        confirm(accepted_on(ACCEPTED_ON)),
    ];
    steps.extend((EVENTS_EACH..events).map(|it| confirm(accepted_on(&format!("2026-02-{:02}", it - 2)))));
    steps.into_iter()
}

impl Step {
    /// The events that it makes on these facts.
    pub(super) fn decide(&self, index: &Index, now: Instant) -> Outcome<Vec<Event>> {
        let context = Context { now, expected_revision: None, same_contact: Vec::new() };
        decide(index, &self.0, &context).map_err(|it| format!("{:?} was refused: {it:?}", self.0).into())
    }

    /// What an acceptance claims.
    pub(super) const fn claim(&self) -> Option<&AcceptanceClaim> {
        match &self.0 {
            Command::RecordAcceptance { claim, .. } => Some(claim),
            _ => None,
        }
    }

    /// The contact, sealed, and the row of its key. Without its fingerprints: nothing measured here looks for one.
    pub(super) fn seal(&self, vault: &Vault, at: Instant) -> Option<(event::SealedBox, KeyRow)> {
        let Command::RecordAcceptance { parties, claim, .. } = &self.0 else { return None };
        let Contact { first_name, last_name, email, phone_number: _ } = claim.contact.as_ref()?;
        let plaintext = event::Contact {
            first_name: first_name.as_str().to_owned(),
            last_name: last_name.as_str().to_owned(),
            email: email.as_str().to_owned(),
            phone_number: None,
        };
        let (partner, customer) = (parties.partner.to_string(), parties.customer.to_string());
        let subject = Subject { partner: &partner, customer: &customer };
        let sealed = vault.seal(at.micros(), subject, CONTACT, &plaintext.encode_to_vec());
        let stored = event::SealedBox {
            suite: sealed.sealed_box.suite,
            key_id: sealed.sealed_box.key_id.to_vec().into(),
            nonce: sealed.sealed_box.nonce.to_vec().into(),
            ciphertext: sealed.sealed_box.ciphertext.into(),
            commitment: sealed.sealed_box.commitment.to_vec().into(),
        };
        Some((stored, sealed.row))
    }
}

fn partner_named(number: u64) -> PartnerId {
    PartnerId::parse(&partner_id(number)).expect("a GUID is an identifier")
}

fn country() -> Country {
    Country::parse("US").expect("two letters are a country")
}

fn contact(number: u64) -> Contact {
    Contact {
        first_name: PersonName::parse("Anna").expect("a name"),
        last_name: PersonName::parse("Berg").expect("a name"),
        email: Email::parse(&format!("anna.berg@customer-{number}.example")).expect("an address"),
        phone_number: None,
    }
}
