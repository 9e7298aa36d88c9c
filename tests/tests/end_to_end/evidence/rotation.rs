//! Keys that sign checkpoints, rotated.

#![expect(
    clippy::unwrap_used,
    reason = "a test that unwraps in vain has failed, whichever function it unwraps in"
)]

use std::path::Path;

use assent_evidence::{Checkpoint, VerifierKey};
use assent_testing::{Server, ServerOptions};

use super::{at_least, checkpoint};
use crate::support::{head, program, run, within};

const ORIGIN: &str = "ledger.example/contoso";

async fn generated(folder: &Path, name: &str, origin: &str) -> (String, VerifierKey) {
    let out = folder.join(name).display().to_string();
    let made = run(["key", "generate", "--origin", origin, "--out", &out]).await;
    assert_eq!(made.code, Some(0), "{made:?}");
    (out, made.stdout.trim().parse().unwrap())
}

/// A server on this database that signs with these keys.
async fn signing_with(folder: &Path, keys: &[&String]) -> Server {
    let anchor = folder.join("ledger.anchor").display().to_string();
    let keys = keys.iter().flat_map(|it| ["--signing-key".to_owned(), (*it).clone()]);
    let options = ServerOptions {
        database: Some(format!("sqlite:{}", folder.join("assent.db").display())),
        arguments: keys.chain(["--anchor".to_owned(), anchor]).collect(),
        ..ServerOptions::default()
    };
    within(Server::spawn(options)).await
}

#[tokio::test]
async fn while_a_key_is_rotated_checkpoints_hold_by_the_old_one_and_by_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (old_file, old) = generated(folder.path(), "old.key", ORIGIN).await;
    let (new_file, new) = generated(folder.path(), "new.key", ORIGIN).await;
    let mut holds = Vec::new();
    for keys in [vec![&old_file], vec![&old_file, &new_file], vec![&new_file]] {
        let mut server = signing_with(folder.path(), &keys).await;
        within(server.registered("contoso", &format!("customer-{}", holds.len()))).await;
        let signed = checkpoint(&server, at_least(head(&server).await)).await;
        assert_eq!(signed.verifier_keys.len(), keys.len());
        let by = |key: &VerifierKey| Checkpoint::open(&signed.note, std::slice::from_ref(key)).is_ok();
        holds.push((by(&old), by(&new)));
        within(server.terminate()).await;
    }
    assert_eq!(holds, [(true, false), (true, true), (false, true)]);
    // The three are one history, and each is signed by one of the two.
    let (anchor, database) = (
        folder.path().join("ledger.anchor"),
        format!("sqlite:{}", folder.path().join("assent.db").display()),
    );
    let (anchor, old, new) = (anchor.display().to_string(), old.to_string(), new.to_string());
    let verified =
        run(["verify", "--database", &database, "--anchor", &anchor, "--key", &old, "--key", &new]).await;
    assert_eq!(verified.code, Some(0), "{verified:?}");
}

#[tokio::test]
async fn keys_of_two_logs_and_a_server_that_could_sign_a_second_history_do_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let (one, _) = generated(folder.path(), "one.key", ORIGIN).await;
    let (other, _) = generated(folder.path(), "other.key", "ledger.example/northwind").await;
    let database = format!("sqlite:{}", folder.path().join("assent.db").display());
    let start = async |arguments: &[&str]| {
        let serve = ["serve", "--dev", "--listen", "127.0.0.1:0", "--database", &database];
        crate::support::ended(program(serve.iter().chain(arguments))).await
    };
    let mixed = start(&["--signing-key", &one, "--signing-key", &other]).await;
    assert_eq!(mixed.code, Some(3), "{mixed:?}");
    assert!(mixed.stderr.contains("of different logs"), "{mixed:?}");
    let none = folder.path().join("none.key").display().to_string();
    let missing = start(&["--signing-key", &none]).await;
    assert!(missing.code != Some(0) && missing.stderr.contains("none.key"), "{missing:?}");
}
