//! What the clients of a run do, by chance.

use assent_proto::v1::{OrderOutcome, RecordOrderOutcomeRequest, TransactionKind};
use assent_testing::requests;
use uuid::Uuid;

use super::calls::Call;
use crate::replicas::chance::Chance;

/// The partners, and whose address one of their customers' people has.
pub(super) const PARTNERS: [(&str, &str); 2] = [("contoso", "fabrikam"), ("tailspin", "wingtip")];

/// What acceptances, withdrawals and purchases state: few days, so that they are before, after and beside each other.
const DAYS: [&str; 4] = ["2026-01-10", "2026-01-11", "2026-01-12", "2026-01-13"];

const CLIENTS: u64 = 4;
const SERVERS: u64 = 3;

/// A call that a client makes.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) call: Call,
    /// Where.
    pub(super) server: usize,
    /// Whether an order names the highest position that any client was answered before it.
    pub(super) up_to_date: bool,
}

fn customer(run: u64) -> String {
    format!("customer-{run}")
}

/// The customer of a run, and then its relationships, at once.
pub(super) fn setup(run: u64) -> [Vec<Vec<Step>>; 2] {
    let step = |server, call| Step { call, server, up_to_date: false };
    let customer = customer(run);
    let relationships = (0..).zip(PARTNERS).map(|(server, (partner, _))| {
        vec![step(server, Call::Relationship(requests::relationship(partner, &customer)))]
    });
    [vec![vec![step(2, Call::Customer(requests::customer(&customer)))]], relationships.collect()]
}

/// From six to nine calls. One in six writes is sent again by another client: the same request, with the same id.
pub(super) fn plan(chance: &mut Chance, run: u64) -> Vec<Vec<Step>> {
    let mut clients: Vec<Vec<Step>> = vec![Vec::new(); CLIENTS as usize];
    let mut writes: Vec<Call> = Vec::new();
    for _ in 0..6 + chance.below(4) {
        let call = match chance.below(6) {
            0 if !writes.is_empty() => writes[below(chance, writes.len())].clone(),
            _ => call(chance, run),
        };
        if call.intent().is_some() {
            writes.push(call.clone());
        }
        let (server, up_to_date) = (below(chance, SERVERS as usize), chance.below(2) == 0);
        clients[below(chance, CLIENTS as usize)].push(Step { call, server, up_to_date });
    }
    clients
}

fn below(chance: &mut Chance, end: usize) -> usize {
    usize::try_from(chance.below(end as u64)).expect("it is small")
}

fn call(chance: &mut Chance, run: u64) -> Call {
    let (partner, other) = PARTNERS[below(chance, PARTNERS.len())];
    let customer = customer(run);
    let day = DAYS[below(chance, DAYS.len())].to_owned();
    let contact = if chance.below(3) == 0 { other } else { &customer };
    let contact = Some(requests::contact(contact));
    let request_id = Some(Uuid::from_u64_pair(chance.below(u64::MAX), chance.below(u64::MAX)).to_string());
    let expected_revision = Some(1 + chance.below(4)).filter(|_| chance.below(4) == 0);
    match chance.below(16) {
        0..=2 => {
            let mut it = requests::confirm(partner, &customer);
            (it.accepted_on, it.contact) = (Some(day), contact);
            (it.request_id, it.expected_revision) = (request_id, expected_revision);
            Call::Confirm(it)
        }
        3 => {
            let mut it = requests::attest(partner, &customer);
            (it.accepted_on, it.contact) = (Some(day), contact);
            (it.request_id, it.expected_revision) = (request_id, expected_revision);
            Call::Attest(it)
        }
        4 => {
            let mut it = requests::direct(partner, &customer);
            (it.accepted_on, it.request_id, it.expected_revision) =
                (Some(day), request_id, expected_revision);
            Call::Direct(it)
        }
        5 | 6 => {
            let mut it = requests::withdraw(partner, &customer);
            it.withdrawn_at = Some(requests::at(&day)).filter(|_| chance.below(4) > 0);
            (it.request_id, it.expected_revision) = (request_id, expected_revision);
            Call::Withdraw(it)
        }
        7 => Call::Outcome(RecordOrderOutcomeRequest {
            partner_id: partner.to_owned(),
            customer_id: customer,
            order_ref: "order".to_owned(),
            transaction: TransactionKind::NewPurchase.into(),
            outcome: OrderOutcome::Placed.into(),
            occurred_at: Some(requests::at(&day)),
            request_id,
            ..Default::default()
        }),
        number => {
            let mut it = requests::order(partner, &customer);
            if number == 15 {
                (it.record, it.request_id) = (Some(true), request_id);
            }
            Call::Order(it)
        }
    }
}
