//! `assent verify` on ledgers that hold something of everything.

use assent_proto::v1::*;
use assent_testing::{Server, requests};
use uuid::Uuid;

use crate::faults::derived::story;
use crate::replicas::fleet::Fleet;
use crate::replicas::work::Work;
use crate::support::{head, run, server, within};

async fn verify(url: &str) -> (Option<i32>, serde_json::Value) {
    let ran = run(["verify", "--output", "json", "--database", url]).await;
    let said = serde_json::from_str(&ran.stdout);
    (ran.code, said.unwrap_or_else(|_| panic!("it answers in JSON: {ran:?}")))
}

async fn assert_whole(server: &Server) {
    within(story(server)).await;
    let size = head(server).await;
    let (code, said) = verify(&server.database_url()).await;
    assert_eq!((code, &said["whole"]), (Some(0), &true.into()), "{said}");
    assert_eq!((&said["size"], &said["links"]), (&size.into(), &true.into()), "{said}");
    assert!(said["readModels"].as_u64().is_some_and(|it| it <= size), "{said}");
}

#[tokio::test]
async fn a_ledger_in_a_file_is_whole_beside_its_server() {
    assert_whole(&server().await).await;
}

#[tokio::test]
async fn a_ledger_on_a_database_server_is_whole_beside_its_replicas() {
    let fleet = Fleet::of(2).await;
    assert_whole(&fleet.servers[0]).await;
}

/// Checks again and again while writers go on, so that what is read first is always behind what is read later.
async fn assert_whole_while_it_is_written(fleet: Fleet) {
    const TIMES: usize = 8;
    let fleet = fleet.registered().await;
    let mut work = Work::default();
    let writers = work.begin(&fleet.servers, 16, false);
    let mut size = 0;
    for _ in 0..TIMES {
        writers.go_on(10).await;
        let (code, said) = verify(&fleet.url()).await;
        assert_eq!((code, &said["whole"]), (Some(0), &true.into()), "{said}");
        let now = said["size"].as_u64().expect("it says how long the log is");
        assert!(now > size, "{now} after {size}");
        size = now;
    }
    work.end(writers).await;
    work.check(&fleet).await;
}

#[tokio::test]
async fn a_ledger_in_a_file_is_whole_while_it_is_written() {
    assert_whole_while_it_is_written(Fleet::on_file().await).await;
}

#[tokio::test]
async fn a_ledger_on_a_database_server_is_whole_while_it_is_written() {
    assert_whole_while_it_is_written(Fleet::of(2).await).await;
}

/// Writes with request ids: scoped by a provider, by the ledger and by a partner, with the same id right behind each other;
/// and one that stores two events.
async fn with_request_ids(server: &Server) {
    let request_id = Some(Uuid::from_u128(7).to_string());
    let link = EstablishRelationshipRequest {
        request_id: request_id.clone(),
        ..requests::link("contoso", "northwind")
    };
    server.directory().establish_relationship(link).await.expect("they are linked");
    let customer =
        RegisterCustomerRequest { request_id: request_id.clone(), ..requests::customer("wingtip") };
    server.directory().register_customer(customer).await.expect("it is registered");
    let partner = RegisterPartnerRequest { request_id, ..requests::partner("litware", Program::DirectBill) };
    server.directory().register_partner(partner).await.expect("it is registered");
    let outcome = RecordOrderOutcomeRequest {
        partner_id: "contoso".to_owned(),
        customer_id: "fabrikam".to_owned(),
        order_ref: "order-1".to_owned(),
        transaction: TransactionKind::NewPurchase.into(),
        outcome: OrderOutcome::Placed.into(),
        occurred_at: Some(requests::at("2026-03-01")),
        request_id: Some(Uuid::from_u128(8).to_string()),
        ..Default::default()
    };
    server.authorization().record_order_outcome(outcome).await.expect("it is recorded");
}

#[tokio::test]
async fn what_is_missing_beside_the_entries_is_found_with_its_position() {
    let fleet = Fleet::of(1).await;
    let (server, database) = (&fleet.servers[0], fleet.database.as_ref().expect("it is on a server"));
    within(server.registered_through_provider("contoso", "adatum", "fabrikam")).await;
    within(server.register_partner("northwind", Program::IndirectReseller)).await;
    let before = head(server).await;
    within(with_request_ids(server)).await;
    let url = server.database_url();
    let (code, said) = verify(&url).await;
    assert_eq!((code, &said["whole"]), (Some(0), &true.into()), "{said}");

    database
        .run("ALTER TABLE requests DISABLE TRIGGER USER; ALTER TABLE documents DISABLE TRIGGER USER")
        .await;
    let stored = database.run("SELECT position FROM requests ORDER BY position").await;
    let stored: Vec<u64> = stored.lines().map(|it| it.parse().expect("it is a position")).collect();
    assert_eq!(stored.len(), 4, "{stored:?} after {before}");
    for position in stored {
        database
            .run(&format!(
                "CREATE TABLE kept AS SELECT * FROM requests WHERE position = {position};
             DELETE FROM requests WHERE position = {position}"
            ))
            .await;
        let (code, said) = verify(&url).await;
        assert_eq!((code, &said["whole"]), (Some(1), &false.into()), "{position}: {said}");
        database.run("INSERT INTO requests SELECT * FROM kept; DROP TABLE kept").await;
    }
    database.run("CREATE TABLE kept AS SELECT * FROM documents; DELETE FROM documents").await;
    let (code, said) = verify(&url).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said["position"].as_u64().is_some_and(|it| it > 0), "{said}");
    database.run("INSERT INTO documents SELECT * FROM kept; DROP TABLE kept").await;

    let generation = database.run("SELECT generation FROM read_models").await;
    database.run(&format!("DROP SCHEMA assent_views_4_{generation} CASCADE")).await;
    let (code, said) = verify(&url).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said["finding"].as_str().is_some_and(|it| it.contains("is missing")), "{said}");
}
