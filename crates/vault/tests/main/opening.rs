use assent_event_log::EventLog;
use assent_vault::{MasterKey, OpenError, Vault};

use crate::support::{Ledger, Sql, master_key};

pub(crate) async fn fingerprints_stay_the_same_when_the_vault_is_opened_again(ledger: Ledger) {
    let first = ledger.vault().await.fingerprint("e-mail", &[b"ada@example.com"]);
    assert_eq!(ledger.vault().await.fingerprint("e-mail", &[b"ada@example.com"]), first);
    let other_ledger = ledger.another().await;
    let others = other_ledger.vault().await.fingerprint("e-mail", &[b"ada@example.com"]);
    assert_ne!(others, first, "each ledger has its own fingerprint key");
}

pub(crate) async fn two_that_open_a_new_vault_at_once_share_one_key(ledger: Ledger) {
    let (first, second) = tokio::join!(ledger.vault(), ledger.vault());
    assert_eq!(first.fingerprint("label", &[]), second.fingerprint("label", &[]));
}

pub(crate) async fn another_master_key_is_refused_by_name(ledger: Ledger) {
    ledger.vault().await;
    let other = MasterKey::from_bytes([2; 32]);
    let other_id = other.id();
    let error = Vault::open(ledger.log.database().clone(), other).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("wrong master key: the vault needs key {}, given was key {other_id}", master_key().id())
    );
}

pub(crate) async fn a_vault_whose_own_key_was_changed_is_corrupt(ledger: Ledger) {
    let changes = [
        Sql {
            sqlite: "UPDATE vault_keys SET wrapped = zeroblob(60)",
            postgres: "UPDATE vault_keys SET wrapped = decode(repeat('00', 60), 'hex')",
        },
        Sql {
            sqlite: "UPDATE vault_keys SET check_value = x'00'",
            postgres: "UPDATE vault_keys SET check_value = '\\x00'",
        },
    ];
    for change in changes {
        let ledger = ledger.another().await;
        ledger.vault().await;
        ledger.run(change).await;
        let error = Vault::open(ledger.log.database().clone(), master_key()).await.unwrap_err();
        assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    }
}

pub(crate) async fn a_reader_beside_the_server_opens_the_vault_once_it_is_set_up(ledger: Ledger) {
    let reader = EventLog::open_read_only(&ledger.url()).await.unwrap();
    let error = Vault::open(reader.database().clone(), master_key()).await.unwrap_err();
    assert!(matches!(error, OpenError::NotSetUp), "{error}");
    let written = ledger.vault().await;
    let read = Vault::open(reader.database().clone(), master_key()).await.unwrap();
    assert_eq!(read.fingerprint("label", &[b"part"]), written.fingerprint("label", &[b"part"]));
}
