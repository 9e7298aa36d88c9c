//! What an auditor does at the command line.

use assent_evidence::{Checkpoint, Receipt, TlogProof, leaf_hash};
use assent_testing::Server;

use super::key;
use crate::support::{Ran, events, run, server, within};

/// A receipt of a recorded decision, in a file.
async fn receipt(server: &Server) -> (Ran, String) {
    let file = server.folder().join("order.tlog-proof").display().to_string();
    let url = server.url();
    let arguments = [
        "authorize",
        "--server",
        &url,
        "--partner",
        "contoso",
        "--customer",
        "fabrikam",
        "--transaction",
        "new-purchase",
        "--effective-at",
        "2024-06-01",
        "--record",
        "--order-ref",
        "order-7",
        "--receipt",
        &file,
    ];
    (run(arguments).await, file)
}

#[tokio::test]
async fn a_receipt_is_verified_and_its_decision_made_again_years_later() {
    let mut server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let (denied, file) = receipt(&server).await;
    assert_eq!(denied.code, Some(1), "{denied:?}");
    let key = key(&server).await;
    let held = Receipt::parse(std::fs::read(&file).unwrap()).unwrap();
    let position = held.verify(std::slice::from_ref(&key)).unwrap().index + 1;
    // What is recorded later changes today's answer and not that one.
    within(server.accepted("contoso", "fabrikam")).await;
    within(server.terminate()).await;

    let database = server.database_url();
    let key = key.to_string();
    let again = run(["replay-decision", &file, "--key", &key, "--database", &database]).await;
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stdout.contains("is DENIED again, with the same"), "{again:?}");
    let by_position =
        run(["replay-decision", "--position", &position.to_string(), "--database", &database]).await;
    assert_eq!((by_position.code, &by_position.stdout), (Some(0), &again.stdout));

    let other = "localhost/assent/0cb87ab8d+dca17aa3+AcdJShrbNZqdKuQr90T1wTXwWStjvb+uVFi+4nIqdxgu";
    let foreign = run(["replay-decision", &file, "--key", other, "--database", &database]).await;
    assert_eq!(foreign.code, Some(1), "{foreign:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    // One letter of the event.
    let at = text.find("extra ").unwrap() + 60;
    let forged =
        format!("{}{}{}", &text[..at], if &text[at..=at] == "A" { "B" } else { "A" }, &text[at + 1..]);
    std::fs::write(&file, forged).unwrap();
    let forged = run(["replay-decision", &file, "--key", &key, "--database", &database]).await;
    assert_eq!(forged.code, Some(1), "{forged:?}");
    let no_decision = run(["replay-decision", "--position", "1", "--database", &database]).await;
    assert_eq!(no_decision.code, Some(2), "{no_decision:?}");
}

#[tokio::test]
async fn an_auditor_takes_checkpoints_and_proofs_along_and_verifies_the_log_with_the_key() {
    let server = server().await;
    within(server.registered("contoso", "fabrikam")).await;
    let url = server.url();
    let note = run(["checkpoint", "--server", &url, "--min", "3"]).await;
    let keys = [key(&server).await];
    assert!(Checkpoint::open(&note.stdout, &keys).unwrap().size >= 3, "{note:?}");
    let proof = run(["prove", "3", "--server", &url]).await;
    let proof = TlogProof::parse(&proof.stdout).unwrap();
    let third = &events(&server).await[2];
    proof.verify(&leaf_hash(&third.entry), &keys).unwrap();
    let unknown = run(["prove", "999", "--server", &url]).await;
    assert_eq!(unknown.code, Some(3), "{unknown:?}");

    let (database, key) = (server.database_url(), keys[0].to_string());
    let anchor = server.folder().join("assent.db.anchor").display().to_string();
    let verify = ["verify", "--database", &database, "--key", &key, "--anchor", &anchor];
    let whole = run(verify).await;
    assert_eq!(whole.code, Some(0), "{whole:?}");
    let other = "localhost/assent/0cb87ab8d+dca17aa3+AcdJShrbNZqdKuQr90T1wTXwWStjvb+uVFi+4nIqdxgu";
    let unsigned = run(["verify", "--database", &database, "--key", other]).await;
    assert_eq!(unsigned.code, Some(1), "{unsigned:?}");
    assert!(unsigned.stdout.contains("not signed by any of the given keys"), "{unsigned:?}");
}
