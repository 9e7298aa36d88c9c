use assent_event_log::{AppendError, Document, Draft, ENTRY_BYTES_MAX, KeyRow, Links, event_id};
use assent_evidence::{Frontier, leaf_hash, sha256};

use crate::support::{AT, Ledger, append, batch, batch_of, draft, tag};

pub(crate) async fn what_was_appended_reads_back(ledger: Ledger) {
    let log = ledger.open().await;
    let first = append(&log, 3).await;
    let second = append(&log, 2).await;
    let stored = log.read(1, u64::MAX, 100).await.unwrap();
    assert_eq!(stored, [first.entries, second.entries].concat());
    let positions: Vec<u64> = stored.iter().map(|entry| entry.position).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5]);
    stored.iter().for_each(|entry| entry.check().unwrap());
}

pub(crate) async fn an_entry_is_its_body_then_its_stamp(ledger: Ledger) {
    let log = ledger.open().await;
    append(&log, 1).await;
    let links = Links { stream: Some(1), ..Links::default() };
    let second = Draft { body: "\x0a\x05hello".into(), revision: 2, links };
    let appended = log.append(batch_of(1, vec![second])).await.unwrap();
    let entry = &appended.entries[0];
    let stamp = [
        b"\x88\x7d\x02".as_slice(),
        b"\x90\x7d\x02",
        b"\x9a\x7d\x0b\x08\x80\xe2\xcf\xaa\x06\x10\x80\x94\xef\x3a",
        b"\xa2\x7d\x24018bcfe5-687b-7969-9a5a-5a0000000002",
        b"\xaa\x7d\x02\x08\x01",
    ];
    assert_eq!(entry.entry, [b"\x0a\x05hello", stamp.concat().as_slice()].concat());
    assert_eq!(event_id(AT, 2, tag()).to_string(), "018bcfe5-687b-7969-9a5a-5a0000000002");
    assert_eq!(entry.leaf_hash, leaf_hash(&entry.entry));
}

pub(crate) async fn the_head_is_the_merkle_root_of_all_entries(ledger: Ledger) {
    let log = ledger.open().await;
    assert_eq!((log.head().size, log.head().root, log.head().recorded_at), (0, Frontier::new().root(), 0));
    let mut heads = log.heads();
    assert_eq!(*heads.borrow_and_update(), 0);
    let appended = append(&log, 300).await;
    let mut frontier = Frontier::new();
    appended.entries.iter().for_each(|entry| frontier.push(entry.leaf_hash));
    assert_eq!((log.head().size, log.head().root, log.head().recorded_at), (300, frontier.root(), AT));
    assert_eq!(appended.head, log.head());
    assert!(heads.has_changed().unwrap());
    assert_eq!(*heads.borrow_and_update(), 300);
}

pub(crate) async fn a_batch_decided_on_an_older_log_meets_a_conflict(ledger: Ledger) {
    let log = ledger.open().await;
    append(&log, 5).await;
    for start in [0, 4, 6] {
        let error = log.append(batch(start, 1)).await.unwrap_err();
        assert!(matches!(error, AppendError::Conflict { .. }), "{error}");
    }
    assert_eq!(log.read(1, u64::MAX, 100).await.unwrap().len(), 5);
}

pub(crate) async fn an_entry_of_the_largest_size_fits_and_one_byte_more_is_refused(ledger: Ledger) {
    let log = ledger.open().await;
    let stamp_bytes = append(&log, 1).await.entries[0].entry.len() - "entry 0".len();
    let fits = draft(vec![7; ENTRY_BYTES_MAX - stamp_bytes]);
    let too_large = draft(vec![7; ENTRY_BYTES_MAX - stamp_bytes + 1]);
    let error = log.append(batch_of(1, vec![fits.clone(), too_large])).await.unwrap_err();
    assert!(matches!(error, AppendError::EntryTooLarge { index: 1, size } if size == ENTRY_BYTES_MAX + 1));
    assert_eq!(log.read(1, u64::MAX, 100).await.unwrap().len(), 1, "nothing was written");
    log.append(batch_of(1, vec![fits])).await.unwrap();
    assert_eq!(log.entry(2).await.unwrap().unwrap().entry.len(), ENTRY_BYTES_MAX);
}

pub(crate) async fn time_never_runs_backwards(ledger: Ledger) {
    let log = ledger.open().await;
    append(&log, 1).await;
    for at in [AT - 1, -1, i64::MAX] {
        let error = log.append(assent_event_log::Batch { at, ..batch(1, 1) }).await.unwrap_err();
        assert!(matches!(error, AppendError::Instant { last: AT, .. }), "{error}");
    }
    append(&log, 1).await;
}

pub(crate) async fn a_batch_that_contradicts_itself_is_refused_before_anything_is_written(ledger: Ledger) {
    let log = ledger.open().await;
    let links = Links { customer: Some(2), ..Links::default() };
    let ahead = Draft { links, ..draft("ahead") };
    let error = log.append(batch_of(0, vec![draft("first"), ahead])).await.unwrap_err();
    assert!(matches!(error, AppendError::LinkAhead { index: 1, position: 2, link: 2 }), "{error}");

    let mut with_request = batch(0, 2);
    with_request.requests = vec![([1; 32], 2), ([2; 32], 3)];
    let error = log.append(with_request).await.unwrap_err();
    assert!(matches!(error, AppendError::RequestAhead { index: 1, position: 3 }), "{error}");

    let mut with_document = batch(0, 1);
    with_document.documents =
        vec![Document { sha256: [0; 32], media_type: "text/plain".into(), content: "a".into() }];
    let error = log.append(with_document).await.unwrap_err();
    assert!(matches!(error, AppendError::DocumentMismatch { index: 0 }), "{error}");

    let error = log.append(batch(0, 0)).await.unwrap_err();
    assert!(matches!(error, AppendError::Empty), "{error}");
    assert_eq!(log.head().size, 0);
}

pub(crate) async fn a_repeated_request_key_or_vault_row_is_refused_by_the_database(ledger: Ledger) {
    let log = ledger.open().await;
    let row = KeyRow { id: [9; 16], wrapped_key: Some(vec![1]), ..KeyRow::default() };
    let mut first = batch(0, 1);
    (first.requests, first.vault) = (vec![([7; 32], 1)], vec![row.clone()]);
    log.append(first).await.unwrap();

    let mut same_key = batch(1, 1);
    same_key.requests = vec![([7; 32], 2)];
    let mut same_row = batch(1, 1);
    same_row.vault = vec![row];
    for repeated in [same_key, same_row] {
        let error = log.append(repeated).await.unwrap_err();
        assert!(matches!(error, AppendError::Refused { .. }), "{error}");
    }
    assert_eq!(log.request(&[7; 32]).await.unwrap(), Some(1));
    assert_eq!(append(&log, 1).await.head.size, 2, "the log goes on where it was");
}

pub(crate) async fn a_document_is_stored_once(ledger: Ledger) {
    let log = ledger.open().await;
    let document =
        Document { sha256: sha256(b"text"), media_type: "text/plain".into(), content: "text".into() };
    for start in 0..2 {
        let renamed = Document { media_type: format!("text/{start}"), ..document.clone() };
        let documents = vec![if start == 0 { document.clone() } else { renamed }];
        log.append(assent_event_log::Batch { documents, ..batch(start, 1) }).await.unwrap();
    }
    assert_eq!(log.document(&document.sha256).await.unwrap(), Some(document));
    assert_eq!(log.document(&[0; 32]).await.unwrap(), None);
}
