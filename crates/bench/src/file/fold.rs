//! Folding events that are in memory, against decoding the same messages.

use std::path::Path;

use assent_domain::evolve;
use assent_event_log::{EventLog, READ_ENTRIES_MAX, StoredEntry};
use assent_projections::{Index, decode};
use assent_proto::event::Event;
use prost::Message as _;

use crate::Outcome;
use crate::measure::timed;
use crate::report::{Promise, grouped, median};
use crate::server::database_url;

pub(super) fn measure(folder: &Path, rounds: usize) -> Outcome<Promise> {
    eprintln!("folds");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (log, entries) = runtime.block_on(read_all(&database_url(folder)))?;
    // As they are folded: a page after the other, decoded and let go.
    let (mut ratios, mut folds, mut decodes) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let ((), decoding) = timed(|| {
            for StoredEntry { entry, .. } in entries.iter().flatten() {
                std::hint::black_box(Event::decode(entry.clone())?);
            }
            Ok(())
        })?;
        let (index, folding) = timed(|| {
            let mut index = Index::default();
            for page in &entries {
                for event in runtime.block_on(decode(&log, page))? {
                    evolve(&mut index, &event.recorded);
                }
            }
            Ok(index)
        })?;
        drop(index);
        eprintln!("  round {}: folded in {folding:.2} s, decoded in {decoding:.2} s", round + 1);
        ratios.push(folding / decoding);
        folds.push(folding);
        decodes.push(decoding);
    }
    runtime.block_on(log.close());
    let events = entries.iter().map(Vec::len).sum::<usize>() as f64;
    let what =
        "events in memory decoded, checked against their hashes and folded, to decoding the same messages";
    let absolute =
        format!("{} and {} events/s", grouped(events / median(&folds)), grouped(events / median(&decodes)));
    Ok(Promise::at_most(what, 2.0, "×", &ratios).with(absolute))
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
