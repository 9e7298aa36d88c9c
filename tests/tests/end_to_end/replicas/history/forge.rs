//! An honest history, which the domain itself answered, to be forged.

use std::sync::Arc;

use assent_domain::scenario::{instant, parties, partner, partner_facts};
use assent_domain::values::{Environment, Instant, Position, Program};
use assent_domain::{Event, Recorded};
use assent_proto::v1::{OrderOutcome, RecordOrderOutcomeRequest, TransactionKind};
use assent_testing::requests;
use uuid::Uuid;

use super::calls::{Answer, Call, Done, Written};
use super::check::check;
use super::model::Model;

const CUSTOMER: &str = "fabrikam";

/// A history that is honest until somebody forges it.
pub(super) struct Forge {
    begun: Model,
    now: Model,
    at: Instant,
    pub(super) history: Vec<Done>,
    pub(super) events: Vec<Recorded>,
}

impl Forge {
    /// A customer that accepted and withdrew.
    pub(super) fn new() -> Self {
        let (begun, now) = (begun(), begun());
        let (history, events) = (Vec::new(), Vec::new());
        let mut forge = Self { begun, now, at: instant("2026-06-01"), history, events };
        forge.does(0, order("contoso"));
        forge.does(1, withdrawal(1));
        forge.does(0, confirmation("contoso", 2));
        forge.does(0, order("contoso"));
        forge.does(1, withdrawal(3));
        forge.does(1, order("contoso"));
        forge.does(2, confirmation("contoso", 4));
        forge.does(2, confirmation("contoso", 2));
        let answers: Vec<_> = forge.history.iter().map(|it| it.answer.kind()).collect();
        assert_eq!(answers, [2, 3, 0, 2, 0, 2, 3, 1]);
        forge
    }

    /// Asks the domain, once all before were answered.
    pub(super) fn does(&mut self, server: usize, call: Call) {
        self.at = self.at.plus_micros(1_000_000);
        let answer = match call.intent() {
            Some(intent) => match (self.now.carried_out(&intent).cloned(), self.now.refusal(&intent)) {
                (Some(before), _) => Answer::Written(Written { replayed: true, ..before }),
                (None, Some(refusal)) => refusal,
                (None, None) => {
                    let decided = self.now.decide(&intent, self.at).expect("it was not refused");
                    let positions = (self.now.position() + 1..).map(Position);
                    let recorded = positions.zip(decided).map(|(position, event)| Recorded {
                        position,
                        recorded_at: self.at,
                        event,
                    });
                    let recorded: Vec<_> = recorded.collect();
                    self.events.extend(recorded.clone());
                    Answer::Written(self.now.carry_out(&call, &intent, &recorded))
                }
            },
            None => Answer::Decided(Box::new(
                self.now.authorize(&call.asked().expect("it does not write"), self.at),
            )),
        };
        let began = 2 * self.history.len() as u64 + 1;
        self.history.push(Done { call, server, began, ended: began + 1, answer });
    }

    pub(super) fn checked(mut self) -> Result<(), String> {
        check(&mut self.begun, &self.history, &self.events)
    }
}

/// Both partners, and the customer of both.
fn begun() -> Model {
    let pack = assent_policy_file::built_in().document;
    let mut events = vec![Event::LedgerFormatted { format: 1, tag: 7, environment: Environment::Production }];
    events.extend(pack.agreements.iter().map(|(agreement, published)| Event::AgreementVersionPublished {
        agreement: agreement.clone(),
        published: published.clone(),
    }));
    events.push(Event::PolicyPublished { version: 1, document: Arc::new(pack), sha256: [0; 32] });
    let customer = parties("contoso", CUSTOMER).customer;
    let facts = assent_domain::scenario::customer_facts();
    events.push(Event::CustomerRegistered { customer: customer.clone(), facts });
    for id in ["contoso", "tailspin"] {
        let facts = partner_facts(id, Program::DirectBill);
        events.push(Event::PartnerRegistered { partner: partner(id), facts });
        events.push(Event::RelationshipEstablished { partner: partner(id), customer: customer.clone() });
    }
    let mut model = Model::default();
    for (number, event) in (1..).zip(events) {
        model.apply(&Recorded { position: Position(number), recorded_at: instant("2026-05-01"), event });
    }
    model
}

pub(super) fn id(number: u128) -> Option<String> {
    Some(Uuid::from_u128(number).to_string())
}

pub(super) fn order(partner: &str) -> Call {
    Call::Order(requests::order(partner, CUSTOMER))
}

pub(super) fn confirmation(partner: &str, request: u128) -> Call {
    let mut it = requests::confirm(partner, CUSTOMER);
    it.request_id = id(request);
    Call::Confirm(it)
}

fn withdrawal(request: u128) -> Call {
    let mut it = requests::withdraw("contoso", CUSTOMER);
    (it.withdrawn_at, it.request_id) = (Some(requests::at("2026-01-13")), id(request));
    Call::Withdraw(it)
}

pub(super) fn purchase() -> Call {
    Call::Outcome(RecordOrderOutcomeRequest {
        partner_id: "contoso".to_owned(),
        customer_id: CUSTOMER.to_owned(),
        order_ref: "order".to_owned(),
        transaction: TransactionKind::NewPurchase.into(),
        outcome: OrderOutcome::Placed.into(),
        occurred_at: Some(requests::at("2026-01-13")),
        ..Default::default()
    })
}
