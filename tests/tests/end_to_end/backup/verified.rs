//! `assent verify` on ledgers that hold something of everything.

use assent_testing::Server;

use crate::faults::derived::story;
use crate::replicas::fleet::Fleet;
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
