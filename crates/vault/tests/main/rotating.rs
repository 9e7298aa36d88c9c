use std::sync::Arc;

use assent_event_log::on_database;
use assent_vault::{
    Kind, MasterKey, MasterKeys, OpenError, RotateError, Rotated, Sealed, SealedBox, Subject, Vault, rotate,
    wrapped_by,
};
use tokio::sync::Notify;

use crate::support::{Ledger, Unseal as _, master_key};

/// When the boxes are sealed.
const AT: i64 = 1_717_200_000_123_456;
const SUBJECT: Subject<'static> = Subject { partner: "partner-1", customer: "customer-1" };
const KIND: Kind = Kind(1);

fn new_key() -> MasterKey {
    MasterKey::from_bytes([2; 32])
}

fn both() -> MasterKeys {
    MasterKeys::new(new_key(), vec![master_key()])
}

async fn open(ledger: &Ledger, keys: impl Into<MasterKeys>) -> Result<Vault, OpenError> {
    Vault::open(ledger.log.database().clone(), keys).await
}

/// Seals so many items and stores their rows as appends do.
async fn sealed(ledger: &Ledger, vault: &Vault, count: u16) -> Vec<SealedBox> {
    let (mut boxes, mut rows) = (Vec::new(), Vec::new());
    for number in 0..count {
        let Sealed { sealed_box, row } = vault.seal(AT, SUBJECT, KIND, &number.to_be_bytes());
        boxes.push(sealed_box);
        rows.push(row);
    }
    ledger.store(rows).await;
    boxes
}

async fn assert_all_open(vault: &Vault, boxes: &[SealedBox]) {
    for sealed_box in boxes {
        assert!(vault.unseal(sealed_box, SUBJECT, KIND).await.unwrap().is_some());
    }
}

pub(crate) async fn after_a_rotation_the_new_key_alone_opens_everything_and_the_old_one_nothing(
    ledger: Ledger,
) {
    let vault = ledger.vault().await;
    let fingerprint = vault.fingerprint("label", &[b"part"]);
    let boxes = sealed(&ledger, &vault, 1_000).await;
    let database = ledger.log.database();
    let mut told = Vec::new();
    let rotated = rotate(database, &master_key(), &new_key(), |rows| told.push(rows)).await.unwrap();
    assert_eq!(rotated, Rotated { rows: 1_000 });
    assert!(told.len() > 2 && told.is_sorted() && told.last() == Some(&1_000), "{told:?}");
    let error = open(&ledger, master_key()).await.unwrap_err();
    let said = format!(
        "wrong master key: the vault needs key {}, given was key {}",
        new_key().id(),
        master_key().id()
    );
    assert_eq!(error.to_string(), said);
    let vault = open(&ledger, new_key()).await.unwrap();
    assert_eq!(vault.fingerprint("label", &[b"part"]), fingerprint, "duplicates and persons are still found");
    assert_all_open(&vault, &boxes).await;
    let counts = wrapped_by(database).await.unwrap();
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [(Some(new_key().id()), 1_000)]);
    assert_eq!(rotate(database, &master_key(), &new_key(), |_| {}).await.unwrap(), Rotated { rows: 0 });
}

pub(crate) async fn a_rotation_that_broke_off_needs_both_keys_and_goes_on(ledger: Ledger) {
    let boxes = sealed(&ledger, &ledger.vault().await, 1_000).await;
    let database = ledger.log.database().clone();
    let begun = Arc::new(Notify::new());
    {
        let began = begun.clone();
        let (old, new) = (master_key(), new_key());
        let breaking = rotate(&database, &old, &new, move |_| began.notify_one());
        let broken_off = tokio::select! {
            biased;
            () = begun.notified() => true,
            _ = breaking => false,
        };
        assert!(broken_off);
    }
    let counts = wrapped_by(&database).await.unwrap();
    assert_eq!(counts.len(), 2, "{counts:?}");
    for (only, other) in [(master_key(), new_key()), (new_key(), master_key())] {
        let error = open(&ledger, only).await.unwrap_err();
        assert!(
            matches!(&error, OpenError::WrongMasterKey { needed, .. } if *needed == other.id()),
            "{error}"
        );
    }
    assert_all_open(&open(&ledger, both()).await.unwrap(), &boxes).await;
    assert_all_open(&open(&ledger, MasterKeys::new(master_key(), vec![new_key()])).await.unwrap(), &boxes)
        .await;
    let rotated = rotate(&database, &master_key(), &new_key(), |_| {}).await.unwrap();
    assert!(rotated.rows > 0 && rotated.rows < 1_000, "{rotated:?}");
    assert_all_open(&open(&ledger, new_key()).await.unwrap(), &boxes).await;
}

pub(crate) async fn what_is_written_and_erased_during_a_rotation_is_neither_lost_nor_brought_back(
    ledger: Ledger,
) {
    let vault = ledger.vault().await;
    let mut boxes = sealed(&ledger, &vault, 1_500).await;
    let gone = boxes.split_off(750);
    let database = ledger.log.database().clone();
    let erasing = async {
        for some in gone.chunks(50) {
            let ids: Vec<_> = some.iter().map(|it| it.key_id).collect();
            ledger.log.erase_again(&ids).await.unwrap();
        }
    };
    // One that was started before the rotation, and one that was started for it.
    let writing = async {
        let mut written = Vec::new();
        let for_it = open(&ledger, both()).await.unwrap();
        for round in 0..10 {
            written.extend(sealed(&ledger, if round % 2 == 0 { &vault } else { &for_it }, 5).await);
        }
        written
    };
    let (old, new) = (master_key(), new_key());
    let rotating = rotate(&database, &old, &new, |_| {});
    let ((), written, rotated) = tokio::join!(erasing, writing, rotating);
    rotated.unwrap();
    // Whatever was still written by the old key after the last pass.
    rotate(&database, &master_key(), &new_key(), |_| {}).await.unwrap();
    let vault = open(&ledger, new_key()).await.unwrap();
    assert_all_open(&vault, &boxes).await;
    assert_all_open(&vault, &written).await;
    vault.note_erased(&gone.iter().map(|it| it.key_id).collect::<Vec<_>>());
    for sealed_box in &gone {
        assert_eq!(vault.unseal(sealed_box, SUBJECT, KIND).await.unwrap(), None);
    }
    let rows: i64 = on_database!(&database, readers => {
        sqlx::query_scalar("SELECT COUNT(*) FROM vault").fetch_one(readers).await
    })
    .unwrap();
    assert_eq!(rows, 750 + 50);
}

pub(crate) async fn a_row_that_was_wrapped_by_the_old_key_after_the_rotation_needs_it_named(ledger: Ledger) {
    // A server that nobody started again for the rotation.
    let late = ledger.vault().await;
    let database = ledger.log.database().clone();
    rotate(&database, &master_key(), &new_key(), |_| {}).await.unwrap();
    let boxes = sealed(&ledger, &late, 1).await;
    let error = open(&ledger, new_key()).await.unwrap_err();
    assert!(
        matches!(&error, OpenError::WrongMasterKey { needed, .. } if *needed == master_key().id()),
        "{error}"
    );
    assert_all_open(&open(&ledger, both()).await.unwrap(), &boxes).await;
    ledger.log.erase_again(&[boxes[0].key_id]).await.unwrap();
    open(&ledger, new_key()).await.expect("what was erased needs no key");
}

pub(crate) async fn keys_that_do_not_fit_rotate_nothing(ledger: Ledger) {
    let boxes = sealed(&ledger, &ledger.vault().await, 3).await;
    let database = ledger.log.database();
    let same = rotate(database, &master_key(), &master_key(), |_| {}).await.unwrap_err();
    assert!(matches!(same, RotateError::SameKey), "{same}");
    let strange = MasterKey::from_bytes([3; 32]);
    let wrong = rotate(database, &strange, &new_key(), |_| {}).await.unwrap_err();
    assert!(matches!(wrong, RotateError::Open(OpenError::WrongMasterKey { .. })), "{wrong}");
    assert_all_open(&ledger.vault().await, &boxes).await;
}
