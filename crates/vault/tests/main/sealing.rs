use assent_event_log::KeyRow;
use assent_vault::{Boxed, Kind, Sealed, SealedBox, Subject, UnsealError, Vault};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::{Ledger, Sql, Unseal as _, master_key};

/// When the boxes are sealed.
const AT: i64 = 1_717_200_000_123_456;
const SUBJECT: Subject<'static> = Subject { partner: "partner-1", customer: "customer-1" };
const KIND: Kind = Kind(1);

pub(crate) async fn what_was_sealed_unseals(ledger: Ledger) {
    let vault = ledger.vault().await;
    for plaintext in [b"".as_slice(), b"ada@example.com", &[7; 60_000]] {
        let Sealed { sealed_box, row } = vault.seal(AT, SUBJECT, KIND, plaintext);
        assert_eq!(row.id, sealed_box.key_id);
        let error = vault.unseal(&sealed_box, SUBJECT, KIND).await.unwrap_err();
        assert!(matches!(error, UnsealError::Lost { .. }), "its row is not stored yet: {error}");
        ledger.store(vec![row]).await;
        let opened = vault.unseal(&sealed_box, SUBJECT, KIND).await.unwrap();
        assert_eq!(opened.as_deref(), Some(plaintext));
    }
}

pub(crate) async fn the_same_item_never_gives_the_same_box(ledger: Ledger) {
    let vault = ledger.vault().await;
    let (one, two) = (vault.seal(AT, SUBJECT, KIND, b"Ada"), vault.seal(AT, SUBJECT, KIND, b"Ada"));
    assert_ne!(one.sealed_box.key_id, two.sealed_box.key_id);
    assert_ne!(one.sealed_box.nonce, two.sealed_box.nonce);
    assert_ne!(one.sealed_box.ciphertext, two.sealed_box.ciphertext);
    assert_ne!(one.sealed_box.commitment, two.sealed_box.commitment, "a commitment is no fingerprint");
    assert_ne!(one.row.wrapped_key, two.row.wrapped_key);
}

pub(crate) async fn a_box_whose_row_was_deleted_is_erased_and_the_others_are_not(ledger: Ledger) {
    let vault = ledger.vault().await;
    let sealed: Vec<Sealed> = (0..100_u8).map(|number| vault.seal(AT, SUBJECT, KIND, &[number])).collect();
    ledger.store(sealed.iter().map(|sealed| sealed.row.clone()).collect()).await;
    // Nothing may be kept from before.
    assert_eq!(unseal_all(&vault, &sealed).await.iter().flatten().count(), 100);
    let half = Sql {
        sqlite: "DELETE FROM vault WHERE rowid % 2 = 0",
        postgres: "DELETE FROM vault WHERE id IN (SELECT id FROM vault LIMIT 50)",
    };
    ledger.run(half).await;
    let ids: Vec<[u8; 16]> = sealed.iter().map(|it| it.row.id).collect();
    let there = vault.rows(&ids).await.unwrap();
    let (_, gone): (Vec<&Sealed>, Vec<_>) = sealed.iter().partition(|it| there.contains_key(&it.row.id));
    // What nobody says was erased is lost.
    let error = vault.unseal(&gone[0].sealed_box, SUBJECT, KIND).await.unwrap_err();
    assert!(matches!(error, UnsealError::Lost { .. }), "{error}");
    vault.note_erased(&gone.iter().map(|it| it.row.id).collect::<Vec<_>>());
    let opened = unseal_all(&vault, &sealed).await;
    assert_eq!(opened.iter().flatten().count(), 50);
    for (number, plaintext) in (0_u8..).zip(opened) {
        assert!(
            plaintext.is_none_or(|plaintext| plaintext == [number]),
            "answers come in the order of the boxes"
        );
    }
}

pub(crate) async fn a_row_that_is_there_though_it_was_erased_is_not_read(ledger: Ledger) {
    let vault = ledger.vault().await;
    let mut sealed: Vec<Sealed> = (0..9_u8).map(|number| vault.seal(AT, SUBJECT, KIND, &[number])).collect();
    sealed.sort_by_key(|it| it.row.id);
    let email_index = vault.fingerprint("email", &[b"anna"]);
    sealed.iter_mut().for_each(|it| it.row.email_index = Some(email_index.to_vec()));
    ledger.store(sealed.iter().map(|sealed| sealed.row.clone()).collect()).await;
    let back: Vec<[u8; 16]> = sealed[..5].iter().map(|it| it.row.id).collect();
    vault.note_erased(&back);
    let opened = unseal_all(&vault, &sealed).await;
    assert_eq!(opened.iter().take_while(|it| it.is_none()).count(), 5);
    assert_eq!(opened.iter().flatten().count(), 4);
    assert!(vault.rows(&back).await.unwrap().is_empty());
    // A page is as full as it can be: a shorter one is the last.
    let ids: Vec<[u8; 16]> = sealed[5..].iter().map(|it| it.row.id).collect();
    assert_eq!(vault.rows_of_email(&email_index, None, 3).await.unwrap(), ids[..3]);
    assert_eq!(vault.rows_of_email(&email_index, Some(ids[2]), 3).await.unwrap(), ids[3..]);
}

async fn unseal_all(vault: &Vault, sealed: &[Sealed]) -> Vec<Option<Vec<u8>>> {
    let boxes: Vec<Boxed<'_>> = sealed
        .iter()
        .map(|sealed| Boxed { sealed_box: &sealed.sealed_box, subject: SUBJECT, kind: KIND })
        .collect();
    let disclosed = vault.disclose_many(&boxes).await.expect("none of them is corrupt");
    disclosed.into_iter().map(|it| it.map(|it| it.plaintext)).collect()
}

pub(crate) async fn a_box_opens_only_where_it_belongs_and_as_it_was(ledger: Ledger) {
    let vault = ledger.vault().await;
    let Sealed { sealed_box, row } = vault.seal(AT, SUBJECT, KIND, b"Ada");
    ledger.store(vec![row]).await;
    let elsewhere = [
        (Subject { partner: "partner-2", ..SUBJECT }, KIND),
        (Subject { customer: "customer-2", ..SUBJECT }, KIND),
        // The same letters, cut elsewhere.
        (Subject { partner: "partner-1c", customer: "ustomer-1" }, KIND),
        (SUBJECT, Kind(2)),
    ];
    for (subject, kind) in elsewhere {
        let error = vault.unseal(&sealed_box, subject, kind).await.unwrap_err();
        assert!(matches!(error, UnsealError::Corrupt { .. }), "{error}");
    }
    let mut changed = vec![sealed_box.clone(); 3];
    changed[0].ciphertext[0] ^= 1;
    changed[1].nonce[0] ^= 1;
    changed[2].commitment[0] ^= 1;
    for sealed_box in changed {
        let error = vault.unseal(&sealed_box, SUBJECT, KIND).await.unwrap_err();
        assert!(matches!(error, UnsealError::Corrupt { .. }), "{error}");
    }
    let newer = SealedBox { suite: 2, ..sealed_box };
    let error = vault.unseal(&newer, SUBJECT, KIND).await.unwrap_err();
    assert!(matches!(error, UnsealError::UnknownSuite { suite: 2, .. }), "{error}");
}

pub(crate) async fn a_key_that_was_wrapped_by_another_or_not_at_all_says_so(ledger: Ledger) {
    let vault = ledger.vault().await;
    let Sealed { sealed_box, row } = vault.seal(AT, SUBJECT, KIND, b"Ada");
    ledger.store(vec![row]).await;
    let wrapped_by_none = Sql {
        sqlite: "UPDATE vault SET wrapped_key = zeroblob(60)",
        postgres: "UPDATE vault SET wrapped_key = decode(repeat('00', 60), 'hex')",
    };
    ledger.run(wrapped_by_none).await;
    let error = vault.unseal(&sealed_box, SUBJECT, KIND).await.unwrap_err();
    assert!(
        matches!(error, UnsealError::Corrupt { finding: "its wrapped key does not unwrap", .. }),
        "{error}"
    );
    let wrapped_by_another = Sql {
        sqlite: "UPDATE vault SET master_key_id = x'0102030405060708'",
        postgres: "UPDATE vault SET master_key_id = '\\x0102030405060708'",
    };
    ledger.run(wrapped_by_another).await;
    let error = vault.unseal(&sealed_box, SUBJECT, KIND).await.unwrap_err();
    let said = format!("needs key 0102030405060708, given was key {}", master_key().id());
    assert!(error.to_string().ends_with(&said), "{error}");
    ledger.run("UPDATE vault SET wrapped_key = NULL").await;
    let error = vault.unseal(&sealed_box, SUBJECT, KIND).await.unwrap_err();
    assert!(matches!(error, UnsealError::Lost { .. }), "{error}");
}

pub(crate) async fn rows_come_back_with_the_fingerprints_that_the_caller_filled_in(ledger: Ledger) {
    let vault = ledger.vault().await;
    let Sealed { row, .. } = vault.seal(AT, SUBJECT, KIND, b"Ada");
    let email_index = Some(vault.fingerprint("e-mail", &[b"ada@example.com"]).to_vec());
    let with_box = KeyRow { email_index, contact_fingerprint: Some(vec![6; 32]), ..row };
    let without_box = KeyRow { id: [9; 16], request_fingerprint: Some(vec![7; 32]), ..KeyRow::default() };
    ledger.store(vec![with_box.clone(), without_box.clone()]).await;
    let rows = vault.rows(&[with_box.id, [9; 16], [8; 16]]).await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[&with_box.id], &rows[&[9; 16]]), (&with_box, &without_box));
    assert!(vault.rows(&[]).await.unwrap().is_empty());
}

pub(crate) async fn nothing_secret_is_shown_by_debug(ledger: Ledger) {
    let vault = ledger.vault().await;
    let Sealed { row, .. } = vault.seal(AT, SUBJECT, KIND, b"Ada");
    let row = KeyRow { email_index: Some(vec![222; 32]), ..row };
    let shown = format!("{vault:?} {row:?}");
    assert!(!shown.contains("222, 222"), "{shown}");
    assert!(!shown.contains(&format!("{:?}", row.wrapped_key)), "{shown}");
    assert!(shown.starts_with("Vault { master_key: MasterKey("), "{shown}");
}

pub(crate) async fn parts_that_differ_have_fingerprints_that_differ(ledger: Ledger) {
    let vault = ledger.vault().await;
    let fingerprint = |label: &str, parts: &[Vec<u8>]| {
        vault.fingerprint(label, &parts.iter().map(Vec::as_slice).collect::<Vec<_>>())
    };
    let parts = || proptest::collection::vec(proptest::collection::vec(0_u8..3, 0..4), 0..4);
    let held = TestRunner::default().run(&(parts(), parts()), |(one, two)| {
        prop_assert_eq!(fingerprint("label", &one) == fingerprint("label", &two), one == two);
        prop_assert_ne!(fingerprint("label", &one), fingerprint("other", &one));
        Ok(())
    });
    held.unwrap();
}

pub(crate) async fn what_is_sealed_later_has_the_greater_key_id(ledger: Ledger) {
    let vault = ledger.vault().await;
    const LAST: i64 = 253_402_300_799_999_999;
    let ids =
        [i64::MIN, 0, AT, AT + 1_000, LAST].map(|at| vault.seal(at, SUBJECT, KIND, b"Ada").sealed_box.key_id);
    assert!(ids[1..].is_sorted(), "{ids:02x?}");
    assert_eq!(ids[2][..6], (AT as u64 / 1_000).to_be_bytes()[2..]);
    assert_ne!(ids[0], ids[1], "the rest is random");
}
