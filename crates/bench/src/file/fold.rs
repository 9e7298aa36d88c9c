//! Folding events that are in memory, against decoding the same messages; and the same of entries that have to be checked
//! against their hashes before, as a start does.

use std::path::Path;

use assent_domain::evolve;
use assent_event_log::{EventLog, READ_ENTRIES_MAX, StoredEntry};
use assent_projections::{Index, decode_each};
use assent_proto::event::Event;
use prost::Message as _;

use crate::Outcome;
use crate::measure::timed;
use crate::report::{Promise, grouped, median};
use crate::server::database_url;

pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<[Promise; 2]> {
    eprintln!("folds");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (log, entries) = runtime.block_on(read_all(&database_url(folder)))?;
    // As they are folded: a page after the other, decoded and let go.
    let (mut folds, mut checked_folds, mut decodes) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let ((), decoding) = timed(|| {
            for StoredEntry { entry, .. } in entries.iter().flatten() {
                std::hint::black_box(Event::decode(entry.clone())?);
            }
            Ok(())
        })?;
        let fold = |is_checked: bool| {
            timed(|| {
                let mut index = Index::default();
                for page in &entries {
                    if is_checked {
                        page.iter().try_for_each(StoredEntry::check)?;
                    }
                    runtime.block_on(decode_each(&log, page, |it| evolve(&mut index, &it.recorded)))?;
                }
                Ok(index)
            })
        };
        let (folding, checking) = (fold(false)?.1, fold(true)?.1);
        eprintln!(
            "  round {}: folded in {folding:.2} s, with checks in {checking:.2} s, decoded in {decoding:.2} s",
            round + 1
        );
        folds.push(folding);
        checked_folds.push(checking);
        decodes.push(decoding);
    }
    runtime.block_on(log.close());
    let events = entries.iter().map(Vec::len).sum::<usize>() as f64;
    let ratios =
        |seconds: &[f64]| -> Vec<f64> { seconds.iter().zip(&decodes).map(|it| it.0 / it.1).collect() };
    let absolute = |seconds: &[f64]| {
        let [these, limit] = [seconds, &decodes].map(|it| grouped(events / median(it)));
        format!("{these} and {limit} events/s")
    };
    let folded = "events in memory decoded and folded, to decoding the same messages";
    let checked = "the same, each checked against its hash before";
    Ok([
        Promise::at_most(folded, 2.0, "×", &ratios(&folds)).with(absolute(&folds)),
        Promise::measured(checked, "×", &ratios(&checked_folds)).with(absolute(&checked_folds)),
    ])
}

/// Every entry, in pages.
async fn read_all(url: &str) -> Outcome<(EventLog, Vec<Vec<StoredEntry>>)> {
    let log = EventLog::open_read_only(url).await?;
    let (mut pages, mut read, size) = (Vec::new(), 0, log.head().size);
    while read < size {
        let page = log.read(read + 1, size, READ_ENTRIES_MAX).await?;
        read += page.len() as u64;
        pages.push(page);
    }
    Ok((log, pages))
}
