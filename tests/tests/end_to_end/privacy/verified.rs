//! `assent verify` on ledgers in which personal data was looked up, exported and erased: each of them is a request that was
//! carried out once, and stands in the log as what it is.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use assent_proto::v1::export_inquiry_request::Scope;
use assent_proto::v1::*;
use assent_testing::Server;
use tempfile::TempDir;
use uuid::Uuid;

use super::ground::*;
use crate::support::{head, run, within};

on_both! {
    a_ledger_is_whole_after_look_ups_exports_and_erasures,
    a_request_to_erase_or_to_export_that_is_missing_is_found,
}

/// How many requests with an id [`story`] carries out beside those of [`records`].
const REQUESTS: usize = 4;

pub(super) async fn verify(server: &Server) -> (Option<i32>, serde_json::Value) {
    let ran = run(["verify", "--output", "json", "--database", &server.database_url()]).await;
    let said = serde_json::from_str(&ran.stdout);
    (ran.code, said.unwrap_or_else(|_| panic!("it answers in JSON: {ran:?}")))
}

/// Has the last of the servers sign: what is exported ends with a signed checkpoint. One on a file does already. Gives the
/// folder of its key and its anchor.
async fn sign(ground: &mut Ground) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    if ground.fleet.database.is_some() {
        let [key, anchor] = ["key", "anchor"].map(|it| folder.path().join(it).display().to_string());
        let made = run(["key", "generate", "--origin", "ledger.example/contoso", "--out", &key]).await;
        assert_eq!(made.code, Some(0), "{made:?}");
        ground.fleet.add(1, &["--signing-key", &key, "--anchor", &anchor]).await;
    }
    folder
}

async fn export(server: &Server, id: u128, scope: Scope) {
    let request = ExportInquiryRequest {
        scope: Some(scope),
        purpose: "Inquiry 17".to_owned(),
        request_id: Some(Uuid::from_u128(id).to_string()),
        ..Default::default()
    };
    let mut answers = within(server.audit().export_inquiry(request)).await.unwrap().into_inner();
    while within(answers.message()).await.unwrap().is_some() {}
}

/// Exports scoped by a partner and by the ledger, and erasures of one contact and of a customer, each of them sent twice.
async fn story(server: &Server) -> Records {
    let records = records(server).await;
    found(server, HER, 2).await;
    for (id, acceptance) in [(1, Some(records.his.clone())), (2, None)] {
        let request_id = Some(Uuid::from_u128(id).to_string());
        let request = ErasePersonalDataRequest { request_id, ..erasure(acceptance.as_deref()) };
        for replayed in [false, true] {
            let answer = within(server.privacy().erase_personal_data(request.clone())).await.unwrap();
            assert_eq!(answer.into_inner().replayed, replayed);
        }
        found(server, HIM, 2).await;
        for _ in 0..2 {
            let scope = match acceptance {
                Some(_) => Scope::PartnerId("northwind".to_owned()),
                None => Scope::CustomerId("fabrikam".to_owned()),
            };
            export(server, id + 2, scope).await;
        }
    }
    records
}

async fn a_ledger_is_whole_after_look_ups_exports_and_erasures(mut ground: Ground) {
    let _signed = sign(&mut ground).await;
    let server = ground.fleet.servers.last().unwrap();
    let records = story(server).await;
    assert!(!has_contact(server, &records.his).await && has_contact(server, &records.elsewhere).await);
    let (code, said) = verify(server).await;
    assert_eq!((code, &said["whole"], &said["links"]), (Some(0), &true.into(), &true.into()), "{said}");
    assert_eq!(said["size"], head(server).await, "{said}");
    assert!(said["readModels"].is_u64(), "{said}");
    assert_eq!(said["unknownVaultRows"], 0, "{said}");
}

async fn a_request_to_erase_or_to_export_that_is_missing_is_found(mut ground: Ground) {
    let _signed = sign(&mut ground).await;
    let server = ground.fleet.servers.last().unwrap();
    story(server).await;
    let lets_rows_go = match ground.fleet.database {
        Some(_) => "ALTER TABLE requests DISABLE TRIGGER USER",
        None => "DROP TRIGGER requests_are_never_deleted",
    };
    ground.sql(lets_rows_go).await;
    let stored = ground.sql("SELECT position FROM requests ORDER BY position DESC").await;
    let stored: Vec<u64> = stored.lines().map(|it| it.parse().unwrap()).collect();
    // The newest first, so that each is the first one that is found.
    for position in &stored[..REQUESTS] {
        ground.sql(&format!("DELETE FROM requests WHERE position = {position}")).await;
        let (code, said) = verify(server).await;
        assert_eq!((code, &said["position"]), (Some(1), &(*position).into()), "{said}");
        let finding = said["finding"].as_str().unwrap();
        assert!(finding.contains("no request is stored that names the event"), "{said}");
    }
}
