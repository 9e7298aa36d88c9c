//! Checkpoints are kept as they were given, once; the tree gives what proofs are made of.

use assent_event_log::{AppendError, Draft, EventLog, Finding, Head, StoredCheckpoint, Verdict, verify};
use assent_evidence::{
    Checkpoint, Frontier, GROUP_WIDTH, KeyName, KeyPurpose, Origin, SigningKey, TILE_BYTES, TILE_WIDTH,
};

use crate::support::{Ledger, append, batch_of, draft, run};

fn checkpoint(size: u64, note: &str) -> StoredCheckpoint {
    StoredCheckpoint { size, note: note.to_owned(), signed_at: 1_700_000_000_000_000 + size as i64 }
}

pub(crate) async fn a_checkpoint_is_stored_once_and_found_by_its_size(ledger: Ledger) {
    let log = ledger.open().await;
    assert_eq!(log.newest_checkpoint().await.unwrap(), None);
    for size in [7, 300, 20] {
        log.store_checkpoint(&checkpoint(size, "first")).await.unwrap();
    }
    log.store_checkpoint(&checkpoint(20, "second")).await.unwrap();
    assert_eq!(log.checkpoint(20).await.unwrap(), Some(checkpoint(20, "first")));
    assert_eq!(log.checkpoint(21).await.unwrap(), None);
    assert_eq!(log.newest_checkpoint().await.unwrap(), Some(checkpoint(300, "first")));
    let sizes = |found: Vec<StoredCheckpoint>| found.into_iter().map(|it| it.size).collect::<Vec<_>>();
    assert_eq!(sizes(log.checkpoints(0, 2).await.unwrap()), [7, 20]);
    assert_eq!(sizes(log.checkpoints(20, 2).await.unwrap()), [300]);

    for statement in [
        "UPDATE checkpoints SET note = 'other'",
        "DELETE FROM checkpoints",
        "INSERT INTO checkpoints (size, note, signed_at) VALUES (0, '', 0)",
    ] {
        assert!(run(&log, statement).await.is_err(), "{statement}");
    }
    if let Ledger::Sqlite(_) = &ledger {
        let replace = "INSERT OR REPLACE INTO checkpoints (size, note, signed_at) VALUES (7, 'other', 0)";
        assert!(run(&log, replace).await.is_err());
    }
    let reader = EventLog::open_read_only(&ledger.url()).await.unwrap();
    assert_eq!(reader.checkpoint(7).await.unwrap(), Some(checkpoint(7, "first")));
    let refused = reader.store_checkpoint(&checkpoint(8, "a reader's")).await;
    assert!(matches!(refused, Err(AppendError::ReadOnly)), "{refused:?}");
}

pub(crate) async fn roots_are_known_where_commits_ended_and_tiles_where_they_are_complete(ledger: Ledger) {
    let log = ledger.open().await;
    let mut tree = Frontier::new();
    let mut leaves = Vec::new();
    for count in [3, 250, 10, 300] {
        let appended = append(&log, count).await;
        for entry in appended.entries {
            tree.push(entry.leaf_hash);
            leaves.push(entry.leaf_hash);
        }
        assert_eq!(log.root_at(tree.size()).await.unwrap(), Some(tree.root()));
    }
    for size in [0, 1, 3, 200, 256, 257, 300, 512, 563] {
        let mut tree = Frontier::new();
        leaves[..size].iter().for_each(|leaf| tree.push(*leaf));
        assert_eq!(log.root(size as u64).await.unwrap(), tree.root(), "{size}");
    }
    for size in [0, 2, 4, 562, 564] {
        assert_eq!(log.root_at(size).await.unwrap(), None, "{size}");
    }
    let tile = log.tile(0, 1).await.unwrap().unwrap();
    assert_eq!(tile.len(), TILE_BYTES);
    assert_eq!(tile[..32], leaves[256]);
    assert_eq!(log.tile(0, 2).await.unwrap(), None);
    assert_eq!(log.tile(1, 0).await.unwrap(), None);
    assert_eq!(log.tile_row(0, 2, TILE_WIDTH).await.unwrap(), leaves[512..563]);
    assert_eq!(log.tile_row(0, 0, 5).await.unwrap(), leaves[..5]);
    let roots = log.tile_row(1, 0, TILE_WIDTH).await.unwrap();
    assert_eq!(roots.len(), 2);
    assert_eq!(tile[TILE_BYTES - 32..], roots[1]);
}

pub(crate) async fn groups_of_leaves_are_read_where_all_of_them_are_complete(ledger: Ledger) {
    let log = ledger.open().await;
    let appended = append(&log, 330).await;
    let leaves: Vec<_> = appended.entries.iter().map(|entry| entry.leaf_hash).collect();
    // More than one statement has room for, in no order, and one of them twice.
    let all: Vec<u64> = (0..20).rev().chain([7]).collect();
    let found = log.leaf_groups(&all).await.unwrap();
    assert_eq!(found.len(), 20);
    for (group, hashes) in found {
        let first = group as usize * GROUP_WIDTH;
        assert_eq!(hashes[..], leaves[first..first + GROUP_WIDTH], "{group}");
    }
    for missing in [20, 21, u64::MAX] {
        assert!(log.leaf_groups(&[3, missing]).await.unwrap().is_empty(), "{missing}");
    }
    assert!(log.leaf_groups(&[]).await.unwrap().is_empty());
}

/// A stored message in miniature: field 1 is a text.
fn message() -> Draft {
    draft(&b"\x0a\x05hello"[..])
}

fn signed(size: u64, root: [u8; 32]) -> StoredCheckpoint {
    signed_by("example.com/log", size, root)
}

fn signed_by(origin: &str, size: u64, root: [u8; 32]) -> StoredCheckpoint {
    let name = KeyName::parse(origin).unwrap();
    let key = SigningKey::generate(name, KeyPurpose::Log, [7; 32].into());
    let said = Checkpoint { origin: Origin::parse(origin).unwrap(), size, root };
    checkpoint(size, &said.sign(&[key]).unwrap().to_string())
}

/// Makes a checkpoint for a log that ends here.
type Forged = fn(&Head) -> StoredCheckpoint;

pub(crate) async fn a_stored_checkpoint_that_is_not_of_this_log_is_found(ledger: Ledger) {
    let forge = async |forged: Forged| {
        let ledger = ledger.another().await;
        let log = ledger.open().await;
        log.append(batch_of(0, vec![message(); 300])).await.unwrap();
        let head = log.head();
        log.store_checkpoint(&signed(head.size, head.root)).await.unwrap();
        log.append(batch_of(300, vec![message(); 5])).await.unwrap();
        log.store_checkpoint(&forged(&log.head())).await.unwrap();
        log.close().await;
        verify(&ledger.url(), |_, _| {}).await.unwrap()
    };
    let Verdict::Whole(whole) = forge(|head| signed(head.size, head.root)).await else {
        panic!("it is whole")
    };
    assert_eq!((whole.checkpoints, whole.other_origin_at), (2, None));
    let another = |head: &Head| signed_by("example.com/another", head.size, head.root);
    let Verdict::Whole(whole) = forge(another).await else { panic!("its entries are whole") };
    assert_eq!((whole.checkpoints, whole.other_origin_at), (2, Some(305)), "another log's is told apart");
    let forgeries: [(Forged, u64, &str); 5] = [
        (|head| signed(head.size, [9; 32]), 305, "signs another root"),
        (|head| signed(head.size - 2, head.root), 303, "signs another root"),
        (|head| signed(head.size + 1, head.root), 306, "signs more entries than the log has"),
        (|head| StoredCheckpoint { size: head.size, ..signed(4, head.root) }, 305, "signs another size"),
        (|head| checkpoint(head.size, "no note"), 305, "is no signed note"),
    ];
    for (forged, position, what) in forgeries {
        let Verdict::Broken(Finding { position: at, what: said }) = forge(forged).await else {
            panic!("{what} is found")
        };
        assert_eq!(at, position, "{said}");
        assert!(said.contains(what), "{said}");
    }
}
