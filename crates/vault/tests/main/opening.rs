use assent_event_log::EventLog;
use assent_vault::{MasterKey, OpenError, Vault};

use crate::support::{Ledger, master_key};

#[tokio::test]
async fn fingerprints_stay_the_same_when_the_vault_is_opened_again() {
    let ledger = Ledger::new().await;
    let first = ledger.vault().await.fingerprint("e-mail", &[b"ada@example.com"]);
    assert_eq!(ledger.vault().await.fingerprint("e-mail", &[b"ada@example.com"]), first);
    let other_ledger = Ledger::new().await;
    let others = other_ledger.vault().await.fingerprint("e-mail", &[b"ada@example.com"]);
    assert_ne!(others, first, "each ledger has its own fingerprint key");
}

#[tokio::test]
async fn two_that_open_a_new_vault_at_once_share_one_key() {
    let ledger = Ledger::new().await;
    let (first, second) = tokio::join!(ledger.vault(), ledger.vault());
    assert_eq!(first.fingerprint("label", &[]), second.fingerprint("label", &[]));
}

#[tokio::test]
async fn another_master_key_is_refused_by_name() {
    let ledger = Ledger::new().await;
    ledger.vault().await;
    let other = MasterKey::from_bytes([2; 32]);
    let other_id = other.id();
    let error = Vault::open(ledger.log.database().clone(), other).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("wrong master key: the vault needs key {}, given was key {other_id}", master_key().id())
    );
}

#[tokio::test]
async fn a_vault_whose_own_key_was_changed_is_corrupt() {
    for change in
        ["UPDATE vault_keys SET wrapped = zeroblob(60)", "UPDATE vault_keys SET check_value = x'00'"]
    {
        let ledger = Ledger::new().await;
        ledger.vault().await;
        ledger.run(change).await;
        let error = Vault::open(ledger.log.database().clone(), master_key()).await.unwrap_err();
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_reader_beside_the_server_opens_the_vault_once_it_is_set_up() {
    let ledger = Ledger::new().await;
    let url = format!("sqlite:{}", ledger.folder.path().join("assent.db").display());
    let reader = EventLog::open_read_only(&url).await.unwrap();
    let error = Vault::open(reader.database().clone(), master_key()).await.unwrap_err();
    assert!(matches!(error, OpenError::NotSetUp), "{error}");
    let written = ledger.vault().await;
    let read = Vault::open(reader.database().clone(), master_key()).await.unwrap();
    assert_eq!(read.fingerprint("label", &[b"part"]), written.fingerprint("label", &[b"part"]));
}
