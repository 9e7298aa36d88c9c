use assent_event_log::{Draft, Links, StoredEntry};
use assent_evidence::Hash;
use proptest::prelude::*;

use crate::support::{Ledger, batch_of, draft};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_into_batches_gives_the_same_entries_and_root(
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 1..700),
        sizes in proptest::collection::vec(1_usize..300, 1..20),
    ) {
        let drafts: Vec<Draft> = (0..)
            .zip(bodies)
            .map(|(index, body)| {
                let links = Links { stream: (index > 0).then_some(index), ..Links::default() };
                Draft { links, revision: index + 1, ..draft(body) }
            })
            .collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (split, whole) = runtime.block_on(async {
            (appended_in(&drafts, &sizes).await, appended_in(&drafts, &[drafts.len()]).await)
        });
        prop_assert!(split == whole);
    }
}

/// Appends in batches of these sizes, over and over, and reads it all back.
async fn appended_in(drafts: &[Draft], sizes: &[usize]) -> (Hash, Vec<StoredEntry>) {
    let ledger = Ledger::new();
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
    (log.head().root, log.read(1, u64::MAX, drafts.len()).await.expect("the entries read back"))
}
