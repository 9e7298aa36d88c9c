use assent_event_log::{Draft, Links, StoredEntry};
use assent_evidence::Hash;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use tokio::runtime::Handle;
use tokio::task::block_in_place;

use crate::support::{Ledger, batch_of, draft};

pub(crate) async fn any_split_into_batches_gives_the_same_entries_and_root(ledger: Ledger) {
    // What is split is the same code; a database on a server takes longer to make than a file.
    let mut runner = TestRunner::new(ProptestConfig::with_cases(ledger.either(24, 6)));
    let bodies = proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..700);
    let sizes = proptest::collection::vec(1_usize..300, 1..20);
    let held = runner.run(&(bodies, sizes), |(bodies, sizes)| {
        let drafts: Vec<Draft> = (0..)
            .zip(bodies)
            .map(|(index, body)| {
                let links = Links { stream: (index > 0).then_some(index), ..Links::default() };
                Draft { links, revision: index + 1, ..draft(body) }
            })
            .collect();
        let (split, whole) = block_in_place(|| {
            Handle::current().block_on(async {
                let split = appended_in(ledger.another().await, &drafts, &sizes).await;
                (split, appended_in(ledger.another().await, &drafts, &[drafts.len()]).await)
            })
        });
        prop_assert!(split == whole);
        Ok(())
    });
    held.unwrap();
}

/// Appends in batches of these sizes, over and over, and reads it all back.
async fn appended_in(ledger: Ledger, drafts: &[Draft], sizes: &[usize]) -> (Hash, Vec<StoredEntry>) {
    let log = ledger.open().await;
    let mut rest = drafts;
    for size in sizes.iter().cycle() {
        let (batch, left) = rest.split_at(rest.len().min(*size));
        log.append(batch_of(log.head().size, batch.to_vec())).await.expect("the batch is appended");
        rest = left;
        if rest.is_empty() {
            break;
        }
    }
    let entries = log.read(1, u64::MAX, drafts.len()).await.expect("the entries read back");
    log.close().await;
    (log.head().root, entries)
}
