//! Rules that look across streams, raced by two replicas: in whatever order the two events are stored, the second one
//! was decided on the first.

use std::collections::HashMap;

use assent_proto::event::Event;
use assent_proto::event::event::Payload;
use assent_proto::v1::{
    OrderOutcome, Program, RecordOrderOutcomeRequest, RegisterPartnerRequest, TransactionKind,
};
use assent_testing::{Server, reason, requests};
use futures::future::join;
use tonic::Status;

use super::fleet::Fleet;
use crate::support::{decoded, events, within};

const RACES: usize = 20;

fn placed(customer: &str) -> RecordOrderOutcomeRequest {
    RecordOrderOutcomeRequest {
        partner_id: "contoso".to_owned(),
        customer_id: customer.to_owned(),
        order_ref: format!("order-{customer}"),
        transaction: TransactionKind::NewPurchase.into(),
        outcome: OrderOutcome::Placed.into(),
        occurred_at: Some(requests::at("2026-01-02")),
        ..Default::default()
    }
}

/// Position by customer of the events that have such a payload.
async fn found(server: &Server, is_it: impl Fn(&Event) -> Option<String>) -> HashMap<String, u64> {
    let read = events(server).await;
    read.iter().map(decoded).filter_map(|it| Some((is_it(&it)?, it.position))).collect()
}

fn refused_as(answer: &Result<u64, Status>, expected: &str) -> bool {
    answer.as_ref().is_err_and(|it| reason(it) == expected)
}

#[tokio::test]
async fn a_purchase_raced_by_a_direct_acceptance_is_before_it_or_forbids_it() {
    let fleet = Fleet::of(2).await;
    let [one, two] = &fleet.servers[..] else { panic!("there are two") };
    within(one.register_partner("contoso", Program::DirectBill)).await;
    let mut refusals = 0;
    for race in 0..RACES {
        let customer = format!("racer-{race}");
        within(one.register_customer(&customer)).await;
        let position = within(one.establish("contoso", &customer)).await;
        let order = requests::order("contoso", &customer);
        let order = assent_proto::v1::AuthorizeOrderRequest { min_position: Some(position), ..order };
        within(two.decide(order)).await;
        let bought = async {
            let answer = one.authorization().record_order_outcome(placed(&customer)).await;
            answer.map(|it| it.into_inner().position)
        };
        let accepted = async {
            let request = requests::direct("contoso", &customer);
            let answer = two.acceptance().record_direct_acceptance(request).await;
            answer.map(|it| it.into_inner().position)
        };
        let (bought, accepted) = within(join(bought, accepted)).await;
        let bought = bought.expect("an outcome is recorded in any case");
        match accepted {
            Ok(accepted) => assert!(accepted < bought, "it was accepted at {accepted}, after {bought}"),
            refused => {
                assert!(refused_as(&refused, "PARTNER_MUST_ATTEST"), "{refused:?}");
                refusals += 1;
            }
        }
    }
    let purchases = found(one, |it| match &it.payload {
        Some(Payload::CustomerPurchased(it)) => Some(it.customer_id.clone()),
        _ => None,
    })
    .await;
    let direct = found(two, |it| match &it.payload {
        Some(Payload::DirectAcceptanceRecorded(it)) => {
            it.acceptance.as_ref().map(|it| it.customer_id.clone())
        }
        _ => None,
    })
    .await;
    assert_eq!((purchases.len(), direct.len()), (RACES, RACES - refusals));
    assert!(direct.iter().all(|(customer, position)| position < &purchases[customer]));
}

#[tokio::test]
async fn an_e_mail_domain_raced_by_a_confirmation_is_after_it_or_forbids_it() {
    let fleet = Fleet::of(2).await;
    let [one, two] = &fleet.servers[..] else { panic!("there are two") };
    for race in 0..RACES {
        let (partner, customer) = (format!("partner-{race}"), format!("racer-{race}"));
        within(one.register_partner(&partner, Program::DirectBill)).await;
        within(one.register_customer(&customer)).await;
        within(one.establish(&partner, &customer)).await;
        let confirmation = requests::confirm(&partner, &customer);
        let email = &confirmation.contact.as_ref().expect("it names somebody").email;
        let domain = email.split_once('@').expect("an address has a domain").1.to_owned();
        let claim = RegisterPartnerRequest {
            email_domains: vec![domain],
            ..requests::partner(&partner, Program::DirectBill)
        };
        let claimed = async {
            let answer = one.directory().register_partner(claim).await;
            answer.map(|it| it.into_inner().position)
        };
        let confirmed = async {
            let answer = two.acceptance().confirm_acceptance(confirmation).await;
            answer.map(|it| it.into_inner().position)
        };
        let (claimed, confirmed) = within(join(claimed, confirmed)).await;
        let claimed = claimed.expect("a domain can always be registered");
        match confirmed {
            Ok(confirmed) => assert!(confirmed < claimed, "it was confirmed at {confirmed}, after {claimed}"),
            refused => assert!(refused_as(&refused, "CONTACT_IS_PARTNER"), "{refused:?}"),
        }
    }
}
