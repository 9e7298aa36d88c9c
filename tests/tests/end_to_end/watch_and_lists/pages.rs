//! Pages: with tokens, every list gives each entry once and in the order of the list as a whole.

use assent_proto::v1::*;
use assent_testing::{Server, requests};

use crate::support::{server, within};

const CUSTOMERS: usize = 7;

/// A partner with several entries in every list.
async fn story() -> Server {
    let server = server().await;
    within(server.registered_through_provider("northwind", "adatum", "customer-0")).await;
    let mut acceptance = server.acceptance();
    for number in 0..CUSTOMERS {
        let customer = format!("customer-{number}");
        within(server.register_customer(&customer)).await;
        within(server.establish("northwind", &customer)).await;
        let evidence = SubmitEvidenceRequest {
            partner_id: "northwind".to_owned(),
            customer_id: customer.clone(),
            agreement_id: requests::CUSTOMER_AGREEMENT.to_owned(),
            contact: Some(requests::contact(&customer)),
            accepted_on: Some(requests::ACCEPTED_ON.to_owned()),
            reseller_id: "adatum".to_owned(),
            ..Default::default()
        };
        within(acceptance.submit_evidence(evidence)).await.expect("it is answered");
        within(acceptance.confirm_acceptance(requests::confirm("northwind", &customer)))
            .await
            .expect("it is answered");
        within(acceptance.withdraw_acceptance(requests::withdraw("northwind", &customer)))
            .await
            .expect("it is answered");
    }
    server
}

/// Asserts that pages of each size are the list in pieces. The closure gives the ids of a page and the next token.
macro_rules! paged {
    ($what:literal, $least:expr, |$page_size:ident, $page_token:ident| $page:expr) => {{
        let mut whole: Option<Vec<String>> = None;
        for $page_size in [0, 1, 2, 3, $least as i32, 1_000, i32::MAX] {
            let mut entries = Vec::new();
            let mut $page_token = String::new();
            let mut pages = 0;
            loop {
                let (ids, next): (Vec<String>, String) = $page;
                let fits = $page_size == 0 || ids.len() <= $page_size as usize;
                assert!(fits, concat!($what, ": {} entries on a page of {}"), ids.len(), $page_size);
                entries.extend(ids);
                pages += 1;
                assert!(pages < 100, concat!($what, ": the pages never end"));
                $page_token = next;
                if $page_token.is_empty() {
                    break;
                }
            }
            assert!(entries.len() >= $least, concat!($what, ": {:?}"), entries);
            assert_eq!(
                whole.get_or_insert_with(|| entries.clone()),
                &entries,
                concat!($what, " in pages of {}"),
                $page_size
            );
        }
    }};
}

#[tokio::test]
async fn every_list_gives_each_entry_once_whatever_the_size_of_its_pages() {
    let server = story().await;
    let partner_id = || "northwind".to_owned();
    let mut acceptance = server.acceptance();
    paged!("acceptances", CUSTOMERS, |page_size, page_token| {
        let request =
            ListAcceptancesRequest { partner_id: partner_id(), page_size, page_token, ..Default::default() };
        let page = within(acceptance.list_acceptances(request)).await.unwrap().into_inner();
        (page.acceptances.into_iter().map(|it| it.acceptance_id).collect(), page.next_page_token)
    });
    paged!("withdrawn acceptances", CUSTOMERS, |page_size, page_token| {
        let state = AcceptanceState::Withdrawn.into();
        let request = ListAcceptancesRequest {
            partner_id: partner_id(),
            state,
            page_size,
            page_token,
            ..Default::default()
        };
        let page = within(acceptance.list_acceptances(request)).await.unwrap().into_inner();
        (page.acceptances.into_iter().map(|it| it.acceptance_id).collect(), page.next_page_token)
    });
    paged!("obligations", CUSTOMERS, |page_size, page_token| {
        let request =
            ListObligationsRequest { partner_id: partner_id(), page_size, page_token, ..Default::default() };
        let page = within(acceptance.list_obligations(request)).await.unwrap().into_inner();
        (page.obligations.into_iter().map(|it| it.obligation_id).collect(), page.next_page_token)
    });
    paged!("evidence", CUSTOMERS, |page_size, page_token| {
        let request =
            ListEvidenceRequest { partner_id: partner_id(), page_size, page_token, ..Default::default() };
        let page = within(acceptance.list_evidence(request)).await.unwrap().into_inner();
        (page.evidence.into_iter().map(|it| it.evidence_id).collect(), page.next_page_token)
    });
    paged!("customers needing acceptance", CUSTOMERS, |page_size, page_token| {
        let request = ListCustomersNeedingAcceptanceRequest {
            page_size,
            page_token,
            ..requests::needing_acceptance("northwind")
        };
        let page = within(acceptance.list_customers_needing_acceptance(request)).await.unwrap().into_inner();
        (page.customers.into_iter().map(|it| it.customer_id).collect(), page.next_page_token)
    });
    paged!("customers", CUSTOMERS, |page_size, page_token| {
        let request = ListCustomersRequest { partner_id: partner_id(), page_size, page_token };
        let page = within(server.directory().list_customers(request)).await.unwrap().into_inner();
        (page.customers.into_iter().map(|it| it.customer_id).collect(), page.next_page_token)
    });
    paged!("agreements", 2, |page_size, page_token| {
        let request = ListAgreementsRequest { page_size, page_token };
        let page = within(server.catalog().list_agreements(request)).await.unwrap().into_inner();
        (page.agreements.into_iter().map(|it| it.agreement_id).collect(), page.next_page_token)
    });
    paged!("history", 4, |page_size, page_token| {
        let customer_id = "customer-1".to_owned();
        let request = GetHistoryRequest { partner_id: partner_id(), customer_id, page_size, page_token };
        let page = within(server.audit().get_history(request)).await.unwrap().into_inner();
        let id = |it: HistoryItem| {
            it.event.expect("an item has its event").event().expect("it can be decoded").event_id
        };
        (page.items.into_iter().map(id).collect(), page.next_page_token)
    });
}

#[tokio::test]
async fn a_list_of_nobody_is_empty_and_no_error() {
    let server = server().await;
    let mut acceptance = server.acceptance();
    let list = ListAcceptancesRequest { partner_id: "nobody".to_owned(), ..Default::default() };
    let page = within(acceptance.list_acceptances(list)).await.unwrap().into_inner();
    assert!(page.acceptances.is_empty() && page.next_page_token.is_empty());
    let needing =
        within(acceptance.list_customers_needing_acceptance(requests::needing_acceptance("nobody"))).await;
    assert!(needing.unwrap().into_inner().customers.is_empty());
}
