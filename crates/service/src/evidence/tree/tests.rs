//! Ways are the same wherever they come from: whole tiles, pieces in memory, groups that are read.

use assent_event_log::{Batch, Draft, EventLog, LedgerTag, Links};
use assent_evidence::verify_inclusion;
use bytes::Bytes;

use super::*;

/// More than a tile of level 1 covers, with complete tiles behind it and one that is not.
const ENTRIES: u64 = 65_536 + 3 * 256 + 100;
/// Room for every piece.
const PLENTY: usize = 1 << 24;

async fn log_of(entries: u64, file: &std::path::Path) -> EventLog {
    let log = EventLog::open(&format!("sqlite:{}", file.display())).await.unwrap();
    let body = |number: u64| Bytes::copy_from_slice(&[&[0x0a, 8][..], &number.to_be_bytes()].concat());
    let draft = |number| Draft { body: body(number), revision: 0, links: Links::default() };
    let batch = Batch {
        start: 0,
        at: 1,
        tag: LedgerTag::from_random(1),
        drafts: (0..entries).map(draft).collect(),
        requests: Vec::new(),
        vault: Vec::new(),
        erase: Vec::new(),
        documents: Vec::new(),
    };
    log.append(batch).await.unwrap();
    log
}

/// A tree that forgets whole tiles at once, with so much memory for pieces.
fn tree(log: &EventLog, trust: &Trust, bytes: usize) -> Tree {
    let lowest = Lowest::new(log.clone(), trust.clone(), 0, bytes);
    Tree { lowest, ..Tree::new(log.clone(), trust.clone(), bytes) }
}

#[tokio::test]
async fn ways_from_pieces_lead_to_the_root_at_every_size() {
    let folder = tempfile::tempdir().unwrap();
    let log = log_of(ENTRIES, &folder.path().join("ledger.db")).await;
    for (bytes, size) in [(PLENTY, ENTRIES), (0, ENTRIES), (PLENTY, 65_536), (0, 40_000), (PLENTY, 200)] {
        let tree = tree(&log, &Trust::new(None), bytes);
        let root = log.root(size).await.unwrap();
        // Each step is another tile, so that most leaves of a tile are asked for when it is there in pieces alone.
        for index in (0..4_000).map(|step| step * 263 % size) {
            let way = tree.way(index, size).await.unwrap();
            let verified = verify_inclusion(&way.leaf, index, size, &way.siblings, &root);
            assert_eq!(verified, Ok(()), "{index} of {size} with {bytes} bytes");
            assert_eq!(
                way.verify(&way.leaf, index, size, &root),
                Ok(()),
                "{index} of {size}, by what is known"
            );
            let forged = way.verify(&[7; 32], index, size, &root);
            assert_eq!(forged, Err(ProofError::Root), "{index} of {size}, of another leaf");
            assert!(
                way.verify(&way.leaf, index, size, &[7; 32]).is_err(),
                "{index} of {size}, to another root"
            );
        }
    }
    log.close().await;
}

#[tokio::test]
async fn ways_are_those_that_are_read_together() {
    let folder = tempfile::tempdir().unwrap();
    let log = log_of(1_100, &folder.path().join("ledger.db")).await;
    let tree = tree(&log, &Trust::new(None), PLENTY);
    let indices: Vec<u64> = (0..1_100).collect();
    let together = tree.inclusions(&indices, 1_100).await.unwrap();
    for index in (0..2_200).map(|step| step * 263 % 1_100) {
        assert_eq!(tree.way(index, 1_100).await.unwrap().siblings, together[index as usize], "{index}");
    }
    assert!(tree.way(1_100, 1_100).await.is_err());
    log.close().await;
}

#[tokio::test]
async fn nothing_is_taken_from_pieces_of_a_log_that_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let log = log_of(1_100, &folder.path().join("ledger.db")).await;
    let trust = Trust::new(None);
    let tree = tree(&log, &trust, PLENTY);
    let way = tree.way(5, 1_100).await.unwrap();
    let reloads = trust.reload_count();
    tree.lowest.forge(reloads, 0);
    for other in 1..4 {
        tree.way(other * 256, 1_100).await.unwrap();
    }
    let forged = tree.way(5, 1_100).await.unwrap();
    assert_ne!(forged.leaf, way.leaf, "the forged group is what is in memory");
    let root = log.root(1_100).await.unwrap();
    assert!(forged.verify(&forged.leaf, 5, 1_100, &root).is_err(), "and no proof is made of it");
    trust.suspend();
    assert_eq!(tree.way(5, 1_100).await.unwrap().leaf, way.leaf);
    log.close().await;
}
