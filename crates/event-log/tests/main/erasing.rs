//! Deleting rows of the vault: in an append, and again after a restore.

use assent_event_log::{AppendError, EventLog, KeyRow, on_database};

use crate::support::{Ledger, append, batch};

fn row(id: u16) -> KeyRow {
    let mut key = [7; 16];
    key[..2].copy_from_slice(&id.to_be_bytes());
    KeyRow { id: key, email_index: Some(b"quite-unmistakable".to_vec()), ..KeyRow::default() }
}

async fn rows(log: &EventLog) -> i64 {
    let count = "SELECT COUNT(*) FROM vault";
    on_database!(log.database(), readers => sqlx::query_scalar(count).fetch_one(readers).await).unwrap()
}

/// A log of one entry whose append stored this many rows.
async fn with_rows(ledger: &Ledger, count: u16) -> EventLog {
    let log = ledger.open().await;
    let mut stored = batch(0, 1);
    stored.vault = (0..count).map(row).collect();
    log.append(stored).await.unwrap();
    log
}

pub(crate) async fn rows_go_in_the_append_that_erases_them_and_stay_where_it_was_not_first(ledger: Ledger) {
    let log = with_rows(&ledger, 400).await;
    let erasing = |start| {
        let mut erasing = batch(start, 1);
        erasing.vault = vec![row(1_000)];
        // The last one was never there.
        erasing.erase = (1..400).chain([2_000]).map(|id| row(id).id).collect();
        erasing
    };
    let lost = log.append(erasing(0)).await.unwrap_err();
    assert!(matches!(lost, AppendError::Conflict { .. }), "{lost}");
    assert_eq!(rows(&log).await, 400);
    log.append(erasing(1)).await.unwrap();
    assert_eq!(rows(&log).await, 2, "the first, and the one that came with the erasure");
}

pub(crate) async fn rows_that_a_backup_brought_back_are_erased_again(ledger: Ledger) {
    let log = with_rows(&ledger, 3_000).await;
    let ids: Vec<_> = (1_000..4_000).map(|id| row(id).id).collect();
    assert_eq!(log.erase_again(&ids).await.unwrap(), 2_000);
    assert_eq!(log.erase_again(&ids).await.unwrap(), 0);
    assert_eq!(rows(&log).await, 1_000);
    append(&log, 1).await;
}

/// A server's files are its own: there autovacuum and the backups' age are what counts.
pub(crate) async fn what_was_erased_is_in_no_file_any_more(ledger: Ledger) {
    let log = with_rows(&ledger, 300).await;
    let mut erasing = batch(1, 1);
    erasing.erase = (0..300).map(|id| row(id).id).collect();
    log.append(erasing).await.unwrap();
    assert!(log.clear_traces().await.unwrap());
    let Ledger::Sqlite(folder) = &ledger else { return };
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let found = bytes.windows(18).any(|it| it == b"quite-unmistakable");
        assert!(!found, "{} still holds what was erased", path.display());
    }
}
