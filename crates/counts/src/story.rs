//! What happens in a ledger: it begins; partners register; each customer registers, is taken on by its partner, and
//! accepts the Customer Agreement, which its partner confirms.

use std::sync::Arc;

use assent_domain::authorize::Order;
use assent_domain::directory::{CustomerFacts, PartnerFacts};
use assent_domain::event::AcceptanceRecorded;
use assent_domain::policy::RULES_EDITION;
use assent_domain::values::{
    AgreementId, Channel, Cloud, Country, CustomerId, Environment, Instant, Method, PartnerId, Position,
    Program, TransactionKind, VersionId,
};
use assent_domain::{Event, Facts, Recorded, evolve};
use assent_index::Index;

use crate::people::{PARTNERS, Random, customer_id, partner_id, partner_of};

/// The agreement that everybody accepts.
pub const AGREEMENT: &str = "microsoft-customer-agreement";
/// 2026-01-10T00:00:00Z: nobody accepts earlier.
const BEGIN_MICROS: i64 = 1_768_003_200_000_000;
/// How long everybody takes to accept.
const YEAR_MICROS: u64 = 31_536_000_000_000;
const TAG: u64 = 0x2_a5a5_a5a5;
const FORMAT: u32 = 1;

/// A ledger being told, an event after the other.
#[derive(Debug)]
pub struct Story {
    /// What its log says.
    pub index: Index,
    /// When the last event was recorded.
    pub now: Instant,
    version: VersionId,
}

impl Story {
    /// A ledger with its agreements, its policy and its partners; no customer yet.
    ///
    /// # Panics
    ///
    /// Where the policy that ships has no version of the agreement.
    pub fn begun(index: Index) -> Self {
        let now = Instant::from_micros(BEGIN_MICROS).expect("it is an instant of 2026");
        let version = VersionId::parse("none").expect("it is an identifier");
        let mut story = Self { index, now, version };
        story.tell(Event::LedgerFormatted { format: FORMAT, tag: TAG, environment: Environment::Production });
        story.tell(Event::RulesActivated { edition: RULES_EDITION });
        let policy = assent_policy_file::built_in().document;
        for (agreement, published) in policy.agreements.clone() {
            story.tell(Event::AgreementVersionPublished { agreement, published });
        }
        story.tell(Event::PolicyPublished { version: 1, document: Arc::new(policy), sha256: [0; 32] });
        let agreement = story.index.catalogue().find(&agreement()).expect("the pack that ships has it");
        let current = agreement.in_force_at(now, Position::END).expect("a version is in force in 2026");
        story.version = agreement.version(current).id.clone();
        (0..PARTNERS).for_each(|it| story.tell(partner_registered(it)));
        story
    }

    /// A customer's whole beginning.
    pub fn customer(&self, number: u64) -> [Event; 3] {
        let (partner, customer) = (partner_named(partner_of(number)), customer_named(number));
        let accepted_at = self.now.plus_micros(Random(number).below(YEAR_MICROS) as i64);
        let facts = CustomerFacts { country: country(), cloud: Cloud::Public, has_purchases: false };
        let acceptance = AcceptanceRecorded {
            method: Method::Confirmed,
            agreement: agreement(),
            version: self.version.clone(),
            version_inferred: true,
            document_sha256: None,
            accepted_at,
            confirmed_at: accepted_at,
            backfilled: false,
            corrects: None,
            evidence: None,
            reseller: None,
        };
        [
            Event::CustomerRegistered { customer: customer.clone(), facts },
            Event::RelationshipEstablished { partner: partner.clone(), customer: customer.clone() },
            Event::AcceptanceRecorded { partner, customer, acceptance },
        ]
    }

    /// This happens next.
    pub fn tell(&mut self, event: Event) {
        let recorded = self.recorded(event);
        evolve(&mut self.index, &recorded);
    }

    /// The event as the next one of the log.
    pub fn recorded(&self, event: Event) -> Recorded {
        let position = Position(self.index.ledger().applied.0 + 1);
        Recorded { position, recorded_at: self.now, event }
    }
}

/// An order of a customer, through its partner.
pub fn order(customer: u64) -> Order {
    Order {
        partner: partner_named(partner_of(customer)),
        customer: customer_named(customer),
        reseller: None,
        transaction: TransactionKind::NewPurchase,
        channel: Channel::Api,
        product_family: None,
    }
}

/// When everybody has accepted.
pub fn end() -> Instant {
    Instant::from_micros(BEGIN_MICROS + YEAR_MICROS as i64).expect("it is an instant of 2027")
}

fn partner_registered(number: u64) -> Event {
    let email_domains = vec![format!("partner-{number}.example")];
    let facts = PartnerFacts { program: Program::DirectBill, country: country(), email_domains };
    Event::PartnerRegistered { partner: partner_named(number), facts }
}

fn partner_named(number: u64) -> PartnerId {
    PartnerId::parse(&partner_id(number)).expect("a GUID is an identifier")
}

fn customer_named(number: u64) -> CustomerId {
    CustomerId::parse(&customer_id(number)).expect("a GUID is an identifier")
}

fn agreement() -> AgreementId {
    AgreementId::parse(AGREEMENT).expect("the agreement's id is an identifier")
}

fn country() -> Country {
    Country::parse("US").expect("two letters are a country")
}
